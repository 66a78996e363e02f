"""Text that no database can take, as a shell or a JSON may give it, is not there and ends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.trainers.store.made import grow, history_of
from trainers.store.database import StoreError
from trainers.store.library import LOCAL, Filter, Library, Word
from trainers.store.recording import Now, Recording
from trainers.store.store import Store

ODD = ["\udcff", "\ud800", "one\udcff"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        history = history_of()
        grow(history, 60)
        made.write([(Recording("one", LOCAL, "why?"), Now(history, "stopped"))])
        yield made


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_character_is_found_nowhere(store: Store, text: str) -> None:
    library = Library(store, [LOCAL])
    assert library.beginning_with(text) == [] and library.card(text) is None and store.load(text) is None
    assert library.page(Filter(words=(Word(text),))).cards == ()
    assert [card.public_id for card in library.page(Filter(words=(Word("why?"),))).cards] == ["one"]


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_character_is_not_written(store: Store, text: str) -> None:
    library = Library(store, [LOCAL])
    before = library.card("one")
    for change in (library.annotate, library.rename):
        with pytest.raises(StoreError):
            change("one", text)
    with pytest.raises(StoreError):
        library.delete([text])
    assert library.card("one") == before
