"""The versions of the store's tables: an older database is brought up, a newer one left alone."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.trainers.store.made import assert_same, grow, history_of, spec_of
from trainers.runs.spec import Event
from trainers.store.database import FILE, StoreError
from trainers.store.schema import HEAD, metadata
from trainers.store.store import Store

FIRST = Path(__file__).parent / "first.sqlite"
"""A database of version 0001 with one run, as the lab wrote it then."""


def version_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        found: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return found


def test_the_migrations_make_the_tables_that_are_declared(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store, store.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert version_of(tmp_path / FILE) == HEAD


def test_a_database_of_the_first_version_is_brought_up_after_a_copy_was_made(tmp_path: Path) -> None:
    shutil.copy(FIRST, tmp_path / FILE)
    history = history_of(spec_of(60))
    grow(history, 40, events=[Event(20, "flood_level", 0.4, 1)])
    with closing(Store(tmp_path)) as store:
        kept = store.load("f1e5700000000001")
        assert kept is not None and (kept.row.name, kept.row.imported) == ("der erste Lauf 第一", False)
        assert_same(kept.history, history)
        with store.database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert version_of(tmp_path / FILE) == HEAD
    copy = tmp_path / "lab-0001.sqlite"
    assert version_of(copy) == "0001"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT public_id, step FROM runs").fetchall() == [("f1e5700000000001", 40)]


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(StoreError, match=rf"of a newer version of the lab \(its tables are 9999, these {HEAD}\)"):
        Store(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_database_of_a_version_that_never_was_is_refused(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()
    with pytest.raises(StoreError, match=r"lab\.sqlite cannot be brought up to date: .*0000"):
        Store(tmp_path)


def test_a_database_whose_bringing_up_fails_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(FIRST, tmp_path / FILE)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("alembic.command.upgrade", fail)
        with pytest.raises(StoreError, match="No space left"):
            Store(tmp_path)
    assert version_of(tmp_path / FILE) == "0001"
    with closing(Store(tmp_path)) as store:
        assert store.load("f1e5700000000001") is not None
