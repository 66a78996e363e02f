"""The baseline recipe that the shared settings describe: what every trick changes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from trainers.parts.updates import Adam, Sgd
from tricks.declaration import Knobs, steps_of
from tricks.recipe import DescentRecipe, Layer, ModelSpec, Optimizer, Recipe


def baseline(settings: Knobs) -> Recipe:
    """The recipe of an arm without any trick."""
    spec = ModelSpec(
        kind=str(settings["model"]),
        depth=int(settings["depth"]),
        width=int(settings["width"]),
        initial=str(settings["initial"]),
        activation=HIDDEN[str(settings["hidden"])],
    )
    return Recipe(model=spec, optimizer=OPTIMIZERS[str(settings["optimizer"])], lr=SCHEDULES[str(settings["schedule"])])


def descent(settings: Knobs) -> DescentRecipe:
    """Gradient descent of a model that is no network, as the shared settings describe it."""
    return DescentRecipe(optimizer=OPTIMIZERS[str(settings["optimizer"])], lr=SCHEDULES[str(settings["schedule"])])


def sgd(parameters: list[nn.Parameter], knobs: Knobs) -> Optimizer:
    """Stochastic gradient descent with the settings' momentum and weight decay."""
    return Sgd(
        parameters,
        lr=float(knobs["lr"]),
        momentum=float(knobs["momentum"]),
        weight_decay=float(knobs["weight_decay"]),
    )


def adam(parameters: list[nn.Parameter], knobs: Knobs) -> Optimizer:
    """Adam with its usual betas and the settings' weight decay (as an L2 penalty)."""
    return Adam(parameters, lr=float(knobs["lr"]), weight_decay=float(knobs["weight_decay"]))


def constant(step: int, knobs: Knobs) -> float:
    """The learning rate, whatever the step."""
    return float(knobs["lr"])


def cosine(step: int, knobs: Knobs) -> float:
    """One half cosine from the learning rate down to 0 over the run as planned; of a longer one the rest stays at 0."""
    steps = int(knobs["steps"])
    return float(knobs["lr"]) * (0.5 * (1 + math.cos(math.pi * min(step, steps) / steps)))


def stepped(step: int, knobs: Knobs) -> float:
    """The learning rate, divided by 10 at 50 % and again at 75 % of the run."""
    steps = int(knobs["steps"])
    return float(knobs["lr"]) * (1.0 if step < steps_of(0.5, steps) else 0.1 if step < steps_of(0.75, steps) else 0.01)


class Pointwise(nn.Module):
    """A function of each activation, called like every layer."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._function = function

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        return self._function(x)


HIDDEN: dict[str, Layer | None] = {
    "relu": None,
    "sigmoid": lambda num_channels, generator: Pointwise(torch.sigmoid),
    "tanh": lambda num_channels, generator: Pointwise(torch.tanh),
}
OPTIMIZERS = {"sgd": sgd, "adam": adam}
SCHEDULES = {"constant": constant, "cosine": cosine, "step": stepped}
