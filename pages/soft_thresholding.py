"""The page of soft thresholding."""

from pages.lab.panels import Curve, Histogram, Layers, Page, Scatter
from pages.lab.view import show

PAGE = Page(
    trick="soft_thresholding",
    panels=(
        Layers("thresholds", array="thresholds"),
        Curve("function", x="x", y=("soft",), histogram=Histogram(edges="input_edges", counts="input_counts")),
        Layers("zeroed", array="shares_zeroed"),
        Scatter("signal", x="signal_x", y="signal_y", group="signal_stage"),
    ),
    present_knobs=("threshold", "threshold_mode"),
)

if __name__ == "__main__":
    show(PAGE)
