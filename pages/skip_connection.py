"""The page of skip connections."""

from pages.lab.panels import Bars, Layers, Page
from pages.lab.view import show

PAGE = Page(
    trick="skip_connection",
    panels=(
        Layers("gradients", array="layer_gradients", arms="all", log=True),
        Bars("paths", array="path_shares", labels=tuple(str(count) for count in range(11)), preview=True),
    ),
    present_knobs=("shortcut_scale",),
)

if __name__ == "__main__":
    show(PAGE)
