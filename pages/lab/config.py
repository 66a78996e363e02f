"""What the live component is told when it is mounted: the trick, the task, the knobs narrowed to both, the words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from pages.lab.charts import charts_of, default_charts
from pages.lab.files import served
from pages.lab.panels import Field, Lines, Page, Panel, Scatter
from pages.lab.reach import CONTROLS
from pages.lab.state import MOST_ARMS, VIEWS, Address, show
from pages.lab.text import FALLBACK, Words, load_article
from trainers.evidence.plan import SEEDS
from trainers.kinds.run import TRAINERS
from trainers.live.live_run import FASTEST, SLOWEST
from trainers.parts.randomness import generator
from trainers.runs.arm_names import in_sentence
from trainers.runs.build import build_spec, conflicts, guests, resolve_settings, setup_for
from trainers.runs.settings import FIRST_EXPLORED_SEED, SEED, SETTINGS, STEPS, ignored_by
from trainers.runs.spec import RunSpec, metric_of, metrics_of
from trainers.takeaway.forms import FORMS
from trainers.tasks import Task, load_task
from trainers.wire.messages import OLDER
from trainers.wire.protocol import MAX_BYTES, RATE, VERSION
from tricks import catalogue
from tricks.declaration import Knob, RefusedError, Value

MODULE = "lab.js"
WATCHING_S = 45  # how long a default run lasts at the speed it starts with
SHOWN = ("lr", "batch_size", "train_size", "label_noise", "depth", "width", "optimizer", "schedule", "weight_decay")
"""The shared settings that a page offers, beside those its task names and those that the address sets or speaks of."""


def defaults(spec: RunSpec) -> RunSpec:
    """The run of the same trick, task, length and settings with its knobs untouched."""
    return build_spec(spec.trick, task=spec.task, steps=spec.steps, values=spec.settings)


def build_config(page: Page, address: Address, words: Words) -> dict[str, Any]:
    """The configuration of the live component, as JSON."""
    spec, trick = address.spec, catalogue.load(page.trick)
    task = load_task(spec.task)
    plain = build_spec(spec.trick, task=spec.task)
    untouched = defaults(spec).arms[1].knobs
    charts = charts_of(spec, words)
    also = {name for name, value in spec.settings.items() if value != plain.settings[name]} | address.reach.named
    return {
        "trick": trick.name,
        "title": in_sentence(words["title"]),
        "task": task.name,
        "tasks": [{"name": s.task, "label": words[f"task.{s.task}.label"]} for s in trick.setups],
        "view": address.view,
        "autostart": address.autostart,
        "watch": address.run or None,
        "present_knobs": list(page.present_knobs),
        "reach": address.reach.to_config(),
        "controls": [name for name in CONTROLS if name != "task" or len(trick.setups) > 1],
        "seed": spec.seed,
        "steps": spec.steps,
        "speed": round(plain.steps / WATCHING_S, 1),
        "plain": {
            "task": setup_for(trick.name, None).task,
            "seed": FIRST_EXPLORED_SEED,
            "steps": plain.steps,
            "charts": list(default_charts(spec)),
            "view": VIEWS[0],
            "language": FALLBACK,
        },
        "knobs": [
            describe_knob(knob, "knob", spec.arms[1].knobs[name], untouched[name], words)
            for name, knob in spec.knobs_of(1).items()
        ],
        "settings": [
            describe_knob(knob, "setting", spec.settings[knob.name], plain.settings[knob.name], words)
            for knob in settings_of(task, spec, also)
        ],
        "extra_arms": [dict(arm) for arm in address.extra],
        "named_by": trick.named_by,
        "tricks": tricks_of(address, words.language),
        "metrics": [
            {
                "name": name,
                "label": words[f"metric.{name}"],
                "better": better,
                "unit": words.get(f"metric.{name}.unit"),
            }
            for name, better in metrics_of(spec).items()
        ],
        "judged": metric_of(spec),
        "race": [charts[name] for name in address.charts or default_charts(spec)],
        "charts": list(charts.values()),
        "panels": [panel.to_config(words) for panel in panels_of(page, spec)],
        **told_to_all(MODULE, words),
    }


def told_to_all(module: str, words: Words) -> dict[str, Any]:
    """What every kind of live component is told: the protocol's version, the limits, the words, and what it loads.

    `older` is the code with which a server closes that speaks another version than the page, `forms` how many runs go
    into a file of each form.
    """
    return {
        "version": VERSION,
        "older": OLDER,
        "limits": limits(),
        "forms": {name: form.most for name, form in FORMS.items()},
        "language": words.language,
        "labels": words.starting("lab.", "array.", "choice.", "component."),
        **served(module),
    }


def limits() -> dict[str, Any]:
    """What the server holds a page to, from where it does so: each range from its low to its high end."""
    return {
        "seed": [SEED.low, SEED.high],
        "steps": [STEPS.low, STEPS.high],
        "seeds": [SEEDS.low, SEEDS.high],
        "speed": [SLOWEST, FASTEST],
        "arms": MOST_ARMS,
        "first_explored_seed": FIRST_EXPLORED_SEED,
        "rate": RATE,
        "message_bytes": MAX_BYTES,
    }


def tricks_of(address: Address, language: str) -> list[dict[str, Any]]:
    """The page's trick and the others that further arms have, in catalogue order, with the names of their knobs."""
    trick = address.spec.trick
    members = {trick, *guests(trick, {name for arm in address.extra for name in arm})}
    return [
        {
            "title": in_sentence(load_article(one.name, language)[0].title),
            "knobs": [knob.name for knob in one.knobs],
        }
        for one in catalogue.every()
        if one.name in members
    ]


def describe_knob(knob: Knob, kind: str, value: Value, default: Value, words: Words) -> dict[str, Any]:
    """A knob or setting as the live component takes it."""
    return {
        "name": knob.name,
        "symbol": knob.symbol,
        "label": words[f"{kind}.{knob.name}.label"],
        "help": words[f"{kind}.{knob.name}.help"],
        "low": knob.low,
        "high": knob.high,
        "choices": list(knob.choices),
        "value": value,
        "default": default,
        "neutral": knob.neutral,
        "unit": knob.unit,
        "live": knob.live,
        "integer": knob.integer,
        "scale": knob.scale,
        "when": list(knob.when) or None,
        "unless": knob.unless and list(knob.unless),
        "idle": idle_text(knob, words),
    }


def idle_text(knob: Knob, words: Words) -> str:
    """What a knob needs to count, in words; empty where it always does."""

    def name(other: str) -> str:
        return words[f"knob.{other}.label"]

    parts = []
    if knob.when:
        values = [words.get(f"choice.{knob.when[0]}.{value}", value) for value in knob.when[1:]]
        parts.append(words.fill("knob.when", knob=name(knob.when[0]), values=", ".join(values)))
    if knob.unless:
        parts.append(words.fill("knob.unless", knob=name(knob.unless[0]), value=show(knob.unless[1])))
    return " ".join(parts)


def settings_of(task: Task, spec: RunSpec, also: Iterable[str] = ()) -> list[Knob]:
    """The shared settings that a page of `task` offers, and those named `also`, narrowed to what the task can give."""
    shown = {*SHOWN, *also, *task.uses, *(("model",) if task.view == "signal" else ())}  # others see no order in inputs
    offered = [knob for knob in SETTINGS if knob.name in shown and knob.name not in ignored_by(task)]
    narrowed = [_narrow(knob, task, spec) for knob in offered]
    return [knob for knob in narrowed if len(knob.choices) != 1]


def _narrow(knob: Knob, task: Task, spec: RunSpec) -> Knob:
    if knob.choices:
        now = spec.settings[knob.name]  # which stays where tricks that do not go together leave no other
        given = (choice for choice in knob.choices if choice == now or _gives(task, spec, knob.name, choice))
        return replace(knob, choices=tuple(given))
    if not knob.integer or knob.low is None or knob.high is None:
        return knob
    low, high = (_nearest_end(knob.name, int(end), task, spec) for end in (knob.low, knob.high))
    return replace(knob, low=low, high=high)


def _nearest_end(name: str, end: int, task: Task, spec: RunSpec) -> int:
    """The value nearest to `end` that the task gives: it says what it cannot, so its limit is found by asking."""
    given, refused = int(spec.settings[name]), end
    if _gives(task, spec, name, refused):
        return refused
    while abs(refused - given) > 1:
        middle = (given + refused) // 2
        given, refused = (middle, refused) if _gives(task, spec, name, middle) else (given, middle)
    return given


def _gives(task: Task, spec: RunSpec, name: str, value: Value) -> bool:
    try:
        settings = resolve_settings(task, {**spec.settings, name: value})
    except RefusedError:
        return False
    if name != "model":
        return True
    found = [conflict for arm in spec.arms for conflict in conflicts(arm.tricks, task.name, settings["model"])]
    return not any(conflict.model for conflict in found)


def panels_of(page: Page, spec: RunSpec) -> tuple[Panel, ...]:
    """The page's panels of what this run measures, and one of the task's own.

    That shows how each arm divides the plane, the paths over its ground, what is generated, or a regression's weights.
    """
    task = load_task(spec.task)
    absent = set(catalogue.load(page.trick).measures) - set(metrics_of(spec))
    panels = tuple(p for p in page.panels if not (isinstance(p, Lines) and set(p.arrays) <= absent))
    drawing = TRAINERS[task.trainer].drawing
    if drawing is None or (drawing.field and task.view != "point"):
        return panels
    field = None
    if drawing.field:
        low, high = extent(task.name)
        field = Field(values=drawing.field, low=low, high=high)
    own = Scatter(
        drawing.id, x=drawing.x, y=drawing.y, group=drawing.group, field=field, arms="all", paths=drawing.paths
    )
    return (own, *panels) if drawing.leads else (*panels, own)


@cache
def extent(name: str) -> tuple[float, float]:
    """The ends of the square over which the kind of trainer draws (see `Drawing`)."""
    task = load_task(name)
    inputs = task.make({**{knob.name: knob.default for knob in SETTINGS}, **task.settings}, generator(0, "data")).inputs
    drawing = TRAINERS[task.trainer].drawing
    assert drawing is not None
    low, high = (end.item() * drawing.beyond for end in inputs.aminmax())
    if drawing.centered:
        return -max(-low, high), max(-low, high)
    return low, high
