"""The words of a trick are all there, its snippet runs, and what is claimed and said has been recorded.

Each promise is a function of a trick's name that says, a sentence each, what of it is not kept.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from functools import cache
from io import StringIO
from pathlib import Path

import torch

from trainers.evidence import article_numbers
from trainers.evidence.claims import is_tested
from trainers.evidence.declarations import ROOT, StatementError, declared
from trainers.evidence.recorded import read_recorded
from trainers.evidence.studies import studies_of
from trainers.runs.articles import Article, TextError, parse_article
from trainers.runs.build import build_spec
from trainers.runs.labels import TEXT
from tricks import catalogue

LANGUAGE = "en"
ATTEMPTS = (3, 5)
"""How many things to try there must be, of a trick whose claims are tested; at least one of any other."""

ROOMS = {"tricks", "trainers", "pages", "tests"}


def languages() -> tuple[str, ...]:
    """The languages that have words of their own, English first."""
    found = {path.parent.name for path in TEXT.glob("*/labels.json")} - {LANGUAGE}
    return (LANGUAGE, *sorted(found))


def article_of(name: str, language: str = LANGUAGE) -> tuple[Article, str]:
    """The article as its file has it, and the file's name.

    Raises:
        TextError: it is missing, or has not its form.
    """
    where = f"assets/text/{language}/{name}.md"
    try:
        return parse_article((TEXT / language / f"{name}.md").read_text(encoding="utf-8"), where), where
    except FileNotFoundError:
        raise TextError(f"{where} is missing") from None
    except UnicodeDecodeError as error:
        raise TextError(f"{where}: {error}") from None


def formed(name: str) -> Iterator[str]:
    """There is a text, with all its sections, each in its form."""
    for language in languages():
        if language != LANGUAGE and not (TEXT / language / f"{name}.md").is_file():
            continue  # English stands in for it
        try:
            article_of(name, language)
        except TextError as error:
            yield str(error)


def _formed(name: str) -> Iterator[tuple[Article, str]]:
    for language in languages():
        with suppress(TextError):
            yield article_of(name, language)


def worded(name: str) -> Iterator[str]:
    """There are words for all that the trick declares."""
    for article, where in _formed(name):
        yield from _unsaid(name, article, where)


def _unsaid(name: str, article: Article, where: str) -> Iterator[str]:
    trick = catalogue.load(name)
    for claim in trick.claims:
        part = article.parts.get(claim.name)
        if part is None:
            yield f"{where}: ## claim has no line - `{claim.name}`, a part of the claim that tricks/{name}.py declares"
        elif bool(part.why) == bool(claim.metric):
            told = (
                "no metric, so that a line > must say why it is not tested" if not part.why else "a metric, and a why"
            )
            yield f"{where}: ## claim: {claim.name} has {told}"
    for part_name in article.parts.keys() - {claim.name for claim in trick.claims}:
        yield f"{where}: ## claim: {part_name} is no part of the claim that tricks/{name}.py declares"
    least, most = ATTEMPTS if is_tested(name) else (1, ATTEMPTS[1])
    if not least <= len(article.attempts) <= most:
        yield f"{where}: ## try must have {least} to {most} things to try, it has {len(article.attempts)}"
    if "!" in article.sentence:
        yield f"{where}: the sentence under the title must not shout"
    for label in labels_needed(name):
        if label not in article.labels:
            key = re.sub(r"^(knob\..*)\.(label|help)$", r"\1", label)
            yield f"{where}: ## labels has no line - `{key}`"


def labels_needed(name: str) -> list[str]:
    """The labels of the trick's knobs and their choices, where a choice is not a number that names itself."""
    found: dict[str, None] = {}
    for setup in catalogue.load(name).setups:
        for knob in build_spec(name, task=setup.task).knobs_of(1).values():
            choices = [choice for choice in knob.choices if not choice.isdigit()]
            keys = [f"knob.{knob.name}.label", *(f"choice.{knob.name}.{choice}" for choice in choices)]
            found |= dict.fromkeys(keys)
    return list(found)


def pasted(name: str) -> Iterator[str]:
    """The snippet runs by itself, in plain PyTorch, and ends with a finite `loss`."""
    for article, where in _formed(name):
        try:
            yield from (f"{where}: the snippet {fault}" for fault in _faults(article.snippet, where))
        except Exception as error:  # noqa: BLE001  # whatever a stranger's code does
            yield f"{where}: the snippet ends with {type(error).__name__}: {error}"


def _faults(code: str, where: str) -> Iterator[str]:
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in nodes]
    if "torch" not in modules:
        yield "must import torch"
    for module in modules:
        if module.split(".")[0] in ROOMS:
            yield f"must run by itself, it imports {module}"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        namespace: dict[str, object] = {"__name__": "snippet"}
        with redirect_stdout(StringIO()):
            exec(compile(code, where, "exec"), namespace)  # noqa: S102  # the project's own text
    loss = namespace.get("loss")
    if not isinstance(loss, torch.Tensor) or not bool(loss.isfinite().all()):
        yield f"must end with a finite tensor loss, it is {loss!r}"


def stated(name: str) -> Iterator[str]:
    """Every statement of the article is declared, has its rows, holds, and is said."""
    command = f"`python -m trainers statements {name}`"
    try:
        told, rows = declared(name), article_numbers.recorded(name)
        for experiment in article_numbers.stale(told, rows):
            yield f"assets/evidence/statements/{name}.csv has no rows of {experiment.name}: {command} makes them"
        for statement, found in article_numbers.measured(name).items():
            if found.broken:
                yield f"assets/evidence/statements/{name}.toml: {statement} {found.broken}"
        article, where = article_of(name)
    except StatementError as error:
        yield f"assets/evidence/statements: {error}"
        return
    except TextError:
        return  # said of the words
    texts = (article.see, article.misread, article.limits, *(attempt.answer for attempt in article.attempts))
    said = {match["name"] for text in texts for match in article_numbers.PLACE.finditer(text)}
    for statement in sorted(said - set(told.statements)):
        yield f"{where} says {{{statement}}}, which assets/evidence/statements/{name}.toml does not declare"
    for statement in sorted(set(told.statements) - said):
        yield f"{where} does not say {{{statement}}}, which assets/evidence/statements/{name}.toml declares"


@cache
def recorded_specs() -> dict[str, object]:
    """The recorded studies' runs, by the study's id."""
    return {study["id"]: study["spec"] for study in read_recorded()[0]["studies"]}


def recorded(name: str) -> Iterator[str]:
    """The evidence of its claims is recorded, of the recipe that it declares; none is asked where nothing is tested."""
    if not is_tested(name):
        return
    for study in studies_of(name):
        if recorded_specs().get(study.id) != study.to_json()["spec"]:
            so = "is of another recipe" if study.id in recorded_specs() else "is not recorded"
            command = f"`python -m trainers evidence {name} --record`"
            yield f"assets/evidence/studies: the study {study.id} {so}: {command} records it"


def tested(name: str) -> Iterator[str]:
    """It has a test of its own."""
    if not (ROOT / Path("tests", "tricks", f"test_{name}.py")).is_file():
        yield f"tests/tricks/test_{name}.py is missing"
