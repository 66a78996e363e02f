"""The frames of the live socket: a JSON header and the arrays it describes, in one binary message.

A frame is the header's length (uint32, little endian), the header (JSON in UTF-8), zeros up to a multiple of 8, and
the arrays, each padded to a multiple of 8 bytes. `header["arrays"]` gives of each its `group`, `arm`, `name`, `dtype`
(f4, f8 or i4, little endian), `shape`, and `offset` in bytes from where the arrays start. Numbers in the header that
are not finite stand as the texts `nan`, `inf` and `-inf`, which JSON lacks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.live.live_run import Mark
from trainers.live.visitor import Role
from trainers.runs.arm_names import with_arms
from trainers.runs.described import describe
from trainers.runs.history import Column, History, Probe
from trainers.runs.labels import shorten
from trainers.runs.remarks import Remark, render
from trainers.runs.settings import SETTINGS
from tricks.declaration import RefusedError, Value

MAX_POINTS = 2000  # of a trace, in one frame
MAX_SENTENCE, MAX_GIVEN = 400, 50  # characters of a refusal, and values of a list in one
LARGE = 2**53  # whole numbers from here on are not exact in a browser
SMALL = 16  # a probe of at most as many numbers is drawn over the steps, so a snapshot has all of them

_ALIGN = 8
_WIDE = {"elapsed_s"}  # columns that lose something as float32
_WIDE_GROUPS = {"test", "final"}  # few numbers, which are copied and held against each other
_WIRE = {"f": "<f4", "i": "<i4", "u": "<i4", "b": "<i4"}

Array = tuple[dict[str, Any], NDArray[Any]]
"""An array and what the header says of it, but for type, shape and place."""

Labels = Mapping[str, str]


def snapshot(run_id: str, mark: Mark, labels: Labels) -> bytes:
    """All there is to know of a run, its rows thinned out to `MAX_POINTS` a trace."""
    history = mark.history
    named = with_arms(labels, history.spec.arms)
    header = {
        "type": "snapshot",
        "run": run_id,
        "spec": history.spec.to_json(),
        "called": [named[f"arm.{arm.name}"] for arm in history.spec.arms],
        "about": named["run.about"].format(seed=history.spec.seed, **describe(history.spec, named)),
        "steps": history.spec.steps,
        "steps_per_epoch": history.steps_per_epoch,
        "begun_at": mark.begun_at,
        "fork": None if mark.fork is None else asdict(mark.fork),
        "speed": mark.speed,
        "note": _note(mark, labels),
        "making": _making(mark, labels),
        **_changing(mark),
        **_new(history, 0, 0),
        **_in_force(mark),
        "remarks": [_remark(remark, named) for remark in mark.remarks],
        "looks": _looks(history),
    }
    arrays: list[Array] = []
    for arm in range(len(history.spec.arms)):
        arrays += thinned(history, arm, MAX_POINTS)
        arrays += measurements(history, arm)
    newest = {(probe.arm, name): probe.step for probe in history.probes for name in probe.arrays}
    arrays += _probes(history.probes, lambda probe, name, size: size <= SMALL or newest[probe.arm, name] == probe.step)
    return encode(header, arrays)


def _looks(history: History) -> list[int]:
    """The steps after which the inside is known, at most `MAX_POINTS` of them, the last among them."""
    steps = sorted({probe.step for probe in history.probes})
    return steps[:: -max(1, -(-len(steps) // MAX_POINTS))][::-1]


def increment(before: Mark, after: Mark, labels: Labels) -> bytes | None:
    """What is new in a run between two marks; None where that is too much for a frame, or changes what stood before."""
    old, new = before.history, after.history
    arms = range(len(new.spec.arms))
    if new.steps_per_epoch != old.steps_per_epoch:
        return None  # the run has been made meanwhile
    if any(new.length(arm) - old.length(arm) > MAX_POINTS for arm in arms):
        return None
    header: dict[str, Any] = {"type": "rows", **_changing(after)}
    if after.speed != before.speed:
        header["speed"] = after.speed
    if (after.note, after.detail) != (before.note, before.detail):
        header["note"] = _note(after, labels)
    making = _making(after, labels)
    if making != _making(before, labels):
        header["making"] = making
    header |= {name: found for name, found in _new(new, len(old.events), len(old.failures)).items() if found}
    if "events" in header or after.asked != before.asked:
        header |= _in_force(after)
    if len(after.remarks) > len(before.remarks):
        named = with_arms(labels, new.spec.arms)
        header["remarks"] = [_remark(remark, named) for remark in after.remarks[len(before.remarks) :]]
    arrays: list[Array] = []
    for arm in arms:
        if new.length(arm) > old.length(arm):
            arrays += _rows(new, arm, slice(old.length(arm), new.length(arm)))
        measured = len(old.test(arm, "step"))
        if len(new.test(arm, "step")) > measured:
            arrays += measurements(new, arm, measured)
    arrays += _probes(new.probes[len(old.probes) :])
    return encode(header, arrays)


def past(run_id: str, history: History, step: int) -> bytes:
    """What is known of the inside of a run's arms right after that step: the probes that were newest then."""
    newest = {
        (probe.arm, name): ({"group": "probe", "arm": probe.arm, "name": name, "step": probe.step}, values)
        for probe in history.probes
        if probe.step <= step
        for name, values in probe.arrays.items()
    }
    return encode({"type": "past", "run": run_id, "step": step}, list(newest.values()))


def preview(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """What a trick's knobs alone determine."""
    return encode({"type": "preview"}, [({"group": "preview", "arm": 0, "name": n}, a) for n, a in arrays.items()])


def message(kind: str, text: str | None = None) -> bytes:
    """A frame without arrays: `gone`, `gone_study` or `note`."""
    return encode({"type": kind} if text is None else {"type": kind, "message": text}, ())


def wheel(run_id: str, role: Role) -> bytes:
    """What somebody who sees a run may do with it."""
    return encode({"type": "wheel", "run": run_id, "role": role}, ())


def wheel_study(study_id: str, role: Role) -> bytes:
    """The same of a study, which no tab has to itself."""
    return encode({"type": "wheel_study", "study": study_id, "role": role}, ())


def refused(about: str, arm: object, error: RefusedError) -> bytes:
    """Why a message of the kind `about` is not done; `arm` is that of a turn, if it says one."""
    arm = arm if type(arm) is int else None
    return encode({"type": "refused", "about": about, "arm": arm, **refusal(error)}, ())


def refusal(error: RefusedError) -> dict[str, Any]:
    """A refusal as JSON, and in English for those who have no words for its rule."""
    told = {
        "name": shorten(error.name),
        "value": _brief(error.value),
        "rule": error.rule,
        "parts": {name: _brief(part, MAX_SENTENCE) for name, part in error.parts.items()},
        "message": shorten(error, MAX_SENTENCE),
    }
    plain: dict[str, Any] = jsonable(told)
    return plain


def jsonable(value: Any) -> Any:
    """`value` as JSON can say it: numbers that are not finite stand as texts."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: jsonable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return value


def encode(header: Mapping[str, Any], arrays: Sequence[Array]) -> bytes:
    """The frame of `header` and `arrays`: numbers go as float32, whole ones as int32."""
    entries: list[dict[str, Any]] = []
    parts: list[bytes] = []
    offset = 0
    for entry, values in arrays:
        with np.errstate(over="ignore"):  # a number beyond float32 is infinite there
            is_wide = entry["name"] in _WIDE or entry["group"] in _WIDE_GROUPS
            wire = np.ascontiguousarray(values, "<f8" if is_wide else _WIRE[values.dtype.kind])
        data = wire.tobytes()
        entries.append({**entry, "dtype": wire.dtype.str[1:], "shape": wire.shape, "offset": offset})
        parts += (data, bytes(-len(data) % _ALIGN))
        offset += len(data) + -len(data) % _ALIGN
    text = json.dumps(jsonable({**header, "arrays": entries}), allow_nan=False, separators=(",", ":")).encode()
    return b"".join((len(text).to_bytes(4, "little"), text, bytes(-(4 + len(text)) % _ALIGN), *parts))


def decode(frame: bytes) -> tuple[dict[str, Any], list[Array]]:
    """The header of a frame and its arrays, the inverse of `encode`."""
    end = 4 + int.from_bytes(frame[:4], "little")
    header = json.loads(frame[4:end])
    start = end + -end % _ALIGN
    arrays = []
    for entry in header.pop("arrays"):
        count = math.prod(entry["shape"])
        values = np.frombuffer(frame, "<" + entry["dtype"], count, start + entry["offset"])
        arrays.append((entry, values.reshape(entry["shape"])))
    return header, arrays


def outline(values: Column, limit: int) -> NDArray[np.intp]:
    """The indices of at most `limit` values between which nothing stands out: ends, and extremes of equal stretches.

    A stretch in which there is a value that is not a number keeps the first such.
    """
    count = len(values)
    if count <= limit:
        return np.arange(count)
    size = math.ceil(count / ((limit - 4) // 2))
    whole = count - count % size
    stretches = values[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    chosen = [starts + stretches.argmin(1), starts + stretches.argmax(1), np.array([0, count - 1])]
    if whole < count:
        chosen.append(np.array([whole + values[whole:].argmin(), whole + values[whole:].argmax()]))
    return np.unique(np.concatenate(chosen))


def thinned(history: History, arm: int, limit: int) -> list[Array]:
    """An arm's rows, at most `limit` of them: what stands out in its training loss is among them."""
    return _rows(history, arm, outline(history.row(arm, history.leading), limit))


def measurements(history: History, arm: int, first: int = 0) -> list[Array]:
    """An arm's test measurements from the `first` on."""
    columns = {name: history.test(arm, name)[first:] for name in history.test_names}
    columns["step"] = columns["step"].astype(np.int32)
    return [({"group": "test", "arm": arm, "name": name}, values) for name, values in columns.items()]


def _rows(history: History, arm: int, at: slice | NDArray[np.intp]) -> list[Array]:
    steps = np.arange(at.start, at.stop) if isinstance(at, slice) else at
    columns = {"step": steps + 1} | {name: history.row(arm, name)[at] for name in history.row_names}
    return [({"group": "row", "arm": arm, "name": name}, values) for name, values in columns.items()]


def _probes(probes: Sequence[Probe], keep: Callable[[Probe, str, int], bool] | None = None) -> list[Array]:
    return [
        ({"group": "probe", "arm": probe.arm, "name": name, "step": probe.step}, values)
        for probe in probes
        for name, values in probe.arrays.items()
        if keep is None or keep(probe, name, values.size)
    ]


def _changing(mark: Mark) -> dict[str, Any]:
    return {"state": mark.state, "step": mark.history.step, "rate": round(mark.rate, 2), "eta_s": mark.eta_s}


def _new(history: History, events: int, failures: int) -> dict[str, list[Any]]:
    return {
        "events": [event.to_json() for event in history.events[events:]],
        "failures": [asdict(failure) for failure in history.failures[failures:]],
    }


def _in_force(mark: Mark) -> dict[str, Any]:
    """The knobs of each arm and the live settings, as they are from the next step on."""
    history = mark.history
    settings: dict[str, Value] = {knob.name: history.spec.settings[knob.name] for knob in SETTINGS if knob.live}
    settings |= {event.name: event.value for event in history.events if event.arm is None}
    knobs = [dict(history.knobs_at(arm, history.step)) for arm in range(len(history.spec.arms))]
    for event in mark.asked:
        (settings if event.arm is None else knobs[event.arm])[event.name] = event.value
    return {"knobs": knobs, "settings": settings}


def _remark(remark: Remark, labels: Labels) -> dict[str, Any]:
    return {**remark.to_json(), "text": render(remark, labels)}


def _note(mark: Mark, labels: Labels) -> str | None:
    if mark.note is None:
        return None
    return labels[f"live.{mark.note}"].format(detail=mark.detail)


def _making(mark: Mark, labels: Labels) -> str | None:
    """What the run waits for before it can go on."""
    if mark.making is None:
        return None
    making = mark.making
    known = "" if making.left_s is None else ".left"
    return labels[f"live.making.{making.what}{known}"].format(
        share=f"{100 * (making.share or 0.0):.0f}",
        seconds=f"{mark.making_s:.0f}",
        left=f"{making.left_s or 0.0:.0f}",
        detail=making.detail,
    )


def _brief(value: object, length: int = 40) -> Any:
    """What somebody gave, or may give, cut where nobody would read on."""
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < LARGE):
        return value
    if isinstance(value, list | tuple):
        return [_brief(one, length) for one in value[:MAX_GIVEN]]
    return shorten(value, length)
