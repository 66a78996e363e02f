"""`python -m trainers lesson`: lists, checks, records, writes hand-outs, and refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainers.teaching.lesson_texts import WHOLE
from trainers.__main__ import main
from trainers.evidence import declarations
from trainers.teaching import lesson, lesson_runs, seen

SHORT = (
    WHOLE.replace("steps=40", "steps=20")
    .replace("at 20", "at 10")
    .replace(" on 3", " on 2")
    .replace("0.1`", "0.1 on 2`")
)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lesson of one's own in the folder one works in, recorded on three seeds."""
    for module in (declarations, lesson_runs, seen):
        monkeypatch.setattr(module, "SEEDS", (100, 101, 107))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "flood.md"
    path.write_text(SHORT, encoding="utf-8")
    return path


def test_lessons_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lesson"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(lesson.names())
    assert "4 steps  36 minutes  Why ReLU" in next(line for line in lines if line.startswith("why_relu"))
    monkeypatch.setenv(lesson.FOLDER, str(tmp_path))
    (tmp_path / "flood.md").write_text(SHORT.replace("page:", "side:"), encoding="utf-8")
    assert main(["lesson"]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == lines and "flood.md: ## The floor: under the title must stand" in told.err


def test_a_lesson_of_the_lab_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "trick_or_seed"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Is it the trick, or the seed?: 4 steps, 36 minutes\n")
    assert "✓ test_loss flooding < baseline on 15: " in told and "16 of 16 seeds" in told and "✗" not in told


def test_ones_own_lesson_is_recorded_and_holds(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "flood.md"]) == 1
    assert capsys.readouterr().out.count("its run, as it is now, is not recorded") == 2
    assert main(["lesson", "flood.md", "--record"]) == 0, capsys.readouterr().out
    first = capsys.readouterr().out
    assert "✓ train_loss flooding > 0.1 on 2: " in first and "3 of 3 seeds" in first
    record = own.with_suffix(".csv").read_text(encoding="utf-8")
    assert main(["lesson", "flood.md", "--record"]) == 0
    assert own.with_suffix(".csv").read_text(encoding="utf-8") == record, "what is recorded is not trained again"
    own.write_text(SHORT.replace("page: flooding?steps=20", "page: flooding?steps=30"), encoding="utf-8")
    assert main(["lesson", "flood.md", "--record"]) == 0
    kept, changed = record.splitlines(), own.with_suffix(".csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in kept if line.startswith("step_1")] == [
        line for line in changed if line.startswith("step_1")
    ]
    assert [line for line in kept if line.startswith("step_2")] != [
        line for line in changed if line.startswith("step_2")
    ]


def test_what_is_not_so_is_said(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.write_text(SHORT.replace("train_loss flooding > 0.1", "train_loss flooding > 9"), encoding="utf-8")
    assert main(["lesson", "flood.md", "--record"]) == 1
    assert "✗ ## The floor: `train_loss flooding > 9 on 2` holds on 0 of 3 seeds, must on 2" in capsys.readouterr().out


def test_a_broken_file_is_told_step_by_step(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.write_text(SHORT.replace("minutes", "hours"), encoding="utf-8")
    assert main(["lesson", "flood.md"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_record_that_is_spoiled_is_said(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "flood.md", "--record"]) == 0, capsys.readouterr().out
    record = own.with_suffix(".csv")
    text = record.read_text(encoding="utf-8")
    capsys.readouterr()
    for spoiled, told in (
        (text.replace(",baseline,", ",bassline,"), "nothing is recorded of arm baseline"),
        (re.sub(r"0\.\d+", "much", text), "could not convert string to float: 'much'"),
        ("not\x00a,table", "its run, as it is now, is not recorded"),
    ):
        record.write_text(spoiled, encoding="utf-8")
        assert main(["lesson", "flood.md"]) == 1
        assert told in capsys.readouterr().out


def test_what_is_no_record_is_not_written_over(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = own.with_suffix(".csv")
    for mine in (b"name,grade\nAda,1\n", b"\xff", b"a" * 200_000):
        record.write_bytes(mine)
        assert main(["lesson", "flood.md", "--record"]) == 2
        assert "which is there and has no records" in capsys.readouterr().err
        assert record.read_bytes() == mine
        assert main(["lesson", "flood.md"]) == 1  # and it is read without harm
        capsys.readouterr()
    record.unlink()
    record.mkdir()
    assert main(["lesson", "flood.md", "--record"]) == 2
    record.rmdir()
    record.symlink_to(own.parent / "gone" / "flood.csv")
    assert main(["lesson", "flood.md", "--record"]) == 2
    record.unlink()
    assert main(["lesson", "flood.md", "--handout", "flood.csv"]) == 2
    assert "has the lesson's records, they would be overwritten" in capsys.readouterr().err and not record.exists()


def test_marks_are_those_that_the_stream_has(own: Path) -> None:
    command = [sys.executable, "-m", "trainers", "lesson", str(own)]
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, cwd=declarations.ROOT, env=environment, capture_output=True, check=False)
    assert b"  - ## The floor: its run" in done.stdout and b"?" not in done.stdout


def test_a_folder_of_lessons_that_is_none_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(lesson.FOLDER, str(tmp_path / "gone"))
    assert main(["lesson"]) == 1
    assert f"{lesson.FOLDER} must be a folder, got '{tmp_path}/gone'" in capsys.readouterr().err


def test_hand_outs_are_written(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "flood.md", "--handout", "class.html"]) == 1, "nothing is recorded, and it is written"
    capsys.readouterr()
    assert main(["lesson", "flood.md", "--handout", "-", "--teacher"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("<!doctype html>") and 'class="right"' in told.out and "✗ ## The floor" in told.err
    assert 'class="right"' not in (own.parent / "class.html").read_text(encoding="utf-8")


def test_a_lesson_is_not_overwritten_by_its_hand_out(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = (own.parent / "flood.md").read_bytes()
    assert main(["lesson", "flood.md", "--handout", "./flood.md"]) == 2
    assert "is the lesson, it would be overwritten" in capsys.readouterr().err
    assert (own.parent / "flood.md").read_bytes() == written


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["why_relo"], "a lesson must be a file, or one of those there are (nearest: why_relu"),
        (["why_relu", "--language", "tlh"], "--language must be one of en"),
        (["why_relu", "--teacher"], "--teacher needs --handout"),
        (["--record"], "--record, --handout and --teacher need a lesson"),
        (["--handout", "a.html"], "--record, --handout and --teacher need a lesson"),
        (["why_relu", "--handout", "nowhere/a.html"], "--handout must name a file in a folder that exists"),
    ],
)
def test_wrong_usage_is_refused(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", *arguments]) == 2
    assert told in capsys.readouterr().err
