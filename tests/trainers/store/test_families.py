"""Branches stand under their parents in the library, wherever those stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.trainers.store.made import history_of
from trainers.store.library import LOCAL, Filter, Library
from trainers.store.recording import Now, Recording
from trainers.store.store import Store

WHEN = {"old": 1.0, "middle": 2.0, "new": 3.0, "old/a": 4.0, "old/a/b": 5.0, "old/c": 6.0}
FAMILY = [("old", 0), ("old/a", 1), ("old/a/b", 2), ("old/c", 1)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three runs, and branches of the oldest."""
    with closing(Store(tmp_path)) as store:
        for name, at in WHEN.items():
            parent, _, _ = name.rpartition("/")
            fork = 5 if parent else None
            store.write([(Recording(name, LOCAL, "", parent, fork, created_at=at), Now(history_of(), "finished"))])
        yield Library(store, [LOCAL])


def shown(library: Library, **order: object) -> list[tuple[str, int]]:
    return [(card.public_id, card.depth) for card in library.page(Filter(), **order).cards]  # type: ignore[arg-type]


def test_a_family_stands_where_its_newest_member_would(library: Library) -> None:
    assert shown(library) == [*FAMILY, ("new", 0), ("middle", 0)]
    assert shown(library, down=False) == [*FAMILY, ("middle", 0), ("new", 0)]
    library.pin("middle", pinned=True)
    assert shown(library) == [("middle", 0), *FAMILY, ("new", 0)]
    library.pin("old/a/b", pinned=True)
    assert shown(library) == [*FAMILY, ("middle", 0), ("new", 0)]


def test_pages_cut_a_family_and_lose_nobody(library: Library) -> None:
    parts = [shown(library, start=start, count=2) for start in (0, 2, 4)]
    assert [one for part in parts for one in part] == shown(library)
    assert library.page(count=2).total == len(WHEN)


def test_a_branch_whose_parent_is_not_shown_stands_by_itself_and_tells_of_it(library: Library) -> None:
    library.delete(["old"])
    assert shown(library) == [("old/c", 0), ("old/a", 0), ("old/a/b", 1), ("new", 0), ("middle", 0)]
    card = library.card("old/c")
    assert card is not None and (card.parent, card.fork_step) == ("old", 5)


def test_in_any_other_order_it_stands_where_it_belongs(library: Library) -> None:
    assert [depth for _, depth in shown(library, sort="name")] == [0] * len(WHEN)


def test_a_run_made_again_from_another_is_no_branch(library: Library, tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        again = Recording("again", LOCAL, "", "old", created_at=9.0)
        store.write([(again, Now(history_of(), "finished"))])
    assert shown(library)[0] == ("again", 0)
