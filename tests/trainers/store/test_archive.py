"""A run as a file and back: every number the same, and whatever else somebody gives refused in a sentence."""

from __future__ import annotations

import io
import json
import math
import pickle
import random
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from trainers.kinds.run import empty_history
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from trainers.runs.export import COLUMNS, csv_text
from trainers.runs.history import Failure, History, Probe, Progress
from trainers.runs.replay import dump_replay, parse_replay
from trainers.runs.spec import Event, RunSpec
from trainers.store import archive, run_table
from trainers.store.archive import MANIFEST, PROBES, ROWS, RUN, import_file, read_archive, write_archive
from trainers.store.database import StoreError
from trainers.store.imported import CSV_NOTE, JSON_NOTE
from trainers.store.library import LOCAL, Library
from trainers.store.recording import Now, Recording, new_id
from trainers.store.store import Kept, Store
from tricks.declaration import RefusedError

KNOB = "flood_level"
PROCESSOR = "a processor, told in full: " + 20 * "AVX-512 "
SPEC = build_spec("flooding", task="spirals", steps=40, seed=7)
EVENTS = (Event(3, KNOB, 0.5, 1), Event(9, "lr", 0.02), Event(9, KNOB, 0.0, 1), Event(33, KNOB, 0.6, 1))
ODD = (math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    kept = Store(tmp_path_factory.mktemp("store"))
    yield kept
    kept.close()


@pytest.fixture
def library(store: Store) -> Library:
    return Library(store, [LOCAL])


def history_of(spec: RunSpec = SPEC, lengths: tuple[int, ...] = (40, 40), seed: int = 0) -> History:
    """Numbers of every kind; measured and probed at every tenth step. An arm with fewer steps has ended."""
    source, history = np.random.default_rng(seed), empty_history(spec)
    history.steps_per_epoch = 7
    rows = [{name: source.standard_normal(length) for name in history.row_names} for length in lengths]
    for row in rows:
        for at, value in zip(source.integers(0, max(1, len(row["lr"]) - 1), 8), ODD, strict=True):
            row[history.row_names[int(source.integers(2, len(row)))]][at : at + 1] = value
    step = max(lengths)
    measured = [np.arange(10.0, length + 1, 10) for length in lengths]
    tests = [{name: source.random(len(at)) for name in history.test_names} for at in measured]
    for test, at in zip(tests, measured, strict=True):
        test["step"] = at
    probes = tuple(
        Probe(
            int(at), arm, {"levels": source.random((2, 3), np.float32), "given": np.array([np.nan, np.inf], np.float32)}
        )
        for at in range(10, step + 1, 10)
        for arm, length in enumerate(lengths)
        if at <= length
    )
    past = tuple(event for event in EVENTS if event.step <= step)
    history.append(Progress(1, step, tuple(rows), tuple(tests), probes, past))
    for arm, length in enumerate(lengths):
        if length < step:
            last = rows[arm][history.row_names[2]]
            last[-1] = source.choice([np.nan, np.inf])
            history.row(arm, history.row_names[2])[-1] = last[-1]
            knobs = {"lr": float(history.row(arm, "lr")[-1]), **history.knobs_at(arm, length)}
            history.failures.append(Failure(length, arm, float(last[-1]), knobs))
    history.processors = (PROCESSOR,)
    return history


def kept_of(store: Store, history: History, status: str = "finished", name: str = "") -> Kept:
    """That history as the store has it, with the turns that lie behind its last step."""
    recording = Recording(new_id(), LOCAL, name)
    coming = tuple(event for event in EVENTS if event.step > history.step)
    store.write([(recording, Now(history, status, coming))])
    kept = store.load(recording.public_id)
    assert kept is not None
    return kept


def imported(store: Store, data: bytes, name: str = "run.zip") -> Kept:
    kept = store.load(import_file(store, LOCAL, name, data))
    assert kept is not None and kept.row.imported and kept.row.visitor == LOCAL
    return kept


def all_of(history: History) -> tuple[Any, ...]:
    """Everything that a history holds, to be compared."""
    probes = [
        (probe.step, probe.arm, {name: (array.shape, array.tobytes()) for name, array in probe.arrays.items()})
        for probe in history.probes
    ]
    ends = [(failure.step, failure.arm, repr(failure.value), dict(failure.knobs)) for failure in history.failures]
    return csv_text(history, "x"), probes, ends, history.events, history.spec, history.step, history.steps_per_epoch


# --- what is written is read back


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["finished", "failed", "stopped", "interrupted", "running"]),
)
@examples(max_examples=25)
def test_any_run_comes_back_from_its_archive(store: Store, lengths: tuple[int, int], seed: int, status: str) -> None:
    kept = kept_of(store, history_of(lengths=lengths, seed=seed), status)
    found = read_archive(write_archive(kept.whole()))
    assert all_of(found.now.history) == all_of(kept.history)
    assert found.now.coming == kept.coming
    assert found.now.status == (status if status in archive.ENDED else "stopped")
    again = imported(store, write_archive(kept.whole()))
    assert all_of(again.history) == all_of(kept.history) and again.coming == kept.coming


def test_an_archive_is_the_same_whenever_it_is_written(store: Store) -> None:
    kept = kept_of(store, history_of())
    assert write_archive(kept.whole()) == write_archive(kept.whole())


def test_what_is_said_of_a_run_comes_along(store: Store, library: Library) -> None:
    kept = kept_of(store, history_of(), name="=1+1 <img src=x onerror=alert(1)>")
    library.annotate(kept.public_id, "学习率 <b>太大</b>\nsecond line")
    kept = store.load(kept.public_id) or kept
    again = imported(store, write_archive(kept.whole()))
    assert again.public_id != kept.public_id
    same = ("name", "note", "status", "created_at", "ended_at", "app_version", "code_hash", "torch", "processor")
    assert {name: getattr(again.row, name) for name in same} == {name: getattr(kept.row, name) for name in same}


def test_a_run_keeps_its_id_where_that_is_free(store: Store, tmp_path: Path) -> None:
    kept = kept_of(store, history_of())
    other = Store(tmp_path)
    try:
        assert import_file(other, "somebody", "run.zip", write_archive(kept.whole())) == kept.public_id
        assert import_file(other, "somebody", "run.zip", write_archive(kept.whole())) != kept.public_id
        assert Library(other, ["somebody"]).page().total == 2
        assert Library(other, [LOCAL]).page().total == 0
    finally:
        other.close()


def test_a_run_without_a_step_comes_back(store: Store) -> None:
    kept = kept_of(store, empty_history(SPEC), "interrupted")
    again = imported(store, write_archive(kept.whole()))
    assert (again.history.step, again.status, again.coming) == (0, "stopped", EVENTS)


def test_an_archive_is_read_without_this_code(store: Store) -> None:
    kept = kept_of(store, history_of())
    contents = unzipped(write_archive(kept.whole()))
    assert contents[ROWS].decode() == csv_text(kept.history, kept.public_id)
    with np.load(io.BytesIO(contents[PROBES]), allow_pickle=False) as probes:
        first = kept.history.probes[0]
        np.testing.assert_array_equal(probes[f"{first.step}/{first.arm}/levels"], first.arrays["levels"])
    assert parse_replay(json.loads(contents[RUN])) == (SPEC, EVENTS)
    manifest = json.loads(contents[MANIFEST])
    assert (manifest["format"], manifest["version"]) == ("trick-lab run", 1)  # as those say that people have


def test_a_run_that_no_archive_may_hold_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_of(store, history_of())
    monkeypatch.setattr(archive, "MAX_UNPACKED", archive.MAX_MANIFEST + 4000)
    with pytest.raises(StoreError, match="export the CSV instead"):
        write_archive(kept.whole())


# --- JSON and CSV


def test_a_json_is_a_run_without_rows_that_can_be_replayed(store: Store) -> None:
    kept = kept_of(store, history_of())
    again = imported(store, kept.whole().json().encode(), "lesson.json")
    assert (again.history.spec, again.coming, again.history.step) == (SPEC, EVENTS, 0)
    assert (again.row.name, again.row.note, again.status) == ("lesson", JSON_NOTE, "stopped")
    assert again.history.processors == (PROCESSOR,)
    bare = imported(store, b"\xef\xbb\xbf  " + json.dumps(dump_replay(SPEC, EVENTS)).encode())
    assert bare.coming == EVENTS and bare.row.code_hash == "unknown"


@pytest.mark.parametrize("lengths", [(40, 40), (40, 12), (12, 40)])
def test_a_csv_is_a_run_with_the_tricks_own_settings(store: Store, lengths: tuple[int, int]) -> None:
    kept = kept_of(store, history_of(lengths=lengths))
    again = imported(store, csv_text(kept.history, kept.public_id).encode(), "my.lesson.csv")
    assert csv_text(again.history, "x") == csv_text(kept.history, "x")
    assert [event for event in again.history.events if event.name == KNOB] == [
        event for event in kept.history.events if event.name == KNOB and event.step <= lengths[1]
    ]
    assert (again.row.name, again.row.note, again.status) == ("my.lesson", CSV_NOTE, "finished")
    assert (again.row.code_hash, again.history.processors) == ("unknown", ("unknown",))
    assert [repr(failure) for failure in again.history.failures] == [repr(one) for one in kept.history.failures]


def test_a_csv_of_tricks_together_has_their_arms(store: Store) -> None:
    spec = build_combination(["flooding", "dropout"], task="spirals", ablate=True, steps=20)
    history = history_of(spec, (20,) * len(spec.arms))
    history.events.clear()
    again = imported(store, csv_text(history, "run-1").encode())
    assert again.history.spec.arms == spec.arms
    assert csv_text(again.history, "x") == csv_text(history, "x")


def test_names_that_a_spreadsheet_would_execute_are_text(store: Store) -> None:
    spec = replace(SPEC, arms=(replace(SPEC.arms[0], name="=1+1"), replace(SPEC.arms[1], name='a "b",\r\n<script>')))
    kept = kept_of(store, history_of(spec))
    for data in (write_archive(kept.whole()), csv_text(kept.history, "x").encode()):
        assert [arm.name for arm in imported(store, data).history.spec.arms] == [arm.name for arm in spec.arms]


def without_steps(lines: list[str]) -> list[str]:
    return [*lines[:5], *lines[7:]]


def of_two_seeds(lines: list[str]) -> list[str]:
    return [*lines[:-1], lines[-1].replace(",7,", ",8,", 1)]


def each(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [line.replace(old, new, 1) for line in lines]


def one(number: int, old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:number], lines[number].replace(old, new, 1), *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_steps, "the steps of an arm must count up from 1"),
        (lambda lines: lines[:1], "must have rows"),
        (lambda lines: lines[1:], "first line must begin"),
        (of_two_seeds, "one run, this one has 2 in its column seed"),
        (lambda lines: [*lines[:3], "x,y\r\n", *lines[3:]], "its rows are damaged"),
        (lambda lines: ["".join(lines)[:-40]], "damaged|must not be empty"),
        (one(1, "baseline,1,", "baseline,1.5,"), "its rows are damaged"),
        (one(1, ",7,baseline", ",,baseline"), "one run"),
        (each(",7,", ",,"), "seed must not be empty"),
        (each(",7,", ",99999999999999999999,"), "damaged"),
        (each(",7,", ",-7,"), "seed must be"),
        (each(",flooding,spirals,", ",floding,spirals,"), "floding"),
        (each(",flooding,spirals,", ",flooding,../spirals,"), "task must be one of"),
        (each("train_loss", "=cmd"), "its metrics must be"),
        (each(",test_loss", ",train_loss"), "first line must begin"),
        (one(8, ",0.5\r", ",\r"), "flood_level must not be empty in some rows of an arm alone"),
        (one(8, ",0.5\r", ",12\r"), "flood_level must be between"),
        (one(8, ",0.5\r", ",<b>\r"), "flood_level must be a number"),
        (each(",0.2\r", ",12\r"), "import the archive instead"),
        (one(1, f",{1 / 7!r},", ",nan,"), "epochs must be"),
        (one(2, f",{1 / 7!r},", ",0.5,"), "epochs must be"),
    ],
)
def test_rows_that_are_none_are_refused(store: Store, spoil: Callable[[list[str]], list[str]], says: str) -> None:
    lines = csv_text(history_of(), "run-1").splitlines(keepends=True)
    spoiled = spoil(lines)
    assert spoiled != lines
    with pytest.raises(RefusedError, match=says):
        import_file(store, LOCAL, "run.csv", "".join(spoiled).encode())


def test_more_turns_than_may_be_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    data = csv_text(history_of(), "run-1").encode()
    monkeypatch.setattr(run_table, "MAX_TURNS", 2)
    with pytest.raises(RefusedError, match="turns must be at most 2"):
        import_file(store, LOCAL, "run.csv", data)
    monkeypatch.setattr(run_table, "MAX_TURNS", 3)
    imported(store, data)


@given(st.data())
@examples(max_examples=60)
def test_a_csv_with_any_bytes_changed_is_refused_or_is_a_run(store: Store, data: st.DataObject) -> None:
    content = bytearray(csv_text(history_of(), "run-1").encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    with suppress(RefusedError):
        imported(store, bytes(content), "run.csv")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([RUN, MANIFEST]), st.data(), ANYTHING)
@examples(max_examples=120)
def test_any_value_in_the_place_of_another_is_refused_or_is_a_run(
    store: Store, whole: bytes, name: str, data: st.DataObject, value: Any
) -> None:
    contents = unzipped(whole)
    told = at = json.loads(contents[name])
    while True:
        key = data.draw(st.sampled_from([*at] if isinstance(at, dict) else [*range(len(at))]))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = value
    written = {**contents, name: json.dumps(told).encode()}
    with suppress(RefusedError):
        imported(store, zipped(written) if name == MANIFEST else sealed(written))
    if name == RUN:
        with suppress(RefusedError):
            imported(store, written[RUN], "run.json")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"hello",
        b"\xff\xfe{",
        b"PK",
        b"PK\x03\x04",
        b"{",
        b"[" * 100_000,
        b'{"spec":' * 900 + b"1" + b"}" * 900,
        b'{"spec": {}, "events": []}',
        json.dumps({**dump_replay(SPEC, ()), "seeds": [1, 2]}).encode(),
        json.dumps({**dump_replay(SPEC, ()), "events": [1] * 100_001}).encode(),
        json.dumps(dump_replay(SPEC, ())).replace('"steps": 40', '"steps": 1e999').encode(),
        json.dumps(dump_replay(SPEC, ())).replace('"steps": 40', f'"steps": {"9" * 5000}').encode(),
        json.dumps(dump_replay(SPEC, ())).replace('"steps": 40', '"steps": NaN').encode(),
        ("a" * 100_000 + ",b\r\n").encode(),
        ",".join([*COLUMNS, *map(str, range(1000))]).encode() + b"\r\n",
    ],
    ids=lambda data: repr(data[:20]),
)
def test_files_that_are_none_are_refused_by_their_name_in_a_sentence(
    store: Store, library: Library, data: bytes
) -> None:
    before = library.page().total
    with pytest.raises(RefusedError, match=r"^<i>\.zip") as refused:
        import_file(store, LOCAL, "<i>.zip", data)
    assert len(str(refused.value)) < 600
    assert library.page().total == before


def test_a_file_that_is_too_large_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE", 1000)
    with pytest.raises(RefusedError, match="must be at most"):
        import_file(store, LOCAL, "run.csv", csv_text(history_of(), "x").encode())


# --- archives that are none


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(contents: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return buffer.getvalue()


def sealed(contents: dict[str, bytes], edit: Callable[[Any], None] = lambda manifest: None) -> bytes:
    """An archive of these files with hashes that fit, as somebody would make who knows how."""
    manifest = json.loads(contents[MANIFEST])
    for name in (RUN, ROWS, PROBES):
        manifest["files"][name]["sha256"] = sha256(contents[name]).hexdigest()
    edit(manifest)
    return zipped({**contents, MANIFEST: json.dumps(manifest).encode()})


@pytest.fixture(scope="module")
def whole(store: Store) -> bytes:
    return write_archive(kept_of(store, history_of(lengths=(40, 12))).whole())


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedError) as refused:
        read_archive(data)
    return str(refused.value)


def test_an_archive_cut_anywhere_is_refused(whole: bytes) -> None:
    for length in range(0, len(whole), 97):
        refusal(whole[:length])
    assert "cut short" in refusal(whole[:-1])


def test_an_archive_with_any_byte_changed_is_refused_or_the_same(whole: bytes) -> None:
    source, expected = random.Random(0), all_of(read_archive(whole).now.history)
    refused = 0
    for _ in range(400):
        spoiled = bytearray(whole)
        spoiled[source.randrange(len(whole))] ^= 1 << source.randrange(8)
        try:
            found = read_archive(bytes(spoiled))
        except RefusedError:
            refused += 1
        else:
            assert all_of(found.now.history) == expected  # it was a date, or the like
    assert refused > 300


def test_a_changed_file_is_refused_by_its_hash(whole: bytes) -> None:
    contents = unzipped(whole)
    for name in (RUN, ROWS, PROBES):
        assert f"{name} is not as the archive was written" in refusal(zipped({**contents, name: contents[name] + b" "}))


@pytest.mark.parametrize(
    "name", ["../../evil.py", "/etc/passwd", "C:\\evil", "run.csv.exe", "a" * 300, "folder/", "manifest.JSON"]
)
def test_an_entry_of_another_name_is_refused(whole: bytes, name: str) -> None:
    assert "and nothing else" in refusal(zipped({**unzipped(whole), name: b"x"}))


def test_a_missing_or_doubled_entry_is_refused(whole: bytes) -> None:
    contents = unzipped(whole)
    assert "must hold" in refusal(zipped({name: content for name, content in contents.items() if name != PROBES}))
    buffer = io.BytesIO(whole)
    with zipfile.ZipFile(buffer, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(ROWS, b"x")
    assert "must hold" in refusal(buffer.getvalue())


def test_a_bomb_is_not_unpacked(whole: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2**20)
    bomb = zipped({**unzipped(whole), ROWS: b"0" * 3 * 2**20})
    assert len(bomb) < 100_000
    assert "larger" in refusal(bomb)
    lying = bomb.replace((3 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert "damaged" in refusal(lying)
    large = zipped({**unzipped(whole), MANIFEST: b" " * 2**20})
    assert "larger" in refusal(large)


def test_very_many_entries_are_not_listed(whole: bytes) -> None:
    assert "at most 16 entries" in refusal(zipped({**unzipped(whole), **{f"{at}": b"" for at in range(20)}}))
    refusal(whole[:-10] + (2**31).to_bytes(4, "little") + whole[-6:])
    refusal(whole[:-2] + b"\x05\x00" + b"hello")
    refusal(whole[:-22] + b"PK\x06\x07" + bytes(16) + whole[-22:])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress_are_refused(whole: bytes, method: int) -> None:
    assert "deflated" in refusal(zipped(unzipped(whole), method))


def test_an_archive_that_is_stored_as_it_is_is_read(whole: bytes) -> None:
    found = read_archive(zipped(unzipped(whole), zipfile.ZIP_STORED))
    assert all_of(found.now.history) == all_of(read_archive(whole).now.history)


def setting(*path: str, value: object) -> Callable[[Any], None]:
    def edit(manifest: Any) -> None:
        for part in path[:-1]:
            manifest = manifest[part]
        manifest[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (setting("format", value="zip"), "format"),
        (setting("version", value=99), "version 1"),
        (setting("files", value=[]), "files must be an object"),
        (setting("files", RUN, value=None), "files.run.json must be an object"),
        (setting("run", value="finished"), "run must be an object"),
        (setting("run", "step", value=39), "run.step must be the last of its rows, 40, got 39"),
        (setting("run", "step", value="40"), "run.step"),
        (setting("run", "step", value=10**400), "run.step"),
        (setting("run", "name", value=["x"]), "run.name must be text"),
        (setting("run", "name", value="x" * 121), "a name must be at most 120 characters"),
        (setting("run", "name", value="a\0b"), "printed"),
        (setting("run", "note", value="x" * 2001), "a note must be at most 2000 characters"),
        (setting("run", "id", value=7), "run.id must be text"),
        (setting("run", "failures", value={}), "run.failures"),
        (setting("run", "failures", value=[[5, "nan"]]), "run.failures"),
        (setting("run", "failures", value=[["1", "nan"]]), "run.failures"),
        (setting("run", "failures", value=[[1, "1e5"]]), "run.failures"),
        (setting("run", "failures", value=[[1, []]]), "run.failures"),
        (setting("run", "failures", value=[[1, "nan"], [1, "nan"]]), "run.failures"),
        (setting("run", "failures", value=[]), "an arm that has not ended must have 40 steps, it has 12"),
    ],
)
def test_a_manifest_that_is_none_is_refused(whole: bytes, edit: Callable[[Any], None], says: str) -> None:
    assert says in refusal(sealed(unzipped(whole), edit))


@pytest.mark.parametrize(
    ("name", "value"), [("created_at", 1e300), ("created_at", -1), ("ended_at", "soon"), ("ended_at", None)]
)
def test_times_that_cannot_be_are_those_of_the_import(store: Store, whole: bytes, name: str, value: object) -> None:
    again = imported(store, sealed(unzipped(whole), setting("run", name, value=value)))
    now = Library(store, [LOCAL]).page().cards[0]
    assert now.public_id == again.public_id and again.row.ended_at >= again.row.created_at > 1.7e9


@pytest.mark.parametrize("status", ["running", "<b>", None, 7, ["finished"]])
def test_a_status_that_no_imported_run_has_is_stopped(whole: bytes, status: object) -> None:
    assert read_archive(sealed(unzipped(whole), setting("run", "status", value=status))).now.status == "stopped"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda spec: spec.update(seed=8), "of the run that stands beside it"),
        (lambda spec: spec.update(steps=30), "events"),
        (lambda spec: spec["arms"].append({**spec["arms"][1], "name": "more"}), "of the run that stands beside it"),
        (lambda spec: spec["arms"][0].update(name="other"), "of the run that stands beside it"),
        (lambda spec: spec.update(trick="floding"), "trick"),
        (lambda spec: spec["settings"].update(lr=1e9), "lr must be between"),
        (lambda spec: spec["settings"].update(depth=50, width=512, batch_size=1024), ""),
    ],
)
def test_rows_of_another_run_are_refused(whole: bytes, change: Callable[[Any], None], says: str) -> None:
    contents = unzipped(whole)
    told = json.loads(contents[RUN])
    change(told["spec"])
    if not says:
        read_archive(sealed({**contents, RUN: json.dumps(told).encode()}))
        return
    assert says in refusal(sealed({**contents, RUN: json.dumps(told).encode()}))


class Executed:
    """Unpickling it would be seen."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("it was unpickled",)


def npy(array: Any, *, pickled: bool = False) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=pickled)
    return content.getvalue()


FLOATS = npy(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("10/0/levels.npy", npy(np.array([Executed()], object), pickled=True)),
        ("10/0/levels.npy", pickle.dumps(Executed())),
        ("10/0/levels.npy", npy(np.zeros(3))),
        ("10/0/levels.npy", npy(np.zeros(3, ">f4"))),
        ("10/0/levels.npy", npy(np.zeros((1,) * 5, np.float32))),
        ("10/0/levels.npy", npy(np.asfortranarray(np.zeros((2, 3), np.float32)))),
        ("10/0/levels.npy", FLOATS[:-1]),
        ("10/0/levels.npy", FLOATS + b"\0\0\0\0"),
        ("10/0/levels.npy", FLOATS[:20]),
        ("10/0/levels.npy", b""),
        ("10/0/levels.npy", FLOATS.replace(b"(2, 3), }", b"(9**99,),")),
        ("10/0/levels.npy", FLOATS.replace(b"(2, 3), }    ", b"(99999999, 999999)}")),
        ("10/0/levels.npy", FLOATS.replace(b"(2, 3), }  ", b"(-2, -3), }")),
        ("10/0/levels.npy", FLOATS.replace(b"(2, 3), }", b"(" + b"1" * 10_000)),
        ("10/0/levels.npy", FLOATS.replace(b"\x93NUMPY\x01", b"\x93NUMPY\x02")),
        ("10/9/levels.npy", FLOATS),
        ("20/1/levels.npy", FLOATS),
        ("0/0/levels.npy", FLOATS),
        ("../0/levels.npy", FLOATS),
        ("10/0/<b>.npy", FLOATS),
        ("٣/0/levels.npy", FLOATS),
        ("levels.npy", FLOATS),
    ],
    ids=lambda part: repr(part)[:20],
)
def test_probes_that_are_none_are_refused(whole: bytes, name: str, content: bytes) -> None:
    refused = refusal(sealed({**unzipped(whole), PROBES: zipped({name: content})}))
    assert "probe" in refused


def test_a_bomb_among_the_probes_is_not_unpacked(whole: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2**20)
    arrays = {f"10/0/a{at}.npy": npy(np.zeros(100_000, np.float32)) for at in range(4)}
    assert "larger" in refusal(sealed({**unzipped(whole), PROBES: zipped(arrays)}))
