"""Activations: torch's own, in value and slope, and what a layer does to a gradient."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from tricks.activation import FUNCTIONS, activate, preview

ORACLES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "gelu": F.gelu,
    "silu": F.silu,
}
POINTS = torch.tensor([-1e4, -40.0, -3.0, -1e-8, 0.0, 1e-8, 0.5, 3.0, 40.0, 1e4], dtype=torch.float64)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_slope_are_torchs(name: str) -> None:
    x, y = (POINTS.clone().requires_grad_() for _ in range(2))
    ours = activate(x, {"activation": name, "negative_slope": 0.2})
    theirs = ORACLES[name](y)
    torch.testing.assert_close(ours, theirs)
    (slope,) = torch.autograd.grad(ours.sum(), x)
    (expected,) = torch.autograd.grad(theirs.sum(), y)
    torch.testing.assert_close(slope, expected)


def test_every_function_has_an_oracle() -> None:
    assert set(FUNCTIONS) == set(ORACLES)


def test_a_leak_of_one_changes_nothing() -> None:
    assert torch.equal(activate(POINTS, {"activation": "leaky_relu", "negative_slope": 1.0}), POINTS)


def test_a_sigmoid_lets_at_most_a_quarter_of_the_gradient_by() -> None:
    curve = preview({"activation": "sigmoid", "negative_slope": 0.1})
    assert curve["slope"].max().item() == pytest.approx(0.25)
    assert set(preview({"activation": "relu", "negative_slope": 0.1})["slope"].tolist()) == {0.0, 1.0}


def test_through_six_sigmoids_the_first_layer_hardly_hears_of_the_loss() -> None:
    run = Run(build_spec("activation", steps=10, seed=100))
    progress = run.advance(60)
    baseline, changed = progress.probes[-2:]
    ratio = [
        float(probe.arrays["gradient_norms"][0] / probe.arrays["gradient_norms"][5]) for probe in (baseline, changed)
    ]
    assert ratio[0] < 0.01 < 0.2 < ratio[1]
    assert "zero_shares" not in baseline.arrays
    assert (changed.arrays["zero_shares"] > 0.3).all()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_is_not_a_number_stays_so_and_so_a_broken_network_ends(name: str) -> None:
    x = torch.tensor([math.nan, 1.0, -1.0, math.inf])
    found = activate(x, {"activation": name, "negative_slope": 0.1})
    assert found[0].isnan() and found[1:3].isfinite().all()
