"""Which store the settings name, and that none is opened where they say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainers.store.database import FILE, StoreError
from trainers.store.store import open_store


def test_tests_open_none_unless_they_say_where() -> None:
    assert open_store() is None


@pytest.mark.parametrize("wanted", ["on", ""])
def test_the_store_is_in_the_folder_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("TRICK_LAB_STORE", wanted)
    monkeypatch.setenv("TRICK_LAB_DATA", str(tmp_path / "kept"))
    store = open_store()
    assert store is not None
    store.close()
    assert store.database.path == tmp_path / "kept" / FILE and store.database.path.is_file()


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_STORE", "of")
    with pytest.raises(StoreError, match="TRICK_LAB_STORE must be on or off, got 'of'"):
        open_store()
