"""Links to studies: whoever has one sees the study and takes it out, and can do nothing else, until it is revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pages.lab.text import FALLBACK, load_words
from tests.pages.talking import SMALL, Page, Site
from tests.pages.test_kept import page_of, says
from tests.pages.test_moving import code_of, move
from tests.pages.test_run_links import STEERING_STUDY, ask, assert_is_not_theirs, shared_at
from trainers.evidence.plan import Plan, plan_repeat, plan_sweep
from trainers.evidence.replicates import train_seed
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.store.store import Store
from trainers.store.study_recording import StudyNow, StudyRecording

GONE = load_words(FALLBACK)["live.gone.link"]
STEPS, SEEDS = 40, 2
LONG = {"trick": "flooding", "task": "spirals", "steps": 100_000, "seeds": SEEDS, "values": SMALL}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        yield made


def repeat() -> Plan:
    return plan_repeat(build_spec("flooding", steps=STEPS, values={"flood_level": 0.3, **SMALL}), SEEDS)


def sweep() -> Plan:
    return plan_sweep(build_spec("flooding", steps=STEPS, values=SMALL), {"flood_level": (0.1, 0.2)}, SEEDS)


def keep(store: Store, public_id: str, plan: Plan, status: str = "finished") -> None:
    """A study of visitor a, with what came of its runs."""
    found = ((point, train_seed(spec)) for point, spec in plan.runs())
    results = tuple((point, result) for point, result in found if result is not None)
    store.write([(StudyRecording(public_id, Visitor.of("a" * 32).id), StudyNow(plan, status, results))])


def share(site: Site, study: str) -> str:
    """A link to the study, by which it is asked for, once it is kept."""
    return shared_at(site, study).partition("study=")[2].partition(":")[0]


@contextmanager
def opened(site: Site, link: str, visitor: str = "b") -> Iterator[tuple[Page, dict[str, Any]]]:
    """A page of that visitor's browser at the link, and the first that it is told of the study."""
    with page_of(site, visitor) as page:
        page.send("attach_study", study=link)
        told, _ = page.until(says("study"))
        yield page, told


def role(page: Page) -> str:
    return str(page.until(says("wheel_study"))[0]["role"])


def is_gone(site: Site, link: str) -> bool:
    """Whether a stranger gets nothing by it, on the socket and as a file."""
    with page_of(site, "c") as page:
        page.send("attach_study", study=link)
        told, _ = page.until(lambda frame: frame[0]["type"] in ("gone_study", "study"))
    answers = {ask(site, "GET", f"/lab/export/{link}{ending}", "c") for ending in (".csv", ".json", "-summary.csv")}
    is_unknown = bool(told["type"] == "gone_study")
    assert (answers == {(404, GONE)}) == is_unknown
    return is_unknown


def test_a_kept_study_is_shown_whole_to_who_has_a_link_until_it_is_revoked(store: Store) -> None:
    keep(store, "many", repeat())
    keep(store, "other", repeat())
    with Site(store) as site:
        with page_of(site, "b") as page:  # what is kept is read by its id by nobody else
            page.send("attach_study", study="many")
            page.until(says("gone_study"))
        link = share(site, "many")
        with opened(site, link) as (page, told):
            assert (told["study"], told["state"], told["done"]) == ("many", "finished", SEEDS)
            assert "b 0.3" in told["about"] and told["lines"]  # of what it is, and what came of it
            assert role(page) == "visit"
            assert ask(site, "GET", f"/lab/export/{link}.csv", "")[1].count("\n") == 1 + 2 * SEEDS
            assert ask(site, "GET", f"/lab/export/{link}-summary.csv", "b")[0] == 200
            assert json.loads(ask(site, "GET", "/lab/share?id=many")[1]) == {"links": 1, "shown": False}
            assert is_gone(site, link[:-1]) and is_gone(site, f"other{link[4:]}") and is_gone(site, "many.")
            assert ask(site, "DELETE", "/lab/share?id=other")[0] == 200  # another's links are
            assert not is_gone(site, link)
            assert ask(site, "DELETE", "/lab/share?id=many") == (200, '{"links":0,"shown":false}')
            page.until(says("gone_study"))  # who sees it sees it no more
        assert is_gone(site, link)
        with page_of(site, "b") as page:  # nor does its id read any longer, which the link has told
            page.send("attach_study", study="many")
            page.until(says("gone_study"))
        with opened(site, "many", "a") as (_, told):  # whose it is has it still
            assert told["done"] == SEEDS


def test_whoever_has_a_link_sees_a_study_go_on_and_can_change_nothing(store: Store) -> None:
    with Site(store) as site, page_of(site) as owner:
        owner.send("repeat", **LONG)
        study = owner.until(says("study"))[0]["study"]
        link = share(site, study)
        with opened(site, link) as (page, told):
            assert (told["study"], told["state"], role(page)) == (study, "running", "visit")
            page.send("cancel")
            assert page.refusal() == "cancel needs a repeat over seeds of yours, this one is somebody else's"
            assert_is_not_theirs(site, study, link)
            page.send("repeat", **LONG)  # one of their own, beside it
            own, _ = page.until(lambda frame: frame[0].get("study", study) != study)
            assert ask(site, "DELETE", f"/lab/share?id={study}")[0] == 200
            page.send("cancel")  # which is none of the other's to take away
            page.until(lambda frame: frame[0].get("study") == own["study"] and frame[0]["state"] == "canceled")
        found = site.conductor.find_study(study)
        assert found is not None and found.state == "running"
        owner.send("cancel")


def test_an_interrupted_study_is_not_gone_on_with_by_a_link(store: Store) -> None:
    keep(store, "many", repeat(), "interrupted")
    with Site(store) as site, opened(site, share(site, "many")) as (page, told):
        assert told["state"] == "interrupted"
        for kind in STEERING_STUDY:
            page.send(kind)
            page.refusal()
        kept = store.load_study("many")
        assert kept is not None and kept.row.status == "interrupted"


def test_whose_a_study_is_changes_with_a_library_that_moves(store: Store) -> None:
    with Site(store) as site, page_of(site) as owner:
        owner.send("repeat", **LONG)
        study = owner.until(says("study"))[0]["study"]
        with opened(site, share(site, study)) as (page, _):
            assert role(page) == "visit"
            assert move(site, "b", code=code_of(site)) == (200, {"moved": 1})
            assert (role(page), role(owner)) == ("steer", "visit")
            page.send("cancel")
            page.until(lambda frame: frame[0].get("state") == "canceled")


def test_a_deleted_studys_link_opens_again_when_it_is_brought_back(store: Store) -> None:
    keep(store, "many", repeat())
    with Site(store) as site:
        link = share(site, "many")
        assert ask(site, "PATCH", "/lab/library", data={"ids": ["many"], "deleted": True})[0] == 204
        assert is_gone(site, link)
        assert ask(site, "PATCH", "/lab/library", data={"ids": ["many"], "deleted": False})[0] == 204
        assert not is_gone(site, link)


def test_a_link_says_the_page_where_the_study_is_watched(store: Store) -> None:
    keep(store, "many", repeat())
    keep(store, "swept", sweep())
    with Site(store) as site:
        address = shared_at(site, "many")
        assert address.startswith("/flooding?steps=40&") and "&flood_level=0.3&study=many." in address
        address = shared_at(site, "swept")
        assert "&study=swept." in address and address.endswith(":flood_level") and "&flood_level=" not in address
        cards = json.loads(ask(site, "GET", "/lab/library")[1])["cards"]
        assert sorted((card["id"], card["links"]) for card in cards) == [("many", 1), ("swept", 1)]


def test_a_sweep_that_no_page_shows_is_not_shared(store: Store) -> None:
    plan = plan_sweep(build_spec("flooding", values=SMALL), {"flood_level": (0.1, 0.2), "lr": (0.01, 0.1)}, SEEDS)
    store.write([(StudyRecording("map", Visitor.of("a" * 32).id), StudyNow(plan, "finished", ()))])
    with Site(store) as site:
        status, said = ask(site, "POST", "/lab/share?id=map")
        assert status == 400 and said.endswith("a page can show, and none shows this one")
        assert json.loads(ask(site, "GET", "/lab/share?id=map")[1])["links"] == 0
