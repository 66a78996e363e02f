"""The words: `assets/text/<language>/`, one Markdown file a trick and `labels.json`. A language is a folder, no code.

What stands in a trick's file, `trainers.runs.articles` says and reads.

In `see`, answers, `misread` and `limits` a number that runs produced is written as the name of a statement, `{name}` or
`{name.part}` (see `trainers.evidence.article_numbers`), and is filled in from what was recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from trainers.evidence.article_numbers import Measured, fill, measured
from trainers.evidence.declarations import StatementError
from trainers.runs.arm_names import in_sentence
from trainers.runs.articles import Article, TextError, parse_article
from tricks import catalogue

FOLDER = Path(__file__).parent.parent.parent / "assets" / "text"
FALLBACK = "en"
OWN = ("knob", "choice", "panel", "array")


@dataclass(frozen=True)
class Words:
    """The labels of a language, those of English where it has none."""

    language: str
    labels: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        label = self.labels.get(key)
        return label if label is not None else self.missing(key)

    def missing(self, key: str) -> str:
        """What a label that is not there is shown as: the name of what is a trick's own.

        Raises:
            TextError: it is the lab's own.
        """
        kind, *names = key.split(".")
        if kind not in OWN:
            raise TextError(f"{self.language}/labels.json: {key} is missing")
        return "" if names[-1] in ("help", "caption") else names[-1 if kind == "choice" else 0]

    def with_labels(self, labels: Mapping[str, str]) -> Words:
        """These and `labels`."""
        return Words(self.language, {**self.labels, **labels})

    def get(self, key: str, default: str = "") -> str:
        return self.labels.get(key, default)

    def fill(self, key: str, **values: object) -> str:
        """The label with `{name}` replaced by the value of that name."""
        return self[key].format(**values)

    def starting(self, *prefixes: str) -> dict[str, str]:
        """The labels whose keys start with one of `prefixes`."""
        return {key: text for key, text in self.labels.items() if key.startswith(prefixes)}


def escape(plain: str) -> str:
    """`plain` as Markdown that says just that, whatever an address put into it."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$:!])", r"\\\1", plain)


def languages() -> tuple[str, ...]:
    """The languages there are, the fallback first."""
    found = sorted(path.name for path in FOLDER.iterdir() if (path / "labels.json").is_file())
    return tuple(sorted(found, key=lambda name: name != FALLBACK))


def spoken(asked: str | None) -> str:
    """The language that is asked for, or the fallback where there is no such."""
    return asked if asked in languages() else FALLBACK


@cache
def load_words(language: str) -> Words:
    """The labels of `language`."""
    labels = _read_labels(FALLBACK)
    if language != FALLBACK:
        labels = {**labels, **_read_labels(language)}
    return Words(language, labels)


@cache
def load_article(trick: str, language: str) -> tuple[Article, str]:
    """The words of a trick's page, and the language they are in: `language`, or the fallback where it has none.

    A file that is missing or broken costs the page its words, and no other page anything.
    """
    if not (FOLDER / language / f"{trick}.md").is_file():
        language = FALLBACK
    where = f"{language}/{trick}.md"
    try:
        article = parse_article((FOLDER / where).read_text(encoding="utf-8"), where)
        return with_numbers(article, measured(trick), where), language
    except FileNotFoundError:
        return _without_words(trick, f"{where} is missing"), language
    except (TextError, StatementError, UnicodeDecodeError) as error:
        return _without_words(trick, str(error)), language


def page_words(trick: str, language: str) -> tuple[Words, Article]:
    """The labels of `language` with those of a trick's page, and that page's words."""
    words = load_words(language)
    article, _ = load_article(trick, words.language)
    return words.with_labels({**article.labels, "title": article.title}), article


def _without_words(trick: str, problem: str) -> Article:
    title = trick.replace("_", " ").capitalize()
    return Article(title, "", "", {}, "", (), "", "", "", labels={}, problem=problem)


def with_numbers(article: Article, found: Mapping[str, Measured], where: str) -> Article:
    """The article with what was measured in place of the names of statements.

    Raises:
        StatementError: it names one that is not declared.
    """
    attempts = tuple(replace(one, answer=fill(one.answer, found, where)) for one in article.attempts)
    see, misread, limits = (fill(text, found, where) for text in (article.see, article.misread, article.limits))
    return replace(article, attempts=attempts, see=see, misread=misread, limits=limits)


def _read_labels(language: str) -> dict[str, str]:
    path = FOLDER / language / "labels.json"
    where = f"{language}/labels.json"
    try:
        labels = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=lambda pairs: _unique(pairs, where))
    except json.JSONDecodeError as error:
        raise TextError(f"{where}: line {error.lineno} is not JSON ({error.msg})") from None
    for key, label in labels.items():
        if not isinstance(label, str):
            raise TextError(f"{where}: {key} must be text, got {label!r}")
    return dict(labels)


def _unique(pairs: list[tuple[str, object]], where: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, label in pairs:
        if key in found:
            raise TextError(f"{where}: {key} is there twice")
        found[key] = label
    return found


def labels_of_runs(language: str) -> dict[str, str]:
    """The labels in which a run is spoken of: also what each trick, its knobs and their choices are called."""
    labels = dict(load_words(language).labels)
    for name in catalogue.NAMES:
        article, _ = load_article(name, language)
        labels[f"trick.{name}"] = in_sentence(article.title)
        labels |= {key: label for key, label in article.labels.items() if key.startswith(("choice.", "knob."))}
    return labels
