"""The page of the optimizers."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="optimizers",
    panels=(
        Curve("response", x="pushes", y=("answer",)),
        Lines("gradients", arrays=("gradient_length",), arms="all", log=True),
        Lines("rates", arrays=("lr",), arms="all", log=True),
    ),
    present_knobs=("update_rule", "rate_factor"),
)

if __name__ == "__main__":
    show(PAGE)
