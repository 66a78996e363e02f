"""Windows take turns, and the clocks of the processor's time count what a process and a thread have used."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.limits import WAIT_S
from trainers.bench import windows
from trainers.bench.windows import alternate, busiest, cpu_of, cpu_of_all, cpu_of_threads, family

SPENT_S = 0.3
SPENDING = f"""
import sys, time
while time.process_time() < {SPENT_S}: pass
print("spent", flush=True)
sys.stdin.read()
"""


def no_clock(_: int) -> float:
    raise OSError("there is no such clock")


@pytest.fixture(params=["the process's own clock", "ticks", "another system"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way in which processor time is read."""
    if request.param == "ticks":
        monkeypatch.setattr(time, "clock_gettime", no_clock)
    if request.param == "another system":
        monkeypatch.setattr(sys, "platform", "darwin")
    return str(request.param)


def test_windows_take_turns() -> None:
    clock = iter(range(100))
    assert alternate(lambda: ("A", next(clock)), lambda: ("B", next(clock)), 3) == [
        (("A", 0), ("B", 1)),
        (("A", 2), ("B", 3)),
        (("A", 4), ("B", 5)),
    ]


def test_a_process_has_used_what_it_has_spent_and_no_more_while_it_waits(way: str) -> None:
    with subprocess.Popen([sys.executable, "-c", SPENDING], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline().strip() == b"spent"
        used = cpu_of(process.pid)
        assert used is not None and used >= SPENT_S - 0.02  # ticks of 10 ms, of user and of system
        own = cpu_of(os.getpid())
        assert own is not None and cpu_of_all([process.pid, os.getpid()]) >= used + own
        assert process.pid in family() and family()[0] == os.getpid()
        process.stdin.close()
        process.wait(WAIT_S)
        assert cpu_of(process.pid) is None and cpu_of_all([process.pid]) == 0 and cpu_of_threads(process.pid) == {}
        assert process.pid not in family()


def test_the_clock_of_a_process_is_finer_than_ticks() -> None:
    if sys.platform == "linux":
        seen = {cpu_of(os.getpid()) for _ in range(50)}
        assert len(seen) > 10


def spend(seconds: float) -> None:
    while time.thread_time() < seconds:
        pass


@pytest.mark.parametrize("has_tasks", [True, False])
def test_the_busiest_thread_is_the_one_that_spends(has_tasks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_tasks:
        monkeypatch.setattr(windows, "Path", lambda _: Path("no such place"))
    done = threading.Event()

    def work() -> None:
        spend(SPENT_S)
        done.wait(WAIT_S)

    before = cpu_of_threads(os.getpid())
    thread = threading.Thread(target=work)
    thread.start()
    try:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline and busiest(before, cpu_of_threads(os.getpid())) < SPENT_S - 0.02:
            time.sleep(0.05)
        after = cpu_of_threads(os.getpid())
        assert thread.native_id in after
        assert busiest(before, after) == pytest.approx(after[thread.native_id or 0])
    finally:
        done.set()
        thread.join()


def test_what_a_thread_has_used_before_does_not_count() -> None:
    assert busiest({1: 5.0, 2: 1.0}, {1: 5.5, 2: 2.0, 3: 0.25}) == 1.0
    assert busiest({}, {}) == 0.0
