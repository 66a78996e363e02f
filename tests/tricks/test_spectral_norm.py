"""Spectral normalization: torch's own, the true singular values, and the bound that the product of the norms is."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from trainers.baseline import baseline
from trainers.models import build_model
from trainers.run import Run
from trainers.spec import Event, build_spec
from tricks.recipe import Knobs
from tricks.spectral_norm import (
    TRICK,
    SpectralNorm,
    cold_start,
    effective_weights,
    iterate,
    preview,
    singular_values,
)

ON: Knobs = {"spectral": "on", "spectral_bound": 2.0, "num_power_iterations": 1}


def matrix_of(rows: int, columns: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, columns, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def wrapped(layer: nn.Module) -> SpectralNorm:
    return SpectralNorm(layer).double()


@pytest.mark.parametrize("kind", ["linear", "conv"])
@pytest.mark.parametrize("num_rounds", [1, 3])
def test_it_is_torchs_in_value_and_gradient_over_several_steps(kind: str, num_rounds: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer: nn.Linear | nn.Conv1d = nn.Linear(7, 5) if kind == "linear" else nn.Conv1d(7, 5, 3)
        theirs: Any = parametrizations.spectral_norm(deepcopy(layer).double(), n_power_iterations=num_rounds)
    ours, held = wrapped(layer.double()), theirs.parametrizations.weight[0]
    ours.left, ours.right = held._u.clone(), held._v.clone()
    knobs = {**ON, "spectral_bound": 1.0, "num_power_iterations": num_rounds}
    x = matrix_of(4, 7).reshape(4, 7) if kind == "linear" else matrix_of(4, 63).reshape(4, 7, 9)
    for _ in range(3):
        mine, other = ours(layer, x, knobs), theirs(x)
        torch.testing.assert_close(mine, other)
        (slope,) = torch.autograd.grad(mine.square().sum(), layer.weight)
        original = theirs.parametrizations.weight.original
        (wanted,) = torch.autograd.grad(other.square().sum(), original)
        torch.testing.assert_close(slope, wanted)
        with torch.no_grad():
            layer.weight -= 0.05 * slope
            original -= 0.05 * wanted
    torch.testing.assert_close(ours.eval()(layer, x, knobs), theirs.eval()(x))


def test_power_iteration_finds_the_largest_singular_value() -> None:
    matrix = matrix_of(6, 9)
    left, right = iterate(matrix, *cold_start(matrix), 300)
    u, s, vt = torch.linalg.svd(matrix)
    assert (left @ matrix @ right).item() == pytest.approx(s[0].item())
    assert abs((left @ u[:, 0]).item()) == pytest.approx(1) == abs((right @ vt[0]).item())


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (10, 64)])
def test_the_singular_values_are_the_true_ones(shape: tuple[int, int]) -> None:
    matrix = matrix_of(*shape)
    torch.testing.assert_close(singular_values(matrix), torch.linalg.svdvals(matrix))


def test_the_norm_asked_for_is_the_norm_that_comes_out() -> None:
    layer = nn.Linear(8, 6).double()
    ours = wrapped(layer)
    knobs = {**ON, "spectral_bound": 1.7, "num_power_iterations": 300}
    ours(layer, matrix_of(2, 8), knobs)
    scaled = layer.weight.detach() * ours.scale(layer.weight, knobs).detach()
    assert torch.linalg.matrix_norm(scaled, 2).item() == pytest.approx(1.7)


def test_evaluation_does_not_move_the_vectors_and_off_is_the_layer_itself() -> None:
    layer = nn.Linear(8, 6).double()
    ours, x = wrapped(layer), matrix_of(2, 8)
    assert torch.equal(ours(layer, x, {**ON, "spectral": "off"}), layer(x))
    assert not ours.left.any()
    ours(layer, x, ON)
    before = ours.left.clone()
    ours.eval()(layer, x, ON)
    assert torch.equal(ours.left, before)
    ours.train()(layer, x, ON)
    assert not torch.equal(ours.left, before)


@pytest.mark.parametrize("kind", ["mlp", "residual_mlp", "conv1d"])
def test_every_weight_layer_is_normalized_and_starts_from_the_same_weights(kind: str) -> None:
    settings = {**build_spec("spectral_norm").settings, "model": kind}
    plain, changed = (
        build_model(recipe.model, (64,), 10, 0, torch.Generator())
        for recipe in (baseline(settings), TRICK.apply(baseline(settings)))
    )
    assert all(torch.equal(value, changed.state_dict()[name]) for name, value in plain.state_dict().items())
    knobs = {**ON, "num_power_iterations": 300}
    changed(torch.randn(8, 64, generator=torch.Generator().manual_seed(0)), knobs)
    effective = effective_weights(changed, knobs)
    assert len(effective) == 4 == len(effective_weights(plain, knobs))
    for matrix in effective:
        assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(2, rel=1e-3)


def test_other_networks_are_left_alone() -> None:
    assert build_spec("spectral_norm", values={"model": "resnet1d"}).knobs_of(1)["spectral"].choices == ("off",)


def test_no_slope_is_steeper_than_the_product_of_the_norms_and_a_knob_turns_it_live() -> None:
    run = Run(build_spec("spectral_norm", steps=30, values={"eval_every": 10, "train_size": 200}))
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, commands=[Event(21, "spectral_bound", 1.0, 1)]))
    for arm in (0, 1):
        bound, slope = (history.test(arm, name) for name in ("test_lipschitz_bound", "test_steepest_slope"))
        assert (slope <= bound * (1 + 1e-4)).all() and (slope > 0).all()
    bounds = history.test(1, "test_lipschitz_bound")
    assert 16 <= bounds[1] * (1 + 1e-4) < 40  # a little above 2⁴, as one round lags
    assert 1 <= bounds[2] * (1 + 1e-4) < 2.5


def test_the_instant_picture_shows_how_one_round_lags() -> None:
    tops = [preview({**ON, "num_power_iterations": n})["normalized"][0].item() for n in (1, 5)]
    assert tops[0] > tops[1] > 2
    off = preview({**ON, "spectral": "off"})
    assert torch.equal(off["normalized"], off["as_it_is"])
