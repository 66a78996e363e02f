"""The page of spectral normalization."""

from pages.lab.panels import Curve, Layers, Lines, Page, Scatter
from pages.lab.view import show

PAGE = Page(
    trick="spectral_norm",
    panels=(
        Lines("lipschitz", arrays=("test_norm_product", "test_steepest_slope"), arms="all", log=True),
        Layers("norms", array="layer_norms", arms="all"),
        Lines("robust", arrays=("test_robust_accuracy",), arms="all"),
        Scatter("spectrum", x="singular_rank", y="singular_value", group="singular_layer", arms="all"),
        Curve("scaled", x="rank", y=("normalized", "as_it_is")),
    ),
    present_knobs=("spectral", "spectral_bound"),
)

if __name__ == "__main__":
    show(PAGE)
