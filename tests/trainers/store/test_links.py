"""Links that share runs and studies: made, revoked and opened, and by whom; and a library that becomes another's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.trainers.store.made import grow, history_of
from trainers.evidence.plan import plan_repeat
from trainers.runs.build import build_spec
from trainers.store.database import FILE
from trainers.store.library import Filter, Library, RequestError, clear_bin, hand_over
from trainers.store.links import MARK, MAX_LINKS, Links, owner_by
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.store.study_recording import StudyNow, StudyRecording


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        for public_id, visitor in (("one", "me"), ("two", "me"), ("theirs", "other")):
            keep(made, public_id, visitor)
        yield made


def keep(store: Store, public_id: str, visitor: str) -> None:
    history = history_of()
    grow(history, 20)
    store.write([(Recording(public_id, visitor), Now(history, "stopped"))])


def keep_study(store: Store, public_id: str = "many") -> None:
    plan = plan_repeat(build_spec("flooding", steps=20), 2)
    store.write([(StudyRecording(public_id, "me"), StudyNow(plan, "running", ()))])


def links_of(store: Store, public_id: str, visitor: str = "me") -> int:
    card = Library(store, [visitor]).card(public_id)
    assert card is not None
    return card.links


def test_a_link_opens_its_run_and_no_other_until_it_is_revoked(store: Store) -> None:
    links = Links(store, ["me"])
    first, second = links.add("one"), links.add("one")
    other = links.add("two")
    assert first != second and (links.count("one"), links_of(store, "one"), links_of(store, "two")) == (2, 2, 1)
    public_id, _, key = first.partition(MARK)
    assert public_id == "one" and len(key) == 32
    assert [owner_by(store, link) for link in (first, second, other)] == ["me"] * 3
    wrong = (
        f"two{MARK}{key}",
        f"one{MARK}",
        "one",
        f"one{MARK}{key[:-1]}",
        f"{first}{MARK}",
        "",
        f"one{MARK}{'%' * 32}",
    )
    assert [owner_by(store, link) for link in wrong] == [None] * len(wrong)
    assert links.revoke("one") == 2
    assert [owner_by(store, link) for link in (first, second, other)] == [None, None, "me"]
    assert links_of(store, "one") == 0 and links.revoke("one") == 0


def test_the_store_has_no_key_by_which_a_link_opens(store: Store, tmp_path: Path) -> None:
    key = Links(store, ["me"]).add("one").partition(MARK)[2]
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert key not in "\n".join(connection.iterdump())


def test_only_whose_a_run_is_can_share_it_and_see_that_it_is(store: Store) -> None:
    link = Links(store, ["me"]).add("one")
    for visitors in (["other"], []):
        for act in (Links(store, visitors).add, Links(store, visitors).count, Links(store, visitors).revoke):
            with pytest.raises(RequestError, match="one: no such run or study of yours"):
                act("one")
    with pytest.raises(RequestError):
        Links(store, ["me"]).add(link)
    assert owner_by(store, link) == "me" and Links(store, ["me", "local"]).count("one") == 1


def test_a_deleted_run_opens_by_no_link_and_one_that_is_brought_back_does(store: Store) -> None:
    links, library = Links(store, ["me"]), Library(store, ["me"])
    link = links.add("one")
    library.delete(["one"])
    assert owner_by(store, link) is None
    with pytest.raises(RequestError):
        links.add("one")
    library.restore(["one"])
    assert owner_by(store, link) == "me"


def test_what_goes_for_good_takes_its_links_along(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Links(store, ["me"]).add("one")
    Library(store, ["me"]).delete(["one"])
    monkeypatch.setattr("trainers.store.library.BIN_S", -1.0)
    assert clear_bin(store) == 1 and owner_by(store, link) is None
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM shares").scalar_one() == 0


def test_a_run_has_only_so_many_links(store: Store) -> None:
    links = Links(store, ["me"])
    for _ in range(MAX_LINKS):
        links.add("one")
    with pytest.raises(RequestError, match=f"links to one must be at most {MAX_LINKS}, got one more: revoke them"):
        links.add("one")
    links.revoke("one")
    assert links.add("one")


def test_a_study_is_shared_as_a_run_is_and_apart_from_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_study(store)
    links = Links(store, ["me"])
    run, study, other = links.add("one"), links.add("many"), links.add("many")
    assert [owner_by(store, link) for link in (run, study, other)] == ["me"] * 3
    assert [(links.count(one), links_of(store, one)) for one in ("one", "many")] == [(1, 1), (2, 2)]
    assert owner_by(store, f"one{study[4:]}") is None and owner_by(store, f"many{run[3:]}") is None
    with pytest.raises(RequestError):
        Links(store, ["other"]).revoke("many")
    assert links.revoke("many") == 2
    assert [owner_by(store, link) for link in (run, study, other)] == ["me", None, None]
    link = links.add("many")
    Library(store, ["me"]).delete(["many"])
    assert owner_by(store, link) is None
    monkeypatch.setattr("trainers.store.library.BIN_S", -1.0)
    assert clear_bin(store) == 1
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM study_shares").scalar_one() == 0


def test_a_library_becomes_anothers_beside_what_they_have(store: Store) -> None:
    keep_study(store)
    link = Links(store, ["me"]).add("one")
    Library(store, ["me"]).delete(["two"])
    assert hand_over(store, "me", "other") == 3

    def ids(visitor: str, *, in_bin: bool) -> set[str]:
        return {card.public_id for card in Library(store, [visitor]).page(Filter(in_bin=in_bin)).cards}

    assert [ids("me", in_bin=in_bin) for in_bin in (False, True)] == [set(), set()]
    assert [ids("other", in_bin=in_bin) for in_bin in (False, True)] == [{"one", "many", "theirs"}, {"two"}]
    assert owner_by(store, link) == "other" and Links(store, ["other"]).count("one") == 1
    assert hand_over(store, "me", "other") == 0
