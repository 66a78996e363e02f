"""The page of weight penalties."""

from pages.lab.panels import Curve, Histogram, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="weight_penalty",
    panels=(
        Curve(
            "pull",
            x="weight",
            y=("pull", "l1_pull", "l2_pull"),
            histogram=Histogram(edges="weight_edges", counts="weight_counts"),
        ),
        Lines("zeros", arrays=("test_zero_share",), arms="all"),
        Lines("norm", arrays=("weight_norm",), arms="all"),
    ),
    present_knobs=("l2_penalty", "l1_penalty"),
)

if __name__ == "__main__":
    show(PAGE)
