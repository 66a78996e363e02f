"""The page of focal loss."""

from pages.lab.panels import Curve, Histogram, Page
from pages.lab.view import show

PAGE = Page(
    trick="focal_loss",
    panels=(
        Curve("weight", x="p_t", y=("weight",), histogram=Histogram(edges="p_t_edges", counts="p_t_counts")),
        Curve("losses", x="p_t", y=("focal_loss", "cross_entropy")),
    ),
    present_knobs=("gamma",),
)

if __name__ == "__main__":
    show(PAGE)
