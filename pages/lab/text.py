"""The words: `assets/text/<language>/`, one Markdown file a trick and `labels.json`. A language is a folder, no code.

A trick's file has its title as heading 1, one plain sentence, and then these headings 2, in any order, named alike in
every language (what a reader sees above them stands in the labels as `section.<name>`):

- `claim`: one sentence, what the source article or the paper claims, and its parts, one a line: "- `name` sentence",
  under one that is not tested "  > why it is not";
- `see`: what to look at, and what it means;
- `try`: one heading 3 for each thing to try, its question, a link such as `[Set γ to 5](?gamma=5)` that sets the
  knobs and starts the run, and the answer as a quotation (`> …`), shown only when it is asked for;
- `misread`: how the result is often misread;
- `limits`: where the claim does not hold at this scale;
- `snippet`: one block of Python that runs by itself;
- `labels`: the trick's own names, one a line: "- `knob.<name>` label: help", "- `choice.<knob>.<value>` label",
  "- `panel.<id>` title: caption", "- `array.<name>` label".

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
from urllib.parse import parse_qsl

from trainers.evidence.article_numbers import Measured, fill, measured
from trainers.evidence.declarations import StatementError
from trainers.runs.arm_names import in_sentence
from tricks import catalogue

FOLDER = Path(__file__).parent.parent.parent / "assets" / "text"
FALLBACK = "en"
SECTIONS = ("claim", "see", "try", "misread", "limits", "snippet", "labels")
LINK = re.compile(r"^\[(?P<label>[^\]]+)\]\(\?(?P<query>[^)\s]*)\)$", re.MULTILINE)
LABEL = re.compile(r"^- `(?P<key>[a-z]+\.[^`\s]+)` (?P<label>[^:]+)(?:: (?P<rest>.+))?$")
PART = re.compile(
    r"^- `(?P<name>[a-z_]+)` (?P<text>[^\n>]+(?:\n  (?!>)[^\n]+)*)(?P<why>(?:\n  > [^\n]+)*)$", re.MULTILINE
)
OWN = ("knob", "choice", "panel", "array")
KINDS = {"knob": ("label", "help"), "panel": ("title", "caption")}
SNIPPET = re.compile(r"\A```python\n(?P<code>.*?)\n```\Z", re.DOTALL)


class TextError(ValueError):
    """A text cannot be used: the message names the file and the heading."""


@dataclass(frozen=True)
class Attempt:
    """One thing to try: a `question` to answer first, the `values` its link sets, and the `answer`."""

    title: str
    question: str
    link: str
    values: Mapping[str, str]
    answer: str


@dataclass(frozen=True)
class Claimed:
    """A part of a claim in words, and `why` it is not tested (empty: it is)."""

    text: str
    why: str = ""


@dataclass(frozen=True)
class Article:
    """The words of a trick's page; `labels` by key are those of its own knobs, choices, panels and arrays.

    `parts` are those of its claim, by name. `problem` says what is wrong with a page's file, where it cannot be used.
    """

    title: str
    sentence: str
    claim: str
    parts: Mapping[str, Claimed]
    see: str
    attempts: tuple[Attempt, ...]
    misread: str
    limits: str
    snippet: str
    labels: Mapping[str, str]
    problem: str = ""


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


def parse_article(text: str, where: str) -> Article:
    """The article in `text`; `where` names the file in errors.

    Raises:
        TextError: a heading is missing, unknown or there twice, or what stands under it has not its form.
    """
    head, *parts = _split(text, "## ")
    lines = head.strip().split("\n", 1)
    if not lines[0].startswith("# ") or not lines[0][2:].strip():
        raise TextError(f"{where}: the first line must be the title, as `# Title`")
    sentence = " ".join(lines[1].split()) if len(lines) > 1 else ""
    if not sentence:
        raise TextError(f"{where}: one sentence must stand under the title")
    sections: dict[str, str] = {}
    for part in parts:
        name, _, body = part.partition("\n")
        name = name.strip()
        if name not in SECTIONS:
            raise TextError(f"{where}: ## {name} is not one of {', '.join(SECTIONS)}")
        if name in sections:
            raise TextError(f"{where}: ## {name} is there twice")
        sections[name] = body.strip()
    for name in SECTIONS:
        if not sections.get(name):
            raise TextError(f"{where}: ## {name} is missing or empty")
    claim, claimed = _parse_claim(sections["claim"], where)
    return Article(
        title=lines[0][2:].strip(),
        sentence=sentence,
        claim=claim,
        parts=claimed,
        see=sections["see"],
        attempts=_parse_attempts(sections["try"], where),
        misread=sections["misread"],
        limits=sections["limits"],
        snippet=_parse_snippet(sections["snippet"], where),
        labels=_parse_labels(sections["labels"], where),
    )


def _split(text: str, marker: str) -> list[str]:
    """`text` at the lines that start with `marker`, blocks of code left whole; the first part stands before any."""
    parts: list[list[str]] = [[]]
    in_code = False
    for line in text.split("\n"):
        in_code ^= line.startswith("```")
        if line.startswith(marker) and not in_code:
            parts.append([line.removeprefix(marker)])
        else:
            parts[-1].append(line)
    return ["\n".join(part) for part in parts]


def _parse_claim(text: str, where: str) -> tuple[str, dict[str, Claimed]]:
    claim, _, listed = text.partition("\n\n")
    parts: dict[str, Claimed] = {}
    for match in PART.finditer(listed):
        if match["name"] in parts:
            raise TextError(f"{where}: ## claim: {match['name']} is there twice")
        why = " ".join(match["why"].replace("\n  > ", " ").split())
        parts[match["name"]] = Claimed(" ".join(match["text"].split()), why)
    if not parts or PART.sub("", listed).strip():
        raise TextError(f"{where}: ## claim must be a sentence and its parts, each as - `name` sentence")
    return " ".join(claim.split()), parts


def _parse_attempts(text: str, where: str) -> tuple[Attempt, ...]:
    before, *parts = _split(text, "### ")
    if before.strip() or not parts:
        raise TextError(f"{where}: ## try must be made of headings 3")
    return tuple(_parse_attempt(part, where) for part in parts)


def _parse_attempt(text: str, where: str) -> Attempt:
    title, _, body = text.partition("\n")
    at = f"{where}: ### {title.strip()}"
    links = list(LINK.finditer(body))
    if len(links) != 1:
        raise TextError(f"{at} must have one link on a line of its own, as [Set γ to 5](?gamma=5), it has {len(links)}")
    question = body[: links[0].start()].strip()
    answer = body[links[0].end() :].strip()
    if not question:
        raise TextError(f"{at} must ask before its link")
    if not answer or not all(line.startswith(">") for line in answer.split("\n")):
        raise TextError(f"{at} must end with its answer, each line of it starting with >")
    return Attempt(
        title=title.strip(),
        question=question,
        link=links[0]["label"],
        values=dict(parse_qsl(links[0]["query"], keep_blank_values=True)),
        answer="\n".join(line.removeprefix(">").removeprefix(" ") for line in answer.split("\n")),
    )


def _parse_snippet(text: str, where: str) -> str:
    match = SNIPPET.match(text)
    if match is None or "```" in match["code"]:
        raise TextError(f"{where}: ## snippet must be one block of code that starts with ```python")
    return match["code"]


def _parse_labels(text: str, where: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for line in re.sub(r"\n +", " ", text).split("\n"):
        match = LABEL.match(line)
        if match is None:
            raise TextError(f"{where}: ## labels has a line that is not as - `knob.name` label: help, it is {line!r}")
        key, rest = match["key"], match["rest"]
        names = KINDS.get(key.split(".")[0])
        if (names is None) is not (rest is None):
            raise TextError(f"{where}: ## labels: {key} must have {'no ' if names is None else ''}text after a colon")
        told = {key: match["label"]}
        if names is not None:
            told = {f"{key}.{names[0]}": match["label"], f"{key}.{names[1]}": rest}
        for full, label in told.items():
            if full in labels:
                raise TextError(f"{where}: ## labels: {key} is there twice")
            labels[full] = label.strip()
    return labels


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
