"""A rare class: the zeros of MNIST-1D (class 1 here) among a hundred times as many of its other digits (class 0)."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from trainers.parts import metrics
from trainers.tasks import Data, Task, limit_train_size, pick, record
from trainers.tasks.mnist1d import signals, standardize
from tricks.declaration import Knobs

RATIO = 100  # others for each rare example
TEST_RARE, TEST_OTHERS = 60, 6000


@cache
def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The pool's rare examples (2340, 40) and others (15600, 40), the test set's inputs (6060, 40) and labels."""
    raw, classes = signals()
    rare, others = np.flatnonzero(classes == 0), np.flatnonzero(classes != 0)
    training = np.concatenate([rare[:-TEST_RARE], others[:-TEST_OTHERS]])
    inputs = standardize(raw, raw[training])
    test = torch.from_numpy(np.concatenate([rare[-TEST_RARE:], others[-TEST_OTHERS:]]))
    labels = (torch.from_numpy(classes)[test] == 0).long()
    return inputs[rare[:-TEST_RARE]], inputs[others[:-TEST_OTHERS]], inputs[test], labels


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """One rare example in each 101 of `train_size` (rounded), and others, as `generator` draws them; the test set."""
    rare, others, test_inputs, test_labels = load()
    size = int(settings["train_size"])
    num_rare = round(size / (1 + RATIO))
    drawn_rare = pick(len(rare), num_rare, generator)
    drawn_others = pick(len(others), size - num_rare, generator)
    inputs = torch.cat([rare[drawn_rare], others[drawn_others]])
    labels = (torch.arange(size) < num_rare).long()
    return Data(record(inputs, labels, 2, settings, generator), test_inputs, test_labels)


POOL_OTHERS = 21_600 - TEST_OTHERS
POOL = POOL_OTHERS + POOL_OTHERS // RATIO  # of the rare ones there are more than go with the others

TASK = Task(
    name="rare_class",
    source="mnist1d: make_dataset, seed 42, its class 0 against the rest",
    num_classes=2,
    shape=(40,),
    view="signal",
    sizes={"pool": POOL, "test": TEST_RARE + TEST_OTHERS},
    metrics=metrics.DETECTION,
    make=make,
    score=metrics.detection,
    settings={
        "train_size": 6060,
        "batch_size": 64,
        "depth": 2,
        "width": 64,
        "optimizer": "adam",
        "lr": 0.001,
        "eval_every": 50,
    },
    check=limit_train_size("rare_class", POOL, low=1 + RATIO),
)
