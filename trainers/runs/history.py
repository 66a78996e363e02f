"""What happened in a run: append-only columns per arm, test measurements, probes, events and failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trainers.runs.spec import Event, RunSpec
from tricks.declaration import Value

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Probe:
    """Named arrays about the inside of one arm right after step `step`."""

    step: int
    arm: int
    arrays: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Failure:
    """An arm ended at `step`: its loss, or one of its parameters after it, was `value`, which is not finite.

    `knobs` were in force; the step's row is the arm's last.
    """

    step: int
    arm: int
    value: float
    knobs: Mapping[str, Value]


@dataclass(frozen=True)
class Progress:
    """What one `Run.advance` did.

    `rows` has, per arm, columns of equal length for the steps from `first` on: `lr`, `elapsed_s` (the arm's compute
    seconds so far), and the trainer's step metrics; an arm that ended has fewer, or none. `tests` has, per arm, the
    column `step` and one column per test metric. `step` is the run's last step, `finished` that there is no more.
    """

    first: int
    step: int
    rows: tuple[Mapping[str, Column], ...]
    tests: tuple[Mapping[str, Column], ...]
    probes: tuple[Probe, ...] = ()
    events: tuple[Event, ...] = ()
    failures: tuple[Failure, ...] = ()
    finished: bool = False


class Table(Mapping[str, Column]):
    """Columns of equal length as one `array` (length, columns), which goes to another process in one piece."""

    def __init__(self, names: tuple[str, ...], array: NDArray[np.float64]) -> None:
        self.names, self.array = names, array

    def __getitem__(self, name: str) -> Column:
        if name not in self.names:
            raise KeyError(name)
        return self.array[:, self.names.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class _Columns:
    """Columns of equal length that grow at the end."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.length = 0
        self._data = np.empty((len(names), 256))

    def extend(self, columns: Mapping[str, Column], kept: slice | NDArray[np.bool_]) -> None:
        """Adds those rows of the columns that are `kept`."""
        if isinstance(columns, Table) and columns.names == self.names:
            added = columns.array[kept].T
        else:
            added = np.stack([columns[name][kept] for name in self.names])
        end = self.length + added.shape[1]
        if end > self._data.shape[1]:
            grown = np.empty((len(self.names), max(end, 2 * self._data.shape[1])))
            grown[:, : self.length] = self._data[:, : self.length]
            self._data = grown
        self._data[:, self.length : end] = added
        self.length = end

    def __getitem__(self, name: str) -> Column:
        return self._data[self.names.index(name), : self.length]


@dataclass
class History:
    """A run's record. Step n's row is at index n − 1 of an arm's columns; nothing already there ever changes.

    `row_names` and `test_names` are the columns every arm has (`lr` and `elapsed_s` come first in `row_names`,
    `step` first in `test_names`); `steps_per_epoch` turns steps into epochs. `processors` are those of the
    workers that made it; none are told of a run that this process makes itself.
    """

    spec: RunSpec
    row_names: tuple[str, ...]
    test_names: tuple[str, ...]
    steps_per_epoch: int
    step: int = 0
    finished: bool = False
    processors: tuple[str, ...] = ()
    probes: list[Probe] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = [_Columns(self.row_names) for _ in self.spec.arms]
        self._tests = [_Columns(self.test_names) for _ in self.spec.arms]

    def until(self, step: int, spec: RunSpec | None = None) -> History:
        """The history as it was after that step, or as that of the same run extended, which is `spec`."""
        found = History(spec or self.spec, self.row_names, self.test_names, self.steps_per_epoch)
        found.processors = self.processors
        ended, every = self.spec.steps, int(self.spec.settings["eval_every"])
        is_again = found.spec.steps != ended > self.spec.planned_steps and ended % every  # extended once more
        rows, tests = [], []
        for arm in range(len(self.spec.arms)):
            rows.append({name: self.row(arm, name)[:step] for name in self.row_names})
            at = self.test(arm, "step")
            is_measured = (at <= step) & ((at != ended) if is_again else True)
            tests.append({name: self.test(arm, name)[is_measured] for name in self.test_names})
        found.append(
            Progress(
                1,
                step,
                tuple(rows),
                tuple(tests),
                probes=tuple(probe for probe in self.probes if probe.step <= step),
                events=tuple(event for event in self.events if event.step <= step),
                failures=tuple(failure for failure in self.failures if failure.step <= step),
            )
        )
        return found

    @property
    def leading(self) -> str:
        """The column that stands for all where there is room for one."""
        return "train_loss" if "train_loss" in self.row_names else self.row_names[-1]

    def append(self, progress: Progress) -> None:
        """Adds what is new in `progress`; what is already held (after a restored run's replay) is skipped."""
        held = self.step
        for arm, columns in enumerate(self._rows):
            skip = max(0, columns.length - (progress.first - 1))
            columns.extend(progress.rows[arm], slice(skip, None))
        for arm, columns in enumerate(self._tests):
            new = progress.tests[arm]["step"] > (columns["step"][-1] if columns.length else 0)
            columns.extend(progress.tests[arm], new)
        self.probes += [probe for probe in progress.probes if probe.step > held]
        self.events += [event for event in progress.events if event.step > held]
        self.failures += [failure for failure in progress.failures if failure.step > held]
        self.step = max(held, progress.step)
        self.finished = self.finished or progress.finished

    def frozen(self) -> History:
        """The history as it is now, to be read in another thread while this one grows; the numbers are shared."""
        twin = copy(self)
        twin.probes, twin.events, twin.failures = list(self.probes), list(self.events), list(self.failures)
        twin._rows, twin._tests = [copy(columns) for columns in self._rows], [copy(columns) for columns in self._tests]
        return twin

    def length(self, arm: int) -> int:
        """The number of steps the arm has made."""
        return self._rows[arm].length

    def row(self, arm: int, name: str) -> Column:
        """A column of the arm's steps (length,), a view."""
        return self._rows[arm][name]

    def test(self, arm: int, name: str) -> Column:
        """A column of the arm's test measurements, `step` among them, a view."""
        return self._tests[arm][name]

    def knobs_at(self, arm: int, step: int) -> dict[str, Value]:
        """The arm's knobs in force at `step`, its live settings not among them."""
        knobs = dict(self.spec.arms[arm].knobs)
        for event in self.events:
            if event.step <= step and event.arm == arm:
                knobs[event.name] = event.value
        return knobs
