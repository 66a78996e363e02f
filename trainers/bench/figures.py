"""A measured number with the bar it must keep, which depends on how fast the machine is, and how much is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

FAST, SLOW = 2500.0, 1800.0
"""Steps a second of the bare loop of one network on a fast and on a slow machine; bars lie between those of both."""


@dataclass(frozen=True)
class Effort:
    """How much is measured, and on how fast a machine: `speed` are the steps a second of the bare loop.

    What is compared is measured in `pairs` of windows in turn, of `seconds` each; what takes a tenth of a second in
    pairs of `blocks`. `turns` are of a knob, `starts` of the app, `runs` and `more_runs` train at the same time.
    """

    speed: float = FAST
    pairs: int = 5
    blocks: int = 30
    seconds: float = 4.0
    turns: int = 20
    starts: int = 3
    viewers: int = 300
    runs: int = 30
    more_runs: int = 60
    steps: int = 1_000_000  # of a long history

    def bar(self, fast: float, slow: float) -> float:
        """What is asked of a machine as fast as this one, of what is asked of a `fast` and of a `slow` one."""
        share = min(1.0, max(0.0, (FAST - self.speed) / (FAST - SLOW)))
        return fast + share * (slow - fast)


QUICK = Effort(blocks=6, seconds=1.0, turns=5, starts=1, viewers=50, runs=8, more_runs=16, steps=100_000)


@dataclass(frozen=True)
class Figure:
    """A measured number, in `unit`; it is as it should be when it is at least `at_least` or at most `at_most`.

    `spread` are the lowest and the highest of those of which it is the median.
    """

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    spread: tuple[float, float] | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, values: Sequence[float], unit: str = "", **more: Any) -> Figure:
        """The median of `values`, with their spread."""
        return cls(name, median(values), unit, spread=(min(values), max(values)), **more)

    @property
    def is_met(self) -> bool:
        low = -math.inf if self.at_least is None else self.at_least
        return low <= self.value <= (math.inf if self.at_most is None else self.at_most)

    def __str__(self) -> str:
        goals = {"at least": self.at_least, "at most": self.at_most}
        goal = " and ".join(f"{what} {value:.3g}" for what, value in goals.items() if value is not None)
        verdict = f"  ({goal}: {'met' if self.is_met else 'missed'})" if goal else ""
        spread = f"  {self.spread[0]:.3g} to {self.spread[1]:.3g}" if self.spread else ""
        return f"{self.name:<64} {self.value:>9.3g} {self.unit:<5}{spread}{verdict}"
