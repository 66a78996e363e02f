"""Rooms over HTTP and their socket: a class that comes and goes, and guests who send what they must not."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from pages.lab import halls, room_doors
from pages.lab.halls import GONE, KICKED
from pages.lab.rooms import MOST_OWN
from pages.lab.text import FALLBACK, load_words
from tests.limits import WAIT_S
from tests.pages.serving import connect
from tests.pages.talking import Page, Site
from tests.pages.test_kept import cookie_of
from tests.pages.test_run_links import ask
from trainers.store.database import StoreError
from trainers.store.store import Store
from trainers.teaching.lesson import load, names
from trainers.teaching.room_record import KeptRooms
from trainers.wire.protocol import versioned
from trainers.wire.room_protocol import TO_ROOM
from tricks.declaration import RefusedError

TRAINS = pytest.mark.parametrize("site", [Site], indirect=True)
WORDS = load_words(FALLBACK)
QUERY = {"steps": "20000", "width": "16", "train_size": "100", "eval_every": "20"}

TEACHING: dict[str, dict[str, Any]] = {
    "go": {"step": 0, "phase": "result"},
    "ask": {"step": 0, "again": False},
    "end_vote": {},
    "show": {"run": "abc"},
    "set": {"locked": True},
    "kick": {"who": 1},
    "give": {"who": 1},
    "end_desk": {"desk": "abc"},
    "collect": {"step": 0},
    "begin": {"step": 0, "what": "seeds"},
    "cancel": {},
    "resume": {},
    "close": {},
}
"""What a teacher's pages send."""


class Guest:
    """Somebody's end of a room's socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.state: dict[str, Any] = {}
        self.me: dict[str, Any] = {}

    def send(self, kind: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **fields}))

    def receive(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.connection.recv(WAIT_S))
        if told["type"] == "room":
            self.state = told
        elif told["type"] == "you":
            self.me = told
        return told

    def until(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            told = self.receive()
            if holds(told):
                return told
        pytest.fail(f"not seen; last: {self.state}")

    def until_state(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        if self.state and holds(self.state):
            return self.state
        return self.until(lambda told: told["type"] == "room" and holds(told))

    def refusal(self) -> str:
        """Why something was refused, or what is said where a rule of the lab's own refuses it."""
        told = self.until(lambda told: told["type"] == "refused")
        return str(told["message"] if told["why"] == "said" else told["why"])

    def closing(self) -> tuple[int, str]:
        with suppress(ConnectionClosed):
            while True:
                self.connection.recv(WAIT_S)
        closed = self.connection.protocol.close_rcvd
        assert closed is not None
        return closed.code, closed.reason


def is_so(name: str, value: object, state: dict[str, Any]) -> bool:
    """Whether a room's state says so."""
    return bool(state[name] == value)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        yield made


class Still(Site):
    """The routes without workers: a site in which nobody trains."""

    def __enter__(self) -> Still:
        self.host = self.served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.__exit__(None, None, None)


@pytest.fixture
def site(request: pytest.FixtureRequest, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The routes, with workers for the tests that ask for them by `TRAINS`; states are told sooner than to a class."""
    monkeypatch.setattr(halls, "TICK_S", 0.05)
    with getattr(request, "param", Still)(store) as made:
        yield made


@contextmanager
def guest(site: Site, visitor: str = "") -> Iterator[Guest]:
    """A socket of somebody, who has a teacher's cookie if `visitor` does."""
    headers = cookie_of(visitor) if visitor else {}
    with connect(f"ws://{site.host}/lab/room", additional_headers=headers) as connection:
        yield Guest(connection)


@contextmanager
def student(site: Site, token: str, number: int = 1) -> Iterator[Guest]:
    with guest(site) as made:
        made.send("enter", role="student", room=token, secret=f"{number:032d}")
        yield made


@contextmanager
def teacher(site: Site, room: str, role: str = "desk", visitor: str = "t") -> Iterator[Guest]:
    with guest(site, visitor) as made:
        made.send("enter", role=role, room=room)
        made.until_state(bool)
        yield made


def opened(site: Site, visitor: str = "t", **asked: Any) -> str:
    """The id of a new room, of a page's run where nothing else is said."""
    status, body = ask(site, "POST", "/lab/rooms", visitor, asked or {"page": "flooding", "query": QUERY})
    assert status == 201, body
    return str(json.loads(body)["room"])


def token_of(site: Site, code: str) -> str:
    status, body = ask(site, "POST", "/lab/rooms/join", "", {"code": code})
    assert status == 200, body
    return str(json.loads(body)["address"]).rpartition("/")[2]


@pytest.fixture
def room(site: Site) -> str:
    return opened(site)


@pytest.fixture
def token(site: Site, room: str) -> str:
    with teacher(site, room) as desk:
        return token_of(site, desk.state["code"])


# Coming in


def test_a_code_leads_in_however_it_is_typed(site: Site, room: str, token: str) -> None:
    with teacher(site, room) as desk, student(site, token) as one:
        code = desk.state["code"]
        assert token_of(site, f" {code[:3].lower()} - {code[3:]}") == token
        desk.until_state(lambda state: state["here"] == 1)
        one.until_state(bool)
        assert one.me["number"] == 1 and one.me["alias"] and one.state["phase"] == "lobby"
        status, headers, body = site.get(f"/room/{token}")
        assert status == 200 and headers["content-type"].startswith("text/html")
        assert token.encode() in body and code.encode() not in body


def test_a_device_that_comes_back_is_who_it_was(site: Site, room: str, token: str) -> None:
    aliases = []
    for _ in range(2):
        with student(site, token, 7) as one:
            one.until_state(bool)
            aliases.append(one.me["alias"])
    with student(site, token, 8) as other, teacher(site, room) as desk:
        other.until_state(bool)
        desk.until_state(lambda state: state["joined"] == 2 and state["here"] == 1)
    assert aliases[0] == aliases[1] != other.me["alias"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"role": "student", "room": "nowhere", "secret": "0" * 32}, GONE),
        ({"role": "student", "room": "{token}", "secret": "short"}, 1007),
        ({"role": "student", "room": "{token}"}, 1007),
        ({"role": "desk", "room": "{room}"}, GONE),
        ({"role": "wall", "room": "{token}"}, GONE),
        ({"role": "king", "room": "{room}"}, 1007),
        ({"role": "student", "room": 7}, 1007),
    ],
)
def test_who_may_not_come_in_does_not(site: Site, room: str, token: str, entry: dict[str, Any], code: int) -> None:
    with guest(site, "s") as stranger:
        filled = {k: v.format(room=room, token=token) if isinstance(v, str) else v for k, v in entry.items()}
        stranger.send("enter", **filled)
        assert stranger.closing()[0] == code


@pytest.mark.parametrize(
    "sent", ["", "{", "[]", '{"type": "steal"}', '{"type": "answer", "vote": 1, "value": 1}', "x" * 40_000]
)
def test_what_no_page_of_ours_says_ends_the_connection(site: Site, sent: str) -> None:
    with guest(site) as stranger:
        stranger.connection.send(sent)
        assert stranger.closing()[0] in (1007, 1008, 1009)


def test_a_locked_room_takes_back_who_was_in_it_and_nobody_else(site: Site, room: str, token: str) -> None:
    with teacher(site, room) as desk, student(site, token, 1) as one:
        one.until_state(bool)
        desk.send("set", locked=True)
        desk.until_state(lambda state: state["locked"])
        with student(site, token, 2) as late:
            assert late.closing() == (GONE, "locked")
        with student(site, token, 1) as again:
            again.until_state(bool)


def test_a_room_that_is_full_says_so(site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_ROOM_SIZE", "1")
    with Still() as small:
        own = opened(small)
        with teacher(small, own) as desk:
            way = token_of(small, desk.state["code"])
        with student(small, way, 1) as one, student(small, way, 2) as two:
            one.until_state(bool)
            assert two.closing() == (GONE, "full")


def test_wrong_codes_are_slow_in_the_end_and_right_ones_never(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_doors, "SLOW_S", 0.05)
    answers = [ask(site, "POST", "/lab/rooms/join", "", {"code": "AAAAA2"}) for _ in range(room_doors.WRONG + 2)]
    assert [status for status, _ in answers] == [404] * room_doors.WRONG + [429] * 2
    assert answers[0][1] == "There is no open room AAAAA2. Look at the wall again."
    assert answers[-1][1] == WORDS["room.join.slow"]
    with teacher(site, room) as desk:
        assert token_of(site, desk.state["code"]) == token


# A vote


def test_a_vote_from_its_opening_to_its_result(site: Site, room: str, token: str) -> None:
    with teacher(site, room) as desk, teacher(site, room, "wall") as wall, student(site, token, 1) as one:
        one.send("answer", vote=1, value=0)
        assert one.refusal() == "no_vote"
        desk.send("ask", step=0, again=False, seconds=600)
        vote = one.until_state(lambda state: state["vote"])["vote"]["number"]
        assert one.state["question"]["choices"][:2] == ["baseline", "flooding"] and "right" not in json.dumps(one.state)
        for value in (0, 1):
            one.send("answer", vote=vote, value=value)
        one.until(lambda told: told == {"type": "taken", "vote": vote, "value": 1})
        one.send("answer", vote=vote, value=9)
        assert one.refusal() == "The answer must be between 0 and 2, not 9."
        one.send("answer", vote=vote, value="<b>1</b>")
        assert one.refusal() == "The answer must be a whole number between 0 and 2, not '<b>1</b>'."
        desk.until_state(lambda state: state["tally"]["first"] == [0, 1, 0])
        assert "tally" not in wall.state and "result" not in wall.state
        desk.send("end_vote")
        one.until_state(lambda state: state["vote"]["left_s"] == 0)
        one.send("answer", vote=vote, value=0)
        assert one.refusal() == "vote_closed"
        desk.send("go", step=0, phase="result")
        told = one.until_state(lambda state: "result" in state)
        assert told["result"] == {"first": [0, 1, 0], "second": None, "right": None}
    with student(site, token, 1) as again:
        again.until_state(bool)
        assert again.me["said"] == {str(vote): 1}


def test_a_vote_is_confirmed_once_it_is_written_and_what_was_confirmed_is_there_after_a_start(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Still(store) as site:
        room = opened(site)
        with teacher(site, room) as desk, student(site, token_of(site, desk.state["code"]), 3) as one:
            code = desk.state["code"]
            desk.send("ask", step=0, again=False, seconds=600)
            vote = one.until_state(lambda state: state["vote"])["vote"]["number"]
            one.send("answer", vote=vote, value=2)
            one.until(lambda told: told["type"] == "taken")
    with Still(store) as site:
        with teacher(site, room) as desk:  # its teacher's again
            assert desk.state["tally"]["first"] == [0, 0, 1] and desk.state["vote"]["left_s"] > 0
            token = token_of(site, code)
        with student(site, token, 3) as one:
            one.until_state(bool)
            assert one.me["said"] == {str(vote): 2} and one.state["phase"] == "predict"


def test_while_the_store_takes_nothing_the_room_goes_on_and_says_so(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = KeptRooms.write

    def full(*_: Any) -> None:
        raise StoreError("there is no room left")

    with teacher(site, room) as desk, student(site, token, 1) as one:
        desk.send("ask", step=0, again=False, seconds=600)
        vote = one.until_state(lambda state: state["vote"])["vote"]["number"]
        monkeypatch.setattr(KeptRooms, "write", full)
        one.send("answer", vote=vote, value=1)
        desk.until_state(lambda state: state["trouble"] == "there is no room left")
        assert desk.state["tally"]["first"] == [0, 1, 0]
        monkeypatch.setattr(KeptRooms, "write", write)
        one.until(lambda told: told["type"] == "taken")
        desk.until_state(lambda state: not state["trouble"])


# Who may what


@pytest.mark.parametrize("kind", sorted(TEACHING))
def test_a_student_who_sends_a_teachers_messages_changes_nothing(site: Site, room: str, token: str, kind: str) -> None:
    with student(site, token, 1) as one, teacher(site, room) as desk:
        before = {name: desk.state[name] for name in ("phase", "vote", "locked", "closed", "run")}
        one.send(kind, **TEACHING[kind])
        assert one.refusal() == "not_yours"
        desk.send("set", names=True)
        desk.until_state(lambda state: state["names"])
        assert {name: desk.state[name] for name in before} == before


def test_every_message_is_a_students_or_a_teachers() -> None:
    assert {kind for kind, message in TO_ROOM.items() if message.who == "owner"} == set(TEACHING)
    assert {kind for kind, message in TO_ROOM.items() if message.who == "student"} == {"answer", "bid", "call", "turn"}


def test_a_phone_has_all_that_its_page_needs_in_300_kilobytes(site: Site, token: str) -> None:
    page = site.get(f"/room/{token}")[2]
    asked = {*re.findall(r'(?:href|src)="([^"]+)"', page.decode())}
    assert sorted(path.rpartition(".")[2] for path in asked) == ["css", "js"]  # no chart library, and no other page's
    bodies = [page]
    for path in asked:
        status, _, body = site.get(path)
        assert status == 200 and not re.search(rb"^import |await import\(|@import", body, re.MULTILINE)
        bodies.append(body)
    assert sum(len(gzip.compress(body)) for body in bodies) <= 300_000


def test_a_stranger_sees_neither_wall_nor_desk_nor_deletes(site: Site, room: str) -> None:
    for path in (f"/wall/{room}", f"/desk/{room}"):
        assert site.get(path, **cookie_of("s"))[0] == 404
        assert site.get(path, **cookie_of("t"))[0] == 200
    assert ask(site, "DELETE", f"/lab/rooms/{room}", "s")[0] == 400
    assert ask(site, "POST", f"/lab/rooms/{room}/pair", "s")[0] == 400


def test_another_device_becomes_the_desk_once(site: Site, room: str) -> None:
    status, body = ask(site, "POST", f"/lab/rooms/{room}/pair", "t")
    key = json.loads(body)["here"].rpartition("key=")[2]
    assert status == 200 and site.get(f"/desk/{room}?key={key}", **cookie_of("p"))[0] == 200
    assert ask(site, "POST", "/lab/rooms/desk", "p", {"key": key})[0] == 200
    with teacher(site, room, visitor="p") as phone, teacher(site, room, "wall") as wall:
        phone.send("ask", step=0, again=False, seconds=600)
        wall.until_state(lambda state: state["vote"])
    assert ask(site, "POST", "/lab/rooms/desk", "q", {"key": key}) == (404, WORDS["room.desk.stale"])


def test_a_key_is_too_old_after_two_minutes(site: Site, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = json.loads(ask(site, "POST", f"/lab/rooms/{room}/pair", "t")[1])["here"].rpartition("key=")[2]
    late = halls.now() + 121
    monkeypatch.setattr("pages.lab.rooms.now", lambda: late)
    assert ask(site, "POST", "/lab/rooms/desk", "p", {"key": key})[0] == 404


def test_who_is_sent_away_stays_away(site: Site, room: str, token: str) -> None:
    with teacher(site, room) as desk, student(site, token, 1) as one:
        desk.until_state(lambda state: state["here"] == 1)
        desk.send("kick", who=1)
        assert one.closing() == (KICKED, "kicked")
        with student(site, token, 1) as again:
            assert again.closing() == (KICKED, "kicked")
        desk.until_state(lambda state: state["joined"] == 0)


def test_a_closed_room_lets_nobody_in_and_its_code_is_no_more(site: Site, room: str, token: str) -> None:
    with teacher(site, room) as desk, student(site, token, 1) as one:
        code = desk.state["code"]
        one.until_state(bool)
        desk.send("close")
        one.until_state(lambda state: state["closed"])
    assert ask(site, "POST", "/lab/rooms/join", "", {"code": code})[0] == 404
    with student(site, token, 2) as late:
        assert late.closing() == (GONE, "closed")


def test_a_closed_room_takes_nothing_any_more_and_parts_with_all(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_part, part = threading.Event(), halls.Hall.part

    async def part_in_time(hall: halls.Hall, code: int, reason: str) -> None:
        await asyncio.to_thread(may_part.wait, WAIT_S)
        await part(hall, code, reason)

    monkeypatch.setattr(halls.Hall, "part", part_in_time)
    with teacher(site, room) as desk, student(site, token, 1) as one:
        desk.send("ask", step=0, again=False, seconds=600)
        vote = one.until_state(lambda state: state["vote"])["vote"]["number"]
        desk.send("close")
        desk.send("ask", step=0, again=True)
        assert desk.refusal() == "closed"
        one.send("answer", vote=vote, value=1)
        assert one.refusal() == "closed"
        may_part.set()
        assert one.closing() == desk.closing() == (GONE, "closed")


def test_thirty_who_are_not_let_in_keep_nobody_out(site: Site, room: str, token: str) -> None:
    with teacher(site, room) as desk, student(site, token, 1) as one:
        one.until_state(bool)
        desk.send("set", locked=True)
        desk.until_state(lambda state: state["locked"])
        for number in range(2, 40):
            with student(site, token, number) as late:
                assert late.closing() == (GONE, "locked")
        with student(site, token, 1) as again:
            again.until_state(bool)


def test_who_takes_nothing_and_goes_on_asking_is_parted_with(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halls, "MAX_WAITING", 0)
    with student(site, token, 1) as one:
        one.send("answer", vote=1, value=0)
        assert one.closing()[0] == 1008


def test_a_step_that_can_be_shown_no_more_leaves_the_room_to_its_teacher(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise RefusedError("there is no such page any more")

    monkeypatch.setattr(halls, "told_of", gone)
    with teacher(site, opened(site)) as desk:
        assert desk.state["page"] == halls.NO_PAGE
        desk.send("go", step=0, phase="end")
        desk.until_state(lambda state: state["phase"] == "end")


def test_two_windows_open_one_vote(site: Site, room: str) -> None:
    with teacher(site, room) as desk, teacher(site, room, "wall") as wall:
        desk.send("ask", step=0, again=False, seconds=600)
        wall.until_state(lambda state: state["vote"])
        wall.send("ask", step=0, again=False)
        assert wall.refusal() == "moved_on"
        desk.send("go", step=0, phase="result")
        desk.until_state(lambda state: state["shown"])
        desk.send("ask", step=0, again=True)
        assert desk.refusal() == "shown"


@pytest.mark.parametrize("path", ["/room/ä", "/room/%00", "/wall/ä", "/desk/x?key=ä"])
def test_addresses_of_no_room_are_answered(site: Site, room: str, path: str) -> None:
    status, _, body = site.get(quote(path, safe="/%?="))
    assert status in (200, 404) and b"Traceback" not in body


def test_what_is_no_text_is_refused(site: Site) -> None:
    assert ask(site, "POST", "/lab/rooms/join", "", {"code": "\ud800"})[0] == 400
    with guest(site) as stranger:
        stranger.send("enter", role="ü" * 200, room="x")
        assert stranger.closing()[0] == 1007


def test_a_guesser_is_looked_up_nothing_in_the_end(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_doors, "SLOW_S", 0.0)
    monkeypatch.setattr(room_doors, "GUESSED", 3)
    with Still() as other, teacher(other, opened(other)) as desk:
        for _ in range(3):
            assert ask(other, "POST", "/lab/rooms/join", "", {"code": "AAAAA2"})[0] == 404
        assert ask(other, "POST", "/lab/rooms/join", "", {"code": desk.state["code"]})[0] == 429


def test_deleted_it_is_nowhere(store: Store) -> None:
    with Still(store) as site:
        room = opened(site)
        with teacher(site, room) as desk:
            token = token_of(site, desk.state["code"])
            with student(site, token, 1) as one:
                one.until_state(bool)
                assert ask(site, "DELETE", f"/lab/rooms/{room}", "t")[0] == 204
                assert one.closing()[0] == desk.closing()[0] == GONE
        assert site.get(f"/room/{token}")[0] == site.get(f"/wall/{room}", **cookie_of("t"))[0] == 404
    with Still(store) as site:
        assert site.get(f"/wall/{room}", **cookie_of("t"))[0] == 404


# The one live run


@TRAINS
def test_the_class_watches_the_teachers_run_and_one_student_has_the_wheel(site: Site, room: str, token: str) -> None:
    address = f"ws://{site.host}{versioned('/lab/live')}"
    with (
        connect(address, additional_headers=cookie_of("t"), compression=None) as own,
        teacher(site, room, "wall") as wall,
        student(site, token, 1) as one,
        student(site, token, 2) as two,
    ):
        page = Page(own)
        page.start(speed=50.0)
        wall.send("go", step=0, phase="run")
        wall.send("show", run=page.run)
        assert one.until_state(lambda state: state["run"])["run"] == page.run
        one.send("turn", name="flood_level", value=0.3)
        assert one.refusal() == "no_wheel"
        wall.send("give", who=1)
        one.until_state(lambda state: state.get("wheel"))
        assert one.state["page"]["knobs"][0]["name"] == "flood_level"
        two.send("turn", name="flood_level", value=0.5)
        assert two.refusal() == "no_wheel"
        asked = (
            ("lr", 1.0, "not_touched"),
            ("flood_level", 99, "b must be between 0 and 0.6, not 99."),
            ("flood_level", "x", "b must be a number between 0 and 0.6, not x."),
        )
        for name, value, why in asked:
            one.send("turn", name=name, value=value)
            assert one.refusal() == why
        one.send("turn", name="flood_level", value=0.3)
        page.until(lambda frame: bool(frame[0].get("events")))
        assert page.head["events"][0] | {"step": 0} == {"step": 0, "name": "flood_level", "value": 0.3, "arm": 1}
        wall.send("give", who=None)
        one.until_state(lambda state: not state.get("wheel"))
        one.send("turn", name="flood_level", value=0.1)
        assert one.refusal() == "no_wheel"
        page.send("stop")


@TRAINS
def test_a_wall_shows_no_run_of_somebody_else(site: Site, room: str) -> None:
    address = f"ws://{site.host}{versioned('/lab/live')}"
    with connect(address, additional_headers=cookie_of("s"), compression=None) as own, teacher(site, room) as desk:
        page = Page(own)
        page.start(paused=True)
        for run in (page.run, "nothing"):
            desk.send("show", run=run)
            assert desk.refusal() == "no_run"
        page.send("stop")


# Opening


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"page": "floding"}, "flooding"),
        ({"page": "flooding", "query": {"steps": "0"}}, "steps must be"),
        ({"page": "flooding", "query": {"x": "1"}}, "x"),
        ({"page": "flooding", "query": {"steps": 5}}, "query must be an object of texts"),
        ({"lesson": "nothing"}, "lesson must be one of"),
        ({"lesson": 7}, "lesson must be text"),
        ({"other": "x"}, "what is sent may have lesson, page, query, lang, not other"),
    ],
)
def test_what_cannot_be_taught_is_refused_in_a_sentence(site: Site, asked: dict[str, Any], said: str) -> None:
    status, body = ask(site, "POST", "/lab/rooms", "t", asked)
    assert status == 400 and said in body


def test_a_lesson_is_taught_from_its_name(site: Site) -> None:
    name = names()[0]
    with teacher(site, opened(site, lesson=name)) as desk:
        assert desk.state["title"] == load(name).title and len(desk.state["steps"]) == len(load(name).steps)


def test_a_visitor_has_so_many_open_rooms(site: Site) -> None:
    rooms = [opened(site, "m") for _ in range(MOST_OWN)]
    asked = {"page": "flooding", "query": {}}
    assert ask(site, "POST", "/lab/rooms", "m", asked) == (409, WORDS["room.refused.too_many_own"])
    with teacher(site, rooms[0], visitor="m") as desk:
        desk.send("close")
        desk.until_state(lambda state: state["closed"])
    assert ask(site, "POST", "/lab/rooms", "m", asked)[0] == 201
    assert ask(site, "POST", "/lab/rooms", "", asked) == (400, WORDS["room.cookie"])


# Many


def test_a_slow_phone_holds_up_nobody_and_is_sent_the_newest(
    site: Site, room: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halls, "TICK_S", 0.01)
    with teacher(site, room) as desk, student(site, token, 1) as slow, student(site, token, 2) as quick:
        slow.until_state(bool)
        for number in range(16):
            allowed = bool(number % 2)
            desk.send("set", names=allowed)
            desk.until_state(partial(is_so, "names", allowed))
        quick.until_state(lambda state: state["names"] is True)
        slow.until_state(lambda state: state["names"] is True)


def test_sixty_vote_in_the_same_moment_and_each_once(site: Site, room: str, token: str) -> None:
    with ExitStack() as stack, teacher(site, room) as desk:
        phones = [stack.enter_context(student(site, token, number)) for number in range(1, 61)]
        desk.until_state(lambda state: state["here"] == 60)
        assert len({person["alias"] for person in desk.state["people"]}) == 60
        desk.send("ask", step=0, again=False, seconds=600)
        vote = desk.until_state(lambda state: state["vote"])["vote"]["number"]
        for number, phone in enumerate(phones):
            phone.send("answer", vote=vote, value=number % 3)
            phone.send("answer", vote=vote, value=number % 2)
        for number, phone in enumerate(phones):
            phone.until(partial(eq, {"type": "taken", "vote": vote, "value": number % 2}))
        desk.until_state(lambda state: state["tally"]["first"] == [30, 30, 0])
