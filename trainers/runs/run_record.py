"""A run's history as the rules of remarks look at it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trainers.runs.arm_names import symbol_text, value_text
from trainers.runs.history import Column, History
from trainers.runs.settings import SETTINGS
from tricks import catalogue
from tricks.declaration import Value

RECENT = 50  # steps whose mean stands for the training loss now
FIRST = 20  # steps whose mean stands for the training loss at the start
NATS = "nats"  # the unit of the losses


class ArmRecord:
    """What the rules look at in one arm: its finite training losses, and its measurements."""

    def __init__(self, history: History, number: int) -> None:
        spec = history.spec.arms[number]
        self.number, self.name, self.tricks = number, spec.name, spec.tricks
        self.changes = {field for name in spec.tricks for field in catalogue.load(name).wraps}
        self.lr = history.row(number, "lr")
        self.turns = [event for event in history.events if event.arm in (None, number)]
        self.tests = {name: history.test(number, name) for name in history.test_names}
        self.at = self.tests["step"].astype(np.intp)
        train = history.row(number, "train_loss") if "train_loss" in history.row_names else np.empty(0)
        if len(train) and not math.isfinite(train[-1]):
            train = train[:-1]
        self.train = np.clip(train, -1e6, 1e6)  # a loss beyond leaves nothing of the others in their sum
        self._sums = np.concatenate(([0.0], np.cumsum(self.train)))
        self.recent = self.mean(self.at - RECENT, self.at)
        self.begun = float(self.mean(np.array([0]), np.array([FIRST]))[0])

    def mean(self, low: NDArray[np.intp], high: NDArray[np.intp]) -> Column:
        """The mean training losses of the steps after `low` and up to `high`; NaN where not all are there."""
        there = (low >= 0) & (high <= len(self.train))
        low, high = np.where(there, low, 0), np.where(there, high, 0)
        means: Column = np.where(there, (self._sums[high] - self._sums[low]) / (high - low), np.nan)
        return means

    def in_force(self, name: str, value: Value) -> Column:
        """A number's values by step, that of step 0 the one at the start."""
        values = np.full(len(self.train) + 1, float(value))
        for event in self.turns:
            if event.name == name:
                values[event.step :] = float(event.value)
        return values


class RunRecord:
    """A history as the rules look at it."""

    def __init__(self, history: History) -> None:
        self.history, self.spec = history, history.spec
        self.arms = [ArmRecord(history, number) for number in range(len(self.spec.arms))]

    @property
    def pairs(self) -> list[tuple[ArmRecord, ArmRecord]]:
        """Each arm that has a trick, with the baseline."""
        plain = next((arm for arm in self.arms if not arm.tricks), None)
        return [] if plain is None else [(arm, plain) for arm in self.arms if arm.tricks]

    def levels(self, arm: ArmRecord) -> dict[str, Column]:
        """The values by step of the knobs that set a level for the training loss: those in its own unit."""
        knobs, start = self.spec.knobs_of(arm.number), self.spec.arms[arm.number].knobs
        return {name: arm.in_force(name, start[name]) for name, knob in knobs.items() if knob.unit == NATS}

    def knobs_text(self, arm: ArmRecord, knobs: Mapping[str, Value]) -> str:
        """`γ 2, η 0.1`: values by symbol."""
        declared = {knob.name: knob for knob in SETTINGS} | self.spec.knobs_of(arm.number)
        parts = []
        for name, value in knobs.items():
            symbol = symbol_text(declared[name].symbol if name in declared else "") or name.replace("_", " ")
            parts.append(f"{symbol} {value_text(name, value, {})}")
        return ", ".join(parts)


def first_of(holds: NDArray[np.bool_]) -> int | None:
    """The index of the first measurement at which `holds`."""
    return int(holds.argmax()) if holds.any() else None
