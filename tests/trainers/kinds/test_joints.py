"""The joints of a step in every kind of trainer: before an update, after the step, and at an evaluation."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from trainers.kinds.arm import Arm
from trainers.kinds.gan import GanArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from trainers.runs.history import History
from trainers.runs.spec import RunSpec
from tricks.declaration import Knobs
from tricks.recipe import Memory, Objective

KINDS = {
    "classifier": "soft_thresholding",
    "gan": "wasserstein_gan",
    "normed critic": "spectral_norm",
    "pictures": "feature_pyramid",
    "landscape": "optimizers",
    "regression": "weight_penalty",
}
TASKS = {"normed critic": "ring", "landscape": "landscape", "regression": "sparse_regression"}
STEPS = 24


def spec_of(kind: str, **values: object) -> RunSpec:
    return build_spec(KINDS[kind], task=TASKS.get(kind), steps=STEPS, values={"eval_every": 6, **values})


def trained(run: Run) -> History:
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60))
    return history


def same(one: History, other: History) -> None:
    """Asserts that two histories are equal to the last bit, but for the time they took."""
    for arm in range(len(one.spec.arms)):
        for name in one.row_names:
            if name != "elapsed_s":
                np.testing.assert_array_equal(one.row(arm, name), other.row(arm, name))
        for name in one.test_names:
            np.testing.assert_array_equal(one.test(arm, name), other.test(arm, name))


def joined(run: Run, **joints: Any) -> list[Arm[Any]]:
    """The arms, with these joints in their recipes."""
    for arm in run.trainer.arms:
        arm.recipe = replace(arm.recipe, **joints)
    return list(run.trainer.arms)


class Asking:
    """Asks for the objective again, and for its gradients, and puts those back that were there."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, float]] = []

    def __call__(self, model: nn.Module, objective: Objective, memory: Memory, knobs: Knobs) -> None:
        parameters = list(model.parameters())
        gradients = [None if p.grad is None else p.grad.clone() for p in parameters]
        first, second = objective(), objective()
        self.asked.append((first.item(), second.item()))
        first.backward()  # type: ignore[no-untyped-call]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        memory["asked"] = memory.get("asked", 0) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_asking_for_the_objective_again_changes_nothing(kind: str) -> None:
    spec, hook = spec_of(kind), Asking()
    run = Run(spec)
    joined(run, before_update=hook)
    asked = trained(run)
    same(trained(Run(spec)), asked)
    assert all(one == other for one, other in hook.asked)
    assert len(hook.asked) >= len(spec.arms) * STEPS


def test_it_is_the_same_batch_with_the_same_masks_and_running_statistics_stay() -> None:
    spec = build_combination(("dropout", "normalization"), task="mnist1d", steps=STEPS)
    run, hook = Run(spec), Asking()
    arms = joined(run, before_update=hook)
    history = trained(run)
    same(trained(Run(spec)), history)
    objectives = np.stack([history.row(arm, "objective") for arm in range(len(arms))], axis=1).flatten()
    assert [first for first, _ in hook.asked] == objectives.tolist()  # to the last bit, masks included


def test_what_the_hook_changes_is_what_the_optimizer_takes() -> None:
    def forget(model: nn.Module, objective: Objective, memory: Memory, knobs: Knobs) -> None:
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad.zero_()

    for kind in ("classifier", "gan", "pictures", "landscape"):  # a regression's trick moves weights without a gradient
        run = Run(spec_of(kind, **({"weight_decay": 0.0} if kind in ("classifier", "pictures") else {})))
        arm = joined(run, before_update=forget)[0]
        before = [value.clone() for value in arm.model.parameters()]
        run.advance(60, max_steps=1)
        assert all(torch.equal(one, other) for one, other in zip(before, arm.model.parameters(), strict=True)), kind


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_set_is_answered_by_the_judged_network(kind: str) -> None:
    def begun(model: nn.Module, memory: Memory, knobs: Knobs) -> nn.Module:
        return frozen[id(model)]

    spec = spec_of(kind)
    run = Run(spec)
    frozen = {id(arm.model): copy.deepcopy(arm.model) for arm in run.trainer.arms}
    plain = trained(Run(spec))
    arms = joined(run, judged=begun)
    judged = trained(run)
    for arm in range(len(arms)):
        for name in run.trainer.row_metrics:
            np.testing.assert_array_equal(judged.row(arm, name), plain.row(arm, name))  # training knows nothing of it
        metric = run.trainer.test_metrics[0]
        assert len(set(judged.test(arm, metric).tolist())) == 1 < len(set(plain.test(arm, metric).tolist()))


@pytest.mark.parametrize("kind", KINDS)
def test_memory_goes_with_a_capture_in_every_kind(kind: str) -> None:
    def count(moment: Any) -> None:
        moment.memory["steps"] = [*moment.memory.get("steps", []), moment.step]
        moment.memory["first"] = moment.memory.get("first", next(moment.model.parameters()).detach().clone())

    def update(model: nn.Module, objective: Objective, memory: Memory, knobs: Knobs) -> None:
        memory["updates"] = memory.get("updates", 0) + 1

    run = Run(spec_of(kind))
    joined(run, after_step=count, before_update=update)
    run.advance(60, max_steps=7)
    again = Run.restore(run.capture())
    assert [arm.step for arm in again.trainer.arms] == [7, 7]
    joined(again, after_step=count, before_update=update)
    run.advance(60, max_steps=3)
    again.advance(60, max_steps=3)
    for one, other in zip(run.trainer.arms, again.trainer.arms, strict=True):
        assert one.memory["steps"] == other.memory["steps"] == list(range(1, 11))
        assert torch.equal(one.memory["first"], other.memory["first"])
        assert one.memory["updates"] == other.memory["updates"] == 10
        if isinstance(one, GanArm) and isinstance(other, GanArm):
            assert one.critic_memory["updates"] == other.critic_memory["updates"] >= 10
