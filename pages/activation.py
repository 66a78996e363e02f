"""The page of ReLU and its kin."""

from pages.lab.panels import Curve, Histogram, Layers, Page
from pages.lab.view import show

PAGE = Page(
    trick="activation",
    panels=(
        Curve(
            "function",
            x="input",
            y=("output", "slope"),
            histogram=Histogram(edges="input_edges", counts="input_counts"),
        ),
        Layers("gradients", array="gradient_norms", arms="all", log=True),
        Layers("zeros", array="zero_shares"),
    ),
    present_knobs=("activation",),
)

if __name__ == "__main__":
    show(PAGE)
