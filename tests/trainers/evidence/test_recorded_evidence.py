"""The checked-in evidence: made from its own rows, of the recipes there are, and trained again where chance has it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests import drawn
from tests.elsewhere import is_as_another_seed
from trainers.evidence import studies
from trainers.evidence.recorded import (
    FOLDER,
    columns_of,
    parse_results,
    parse_rows,
    place_of,
    read_recorded,
    recompute,
    recorded_tricks,
    rows_csv,
)
from trainers.evidence.replicates import train_seed
from trainers.evidence.studies import Row, Study
from trainers.runs.build import validate
from trainers.runs.provenance import made_here
from trainers.runs.spec import COMBINE
from tricks import catalogue

RECORDED = recorded_tricks()


@cache
def recorded(trick: str) -> tuple[dict[str, Any], list[Row]]:
    """The checked-in results of a trick, and their raw rows."""
    told, raw = place_of(trick)
    return parse_results(told.read_text(encoding="utf-8"), told.name), parse_rows(raw.read_text(encoding="utf-8"))


def test_every_file_is_of_a_trick_and_every_trick_that_claims_something_measured_has_its_two() -> None:
    others = {"statements", "lessons"}  # have tests of their own
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.parent.name not in others}
    own = {f"studies/{name}{suffix}" for name in RECORDED for suffix in (".json", ".csv")}
    assert files - others == {"studies", "self_check.json", *own}
    measured = {trick.name for trick in catalogue.every() if any(claim.metric for claim in trick.claims)}
    assert measured | {COMBINE} <= set(RECORDED), "python -m trainers evidence --record NAME"


def leaves(data: object, place: str = "") -> Iterator[tuple[str, object]]:
    """What JSON data hold, by its place."""
    if isinstance(data, (dict, list)):
        for key, part in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(part, f"{place}/{key}")
        yield place, type(data)
    else:
        yield place, data


@pytest.mark.parametrize("trick", RECORDED)
def test_the_checked_in_evidence_is_what_its_rows_say(trick: str) -> None:
    results, rows = recorded(trick)
    again, told = dict(leaves(recompute(results, rows))), dict(leaves(results))
    assert again.keys() == told.keys()
    for place, value in again.items():
        before = told[place]
        same = value == before
        if isinstance(value, float) and isinstance(before, float):  # whose last digit is a processor's own
            same = math.isclose(value, before, rel_tol=1e-12, abs_tol=1e-15)
        assert same, f"{place}: {before!r} is recorded, the rows say {value!r}"
    assert results["self_check"] is None  # that is another file's
    assert {study["spec"]["trick"] for study in results["studies"]} == {row["trick"] for row in rows} == {trick}
    assert all(study["seeds"] == list(range(16)) and not study["missing"] for study in results["studies"])
    assert len(rows) == sum(16 * len(study["spec"]["arms"]) for study in results["studies"])


def test_the_whole_is_the_files_in_the_order_of_the_catalogue() -> None:
    results, rows = read_recorded()
    assert results["studies"] == [study for trick in RECORDED for study in recorded(trick)[0]["studies"]]
    assert results["self_check"]["num_experiments"] == 2000
    raw = [row for trick in RECORDED for row in recorded(trick)[1]]
    assert [list(row) for row in rows] == [columns_of(raw)] * len(raw)
    assert rows_csv(rows) == rows_csv(raw)
    assert [row["trick"] for row in rows] == sorted((str(row["trick"]) for row in rows), key=RECORDED.index)


@pytest.mark.parametrize("trick", [trick for trick in RECORDED if trick != COMBINE])
def test_the_recorded_recipes_are_those_of_the_tricks(trick: str) -> None:
    left = {study["id"]: study for study in recorded(trick)[0]["studies"]}
    for study in studies.studies_of(trick):
        assert left.pop(study.id)["spec"] == study.to_json()["spec"], f"python -m trainers evidence --record {trick}"
    assert not left


def drawn_seeds() -> list[Any]:
    """A seed of each study, chosen by the tree."""
    choice = drawn.choice("recorded seeds")
    seeds = [(study, choice.choice(study["seeds"])) for trick in RECORDED for study in recorded(trick)[0]["studies"]]
    return [pytest.param(study, seed, id=f"{study['id']}-{seed}") for study, seed in seeds]


@pytest.mark.long
@pytest.mark.parametrize(("study", "seed"), drawn_seeds())
def test_a_recorded_seed_trained_again_comes_out_equal(study: dict[str, Any], seed: int) -> None:
    declared = Study.from_json(study)
    result = train_seed(validate(replace(declared.spec, seed=seed)))
    assert result is not None
    again = parse_rows(rows_csv(studies.rows_of(declared, [result])))  # as they are read
    before = [row for row in recorded(study["spec"]["trick"])[1] if (row["run_id"], row["seed"]) == (study["id"], seed)]
    here, there = made_here(), study["made"]
    if all(here[name] == there[name] for name in ("processor", "torch")):
        for new, old in zip(again, before, strict=True):
            assert {name: value for name, value in new.items() if name != "elapsed_s"} == {
                name: old[name] for name in new if name != "elapsed_s"
            }
        return
    metric = study["metric"]
    for found in study["comparisons"]:
        if found["metric"] == metric:
            rows = [row for row in recorded(study["spec"]["trick"])[1] if row["run_id"] == study["id"]]
            leads = [lead([row for row in rows if row["seed"] == one], found, study) for one in study["seeds"]]
            assert is_as_another_seed(lead(again, found, study), leads)


def lead(rows: list[Row], compared: dict[str, Any], study: dict[str, Any]) -> float:
    """By how much the arm was ahead of what it is compared with, on these rows of one seed."""
    metric, arms = study["metric"], {row["arm"]: row for row in rows}
    ours, theirs = (float(arms[compared[side]][metric] or 0) for side in ("arm", "baseline"))
    return theirs - ours if study["better"][metric] == "lower" else ours - theirs
