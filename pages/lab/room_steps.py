"""What the pages of a room need to know of a lesson's step: its page's address, its chart, and the knobs on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pages.lab.charts import charts_of, default_charts
from pages.lab.config import describe_knob, settings_of
from pages.lab.files import page_path
from pages.lab.refusals import called
from pages.lab.state import query
from pages.lab.text import FALLBACK, Words, load_words, page_words
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from trainers.teaching.experiment import Setting, main_knob, own_knobs
from trainers.teaching.lesson import Lesson

SMALL = {"autostart": "1", "embed": "true"}


def told_of(lesson: Lesson, number: int) -> dict[str, Any]:
    """What is told of a step: `address` as a student opens it, `present` as the wall does, `charts`, `knobs`.

    To `watch`, as the wall does with a run that has begun, the run's id is added. `small` is the page for a phone,
    begun, with the knobs that may be touched alone.
    `bid` is the knob of which a class may choose values, or None.
    """
    step = lesson.steps[number]
    (words, _), spec = page_words(step.page, lesson.language), step.spec()
    charts = charts_of(spec, words)
    language = {} if words.language == FALLBACK else {"lang": words.language}
    place, chosen = page_path(step.page), main_knob(step)
    return {
        "address": f"{place}?{query({**step.query, **language})}",
        "present": f"{place}?{query({**step.query, **language, 'view': 'present', 'autostart': '1'})}",
        "small": f"{place}?{query({**step.query, **language, **SMALL, 'show': ','.join((*step.touch, 'charts'))})}",
        "watch": f"{place}?{query({**step.query, **language, 'view': 'present'})}&run=",
        "charts": [charts[name] for name in default_charts(spec)],
        "knobs": [_knob(spec, name, words) for name in step.touch],
        "bid": None if chosen is None else _knob(spec, chosen.name, words),
    }


def bids_of(lesson: Lesson, number: int, names: Sequence[str], axes: Sequence[Setting]) -> list[dict[str, Any]]:
    """The knobs of which a class chooses values, at a step; where they are laid out, with those `values` alone."""
    step = lesson.steps[number]
    (words, _), spec = page_words(step.page, lesson.language), step.spec()
    told = [_knob(spec, name, words) for name in names]
    return [knob | {"values": values} for knob, values in zip(told, axes, strict=True)] if axes else told


@lru_cache(maxsize=256)
def names_of(knobs: tuple[str, ...], language: str) -> tuple[str, ...]:
    """What an experiment's knobs are called where its step is not shown: by their symbols, or labels."""
    words = load_words(language)
    return tuple(called(name, words) or name for name in knobs)


def second_knobs(lesson: Lesson, number: int) -> list[dict[str, str]]:
    """What may be a second knob beside a step's main one: `name`, `label`, `symbol` of each.

    Of shared settings those that can be turned live: others change how long a run takes, by what nobody can tell.
    """
    step = lesson.steps[number]
    spec, main = step.spec(), main_knob(step)
    own = [knob.name for knob in own_knobs(spec).values() if len(knob.choices) != 1]
    shared = [knob.name for knob in settings_of(load_task(spec.task), spec) if knob.live]
    names = [name for name in (*own, *shared) if main is not None and name != main.name]
    return [
        {field: knob[field] for field in ("name", "label", "symbol")} for knob in bids_of(lesson, number, names, ())
    ]


def _knob(spec: RunSpec, name: str, words: Words) -> dict[str, Any]:
    """A live knob of the first arm that has it, or a shared setting, as it stands when the run begins."""
    for arm, made in enumerate(spec.arms):
        knob = spec.knobs_of(arm).get(name)
        if knob is not None:
            return describe_knob(knob, "knob", made.knobs[name], made.knobs[name], words) | {"arm": arm}
    (knob,) = (one for one in SETTINGS if one.name == name)
    return describe_knob(knob, "setting", spec.settings[name], spec.settings[name], words) | {"arm": None}
