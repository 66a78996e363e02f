"""The page of feature fusion."""

from pages.lab.panels import Images, Layers, Page
from pages.lab.view import show

PAGE = Page(
    trick="feature_fusion",
    panels=(
        Images("reach", array="reach", columns=1, preview=True),
        Layers("gradients", array="path_gradients", arms="all", log=True),
    ),
    present_knobs=("fusion", "fusion_scale"),
)

if __name__ == "__main__":
    show(PAGE)
