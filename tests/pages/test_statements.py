"""Every number of an article is a statement that was measured, or exempt for a reason that stands beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pages.lab import state
from pages.lab.text import FOLDER, load_words
from trainers.evidence.article_numbers import PLACE
from trainers.evidence.declarations import declared
from trainers.runs.arm_names import BASELINE
from trainers.runs.articles import Article, parse_article
from trainers.runs.build import build_spec
from tricks import catalogue

WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|sixteen|twenty|hundred|half|third|quarter|twice"
NUMBER = re.compile(
    rf"\d+(?:[.,]\d+)*|\b(?:{WORDS})\b(?= (?:of the seeds|points?|percent|times|seeds?)\b)"
    r"|\b(?:twice as|half as|in trials|seeds? tried)\b",
    re.IGNORECASE,
)
"""What has to be a statement: digits, number words before a unit, and what was found where nobody can look."""

ALWAYS = re.compile(r"MNIST-1D|[Ss]eeds 0 to 15|seeds 100 to 115|L[12]\b")
"""Names, and the two ranges of seeds that statements are of."""

REASONS = ("setting", "arithmetic", "definition", "paper")
"""A setting is one of the page, its links or its experiments; arithmetic follows from settings; a definition says what
a word or a formula means, or counts what can be seen; a paper's own result is said to be one."""


def read(trick: str) -> Article:
    """The article with the names of its statements."""
    return parse_article((FOLDER / "en" / f"{trick}.md").read_text(encoding="utf-8"), f"{trick}.md")


def said(article: Article) -> dict[str, str]:
    """What an article says of runs, by where, in one line each."""
    texts = {"see": article.see, "misread": article.misread, "limits": article.limits}
    texts |= {attempt.title: attempt.answer for attempt in article.attempts}
    return {where: " ".join(text.split()) for where, text in texts.items()}


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_number_is_a_statement_or_exempt_for_a_reason(trick: str) -> None:
    exempt = declared(trick).exempt
    assert set(exempt.values()) <= set(REASONS)
    unmeasured = []
    for where, text in said(read(trick)).items():
        left = ALWAYS.sub(" ", PLACE.sub(" ", text))
        for passage in sorted(exempt, key=len, reverse=True):
            left = left.replace(passage, " ")
        unmeasured += [f"{where}: …{left[max(0, m.start() - 30) : m.end() + 20]}…" for m in NUMBER.finditer(left)]
    assert not unmeasured


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_what_is_exempt_stands_in_the_article(trick: str) -> None:
    text = " ".join(said(read(trick)).values())
    assert [passage for passage in declared(trick).exempt if passage not in text] == []


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_a_setting_is_one_that_somebody_can_set(trick: str) -> None:
    told, article = declared(trick), read(trick)
    known: set[float] = set()
    for spec in [build_spec(trick, task=setup.task) for setup in catalogue.load(trick).setups]:
        known |= numbers_of(spec.to_json())
        known |= numbers_of([(knob.low, knob.high, *knob.choices) for knob in spec.knobs_of(1).values()])
    for experiment in told.experiments.values():
        known |= numbers_of(experiment.spec.to_json()) | numbers_of(experiment.at)
        known |= numbers_of([turn.to_json() for turn in experiment.turns])
    known |= {
        float(found) for attempt in article.attempts for found in DIGITS.findall(" ".join(attempt.values.values()))
    }
    unknown = {
        passage: found
        for passage, why in told.exempt.items()
        if why == "setting"
        for found in DIGITS.findall(passage)
        if float(found.replace(",", "")) not in known
    }
    assert not unknown


DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def numbers_of(data: Any) -> set[float]:
    """All numbers in JSON data, also those in texts."""
    if isinstance(data, dict):
        return numbers_of(list(data.values()))
    if isinstance(data, (list, tuple)):
        return {number for item in data for number in numbers_of(item)}
    return {float(found) for found in DIGITS.findall(str(data))}


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
