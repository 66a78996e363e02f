"""Few shots: the classes 5 to 9 of MNIST-1D, a handful of examples each, for a network that knows the classes 0 to 4.

Every network starts with weights pretrained on the other five classes (but for its head, which is drawn), once for
each seed and kind of network in a process.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.parts import metrics
from trainers.parts.baseline import baseline
from trainers.parts.batches import BatchOrder
from trainers.parts.models import build_model
from trainers.parts.randomness import generator as owned_generator
from trainers.parts.updates import Adam
from trainers.tasks import Data, Task, limit_train_size, mnist1d, pick, record
from tricks.declaration import Knobs
from tricks.making import tell
from tricks.recipe import ModelSpec

KNOWN = 5  # classes below are for pretraining, the others are the task's
SHOTS = 1800  # examples of each class there are to draw from
STEPS, BATCH, LR = 500, 64, 3e-3  # of the pretraining


def select(known: bool, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The examples of the known classes, or those of the others, and their labels from 0."""
    chosen = (labels < KNOWN) == known
    return inputs[chosen], labels[chosen] % KNOWN


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """`train_size` signals that `generator` draws of the pool, as many of each class, and the test set of them."""
    pool, classes, test_inputs, test_labels = mnist1d.load()
    inputs, labels = select(False, pool, classes)
    size = int(settings["train_size"])
    order = pick(len(labels), len(labels), generator)
    members = [order[labels[order] == label][: (size + KNOWN - 1 - label) // KNOWN] for label in range(KNOWN)]
    drawn = torch.cat(members)
    train = record(inputs[drawn], labels[drawn], KNOWN, settings, generator)
    return Data(train, *select(False, test_inputs, test_labels))


@lru_cache(maxsize=8)
def pretrain(spec: ModelSpec, seed: int) -> dict[str, Tensor]:
    """The parameters and buffers, by name, of a network trained on the known classes."""
    inputs, labels = select(True, *mnist1d.load()[:2])
    masks = owned_generator(seed, "pretraining masks")
    model = build_model(spec, TASK.shape, KNOWN, seed, masks, "pretraining.")
    optimizer = Adam(list(model.parameters()), lr=LR, weight_decay=0.0)
    order = BatchOrder(len(labels), BATCH, owned_generator(seed, "pretraining batches"))
    for step in range(STEPS):
        tell("pretrained", step / STEPS)
        drawn = order.draw()
        optimizer.zero_grad()
        F.cross_entropy(model(inputs[drawn], {}), labels[drawn]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items()}


def start(model: nn.Module, knobs: Knobs) -> None:
    """Gives a network what the plain one has learned of the known classes, but for the head and what that lacks."""
    learned = pretrain(baseline(knobs).model, int(knobs["seed"]))
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name in learned and not name.startswith("head."):
                value.copy_(learned[name])


TASK = Task(
    name="few_shot",
    source="mnist1d: make_dataset, seed 42, its classes 5 to 9; pretraining on its classes 0 to 4",
    num_classes=KNOWN,
    shape=(40,),
    view="signal",
    sizes={"pool": KNOWN * SHOTS, "test": 998},
    metrics=metrics.CLASSIFICATION,
    make=make,
    score=metrics.classification,
    settings={
        "train_size": 50,
        "batch_size": 25,
        "model": "conv1d",
        "depth": 3,
        "width": 64,
        "optimizer": "adam",
        "lr": 0.01,
        "eval_every": 5,
    },
    check=limit_train_size("few_shot", KNOWN * SHOTS, low=KNOWN),
    start=start,
)
