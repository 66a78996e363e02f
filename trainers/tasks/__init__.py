"""The tasks: data made offline, a fixed test set, and the metrics every arm is judged by.

A task's module has `TASK: Task`. The test set never depends on the seed and never touches training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.parts.randomness import generator as owned_generator
from tricks.catalogue import near, nearest
from tricks.declaration import Knobs, RefusedError, Value
from tricks.recipe import TrainSet

NAMES = (
    "digits",
    "mnist1d",
    "rare_class",
    "spirals",
    "few_shot",
    "big_digits",
    "long_tail",
    "bearings",
    "ring",
    "grid",
    "centers",
    "boxes",
    "blobs",
    "landscape",
    "sparse_regression",
)


def _accept(settings: Knobs) -> None:
    return None


@dataclass(frozen=True)
class Data:
    """What a run trains on and is judged by: `train`, and the test set `inputs` (M, ...), `labels` (M,).

    The test set is shared by all runs of a process: nobody may write to it.
    """

    train: TrainSet
    inputs: Tensor
    labels: Tensor


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task's declaration. `source` names the package or generator the data come from.

    `metrics` maps each test metric to "lower" or "higher" is better; `score(logits, labels)` measures them (of other
    answers than logits, against what is true of the test set). `settings` are the task's own defaults; `uses` the
    settings that are its own, `ignores` the usual ones that mean nothing to it.
    `view` says how an example is drawn: "image" (H, W), "signal" (L,) or "point" (2,).
    `make(settings, generator)` gives the data: `generator` (from the run's seed) draws the training subset and the
    wrong labels, nothing else may. `check(settings)` raises `RefusedError` for what the task cannot give.
    `field(settings)` is the ground (G, G) that points of the plane lie on, 0 to 1, its rows y (None: there is none).
    `start(model, knobs)` gives every arm's network weights to start from, in place of those drawn (None: it does not).
    """

    name: str
    source: str
    num_classes: int
    shape: tuple[int, ...]
    view: str
    sizes: Mapping[str, int]  # "pool" the training examples there are to draw from, "test" those of the test set
    metrics: Mapping[str, str]
    make: Callable[[Knobs, torch.Generator], Data]
    score: Callable[[Tensor, Any], dict[str, float]]
    settings: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    uses: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    check: Callable[[Knobs], None] = _accept
    start: Callable[[nn.Module, Knobs], None] | None = None
    trainer: str = "classifier"
    field: Callable[[Knobs], Tensor] | None = None

    has_own_recipe: ClassVar[bool] = False  # whether its recipes fit only tricks that are made for it

    @property
    def has_classes(self) -> bool:
        """Whether there are classes to tell apart."""
        return self.num_classes > 1


@cache
def load_task(name: str) -> Task:
    """The task of that name.

    Raises:
        RefusedError: there is none; the message gives the nearest names.
    """
    if name not in NAMES:
        sentence = f"task must be one that there is{nearest(name, NAMES)}, got {name!r}"
        raise RefusedError(sentence, "unknown", "task", name, near=near(name, NAMES))
    task: Task = import_module(f"trainers.tasks.{name}").TASK
    return task


def pick(count: int, size: int, generator: torch.Generator) -> Tensor:
    """`size` of `count` indices, without repetition (size,)."""
    return torch.randperm(count, generator=generator)[:size]


def flip_labels(labels: Tensor, share: float, num_classes: int, generator: torch.Generator) -> Tensor:
    """`labels` (M,) with the rounded `share` of them replaced by another class, uniformly."""
    wrong = pick(len(labels), round(share * len(labels)), generator)
    shift = torch.randint(1, num_classes, (len(wrong),), generator=generator)
    flipped = labels.clone()
    flipped[wrong] = (labels[wrong] + shift) % num_classes
    return flipped


def record(inputs: Tensor, labels: Tensor, num_classes: int, settings: Knobs, generator: torch.Generator) -> TrainSet:
    """The training set of drawn examples, with the setting's share of labels recorded wrong."""
    recorded = flip_labels(labels, float(settings["label_noise"]), num_classes, generator)
    return TrainSet(inputs, recorded, labels, num_classes)


def limit_train_size(task: str, high: int, low: int = 1) -> Callable[[Knobs], None]:
    """A check that refuses a `train_size` for which the task has not the examples."""

    def check(settings: Knobs) -> None:
        size = int(settings["train_size"])
        if not low <= size <= high:
            sentence = f"train_size must be between {low} and {high} for {task}, got {size}"
            raise RefusedError(sentence, "between", "train_size", size, low=low, high=high)

    return check


@dataclass(frozen=True)
class Glimpse:
    """What is shown of a task: the training set that a seed draws, in numbers and in a few examples.

    `sizes` has "pool", "train" and "test"; `class_counts` (K,) are those of the training set as it truly is,
    `num_wrong` of its labels are recorded wrong. `field` (G, G) is the task's (None: it has none). `examples` (n, ...)
    are drawn as the task's `view` says, an image as (n, H, W); `labels` (n,) are theirs as recorded and `clean_labels`
    (n,) as they truly are.
    """

    sizes: Mapping[str, int]
    class_counts: tuple[int, ...]
    test_class_counts: tuple[int, ...]
    num_wrong: int
    examples: NDArray[np.float32]
    labels: NDArray[np.int64]
    clean_labels: NDArray[np.int64]
    field: NDArray[np.float32] | None = None


def describe(task: Task, settings: Knobs, seed: int, *, num_examples: int = 16) -> Glimpse:
    """What a run of `task` at all shared `settings` and `seed` trains on; examples take turns between the classes."""
    data = task.make(settings, owned_generator(seed, "data"))
    train = data.train
    shown = _take_turns(train.clean_labels, task.num_classes, num_examples)
    examples = train.inputs[shown]
    if task.view == "image":
        side = math.isqrt(examples[0].numel())
        examples = examples.reshape(-1, side, side)
    return Glimpse(
        sizes={**task.sizes, "train": len(train.labels)},
        class_counts=_count(train.clean_labels, task.num_classes),
        test_class_counts=_count(data.labels, task.num_classes),
        num_wrong=int((train.labels != train.clean_labels).sum()),
        examples=examples.numpy(),
        labels=train.labels[shown].numpy(),
        clean_labels=train.clean_labels[shown].numpy(),
        field=None if task.field is None else task.field(settings).numpy(),
    )


def _count(labels: Tensor, num_classes: int) -> tuple[int, ...]:
    return tuple(torch.bincount(labels, minlength=num_classes).tolist())


def _take_turns(labels: Tensor, num_classes: int, count: int) -> Tensor:
    """`count` positions in labels (M,): each class's first, then each class's second, and so on."""
    rank = torch.zeros_like(labels)
    for label in range(num_classes):
        members = labels == label
        rank[members] = torch.arange(int(members.sum()))
    return (rank * num_classes + labels).argsort(stable=True)[:count]
