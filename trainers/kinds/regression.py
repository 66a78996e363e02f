"""The trainer of linear regressions: every step goes by the squared error on all examples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.arm import Arm, Shown, Trainer, as_arrays, recipes
from trainers.parts.baseline import descent
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import Task, load_task
from trainers.tasks.sparse_regression import RegressionData, score_support
from tricks.recipe import DescentMoment, DescentRecipe


def places(relevant: Tensor) -> dict[str, NDArray[np.float32]]:
    """Where a picture has the points of weights: all those fitted, then the true ones.

    `relevant` (D,) says which inputs count. `weight_input` is the number of the input; `weight_kind` is 0 for an input
    that does not count, 1 for one that does, 2 for a true weight.
    """
    true = relevant.nonzero()[:, 0]
    inputs = torch.cat([torch.arange(len(relevant)), true])
    kinds = torch.cat([relevant.long(), torch.full((len(true),), 2)])
    return {name: of.to(torch.float32).numpy() for name, of in (("weight_input", inputs), ("weight_kind", kinds))}


class RegressionArm(Arm):
    """Weights, all 0 at the start, being fitted by one recipe."""

    def __init__(
        self, recipe: DescentRecipe, knobs: dict[str, Any], data: RegressionData, task: Task, shown: Shown
    ) -> None:
        self.recipe, self.knobs, self.data, self.task, self._shown = recipe, knobs, data, task, shown
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator, which is not ours
            self.model = nn.Linear(len(data.truth), 1, bias=False)
        nn.init.zeros_(self.model.weight)
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)
        relevant = data.truth != 0
        self._true, self._places = data.truth[relevant].numpy(), places(relevant)
        self._step = 0

    def train(self, step: int, shared: None) -> tuple[float, ...]:
        lr = self.recipe.lr(step - 1, self.knobs)
        objective = F.mse_loss(self.model(self.data.train.inputs)[:, 0], self.data.answers)
        value = objective.item()
        self._step = step
        if not math.isfinite(value):
            return lr, value, value
        self.optimizer.zero_grad()
        objective.backward()  # type: ignore[no-untyped-call]
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        return lr, value, value

    @torch.no_grad()
    def evaluate(self) -> tuple[float, ...]:
        measured = self.task.score(self.model(self.data.inputs)[:, 0], self.data.test_answers)
        measured |= score_support(self.model.weight[0], self.data.truth)
        if self._shown.measure is not None:
            measured |= self._shown.measure(self._moment())
        return tuple(measured[name] for name in self._shown.metrics)

    def _moment(self) -> DescentMoment:
        return DescentMoment(self._step, {**self._shown.knobs, **self.knobs}, self.model)

    def probe(self) -> dict[str, NDArray[np.float32]]:
        weights = self.model.weight.detach()[0].numpy()
        arrays = {**self._places, "weight_value": np.concatenate([weights, self._true])}
        if self._shown.probe is not None:
            arrays |= as_arrays(self._shown.probe(self._moment()))
        return arrays

    def state_dict(self) -> dict[str, Any]:
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


class RegressionTrainer(Trainer):
    """Regressions side by side, on the same examples."""

    row_metrics = ("train_loss", "objective")
    steps_per_epoch = 1

    def __init__(self, spec: RunSpec) -> None:
        task = load_task(spec.task)
        data = task.make(spec.settings, generator(spec.seed, "data"))
        assert isinstance(data, RegressionData)
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms = [
            RegressionArm(recipe, knobs, data, task, shown) for recipe, knobs in recipes(spec, descent(spec.settings))
        ]
