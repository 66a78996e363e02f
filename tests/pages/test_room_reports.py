"""A room afterwards over HTTP: the list of a teacher's, the page, the table, and the day on which it goes by itself."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pages.lab import halls, rooms
from pages.lab.halls import GONE, KICKED, Seat, now
from tests.limits import WAIT_S
from tests.pages.talking import Site
from tests.pages.test_kept import cookie_of, page_of
from tests.pages.test_room_site import Still, is_so, opened, student, teacher, token_of
from tests.pages.test_run_links import ask, keep
from trainers.store.store import Store
from trainers.teaching.room import KEPT_S
from trainers.teaching.room_record import KeptRooms

CONFIG = re.compile(r'<script type="application/json" id="config">(.*?)</script>')


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        yield made


@pytest.fixture
def site(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Still]:
    monkeypatch.setattr(halls, "TICK_S", 0.05)
    with Still(store) as made:
        yield made


def is_of(again: bool, state: dict[str, Any], *, is_over: bool = False) -> bool:
    """Whether a room's vote is the first or the second, and it is closed."""
    vote = state["vote"]
    return bool(vote and vote["again"] is again and (vote["left_s"] == 0 or not is_over))


def voted(site: Still) -> tuple[str, list[str]]:
    """A room in which two have voted, one of them twice; and what they were called."""
    room = opened(site)
    with teacher(site, room) as desk:
        token = token_of(site, desk.state["code"])
        with student(site, token, 1) as one, student(site, token, 2) as two:
            for again, said in ((False, (0, 1)), (True, (1, None))):
                desk.send("ask", step=0, again=again, seconds=600)
                for guest, value in zip((one, two), said, strict=True):
                    seen = guest.until_state(partial(is_of, again))
                    if value is not None:
                        guest.send("answer", vote=seen["vote"]["number"], value=value)
                        guest.until(lambda told: told["type"] == "taken")
                desk.send("end_vote")
                desk.until_state(partial(is_of, again, is_over=True))
            return room, [one.me["alias"], two.me["alias"]]


def report(site: Site, room: str, visitor: str = "t") -> dict[str, Any]:
    """What the page of a room is told."""
    status, _, body = site.get(f"/report/{room}", **cookie_of(visitor))
    found = CONFIG.search(body.decode())
    assert status == 200 and found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_page_has_both_votes_and_nobody_in_it(site: Still) -> None:
    room, names = voted(site)
    told = report(site, room)
    (step,) = told["steps"]
    assert step["tally"] == {"first": [1, 1, 0], "second": [0, 1, 0]} and told["people"] == 2
    assert [vote["said"] for vote in step["votes"]] == [2, 1] and step["question"]["text"].startswith("<p")
    assert told["goes_at"] == told["opened_at"] + KEPT_S and told["closed_at"] is None
    assert not any(name in json.dumps(told) for name in names)
    assert site.get(f"/report/{room}", **cookie_of("s"))[0] == site.get("/report/nowhere", **cookie_of("t"))[0] == 404


def test_the_table_is_a_file_for_the_teacher_alone(site: Still) -> None:
    room, names = voted(site)
    at = report(site, room)["files"]
    status, headers, body = site.get(at["csv"], **cookie_of("t"))
    assert status == 200 and headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"] == f'attachment; filename="flooding-{room}.csv"'
    rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    assert len(rows) == 4 and {row["person"] for row in rows} == {"p1", "p2"}
    assert sorted(row["said"] for row in rows) == ["", "baseline", "flooding", "flooding"]
    assert not any(name in body.decode() for name in names)
    assert site.get(at["sheet"], **cookie_of("t"))[2] == b"\xef\xbb\xbf" + body
    assert site.get(at["csv"], **cookie_of("s"))[0] == 400
    assert site.get(f"/lab/rooms/{room}/xlsx", **cookie_of("t"))[0] == 400


def test_what_a_room_has_shown_is_read_by_its_id_until_the_room_is_deleted(store: Store) -> None:
    for run in ("shown", "other"):
        keep(store, run, "t")

    def is_read(site: Site, run: str, visitor: str = "b") -> bool:
        """Whether somebody sees it that is not in memory; it never becomes theirs to change."""
        site.conductor.ask(site.conductor.let_go(run)).result(WAIT_S)
        with page_of(site, visitor) as page:
            page.send("attach", run=run)
            told, _ = page.until(lambda frame: frame[0]["type"] in ("gone", "snapshot"))
            if told["type"] == "snapshot":
                assert page.role() == "visit"
        is_file = ask(site, "GET", f"/lab/export/{run}.csv", visitor)[0] == 200
        assert is_file == (told["type"] == "snapshot")
        return is_file

    with Site(store) as site, page_of(site, "t") as page:
        page.send("attach", run="shown")
        page.until(lambda frame: frame[0]["type"] == "snapshot")
        room = opened(site)
        with teacher(site, room) as desk:
            assert not is_read(site, "shown")
            page.send("attach", run="shown")
            page.until(lambda frame: frame[0]["type"] == "snapshot")
            desk.send("show", run="shown")
            desk.until_state(lambda state: bool(state["run"] == "shown"))
        assert is_read(site, "shown") and not is_read(site, "other")
        told = [json.loads(ask(site, "GET", f"/lab/share?id={run}", "t")[1])["shown"] for run in ("shown", "other")]
        assert told == [True, False]
    with Site(store) as site:  # whose rooms come out of the store
        assert is_read(site, "shown") and not is_read(site, "other")
        for deleted in (True, False):
            assert ask(site, "PATCH", "/lab/library", "t", {"ids": ["shown"], "deleted": deleted})[0] == 204
            assert is_read(site, "shown") is not deleted
        with page_of(site, "b") as page:  # it is in memory, where an id reads, until the room is deleted
            page.send("attach", run="shown")
            page.until(lambda frame: frame[0]["type"] == "snapshot")
        assert site.conductor.find("shown") is not None
        assert ask(site, "DELETE", f"/lab/rooms/{room}", "t")[0] in (200, 204)
        assert site.conductor.find("shown") is None
        assert not is_read(site, "shown")


def listed(site: Still, visitor: str) -> list[dict[str, Any]]:
    status, body = ask(site, "GET", "/lab/rooms", visitor)
    assert status == 200
    found: list[dict[str, Any]] = json.loads(body)["rooms"]
    return found


def test_a_teachers_rooms_are_listed_open_and_past_the_newest_first(site: Still) -> None:
    first, second = opened(site), opened(site)
    with teacher(site, first) as desk:
        desk.send("close")
        desk.until_state(lambda state: state["closed"])
    assert [one["report"] for one in listed(site, "t")] == [f"/report/{second}", f"/report/{first}"]
    assert [one["closed_at"] is None for one in listed(site, "t")] == [True, False]
    assert listed(site, "s") == listed(site, "") == []
    assert report(site, first)["closed_at"] is not None  # a closed room's page is there


def test_deleted_it_is_gone_for_all_and_in_the_list_no_more(site: Still) -> None:
    room, _ = voted(site)
    with teacher(site, room) as desk, student(site, token_of(site, desk.state["code"]), 9) as one:
        one.until_state(bool)
        assert ask(site, "DELETE", f"/lab/rooms/{room}", "t")[0] == 204
        assert one.closing()[0] == desk.closing()[0] == GONE
    assert listed(site, "t") == [] and site.get(f"/report/{room}", **cookie_of("t"))[0] == 404


def test_on_its_day_a_room_goes_by_itself_with_all_who_are_in_it(site: Still, monkeypatch: pytest.MonkeyPatch) -> None:
    room, _ = voted(site)
    with teacher(site, room) as desk:
        monkeypatch.setattr(rooms, "now", lambda: now() + KEPT_S - 60)
        assert [one["report"] for one in listed(site, "t")] == [f"/report/{room}"]
        monkeypatch.setattr(rooms, "now", lambda: now() + KEPT_S)
        assert listed(site, "t") == []
        assert desk.closing()[0] == GONE


def test_a_past_room_that_the_command_line_has_deleted_is_gone_here_too(
    site: Still, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "LOOK_S", 0.0)
    past, going = opened(site), opened(site)
    with teacher(site, past) as desk:
        desk.send("close")
        desk.closing()
    for room in (past, going):
        KeptRooms(store.database).delete(room)
    assert [one["report"] for one in listed(site, "t")] == [f"/report/{going}"]  # which is written on


# Desks


def test_desks_that_were_paired_are_ended_one_by_one(site: Still) -> None:
    room = opened(site)
    for visitor in ("p", "q", "t"):  # the last is the teacher's own browser, which is no desk more
        key = json.loads(ask(site, "POST", f"/lab/rooms/{room}/pair", "t")[1])["here"].rpartition("key=")[2]
        assert ask(site, "POST", "/lab/rooms/desk", visitor, {"key": key})[0] == 200
    with teacher(site, room, "wall") as wall, teacher(site, room, visitor="p") as phone:
        first, second = wall.until_state(lambda state: len(state["desks"]) == 2)["desks"]
        assert first["paired_at"] <= second["paired_at"] and "p" * 32 not in json.dumps(wall.state)
        wall.send("end_desk", desk="nowhere")
        assert wall.refusal() == "no_desk"
        wall.send("end_desk", desk=first["desk"])
        assert phone.closing() == (KICKED, "ended")
        wall.until_state(lambda state: state["desks"] == [second])
    assert site.get(f"/desk/{room}", **cookie_of("p"))[0] == 404
    assert site.get(f"/desk/{room}", **cookie_of("q"))[0] == 200


def test_a_desk_that_was_ended_does_nothing_more_though_its_line_still_stands(
    site: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        """Nobody's line is cut."""

    room = opened(site)
    key = json.loads(ask(site, "POST", f"/lab/rooms/{room}/pair", "t")[1])["here"].rpartition("key=")[2]
    assert ask(site, "POST", "/lab/rooms/desk", "p", {"key": key})[0] == 200
    with teacher(site, room, "wall") as wall, teacher(site, room, visitor="p") as phone:
        monkeypatch.setattr(Seat, "close", nothing)
        wall.send("end_desk", desk=wall.state["desks"][0]["desk"])
        wall.until_state(lambda state: not state["desks"])
        phone.send("set", locked=True)
        phone.connection.ping().wait(WAIT_S)  # it has been read by then
        wall.send("set", names=True)
        wall.until_state(lambda state: state["names"])
        assert not wall.state["locked"]


# Names


def is_called(name: str, state: dict[str, Any]) -> bool:
    return [one["alias"] for one in state["people"]] == [name]


def test_with_names_switched_off_everybody_has_their_alias_again(site: Still) -> None:
    room = opened(site)
    with teacher(site, room) as desk, student(site, token_of(site, desk.state["code"]), 1) as one:
        one.until_state(bool)
        alias = one.me["alias"]
        for names, called in ((True, "Ann"), (False, alias), (True, alias)):
            desk.send("set", names=names)
            one.until_state(partial(is_so, "names", names))
            if called == "Ann":
                one.send("call", name="Ann")
                one.until(lambda told: told["type"] == "you")
            desk.until_state(partial(is_called, called))
            assert one.me["alias"] == called
