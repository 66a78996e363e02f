"""A command does not call kept what there was no room for."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainers import lab
from trainers.__main__ import DONE, FAILED, main
from trainers.commands.options import FailedError
from trainers.store.store import Store

SHORT = ["run", "flooding", "--task", "spirals", "--steps", "2", "--knob", "width=8"]


@pytest.mark.parametrize(
    ("more", "what"), [([], "this run"), (["--seeds", "0-1"], "2 of 2 runs")], ids=["a run", "several"]
)
def test_what_there_is_no_room_for_is_not_called_kept(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[str], what: str
) -> None:
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "0.001")
    assert main([*SHORT, *more]) == DONE
    told = capsys.readouterr().err
    assert f"there is no room for {what}, not kept: raise TRICK_LAB_DATA_MAX_MB" in told and "kept as" not in told
    monkeypatch.delenv("TRICK_LAB_DATA_MAX_MB")
    assert main([*SHORT, *more]) == DONE
    told = capsys.readouterr().err
    assert "kept as" in told and "no room" not in told
    store = Store(data)
    assert store.counts().runs == 1 + len(more) // 2
    store.close()


def test_nor_what_is_imported_or_kept_by_hand(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = str(tmp_path / "run.csv")
    assert main([*SHORT, "--no-keep", "--csv", saved]) == DONE
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "0.001")
    capsys.readouterr()
    assert main(["runs", "import", saved]) == FAILED
    assert "not kept: raise TRICK_LAB_DATA_MAX_MB" in capsys.readouterr().err
    with pytest.raises(FailedError, match="there is no room for this run, not kept: raise TRICK_LAB_DATA_MAX_MB"):
        lab.run("flooding", task="spirals", steps=2).keep()
