"""The page of flooding."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="flooding",
    panels=(
        Curve("folded", x="loss", y=("flooded_loss",), point=("batch_loss", "flooded_batch_loss")),
        Lines("level", arrays=("train_loss",), arms="all", hlines=("flood_level",)),
        Lines("sharpness", arrays=("test_sharpness",), arms="all", log=True),
    ),
    present_knobs=("flood_level",),
)

if __name__ == "__main__":
    show(PAGE)
