"""The CSV: what each cell holds, and that the usual readers give the same numbers back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainers.store.made import as_json
from trainers.runs import tidy
from trainers.runs.export import (
    COMMA_SHEET,
    EXECUTED,
    SHEET,
    Dialect,
    cell,
    csv_lines,
    csv_text,
    runs_csv,
)
from trainers.runs.history import History, Progress
from trainers.runs.spec import ArmSpec, Event, RunSpec
from trainers.runs.tidy import parquet_parts

SPEC = RunSpec(
    trick="cyclic",
    task="spirals",
    seed=7,
    steps=6,
    settings={"lr": 0.1},
    arms=(
        ArmSpec("baseline"),
        ArmSpec("cyclic", ("cyclic",), {"cycle": 200, "low": -0.5, "shape": "cosine"}),
        ArmSpec("cyclic 2", ("cyclic",), {"cycle": 100, "low": 0.1, "shape": "=cosine"}),
    ),
)


def make_history(spec: RunSpec = SPEC, lengths: tuple[int, ...] = (6, 4, 6), seed: int = 0) -> History:
    """Steps of random numbers, measured at steps 2 and 4; the second arm's last loss is infinite."""
    source = np.random.default_rng(seed)
    history = History(spec, ("lr", "elapsed_s", "train_loss"), ("step", "test_loss", "test_accuracy"), 4)
    rows = [{name: source.standard_normal(n) for name in history.row_names} for n in lengths]
    rows[1]["train_loss"][-1] = math.inf
    tests = [{"step": np.array([2.0, 4.0]), **{n: source.random(2) for n in history.test_names[1:]}} for _ in lengths]
    tests[1] = {name: values[:1] for name, values in tests[1].items()}
    events = (Event(3, "cycle", 300, 1), Event(3, "lr", 0.2), Event(3, "low", 0.25, 1), Event(5, "shape", "saw", 2))
    history.append(Progress(1, max(lengths), tuple(rows), tuple(tests), events=events, finished=True))
    return history


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_header_and_order_of_rows() -> None:
    rows = read(csv_text(make_history(), "r1"))
    metrics, knobs = ("train_loss", "test_loss", "test_accuracy"), ("cycle", "low", "shape")
    assert tuple(rows[0]) == (
        *("run_id", "trick", "task", "seed", "arm", "step", "epoch", "elapsed_s", "lr"), *metrics, *knobs,
    )  # fmt: skip
    arms = ("baseline", "cyclic", "cyclic 2")
    expected = [(str(step), arm) for step in range(1, 7) for arm in arms if arm != "cyclic" or step <= 4]
    assert [(row["step"], row["arm"]) for row in rows] == expected
    assert {(row["run_id"], row["trick"], row["task"], row["seed"]) for row in rows} == {
        ("r1", "cyclic", "spirals", "7")
    }


def test_lines_end_as_the_rfc_wants() -> None:
    parts = list(csv_lines(make_history(), "r1"))
    assert all(part.endswith("\r\n") for part in parts)
    lines = "".join(parts).split("\r\n")[:-1]
    assert "\n" not in "".join(lines)
    assert len({line.count(",") for line in lines}) == 1


def test_pandas_and_csv_read_the_same_numbers_back() -> None:
    history = make_history()
    text = csv_text(history, "r1")
    table = pd.read_csv(io.StringIO(text, newline=""))
    plain = read(text)
    for number, arm in enumerate(history.spec.arms):
        mine = table[table.arm == arm.name]
        for name in history.row_names:
            np.testing.assert_array_equal(mine[name].to_numpy(), history.row(number, name))
            assert [float(row[name]) for row in plain if row["arm"] == arm.name] == list(history.row(number, name))
        measured = mine.dropna(subset="test_loss")
        for name in history.test_names:
            np.testing.assert_array_equal(measured[name].to_numpy(), history.test(number, name))
    assert (table.epoch == table.step / 4).all()


@pytest.mark.parametrize("scale", ["any", "float32", "unit", "tiny"])
def test_pandas_reads_every_float_back_exactly(scale: str) -> None:
    """The default parser, without any argument: it is exact from pandas 3 on."""
    source = np.random.default_rng(1)
    values = {
        "any": source.integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64),
        "float32": source.random(20_000).astype(np.float32).astype(np.float64),
        "unit": source.random(20_000),
        "tiny": source.random(20_000) * 10.0 ** source.uniform(-310, -200, 20_000),
    }[scale]
    values = values[np.isfinite(values)]
    text = "x\r\n" + "".join(f"{cell(value)}\r\n" for value in values.tolist())
    np.testing.assert_array_equal(pd.read_csv(io.StringIO(text, newline="")).x.to_numpy(), values)


def test_what_was_not_measured_is_empty() -> None:
    rows = read(csv_text(make_history(), "r1"))
    assert [row["step"] for row in rows if row["arm"] == "baseline" and row["test_loss"]] == ["2", "4"]
    assert all(bool(row["test_loss"]) == bool(row["test_accuracy"]) for row in rows)


def test_knobs_stand_as_they_were_in_force() -> None:
    history = make_history()
    names = ("cycle", "low", "shape")
    for row in read(csv_text(history, "r1")):
        arm = next(n for n, arm in enumerate(SPEC.arms) if arm.name == row["arm"])
        knobs = history.knobs_at(arm, int(row["step"]))
        assert [row[name] for name in names] == [cell(knobs[name]) if name in knobs else "" for name in names]
    turned = [row["cycle"] for row in read(csv_text(history, "r1")) if row["arm"] == "cyclic"]
    assert turned == ["200", "200", "300", "300"]


@pytest.mark.parametrize(("value", "text"), [(math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")])
def test_last_row_of_a_diverged_arm_carries_its_value(value: float, text: str) -> None:
    history = make_history()
    history.row(1, "train_loss")[-1] = value
    last = [row for row in read(csv_text(history, "r1")) if row["arm"] == "cyclic"][-1]
    assert (last["step"], last["train_loss"]) == ("4", text)
    table = pd.read_csv(io.StringIO(csv_text(history, "r1"), newline=""))
    np.testing.assert_array_equal(table[table.arm == "cyclic"].train_loss.to_numpy()[-1], value)


def test_exporting_twice_gives_the_same_bytes() -> None:
    assert csv_text(make_history(), "r1") == csv_text(make_history(), "r1")
    history = make_history()
    assert csv_text(history, "r1") == "".join(csv_lines(history, "r1"))


def test_an_empty_history_is_a_header() -> None:
    history = History(SPEC, ("lr", "elapsed_s", "train_loss"), ("step", "test_loss"), 4)
    assert csv_text(history, "r1").count("\r\n") == 1


def test_rows_appended_meanwhile_do_not_disturb() -> None:
    history, whole = make_history(), csv_text(make_history(), "r1")
    lines = csv_lines(history, "r1")
    start = [next(lines)]
    more = {name: np.ones(600) for name in history.row_names}
    tests = {name: np.full(1, 606.0) for name in history.test_names}
    history.append(Progress(7, 606, (more, {n: c[:0] for n, c in more.items()}, more), (tests, tests, tests)))
    assert "".join([*start, *lines]) == whole
    assert csv_text(history, "r1").startswith(whole)


@pytest.mark.parametrize("block", [1, 2, 4, 5, 6, 4096])
def test_rows_are_the_same_in_blocks_of_any_length(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an arm ends with a block."""
    history, whole = make_history(), csv_text(make_history(), "r1")
    table = pq.read_table(io.BytesIO(b"".join(parquet_parts([(history, "r1")]))))
    monkeypatch.setattr(tidy, "BLOCK", block)
    assert len(list(tidy.Rows(history, "r1").blocks())) == -(-6 // block)
    assert csv_text(history, "r1") == whole
    assert pq.read_table(io.BytesIO(b"".join(parquet_parts([(history, "r1")])))).equals(table)


@pytest.mark.parametrize("text", [mark + "1+1" for mark in EXECUTED])
def test_text_that_a_spreadsheet_would_execute_is_defused(text: str) -> None:
    (value,) = next(csv.reader([cell(text)]))
    assert value == "'" + text
    spec = replace(SPEC, trick=text, arms=(ArmSpec(text), *SPEC.arms[1:]))
    row = read(csv_text(make_history(spec), text))[0]
    assert row["run_id"] == row["trick"] == row["arm"] == "'" + text


def test_numbers_are_never_touched() -> None:
    rows = read(csv_text(make_history(), "r1"))
    assert rows[1]["low"] == "-0.5"
    assert rows[2]["shape"] == "'=cosine"
    assert cell(-1e-300) == "-1e-300"
    assert cell(-3) == "-3"


@given(st.text())
def test_any_text_survives_a_reader(text: str) -> None:
    (row,) = csv.reader(io.StringIO(f"{cell(text)},end\r\n", newline=""))
    assert row[0].removeprefix("'") == text.removeprefix("'")
    assert row[1] == "end"


@given(st.lists(st.floats(), min_size=1, max_size=40))
def test_every_float_is_read_back_to_the_last_bit(values: list[float]) -> None:
    history = History(replace(SPEC, arms=SPEC.arms[:1]), ("lr", "elapsed_s", "train_loss"), ("step", "test_loss"), 3)
    column = np.array(values)
    tests = {"step": np.arange(1.0, len(column) + 1), "test_loss": column}
    history.append(Progress(1, len(column), (dict.fromkeys(history.row_names, column),), (tests,)))
    rows = read(csv_text(history, "r1"))
    for name in ("lr", "train_loss", "test_loss"):
        found = np.array([float(row[name]) for row in rows])
        assert [repr(value) for value in found.tolist()] == [repr(value) for value in values]
    assert [float(row["epoch"]) for row in rows] == [step / 3 for step in range(1, len(column) + 1)]
    for row in rows:  # a whole number is told from a float, also where a reader guesses types by the column
        assert all(re.search(r"[.a-z]", row[name]) for name in ("lr", "epoch"))


@pytest.mark.parametrize(("form", "separator", "point"), [(SHEET, ",", "."), (COMMA_SHEET, ";", ",")])
def test_a_spreadsheet_gets_its_marks_and_the_same_numbers(form: Dialect, separator: str, point: str) -> None:
    spec = replace(SPEC, trick="=1+1", arms=(ArmSpec('a,b;"c"'), *SPEC.arms[1:]))
    data = "".join(csv_lines(make_history(spec), "r1", form)).encode()
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    plain = read(csv_text(make_history(spec), "r1"))
    told = [{name: cell.replace(".", point) for name, cell in row.items()} for row in plain]
    assert rows == [{**row, "arm": own["arm"]} for row, own in zip(told, plain, strict=True)]
    assert rows[0]["arm"] == 'a,b;"c"' and rows[0]["trick"] == "'=1+1"
    table = pd.read_csv(io.StringIO(text, newline=""), sep=separator, decimal=point)
    np.testing.assert_array_equal(table[table.arm == "cyclic 2"].lr.to_numpy(), make_history(spec).row(2, "lr"))


def test_runs_stand_one_after_another_in_one_table() -> None:
    other = replace(SPEC, trick="dropout", seed=8, arms=(ArmSpec("dropout", ("dropout",), {"p": 0.5}),))
    history = History(other, ("lr", "elapsed_s", "objective"), ("step", "test_miou"), 2)
    history.append(Progress(1, 2, ({name: np.ones(2) for name in history.row_names},), (
        {"step": np.array([2.0]), "test_miou": np.array([0.5])},)))  # fmt: skip
    rows = read("".join(runs_csv([(make_history(), "r1"), (history, "r2")])))
    groups = ("train_loss", "objective"), ("test_loss", "test_accuracy", "test_miou"), ("cycle", "low", "shape", "p")
    assert tuple(rows[0])[9:] == tuple(name for group in groups for name in group)
    assert [row["run_id"] for row in rows] == ["r1"] * 16 + ["r2"] * 2
    alone = [read(csv_text(make_history(), "r1")), read(csv_text(history, "r2"))]
    for row, own in zip(rows, (row for one in alone for row in one), strict=True):
        assert row == {name: own.get(name, "") for name in row}


def test_parquet_has_the_same_cells_by_their_types() -> None:
    history = make_history(replace(SPEC, steps=5000), (5000, 4, 5000))
    data = b"".join(parquet_parts([(history, "r1")]))
    table = pq.read_table(io.BytesIO(data))
    plain = read(csv_text(history, "r1"))
    assert table.column_names == list(plain[0])
    kinds = {"int64": ("seed", "step", "cycle"), "string": ("run_id", "trick", "task", "arm", "shape")}
    told = {name: kind for kind, names in kinds.items() for name in names}
    assert {field.name: str(field.type) for field in table.schema} == {
        name: told.get(name, "double") for name in plain[0]
    }
    for name in table.column_names:
        read_back = table.column(name).to_pylist()
        texts = [row[name] for row in plain]
        assert [value is None for value in read_back] == [not text for text in texts]
        for value, text in zip(read_back, texts, strict=True):
            same = text.removeprefix("'") if isinstance(value, str) else text and type(value)(text)
            assert value is None or repr(value) == repr(same)


def test_parquet_of_several_runs_is_one_table_and_the_same_each_time() -> None:
    other = make_history(replace(SPEC, arms=(ArmSpec("x", (), {"cycle": 0.5, "flag": True}), *SPEC.arms[1:])))
    runs = [(make_history(), "r1"), (other, "=r2")]
    data = b"".join(parquet_parts(runs))
    assert data == b"".join(parquet_parts(runs))
    table = pq.read_table(io.BytesIO(data)).to_pandas()
    assert list(table.run_id) == ["r1"] * 16 + ["=r2"] * 16
    assert table.cycle.dtype == np.float64 and table.flag.tolist().count(True) == 6
    assert b"".join(parquet_parts([]))[:4] == b"PAR1"


def test_surrogates_become_writable() -> None:
    assert cell("a\ud800").encode() == b"a?"


def test_json_is_what_replay_reads() -> None:
    data = json.loads(as_json(make_history()))
    assert set(data) == {"provenance", "spec", "events"}
    assert data["events"][0] == {"step": 3, "name": "cycle", "value": 300, "arm": 1}
