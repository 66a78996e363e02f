"""Links to runs over HTTP and the live socket: what whoever has one may do, and everything that they may not."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from pages.lab.choice import Choice
from pages.lab.shared import Lab
from pages.lab.text import FALLBACK, load_words
from tests.limits import WAIT_S
from tests.pages.serving import connect
from tests.pages.talking import Page, Site
from tests.pages.test_kept import cookie_of, page_of, says
from tests.trainers.live.watcher import eventually
from tests.trainers.store.made import grow, history_of
from trainers.kinds.run import empty_history
from trainers.live.live_run import LiveRun
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.spec import Event
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.wire.protocol import TO_SERVER, versioned

WORDS = load_words(FALLBACK)
GONE = WORDS["live.gone.link"]

STEERING: dict[str, dict[str, Any]] = {
    "turn": {"name": "flood_level", "value": 0.1, "arm": 1},
    "pause": {},
    "resume": {},
    "step": {},
    "stop": {},
    "speed": {"steps_per_s": 1.0},
    "take_over": {},
}
"""What would change a run that is watched."""

STEERING_STUDY = ("cancel", "resume_study")
"""What would change a study that is watched."""

OWN = {
    "ack",
    "hello",
    "attach",
    "start",
    "branch",
    "look",
    "preview",
    "repeat",
    "attach_study",
}
"""What changes nothing of another's: what is one's own is begun by it, or it changes nothing at all."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        yield made


def keep(store: Store, public_id: str, visitor: str = "a", status: str = "finished", **asked: Any) -> None:
    history = history_of(build_spec("flooding", steps=60, **asked))
    grow(history, 60, events=[Event(20, "flood_level", 0.4, 1)])
    store.write([(Recording(public_id, Visitor.of(visitor * 32).id), Now(history, status))])


def ask(site: Site, method: str, path: str, visitor: str = "a", data: object = None) -> tuple[int, str]:
    body = None if data is None else json.dumps(data).encode()
    request = Request(f"http://{site.host}{path}", body, cookie_of(visitor) if visitor else {}, method=method)
    try:
        with urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def ids(site: Site, visitor: str) -> list[str]:
    """What is kept of the visitor's."""
    return sorted(card["id"] for card in json.loads(ask(site, "GET", "/lab/library", visitor)[1])["cards"])


def until_kept(site: Site, public_id: str, visitor: str = "a") -> None:
    """Waits until that is in the store, into which it comes some time after it was begun."""
    eventually(lambda: public_id in ids(site, visitor))


def share(site: Site, run: str, visitor: str = "a") -> str:
    """A link to the run, by which it is asked for, once it is kept."""
    return shared_at(site, run, visitor).partition("run=")[2].partition("&")[0]


def shared_at(site: Site, public_id: str, visitor: str = "a") -> str:
    """The address by which a run or a study is shared, once it is kept."""
    until_kept(site, public_id, visitor)
    status, body = ask(site, "POST", f"/lab/share?id={public_id}", visitor)
    assert status == 200, body
    return str(json.loads(body)["address"])


@contextmanager
def opened(site: Site, link: str, visitor: str = "b") -> Iterator[Page]:
    """A page of that visitor's browser, at the link."""
    with page_of(site, visitor) as page:
        page.send("attach", run=link)
        page.until(says("snapshot"))
        yield page


def is_gone(site: Site, link: str) -> bool:
    """Whether a stranger gets nothing by it, in the same words whatever the reason is."""
    with page_of(site, "c") as page:
        page.send("attach", run=link)
        told, _ = page.until(lambda frame: frame[0]["type"] in ("gone", "snapshot"))
    answers = {ask(site, "GET", f"/lab/export/{link}.{kind}", "c") for kind in ("csv", "json")}
    is_unknown = bool(told["type"] == "gone")
    assert (answers == {(404, GONE)}) == is_unknown
    return is_unknown


def assert_is_not_theirs(site: Site, *told: str) -> None:
    """A visitor who has been told the id, or a link, neither shares nor revokes nor changes what it is of."""
    for method in ("GET", "POST", "DELETE"):
        for asked in told:
            assert ask(site, method, f"/lab/share?id={asked}", "b")[0] == 400
    for what in ({"name": "mine"}, {"note": "mine"}, {"pinned": True}, {"deleted": True}):
        for asked in told:
            assert ask(site, "PATCH", "/lab/library", "b", {"ids": [asked], **what})[0] == 400


def test_a_kept_run_is_shown_whole_to_who_has_a_link_until_it_is_revoked(store: Store) -> None:
    keep(store, "r1")
    keep(store, "r2")
    with Site(store) as site:
        link = share(site, "r1")
        with opened(site, link) as page:
            assert (page.run, page.head["state"], page.head["step"]) == ("r1", "finished", 60)
            assert [event["value"] for event in page.head["events"]] == [0.4] and [len(arm) for arm in page.steps] == [
                60,
                60,
            ]
            assert page.role() == "visit"
            assert ask(site, "GET", f"/lab/export/{link}.json", "")[0] == 200  # whoever it is
            assert ask(site, "GET", f"/lab/export/{link}.csv", "b")[1].count("\n") == 121
            assert json.loads(ask(site, "GET", "/lab/share?id=r1")[1]) == {"links": 1, "shown": False}
            assert is_gone(site, link[:-1]) and is_gone(site, f"r2{link[2:]}") and is_gone(site, "r1.")
            site.conductor.tell(time.sleep, 0.5)  # it has other things to do
            assert ask(site, "DELETE", "/lab/share?id=r1") == (200, '{"links":0,"shown":false}')
            with page_of(site, "b") as another:  # nor does its id read any longer, which the link has told
                another.send("attach", run="r1")
                told, _ = another.until(lambda frame: frame[0]["type"] in ("gone", "snapshot"))
                assert told["type"] == "gone"
            page.until(says("gone"))  # who sees it sees it no more
            page.send("attach", run=link)
            page.until(says("gone"))
        assert is_gone(site, link)
        with page_of(site) as page:  # whose it is has it still
            page.send("attach", run="r1")
            page.until(says("snapshot"))


def test_a_link_that_is_revoked_while_it_is_followed_shows_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = Lab.find
    revoked: list[str] = []

    async def late(lab: Lab, run_id: str, visitor: Visitor) -> LiveRun | None:
        found = await find(lab, run_id, visitor)
        if found is not None and not revoked:
            revoked.append((await asyncio.to_thread(ask, site, "DELETE", "/lab/share?id=r1"))[1])
        return found

    keep(store, "r1")
    with Site(store) as site:
        link = share(site, "r1")
        monkeypatch.setattr(Lab, "find", late)
        with page_of(site, "b") as page:
            page.send("attach", run=link)
            page.until(says("gone"))
            page.send("attach", run="r1")
            page.until(says("gone"))
        assert revoked


def test_a_deleted_runs_link_does_not_open_even_while_it_is_in_memory(store: Store) -> None:
    keep(store, "r1")
    with Site(store) as site:
        link = share(site, "r1")
        with opened(site, link):
            assert ask(site, "PATCH", "/lab/library", data={"ids": ["r1"], "deleted": True})[0] == 204
            assert is_gone(site, link)
        assert ask(site, "PATCH", "/lab/library", data={"ids": ["r1"], "deleted": False})[0] == 204
        assert not is_gone(site, link)


def test_a_live_run_is_seen_as_it_goes_and_whoever_has_its_link_can_change_nothing(store: Store) -> None:
    assert {*STEERING, *STEERING_STUDY, *OWN} == {*TO_SERVER}
    with Site(store) as site, page_of(site) as owner:
        owner.start(speed=50.0)
        run = owner.run
        owner.until_step(40)
        link = share(site, run)
        with opened(site, link) as page:
            assert page.role() == "visit"
            for kind, fields in STEERING.items():
                page.send(kind, **fields)
                assert page.refusal() == f"{kind} needs a run of yours, this one is somebody else's"
            assert_is_not_theirs(site, run, link)
            assert json.loads(ask(site, "GET", "/lab/library", "b")[1])["cards"] == []
            step = page.head["step"]
            page.until_step(step + 20)  # it goes on, and is seen to
            page.start(speed=20.0)
            page.until(lambda _: page.run != run)  # one of their own, beside it
            assert ask(site, "DELETE", f"/lab/share?id={run}")[0] == 200
            page.until(lambda frame: frame[0].get("step", 0) >= 20)  # which is none of theirs to take away
        step = owner.head["step"]
        owner.until_step(step + 5)
        assert owner.head["state"] == "running" and not owner.head["events"] and owner.head["speed"] == 50.0
        owner.send("stop")


def test_an_interrupted_run_is_not_gone_on_with_by_a_link(store: Store) -> None:
    keep(store, "r1", status="interrupted")
    with Site(store) as site, opened(site, share(site, "r1")) as page:
        page.send("resume")
        assert "somebody else's" in page.refusal()
        kept = store.load("r1")
        assert kept is not None and kept.status == "interrupted"


def test_whose_a_run_is_steers_it_by_a_link_too(store: Store) -> None:
    with Site(store) as site, page_of(site) as owner:
        owner.start()
        owner.until_step(40)
        with opened(site, share(site, owner.run), "a") as page:
            page.send("take_over")
            page.send("stop")
            page.until(lambda frame: frame[0].get("state") == "stopped")


def test_a_link_says_the_page_where_the_run_is_watched(store: Store) -> None:
    keep(store, "r1")
    with Site(store) as site:
        told = json.loads(ask(site, "POST", "/lab/share?id=r1&lang=xx")[1])
        assert told["links"] == 1 and told["address"].startswith("/flooding?run=r1.")
        library = json.loads(ask(site, "GET", "/lab/library")[1])
        assert [(card["id"], card["links"]) for card in library["cards"]] == [("r1", 1)]
        together = empty_history(Choice(("flooding", "dropout"), "digits").plan())
        store.write([(Recording("r2", Visitor.of("a" * 32).id), Now(together, "stopped"))])
        told = json.loads(ask(site, "POST", "/lab/share?id=r2")[1])
        assert re.fullmatch(r"/combine\?tricks=flooding,dropout&.*run=r2\.[\w-]+", told["address"])
        card = json.loads(ask(site, "GET", "/lab/library")[1])["cards"][0]
        assert (card["links"], card["open"]) == (1, f"{card['again']}&run=r2")


def test_what_cannot_be_shared_is_refused(store: Store) -> None:
    keep(store, "r1")
    with Site(store) as site:
        for path in ("/lab/share", "/lab/share?id=", "/lab/share?id=r2", "/lab/share?id=%00"):
            assert ask(site, "POST", path)[0] == 400
        assert ask(site, "PUT", "/lab/share?id=r1")[0] == 405
        store.database.read_only = "lab.sqlite cannot be written"
        assert ask(site, "POST", "/lab/share?id=r1") == (503, "lab.sqlite cannot be written")


def test_without_a_store_nothing_is_shared() -> None:
    with Site() as site:
        assert ask(site, "POST", "/lab/share?id=r1") == (503, WORDS["library.off"])
        assert is_gone(site, "r1.key")
        address = f"ws://{site.host}{versioned('/lab/live')}"
        with connect(address, compression=None) as connection:  # of a browser without cookies
            page = Page(connection)
            page.send("attach", run="r1.key")
            page.until(says("gone"))
