"""What the arms of a run are called: by their tricks, and by the knobs in which arms of the same tricks differ.

`file_names` are for data: ASCII, with knobs by their identifiers. `call_arms` says the same in a language's words, with
knobs by their symbols, and everything that speaks of arms takes its words from there. A name is that of the start: what
is turned later stands in the events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tricks import catalogue
from tricks.declaration import Value

if TYPE_CHECKING:
    from trainers.runs.spec import ArmSpec

BASELINE = "baseline"
Parts = tuple[Sequence[str], Mapping[str, Value]]
"""An arm's tricks and knobs."""


def file_names(arms: Sequence[Parts]) -> tuple[str, ...]:
    """A name of its own for each of `arms`, their tricks and knobs: `flooding flood_level=0.2`."""
    names: list[str] = []
    for (tricks, knobs), differs in zip(arms, differing(arms), strict=True):
        base = _file_base(tricks, knobs)
        told = " ".join(f"{name}={short(knobs[name])}" for name in differs)
        name = f"{base} {told}".strip()
        again = sum(other == name or other.startswith(f"{name} #") for other in names)
        names.append(f"{name} #{again + 1}" if again else name)
    return tuple(names)


def differing(arms: Sequence[Parts]) -> list[list[str]]:
    """For each arm the knobs in which it differs from others that are called alike but for these."""
    bases = [_file_base(tricks, knobs) for tricks, knobs in arms]
    return [
        [name for name in knobs if any(other.get(name) != knobs[name] for _, other in _kin(arms, bases, base))]
        for (_, knobs), base in zip(arms, bases, strict=True)
    ]


def call_arms(arms: Sequence[ArmSpec], labels: Mapping[str, str]) -> dict[str, str]:
    """What each arm is called in the words of `labels`, by its name in files.

    An arm of somebody's own naming, such as those of an ablation, is called by `arm.<name>`, or else by its name.
    """
    parts = [(arm.tricks, arm.knobs) for arm in arms]
    made, called = file_names(parts), {}
    for arm, name, differs in zip(arms, made, differing(parts), strict=True):
        if arm.name != name:
            called[arm.name] = _of_their_own(arm.name, labels)
            continue
        base = " + ".join(_base(trick, arm.knobs, labels) for trick in arm.tricks) or labels.get(
            "lab.arm.baseline", BASELINE
        )
        told = [
            f"{symbol_text(_symbol(knob, arm.tricks))} {value_text(knob, arm.knobs[knob], labels)}".strip()
            for knob in differs
        ]
        again = re.search(r" #\d+$", name)
        called[name] = ", ".join([base, *told]) + (again[0] if again else "")
    return called


def _of_their_own(name: str, labels: Mapping[str, str]) -> str:
    """An arm that was given its name: by its label, as one of an ablation, or as it is."""
    part, _, trick = name.partition(" ")
    if part in ("without", "only") and trick in catalogue.NAMES:
        return labels[f"arm.{part}"].format(trick=labels.get(f"trick.{trick}") or trick.replace("_", " "))
    return labels.get(f"arm.{name}") or in_line(name.replace("_", " "))


def with_arms(labels: Mapping[str, str], arms: Sequence[ArmSpec]) -> dict[str, str]:
    """`labels` with what each of `arms` is called, as `arm.<name>`."""
    return {**labels, **{f"arm.{name}": called for name, called in call_arms(arms, labels).items()}}


def in_line(name: str) -> str:
    """An arm's name as it stands in a line of text: a file's may have line ends."""
    return " ".join(name.splitlines())


def short(value: Value) -> str:
    """A value in a file name: up to six digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def symbol_text(symbol: str) -> str:
    """A symbol in a line of text: digits after its underscore as subscripts, letters after a space."""
    subscripts = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    told = re.sub(r"_(\d+)$", lambda found: found[1].translate(subscripts), symbol)
    return told.replace("_", " ")


def value_text(name: str, value: Value, labels: Mapping[str, str]) -> str:
    """A value as it is said of that knob: numbers in three digits, choices by their label."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return labels.get(f"choice.{name}.{value}") or str(value).replace("_", " ")
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-4:
        mantissa, exponent = f"{value:.2e}".split("e")
        told = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    elif abs(value) >= 1000:
        told = f"{value:,.0f}"
    else:
        told = f"{value:.3g}"
    return told.replace("-", "−")


def in_sentence(title: str) -> str:
    """A title as it stands within a sentence: its first letter small, unless it has a name or an acronym in it."""
    rest = title[1:]
    return title[:1].lower() + rest if rest == rest.lower() else title


def _kin(arms: Sequence[Parts], bases: Sequence[str], base: str) -> list[Parts]:
    return [arm for arm, other in zip(arms, bases, strict=True) if other == base]


def _file_base(tricks: Sequence[str], knobs: Mapping[str, Value]) -> str:
    return " + ".join(str(knobs[_naming(trick)]) if _names(trick, knobs) else trick for trick in tricks) or BASELINE


def _base(trick: str, knobs: Mapping[str, Value], labels: Mapping[str, str]) -> str:
    if _names(trick, knobs):
        return value_text(_naming(trick), knobs[_naming(trick)], labels)
    return labels.get(f"trick.{trick}") or trick.replace("_", " ")


def _naming(trick: str) -> str:
    return catalogue.load(trick).named_by


def _names(trick: str, knobs: Mapping[str, Value]) -> bool:
    """Whether the trick's arm is called by what it chooses, such as Adam."""
    return bool(_naming(trick)) and _naming(trick) in knobs


def _symbol(name: str, tricks: Sequence[str]) -> str:
    """The symbol of a knob of one of the tricks; none of a choice without one, whose values speak for themselves."""
    (knob, *_) = (knob for trick in tricks for knob in catalogue.load(trick).knobs if knob.name == name)
    return knob.symbol or ("" if knob.choices else name.replace("_", " "))
