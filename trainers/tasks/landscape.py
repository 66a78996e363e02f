"""A landscape: a height over the plane, and the task of getting down. The seed draws where to start."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from trainers.tasks import Data, Task
from tricks.declaration import Knobs
from tricks.recipe import TrainSet

GRID = 48  # cells along each side of its picture
BOUND = 2.5  # the square that is shown reaches from −BOUND to BOUND
Surface = Callable[[Tensor, Tensor, Knobs], Tensor]


def quadratic(x: Tensor, y: Tensor, knobs: Knobs) -> Tensor:
    """½ (u² + v² / condition) of coordinates u, v turned by `rotation` degrees; lowest at the origin."""
    angle = math.radians(float(knobs["rotation"]))
    u, v = math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x
    return 0.5 * (u.square() + v.square() / float(knobs["condition"]))


def rosenbrock(x: Tensor, y: Tensor, knobs: Knobs) -> Tensor:
    """A bent valley: a part of Rosenbrock's (1 − x)² + 100 (y − x²)², about 1 / 3000; lowest at (1, 1)."""
    return ((1 - x).square() + 100 * (y - x.square()).square()) / 3000


def saddle(x: Tensor, y: Tensor, knobs: Knobs) -> Tensor:
    """½ x² + (y² − 1)² / 32, a pass at the origin between two hollows at (0, −1) and (0, 1)."""
    return 0.5 * x.square() + (y.square() - 1).square() / 32


SURFACES: dict[str, Surface] = {"quadratic": quadratic, "rosenbrock": rosenbrock, "saddle": saddle}


def height(points: Tensor, knobs: Knobs) -> Tensor:
    """The height (...) above the lowest point, of points (..., 2), on the surface of the settings."""
    return SURFACES[str(knobs["surface"])](points[..., 0], points[..., 1], knobs)


def picture(knobs: Knobs) -> Tensor:
    """How high each cell (GRID, GRID) of the square lies, 0 to 1; rows are y. Roots spread the lowlands."""
    axis = torch.linspace(-BOUND, BOUND, GRID, dtype=torch.float64)
    heights = height(torch.cartesian_prod(axis, axis).flip(1), knobs).reshape(GRID, GRID) ** 0.25
    return heights / heights.max()


STARTS = {"quadratic": ((-1.8, 1.2), 0.2), "rosenbrock": ((-1.2, 1.0), 0.1), "saddle": ((1.8, 0.0), 0.03)}
"""The middle of where a run may start, and how far around it."""


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """The one place (1, 2) where the seed starts, and a lattice over what is shown: nothing is learned from either."""
    middle, spread = STARTS[str(settings["surface"])]
    drawn = torch.randn(1, 2, generator=generator, dtype=torch.float64)
    place = torch.tensor(middle, dtype=torch.float64) + spread * drawn
    axis = torch.linspace(-BOUND, BOUND, 20, dtype=torch.float64)
    lattice = torch.cartesian_prod(axis, axis)
    train, test = (torch.zeros(len(points), dtype=torch.long) for points in (place, lattice))
    return Data(TrainSet(place, train, train, 1), lattice, test)


def score(points: Tensor, labels: Tensor) -> dict[str, float]:
    """Nothing: the trainer measures the one point there is."""
    return {}


TASK = Task(
    name="landscape",
    source="generated here: heights that a formula gives",
    num_classes=1,
    shape=(2,),
    view="point",
    sizes={"pool": 1, "test": 400},
    metrics={"test_height": "lower", "test_goal_step": "lower"},
    make=make,
    score=score,
    settings={"lr": 1.9, "eval_every": 1},
    uses=("surface", "condition", "rotation", "gradient_noise"),
    ignores=("batch_size", "train_size", "label_noise", "depth", "width", "model", "hidden", "initial"),
    trainer="landscape",
    field=picture,
)
