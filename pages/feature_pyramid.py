"""The page of the feature pyramid."""

from pages.lab.panels import Bars, Images, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="feature_pyramid",
    panels=(
        Images("levels", array="levels", columns=6, span=(-0.12, 1)),
        Images("answers", array="answers", columns=6, arms="all", span=(-0.12, 1)),
        Lines("sizes", arrays=("test_iou_small", "test_iou_medium", "test_iou_large"), arms="all"),
        Bars("mix", array="level_weights", labels=("C₁", "C₂", "C₃", "C₄"), preview=True),
    ),
    present_knobs=("top_down_scale", "lateral_scale"),
)

if __name__ == "__main__":
    show(PAGE)
