"""What is kept, over the live socket: shown to whose it is, exported, gone on with; and what is said otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pages.lab.visitors import cookie_name
from tests.limits import WAIT_S
from tests.pages.serving import connect
from tests.pages.talking import Page, Site
from tests.trainers.store.made import grow, history_of
from trainers.kinds.run import Run, empty_history
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.store.archive import import_file, write_archive
from trainers.store.database import StoreError
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.wire.protocol import versioned


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as made:
        yield made


def cookie_of(visitor: str) -> dict[str, str]:
    return {"cookie": f"{cookie_name()}={visitor * 32}"}


@contextmanager
def page_of(site: Site, visitor: str = "a") -> Iterator[Page]:
    """A page of that visitor's browser."""
    address = f"ws://{site.host}{versioned('/lab/live')}"
    with connect(address, compression=None, additional_headers=cookie_of(visitor)) as connection:
        yield Page(connection)


def says(kind: str) -> Any:
    return lambda frame: frame[0]["type"] == kind


def test_a_run_outlives_its_app_for_whose_it_is_and_for_nobody_else(store: Store) -> None:
    with Site(store) as site, page_of(site) as page:
        page.start(steps=3000, speed=30.0)
        page.until_step(60)
        page.send("turn", name="flood_level", value=0.4, arm=1)
        page.until(lambda frame: bool(frame[0].get("events")))
        run, turned = page.run, page.head["events"]
    with Site(store) as site:
        with page_of(site, "b") as stranger:
            stranger.send("attach", run=run)
            stranger.until(says("gone"))
            assert site.get(f"/lab/export/{run}.csv", **cookie_of("b"))[0] == 404
            assert site.get(f"/lab/export/{run}.json")[0] == 404
        status, _, body = site.get(f"/lab/export/{run}.json", **cookie_of("a"))
        assert status == 200 and json.loads(body)["provenance"]["code"]
        with page_of(site) as page, page_of(site) as other:
            for one in (page, other):
                one.send("attach", run=run)
                one.until(says("snapshot"))
            assert page.head["state"] == "interrupted" and page.head["step"] >= 60 and page.head["events"] == turned
            assert page.head["begun_at"] > 1e9 and "can be gone on with" in page.head["note"]
            with page_of(site, "b") as stranger:  # in memory its id reads
                stranger.send("attach", run=run)
                stranger.until(says("snapshot"))
                stranger.send("resume")
                assert "somebody else's" in stranger.refusal()
            page.send("speed", steps_per_s=1000)
            page.send("resume")
            for one in (page, other):
                one.until(lambda frame: frame[0].get("state") == "finished")
                assert [steps[-1] for steps in one.steps] == [3000, 3000] and one.head["begun_at"] is None
            assert page.head["events"] == turned
            page.send("resume")
            assert page.refusal() == "resume needs a run that is going on, this one is finished"


def test_the_inside_of_an_imported_run_is_shown_as_it_was_after_any_step(store: Store, tmp_path: Path) -> None:
    history = empty_history(build_spec("flooding", steps=60, values={"train_size": 100, "width": 16}))
    history.append(Run(history.spec).advance(WAIT_S, max_steps=35))
    run = "c0ffee" * 2 + "c0ff"
    with closing(Store(tmp_path / "elsewhere")) as other:
        other.write([(Recording(run, "somebody"), Now(history, "stopped"))])
        kept = other.load(run)
        assert kept is not None
        assert import_file(store, Visitor.of("a" * 32).id, "run.zip", write_archive(kept.whole())) == run
    with Site(store) as site, page_of(site) as page:
        page.send("attach", run=run)
        told, _ = page.until(says("snapshot"))
        assert (told["state"], told["looks"]) == ("stopped", [10, 20, 30])
        for step, expected in ((10, 10), (29, 20), (35, 30)):
            page.send("look", step=step)
            _, arrays = page.until(says("past"))
            assert {(entry["arm"], entry["step"]) for entry, _ in arrays} == {(0, expected), (1, expected)}
        page.send("resume")
        assert page.refusal() == "resume needs a run that is going on, this one is stopped"


def test_a_study_is_gone_on_with_too(store: Store) -> None:
    seeds = 24  # the first has ended long before the last
    asked = {"trick": "flooding", "task": "spirals", "steps": 300, "seeds": seeds, "values": {"width": 16}}
    with Site(store) as site, page_of(site) as page:
        page.send("repeat", **asked)
        study = page.until(lambda frame: frame[0]["type"] == "study" and frame[0]["done"] > 0)[0]["study"]
    with Site(store) as site, page_of(site) as page:
        page.send("attach_study", study=study)
        told, _ = page.until(says("study"))
        assert told["state"] == "interrupted" and 0 < told["done"] < seeds
        with page_of(site, "b") as stranger:
            stranger.send("attach_study", study=study)
            stranger.until(says("study"))
            stranger.send("resume_study")
            assert "somebody else's" in stranger.refusal()
        page.send("resume_study")
        told, _ = page.until(lambda frame: frame[0].get("state") == "finished")
        assert (told["study"], told["done"]) == (study, seeds)
        page.send("resume_study")
        assert "that was interrupted, this one is finished" in page.refusal()
        assert site.get(f"/lab/export/{study}.csv")[0] == 200


def test_what_cannot_be_read_is_told_with_the_reason(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise StoreError("the disk does not answer")

    with Site(store) as site, page_of(site) as page:
        monkeypatch.setattr(store, "load", fail)
        page.send("attach", run="0" * 16)
        told, _ = page.until(says("refused"))
        assert (told["rule"], told["parts"]) == ("store", {"why": "the disk does not answer"})
        status, _, body = site.get("/lab/export/0.csv")
        assert (status, body) == (503, b"the disk does not answer")


def test_pages_are_told_while_nothing_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = store.write

    def fail(_: object) -> list[str]:
        raise StoreError("there is no room")

    with Site(store) as site, page_of(site) as page:
        page.start(steps=20_000, speed=20.0)
        monkeypatch.setattr(store, "write", fail)
        told, _ = page.until(says("note"))
        assert (
            told["message"]
            == "No run is kept for now: there is no room. What is recorded stays in memory until it can be."
        )
        with page_of(site, "b") as late:
            assert late.until(says("note"))[0] == told
        monkeypatch.setattr(store, "write", sound)
        assert page.until(says("note"))[0]["message"] == "All runs are kept again."
        step = page.head["step"]
        page.until_step(step + 5)
        page.send("stop")
        page.until(lambda frame: frame[0].get("state") == "stopped")


def test_what_a_run_of_the_command_line_left_is_its_machines(store: Store) -> None:
    history = history_of()
    grow(history, 30)
    store.write([(Recording("c0ffee", "local"), Now(history, "stopped"))])
    with Site(store) as site:
        assert site.get("/lab/export/c0ffee.csv")[0] == 200  # whoever sits at it, without a cookie
        passed_on = {"x_forwarded_for": "192.0.2.7"}
        assert site.conductor.find("c0ffee") is not None
        assert Visitor.of("a" * 32).owns(site.conductor.find("c0ffee").owner) is False  # type: ignore[union-attr]
        store.write([(Recording("decade", "local"), Now(history, "stopped"))])
        assert site.get("/lab/export/decade.csv", **passed_on)[0] == 404
