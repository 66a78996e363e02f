r"""Two spirals in the plane: a toy whose decision boundary can be seen.

Arm c (0 or 1) turns by half a circle against the other: angle φ = t + cπ, radius r = t / (2.5π) with t drawn so that
points are as dense outside as inside, t = 2.5π √u, u uniform in (0.02, 1); then Gaussian scatter of 0.03 in x and in y.
Points are scaled to a standard deviation of about 1.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from trainers.parts import metrics
from trainers.tasks import Data, Task, limit_train_size, pick, record
from tricks.declaration import Knobs

POOL, TEST = 2000, 2000
SEED = 7
TURN = 2.5 * math.pi  # the angle an arm runs through
SCATTER = 0.03  # of a radius of 1
SCALE = 2.0


@cache
def load() -> tuple[Tensor, Tensor]:
    """Points (4000, 2) and their arms (4000,), which alternate; the last `TEST` test."""
    random = np.random.default_rng(SEED)
    arms = np.arange(POOL + TEST) % 2
    t = TURN * np.sqrt(random.uniform(0.02, 1, len(arms)))
    radius, angle = t / TURN, t + math.pi * arms
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points += random.normal(0, SCATTER, points.shape)
    return torch.from_numpy((SCALE * points).astype(np.float32)), torch.from_numpy(arms)


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """The training points that `generator` draws of the pool, and the test set."""
    inputs, labels = load()
    drawn = pick(POOL, int(settings["train_size"]), generator)
    return Data(record(inputs[drawn], labels[drawn], 2, settings, generator), inputs[-TEST:], labels[-TEST:])


TASK = Task(
    name="spirals",
    source="generated here: two arms of a spiral",
    num_classes=2,
    shape=(2,),
    view="point",
    sizes={"pool": POOL, "test": TEST},
    metrics=metrics.CLASSIFICATION,
    make=make,
    score=metrics.classification,
    settings={
        "train_size": 100,
        "label_noise": 0.1,
        "batch_size": 50,
        "depth": 4,
        "width": 64,
        "optimizer": "adam",
        "lr": 0.001,
    },
    check=limit_train_size("spirals", POOL),
)
