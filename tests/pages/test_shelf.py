"""The library over HTTP: what is told of what is kept, what is changed, to whom, and what is refused."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request as Asked
from urllib.request import urlopen

import numpy as np
import pytest
from sqlalchemy import select, update
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Route
from streamlit import config

from pages.combine import START
from pages.lab import choice, files, places, state
from pages.lab.cards import together_params, trick_params
from pages.lab.door import Door
from pages.lab.gate import MAX_BODY, Gate
from pages.lab.shelf import HEADER, PARAMETERS, Shelf, read_change, read_query
from pages.lab.text import FALLBACK, load_words
from pages.lab.visitors import cookie_name, is_at_this_machine, visitor_of
from tests.limits import WAIT_S
from tests.pages.serving import served
from trainers.evidence.plan import plan_repeat, plan_sweep
from trainers.kinds.run import Run, empty_history
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.store.library import LOCAL
from trainers.store.recording import Now, Recording
from trainers.store.schema import chunks, runs
from trainers.store.store import Store
from trainers.store.study_recording import StudyNow, StudyRecording
from trainers.wire.frames import decode
from tricks.declaration import RefusedError

WORDS = load_words(FALLBACK)
MINE, OTHERS = "m" * 32, "o" * 32
STEPS = 12


def trained(trick: str, **asked: Any) -> History:
    spec = build_spec(trick, steps=STEPS, **asked)
    history = empty_history(spec)
    history.append(Run(spec).advance(WAIT_S))
    return history


@pytest.fixture(scope="module")
def flooded() -> History:
    return trained("flooding", values={"flood_level": 0.4, "eval_every": 4}, extra_arms=({"flood_level": 0.1},))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """The route, served on this machine, with the store behind it."""

    host: str
    store: Store

    def ask(self, secret: str = MINE, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        query = headers.pop("query", "")
        told = {HEADER: secret, **{name.replace("_", "-"): value for name, value in headers.items()}}
        asked = Asked(f"http://{self.host}/library{query and '?'}{query}", body, told, method=method)
        try:
            with urlopen(asked, timeout=WAIT_S) as found:
                return Answer(found.status, {k.lower(): v for k, v in found.headers.items()}, found.read().decode())
        except HTTPError as error:
            with error:
                found_headers = {k.lower(): v for k, v in error.headers.items()}
                return Answer(error.code, found_headers, error.read().decode())

    def page(self, secret: str = MINE, **params: object) -> Any:
        return self.ask(secret, query=urlencode(params)).data

    def ids(self, secret: str = MINE, **params: object) -> list[str]:
        return [card["id"] for card in self.page(secret, **params)["cards"]]

    def change(self, secret: str = MINE, **what: object) -> Answer:
        return self.ask(secret, "PATCH", json.dumps(what).encode())

    def keep(self, history: History, public_id: str, secret: str = MINE, status: str = "finished", **more: Any) -> None:
        visitor = secret if secret == LOCAL else Visitor.of(secret).id
        self.store.write([(Recording(public_id, visitor, **more), Now(history, status))])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def site(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.delenv(places.PUBLIC_URL, raising=False)
    routes = [Route("/library", Shelf(store).answer, methods=["GET", "PATCH"])]
    with served(Starlette(routes=routes)) as host:
        yield Site(host, store)


# --- what is told ------------------------------------------------------------------------------------------------


def test_a_run_is_told_in_words_with_links_to_it(site: Site, flooded: History) -> None:
    site.keep(flooded, "one", name="first")
    page = site.page()
    (card,) = page["cards"]
    assert (page["kept"], page["total"], page["binned"]) == (True, 1, 0)
    assert page["tricks"] == [["flooding", "Flooding"]] and page["tasks"] == [["spirals", "Two spirals"]]
    said = {name: card[name] for name in ("kind", "name", "trick", "task", "state", "seed", "done", "steps", "judged")}
    assert said == {
        "kind": "run",
        "name": "first",
        "trick": "Flooding",
        "task": "two spirals",
        "state": "finished",
        "seed": flooded.spec.seed,
        "done": STEPS,
        "steps": STEPS,
        "judged": "test loss",
    }
    assert card["differs"] == "b 0.4 / 0.1, steps between tests 4"
    assert card["result"] == flooded.test(2, "test_loss")[-1] and card["baseline"] == flooded.test(0, "test_loss")[-1]
    assert [len(arm) for arm in card["curve"]] == [32, 32, 32]
    assert card["open"] == "/flooding?run=one"
    assert card["exports"] == {"csv": "/lab/export/one.csv", "json": "/lab/export/one.json"}
    assert not card["local"] and not card["pinned"] and card["deleted"] is None


def test_a_study_is_told_with_the_page_where_it_is_set(site: Site) -> None:
    plan = plan_repeat(build_spec("flooding", steps=STEPS), 4)
    site.store.write([(StudyRecording("many", Visitor.of(MINE).id), StudyNow(plan, "running", ()))])
    (card,) = site.page()["cards"]
    assert (card["kind"], card["seed"], card["done"], card["total"]) == ("study", None, 0, plan.num_runs)
    assert card["again"] == f"/flooding?steps={STEPS}" and card["open"] == f"/flooding?steps={STEPS}&study=many"
    for name, rates in (("swept", {}), ("map", {"lr": (0.01, 0.1)})):
        plan = plan_sweep(build_spec("flooding", steps=700), {"flood_level": (0.1, 0.2), **rates}, 2)
        site.store.write([(StudyRecording(name, Visitor.of(MINE).id), StudyNow(plan, "running", ()))])
    shown = {card["id"]: (card["open"], card["again"], card["links"]) for card in site.page()["cards"]}
    again = "/flooding?steps=700"
    assert shown["swept"] == (f"{again}&study=swept:flood_level", again, 0)
    assert shown["map"] == ("", again, None)  # no page shows a sweep of a shared setting, so it has no link either
    assert (card["result"], card["baseline"], card["curve"]) == (None, None, [])


def test_numbers_that_are_none_can_be_told(site: Site, flooded: History) -> None:
    history = empty_history(build_spec("flooding", steps=STEPS))
    site.keep(history, "new", status="running")
    site.keep(flooded, "gone", status="failed")
    with site.store.database.writing() as connection:
        told = json.dumps({arm.name: {"test_loss": math.nan} for arm in flooded.spec.arms})
        set_ = "UPDATE runs SET result = 9e999, metrics = ?, curve = ? WHERE public_id = 'gone'"
        connection.exec_driver_sql(set_, (told, np.array([1.23456, np.nan] * 16, "<f4").tobytes()))
    cards = {card["id"]: card for card in site.page()["cards"]}
    assert cards["new"]["result"] is None and cards["new"]["curve"] == [[None] * 32] * 2
    assert (cards["gone"]["result"], cards["gone"]["baseline"]) == ("inf", "nan")
    assert cards["gone"]["curve"] == [[1.235, None] * 16]


def test_what_is_the_same_is_not_sent_again(site: Site, flooded: History) -> None:
    site.keep(flooded, "one")
    first = site.ask()
    assert first.headers["cache-control"] == "no-store"
    again = site.ask(if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, "")
    site.change(ids=["one"], note="seen")
    assert site.ask(if_none_match=first.headers["etag"]).status == 200


@pytest.mark.parametrize(
    ("trick", "asked"),
    [
        ("flooding", {"values": {"flood_level": 0.4, "lr": 0.01}, "seed": 7, "steps": 60}),
        ("flooding", {"values": {"flood_level": 0.4}, "extra_arms": ({"flood_level": 0.1}, {})}),
        ("dropout", {"task": "digits", "values": {"dropout_p": 0.3}}),
        ("optimizers", {"task": "landscape"}),
    ],
)
def test_a_run_is_set_anew_by_its_address(trick: str, asked: dict[str, Any]) -> None:
    spec = build_spec(trick, **asked)
    address = state.read(trick, trick_params(spec, FALLBACK), WORDS)
    assert not address.notes and address.whole.to_json() == spec.to_json()
    assert not address.autostart and not address.run


def test_a_run_of_which_an_arm_is_no_longer_offered_can_be_opened_and_not_set_anew(site: Site) -> None:
    spec = build_spec("spectral_norm", extra_arms=({},))
    *arms, last = spec.arms
    members = ("normalization", "spectral_norm")
    old = replace(spec, arms=(*arms, replace(last, tricks=members, knobs={**last.knobs, "norm_type": "batch"})))
    site.keep(empty_history(old), "old")
    (card,) = site.page()["cards"]
    assert card["open"] == "/spectral_norm?run=old" and not card["again"]


@pytest.mark.parametrize("ablate", [True, False])
def test_tricks_together_are_set_anew_by_their_address(ablate: bool) -> None:
    asked = choice.Choice(("flooding", "dropout"), "digits", seed=5, steps=90, values={"lr": 0.02}, ablate=ablate)
    found = choice.read(together_params(asked.plan(), FALLBACK), START, WORDS)
    assert not found.notes and found.plan().to_json() == asked.plan().to_json()


def test_an_address_says_the_task_and_the_language_where_they_are_not_the_pages_own(site: Site) -> None:
    site.keep(empty_history(build_spec("dropout", task="digits", steps=STEPS)), "one")
    assert site.page()["cards"][0]["open"] == "/dropout?run=one&task=digits"
    site.keep(empty_history(choice.Choice(("flooding", "dropout"), "digits").plan()), "two")
    (card,) = site.page(words="combine")["cards"]
    assert card["id"] == "two" and card["again"].startswith("/combine?") and card["links"] == 0
    assert card["open"] == f"{card['again']}&run=two"


def test_a_run_of_what_the_lab_has_no_longer_is_still_listed(site: Site) -> None:
    spec = build_spec("flooding", steps=STEPS)
    site.keep(empty_history(spec), "old")
    with site.store.database.writing() as connection:
        told = json.dumps({**spec.to_json(), "trick": "forgotten"})
        connection.exec_driver_sql("UPDATE runs SET trick = 'forgotten', task = 'lost', spec = ?", (told,))
    (card,) = site.page()["cards"]
    assert (card["trick"], card["task"], card["open"], card["again"]) == ("forgotten", "lost", "", "")


# --- beside each other -------------------------------------------------------------------------------------------


def asked_frame(site: Site, query: str, secret: str = MINE) -> Any:
    request = Asked(f"http://{site.host}/library?{query}", headers={HEADER: secret})
    with urlopen(request, timeout=WAIT_S) as answer:
        return decode(answer.read())


def test_runs_of_the_visitor_are_told_beside_each_other_and_nobody_elses(site: Site, flooded: History) -> None:
    other = empty_history(build_spec("flooding", steps=STEPS, values={"flood_level": 0.3, "eval_every": 4}))
    site.keep(flooded, "one", name="first")
    site.keep(other, "two")
    site.keep(flooded, "theirs", OTHERS, name="secret")
    site.keep(flooded, "binned")
    site.change(ids=["binned"], deleted=True)
    plan = plan_repeat(build_spec("flooding", steps=STEPS), 4)
    site.store.write([(StudyRecording("many", Visitor.of(MINE).id), StudyNow(plan, "running", ()))])
    header, arrays = asked_frame(site, "compare=one,theirs,none,two,binned,many")
    assert [(run["id"], run["name"], run["subject"]) for run in header["runs"]] == [
        ("one", "first", "Flooding on two spirals"),
        ("two", "", "Flooding on two spirals"),
    ]
    assert header["missing"] == ["theirs", "none", "binned", "many"]
    assert "secret" not in json.dumps(header) and {entry["run"] for entry, _ in arrays} == {0, 1}
    assert [row["values"] for row in header["differs"]] == [["0.4", "0.3"]]
    assert header["study"] == f"/flooding?seed=0&steps={STEPS}&eval_every=4&flood_level=0.4&arms=flood_level:0.3"
    assert header["repeated"] == ""
    theirs, _ = asked_frame(site, "compare=one,theirs", OTHERS)
    assert [run["id"] for run in theirs["runs"]] == ["theirs"] and theirs["missing"] == ["one"]


def test_a_damaged_run_does_not_keep_the_others_from_being_compared(site: Site, flooded: History) -> None:
    site.keep(flooded, "one")
    site.keep(flooded, "two")
    with site.store.database.writing() as connection:
        broken = select(runs.c.id).where(runs.c.public_id == "two").scalar_subquery()
        connection.execute(update(chunks).where(chunks.c.run_id == broken), {"data": b"no numbers"})
    header, _ = asked_frame(site, "compare=one,two")
    assert ([run["id"] for run in header["runs"]], header["missing"]) == (["one"], ["two"])


def test_runs_of_different_tricks_have_no_page_of_a_study(site: Site, flooded: History) -> None:
    site.keep(flooded, "one")
    site.keep(empty_history(build_spec("dropout", steps=STEPS)), "two")
    header, _ = asked_frame(site, "compare=one,two")
    assert (header["study"], header["repeated"], len(header["runs"])) == ("", "", 2)
    site.keep(empty_history(build_spec("flooding", steps=STEPS + 1)), "longer")
    header, _ = asked_frame(site, "compare=one,longer")
    assert header["study"].startswith("/flooding?") and header["repeated"] == "one"


def test_what_cannot_be_compared_is_refused_and_what_is_the_same_not_sent_again(site: Site, flooded: History) -> None:
    site.keep(flooded, "one")
    refused = site.ask(query="compare=one")
    assert (refused.status, "2 to 8 ids" in refused.body) == (400, True)
    request = Asked(f"http://{site.host}/library?compare=one,two", headers={HEADER: MINE})
    with urlopen(request, timeout=WAIT_S) as answer:
        assert answer.headers["cache-control"] == "no-store"
        tag = answer.headers["etag"]
    assert site.ask(query="compare=one,two", if_none_match=tag).status == 304


# --- filters and orders ------------------------------------------------------------------------------------------


@pytest.fixture
def full(site: Site, flooded: History) -> Site:
    """Five runs, an hour apart."""
    dropped = empty_history(build_spec("dropout", steps=20, values={"dropout_p": 0.3}))
    now = time.time()
    for number, (history, status, name) in enumerate(
        [
            (flooded, "finished", "wide net"),
            (dropped, "stopped", ""),
            (flooded, "failed", "Thursday"),
            (dropped, "running", "wide again"),
            (flooded, "finished", ""),
        ]
    ):
        site.keep(history, f"r{number}", status=status, name=name, created_at=now - 3600 * (5 - number))
    return site


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({}, "r4 r3 r2 r1 r0"),
        ({"down": 0}, "r0 r1 r2 r3 r4"),
        ({"words": "wide"}, "r3 r0"),
        ({"words": "WIDE again"}, "r3"),
        ({"words": "spirals"}, "r4 r2 r0"),
        ({"words": "two wide"}, "r0"),
        ({"words": "100%"}, ""),
        ({"trick": "dropout"}, "r3 r1"),
        ({"task": "spirals", "state": "failed"}, "r2"),
        ({"longer": 4.5 * 3600}, "r0"),
        ({"sort": "steps", "down": 1, "count": 2}, "r3 r1"),
        ({"sort": "result"}, "r4 r2 r0 r3 r1"),
        ({"sort": "result", "down": 0}, "r4 r2 r0 r3 r1"),  # what has none comes last
        ({"start": 3}, "r1 r0"),
        ({"bin": 1}, ""),
    ],
)
def test_the_list_is_narrowed_and_sorted(full: Site, params: dict[str, Any], ids: str) -> None:
    assert full.ids(**params) == ids.split()


def test_the_list_is_narrowed_by_when(full: Site) -> None:
    now = time.time()
    assert full.ids(since=now - 2.5 * 3600) == ["r4", "r3"]
    assert full.ids(until=now - 2.5 * 3600) == ["r2", "r1", "r0"]
    assert full.page(since=now)["total"] == 0
    assert full.page(count=1)["total"] == 5


def test_words_are_looked_for_in_the_names_of_the_readers_language(
    full: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = replace(WORDS, language="xx", labels={**WORDS.labels, "task.spirals.label": "两条螺旋"})
    monkeypatch.setattr("pages.lab.shelf.load_words", lambda language: spoken if language == "xx" else WORDS)
    monkeypatch.setattr(
        "pages.lab.cards.labels_of_runs", lambda language: spoken.labels if language == "xx" else WORDS.labels
    )
    monkeypatch.setattr("pages.lab.text.languages", lambda: (FALLBACK, "xx"))
    assert full.ids(words="螺旋", lang="xx") == ["r4", "r2", "r0"]
    assert full.ids(words="螺旋") == full.ids(words="螺旋", lang="none") == []
    assert full.page(lang="xx")["cards"][0]["open"] == "/flooding?run=r4&lang=xx"


# --- changes -----------------------------------------------------------------------------------------------------


def test_a_run_is_named_noted_pinned_deleted_and_brought_back(full: Site) -> None:
    assert full.change(ids=["r1"], name="  kept\n for  later ").status == 204
    assert full.change(ids=["r1"], note="two\nlines").status == 204
    assert full.change(ids=["r1", "r0"], pinned=True).status == 204
    cards = full.page()["cards"]
    assert [card["id"] for card in cards] == ["r1", "r0", "r4", "r3", "r2"]
    assert (cards[0]["name"], cards[0]["note"], cards[0]["pinned"]) == ("kept for later", "two\nlines", True)
    assert full.change(ids=["r1", "r4"], deleted=True).status == 204
    assert full.ids() == ["r0", "r3", "r2"] and full.page()["binned"] == 2
    assert sorted(full.ids(bin=1)) == ["r1", "r4"] and full.page(bin=1)["cards"][0]["deleted"] > time.time() - 60
    assert full.change(ids=["r1", "r4"], deleted=False).status == 204
    assert full.page()["total"] == 5
    assert full.change(ids=["r1"], name="").status == 204 and full.page()["cards"][0]["name"] == ""


def test_visitors_neither_see_nor_change_each_others(full: Site, flooded: History) -> None:
    full.keep(flooded, "theirs", OTHERS)
    assert full.ids(OTHERS) == ["theirs"] and "theirs" not in full.ids()
    for what in ({"name": "x"}, {"note": "x"}, {"pinned": True}, {"deleted": True}, {"deleted": False}):
        answer = full.change(ids=["theirs"], **what)
        assert answer.status == 400 and "theirs: no such run or study of yours" in answer.body
    assert full.change(ids=["r0", "theirs"], deleted=True).status == 400
    assert "r0" in full.ids()  # all or none
    (card,) = full.page(OTHERS)["cards"]
    assert (card["name"], card["note"], card["pinned"]) == ("", "", False)


def test_the_cookie_says_who_asks_whatever_the_header_says(full: Site) -> None:
    cookie: SimpleCookie = SimpleCookie({cookie_name(): MINE})
    said = cookie.output(header="", attrs=[]).strip()
    assert full.ask(OTHERS, cookie=said).data["total"] == 5
    assert full.ask("short", cookie=said).data["total"] == 5
    assert full.ask(OTHERS, cookie=f"{cookie_name()}=other").data["total"] == 0


# --- this machine ------------------------------------------------------------------------------------------------


def test_the_command_lines_runs_are_shown_on_this_machine(full: Site, flooded: History) -> None:
    full.keep(flooded, "typed", LOCAL)
    assert full.page(OTHERS)["cards"][0]["local"] is True
    assert full.ids("") == ["typed"]  # who is nobody else
    assert full.change(ids=["typed"], name="mine").status == 204
    for name in ("x_forwarded_for", "forwarded", "via", "x_real_ip"):
        forwarded: dict[str, Any] = {name: "10.0.0.7"}
        passed = full.ask("", **forwarded)
        assert passed.status == 400 and "must be known by the cookie" in passed.body
        assert "typed" not in [card["id"] for card in full.ask(MINE, **forwarded).data["cards"]]
    assert full.ask(OTHERS, host="lab.example").data["total"] == 0


def connection(client: str, host: str = "localhost:8501", **headers: str) -> HTTPConnection:
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": host, **headers}.items()]
    return HTTPConnection({"type": "http", "headers": told, "client": (client, 1) if client else None, "path": "/"})


def test_who_is_at_this_machine_is_told_from_who_came_by_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(places.PUBLIC_URL, raising=False)
    for client, host in (("127.0.0.1", "localhost:8501"), ("::1", "[::1]:8501"), ("127.0.0.1", "127.0.0.1")):
        assert is_at_this_machine(connection(client, host)) and visitor_of(connection(client, host)).others == (LOCAL,)
    for client in ("10.0.0.7", "", "somewhere"):
        assert not is_at_this_machine(connection(client)) and not visitor_of(connection(client)).others
    assert not is_at_this_machine(connection("127.0.0.1", "lab.example"))
    assert not is_at_this_machine(connection("127.0.0.1", x_forwarded_proto="https"))
    monkeypatch.setenv(places.PUBLIC_URL, "https://lab.example")  # a proxy that says nothing may pass on any host
    assert not is_at_this_machine(connection("127.0.0.1"))


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("color=red", "the library is asked by words, trick"),
        ("start=-1", "start must be a whole number from 0 on, got -1"),
        ("start=1e3", "start must be a whole number"),
        ("start=²", "start must be a whole number"),
        ("count=0", "a page must be 1 to 200 from 0 on"),
        ("count=201", "a page must be 1 to 200 from 0 on"),
        ("count=9999999999", "count must be a whole number"),
        ("sort=color", "sort must be one of created_at"),
        ("down=yes", "down must be 0 or 1, got yes"),
        ("bin=", "bin must be 0 or 1"),
        ("since=nan", "since must be a number of seconds, got nan"),
        ("longer=inf", "longer must be a number of seconds"),
        ("until=today", "until must be a number of seconds"),
        (f"trick={'x' * 201}", "trick must be at most 200 letters, got 201"),
        ("words=a+b+c+d+e+f+g+h+i", "words must be at most 8, got 9"),
    ],
)
def test_what_is_asked_amiss_is_refused_in_a_sentence(site: Site, query: str, says: str) -> None:
    answer = site.ask(query=quote(query, safe="=&+-"))
    assert answer.status == 400 and says in answer.body and answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "a change must be JSON"),
        (b"\xff", "a change must be JSON"),
        (b"[1]", "a change must have ids and one of name, note, pinned, deleted"),
        (b"null", "a change must have ids"),
        (b'{"ids": ["r0"]}', "a change must have ids and one of"),
        (b'{"ids": ["r0"], "name": "a", "note": "b"}', "a change must have ids and one of"),
        (b'{"ids": ["r0"], "status": "running"}', "a change must have ids and one of"),
        (b'{"ids": ["r0"], "name": 1}', "name must be text, got 1"),
        (b'{"ids": ["r0"], "pinned": 1}', "pinned must be true or false, got 1"),
        (b'{"ids": ["r0", "r1"], "name": "a"}', "ids must be 1 to 1 of them for name"),
        (b'{"ids": "r0", "deleted": true}', "ids must be 1 to 200 of them for deleted"),
        (b'{"ids": [], "deleted": true}', "ids must be 1 to 200"),
        (b'{"ids": [1], "deleted": true}', "ids must be 1 to 200"),
        (b'{"deleted": true}', "ids must be 1 to 200"),
        (json.dumps({"ids": ["r0"], "name": "x" * 121}).encode(), "a name must be at most 120 characters, it has 121"),
        (json.dumps({"ids": ["r0"], "name": "a\x00"}).encode(), "a name must be of characters that can be printed"),
        (json.dumps({"ids": ["r0"], "note": "x" * 2001}).encode(), "a note must be at most 2000 characters"),
        (b"[" * 60_000, "a change must be JSON"),
    ],
)
def test_a_change_amiss_is_refused_in_a_sentence(full: Site, body: bytes, says: str) -> None:
    answer = full.ask(method="PATCH", body=body)
    assert answer.status == 400 and says in answer.body
    assert full.page()["cards"][-1]["name"] == "wide net"


def test_who_is_not_known_is_told_so(site: Site) -> None:
    for secret in ("", "short", "x" * 31 + "."):
        answer = site.ask(secret, via="a proxy")
        assert answer.status == 400 and HEADER in answer.body


def test_a_store_in_trouble_says_what_it_is(full: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    full.store.database.read_only = "lab.sqlite cannot be written"
    answer = full.change(ids=["r0"], name="x")
    assert (answer.status, answer.body) == (503, "lab.sqlite cannot be written")
    full.store.database.read_only = ""
    with full.store.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE runs")
    answer = full.ask()
    assert answer.status == 503 and "no such table" in answer.body and "Traceback" not in answer.body


@pytest.mark.parametrize(("setting", "says"), [("off", "TRICK_LAB_STORE=off"), ("", "could not be opened")])
def test_without_a_store_it_says_that_nothing_is_kept(setting: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_STORE", setting)
    routes = [Route("/library", Shelf(None).answer, methods=["GET", "PATCH"])]
    with served(Starlette(routes=routes)) as host:
        site = Site(host, None)  # type: ignore[arg-type]
        data = site.page()
        assert data["kept"] is False and says in data["why"]
        assert site.ask(query="start=x").status == 400
        answer = site.change(ids=["r0"], name="x")
        assert answer.status == 503 and says in answer.body


def test_the_gate_stands_before_it(store: Store, flooded: History) -> None:
    routes = [Route("/library", Shelf(store).answer, methods=["GET", "PATCH"])]
    with served(Starlette(routes=routes, middleware=[Middleware(Gate, door=Door(WORDS.labels))])) as host:
        site = Site(host, store)
        site.keep(flooded, "one")
        body = json.dumps({"ids": ["one"], "name": "theirs"}).encode()
        assert site.ask(method="PATCH", body=body, origin="https://evil.example").status == 403
        assert site.ask(method="PATCH", body=body, host="evil.example").status == 400
        assert site.ask(method="PATCH", body=b"x" * (MAX_BODY + 1)).status == 413
        assert site.ask(method="DELETE").status == site.ask(method="POST", body=body).status == 405
        assert site.page()["cards"][0]["name"] == ""
        assert site.ask(method="PATCH", body=body, origin=f"http://{host}").status == 204
        assert site.page()["cards"][0]["name"] == "theirs"


def test_what_is_asked_and_what_is_changed_is_read_whole() -> None:
    plain = read_query({})
    assert plain.keys() == PARAMETERS.keys() and plain["sort"] == "created_at" and plain["down"] is True
    assert read_query({"words": " a  b ", "longer": "2.5", "bin": "1"})["words"] == ["a", "b"]
    assert read_change(b'{"ids": ["a"], "note": ""}') == (["a"], "note", "")
    with pytest.raises(RefusedError, match="asked by words"):
        read_query({"Words": "a"})


def test_the_address_follows_the_base_path(monkeypatch: pytest.MonkeyPatch) -> None:
    original = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: "a/b" if name == "server.baseUrlPath" else original(name))
    assert files.paths()["library"] == "/a/b/lab/library"


def test_five_thousand_runs_are_a_page_like_any_other(site: Site, flooded: History) -> None:
    site.keep(flooded, "first")
    with site.store.database.writing() as connection:
        (row,) = connection.execute(select(runs)).mappings()
        more = [{**row, "id": None, "public_id": f"r{number}", "created_at": number} for number in range(4999)]
        connection.execute(runs.insert(), more)
    page = site.page()
    assert page["total"] == 5000 and len(page["cards"]) == 50
    assert site.ids(start=4990, count=200) == [f"r{number}" for number in range(9, -1, -1)]
    assert site.page(words="spirals")["total"] == 5000
