"""What a page says over the live socket, read: which message it is, and the run or study that it asks for.

What is malformed, too large or one too many raises `ClosedError`; what cannot be raises `RefusedError`, which names the
field, the rule and the value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, TypeVar

from numpy.typing import NDArray

from trainers.evidence.plan import Plan, plan_repeat, plan_sweep
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination, build_sweep
from trainers.runs.spec import COMBINE, RunSpec
from trainers.wire.protocol import BURST, MAX_BYTES, RATE
from tricks import catalogue
from tricks.declaration import RefusedError

M = TypeVar("M")

MALFORMED, TOO_LARGE, TOO_MUCH, BROKEN, OLDER = 1007, 1009, 1008, 1011, 4409
"""The codes with which a connection is closed; the last one is of our own."""


class ClosedError(Exception):
    """The connection is to be closed with `code` and this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Allowance:
    """What a socket may still say: `RATE` of costs a second, and `BURST` at once."""

    def __init__(self) -> None:
        self._left, self._counted_at = BURST, monotonic()

    def spend(self, cost: float) -> None:
        """Takes the cost of a message off.

        Raises:
            ClosedError: there is not so much left.
        """
        now = monotonic()
        self._left = min(BURST, self._left + (now - self._counted_at) * RATE) - cost
        self._counted_at = now
        if self._left < 0:
            raise ClosedError(TOO_MUCH, f"more than {RATE:g} messages a second")


def admit(text: str | None) -> str:
    """The text of a message that is text, and not too large.

    Raises:
        ClosedError: it is not.
    """
    if text is None:
        raise ClosedError(MALFORMED, "messages must be text, got bytes")
    if len(text) > MAX_BYTES or (not text.isascii() and len(text.encode()) > MAX_BYTES):
        raise ClosedError(TOO_LARGE, f"messages must be at most {MAX_BYTES} bytes, got {len(text)} characters")
    return text


def parse(text: str, declared: Mapping[str, M]) -> tuple[M, dict[str, Any]]:
    """Which of the `declared` messages a text is, and its fields, not yet checked.

    Raises:
        ClosedError: it is none.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise ClosedError(MALFORMED, "messages must be JSON") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
        raise ClosedError(MALFORMED, "messages must be JSON objects with a type")
    kind = fields.pop("type")
    if kind not in declared:
        raise ClosedError(MALFORMED, f"type must be one of {', '.join(declared)}, got {kind[:20]!r}")
    return declared[kind], fields


def read_spec(trick: str | None = None, extra_arms: Sequence[Mapping[str, object]] = (), **asked: Any) -> RunSpec:
    """The checked spec that a message asks for."""
    if trick is None:
        raise RefusedError("trick must be text, got None", "missing", "trick")
    return build_spec(trick, extra_arms=tuple(extra_arms), **asked)


def read_start(
    combine: Mapping[str, Any] | None = None, sweep: Mapping[str, Any] | None = None, **asked: Any
) -> RunSpec:
    """The checked spec of a start: of one trick, of tricks together, or of the values of a knob side by side."""
    if combine is None:
        spec = read_spec(**asked)
    else:
        for name in ("trick", "extra_arms"):
            if name in asked:
                raise _apart(f"{name} must not be in a start with combine", name, "combine")
        rest = dict(combine)
        spec = build_combination(rest.pop("tricks"), **rest, **asked)
    if sweep is None:
        return spec
    if spec.trick == COMBINE:
        raise _apart("sweep must be of one trick, got it with combine", "sweep", "combine")
    return build_sweep(spec, sweep["knob"], sweep["values"])


def read_preview(**asked: Any) -> dict[str, NDArray[Any]]:
    """The arrays that the knobs alone determine, of a checked run's own trick."""
    spec = read_spec(**asked)
    compute = catalogue.load(spec.trick).preview
    if compute is None:
        raise RefusedError(f"trick must be one that has a preview, got {spec.trick!r}", "not_here", "trick", spec.trick)
    return {name: values.numpy() for name, values in compute({**spec.context, **spec.arms[1].knobs}).items()}


def read_repeat(
    seeds: object = None, sweep: Mapping[str, Sequence[object]] | None = None, evidence: bool = False, **asked: Any
) -> Plan:
    """The checked plan of a study."""
    spec = read_spec(**asked)
    if sweep is None:
        return plan_repeat(spec, seeds, as_evidence=evidence)
    if evidence:
        raise _apart("sweep must not be in a repeat of the evidence", "sweep", "evidence")
    return plan_sweep(spec, sweep, seeds)


def _apart(sentence: str, name: str, other: str) -> RefusedError:
    return RefusedError(sentence, "not_with", name, other=(other,))
