"""The trainer of a single point on a landscape: every step goes by the slope at the point, exact or with noise."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.kinds.arm import Arm, Drawing, Shown, Trainer, as_arrays, recipes
from trainers.parts.baseline import descent
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from trainers.tasks.landscape import height, picture
from tricks.declaration import Knobs
from tricks.recipe import DescentMoment, DescentRecipe

LONGEST = 400  # points of the path in a picture
ARROW = 0.5  # the length of an arrow
GOAL = 1e-4  # of the height at the start: where the steps to the goal are counted to


class Place(nn.Module):
    """A point of the plane as a parameter; it knows the second derivatives of the height there."""

    def __init__(self, start: Tensor, knobs: Knobs) -> None:
        super().__init__()
        self.point = nn.Parameter(start.clone())
        self._knobs = knobs
        self.point.hessian = self.hessian  # type: ignore[attr-defined]

    def forward(self) -> Tensor:
        """The height (scalar)."""
        return height(self.point, self._knobs)

    def hessian(self) -> Tensor:
        """The second derivatives (2, 2) of the height."""
        with torch.enable_grad():
            found: Tensor = torch.autograd.functional.hessian(  # type: ignore[no-untyped-call]
                lambda point: height(point, self._knobs), self.point.detach()
            )
        return found


class LandscapeArm(Arm[DescentRecipe]):
    """A point that goes downhill by one recipe."""

    def __init__(self, recipe: DescentRecipe, knobs: dict[str, Any], start: Tensor, shown: Shown) -> None:
        super().__init__(recipe, knobs, shown)
        self.model: Place = Place(start, knobs)
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)
        self._noise = generator(int(knobs["seed"]), "noise")
        self._path = array("d", start.tolist())  # x and y of each place, in turn
        self._goal = GOAL * self.model().item()
        self._reached = 0  # the step at which the goal was first reached
        self._slope = np.zeros(2)  # where the last step began
        self._field = picture(knobs).to(torch.float32).numpy()

    def make_step(self, lr: float, shared: None) -> tuple[float, ...]:
        value = self.update(self.model, self.optimizer, self.model, lr)
        self._note(value, self.step - 1)
        if math.isfinite(value):
            self._path.extend(self.model.point.tolist())
        return value, value

    def backward(self, objective: Tensor) -> None:
        """Notes the slope, and adds to it the noise that the settings ask for."""
        super().backward(objective)
        point = self.model.point
        assert point.grad is not None
        self._slope = point.grad.numpy().copy()
        noise = torch.randn(2, generator=self._noise, dtype=point.dtype)
        point.grad.add_(noise, alpha=float(self.knobs["gradient_noise"]))

    @property
    def is_finite(self) -> bool:
        """Whether the point is: asked at each step, where a search of all parameters would cost a tenth of it."""
        return all(map(math.isfinite, self._path[-2:]))

    def _note(self, value: float, step: int) -> None:
        """Notes whether the height after `step` is the first to be at the goal."""
        if value <= self._goal and not self._reached:
            self._reached = step

    @torch.no_grad()
    def evaluate(self) -> tuple[float, ...]:
        value = self.judged()().item()
        self._note(value, self.step)
        measured = {"test_height": value, "test_goal_step": float(self._reached or self.step)}
        return tuple(measured[name] for name in self.shown.metrics)

    def look(self, knobs: Knobs) -> DescentMoment:
        return self.moment(DescentMoment, knobs)

    def probe(self) -> dict[str, NDArray[np.float32]]:
        arrays = self._path_and_arrows() | {"height_field": self._field}
        if self.shown.probe is not None:
            arrays |= as_arrays(self.shown.probe(self.look(self.seen())))
        return arrays

    @np.errstate(over="ignore", invalid="ignore")  # a point may be on its way to infinity
    def _path_and_arrows(self) -> dict[str, NDArray[np.float32]]:
        """The path so far (kind 0), and arrows of the last step from its end.

        One shows which way was straight downhill where the step began (kind 1), one which way the step went (2).
        """
        places = self._places()
        end, before = places[-1], places[-2]
        tips = [end + ARROW * _unit(way) for way in (-self._slope, end - before)]
        points = np.vstack([places[:: math.ceil(len(places) / LONGEST)], end, end, tips[0], end, tips[1]])
        kinds = np.zeros(len(points), dtype=np.float32)
        kinds[-4:] = 1, 1, 2, 2
        x, y = points.T.astype(np.float32)
        return {"path_x": x, "path_y": y, "path_kind": kinds}

    def _places(self) -> NDArray[np.float64]:
        """Where the point has been (step + 1, 2)."""
        return np.array(self._path).reshape(-1, 2)

    def state_dict(self) -> dict[str, Any]:
        gradient = self.model.point.grad
        return {
            **super().state_dict(),
            "model": self.model.state_dict(),
            "gradient": None if gradient is None else gradient.clone(),
            "optimizer": self.optimizer.state_dict(),
            "noise": self._noise.get_state(),
            "path": torch.from_numpy(self._places()),
            "reached": self._reached,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.model.load_state_dict(state["model"])
        self.model.point.grad = state["gradient"]
        self.optimizer.load_state_dict(state["optimizer"])
        self._noise.set_state(state["noise"])
        self._path, self._reached = array("d", state["path"].flatten().tolist()), state["reached"]


def _unit(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    return direction / (math.hypot(*direction) or 1.0)


class LandscapeTrainer(Trainer):
    """Points side by side, from the same start and with the same noise."""

    kind = "landscape"
    drawing = Drawing("paths", "path_x", "path_y", "path_kind", field="height_field", paths=True)
    row_metrics = ("train_loss", "objective")
    steps_per_epoch = 1

    def __init__(self, spec: RunSpec) -> None:
        data = load_task(spec.task).make(spec.settings, generator(spec.seed, "data"))
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms = [
            LandscapeArm(recipe, knobs, data.train.inputs[0], shown)
            for recipe, knobs in recipes(spec, self.baseline(spec))
        ]

    @staticmethod
    def baseline(spec: RunSpec) -> DescentRecipe:
        return descent(spec.settings)
