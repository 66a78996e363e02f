"""The page of gradient clipping."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="gradient_clipping",
    panels=(
        Curve("clipped", x="size", y=("clipped_size",), point=("raw_size", "used_size")),
        Lines("raw", arrays=("raw_length", "length_bound"), arms="all", log=True),
        Lines("used", arrays=("used_length",), arms="all", log=True),
    ),
    present_knobs=("clipping", "gradient_bound"),
)

if __name__ == "__main__":
    show(PAGE)
