"""The page of data variety, which ends by racing tricks against data."""

from pages.lab.panels import Bars, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="data_variety",
    panels=(
        Bars("distinct", array="distinct", labels=("n", "k n"), preview=True),
        Lines("times_seen", arrays=("times_seen",), arms="all", log=True),
        Lines("wrong_fit", arrays=("wrong_fit",), arms="all"),
        Lines("right_fit", arrays=("right_fit",), arms="all"),
    ),
    present_knobs=("data_factor",),
)

if __name__ == "__main__":
    show(PAGE)
