"""`run --branch-from` and `extend`: a kept run gone on with on the command line, as a run of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainers.commands.test_commands import Capture, refused
from tests.trainers.commands.test_runs import SHORT, TURNS, add, csv_of, ids_in, kept_in
from trainers.__main__ import DONE, main
from trainers.runs.provenance import made_here

KEPT = pytest.mark.usefixtures("data")


def children(folder: Path, parent: str) -> list[str]:
    return [one for one in ids_in(folder) if one != parent]


def test_a_branch_without_a_change_is_its_parent(data: Path, capsys: Capture) -> None:
    assert main([*SHORT, *TURNS]) == DONE
    (parent,) = ids_in(data)
    assert main(["run", "--branch-from", f"{parent}@5", "--turn", "8:lr=0.02"]) == DONE
    (child,) = children(data, parent)
    kept = kept_in(data, child)
    assert (kept.parent, kept.row.fork_step, kept.status) == (parent, 5, "finished")
    assert csv_of(data, child) == csv_of(data, parent)
    assert f"kept as {child}" in capsys.readouterr().err


def test_a_branch_has_its_own_knobs_from_there_on(data: Path) -> None:
    assert main([*SHORT, *TURNS]) == DONE
    branch = ["run", "--branch-from", "last@4", "--knob", "flood_level=0.1", "--steps", "12"]
    assert main(branch) == DONE
    (parent, child) = ids_in(data)
    assert main([*SHORT, "--turn", "3:flood_level=0.4", "--turn", "5:flood_level=0.1"]) == DONE
    whole = ids_in(data)[-1]
    ours, theirs = kept_in(data, child).history, kept_in(data, whole).history
    assert [(event.step, event.value) for event in ours.events] == [(3, 0.4), (5, 0.1)]
    assert ours.step == 12 and ours.row(1, "train_loss")[:9].tolist() == theirs.row(1, "train_loss").tolist()
    assert kept_in(data, parent).history.step == 9


def test_a_kept_run_is_extended_and_again(data: Path, tmp_path: Path) -> None:
    table, spec = tmp_path / "longer.csv", tmp_path / "longer.json"
    assert main([*SHORT, *TURNS]) == DONE
    assert main(["extend", "last", "--steps", "11"]) == DONE
    assert main(["extend", "last", "--steps", "14", "--csv", str(table), "--json", str(spec)]) == DONE
    longest = ids_in(data)[-1]
    assert kept_in(data, longest).history.spec.planned_steps == 9
    assert main(["replay", str(spec), "--no-keep", "--csv", str(tmp_path / "again.csv")]) == DONE
    assert len(table.read_text("utf-8").splitlines()) == 1 + 2 * 14
    main(["replay", str(spec)])
    assert csv_of(data, ids_in(data)[-1]) == csv_of(data, longest)


@KEPT
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--branch-from", "last"], "--branch-from must be RUN@STEP, got 'last'"),
        (["run", "--branch-from", "@3"], "--branch-from must be RUN@STEP"),
        (["run", "flooding", "--branch-from", "last@3"], "TRICK must not be given with --branch-from"),
        (["run", "--branch-from", "last@3", "--seeds", "1-2"], "--seeds must not be given with --branch-from"),
        (["run", "--branch-from", "last@3", "--arm", "flood_level=1"], "--arm must not be given with --branch-from"),
        (["run"], "a TRICK must be given, or --branch-from"),
        (["run", "--branch-from", "none@3"], "no run whose id begins with 'none'"),
        (["extend", "none", "--steps", "30"], "no run whose id begins with 'none'"),
    ],
)
def test_wrong_usage_is_said(capsys: Capture, arguments: list[str], says: str) -> None:
    assert says in refused(capsys, *arguments)


@pytest.mark.parametrize("arguments", [["run", "--branch-from", "made@30"], ["extend", "made", "--steps", "2001"]])
def test_what_other_code_made_is_not_branched(
    data: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    add(data, "made")
    here = {**made_here(), "code": "another"}
    monkeypatch.setattr("trainers.runs.provenance.made_here", lambda: here)
    assert "must be made by what made its parent, got code" in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--branch-from", "made@61"], "step must be between 0 and 60, got 61"),
        (["run", "--branch-from", "made@many"], "step must be a whole number, got 'many'"),
        (["run", "--branch-from", "made@30", "--turn", "30:lr=0.1"], "the step of --turn must be between 31 and 2000"),
        (["run", "--branch-from", "made@30", "--knob", "width=9"], "width"),
        (["run", "--branch-from", "made@30", "--steps", "20"], "steps must be between 2000 and"),
        (["extend", "made", "--steps", "2"], "steps must be between 2000 and"),
    ],
)
def test_what_cannot_be_is_refused(data: Path, capsys: Capture, arguments: list[str], says: str) -> None:
    add(data, "made")
    assert says in refused(capsys, *arguments)
