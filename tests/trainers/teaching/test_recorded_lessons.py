"""What lessons say must be seen, held against the recorded rows, and some trained again where chance has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import drawn
from tests.elsewhere import could_be
from tests.trainers.teaching.lesson_texts import WHOLE
from trainers.evidence.article_numbers import SECONDS, Row, measure, rows_of
from trainers.evidence.declarations import SEEDS
from trainers.evidence.replicates import train_seed
from trainers.runs.provenance import made_here
from trainers.teaching.lesson import LESSONS, Lesson, Step, load, parse_lesson
from trainers.teaching.lesson_runs import (
    RECORDS,
    RUN_SECONDS,
    counted,
    experiment_of,
    missing,
    read_rows,
    record_place,
    rows_for,
    seeds_of,
    specs_of,
    step_record,
)

NAMES = tuple(sorted(path.stem for path in (LESSONS / "en").glob("*.md")))
STEPS = [(name, number) for name in NAMES for number in range(1, len(load(name).steps) + 1)]
DRAWN = 4
PERCENT = ("%", "points")


def rows_of_lesson(name: str) -> list[Row]:
    return read_rows(RECORDS / f"{name}.csv")


@pytest.mark.parametrize("name", NAMES)
def test_what_must_be_seen_was_seen(name: str) -> None:
    assert missing(load(name), rows_of_lesson(name)) == [], "make it by `python -m trainers lesson NAME --record`"


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_are_of_the_lesson_and_whole(name: str) -> None:
    rows, lesson = rows_of_lesson(name), load(name)
    for number, step in enumerate(lesson.steps, start=1):
        experiment, kept = experiment_of(step, number), rows_for(step, number, rows)
        assert {int(row["seed"]) for row in kept} == {*seeds_of(step)} >= {*SEEDS, step.spec().seed}
        assert len(kept) == len(seeds_of(step)) * len(experiment.spec.arms) * (len(experiment.at) + 1)
    assert sum(len(rows_for(step, number, rows)) for number, step in enumerate(lesson.steps, start=1)) == len(rows)


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_a_run_is_short_enough_to_be_watched(name: str, number: int) -> None:
    record = step_record(load(name).steps[number - 1], number, rows_of_lesson(name))
    assert record is not None and 0 < record.seconds < 30


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_a_number_that_is_asked_for_is_one_that_is_seen(name: str, number: int) -> None:
    step = load(name).steps[number - 1]
    asked = step.question
    assert asked is not None
    if asked.kind != "number":
        return
    assert asked.answer is not None and asked.tolerance is not None
    scale = 100 if asked.unit in PERCENT or "percent" in asked.text else 1
    right = [(asked.answer - asked.tolerance) / scale, (asked.answer + asked.tolerance) / scale]
    bounds = [[seen.statement.least, seen.statement.most] for seen in step.seen]
    assert any(both == pytest.approx(right) for both in bounds if None not in both), f"{name}: ## {step.title}"


def again(name: str, number: int, seed: int) -> None:
    """Trains a seed of a step once more: the same comes out, or elsewhere what another seed could."""
    step = load(name).steps[number - 1]
    experiment = experiment_of(step, number)
    (spec,) = (one for one in specs_of(step, number) if one.seed == seed)
    result = train_seed(spec)
    assert result is not None
    found = rows_of(experiment, [result], made_here())
    rows = rows_for(step, number, rows_of_lesson(name))
    before = [row for row in rows if row["seed"] == str(seed)]
    if all(row[made] == str(made_here()[made]) for row in before for made in ("processor", "torch")):
        assert [measured(row) for row in found] == [measured(row) for row in before]
        return
    assert {row["arm"] for row in found} == {row["arm"] for row in before}
    for seen in step.seen:
        new, whole = (measure(seen.statement, of, {experiment.name: experiment}) for of in (found, rows))
        assert could_be(new, whole), seen.statement.name


def measured(row: Row) -> Row:
    """What must come out again, the time aside."""
    return {name: text for name, text in row.items() if text and name not in (SECONDS, RUN_SECONDS)}


def drawn_seeds() -> list[Any]:
    """Some of all steps' seeds, chosen by the tree."""
    choice = drawn.choice("recorded lessons")
    found = [(*choice.choice(STEPS), choice.choice(SEEDS)) for _ in range(DRAWN)]
    return [pytest.param(*one, id="-".join(map(str, one))) for one in dict.fromkeys(found)]


@pytest.mark.parametrize(("name", "number", "seed"), drawn_seeds())
def test_a_seed_trained_again_comes_out_as_recorded(name: str, number: int, seed: int) -> None:
    again(name, number, seed)


@pytest.mark.long
@pytest.mark.parametrize(("name", "number"), STEPS)
def test_a_lessons_own_run_comes_out_as_recorded(name: str, number: int) -> None:
    again(name, number, load(name).steps[number - 1].spec().seed)


LESSON = parse_lesson(WHOLE, "en/flood.md")


def made_up(step: Step, losses: dict[int, tuple[float, float]]) -> list[Row]:
    """Rows of the second step: of each seed the test losses of the baseline and of the flooded arm, at 20 and at 40."""
    experiment = experiment_of(step, 2)
    return [
        {
            "experiment": experiment.name,
            "seed": str(seed),
            "arm": arm,
            "step": at,
            "diverged": "0",
            "declared": experiment.digest,
            "test_loss": str(value),
            RUN_SECONDS: "0.5" if at == "40" else "",
        }
        for seed, both in losses.items()
        for arm, value in zip(("baseline", "flooding"), both, strict=True)
        for at in ("20", "40")
    ]


def test_a_step_is_kept_by_its_run_and_its_seeds() -> None:
    first, second = LESSON.steps
    assert seeds_of(first) == SEEDS and seeds_of(replace(first, query={**first.query, "seed": "7"})) == (7, *SEEDS)
    assert experiment_of(second, 2).at == (20,) and experiment_of(second, 2).name == "step_2"
    rows = made_up(second, dict.fromkeys(SEEDS, (1.0, 1.0)))
    assert len(rows_for(second, 2, rows)) == 64 and rows_for(second, 1, rows) == []
    assert rows_for(replace(second, query={"steps": "60"}), 2, rows) == [], "another run"
    assert rows_for(replace(second, query={**second.query, "seed": "7"}), 2, rows) == [], "its own seed is not there"
    assert rows_for(second, 2, rows[4:]) == [], "a seed is not there"


def told(losses: dict[int, tuple[float, float]]) -> list[str]:
    lesson = Lesson("flood", "en", "A flood", "See.", (LESSON.steps[0], LESSON.steps[1]))
    first, *rest = missing(lesson, made_up(lesson.steps[1], losses))
    assert first == "## The floor: its run, as it is now, is not recorded"
    return rest


def test_what_does_not_hold_is_said() -> None:
    scattered = {seed: (1.0, 1.0 + 0.1 * (-1) ** seed) for seed in SEEDS}
    assert told(scattered) == []
    less = {seed: (1.0, 0.5 + 0.01 * (seed % 5)) for seed in SEEDS}
    (sentence,) = told(less)
    assert sentence.startswith("## How high: `test_loss flooding ~ baseline` is told as less, must be same: -0.5")
    few = {seed: (1.0, 1.0 if seed in (100, 101) else 1.6) for seed in SEEDS}
    assert "holds on 2 of 16 seeds, must on 3" in told(few)[0]


def test_what_does_not_hold_on_the_lessons_own_seed_is_said() -> None:
    own = {seed: (1.0, 1.6 if seed == 100 else 1.0) for seed in SEEDS}
    (sentence,) = told(own)
    assert sentence.endswith("baseline at 20 + 0.5 on 3` does not hold on the lesson's own seed: 0.6")


def test_a_metric_that_was_not_recorded_is_said() -> None:
    rows = [{**row, "test_loss": ""} for row in made_up(LESSON.steps[1], dict.fromkeys(SEEDS, (1.0, 1.0)))]
    assert "holds on 0 of 16 seeds" in missing(LESSON, rows)[1]
    for row in rows:
        del row["test_loss"]
    assert missing(LESSON, rows)[1].startswith("## How high: there is no test_loss")


def test_the_time_is_the_median_of_the_runs() -> None:
    rows = made_up(LESSON.steps[1], dict.fromkeys(SEEDS, (1.0, 1.0)))
    for row in rows:
        row[RUN_SECONDS] = str(int(row["seed"]) - 100) if row["step"] == "40" else ""
    record = step_record(LESSON.steps[1], 2, rows)
    assert record is not None and record.seconds == 7.5
    assert [counted(found) for found in record.found] == ["1.000 and 1.000, 16 of 16 seeds", "1.000 and 1.000"]


def test_ones_own_lesson_is_recorded_beside_its_file(tmp_path: Path) -> None:
    assert record_place(tmp_path / "flood.md") == tmp_path / "flood.csv"
    assert record_place(LESSONS / "en" / "why_relu.md") == RECORDS / "why_relu.csv"
    assert read_rows(tmp_path / "flood.csv") == []
