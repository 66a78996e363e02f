"""Every number of an article is a statement that was measured, or exempt for a reason that stands beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pages.lab import state
from pages.lab.text import FOLDER, load_words
from trainers.evidence.article_numbers import PLACE
from trainers.evidence.declarations import declared
from trainers.promises import numbers_measured, words_complete
from trainers.promises.numbers_measured import said
from trainers.runs.arm_names import BASELINE
from trainers.runs.articles import Article, parse_article
from tricks import catalogue


def read(trick: str) -> Article:
    """The article with the names of its statements."""
    return parse_article((FOLDER / "en" / f"{trick}.md").read_text(encoding="utf-8"), f"{trick}.md")


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_number_is_a_statement_or_exempt_for_a_reason(trick: str) -> None:
    assert not list(numbers_measured.measured(trick))


def test_a_number_that_nobody_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    article, where = words_complete.article_of("flooding")
    untrue = replace(article, limits="By 12 points on three of the seeds, at b 0.77; twice as often in trials.")
    told = replace(declared("flooding"), exempt={"at b 0.77": "setting", "not there": "fun"})
    monkeypatch.setattr(numbers_measured, "article_of", lambda name: (untrue, where))
    monkeypatch.setattr(numbers_measured, "declared", lambda name: told)
    found = "\n".join(numbers_measured.measured("flooding"))
    for part in (
        "By 12 points",
        "three of the seeds",
        "twice as",
        "in trials",
        "'fun'",
        "'not there' does not",
        "0.77 in",
    ):
        assert part in found
    assert "at b 0.77" not in found.replace("in 'at b 0.77'", "")


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_statement_is_said(trick: str) -> None:
    text = " ".join(said(read(trick)).values())
    named = {match["name"] for match in PLACE.finditer(text)}
    assert named == set(declared(trick).statements)


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_an_answer_rests_on_the_run_that_its_link_starts(trick: str) -> None:
    told = declared(trick)
    without = []
    for attempt in read(trick).attempts:
        spec = state.read(trick, attempt.values, load_words("en")).whole
        if "coincide" in attempt.answer and len(spec.arms) == len((BASELINE, trick)):
            continue  # what is neutral is tested bit for bit, trick by trick
        of = {told.statements[match["name"]].of for match in PLACE.finditer(attempt.answer)}
        runs = [told.experiments[name].spec for name in of & set(told.experiments)]
        if not any(same(run.to_json(), spec.to_json()) for run in runs):
            without.append(attempt.title)
    assert not without


def same(run: dict[str, Any], linked: dict[str, Any]) -> bool:
    """Whether the run is the linked one, whatever its seed and however often it is measured."""
    plain = [{**one, "seed": None, "settings": {**one["settings"], "eval_every": None}} for one in (run, linked)]
    return plain[0] == plain[1]
