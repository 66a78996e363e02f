"""Weight penalties: torch's own decay, the soft threshold, and zeros only where the proximal step makes them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.parts.updates import Adam, Sgd
from trainers.runs.build import build_spec
from trainers.runs.spec import Event
from tricks.declaration import Knobs
from tricks.recipe import Optimizer
from tricks.weight_penalty import Penalized, preview, soft

OFF: Knobs = {"l1_penalty": 0.0, "l2_penalty": 0.0, "decoupled_decay": 0.0, "l1_step": "proximal"}


def parameters() -> list[nn.Parameter]:
    source = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, dtype=torch.float64, generator=source)) for shape in ((6, 5), (6,))]


def plain(kind: str, shared: list[nn.Parameter]) -> Optimizer:
    if kind == "sgd":
        return Sgd(shared, lr=0.1, momentum=0.9, weight_decay=0.0)
    return Adam(shared, lr=0.01, weight_decay=0.0)


def train(shared: list[nn.Parameter], optimizer: Optimizer | torch.optim.Optimizer, steps: int = 20) -> list[Tensor]:
    inputs = torch.randn(30, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for _ in range(steps):
        optimizer.zero_grad()
        (F.linear(inputs, shared[0], shared[1]) - 1).square().mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return [parameter.detach() for parameter in shared]


def torch_groups(shared: list[nn.Parameter], decay: float) -> list[dict[str, object]]:
    return [{"params": shared[:1], "weight_decay": decay}, {"params": shared[1:], "weight_decay": 0.0}]


def penalized(kind: str, **knobs: float | str) -> list[Tensor]:
    shared = parameters()
    return train(shared, Penalized(plain(kind, shared), shared, {**OFF, **knobs}))


def close(ours: list[Tensor], theirs: list[Tensor]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)


def test_l2_is_torchs_weight_decay() -> None:
    shared = parameters()
    close(penalized("sgd", l2_penalty=0.05), train(shared, torch.optim.SGD(torch_groups(shared, 0.05), 0.1, 0.9)))
    shared = parameters()
    close(penalized("adam", l2_penalty=0.05), train(shared, torch.optim.Adam(torch_groups(shared, 0.05), 0.01)))


def test_decoupled_decay_is_torchs_adamw() -> None:
    shared = parameters()
    close(penalized("adam", decoupled_decay=0.3), train(shared, torch.optim.AdamW(torch_groups(shared, 0.3), 0.01)))


@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_without_penalties_it_is_the_optimizer_exactly(kind: str) -> None:
    shared = parameters()
    for mine, other in zip(penalized(kind), train(shared, plain(kind, shared)), strict=True):
        assert torch.equal(mine, other)


def test_with_sgd_without_momentum_l2_and_decoupled_decay_are_the_same() -> None:
    def run(**knobs: float) -> list[Tensor]:
        shared = parameters()
        rule = Sgd(shared, lr=0.1, momentum=0.0, weight_decay=0.0)
        return train(shared, Penalized(rule, shared, {**OFF, **knobs}))

    close(run(l2_penalty=0.2), run(decoupled_decay=0.2))


def test_the_soft_threshold_is_torchs_in_value_and_gradient() -> None:
    values = torch.linspace(-2, 2, 41, dtype=torch.float64).requires_grad_()
    for threshold in (0.0, 0.33, 1.01):
        ours, theirs = soft(values, threshold), F.softshrink(values, threshold)
        torch.testing.assert_close(ours, theirs)
        (mine,), (other,) = (torch.autograd.grad(y.sum(), values, retain_graph=True) for y in (ours, theirs))
        inside = values.detach().abs() > 1e-9  # at zero itself either is a subgradient
        assert torch.equal(mine[inside], other[inside])


@given(st.floats(-5, 5), st.floats(0, 2))
def test_the_proximal_step_minimizes_what_it_should(value: float, threshold: float) -> None:
    def cost(v: Tensor) -> Tensor:
        return 0.5 * (v - value) ** 2 + threshold * v.abs()

    found = soft(torch.tensor(value, dtype=torch.float64), threshold)
    near = found + torch.tensor([-0.01, -1e-4, 1e-4, 0.01], dtype=torch.float64)
    assert (cost(near) >= cost(found) - 1e-12).all()


def test_only_the_proximal_step_makes_zeros_and_biases_are_left_alone() -> None:
    weight, bias = penalized("sgd", l1_penalty=0.2)
    assert (weight == 0).any() and (bias != 0).all()
    weight, _ = penalized("sgd", l1_penalty=0.2, l1_step="subgradient")
    assert (weight != 0).all()


def test_lasso_finds_the_few_inputs_that_count() -> None:
    source = torch.Generator().manual_seed(0)
    inputs = torch.randn(100, 60, dtype=torch.float64, generator=source)
    truth = torch.zeros(60, 1, dtype=torch.float64)
    truth[:5] = torch.tensor([[2.0], [-1.5], [1.0], [-1.0], [0.8]])
    outputs = inputs @ truth + torch.randn(100, 1, dtype=torch.float64, generator=source)
    weight = nn.Parameter(torch.zeros(60, 1, dtype=torch.float64))
    rule = Sgd([weight], lr=0.1, momentum=0.0, weight_decay=0.0)
    optimizer = Penalized(rule, [weight], {**OFF, "l1_penalty": 0.2})
    for _ in range(500):
        optimizer.zero_grad()
        (0.5 * (inputs @ weight - outputs) ** 2).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert (weight[:5] != 0).all() and (weight[5:] == 0).double().mean() > 0.8
    slope = -inputs.T @ (inputs @ weight.detach() - outputs) / 100  # the lasso's condition of optimality
    kept = weight.detach() != 0
    torch.testing.assert_close(slope[kept], 0.2 * weight.detach().sign()[kept], atol=1e-6, rtol=0)
    assert (slope[~kept].abs() <= 0.2 + 1e-6).all()


def test_a_knob_turned_in_a_running_training_acts_at_the_next_step() -> None:
    run = Run(build_spec("weight_penalty", steps=8, values={"l2_penalty": 0.0, "eval_every": 4}))
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, commands=[Event(5, "l1_penalty", 0.01, 1)]))
    before, after = history.test(1, "test_zero_share")
    assert before == 0 < after
    assert (history.test(0, "test_zero_share") == 0).all()


def test_the_pull_of_l1_does_not_fade_and_that_of_l2_does() -> None:
    drawn = preview({**OFF, "l1_penalty": 0.001, "l2_penalty": 0.01, "decoupled_decay": 0.02})
    right = drawn["weight"] > 0
    torch.testing.assert_close(drawn["l1_pull"][right], torch.full((int(right.sum()),), 0.001))
    torch.testing.assert_close(drawn["l2_pull"], 0.03 * drawn["weight"])
    torch.testing.assert_close(drawn["pull"], drawn["l1_pull"] + drawn["l2_pull"])
