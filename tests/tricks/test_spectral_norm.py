"""Spectral normalization: torch's own, the true singular values, and the bound that the product of the norms is."""

import math
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from trainers.kinds import gan
from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.gan import GanArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.parts.models import build_model
from trainers.runs.build import Conflict, build_spec, conflicts
from trainers.runs.combine import build_combination
from trainers.runs.history import History
from trainers.runs.spec import Event, metric_of, metrics_of
from tricks import catalogue
from tricks.declaration import Knobs, RefusedError
from tricks.spectral_norm import (
    TRICK,
    SpectralNorm,
    cold_start,
    effective_weights,
    iterate,
    preview,
    singular_values,
    steepest,
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


def test_every_weight_layer_is_normalized_and_starts_from_the_same_weights() -> None:
    settings = build_spec("spectral_norm").settings
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


@pytest.mark.parametrize("model", ["residual_mlp", "conv1d", "conv2d", "resnet1d"])
def test_networks_in_which_the_product_bounds_nothing_are_left_alone_and_still_measured(model: str) -> None:
    values = {"model": model, "width": 8, "train_size": 200, "eval_every": 2}
    run = Run(build_spec("spectral_norm", steps=2, values=values, extra_arms=({"dropout_p": 0.2},)))
    assert run.spec.knobs_of(1)["spectral"].choices == ("off",)
    history = run.new_history()
    history.append(run.advance(60))
    for arm, trained_arm in enumerate(run.trainer.arms):
        assert isinstance(trained_arm, ClassifierArm)
        weights = [m for m in trained_arm.model.modules() if isinstance(m, (nn.Linear, nn.Conv1d, nn.Conv2d))]
        norms = [torch.linalg.matrix_norm(m.weight.flatten(1), 2).item() for m in weights]
        assert history.test(arm, "test_norm_product")[-1] == pytest.approx(math.prod(norms), rel=1e-4)


@given(
    st.integers(0, 10_000),
    st.integers(1, 6),
    st.sampled_from([2, 7, 64]),
    st.sampled_from(["relu", "sigmoid", "tanh"]),
    st.sampled_from(["off", "on"]),
    st.floats(0.1, 10),
)
def test_of_no_random_plain_network_is_a_slope_above_the_product_of_the_norms(
    seed: int, depth: int, width: int, hidden: str, spectral: str, stretch: float
) -> None:
    settings = {**build_spec("spectral_norm").settings, "depth": depth, "width": width, "hidden": hidden}
    model = build_model(TRICK.apply(baseline(settings)).model, (64,), 10, seed, torch.Generator()).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(stretch)
    knobs = {**ON, "spectral": spectral}
    x = torch.randn(20, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    model(x, knobs)
    product = math.prod(singular_values(matrix)[0].item() for matrix in effective_weights(model, knobs))
    assert steepest(model, x, knobs) <= product * (1 + 1e-6)


@pytest.mark.parametrize("values", [{}, {"spectral_bound": 1.0}, {"hidden": "tanh"}, {"depth": 6, "width": 16}])
def test_of_no_trained_plain_network_either(values: dict[str, object]) -> None:
    run = Run(build_spec("spectral_norm", steps=150, seed=100, values={"eval_every": 25, **values}))
    history = run.new_history()
    history.append(run.advance(math.inf))
    for arm in (0, 1):
        slopes = history.test(arm, "test_steepest_slope")
        assert (slopes <= history.test(arm, "test_norm_product") * (1 + 1e-4)).all()


def test_no_slope_is_steeper_than_the_product_of_the_norms_and_a_knob_turns_it_live() -> None:
    run = Run(build_spec("spectral_norm", steps=30, values={"eval_every": 10, "train_size": 200}))
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, commands=[Event(21, "spectral_bound", 1.0, 1)]))
    for arm in (0, 1):
        bound, slope = (history.test(arm, name) for name in ("test_norm_product", "test_steepest_slope"))
        assert (slope <= bound * (1 + 1e-4)).all() and (slope > 0).all()
    bounds = history.test(1, "test_norm_product")
    assert 16 <= bounds[1] * (1 + 1e-4) < 40  # a little above 2⁴, as one round lags
    assert 1 <= bounds[2] * (1 + 1e-4) < 2.5


def test_the_instant_picture_shows_how_one_round_lags() -> None:
    tops = [preview({**ON, "num_power_iterations": n})["normalized"][0].item() for n in (1, 5)]
    assert tops[0] > tops[1] > 2
    off = preview({**ON, "spectral": "off"})
    assert torch.equal(off["normalized"], off["as_it_is"])


BESIDE = [
    name
    for name in catalogue.NAMES
    if name != TRICK.name
    and not conflicts((TRICK.name, name), "digits", "mlp")
    and catalogue.load(name).trainer == "classifier"
]


@pytest.mark.parametrize("other", BESIDE)
def test_whatever_stands_beside_it_in_an_arm_the_product_bounds_every_slope_of_what_is_judged(other: str) -> None:
    names, small = (TRICK.name, other), {"spectral_bound": 1.0, "train_size": 200}
    run = Run(build_combination(names, task="digits", like=TRICK.name, seed=100, steps=30, ablate=False, values=small))
    run.advance(math.inf)
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm) and arm.recipe.recalibrate is not None
    model = arm.judged()
    arm.recipe.recalibrate(model, arm.set, arm.knobs)
    for wrap in (module for module in model.modules() if isinstance(module, SpectralNorm)):
        assert wrap.left.norm().item() == pytest.approx(1, abs=1e-4)
    norms = [torch.linalg.matrix_norm(matrix.double(), 2).item() for matrix in effective_weights(model, arm.knobs)]
    product = math.prod(norms)
    assert other != "weight_averaging" or product < 1.3
    assert steepest(model, arm.data.inputs[:100], arm.knobs) <= product * (1 + 1e-5)


def test_what_would_stretch_between_the_weights_is_refused_beside_it() -> None:
    spoilers = ("normalization", "skip_connection", "activation", "soft_thresholding")
    assert {*spoilers}.isdisjoint(BESIDE)
    with pytest.raises(
        RefusedError, match=r"spectral_norm needs the baseline's model\.norm, which normalization changes"
    ):
        build_spec(TRICK.name, extra_arms=({"norm_type": "batch"},))


# --- on a critic

PAIR = {"train_size": 400, "batch_size": 32, "width": 16, "eval_every": 4}


def on_ring(steps: int, *, seed: int = 0, **knobs: object) -> Run:
    return Run(build_spec("spectral_norm", task="ring", seed=seed, steps=steps, values={**PAIR, **knobs}))


def trained(run: Run, steps: int) -> History:
    history = run.new_history()
    history.append(run.advance(math.inf, max_steps=steps))
    assert history.length(1) == steps and not history.failures
    return history


def pair_of(run: Run, number: int = 1) -> GanArm:
    arm = run.trainer.arms[number]
    assert isinstance(arm, GanArm)
    return arm


def vectors_of(arm: GanArm) -> list[Tensor]:
    """The right singular vectors of the critic's layers (the left one of its head is a single number)."""
    return [module.right.clone() for module in arm.critic.modules() if isinstance(module, SpectralNorm)]


def curves(history: History, arm: int) -> dict[str, list[float]]:
    rows = {name: history.row(arm, name).tolist() for name in history.row_names if name != "elapsed_s"}
    return rows | {name: history.test(arm, name).tolist() for name in history.test_names}


def test_off_on_a_pair_is_the_standard_gan_to_the_last_bit() -> None:
    run = on_ring(12, spectral="off")
    history = trained(run, 12)
    assert curves(history, 1) == curves(history, 0)
    plain, wrapped_too = (pair_of(run, number).probe() for number in (0, 1))
    assert plain.keys() == wrapped_too.keys()
    assert all((plain[name] == wrapped_too[name]).all() for name in plain)
    assert curves(trained(on_ring(12), 12), 1) != curves(history, 1)


@pytest.mark.parametrize("bound", [1.0, 2.0, 3.0])
def test_the_critic_alone_is_normalized_and_starts_from_the_same_weights(bound: float) -> None:
    run = on_ring(30, spectral_bound=bound)
    plain, changed = pair_of(run, 0), pair_of(run, 1)
    for before, after in ((plain.critic, changed.critic), (plain.model, changed.model)):
        held = after.state_dict()
        assert all(torch.equal(value, held[name]) for name, value in before.state_dict().items())
    trained(run, 30)
    assert not any(isinstance(module, SpectralNorm) for module in changed.model.modules())
    assert changed.model.state_dict().keys() == plain.model.state_dict().keys()
    effective = effective_weights(changed.critic, changed.knobs)
    assert len(effective) == 4 == len(vectors_of(changed))
    for matrix in effective:
        assert bound * 0.9999 < torch.linalg.matrix_norm(matrix, 2).item() < bound * 1.1


def test_to_look_at_a_pair_moves_nothing_and_training_does() -> None:
    run = on_ring(20)
    trained(run, 10)
    arm = pair_of(run)
    before, held = vectors_of(arm), deepcopy(arm.state_dict())
    arm.evaluate()
    arm.probe()
    held["history"] = arm.state_dict()["history"]  # each evaluation adds to it
    torch.testing.assert_close(arm.state_dict(), held, rtol=0, atol=0)
    assert all(torch.equal(one, other) for one, other in zip(before, vectors_of(arm), strict=True))
    assert arm.critic.training and arm.model.training
    run.advance(math.inf, max_steps=1)
    assert not any(torch.equal(one, other) for one, other in zip(before, vectors_of(arm), strict=True))


def test_measuring_often_and_seldom_trains_the_same() -> None:
    often, seldom = (trained(on_ring(12, eval_every=every), 12) for every in (1, 12))
    for name in ("critic_loss", "generator_loss"):
        assert often.row(1, name).tolist() == seldom.row(1, name).tolist()


def test_a_pair_goes_on_from_its_capture_as_if_nothing_had_been() -> None:
    whole, first = on_ring(12), on_ring(12)
    expected = trained(whole, 12)
    history = trained(first, 7)
    resumed = Run.restore(first.capture())
    history.append(resumed.advance(math.inf))
    for arm in (0, 1):
        assert curves(history, arm) == curves(expected, arm)
    assert all(
        torch.equal(*both) for both in zip(vectors_of(pair_of(whole)), vectors_of(pair_of(resumed)), strict=True)
    )


def test_what_is_measured_of_a_critic_is_what_it_says() -> None:
    run = on_ring(12)
    history = trained(run, 12)
    assert set(history.test_names) - {"step"} == set(metrics_of(run.spec))
    for number in (0, 1):
        arm = pair_of(run, number)
        bound, steepest = 1.0, 0.0
        wraps = [module for module in arm.critic.modules() if isinstance(module, SpectralNorm)]
        layers = [module for module in arm.critic.modules() if isinstance(module, nn.Linear)]
        for index, layer in enumerate(layers):
            scale = 1.0
            if number == 1:
                scale = (
                    float(arm.knobs["spectral_bound"]) / (wraps[index].left @ layer.weight @ wraps[index].right).item()
                )
            bound *= scale * torch.linalg.matrix_norm(layer.weight.double(), 2).item()
        for example in arm.data.inputs[: gan.SHOWN]:
            arm.critic.eval()
            x = example.unsqueeze(0).requires_grad_()
            (slope,) = torch.autograd.grad(arm.critic(x, arm.knobs).squeeze(), x)
            arm.critic.train()
            steepest = max(steepest, slope.norm().item())
        assert history.test(number, "test_norm_product")[-1] == pytest.approx(bound, rel=1e-5)
        assert history.test(number, "test_steepest_slope")[-1] == pytest.approx(steepest, rel=1e-4)
        assert 0 < steepest <= bound


def test_a_pair_has_no_accuracy_and_is_judged_by_its_samples() -> None:
    pair, digits = build_spec("spectral_norm", task="ring"), build_spec("spectral_norm")
    assert "test_robust_accuracy" not in metrics_of(pair) and metric_of(pair) == "test_distance"
    assert set(metrics_of(digits)) >= set(TRICK.measures) and metric_of(digits) == "test_robust_accuracy"


def test_it_goes_together_with_the_wasserstein_critic() -> None:
    names = ("spectral_norm", "wasserstein_gan")
    assert conflicts(names, "ring") == []
    run = Run(build_combination(names, task="ring", steps=3, values=PAIR))
    history = trained(run, 3)
    labels = [arm.name for arm in run.spec.arms]
    assert labels == ["baseline", "all", "only spectral_norm", "only wasserstein_gan"]
    both = pair_of(run)
    assert len(vectors_of(both)) == 4
    assert both.recipe.critic_penalty is not None and both.recipe.critic_steps(1, both.knobs, {}) == 5
    losses = [history.row(arm, "critic_loss")[-1] for arm in range(4)]
    assert len(set(losses)) == 4


def test_what_another_trick_puts_around_the_critics_weights_is_a_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(catalogue.load("wasserstein_gan"), wraps=("critic.wrap_weight",), replaces=("critic.wrap_weight",))
    found = {"wasserstein_gan": other, "spectral_norm": TRICK}
    monkeypatch.setattr(catalogue, "load", found.__getitem__)
    clash = Conflict("wasserstein_gan", "spectral_norm", ("critic.wrap_weight",))
    assert conflicts(tuple(found), "ring") == [clash]
    assert clash not in conflicts(tuple(found), "digits")  # where the other cannot be at all


def test_where_it_bounds_nothing_it_is_off_and_its_other_knobs_stay() -> None:
    settings = {**build_spec("spectral_norm").settings, "model": "residual_mlp"}
    switch, *others = TRICK.adapt(TRICK.knobs, settings)
    assert (switch.choices, switch.default) == (("off",), "off") and others == list(TRICK.knobs[1:])
