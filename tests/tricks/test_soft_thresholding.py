"""Soft thresholding: torch's own function, a proximal step, and learned thresholds that cannot go wrong."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.spec import Event
from tricks.declaration import Value
from tricks.soft_thresholding import Shrinkage, preview, soft

numbers = st.floats(-50, 50, allow_subnormal=False)
thresholds = st.floats(0, 3, allow_subnormal=False)
KNOBS = {"threshold_mode": "fixed", "threshold": 0.5}


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("tau", [0.0, 0.3, 3.0])
def test_it_is_torchs_softshrink(scale: float, tau: float) -> None:
    x = torch.randn(200, generator=torch.Generator().manual_seed(1), dtype=torch.float64).mul(scale).requires_grad_()
    ours, theirs = soft(x, tau), F.softshrink(x, tau)
    torch.testing.assert_close(ours, theirs)
    weights = torch.arange(200.0, dtype=torch.float64)
    gradients = [torch.autograd.grad((y * weights).sum(), x, retain_graph=True)[0] for y in (ours, theirs)]
    assert torch.equal(*gradients)


def test_the_gradient_of_the_threshold_is_minus_the_sign_of_what_survives() -> None:
    x = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=torch.float64)
    tau = torch.full((5,), 0.8, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(soft(x, tau).sum(), tau)
    assert slope.tolist() == [1, 0, 0, 0, -1]
    assert torch.autograd.gradcheck(soft, (x.clone().requires_grad_(), tau))


def shrink(x: float, tau: float) -> float:
    return soft(torch.tensor(x, dtype=torch.float64), tau).item()


@given(numbers, numbers, thresholds)
def test_it_is_odd_shrinks_and_brings_no_two_further_apart(x: float, y: float, tau: float) -> None:
    assert shrink(-x, tau) == -shrink(x, tau)
    assert abs(shrink(x, tau)) <= abs(x) and shrink(x, tau) * x >= 0
    assert abs(shrink(x, tau) - shrink(y, tau)) <= abs(x - y) + 1e-12
    assert shrink(x, 0.0) == x


@given(numbers, thresholds, numbers)
def test_it_is_the_best_answer_to_noise_that_costs_its_size(x: float, tau: float, other: float) -> None:
    def cost(z: float) -> float:  # Donoho's criterion, whose minimum soft thresholding is
        return 0.5 * (z - x) ** 2 + tau * abs(z)

    assert cost(shrink(x, tau)) <= cost(other) + 1e-9


@pytest.mark.parametrize("shape", [(16, 6), (16, 6, 9)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
@pytest.mark.parametrize("mode", ["shared", "channel"])
@pytest.mark.parametrize("training", [True, False])
def test_a_learned_threshold_is_not_negative_and_not_above_the_mean(
    shape: tuple[int, ...], scale: float, mode: str, training: bool
) -> None:
    torch.manual_seed(4)
    layer = Shrinkage(6).train(training)
    x = scale * torch.randn(shape)
    with torch.no_grad():
        tau = layer.threshold(x, {"threshold_mode": mode})
        y = layer(x, {"threshold_mode": mode})
    assert isinstance(tau, torch.Tensor)
    magnitude = x.abs().flatten(2).mean(2) if x.dim() == 3 else x.abs()
    bound = magnitude if mode == "channel" else magnitude.mean(1, keepdim=True)
    assert tau.shape == (16, 1 if mode == "shared" else 6, *[1] * (x.dim() - 2))
    assert (tau >= 0).all() and (tau.flatten(1) <= bound * (1 + 1e-6)).all()
    torch.testing.assert_close(y, soft(x, tau))
    survives = (y.flatten(1) != 0).any(1)
    assert survives.all()


def test_both_gates_learn_in_their_own_mode_only() -> None:
    torch.manual_seed(4)
    layer = Shrinkage(6)
    layer(torch.randn(8, 6, 5), {"threshold_mode": "shared"}).sum().backward()
    assert all(parameter.grad is not None for parameter in layer.shared.parameters())
    assert all(parameter.grad is None for parameter in layer.channel.parameters())


def test_at_the_neutral_settings_it_hands_on_what_it_gets() -> None:
    layer, x = Shrinkage(6), torch.randn(8, 6, 5, generator=torch.Generator().manual_seed(0))
    assert layer(x, {**KNOBS, "threshold_mode": "none"}) is x
    assert layer(x, {**KNOBS, "threshold": 0.0}) is x
    assert torch.equal(layer(x, KNOBS), F.softshrink(x, 0.5))


def test_modes_change_in_a_running_training_and_the_probe_sees_it() -> None:
    run = Run(build_spec("soft_thresholding", steps=6, values={"batch_size": 8, "width": 4, "threshold_mode": "none"}))
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    run.advance(60, max_steps=1)
    assert arm.probe()["thresholds"].tolist() == arm.probe()["shares_zeroed"].tolist() == [0] * 5
    run.advance(60, max_steps=1, commands=[Event(0, "threshold_mode", "fixed", 1), Event(0, "threshold", 0.25, 1)])
    arrays = arm.probe()
    assert arrays["thresholds"] == pytest.approx([0.25] * 5)
    assert (arrays["shares_zeroed"] > 0).all() and (arrays["shares_zeroed"] < 1).all()
    run.advance(60, max_steps=1, commands=[Event(0, "threshold_mode", "channel", 1)])
    arrays = arm.probe()
    assert len(set(arrays["thresholds"].tolist())) == 5 and (arrays["thresholds"] > 0).all()
    assert len(arrays["signal_x"]) == len(arrays["signal_y"]) == len(arrays["signal_stage"]) == 512
    assert run.trainer.arms[0].probe() == {}


def test_the_curve_is_the_function_at_the_threshold_in_force() -> None:
    knobs: dict[str, Value] = {"threshold_mode": "fixed", "threshold": 0.25}
    curve = preview(knobs)
    assert torch.equal(curve["soft"], soft(curve["x"], 0.25))
    assert torch.equal(preview({**knobs, "threshold_mode": "none"})["soft"], curve["x"])
    assert preview({**knobs, "threshold_mode": "channel"}) == {}  # nobody knows it before it is learned
    run = Run(build_spec("soft_thresholding", steps=4, values={"batch_size": 8, "width": 4}))
    run.advance(60)
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    arrays = arm.probe()
    flat = arrays["x"][arrays["soft"] == 0]
    assert 0 < flat.max() <= float(arrays["thresholds"][-1]) < flat.max() + (arrays["x"][1] - arrays["x"][0])


@pytest.mark.parametrize("model", ["mlp", "conv1d", "residual_mlp"])
def test_what_was_zero_before_counts_as_nobodys_work(model: str) -> None:
    values = {"model": model, "depth": 3, "width": 16, "threshold_mode": "none"}
    run = Run(build_spec("soft_thresholding", steps=4, values=values))
    run.advance(60, commands=[])
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    assert arm.probe()["shares_zeroed"].tolist() == [0] * 3
