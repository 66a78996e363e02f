"""Statements: what an article says of runs, as data, with the rows of the runs that it was measured on.

`assets/evidence/statements/<trick>.toml` declares experiments, what is trained on `SEEDS`, and statements, each a
quantity of an experiment with the bounds that it must keep; `<trick>.csv` beside it holds the rows. An article names a
statement where it would write a number, `{name}` or `{name.part}` (see `Measured.write`), and `fill` puts in what was
measured; `{name.holds}` writes nothing, of a sentence without a number.

An experiment is the trick's run as its page has it, or:

- `task`, `steps`, `values` (settings and knobs by name), `arms` (a table of knobs for each further arm),
- `turns`: tables of `step`, `name`, `value` and `arm` (that of the trick): what is turned on the way,
- `at`: the steps that are kept besides the last one.

A statement has:

- `of`: an experiment, or a study of the recorded evidence by its id (`flooding-spirals`, with its own seeds),
- `metric`: a test metric, a number of the step (`train_loss`, `elapsed_s`), or `diverged` (1 where the arm did, or 0),
- `arm`, by its name in files; `against`: the arm that it is compared with; `step`: one of those kept (the last);
  `since`: an earlier one, with which that step is compared; `ratio = true`: divided instead of subtracted,
- `least`, `most`: the bounds that the value of a seed must keep, on at least `on` of the seeds (all, if not said),
- `mean`: the two bounds of the mean,
- `told`: what matched pairs say of a difference, `more`, `less` or `same` (it cannot be told from noise),
- `unit`: `points` (hundredths, for shares) or `percent`; `digits`: how many decimals are written.

A statement needs a bound: a number alone says nothing that could be wrong.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.evidence import declarations
from trainers.evidence.declarations import (
    SEEDS,
    UNITS,
    Declared,
    Experiment,
    Statement,
    StatementError,
    declared,
)
from trainers.evidence.recorded import read_recorded
from trainers.evidence.replicates import ArmResult, SeedResult
from trainers.evidence.statistics import paired, verdicts
from trainers.runs.export import cell
from trainers.runs.labels import shorten
from trainers.runs.spec import RunSpec
from tricks import catalogue

DIVERGED, SECONDS = "diverged", "elapsed_s"
PLACE = re.compile(r"(?P<before>\s?)\{(?P<name>[a-z][a-z0-9_]*)(?:\.(?P<part>[a-z]+))?\}")
HOLDS = "holds"  # the part of a statement of which a sentence writes no number
NEEDED = ("experiment", "seed", "arm", "step", "declared")
_OWN = (*NEEDED[:4], DIVERGED, "declared", "processor", "torch")

Row = dict[str, str]


@dataclass(frozen=True)
class Measured:
    """A statement's values (N,), one a seed, and those of both sides it compares; NaN where there is none."""

    statement: Statement
    values: NDArray[np.float64]
    ours: NDArray[np.float64]
    theirs: NDArray[np.float64]

    @property
    def kept(self) -> int:
        """On how many seeds the bounds hold."""
        low = -math.inf if self.statement.least is None else self.statement.least
        high = math.inf if self.statement.most is None else self.statement.most
        return int(((self.values >= low) & (self.values <= high)).sum())

    @property
    def broken(self) -> str:
        """What of the statement does not hold; empty if all does."""
        said, count = self.statement, len(self.values)
        asked = count if said.on is None else said.on
        if (said.least is not None or said.most is not None) and self.kept < asked:
            return f"holds on {self.kept} of {count} seeds, must on {asked}: {self._listed()}"
        if said.mean is not None and not said.mean[0] <= self._mean() <= said.mean[1]:
            return f"has a mean of {self._mean():.4g}, must be {said.mean[0]:g} to {said.mean[1]:g}"
        if said.told and said.told != self._pairs().told:
            return f"is told as {self._pairs().told}, must be {said.told}: {self._listed()}"
        return ""

    def _listed(self) -> str:
        return ", ".join(f"{value:.4g}" for value in self.values)

    def _mean(self) -> float:
        known = self.values[np.isfinite(self.values)]
        return float(known.mean()) if len(known) else math.nan

    def _pairs(self) -> _Pairs:
        compared = paired(self.values, "lower")
        ((_, verdict),) = verdicts({"": compared}).items()
        told = "same" if not verdict.claimed else "more" if compared.mean > 0 else "less"
        return _Pairs(told, compared.low, compared.high)

    def write(self, part: str = "") -> str:
        """The number that stands for `{name.part}`.

        Without a part it is the mean; of a difference its size, since the sentence says which way. `of` and `against`
        are the means of both sides over the seeds on which they can be compared, `least` and `most` the smallest and
        the largest value of a seed, `low` and `high` the ends of the 95 % interval, `seeds` the number of seeds on
        which the bounds hold.

        Raises:
            StatementError: there is no such part.
        """
        turned = -1.0 if self.statement.compares and self._mean() < 0 else 1.0
        both = np.isfinite(self.values) if self.statement.compares else np.ones(len(self.values), dtype=bool)
        known = turned * self.values[np.isfinite(self.values)]
        parts: dict[str, Callable[[], float]] = {
            "": lambda: float(known.mean()),
            "of": lambda: float(np.nanmean(self.ours[both])),
            "against": lambda: float(np.nanmean(self.theirs[both])),
            "least": lambda: float(known.min()),
            "most": lambda: float(known.max()),
            "low": lambda: min(turned * self._pairs().low, turned * self._pairs().high),
            "high": lambda: max(turned * self._pairs().low, turned * self._pairs().high),
        }
        if part == "seeds":
            return str(self.kept)
        if part not in parts:
            raise StatementError(f"{self.statement.name} has no {part}, only {', '.join(filter(None, parts))}, seeds")
        factor, digits = UNITS[self.statement.unit]
        digits = digits if self.statement.digits is None else self.statement.digits
        return f"{factor * parts[part]():.{digits}f}".replace("-", "−")


@dataclass(frozen=True)
class _Pairs:
    told: str
    low: float
    high: float


def rows_of(experiment: Experiment, results: Iterable[SeedResult], made: Mapping[str, Any]) -> list[Row]:
    """The rows of an experiment, by seed, arm and step.

    Raises:
        StatementError: a seed could not be run.
    """
    rows: list[Row] = []
    for result in sorted(results, key=lambda result: result.seed):
        if not result.arms:
            raise StatementError(f"seed {result.seed} could not be run: {result.error}")
        for arm in result.arms:
            own = {"experiment": experiment.name, "seed": str(result.seed), "arm": arm.name}
            about = {"declared": experiment.digest, "processor": str(made["processor"]), "torch": str(made["torch"])}
            for step in (*experiment.at, None):
                numbers = {**arm.row, **arm.tests} if step is None else _numbers_at(arm, step)
                kept = {name: cell(value) for name, value in numbers.items()}
                told = {"step": str(step or arm.step), DIVERGED: str(int(arm.diverged))}
                rows.append({**own, **told, **about, **kept})
    return rows


def _numbers_at(arm: ArmResult, step: int) -> dict[str, float]:
    found = {name: curve.values[curve.steps == step] for name, curve in arm.curves.items()}
    return {name: float(values[0]) for name, values in found.items() if len(values)}


def rows_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV, the columns that all have first."""
    columns = list(dict.fromkeys([*_OWN, *(name for row in rows for name in row)]))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def place_of(trick: str) -> Path:
    """Where the rows of a trick's experiments are kept."""
    return declarations.FOLDER / f"{trick}.csv"


def recorded(trick: str) -> list[Row]:
    """The rows kept of a trick's experiments."""
    path = place_of(trick)
    if not path.exists():
        return []
    rows = read_rows(path)
    for row in rows:
        for name in ("seed", "step"):
            if not re.fullmatch(r"[0-9]{1,18}", row[name]):
                raise StatementError(f"{path.name}: {name} must be a whole number, got {shorten(row[name])!r}")
    return rows


def read_rows(path: Path) -> list[Row]:
    """The rows of a file that `rows_csv` wrote.

    Raises:
        StatementError: it holds something else.
    """
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise StatementError(f"{path.name} must be rows that were recorded: {error}") from None
    except OSError as error:
        raise StatementError(f"{path.name} cannot be read: {error.strerror}") from None
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise StatementError(f"{path.name} must be rows that were recorded: it has no column {missing[0]}")
    if any(None in row or None in row.values() for row in rows):
        raise StatementError(f"{path.name} must be rows that were recorded: one has more or fewer cells than the first")
    return rows


@cache
def _evidence() -> list[dict[str, Any]]:
    """The rows of the recorded evidence as those of statements, by the id of their study."""
    return [{**row, "experiment": row["run_id"]} for row in read_recorded()[1]]


def measure(said: Statement, rows: Sequence[Row], experiments: Mapping[str, Experiment]) -> Measured:
    """What the rows say of a statement; `rows` are those of its trick's experiments.

    Raises:
        StatementError: nothing is recorded of it.
    """
    experiment = experiments.get(said.of)
    own = rows if experiment is not None else _evidence()
    found = [row for row in own if row["experiment"] == said.of]
    if not found:
        raise StatementError(f"{said.name}: nothing is recorded of {said.of}")
    last = experiment.spec.steps if experiment is not None else None
    seeds = sorted({int(row["seed"]) for row in found})

    def side(arm: str, step: int | None) -> NDArray[np.float64]:
        table = {int(row["seed"]): row for row in found if row["arm"] == arm and _is_at(row, step, experiment)}
        if not table:
            raise StatementError(f"{said.name}: nothing is recorded of arm {arm} of {said.of}")
        return np.array([_number(table.get(seed), said.metric, step or last) for seed in seeds])

    ours = side(said.arm, said.step)
    if said.since is not None:
        theirs = side(said.arm, said.since)
    elif said.against:
        theirs = side(said.against, said.step)
    else:
        return Measured(said, ours, ours, np.full(len(ours), math.nan))
    return Measured(said, ours / theirs if said.ratio else ours - theirs, ours, theirs)


def _is_at(row: Mapping[str, Any], step: int | None, experiment: Experiment | None) -> bool:
    if experiment is None:
        return True
    here = int(row["step"])
    return here == step if step is not None else here not in experiment.at


def _number(row: Mapping[str, Any] | None, metric: str, last: int | None) -> float:
    if row is None:
        return math.nan
    if metric == DIVERGED and DIVERGED not in row:
        return float(last is not None and int(row["step"]) < last)
    if metric not in row:
        raise StatementError(f"there is no {metric}, only {', '.join(name for name in row if name not in _OWN)}")
    text = row[metric]
    try:
        return math.nan if text in ("", None) else float(text)
    except ValueError as error:
        raise StatementError(f"{metric} must be a number: {error}") from None


def measured(trick: str) -> dict[str, Measured]:
    """All statements of a trick's article, by name."""
    told = declared(trick)
    rows = recorded(trick)
    return {name: measure(said, rows, told.experiments) for name, said in told.statements.items()}


def fill(text: str, found: Mapping[str, Measured], where: str) -> str:
    """`text` with the numbers in place of the names.

    Raises:
        StatementError: it names what is not declared.
    """

    def number(place: re.Match[str]) -> str:
        name, part = place["name"], place["part"] or ""
        if name not in found:
            raise StatementError(f"{where}: {name} is not declared{catalogue.nearest(name, tuple(found))}")
        return "" if part == HOLDS else place["before"] + found[name].write(part)

    return PLACE.sub(number, text)


def stale(told: Declared, rows: Sequence[Row]) -> list[Experiment]:
    """The experiments whose rows are missing or of another declaration."""
    kept = {(row["experiment"], row["declared"]) for row in rows}
    return [one for one in told.experiments.values() if (one.name, one.digest) not in kept]


def over_seeds(experiment: Experiment, seeds: Sequence[int] = SEEDS) -> list[RunSpec]:
    """The experiment's run with each of `seeds`."""
    return [replace(experiment.spec, seed=seed) for seed in seeds]
