"""The page of gradient clipping."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="gradient_clipping",
    panels=(
        Curve("clipped", x="length", y=("clipped_length",), point=("raw_length", "used_length")),
        Lines("raw", arrays=("raw_length",), arms="all", log=True, hlines=("gradient_bound",)),
        Lines("used", arrays=("used_length",), arms="all", log=True),
    ),
    present_knobs=("clipping", "gradient_bound"),
)

if __name__ == "__main__":
    show(PAGE)
