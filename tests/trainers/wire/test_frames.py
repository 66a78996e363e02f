"""Frames hold exactly what is new, whatever the length of the run, and say in their header how to read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.held_frames import decode
from trainers.live.live_run import Mark
from trainers.live.states import State
from trainers.runs.build import build_spec
from trainers.runs.history import Column, Failure, History, Probe, Progress
from trainers.runs.remarks import Remark
from trainers.runs.spec import Event
from trainers.wire import frames
from trainers.wire.frames import Array, encode, increment, outline, snapshot

LABELS = {
    "run.about": "{task}, {values}, {steps} steps, seed {seed}",
    "lab.arm.baseline": "baseline",
    "remark.stuck": "{arm} is stuck",
    "live.broken": "ended: {detail}",
}
ROWS = ("lr", "elapsed_s", "train_loss", "objective")
TESTS = ("step", "test_loss", "test_accuracy")


def make_history(steps: int = 100_000) -> History:
    return History(build_spec("flooding", steps=steps), ROWS, TESTS, steps_per_epoch=5)


def grow(history: History, steps: int, **more: Any) -> None:
    first = history.step + 1
    at = np.arange(first, first + steps, dtype=float)
    rows = tuple({name: at * (k + 1) + arm for k, name in enumerate(ROWS)} for arm in range(2))
    when = at[at % 25 == 0]
    tests = tuple({"step": when, "test_loss": when + arm, "test_accuracy": when / 1e5} for arm in range(2))
    history.append(Progress(first, first + steps - 1, rows, tests, **more))


def mark(history: History, number: int = 0, **more: Any) -> Mark:
    return Mark(number, history.frozen(), State.RUNNING, speed=33.0, rate=30.0, **more)


def columns(arrays: list[Array], group: str, arm: int) -> dict[str, Column]:
    return {e["name"]: values for e, values in arrays if e["group"] == group and e["arm"] == arm}


def test_a_frame_is_read_as_its_header_says() -> None:
    small = np.arange(3, dtype=np.int64)
    wide = np.array([1e-300, np.nan, np.inf])
    entries: list[Array] = [
        ({"group": "row", "arm": 1, "name": "step"}, small),
        ({"group": "row", "arm": 1, "name": "elapsed_s"}, wide),
        ({"group": "probe", "arm": 0, "name": "images", "step": 7}, np.ones((2, 3, 4), np.float32)),
        ({"group": "row", "arm": 1, "name": "train_loss"}, np.array([0.1, 1e300, -np.inf])),
    ]
    frame = encode({"type": "rows", "bad": float("nan"), "knobs": ({"b": np.float64(0.5)},)}, entries)
    length = int.from_bytes(frame[:4], "little")
    header = json.loads(frame[4 : 4 + length])
    assert header["bad"] == "nan" and header["knobs"] == [{"b": 0.5}]
    assert [entry["dtype"] for entry in header["arrays"]] == ["i4", "f8", "f4", "f4"]
    assert all(entry["offset"] % 8 == 0 for entry in header["arrays"])
    assert not any(frame[4 + length : 4 + length + -(4 + length) % 8]) and len(frame) % 8 == 0
    _, arrays = frames.decode(frame)
    np.testing.assert_array_equal(arrays[0][1], small)
    np.testing.assert_array_equal(arrays[1][1], wide)
    assert arrays[2][1].shape == (2, 3, 4) and arrays[2][0]["step"] == 7
    np.testing.assert_array_equal(arrays[3][1], np.array([0.1, np.inf, -np.inf], np.float32))


def test_increments_after_a_snapshot_are_the_history_without_gap_or_repetition() -> None:
    history = make_history()
    grow(history, 40)
    marks = [mark(history)]
    for number, steps in enumerate((1, 0, 7, 60, 2000), start=1):
        if steps:
            grow(history, steps)
        marks.append(mark(history, number))
    grow(history, 10)  # what comes after a mark is none of its business
    parts = [snapshot("id", marks[0], LABELS)]
    for before, after in pairwise(marks):
        made = increment(before, after, LABELS)
        assert made is not None
        parts.append(made)
    for arm in range(2):
        for group, names in (("row", ("step", *ROWS)), ("test", TESTS)):
            found = [columns(decode(part)[1], group, arm) for part in parts]
            for name in names:
                joined = np.concatenate([part[name] for part in found if name in part])
                last = marks[-1].history
                whole = last.row(arm, name) if group == "row" and name != "step" else last.test(arm, name)
                expected = np.arange(1, last.step + 1) if (group, name) == ("row", "step") else whole
                np.testing.assert_array_equal(joined, expected.astype(joined.dtype))


def test_an_increment_tells_only_what_has_changed() -> None:
    history = make_history()
    grow(history, 40)
    before = mark(history)
    grow(history, 5, events=(Event(41, "flood_level", 0.3, 1), Event(42, "lr", 0.2)))
    grow(history, 5, failures=(Failure(46, 1, float("inf"), {"flood_level": 0.3}),))
    remark = Remark(46, "stuck", {"arm": "baseline"})
    after = mark(history, 1, remarks=(remark,), note="broken", detail="too hot")
    header, _ = decode(increment(before, after, LABELS) or b"")
    assert header["events"] == [event.to_json() for event in history.events]
    assert header["failures"] == [{"step": 46, "arm": 1, "value": "inf", "knobs": {"flood_level": 0.3}}]
    assert header["remarks"] == [
        {"step": 46, "rule": "stuck", "values": {"arm": "baseline"}, "text": "Baseline is stuck"}
    ]
    assert header["note"] == "ended: too hot"
    assert header["knobs"][1]["flood_level"] == 0.3 and header["settings"]["lr"] == 0.2
    quiet, arrays = decode(
        increment(after, mark(history, 2, remarks=(remark,), note="broken", detail="too hot"), LABELS) or b""
    )
    assert set(quiet) == {"type", "state", "step", "rate", "eta_s"} and not arrays


def test_a_second_note_of_a_kind_is_told_too() -> None:
    history = make_history()
    grow(history, 40)
    first, second = (mark(history, n, note="broken", detail=text) for n, text in enumerate(("too hot", "too cold")))
    assert decode(increment(first, second, LABELS) or b"")[0]["note"] == "ended: too cold"
    assert "note" not in decode(increment(second, second, LABELS) or b"")[0]


def test_a_snapshot_has_small_probes_whole_and_the_newest_of_large_ones() -> None:
    history = make_history()
    for step in (10, 20, 30):
        arrays = {"tau": np.full(1, step, np.float32), "images": np.full((2, 3, 3), step, np.float32)}
        grow(history, 10, probes=tuple(Probe(step, arm, arrays) for arm in range(2)))
    header, found = decode(snapshot("id", mark(history), LABELS))
    probes = [(e["arm"], e["name"], e["step"]) for e, _ in found if e["group"] == "probe"]
    assert probes == [(arm, "tau", step) for step in (10, 20) for arm in (0, 1)] + [
        (arm, name, 30) for arm in (0, 1) for name in ("tau", "images")
    ]
    assert header["run"] == "id" and header["steps_per_epoch"] == 5
    assert header["looks"] == [10, 20, 30] and decode(snapshot("id", mark(make_history()), LABELS))[0]["looks"] == []
    assert header["spec"] == history.spec.to_json()


def test_a_frame_does_not_grow_with_the_run_and_what_is_too_much_for_one_becomes_a_snapshot() -> None:
    short, long = make_history(), make_history()
    grow(short, 100)
    grow(long, 90_000)
    sizes = []
    for history in (short, long):
        before = mark(history)
        grow(history, 10)
        sizes.append(len(increment(before, mark(history, 1), LABELS) or b""))
    assert abs(sizes[1] - sizes[0]) < 100
    assert increment(mark(short), mark(long), LABELS) is None
    found = decode(snapshot("id", mark(long), LABELS))[1]
    for arm in range(2):
        rows = columns(found, "row", arm)
        assert {len(values) for values in rows.values()} == {len(rows["step"])} and len(
            rows["step"]
        ) <= frames.MAX_POINTS
        assert rows["step"][0] == 1 and rows["step"][-1] == long.step
        np.testing.assert_array_equal(
            rows["train_loss"], long.row(arm, "train_loss")[rows["step"] - 1].astype(np.float32)
        )
        np.testing.assert_array_equal(
            columns(found, "test", arm)["test_loss"], long.test(arm, "test_loss")
        )  # all digits


@pytest.mark.parametrize("count", [1, 1999, 2000, 2001, 2003, 4001, 99_999])
def test_thinning_keeps_ends_and_what_stands_out(count: int) -> None:
    values = np.sin(np.arange(count) / 50.0)
    spike, hole = count // 3, count // 2
    values[spike], values[hole] = 9.0, np.nan
    kept = outline(values, 2000)
    assert len(kept) <= 2000 and (np.diff(kept) > 0).all()
    assert {0, count - 1, spike, hole} <= set(kept.tolist())
    assert len(kept) >= min(count, 600)


def test_a_trace_of_any_length_fits() -> None:
    generator = np.random.default_rng(100)
    for count in generator.integers(2001, 60_000, 40):
        assert len(outline(generator.normal(size=count), 2000)) <= 2000


def test_messages_and_previews_are_frames_too() -> None:
    assert decode(frames.message("note", "so"))[0] == {"type": "note", "message": "so"}
    assert decode(frames.message("gone"))[0] == {"type": "gone"}
    arrays: Mapping[str, Any] = {"x": np.linspace(0, 1, 5), "lit": np.array([True, False])}
    header, found = decode(frames.preview(arrays))
    assert header == {"type": "preview"}
    assert [(e["group"], e["name"], e["dtype"]) for e, _ in found] == [("preview", "x", "f4"), ("preview", "lit", "i4")]
