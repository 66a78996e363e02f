"""The fair race: all arms of a run start from the same numbers, those that the task and the run's seed give."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainers.kinds.arm import Arm
from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.spec import MAX_ARMS, RunSpec
from tricks import catalogue

SETUPS = [(name, setup.task) for name in catalogue.NAMES for setup in catalogue.load(name).setups]


def start(arm: Arm[Any]) -> dict[str, Tensor]:
    """All the numbers that the arm's networks hold, by name."""
    found = {
        f"{owner}.{name}": value
        for owner, module in vars(arm).items()
        if isinstance(module, nn.Module)
        for name, value in module.state_dict().items()
    }
    assert found
    return found


def specs(trick: str, task: str) -> list[RunSpec]:
    """Runs of the trick at its defaults, and with each of its knobs in turn at either end or at each choice."""
    knobs = build_spec(trick, task=task).knobs_of(1).values()
    turned = [{knob.name: value} for knob in knobs for value in knob.choices or (knob.low, knob.high)]
    most = MAX_ARMS - 2
    parts = [tuple(turned[first : first + most]) for first in range(0, len(turned), most)]
    return [build_spec(trick, task=task, seed=100, extra_arms=part) for part in parts]


@pytest.mark.parametrize(("trick", "task"), SETUPS)
def test_all_arms_start_bit_equal_where_names_and_shapes_agree(trick: str, task: str) -> None:
    for spec in specs(trick, task):
        baseline, *others = (start(arm) for arm in Run(spec).trainer.arms)
        for arm, other in zip(spec.arms[1:], others, strict=True):
            shared = {n for n in baseline.keys() & other.keys() if baseline[n].shape == other[n].shape}
            assert len(shared) >= 1, arm
            for name in shared:
                assert torch.equal(baseline[name], other[name]), (arm, name)


@pytest.mark.parametrize("trick", ["label_cleaning", "data_variety", "class_balance"])
def test_the_heads_start_is_the_tasks_own_prior_whatever_a_trick_makes_of_the_set(trick: str) -> None:
    run = Run(build_spec(trick, seed=100))
    plain, changed = run.trainer.arms
    assert isinstance(plain, ClassifierArm) and isinstance(changed, ClassifierArm)
    shares = torch.bincount(plain.data.train.labels) / len(plain.data.train.labels)
    for arm in (plain, changed):
        assert isinstance(arm.model.head, nn.Linear)
        torch.testing.assert_close(arm.model.head.bias.detach().exp(), shares)
