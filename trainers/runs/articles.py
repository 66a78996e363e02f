"""An article: the words of a trick's page, as its file in `assets/text/<language>/` has them.

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
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

SECTIONS = ("claim", "see", "try", "misread", "limits", "snippet", "labels")
LINK = re.compile(r"^\[(?P<label>[^\]]+)\]\(\?(?P<query>[^)\s]*)\)$", re.MULTILINE)
LABEL = re.compile(r"^- `(?P<key>[a-z]+\.[^`\s]+)` (?P<label>[^:]+)(?:: (?P<rest>.+))?$")
PART = re.compile(
    r"^- `(?P<name>[a-z_]+)` (?P<text>[^\n>]+(?:\n  (?!>)[^\n]+)*)(?P<why>(?:\n  > [^\n]+)*)$", re.MULTILINE
)
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


def parse_article(text: str, where: str) -> Article:
    """The article in `text`; `where` names the file in errors.

    Raises:
        TextError: a heading is missing, unknown or there twice, or what stands under it has not its form.
    """
    head, *parts = split_at(text, "## ")
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


def split_at(text: str, marker: str) -> list[str]:
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
    before, *parts = split_at(text, "### ")
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
