"""The trainer of linear regressions: every step goes by the squared error on all examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.arm import Arm, Drawing, Shown, Trainer, as_arrays, recipes
from trainers.parts.baseline import descent
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import Task, load_task
from trainers.tasks.sparse_regression import RegressionData, score_support
from tricks.declaration import Knobs
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


class RegressionArm(Arm[DescentRecipe]):
    """Weights, all 0 at the start, being fitted by one recipe."""

    def __init__(
        self, recipe: DescentRecipe, knobs: dict[str, Any], data: RegressionData, task: Task, shown: Shown
    ) -> None:
        super().__init__(recipe, knobs, shown)
        self.data, self.task = data, task
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator, which is not ours
            self.model: nn.Linear = nn.Linear(len(data.truth), 1, bias=False)
        nn.init.zeros_(self.model.weight)
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)
        relevant = data.truth != 0
        self._true, self._places = data.truth[relevant].numpy(), places(relevant)

    def make_step(self, lr: float, shared: None) -> tuple[float, ...]:
        def objective() -> Tensor:
            return F.mse_loss(self.model(self.data.train.inputs)[:, 0], self.data.answers)

        value = self.update(self.model, self.optimizer, objective, lr)
        return value, value

    @torch.no_grad()
    def evaluate(self) -> tuple[float, ...]:
        judged = self.judged()
        assert isinstance(judged, nn.Linear)
        measured = self.task.score(judged(self.data.inputs)[:, 0], self.data.test_answers)
        measured |= score_support(judged.weight[0], self.data.truth)
        if self.shown.measure is not None:
            measured |= self.shown.measure(replace(self.look(self.seen()), model=judged))
        return tuple(measured[name] for name in self.shown.metrics)

    def look(self, knobs: Knobs) -> DescentMoment:
        return self.moment(DescentMoment, knobs)

    def probe(self) -> dict[str, NDArray[np.float32]]:
        weights = self.model.weight.detach()[0].numpy()
        arrays = {**self._places, "weight_value": np.concatenate([weights, self._true])}
        if self.shown.probe is not None:
            arrays |= as_arrays(self.shown.probe(self.look(self.seen())))
        return arrays

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


class RegressionTrainer(Trainer):
    """Regressions side by side, on the same examples."""

    kind = "regression"
    drawing = Drawing("weights", "weight_input", "weight_value", "weight_kind")
    has_log_loss = False  # the error goes to zero itself, which has no logarithm
    row_metrics = ("train_loss", "objective")
    steps_per_epoch = 1

    def __init__(self, spec: RunSpec) -> None:
        task = load_task(spec.task)
        data = task.make(spec.settings, generator(spec.seed, "data"))
        assert isinstance(data, RegressionData)
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms = [
            RegressionArm(recipe, knobs, data, task, shown) for recipe, knobs in recipes(spec, self.baseline(spec))
        ]

    @staticmethod
    def baseline(spec: RunSpec) -> DescentRecipe:
        return descent(spec.settings)
