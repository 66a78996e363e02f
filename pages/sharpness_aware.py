"""The page of sharpness-aware minimization."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="sharpness_aware",
    panels=(
        Curve("valleys", x="place", y=("height", "worst")),
        Lines("climb", arrays=("above", "here"), log=True),
        Lines("rise", arrays=("test_rise",), arms="all", log=True),
    ),
    present_knobs=("sam_radius",),
)

if __name__ == "__main__":
    show(PAGE)
