"""Sharpness-aware minimization: the gradient uphill, by hand, and weights that come back to the last bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from tricks.declaration import Knobs
from tricks.sharpness_aware import TRICK, UPHILL, climb, rise, valleys

CURVATURES = torch.tensor([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]], dtype=torch.float64)


class Bowl(nn.Module):
    """½ wᵀ A w, whose gradient is A w."""

    def __init__(self, start: list[float]) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.tensor(start[:1], dtype=torch.float64))
        self.rest = nn.Parameter(torch.tensor(start[1:], dtype=torch.float64))

    def forward(self) -> Tensor:
        weights = torch.cat([self.one, self.rest])
        return 0.5 * weights @ CURVATURES @ weights


@pytest.mark.parametrize("radius", [0.05, 0.5, 2.0])
def test_the_gradient_is_that_of_the_place_uphill_and_the_weights_come_back(radius: float) -> None:
    start = [1.0, -2.0, 0.3]
    bowl = Bowl(start)
    bowl().backward()
    above, length = climb(bowl, bowl, radius)
    weights = torch.tensor(start, dtype=torch.float64)
    gradient = CURVATURES @ weights
    there = weights + radius * gradient / gradient.norm()
    assert length == pytest.approx(gradient.norm().item(), rel=1e-12)
    assert above == pytest.approx((0.5 * there @ CURVATURES @ there).item(), rel=1e-12)
    assert bowl.one.grad is not None and bowl.rest.grad is not None
    torch.testing.assert_close(torch.cat([bowl.one.grad, bowl.rest.grad]), CURVATURES @ there)
    assert torch.cat([bowl.one, bowl.rest]).tolist() == start


@pytest.mark.parametrize("value", [0.0, math.inf, math.nan])
def test_where_there_is_no_way_up_the_gradients_stay(value: float) -> None:
    bowl = Bowl([1.0, 2.0, 3.0])
    for parameter in bowl.parameters():
        parameter.grad = torch.full_like(parameter, value)
    climb(bowl, bowl, 0.1)
    assert torch.cat([bowl.one, bowl.rest]).tolist() == [1.0, 2.0, 3.0]
    for parameter in bowl.parameters():
        assert parameter.grad is not None
        np.testing.assert_array_equal(parameter.grad.numpy(), np.full(parameter.shape, value))


def test_where_the_objective_uphill_is_not_finite_the_gradients_stay() -> None:
    bowl = Bowl([1.0, -2.0, 0.3])
    bowl().backward()
    before = [parameter.grad.clone() for parameter in bowl.parameters() if parameter.grad is not None]
    above, _ = climb(bowl, lambda: bowl() * math.inf, 0.5)
    assert above == math.inf and torch.cat([bowl.one, bowl.rest]).tolist() == [1.0, -2.0, 0.3]
    for parameter, gradient in zip(bowl.parameters(), before, strict=True):
        assert parameter.grad is not None and torch.equal(parameter.grad, gradient)


def test_a_parameter_without_a_gradient_is_left_alone() -> None:
    bowl = Bowl([1.0, -2.0, 0.3])
    bowl.one.requires_grad_(False)
    bowl().backward()
    climb(bowl, bowl, 0.5)
    assert bowl.one.grad is None and bowl.one.item() == 1.0


def test_a_step_is_the_papers() -> None:
    spec = build_spec("sharpness_aware", steps=3, values={"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.0})
    run, plain = Run(spec), Run(spec)
    arm, other = run.trainer.arms[1], plain.trainer.arms[0]
    shared = plain.trainer.draw()
    batch = shared.of(other.set)  # type: ignore[attr-defined]
    weights = list(other.model.parameters())
    gradients = torch.autograd.grad(F.cross_entropy(other.model(batch.inputs, other.knobs), batch.labels), weights)
    length = torch.stack([gradient.norm() for gradient in gradients]).norm()
    before = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.add_(gradient * (float(arm.knobs["sam_radius"]) / length))
    gradients = torch.autograd.grad(F.cross_entropy(other.model(batch.inputs, other.knobs), batch.labels), weights)
    run.advance(60, max_steps=1)
    for found, start, gradient in zip(arm.model.parameters(), before, gradients, strict=True):
        torch.testing.assert_close(found, start - float(arm.knobs["lr"]) * gradient)


def test_uphill_is_noted_and_forgotten() -> None:
    run = Run(build_spec("sharpness_aware", steps=5))
    run.advance(60, max_steps=2)
    trick = run.trainer.arms[1]
    seen = trick.probe()
    assert seen["above"] > seen["here"] and seen["above"] == np.float32(trick.memory["above"])
    trick.knobs["sam_radius"] = 0.0
    run.advance(60, max_steps=1)
    assert trick.probe()["above"] == trick.probe()["here"] and "above" not in trick.memory


def test_the_rise_is_that_of_the_loss_along_its_gradient_and_changes_nothing() -> None:
    class Line(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([0.3, -0.2], dtype=torch.float64))

        def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
            return torch.stack([x @ self.weight, torch.zeros(len(x), dtype=x.dtype)], 1)

    line = Line()
    inputs = torch.tensor([[1.0, 2.0], [0.5, -1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 1])
    loss = F.cross_entropy(line(inputs, {}), labels)
    (gradient,) = torch.autograd.grad(loss, [line.weight])
    with torch.no_grad():
        moved = line.weight + UPHILL * gradient / gradient.norm()
        logits = torch.stack([inputs @ moved, torch.zeros(2, dtype=torch.float64)], 1)
    assert rise(line, inputs, labels, {}) == pytest.approx((F.cross_entropy(logits, labels) - loss).item(), rel=1e-9)
    assert line.weight.grad is None and line.training


@pytest.mark.parametrize("radius", [0.0, 0.3, 1.0])
def test_the_worst_within_the_radius_is_drawn(radius: float) -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview({"sam_radius": radius})
    if radius == 0:
        torch.testing.assert_close(drawn["worst"], drawn["height"])
    for place, worst in zip(drawn["place"].tolist(), drawn["worst"].tolist(), strict=True):
        near = valleys(torch.linspace(place - radius, place + radius, 2001)).max().item()
        assert worst <= near + 1e-6 and worst == pytest.approx(near, abs=0.02)
    height = drawn["height"]
    assert height.min() >= 0 and height.max() <= 1
    at = {place: drawn["worst"][(drawn["place"] - place).abs().argmin()].item() for place in (-1.0, 1.0)}
    if radius == 0.3:
        assert at[-1.0] > 0.9 and at[1.0] < 0.2  # the steep valley is filled, the flat one is not
