"""The optimizers: every rule is torch's over several steps, Newton's is exact on a parabola, a rule can be changed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from trainers.kinds.run import Run
from trainers.parts.baseline import OPTIMIZERS, baseline
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from trainers.runs.spec import Event
from tricks.declaration import RefusedError
from tricks.directions import Asked, newton
from tricks.optimizers import OWN, RULES, TRICK, Rules, apply

Make = Callable[[list[nn.Parameter]], torch.optim.Optimizer]
DECAY = 0.02
ORACLES: dict[str, Make] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=DECAY),
    "full_batch": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=DECAY),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=DECAY),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=DECAY),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05, weight_decay=DECAY),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.05, weight_decay=DECAY),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.999), weight_decay=DECAY),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.8, 0.999), weight_decay=DECAY),
    "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.5, max_iter=1, history_size=10),
}


def parameters() -> list[nn.Parameter]:
    source = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, dtype=torch.float64, generator=source)) for shape in ((3, 4), (4,))]


def loss_of(values: list[nn.Parameter]) -> torch.Tensor:
    loss: torch.Tensor = ((values[0] * values[1]) ** 2).sum() + (values[1] - 1).cosh().sum() + values[0].square().sum()
    return loss


@pytest.mark.parametrize("rule", ORACLES)
def test_fifteen_steps_are_torchs(rule: str) -> None:
    ours, theirs = parameters(), parameters()
    knobs: dict[str, Any] = {"update_rule": rule, "inertia": 0.8, "damping": 0.0, "weight_decay": DECAY}
    oracle = ORACLES[rule](theirs)
    own = torch.optim.SGD(ours, lr=oracle.param_groups[0]["lr"])
    mine = Rules(ours, knobs, own)

    def again() -> torch.Tensor:
        oracle.zero_grad()
        loss = loss_of(theirs)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    for _ in range(15):
        mine.zero_grad()
        loss_of(ours).backward()  # type: ignore[no-untyped-call]
        mine.step()
        oracle.step(again)  # type: ignore[arg-type]
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_newton_is_at_the_lowest_point_of_a_parabola_after_one_step() -> None:
    curvature = torch.tensor([[3.0, 1.0], [1.0, 0.5]], dtype=torch.float64)
    lowest, here = torch.tensor([1.0, -2.0], dtype=torch.float64), torch.tensor([9.0, 4.0], dtype=torch.float64)
    gradient = curvature @ (here - lowest)
    torch.testing.assert_close(here - newton(Asked(gradient, here, curvature=lambda: curvature)), lowest)
    damped = newton(Asked(gradient, here, damping=1e9, curvature=lambda: curvature))
    torch.testing.assert_close(damped * 1e9, gradient)


def test_another_rule_begins_with_an_empty_memory_and_may_be_chosen_in_the_run() -> None:
    values = {"update_rule": "momentum", "eval_every": 20, "train_size": 200, "width": 16}
    run = Run(build_spec("optimizers", steps=20, values=values))
    history = run.new_history()
    history.append(run.advance(60, commands=[Event(11, "update_rule", "adam", 1)]))
    np.testing.assert_allclose(history.row(1, "lr"), [0.5 * 0.2] * 10 + [0.5 * 0.02] * 10)
    memory = run.trainer.arms[1].state_dict()["optimizer"]["memory"]
    assert set(memory) == {"count", "mean", "square"} and memory["count"] == 10


@pytest.mark.parametrize("rule", [name for name in RULES if name != "newton"])
def test_a_captured_rule_goes_on_exactly(rule: str) -> None:
    spec = build_spec("optimizers", steps=14, values={"update_rule": rule, "train_size": 100, "width": 8})
    run = Run(spec)
    run.advance(60, max_steps=7)
    again = Run.restore(run.capture())
    one, other = run.advance(60), again.advance(60)
    np.testing.assert_array_equal(one.rows[1]["train_loss"], other.rows[1]["train_loss"])


def test_the_rates_of_the_second_order_are_the_factor_alone() -> None:
    changed = apply(baseline(build_spec("optimizers").settings))
    knobs = {"lr": 0.3, "rate_factor": 0.5, "update_rule": "lbfgs"}
    assert changed.lr(0, knobs) == pytest.approx(0.5)
    assert changed.lr(0, {**knobs, "update_rule": OWN}) == 0.15


def test_newton_is_for_landscapes_and_the_full_batch_for_networks() -> None:
    offered = {
        task: build_spec("optimizers", task=task).knobs_of(1)["update_rule"].choices
        for task in ("mnist1d", "landscape")
    }
    assert set(RULES) - set(offered["mnist1d"]) == {"newton"}
    assert set(RULES) - set(offered["landscape"]) == {"full_batch"}
    assert TRICK.preview is not None


def test_the_whole_set_is_not_drawn_from_by_another_trick() -> None:
    with pytest.raises(RefusedError, match="optimizers needs the baseline's sample, which class_balance changes"):
        build_combination(("optimizers", "class_balance"), task="long_tail")


@pytest.mark.parametrize("values", [{"momentum": 0.9}, {"momentum": 0.0}, {"optimizer": "adam"}])
def test_the_preview_of_the_settings_own_rule_is_what_the_settings_say(values: dict[str, object]) -> None:
    spec = build_spec("optimizers", values={"update_rule": OWN, "rate_factor": 0.5, **values})
    knobs = {**spec.context, **spec.arms[1].knobs}
    assert TRICK.preview is not None
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    own = OPTIMIZERS[str(knobs["optimizer"])]([weight], {**knobs, "lr": 1.0, "weight_decay": 0.0})
    moved = []
    for push in range(40):
        before, weight.grad = weight.item(), torch.full((1,), float(push < 20), dtype=torch.float64)
        own.step()
        moved.append(0.5 * (before - weight.item()))
    assert TRICK.preview(knobs)["answer"].tolist() == pytest.approx(moved, abs=1e-4)
