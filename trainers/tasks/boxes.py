"""One ellipse in every picture, small or large: a box says where it is and how far it reaches.

A box is (x, y, w, h): its middle and its size, as shares of the picture's side. The plain network reads it off the last
map at once, with one fully connected layer.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.parts.randomness import generator as owned_generator
from trainers.tasks import limit_train_size, picture
from trainers.tasks.picture import SIDE, PictureNetwork, Pictures, PictureTask, Stages, Truth
from tricks.declaration import Knobs
from tricks.recipe import Memory, PictureRecipe

POOL, TEST = 2000, 400
NOISE = 0.3
NUM_LINES = 2
EDGE = 0.05  # where the smooth L1 loss turns from a square to a line, as a share of the picture's side
KINDS = (0.25, 0.45)  # boxes are told apart, for showing, by the root of their area


@cache
def load() -> Pictures:
    """The pictures with their boxes (n, 4)."""
    source, count = owned_generator(0, "boxes pictures"), POOL + TEST
    radii = picture.uniform(2, 10, count, 2, source=source)
    angles = torch.zeros(count)
    room = SIDE - 2 * radii
    centers = radii + room * torch.rand(count, 2, generator=source)
    inputs = picture.uniform(0.7, 1.2, count, 1, 1, source=source) * picture.ellipses(centers, radii, angles)
    for _ in range(NUM_LINES):
        inputs = inputs + picture.uniform(0.3, 1.0, count, 1, 1, source=source) * picture.lines(count, source)
    inputs = inputs + NOISE * torch.randn(inputs.shape, generator=source)
    boxes = torch.cat([centers, 2 * radii], 1) / SIDE
    kinds = torch.bucketize(boxes[:, 2:].prod(1).sqrt(), torch.tensor(KINDS))
    return Pictures(inputs, {"boxes": boxes}, kinds, 3, TEST)


class DirectHead(nn.Module):
    """A box (N, 4) from all of the last map at once."""

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(num_inputs, 4)

    def forward(self, maps: list[Tensor], knobs: Knobs) -> Tensor:
        boxes: Tensor = 0.5 + self.linear(maps[-1].flatten(1))
        return boxes


def stages(settings: Knobs) -> Stages:
    """Three that halve the picture to a map of 4 × 4 cells."""
    width = int(settings["width"])
    return [(width, (2,)), (2 * width, (2,)), (4 * width, (2, 1))]


def model(knobs: Knobs, generator: torch.Generator) -> nn.Module:
    """The stages, and a head that reads one box off their last map."""
    return PictureNetwork(stages(knobs), DirectHead(stages(knobs)[-1][0] * (SIDE // 8) ** 2))


def distance(boxes: Tensor, truth: Truth) -> Tensor:
    """Smooth L1 distance of boxes (N, 4) from the true ones, the mean over boxes of the sum over their numbers."""
    return F.smooth_l1_loss(boxes, truth["boxes"], reduction="none", beta=EDGE).sum(1).mean()


def baseline_loss(boxes: Tensor, truth: Truth, knobs: Knobs, memory: Memory) -> Tensor:
    """What the baseline minimizes: the task's own loss."""
    return distance(boxes, truth)


def recipe(settings: Knobs) -> PictureRecipe:
    """A box regressed at once."""
    return picture.recipe(settings, model, baseline_loss)


def overlap(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union (N,) of boxes (N, 4) with others (N, 4), one by one; 0 for one without size."""
    halves, other_halves = boxes[:, 2:].clamp(min=0) / 2, others[:, 2:].clamp(min=0) / 2
    low = torch.maximum(boxes[:, :2] - halves, others[:, :2] - other_halves)
    high = torch.minimum(boxes[:, :2] + halves, others[:, :2] + other_halves)
    shared = (high - low).clamp(min=0).prod(1)
    return shared / (4 * (halves.prod(1) + other_halves.prod(1)) - shared).clamp(min=1e-12)


def score(boxes: Tensor, truth: Truth) -> dict[str, float]:
    """Mean intersection over union, and the share of boxes that have at least half."""
    overlaps = overlap(boxes, truth["boxes"])
    return {
        "test_loss": distance(boxes, truth).item(),
        "test_iou": overlaps.mean().item(),
        "test_iou_above_half": (overlaps >= 0.5).float().mean().item(),
    }


TASK = PictureTask(
    name="boxes",
    source="generated here: one ellipse in each picture, among lines and noise",
    num_classes=3,
    sizes={"pool": POOL, "test": TEST},
    metrics={"test_loss": "lower", "test_iou": "higher", "test_iou_above_half": "higher"},
    make=lambda settings, generator: load().draw(settings, generator),
    score=score,
    settings={
        "train_size": 800,
        "batch_size": 32,
        "width": 12,
        "initial": "he",
        "optimizer": "adam",
        "lr": 0.01,
        "schedule": "cosine",
        "eval_every": 10,
    },
    check=limit_train_size("boxes", POOL),
    stages=stages,
    recipe=recipe,
    loss=distance,
)
