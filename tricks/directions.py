"""The directions that rules of update make of a gradient, and of what they remember."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(slots=True)
class Asked:
    """What a rule makes its direction of: gradient and weights (n,), what it remembers, and two numbers.

    `curvature` gives the second derivatives (n, n), where they are known; `memory` begins empty.
    """

    gradient: Tensor
    weights: Tensor
    memory: dict[str, Any] = field(default_factory=dict)
    inertia: float = 0.9
    weight_decay: float = 0.0
    damping: float = 0.0
    curvature: Callable[[], Tensor] | None = None

    def remembered(self, name: str) -> Tensor:
        """A vector (n,) of the memory, zeros at first."""
        vector: Tensor = self.memory.setdefault(name, torch.zeros_like(self.gradient))
        return vector


def descent(asked: Asked) -> Tensor:
    """The gradient (n,) itself."""
    return asked.gradient


def momentum(asked: Asked) -> Tensor:
    """The decaying sum (n,) of gradients. Source: Polyak 1964."""
    return asked.remembered("velocity").mul_(asked.inertia).add_(asked.gradient).clone()


def nesterov(asked: Asked) -> Tensor:
    """The gradient and what momentum (n,) will carry on. Source: Sutskever et al. 2013, as in torch."""
    return asked.gradient + asked.inertia * momentum(asked)


def adagrad(asked: Asked) -> Tensor:
    """The gradient over the root of the sum of its squares (n,)."""
    square = asked.remembered("square").add_(asked.gradient.square())
    return asked.gradient / (square.sqrt() + 1e-10)


def rmsprop(asked: Asked) -> Tensor:
    """The gradient over the root of the moving mean of its squares (n,). Source: Hinton's lecture 6e, 2012."""
    square = asked.remembered("square").mul_(0.99).addcmul_(asked.gradient, asked.gradient, value=0.01)
    return asked.gradient / (square.sqrt() + 1e-8)


def adam(asked: Asked) -> Tensor:
    """The moving mean of gradients over the root of that of their squares (n,), both corrected for their start."""
    count = asked.memory["count"] = asked.memory.get("count", 0) + 1
    mean = asked.remembered("mean").lerp_(asked.gradient, 1 - asked.inertia)
    square = asked.remembered("square").mul_(0.999).addcmul_(asked.gradient, asked.gradient, value=0.001)
    direction: Tensor = mean / (1 - asked.inertia**count) / ((square / (1 - 0.999**count)).sqrt() + 1e-8)
    return direction


def adamw(asked: Asked) -> Tensor:
    """Adam's direction with the decay of the weights (n,) beside it."""
    return adam(asked) + asked.weight_decay * asked.weights


def lbfgs(asked: Asked) -> Tensor:
    """The gradient times the inverse curvature (n,) that the last changes tell of. Source: Liu & Nocedal 1989.

    A pair of changes with no upward curvature is left out; the first direction is no longer than 1 in the sum of its
    absolute values.
    """
    gradient, weights, last = asked.gradient, asked.weights, asked.memory.get("last")
    pairs: list[tuple[Tensor, Tensor]] = asked.memory.setdefault("pairs", [])
    asked.memory["last"] = weights.clone(), gradient.clone()
    if last is None:
        return gradient * min(1.0, 1.0 / gradient.abs().sum().clamp(min=1e-30).item())
    moved, changed = weights - last[0], gradient - last[1]
    if torch.dot(moved, changed) > 1e-10:
        pairs.append((moved, changed))
        del pairs[:-10]
    direction, steps = gradient.clone(), []
    for moved, changed in reversed(pairs):
        steps.append(torch.dot(moved, direction) / torch.dot(moved, changed))
        direction -= steps[-1] * changed
    if pairs:
        moved, changed = pairs[-1]
        direction *= torch.dot(moved, changed) / torch.dot(changed, changed)
    for (moved, changed), step in zip(pairs, reversed(steps), strict=True):
        direction += (step - torch.dot(changed, direction) / torch.dot(moved, changed)) * moved
    return direction


def newton(asked: Asked) -> Tensor:
    """The step (n,) to the extremum of the parabola of curvature and damping; not finite where it has none."""
    assert asked.curvature is not None  # the choice is offered where second derivatives are known
    values, vectors = torch.linalg.eigh(asked.curvature())
    return torch.mv(vectors, torch.mv(vectors.T, asked.gradient) / (values + asked.damping))
