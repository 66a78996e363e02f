r"""Gradient clipping bounds the gradient before it is used, so that one steep batch cannot throw the weights far off.

    g \leftarrow g \cdot \min\!\left(1, \frac{c}{\lVert g \rVert}\right)

By norm, the gradient of all weights together keeps its direction and gets at most the length c. By value, each of its
numbers is cut to ±c, which turns its direction. A gradient within the bound is left to the last bit. Momentum and
adaptive rates see the clipped gradient. Neutral: no clipping.

Pascanu, Mikolov, Bengio. On the Difficulty of Training Recurrent Neural Networks. 2013.
https://arxiv.org/abs/1211.5063
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, Moment, Objective, Recipe


def length_of(gradients: Iterable[Tensor]) -> Tensor:
    """The length (scalar) of gradients taken together as one vector; 0 of none.

    Finite numbers whose squares are not give their length all the same.
    """
    parts = list(gradients)
    if not parts:
        return torch.zeros(())
    length: Tensor = torch.stack([part.norm() for part in parts]).norm()
    largest = torch.stack([part.abs().max() for part in parts]).max() if torch.isinf(length) else length
    if torch.isinf(length) and torch.isfinite(largest):
        length = largest * torch.stack([(part / largest).norm() for part in parts]).norm()
    return length


def clip(gradients: list[Tensor], way: str, bound: float) -> Tensor:
    """Clips `gradients` in place, by their common norm or by value; the length (scalar) that they had."""
    length = length_of(gradients)
    if way == "norm" and length > bound:
        for gradient in gradients:
            gradient.mul_(bound / length)
    elif way == "value":
        for gradient in gradients:
            gradient.clamp_(-bound, bound)
    return length


def apply(recipe: Recipe) -> Recipe:
    """The recipe with its gradients clipped, after whatever else is done to them."""

    def before_update(model: nn.Module, objective: Objective, memory: Memory, knobs: Knobs) -> None:
        if recipe.before_update is not None:
            recipe.before_update(model, objective, memory, knobs)
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        if gradients:
            memory["raw_length"] = clip(gradients, str(knobs["clipping"]), float(knobs["gradient_bound"])).item()

    return replace(recipe, before_update=before_update)


def probe(moment: Moment) -> dict[str, Tensor]:
    """The lengths of the step's gradient: `raw_length` (1,) before any clipping, `used_length` (1,) as it was used."""
    used = length_of(parameter.grad for parameter in moment.model.parameters() if parameter.grad is not None)
    return {"raw_length": torch.tensor([moment.memory.get("raw_length", used.item())]), "used_length": used.reshape(1)}


LONGEST = 10.0


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How long a gradient of a length is used, or how large a number of it, over lengths from 0 to 10."""
    lengths = torch.linspace(0, LONGEST, 301)
    bound = LONGEST if knobs["clipping"] == "none" else float(knobs["gradient_bound"])
    return {"length": lengths, "clipped_length": lengths.clamp(max=bound)}


TRICK = Trick(
    name="gradient_clipping",
    family="optimization",
    serves=("stability",),
    formula=r"g \leftarrow g \cdot \min\!\left(1, \frac{c}{\lVert g \rVert}\right)",
    knobs=(
        Knob("clipping", "", default="norm", choices=("none", "norm", "value"), neutral="none"),
        Knob("gradient_bound", "c", default=1.0, low=1e-3, high=10.0, scale="log", when=("clipping", "norm", "value")),
    ),
    wraps=("before_update",),
    setups=(
        Setup("digits", 400, {"depth": 4, "lr": 0.2}),
        Setup("mnist1d", 1000, {"depth": 6, "lr": 0.3, "initial": "he"}),
    ),
    papers=(
        Paper(
            "Pascanu, Mikolov, Bengio",
            "On the Difficulty of Training Recurrent Neural Networks",
            2013,
            "https://arxiv.org/abs/1211.5063",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("accuracy", "test_accuracy", "higher"),
        Claim("cliffs"),
        Claim("direction"),
    ),
    apply=apply,
    related=("normalization", "optimizers", "sharpness_aware"),
    probe=probe,
    preview=preview,
)
