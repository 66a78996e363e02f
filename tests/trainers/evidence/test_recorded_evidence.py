"""The checked-in evidence: made from its own rows, of the recipes there are, and trained again where chance has it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import drawn
from trainers.evidence import studies
from trainers.evidence.recorded import RESULTS, ROWS, parse_results, parse_rows, recompute, rows_csv
from trainers.evidence.replicates import train_seed
from trainers.evidence.studies import Row, Study
from trainers.runs.build import validate
from trainers.runs.provenance import made_here
from trainers.runs.spec import COMBINE
from tricks import catalogue

ROOT = Path(__file__).parents[3]


@cache
def recorded() -> tuple[dict[str, Any], list[Row]]:
    """The checked-in results and their raw rows."""
    results = parse_results((ROOT / RESULTS).read_text(encoding="utf-8"), RESULTS.name)
    return results, parse_rows((ROOT / ROWS).read_text(encoding="utf-8"))


def test_the_checked_in_evidence_is_what_its_rows_say() -> None:
    results, rows = recorded()
    assert recompute(results, rows) == results
    assert {study["spec"]["trick"] for study in results["studies"]} == {*catalogue.NAMES, COMBINE}
    assert all(study["seeds"] == list(range(16)) and not study["missing"] for study in results["studies"])
    assert len(rows) == sum(16 * len(study["spec"]["arms"]) for study in results["studies"])


def test_the_recorded_recipes_are_those_of_the_tricks() -> None:
    left = {study["id"]: study for study in recorded()[0]["studies"]}
    for study in (study for trick in catalogue.NAMES for study in studies.studies_of(trick)):
        assert left.pop(study.id)["spec"] == study.to_json()["spec"], f"{study.id}: record it anew"
    assert {study["spec"]["trick"] for study in left.values()} == {COMBINE}


def drawn_seeds() -> list[Any]:
    """A seed of each study, chosen by the tree."""
    choice = drawn.choice("recorded seeds")
    seeds = [(study, choice.choice(study["seeds"])) for study in recorded()[0]["studies"]]
    return [pytest.param(study, seed, id=f"{study['id']}-{seed}") for study, seed in seeds]


@pytest.mark.long
@pytest.mark.parametrize(("study", "seed"), drawn_seeds())
def test_a_recorded_seed_trained_again_comes_out_equal(study: dict[str, Any], seed: int) -> None:
    declared = Study.from_json(study)
    result = train_seed(validate(replace(declared.spec, seed=seed)))
    assert result is not None
    again = parse_rows(rows_csv(studies.rows_of(declared, [result])))  # as they are read
    before = [row for row in recorded()[1] if (row["run_id"], row["seed"]) == (study["id"], seed)]
    here, there = made_here(), study["made"]
    if all(here[name] == there[name] for name in ("processor", "torch")):
        for new, old in zip(again, before, strict=True):
            assert {name: value for name, value in new.items() if name != "elapsed_s"} == {
                name: old[name] for name in new if name != "elapsed_s"
            }
        return
    metric = study["metric"]
    for found in study["comparisons"]:  # elsewhere the numbers may differ, what was won nearly always is won
        if found["metric"] == metric and found["num_won"] >= 15 and seed_won(before, found, study):
            assert seed_won(again, found, study)


def seed_won(rows: list[Row], compared: dict[str, Any], study: dict[str, Any]) -> bool:
    """Whether the arm was ahead of what it is compared with, on these rows of one seed."""
    metric, arms = study["metric"], {row["arm"]: row for row in rows}
    ours, theirs = (float(arms[compared[side]][metric] or 0) for side in ("arm", "baseline"))
    return ours < theirs if study["better"][metric] == "lower" else ours > theirs
