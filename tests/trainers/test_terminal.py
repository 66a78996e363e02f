"""Commands on streams that are narrow, closed or full: what was recorded is written, whatever can be said of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers import terminal
from trainers.terminal import UnwrittenError, harmless, write_lines

ROOT = Path(__file__).parents[2]
QUICK = ["--steps", "3", "--knob", "eval_every=3"]
SMALL = ["--knob", "train_size=20", "--knob", "batch_size=10", "--knob", "width=2"]
COMMANDS = {
    "run": ["run", "flooding", *QUICK, *SMALL],
    "combine": ["combine", "flooding", "label_smoothing", "--task", "spirals", *QUICK],
    "sweep": ["sweep", "label_smoothing", "label_smoothing", "--count", "2", *QUICK],
    "replay": ["replay", "run.json"],
}
CLOSED = {"standard error": "2>&-", "standard output": ">&-", "both": ">&- 2>&-", "all": "<&- >&- 2>&-"}
FULL = {"standard error": "2>/dev/full", "standard output": ">/dev/full"}


def shell(folder: Path, arguments: list[str], redirection: str = "", **environment: str) -> tuple[int, bytes]:
    """The exit code and what was said of a command in `folder`."""
    quoted = " ".join(f"'{part}'" for part in (sys.executable, "-m", "trainers", *arguments))
    kept = {"PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        ["/bin/sh", "-c", f"{quoted} {redirection}"],
        cwd=folder, env={**os.environ, **kept}, capture_output=True, check=False, timeout=600,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    code, said = shell(tmp_path, [*COMMANDS["run"], "--json", "run.json"])
    assert code == 0, said
    return tmp_path


@pytest.mark.parametrize(
    ("command", "encoding"), [*((name, "cp1252") for name in COMMANDS), ("sweep", "latin-1"), ("sweep", "ascii")]
)
def test_letters_that_an_encoding_has_not_end_nothing(command: str, encoding: str, folder: Path) -> None:
    code, said = shell(folder, [*COMMANDS[command], "--csv", "q.csv"], PYTHONIOENCODING=encoding)
    assert code == 0 and b"Traceback" not in said and b"step 3" in said
    assert (folder / "q.csv").read_text(encoding="utf-8").startswith("run_id,")


@pytest.mark.parametrize("arguments", [["list"], ["run", "focal_loss", "--knob", "\u03b3=1"]])
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_needs_no_training_is_said_in_any_encoding(arguments: list[str], encoding: str, tmp_path: Path) -> None:
    code, said = shell(tmp_path, arguments, PYTHONIOENCODING=encoding)
    assert code == (2 if arguments[0] == "run" else 0) and b"Traceback" not in said and len(said) > 50


@pytest.mark.parametrize("which", CLOSED)
def test_closed_streams_end_nothing(which: str, folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    code, said = shell(folder, [*COMMANDS["run"], "--csv", "q.csv", "--json", "q.json"], CLOSED[which])
    assert code == 0 and b"Traceback" not in said
    table = (folder / "q.csv").read_text(encoding="utf-8")
    assert table.count("\n") == 7 and "step 3" not in table  # no word has strayed into the file
    assert json.loads((folder / "q.json").read_text(encoding="utf-8"))["spec"]["trick"] == "flooding"
    assert {path.name for path in folder.iterdir()} == before | {"q.csv", "q.json"}


@pytest.mark.parametrize("which", FULL)
def test_full_streams_end_nothing(which: str, folder: Path) -> None:
    code, said = shell(folder, [*COMMANDS["run"], "--csv", "q.csv"], FULL[which])
    assert code == 0 and b"Traceback" not in said
    assert (folder / "q.csv").read_text(encoding="utf-8").count("\n") == 7


@pytest.mark.parametrize(
    "arguments", [["list"], [*COMMANDS["run"], "--csv", "-"], [*COMMANDS["run"], "--csv", "/dev/full"]]
)
def test_data_that_find_no_room_are_told_by_name(arguments: list[str], tmp_path: Path) -> None:
    code, said = shell(tmp_path, arguments, ">/dev/full")
    place = b"/dev/full" if "/dev/full" in arguments else b"standard output"
    assert code == 1 and b"Traceback" not in said and b"Exception ignored" not in said
    assert place in said and b"No space left" in said


def test_a_file_that_is_there_stays_whole_until_the_new_one_is(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("old", encoding="utf-8")

    def lines() -> object:
        yield "half\r\n"
        assert path.read_text(encoding="utf-8") == "old"
        raise OSError(28, "No space left on device")

    with pytest.raises(UnwrittenError, match=r"q.csv could not be written: No space left"):
        write_lines(str(path), lines())  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8") == "old" and [one.name for one in tmp_path.iterdir()] == ["q.csv"]
    write_lines(str(path), ["new\r\n"])
    assert path.read_bytes() == b"new\r\n"


@given(st.text())
def test_no_terminal_obeys_what_is_told(text: str) -> None:
    told = harmless(text)
    assert len(told) == len(text) and all(letter == "\n" or letter.isprintable() for letter in told)
    assert harmless("\x1b[31m\u03b3 = 2\n") == "\ufffd[31m\u03b3 = 2\n"


def test_the_words_of_a_file_cannot_steer_a_terminal(folder: Path) -> None:
    data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    data["spec"]["arms"][1]["name"] = "\x1b]0;owned\x07arm"
    (folder / "run.json").write_text(json.dumps(data), encoding="utf-8")
    code, said = shell(folder, COMMANDS["replay"])
    assert code == 0 and b"\x1b" not in said and b"\x07" not in said and b"arm" in said
    code, said = shell(folder, ["run", "\x1b[2J", "\x1b[2J"])
    assert code == 2 and b"\x1b" not in said


def test_a_stream_that_is_missing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    terminal.prepare_streams()
    terminal.tell("said to nobody")
    assert sys.stderr is not None
    sys.stderr.close()
