"""Commands on streams that are narrow, closed or full: what was recorded is written, whatever can be said of it."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.limits import WAIT_S
from trainers.commands import terminal
from trainers.commands.terminal import UnwrittenError, aligned, harmless, write_each, write_lines

ROOT = Path(__file__).parents[3]
QUICK = ["--steps", "3", "--knob", "eval_every=3"]
SMALL = ["--knob", "train_size=20", "--knob", "batch_size=10", "--knob", "width=2"]
COMMANDS = {
    "run": ["run", "flooding", *QUICK, *SMALL],
    "combine": ["combine", "flooding", "label_smoothing", "--task", "spirals", *QUICK],
    "sweep": ["sweep", "label_smoothing", "label_smoothing", "--count", "2", *QUICK],
    "replay": ["replay", "run.json"],
    "evidence": ["evidence", "--spec", "run.json", "--seeds", "2", "--workers", "1"],
}
SAYING = {
    "list": ["list"],
    "help": ["--help"],
    **{f"{name} --help": [name, "--help"] for name in (*COMMANDS, "bench", "runs")},
    "refusal": ["run", "focal_loss", "--knob", "\u03b3=1"],
}
FILES = ["--csv", "q.csv", "--json", "q.json"]
ENCODINGS = ("cp1252", "latin-1", "ascii")
CLOSED = {
    "no standard error": "2>&-",
    "no standard output": ">&-",
    "no output": ">&- 2>&-",
    "no streams": "<&- >&- 2>&-",
}
FULL = {"full standard error": "2>/dev/full", "full standard output": ">/dev/full"}
STREAMS = {**CLOSED, **FULL}


def shell(folder: Path, arguments: list[str], redirection: str = "", **environment: str) -> tuple[int, bytes]:
    """The exit code and what was said of a command in `folder`."""
    quoted = " ".join(f"'{part}'" for part in (sys.executable, "-m", "trainers", *arguments))
    kept = {"PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        ["/bin/sh", "-c", f"{quoted} {redirection}"],
        cwd=folder, env={**os.environ, **kept}, capture_output=True, check=False, timeout=WAIT_S,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved run."""
    folder = tmp_path_factory.mktemp("recorded")
    code, said = shell(folder, [*COMMANDS["run"], "--json", "run.json"])
    assert code == 0, said
    return folder / "run.json"


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    """A folder with a saved run in it."""
    shutil.copy(recorded, tmp_path)
    return tmp_path


def trained(command: str, folder: Path) -> None:
    """Asserts that the command's files are whole, and that no word of it has strayed into them or beside them."""
    table = (folder / "q.csv").read_text(encoding="utf-8")
    assert table.startswith("run_id,") and "step 3" not in table
    if command in ("run", "replay"):
        assert table.count("\n") == 7
    data = json.loads((folder / "q.json").read_text(encoding="utf-8"))
    assert (data.get("studies", [data])[0])["spec"]["trick"]
    assert {path.name for path in folder.iterdir()} == {"run.json", "q.csv", "q.json"}


@pytest.mark.long
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_letters_that_an_encoding_has_not_end_nothing(command: str, encoding: str, folder: Path) -> None:
    code, said = shell(folder, [*COMMANDS[command], *FILES], PYTHONIOENCODING=encoding)
    assert code == 0 and b"Traceback" not in said and len(said) > 50
    trained(command, folder)


@pytest.mark.long
@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize("command", COMMANDS)
def test_streams_that_take_no_word_end_nothing(command: str, streams: str, folder: Path) -> None:
    code, said = shell(folder, [*COMMANDS[command], *FILES], STREAMS[streams])
    assert code == 0 and b"Traceback" not in said and b"Exception ignored" not in said
    trained(command, folder)


def test_a_run_is_written_where_nothing_can_be_said(folder: Path) -> None:
    code, said = shell(folder, [*COMMANDS["run"], *FILES], STREAMS["no streams"])
    assert (code, said) == (0, b"")
    trained("run", folder)


@pytest.mark.long
@pytest.mark.parametrize("where", [*ENCODINGS, *CLOSED])
@pytest.mark.parametrize("words", SAYING)
def test_what_needs_no_training_is_said_where_it_can_be(words: str, where: str, tmp_path: Path) -> None:
    encoding = where if where in ENCODINGS else "utf-8"
    streams = CLOSED.get(where, "")
    code, said = shell(tmp_path, SAYING[words], streams, PYTHONIOENCODING=encoding)
    unheard = ">&-" in streams.split()  # what was asked for has no place
    assert code == (2 if words == "refusal" else int(unheard)) and b"Traceback" not in said
    assert b"Exception ignored" not in said and (len(said) > 50 or where in CLOSED)


@pytest.mark.long(share=0.3)
@pytest.mark.parametrize("where", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["runs", "list"], ["lesson"], [*COMMANDS["run"], "--csv", "-"]]
)
def test_what_was_asked_for_and_could_not_be_said_is_a_failure(
    arguments: list[str], where: str, tmp_path: Path
) -> None:
    code, said = shell(tmp_path, arguments, where, TRICK_LAB_DATA=str(tmp_path), TRICK_LAB_STORE="on")
    assert code == 1 and b"standard output could not be " in said
    assert b"Traceback" not in said and b"Exception ignored" not in said


@pytest.mark.parametrize(
    "arguments", [["list"], [*COMMANDS["run"], "--csv", "-"], [*COMMANDS["run"], "--csv", "/dev/full"]]
)
def test_data_that_find_no_room_are_told_by_name(arguments: list[str], tmp_path: Path) -> None:
    code, said = shell(tmp_path, arguments, ">/dev/full")
    place = b"/dev/full" if "/dev/full" in arguments else b"standard output"
    assert code == 1 and b"Traceback" not in said and b"Exception ignored" not in said
    assert place in said and b"No space left" in said


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("run", ["--csv", "/dev/full", "--json", "kept"]),
        ("run", ["--csv", "kept", "--json", "/dev/full"]),
        ("evidence", ["--csv", "full.parquet", "--json", "/dev/null", "--summary", "kept"]),
    ],
)
def test_a_file_that_finds_no_room_keeps_no_other_from_being_written(
    command: str, options: list[str], folder: Path
) -> None:
    (folder / "full.parquet").symlink_to("/dev/full")
    code, said = shell(folder, [*COMMANDS[command], *options])
    assert code == 1 and b" could not be written: No space left" in said and b"Traceback" not in said
    assert (folder / "kept").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("run", ["--csv", "/dev/full", "--json", "full.parquet"]),
        ("evidence", ["--csv", "full.parquet", "--json", "/dev/full", "--summary", "full.csv"]),
    ],
)
def test_of_each_file_that_finds_no_room_it_is_said(command: str, options: list[str], folder: Path) -> None:
    for name in ("full.parquet", "full.csv"):
        (folder / name).symlink_to("/dev/full")
    code, said = shell(folder, [*COMMANDS[command], *options])
    assert code == 1 and b"Traceback" not in said
    for target in options[1::2]:
        assert said.count(f"{target} could not be written: No space left on device".encode()) == 1


STRANGE = {
    "another table": ("--csv", b"a,b\n1,2\n", b"it has no column run_id"),
    "a longer row": ("--csv", b"run_id,trick,task,arm,seed,step\n1,2,3,4,5,6,7\n", b"a row has more or fewer cells"),
    "no text": ("--csv", b"run_id,trick\xff\n", b"must be UTF-8 text, byte 12 is not"),
    "no study": ("--json", b'{"version": 1, "studies": [{}]}', b"studies[0] must be a study"),
    "no numbers": ("--json", b'{"version": 1, "studies": [], "self_check": {"claim_rate": NaN}}', b"got NaN"),
    "no results": ("--json", b'{"version": 9}', b"must be a results file of version 1"),
    "another text": ("--json", b"\xff", b"must be UTF-8 text, byte 0 is not"),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_file_that_is_something_else_is_refused_before_anything_is_trained(what: str, folder: Path) -> None:
    option, content, told = STRANGE[what]
    (folder / "there").write_bytes(content)
    code, said = shell(folder, [*COMMANDS["evidence"], option, "there"])
    assert code == 2 and told in said and b"there" in said and b"Traceback" not in said
    assert b" runs in " not in said and (folder / "there").read_bytes() == content


def test_what_else_goes_wrong_with_a_file_keeps_no_other_from_being_written(tmp_path: Path) -> None:
    def broken() -> None:
        raise BrokenPipeError

    path = tmp_path / "kept"
    with pytest.raises(BrokenPipeError):
        write_each(broken, partial(write_lines, str(path), ("whole",)))
    assert path.read_text(encoding="utf-8") == "whole"


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
    data["spec"]["arms"][1]["name"] = "a\nall good"
    (folder / "run.json").write_text(json.dumps(data), encoding="utf-8")
    code, said = shell(folder, COMMANDS["replay"])
    assert code == 0 and b"\na all good " in said
    code, said = shell(folder, ["run", "\x1b[2J", "\x1b[2J"])
    assert code == 2 and b"\x1b" not in said


def test_a_stream_that_is_missing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    terminal.prepare_streams()
    terminal.tell("said to nobody")
    assert sys.stderr is not None
    sys.stderr.close()


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("id", "name"), ("a", ""), ("abc", "b c")]) == ["id   name", "a", "abc  b c"]


def test_a_file_keeps_its_mode_and_any_name_that_a_folder_takes(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 251 + ".csv")
    path.write_text("old", encoding="utf-8")
    path.chmod(0o600)
    write_lines(str(path), ["new"])
    assert path.read_text(encoding="utf-8") == "new" and path.stat().st_mode & 0o777 == 0o600


ASKED_TO_END = """
import os, signal, sys
from trainers.__main__ import interrupt_on_signals
signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
interrupt_on_signals()
os.kill(os.getpid(), signal.SIGHUP)
try:
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
"""


ASKED_IN_TWOS = """
import os, signal
from trainers import __main__ as program
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the one who started the tests has ignored
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
program.interrupt_on_signals()
for first, second in ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGINT)):
    program.IN_TWOS_S = 0.0
    try:
        os.kill(os.getpid(), first)
        signal.pause()
    except KeyboardInterrupt:
        program.IN_TWOS_S = 600.0
        os.kill(os.getpid(), second)
        print("written")
"""


def test_a_second_signal_that_comes_at_once_breaks_off_nothing() -> None:
    command = [sys.executable, "-c", ASKED_IN_TWOS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=WAIT_S)
    assert done.stdout == "written\n" * 3


STOPPED_AT_ITS_START = """
import os, signal
from distributed import Nanny
from trainers import __main__ as program
from trainers.evidence import pool
signal.signal(signal.SIGINT, signal.default_int_handler)
program.interrupt_on_signals()
class Beginning(Nanny):
    async def start_unsafe(self):
        os.killpg(0, signal.SIGINT)  # as a terminal does: all processes there are get it
        return await super().start_unsafe()
on_this_machine = pool.on_this_machine
pool.on_this_machine = lambda: {**on_this_machine(), "worker_class": Beginning}
raise SystemExit(program.main(["evidence", "flooding", "--seeds", "2", "--workers", "1"]))
"""


def test_an_interrupt_while_workers_start_says_one_line() -> None:
    """Dask's start, broken off, told of itself and of each worker in some eighty lines."""
    command = [sys.executable, "-c", STOPPED_AT_ITS_START]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=WAIT_S, start_new_session=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "interrupted before its end\n", "")


def test_who_asks_it_to_end_interrupts_it() -> None:
    command = [sys.executable, "-c", ASKED_TO_END]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=WAIT_S)
    assert done.stdout == "interrupted\n"
