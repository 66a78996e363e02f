"""Every number that an article says of runs was measured, or is exempt for a reason that stands beside it.

`[exempt]` in the statements' file has passages of the article, each with one of `REASONS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from trainers.evidence.article_numbers import PLACE
from trainers.evidence.declarations import StatementError, declared
from trainers.promises.words_complete import article_of
from trainers.runs.articles import Article, TextError
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

DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def said(article: Article) -> dict[str, str]:
    """What an article says of runs, by where, in one line each."""
    texts = {"see": article.see, "misread": article.misread, "limits": article.limits}
    texts |= {attempt.title: attempt.answer for attempt in article.attempts}
    return {where: " ".join(text.split()) for where, text in texts.items()}


def measured(name: str) -> Iterator[str]:
    """Every number of the article is a statement or exempt; what is exempt stands in it, and a setting can be set."""
    with suppress(TextError, StatementError):  # said of the text, and of the statements
        told, (article, where) = declared(name), article_of(name)
        file = f"assets/evidence/statements/{name}.toml"
        for passage, why in told.exempt.items():
            if why not in REASONS:
                yield f"{file}: the reason why {passage!r} is exempt must be one of {', '.join(REASONS)}, it is {why!r}"
            if passage not in " ".join(said(article).values()):
                yield f"{file}: what is exempt must stand in {where}, {passage!r} does not"
        for place, text in said(article).items():
            left = ALWAYS.sub(" ", PLACE.sub(" ", text))
            for passage in sorted(told.exempt, key=len, reverse=True):
                left = left.replace(passage, " ")
            for found in NUMBER.finditer(left):
                near = left[max(0, found.start() - 30) : found.end() + 20]
                yield f"{where}: {place}: …{near}… must be a statement, or exempt for a reason in {file}"
        known = settable(name, article)
        for passage, why in told.exempt.items():
            for number in DIGITS.findall(passage) if why == "setting" else ():
                if float(number.replace(",", "")) not in known:
                    yield f"{file}: {number} in {passage!r} is no setting of the page, its links or its experiments"


def settable(name: str, article: Article) -> set[float]:
    """The numbers that stand in a trick's runs, its knobs' ranges, the article's links and its experiments."""
    known: set[float] = set()
    for spec in [build_spec(name, task=setup.task) for setup in catalogue.load(name).setups]:
        known |= numbers_of(spec.to_json())
        known |= numbers_of([(knob.low, knob.high, *knob.choices) for knob in spec.knobs_of(1).values()])
    for experiment in declared(name).experiments.values():
        known |= numbers_of(experiment.spec.to_json()) | numbers_of(experiment.at)
        known |= numbers_of([turn.to_json() for turn in experiment.turns])
    return known | numbers_of([list(attempt.values.values()) for attempt in article.attempts])


def numbers_of(data: Any) -> set[float]:
    """All numbers in JSON data, also those in texts."""
    if isinstance(data, dict):
        return numbers_of(list(data.values()))
    if isinstance(data, (list, tuple)):
        return {number for item in data for number in numbers_of(item)}
    return {float(found.replace(",", "")) for found in DIGITS.findall(str(data))}
