"""Dropout: zero or scaled up, the mean kept, nothing in evaluation."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.spec import Event
from tricks.dropout import TRICK, Dropout, drop, preview


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.floats(0.01, 0.9), st.integers(0, 1000))
def test_each_element_is_zero_or_scaled_up(p: float, seed: int) -> None:
    x = torch.linspace(-2, 3, 40, dtype=torch.float64)
    y = drop(x, p, generator(seed))
    survived = y != 0
    torch.testing.assert_close(y[survived], (x / (1 - p))[survived])


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_mean_is_kept_and_the_share_is_p(p: float) -> None:
    x = torch.ones(400_000, dtype=torch.float64)
    y = drop(x, p, generator())
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    assert (y == 0).double().mean().item() == pytest.approx(p, abs=0.005)


def test_the_gradient_goes_where_the_activation_went() -> None:
    x = torch.randn(50, dtype=torch.float64, requires_grad=True, generator=generator(1))
    y = drop(x, 0.4, generator(2))
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(slope, torch.where(y == 0, 0.0, 1 / 0.6).double())


def test_evaluation_and_p_zero_draw_nothing() -> None:
    source = generator()
    before = source.get_state()
    layer = Dropout(source)
    x = torch.randn(5, 4, generator=generator(3))
    assert layer(x, {"dropout_p": 0.0}) is x
    assert layer.eval()(x, {"dropout_p": 0.5}) is x
    assert torch.equal(source.get_state(), before)


def test_the_mask_is_fresh_each_time() -> None:
    layer = Dropout(generator())
    x = torch.ones(1000)
    assert not torch.equal(layer(x, {"dropout_p": 0.5}), layer(x, {"dropout_p": 0.5}))


def test_the_picture_shows_the_share() -> None:
    assert (preview({"dropout_p": 0.0})["mask"] == 1).all()
    assert (preview({"dropout_p": 0.7})["mask"] == 0).float().mean().item() == pytest.approx(0.7, abs=0.08)


def test_after_p_is_turned_to_0_the_picture_is_whole() -> None:
    run = Run(build_spec("dropout", steps=6, seed=100, values={"dropout_p": 0.9}))
    arm = run.trainer.arms[1]
    run.advance(60, max_steps=3)
    before = arm.probe()["survivors"]
    run.advance(60, commands=[Event(4, "dropout_p", 0.0, 1)])
    assert (arm.probe()["survivors"] == 0).mean() < (before == 0).mean() - 0.2


def test_evaluation_in_a_run_is_without_masks() -> None:
    run = Run(build_spec("dropout", steps=3, values={"dropout_p": 0.9}))
    run.advance(60)
    arm = run.trainer.arms[1]
    assert arm.evaluate() == arm.evaluate()
    assert TRICK.metric in run.trainer.test_metrics
