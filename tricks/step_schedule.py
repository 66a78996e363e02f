r"""A step schedule lowers the learning rate at set points: long strides first, then short ones to settle.

    \eta(s) = \eta_0 f^{[s \geq m_1 T] + [s \geq m_2 T]}

s counts the steps from 0, T is the run's length, η_0 the rate at the start, m_1 and m_2 the milestones as shares of the
run, f what is left of the rate at each. A bracket is 1 where it holds and 0 elsewhere; equal milestones drop twice at
once. The rate is this function of s and of the knobs now in force: a milestone moved behind the step already made takes
the drop back. The learning rate of the settings does not move this arm. Neutral: f = 1, η_0 the settings' rate.

A constant rate leaves the weights jumping about a minimum, the farther the larger the rate: the test accuracy jitters.
The jitter is measured as the standard deviation of an arm's last four test accuracies (0 before there are two).

He, Zhang, Ren, Sun. Deep Residual Learning for Image Recognition. 2015. https://arxiv.org/abs/1512.03385
"""

from __future__ import annotations

import statistics
from dataclasses import replace

import torch
from torch import Tensor

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick, steps_of
from tricks.recipe import Moment, Recipe

LATELY = 4  # test accuracies whose spread is the jitter
NUM_POINTS = 1500


def step_lr(step: int, steps: int, start_lr: float, *, factor: float, milestones: tuple[float, ...]) -> float:
    """The learning rate of step `step` + 1 of `steps`; `milestones` are shares of the run, in any order."""
    return start_lr * factor ** sum(step >= steps_of(share, steps) for share in milestones)


def scheduled(step: int, knobs: Knobs) -> float:
    """The learning rate of step `step` + 1 at `knobs`."""
    return step_lr(
        step,
        int(knobs["steps"]),
        float(knobs["start_lr"]),
        factor=float(knobs["drop_factor"]),
        milestones=(float(knobs["first_drop"]), float(knobs["second_drop"])),
    )


def apply(recipe: Recipe) -> Recipe:
    """The recipe with the step schedule in place of its own."""
    return replace(recipe, lr=scheduled)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """The rate at the start is the settings' own, and it is in range."""
    lr = float(settings["lr"])
    start, *others = knobs
    assert start.low is not None and start.high is not None
    return (replace(start, low=min(start.low, lr), high=max(start.high, lr), default=lr, neutral=lr), *others)


def measure(moment: Moment) -> dict[str, float]:
    """The spread of the last test accuracies, this one included."""
    lately = moment.memory.setdefault("accuracies", [])
    lately.append(moment.measured["test_accuracy"])
    del lately[:-LATELY]
    return {"test_jitter": statistics.stdev(lately) if len(lately) > 1 else 0.0}


def probe(moment: Moment) -> dict[str, Tensor]:
    """Where the arm is on its schedule: `at_step` (1,) and `at_lr` (1,)."""
    return {
        "at_step": torch.tensor([moment.step]),
        "at_lr": torch.tensor([scheduled(moment.step - 1, moment.knobs)]),
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The learning rate over the steps of the whole run, at most some 1,500 of them."""
    steps = range(1, int(knobs["steps"]) + 1, max(1, int(knobs["steps"]) // NUM_POINTS))
    return {"step": torch.tensor(steps), "lr_ahead": torch.tensor([scheduled(step - 1, knobs) for step in steps])}


TRICK = Trick(
    name="step_schedule",
    family="schedule",
    serves=("convergence", "stability", "generalization"),
    formula=r"\eta(s) = \eta_0 f^{[s \geq m_1 T] + [s \geq m_2 T]}",
    knobs=(
        Knob("start_lr", "η_0", default=0.1, low=1e-3, high=1.0, scale="log"),
        Knob("drop_factor", "f", default=0.1, low=0.01, high=1.0, neutral=1.0, scale="log"),
        Knob("first_drop", "m_1", default=0.5, low=0.0, high=1.0, neutral=1.0, unless=("drop_factor", 1.0)),
        Knob("second_drop", "m_2", default=0.75, low=0.0, high=1.0, neutral=1.0, unless=("drop_factor", 1.0)),
    ),
    wraps=("lr",),
    replaces=("lr",),
    setups=(
        Setup(
            "mnist1d",
            steps=1500,
            settings={"model": "conv1d", "depth": 3, "width": 32, "lr": 0.1, "eval_every": 25},
        ),
    ),
    papers=(
        Paper(
            authors="He, Zhang, Ren, Sun",
            title="Deep Residual Learning for Image Recognition",
            year=2015,
            url="https://arxiv.org/abs/1512.03385",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("lower", "test_loss", "lower"),
        Claim("steadier", "test_jitter", "lower"),
        Claim("any"),
    ),
    apply=apply,
    related=("cyclic_lr",),
    adapt=adapt,
    probe=probe,
    preview=preview,
    measures={"test_jitter": "lower"},
    measure=measure,
)
