"""Streamlit's widgets for a knob or setting that takes effect at the next start, each showing a given value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.lab.text import Words
from tricks.declaration import Knob, Value

WIDE = 500  # a whole number with a longer range is typed, not slid


def hold(key: str, value: object) -> None:
    """Makes the widget of that key show `value`, whatever it showed."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def ask_choice(
    label: str, choices: Sequence[Any], value: Any, told: Callable[[Any], str], *, key: str, **on: Any
) -> None:
    """A list of which one is chosen."""
    hold(key, value)
    st.selectbox(label, choices, format_func=told, key=key, **on)


def ask_value(knob: Knob, kind: str, value: Value, words: Words, *, key: str, **on: Any) -> None:
    """The widget of a knob (`kind` "knob") or setting ("setting"): a list, a slider, or a box to type in."""
    named = words[f"{kind}.{knob.name}.label"]
    symbol = knob.symbol.replace("_", "\\_")
    label = f"{symbol} {named}".strip() + (f" ({knob.unit})" if knob.unit else "")
    parts: dict[str, Any] = {"key": key, "help": words[f"{kind}.{knob.name}.help"], **on}
    if knob.choices:
        hold(key, value)
        st.selectbox(
            label,
            knob.choices,
            format_func=lambda one: words.get(f"choice.{knob.name}.{one}", str(one).replace("_", " ")),
            **parts,
        )
        return
    assert knob.low is not None and knob.high is not None
    if kind == "setting" or knob.scale == "log" or knob.high - knob.low > WIDE:
        ask_number(label, knob, value, **parts)
        return
    cast: Callable[[Any], Any] = int if knob.integer else float
    low, high = cast(knob.low), cast(knob.high)
    hold(key, cast(value))
    st.slider(label, low, high, step=1 if knob.integer else (high - low) / 100, **parts)


def ask_number(label: str, knob: Knob, value: Value, *, key: str, **parts: Any) -> None:
    """A box to type a number of a knob's range in."""
    cast: Callable[[Any], Any] = int if knob.integer else float
    shape = {"step": 1} if knob.integer else {"step": None, "format": "%.6g"}
    st.session_state[key] = cast(value)  # said each time: a box that the browser draws anew would show its lowest value
    st.number_input(label, cast(knob.low), cast(knob.high), key=key, **shape, **parts)
