"""The page of progressive learning."""

from pages.lab.panels import Curve, Images, Page
from pages.lab.view import show

PAGE = Page(
    trick="progressive_learning",
    panels=(
        Images("pictures", array="seen", columns=4),
        Curve("stages", x="step", y=("side_ahead",), point=("at_step", "at_side"), past=("at_side",)),
    ),
    present_knobs=("low_share",),
)

if __name__ == "__main__":
    show(PAGE)
