"""The Wasserstein critic: its losses, its two ways to be held down, and the standard GAN at the neutral setting."""

import math

import pytest
import torch
from torch import Tensor, nn

from trainers.kinds.gan import GanArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.tasks.mixture import sliced_distance
from tricks.wasserstein_gan import WARM_UP, clip_weights, critic_loss, generator_loss, gradient_penalty


class Linear(nn.Module):
    """A critic whose gradient is the same everywhere."""

    def __init__(self, weight: list[float]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight, dtype=torch.float64))

    def forward(self, x: Tensor, knobs: object) -> Tensor:
        return x @ self.weight


def points(seed: int, count: int = 64) -> Tensor:
    return torch.randn(count, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_the_critic_of_shifted_points_measures_the_shift() -> None:
    real, shift = points(0), torch.tensor([0.6, 0.8], dtype=torch.float64)
    best = Linear([-0.6, -0.8])  # the steepest critic of slope 1
    scores = best(real, {}), best(real + shift, {})
    assert critic_loss(*scores).item() == pytest.approx(-1.0)
    assert generator_loss(scores[1]).item() == pytest.approx(-scores[1].mean().item())


@pytest.mark.parametrize(("weight", "expected"), [([0.6, 0.8], 0.0), ([3.0, 4.0], 16.0), ([0.0, 0.5], 0.25)])
def test_the_penalty_is_the_squared_distance_of_the_slope_from_one(weight: list[float], expected: float) -> None:
    mix = torch.rand(64, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    critic = Linear(weight)
    penalty = gradient_penalty(critic, points(0), points(1), {}, mix)
    assert penalty.item() == pytest.approx(expected)
    if expected:
        penalty.backward()  # type: ignore[no-untyped-call]
        norm = math.hypot(*weight)
        wanted = 2 * (norm - 1) / norm * torch.tensor(weight, dtype=torch.float64)
        torch.testing.assert_close(critic.weight.grad, wanted)


def test_clipping_holds_every_weight() -> None:
    critic = Linear([-3.0, 0.01])
    clip_weights(critic, 0.05)
    assert critic.weight.tolist() == [-0.05, 0.01]


def test_a_clipped_run_stays_clipped() -> None:
    run = Run(build_spec("wasserstein_gan", steps=3, values={"critic_kind": "clip", "clip_bound": 0.02}))
    run.advance(60)
    arm = run.trainer.arms[1]
    assert isinstance(arm, GanArm)
    assert max(value.abs().max().item() for value in arm.critic.parameters()) <= 0.02


def test_the_critic_learns_before_the_generator_and_more_often() -> None:
    run = Run(build_spec("wasserstein_gan", steps=3))
    arm = run.trainer.arms[1]
    assert isinstance(arm, GanArm)
    recipe, knobs = arm.recipe, arm.knobs
    assert [recipe.critic_steps(step, knobs, {}) for step in (0, 1)] == [WARM_UP, 5]
    assert recipe.critic_steps(0, {**knobs, "critic_kind": "standard"}, {}) == 5


def test_the_sliced_distance_is_zero_at_home_and_the_shift_on_average() -> None:
    cloud = points(3, 500).float()
    assert sliced_distance(cloud, cloud) == 0
    assert sliced_distance(cloud + torch.tensor([1.0, 0.0]), cloud) == pytest.approx(2 / math.pi, abs=0.01)
