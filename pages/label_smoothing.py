"""The page of label smoothing."""

from pages.lab.panels import Bars, Page, Scatter
from pages.lab.view import show

PAGE = Page(
    trick="label_smoothing",
    panels=(
        Bars("target", array="target_distribution", preview=True),
        Bars("answers", array="answered_probabilities", arms="all"),
        Bars("gaps", array="gap_counts", arms="all"),
        Scatter("plane", x="plane_x", y="plane_y", group="plane_class", arms="all"),
    ),
    present_knobs=("label_smoothing",),
)

if __name__ == "__main__":
    show(PAGE)
