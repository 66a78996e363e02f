"""The page of multi-stage optimization."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="multi_stage",
    panels=(
        Lines("distortion", arrays=("feature_gradient",), arms="all", log=True),
        Curve("stages", x="step", y=("head_rate", "feature_rate"), past=("head_rate", "feature_rate")),
    ),
    present_knobs=("head_share", "tune_rate"),
)

if __name__ == "__main__":
    show(PAGE)
