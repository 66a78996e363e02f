"""A cluster of separate processes: absent at first, gone and back, with workers that are not what they should be."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import dask
import psutil
import pytest

from tests.held_port import hold_port
from tests.limits import WAIT_S
from tests.trainers.live.test_conductor import assert_is_undisturbed, begin, spec_of
from tests.trainers.live.watcher import call_in_workers, eventually, started, where
from trainers.kinds import forks
from trainers.kinds.handshake import Introduction, compare, introduce, refusals
from trainers.kinds.host import WORKERS, prepare
from trainers.live.checkup import of_cluster
from trainers.live.own_cluster import OwnCluster, up
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.runs.spec import Event
from tricks.making import Making

ROOT = Path(__file__).parent.parent.parent.parent
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes of the command line, which end with the test."""
    with running() as begun:
        yield begun


@contextmanager
def running() -> Iterator[Start]:
    processes: list[subprocess.Popen[bytes]] = []

    def begun(*words: str, folder: Path = ROOT, within: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            [*within, sys.executable, "-m", *words],
            cwd=folder, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet,
        )  # fmt: skip
        processes.append(process)
        return process

    try:
        yield begun
    finally:
        for process in processes:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and those that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(WAIT_S)


@contextmanager
def held_address(host: str = "127.0.0.1") -> Iterator[str]:
    """An address for a scheduler, with a port that is nobody else's meanwhile."""
    with hold_port(host) as held:
        yield f"tcp://{host}:{held.getsockname()[1]}"


@pytest.fixture
def address() -> Iterator[str]:
    with held_address() as held:
        yield held


def scheduler_at(address: str) -> tuple[str, ...]:
    host, _, port = address.removeprefix("tcp://").partition(":")
    return ("distributed.cli.dask_scheduler", "--host", host, "--port", port, "--no-dashboard")


def worker_of(address: str, host: str = "127.0.0.1") -> tuple[str, ...]:
    return ("trainers", "worker", address, "--nworkers", "1", "--host", host)


def said_by_doctor(address: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "trainers", "doctor", "--scheduler", address],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=WAIT_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_run_waits_for_a_cluster_that_is_absent_and_outlives_one_that_goes(start: Start, address: str) -> None:
    with started(Policy(scheduler=address, capture_s=0.1)) as conductor:
        watcher = begin(conductor, spec_of(3000), speed=5.0)  # to its end it has ten minutes
        told = watcher.until(lambda mark: mark.making is not None and mark.making.what == "no_worker")
        assert address in told.making.detail
        code, said = said_by_doctor(address)
        assert code == 1 and f"The scheduler at {address} does not answer" in said
        scheduler, worker = start(*scheduler_at(address)), start(*worker_of(address))
        watcher.until_step(10)
        conductor.tell(watcher.subject.turn, Event(0, "lr", 0.2))
        watcher.until(lambda mark: len(mark.history.events) == 1)
        code, said = said_by_doctor(address)
        assert f"The scheduler at {address} answers and has 1 workers." in said
        assert "is the same as this process" in said and code == (1 if "✗" in said else 0)
        seen = len(watcher.marks)
        end(scheduler)
        end(worker)
        watcher.until(lambda mark: mark.making is not None and mark.number > watcher.marks[seen - 1].number)
        assert watcher.subject.mark.state == State.RUNNING
        start(*scheduler_at(address))
        start(*worker_of(address))
        held = watcher.subject.mark.history.step
        watcher.until_step(held + 1)
        conductor.tell(watcher.subject.set_speed, None)
        mark = watcher.until_ended()
        assert (mark.state, mark.note, mark.making) == (State.FINISHED, "moved", None)
        assert_is_undisturbed(mark.history)


@pytest.mark.parametrize("at", ["once", "start", "standstill"])
def test_a_conductor_that_ends_leaves_nothing_behind_whatever_its_workers_do(at: str) -> None:
    before = children()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with started(Policy(workers=2)) as conductor:
            if at != "once":
                eventually(lambda: children() - before)
            if at == "standstill":  # as in a step that takes long
                eventually(lambda held=conductor: held.num_workers == 2)  # type: ignore[misc]
                for worker in call_in_workers(conductor, os.getpid).values():
                    os.kill(worker, signal.SIGSTOP)
        del conductor
        gc.collect()
    assert not [str(one.message) for one in warned if "unclosed" in str(one.message)]
    assert eventually(lambda: children() <= before)


def test_a_cluster_can_be_closed_whoever_was_called_off_as_they_waited_for_it() -> None:
    async def call_off() -> str:
        own = OwnCluster(0)
        cluster = await own.start()
        waiting = asyncio.ensure_future(up(cluster))
        for _ in range(3):  # till it waits
            await asyncio.sleep(0)
            waiting.cancel()
        await asyncio.wait({waiting})
        await own.close()
        return str(cluster.status.name)

    with dask.config.set(WORKERS):
        assert asyncio.run(call_off()) == "closed"


def children() -> set[int]:
    """The workers; what they are forked from and what tracks resources stay for as long as this process.

    Those of an app that other tests started are in a session of their own.
    """
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):  # it has just ended
            words = " ".join(child.cmdline())
            if (
                os.getsid(child.pid) == os.getsid(0)
                and "resource_tracker" not in words
                and not ("forkserver" in words and child.ppid() == os.getpid())
            ):
                found.add(child.pid)
    return found


@pytest.mark.skipif(forks.METHOD != "forkserver", reason="there, each worker begins by itself")
def test_workers_are_forks_of_one_that_is_prepared_with_what_the_app_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = set()
    for told in ("the first", "the second"):
        monkeypatch.setenv("TRICK_LAB_TEST_TOLD", told)
        with started(Policy(workers=2)) as conductor:
            eventually(lambda held=conductor: held.num_workers == 2)  # type: ignore[misc]
            found = call_in_workers(conductor, described).values()
        assert [list(one[1:]) for one in found] == [[told, 0, True, True]] * 2
        parents |= {parent for parent, *_ in found}
        for parent in parents:
            os.kill(parent, signal.SIGTERM)  # as a service is ended: which this one leaves to the app
    assert len(parents) == 1 and os.getpid() not in parents
    assert psutil.Process(parents.pop()).num_threads() == 1, "what others hold in a fork is held for ever"


@pytest.mark.skipif(forks.METHOD != "forkserver", reason="there, each worker begins by itself")
def test_workers_are_such_forks_with_one_thread_in_whichever_folder_a_program_is_started(tmp_path: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from trainers.evidence.pool import open_pool
from trainers.kinds.host import prepare
from threadpoolctl import threadpool_info
with open_pool(workers=1) as pool:
    print(*pool.client.run(lambda: prepare.cache_info().hits > 0).values())
    [threads] = pool.client.run(threadpool_info).values()
    print(*dict.fromkeys(one["num_threads"] for one in threads))
"""
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env=plain, capture_output=True, encoding="utf-8", timeout=WAIT_S, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["True", "1"]


def described() -> tuple[int, str, int, bool, bool]:
    """Of this worker: what it was forked from, a variable, how often it prepared itself, whether that had been done.

    And whether it can be told to end.
    """
    done, ends = prepare.cache_info(), signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN
    return os.getppid(), os.environ["TRICK_LAB_TEST_TOLD"], done.misses - 1, done.hits > 0, ends


def test_a_worker_of_other_code_is_refused_with_the_reason(start: Start, address: str, tmp_path: Path) -> None:
    for room in ("trainers", "tricks", "assets"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "lab", "evidence"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "tricks" / "making.py").open("a", encoding="utf-8") as file:
        file.write("# another line\n")
    start(*scheduler_at(address))
    start(*worker_of(address), folder=tmp_path)
    with started(Policy(scheduler=address)) as conductor:
        watcher = begin(conductor, spec_of(20))
        reason = f"its code is .*, the app's {introduce()['code']}"
        told = watcher.until(lambda mark: mark.making is not None and "its code is" in mark.making.detail)
        assert isinstance(told.making, Making)
        code, said = said_by_doctor(address)
        assert code == 1 and f"the app's {introduce()['code']}" in said
        start(*worker_of(address))
        assert watcher.until_ended().state == State.FINISHED
        found = where(conductor)
        assert len(found.workers) == 1 and len(found.refused) == 1
        assert re.search(reason, next(iter(found.refused.values())))


def test_what_workers_may_differ_in() -> None:
    here = Introduction(**introduce())
    assert compare(here) == ("", "")
    assert compare(replace(here, processor="another")) == ("", "another")
    assert compare(replace(here, torch="2.0")) == (f"its torch is 2.0, the app's {here.torch}", "")
    assert compare(replace(here, python="3.1")) == (f"its Python is 3.1, the app's {here.python}", "")
    told = {"a": introduce(), "b": {**introduce(), "code": "0"}}
    assert refusals(told) == {"b": f"its code is 0, the app's {here.code}"}


def test_what_is_wrong_with_an_address_is_said_before_it_is_tried() -> None:
    def said(address: str) -> list[str]:
        return [finding.sentence for finding in of_cluster(address) if not finding.is_well]

    for address in ("garbage", "tcp://", "foo://127.0.0.1:9", "tcp://127.0.0.1", ""):
        (sentence,) = said(address)
        assert sentence.startswith(f"A scheduler's address must be such as tcp://10.0.0.1:8786, got {address!r}: ")
    assert said("tls://127.0.0.1:9") == [
        "tls://127.0.0.1:9 needs certificates: set them as in On several machines of the README."
    ]
    with dask.config.set({"distributed.comm.require-encryption": True}):
        assert said("tcp://127.0.0.1:9") == [
            "tcp://127.0.0.1:9 is not encrypted, which the settings require: its address begins with tls://."
        ]
