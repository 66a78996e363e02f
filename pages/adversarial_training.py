"""The page of adversarial training."""

from pages.lab.panels import Images, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="adversarial_training",
    panels=(
        Lines("robust", arrays=("test_robust_accuracy", "test_accuracy"), arms="all"),
        Images("attacked", array="attacked", columns=3, arms="all"),
        Images("made_up", array="made_up", columns=3, preview=True),
    ),
    present_knobs=("attack_size",),
)

if __name__ == "__main__":
    show(PAGE)
