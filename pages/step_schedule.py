"""The page of the step schedule."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="step_schedule",
    panels=(
        Curve("schedule", x="step", y=("lr_ahead",), past=("lr",), point=("at_step", "at_lr")),
        Lines("jitter", arrays=("test_jitter",), arms="all"),
    ),
    present_knobs=("drop_factor", "first_drop"),
)

if __name__ == "__main__":
    show(PAGE)
