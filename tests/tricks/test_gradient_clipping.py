"""Gradient clipping: torch's own two functions, gradients within the bound left alone, directions kept."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from tricks.gradient_clipping import LONGEST, TRICK, clip, length_of


def parts(scale: float) -> list[Tensor]:
    source = torch.Generator().manual_seed(3)
    return [scale * torch.randn(shape, generator=source, dtype=torch.float64) for shape in ((4, 3), (5,), (2, 2, 2))]


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 10))
def test_it_is_what_torch_does(scale: float, bound: float) -> None:
    for way, theirs in (("norm", nn.utils.clip_grad_norm_), ("value", nn.utils.clip_grad_value_)):
        parameters = [nn.Parameter(torch.zeros_like(part)) for part in parts(scale)]
        for parameter, gradient in zip(parameters, parts(scale), strict=True):
            parameter.grad = gradient
        theirs(parameters, bound)
        ours = parts(scale)
        length = clip(ours, way, bound)
        assert length.item() == pytest.approx(torch.cat([part.flatten() for part in parts(scale)]).norm().item())
        for found, parameter in zip(ours, parameters, strict=True):
            # torch divides by the length plus a millionth
            torch.testing.assert_close(found, parameter.grad, rtol=2e-6 / min(1, length.item()) + 1e-7, atol=1e-12)


def test_within_the_bound_a_gradient_is_left_to_the_last_bit() -> None:
    for way, bound in (("norm", 1e9), ("value", 1e9), ("none", 1e-3)):
        found = parts(1.0)
        clip(found, way, bound)
        assert all(map(torch.equal, found, parts(1.0)))


def test_by_norm_the_direction_stays_and_by_value_it_turns() -> None:
    def flat(gradients: list[Tensor]) -> Tensor:
        return torch.cat([gradient.flatten() for gradient in gradients])

    for way, angle in (("norm", 1.0), ("value", 0.97)):
        found = parts(2.0)
        clip(found, way, 0.5)
        cosine = torch.cosine_similarity(flat(found), flat(parts(2.0)), dim=0).item()
        assert cosine == pytest.approx(1.0, abs=1e-12) if angle == 1 else cosine < angle
        assert length_of(found).item() == pytest.approx(0.5) if way == "norm" else flat(found).abs().max() == 0.5


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_gradient_that_is_not_finite_is_not_hidden(value: float) -> None:
    found = [torch.tensor([1.0, value])]
    length = clip(found, "norm", 1.0)
    assert not math.isfinite(length.item()) and not found[0].isfinite().all()


def test_the_lengths_are_seen_before_and_after_of_every_arm() -> None:
    run = Run(build_spec("gradient_clipping", steps=20, values={"gradient_bound": 0.05}))
    run.advance(60)
    plain, clipped = (arm.probe() for arm in run.trainer.arms)
    assert plain["raw_length"] == plain["used_length"]
    assert clipped["raw_length"] > 0.05 and clipped["used_length"] == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize("way", ["norm", "value"])
def test_how_large_the_first_gradient_was_does_not_depend_on_the_bound(way: str) -> None:
    came = []
    for bound in (1e-3, 10.0):  # which cuts it, and which leaves it
        values = {"clipping": way, "gradient_bound": bound}
        run = Run(build_spec("gradient_clipping", task="digits", steps=1, seed=100, values=values))
        run.advance(60)
        seen = run.trainer.arms[1].probe()
        came.append((seen["raw_size"].item(), seen["raw_length"].item()))
        assert bool(seen["used_size"] < seen["raw_size"]) == (bound < 1)
    assert came[0] == came[1]


def test_it_keeps_a_run_alive_that_breaks_without_it() -> None:
    # At this rate the baseline ends soon on any processor; at the recipe's own that depends on the last bit.
    run = Run(build_spec("gradient_clipping", task="mnist1d", seed=101, steps=60, values={"lr": 4.0}))
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60))
    (failure,) = history.failures
    assert failure.arm == 0 and len(history.row(1, "lr")) == 60


def test_the_preview_cuts_at_the_bound() -> None:
    assert TRICK.preview is not None
    for way in ("none", "norm", "value"):
        drawn = TRICK.preview({"clipping": way, "gradient_bound": 2.0})
        bound = LONGEST if way == "none" else 2.0
        assert torch.equal(drawn["clipped_size"], drawn["size"].clamp(max=bound))


@pytest.mark.parametrize("way", ["none", "norm", "value"])
@pytest.mark.parametrize("bound", [1e-3, 0.05, 10.0])
def test_the_step_just_made_lies_on_the_curve(way: str, bound: float) -> None:
    values = {"clipping": way, "gradient_bound": bound}
    run = Run(build_spec("gradient_clipping", task="digits", steps=5, seed=100, values=values))
    run.advance(60)
    seen = run.trainer.arms[1].probe()
    expected = seen["raw_size"] if way == "none" else min(seen["raw_size"], bound)
    assert seen["used_size"] == pytest.approx(expected, rel=1e-6)
    assert ("length_bound" in seen) is (way == "norm")
    if way == "value":
        assert seen["raw_size"] < seen["raw_length"] and seen["used_length"] <= seen["raw_length"]
    else:
        assert (seen["raw_size"], seen["used_size"]) == (seen["raw_length"], seen["used_length"])


def test_a_finite_gradient_whose_square_is_not_keeps_its_direction() -> None:
    found = [torch.tensor([3e25, -4e25]), torch.zeros(2)]
    assert clip(found, "norm", 1.0).item() == pytest.approx(5e25)
    torch.testing.assert_close(found[0], torch.tensor([0.6, -0.8]))
    assert length_of([]).item() == 0
