"""The page of normalization."""

from pages.lab.panels import Images, Layers, Page
from pages.lab.view import show

PAGE = Page(
    trick="normalization",
    panels=(
        Images("index_set", array="index_set", columns=8, preview=True),
        Layers("spread", array="activation_stds", arms="all", log=True),
        Layers("mean", array="activation_means", arms="all"),
    ),
    present_knobs=("norm_type",),
)

if __name__ == "__main__":
    show(PAGE)
