"""Discs of three sizes in noise: each pixel is to be told as ground, or as part of a small, a medium or a large disc.

The size decides the class, so a pixel's class takes a wide look, and a small disc's outline a fine one. The plain
network looks widely: it answers on its coarsest map, of 4 × 4 cells, and the answer is drawn out to all pixels.
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

POOL, TEST = 1200, 300
NOISE = 0.25
BRIGHTNESS = (-1.0, 1.0, 2.0)  # of a picture's discs, shuffled between the sizes; the ground has 0
RADII = {"large": (8.0, 11.0), "medium": (3.5, 5.0), "small": (1.5, 2.5)}
"""In the order in which they are drawn: a smaller disc covers a larger one."""
CLASSES = ("ground", "small", "medium", "large")
PRESENT = 0.7  # how often a picture has a disc of each size
WEIGHTS = (1.0, 3.0, 2.0, 1.0)  # of the classes in the loss: small discs have few pixels
WIDTHS = (1, 2, 3, 4)  # channels of the stages, in multiples of the width
HEAD_CHANNELS = 16


@cache
def load() -> Pictures:
    """The pictures with the class (n, 32, 32) of each of their pixels."""
    source, count = owned_generator(0, "blobs pictures"), POOL + TEST
    inputs, classes = torch.zeros(count, SIDE, SIDE), torch.zeros(count, SIDE, SIDE, dtype=torch.long)
    kinds = torch.zeros(count, dtype=torch.long)
    shuffled = torch.rand(count, len(RADII), generator=source).argsort(1)
    brightness = torch.tensor(BRIGHTNESS)[shuffled]  # so that no size has a brightness of its own
    for index, (name, (low, high)) in enumerate(RADII.items()):
        present = (torch.rand(count, generator=source) < PRESENT)[:, None, None]
        radii = picture.uniform(low, high, count, 1, source=source).expand(-1, 2)
        discs = picture.ellipses(picture.uniform(3, SIDE - 3, count, 2, source=source), radii, torch.zeros(count))
        discs = discs * present
        inputs = inputs * (1 - discs) + discs * brightness[:, index, None, None]
        classes = torch.where(discs >= 0.5, CLASSES.index(name), classes)
        kinds += present[:, 0, 0]
    inputs = inputs + NOISE * torch.randn(inputs.shape, generator=source)
    return Pictures(inputs, {"classes": classes}, kinds, len(CLASSES), TEST)


class CoarseHead(nn.Module):
    """Logits (N, 4, 32, 32) drawn out of the last map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, HEAD_CHANNELS, 1)
        self.smooth = nn.Conv2d(HEAD_CHANNELS, HEAD_CHANNELS, 3, padding=1)
        self.classes = nn.Conv2d(HEAD_CHANNELS, len(CLASSES), 1)

    def forward(self, maps: list[Tensor], knobs: Knobs) -> Tensor:
        logits = self.classes(torch.relu(self.smooth(self.reduce(maps[-1]))))
        return F.interpolate(logits, size=(SIDE, SIDE), mode="bilinear")


def stages(settings: Knobs) -> Stages:
    """Four of two convolutions, on maps of 32, 16, 8 and 4 cells along each side."""
    width = int(settings["width"])
    return [(width * times, (1 if index == 0 else 2, 1)) for index, times in enumerate(WIDTHS)]


def model(knobs: Knobs, generator: torch.Generator) -> nn.Module:
    """The stages, and a head that reads the classes off their last map."""
    return PictureNetwork(stages(knobs), CoarseHead(stages(knobs)[-1][0]))


def cross_entropy(logits: Tensor, truth: Truth) -> Tensor:
    """Mean cross-entropy of logits (N, 4, H, W) over pixels, each class at its weight."""
    return F.cross_entropy(logits, truth["classes"], weight=logits.new_tensor(WEIGHTS))


def baseline_loss(logits: Tensor, truth: Truth, knobs: Knobs, memory: Memory) -> Tensor:
    """What the baseline minimizes: the task's own loss."""
    return cross_entropy(logits, truth)


def recipe(settings: Knobs) -> PictureRecipe:
    """Classes of pixels read off the coarsest map."""
    return picture.recipe(settings, model, baseline_loss)


def score(logits: Tensor, truth: Truth) -> dict[str, float]:
    """Intersection over union of each size of disc, over all pixels of the test set, and their mean.

    All is NaN where a logit is.
    """
    told, true = logits.argmax(1), truth["classes"]
    confusion = torch.bincount((true * len(CLASSES) + told).flatten(), minlength=len(CLASSES) ** 2)
    confusion = confusion.reshape(len(CLASSES), len(CLASSES))
    both = confusion.diagonal().double().masked_fill(logits.isnan().any(), torch.nan)
    shares = (both / (confusion.sum(0) + confusion.sum(1) - both).clamp(min=1))[1:].tolist()
    return {
        "test_loss": cross_entropy(logits, truth).item(),
        "test_miou": sum(shares) / len(shares),
        **{f"test_iou_{name}": share for name, share in zip(CLASSES[1:], shares, strict=True)},
    }


TASK = PictureTask(
    name="blobs",
    source="generated here: discs of three sizes in noise",
    num_classes=len(CLASSES),
    sizes={"pool": POOL, "test": TEST},
    metrics={
        "test_loss": "lower",
        "test_miou": "higher",
        "test_iou_small": "higher",
        "test_iou_medium": "higher",
        "test_iou_large": "higher",
    },
    make=lambda settings, generator: load().draw(settings, generator),
    score=score,
    settings={
        "train_size": 400,
        "batch_size": 16,
        "width": 8,
        "initial": "he",
        "optimizer": "adam",
        "lr": 0.005,
        "schedule": "cosine",
        "eval_every": 10,
    },
    check=limit_train_size("blobs", POOL),
    stages=stages,
    recipe=recipe,
    loss=cross_entropy,
)
