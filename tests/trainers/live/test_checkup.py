"""What `doctor` says of the cache and the store: that they are well only where they can be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trainers.live.checkup import of_cache, of_store
from trainers.store import database
from trainers.tasks.cache_file import cached
from trainers.tasks.mnist1d import CACHED


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_cache_file_is_read_before_it_is_called_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_CACHE", str(tmp_path))
    assert [(one.is_well, "not there yet" in one.sentence) for one in of_cache()] == [(True, True)]
    cached(CACHED, lambda: {"x": np.ones(2)})
    assert [(one.is_well, one.sentence.endswith("MNIST-1D is there.")) for one in of_cache()] == [(True, True)]
    (tmp_path / f"{CACHED}.npz").write_bytes(b"something else")
    (found,) = of_cache()
    assert not found.is_well and "cannot be read" in found.sentence and "makes it again" in found.sentence


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRICK_LAB_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    (found,) = of_cache()
    assert not found.is_well and "set TRICK_LAB_CACHE" in found.sentence


@pytest.mark.parametrize("name", ["", "below"])
def test_a_store_that_cannot_be_made_is_wrong(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TRICK_LAB_STORE", "on")
    monkeypatch.setenv("TRICK_LAB_DATA", str(tmp_path / "file" / name))
    (found,) = of_store()
    assert not found.is_well and f"{tmp_path / 'file'} is no folder" in found.sentence
    monkeypatch.setenv("TRICK_LAB_DATA", str(tmp_path / "new" / name))
    assert [one.is_well for one in of_store()] == [True] and not (tmp_path / "new").exists()


def test_without_a_home_there_is_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_STORE", "on")
    monkeypatch.delenv("TRICK_LAB_DATA", raising=False)
    monkeypatch.setattr(database, "user_data_path", lambda *_, **__: homeless())
    (found,) = of_store()
    assert not found.is_well and "set TRICK_LAB_DATA to one" in found.sentence
