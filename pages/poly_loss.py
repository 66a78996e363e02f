"""The page of poly loss."""

from pages.lab.panels import Curve, Histogram, Page
from pages.lab.view import show

PAGE = Page(
    trick="poly_loss",
    panels=(
        Curve("losses", x="p_t", y=("poly_loss", "cross_entropy"), point=("mean_p_t", "loss_at_mean")),
        Curve(
            "pull",
            x="p_t",
            y=("pull",),
            point=("mean_p_t", "pull_at_mean"),
            histogram=Histogram(edges="p_t_edges", counts="p_t_counts"),
        ),
    ),
    present_knobs=("poly_epsilon",),
)

if __name__ == "__main__":
    show(PAGE)
