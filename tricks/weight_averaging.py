r"""Weight averaging: the network that trains wanders about, and the average of where it has been answers for it.

    \bar{w} \leftarrow \beta \bar{w} + (1 - \beta)\, w, \quad \beta = 1 - \tfrac{1}{H}

Two averages. The exponential one (ema) forgets: over a long H a step's weights count about e times less H steps later.
The stochastic one (swa) takes the weights every k steps from a share s of the run on, all alike:
w̄ ← (n w̄ + w) / (n + 1); before that there is none, and the network itself answers. Training is not touched: same
gradients, same steps; the average is only what the test set sees. Running statistics are averaged like weights
(Izmailov et al. estimate them anew by a pass over the training set). Both begin at the weights of the step at which
they are switched on. Neutral: no average, or H = 1, where the average is the network itself.

Polyak, Juditsky. Acceleration of Stochastic Approximation by Averaging. 1992.
https://doi.org/10.1137/0330046
Izmailov, Podoprikhin, Garipov, Vetrov, Wilson. Averaging Weights Leads to Wider Optima and Better Generalization. 2018.
https://arxiv.org/abs/1803.05407
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.copies import copy_with, state_of
from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick, steps_of
from tricks.flooding import measure as measure_sharpness
from tricks.recipe import Memory, Moment, Recipe


def first_step(knobs: Knobs) -> int:
    """The first step whose weights go into the average."""
    return max(1, steps_of(float(knobs["swa_start"]), int(knobs["steps"]))) if knobs["averaging"] == "swa" else 1


def is_taken(step: int, knobs: Knobs) -> bool:
    """Whether the weights after step `step` (from 1) go into the average of the knobs' kind."""
    if knobs["averaging"] != "swa":
        return knobs["averaging"] == "ema"
    begun = step - first_step(knobs)
    return begun >= 0 and begun % int(knobs["swa_every"]) == 0


def average(mean: dict[str, Tensor], state: dict[str, Tensor], share: float) -> None:
    """Moves `mean` toward `state` by `share` of the way, in place.

    A flag that something in it is stale stays, since stale statistics stay in the mean; other whole numbers are taken
    over.
    """
    for name, value in state.items():
        if value.is_floating_point():
            mean[name].lerp_(value, share)
        elif value.dtype == torch.bool:
            mean[name].logical_or_(value)
        else:
            mean[name].copy_(value)


def keep(moment: Moment) -> None:
    """Takes the weights of the step just made into the average in the arm's memory; another kind begins anew."""
    memory, knobs = moment.memory, moment.knobs
    if memory.get("averaging") != knobs["averaging"]:
        memory.update(averaging=knobs["averaging"], taken=0, mean={})
    if not is_taken(moment.step, knobs):
        if moment.step < first_step(knobs):  # the start was turned back to where the run has not come
            memory.update(taken=0, mean={})
        return
    if not memory["taken"]:
        memory["mean"] = state_of(moment.model)
    else:
        share = 1 / float(knobs["ema_horizon"]) if knobs["averaging"] == "ema" else 1 / (memory["taken"] + 1)
        average(memory["mean"], moment.model.state_dict(), share)
    memory["taken"] += 1


def apply(recipe: Recipe) -> Recipe:
    """The recipe judged by the average of its weights."""

    def after_step(moment: Moment) -> None:
        if recipe.after_step is not None:
            recipe.after_step(moment)
        keep(moment)

    def judged(model: nn.Module, memory: Memory, knobs: Knobs) -> nn.Module:
        is_begun = memory.get("taken") and memory["averaging"] == knobs["averaging"] != "none"
        return copy_with(model, memory["mean"]) if is_begun else model

    return replace(recipe, after_step=after_step, judged=judged)


def probe(moment: Moment) -> dict[str, Tensor]:
    """How the network that trains and the one that is judged do on the test set, and how far apart their weights are.

    `own_loss`, `judged_loss`, `own_accuracy`, `judged_accuracy` (1,); `distance` (1,), as a share of the weights' norm.
    """
    own, judged = moment.evaluate(moment.model), moment.evaluate(moment.judged)
    with torch.no_grad():
        weights, mean = (torch.cat([p.flatten() for p in net.parameters()]) for net in (moment.model, moment.judged))
    found = {
        "own_loss": own["test_loss"],
        "judged_loss": judged["test_loss"],
        "own_accuracy": own["test_accuracy"],
        "judged_accuracy": judged["test_accuracy"],
        "distance": ((weights - mean).norm() / weights.norm()).item(),
    }
    return {name: torch.tensor([value]) for name, value in found.items()}


NUM_POINTS = 400


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """What share of the average at the run's end each of its steps has, summed over equal stretches of steps."""
    steps = int(knobs["steps"])
    shares = torch.zeros(steps, dtype=torch.float64)
    if knobs["averaging"] == "ema":
        forgotten = 1 - 1 / float(knobs["ema_horizon"])
        shares = (1 - forgotten) * forgotten ** torch.arange(steps - 1, -1, -1, dtype=torch.float64)
        shares[0] = forgotten ** (steps - 1)
    else:
        taken = [step for step in range(1, steps + 1) if is_taken(step, knobs)] or [steps]
        shares[[step - 1 for step in taken]] = 1 / len(taken)
    width = max(1, steps // NUM_POINTS)
    parts = F.pad(shares, (-steps % width, 0)).reshape(-1, width).sum(1)  # the first stretch may be shorter
    return {"step": torch.arange(steps - (len(parts) - 1) * width, steps + 1, width), "step_share": parts}


TRICK = Trick(
    name="weight_averaging",
    family="optimization",
    serves=("stability", "generalization"),
    formula=r"\bar{w} \leftarrow \beta \bar{w} + (1 - \beta)\, w, \quad \beta = 1 - \tfrac{1}{H}",
    knobs=(
        Knob("averaging", "", default="ema", choices=("none", "ema", "swa"), neutral="none"),
        Knob(
            "ema_horizon",
            "H",
            default=100,
            low=1,
            high=10_000,
            integer=True,
            scale="log",
            neutral=1,
            unit="steps",
            when=("averaging", "ema"),
        ),
        Knob("swa_start", "s", default=0.5, low=0.0, high=1.0, when=("averaging", "swa")),
        Knob("swa_every", "k", default=1, low=1, high=1000, integer=True, unit="steps", when=("averaging", "swa")),
    ),
    wraps=("after_step", "judged"),
    replaces=("judged",),
    setups=(
        Setup("mnist1d", 1000, {"lr": 0.1, "weight_decay": 0.0}),
        Setup("digits", 500, {"train_size": 400, "label_noise": 0.3, "lr": 0.3}),
    ),
    papers=(
        Paper(
            "Polyak, Juditsky",
            "Acceleration of Stochastic Approximation by Averaging",
            1992,
            "https://doi.org/10.1137/0330046",
        ),
        Paper(
            "Izmailov, Podoprikhin, Garipov, Vetrov, Wilson",
            "Averaging Weights Leads to Wider Optima and Better Generalization",
            2018,
            "https://arxiv.org/abs/1803.05407",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("accuracy", "test_accuracy", "higher"),
        Claim("loss", "test_loss", "lower"),
        Claim("flat", "test_sharpness", "lower"),
        Claim("steady"),
    ),
    apply=apply,
    related=("cyclic_lr", "step_schedule", "sharpness_aware"),
    probe=probe,
    preview=preview,
    measures={"test_sharpness": "lower"},
    measure=measure_sharpness,
)
