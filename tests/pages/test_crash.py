"""The app is killed again and again while runs, a study and an export go on: nothing that was kept is lost or altered.

The runs and the study are gone on with in each life of the app; in the end they are what they would have been without.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tests.limits import WAIT_S
from tests.pages.serving import connect, fetch
from trainers.bench.app import ACK, App, serving
from trainers.evidence.replicates import SeedResult, measure
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.spec import RunSpec
from trainers.store.database import FILE
from trainers.store.store import Kept, Store
from trainers.wire.frames import decode

SECRET = "c" * 32
SPEC = build_spec("flooding", steps=1500)
STUDY = {"type": "repeat", "trick": "flooding", "steps": 300, "seeds": 4}
START = {"type": "start", "trick": "flooding", "steps": SPEC.steps}
MISSING_S = 1.0  # of what was told: at most so much is missing
GOING = ("running", "paused")


@cache
def whole(spec_json: str) -> History:
    """The history of a run that nobody has interrupted."""
    run = Run(RunSpec.from_json(json.loads(spec_json)))
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(1.0))
    return history


def expected(spec: RunSpec) -> History:
    return whole(json.dumps(spec.to_json(), sort_keys=True))


@dataclass
class Told:
    """What a page has been told of its run or study, each with the time: how many steps, or runs."""

    id: str = ""
    state: str = ""
    steps: list[tuple[float, int]] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)  # between two frames: a machine that stands still holds all up

    @property
    def latest(self) -> int:
        """The number that was told last."""
        return self.steps[-1][1] if self.steps else 0

    def before(self, moment: float) -> int:
        """The last number that was told by then."""
        return max((step for at, step in self.steps if at <= moment), default=0)


class Tab:
    """A page's socket, read in a thread of its own."""

    def __init__(self, app: App, message: dict[str, Any], then: str) -> None:
        self.told = Told()
        self._refused = ""
        self._then, self._over = then, threading.Event()
        self._thread = threading.Thread(target=self._read, args=(app, message))
        self._thread.start()

    def _read(self, app: App, message: dict[str, Any]) -> None:
        headers = {"cookie": f"lab_{app.port}={SECRET}"}
        with (
            suppress(ConnectionClosed, OSError),
            connect(app.live, additional_headers=headers, max_size=None) as socket,
        ):
            socket.send(json.dumps(message))
            heard_at = time.monotonic()
            while not self._over.is_set():
                frame = socket.recv()
                if isinstance(frame, bytes):
                    self.told.gaps.append(time.monotonic() - heard_at)
                    heard_at = time.monotonic()
                    for answer in (ACK, *self._take(decode(frame)[0])):
                        socket.send(answer)

    def _take(self, header: dict[str, Any]) -> list[str]:
        """Notes what is told; what there is to say to it."""
        if header["type"] == "refused":
            self._refused = header["message"]
        if header["type"] in ("gone", "gone_study"):
            self.told.state = "gone"
        if header["type"] not in ("snapshot", "rows", "study"):
            return []
        self.told.id = header.get("run") or header.get("study") or self.told.id
        self.told.steps.append((time.monotonic(), header.get("done", header.get("step", 0))))
        self.told.state = header["state"]
        if header["state"] != "interrupted" or not self._then:
            return []
        then, self._then = self._then, ""
        return [json.dumps({"type": then})]

    def is_under_way(self) -> bool:
        assert not self._refused and self.told.state != "gone", self._refused or self.told.state
        return self.told.state not in ("", "interrupted")

    def close(self) -> None:
        """Reads no more: after the next frame, or at once where the app is gone."""
        self._over.set()
        self._thread.join(WAIT_S)


@contextmanager
def exporting(app: App, run_id: str) -> Iterator[None]:
    """Somebody takes the run home again and again meanwhile."""
    over = threading.Event()

    def export() -> None:
        with suppress(OSError):
            while not over.wait(0.1):
                fetch(f"127.0.0.1:{app.port}", f"/lab/export/{run_id}.csv", cookie=f"lab_{app.port}={SECRET}")

    thread = threading.Thread(target=export)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(WAIT_S)


@contextmanager
def timing(disk: Path) -> Iterator[list[float]]:
    """The seconds that a file there takes to be written for certain, again and again meanwhile: so do others."""
    over, took = threading.Event(), [0.0]

    def write() -> None:
        with disk.open("wb", buffering=0) as file:
            while not over.wait(0.05):
                begun_at = time.monotonic()
                file.write(bytes(4096))
                os.fsync(file.fileno())
                took.append(time.monotonic() - begun_at)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join(WAIT_S)


class Site:
    """The runs and the studies of one person through the lives of an app."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.disk = folder / "lab", folder / "disk"
        self.folder.mkdir()
        self.settings = {"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": str(self.folder), "TRICK_LAB_WORKERS": "2"}
        self.runs: list[str] = []
        self.studies: list[str] = []
        self.results: dict[str, dict[int, SeedResult]] = {}

    def tabs(self, app: App) -> list[Tab]:
        """Pages that go on with what was interrupted, and two runs and a study at least."""
        going = [run for run in self.runs if self.kept(run).status == "interrupted"]
        tabs = [Tab(app, {"type": "attach", "run": run}, "resume") for run in going]
        tabs += [Tab(app, START, "") for _ in range(2 - len(going))]
        waiting = [study for study in self.studies if len(self.results.get(study, {})) < STUDY["seeds"]]  # type: ignore[operator]
        tabs += [Tab(app, {"type": "attach_study", "study": study}, "resume_study") for study in waiting]
        return tabs if waiting else [*tabs, Tab(app, STUDY, "")]

    def live(self, chance: random.Random) -> None:
        """One life of the app, which ends at any moment; then everything promised of what is kept is looked at."""
        tabs: list[Tab] = []
        with timing(self.disk) as writes, serving(self.settings) as app:
            if chance.random() > 0.1:  # else it is killed as it starts
                tabs = self.tabs(app)
                deadline = time.monotonic() + WAIT_S
                while not all(tab.is_under_way() for tab in tabs):
                    assert time.monotonic() < deadline, [tab.told.state for tab in tabs]
                    time.sleep(0.01)
                with exporting(app, tabs[0].told.id):
                    time.sleep(chance.uniform(0.0, 4.0))
            killed_at = time.monotonic()
            os.kill(app.process, signal.SIGKILL)
        for tab in tabs:
            tab.close()
        self.note(tabs)
        disk_s = 2 * max(writes)  # what is told waits for a write that goes on, and then for its own
        self.check(tabs, killed_at - MISSING_S - disk_s)

    def note(self, tabs: list[Tab]) -> None:
        for tab in tabs:
            ids = self.studies if tab is tabs[-1] else self.runs
            if tab.told.id not in ids:
                ids.append(tab.told.id)

    def kept(self, run_id: str) -> Kept:
        with closing(Store(self.folder)) as store:
            found = store.load(run_id)
        assert found is not None, f"the run {run_id} is lost"
        return found

    def check(self, tabs: list[Tab], told_by: float) -> None:
        """What was told by that moment is kept, but for what all stood still."""
        with closing(sqlite3.connect(self.folder / FILE)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        told = {tab.told.id: tab.told for tab in tabs}
        for run_id in self.runs:
            kept = self.kept(run_id)
            assert kept.status not in GOING
            self.compare(kept)
            if run_id in told:
                held_up_s = max(told[run_id].gaps, default=0.0)
                assert kept.history.step >= told[run_id].before(told_by - held_up_s)
        for study_id in self.studies:
            with closing(Store(self.folder)) as store:
                study = store.load_study(study_id)
            assert study is not None and study.status not in GOING
            results = {result.seed: result for _, result in study.results}
            before = self.results.get(study_id, {})
            assert all(repr(results[seed]) == repr(result) for seed, result in before.items())
            self.results[study_id] = results

    def compare(self, kept: Kept) -> None:
        """What is kept is the beginning of what would have come without."""
        history, full = kept.history, expected(kept.history.spec)
        assert kept.status == ("finished" if history.step == history.spec.steps else "interrupted")
        for arm in range(len(history.spec.arms)):
            assert history.length(arm) == history.step
            for name in set(history.row_names) - {"elapsed_s"}:
                np.testing.assert_array_equal(history.row(arm, name), full.row(arm, name)[: history.step])
            measured = len(history.test(arm, "step"))
            assert measured == (full.test(arm, "step") <= history.step).sum()
            for name in history.test_names:
                np.testing.assert_array_equal(history.test(arm, name), full.test(arm, name)[:measured])
        probes = [(probe.step, probe.arm) for probe in full.probes if probe.step <= history.step]
        assert [(probe.step, probe.arm) for probe in history.probes] == probes

    def end(self) -> None:
        """One more life, in which all gets to its end."""
        with serving(self.settings) as app:
            tabs = self.tabs(app)
            done, moved_at = 0, time.monotonic()
            while not all(tab.told.state == "finished" for tab in tabs):
                if (now := sum(tab.told.latest for tab in tabs)) > done:
                    done, moved_at = now, time.monotonic()
                assert time.monotonic() < moved_at + WAIT_S, [tab.told.state for tab in tabs]
                time.sleep(0.05)
        for tab in tabs:
            tab.close()
        self.note(tabs)
        for run_id in self.runs:
            kept = self.kept(run_id)
            assert kept.status == "finished"
            self.compare(kept)
        for study_id in self.studies:
            with closing(Store(self.folder)) as store:
                study = store.load_study(study_id)
            assert study is not None and study.status == "finished"
            for _, result in study.results:
                full = measure(expected(build_spec("flooding", steps=STUDY["steps"], seed=result.seed)))
                assert [dict(arm.tests) for arm in result.arms] == [dict(arm.tests) for arm in full.arms]


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.long(share=0))])
def test_an_app_that_is_killed_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path, kills: int) -> None:
    site, chance = Site(tmp_path), random.Random(kills)
    for _ in range(kills):
        site.live(chance)
    site.end()
