"""What the command line keeps of its runs; `runs`: how they are found, shown, taken out, brought in, gone on with."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.limits import WAIT_S
from tests.trainers.commands.test_commands import ROOT, Capture, in_process, metrics, refused
from tests.trainers.store.made import grow, history_of
from trainers.__main__ import DONE, FAILED, main
from trainers.commands import keeping, runs, training
from trainers.commands.terminal import Bar
from trainers.live.checkup import of_store
from trainers.live.states import State
from trainers.runs.build import build_spec
from trainers.runs.export import csv_text
from trainers.runs.history import History
from trainers.store.database import FILE, StoreError
from trainers.store.library import LOCAL, SORTS, Library
from trainers.store.parcel import archive_name, open_parcel, read_parcel, write_parcel
from trainers.store.quota import space_of
from trainers.store.recording import Now, Recording
from trainers.store.schema import HEAD
from trainers.store.store import Kept, Store
from trainers.takeaway.script import take_away
from tricks.declaration import RefusedError

TRICK = "flooding"
SHORT = ["run", TRICK, "--task", "spirals", "--steps", "9", "--knob", "width=8"]
TURNS = ["--turn", "3:flood_level=0.4", "--turn", "8:lr=0.02"]


def ids_in(folder: Path) -> list[str]:
    """The ids of all runs, in the order in which they were begun."""
    with closing(Store(folder)) as store:
        return [card.public_id for card in Library(store, [LOCAL]).page(down=False).cards]


def kept_in(folder: Path, public_id: str = "") -> Kept:
    """A run, or the only one."""
    (only,) = [public_id] if public_id else ids_in(folder)
    with closing(Store(folder)) as store:
        kept = store.load(only)
    assert kept is not None
    return kept


def csv_of(folder: Path, public_id: str = "") -> list[dict[str, str]]:
    """What a kept run has, without what differs between two runs of one spec."""
    rows = metrics(csv_text(kept_in(folder, public_id).history, ""))
    return [{name: cell for name, cell in row.items() if name != "run_id"} for row in rows]


def without_id(text: str) -> list[dict[str, str]]:
    return [{name: cell for name, cell in row.items() if name != "run_id"} for row in metrics(text)]


def add(folder: Path, public_id: str, *, status: str = "finished", name: str = "", history: History | None = None,
        created_at: float = 1.7e9) -> str:  # fmt: skip
    """Keeps a run that need not be trained."""
    made = history or history_of()
    if history is None:
        grow(made, 60)
    with closing(Store(folder)) as store:
        recording = Recording(public_id, LOCAL, name, created_at=created_at)
        store.write([(recording, Now(made, status))])
    return public_id


# --- what is trained is kept


def test_a_run_is_kept_as_its_files_have_it(data: Path, tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "run.csv"
    assert main([*SHORT, *TURNS, "--csv", str(table)]) == DONE
    kept = kept_in(data)
    assert capsys.readouterr().err.splitlines()[-1] == f"kept as {kept.public_id}"
    assert csv_of(data) == without_id(table.read_text(encoding="utf-8"))
    assert [(event.step, event.name, event.value) for event in kept.history.events] == [
        (3, "flood_level", 0.4),
        (8, "lr", 0.02),
    ]
    assert (kept.status, kept.row.visitor, kept.row.imported, kept.coming) == ("finished", LOCAL, False, ())
    assert [probe.step for probe in kept.history.probes] == [9, 9]


@pytest.mark.parametrize("words", [["--no-keep"], []])
def test_nothing_is_kept_where_nothing_is_to_be(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, words: list[str]
) -> None:
    if not words:
        monkeypatch.setenv("TRICK_LAB_STORE", "off")
    assert main([*SHORT, *words]) == DONE
    assert not data.exists()
    assert "kept" not in capsys.readouterr().err


def test_each_seed_is_a_run_of_its_own_named_alike(data: Path, capsys: Capture) -> None:
    assert main([*SHORT, "--seeds", "100-102"]) == DONE
    ids = ids_in(data)
    assert capsys.readouterr().err.splitlines()[-1] == f"kept as 3 runs, {ids[0]} to {ids[2]}"
    kept = [kept_in(data, public_id) for public_id in ids]
    assert [(one.row.seed, one.row.name, one.status) for one in kept] == [
        (seed, "seeds 100-102", "finished") for seed in (100, 101, 102)
    ]
    assert [one.history.step for one in kept] == [9, 9, 9]


@pytest.mark.parametrize(
    "command", [["combine", TRICK, "dropout"], ["sweep", TRICK, "flood_level", "--count", "2", "--low", "0"]]
)
def test_every_command_that_trains_keeps(data: Path, command: list[str]) -> None:
    assert main([*command, "--task", "spirals", "--steps", "3", "--knob", "width=8"]) == DONE
    assert kept_in(data).history.step == 3


def test_a_run_that_no_arm_survives_is_kept_as_failed(data: Path) -> None:
    settings = ["--knob", "optimizer=sgd", "--knob", "lr=10", "--knob", "momentum=0.99"]
    assert main(["run", TRICK, "--steps", "300", *settings]) == FAILED
    kept = kept_in(data)
    assert kept.status == "failed" and len(kept.history.failures) == 2


def interrupt(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Has Ctrl-C come after that step; every step is written, and captured."""

    class Interrupted(Bar):
        def show(self, done: int) -> None:
            if done == step:
                raise KeyboardInterrupt

    monkeypatch.setattr(training, "Bar", Interrupted)
    monkeypatch.setattr(training, "SLICE_S", 0.0)  # one step
    monkeypatch.setattr(keeping, "EVERY_S", 0.0)
    monkeypatch.setattr(keeping, "CAPTURE_S", 0.0)
    monkeypatch.setattr(keeping, "CAPTURE_BYTES_S", 1e12)


@pytest.mark.parametrize(("bytes_s", "most"), [(1e12, 16), (1.0, 1)])
def test_large_captures_are_far_between(data: Path, bytes_s: float, most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        interrupt(patched, 60)
        patched.setattr(keeping, "CAPTURE_BYTES_S", bytes_s)
        assert main([*SHORT, "--steps", "60"]) == FAILED
    with closing(sqlite3.connect(data / FILE)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM captures").fetchone()
    assert 1 <= count <= most


def test_an_interrupted_command_keeps_what_it_has_as_stopped(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    interrupt(monkeypatch, 5)
    assert main([*SHORT, *TURNS]) == FAILED
    kept = kept_in(data)
    assert f"kept as {kept.public_id}" in capsys.readouterr().err
    assert (kept.status, kept.history.step) == ("stopped", 5)
    assert [event.step for event in kept.history.events] == [3] and [event.step for event in kept.coming] == [8]


@pytest.mark.parametrize(
    ("error", "says"),
    [(StoreError("lab.sqlite: no room"), "lab.sqlite: no room"), (ZeroDivisionError("odd"), "ZeroDivisionError: odd")],
)
def test_a_store_that_fails_ends_no_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, error: Exception, says: str
) -> None:
    def fail(*_: object) -> list[str]:
        raise error

    monkeypatch.setattr(Store, "write", fail)
    table = tmp_path / "run.csv"
    assert main([*SHORT, "--csv", str(table)]) == DONE
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "kept" in line] == [f"{says}; this run is not kept"]
    assert len(table.read_text(encoding="utf-8").splitlines()) == 19
    assert main([*SHORT, "--seeds", "1-3"]) == DONE
    assert f"{says}; of 3 runs 3 are not kept" in capsys.readouterr().err


def test_what_could_not_be_written_once_is_written_with_the_next_try(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    write, tried = Store.write, []

    def fail_first(store: Store, changes: Any) -> list[str]:
        tried.append(len(changes))
        if len(tried) == 1:
            raise StoreError("held by another")
        return write(store, changes)

    monkeypatch.setattr(Store, "write", fail_first)
    monkeypatch.setattr(keeping, "EVERY_S", 0.01)
    monkeypatch.setattr(training, "SLICE_S", 0.0)
    assert main([*SHORT, "--steps", "300"]) == DONE
    assert len(tried) > 1 and kept_in(data).history.step == 300
    assert "held" not in capsys.readouterr().err


def test_a_store_that_cannot_be_opened_is_told_and_ends_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    data.write_text("no folder", encoding="utf-8")
    assert main(SHORT) == DONE
    assert [line for line in capsys.readouterr().err.splitlines() if "kept" in line] == [
        f"{data} cannot be made (File exists): set TRICK_LAB_DATA to another; nothing is kept"
    ]


def test_what_measures_or_checks_keeps_nothing() -> None:
    files = [ROOT / f"trainers/commands/{name}.py" for name in ("evidence", "statements", "check", "bench")]
    files += [*(ROOT / "trainers/bench").glob("*.py"), *(ROOT / "trainers/evidence").glob("*.py")]
    for file in files:
        text = file.read_text(encoding="utf-8")
        for name in ("commands.keeping import", "commands.training import", "open_store", "data_folder"):
            assert name not in text, f"{file.name} may keep something where a person's runs are"
    assert '"TRICK_LAB_STORE": "off"' in (ROOT / "trainers/bench/app.py").read_text(encoding="utf-8")


# --- going on


def make_interrupted(folder: Path) -> str:
    """Has the only run be one whose process died."""
    (public_id,) = ids_in(folder)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute("UPDATE runs SET status = 'running', ended_at = NULL")
    return public_id


@pytest.fixture
def whole(tmp_path: Path, capsys: Capture) -> list[dict[str, str]]:
    """What the run has that nothing interrupts."""
    assert main([*SHORT, *TURNS, "--no-keep", "--csv", "-"]) == DONE
    return without_id(capsys.readouterr().out)


def test_a_run_is_gone_on_with_from_its_last_capture(whole: list[dict[str, str]], data: Path, capsys: Capture) -> None:
    with pytest.MonkeyPatch.context() as patched:
        interrupt(patched, 5)
        assert main([*SHORT, *TURNS]) == FAILED
    public_id = make_interrupted(data)
    with closing(sqlite3.connect(data / FILE)) as connection:
        assert connection.execute("SELECT max(step) FROM captures").fetchone()[0] >= 3
    capsys.readouterr()
    assert main(["runs", "resume", public_id[:5]]) == DONE
    assert capsys.readouterr().err.splitlines()[-1] == f"kept as {public_id}"
    assert csv_of(data) == whole
    kept = kept_in(data)
    assert (kept.status, kept.coming, kept.row.epoch) == ("finished", (), 1)
    assert main(["runs", "resume", public_id]) == FAILED
    assert f"must be interrupted to be gone on with, {public_id} is finished" in capsys.readouterr().err


def test_a_run_without_a_capture_is_gone_on_with_from_its_start(whole: list[dict[str, str]], data: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        interrupt(patched, 5)
        patched.setattr(keeping, "CAPTURE_S", 1e9)
        assert main([*SHORT, *TURNS]) == FAILED
    assert main(["runs", "resume", make_interrupted(data)]) == DONE
    assert csv_of(data) == whole


def test_a_capture_that_is_of_no_use_is_told(data: Path, capsys: Capture) -> None:
    with pytest.MonkeyPatch.context() as patched:
        interrupt(patched, 5)
        assert main(SHORT) == FAILED
    public_id = make_interrupted(data)
    with closing(sqlite3.connect(data / FILE)) as connection, connection:
        connection.execute("UPDATE captures SET data = x'00'")
    assert main(["runs", "resume", public_id]) == FAILED
    told = capsys.readouterr().err
    assert f"the capture of {public_id} is of no use here" in told and "replay" in told
    assert kept_in(data).status == "interrupted"
    assert main(["replay", public_id]) == DONE


def test_a_killed_command_leaves_a_run_that_can_be_gone_on_with(data: Path, capsys: Capture, tmp_path: Path) -> None:
    words = ["run", TRICK, "--task", "spirals", "--steps", "2000", "--knob", "width=8", "--turn", "1900:lr=0.02"]
    process = subprocess.Popen([sys.executable, "-m", "trainers", *words], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline and steps_in(data) < 1:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait(WAIT_S)
    assert main(["runs", "list", "--status", "interrupted"]) == DONE
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    assert 0 < found["done"] < 2000
    assert main(["runs", "resume", "last"]) == DONE
    assert main([*words, "--no-keep", "--csv", "-"]) == DONE
    assert csv_of(data) == without_id(capsys.readouterr().out)


def steps_in(folder: Path) -> int:
    if not (folder / FILE).exists():
        return 0
    with closing(sqlite3.connect(folder / FILE)) as connection:
        try:
            return int(connection.execute("SELECT max(step) FROM runs").fetchone()[0] or 0)
        except sqlite3.OperationalError:
            return 0


def test_a_kept_run_is_replayed_by_its_id(data: Path, capsys: Capture) -> None:
    assert main([*SHORT, *TURNS]) == DONE
    public_id = kept_in(data).public_id
    assert main(["replay", public_id[:6], "--csv", "-"]) == DONE
    assert without_id(capsys.readouterr().out) == csv_of(data, public_id)
    again = kept_in(data, ids_in(data)[1])
    assert again.row.parent_id == kept_in(data, public_id).row.id
    assert main(["replay", "last", "--no-keep"]) == DONE
    assert len(ids_in(data)) == 2
    capsys.readouterr()
    assert "there is no run whose id begins with 'ffff0'" in refused(capsys, "replay", "ffff0")


# --- list and show

NAMES = ("aa11000000000000", "aa22000000000000", "bb00000000000000", "cc00000000000000")


@pytest.fixture
def four(data: Path) -> Path:
    """Four runs of two tricks on two tasks, a day apart."""
    day = 86_400.0
    add(data, NAMES[0], name="first <b>", created_at=1.7e9)
    add(data, NAMES[1], status="stopped", created_at=1.7e9 + day, name="课")
    dropout = History(build_spec("dropout", task="digits", steps=7), ("lr", "elapsed_s", "train_loss"), ("step",), 3)
    add(data, NAMES[2], history=dropout, created_at=1.7e9 + 2 * day)
    level = history_of(build_spec("flooding", task="mnist1d", values={"flood_level": 0.1}, steps=50))
    grow(level, 50, ends=20)
    add(data, NAMES[3], history=level, created_at=1.7e9 + 3 * day)
    return data


def listed(capsys: Capture, *words: str) -> list[str]:
    assert main(["runs", "list", *words]) == DONE
    return [one["public_id"][:2] + one["public_id"][2] for one in json.loads(capsys.readouterr().out)["runs"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["cc0", "bb0", "aa2", "aa1"]),
        (["--reverse"], ["aa1", "aa2", "bb0", "cc0"]),
        (["--limit", "2"], ["cc0", "bb0"]),
        (["--trick", "dropout"], ["bb0"]),
        (["--trick", "combine"], []),
        (["--task", "mnist1d"], ["cc0"]),
        (["--status", "stopped"], ["aa2"]),
        (["--since", "2023-11-16"], ["cc0", "bb0"]),
        (["--until", "2023-11-15"], ["aa2", "aa1"]),
        (["--since", "2023-11-15", "--until", "2023-11-15"], ["aa2"]),
        (["--until", "2023-11-15T00:00"], ["aa1"]),
        (["--sort", "trick"], ["bb0", "cc0", "aa2", "aa1"]),
        (["--sort", "steps", "--reverse"], ["bb0", "cc0", "aa2", "aa1"]),
        (["first"], ["aa1"]),
        (["课"], ["aa2"]),
        (["FLOODING", "first"], ["aa1"]),
        (["handwritten"], ["bb0"]),
        (["flood_level"], ["cc0"]),
        (["100%"], []),
        (["--bin"], []),
    ],
)
def test_what_is_looked_for_is_found(
    four: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: list[str]
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        assert listed(capsys, *words) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def on_terminal(monkeypatch: pytest.MonkeyPatch, columns: int = 200) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))


def test_a_terminal_gets_a_table(four: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    add(four, "dd00000000000000", name="harm", created_at=1.6e9)
    with closing(sqlite3.connect(four / FILE)) as connection, connection:
        connection.execute("UPDATE runs SET name = ? WHERE public_id LIKE 'dd%'", ("a\x1b[2Jb",))
    on_terminal(monkeypatch)
    assert main(["runs", "list"]) == DONE
    head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "begun", "state", "trick", "task", "seed", "step", "result", "name", "differs"]
    assert [row.split()[0] for row in rows] == [name[:8] for name in (*NAMES[::-1], "dd000000")]
    told = ["finished", "flooding", "mnist1d", "0", "50", "flood_level=0.1", "steps=50"]  # its arm ended: no result
    assert rows[0].split()[3:] == told
    result = history_of()
    grow(result, 60)
    assert f" {result.test(1, 'test_loss')[-1]:.4g} " in rows[3]
    assert "first <b>" in rows[3] and "a\ufffd[2Jb" in rows[4]
    assert last == "5 in all"
    assert main(["runs", "list", "--limit", "2"]) == DONE
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 5; --limit 5 shows all"
    assert main(["runs", "list", "nowhere"]) == DONE
    assert capsys.readouterr().out == "0 in all\n"
    on_terminal(monkeypatch, 40)
    assert main(["runs", "list"]) == DONE
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40
    assert main(["runs", "list", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["total"] == 5


def test_more_than_a_page_is_listed(data: Path, capsys: Capture) -> None:
    with closing(Store(data)) as store:
        history = history_of()
        store.write([(Recording(f"{at:016x}", LOCAL), Now(history, "finished")) for at in range(230)])
    assert len(listed(capsys, "--limit", "1000")) == 230
    assert len(listed(capsys)) == 50


def test_a_run_is_shown_whole(data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main([*SHORT, "--knob", "flood_level=0.3", *TURNS]) == DONE
    public_id = kept_in(data).public_id
    capsys.readouterr()
    assert main(["runs", "show", "last"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["public_id"], told["spec"]["steps"], told["done"], told["failures"]) == (public_id, 9, 9, [])
    assert [event["step"] for event in told["events"]] == [3, 8] and told["provenance"]["code"]
    on_terminal(monkeypatch)
    assert main(["runs", "show", public_id]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{public_id}  flooding on spirals, seed 0: finished at step 9 of 9"
    assert "from step 3 on: flood_level=0.4 of flooding" in lines and "from step 8 on: lr=0.02" in lines
    assert "flooding: flood_level=0.3" in lines and any("width=8" in line for line in lines)
    assert lines[-1] == "step 9; * is the best. One seed: a story, not evidence."


def test_numbers_that_are_not_finite_stand_as_texts(data: Path, capsys: Capture) -> None:
    settings = ["--knob", "optimizer=sgd", "--knob", "lr=10", "--knob", "momentum=0.99"]
    assert main(["run", TRICK, "--steps", "300", *settings]) == FAILED
    capsys.readouterr()
    assert main(["runs", "show", "last"]) == DONE
    assert {one["value"] for one in json.loads(capsys.readouterr().out)["failures"]} <= {"nan", "inf"}


# --- files


def test_a_run_is_exported_and_imported(data: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main([*SHORT, *TURNS]) == DONE
    public_id = kept_in(data).public_id
    files = {kind: tmp_path / f"lesson.{kind}" for kind in ("csv", "json", "zip")}
    places = ["--csv", str(files["csv"]), "--json", str(files["json"]), "--archive", str(files["zip"])]
    assert main(["runs", "export", public_id, *places]) == DONE
    assert files["csv"].read_bytes().decode() == csv_text(kept_in(data).history, public_id)
    assert zipfile.is_zipfile(files["zip"])
    assert main(["replay", str(files["json"]), "--no-keep"]) == DONE
    capsys.readouterr()
    assert main(["runs", "import", *map(str, files.values())]) == DONE
    told = capsys.readouterr().err.splitlines()
    assert [line.rpartition(" is kept as ")[0] for line in told] == list(map(str, files.values()))
    kept = [kept_in(data, line.split()[-1]) for line in told]
    assert [(one.row.imported, one.history.step) for one in kept] == [(True, 9), (True, 0), (True, 9)]
    assert main(["replay", kept[1].public_id, "--no-keep", "--csv", "-"]) == DONE
    assert without_id(capsys.readouterr().out) == csv_of(data, public_id)


def test_the_archives_of_several_runs_are_imported_from_one_file(data: Path, tmp_path: Path, capsys: Capture) -> None:
    parcel = tmp_path / "library.zip"
    assert main(SHORT) == main(SHORT) == DONE
    capsys.readouterr()
    with closing(Store(data)) as store:
        cards = Library(store, [LOCAL]).page().cards
        parcel.write_bytes(b"".join(write_parcel(store, cards)))
    assert main(["runs", "import", str(parcel)]) == DONE
    told = capsys.readouterr().err.splitlines()
    names = [f"{parcel}, {archive_name(card)}" for card in cards]
    assert [line.rpartition(" is kept as ")[0] for line in told] == names and len(ids_in(data)) == 4
    content = parcel.read_bytes()
    spoiled = content.replace(b"PK\x03\x04", b"PK\x03\x05", 1)
    parcel.write_bytes(spoiled)
    assert f"{archive_name(cards[0])} cannot be taken out" in refused(capsys, "runs", "import", str(parcel))
    with zipfile.ZipFile(parcel, "w") as file:
        file.writestr("left out.txt", "all of them")
    assert "library.zip" in refused(capsys, "runs", "import", str(parcel))  # which has no run


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_packed_once_more_and_then_damaged_are_refused(how: int, tmp_path: Path) -> None:
    parcel, text = tmp_path / "library.zip", b"".join(b"%d," % number for number in range(3000))
    with zipfile.ZipFile(parcel, "w", how) as file:
        file.writestr("one.zip", text)
    content = parcel.read_bytes()
    for place in range(60, len(content) - 120, 7):
        parcel.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with parcel.open("rb") as opened:
            found = open_parcel(opened)
            assert found is not None
            with pytest.raises(RefusedError, match=r"one\.zip cannot be taken out"):
                list(read_parcel(found))


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("action", ["delete", "restore", "show", "export --csv -", "extend"])
def test_an_empty_id_is_none(action: str, capsys: Capture) -> None:
    name, *more = action.split()
    command = ["extend", "", "--steps", "20"] if name == "extend" else ["runs", name, "", *more]
    assert "an id must be the beginning of one, or last, got ''" in refused(capsys, *command)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ("--script=", "--script must name a folder in a folder that exists, got ''"),
        ("--tensorboard=", "--tensorboard must name a folder in a folder that exists, got ''"),
        ("--script=new --csv=new", "--script and --csv must go to different places, got new for both"),
        ("--script=new --tensorboard=./new", "must go to different places"),
    ],
)
def test_folders_that_cannot_be_are_refused(
    outputs: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert says in refused(capsys, "runs", "export", "last", *outputs.split())
    assert not list(Path().iterdir())


def test_a_run_is_exported_as_a_script(data: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main([*SHORT, *TURNS]) == DONE
    history = kept_in(data).history
    assert main(["runs", "export", "last", "--script", str(tmp_path / "taken")]) == DONE
    taken = take_away(history.spec, history.events)
    assert (tmp_path / "taken" / "script.py").read_text(encoding="utf-8") == taken.script
    assert (tmp_path / "taken" / "start.npz").read_bytes() == taken.start
    assert json.loads((tmp_path / "taken" / "script.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4
    assert "TURNS = [" in taken.script
    assert main(["run", "optimizers", "--task", "landscape", "--steps", "3"]) == DONE
    capsys.readouterr()
    assert main(["runs", "export", "last", "--script", str(tmp_path / "none")]) == FAILED
    assert "no script is written of a run of the landscape trainer" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_several_runs_are_exported_into_one_table(data: Path, tmp_path: Path, capsys: Capture) -> None:
    for number in range(2):
        made = history_of(build_spec(TRICK, seed=number))
        grow(made, 20, seed=number)
        add(data, f"aa{number}", history=made)
    files = {kind: tmp_path / f"table.{kind}" for kind in ("csv", "parquet", "spreadsheet")}
    logs = tmp_path / "logs"
    words = [word for kind, place in files.items() for word in (f"--{kind}", str(place))]
    command = ["runs", "export", "aa1", "aa0", "aa1", *words, "--decimal-comma", "--tensorboard", str(logs)]
    assert main(command) == DONE
    rows = metrics(files["csv"].read_bytes().decode())
    assert [row["run_id"] for row in rows] == ["aa1"] * 40 + ["aa0"] * 40
    assert [row["seed"] for row in rows] == ["1"] * 40 + ["0"] * 40
    table = pd.read_parquet(files["parquet"])
    assert list(table.train_loss) == [float(row["train_loss"]) for row in rows]
    sheet = files["spreadsheet"].read_text(encoding="utf-8-sig").splitlines()
    assert sheet[0].split(";") == list(table) and sheet[1].split(";")[8] == rows[0]["lr"].replace(".", ",")
    assert {path.parts[-3] for path in logs.rglob("events*")} == {"aa0", "aa1"}


def test_a_kept_run_is_drawn_alike_each_time(data: Path, tmp_path: Path, capsys: Capture) -> None:
    add(data, "aa0")
    add(data, "aa1", history=history_of(build_spec(TRICK, seed=5)))
    first, again = tmp_path / "a.svg", tmp_path / "b.svg"
    for file in (first, again):
        assert main(["runs", "export", "aa0", "--figure", str(file)]) == DONE
    assert first.read_bytes() == again.read_bytes()
    assert "--metric must go with --figure" in refused(capsys, "runs", "export", "aa0", "--csv", "-", "--metric", "lr")
    assert "must end in .svg" in refused(capsys, "runs", "export", "aa0", "--figure", str(tmp_path / "a.gif"))
    assert "seeds alone" in refused(capsys, "runs", "export", "aa0", "aa1", "--figure", str(first))


def test_what_cannot_be_exported_together_is_refused(data: Path, tmp_path: Path, capsys: Capture) -> None:
    add(data, "aa0")
    add(data, "aa1")
    file = tmp_path / "file"
    file.touch()
    assert "must be told where to: one of --csv" in refused(capsys, "runs", "export", "aa0")
    both = ["runs", "export", "aa0", "aa1"]
    assert "--json, --archive must be of one run, got 2" in refused(
        capsys, *both, "--json", "-", "--archive", str(tmp_path / "a.zip")
    )
    assert "--decimal-comma must go with --spreadsheet" in refused(capsys, *both, "--csv", "-", "--decimal-comma")
    assert "--tensorboard must name a folder" in refused(capsys, *both, "--tensorboard", str(file))
    assert "must go to different places" in refused(capsys, *both, "--csv", str(file), "--parquet", str(file))
    assert [path.name for path in tmp_path.iterdir() if path != data] == ["file"]


def test_files_that_are_none_are_refused_by_name(data: Path, tmp_path: Path, capsys: Capture) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n")
    assert "picture.png: it is no CSV of a run" in refused(capsys, "runs", "import", str(picture))
    assert "cannot be read: No such file" in refused(capsys, "runs", "import", str(tmp_path / "none.zip"))
    assert "cannot be read: Is a directory" in refused(capsys, "runs", "import", str(tmp_path))
    assert "at most 64 MiB" in refused(capsys, "runs", "import", "/dev/zero")
    assert ids_in(data) == []


# --- the bin


def test_what_is_deleted_lies_in_the_bin_and_comes_back(four: Path, capsys: Capture) -> None:
    assert main(["runs", "delete", "aa1", "bb"]) == DONE
    assert f"seven days: {NAMES[0]}, {NAMES[2]}" in capsys.readouterr().err
    assert listed(capsys) == ["cc0", "aa2"] and listed(capsys, "--bin") == ["bb0", "aa1"]
    assert main(["runs", "restore", "aa1"]) == DONE
    assert main(["runs", "restore", "last"]) == DONE
    assert listed(capsys, "--bin") == []
    assert main(["runs", "delete", "last", "last"]) == DONE
    assert listed(capsys, "--bin") == ["cc0"]


def test_of_several_none_is_deleted_where_one_is_not_there(four: Path, capsys: Capture) -> None:
    assert "no run whose id begins with 'ff'" in refused(capsys, "runs", "delete", "bb", "ff")
    assert listed(capsys, "--bin") == []


def test_what_has_been_in_the_bin_for_a_week_goes(four: Path, capsys: Capture) -> None:
    assert main(["runs", "delete", "aa1"]) == DONE
    with closing(sqlite3.connect(four / FILE)) as connection, connection:
        connection.execute("UPDATE runs SET deleted_at = deleted_at - 8 * 86400 WHERE deleted_at IS NOT NULL")
    assert main(["runs", "delete", "bb"]) == DONE
    assert listed(capsys, "--bin") == ["bb0"] and listed(capsys) == ["cc0", "aa2"]


# --- room


def test_what_is_oldest_goes_where_there_is_no_more_room(
    four: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with closing(Store(four)) as store:
        used = space_of(store).used / 2**20
    archive = four.parent / "run.zip"
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", f"{(used + 0.2) / 0.95:.6f}")
    assert main(SHORT) == DONE
    assert len(ids_in(four)) == 5
    assert main(["runs", "export", "last", "--archive", str(archive)]) == DONE
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", f"{used:.6f}")
    assert main([*SHORT, "--steps", "2000"]) == DONE
    assert NAMES[0] not in ids_in(four)
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "0.001")
    capsys.readouterr()
    assert main(["runs", "import", str(archive)]) == FAILED
    told = capsys.readouterr().err
    assert "the store was full (TRICK_LAB_DATA_MAX_MB, 0.001): the oldest, " in told
    assert f"there is no room for {archive}, not kept" in told and "kept as" not in told
    assert ids_in(four) == []
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "much")
    assert main(["runs", "import", str(archive)]) == FAILED
    assert "must be a number above 0, got 'much'" in capsys.readouterr().err and ids_in(four) == []
    assert main(SHORT) == DONE
    told = capsys.readouterr().err
    assert "TRICK_LAB_DATA_MAX_MB must be a number above 0, got 'much'" in told and "kept as" in told


def test_it_is_said_before_something_has_to_go(four: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    with closing(Store(four)) as store:
        used = space_of(store).used / 2**20
        for share, says in ((0.8, ""), (0.95, "nearly full (TRICK_LAB_DATA_MAX_MB")):
            monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", f"{used / share:.6f}")
            keeping.make_room(store)
            err = capsys.readouterr().err
            assert says in err and bool(says) == bool(err)
            assert ("When it is full" in " ".join(sentence for _, sentence in told())) == bool(says)
    assert len(ids_in(four)) == 4


# --- refused


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "aa"], f"'aa' must be the beginning of one id, it is that of {NAMES[0]}, {NAMES[1]}"),
        (["show", "ff"], "there is no run whose id begins with 'ff'"),
        (["show", "%"], "there is no run whose id begins with '%'"),
        (["restore", "last"], "there is no run in the bin"),
        (["restore", "aa1"], "there is no run in the bin whose id begins with 'aa1'"),
        (["export", "bb"], "export must be told where to: one of --csv, --parquet"),
        (["export", "bb", "--script", "no/such/folder"], "--script must name a folder in a folder that exists"),
        (["export", "bb", "--csv", "-", "--archive", "-"], "--csv and --archive must go to different places"),
        (["export", "bb", "--archive", "no/such/folder/run.zip"], "--archive must name a file in a folder that exists"),
        (["list", "--trick", "floding"], "nearest: flooding"),
        (["list", "--task", "spiral"], "spirals"),
        (["list", "--since", "yesterday"], "--since must be a date such as 2026-01-31, got 'yesterday'"),
        (["list", "--until", "0001-01-01"], "--until must be a date"),
        (["list", "--limit", "0"], "--limit must be between 1 and 100000, got 0"),
        (["list", "--status", "gone"], "--status"),
        (["list", "--sort", "color"], "--sort"),
        (["delete"], "--help"),
        ([], "--help"),
    ],
)
def test_what_cannot_be_is_refused(four: Path, capsys: Capture, words: list[str], says: str) -> None:
    assert says in refused(capsys, "runs", *words)


def failed(capsys: Capture, *words: str) -> str:
    assert main(words) == FAILED
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1
    return captured.err


def test_a_store_that_is_off_or_of_no_use_is_told(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    data.mkdir()
    (data / FILE).write_bytes(b"something else " * 100)
    assert "it is no database of the lab" in failed(capsys, "runs", "list")
    assert "it is no database of the lab" in failed(capsys, "replay", "last")
    monkeypatch.setenv("TRICK_LAB_STORE", "off")
    assert "TRICK_LAB_STORE is off: nothing is kept" in failed(capsys, "runs", "list")
    monkeypatch.setenv("TRICK_LAB_STORE", "of")
    assert "TRICK_LAB_STORE must be on or off" in failed(capsys, "runs", "show", "last")


def test_the_words_are_those_of_the_store() -> None:
    assert runs.SORTS == SORTS
    assert set(runs.STATUSES) == set(State)
    assert set(runs.TEXTS) < set(SORTS)


def test_the_command_runs_in_a_process_of_its_own(four: Path) -> None:
    done = in_process("runs", "list", "--trick", "dropout")
    assert done.returncode == DONE, done.stderr
    assert [one["public_id"] for one in json.loads(done.stdout)["runs"]] == [NAMES[2]]


# --- doctor


def told() -> list[tuple[bool, str]]:
    return [(finding.is_well, finding.sentence) for finding in of_store()]


@pytest.fixture
def spoiled(four: Path) -> Callable[[], None]:
    """Damages a page in the middle of the database."""

    def spoil() -> None:
        with closing(sqlite3.connect(four / FILE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray((four / FILE).read_bytes())
        middle = len(content) // 4096 // 2 * 4096
        content[middle : middle + 64] = bytes(64)
        (four / FILE).write_bytes(bytes(content))

    return spoil


def test_doctor_says_what_is_kept_and_interrupted(four: Path) -> None:
    add(four, "dd00000000000000", status="running")
    (kept, interrupted) = told()
    assert kept[0] and kept[1].startswith(f"5 runs and 0 studies are kept in {four / FILE}, ")
    assert kept[1].endswith(f"MB of at most 4,096, in tables of version {HEAD}.")
    assert interrupted == (
        True,
        "1 of them were interrupted: go on with them from the library, or with `python -m trainers runs resume`.",
    )


def test_doctor_says_what_is_wrong(spoiled: Callable[[], None]) -> None:
    spoiled()
    assert not told()[-1][0] and "is damaged" in told()[-1][1]


def test_doctor_makes_no_store(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told() == [(True, f"No runs are kept yet; they will be in {data / FILE}.")]
    assert not data.exists()
    monkeypatch.setenv("TRICK_LAB_STORE", "off")
    assert told() == [(True, "No runs are kept: TRICK_LAB_STORE is off.")]
    monkeypatch.setenv("TRICK_LAB_STORE", "of")
    assert told() == [(False, "TRICK_LAB_STORE must be on or off, got 'of'.")]
