"""The page of dropout."""

from pages.lab.panels import Images, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="dropout",
    panels=(
        Images("mask", array="mask", columns=1, preview=True),
        Images("survivors", array="survivors", columns=1),
        Lines("gap", arrays=("seen_loss", "test_loss"), arms="all"),
    ),
    present_knobs=("dropout_p",),
)

if __name__ == "__main__":
    show(PAGE)
