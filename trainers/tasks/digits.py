"""Handwritten digits: real images of 8 × 8 pixels from scikit-learn, gray values 0 to 1, ten classes."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from trainers.parts import metrics
from trainers.tasks import Data, Task, limit_train_size, pick, record
from tricks.declaration import Knobs

POOL, TEST = 1000, 797
SHUFFLE = 0  # seed of the one shuffle that splits the 1,797 images


@cache
def load() -> tuple[Tensor, Tensor]:
    """All images (1797, 64) and labels (1797,), shuffled once and for all: the last `TEST` of them test."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SHUFFLE))
    return torch.from_numpy(images / 16).float()[order], torch.from_numpy(labels).long()[order]


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """The training images that `generator` draws of the pool, and the test set."""
    inputs, labels = load()
    drawn = pick(POOL, int(settings["train_size"]), generator)
    return Data(record(inputs[drawn], labels[drawn], 10, settings, generator), inputs[-TEST:], labels[-TEST:])


TASK = Task(
    name="digits",
    source="scikit-learn: load_digits (UCI optical recognition of handwritten digits)",
    num_classes=10,
    shape=(64,),
    view="image",
    sizes={"pool": POOL, "test": TEST},
    metrics=metrics.CLASSIFICATION,
    make=make,
    score=metrics.classification,
    settings={
        "train_size": 800,
        "batch_size": 50,
        "depth": 2,
        "width": 128,
        "optimizer": "sgd",
        "momentum": 0.9,
        "lr": 0.1,
    },
    check=limit_train_size("digits", POOL),
)
