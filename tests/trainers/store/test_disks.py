"""The store on disks and beside clocks that are not as one would have them: nothing kept is lost or misjudged."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trainers.store.made import assert_same, grow, history_of
from trainers.live import checkup
from trainers.store.database import FILE, StoreError, is_network
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.store.writers import SILENCE_S

HOUR_S = 3600.0


def filled(folder: Path, public_id: str = "one", steps: int = 600) -> None:
    """Keeps a run that has ended in a store there."""
    with closing(Store(folder)) as store:
        history = history_of()
        grow(history, steps)
        store.write([(Recording(public_id, "somebody"), Now(history, "stopped"))])


def status_of(store: Store, public_id: str) -> str:
    kept = store.load(public_id)
    assert kept is not None
    return kept.status


def doctor_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    monkeypatch.setenv("TRICK_LAB_STORE", "on")
    monkeypatch.setenv("TRICK_LAB_DATA", str(folder))
    return [(finding.sentence, finding.is_well) for finding in checkup.of_store()]


# Network disks


@pytest.mark.parametrize(("kind", "is_far"), [("nfs4", True), ("CIFS", True), ("fuse.sshfs", True), ("ext4", False)])
def test_a_disk_of_another_machine_is_known_by_the_nearest_mount(
    kind: str, is_far: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [SimpleNamespace(mountpoint="/", fstype="nfs"), SimpleNamespace(mountpoint=str(tmp_path), fstype=kind)]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: places)
    assert is_network(tmp_path / "kept" / "here") == is_far


def test_on_a_network_disk_the_journal_is_sqlites_own_and_doctor_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: places)
    filled(tmp_path)
    with closing(Store(tmp_path)) as store, store.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        assert not (tmp_path / f"{FILE}-wal").exists()
    with closing(Store(tmp_path)) as store:
        assert status_of(store, "one") == "stopped"
    said = doctor_says(tmp_path, monkeypatch)
    assert any("without a write-ahead log: reading and writing take turns" in sentence for sentence, _ in said)
    assert all(is_well for _, is_well in said)


# Places that cannot be written


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder and no file may be written, as an administrator may have it; who runs the tests may write anywhere."""
    monkeypatch.setattr(os, "access", lambda _path, mode, **_: not mode & os.W_OK)


def test_a_store_that_cannot_be_written_is_read_and_says_so(
    tmp_path: Path, sealed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as writable:
        writable.setattr(os, "access", lambda *_, **__: True)
        filled(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    with closing(Store(tmp_path)) as store:
        assert status_of(store, "one") == "stopped"
        with pytest.raises(StoreError, match="cannot be written"):
            store.write([(Recording("two", "somebody"), Now(history_of(), "running"))])
    assert (tmp_path / FILE).read_bytes() == before
    said = doctor_says(tmp_path, monkeypatch)
    assert [is_well for sentence, is_well in said if "cannot be written" in sentence] == [False]


def test_a_place_without_a_store_that_cannot_be_written_says_what_to_do(tmp_path: Path, sealed: None) -> None:
    with pytest.raises(StoreError, match="cannot be written: let it be, or set TRICK_LAB_DATA to another"):
        Store(tmp_path)


def test_an_older_store_that_cannot_be_written_is_left_as_it_is(tmp_path: Path, sealed: None) -> None:
    shutil.copy(Path(__file__).parent / "first.sqlite", tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError, match="is of an older version and cannot be written: let it be, to be brought up"):
        Store(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


# Files that were written half


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 1.0))
def test_a_journal_cut_anywhere_costs_no_run_that_was_written_before(
    share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As a machine leaves it that loses its power while the journal is written."""
    folder, after = (tmp_path_factory.mktemp(name) for name in ("before", "after"))
    with closing(Store(folder)) as store:
        history = history_of()
        grow(history, 600)
        store.write([(Recording("one", "somebody"), Now(history, "stopped"))])
        with store.database.reading() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        store.write([(Recording("two", "somebody"), Now(history, "stopped"))])
        journal = (folder / f"{FILE}-wal").read_bytes()
        (after / FILE).write_bytes((folder / FILE).read_bytes())
    assert journal
    (after / f"{FILE}-wal").write_bytes(journal[: round(share * len(journal))])
    with closing(Store(after)) as store:
        assert store.database.damage() == ""
        first, second = store.load("one"), store.load("two")
        assert first is not None
        assert_same(first.history, history)
        if second is not None:  # whole, or not at all
            assert_same(second.history, history)
        assert (second is not None) or share < 1


# Clocks that are set


@pytest.mark.parametrize("steps_s", [HOUR_S, -HOUR_S, 400 * 24 * HOUR_S])
def test_a_clock_that_is_set_between_two_heartbeats_ends_no_run(
    steps_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes is known by a lock; the clock has no say."""
    true = time.time
    with closing(Store(tmp_path)) as store, closing(Store(tmp_path)) as other:
        history = history_of()
        grow(history, 10)
        recording = Recording("one", "somebody")
        store.write([(recording, Now(history, "running"))])
        monkeypatch.setattr(time, "time", lambda: true() + steps_s)
        assert other.settle() == [] and status_of(other, "one") == "running"
        store.beat()
        monkeypatch.setattr(time, "time", true)
        assert other.settle() == [] and status_of(other, "one") == "running"
        grow(history, 10)
        assert store.write([(recording, Now(history, "stopped"))]) == []
        assert status_of(other, "one") == "stopped"


def test_where_a_disk_knows_no_locks_a_writer_is_there_while_it_is_heard_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is by the clock there; a run that counted as dead for one goes on with its next word."""

    def none(lock: FileLock, **_: object) -> None:
        Path(lock.lock_file).touch()
        raise NotImplementedError

    true = time.time
    monkeypatch.setattr(FileLock, "acquire", none)
    with closing(Store(tmp_path)) as store, closing(Store(tmp_path)) as other:
        history = history_of()
        grow(history, 10)
        recording = Recording("one", "somebody")
        store.write([(recording, Now(history.frozen(), "running"))])
        assert other.settle() == []
        monkeypatch.setattr(time, "time", lambda: true() + SILENCE_S + 1)
        store.beat()
        assert other.settle() == []
        monkeypatch.setattr(time, "time", lambda: true() - HOUR_S)
        assert other.settle() == ["one"]
        grow(history, 10)
        assert store.write([(recording, Now(history, "running"))]) == []
        kept = other.load("one")
        assert kept is not None and (kept.status, kept.history.step) == ("running", 20)
