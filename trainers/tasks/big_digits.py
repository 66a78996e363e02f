"""Big digits: the handwritten digits enlarged into pictures of 32 × 32 pixels, each somewhere in it, in noise."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from trainers.parts import metrics
from trainers.parts.randomness import generator as owned_generator
from trainers.tasks import Data, Task, digits, limit_train_size, pick, record
from tricks.declaration import Knobs

SIDE, ENLARGED = 32, 24
PLACES = 4  # pictures made of each training digit
NOISE = 0.2
POOL, TEST = PLACES * digits.POOL, digits.TEST


def place(images: Tensor, source: torch.Generator) -> Tensor:
    """Images (n, 64) enlarged, each at a place of its own, with noise (n, SIDE, SIDE)."""
    enlarged = F.interpolate(images.reshape(-1, 1, 8, 8), ENLARGED, mode="bilinear", align_corners=False)[:, 0]
    pictures = torch.zeros(len(images), SIDE, SIDE)
    corners = torch.randint(0, SIDE - ENLARGED + 1, (len(images), 2), generator=source).tolist()
    for picture, image, (top, left) in zip(pictures, enlarged, corners, strict=True):
        picture[top : top + ENLARGED, left : left + ENLARGED] = image
    return pictures + NOISE * torch.randn(pictures.shape, generator=source)


@cache
def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures (4000, 32, 32) and labels of the pool, pictures (797, 32, 32) and labels of the test set."""
    images, labels = digits.load()
    source = owned_generator(0, "big digits")
    pool = place(images[: digits.POOL].repeat(PLACES, 1), source)
    return pool, labels[: digits.POOL].repeat(PLACES), place(images[-TEST:], source), labels[-TEST:]


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """The training pictures that `generator` draws of the pool, and the test set."""
    inputs, labels, test_inputs, test_labels = load()
    drawn = pick(POOL, int(settings["train_size"]), generator)
    return Data(record(inputs[drawn], labels[drawn], 10, settings, generator), test_inputs, test_labels)


TASK = Task(
    name="big_digits",
    source="scikit-learn: load_digits, enlarged, moved about and noisy",
    num_classes=10,
    shape=(SIDE, SIDE),
    view="image",
    sizes={"pool": POOL, "test": TEST},
    metrics=metrics.CLASSIFICATION,
    make=make,
    score=metrics.classification,
    settings={
        "train_size": 2000,
        "batch_size": 32,
        "model": "conv2d",
        "depth": 4,
        "width": 24,
        "initial": "he",
        "optimizer": "adam",
        "lr": 0.005,
        "schedule": "cosine",
        "eval_every": 20,
    },
    check=limit_train_size("big_digits", POOL),
)
