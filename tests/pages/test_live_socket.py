"""The live socket: what a page may send, what it gets, and that nobody's mistakes reach anybody else."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit import config
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.typing import Origin

from pages.lab import door, files, live_socket, viewer
from pages.lab.door import Door
from pages.lab.text import load_words
from pages.lab.visitors import cookie_name
from tests.limits import WAIT_S
from tests.pages.serving import connect
from tests.pages.talking import SMALL, START, Frame, Page, Site
from tests.trainers.live.watcher import eventually
from trainers.evidence import recorded
from trainers.live.conductor import Conductor
from trainers.runs.export import csv_text
from trainers.runs.replay import parse_replay
from trainers.store.archive import read_archive
from trainers.takeaway.forms import FORMS
from trainers.wire import frames
from trainers.wire.frames import Array
from trainers.wire.messages import read_preview
from trainers.wire.protocol import MAX_WAITING, TO_SERVER, VERSION, versioned

STEERING: dict[str, dict[str, Any]] = {
    "turn": {"name": "flood_level", "value": 0.1, "arm": 1},
    "speed": {"steps_per_s": 5},
    **{kind: {} for kind in ("pause", "resume", "step", "stop")},
}
"""What may be asked of a run by who steers it, with fields that may be."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as served:
        yield served


@pytest.fixture
def open_page(site: Site) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    with ExitStack() as stack:

        def opened(visitor: str | None = "a", **options: Any) -> Page:
            if visitor is not None:
                options["additional_headers"] = {"cookie": f"{cookie_name()}={visitor * 32}"}
            made = connect(f"ws://{site.host}{versioned('/lab/live')}", compression=None, **options)
            pages.append(Page(stack.enter_context(made)))
            return pages[-1]

        yield opened
    for page in pages:
        run = site.conductor.find(page.run)
        if run is not None:
            site.conductor.tell(run.stop)


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


def assert_no_gap(page: Page) -> None:
    for steps in page.steps:
        assert steps == list(range(1, page.head["step"] + 1))


def test_a_run_from_start_to_export(site: Site, page: Page) -> None:
    page.start(steps=120, speed=None, paused=True)
    assert page.head["state"] == "paused" and page.head["steps"] == 120 and page.head["step"] == 0
    assert page.head["knobs"][1]["flood_level"] == page.head["spec"]["arms"][1]["knobs"]["flood_level"]
    page.send("step")
    page.until_step(1)
    assert page.head["step"] == 1
    page.send("turn", name="flood_level", value=0.4, arm=1)
    page.send("speed", steps_per_s=200)
    page.send("resume")
    page.until(lambda frame: frame[0].get("state") == "finished")
    assert_no_gap(page)
    assert page.head["speed"] == 200 and page.head["eta_s"] is None
    assert page.head["events"] == [{"step": 2, "name": "flood_level", "value": 0.4, "arm": 1}]

    status, headers, body = site.get(f"/lab/export/{page.run}.csv")
    assert status == 200 and headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"] == f'attachment; filename="flooding-{page.run}.csv"'
    text = body.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 240 and {row["run_id"] for row in rows} == {page.run}
    turned = [row["flood_level"] for row in rows if row["arm"] == "flooding"]
    assert turned[1:] == ["0.4"] * 119 and turned[0] != "0.4"
    status, headers, body = site.get(f"/lab/export/{page.run}.json")
    spec, events = parse_replay(json.loads(body))
    assert status == 200 and spec.to_json() == page.head["spec"] and [event.step for event in events] == [2]

    for form in ("parquet", "bundle"):
        status, headers, body = site.get(f"/lab/export/{page.run}.{form}")
        name = f"flooding-{page.run}{FORMS[form].ending}"
        assert status == 200 and headers["content-disposition"] == f'attachment; filename="{name}"'
    assert csv_text(read_archive(body).now.history, page.run) == text

    page.send("turn", name="flood_level", value=0.1, arm=1)
    told, _ = page.until(lambda frame: frame[0]["type"] == "refused")
    assert (told["about"], told["arm"], told["rule"], told["parts"]) == ("turn", 1, "ended", {"state": "finished"})
    assert told["message"] == "turn needs a run that is going on, this one is finished"


def test_tricks_together_are_one_run_of_many_arms(site: Site, page: Page) -> None:
    combine = {"tricks": ["dropout", "flooding", "label_smoothing"], "ablate": True}
    start = {"task": "spirals", "seed": 100, "steps": 40, "values": {**SMALL, "dropout_p": 0.2}, "speed": None}
    page.send("start", combine=combine, **start)
    page.until(lambda frame: frame[0].get("state") == "finished")
    assert_no_gap(page)
    arms = page.head["spec"]["arms"]
    assert len(arms) == len(page.steps) == 8 and arms[1]["tricks"] == ["flooding", "label_smoothing", "dropout"]
    assert page.head["spec"]["trick"] == "combine" and arms[1]["knobs"]["dropout_p"] == 0.2
    status, headers, body = site.get(f"/lab/export/{page.run}.csv")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert status == 200 and len(rows) == 8 * 40
    assert headers["content-disposition"] == f'attachment; filename="combine-{page.run}.csv"'
    assert {row["arm"] for row in rows} == {arm["name"] for arm in arms}
    _, _, body = site.get(f"/lab/export/{page.run}.json")
    spec, _ = parse_replay(json.loads(body))
    assert spec.to_json() == page.head["spec"]


def test_a_sweep_is_one_run_with_an_arm_for_each_value(page: Page) -> None:
    values = [index / 40 for index in range(24)]
    page.start(steps=20, speed=None, sweep={"knob": "flood_level", "values": values})
    page.until(lambda frame: frame[0].get("state") == "finished")
    assert_no_gap(page)
    assert [arm["knobs"].get("flood_level") for arm in page.head["spec"]["arms"]] == [None, *values]
    assert page.head["spec"]["trick"] == "flooding"


def test_pause_and_stop(page: Page) -> None:
    page.start()
    page.until_step(3)
    page.send("pause")
    page.until(lambda frame: frame[0].get("state") == "paused")
    page.send("stop")
    page.until(lambda frame: frame[0].get("state") == "stopped")
    assert_no_gap(page)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ({"type": "turn", "name": "flood_level", "value": 9, "arm": 1}, "flood_level must be between 0 and 0.6, got 9"),
        (
            {"type": "turn", "name": "flood_level", "value": float("nan"), "arm": 1},
            "flood_level must be a number, got nan",
        ),
        (
            {"type": "turn", "name": "flood_level", "value": "much", "arm": 1},
            "flood_level must be a number, got 'much'",
        ),
        ({"type": "turn", "name": "flood_level", "value": [1], "arm": 1}, "flood_level must be a number, got [1]"),
        ({"type": "turn", "name": "flood_level", "value": 0.1, "arm": 7}, "arm must be between 0 and 1, got 7"),
        (
            {"type": "turn", "name": "flood_level", "value": 0.1, "arm": "1"},
            "arm must be a whole number or null, got '1'",
        ),
        (
            {"type": "turn", "name": "flod_level", "value": 0.1, "arm": 1},
            "flod_level is not a knob here (nearest: flood_level)",
        ),
        ({"type": "turn", "name": "width", "value": 20}, "width takes effect at the next start"),
        ({"type": "turn", "name": 3, "value": 20}, "name must be text, got 3"),
        ({"type": "turn", "name": "lr"}, "value must be in every turn"),
        (
            {"type": "turn", "name": "lr", "value": 0.1, "at": 5},
            "at is not a field of turn, which has name, value, arm",
        ),
        ({"type": "speed", "steps_per_s": 0}, "speed must be null or between 0.1 and 100000 steps a second, got 0"),
        ({"type": "speed", "steps_per_s": True}, "speed must be null or between 0.1"),
        ({**START, "trick": "floding"}, "trick must be one of the catalogue (nearest: flooding"),
        ({**START, "trick": None}, "trick must be text, got None"),
        ({**START, "task": "digit"}, "task must be one of "),
        ({**START, "seed": -1}, "seed must be between 0 and"),
        ({**START, "steps": 1e9}, "steps must be between 1 and 100000, got 1000000000.0"),
        ({**START, "values": []}, "values must be an object, got []"),
        ({**START, "values": {"gama": 1}}, "gama is neither a knob of flooding nor a setting"),
        ({**START, "extra_arms": [1]}, "extra_arms must be a list of objects, got [1]"),
        ({**START, "extra_arms": [{}] * 100}, "extra_arms must be at most 48, got 100"),
        ({**START, "speed": "fast"}, "speed must be null or between"),
        ({**START, "paused": 1}, "paused must be true or false, got 1"),
        ({"type": "preview", "trick": "flooding", "values": {"flood_level": -1}}, "flood_level must be between"),
        ({"type": "start"}, "trick must be text, got None"),
        ({"type": "start", "combine": ["flooding"]}, "combine must be an object, got ['flooding']"),
        (
            {"type": "start", "combine": {"names": []}},
            "names is not a field of combine, which has ablate, like, tricks",
        ),
        ({"type": "start", "combine": {"tricks": "flooding"}}, "tricks must be a list of names, got 'flooding'"),
        ({"type": "start", "combine": {"tricks": []}}, "tricks must be at least one, got none"),
        ({"type": "start", "combine": {"tricks": ["flooding"], "like": 1}}, "like must be text, got 1"),
        ({"type": "start", "combine": {"tricks": ["flooding"], "ablate": 1}}, "ablate must be true or false, got 1"),
        ({"type": "start", "combine": {"tricks": ["flooding"]}, "task": 1}, "task must be text, got 1"),
        ({"type": "start", "combine": {"tricks": ["flooding"]}, "values": []}, "values must be an object, got []"),
        ({**START, "combine": {"tricks": ["flooding"]}}, "trick must not be in a start with combine"),
        (
            {"type": "start", "combine": {"tricks": ["cyclic_lr", "step_schedule"]}},
            "tricks must go together: step_schedule replaces the lr that cyclic_lr changes",
        ),
        ({**START, "sweep": {"knob": 1, "values": []}}, "knob must be text, got 1"),
        ({**START, "sweep": {"knob": "flood_level", "values": 3}}, "values must be a list, got 3"),
        ({**START, "sweep": {"knob": "flood_level", "values": []}}, "values must be 1 to 24, got 0"),
        ({**START, "sweep": {"knob": "gamma", "values": [1]}}, "gamma is not a knob of flooding"),
        ({**START, "sweep": {"knob": "flood_level", "values": [True]}}, "flood_level must be a number, got True"),
        (
            {"type": "start", "combine": {"tricks": ["flooding"]}, "sweep": {"knob": "flood_level", "values": [0]}},
            "sweep must be of one trick, got it with combine",
        ),
    ],
)
def test_a_refused_message_is_answered_and_the_run_goes_on(page: Page, message: dict[str, Any], answer: str) -> None:
    page.start()
    page.send(**message)
    assert answer in page.refusal()
    page.until_step(page.head["step"] + 1)
    assert page.head["state"] == "running" and not page.head["events"]
    assert_no_gap(page)


def test_steering_needs_a_run(page: Page) -> None:
    page.send("pause")
    assert page.refusal() == "pause needs a run: start one first"
    page.send("attach", run="no such run")
    assert page.receive()[0] == {"type": "gone"}
    page.send("attach", run=["no such run"])
    assert page.refusal() == "run must be text, got ['no such run']"


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ("{", 1007, "messages must be JSON"),
        ("[" * 30_000, 1007, "messages must be JSON"),
        ("[]", 1007, "messages must be JSON objects with a type"),
        ('{"type":3}', 1007, "messages must be JSON objects with a type"),
        ('{"type":"reboot"}', 1007, "type must be one of ack, hello, attach, start"),
        (b"\x00\x01", 1007, "messages must be text, got bytes"),
        (json.dumps({"type": "attach", "run": "x" * 40_000}), 1009, "messages must be at most 32768 bytes"),
        (json.dumps({"type": "attach", "run": "é" * 20_000}, ensure_ascii=False), 1009, "messages must be at most"),
    ],
)
def test_what_no_page_sends_closes_the_connection_and_no_other(
    open_page: Callable[..., Page], message: str | bytes, code: int, reason: str
) -> None:
    offender, other = open_page(), open_page()
    offender.start()
    other.send("attach", run=offender.run)
    other.until_step(1)
    offender.connection.send(message)
    closed = offender.closing()
    assert closed[0] == code and closed[1].startswith(reason)
    other.until_step(other.head["step"] + 2)
    assert_no_gap(other)


def test_too_many_messages_close_the_connection_and_no_other(open_page: Callable[..., Page]) -> None:
    offender, other = open_page(), open_page()
    other.start()
    for _ in range(3000):
        try:
            offender.send("ack")
        except ConnectionClosedError:
            break
    assert offender.closing() == (1008, "more than 300 messages a second")
    other.until_step(other.head["step"] + 2)
    assert_no_gap(other)


def test_answers_that_nobody_takes_close_the_connection(page: Page) -> None:
    for _ in range(MAX_WAITING + 2):
        page.send("pause")
    assert page.closing() == (1008, f"more than {MAX_WAITING} answers wait to be taken")


def test_a_page_that_comes_back_misses_nothing(site: Site, open_page: Callable[..., Page]) -> None:
    first = open_page()
    first.start(speed=100.0)
    first.until_step(10)
    first.connection.close()
    again = open_page()
    again.send("attach", run=first.run)
    header, _ = again.receive()
    assert header["type"] == "snapshot" and header["step"] >= 10 and header["state"] == "running"
    again.until_step(header["step"] + 10)
    assert_no_gap(again)
    run = site.conductor.find(again.run)
    assert run is not None and not run.away


def test_two_pages_see_the_same_run_and_a_slow_one_gets_fewer_frames(open_page: Callable[..., Page]) -> None:
    quick, slow = open_page(), open_page()
    quick.start(speed=100.0)
    slow.send("attach", run=quick.run)
    assert slow.peek()[0]["type"] == "snapshot"  # and not taken
    quick.until_step(slow.head["step"] + 40)
    with pytest.raises(TimeoutError):
        slow.connection.recv(0)
    quick.send("pause")
    quick.until(lambda frame: frame[0].get("state") == "paused")
    slow.send("ack")
    assert slow.receive()[0]["type"] == "wheel"  # it may not steer
    header, _ = slow.peek()
    assert header["type"] == "rows" and header["step"] >= quick.head["step"]  # all that it missed, in one frame
    assert_no_gap(slow)
    quick.send("resume")
    quick.send("turn", name="lr", value=0.002)
    slow.send("ack")
    turned = slow.until(lambda frame: bool(frame[0].get("events")))[0]
    assert turned["settings"]["lr"] == 0.002 and turned["events"][0]["arm"] is None
    assert_no_gap(quick)


def test_a_turn_is_in_force_for_all_who_watch_as_soon_as_it_is_heard_even_of_a_run_that_stands(
    open_page: Callable[..., Page],
) -> None:
    one, other = open_page(), open_page()
    one.start(paused=True)
    other.send("attach", run=one.run)
    one.send("turn", name="flood_level", value=7.0, arm=1)  # refused, and counted
    one.send("turn", name="lr", value=0.002)
    one.send("speed", steps_per_s=20)
    one.until(lambda _: one.heard == 3)
    assert one.head["settings"]["lr"] == 0.002 and one.head["speed"] == 20 and one.head["step"] == 0
    other.until(lambda frame: frame[0].get("settings", {}).get("lr") == 0.002)
    other.send("take_over")
    other.send("turn", name="lr", value=0.003)
    other.until(lambda _: other.heard == 1)
    one.until(lambda frame: frame[0].get("settings", {}).get("lr") == 0.003)
    assert other.head["settings"]["lr"] == 0.003 and one.heard == 3
    other.send("resume")
    events = one.until(lambda frame: bool(frame[0].get("events")))[0]["events"]
    assert events == [{"step": 1, "name": "lr", "value": 0.003, "arm": None}]  # the first step has the last of them


def test_a_page_that_falls_far_behind_gets_a_snapshot(
    open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MAX_POINTS", 40)
    quick, slow = open_page(), open_page()
    quick.start(speed=100.0)
    slow.send("attach", run=quick.run)
    first = slow.peek()[0]["step"]
    quick.until_step(first + 60)
    quick.send("pause")
    quick.until(lambda frame: frame[0].get("state") == "paused")
    slow.send("ack")
    assert slow.receive()[0]["type"] == "wheel"
    header, arrays = slow.peek()
    assert header["type"] == "snapshot" and header["step"] > first + 40
    assert all(len(values) <= 40 for entry, values in arrays if entry["group"] == "row")
    assert slow.steps[1][0] == 1 and slow.steps[1][-1] == header["step"]
    slow.send("ack")
    quick.send("step")
    assert slow.peek()[0]["type"] == "rows"


def test_one_tab_of_its_owner_steers_a_run_and_others_watch_until_they_take_over(
    open_page: Callable[..., Page],
) -> None:
    first, second = open_page(), open_page()
    first.start(paused=True)
    second.send("attach", run=first.run)
    assert second.role() == "watch"
    for kind, fields in STEERING.items():
        second.send(kind, **fields)
        told = second.until(lambda frame: frame[0]["type"] == "refused")[0]
        assert (told["rule"], told["about"]) == ("steered_elsewhere", kind)
        assert told["message"].startswith(f"{kind} needs the tab that steers the run")
    second.send("take_over")
    assert (second.role(), first.role()) == ("steer", "watch")
    second.send("step")
    second.until_step(1)
    second.connection.close()
    assert first.role() == "steer"  # the next one does where it leaves
    first.send("step")
    first.until_step(2)


def test_all_that_steers_a_run_is_tried() -> None:
    begun_or_ended_apart = {"start", "repeat", "cancel", "resume_study"}
    assert {*STEERING} == {kind for kind, one in TO_SERVER.items() if one.who == "steer"} - begun_or_ended_apart


def test_a_tab_that_comes_back_steers_though_its_old_connection_stands(open_page: Callable[..., Page]) -> None:
    old, new, other = open_page(), open_page(), open_page()
    for page, tab in ((old, "tab"), (new, "tab"), (other, "other")):
        page.send("hello", tab=tab, secret="x" * 32)
    old.start(paused=True)
    new.send("attach", run=old.run)
    new.send("step")
    new.until_step(1)
    other.send("attach", run=old.run)
    assert (old.role(), other.role()) == ("watch", "watch")


def test_a_run_of_somebody_else_is_watched_and_exported_and_no_more(site: Site, open_page: Callable[..., Page]) -> None:
    owner, guest = open_page("a"), open_page("b")
    owner.start(paused=True)
    run = site.conductor.find(owner.run)
    guest.send("attach", run=owner.run)
    assert guest.role() == "visit"
    for kind, fields in {**STEERING, "take_over": {}}.items():
        guest.send(kind, **fields)
        told = guest.until(lambda frame: frame[0]["type"] == "refused")[0]
        assert (told["rule"], told["about"]) == ("not_yours", kind)
        assert told["message"] == f"{kind} needs a run of yours, this one is somebody else's"
    owner.send("step")
    guest.until_step(1)
    assert site.get(f"/lab/export/{owner.run}.json")[0] == 200
    owner.connection.close()
    guest.send("resume")  # nor when its owner has left
    assert "somebody else's" in guest.refusal()
    guest.start(paused=True)  # one of their own, beside it
    assert run is not None and run.going and guest.run != run.id


def test_the_inside_of_a_run_is_shown_as_it_was_after_any_step(page: Page) -> None:
    page.send("look", step=10)
    assert page.refusal() == "look needs a run: start one first"
    page.start(steps=40)
    page.until(lambda frame: frame[0].get("state") == "finished")
    for step, expected in ((40, 40), (33, 30), (9, None)):
        page.send("look", step=step)
        header, arrays = page.until(lambda frame: frame[0]["type"] == "past")
        assert (header["run"], header["step"]) == (page.run, step)
        assert {entry["step"] for entry, _ in arrays} == ({expected} if expected else set())
        assert {entry["arm"] for entry, _ in arrays} == ({0, 1} if expected else set())


def test_whoever_sees_a_run_branches_it_into_one_of_their_own(site: Site, open_page: Callable[..., Page]) -> None:
    owner, guest = open_page("a"), open_page("b")
    owner.start(paused=True)
    parent = owner.run
    for step in range(1, 4):
        owner.send("step")
        owner.until_step(step)
    guest.send("branch", step=1)
    assert guest.refusal() == "branch needs a run: start one first"
    guest.send("attach", run=parent)
    guest.until_step(3)
    guest.send("branch", step=4)
    assert guest.refusal() == "step must be between 0 and 3, got 4"
    guest.send("branch", step=2)
    guest.until(lambda frame: frame[0]["type"] == "snapshot" and frame[0]["run"] != parent)
    assert guest.head["fork"] == {"run": parent, "step": 2} and owner.head["fork"] is None
    assert (guest.head["state"], guest.head["step"], guest.head["steps"]) == ("paused", 2, owner.head["steps"])
    guest.send("step")
    guest.until_step(3)
    assert site.conductor.find(parent) is not None and owner.held == "steer"


def test_where_a_browser_keeps_no_cookie_the_secret_of_its_tab_says_whose_a_run_is(
    open_page: Callable[..., Page],
) -> None:
    first, again, other = (open_page(None) for _ in range(3))
    for page, secret in ((first, "m" * 32), (again, "m" * 32), (other, "o" * 32)):
        page.send("hello", tab=str(id(page)), secret=secret)
    first.start(paused=True)
    for page in (again, other):
        page.send("attach", run=first.run)
    assert (again.role(), other.role()) == ("watch", "visit")


def test_a_secret_that_is_told_is_none_where_there_is_a_cookie(open_page: Callable[..., Page]) -> None:
    owner, thief = open_page("a"), open_page("b")
    owner.send("hello", tab="tab", secret="m" * 32)
    owner.start(paused=True)
    thief.send("hello", tab="tab", secret="a" * 32)
    thief.send("attach", run=owner.run)
    assert thief.role() == "visit"


@pytest.mark.parametrize("before", ["hello", "start"])
def test_who_it_is_is_said_first_and_once(page: Page, before: str) -> None:
    if before == "start":
        page.start(paused=True)
    else:
        page.send("hello", tab="tab", secret="x" * 32)
    page.send("hello", tab="tab", secret="y" * 32)
    assert page.closing() == (1007, "hello must come first, and once")


@pytest.mark.parametrize("secret", ["", "short", "ä" * 32, "a" * 33])
def test_no_secret_is_one_that_others_might_have(page: Page, secret: str) -> None:
    page.send("hello", tab="tab", secret=secret)
    assert page.closing() == (1007, "secret must be 32 letters, digits, - or _")


def test_a_new_start_ends_the_run_of_the_page_but_not_one_that_others_watch(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page, other = open_page(), open_page()
    page.start()
    alone = site.conductor.find(page.run)
    page.start()
    assert alone is not None and alone.state == "stopped"
    shared = site.conductor.find(page.run)
    other.send("attach", run=page.run)
    other.until_step(1)
    page.start()
    assert shared is not None and shared.going
    other.until_step(other.head["step"] + 2)


def test_a_flood_of_previews_is_answered_with_the_newest_and_holds_nobody_up(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, made = threading.Event(), list[object]()

    def slow(**asked: Any) -> Any:
        made.append(asked["values"]["flood_level"])
        assert gate.wait(WAIT_S)
        return read_preview(**asked)

    monkeypatch.setattr(viewer, "read_preview", slow)
    for number in range(40):
        page.send("preview", trick="flooding", task="spirals", values={"flood_level": number / 100})
    page.send("attach", run="none")
    assert page.until(lambda frame: frame[0]["type"] in ("gone", "preview"))[0]["type"] == "gone"
    gate.set()
    page.until(lambda frame: frame[0]["type"] == "preview")
    eventually(lambda: made[-1] == 0.39)
    assert len(made) <= 2


def test_a_preview_that_breaks_is_answered_with_what_broke(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**asked: Any) -> Any:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(viewer, "read_preview", broken)
    page.send("preview", trick="flooding", task="spirals", values={"flood_level": 0.5})
    header, _ = page.receive()
    assert (header["type"], header["about"], header["rule"]) == ("refused", "preview", "not_shown")
    assert header["parts"] == {"detail": "ZeroDivisionError: by nothing"}
    assert header["message"] == "the preview could not be made: ZeroDivisionError: by nothing"
    monkeypatch.setattr(viewer, "read_preview", read_preview)
    page.send("preview", trick="flooding", task="spirals", values={"flood_level": 0.5})
    assert page.receive()[0] == {"type": "preview"}


def test_previews_come_without_a_run_and_between_frames(page: Page) -> None:
    page.send("preview", trick="flooding", task="spirals", values={"flood_level": 0.5})
    header, arrays = page.receive()
    values = {entry["name"]: array for entry, array in arrays}
    assert header == {"type": "preview"} and {entry["group"] for entry, _ in arrays} == {"preview"}
    np.testing.assert_allclose(values["flooded_loss"], np.abs(values["loss"] - 0.5) + 0.5, rtol=1e-6)
    page.start()
    for level in (0.1, 0.2, 0.3):
        page.send("preview", trick="flooding", task="spirals", values={"flood_level": level})
    while True:
        _, arrays = page.until(lambda frame: frame[0]["type"] == "preview")
        if abs(min(array.min() for entry, array in arrays if entry["name"] == "flooded_loss") - 0.3) < 1e-6:
            break
    page.until_step(page.head["step"] + 1)
    assert_no_gap(page)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "http://127.0.0.1.evil.example"])
def test_other_sites_are_turned_away_and_told_why(site: Site, open_page: Callable[..., Page], origin: str) -> None:
    before = set(site.where().runs)
    foreign = open_page(origin=origin)
    with suppress(ConnectionClosed):
        foreign.connection.send(json.dumps(START))
    code, reason = foreign.closing()
    assert code == 1008 and reason.startswith(f"its proxy must pass on the header Host (it came as {site.host})")
    assert set(site.where().runs) <= before


@pytest.mark.parametrize("query", ["", "?v=", f"?v={VERSION - 1}", f"?v={VERSION + 1}", f"?v={VERSION}x"])
def test_a_page_of_another_version_is_told_to_reload_before_anything_else(site: Site, query: str) -> None:
    before = set(site.where().runs)
    with connect(f"ws://{site.host}/lab/live{query}") as made:
        page = Page(made)
        with suppress(ConnectionClosed):
            made.send(json.dumps(START))
        assert page.closing() == (4409, load_words("en")["live.older"])
    assert set(site.where().runs) <= before


def test_whoever_runs_the_server_is_told_once_how_a_proxy_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(door.log, "warning", lambda text, *values: told.append(text % values))
    with Site() as fresh:
        fresh.where()  # its workers are up
        for origin in ("https://lab.example", "https://other.example"):
            with connect(f"ws://{fresh.host}{versioned(files.paths()['socket'])}", origin=Origin(origin)) as made:
                Page(made).closing()
        headers = {"x_forwarded_host": "lab.example"}  # anybody can send that
        _, headers, body = fresh.get(f"{files.paths()['door']}?origin=https://lab.example", **headers)
        refused = json.loads(body)["refusal"]
        _, _, body = fresh.get(f"{files.paths()['door']}?origin=http://{fresh.host}")
    assert len(told) == 1 and "https://lab.example" in told[0] and "proxy_set_header Host $http_host" in told[0]
    assert refused == told[0] and headers["cache-control"] == "no-store" and json.loads(body)["refusal"] == ""


@pytest.mark.parametrize(
    ("base", "path"),
    [("", "/lab/live"), ("tricklab", "/tricklab/lab/live"), ("/a/b/", "/a/b/lab/live")],
)
def test_all_addresses_follow_the_base_path(base: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = config.get_option
    monkeypatch.setattr(config, "get_option", lambda name: base if name == "server.baseUrlPath" else original(name))
    assert files.paths()["socket"] == path
    routed = {str(getattr(route, "path", "")) for route in live_socket.routes(Conductor(), Door({}))}
    assert routed >= set(files.paths().values()) - {files.paths()[name] for name in ("export", "lessons")}
    assert routed >= {f"{files.paths()['export']}/{{name}}", f"{files.paths()['lessons']}/{{name}}/{{step}}"}
    assert all(route.startswith(path.removesuffix("/lab/live") + "/") for route in routed)


def test_exports_of_no_run_are_not_found(site: Site) -> None:
    for name in ("nothing.csv", "nothing", "nothing.txt", "..%2Fsecret.csv"):
        status, _, body = site.get(f"/lab/export/{name}")
        assert status == 404 and b"Traceback" not in body


REPEAT: dict[str, Any] = {
    "type": "repeat",
    "trick": "flooding",
    "task": "spirals",
    "steps": 40,
    "values": SMALL,
    "seeds": 4,
}


def study_frame(page: Page, holds: Callable[[dict[str, Any]], bool] = lambda header: True) -> Frame:
    return page.until(lambda frame: frame[0]["type"] == "study" and holds(frame[0]))


def seeds_of(arrays: list[Array]) -> set[int]:
    return {entry["seed"] for entry, _ in arrays if entry["group"] == "final"}


def test_a_repeat_from_press_to_verdict_and_export_beside_a_run(site: Site, page: Page) -> None:
    page.start()
    page.send(**REPEAT)
    found: set[int] = set()
    fresh = []

    def ended(frame: Frame) -> bool:
        if frame[0]["type"] != "study":
            return False
        found.update(seeds_of(frame[1]))
        fresh.append(frame[0]["fresh"])
        return bool(frame[0]["state"] != "running")

    header, _ = page.until(ended)
    assert header["state"] == "finished" and found == {0, 1, 2, 3} and header["done"] == header["total"] == 4
    assert fresh[0] and not any(fresh[1:])
    assert header["arms"] == ["baseline", "flooding"] and header["lines"][0]["metric"] == header["judged"]
    page.until_step(page.head["step"] + 2)
    assert page.head["state"] == "running"
    assert_no_gap(page)

    base = f"/lab/export/{header['study']}"
    status, headers, body = site.get(f"{base}.csv")
    assert status == 200 and headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"] == f'attachment; filename="flooding-{header["study"]}.csv"'
    rows = recorded.parse_rows(body.decode())
    assert [(row["seed"], row["arm"]) for row in rows] == [(s, arm) for s in range(4) for arm in header["arms"]]
    assert pd.read_parquet(io.BytesIO(site.get(f"{base}.parquet")[2]))["test_loss"].tolist() == [
        row["test_loss"] for row in rows
    ]
    summary = recorded.parse_rows(site.get(f"{base}-summary.csv")[2].decode())
    frame = pd.read_parquet(io.BytesIO(site.get(f"{base}-summary.parquet")[2]))
    assert frame["mean"].tolist() == [row["mean"] for row in summary]
    (line,) = [row for row in summary if row["minus"] and row["metric"] == header["judged"]]
    assert line["mean"] == header["lines"][0]["mean"]
    results = recorded.parse_results(site.get(f"{base}.json")[2].decode(), "the export")
    assert recorded.recompute(results, rows) == results
    assert site.get(f"{base}-summary.json")[0] == site.get(f"{base}.txt")[0] == 404


def test_a_page_that_comes_back_gets_all_of_a_study(open_page: Callable[..., Page]) -> None:
    first = open_page()
    first.send(**{**REPEAT, "steps": 100, "seeds": 8})
    header, _ = study_frame(first, lambda header: header["done"] >= 2)
    first.connection.close()
    again = open_page()
    again.send("attach_study", study=header["study"])
    back, arrays = study_frame(again)
    assert back["fresh"] and len(seeds_of(arrays)) == back["done"] >= 2
    if back["state"] != "finished":  # it may have come to its end meanwhile
        back, _ = study_frame(again, lambda header: header["state"] == "finished")
    assert back["done"] == 8
    again.send("attach_study", study="no such study")
    assert again.until(lambda frame: frame[0]["type"] == "gone_study")[0] == {"type": "gone_study"}
    again.send("attach_study", study=["no such study"])
    assert again.refusal() == "study must be text, got ['no such study']"


def test_a_cancel_ends_the_study_and_a_new_one_ends_the_old(site: Site, page: Page) -> None:
    page.send("cancel")
    assert page.refusal() == "cancel needs a repeat over seeds: start one first"
    page.send(**{**REPEAT, "steps": 100_000})
    old = site.conductor.find_study(study_frame(page)[0]["study"])
    page.send(**{**REPEAT, "steps": 100_000, "seeds": 2})
    study_frame(page, lambda header: header["fresh"])
    assert old is not None and old.state == "canceled"
    page.send("cancel")
    header, _ = study_frame(page, lambda header: header["state"] != "running")
    assert header["state"] == "canceled" and header["eta_s"] is None
    page.send("cancel")
    assert page.refusal() == "cancel needs a repeat over seeds that is going on, this one is canceled"


def test_a_sweep_over_seeds_is_answered_by_its_response(site: Site, page: Page) -> None:
    page.send(**{**REPEAT, "seeds": 2, "sweep": {"flood_level": [0, 0.3]}})
    header, _ = study_frame(page, lambda header: header["state"] == "finished")
    assert header["seeds"] == [100, 101] and header["neutral"] == {"flood_level": 0.0} and header["total"] == 4
    judged = [row for row in header["response"] if row["metric"] == header["judged"]]
    assert [(row["point"], row["n"]) for row in judged] == [(0, 2), (1, 2)]
    rows = recorded.parse_rows(site.get(f"/lab/export/{header['study']}.csv")[2].decode())
    assert [(row["flood_level"], row["seed"]) for row in rows] == [(0.0, 100), (0.0, 101), (0.3, 100), (0.3, 101)]
    exported = json.loads(site.get(f"/lab/export/{header['study']}.json")[2])["sweep"]
    assert [row["mean"] for row in exported["response"]] == [row["mean"] for row in header["response"]]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"trick": "floding"}, "trick must be one of the catalogue"),
        ({"trick": None}, "trick must be text, got None"),
        ({"seed": 3}, "seed is not a field of repeat"),
        ({"seeds": 1}, "seeds must be between 2 and 64, got 1"),
        ({"seeds": float("nan")}, "seeds must be a whole number, got nan"),
        ({"seeds": "all"}, "seeds must be a whole number, got 'all'"),
        ({"values": {"gama": 1}}, "gama is neither a knob of flooding nor a setting"),
        ({"evidence": 1}, "evidence must be true or false, got 1"),
        ({"evidence": True, "sweep": {"flood_level": [0]}}, "sweep must not be in a repeat of the evidence"),
        ({"sweep": []}, "sweep must be an object, got []"),
        ({"sweep": {"flood_level": 3}}, "flood_level must be a list, got 3"),
        ({"sweep": {"flood_level": [float("nan")]}}, "flood_level must be a number, got nan"),
        ({"sweep": {"flood_level": [[1]]}}, "flood_level must be a number, got [1]"),
        ({"sweep": {"gamma": [1]}}, "a sweep must be of knobs that an arm has, got gamma"),
    ],
)
def test_a_refused_repeat_is_answered_and_nothing_begins(
    site: Site, page: Page, changes: dict[str, Any], answer: str
) -> None:
    before = site.where().studies
    page.send(**{**REPEAT, **changes})
    assert answer in page.refusal()
    assert site.where().studies == before
