"""A store that holds more than it may loses what is least missed, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.trainers.store.made import grow, history_of
from trainers.store.database import FILE, StoreError
from trainers.store.library import Filter, Library
from trainers.store.quota import space_of, trim
from trainers.store.recording import Capture, Now, Recording
from trainers.store.store import Store

MB = 2**20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        for number, status in enumerate(["stopped"] * 6 + ["running", "interrupted"]):
            history = history_of()
            grow(history, 20)
            recording = Recording(f"run{number}", "somebody", created_at=1000.0 + number)
            made.write([(recording, Now(history, status, capture=Capture(20, os.urandom(MB))))])
        yield made


def left(store: Store) -> list[str]:
    library = Library(store, ["somebody"])
    return sorted(card.public_id for in_bin in (False, True) for card in library.page(Filter(in_bin=in_bin)).cards)


def test_what_is_in_the_bin_goes_first_then_the_oldest_that_is_not_pinned(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(store, ["somebody"])
    library.pin("run0", pinned=True)
    library.delete(["run4"])
    assert trim(store) == 0 and not space_of(store).is_nearly_full
    before = (tmp_path / FILE).stat().st_size
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "7")
    assert space_of(store).is_nearly_full
    assert trim(store) == 2
    assert left(store) == ["run0", "run2", "run3", "run5", "run6", "run7"]
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "1")
    trim(store)
    assert left(store) == ["run0", "run6", "run7"]
    store.close()
    assert (tmp_path / FILE).stat().st_size < before - 4 * MB


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf"])
def test_a_size_that_is_none_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", text)
    with pytest.raises(StoreError, match=f"TRICK_LAB_DATA_MAX_MB must be a number above 0, got '{text}'"):
        trim(store)


def test_a_size_beyond_all_numbers_is_no_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_DATA_MAX_MB", "1e305")
    assert trim(store) == 0 and not space_of(store).is_nearly_full
