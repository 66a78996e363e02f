"""The command line: what it prints, what it writes, and how it answers what it cannot use."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from tests.limits import WAIT_S
from trainers.__main__ import DONE, FAILED, WRONG_USAGE, main
from trainers.commands import list as list_command
from trainers.commands import training
from trainers.commands.terminal import Bar
from trainers.runs.build import build_spec
from trainers.runs.replay import read_json, read_replay
from trainers.runs.settings import SETTINGS
from trainers.tasks import load_task
from tricks import catalogue, flooding
from tricks.declaration import Knob, RefusedError

ROOT = Path(__file__).parents[3]
TRICK = "flooding"
(KNOB,) = (knob for knob in catalogue.load(TRICK).knobs if knob.name == "flood_level")
Capture = pytest.CaptureFixture[str]


def in_process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "trainers", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=WAIT_S, **options)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def metrics(text: str) -> list[dict[str, str]]:
    """A CSV's rows without what may differ between two runs of one spec."""
    return [{name: cell for name, cell in row.items() if name != "elapsed_s"} for row in read(text)]


def refused(capsys: Capture, *arguments: str) -> str:
    """What standard error says about arguments that are wrong usage; one line, and nothing on standard output."""
    assert main(arguments) == WRONG_USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("python -m trainers")
    assert "Traceback" not in captured.err
    return captured.err


# --- help and list


HELPED: tuple[list[str], ...] = ([], ["run"], ["combine"], ["sweep"], ["replay"], ["runs"], ["runs", "list"], ["bench"])


@pytest.mark.parametrize("arguments", [[*command, "--help"] for command in HELPED])
def test_help_is_there(capsys: Capture, arguments: list[str]) -> None:
    assert main(arguments) == DONE
    assert "usage: python -m trainers" in capsys.readouterr().out


def test_help_tells_the_exit_codes(capsys: Capture) -> None:
    assert main(["--help"]) == DONE
    told = capsys.readouterr().out
    codes = ((DONE, "done"), (FAILED, "the run failed"), (WRONG_USAGE, "wrong usage"))
    assert re.findall(r"^  (\d+)  ", told, re.MULTILINE) == [str(code) for code, _ in codes]
    assert all(f"  {code}  {words}" in told for code, words in codes)


@pytest.mark.parametrize(
    ("arguments", "code", "allowed"),
    [
        ("--help", DONE, set()),
        ("run --help", DONE, set()),
        ("runn", WRONG_USAGE, set()),
        ("run floding", WRONG_USAGE, set()),
        (f"run {TRICK} --seeds 3", WRONG_USAGE, set()),
        (f"combine {TRICK} dropot", WRONG_USAGE, set()),
        (f"combine {TRICK} dropout --like dropot", WRONG_USAGE, set()),
        (f"combine {TRICK} dropout --like=", WRONG_USAGE, set()),
        ("sweep floding flood_level", WRONG_USAGE, set()),
        ("statements floding", WRONG_USAGE, set()),
        ("check floding", WRONG_USAGE, set()),
        ("runs list --help", DONE, set()),
        ("runs list --since soon", WRONG_USAGE, set()),
        ("runs list --trick floding", WRONG_USAGE, set()),
        ("runs list --limit no", WRONG_USAGE, set()),
        ("list", DONE, {"torch", "numpy"}),
    ],
)
def test_a_command_imports_no_more_than_it_needs(arguments: str, code: int, allowed: set[str]) -> None:
    asked = f"import sys, trainers.__main__ as m; assert m.main({arguments.split()}) == {code}"
    slow = {"torch", "numpy", "scipy", "pandas", "sklearn", "distributed", "sqlalchemy"}
    told = f"{asked}; print(*({slow} & sys.modules.keys()), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, check=True, timeout=WAIT_S)
    assert set(done.stderr.decode().splitlines()[-1].split()) == allowed


def test_help_imports_nothing_of_the_lab_but_the_commands() -> None:
    told = "import sys, trainers.__main__ as m; m.main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, check=True, timeout=WAIT_S)
    rooms = {tuple(name.split(".")[:2]) for name in done.stderr.decode().split()}
    own = {room for room in rooms if room[0] in ("pages", "trainers", "tricks")}
    assert own == {("trainers",), ("trainers", "__main__"), ("trainers", "commands"), ("trainers", "bench")}


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("statistics", {"torch", "pandas", "scipy.stats", "scipy.optimize"}),
        ("recorded", {"pandas"}),
    ],
)
def test_the_evidence_imports_nothing_slow_that_only_few_of_its_figures_need(module: str, unneeded: set[str]) -> None:
    code = f"import sys, trainers.evidence.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=WAIT_S)
    assert not unneeded & {*done.stdout.decode().split()}


@pytest.mark.parametrize("arguments", [[], ["runn"], ["run"], ["run", TRICK, "--stepz", "3"], ["replay"]])
def test_wrong_arguments_point_to_help(capsys: Capture, arguments: list[str]) -> None:
    assert "--help" in refused(capsys, *arguments)


def test_list_shows_every_trick_knob_task_and_setting(capsys: Capture) -> None:
    assert main(["list"]) == DONE
    text = capsys.readouterr().out
    for trick in catalogue.every():
        kinds = dict.fromkeys(load_task(setup.task).trainer for setup in trick.setups)
        assert f"{trick.name}  ({trick.family}; trained by the {' or the '.join(kinds)} trainer)" in text
        assert all(setup.task in text for setup in trick.setups)
        assert all(f"    {knob.name} " in text for knob in trick.knobs)
    assert all(f"    {knob.name} " in text for knob in SETTINGS)
    (line,) = (line for line in text.splitlines() if line.strip().startswith(KNOB.name))
    assert "neutral 0" in line and line.endswith("; live")


def test_list_says_what_is_other_on_another_task(capsys: Capture) -> None:
    assert main(["list"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    for trick in catalogue.every():
        begun = next(at for at, line in enumerate(lines) if line.startswith(f"{trick.name}  ("))
        told = lines[begun : lines.index("", begun)]
        on_task = {setup.task: trick_knobs(trick.name, setup.task) for setup in trick.setups}
        for number, (task, knobs) in enumerate(on_task.items()):
            for knob in knobs:
                allowed = " | ".join(knob.choices) or f"{knob.low:g} to {knob.high:g}"
                said = [line for line in told if re.match(rf"(    |      on {task}: ){knob.name} ", line)]
                assert number or len(said) == 1
                assert f" {allowed}" in said[-1], f"{knob.name} on {task}"


def trick_knobs(trick: str, task: str) -> list[Knob]:
    spec = build_spec(trick, task=task)
    return list(spec.knobs_of(1).values())


# --- run


def test_a_run_writes_csv_and_json(tmp_path: Path, capsys: Capture) -> None:
    table, saved = tmp_path / "run.csv", tmp_path / "run.json"
    arguments = ["--steps", "60", "--seed", "3", "--knob", "flood_level=0.3", "--knob", "eval_every=20"]
    turns = ["--turn", "40:lr=0.002", "--turn", "30:flood_level=0.1"]
    assert main(["run", TRICK, *arguments, *turns, "--csv", str(table), "--json", str(saved)]) == DONE
    captured = capsys.readouterr()
    assert captured.out == ""
    rows = read(table.read_bytes().decode())
    assert len(rows) == 120
    trick = [row for row in rows if row["arm"] == TRICK]
    assert [row["flood_level"] for row in trick] == ["0.3"] * 29 + ["0.1"] * 31
    assert all(row["flood_level"] == "" for row in rows if row["arm"] == "baseline")
    assert {row["lr"] for row in rows if int(row["step"]) >= 40} == {"0.002"}
    assert [row["step"] for row in trick if row["test_loss"]] == ["20", "40", "60"]
    assert {row["seed"] for row in rows} == {"3"}
    events = json.loads(saved.read_text(encoding="utf-8"))["events"]
    assert events == [
        {"step": 30, "name": "flood_level", "value": 0.1, "arm": 1},
        {"step": 40, "name": "lr", "value": 0.002, "arm": None},
    ]
    head, *lines, last = captured.err.splitlines()  # quiet in a pipe: only where the arms stand
    assert head.split()[:3] == ["arm", "test_loss", "difference"]
    losses = [float(row["test_loss"]) for row in rows[-2:]]
    stars = ["*" if loss == min(losses) < max(losses) else "" for loss in losses]  # none where both are alike
    assert [line.split()[:2] for line in lines] == [
        [name, f"{loss:.4g}{star}"] for name, loss, star in zip(("baseline", TRICK), losses, stars, strict=True)
    ]
    assert last == "step 60; * is the best. One seed: a story, not evidence."


def test_csv_to_standard_output_is_only_the_csv() -> None:
    done = in_process("run", TRICK, "--steps", "30", "--csv", "-")
    assert done.returncode == DONE
    assert done.stdout.count(b"\r\n") == 61 == done.stdout.count(b"\n")
    assert len(read(done.stdout.decode())) == 60
    assert b"\r" not in done.stderr  # no progress bar where there is no terminal


def test_json_to_standard_output(capsys: Capture) -> None:
    assert main(["run", TRICK, "--steps", "2", "--json", "-"]) == DONE
    assert json.loads(capsys.readouterr().out)["spec"]["steps"] == 2


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m trainers run {TRICK} --steps 600 --csv - | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, check=False, timeout=WAIT_S)
    assert done.returncode == DONE
    assert done.stdout.startswith(b"run_id,")
    assert len(done.stderr.splitlines()) <= 1
    assert b"Error" not in done.stderr


def test_the_same_run_has_the_same_id(tmp_path: Path) -> None:
    tables = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for table, seed in zip(tables, ("1", "1", "2"), strict=True):
        assert main(["run", TRICK, "--steps", "2", "--seed", seed, "--csv", str(table)]) == DONE
    first, second, third = (metrics(table.read_text(encoding="utf-8")) for table in tables)
    assert first == second
    assert first[0]["run_id"].startswith("run-")
    assert first[0]["run_id"] != third[0]["run_id"]


# --- many arms


def test_tricks_together_end_in_a_table_and_one_csv(capsys: Capture) -> None:
    arguments = ["combine", "dropout", TRICK, "label_smoothing", "--task", "spirals", "--steps", "20"]
    assert main([*arguments, "--knob", "width=8", "--ablate", "--seed", "100", "--csv", "-"]) == DONE
    captured = capsys.readouterr()
    rows = read(captured.out)
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    assert len(rows) == 8 * 20 and arms[:2] == ["baseline", "all"] and arms[-1] == "only dropout"
    assert {row["trick"] for row in rows} == {"combine"}
    told = captured.err.splitlines()
    assert [line.split("  ")[0] for line in told[1:-1]] == arms
    assert told[0].split()[:3] == ["arm", "test_loss", "difference"]
    assert told[-1] == "step 20; * is the best. One seed: a story, not evidence."
    assert main([*arguments, "--csv", "-"]) == DONE
    assert {row["arm"] for row in read(capsys.readouterr().out)} == {"baseline", "all"}


def test_a_sweep_ends_in_a_table_and_can_be_replayed(capsys: Capture, tmp_path: Path) -> None:
    saved = tmp_path / "sweep.json"
    start = ["sweep", TRICK, KNOB.name, "--task", "spirals", "--steps", "12", "--knob", "eval_every=4"]
    assert main([*start, "--low", "0", "--high", "0.4", "--count", "3", "--csv", "-", "--json", str(saved)]) == DONE
    captured = capsys.readouterr()
    arms = ["baseline", *(f"{TRICK} {KNOB.name}={value}" for value in ("0", "0.2", "0.4"))]
    assert [line.split("  ")[0] for line in captured.err.splitlines()[1:-1]] == arms
    assert main(["replay", str(saved), "--csv", "-"]) == DONE
    assert metrics(capsys.readouterr().out) == metrics(captured.out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["combine", TRICK, "wasserstein_gan"], "tricks must go together: wasserstein_gan is for the gan trainer"),
        (["combine", TRICK, "--knob", "gamma=1"], "gamma is neither a knob of flooding nor a setting"),
        (["combine", TRICK, "--like", "dropout"], "task must be one of"),
        (["sweep", TRICK, "gamma"], "gamma is not a knob of flooding"),
        (["sweep", TRICK, KNOB.name, "--count", "25"], "count must be between 2 and 24, got 25"),
        (["sweep", TRICK, KNOB.name, "--scale", "log"], "low must be above 0 on a log scale, got 0"),
        (["sweep", TRICK, KNOB.name, "--low", "much"], f"{KNOB.name} must be a number, got 'much'"),
    ],
)
def test_many_arms_that_cannot_be_are_refused(capsys: Capture, arguments: list[str], says: str) -> None:
    assert says in refused(capsys, *arguments)


# --- more arms, many seeds

SHORT = ["run", TRICK, "--task", "spirals", "--steps", "9", "--knob", "width=8"]


def test_further_arms_have_the_knobs_they_are_given(capsys: Capture) -> None:
    arms = ["--arm", "flood_level=0.1", "--arm", "flood_level=0.5,dropout_p=0.25"]
    assert main([*SHORT, "--knob", "flood_level=0.3", *arms, "--turn", "5:flood_level=0.6", "--csv", "-"]) == DONE
    captured = capsys.readouterr()
    level, both = f"{TRICK} flood_level", f"{TRICK} + dropout"
    told = {"baseline": "", f"{level}=0.3": "0.3", f"{level}=0.1": "0.1", both: "0.5"}
    rows = read(captured.out)
    assert {row["arm"]: row["flood_level"] for row in rows if row["step"] == "1"} == told
    turned = {row["arm"]: row["flood_level"] for row in rows if row["step"] == "5"}
    assert turned == {arm: before and "0.6" for arm, before in told.items()}
    assert {row["dropout_p"] for row in rows if row["arm"] == both} == {"0.25"}
    assert [line.split("  ")[0] for line in captured.err.splitlines()[1:-1]] == list(told)


def test_many_seeds_end_in_one_tidy_table_that_can_be_replayed(capsys: Capture, tmp_path: Path) -> None:
    saved = tmp_path / "runs.json"
    several = [*SHORT, "--arm", "flood_level=0.5", "--turn", "4:lr=0.01", "--csv", "-"]
    assert main([*several, "--seeds", "100-102", "--json", str(saved)]) == DONE
    captured = capsys.readouterr()
    rows = read(captured.out)
    assert [(row["seed"], row["step"], row["arm"]) for row in rows] == [
        (str(seed), str(step), arm)
        for seed in (100, 101, 102)
        for step in range(1, 10)
        for arm in ("baseline", f"{TRICK} flood_level=0.2", f"{TRICK} flood_level=0.5")
    ]
    assert len({(row["run_id"], row["seed"]) for row in rows}) == len({row["run_id"] for row in rows}) == 3
    assert "Flooding, b 0.5, test loss: the same as the baseline, to the last digit, on 3 of 3 seeds." in captured.err
    assert main(["replay", str(saved), "--csv", "-"]) == DONE
    assert metrics(capsys.readouterr().out) == metrics(captured.out)
    assert main([*several, "--seed", "101"]) == DONE  # any of them is the run that it is by itself
    assert metrics(capsys.readouterr().out) == [row for row in metrics(captured.out) if row["seed"] == "101"]


def test_a_single_seed_ends_in_the_table_of_its_run(capsys: Capture) -> None:
    assert main([*SHORT, "--seeds", "104-104"]) == DONE
    ranged = capsys.readouterr()
    assert main([*SHORT, "--seed", "104"]) == DONE
    plain = capsys.readouterr()
    assert table_of(ranged.out + ranged.err) == table_of(plain.out + plain.err) != ""


def table_of(text: str) -> str:
    """The lines of a table, without the times in it."""
    return "\n".join(
        line for line in text.splitlines() if "test_loss" in line or line.startswith(("baseline", "flooding"))
    )


def test_many_seeds_that_are_interrupted_keep_what_they_have(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Bar):
        def show(self, step: int) -> None:
            if step == 20:
                raise KeyboardInterrupt

    monkeypatch.setattr(training, "Bar", Interrupted)
    monkeypatch.setattr(training, "SLICE_S", 0.0)  # one step
    table = tmp_path / "run.csv"
    assert main([*SHORT, "--seeds", "100-104", "--csv", str(table)]) == FAILED
    told = capsys.readouterr().err
    assert "interrupted after step 2 of 9 of seed 102" in told and "on 2 of 2 seeds" in told
    assert "could not be run" not in told  # what was not begun has not failed
    rows = read(table.read_text(encoding="utf-8"))
    assert Counter(row["seed"] for row in rows) == {"100": 18, "101": 18, "102": 4}


def test_a_seed_of_many_without_an_arm_at_the_end_is_named(capsys: Capture) -> None:
    settings = ["--knob", "optimizer=sgd", "--knob", "lr=10", "--knob", "weight_decay=1"]
    assert main(["run", TRICK, "--steps", "500", "--seeds", "100-101", *settings]) == FAILED
    assert "no arm got to step 500 of seed 100: baseline ended at step" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["combine", TRICK, "dropout"], ["sweep", TRICK, KNOB.name, "--count", "2"]])
def test_every_command_that_trains_takes_seeds(command: list[str], capsys: Capture) -> None:
    start = ["--task", "spirals", "--steps", "3", "--knob", "width=8", "--seeds", "100-101", "--csv", "-"]
    assert main([*command, *start]) == DONE
    assert {row["seed"] for row in read(capsys.readouterr().out)} == {"100", "101"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seeds", "5"], "--seeds must be A-B, the first and the last, got '5'"),
        (["--seeds", "5-x"], "--seeds must be a whole number, got 'x'"),
        (["--seeds", "5-3"], "--seeds must be 1 to 1000 seeds, the first of them first, got 5-3"),
        (["--seeds", "0-1000"], "--seeds must be 1 to 1000 seeds"),
        (["--seeds", "0-3", "--seed", "0"], "--seed and --seeds must not both be given"),
        (["--arm", "lr=2"], "--arm must name knobs of tricks; lr is of all arms, it goes with --knob"),
        (["--arm", "flood_level"], "--arm must be NAME=VALUE, got 'flood_level'"),
        (["--arm", ""], "--arm must be NAME=VALUE, got ''"),
        (["--arm", "flood_level=0,flood_level=1"], "--arm must name each knob once"),
        (["--arm", "flood_level=12"], "flood_level must be between"),
        (["--arm", "flod=1"], "flod is not a knob of flooding (nearest: flood_level)"),
        (["--arm", "clip_bound=0.1"], "tricks must go together"),
        (["--arm", "flood_level=0"] * 99, "arms must be 1 to"),
    ],
)
def test_arms_and_seeds_that_cannot_be_are_refused(capsys: Capture, arguments: list[str], says: str) -> None:
    assert says in refused(capsys, "run", TRICK, *arguments)


# --- refused


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["floding"], ["trick", "flooding", "'floding'"]),
        ([TRICK, "--task", "spiral"], ["task", "spirals", "'spiral'"]),
        ([TRICK, "--knob", "flood_levl=0.1"], ["flood_levl", "nearest: flood_level"]),
        ([TRICK, "--knob", "widht=7"], ["widht", "width"]),
        ([TRICK, "--knob", "flood_level=12"], ["flood_level must be between", "got 12"]),
        ([TRICK, "--knob", "flood_level=nan"], ["flood_level must be a number", "got nan"]),
        ([TRICK, "--knob", "flood_level=inf"], ["flood_level must be a number", "got inf"]),
        ([TRICK, "--knob", "flood_level=much"], ["flood_level must be a number", "'much'"]),
        ([TRICK, "--knob", "flood_level"], ["--knob must be NAME=VALUE", "'flood_level'"]),
        ([TRICK, "--knob", "=3"], ["--knob must be NAME=VALUE"]),
        ([TRICK, "--knob", "lr=0.1", "--knob", "lr=0.2"], ["--knob", "once"]),
        ([TRICK, "--knob", "batch_size=2.5"], ["batch_size must be a whole number", "2.5"]),
        ([TRICK, "--knob", "model=transformer"], ["model must be one of mlp", "'transformer'"]),
        ([TRICK, "--steps", "0"], ["steps must be between 1 and", "got 0"]),
        ([TRICK, "--steps", "ten"], ["steps must be a whole number", "'ten'"]),
        ([TRICK, "--seed", "-1"], ["seed must be between 0", "got -1"]),
        ([TRICK, "--turn", "soon"], ["--turn must be STEP:NAME=VALUE", "'soon'"]),
        ([TRICK, "--turn", "5:lr"], ["--turn must be STEP:NAME=VALUE", "'lr'"]),
        ([TRICK, "--turn", "x:lr=1"], ["step of --turn must be a whole number", "'x'"]),
        ([TRICK, "--steps", "9", "--turn", "10:lr=1"], ["step of --turn must be between 1 and 9", "got 10"]),
        ([TRICK, "--turn", "3:flod_level=0.1"], ["flod_level", "nearest: flood_level"]),
        ([TRICK, "--turn", "3:flood_level=9"], ["flood_level must be between", "got 9"]),
        ([TRICK, "--turn", "3:width=9"], ["width takes effect at the next start"]),
        ([TRICK, "--csv", "no/such/folder/run.csv"], ["--csv must name a file in a folder that exists"]),
        ([TRICK, "--csv", "."], ["--csv must name a file"]),
        ([TRICK, "--csv", "a" * 252 + ".csv"], ["--csv must name a file"]),
        ([TRICK, "--csv", "-", "--json", "-"], ["--csv and --json must go to different places"]),
        ([TRICK, "--csv", "x", "--json", "./x"], ["--csv and --json must go to different places", "got x for both"]),
    ],
)
def test_what_a_run_refuses(capsys: Capture, arguments: list[str], parts: list[str]) -> None:
    message = refused(capsys, "run", *arguments)
    assert len(message.splitlines()) == 1
    for part in parts:
        assert part in message


# --- failure


DIVERGES = ["--steps", "300", "--knob", "optimizer=sgd", "--knob", "lr=10", "--knob", "momentum=0.99"]


def test_a_run_that_no_arm_survives_fails_and_keeps_its_data(tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "run.csv"
    assert main(["run", TRICK, *DIVERGES, "--csv", str(table)]) == FAILED
    message = capsys.readouterr().err
    assert "no arm got to step 300" in message
    assert "lr 10" in message
    rows = read(table.read_text(encoding="utf-8"))
    for arm in ("baseline", TRICK):
        (last,) = [row for row in rows if row["arm"] == arm][-1:]
        assert last["train_loss"] in ("nan", "inf")
        assert f"{arm} ended at step {last['step']}" in message


def test_one_arm_that_ends_is_a_result(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flooding, "flood", lambda objective, flood_level: objective * math.inf)
    table = tmp_path / "run.csv"
    assert main(["run", TRICK, "--steps", "5", "--csv", str(table)]) == DONE
    told = capsys.readouterr().err
    assert "flooding ended at step 1, its loss or weights were inf with lr 0.001, flood_level 0.2" in told
    rows = read(table.read_text(encoding="utf-8"))
    assert [(row["arm"], row["objective"]) for row in rows if row["arm"] == TRICK] == [(TRICK, "inf")]
    assert len(rows) == 6


@pytest.mark.parametrize("raised", [ValueError("no step"), KeyboardInterrupt()])
def test_whatever_ends_a_step_the_steps_before_it_are_written(
    raised: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood, calls = flooding.flood, itertools.count(1)

    def breaks(objective: Tensor, flood_level: float) -> Tensor:
        if next(calls) == 4:
            raise raised
        return flood(objective, flood_level)

    monkeypatch.setattr(flooding, "flood", breaks)
    table = tmp_path / "run.csv"
    with pytest.raises(ValueError, match="no step") if isinstance(raised, ValueError) else nullcontext():
        assert main(["run", TRICK, "--steps", "9", "--csv", str(table)]) == FAILED
    assert [row["step"] for row in read(table.read_text(encoding="utf-8"))] == ["1", "1", "2", "2", "3", "3"]


def test_a_file_that_cannot_be_written_fails(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    assert main(["run", TRICK, "--steps", "2", "--csv", str(tmp_path / "run.csv")]) == FAILED
    assert "run.csv could not be written: No space left" in capsys.readouterr().err


def test_a_file_that_may_not_be_written_is_refused_before_anything_is_trained(tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "run.csv"
    table.write_text("kept", encoding="utf-8")
    table.chmod(0o444)
    assert "and may be written, got" in refused(capsys, "run", TRICK, "--csv", str(table))
    assert table.read_text(encoding="utf-8") == "kept"


def test_a_link_that_leads_nowhere_is_refused_before_anything_is_trained(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "nowhere.csv").symlink_to(tmp_path / "gone" / "run.csv")
    (tmp_path / "round.csv").symlink_to(tmp_path / "round.csv")
    for name in ("nowhere.csv", "round.csv"):
        assert "and may be written, got" in refused(capsys, "run", TRICK, "--csv", str(tmp_path / name))


def test_an_interruption_anywhere_is_told_in_a_line(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(list_command, "show", interrupted)
    assert main(["list"]) == FAILED
    assert capsys.readouterr().err == "python -m trainers: interrupted\n"


def interrupt_after_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Bar):
        def show(self, step: int) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "Bar", Interrupted)
    monkeypatch.setattr(training, "SLICE_S", 0.0)


def test_turns_to_come_are_written_of_an_interrupted_run(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_after_a_step(monkeypatch)
    saved = tmp_path / "run.json"
    turns = ["--turn", "1:lr=0.002", "--turn", "7:lr=0.003"]
    assert main(["run", TRICK, "--steps", "9", *turns, "--json", str(saved)]) == FAILED
    assert [event.step for event in read_replay(saved).events] == [1, 7]


def test_an_interrupted_run_keeps_what_it_has(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_after_a_step(monkeypatch)
    table = tmp_path / "run.csv"
    assert main(["run", TRICK, "--csv", str(table)]) == FAILED
    assert "interrupted after step 1 of" in capsys.readouterr().err
    assert len(read(table.read_text(encoding="utf-8"))) == 2


# --- replay


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    outputs = ["--csv", str(folder / "run.csv"), "--json", str(folder / "run.json")]
    assert (
        main(["run", TRICK, "--steps", "80", "--turn", "31:flood_level=0.5", "--turn", "50:lr=0.01", *outputs]) == DONE
    )
    return folder


def test_replay_in_another_process_gives_the_same_metrics(recorded: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.csv"
    done = in_process("replay", str(recorded / "run.json"), "--csv", str(again))
    assert done.returncode == DONE, done.stderr
    expected = metrics((recorded / "run.csv").read_text(encoding="utf-8"))
    assert metrics(again.read_text(encoding="utf-8")) == expected


def test_replay_writes_the_same_file_again(recorded: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    assert main(["replay", str(recorded / "run.json"), "--json", str(again)]) == DONE
    assert again.read_bytes() == (recorded / "run.json").read_bytes()


def test_replay_does_not_overwrite_its_file(recorded: Path, capsys: Capture) -> None:
    path = str(recorded / "run.json")
    assert "overwritten" in refused(capsys, "replay", path, "--csv", path)


def cut(text: str) -> str:
    return text[: len(text) * 2 // 3]


def edited(change: Callable[[Any], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        data = json.loads(text)
        change(data)
        return json.dumps(data)

    return edit


@pytest.mark.parametrize(
    ("spoil", "parts"),
    [
        (cut, ["line ", "cut short"]),
        (lambda text: "", ["line 1", "cut short"]),
        (lambda text: text + "}", ["line ", "Extra data"]),
        (lambda text: text.replace('"steps": 80', '"steps": 80 80'), ["line ", "delimiter"]),
        (lambda text: text.replace('"steps": 80', '"steps": NaN'), ["NaN"]),
        (lambda text: text.replace('"steps": 80', '"steps": 1e999'), ["steps must be a whole number"]),
        (lambda text: text.replace('"steps": 80', f'"steps": {"9" * 400}'), ["steps must be"]),
        (lambda text: text.replace('"steps": 80', f'"steps": {"9" * 5000}'), ["run.json"]),
        (lambda text: "[" * 100_000, ["run.json"]),
        (lambda text: "[]", ["file must be an object"]),
        (edited(lambda data: data["spec"].update(version=99)), ["spec.version must be 1, got 99"]),
        (edited(lambda data: data["spec"].pop("seed")), ["spec.seed is missing"]),
        (edited(lambda data: data["spec"].update(color="red")), ["spec.color is not a field"]),
        (edited(lambda data: data["spec"].update(trick="floding")), ["trick", "flooding", "'floding'"]),
        (edited(lambda data: data["spec"].update(task=["spirals"])), ["spec.task must be text"]),
        (edited(lambda data: data["spec"]["settings"].update(lr=1e9)), ["lr must be between"]),
        (edited(lambda data: data["spec"]["settings"].update(lr=None)), ["lr must be a number"]),
        (edited(lambda data: data["spec"]["settings"].update(model=[])), ["model must be one of"]),
        (edited(lambda data: data["spec"]["settings"].update(speed=1)), ["speed is not a setting"]),
        (edited(lambda data: data["spec"].update(arms=[])), ["arms must be 1 to"]),
        (edited(lambda data: data["spec"]["arms"][1].update(name="baseline")), ["arms must have names of their own"]),
        (edited(lambda data: data["spec"]["arms"][1]["knobs"].update(flood_level=-1)), ["flood_level must be between"]),
        (edited(lambda data: data["spec"]["arms"][0]["knobs"].update(flood_level=0.1)), ["flood_level", "baseline"]),
        (edited(lambda data: data["events"][0].update(step=0)), ["events[0].step must be between 1 and 80"]),
        (edited(lambda data: data["events"][1].update(step=2)), ["events[1].step must not be before"]),
        (edited(lambda data: data["events"][0].update(arm=7)), ["arm must be between 0 and 1, got 7"]),
        (edited(lambda data: data["events"][0].update(name="width")), ["width is not a knob here"]),
        (edited(lambda data: data["events"][0].update(value="lots")), ["flood_level must be a number"]),
        (edited(lambda data: data["spec"]["arms"][1].update(name=["x" * 9_000])), ["name must be text", "xxx…\n"]),
        (edited(lambda data: data.update(seeds=3)), ["seeds must be a list, got 3"]),
        (edited(lambda data: data.update(seeds=[1, "2"])), ["seeds[1] must be a whole number, got '2'"]),
        (edited(lambda data: data.update(seeds=[1, 1])), ["seeds must be different"]),
        (edited(lambda data: data.update(seeds=[-1])), ["seed must be", "got -1"]),
    ],
)
def test_a_spoiled_replay_file_is_refused(
    recorded: Path, tmp_path: Path, capsys: Capture, spoil: Callable[[str], str], parts: list[str]
) -> None:
    spoiled = tmp_path / "run.json"
    spoiled.write_text(spoil((recorded / "run.json").read_text(encoding="utf-8")), encoding="utf-8")
    message = refused(capsys, "replay", str(spoiled))
    for part in (str(spoiled), *parts):
        assert part in message


def test_a_replay_file_cut_anywhere_is_seen_to_be_cut(recorded: Path, tmp_path: Path) -> None:
    content = (recorded / "run.json").read_bytes().rstrip()
    path = tmp_path / "run.json"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(RefusedError, match=r"run\.json, line \d+, column \d+: .*cut short"):
            read_json(path)


def test_a_replay_file_that_is_none(tmp_path: Path, capsys: Capture) -> None:
    assert "cannot be read: No such file" in refused(capsys, "replay", str(tmp_path / "none.json"))
    assert "cannot be read" in refused(capsys, "replay", str(tmp_path))
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\n\x89PNG\xff")
    assert "line 2: not UTF-8" in refused(capsys, "replay", str(picture))
    assert "16 MiB" in refused(capsys, "replay", "/dev/zero")


def test_bench_refuses_a_place_it_cannot_write_to(capsys: Capture) -> None:
    assert "--json must name a file" in refused(capsys, "bench", "--json", "no/such/folder/bench.json")


# --- the progress bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_progress_on_a_terminal_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    bar = Bar("flooding on spirals", 2000, "steps")
    for step in (0, 1000, 2000):
        bar.show(step)
    frames = terminal.getvalue().split("\r")[1:]
    assert "1,000 of 2,000 steps" in frames[1]
    assert all(len(frame) < 80 for frame in frames)
    bar.clear()
    assert terminal.getvalue().split("\r")[-2].strip() == ""


def test_the_bar_is_quiet_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    bar = Bar("flooding on spirals", 2000, "steps")
    bar.show(10)
    bar.clear()
    assert stream.getvalue() == ""
