"""The page of augmentation."""

from pages.lab.panels import Curve, Images, Page
from pages.lab.view import show

PAGE = Page(
    trick="augmentation",
    panels=(
        Images("samples", array="samples", columns=4),
        Curve("variant", x="position", y=("seen", "plain")),
    ),
    present_knobs=("max_shift", "mixup_alpha"),
)

if __name__ == "__main__":
    show(PAGE)
