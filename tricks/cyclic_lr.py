r"""Cyclic learning rate starts the learning rate afresh again and again; each cycle ends near a minimum of its own.

    \eta(s) = \eta_{\min} + \delta^{\lfloor s/C \rfloor} (\eta_{\max} - \eta_{\min})
              \tfrac{1}{2} (1 + \cos(\pi (s \bmod C) / C))

s counts the steps from 0, C is the cycle's length in steps, η_max and η_min the rates between which it runs, δ what is
left of their distance after a cycle. The triangular shape has 1 − |2 (s mod C) / C − 1| in place of the half cosine: it
climbs from η_min and comes back. The rate is this function of s and of the knobs now in force, and of nothing else: a
new C is taken as if it had held from the first step. The learning rate of the settings does not move this arm.

After step n, n a multiple of C, a cycle is over: the weights it ends with are a snapshot. The last m snapshots make an
ensemble for nothing, the mean of their probabilities, and from the first on it is what the test set sees; at m = 0 it
is the network as it trains. Neutral: a half cosine of C = the run's length from the settings' learning rate to 0,
δ = 1, m = 0. Where η_min is above η_max, a cycle runs the other way.

Smith. Cyclical Learning Rates for Training Neural Networks. 2017. https://arxiv.org/abs/1506.01186
Loshchilov, Hutter. SGDR: Stochastic Gradient Descent with Warm Restarts. 2017. https://arxiv.org/abs/1608.03983
Huang, Li, Pleiss, Liu, Hopcroft, Weinberger. Snapshot Ensembles: Train 1, Get M for Free. 2017.
https://arxiv.org/abs/1704.00109
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.copies import copy_with, state_of
from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, Moment, Recipe


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


class Ensemble(nn.Module):
    """Networks that answer together, by the mean of their probabilities."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        """Log-probabilities (N, K) of inputs (N, ...); of a single network what it answers itself."""
        if len(self.members) == 1:
            logits: Tensor = self.members[0](x, knobs)
            return logits
        return average([member(x, knobs).log_softmax(1) for member in self.members])


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
    """Keeps the weights at each cycle's end in the arm's memory, those of the last `num_snapshots` cycles.

    Beside them stand the `steps` and the `scores` of all snapshots, each on its own.
    """
    memory, wanted = moment.memory, int(moment.knobs["num_snapshots"])
    members = memory.setdefault("members", [])
    if moment.step % int(moment.knobs["cycle_length"]) == 0:
        members.append(state_of(moment.model))
        memory.setdefault("steps", []).append(moment.step)
        memory.setdefault("scores", []).append(moment.evaluate(moment.model))
    del members[: max(0, len(members) - wanted)]


def apply(recipe: Recipe) -> Recipe:
    """The recipe with the cyclic schedule in place of its own, judged by the ensemble of its last snapshots."""

    def after_step(moment: Moment) -> None:
        if recipe.after_step is not None:
            recipe.after_step(moment)
        take_snapshots(moment)

    def judged(model: nn.Module, memory: Memory, knobs: Knobs) -> nn.Module:
        members = memory.get("members", [])
        return Ensemble([copy_with(model, state) for state in members]) if members else model

    return replace(recipe, lr=scheduled, after_step=after_step, judged=judged)


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
    `ensemble_accuracy` (1,) what the last `num_snapshots` do together. `own_accuracy` (1,) is that of the network as it
    trains.
    """
    arrays = {
        "at_step": torch.tensor([moment.step]),
        "at_lr": torch.tensor([scheduled(moment.step - 1, moment.knobs)]),
    }
    memory = moment.memory
    if memory.get("steps"):
        arrays["snapshot_steps"] = torch.tensor(memory["steps"])
        own = moment.evaluate(moment.model)
        for metric, value in moment.evaluate(moment.judged).items():
            name = metric.removeprefix("test_")
            arrays[f"snapshots_{name}"] = torch.tensor([score[metric] for score in memory["scores"]])
            arrays[f"snapshot_{name}"] = arrays[f"snapshots_{name}"][-1:]
            arrays[f"ensemble_{name}"] = torch.tensor([value])
            arrays[f"own_{name}"] = torch.tensor([own[metric]])
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
        Knob("num_snapshots", "m", default=3, low=0, high=10, integer=True, neutral=0),
    ),
    wraps=("lr", "after_step", "judged"),
    replaces=("lr", "judged"),
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
        Claim("ensemble", "test_accuracy", "higher"),
        Claim("accuracy"),
    ),
    in_article=True,
    apply=apply,
    adapt=adapt,
    probe=probe,
    preview=preview,
)
