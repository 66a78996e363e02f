"""The trainer of networks that answer a picture with a map, with a box, or with a class for every pixel."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.kinds.arm import Arm, Shown, Trainer, as_arrays, recipes
from trainers.parts.batches import BatchOrder
from trainers.parts.models import draw_parameters
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from trainers.tasks.picture import PictureData, PictureTask
from tricks.declaration import Knobs
from tricks.recipe import PictureMoment, PictureRecipe

SHOWN = 6  # test pictures in a probe
CHUNK = 50  # test pictures answered at once: more fall out of the processor's cache


class PictureArm(Arm[PictureRecipe]):
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
        super().__init__(recipe, knobs, shown)
        self.data, self.task = data, task
        self.masks = generator(seed, "masks")
        self.generators = (self.masks,)
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator, which is not ours
            self.model = recipe.model(knobs, self.masks)
        draw_parameters(self.model, str(knobs["initial"]), seed)
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)

    def make_step(self, lr: float, shared: Tensor) -> tuple[float, ...]:
        recipe, knobs = self.recipe, self.knobs
        inputs = self.data.train.inputs[shared]
        truth = {name: values[shared] for name, values in self.data.truth.items()}
        first: list[Any] = []

        def objective() -> Tensor:
            outputs = self.model(inputs, knobs)
            if not first:
                first.append(outputs)
            return recipe.loss(outputs, truth, knobs, self.memory)

        value = self.update(self.model, self.optimizer, objective, lr)
        if not math.isfinite(value):
            return value, value
        with torch.no_grad():
            return self.task.loss(recipe.decode(first[0], knobs), truth).item(), value

    def evaluate(self) -> tuple[float, ...]:
        parts, judged = torch.split(self.data.inputs, CHUNK), self.judged()
        measured = self.task.score(torch.cat([self._answer(part, judged)[1] for part in parts]), self.data.test_truth)
        return tuple(measured[name] for name in self.task.metrics)

    @torch.no_grad()
    def _answer(self, inputs: Tensor, model: nn.Module) -> tuple[Any, Tensor]:
        """A network's outputs for pictures, and the answers they are decoded to."""
        model.eval()
        outputs = model(inputs, self.knobs)
        model.train()
        return outputs, self.recipe.decode(outputs, self.knobs)

    def look(self, knobs: Knobs) -> PictureMoment:
        inputs = self.data.inputs[:SHOWN]
        return self.moment(
            PictureMoment,
            knobs,
            inputs=inputs,
            truth={name: values[:SHOWN] for name, values in self.data.test_truth.items()},
            answer=partial(self._answer, inputs),
        )

    def probe(self) -> dict[str, NDArray[np.float32]]:
        if self.shown.probe is None:
            return {}
        with torch.no_grad():
            return as_arrays(self.shown.probe(self.look(self.seen())))

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


class PictureTrainer(Trainer):
    """Networks side by side on the same pictures in the same order."""

    kind = "pictures"
    row_metrics = ("train_loss", "objective")

    def __init__(self, spec: RunSpec) -> None:
        task = load_task(spec.task)
        assert isinstance(task, PictureTask)
        data = task.make(spec.settings, generator(spec.seed, "data"))
        assert isinstance(data, PictureData)
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms = [
            PictureArm(recipe, knobs, data, task, shown) for recipe, knobs in recipes(spec, self.baseline(spec))
        ]
        batch_size = int(spec.settings["batch_size"])
        self._order = BatchOrder(len(data.train.inputs), batch_size, generator(spec.seed, "batches"))
        self.steps_per_epoch = max(1, len(data.train.inputs) // batch_size)

    @staticmethod
    def baseline(spec: RunSpec) -> PictureRecipe:
        task = load_task(spec.task)
        assert isinstance(task, PictureTask)
        return task.recipe(spec.settings)

    def draw(self) -> Tensor:
        """The indices of the step's pictures."""
        return self._order.draw()

    def state_dict(self) -> dict[str, Any]:
        return self._order.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._order.load_state_dict(state)
