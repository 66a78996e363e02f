"""A worker on a machine of its own, whose link is cut: its runs go on elsewhere or wait, and it is used again after.

The machine is a network namespace. Only some systems let a test have one; on others these tests are skipped.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from tests.limits import WAIT_S
from tests.trainers.live.test_cluster import Start, held_address, running, scheduler_at, worker_of
from tests.trainers.live.test_conductor import assert_is_undisturbed, begin, spec_of
from tests.trainers.live.watcher import Watcher, eventually, started, where
from trainers.live.conductor import Conductor
from trainers.live.live_run import WORKER
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.runs.spec import Event


@dataclass(frozen=True)
class Machine:
    """A network namespace called `name` at the address `there`, which is linked to this one at `here`."""

    name: str
    here: str
    there: str

    @property
    def link(self) -> str:
        """What its end of the link is called; that on this side has the namespace's name."""
        return f"{self.name}e"

    @property
    def within(self) -> tuple[str, ...]:
        """The command that runs another one there."""
        return ("ip", "netns", "exec", self.name)

    def cut(self) -> None:
        ip("-n", self.name, "link", "set", self.link, "down")

    def mend(self) -> None:
        ip("-n", self.name, "link", "set", self.link, "up")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, timeout=WAIT_S, check=True)


@contextmanager
def linked() -> Iterator[Machine]:
    """A machine of this process, which is gone at the end whatever has happened."""
    subnet = 4 * (os.getpid() % 2**14)
    first = f"10.213.{subnet // 256}.{subnet % 256}".rpartition(".")
    machine = Machine(f"lab{os.getpid()}", *(f"{first[0]}.{int(first[2]) + number}" for number in (1, 2)))
    with ExitStack() as stack:
        ip("netns", "add", machine.name)
        stack.callback(ip, "netns", "delete", machine.name)
        ip("link", "add", machine.name, "type", "veth", "peer", "name", machine.link, "netns", machine.name)
        stack.callback(ip, "link", "delete", machine.name)  # or it would stay as long as a process is at the other end
        ip("address", "add", f"{machine.here}/30", "dev", machine.name)
        ip("link", "set", machine.name, "up")
        for words in (
            ("address", "add", f"{machine.there}/30", "dev", machine.link),
            ("link", "set", "lo", "up"),
            ("link", "set", machine.link, "up"),
        ):
            ip("-n", machine.name, *words)
        yield machine


def what_forbids_machines() -> str:
    """Why a test can have no network namespace here; "" where it can."""
    try:
        with linked() as machine:
            subprocess.run([*machine.within, "true"], capture_output=True, timeout=WAIT_S, check=True)
    except OSError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return str(error.stderr, errors="replace").strip() or str(error)
    return ""


FORBIDDEN = what_forbids_machines()
pytestmark = [
    pytest.mark.skipif(bool(FORBIDDEN), reason=f"no network namespace can be had: {FORBIDDEN}"),
    pytest.mark.long,
]


@dataclass(frozen=True)
class Site:
    """A conductor with a scheduler on this machine and one worker on another."""

    machine: Machine
    address: str
    conductor: Conductor
    start: Start

    def is_there(self, worker: str) -> bool:
        """Whether a worker's address is that of the other machine."""
        return worker.startswith(f"tcp://{self.machine.there}:")

    def add_worker_here(self) -> None:
        self.start(*worker_of(self.address, self.machine.here))
        where(self.conductor, lambda now: len(now.workers) == 2)

    def begin_there(self) -> list[Watcher]:
        """Begins two runs, and returns those that are on the other machine."""
        watchers = [begin(self.conductor, spec_of(100_000), speed=20.0) for _ in range(2)]
        return [watcher for watcher in watchers if self.is_there(self.place_of(watcher))]

    def place_of(self, watcher: Watcher) -> str:
        """The worker that a run is trained in."""
        run = watcher.subject.id
        return where(self.conductor, lambda now: now.runs[run].settled).runs[run].worker


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP", f"{WAIT_S:g}s")  # after which a worker ends by itself
    with linked() as machine, held_address(machine.here) as address, running() as start:
        start(*scheduler_at(address))
        with started(Policy(scheduler=address, capture_s=0.2)) as conductor:
            start(*worker_of(address, machine.there), within=machine.within)
            where(conductor, lambda now: len(now.workers) == 1)
            yield Site(machine, address, conductor, start)


def test_the_runs_of_a_machine_that_is_cut_off_go_on_elsewhere_and_it_is_used_again(site: Site) -> None:
    site.add_worker_here()
    (watcher,) = site.begin_there()
    watcher.until_step(30)
    site.conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.4, 1))
    watcher.until(lambda mark: len(mark.history.events) == 1)
    eventually(lambda: watcher.subject.capture)
    site.machine.cut()
    site.conductor.tell(watcher.subject.turn, Event(0, "lr", 0.2))  # will not be answered
    assert watcher.until(lambda mark: mark.note == "moved").state == State.RUNNING
    watcher.until_step(watcher.subject.mark.history.step + 5)
    assert not site.is_there(site.place_of(watcher))
    site.machine.mend()
    where(site.conductor, lambda now: len(now.workers) == 2)
    again = begin(site.conductor, spec_of(100_000), speed=20.0)
    assert site.is_there(site.place_of(again))
    for one, note in ((watcher, "moved"), (again, None)):
        go_on_undisturbed(site.conductor, one)
        assert one.subject.mark.note == note
    assert len(watcher.subject.mark.history.events) == 2


def test_the_runs_of_the_only_machine_wait_for_it_while_it_is_cut_off(site: Site) -> None:
    watchers = site.begin_there()
    for watcher in watchers:
        watcher.until_step(30)
    site.machine.cut()
    for watcher in watchers:
        told = watcher.until(lambda mark: mark.note == "moved")
        assert (told.state, told.making) == (State.RUNNING, WORKER)
    late = begin(site.conductor, spec_of(100_000), speed=20.0)
    assert late.until(lambda mark: mark.making_s > 1).making == WORKER
    site.machine.mend()
    for watcher in (*watchers, late):
        go_on_undisturbed(site.conductor, watcher)
        assert watcher.subject.mark.making is None


def go_on_undisturbed(conductor: Conductor, watcher: Watcher) -> None:
    """The run makes some more steps; ended then, it has the rows of one that nothing happened to."""
    watcher.until_step(watcher.subject.mark.history.step + 5)
    conductor.tell(watcher.subject.stop)
    mark = watcher.until_ended()
    assert mark.state == State.STOPPED
    assert_is_undisturbed(mark.history)
