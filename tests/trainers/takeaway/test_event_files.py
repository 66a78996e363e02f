"""Event files: what TensorBoard's own reader finds in them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

from tests.trainers.runs.test_export import SPEC, make_history
from trainers.runs.spec import ArmSpec
from trainers.takeaway.tensorboard import FILE, write_events


def scalars(file: Path) -> dict[str, list[tuple[int, float]]]:
    """The step and the value of every scalar, by tag, as TensorBoard reads them; it checks each record's sums."""
    found: dict[str, list[tuple[int, float]]] = {}
    for data in RawEventFileLoader(str(file)).Load():
        event = Event.FromString(data)
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_tensorboards_reader_finds_every_number(tmp_path: Path) -> None:
    history = make_history()
    files = write_events(tmp_path, history, "r1", 1.7e9)
    assert [file.relative_to(tmp_path).parts for file in files] == [
        ("r1", name, FILE) for name in ("0-baseline", "1-cyclic", "2-cyclic-2")
    ]
    for arm, file in enumerate(files):
        found = scalars(file)
        for name in ("lr", "train_loss"):
            steps, values = zip(*found[f"metrics/{name}"], strict=True)
            assert steps == tuple(range(1, history.length(arm) + 1))
            np.testing.assert_array_equal(np.array(values, np.float32), history.row(arm, name).astype(np.float32))
        for name in history.test_names[1:]:
            steps, values = zip(*found[f"tests/{name}"], strict=True)
            assert steps == tuple(history.test(arm, "step"))
            np.testing.assert_array_equal(np.array(values, np.float32), history.test(arm, name).astype(np.float32))
    turned = scalars(files[1])
    assert turned["knobs/cycle"] == [(1, 200.0), (3, 300.0)]
    assert turned["knobs/low"] == [(1, -0.5), (3, 0.25)]
    assert "knobs/shape" not in turned and "knobs/cycle" not in scalars(files[0])
    assert turned["metrics/train_loss"][-1] == (4, math.inf)


def test_times_are_those_of_the_run_and_files_the_same_each_time(tmp_path: Path) -> None:
    history = make_history()
    (first, *_) = write_events(tmp_path, history, "r1", 1.7e9)
    before = first.read_bytes()
    events = [Event.FromString(data) for data in RawEventFileLoader(str(first)).Load()]
    assert events[0].file_version == "brain.Event:2"
    assert [event.wall_time for event in events[1:]] == list(1.7e9 + history.row(0, "elapsed_s"))
    write_events(tmp_path, history, "r1", 1.7e9)
    assert first.read_bytes() == before


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    spec = type(SPEC)(SPEC.trick, SPEC.task, 0, 6, {}, (ArmSpec("../../a"), ArmSpec(".."), ArmSpec("../../a")))
    folder = tmp_path / "logs"
    files = write_events(folder, make_history(spec), "../../r")
    assert len({file.resolve() for file in files}) == 3
    assert all(file.resolve().is_relative_to(folder) for file in files)
