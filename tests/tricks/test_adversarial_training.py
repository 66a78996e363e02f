"""Attacks: the best there is on a linear network, inside the box, and nothing at size 0."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from tricks.adversarial_training import TRICK, attack, loss_slope, preview
from tricks.declaration import Knobs
from tricks.recipe import Batch

FREE: Knobs = {"task": "mnist1d", "attack_size": 0.1, "attack": "pgd", "num_attack_steps": 5}


class Plain(nn.Module):
    """A small network called as every network here is."""

    def __init__(self, linear: bool = False) -> None:
        super().__init__()
        source = torch.Generator().manual_seed(1)
        self.first = nn.Parameter(0.5 * torch.randn(16, 12, dtype=torch.float64, generator=source))
        self.second = nn.Parameter(torch.randn(3, 16, dtype=torch.float64, generator=source))
        self.linear = linear

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        hidden = x @ self.first.T
        return (hidden if self.linear else torch.tanh(hidden)) @ self.second.T


def batch_of(count: int = 20) -> Batch:
    inputs = torch.rand(count, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(count) % 3
    return Batch(inputs, labels, None, labels, 3)


def loss_at(model: nn.Module, batch: Batch, inputs: Tensor) -> Tensor:
    return F.cross_entropy(model(inputs, {}), batch.labels, reduction="none")


def test_one_step_is_the_papers_fgsm() -> None:
    model, batch = Plain(), batch_of()
    inputs = batch.inputs.clone().requires_grad_()
    (slope,) = torch.autograd.grad(F.cross_entropy(model(inputs, {}), batch.labels), inputs)
    torch.testing.assert_close(attack(model, batch, FREE, size=0.07, num_steps=1), batch.inputs + 0.07 * slope.sign())


@pytest.mark.parametrize("num_steps", [1, 2, 5, 10])
def test_of_two_classes_and_a_linear_network_it_finds_the_worst_of_the_box(num_steps: int) -> None:
    model, batch = Plain(linear=True), batch_of()
    with torch.no_grad():
        model.second[2] = 0  # three equal rows would leave the direction open
        model.second[1] = -model.second[0]
    batch = Batch(batch.inputs, batch.labels % 2, None, batch.labels, 3)
    direction = (model.second[0] @ model.first).detach()
    worst = batch.inputs + 0.1 * torch.where(batch.labels[:, None] == 0, -1.0, 1.0) * direction.sign()
    torch.testing.assert_close(attack(model, batch, FREE, size=0.1, num_steps=num_steps), worst)


def test_pgds_steps_are_as_long_as_it_says_one_too() -> None:
    model, batch = Plain(), batch_of()
    for num_steps in (1, 2, 10):
        found = batch.inputs - 0.07  # the whole box is ahead of a corner
        for _ in range(num_steps):
            inputs = found.clone().requires_grad_()
            (slope,) = torch.autograd.grad(loss_at(model, batch, inputs).sum(), inputs)
            found = found + 2.5 * 0.07 / num_steps * slope.sign()
            found = torch.minimum(torch.maximum(found, batch.inputs - 0.07), batch.inputs + 0.07)
        ours = attack(model, batch, FREE, size=0.07, num_steps=num_steps, start=batch.inputs - 0.07)
        torch.testing.assert_close(ours, found)


def test_pgd_starts_anywhere_in_the_box() -> None:
    recipe = TRICK.apply(baseline(build_spec("adversarial_training").settings))
    knobs = {**FREE, "attack": "pgd", "attack_size": 0.1, "num_attack_steps": 1}
    batch = batch_of(400)
    flat = torch.nn.Module()
    flat.forward = lambda x, knobs: x[:, :3] * 0  # no slope: the start is where it stays
    moved = recipe.transform(batch, flat, knobs, {}, torch.Generator().manual_seed(0)).inputs - batch_of(400).inputs
    assert moved.min() == pytest.approx(-0.1, abs=1e-3) and moved.max() == pytest.approx(0.1, abs=1e-3)
    assert moved.mean().abs() < 0.005 and moved.std().item() == pytest.approx(0.2 / 12**0.5, rel=0.05)


@given(st.floats(0.001, 0.5), st.integers(1, 10))
def test_what_has_left_its_range_is_changed_by_no_more_and_driven_no_farther(size: float, num_steps: int) -> None:
    model, batch = Plain(), batch_of()
    batch.inputs = 2 * batch.inputs - 0.5
    gray = attack(model, batch, {**FREE, "task": "digits"}, size=size, num_steps=num_steps)
    assert (gray - batch.inputs).abs().max() <= size + 1e-12
    assert (gray >= batch.inputs.clamp(max=0) - 1e-12).all() and (gray <= batch.inputs.clamp(min=1) + 1e-12).all()


@given(st.floats(0.001, 0.5), st.integers(1, 10))
def test_it_stays_in_the_box_and_gray_values_in_their_range(size: float, num_steps: int) -> None:
    model, batch = Plain(), batch_of()
    found = attack(model, batch, FREE, size=size, num_steps=num_steps)
    assert (found - batch.inputs).abs().max() <= size + 1e-12
    gray = attack(model, batch, {**FREE, "task": "digits"}, size=size, num_steps=num_steps)
    assert gray.min() >= 0 and gray.max() <= 1 and (gray - batch.inputs).abs().max() <= size + 1e-12


def test_more_steps_find_worse_inputs_and_the_weights_gradients_are_untouched() -> None:
    model, batch = Plain(), batch_of()
    losses = [
        loss_at(model, batch, attack(model, batch, FREE, size=0.4, num_steps=steps)).mean().item() for steps in (1, 10)
    ]
    assert loss_at(model, batch, batch.inputs).mean().item() < losses[0] < losses[1]
    assert all(parameter.grad is None for parameter in model.parameters())


def test_at_size_zero_nothing_is_changed_and_nothing_drawn() -> None:
    transform = TRICK.apply(baseline(build_spec("adversarial_training").settings)).transform
    assert transform is not None
    source, batch = torch.Generator().manual_seed(0), batch_of()
    before = source.get_state()
    assert transform(batch, Plain(), {**FREE, "attack_size": 0.0}, {}, source) is batch
    assert torch.equal(source.get_state(), before)


@pytest.mark.parametrize("kind", ["fgsm", "pgd"])
def test_a_batch_is_attacked_in_evaluation_mode_and_trained_in_training_mode(kind: str) -> None:
    class Watched(Plain):
        modes: tuple[bool, ...] = ()

        def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
            self.modes = (*self.modes, self.training)
            return super().forward(x, knobs)

    transform = TRICK.apply(baseline(build_spec("adversarial_training").settings)).transform
    assert transform is not None
    model, batch = Watched(), batch_of()
    clean = batch.inputs
    found = transform(batch, model, {**FREE, "attack": kind}, {}, torch.Generator().manual_seed(0)).inputs
    assert model.modes == (False,) * (1 if kind == "fgsm" else 5) and model.training
    assert 0 < (found - clean).abs().max() <= 0.1 + 1e-12


def test_training_against_the_attack_holds_against_the_attack() -> None:
    run = Run(build_spec("adversarial_training", seed=100, steps=150, values={"eval_every": 150, "lr": 0.003}))
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60))
    plain, trained = (history.test(arm, "test_robust_accuracy")[-1] for arm in (0, 1))
    assert trained > plain + 0.1


def test_the_picture_shows_the_change_that_the_knob_allows() -> None:
    for size in (0.0, 0.1, 0.3):
        ring, change, both = preview({"attack_size": size})["made_up"]
        assert (change - 0.5).abs().max().item() == pytest.approx(size, abs=1e-6)
        torch.testing.assert_close(both, ring + change - 0.5)


@pytest.mark.parametrize("margin", [0.0, 5.0, 17.0, 40.0, 80.0])
def test_the_slope_of_a_network_that_is_sure_is_not_rounded_away(margin: float) -> None:
    exact = torch.tensor([[margin, 0.0, -1.0], [0.5, margin + 0.5, 0.0]], dtype=torch.float64)
    labels = torch.tensor([0, 1])
    hard = Batch(exact, labels, None, labels, 3)
    found, single = loss_slope(exact, hard), loss_slope(exact.float(), hard)
    torch.testing.assert_close(single.double(), found, rtol=1e-5, atol=0)
    assert (single.gather(1, labels[:, None]) < 0).all()
    mixed = torch.tensor([[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]], dtype=torch.float64)
    soft = Batch(exact, labels, mixed, labels, 3)
    for batch, targets in ((hard, F.one_hot(labels, 3).double()), (soft, mixed)):
        logits = exact.clone().requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(logits, targets, reduction="sum"), logits)
        torch.testing.assert_close(loss_slope(exact, batch), slope)
