"""The page of tricks together: switch on any that go together, and take them apart again in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import streamlit as st

from pages.lab.choice import Choice, labels_of, offered_tasks, offered_tricks, read, settings_pages, settle
from pages.lab.component import live
from pages.lab.config import settings_of
from pages.lab.gallery import titles
from pages.lab.many import build_many
from pages.lab.refusals import capital
from pages.lab.state import EMBED, MOST_OF_ID
from pages.lab.text import Words, escape, load_words, spoken
from pages.lab.view import STYLE, asked_language
from pages.lab.widgets import ask_choice, ask_value, hold
from trainers.runs.arm_names import in_sentence
from trainers.runs.build import Conflict, conflicts
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from tricks import catalogue

START = Choice(("flooding", "dropout", "label_cleaning"), "digits")
SLOT, KEY = "combine", "combine.live"

NARROW = """<style>
.st-key-combine-choice [data-testid="stVerticalBlock"] { gap: 0.5rem; }
.st-key-combine-choice .stCaption { margin-top: -0.25rem; }
/* On a phone the switches stand before the race, in a window of their own. */
@media (max-width: 640px) { .st-key-combine-choice { max-height: 300px; overflow-y: auto; flex-wrap: nowrap; } }
</style>"""


@dataclass
class Visit:
    """What a session holds of the page: its state, what the address said then, and the run that it asked to watch."""

    choice: Choice
    params: dict[str, str]
    watch: str = ""


def show() -> None:
    """Draws the page."""
    words = load_words(spoken(asked_language()))
    visit = _visit(words)
    choice, named = visit.choice, {name: in_sentence(title) for name, title in titles(words).items()}
    st.html(STYLE + NARROW)
    with st.container(key="title"):
        st.title(words["combine.title"], anchor=False)
        st.markdown(words["combine.about"])
    if choice.notes:
        st.warning("  \n".join(map(escape, choice.notes)), icon=":material/info:")
    reasons = [tell(conflict, named, words) for conflict in choice.conflicts()]
    if reasons:
        st.warning("  \n".join([words["combine.conflicts"], *reasons]), icon=":material/block:")
    with st.container(key="combine"):
        choosing, running = st.columns([2, 7], gap="large")
        with choosing.container(key="combine-choice"):
            _choose(choice, named, words)
        with running:
            _run(visit, reasons, words)


def tell(conflict: Conflict, named: Mapping[str, str], words: Words) -> str:
    """A conflict in words; the tricks are called as in `named`."""
    told = {
        "trick": named[conflict.trick],
        "fields": ", ".join(words[f"combine.field.{one}"] for one in conflict.fields),
    }
    if conflict.asked:
        said = words.fill("combine.conflict.trainer", **told, kind=words[f"combine.trainer.{conflict.asked}"])
    elif conflict.task:
        said = words.fill("combine.conflict.task", **told)
    elif conflict.model:
        said = words.fill("combine.conflict.model", **told, model=words[f"choice.model.{conflict.model}"])
    else:
        key = "combine.conflict.needs" if conflict.needs else "combine.conflict.field"
        said = words.fill(key, **told, other=named[conflict.other])
    return capital(said)


def _visit(words: Words) -> Visit:
    """The session's visit, begun anew whenever the address says something else than it did."""
    visit: Visit | None = st.session_state.get(SLOT)
    params = {name: value for name, value in st.query_params.to_dict().items() if name not in EMBED}
    if visit is None or visit.params != params:
        visit = Visit(read(params, _start(), words), params, params.get("run", "")[:MOST_OF_ID])
        st.session_state[SLOT] = visit
        _write(visit, words)
    return visit


def _start() -> Choice:
    """What the page starts with, of it what can be used."""
    return replace(START, tricks=tuple(name for name in START.tricks if not catalogue.problem(name)))


def _write(visit: Visit, words: Words) -> None:
    visit.params = visit.choice.to_params(_start(), words.language)
    st.query_params.from_dict(visit.params)


def _take(words: Words, key: str, kind: str, name: str = "") -> None:
    """Takes up what a widget says; values that no longer fit what is chosen are left out, with a note."""
    visit: Visit = st.session_state[SLOT]
    choice, given = visit.choice, st.session_state[key]
    values: dict[str, Any] = dict(choice.values)
    start = {"like": choice.like, "seed": choice.seed, "steps": choice.steps}
    if kind == "trick":
        names = {*choice.tricks, name} if given else {*choice.tricks} - {name}
        choice = replace(choice, tricks=tuple(one for one in catalogue.NAMES if one in names))
        values = {one: value for one, value in values.items() if given or one not in _knobs(name)}
        if start["like"] not in settings_pages(choice):
            start["like"] = None
    elif kind == "task":
        choice, values, start = replace(choice, task=given), {}, {"seed": choice.seed}
    elif kind == "ablate":
        choice = replace(choice, ablate=given)
    elif kind == "like":
        start["like"] = given
    else:
        values[name] = given
    asked = {one: value for one, value in start.items() if value is not None}
    plain = replace(choice, like=None, steps=None, values={})
    visit.choice = settle(plain, {**asked, **values}, words)
    _write(visit, words)


def _key(visit: Visit) -> str:
    """The component's: a new one where the address asks to watch another run."""
    return f"{KEY}.{visit.watch}"


def _report(words: Words) -> None:
    """Takes up the seed and the number of steps that were set beside the run."""
    visit: Visit = st.session_state[SLOT]
    told = st.session_state[_key(visit)].get("settings")
    if not isinstance(told, Mapping):
        return
    choice = visit.choice
    steps = choice.steps if told.get("steps") == choice.plan().steps else told.get("steps")
    asked = {"seed": told.get("seed"), "steps": steps, "like": choice.like, **choice.values}
    asked = {name: value for name, value in asked.items() if value is not None}
    visit.choice = settle(replace(choice, like=None, values={}), asked, words)
    _write(visit, words)


def _knobs(trick: str) -> set[str]:
    return {knob.name for knob in catalogue.load(trick).knobs}


def _choose(choice: Choice, named: Mapping[str, str], words: Words) -> None:
    """Switches and knobs; each takes effect at the next start."""
    spec = choice.plan() if choice.tricks else None
    told = labels_of(choice.tricks, words)

    def on(kind: str, name: str = "") -> dict[str, Any]:
        key = f"combine:{kind}:{name}"
        return {"key": key, "on_change": _take, "args": (words, key, kind, name)}

    ask_choice(
        words["combine.task"], offered_tasks(), choice.task, lambda one: words[f"task.{one}.label"], **on("task")
    )
    for family, tricks in offered_tricks().items():
        st.caption(words[f"family.{family}"])
        for name in tricks:
            _switch(name, choice, spec, named, told, on)
    if spec is None:
        return
    hold("combine:ablate:", choice.ablate)
    st.toggle(words["combine.ablate"], help=words["combine.ablate.help"], **on("ablate"))
    with st.expander(words["combine.settings"]):
        pages = {page: named[page] if page else words["combine.like.task"] for page in settings_pages(choice)}
        like = next(iter(pages)) if choice.like is None else choice.like
        ask_choice(words["combine.like"], tuple(pages), like, lambda one: pages.get(one, one), **on("like"))
        for setting in settings_of(load_task(spec.task), spec):
            ask_value(setting, "setting", spec.settings[setting.name], words, **on("value", setting.name))


def _switch(
    name: str,
    choice: Choice,
    spec: RunSpec | None,
    named: Mapping[str, str],
    words: Words,
    on: Callable[..., dict[str, Any]],
) -> None:
    """A trick's switch, with why it cannot be switched on, or with its main knobs where it is on."""
    is_on = name in choice.tricks
    beside = conflicts((*choice.tricks, name), choice.task, None if spec is None else spec.settings["model"])
    others = [conflict for conflict in beside if name in conflict.between]
    hold(f"combine:trick:{name}", is_on)
    st.toggle(capital(named[name]), disabled=bool(others) and not is_on, **on("trick", name))
    if others and not is_on:
        st.caption(" ".join(tell(conflict, named, words) for conflict in others))
    if not is_on or spec is None:
        return
    declared = spec.knobs_of(1)
    for knob in import_module(f"pages.{name}").PAGE.present_knobs:
        if knob in declared:
            ask_value(declared[knob], "knob", spec.arms[1].knobs[knob], words, **on("value", knob))


def _run(visit: Visit, reasons: list[str], words: Words) -> None:
    """The run, or what must be chosen first."""
    choice = visit.choice
    if not choice.tricks:
        st.info(words["combine.none"], icon=":material/toggle_off:")
        return
    spec = choice.plan()
    judged = catalogue.load(choice.tricks[0]).metric
    blocked = " ".join(reasons)
    knobs = spec.knobs_of(1).values()
    told = labels_of(choice.tricks, words)
    config = build_many("combine", spec, choice.asked, judged=judged, knobs=knobs, blocked=blocked, words=told)
    config["watch"] = visit.watch or None
    live(config, key=_key(visit), on_change=lambda: _report(words))


if __name__ == "__main__":
    show()
