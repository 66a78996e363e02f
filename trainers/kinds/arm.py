"""What all trainers share: a trainer draws what the arms of a step have in common, an arm makes its step of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.runs.spec import COMBINE, RunSpec, metrics_of
from tricks import catalogue
from tricks.recipe import Value

R = TypeVar("R")


class Arm(ABC):
    """One recipe being trained. `knobs` are the values in force; only the run changes them, between steps."""

    knobs: dict[str, Value]

    @abstractmethod
    def train(self, step: int, shared: Any) -> tuple[float, ...]:
        """Makes step `step` (from 1) and returns the learning rate applied and the trainer's `row_metrics`.

        The first metric is the loss that decides whether the arm goes on: when it is not finite, the weights are
        left as they were.
        """

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

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Everything that training depends on, as tensors and plain values."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""


class Trainer(ABC):
    """Builds the arms of a spec and draws what they share at each step.

    `row_metrics` name what each step gives, `test_metrics` what an evaluation gives.
    """

    row_metrics: tuple[str, ...]
    test_metrics: tuple[str, ...]
    steps_per_epoch: int
    arms: Sequence[Arm]

    @abstractmethod
    def __init__(self, spec: RunSpec) -> None: ...

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
    for arm in spec.arms:
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
