"""The page of CenterNet's focal loss."""

from pages.lab.panels import Curve, Histogram, Images, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="centernet_loss",
    panels=(
        Curve(
            "empty_cell",
            x="p",
            y=("empty_loss", "plain_loss"),
            histogram=Histogram(edges="heat_edges", counts="empty_counts"),
        ),
        Images("given", array="given", columns=6, arms="all", span=(-0.12, 1)),
        Images("asked", array="asked", columns=6, span=(-0.12, 1)),
        Curve("near", x="target_heat", y=("near_weight",)),
        Lines("rates", arrays=("lr",), arms="all", log=True),
    ),
    present_knobs=("center_alpha", "center_beta"),
)

if __name__ == "__main__":
    show(PAGE)
