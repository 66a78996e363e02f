"""A lesson's runs: trained on seeds 100 to 115 and its own, recorded, and held against what must be seen in them.

The rows of the lab's own lessons are `assets/evidence/lessons/<name>.csv`, those of any other stand beside its file.
They are the same in every language.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trainers.evidence import article_numbers
from trainers.evidence.article_numbers import SECONDS, Measured, Row, measure, rows_of
from trainers.evidence.declarations import SEEDS, Experiment, StatementError
from trainers.evidence.replicates import over_seeds, train
from trainers.runs.provenance import made_here
from trainers.runs.spec import RunSpec
from trainers.teaching.lesson import LESSONS, Lesson, Step, named
from trainers.teaching.seen import Seen

RECORDS = LESSONS.parent / "evidence" / "lessons"
RUN_SECONDS = "run_s"
"""The column that has the processor time of a whole run, in its last rows."""


@dataclass(frozen=True)
class Found:
    """What was measured of something that must be seen: on seeds 100 to 115, and on the lesson's own seed."""

    seen: Seen
    measured: Measured
    own: Measured

    @property
    def broken(self) -> str:
        """What does not hold of it; empty if all does."""
        if self.measured.broken:
            return self.measured.broken
        bounded = self.seen.statement.least is not None or self.seen.statement.most is not None
        return (
            f"does not hold on the lesson's own seed: {self.own.values[0]:.4g}" if bounded and not self.own.kept else ""
        )


@dataclass(frozen=True)
class StepRecord:
    """What is recorded of a step: what was `found` of what must be seen, and what its run takes, `seconds`.

    These are the median of all its runs, in processor time, with their data and tests.
    """

    found: tuple[Found, ...]
    seconds: float


def experiment_of(step: Step, number: int) -> Experiment:
    """The run of a lesson's step with that number, from 1."""
    spec = replace(step.spec(), seed=SEEDS[0])
    at = sorted({at for seen in step.seen for at in seen.steps})
    return Experiment(named(number), spec, at=tuple(at))


def seeds_of(step: Step) -> tuple[int, ...]:
    """The seeds that are recorded of a step: 100 to 115, and its own."""
    return tuple(sorted({*SEEDS, step.spec().seed}))


def specs_of(step: Step, number: int) -> list[RunSpec]:
    """The runs that are recorded of a step."""
    return over_seeds(experiment_of(step, number).spec, seeds_of(step))


def train_step(step: Step, number: int, done: Callable[[int], None]) -> list[Row]:
    """Trains the runs of a step in this process, one after another, and makes their rows; `done` is told how many are.

    Raises:
        StatementError: a seed could not be run.
    """
    seconds: dict[str, float] = {}
    results = []
    begun = time.process_time()
    for _, result in train(specs_of(step, number)):
        now = time.process_time()
        seconds[str(result.seed)] = now - begun
        begun = now
        results.append(result)
        done(len(results))
    rows = rows_of(experiment_of(step, number), results, made_here())
    return [{**row, RUN_SECONDS: f"{seconds[row['seed']]:.2f}" if row.get(SECONDS) else ""} for row in rows]


def record_place(path: Path) -> Path:
    """Where the rows of the lesson in that file are kept."""
    return (RECORDS if LESSONS in path.resolve().parents else path.parent) / f"{path.stem}.csv"


def read_rows(place: Path) -> list[Row]:
    """The rows that are kept there; none where there is no such file, or it is of something else."""
    if not place.is_file():
        return []
    try:
        return article_numbers.read_rows(place)
    except StatementError:
        return []


def may_be_recorded(place: Path) -> bool:
    """Whether rows may be written there: nothing is there yet, or rows are."""
    if place.is_file():
        return place.stat().st_size == 0 or bool(read_rows(place))
    return not place.exists()


def rows_for(step: Step, number: int, rows: Iterable[Row]) -> list[Row]:
    """Those of the rows that are of the step as it is declared; none where a seed is missing."""
    experiment = experiment_of(step, number)
    told = (experiment.name, experiment.digest)
    own = [row for row in rows if (row.get("experiment"), row.get("declared")) == told]
    whole = {row["seed"] for row in own if row.get(RUN_SECONDS)}
    return own if whole >= {str(seed) for seed in seeds_of(step)} else []


def step_record(step: Step, number: int, rows: Sequence[Row]) -> StepRecord | None:
    """What the rows say of a lesson's step with that number, from 1; None where they are not of it.

    Raises:
        StatementError: a metric or an arm is not among what was recorded, or that is no number.
    """
    kept = rows_for(step, number, rows)
    if not kept:
        return None
    experiment, own = experiment_of(step, number), step.spec().seed
    experiments = {experiment.name: experiment}
    try:
        many = [row for row in kept if int(row["seed"]) in SEEDS]
        one = [row for row in kept if int(row["seed"]) == own]
        found = [
            Found(seen, measure(seen.statement, many, experiments), measure(seen.statement, one, experiments))
            for seen in step.seen
        ]
        seconds = {row["seed"]: float(row[RUN_SECONDS]) for row in kept if row.get(RUN_SECONDS)}
    except (KeyError, TypeError) as error:
        raise StatementError(f"what is recorded of it cannot be used: {error!r}") from None
    except ValueError as error:
        raise StatementError(str(error)) from None
    return StepRecord(tuple(found), statistics.median(seconds.values()))


def counted(found: Found) -> str:
    """What was found in short: both means, or the one, and on how many of the seeds it is so."""
    said, told = found.seen.statement, replace(found.measured, statement=replace(found.seen.statement, digits=3))
    compares = said.compares or said.ratio
    means = f"{told.write('of')} and {told.write('against')}" if compares else told.write()
    return means if said.told else f"{means}, {told.kept} of {len(told.values)} seeds"


def missing(lesson: Lesson, rows: Sequence[Row]) -> list[str]:
    """What is missing of a lesson's record, a sentence for each thing."""
    told = []
    for number, step in enumerate(lesson.steps, start=1):
        at = f"## {step.title}"
        try:
            record = step_record(step, number, rows)
        except StatementError as error:
            told.append(f"{at}: {error}")
            continue
        if record is None:
            told.append(f"{at}: its run, as it is now, is not recorded")
            continue
        told += [f"{at}: `{found.seen.check}` {found.broken}" for found in record.found if found.broken]
    return told
