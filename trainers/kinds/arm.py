"""What all trainers share: a trainer draws what the arms of a step have in common, an arm makes its step of it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.runs.spec import COMBINE, RunSpec, metrics_of
from tricks import catalogue
from tricks.declaration import Knobs, Value
from tricks.making import tell
from tricks.recipe import AnyMoment, AnyRecipe, Memory, Objective, Optimizer

M = TypeVar("M", bound=AnyMoment)
R = TypeVar("R", bound=AnyRecipe)


class Arm(ABC, Generic[R]):
    """One recipe being trained. `knobs` are the values in force; only the run changes them, between steps.

    A step is made here, once for all kinds: what a kind adds is what it minimizes (`make_step`) and what it shows
    (`look`). `generators` are those that a forward pass draws from.
    """

    recipe: R
    knobs: dict[str, Value]
    shown: Shown
    model: nn.Module
    generators: tuple[torch.Generator, ...] = ()
    step = 0

    def __init__(self, recipe: R, knobs: dict[str, Value], shown: Shown) -> None:
        self.recipe, self.knobs, self.shown = recipe, knobs, shown
        self.memory: Memory = {}

    def train(self, step: int, shared: Any) -> tuple[float, ...]:
        """Makes step `step` (from 1) and returns the learning rate applied and the trainer's `row_metrics`.

        The first metric is the loss that decides whether the arm goes on: when it is not finite, the weights are
        left as they were.
        """
        self.step = step
        lr = self.recipe.lr(step - 1, self.knobs)
        values = self.make_step(lr, shared)
        if self.recipe.after_step is not None and math.isfinite(values[0]):
            self.recipe.after_step(self.look(self.knobs))
        return lr, *values

    @abstractmethod
    def make_step(self, lr: float, shared: Any) -> tuple[float, ...]:
        """The kind's part of a step, its updates made by `update`: the `row_metrics`."""

    def update(
        self, model: nn.Module, optimizer: Optimizer, objective: Objective, lr: float, memory: Memory | None = None
    ) -> float:
        """One update of `model` by `objective()` at the rate `lr`, and its value; none where that is not finite.

        Forward and loss, backward, the recipe's `before_update`, optimizer. `memory` is the arm's own where none is
        given.
        """
        hook = self.recipe.before_update
        masks = [] if hook is None else [generator.get_state() for generator in self.generators]
        found = objective()
        value = found.item()
        if not math.isfinite(value):
            return value
        optimizer.zero_grad()
        self.backward(found)
        if hook is not None:
            hook(model, partial(self._afresh, objective, masks), self.memory if memory is None else memory, self.knobs)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        return value

    def backward(self, objective: Tensor) -> None:
        """Gives the parameters the gradients of `objective`."""
        objective.backward()  # type: ignore[no-untyped-call]

    def _afresh(self, objective: Objective, masks: list[Tensor]) -> Tensor:
        """The objective with the weights as they now are: the same masks, and what a forward pass notes is put back."""
        now = [generator.get_state() for generator in self.generators]
        modules = [module for network in self.networks() for module in network.modules()]
        noted = [(module, dict(vars(module)), dict(module._buffers)) for module in modules]
        for module in modules:
            for name, held in module._buffers.items():
                module._buffers[name] = None if held is None else held.clone()
        for generator, state in zip(self.generators, masks, strict=True):
            generator.set_state(state)
        try:
            return objective()
        finally:
            for module, attributes, buffers in noted:
                vars(module).clear()
                vars(module).update(attributes)
                module._buffers.update(buffers)
            for generator, state in zip(self.generators, now, strict=True):
                generator.set_state(state)

    def judged(self) -> nn.Module:
        """The network that answers the test set."""
        judge = self.recipe.judged
        return self.model if judge is None else judge(self.model, self.memory, self.knobs)

    def seen(self) -> dict[str, Value]:
        """The knobs in force, with those that the arm has not and its page's trick looks at."""
        return {**self.shown.knobs, **self.knobs}

    def moment(self, kind: type[M], knobs: Knobs, **own: Any) -> M:
        """The moment right after a step: what all kinds have of it, and what this one adds."""
        return kind(step=self.step, knobs=knobs, model=self.model, memory=self.memory, judge=self.judged, **own)

    @abstractmethod
    def look(self, knobs: Knobs) -> AnyMoment:
        """The moment right after the step just made."""

    @abstractmethod
    def evaluate(self) -> tuple[float, ...]:
        """The trainer's `test_metrics` of the arm as it stands; changes nothing that training depends on."""

    @abstractmethod
    def probe(self) -> dict[str, NDArray[np.float32]]:
        """Named arrays about the inside, right after a step; changes nothing that training depends on."""

    def networks(self) -> list[nn.Module]:
        """All that the arm trains."""
        return [value for value in vars(self).values() if isinstance(value, nn.Module)]

    @property
    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        return all(bool(torch.isfinite(value).all()) for network in self.networks() for value in network.parameters())

    def state_dict(self) -> dict[str, Any]:
        """Everything that training depends on, as tensors and plain values: a kind adds its own."""
        return {"step": self.step, "memory": self.memory}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.step, self.memory = state["step"], state["memory"]


@dataclass(frozen=True)
class Drawing:
    """What a kind draws of itself on every page: points at the probes `x`, `y`, colored by `group`, on a `field`.

    The square goes as far as the test set's coordinates, times `beyond`; a `centered` one as far as the largest of them
    on every side. Of `paths` all arms share one. `leads` says that it stands before the page's own panels.
    """

    id: str
    x: str
    y: str
    group: str
    field: str = ""
    beyond: float = 1.0
    centered: bool = False
    paths: bool = False
    leads: bool = True


class Trainer(ABC):
    """Builds the arms of a spec and draws what they share at each step.

    `row_metrics` name what each step gives, `test_metrics` what an evaluation gives. Of its kind it declares the name
    by which tasks and tricks ask for it, what is drawn of it, and whether its losses stand on a logarithmic axis.
    """

    kind: ClassVar[str]
    drawing: ClassVar[Drawing | None] = None
    has_log_loss: ClassVar[bool] = True
    row_metrics: tuple[str, ...]
    test_metrics: tuple[str, ...]
    steps_per_epoch: int
    arms: Sequence[Arm[Any]]

    @abstractmethod
    def __init__(self, spec: RunSpec) -> None: ...

    @staticmethod
    @abstractmethod
    def baseline(spec: RunSpec) -> AnyRecipe:
        """The recipe of an arm without tricks, as the spec's shared settings describe it."""

    def draw(self) -> Any:
        """What the arms of the next step share, such as the batch; here nothing."""
        return None

    def state_dict(self) -> dict[str, Any]:
        """The state of what is shared (not the arms'); here there is none."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        assert not state


def as_arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """What a probe found, as arrays of its own."""
    return {name: tensor.detach().to(torch.float32).numpy().copy() for name, tensor in tensors.items()}


def recipes(spec: RunSpec, plain: R) -> Iterator[tuple[R, dict[str, Any]]]:
    """Each arm's recipe, `plain` changed by the arm's tricks in turn, and the values in force at its start."""
    for number, arm in enumerate(spec.arms):
        tell("arms", number / len(spec.arms))
        recipe = plain
        for name in arm.tricks:
            recipe = catalogue.load(name).apply(recipe)
        yield recipe, {**spec.context, **arm.knobs}


class Shown:
    """What is looked at in a run's arms: its page's trick says so, for every arm alike.

    `probe` and `measure` are the trick's (None: nothing), `metrics` all the test metrics, `knobs` what an arm without
    the trick is looked at with: neutral values, or the default of a knob that then changes nothing.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.metrics = metrics_of(spec)
        self.probe: Callable[[Any], dict[str, Tensor]] | None = None
        self.measure: Callable[[Any], dict[str, float]] | None = None
        self.knobs: dict[str, Value] = {}
        if spec.trick != COMBINE:
            trick = catalogue.load(spec.trick)
            self.probe, self.measure = trick.probe, trick.measure
            for name, knob in trick.knobs_for(spec.context).items():
                self.knobs[name] = knob.default if knob.neutral is None else knob.neutral
