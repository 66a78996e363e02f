"""The lab from Python: the same numbers as on the command line, and the example notebook, run as it is written."""

from __future__ import annotations

import ast
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conftest import REPOSITORY
from trainers import lab
from trainers.__main__ import DONE, main
from trainers.commands.options import FailedError
from trainers.store.archive import read_archive
from tricks.declaration import RefusedError

Capture = pytest.CaptureFixture[str]
NOTEBOOK = REPOSITORY / "docs" / "notebook.ipynb"
SMALL: dict[str, Any] = {"task": "spirals", "width": 8}
OPTIONS = ("--task", "spirals", "--knob", "width=8")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty one."""
    monkeypatch.setenv("TRICK_LAB_STORE", "on")
    monkeypatch.setenv("TRICK_LAB_DATA", str(tmp_path / "data"))


def without_seconds(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text)).drop(columns="elapsed_s")


def test_a_run_has_the_numbers_of_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    made = lab.run(
        "flooding", steps=30, seed=3, arms=[{"flood_level": 0.1}], turns={9: {"flood_level": 0.4, "lr": 0.01}}, **SMALL
    )
    turned = ("--turn", "9:flood_level=0.4", "--turn", "9:lr=0.01", "--arm", "flood_level=0.1")
    assert main(["run", "flooding", *OPTIONS, "--steps", "30", "--seed", "3", *turned, "--csv", "-"]) == DONE
    expected = without_seconds(capsys.readouterr().out)
    made.save(tmp_path / "run.csv")
    pd.testing.assert_frame_equal(
        without_seconds((tmp_path / "run.csv").read_text("utf-8")), expected, check_exact=True
    )
    frame = made.frame()
    assert list(frame.columns) == (tmp_path / "run.csv").read_text("utf-8").splitlines()[0].split(",")
    for name in ("train_loss", "test_loss", "flood_level"):
        np.testing.assert_array_equal(frame[name], expected[name])


def test_a_study_has_the_verdict_of_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    made = lab.study("flooding", steps=20, seeds=3, **SMALL)
    lab.run("flooding", steps=20, **SMALL).save(tmp_path / "spec.json")
    assert (
        main(
            [
                "evidence",
                "--spec",
                str(tmp_path / "spec.json"),
                "--seeds",
                "3",
                "--workers",
                "1",
                "--csv",
                str(tmp_path / "rows.csv"),
            ]
        )
        == DONE
    )
    told = capsys.readouterr().out.splitlines()
    lines = made.verdict().splitlines()
    assert len(lines) == 6 and "on 3 of 3 seeds" in lines[1]
    for line in lines[:-1]:  # the last one tells of seconds, which differ from call to call
        assert f"  {line}" in told
    rows, mine = pd.read_csv(tmp_path / "rows.csv"), made.frame()
    for name in ("seed", "train_loss", "test_loss", "test_accuracy"):
        np.testing.assert_array_equal(mine[name], rows[name])
    assert made.figure()._repr_svg_().startswith("<?xml") and made.figure("test_accuracy").draw("pdf").startswith(
        b"%PDF"
    )


def test_workers_make_the_same(tmp_path: Path) -> None:
    alone, together = (lab.study("flooding", steps=5, seeds=(100, 7), workers=workers, **SMALL) for workers in (1, 2))
    columns = ["seed", "arm", "train_loss", "test_loss"]
    pd.testing.assert_frame_equal(alone.frame()[columns], together.frame()[columns], check_exact=True)
    assert list(alone.frame()["seed"]) == [7, 7, 100, 100]


@pytest.mark.usefixtures("library")
def test_a_run_is_saved_as_its_ending_says_and_kept_and_opened(tmp_path: Path) -> None:
    made = lab.run("flooding", steps=5, **SMALL)
    begins = {
        "a.svg": b"<?xml",
        "a.csv": b"run_id",
        "a.sheet.csv": b"\xef\xbb\xbf",
        "A.PNG": b"\x89PNG",
        "a.parquet": b"PAR1",
    }
    for name, begin in begins.items():
        made.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begin)
    made.save(tmp_path / "a.bundle.zip")
    assert read_archive((tmp_path / "a.bundle.zip").read_bytes()).public_id == made.whole.public_id
    made.figure("test_loss").save(tmp_path / "loss.pdf")
    assert (tmp_path / "loss.pdf").read_bytes().startswith(b"%PDF")
    kept = made.keep("mine")
    again = lab.kept()
    assert (again.whole.public_id, again.whole.name) == (kept, "mine")
    pd.testing.assert_frame_equal(again.frame(), made.frame().assign(run_id=kept), check_exact=True)
    whole = replace(
        made.whole, made={**made.whole.made, "code": "elsewhere", "torch": "1.0"}, note="old", created_at=5.0
    )
    twice = lab.kept(lab.Run(whole).keep()).whole
    assert (twice.made["code"], twice.made["torch"], twice.note, twice.created_at) == ("elsewhere", "1.0", "old", 5.0)
    with pytest.raises(FailedError, match="name must be at most 120"):
        made.keep("a" * 121)


def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="flod_level"):
        lab.run("flooding", flod_level=0.2)
    with pytest.raises(RefusedError, match="gamma is neither a knob of flooding nor a setting"):
        lab.run("flooding", steps=5, turns={2: {"gamma": 1}}, **SMALL)
    with pytest.raises(RefusedError, match="the step of a turn must be between 1 and 5, got 6"):
        lab.run("flooding", steps=5, turns={6: {"flood_level": 0.1}}, **SMALL)
    with pytest.raises(RefusedError, match="seeds must be between 2 and 64, got 1"):
        lab.study("flooding", seeds=[3], **SMALL)
    with pytest.raises(RefusedError, match="seeds must differ, got 3, 3, 4"):
        lab.study("flooding", seeds=[3, 3, 4], **SMALL)
    with pytest.raises(RefusedError, match="workers must be between 1 and 64, got 0"):
        lab.study("flooding", workers=0, steps=5, **SMALL)
    made = lab.run("flooding", steps=2, **SMALL)
    with pytest.raises(RefusedError, match=r"must end in one of \.csv, .*, got 'a.xlsx'"):
        made.save("a.xlsx")
    with pytest.raises(RefusedError, match="a figure's metric must be one of"):
        made.figure("luck")
    with pytest.raises(RefusedError, match=r"a figure must end in \.svg"):
        made.figure().save(tmp_path / "a.gif")


def test_its_names_are_ten_and_documented() -> None:
    functions = [getattr(lab, name) for name in lab.__all__]
    methods = [
        kind.__dict__[name] for kind in (lab.Run, lab.Study) for name in kind.__dict__ if not name.startswith("_")
    ]
    named = [one for one in (*functions, *methods) if callable(one)]
    assert len(named) == 10 and all(one.__doc__ for one in named)
    for one in named:
        assert f"`{one.__name__}`" in str(lab.__doc__)


@pytest.mark.usefixtures("library")
def test_the_example_notebook_runs_as_it_is_written(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    names: dict[str, Any] = {}
    shown = []
    for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, NOTEBOOK.name, "exec"), names)
            if isinstance(last, ast.Expr):  # which a notebook shows
                shown.append(eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names))
    race, table, _, rows, forest, files, same = shown
    assert race._repr_svg_().startswith("<?xml") and forest._repr_svg_().startswith("<?xml")
    assert list(table.index) == ["baseline", "flooding"] and len(files) == 4 and same
    assert len(rows) == 16
    assert "Flooding" in capsys.readouterr().out
