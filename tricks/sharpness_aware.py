r"""Sharpness-aware minimization goes down by the gradient of a worse place nearby, not of the place itself.

    w \leftarrow w - \eta\, \nabla J(w + \epsilon), \quad
    \epsilon = \rho\, \frac{\nabla J(w)}{\lVert \nabla J(w) \rVert}

Each step takes two gradients of the same batch: the first tells which way the objective rises fastest, all weights
move a distance ρ that way, the second gradient is taken there, and the weights come back before the update. A valley
whose walls are steep within ρ is left; a flat one is not noticed. Twice the time a step. The norm is over all weights
at once. The worst place within ρ is what is meant; a step straight uphill is what is taken for it, and the farther it
goes, the less it is that. Neutral: ρ = 0, where no second gradient is taken.

How steep the place is that an arm has come to is measured as the rise of its training loss a distance 0.1 uphill, the
same for all arms.

Foret, Kleiner, Mobahi, Neyshabur. Sharpness-Aware Minimization for Efficiently Improving Generalization. 2020.
https://arxiv.org/abs/2010.01412
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.gradient_clipping import length_of
from tricks.recipe import Memory, Moment, Objective, Recipe


def climb(model: nn.Module, objective: Objective, radius: float) -> tuple[float, float]:
    """Gives `model` the gradients that its objective has a distance `radius` uphill; the weights stay as they are.

    Returns the objective up there, and the length of the gradient at the weights themselves. Where that is 0 or not
    finite there is no way up; there, and where the objective up there is not finite, the gradients stay as they are.
    """
    parts = [parameter for parameter in model.parameters() if parameter.grad is not None]
    gradients = [parameter.grad for parameter in parts if parameter.grad is not None]
    length = length_of(gradients)
    if not torch.isfinite(length) or length == 0:
        return math.nan, length.item()
    before = [parameter.detach().clone() for parameter in parts]
    with torch.no_grad():
        for parameter, gradient in zip(parts, gradients, strict=True):
            parameter.add_(gradient * (radius / length))
    for parameter in parts:
        parameter.grad = None
    above = objective()
    if torch.isfinite(above):
        above.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter, weights, gradient in zip(parts, before, gradients, strict=True):
            parameter.copy_(weights)
            if not torch.isfinite(above):
                parameter.grad = gradient
    return above.item(), length.item()


def passes(knobs: Knobs) -> float:
    """Forward, and backward to inputs and weights, for the second gradient."""
    return 3.0 if float(knobs["sam_radius"]) > 0 else 0.0


def apply(recipe: Recipe) -> Recipe:
    """The recipe with the gradient of the worst place within ρ, after whatever else is done to gradients."""

    def before_update(model: nn.Module, objective: Objective, memory: Memory, knobs: Knobs) -> None:
        if recipe.before_update is not None:
            recipe.before_update(model, objective, memory, knobs)
        radius = float(knobs["sam_radius"])
        memory.pop("above", None)
        if radius > 0:
            memory["above"], _ = climb(model, objective, radius)

    return replace(recipe, before_update=before_update)


UPHILL = 0.1  # how far the place is whose height is measured
MEASURED = 200  # training examples on which it is


def rise(model: nn.Module, inputs: Tensor, labels: Tensor, knobs: Knobs) -> float:
    """The rise of the mean cross-entropy, in nats, on inputs (M, ...) a distance `UPHILL` along its own gradient."""

    def height(weights: dict[str, Tensor]) -> Tensor:
        logits: Tensor = functional_call(model, weights, (inputs, knobs))
        return F.cross_entropy(logits, labels)

    model.eval()
    weights = {name: value.detach().clone().requires_grad_() for name, value in model.named_parameters()}
    here = height(weights)
    gradients = torch.autograd.grad(here, list(weights.values()), allow_unused=True, materialize_grads=True)
    length = length_of(gradients).clamp(min=1e-12)
    with torch.no_grad():
        steps = zip(weights.items(), gradients, strict=True)
        above = height({name: value + gradient * (UPHILL / length) for (name, value), gradient in steps})
    model.train()
    return above.item() - here.item()


def measure(moment: Moment) -> dict[str, float]:
    """How steep the place is where the arm is, on the first of its training examples, labels as recorded."""
    inputs, labels = moment.train.inputs[:MEASURED], moment.train.labels[:MEASURED]
    return {"test_rise": rise(moment.model, inputs, labels, moment.knobs)}


def probe(moment: Moment) -> dict[str, Tensor]:
    """The batch's objective where the weights were, `here` (1,), and a distance ρ uphill of there, `above` (1,)."""
    here = moment.objective
    return {"here": torch.tensor([here]), "above": torch.tensor([moment.memory.get("above", here)])}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """Two valleys of one floor, a steep and a flat one, and the worst within ρ of each place: what is minimized."""
    places = torch.linspace(-2, 2, 401)
    radius = float(knobs["sam_radius"])
    offsets = torch.linspace(-radius, radius, 81)
    return {"place": places, "height": valleys(places), "worst": valleys(places[:, None] + offsets).amax(1)}


def valleys(places: Tensor) -> Tensor:
    """A steep valley at −1 and a flat one at 1, both with floor 0 and at most 1 high."""
    steep, flat = 1 - torch.exp(-((places + 1) ** 2) / 0.02), 1 - torch.exp(-((places - 1) ** 2) / 0.5)
    return steep * flat


TRICK = Trick(
    name="sharpness_aware",
    family="optimization",
    serves=("generalization",),
    formula=(
        r"w \leftarrow w - \eta\, \nabla J(w + \epsilon), \quad"
        r" \epsilon = \rho\, \frac{\nabla J(w)}{\lVert \nabla J(w) \rVert}"
    ),
    knobs=(Knob("sam_radius", "ρ", default=0.5, low=0.0, high=2.0, neutral=0.0),),
    wraps=("before_update",),
    setups=(
        Setup("digits", 500, {"train_size": 400, "label_noise": 0.3}),
        Setup("mnist1d", 1000, {"lr": 0.1, "weight_decay": 0.0}),
    ),
    papers=(
        Paper(
            "Foret, Kleiner, Mobahi, Neyshabur",
            "Sharpness-Aware Minimization for Efficiently Improving Generalization",
            2020,
            "https://arxiv.org/abs/2010.01412",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("accuracy", "test_accuracy", "higher"),
        Claim("flat", "test_rise", "lower"),
        Claim("noise"),
        Claim("twice"),
    ),
    apply=apply,
    passes=passes,
    related=("flooding", "weight_averaging", "gradient_clipping"),
    probe=probe,
    preview=preview,
    measures={"test_rise": "lower"},
    measure=measure,
)
