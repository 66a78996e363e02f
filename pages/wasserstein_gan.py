"""The page of the Wasserstein GAN."""

from pages.lab.panels import Curve, Lines, Page
from pages.lab.view import show

PAGE = Page(
    trick="wasserstein_gan",
    panels=(
        Curve("score", x="score", y=("of_real", "of_generated")),
        Lines("tracking", arrays=("critic_objective", "test_distance")),
        Lines("modes", arrays=("test_modes",), arms="all"),
        Lines("rates", arrays=("lr",), arms="all", log=True),
    ),
    present_knobs=("critic_kind", "num_critic_steps"),
)

if __name__ == "__main__":
    show(PAGE)
