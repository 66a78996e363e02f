"""The tab that sweeps a knob: one run with an arm for each value, or one or two knobs over many seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isclose, log10
from typing import Any

import streamlit as st

from pages.lab.component import live
from pages.lab.many import build_many
from pages.lab.panels import Page
from pages.lab.refusals import reason
from pages.lab.seeds import build_seeds, describe_start, list_values
from pages.lab.state import Address
from pages.lab.text import Words
from pages.lab.widgets import ask_choice, ask_number, hold
from trainers.evidence.sweeps import MAX_SWEPT, MAX_VALUES, sweep_points
from trainers.runs.combine import MAX_SWEEP, SCALES, build_sweep, sweep_values
from trainers.runs.spec import RunSpec
from tricks import catalogue
from tricks.declaration import Knob, RefusedError, Value

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

    def values(self, knob: Knob, most: int = MAX_SWEEP) -> tuple[Value, ...]:
        """The values themselves, at most so many.

        Raises:
            RefusedError: there are none such.
        """
        if knob.choices:
            return sweep_values(knob)[:most]
        return sweep_values(knob, low=self.low, high=self.high, count=min(self.count, most), scale=self.scale)


@dataclass(frozen=True)
class Sweep:
    """What was chosen: one knob for live curves of one seed, or one or two (`seeded`) over many seeds."""

    axes: tuple[Axis, ...]
    seeded: bool = False


def choose(page: Page, address: Address) -> None:
    """Has the tab show a sweep over seeds of the knobs that the address names."""
    declared = address.spec.knobs_of(1)
    axes = tuple(Axis.over(declared[name]) for name in address.swept)
    st.session_state[f"sweep.{page.trick}"] = Sweep(axes, seeded=True)


def show(
    page: Page, address: Address, words: Words, take: Callable[[Mapping[str, Any]], None], *, watch: str = ""
) -> None:
    """Draws the tab for the run as it is set; `take` is told the seed and the steps that are set beside the sweep.

    `watch` is the id of a study to show.
    """
    spec, slot = address.spec, f"sweep.{page.trick}"
    declared = {name: knob for name, knob in spec.knobs_of(1).items() if len(knob.choices) != 1}
    chosen = st.session_state[slot] = _settle(st.session_state.get(slot), page, declared)
    with st.container(key="sweep"):
        _ask_mode(chosen, slot, words)
        for place in range(len(chosen.axes) + (chosen.seeded and len(chosen.axes) < min(MAX_SWEPT, len(declared)))):
            _ask(chosen, place, declared, slot, words)
        most = MAX_VALUES if chosen.seeded else MAX_SWEEP
        try:
            found = {axis.knob: axis.values(declared[axis.knob], most) for axis in chosen.axes}
            told = [_told(declared[name], values, len(found) > 1, words) for name, values in found.items()]
            if chosen.seeded:
                sweep_points(spec, found)
                config = {**build_seeds(address, words, swept=found), "watch": watch or None}
            else:
                config = _curves(spec, *next(iter(found.items())), declared, words)
        except RefusedError as error:
            st.warning(words.fill("sweep.refused", reason=reason(error, words)), icon=":material/block:")
            return
        st.caption("  \n".join(told))
        key = f"{slot}.{'seeds' if chosen.seeded else 'live'}"
        live(config, key=key, on_change=lambda: take(st.session_state[key].get("settings") or {}))


def _curves(
    spec: RunSpec, name: str, values: tuple[Value, ...], declared: Mapping[str, Knob], words: Words
) -> dict[str, Any]:
    """What the component of live curves is told."""
    swept = build_sweep(spec, name, values)
    start = {**describe_start(spec), "sweep": {"knob": name, "values": list(values)}}
    judged = catalogue.load(spec.trick).metric
    return build_many("sweep", swept, start, judged=judged, knobs=declared.values(), swept=name, words=words)


def _told(knob: Knob, values: tuple[Value, ...], named: bool, words: Words) -> str:
    name = f"{knob.symbol} {words[f'knob.{knob.name}.label']}".strip()
    text = list_values(knob, values, words)
    return words.fill("sweep.values.of", knob=name, values=text) if named else words.fill("sweep.values", values=text)


def _settle(sweep: Sweep | None, page: Page, declared: Mapping[str, Knob]) -> Sweep:
    """What was chosen before, where it still can be; at first the page's main knob."""
    kept = (
        () if sweep is None else tuple(axis.within(declared[axis.knob]) for axis in sweep.axes if axis.knob in declared)
    )
    seeded = sweep is not None and sweep.seeded
    if kept:
        return Sweep(kept if seeded else kept[:1], seeded)
    name = next((name for name in page.present_knobs if name in declared), next(iter(declared)))
    return Sweep((Axis.over(declared[name]),), seeded)


def _ask_mode(sweep: Sweep, slot: str, words: Words) -> None:
    """Live curves from one seed, or many seeds."""
    key = f"{slot}:mode"
    hold(key, sweep.seeded)

    def told(seeded: bool) -> str:
        return words["sweep.mode.seeds" if seeded else "sweep.mode.curves"]

    parts: dict[str, Any] = {"key": key, "on_change": _take_mode, "args": (slot, key)}
    st.radio(
        words["sweep.mode"], (False, True), format_func=told, horizontal=True, label_visibility="collapsed", **parts
    )
    st.caption(words["sweep.about.seeds" if sweep.seeded else "sweep.about"])


def _ask(sweep: Sweep, place: int, declared: Mapping[str, Knob], slot: str, words: Words) -> None:
    """A knob and its values, in a row; the second may be none."""
    axis = sweep.axes[place] if place < len(sweep.axes) else None
    named = {name: f"{one.symbol} {words[f'knob.{name}.label']}".strip() for name, one in declared.items()}
    others = {other.knob for other in sweep.axes if other is not axis}
    offered = tuple(name for name in declared if name not in others)
    if place:
        named, offered = {**named, "": words["sweep.knob.none"]}, ("", *offered)

    def on(field: str) -> dict[str, Any]:
        key = f"{slot}:{field}:{place}" if place else f"{slot}:{field}"
        return {"key": key, "on_change": _take, "args": (slot, key, place, field, declared)}

    knob_at, low_at, high_at, count_at, scale_at = st.columns([3, 2, 2, 2, 2], vertical_alignment="bottom")
    with knob_at:
        label = words["sweep.knob.second" if place else "sweep.knob"]
        ask_choice(label, offered, axis.knob if axis else "", named.__getitem__, **on("knob"))
    knob = None if axis is None else declared[axis.knob]
    if axis is None or knob is None or knob.choices:
        return
    for column, field in ((low_at, "low"), (high_at, "high")):
        with column:
            ask_number(words[f"sweep.{field}"], knob, getattr(axis, field), **on(field))
    most = MAX_VALUES if sweep.seeded else MAX_SWEEP
    with count_at:
        count = Knob("count", "", COUNTS[0], 2, most, integer=True)
        ask_number(words["sweep.count"], count, min(axis.count, most), **on("count"))
    with scale_at:
        scales = SCALES if knob.high is not None and knob.high > 0 else SCALES[:1]
        ask_choice(words["sweep.scale"], scales, axis.scale, lambda one: words[f"sweep.scale.{one}"], **on("scale"))
    if axis.scale == "log" and knob.low == 0:
        st.caption(words["sweep.from_zero"])


def _take_mode(slot: str, key: str) -> None:
    st.session_state[slot] = replace(st.session_state[slot], seeded=st.session_state[key])


def _take(slot: str, key: str, place: int, field: str, declared: Mapping[str, Knob]) -> None:
    """Takes up what a widget says."""
    sweep, given = st.session_state[slot], st.session_state[key]
    axes = list(sweep.axes)
    if field == "knob":
        axes[place:] = [Axis.over(declared[given]), *axes[place + 1 :]] if given else []
    elif field == "scale":
        axes[place] = axes[place].on(given, declared[axes[place].knob])
    elif given is not None:
        axes[place] = replace(axes[place], **{field: given})
    st.session_state[slot] = replace(sweep, axes=tuple(axes))
