"""The page of anchors."""

from pages.lab.panels import Images, Page
from pages.lab.view import show

PAGE = Page(
    trick="anchors",
    panels=(
        Images(
            "boxes",
            array="pictures",
            columns=6,
            arms="all",
            span=(0, 1),
            boxes=("answered_boxes", "true_boxes", "chosen_anchors"),
        ),
        Images("grid", array="anchor_outlines", columns=3, preview=True),
    ),
    present_knobs=("anchor_scale", "match_threshold"),
)

if __name__ == "__main__":
    show(PAGE)
