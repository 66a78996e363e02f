r"""Cyclic learning rate starts the learning rate afresh again and again; each cycle ends near a minimum of its own.

    \eta(s) = \eta_{\min} + \delta^{\lfloor s/C \rfloor} (\eta_{\max} - \eta_{\min})
              \tfrac{1}{2} (1 + \cos(\pi (s \bmod C) / C))

s counts the steps from 0, C is the cycle's length in steps, η_max and η_min the rates between which it runs, δ what is
left of their distance after a cycle. The triangular shape has 1 − |2 (s mod C) / C − 1| in place of the half cosine: it
climbs from η_min and comes back. The rate is this function of s and of the knobs now in force, and of nothing else: a
new C is taken as if it had held from the first step. The learning rate of the settings does not move this arm.

After step n, n a multiple of C, a cycle is over: what the network then predicts on the test set is a snapshot. The
last m snapshots make an ensemble for nothing: the mean of their probabilities. Neutral: a half cosine of C = the run's
length from the settings' learning rate to 0, δ = 1. Where η_min is above η_max, a cycle runs the other way.

Smith. Cyclical Learning Rates for Training Neural Networks. 2017. https://arxiv.org/abs/1506.01186
Loshchilov, Hutter. SGDR: Stochastic Gradient Descent with Warm Restarts. 2017. https://arxiv.org/abs/1608.03983
Huang, Li, Pleiss, Liu, Hopcroft, Weinberger. Snapshot Ensembles: Train 1, Get M for Free. 2017.
https://arxiv.org/abs/1704.00109
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from tricks.recipe import Claim, Knob, Knobs, Moment, Paper, Recipe, Setup, Trick


def cyclic_lr(
    step: int, cycle_length: int, max_lr: float, *, min_lr: float = 0.0, decay: float = 1.0, shape: str = "cosine"
) -> float:
    """The learning rate of step `step` + 1; `shape` is cosine or triangular."""
    cycle, phase = divmod(step, cycle_length)
    if shape == "cosine":
        height = 0.5 * (1 + math.cos(math.pi * phase / cycle_length))
    else:
        height = 1 - abs(2 * phase / cycle_length - 1)
    return min_lr + decay**cycle * (max_lr - min_lr) * height


def average(members: list[Tensor]) -> Tensor:
    """Log of the mean of the members' probabilities; `members` are log-probabilities (M, K), as is the result."""
    return torch.logsumexp(torch.stack(members), 0) - math.log(len(members))


def scheduled(step: int, knobs: Knobs) -> float:
    """The learning rate of step `step` + 1 at `knobs`."""
    return cyclic_lr(
        step,
        int(knobs["cycle_length"]),
        float(knobs["max_lr"]),
        min_lr=float(knobs["min_lr"]),
        decay=float(knobs["decay"]),
        shape=str(knobs["cycle_shape"]),
    )


def take_snapshots(moment: Moment) -> None:
    """Keeps the last `num_snapshots` snapshots in the arm's memory, and measures their ensemble when they change."""
    memory, wanted = moment.memory, int(moment.knobs["num_snapshots"])
    members = memory.setdefault("members", [])
    is_over = moment.step % int(moment.knobs["cycle_length"]) == 0
    if is_over:
        logits = moment.predict(moment.model)
        members.append(logits.log_softmax(1))
        memory.setdefault("steps", []).append(moment.step)
        memory.setdefault("scores", []).append(moment.score(logits))
    if is_over or len(members) > wanted:
        del members[:-wanted]
        memory["ensemble"] = moment.score(average(members))


def apply(recipe: Recipe) -> Recipe:
    """The recipe with the cyclic schedule in place of its own, and a snapshot at each cycle's end."""

    def after_step(moment: Moment) -> None:
        if recipe.after_step is not None:
            recipe.after_step(moment)
        take_snapshots(moment)

    return replace(recipe, lr=scheduled, after_step=after_step)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """A cycle is at most the run, five to a run; the highest rate is the settings' own, and it is in range."""
    steps, lr = int(settings["steps"]), float(settings["lr"])
    narrowed = {knob.name: knob for knob in knobs}
    length, top = narrowed["cycle_length"], narrowed["max_lr"]
    assert length.low is not None and top.low is not None and top.high is not None
    narrowed["cycle_length"] = replace(
        length, low=min(length.low, steps), high=steps, default=max(min(10, steps), steps // 5), neutral=steps
    )
    narrowed["max_lr"] = replace(top, low=min(top.low, lr), high=max(top.high, lr), default=lr, neutral=lr)
    return tuple(narrowed.values())


NUM_POINTS = 1500


def probe(moment: Moment) -> dict[str, Tensor]:
    """Where the arm is on its schedule, `at_step` and `at_lr` (1,), and what its snapshots are worth.

    Once there are any, `snapshot_steps` (k,) tell when each was taken, and for each of the task's test metrics, such
    as accuracy, `snapshots_accuracy` (k,) what each measured, `snapshot_accuracy` (1,) what the last one did, and
    `ensemble_accuracy` (1,) what the last `num_snapshots` do together.
    """
    arrays = {
        "at_step": torch.tensor([moment.step]),
        "at_lr": torch.tensor([scheduled(moment.step - 1, moment.knobs)]),
    }
    memory = moment.memory
    if "ensemble" in memory:
        arrays["snapshot_steps"] = torch.tensor(memory["steps"])
        for metric, value in memory["ensemble"].items():
            name = metric.removeprefix("test_")
            arrays[f"snapshots_{name}"] = torch.tensor([score[metric] for score in memory["scores"]])
            arrays[f"snapshot_{name}"] = arrays[f"snapshots_{name}"][-1:]
            arrays[f"ensemble_{name}"] = torch.tensor([value])
    return arrays


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The learning rate over the steps of the whole run, at most some 1,500 of them."""
    steps = range(1, int(knobs["steps"]) + 1, max(1, int(knobs["steps"]) // NUM_POINTS))
    return {"step": torch.tensor(steps), "lr_ahead": torch.tensor([scheduled(step - 1, knobs) for step in steps])}


TRICK = Trick(
    name="cyclic_lr",
    family="schedule",
    serves=("convergence", "generalization"),
    formula=(
        r"\eta(s) = \eta_{\min} + \delta^{\lfloor s/C \rfloor} (\eta_{\max} - \eta_{\min})"
        r" \tfrac{1}{2} (1 + \cos(\pi (s \bmod C) / C))"
    ),
    knobs=(
        Knob("cycle_length", "C", default=600, low=10, high=100_000, integer=True, unit="steps"),
        Knob("max_lr", "η_max", default=0.2, low=1e-3, high=1.0, scale="log"),
        Knob("min_lr", "η_min", default=0.0, low=0.0, high=0.1, neutral=0.0),
        Knob("decay", "δ", default=1.0, low=0.1, high=1.0, neutral=1.0),
        Knob("cycle_shape", "", default="cosine", choices=("cosine", "triangular"), neutral="cosine"),
        Knob("num_snapshots", "m", default=3, low=1, high=10, integer=True),
    ),
    wraps=("lr", "after_step"),
    replaces=("lr",),
    setups=(Setup("mnist1d", steps=3000, settings={"lr": 0.2, "schedule": "cosine"}),),
    papers=(
        Paper(
            authors="Smith",
            title="Cyclical Learning Rates for Training Neural Networks",
            year=2017,
            url="https://arxiv.org/abs/1506.01186",
        ),
        Paper(
            authors="Loshchilov, Hutter",
            title="SGDR: Stochastic Gradient Descent with Warm Restarts",
            year=2017,
            url="https://arxiv.org/abs/1608.03983",
        ),
        Paper(
            authors="Huang, Li, Pleiss, Liu, Hopcroft, Weinberger",
            title="Snapshot Ensembles: Train 1, Get M for Free",
            year=2017,
            url="https://arxiv.org/abs/1704.00109",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("minima"),
        Claim("ensemble"),
        Claim("accuracy", "test_accuracy", "higher"),
    ),
    in_article=True,
    apply=apply,
    adapt=adapt,
    probe=probe,
    preview=preview,
)
