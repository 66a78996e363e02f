r"""Rare objects in clutter: a heat map says where an ellipse's center is; half of the pictures have none.

The heat map is half as fine as the picture. Its target is 1 in the cell of an object's center and falls off around it,
Y = exp(−d² / 2σ²), d the distance from the center's cell and σ a third of the object's mean radius in the picture's
pixels, both in cells. That a Gaussian marks a center is of Zhou, Wang, Krähenbühl, "Objects as Points", 2019,
https://arxiv.org/abs/1904.07850; its σ there is 4 to 16 times smaller, and of objects as small as these would
mostly reach the next cells alone, so that β had little to turn down. The plain loss knows the center's cell only: a
cross-entropy over all cells, divided by the number of objects.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.parts import metrics
from trainers.parts.randomness import generator as owned_generator
from trainers.tasks import limit_train_size, picture
from trainers.tasks.picture import SIDE, PictureNetwork, Pictures, PictureTask, Stages, Truth
from tricks.declaration import Knobs
from tricks.recipe import Memory, PictureRecipe

POOL, TEST = 2000, 400
CELLS = SIDE // 2  # of the heat map, along each side
PRIOR = -2.19  # the logit of 0.1, where every cell begins; source: Lin et al. 2017, section 4.1
NUM_LINES = 2
NOISE = 0.3
NEAR = 1.5  # cells (3 pixels) that a peak may lie from a center
THRESHOLD = 0.3  # of a peak that counts as a find; source: CenterNet's own visualization
MOST_PEAKS = 10  # of one picture that are looked at


@cache
def load() -> Pictures:
    """The pictures with their heat maps (n, 16, 16)."""
    source, count = owned_generator(0, "centers pictures"), POOL + TEST
    present = torch.arange(count) % 2
    radii = picture.uniform(2, 8, count, 2, source=source)
    centers = picture.uniform(4, SIDE - 4, count, 2, source=source)
    shapes = picture.ellipses(centers, radii, picture.uniform(0, torch.pi, count, source=source))
    inputs = present[:, None, None] * picture.uniform(0.6, 1.2, count, 1, 1, source=source) * shapes
    for _ in range(NUM_LINES):
        inputs = inputs + picture.uniform(0.3, 1.2, count, 1, 1, source=source) * picture.lines(count, source)
    inputs = inputs + NOISE * torch.randn(inputs.shape, generator=source)
    cells = (centers / 2).floor()
    axis = torch.arange(CELLS)
    apart = (axis - cells[:, 0, None, None]) ** 2 + (axis[:, None] - cells[:, 1, None, None]) ** 2
    sigma = radii.mean(1)[:, None, None] / 3
    heat = present[:, None, None] * torch.exp(-apart / (2 * sigma**2))
    return Pictures(inputs, {"heat": heat}, present, 2, TEST)


class HeatHead(nn.Module):
    """One logit for each cell (N, 16, 16), from the last map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 1, 1)

    def forward(self, maps: list[Tensor], knobs: Knobs) -> Tensor:
        logits: Tensor = self.convolution(maps[-1])[:, 0] + PRIOR
        return logits


def stages(settings: Knobs) -> Stages:
    """One of four convolutions of `width` channels, the second of stride 2."""
    return [(int(settings["width"]), (1, 2, 1, 1))]


def model(knobs: Knobs, generator: torch.Generator) -> nn.Module:
    """The convolutions, and a head that reads heat off their map."""
    return PictureNetwork(stages(knobs), HeatHead(int(knobs["width"])))


def cross_entropy(logits: Tensor, truth: Truth) -> Tensor:
    """Cross-entropy of logits (N, 16, 16) against one-hot targets (1 at a center), summed, for each object."""
    is_center = truth["heat"] == 1
    losses = F.softplus(torch.where(is_center, -logits, logits))
    return losses.sum() / is_center.sum().clamp(min=1)


def baseline_loss(logits: Tensor, truth: Truth, knobs: Knobs, memory: Memory) -> Tensor:
    """What the baseline minimizes: the task's own loss."""
    return cross_entropy(logits, truth)


def recipe(settings: Knobs) -> PictureRecipe:
    """Cross-entropy on one-hot targets."""
    return picture.recipe(settings, model, baseline_loss)


def find_peaks(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The probabilities (N, k) of each picture's highest local maxima, and their places (N, k, 2) as x and y in cells.

    A cell that is no maximum of its 3 × 3 neighborhood has probability 0.
    """
    heat = logits.sigmoid()
    highest = F.max_pool2d(heat[:, None], 3, 1, 1)[:, 0]
    scores, cells = torch.where(heat == highest, heat, heat.new_zeros(())).flatten(1).topk(MOST_PEAKS, 1)
    return scores, torch.stack([cells % CELLS, cells // CELLS], 2)


def score(logits: Tensor, truth: Truth) -> dict[str, float]:
    """How well peaks find centers: average precision over all thresholds, F1 at one.

    A peak is right if it is a picture's highest within 3 pixels of the center; all others are false. Peaks of equal
    probabilities stand or fall together.
    """
    is_center = truth["heat"] == 1
    has_object, cell = is_center.flatten(1).max(1)
    places = torch.stack([cell % CELLS, cell // CELLS], 1)
    scores, peaks = find_peaks(logits)
    near = has_object[:, None] & ((peaks - places[:, None]).square().sum(2) <= NEAR**2) & (scores > 0)
    right = near & (near.cumsum(1) == 1)
    kept = scores >= THRESHOLD
    hits, total = int((right & kept).sum()), int(has_object.sum())
    precision, _ = metrics.precision_recall(scores.flatten(), right.flatten())
    return {
        "test_loss": cross_entropy(logits, truth).item(),
        "test_center_ap": (precision.sum() / total).item(),
        "test_f1": 2 * hits / (int(kept.sum()) + total),
    }


TASK = PictureTask(
    name="centers",
    source="generated here: an ellipse in every other picture, among lines and noise",
    num_classes=2,
    sizes={"pool": POOL, "test": TEST},
    metrics={"test_loss": "lower", "test_center_ap": "higher", "test_f1": "higher"},
    make=lambda settings, generator: load().draw(settings, generator),
    score=score,
    settings={
        "train_size": 800,
        "batch_size": 32,
        "width": 16,
        "initial": "he",
        "optimizer": "sgd",
        "momentum": 0.9,
        "lr": 3e-4,
        "schedule": "step",
        "eval_every": 10,
    },
    check=limit_train_size("centers", POOL),
    stages=stages,
    recipe=recipe,
    loss=cross_entropy,
)
