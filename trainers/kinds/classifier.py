"""The trainer of classifiers: a recipe's parts, in the order in which a step uses them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.kinds.arm import Arm, Drawing, Shown, Trainer, as_arrays, recipes
from trainers.parts.baseline import baseline
from trainers.parts.batches import BatchOrder
from trainers.parts.models import build_model
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import Data, Task, load_task
from tricks.declaration import Knobs
from tricks.recipe import Batch, Moment, Recipe, TrainSet, cross_entropy, mean_reduction, one_hot_targets

CHUNK = 2**15  # numbers evaluated at once: more fall out of the processor's cache, and take twice as long
GRID = 32  # cells along each side of a decision boundary's picture
BEYOND = 1.1  # how far it reaches, over the test set


class SharedBatch:
    """The examples of a step, the same for all arms that have the same training set, and gathered once for them."""

    def __init__(self, indices: dict[int, Tensor]) -> None:
        self._indices = indices
        self._gathered: dict[int, tuple[Tensor, Tensor]] = {}

    def of(self, train: TrainSet) -> Batch:
        """The batch for an arm's training set."""
        indices = self._indices[len(train.labels)]
        gathered = self._gathered.get(id(train))
        if gathered is None:
            gathered = self._gathered[id(train)] = (train.inputs[indices], train.labels[indices])
        return Batch(*gathered, None, indices, train.num_classes)


class ClassifierArm(Arm[Recipe]):
    """A classifier being trained by one recipe."""

    def __init__(self, recipe: Recipe, knobs: dict[str, Any], data: Data, task: Task, shown: Shown) -> None:
        seed = int(knobs["seed"])
        super().__init__(recipe, knobs, shown)
        self.data, self.task = data, task
        self.masks = generator(seed, "masks")
        self.generators = (self.masks,)
        self.set = data.train
        if recipe.prepare is not None:
            self.set = recipe.prepare(data.train, knobs, generator(seed, "prepare"))
        self.model = build_model(recipe.model, task.shape, task.num_classes, seed, self.masks)
        if task.start is not None:
            task.start(self.model, knobs)
        start_at_prior(self.model.head, data.train)
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)
        self._last: tuple[Batch, Tensor, Tensor, float] | None = None
        self._is_plain = (recipe.targets, recipe.loss, recipe.reduction, recipe.penalty, recipe.transform) == (
            one_hot_targets,
            cross_entropy,
            mean_reduction,
            None,
            None,
        )

    def make_step(self, lr: float, shared: SharedBatch) -> tuple[float, ...]:
        recipe, knobs, memory = self.recipe, self.knobs, self.memory
        batch = shared.of(self.set)
        if recipe.before_step is not None:
            recipe.before_step(self.step - 1, self.model, knobs, memory)
        if recipe.sample is not None:
            indices = recipe.sample(batch.indices, self.set, knobs, memory, self.masks)
            batch = Batch(self.set.inputs[indices], self.set.labels[indices], None, indices, self.set.num_classes)
        labels = batch.labels
        batch.step = self.step - 1
        if recipe.targets is not one_hot_targets:
            batch.targets = recipe.targets(labels, self.set.num_classes, knobs, memory)
        if recipe.transform is not None:
            batch = recipe.transform(batch, self.model, knobs, memory, self.masks)
        batch.train = self.set
        first: list[tuple[Tensor, Tensor]] = []

        def objective() -> Tensor:
            logits = self.model(batch.inputs, knobs)
            losses = recipe.loss(logits, batch, knobs, memory)
            found = recipe.reduction(losses, knobs, memory)
            if recipe.penalty is not None:
                found = found + recipe.penalty(self.model, knobs, memory)
            if not first:
                first.append((logits, losses))
            return found

        value = self.update(self.model, self.optimizer, objective, lr)
        logits, losses = first[0]
        self._last = batch, logits, losses, value
        if self._is_plain or not math.isfinite(value):
            return value, value
        return self._task_loss(logits, losses, batch, labels), value

    @torch.no_grad()
    def _task_loss(self, logits: Tensor, losses: Tensor, batch: Batch, labels: Tensor) -> float:
        """What the plain recipe would have minimized, to the last bit: all arms are judged by it.

        Mixed examples are judged by the labels of both, in the proportion in which they are mixed.
        """
        if not (self.recipe.loss is cross_entropy and batch.is_hard):
            losses = cross_entropy(logits, Batch(batch.inputs, labels, batch.mixture, batch.indices), self.knobs)
        return mean_reduction(losses, self.knobs).item()

    def look(self, knobs: Knobs, measured: Mapping[str, float] | None = None) -> Moment:
        """The step just made, for those who look at it (made only then: most steps nobody looks at)."""
        assert self._last is not None
        batch, logits, losses, objective = self._last
        return self.moment(
            Moment,
            knobs,
            batch=batch,
            logits=logits.detach(),
            losses=losses.detach(),
            objective=objective,
            train=self.set,
            drawn=self.data.train,
            generator=self.masks,
            evaluate=self._evaluate,
            predict=self.predict,
            score=self._score,
            test_inputs=self.data.inputs,
            test_labels=self.data.labels,
            measured=measured or {},
        )

    def judged(self) -> nn.Module:
        judged = super().judged()
        if self.recipe.recalibrate is not None and judged is not self.model:
            self.recipe.recalibrate(judged, self.set, self.knobs)
        return judged

    def evaluate(self) -> tuple[float, ...]:
        if self.recipe.recalibrate is not None:
            self.recipe.recalibrate(self.model, self.set, self.knobs)
        judged = self.judged()
        measured = self._evaluate(judged)
        if self.shown.measure is not None:
            measured |= self.shown.measure(replace(self.look(self.seen(), measured), model=judged))
        return tuple(measured[name] for name in self.shown.metrics)

    def _evaluate(self, model: nn.Module) -> dict[str, float]:
        return self._score(self.predict(model))

    def _score(self, logits: Tensor) -> dict[str, float]:
        return self.task.score(logits, self.data.labels)

    def predict(self, model: nn.Module, inputs: Tensor | None = None) -> Tensor:
        inputs = self.data.inputs if inputs is None else inputs
        model.eval()
        with torch.no_grad():
            logits = [model(part, self.knobs) for part in torch.split(inputs, max(64, CHUNK // inputs[0].numel()))]
        model.train()
        return torch.cat(logits)

    def probe(self) -> dict[str, NDArray[np.float32]]:
        arrays: dict[str, Tensor] = {}
        if self.shown.probe is not None:
            arrays |= self.shown.probe(self.look(self.seen()))
        if self.task.view == "point":
            arrays |= self._boundary()
        return as_arrays(arrays)

    def _boundary(self) -> dict[str, Tensor]:
        """The probability of class 1 over the plane, as the network that is judged sees it, and the training points."""
        low, high = (end.item() * BEYOND for end in self.data.inputs.aminmax())
        axis = torch.linspace(low, high, GRID)
        grid = torch.cartesian_prod(axis, axis).flip(1)  # rows of the picture are y
        field = self.predict(self.judged(), grid).softmax(1)[:, 1].reshape(GRID, GRID)
        points = self.set.inputs
        return {
            "boundary": field,
            "points_x": points[:, 0],
            "points_y": points[:, 1],
            "points_class": self.set.labels,
        }

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "masks": self.masks.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.masks.set_state(state["masks"])


def start_at_prior(head: nn.Linear, train: TrainSet) -> None:
    """Starts the head's bias at the log of the classes' shares, so that no step is spent on learning them.

    `train` is the task's own set, before any trick has changed it: every arm starts from the same bias.

    Source: the prior of Lin et al. 2017, section 4.1, for every class; it changes nothing where classes are balanced.
    """
    counts = torch.bincount(train.labels, minlength=train.num_classes).clamp(min=1)
    with torch.no_grad():
        head.bias.copy_((counts / counts.sum()).log())


def draw_more(task: Task, spec: RunSpec, train: TrainSet, count: int) -> TrainSet:
    """`train` as the run's seed would have drawn it with `count` examples: the same, and further ones.

    The labels of the same stay as recorded, wherever among the others the task puts them; the further ones are recorded
    with the same share of wrong labels.
    """
    larger = task.make({**spec.settings, "train_size": count}, generator(spec.seed, "data")).train
    recorded: dict[bytes, list[int]] = {}
    for example, label in zip(train.inputs.numpy(), train.labels.tolist(), strict=True):
        recorded.setdefault(example.tobytes(), []).append(label)
    known = [recorded.get(example.tobytes()) for example in larger.inputs.numpy()]
    labels = [same.pop(0) if same else label for same, label in zip(known, larger.labels.tolist(), strict=True)]
    larger.labels = torch.tensor(labels)
    return larger


class ClassifierTrainer(Trainer):
    """Classifiers side by side: the same batches in the same order."""

    kind = "classifier"
    drawing = Drawing("boundary", "points_x", "points_y", "points_class", field="boundary", beyond=BEYOND, leads=False)
    row_metrics = ("train_loss", "objective")

    def __init__(self, spec: RunSpec) -> None:
        task = load_task(spec.task)
        data = task.make(spec.settings, generator(spec.seed, "data"))
        data.train.more = partial(draw_more, task, spec, data.train)
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms: list[ClassifierArm] = [
            ClassifierArm(recipe, knobs, data, task, shown) for recipe, knobs in recipes(spec, self.baseline(spec))
        ]
        batch_size = int(spec.settings["batch_size"])
        lengths = dict.fromkeys(len(arm.set.labels) for arm in self.arms)
        self._orders = {length: BatchOrder(length, batch_size, generator(spec.seed, "batches")) for length in lengths}
        self.steps_per_epoch = max(1, len(data.train.labels) // batch_size)

    @staticmethod
    def baseline(spec: RunSpec) -> Recipe:
        return baseline(spec.settings)

    def draw(self) -> SharedBatch:
        """The step's batch: its indices depend on the length of a training set (the same for all arms, usually)."""
        return SharedBatch({length: order.draw() for length, order in self._orders.items()})

    def state_dict(self) -> dict[str, Any]:
        return {str(length): order.state_dict() for length, order in self._orders.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for length, order in self._orders.items():
            order.load_state_dict(state[str(length)])
