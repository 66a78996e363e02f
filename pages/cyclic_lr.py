"""The page of the cyclic learning rate."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="cyclic_lr",
    panels=(
        Curve("schedule", x="step", y=("lr_ahead",), past=("lr",), point=("at_step", "at_lr")),
        Lines("ensemble", arrays=("ensemble_accuracy", "snapshot_accuracy", "own_accuracy")),
    ),
    present_knobs=("cycle_length", "max_lr"),
)

if __name__ == "__main__":
    show(PAGE)
