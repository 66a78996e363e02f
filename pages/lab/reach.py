"""What of a page's controls is in reach: an address hides some and locks some, so that one knob can be handed out.

`show=flood_level,seed` leaves out every control that it does not name, `lock=lr` shows one that cannot be changed, and
`strict=1` takes away the button that shows all. A control is a knob, a shared setting, or one of `CONTROLS`. It is a
courtesy of the page: the server refuses nobody what a page does not show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pages.lab.text import Words
from trainers.runs.labels import shorten
from trainers.runs.settings import SETTINGS

CONTROLS = ("task", "seed", "steps", "speed", "arms", "charts", "tabs")
"""What a page has beside knobs and shared settings: `arms` adds and removes some, `charts` is what the charts of the
race show and how, `tabs` is what stands beneath the lab."""
UNLOCKABLE = ("tabs",)  # are there, or are not
PARAMETERS = ("show", "lock", "strict")
LOOKED_AT = 64  # names of an address that is wrong, for which the nearest right ones are looked up


@dataclass(frozen=True)
class Reach:
    """The controls that are `shown` (None: all), those of them that are `locked`, and whether that is `strict`."""

    shown: tuple[str, ...] | None = None
    locked: tuple[str, ...] = ()
    strict: bool = False

    def hides(self, name: str) -> bool:
        """Whether a control is left out."""
        return self.shown is not None and name not in self.shown

    @property
    def named(self) -> frozenset[str]:
        """The controls that are spoken of."""
        return frozenset((*(self.shown or ()), *self.locked))

    def to_params(self) -> dict[str, str]:
        """As parameters of an address."""
        params = {} if self.shown is None else {"show": ",".join(self.shown)}
        if self.locked:
            params["lock"] = ",".join(self.locked)
        return params | ({"strict": "1"} if self.strict else {})

    def to_config(self) -> dict[str, Any]:
        """As the live component takes it."""
        shown = None if self.shown is None else list(self.shown)
        return {"show": shown, "lock": list(self.locked), "strict": self.strict}


ALL = Reach()


def read_reach(params: Mapping[str, str], knobs: Sequence[str], words: Words) -> tuple[Reach, list[str]]:
    """What an address leaves in reach on a page with those `knobs`, and a note for what it names in vain.

    Names come in the order of the page, each once. A `show` of which no name is known hides nothing, one without names
    hides all; what is hidden is not locked, too.
    """
    known = (*knobs, *(knob.name for knob in SETTINGS), *CONTROLS)
    notes: list[str] = []
    shown = _names("show", params, known, words, notes)
    locked = _names("lock", params, known, words, notes) or ()
    notes += [words.fill("note.control.lock", name=name) for name in locked if name in UNLOCKABLE]
    locked = tuple(name for name in locked if name not in UNLOCKABLE and (shown is None or name in shown))
    hides = shown is not None or bool(locked)
    return Reach(shown, locked, hides and params.get("strict") == "1"), notes


def _names(
    parameter: str, params: Mapping[str, str], known: Sequence[str], words: Words, notes: list[str]
) -> tuple[str, ...] | None:
    """The names that a parameter lists, of those that are known; None where it says nothing that counts."""
    if parameter not in params:
        return None
    asked = list(dict.fromkeys(filter(None, (part.strip() for part in params[parameter].split(",")))))
    unknown = [name for name in asked if name not in known]
    if unknown:
        near = [name for one in unknown[:LOOKED_AT] for name in get_close_matches(one, known, n=1)]
        told = {"parameter": parameter, "given": shorten(", ".join(unknown)), "near": ", ".join(dict.fromkeys(near))}
        notes.append(words.fill("note.control.near" if near else "note.control", **told))
    names = tuple(name for name in known if name in asked)
    return None if unknown and not names else names
