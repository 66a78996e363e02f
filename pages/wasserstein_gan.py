"""The page of the Wasserstein GAN."""

from pages.lab.panels import Curve, Field, Lines, Page, Scatter
from pages.lab.view import show

PAGE = Page(
    trick="wasserstein_gan",
    panels=(
        Scatter(
            "samples",
            x="samples_x",
            y="samples_y",
            group="samples_kind",
            field=Field(values="critic_field", low=-2.9, high=2.9),
            arms="all",
        ),
        Curve("score", x="score", y=("of_real", "of_generated")),
        Lines("tracking", arrays=("critic_objective", "test_distance")),
        Lines("modes", arrays=("test_modes",), arms="all"),
    ),
    present_knobs=("critic_kind", "num_critic_steps"),
)

if __name__ == "__main__":
    show(PAGE)
