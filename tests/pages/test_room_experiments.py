"""Every student a seed, every student a setting: the experiments of a room over its socket, to the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.limits import WAIT_S
from tests.pages.serving import connect
from tests.pages.talking import Page, Site
from tests.pages.test_kept import cookie_of
from tests.pages.test_room_reports import report
from tests.pages.test_room_site import (
    TRAINS,
    Guest,
    opened,
    room,
    site,
    store,
    student,
    teacher,
    token,
    token_of,
)
from tests.pages.test_run_links import ask
from trainers.__main__ import main
from trainers.live.live_study import LiveStudy
from trainers.store.store import Store
from trainers.wire.protocol import versioned

__all__ = ["room", "site", "store", "token"]  # fixtures
SMALL = {"width": 16, "train_size": 100, "eval_every": 20, "flood_level": 0.6}
STEPS, MANY = 60, 100_000
LEAST = 8  # seeds with which a verdict is possible here


def taught(site: Site, steps: int = STEPS) -> str:
    """A new room around a run of so many steps."""
    query = {name: f"{value}" for name, value in SMALL.items()}
    return opened(site, page="flooding", query={"steps": f"{steps}", **query})


@contextmanager
def shown(site: Site, desk: Guest, steps: int = STEPS, speed: float = 20.0) -> Iterator[Page]:
    """The teacher's run, which the room shows."""
    address = f"ws://{site.host}{versioned('/lab/live')}"
    with connect(address, additional_headers=cookie_of("t"), compression=None) as own:
        page = Page(own)
        page.start(steps=steps, values=SMALL, speed=speed)
        page.until_step(3)
        desk.send("go", step=0, phase="run")
        desk.send("show", run=page.run)
        desk.until_state(lambda state: state["run"] == page.run)
        yield page


@contextmanager
def class_of(site: Site, people: int, steps: int = STEPS) -> Iterator[tuple[str, Guest, list[Guest], Page]]:
    """A room with its desk, its students and its run."""
    own = taught(site, steps)
    with teacher(site, own) as desk, ExitStack() as stack:
        code = token_of(site, desk.state["code"])
        phones = [stack.enter_context(student(site, code, number)) for number in range(1, people + 1)]
        desk.until_state(lambda state: state["here"] == people)
        page = stack.enter_context(shown(site, desk))
        yield own, desk, phones, page


def is_in(state: str, told: dict[str, Any]) -> bool:
    """Whether a room's experiment is in that state."""
    made = told.get("experiment")
    return made is not None and bool(made["state"] == state)


def until_in(one: Guest, state: str) -> dict[str, Any]:
    """The room's experiment, once it is in that state."""
    found: dict[str, Any] = one.until_state(lambda told: is_in(state, told))["experiment"]
    return found


def is_whole(seeds: int, told: dict[str, Any]) -> bool:
    """Whether all has come of a student's part, on so many seeds."""
    return bool(told["type"] == "tried" and told["ended"] == seeds)


def study_of(site: Site, told: dict[str, Any]) -> LiveStudy:
    found = site.conductor.find_study(told["study"])
    assert found is not None
    return found


@TRAINS
def test_every_student_is_a_seed_and_the_verdict_is_that_of_the_command_line(site: Site, tmp_path: Path) -> None:
    with class_of(site, 2) as (own, desk, phones, page), teacher(site, own, "wall") as wall:
        offer = desk.until_state(lambda state: state["offer"] and state["offer"]["seeds"]["seconds"])["offer"]["seeds"]
        assert (offer["places"], offer["own"], offer["runs"]) == (LEAST, LEAST - 2, LEAST)
        desk.send("begin", step=0, what="seeds")
        page.until(lambda frame: frame[0].get("state") == "paused")
        told = until_in(wall, "finished")
        assert (told["places"], told["own"], told["done"]) == (LEAST, LEAST - 2, LEAST)
        picture = wall.state["picture"]
        assert sorted(place for place, _, _ in picture["dots"]) == list(range(LEAST)) and len(picture["bands"]) == 1
        assert picture["lines"] == [told["verdict"]] and "8 seeds" in told["verdict"]
        for place, phone in enumerate(phones):
            mine = phone.until(lambda one: one["type"] == "tried")
            assert (mine["place"], mine["value"], mine["ended"]) == (place, place, 1)
            assert phone.me["part"] == {"number": 1, "bid": None, "place": place, "value": place}
            one, other = mine["finals"][0]["values"]
            (difference,) = [dot[2] for dot in picture["dots"] if dot[0] == place]
            assert other - one == difference
            assert {curve["name"] for curve in mine["curves"]} == {"train_loss", "test_loss", "test_accuracy"}
        page.until(lambda frame: frame[0].get("state") in ("running", "finished"))  # it goes on
        spec = site.get(f"/lab/export/{page.run}.json", **cookie_of("t"))[2]
        found = study_of(site, told).mark.summary()
    (tmp_path / "run.json").write_bytes(spec)
    asked = ["evidence", "--spec", f"{tmp_path}/run.json", "--seeds", f"{LEAST}", "--json", f"{tmp_path}/told.json"]
    assert main([*asked, "--workers", "1"]) == 0
    (expected,) = json.loads((tmp_path / "told.json").read_text("utf-8"))["studies"]
    for name in ("id", "seeds", "missing", "comparisons"):
        assert json.loads(json.dumps(found[name])) == expected[name]
    for arm, numbers in expected["arms"].items():
        del numbers["elapsed_s"]
        assert {name: found["arms"][arm][name] for name in numbers} == numbers


@TRAINS
def test_every_student_is_a_setting_from_the_choice_to_the_curve(site: Site) -> None:
    with class_of(site, 3) as (own, desk, phones, _), teacher(site, own, "wall") as wall:
        desk.send("collect", step=0)
        assert phones[0].until_state(lambda state: "experiment" in state)["page"]["bid"]["name"] == "flood_level"
        for phone, value in zip(phones, (0.13, 0.42), strict=False):
            phone.send("bid", experiment=1, values=[value])
            phone.until(lambda told: told["type"] == "you" and told["part"] is not None)
        phones[0].send("bid", experiment=1, values=[0.11])
        for amiss in (0.7, "much", None):
            phones[2].send("bid", experiment=1, values=[amiss])
            assert phones[2].refusal().startswith("b must be ")
        for one in (desk, wall):
            one.until_state(lambda state: state.get("experiment") and state["experiment"]["given"] == 2)
        assert "0.42" not in json.dumps([wall.state, desk.state])
        planned = desk.until_state(lambda state: state["offer"]["settings"]["places"] == 5)["offer"]["settings"]
        desk.send("begin", step=0, what="settings")
        told = until_in(wall, "finished")
        assert told["total"] == planned["runs"] == 5 * told["seeds"] and told["own"] == 3
        values = wall.state["picture"]["values"]
        assert values == [[0.0], [0.11], [0.3], [0.42], [0.6]]
        assert len(wall.state["picture"]["dots"]) == told["total"] and len(wall.state["picture"]["bands"]) == 5
        for phone, value in zip(phones, (0.11, 0.42), strict=False):
            mine = phone.until(partial(is_whole, told["seeds"]))
            assert mine["value"] == [value] and len(mine["finals"][0]["values"]) == 1
        assert phones[2].until(partial(is_whole, told["seeds"]))["value"] in ([0.0], [0.3], [0.6])
        phones[2].send("bid", experiment=1, values=[0.3])
        assert phones[2].refusal() == "bid_closed"


@TRAINS
def test_two_knobs_make_a_map_that_fills(site: Site) -> None:
    with class_of(site, 2) as (own, desk, phones, _), teacher(site, own, "wall") as wall:
        offer = desk.until_state(lambda state: state["offer"] and state["offer"]["maps"])["offer"]["maps"]
        (planned,) = [one for one in offer if one["name"] == "lr"]
        assert (planned["places"], planned["runs"], planned["symbol"]) == (25, 50, "η")
        assert {one["name"] for one in offer} == {"lr"}  # neither the main knob nor what only a new run may have
        desk.send("collect", step=0, second="nothing")
        assert desk.refusal().startswith("Nothing is neither a knob nor a setting here")
        desk.send("collect", step=0, second="flood_level")
        assert desk.refusal() == "A map needs two knobs that differ, not b twice."
        desk.send("collect", step=0, second="lr")
        bids = phones[0].until_state(lambda state: "experiment" in state)["page"]["bids"]
        shown = desk.until_state(lambda state: state["experiment"])
        told = shown["offer"]["settings"]
        assert (told["places"], told["runs"]) == (planned["places"], planned["runs"])
        assert shown["experiment"]["named"] == ["b", "η"]
        assert [(knob["name"], len(knob["values"])) for knob in bids] == [("flood_level", 5), ("lr", 5)]
        chosen = [knob["values"][2] for knob in bids]
        phones[0].send("bid", experiment=1, values=chosen)
        phones[0].until(lambda told: told["type"] == "you" and told["part"] and told["part"]["bid"] == chosen)
        phones[1].send("bid", experiment=1, values=chosen[:1])
        assert phones[1].refusal() == "A choice must have one value for each of b, η; this has 1."
        phones[1].send("bid", experiment=1, values=[chosen[0], 0.02])
        assert phones[1].refusal() == "η must be one of 1e−5, 0.00032, 0.01, 0.32, 10, not 0.02."
        desk.until_state(lambda state: state["experiment"] and state["experiment"]["given"] == 1)
        desk.send("begin", step=0, what="settings")
        told = until_in(wall, "finished")
        assert (told["knobs"], told["places"], told["total"]) == (["flood_level", "lr"], 25, 50)
        picture = wall.state["picture"]
        assert picture["values"] == [[one, other] for one in bids[0]["values"] for other in bids[1]["values"]]
        assert sorted(band["place"] for band in picture["bands"]) == list(range(25))
        mine = phones[0].until(partial(is_whole, told["seeds"]))
        assert mine["value"] == chosen and len(mine["finals"][0]["values"]) == 1
        (band,) = [one for one in picture["bands"] if one["place"] == mine["place"]]
        assert band["mean"] == mine["finals"][0]["values"][0]
    table = site.get(f"/lab/rooms/{own}/csv", **cookie_of("t"))[2].decode()
    assert table.count(",flood_level,") == 2 and f",lr,{chosen[1]},{chosen[1]}\r\n" in table
    (made,) = report(site, own)["steps"][0]["experiments"]
    assert (made["called"], made["places"], made["address"]) == (["b", "η"], 25, None)


@TRAINS
def test_who_comes_late_or_comes_back_has_a_place_and_what_came_of_it(site: Site) -> None:
    with class_of(site, 1) as (own, desk, phones, _):
        desk.send("begin", step=0, what="seeds")
        until_in(phones[0], "finished")
        code = token_of(site, desk.state["code"])
        for number, place in ((1, 0), (9, 1)):
            with student(site, code, number) as again:
                mine = again.until(lambda told: told["type"] == "tried")
                assert mine["place"] == again.me["part"]["place"] == place
        assert desk.until_state(lambda state: state["joined"] == 2)["experiment"]["own"] == LEAST - 1
        assert own


@TRAINS
def test_one_experiment_at_a_time_which_the_desk_ends_and_the_room_goes_on(site: Site) -> None:
    with class_of(site, 2, MANY) as (_, desk, phones, page):
        desk.send("begin", step=0, what="settings")
        assert desk.refusal() == "no_bids"
        desk.send("cancel")
        assert desk.refusal() == "no_experiment"
        desk.send("begin", step=0, what="seeds")
        until_in(desk, "running")
        for asked in ({"type": "begin", "step": 0, "what": "seeds"}, {"type": "collect", "step": 0}):
            desk.connection.send(json.dumps(asked))
            assert desk.refusal() == "experiment_on"
        desk.send("resume")
        assert desk.refusal() == "no_experiment"
        desk.send("cancel")
        told = until_in(phones[0], "canceled")
        assert told["done"] < told["total"] and told["verdict"] == ""
        page.until(lambda frame: frame[0].get("state") in ("running", "finished"))
        desk.send("collect", step=0)
        desk.until_state(lambda state: state["experiment"] and state["experiment"]["stage"] == "bids")
        desk.send("cancel")
        desk.until_state(lambda state: state["phase"] == "run")


@TRAINS
def test_a_room_that_closes_ends_its_experiment(site: Site) -> None:
    with class_of(site, 1, MANY) as (_, desk, _, _):
        desk.send("begin", step=0, what="seeds")
        study = study_of(site, until_in(desk, "running"))
        desk.send("close")
        desk.closing()
    assert site.conductor.ask(ended(study)).result(WAIT_S) == "canceled"


async def ended(study: LiveStudy) -> str:
    """The state of a study, once it has ended."""
    import asyncio

    done = asyncio.Event()

    def listen(mark: Any) -> None:
        if not mark.state.is_going:
            done.set()

    study.attach(listen)
    await done.wait()
    return str(study.state)


@TRAINS
def test_a_study_too_many_is_refused_and_the_choices_stay(site: Site) -> None:
    with class_of(site, 1, MANY) as (_, desk, phones, page):
        for _ in range(site.conductor.policy.max_own_studies):
            with shown(site, desk) as other:
                other.send("repeat", trick="flooding", steps=MANY, values=SMALL, seeds=2)
                other.until(lambda frame: frame[0]["type"] == "study")
        desk.send("begin", step=0, what="seeds")
        assert desk.refusal().startswith("At most ")
        assert desk.until_state(lambda state: state["experiment"] is None)["phase"] == "run"
        desk.send("collect", step=0)
        phones[0].until_state(lambda state: "experiment" in state)
        phones[0].send("bid", experiment=2, values=[0.3])
        desk.until_state(lambda state: state["experiment"] and state["experiment"]["given"] == 1)
        desk.send("begin", step=0, what="settings")
        assert desk.refusal().startswith("At most ")
        made = desk.until_state(lambda state: state["experiment"])["experiment"]
        assert (made["stage"], made["given"]) == ("bids", 1)
        assert page.run


def test_before_the_run_was_shown_there_is_no_experiment(site: Site, room: str) -> None:
    with teacher(site, room) as desk:
        assert desk.state["offer"] == {} and desk.state["experiment"] is None
        for asked in ({"type": "begin", "step": 0, "what": "seeds"}, {"type": "collect", "step": 0}):
            desk.connection.send(json.dumps(asked))
            assert desk.refusal() == "run_first"
        desk.send("go", step=0, phase="experiment")
        assert desk.refusal() == "no_experiment"


def test_after_a_start_of_the_app_the_desk_goes_on_with_what_was_interrupted(store: Store) -> None:
    with Site(store) as site, class_of(site, 2, 3000) as (own, desk, phones, _):
        desk.send("begin", step=0, what="seeds")
        phones[1].until(lambda told: told["type"] == "tried")
        assert phones[1].me["part"]["place"] == 1
        code = token_of(site, desk.state["code"])
    with Site(store) as site, teacher(site, own) as desk, student(site, code, 2) as phone:
        told = until_in(desk, "interrupted")
        assert 0 < told["done"] < told["total"] == LEAST
        assert phone.until(lambda told: told["type"] == "tried")["place"] == 1
        assert phone.me["part"]["place"] == 1
        desk.send("resume")
        until_in(desk, "running")
        desk.send("cancel")
        assert until_in(desk, "canceled")["total"] == LEAST
    with Site(store) as site:
        assert ask(site, "DELETE", f"/lab/rooms/{own}", "t")[0] == 204
