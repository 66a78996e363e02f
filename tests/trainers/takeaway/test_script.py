"""What a run is taken away as: a script that makes the lab's own losses again, to the last bit, without the lab."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from trainers.runs.history import History
from trainers.runs.spec import Event, RunSpec
from trainers.takeaway import script
from trainers.takeaway.notebook import notebook
from trainers.takeaway.script import MAX_LINES, TakeAway, lines_of_code, take_away
from trainers.takeaway.scripted import EQUAL, answer, table_of_scripts
from trainers.takeaway.start_file import ScriptError
from trainers.tasks import load_task
from tricks import catalogue

STEPS = 45  # over the first drop of a rate, the first cycle, the end of what is frozen
PAIRS = [(trick.name, setup.task) for trick in catalogue.every() for setup in trick.setups]
CLASSIFIERS = [pair for pair in PAIRS if load_task(pair[1]).trainer == "classifier"]
WAIT_S = 300


def trained(spec: RunSpec, events: Sequence[Event] = ()) -> History:
    run = Run(spec)
    history = run.new_history()
    history.append(run.advance(1e9, commands=events))
    return history


def played(taken: TakeAway, folder: Path, **settings: str) -> dict[str, list[dict[str, str]]]:
    """The rows of each arm, of the script run where nothing of the lab can be imported, and these variables are set."""
    (folder / "script.py").write_text(taken.script, encoding="utf-8")
    (folder / "start.npz").write_bytes(taken.start)
    command = [sys.executable, "-I", "-W", "error", "-X", "utf8", "script.py"]
    given = {**os.environ, **settings}
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert "train_loss" in done.stdout
    with (folder / "losses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row for row in rows if row["arm"] == name] for name in dict.fromkeys(row["arm"] for row in rows)}


def assert_same(history: History, rows: dict[str, list[dict[str, str]]]) -> None:
    """Each number of each step is the lab's, to the last bit."""
    assert list(rows) == [arm.name for arm in history.spec.arms]
    for number, arm in enumerate(history.spec.arms):
        for name in ("lr", "train_loss", "objective"):
            made = np.array([float(row[name]) for row in rows[arm.name]])
            np.testing.assert_array_equal(made, history.row(number, name), f"{name} of {arm.name}")
        tested = [row for row in rows[arm.name] if row["test_loss"]]
        assert [int(row["step"]) for row in tested] == history.test(number, "step").tolist()
        for name in ("test_loss", "test_accuracy"):
            if name in history.test_names:
                made = np.array([float(row[name]) for row in tested])
                np.testing.assert_allclose(made, history.test(number, name), rtol=1e-5, err_msg=f"{name} of {arm.name}")


def test_a_turned_run_is_made_again_bit_for_bit(tmp_path: Path) -> None:
    spec = build_spec("flooding", task="spirals", steps=STEPS, values={"width": 16, "eval_every": 20})
    turns = [Event(7, "flood_level", 0.6, 1), Event(20, "lr", 0.02), Event(31, "flood_level", 0.1, 1)]
    history = trained(spec, turns)
    taken = take_away(spec, history.events)
    rows = played(taken, tmp_path)
    assert_same(history, rows)
    assert [row["test_loss"] != "" for row in rows["baseline"]] == [step in (20, 40, STEPS) for step in range(1, 46)]
    last = float(rows["flooding"][-1]["test_loss"])
    assert last == pytest.approx(history.test(1, "test_loss")[-1], rel=1e-5)


ELSEWHERE = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}
"""With these torch calculates as on an older processor."""


@pytest.mark.parametrize(("trick", "task"), [("flooding", "spirals"), ("label_smoothing", "mnist1d")])
def test_on_another_processor_it_is_the_run_within_a_thousandth_over_fifty_steps(
    trick: str, task: str, tmp_path: Path
) -> None:
    spec = build_spec(trick, task=task, steps=50)
    history, rows = trained(spec), played(take_away(spec), tmp_path, **ELSEWHERE)
    for number, arm in enumerate(spec.arms):
        made = np.array([float(row["train_loss"]) for row in rows[arm.name]])
        np.testing.assert_allclose(made, history.row(number, "train_loss"), rtol=1e-3)


@pytest.mark.long
@pytest.mark.parametrize(("trick", "task"), CLASSIFIERS)
def test_every_pair_is_made_again_bit_for_bit(trick: str, task: str, tmp_path: Path) -> None:
    spec = build_spec(trick, task=task, steps=STEPS)
    assert_same(trained(spec), played(take_away(spec), tmp_path))


TOGETHER = [("dropout", "sharpness_aware"), ("dropout", "label_smoothing", "gradient_clipping")]


@pytest.mark.parametrize("names", TOGETHER)
def test_there_is_a_script_of_tricks_together(names: tuple[str, ...]) -> None:
    take_away(build_combination(names, task="digits", steps=STEPS))


@pytest.mark.long
@pytest.mark.parametrize("names", TOGETHER)
def test_tricks_together_are_made_again_bit_for_bit(names: tuple[str, ...], tmp_path: Path) -> None:
    spec = build_combination(names, task="digits", steps=STEPS)
    assert_same(trained(spec), played(take_away(spec), tmp_path))


def test_an_extended_run_is_tested_where_it_had_ended_too(tmp_path: Path) -> None:
    whole = build_spec("flooding", task="spirals", steps=STEPS, values={"width": 8, "eval_every": 20})
    spec = whole.extended(STEPS + 8)
    assert_same(trained(spec), played(take_away(spec), tmp_path))


def test_a_run_that_was_stopped_is_tested_no_more_often_than_it_was(tmp_path: Path) -> None:
    spec = build_spec("flooding", task="spirals", steps=STEPS, values={"width": 8, "eval_every": 20})
    run = Run(spec)
    history = run.new_history()
    history.append(run.advance(1e9, max_steps=33))
    assert_same(history, played(take_away(spec, (), history.step), tmp_path))


def test_an_average_of_normalized_networks_is_judged_with_statistics_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "MAX_LINES", 400)  # it is longer than a reader takes in
    small = {"width": 8, "train_size": 200, "eval_every": 9, "norm_type": "group", "swa_start": 0.2, "averaging": "swa"}
    spec = build_combination(("normalization", "weight_averaging"), task="digits", steps=30, ablate=False, values=small)
    turns = [Event(12, "norm_type", "batch", 1)]
    history = trained(spec, turns)
    assert_same(history, played(take_away(spec, history.events), tmp_path))


@pytest.mark.parametrize("eval_every", [1, 5])
def test_an_arm_whose_weights_are_no_longer_numbers_ends_where_the_labs_does(eval_every: int, tmp_path: Path) -> None:
    broken = {"lr": 10.0, "optimizer": "sgd", "depth": 10, "width": 32, "eval_every": eval_every}
    spec = build_spec("flooding", task="spirals", steps=STEPS, values=broken)
    history = trained(spec)
    assert len(history.failures) == 2
    assert_same(history, played(take_away(spec), tmp_path))


def test_what_was_trained_before_it_is_interrupted_is_written(tmp_path: Path) -> None:
    taken = take_away(build_spec("flooding", task="spirals", steps=STEPS, values={"width": 8, "eval_every": 20}))
    assert "numbers = arm.make_step(step)" in taken.script
    stopped = (
        "if step == 31:\n                    raise KeyboardInterrupt\n                numbers = arm.make_step(step)"
    )
    (tmp_path / "script.py").write_text(
        taken.script.replace("numbers = arm.make_step(step)", stopped), encoding="utf-8"
    )
    (tmp_path / "start.npz").write_bytes(taken.start)
    command = [sys.executable, "-I", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode != 0 and "KeyboardInterrupt" in done.stderr
    assert len((tmp_path / "losses.csv").read_text(encoding="utf-8").splitlines()) == 1 + 2 * 30


@pytest.mark.long
def test_an_arm_that_ends_does_so_at_its_step(tmp_path: Path) -> None:
    spec = build_spec("flooding", task="digits", steps=STEPS, values={"lr": 10.0, "momentum": 0.999})
    history = trained(spec, [Event(5, "lr", 1.0)])
    assert_same(history, played(take_away(spec, history.events), tmp_path))


def test_a_script_is_short_and_needs_torch_and_numpy_alone() -> None:
    taken = take_away(build_spec("label_smoothing", task="digits"))
    tree = ast.parse(taken.script)
    assert lines_of_code(taken.script) <= MAX_LINES
    assert max(map(len, taken.script.splitlines())) <= 120
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"torch", "numpy"}
    assert taken.script.startswith("# /// script\n")
    assert r"q_k = (1 - \varepsilon)\, t_k + \varepsilon / K" in taken.script
    assert "1512.00567" in taken.script
    assert "dropout" not in taken.script and "penalty" not in taken.script, "a joint that the run does not use"


def test_what_a_run_starts_from_is_the_same_bytes_and_plain_arrays() -> None:
    spec = build_spec("flooding", task="spirals", steps=9)
    taken = take_away(spec)
    assert taken == take_away(spec)
    with np.load(io.BytesIO(taken.start), allow_pickle=False) as arrays:
        assert arrays["batches/100"].shape == (9, 50)
        assert arrays["train/inputs"].shape == (100, 2)
        weights = [name for name in arrays if "weights/" in name]
        assert weights and all(name.startswith("weights/") for name in weights), "both arms start from the same"


def test_of_more_tricks_than_a_reader_takes_in_there_is_none() -> None:
    with pytest.raises(ScriptError, match="lines of code, more than 250: the bundle replays with the lab"):
        take_away(build_combination(("normalization", "sharpness_aware", "augmentation"), task="digits"))


@pytest.mark.parametrize(("trick", "task"), [pair for pair in PAIRS if pair not in CLASSIFIERS])
def test_of_other_kinds_it_is_said_why_there_is_none(trick: str, task: str) -> None:
    with pytest.raises(ScriptError, match="the bundle replays with the lab"):
        take_away(build_spec(trick, task=task))


def test_a_notebook_is_the_script_in_cells() -> None:
    text = take_away(build_spec("flooding", task="spirals", steps=9)).script
    told = json.loads(notebook(text))
    assert (told["nbformat"], told["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in told["cells"]}) == len(told["cells"])
    for cell in told["cells"]:
        outputs = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | outputs
        assert all(line.endswith("\n") for line in cell["source"][:-1]) and not cell["source"][-1].endswith("\n")
    code = "\n".join("".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "code")
    whole = ast.parse(text)
    assert ast.dump(ast.parse(code)) == ast.dump(ast.Module(whole.body[1:], []))
    texts = ["".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "markdown"]
    assert texts[0].startswith("# Flooding on Two spirals") and "$$\n    \\tilde{J}" in texts[0]
    assert "## The trick: Flooding" in texts


def test_the_readme_tells_of_every_pair_what_there_is() -> None:
    for trick in catalogue.every():
        for setup in trick.setups:
            assert (answer(setup) == EQUAL) == ((trick.name, setup.task) in CLASSIFIERS)
    assert table_of_scripts().count("\n") == len(catalogue.NAMES) + 1


@pytest.mark.parametrize("name", ['x""";open("a","w");r"""', "a\\", "it's\nso", "\x00", "\x1b[2J", "ε = 0,5"])
def test_an_arms_name_is_text_and_nothing_else(name: str) -> None:
    spec = build_spec("flooding", steps=2)
    specs = [replace(spec, arms=(spec.arms[0], replace(spec.arms[1], name=one))) for one in ("b", name)]
    plain, named = (ast.parse(take_away(one).script) for one in specs)
    assert [type(part) for part in named.body] == [type(part) for part in plain.body]
    assert name in [node.value for node in ast.walk(named) if isinstance(node, ast.Constant)]
