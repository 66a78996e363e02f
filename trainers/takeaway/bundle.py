"""A run as evidence: a ZIP of its numbers, its spec and events, its script, figures, what to cite, and each one's hash.

It is an archive of the run with more beside it, and is read and imported like one; the same run makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainers.figures.racing import MOST_ARMS, race
from trainers.runs.history import Column, History
from trainers.runs.labels import load_labels, metric_told, title_and_knobs
from trainers.runs.spec import metrics_of
from trainers.runs.tidy import Rows, columns_of
from trainers.runs.whole import WholeRun
from trainers.store.archive import (
    BESIDE,
    CITATION,
    FIGURES,
    METHODS,
    NOTEBOOK,
    PROBES,
    README,
    ROWS,
    RUN,
    SCRIPT,
    START,
    write_archive,
)
from trainers.takeaway.script import script_files
from trainers.takeaway.start_file import ScriptError
from tricks import catalogue
from tricks.declaration import Paper

_ABOUT = {
    "run_id": "the run's id",
    "trick": "the trick of the run's page",
    "task": "what was trained on",
    "seed": "draws the training subset, the weights and the batches, alike for all arms",
    "arm": "the baseline, or what has the trick",
    "step": "updates made, from 1",
    "epoch": "passes over the training data",
    "elapsed_s": "the arm's compute seconds; the one column that no replay makes again",
    "lr": "the learning rate that was applied",
}


@dataclass(frozen=True)
class Agreement:
    """How a column of an arm came out again: `worst` is the largest relative difference, 0 where every bit is equal.

    It is infinite where one has a number and the other has none.
    """

    arm: str
    column: str
    worst: float


def write_bundle(run: WholeRun) -> bytes:
    """A run as a bundle.

    Raises:
        StoreError: it is larger than what may be read.
    """
    history, made = run.history, run.made
    contents: dict[str, bytes] = {}
    if history.step and len(history.spec.arms) <= MOST_ARMS:
        contents |= {name: race(history, made, name.rpartition(".")[2]) for name in FIGURES}
    without = ""
    try:
        contents |= script_files(run)
    except ScriptError as error:
        without = str(error)
    contents |= {CITATION: citation(history).encode(), METHODS: methods(history, made).encode()}
    contents[README] = _readme(run, contents, without).encode()
    return write_archive(run, {name: contents[name] for name in BESIDE if name in contents})


def agreements(recorded: History, again: History) -> Iterator[Agreement]:
    """How each column of a run came out again, but for the seconds."""
    for number, arm in enumerate(recorded.spec.arms):
        for name in recorded.row_names:
            if name != "elapsed_s":
                yield Agreement(arm.name, name, _worst(recorded.row(number, name), again.row(number, name)))
        same_steps = np.array_equal(recorded.test(number, "step"), again.test(number, "step"))
        for name in recorded.test_names[1:]:
            one, other = recorded.test(number, name), again.test(number, name)
            yield Agreement(arm.name, name, _worst(one, other) if same_steps else np.inf)


def citation(history: History) -> str:
    """The papers of the run's tricks as BibTeX."""
    return "\n".join(_bibtex(paper, key) for key, paper in _papers(history).items())


def methods(history: History, made: Mapping[str, Any]) -> str:
    """A sentence for a methods section."""
    spec, labels = history.spec, load_labels()
    names = dict.fromkeys(trick for arm in spec.arms for trick in arm.tricks)
    tricks = " and ".join(labels.get(f"trick.{name}", name) for name in names)
    cited = f" \\cite{{{','.join(_papers(history))}}}" if _papers(history) else ""
    return (
        f"Networks with and without {tricks}{cited} were trained on {labels.get(f'task.{spec.task}.label', spec.task)} "
        f"for {history.step:,} steps from the same weights on the same batches (seed {spec.seed}) with trick-lab "
        f"{made['version']} (code {made['code']}) and torch {made['torch']} on {made['processor']}. "
        "One seed: a story, not evidence.\n"
    )


def _worst(one: Column, other: Column) -> float:
    if not np.array_equal(np.isfinite(one), np.isfinite(other)):  # or they differ in length
        return float("inf")
    both = np.isfinite(one)
    if not np.array_equal(one[~both], other[~both], equal_nan=True):  # which NaN it is is nobody's
        return float("inf")
    if one[both].tobytes() == other[both].tobytes():
        return 0.0
    scale = np.maximum(np.abs(one[both]), np.abs(other[both]))
    apart = np.abs(one[both] - other[both])
    least = np.finfo(np.float64).tiny  # so that 0 and −0 are told apart
    return max(least, float(np.max(np.divide(apart, scale, out=np.zeros_like(apart), where=scale > 0))))


def _papers(history: History) -> dict[str, Paper]:
    """The papers of a run's tricks by a key of their own."""
    found: dict[str, Paper] = {}
    for trick in dict.fromkeys(name for arm in history.spec.arms for name in arm.tricks):
        for number, paper in enumerate(catalogue.load(trick).papers):
            found[f"{trick}{number + 1}" if number else trick] = paper
    return found


def _bibtex(paper: Paper, key: str) -> str:
    fields = {
        "author": " and ".join(paper.authors.split(", ")),
        "title": f"{{{paper.title}}}",
        "year": str(paper.year),
        "url": paper.url,
    }
    told = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key},\n{told}\n}}\n"


def _readme(run: WholeRun, contents: Iterable[str], without: str) -> str:
    history = run.history
    spec, labels = history.spec, load_labels()
    title = labels.get(f"trick.{spec.trick}", spec.trick)
    rows = Rows(history, run.public_id)
    there = {RUN, ROWS, PROBES, *contents}
    return "\n".join(
        (
            f"# {title[:1].upper()}{title[1:]} on {labels.get(f'task.{spec.task}.label', spec.task)}, seed {spec.seed}",
            "",
            f"A run of trick-lab, {history.step:,} of {spec.steps:,} steps. `python -m trainers verify BUNDLE.zip`",
            "checks these files, trains the run again and says which columns agree.",
            *((f"It has no script: {without}.",) if without else ()),
            "",
            *(f"- `{name}`: {told}" for name, told in _FILES.items() if name in there),
            "- `manifest.json`: by what it was made, and the size and SHA-256 of each file",
            "",
            f"## Columns of `{ROWS}`",
            "",
            "A row per step and arm. An empty cell was not measured, or does not exist for that arm.",
            "",
            *(f"- `{name}`: {_about(name, rows, history, labels)}" for name in columns_of([rows])),
            "",
        )
    )


def _about(name: str, rows: Rows, history: History, labels: dict[str, str]) -> str:
    if name in _ABOUT:
        return _ABOUT[name]
    if name in rows.knobs:
        for trick in (trick for arm in history.spec.arms for trick in arm.tricks):
            if any(knob.name == name for knob in catalogue.load(trick).knobs):
                return f"{title_and_knobs(trick)[1].get(name, name.replace('_', ' '))}, a knob, as it was in force"
    told = labels.get(f"metric.{name}", name.replace("_", " "))
    about = metric_told(labels, name, history.spec.task)
    better = metrics_of(history.spec).get(name, "")
    way = f"{better} is better" if better and f"{better} is " not in about else ""
    return "; ".join(filter(None, (told, about.rstrip("."), way)))


_FILES = {
    RUN: "its spec and events, which `python -m trainers replay` runs again",
    ROWS: "every step of every arm",
    PROBES: "arrays about the inside of the arms, by step, arm and name",
    **dict.fromkeys(FIGURES, "the race as a figure"),
    SCRIPT: "the run as a program, with torch and numpy alone",
    NOTEBOOK: "the same as a notebook",
    START: "what these begin with: data, first weights, order of batches",
    CITATION: "the papers of its tricks",
    METHODS: "a sentence for a methods section",
}
