"""What the page of tricks together stands at, read from its address and written back to it.

Parameters are `tricks` (names with commas), `task`, `like` (the trick whose settings to start from, or `task`),
`seed`, `steps`, `ablate`, `lang`, and every knob and setting by its name. What is refused leaves a note, and the value
that stood before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pages.lab.refusals import reason
from pages.lab.state import EMBED, write
from pages.lab.text import FALLBACK, Words, load_article
from trainers.runs.build import Conflict, conflicts
from trainers.runs.combine import build_combination, shown_on
from trainers.runs.labels import shorten
from trainers.runs.settings import FIRST_EXPLORED_SEED
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import RefusedError, Value

KIND = "classifier"
"""The trainer whose tricks are offered together."""

OWN = "task"
"""What `like` says in an address where the settings start from the task's own."""

RESERVED = ("tricks", "task", "like", "seed", "steps", "ablate", "lang", "run")


@dataclass(frozen=True)
class Choice:
    """The tricks that are on, the task they are tried on, and what a person has set beside that.

    `like` is as in `build_combination`; `steps` is None where it follows the settings' page.
    """

    tricks: tuple[str, ...]
    task: str
    like: str | None = None
    seed: int = FIRST_EXPLORED_SEED
    steps: int | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    ablate: bool = True
    notes: tuple[str, ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """What the live socket is sent to start this, but for seed and steps."""
        combine = {"tricks": list(self.tricks), "like": self.like, "ablate": self.ablate}
        return {"combine": combine, "task": self.task, "values": dict(self.values)}

    def plan(self) -> RunSpec:
        """The run of these tricks, whether or not they go together.

        Raises:
            RefusedError: there is none, or a value is refused.
        """
        given = {"like": self.like, "seed": self.seed, "steps": self.steps, "values": self.values}
        return build_combination(self.tricks, task=self.task, ablate=self.ablate, clashing=True, **given)  # type: ignore[arg-type]

    def conflicts(self) -> list[Conflict]:
        """Why its tricks cannot be in one arm; none where there is no trick.

        Raises:
            RefusedError: a value is refused.
        """
        return conflicts(self.tricks, self.task, self.plan().settings["model"]) if self.tricks else []

    def to_params(self, start: Choice, language: str) -> dict[str, str]:
        """What differs from the page's first state, `start`, as parameters of an address."""
        params: dict[str, str] = {}
        if self.tricks != start.tricks:
            params["tricks"] = ",".join(self.tricks)
        if self.task != start.task:
            params["task"] = self.task
        if self.like is not None:
            params["like"] = self.like or OWN
        if self.seed != start.seed:
            params["seed"] = str(self.seed)
        if self.steps is not None:
            params["steps"] = str(self.steps)
        if not self.ablate:
            params["ablate"] = "0"
        if language != FALLBACK:
            params["lang"] = language
        return params | {name: write(value) for name, value in self.values.items()}


@cache
def offered_tricks() -> dict[str, tuple[str, ...]]:
    """The tricks that can be put together, by family, in catalogue order."""
    found: dict[str, tuple[str, ...]] = {}
    for trick in catalogue.every():
        if trick.trainer == KIND:
            found[trick.family] = (*found.get(trick.family, ()), trick.name)
    return found


@cache
def offered_tasks() -> tuple[str, ...]:
    """The tasks on which tricks can be put together."""
    shown = dict.fromkeys(setup.task for trick in catalogue.every() for setup in trick.setups)
    return tuple(task for task in shown if load_task(task).trainer == KIND)


def settings_pages(choice: Choice) -> tuple[str, ...]:
    """What the settings may start from: the pages of chosen tricks that are shown on the task, or the task's own."""
    return (*shown_on(choice.tricks, choice.task), "")


def labels_of(tricks: Sequence[str], words: Words) -> Words:
    """The words with those of these tricks' own pages."""
    labels: dict[str, str] = {}
    for name in tricks:
        labels |= load_article(name, words.language)[0].labels
    return words.with_labels(labels)


def read(params: Mapping[str, str], start: Choice, words: Words) -> Choice:
    """The state that an address asks for, with a note for everything in it that is refused."""
    notes: list[str] = []
    tricks = _read_tricks(params.get("tricks"), start, words, notes)
    task = params.get("task", start.task)
    if task not in offered_tasks():
        told = {"name": words["note.task"], "choices": ", ".join(offered_tasks()), "given": shorten(task)}
        notes.append(words.fill("note.choice", **told, kept=start.task))
        task = start.task
    asked: dict[str, Any] = {name: params[name] for name in ("seed", "steps") if name in params}
    if "like" in params:
        asked["like"] = "" if params["like"] == OWN else params["like"]
    values = {name: text for name, text in params.items() if name not in RESERVED + EMBED}
    choice = Choice(tricks, task, ablate=params.get("ablate") != "0")
    return settle(choice, {**asked, **values}, words, notes)


def settle(choice: Choice, asked: Mapping[str, Any], words: Words, notes: Sequence[str] = ()) -> Choice:
    """`choice` with each of what is asked (`like`, `seed`, `steps`, knobs and settings), unless it is refused."""
    told = list(notes)
    if not choice.tricks:
        return replace(choice, notes=tuple(told))
    for name, given in asked.items():
        own = name in ("like", "seed", "steps")
        trial = replace(choice, **{name: given}) if own else replace(choice, values={**choice.values, name: given})
        try:
            spec = trial.plan()
        except RefusedError as error:
            told.append(words.fill("combine.note.refused", name=shorten(name), reason=reason(error, words)))
            continue
        choice = trial
        if name in ("seed", "steps"):
            choice = replace(trial, **{name: getattr(spec, name)})
        elif not own:
            held = {**spec.settings, **spec.arms[1].knobs}[name]
            choice = replace(trial, values={**trial.values, name: held})
    return replace(choice, notes=tuple(told))


def _read_tricks(text: str | None, start: Choice, words: Words, notes: list[str]) -> tuple[str, ...]:
    if text is None:
        return start.tricks
    names = [name for name in text.split(",") if name]
    known = tuple(trick.name for trick in catalogue.every())
    for name in names:
        if name not in known:
            near = catalogue.nearest(name, known)
            notes.append(words.fill("combine.note.trick", given=shorten(name), near=near.strip()))
    return tuple(name for name in known if name in names)
