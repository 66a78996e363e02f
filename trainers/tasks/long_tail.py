"""A long tail: MNIST-1D with some classes rare in training, in an order that the seed draws, and none in the test."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from trainers.parts import metrics
from trainers.tasks import Data, Task, limit_train_size, mnist1d, pick, record
from tricks.declaration import Knobs

MOST = 4000  # of which the most frequent class has fewer than there are of it
LEAST = 100


@cache
def members() -> tuple[Tensor, ...]:
    """The positions in MNIST-1D's pool of each class's signals."""
    labels = mnist1d.load()[1]
    return tuple((labels == label).nonzero()[:, 0] for label in range(10))


def sizes(total: int, imbalance: float) -> list[int]:
    """How many of `total` examples each of ten classes has, the first `imbalance` times as many as the last.

    From one class to the next they fall by the same factor. What rounding leaves over goes to the first.
    """
    shares = [imbalance ** (-rank / 9) for rank in range(10)]
    counts = [max(1, round(total * share / sum(shares))) for share in shares]
    counts[0] += total - sum(counts)
    return counts


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """The training signals of each class that `generator` draws of the pool, in its order of classes; the test set."""
    inputs, labels, test_inputs, test_labels = mnist1d.load()
    order = torch.randperm(10, generator=generator).tolist()
    counts = sizes(int(settings["train_size"]), float(settings["imbalance"]))
    parts = [
        members()[label][pick(len(members()[label]), size, generator)]
        for label, size in zip(order, counts, strict=True)
    ]
    drawn = torch.cat(parts)
    return Data(record(inputs[drawn], labels[drawn], 10, settings, generator), test_inputs, test_labels)


TASK = Task(
    name="long_tail",
    source=mnist1d.TASK.source,
    num_classes=10,
    shape=(40,),
    view="signal",
    sizes={"pool": MOST, "test": mnist1d.TEST},
    metrics=metrics.CLASSIFICATION,
    make=make,
    score=metrics.classification,
    settings={
        "train_size": 1120,
        "batch_size": 50,
        "depth": 2,
        "width": 128,
        "optimizer": "adam",
        "lr": 0.001,
    },
    uses=("imbalance",),
    check=limit_train_size("long_tail", MOST, low=LEAST),
)
