"""What is refused, in the page's words: what `refusalText` of the panels' module says, for all that a script shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pages.lab.text import Words
from trainers.runs.arm_names import symbol_text, value_text
from trainers.runs.settings import SETTINGS
from trainers.wire.frames import refusal
from tricks import catalogue
from tricks.declaration import RefusedError

Called = Callable[[str], str | None]
"""What a knob, a setting, a field or a trick is called, or None where its identifier says it."""


def reason(error: RefusedError, words: Words) -> str:
    """Why something was refused, as a sentence without its full stop."""
    return refusal_text(refusal(error), words, lambda name: called(name, words)).removesuffix(".")


def refusal_text(told: Mapping[str, Any], words: Words, called: Called) -> str:
    """A refusal, as `trainers.wire.frames.refusal` tells it, in words; its own sentence where its rule has none."""

    def calling(name: str) -> str:
        return called(name) or name.replace("_", " ")

    def valued(value: object) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return words.get(f"choice.{told['name']}.{text}", text)

    def in_state(name: str) -> str:
        return words.get(f"lab.state.{name}", name)

    template = words.get(f"lab.refused.rule.{told['rule']}")
    if not template:
        return str(told["message"])
    ways: dict[str, Callable[[Any], str]] = {"near": calling, "tricks": calling, "other": calling, "state": in_state}
    said = {name: _all(part, ways.get(name, valued)) for name, part in told["parts"].items()}
    own = {"name": calling(told["name"]), "value": _all(told["value"], valued)}
    return capital(template.format(**own, **said))


def called(name: str, words: Words) -> str | None:
    """A knob's or a setting's symbol, or its label where it has none; seed and steps have labels only."""
    symbols = {
        knob.name: knob.symbol for knob in (*SETTINGS, *(one for trick in catalogue.every() for one in trick.knobs))
    }
    if symbols.get(name):
        return symbol_text(symbols[name])
    return words.get(f"setting.{name}.label") or words.get(f"knob.{name}.label") or None


def capital(text: str) -> str:
    """A sentence with its first letter large, unless that is a symbol."""
    return text if text[:1].isalpha() and not text[1:2].isalpha() else text[:1].upper() + text[1:]


def _all(said: object, by: Callable[[Any], str]) -> str:
    return ", ".join(_one(each, by) for each in said) if isinstance(said, list) else _one(said, by)


def _one(said: object, by: Callable[[Any], str]) -> str:
    if isinstance(said, bool) or not isinstance(said, int | float):
        return by(said)
    return f"{said:,.0f}" if said == int(said) else value_text("", said, {})
