"""A landscape: a height over the plane, and the task of getting down. The seed draws where to start."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from trainers.tasks import Data, Task
from tricks.recipe import Knobs, TrainSet

BOUND = 2.5  # the square that is shown reaches from −BOUND to BOUND
STARTS = 1000  # places to start from that a seed draws; the first is the run's
Surface = Callable[[Tensor, Tensor, Knobs], Tensor]


def quadratic(x: Tensor, y: Tensor, knobs: Knobs) -> Tensor:
    """½ (u² + v² / condition) of coordinates u, v turned by `rotation` degrees; lowest at the origin."""
    angle = math.radians(float(knobs["rotation"]))
    u, v = math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x
    return 0.5 * (u.square() + v.square() / float(knobs["condition"]))


def rosenbrock(x: Tensor, y: Tensor, knobs: Knobs) -> Tensor:
    """A bent valley, a thousandth of Rosenbrock's (1 − x)² + 100 (y − x²)²; lowest at (1, 1)."""
    return ((1 - x).square() + 100 * (y - x.square()).square()) / 1000


def saddle(x: Tensor, y: Tensor, knobs: Knobs) -> Tensor:
    """½ x² + ¼ (y² − 1)², a pass at the origin between two hollows at (0, −1) and (0, 1)."""
    return 0.5 * x.square() + 0.25 * (y.square() - 1).square()


SURFACES: dict[str, Surface] = {"quadratic": quadratic, "rosenbrock": rosenbrock, "saddle": saddle}


def height(points: Tensor, knobs: Knobs) -> Tensor:
    """The height (...) above the lowest point, of points (..., 2), on the surface of the settings."""
    return SURFACES[str(knobs["surface"])](points[..., 0], points[..., 1], knobs)


def start(surface: str, count: int, source: torch.Generator) -> Tensor:
    """Places to start from (count, 2): far out on the quadratic, and near the usual places elsewhere."""
    drawn = torch.randn(count, 2, generator=source, dtype=torch.float64)
    if surface == "quadratic":
        return 2 * drawn / drawn.norm(dim=1, keepdim=True)
    middle, spread = ((-1.2, 1.0), 0.1) if surface == "rosenbrock" else ((1.5, 0.0), 0.03)
    return torch.tensor(middle, dtype=torch.float64) + spread * drawn


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """Places to start from, and a lattice over what is shown: nothing is learned from either."""
    places = start(str(settings["surface"]), STARTS, generator)
    axis = torch.linspace(-BOUND, BOUND, 20, dtype=torch.float64)
    lattice = torch.cartesian_prod(axis, axis)
    train, test = (torch.zeros(len(points), dtype=torch.long) for points in (places, lattice))
    return Data(TrainSet(places, train, train, 1), lattice, test)


def score(points: Tensor, labels: Tensor) -> dict[str, float]:
    """Nothing: the trainer measures the one point there is."""
    return {}


TASK = Task(
    name="landscape",
    source="generated here: heights that a formula gives",
    num_classes=1,
    shape=(2,),
    view="point",
    sizes={"pool": STARTS, "test": 400},
    metrics={"test_loss": "lower", "test_goal_step": "lower"},
    make=make,
    score=score,
    settings={"lr": 1.0, "eval_every": 5},
    uses=("surface", "condition", "rotation", "gradient_noise"),
    ignores=("batch_size", "train_size", "label_noise", "depth", "width", "model", "hidden", "initial"),
    trainer="landscape",
)
