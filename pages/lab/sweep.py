"""The tab that sweeps a knob: from where to where, in how many values, and one run with an arm for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isclose, log10
from typing import Any

import streamlit as st

from pages.lab import state
from pages.lab.component import live
from pages.lab.many import build_many
from pages.lab.panels import Page
from pages.lab.state import Address
from pages.lab.text import Words
from pages.lab.widgets import ask_choice, ask_number
from trainers.combine import MAX_SWEEP, SCALES, build_sweep, sweep_values
from trainers.spec import RunSpec, build_spec
from tricks import catalogue
from tricks.recipe import Knob, RefusedError, Value

COUNTS = (8, 7, 9, 6, 10, 11, 5)  # of values: the first that makes steps of one digit, or else the first of all
DECADES = 2.5  # a range of positive numbers as wide as this is swept by factors
LOG_FROM = 1e-3  # of the highest value: where factors begin, when the range begins at 0


@dataclass(frozen=True)
class Axis:
    """The values of one knob: `count` of them from `low` to `high`; a choice has neither."""

    knob: str
    low: float | None
    high: float | None
    count: int
    scale: str

    @classmethod
    def over(cls, knob: Knob) -> Axis:
        """All of a knob's range."""
        if knob.low is None or knob.high is None:
            return cls(knob.name, None, None, COUNTS[0], knob.scale)
        wide = knob.low > 0 and log10(knob.high / knob.low) > DECADES
        steps = ((count, (knob.high - knob.low) / (count - 1)) for count in COUNTS)
        count = next((count for count, step in steps if isclose(step, float(f"{step:.0e}"))), COUNTS[0])
        return cls(knob.name, knob.low, knob.high, count, "log" if wide else knob.scale)

    def within(self, knob: Knob) -> Axis:
        """The same where the knob's range may have become another."""
        if knob.low is None or knob.high is None or self.low is None or self.high is None:
            return Axis.over(knob)
        low, high = (min(max(end, knob.low), knob.high) for end in (self.low, self.high))
        if (low, high) == (self.low, self.high):
            return self
        return replace(self, low=low, high=high) if low < high else Axis.over(knob)

    def on(self, scale: str, knob: Knob) -> Axis:
        """The same on another scale; factors cannot begin at 0."""
        if scale == "log" and self.low == 0 and self.high is not None:
            return replace(self, scale=scale, low=1 if knob.integer else float(f"{self.high * LOG_FROM:.2g}"))
        return replace(self, scale=scale)

    def values(self, knob: Knob) -> tuple[Value, ...]:
        """The values themselves.

        Raises:
            RefusedError: there are none such.
        """
        if knob.choices:
            return sweep_values(knob)
        return sweep_values(knob, low=self.low, high=self.high, count=self.count, scale=self.scale)


def show(page: Page, address: Address, words: Words, take: Callable[[Mapping[str, Any]], None]) -> None:
    """Draws the tab for the run as it is set; `take` is told the seed and the steps that are set beside the sweep."""
    spec, slot = address.spec, f"sweep.{page.trick}"
    declared = {name: knob for name, knob in spec.knobs_of(1).items() if len(knob.choices) != 1}
    axis = _settle(st.session_state.get(slot), page, declared)
    st.session_state[slot] = axis
    st.markdown(words["sweep.about"])
    with st.container(key="sweep"):
        _ask(axis, declared, slot, words)
        try:
            values = axis.values(declared[axis.knob])
            swept = build_sweep(spec, axis.knob, values)
        except RefusedError as error:
            st.warning(words.fill("sweep.refused", reason=str(error)), icon=":material/block:")
            return
        st.caption(words.fill("sweep.values", values=list_values(declared[axis.knob], values, words)))
        asked = {**describe_start(spec), "sweep": {"knob": axis.knob, "values": list(values)}}
        judged = catalogue.load(page.trick).metric
        config = build_many("sweep", swept, asked, judged=judged, knobs=declared.values(), swept=axis.knob, words=words)
        key = f"{slot}.live"
        live(config, key=key, on_change=lambda: take(st.session_state[key].get("settings") or {}))


def describe_start(spec: RunSpec) -> dict[str, Any]:
    """What the live socket is told of a run, but for seed and steps."""
    plain = build_spec(spec.trick, task=spec.task).settings
    settings = {name: value for name, value in spec.settings.items() if value != plain[name]}
    return {"trick": spec.trick, "task": spec.task, "values": settings | dict(spec.arms[1].knobs)}


def list_values(knob: Knob, values: Sequence[Value], words: Words) -> str:
    """The values as a sentence says them."""
    if knob.choices:
        return ", ".join(words.get(f"choice.{knob.name}.{one}", str(one).replace("_", " ")) for one in values)
    unit = f" {knob.unit}" if knob.unit else ""
    return ", ".join(map(state.show, values)) + unit


def _settle(axis: Axis | None, page: Page, declared: Mapping[str, Knob]) -> Axis:
    """What was chosen before, where it still can be; at first the page's main knob."""
    if axis is None or axis.knob not in declared:
        name = next((name for name in page.present_knobs if name in declared), next(iter(declared)))
        return Axis.over(declared[name])
    return axis.within(declared[axis.knob])


def _ask(axis: Axis, declared: Mapping[str, Knob], slot: str, words: Words) -> None:
    """The knob and its values, in a row."""
    knob = declared[axis.knob]

    def on(field: str) -> dict[str, Any]:
        key = f"{slot}:{field}"
        return {"key": key, "on_change": _take, "args": (slot, key, field, declared)}

    columns = st.columns([3, 2, 2, 2, 2], vertical_alignment="bottom")
    with columns[0]:
        named = {name: f"{one.symbol} {words[f'knob.{name}.label']}".strip() for name, one in declared.items()}
        ask_choice(words["sweep.knob"], tuple(declared), axis.knob, named.__getitem__, **on("knob"))
    if knob.choices:
        return
    for column, field in zip(columns[1:3], ("low", "high"), strict=True):
        with column:
            ask_number(words[f"sweep.{field}"], knob, getattr(axis, field), **on(field))
    with columns[3]:
        count = Knob("count", "", COUNTS[0], 2, MAX_SWEEP, integer=True)
        ask_number(words["sweep.count"], count, axis.count, **on("count"))
    with columns[4]:
        scales = SCALES if knob.high is not None and knob.high > 0 else SCALES[:1]
        ask_choice(words["sweep.scale"], scales, axis.scale, lambda one: words[f"sweep.scale.{one}"], **on("scale"))


def _take(slot: str, key: str, field: str, declared: Mapping[str, Knob]) -> None:
    """Takes up what a widget says."""
    axis, given = st.session_state[slot], st.session_state[key]
    if field == "knob":
        axis = Axis.over(declared[given])
    elif field == "scale":
        axis = axis.on(given, declared[axis.knob])
    elif given is not None:
        axis = replace(axis, **{field: given})
    st.session_state[slot] = axis
