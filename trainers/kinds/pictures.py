"""The trainer of networks that answer a picture with a map, with a box, or with a class for every pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.kinds.arm import Arm, Shown, Trainer, as_arrays, recipes
from trainers.parts.batches import BatchOrder
from trainers.parts.models import draw_parameters
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from trainers.tasks.picture import PictureData, PictureTask
from tricks.recipe import PictureMoment, PictureRecipe

SHOWN = 6  # test pictures in a probe
CHUNK = 50  # test pictures answered at once: more fall out of the processor's cache


class PictureArm(Arm):
    """A network being trained on pictures by one recipe, judged by the task's loss of its answers."""

    def __init__(
        self,
        recipe: PictureRecipe,
        knobs: dict[str, Any],
        data: PictureData,
        task: PictureTask,
        shown: Shown,
    ) -> None:
        seed = int(knobs["seed"])
        self.recipe, self.knobs, self.data, self.task = recipe, knobs, data, task
        self._shown = shown
        self.masks = generator(seed, "masks")
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator, which is not ours
            self.model = recipe.model(knobs, self.masks)
        draw_parameters(self.model, str(knobs["initial"]), seed)
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)
        self._step = 0

    def train(self, step: int, shared: Tensor) -> tuple[float, ...]:
        recipe, knobs = self.recipe, self.knobs
        truth = {name: values[shared] for name, values in self.data.truth.items()}
        outputs = self.model(self.data.train.inputs[shared], knobs)
        objective = recipe.loss(outputs, truth, knobs)
        value = objective.item()
        lr = recipe.lr(step - 1, knobs)
        self._step = step
        if not math.isfinite(value):
            return lr, value, value
        with torch.no_grad():
            train_loss = self.task.loss(recipe.decode(outputs, knobs), truth).item()
        self.optimizer.zero_grad()
        objective.backward()  # type: ignore[no-untyped-call]
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        return lr, train_loss, value

    def evaluate(self) -> tuple[float, ...]:
        parts = torch.split(self.data.inputs, CHUNK)
        measured = self.task.score(torch.cat([self._answer(part)[1] for part in parts]), self.data.test_truth)
        return tuple(measured[name] for name in self.task.metrics)

    @torch.no_grad()
    def _answer(self, inputs: Tensor) -> tuple[Any, Tensor]:
        """The network's outputs for pictures, and the answers they are decoded to."""
        self.model.eval()
        outputs = self.model(inputs, self.knobs)
        self.model.train()
        return outputs, self.recipe.decode(outputs, self.knobs)

    def probe(self) -> dict[str, NDArray[np.float32]]:
        if self._shown.probe is None:
            return {}
        inputs = self.data.inputs[:SHOWN]
        truth = {name: values[:SHOWN] for name, values in self.data.test_truth.items()}
        knobs = {**self._shown.knobs, **self.knobs}
        with torch.no_grad():
            arrays = self._shown.probe(
                PictureMoment(self._step, knobs, self.model, inputs, truth, *self._answer(inputs))
            )
        return as_arrays(arrays)

    def state_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "masks": self.masks.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.masks.set_state(state["masks"])


class PictureTrainer(Trainer):
    """Networks side by side on the same pictures in the same order."""

    row_metrics = ("train_loss", "objective")

    def __init__(self, spec: RunSpec) -> None:
        task = load_task(spec.task)
        assert isinstance(task, PictureTask)
        data = task.make(spec.settings, generator(spec.seed, "data"))
        assert isinstance(data, PictureData)
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms = [
            PictureArm(recipe, knobs, data, task, shown) for recipe, knobs in recipes(spec, task.recipe(spec.settings))
        ]
        batch_size = int(spec.settings["batch_size"])
        self._order = BatchOrder(len(data.train.inputs), batch_size, generator(spec.seed, "batches"))
        self.steps_per_epoch = max(1, len(data.train.inputs) // batch_size)

    def draw(self) -> Tensor:
        """The indices of the step's pictures."""
        return self._order.draw()

    def state_dict(self) -> dict[str, Any]:
        return self._order.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._order.load_state_dict(state)
