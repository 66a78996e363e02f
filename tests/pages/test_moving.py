"""A library moves to another browser by a code: what comes, what is left, who steers; and which codes move nothing."""

from __future__ import annotations

import inspect
import itertools
import json
import math
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pages.lab import moving
from pages.lab.moving import ALPHABET, VALID_S, WRONG, WRONG_OF_ADDRESS, Codes
from pages.lab.text import FALLBACK, load_words
from tests.pages.serving import fetch
from tests.pages.talking import Site
from tests.pages.test_kept import page_of, says
from tests.pages.test_run_links import ask, ids, keep, share, until_kept
from trainers.live.visitor import Visitor
from trainers.store.store import Store

WORDS = load_words(FALLBACK)
WRONG_CODE = (400, WORDS["library.move.wrong"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of a clock that only goes on when it is told to; that of the wall jumps about meanwhile for our code.

    A cluster that comes up beside it would wait for ever.
    """
    now, jumps, real = [1000.0], itertools.cycle([0.0, 4e9, 1.7e9]), time.time

    def wall() -> float:
        frame = inspect.currentframe()
        assert frame is not None and frame.f_back is not None
        asks = str(frame.f_back.f_globals["__name__"])
        return next(jumps) if asks.startswith(("pages.", "trainers.")) else real()

    monkeypatch.setattr(moving, "monotonic", lambda: now[0])
    monkeypatch.setattr("pages.lab.visitors.monotonic", lambda: now[0])
    monkeypatch.setattr(time, "time", wall)
    return now


def move(site: Site, visitor: str, **data: Any) -> tuple[int, Any]:
    status, body = ask(site, "POST", "/lab/move", visitor, data)
    return status, json.loads(body) if status == 200 else body


def code_of(site: Site, visitor: str = "a") -> str:
    status, told = move(site, visitor)
    assert status == 200, told
    return str(told["code"])


# --- codes ---------------------------------------------------------------------------------------------------------


def test_a_code_can_be_typed_and_not_be_guessed() -> None:
    code = Codes().new(Visitor.of("a" * 32))
    groups = code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4] and {*"".join(groups)} <= {*ALPHABET}
    assert 12 * math.log2(len(ALPHABET)) >= 55 and len({*ALPHABET}) == len(ALPHABET)
    assert not {*ALPHABET} & {*"01OIL"} and code != Codes().new(Visitor.of("a" * 32))


def test_a_code_is_valid_for_ten_minutes_whatever_the_clock_on_the_wall_says(clock: list[float]) -> None:
    codes, giver = Codes(), Visitor.of("a" * 32)
    code = codes.new(giver)
    clock[0] += VALID_S - 1
    assert codes.giver(code) == giver
    assert codes.giver(code.lower().replace("-", "")) == codes.giver(f" {code.replace('-', ' ')} ") == giver
    clock[0] += 1
    assert codes.giver(code) is None


def test_a_new_code_takes_the_place_of_the_visitors_last(clock: list[float]) -> None:
    codes, one, other = Codes(), Visitor.of("a" * 32), Visitor.of("b" * 32)
    first, theirs, second = codes.new(one), codes.new(other), codes.new(one)
    assert [codes.giver(code) for code in (first, theirs, second)] == [None, other, one]


# --- what moves ----------------------------------------------------------------------------------------------------


def test_all_that_is_kept_moves_once_beside_what_is_there(store: Store) -> None:
    keep(store, "r1")
    keep(store, "r2")
    keep(store, "theirs", "b")
    with Site(store) as site:
        link = share(site, "r1")
        assert ask(site, "PATCH", "/lab/library", data={"ids": ["r2"], "deleted": True})[0] == 204
        with page_of(site) as page:  # it is in memory too
            page.send("attach", run="r1")
            page.until(says("snapshot"))
            status, told = move(site, "a")
            assert (status, told["valid_s"], told["total"]) == (200, VALID_S, 2)
            assert move(site, "a", code=told["code"]) == (400, WORDS["library.move.own"])  # which does not use it
            assert move(site, "b", code=f" {told['code'].lower().replace('-', '')}") == (200, {"moved": 2})
            assert page.role() == "visit"
        assert (ids(site, "a"), ids(site, "b")) == ([], ["r1", "theirs"])
        assert json.loads(ask(site, "GET", "/lab/library", "b")[1])["binned"] == 1
        assert ask(site, "GET", f"/lab/export/{link}.csv", "c")[0] == 200
        assert ask(site, "DELETE", "/lab/share?id=r1")[0] == 400
        assert ask(site, "DELETE", "/lab/share?id=r1", "b")[0] == 200
        for visitor in "abc":
            assert move(site, visitor, code=told["code"]) == WRONG_CODE  # it counts once
        assert move(site, "a") == (400, WORDS["library.move.nothing"])


def test_what_goes_on_goes_on_and_is_steered_from_the_other_browser(store: Store) -> None:
    with Site(store) as site, page_of(site) as first, page_of(site, "b") as second:
        first.start(speed=50.0)
        first.until_step(20)
        until_kept(site, first.run)
        second.send("attach", run=first.run)
        assert second.role() == "visit"
        assert move(site, "b", code=code_of(site)) == (200, {"moved": 1})
        assert (first.role(), second.role()) == ("visit", "watch")
        first.send("stop")
        assert "somebody else's" in first.refusal()
        with page_of(site, "b") as third:  # of the first browser nobody steers any more
            third.send("attach", run=first.run)
            third.until(says("snapshot"))
            third.send("pause")
            third.until(lambda frame: frame[0].get("state") == "paused")
        second.send("take_over")
        second.send("stop")
        second.until(lambda frame: frame[0].get("state") == "stopped")
        assert ids(site, "b") == [first.run] and ids(site, "a") == []


def test_a_repeat_over_seeds_moves_as_it_goes(store: Store) -> None:
    asked = {"trick": "flooding", "task": "spirals", "steps": 100_000, "seeds": 2, "values": {"width": 16}}
    with Site(store) as site, page_of(site) as first, page_of(site, "b") as second:
        first.send("repeat", **asked)
        study = first.until(says("study"))[0]["study"]
        until_kept(site, study)
        assert move(site, "b", code=code_of(site)) == (200, {"moved": 1})
        first.send("cancel")
        assert "somebody else's" in first.refusal()
        second.send("attach_study", study=study)
        second.until(says("study"))
        second.send("cancel")
        second.until(lambda frame: frame[0].get("state") == "canceled")


def test_where_the_store_cannot_be_written_nothing_moves_and_the_code_stays(store: Store) -> None:
    keep(store, "r1")
    with Site(store) as site, page_of(site) as page:
        page.send("attach", run="r1")
        page.until(says("snapshot"))
        code = code_of(site)
        store.database.read_only = "lab.sqlite cannot be written"
        assert move(site, "b", code=code) == (503, "lab.sqlite cannot be written")
        assert ids(site, "a") == ["r1"] and is_of(site, "r1", "a")
        store.database.read_only = ""
        assert move(site, "b", code=code) == (200, {"moved": 1}) and is_of(site, "r1", "b")


def is_of(site: Site, run: str, visitor: str) -> bool:
    found = site.conductor.find(run)
    return found is not None and Visitor.of(visitor * 32).owns(found.owner)


# --- what does not -------------------------------------------------------------------------------------------------


def test_wrong_codes_get_one_sentence_and_of_many_no_more_is_tried(store: Store, clock: list[float]) -> None:
    keep(store, "r1")
    with Site(store) as site:
        code = code_of(site)
        wrong = ["", "0" * 12, code[:-1], f"{code}2", "ä" * 12, "2" * 5000]
        for number in range(WRONG):
            assert move(site, "b", code=wrong[number % len(wrong)]) == WRONG_CODE
        assert move(site, "b", code=code) == (429, WORDS["library.move.often"])
        for number in range(WRONG_OF_ADDRESS - WRONG):  # of other visitors at the same place
            assert move(site, "cdefghijklnopqrstuvwxyz"[number // WRONG], code="2") == WRONG_CODE
        assert move(site, "z", code=code) == (429, WORDS["library.move.often"])
        clock[0] += VALID_S
        assert move(site, "z", code=code) == WRONG_CODE  # which is too old by now
        assert ids(site, "a") == ["r1"]


def test_what_is_no_question_is_refused(store: Store) -> None:
    keep(store, "r1")
    with Site(store) as site:
        asked: list[Any] = [[], 1, None, {"code": 1}, {"code": "2", "more": 1}, {"mine": "2"}]
        for data in asked:
            status, told = ask(site, "POST", "/lab/move", data=data)  # None: nothing at all
            assert status == 400 and "must be" in told
        assert ask(site, "POST", "/lab/move", "", {"code": code_of(site)})[0] == 400  # who would have them is not known
        assert fetch(site.host, "/lab/move")[0] == 405
        assert ids(site, "a") == ["r1"]


def test_without_a_store_nothing_moves() -> None:
    with Site() as site:
        assert move(site, "a") == (503, WORDS["library.off"])
