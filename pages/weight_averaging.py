"""The page of weight averaging."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="weight_averaging",
    panels=(
        Curve("shares", x="step", y=("step_share",)),
        Lines("accuracy", arrays=("judged_accuracy", "own_accuracy")),
        Lines("loss", arrays=("judged_loss", "own_loss"), log=True),
        Lines("distance", arrays=("distance",)),
        Lines("sharpness", arrays=("test_sharpness",), arms="all", log=True),
    ),
    present_knobs=("averaging", "ema_horizon"),
)

if __name__ == "__main__":
    show(PAGE)
