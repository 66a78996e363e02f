"""A row of the store that is damaged costs what it says, and no other run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.trainers.store.made import grow, history_of
from trainers.store.database import FILE
from trainers.store.library import LOCAL, Library
from trainers.store.recording import Now, Recording
from trainers.store.store import Store

DAMAGE = [
    *(("differs", text) for text in ("x", "[1]", b"\xff")),
    *(("spec", text) for text in ("x", "7", "")),
    *(("metrics", text) for text in ("x", "null")),
    *(("curve", text) for text in ("x", b"\0\0\0\0", b"\0\0\0")),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(Store(tmp_path)) as store:
        for public_id in ("whole", "spoiled"):
            history = history_of()
            grow(history, 60)
            store.write([(Recording(public_id, LOCAL, created_at=1.7e9), Now(history, "stopped"))])
    return tmp_path


@pytest.mark.parametrize(("column", "content"), DAMAGE)
def test_a_damaged_run_is_named_and_the_others_are_listed(
    folder: Path, column: str, content: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Store(folder)) as store:
        before = Library(store, [LOCAL]).page()
    assert caplog.text == ""
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(f"UPDATE runs SET {column} = ? WHERE public_id = 'spoiled'", [content])
    with closing(Store(folder)) as store:
        library = Library(store, [LOCAL])
        page = library.page()
        one = library.card("spoiled")
    told = {card.public_id: card for card in page.cards}
    assert page.total == before.total == 2 and told["whole"] in before.cards
    assert one is not None and one == told["spoiled"]
    assert (one.differs, one.spec, one.metrics, one.curve) == ({}, {}, {}, [])
    assert (one.trick, one.steps, one.status) == ("flooding", 2000, "stopped")
    assert {record.getMessage().partition(":")[0] for record in caplog.records} == {"the run spoiled is damaged"}
    assert len(caplog.records) == 2  # of the page and of the card
