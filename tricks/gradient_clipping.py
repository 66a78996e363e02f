r"""Gradient clipping bounds the gradient before it is used, so that one steep batch cannot throw the weights far off.

    g \leftarrow g \cdot \min\!\left(1, \frac{c}{\lVert g \rVert}\right)

By norm, the gradient of all weights together keeps its direction and gets at most the length c. By value, each of its
numbers is cut to ±c, which turns its direction. A gradient within the bound is left to the last bit. Momentum and
adaptive rates see the clipped gradient. Neutral: no clipping.

Pascanu, Mikolov, Bengio. On the Difficulty of Training Recurrent Neural Networks. 2013.
https://arxiv.org/abs/1211.5063
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, Moment, Objective, Recipe


def length_of(gradients: Sequence[Tensor]) -> Tensor:
    """The length (scalar) of gradients taken together as one vector; 0 of none.

    Finite numbers whose squares are not give their length all the same.
    """
    if not gradients:
        return torch.zeros(())
    length: Tensor = torch.stack([gradient.norm() for gradient in gradients]).norm()
    if torch.isinf(length) and torch.isfinite(largest := largest_of(gradients)):
        length = largest * torch.stack([(gradient / largest).norm() for gradient in gradients]).norm()
    return length


def largest_of(gradients: Sequence[Tensor]) -> Tensor:
    """The size (scalar) of the largest number in gradients; 0 of none."""
    return torch.stack([torch.zeros(()), *(gradient.abs().max() for gradient in gradients)]).max()


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
            if knobs["clipping"] == "value":
                memory["raw_largest"] = largest_of(gradients).item()
            memory["raw_length"] = clip(gradients, str(knobs["clipping"]), float(knobs["gradient_bound"])).item()

    return replace(recipe, before_update=before_update)


def probe(moment: Moment) -> dict[str, Tensor]:
    """The step's gradient before any clipping and as it was used, each as (1,).

    `raw_length` and `used_length` are its length; `raw_size` and `used_size` what the bound is of, its length or, by
    value, its largest number. `length_bound` is c where it bounds the length, by norm.
    """
    gradients = [parameter.grad for parameter in moment.model.parameters() if parameter.grad is not None]
    memory, way = moment.memory, moment.knobs.get("clipping", "none")
    used = length_of(gradients).item()
    told = {"raw_length": memory.get("raw_length", used), "used_length": used}
    if way == "value":
        largest = largest_of(gradients).item()
        told |= {"raw_size": memory.get("raw_largest", largest), "used_size": largest}
    else:
        told |= {"raw_size": told["raw_length"], "used_size": used}
    if way == "norm":
        told["length_bound"] = float(moment.knobs["gradient_bound"])
    return {name: torch.tensor([value]) for name, value in told.items()}


LONGEST = 10.0


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """Of a gradient's length, or by value of one of its numbers, how much is used, over sizes from 0 to 10."""
    sizes = torch.linspace(0, LONGEST, 301)
    bound = LONGEST if knobs["clipping"] == "none" else float(knobs["gradient_bound"])
    return {"size": sizes, "clipped_size": sizes.clamp(max=bound)}


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
