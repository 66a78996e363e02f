"""Windows in which two things are measured in turn, and the processors' time that processes and threads have used.

A machine that gives a process now more and now less of a core says nothing by the clock at two different times. So what
is compared is measured in windows that take turns, by processor time where that can be told.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")
U = TypeVar("U")


def alternate(one: Callable[[], T], other: Callable[[], U], pairs: int) -> list[tuple[T, U]]:
    """What `one` and `other` give, each called `pairs` times, in turn."""
    return [(one(), other()) for _ in range(pairs)]


def cpu_of(process: int) -> float | None:
    """The processor's seconds that a process has used so far, with all its threads; None once it has ended.

    On Linux by the process's own clock, in nanoseconds: what /proc counts, and `psutil` reads, are ticks of 10 ms.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            return time.clock_gettime(~process << 3 | 2)  # the number of that clock, see clock_getcpuclockid(3)
    try:
        times = psutil.Process(process).cpu_times()
    except psutil.NoSuchProcess:
        return None
    return float(times.user + times.system)


def cpu_of_all(processes: Iterable[int]) -> float:
    """The processor's seconds that these have used so far, those that have ended left out."""
    return sum(cpu_of(process) or 0.0 for process in processes)


def cpu_of_threads(process: int) -> dict[int, float]:
    """The processor's seconds that each thread of a process has used so far, by its number; none once it has ended."""
    found = {}
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):  # it has just ended
                found[int(thread.name)] = int((thread / "schedstat").read_text().split()[0]) / 1e9
    if found:
        return found
    with suppress(psutil.NoSuchProcess):
        return {one.id: one.user_time + one.system_time for one in psutil.Process(process).threads()}
    return {}


def busiest(before: dict[int, float], after: dict[int, float]) -> float:
    """The seconds of the thread that has used the most between two looks at the threads of a process."""
    return max((seconds - before.get(thread, 0.0) for thread, seconds in after.items()), default=0.0)


def family(process: int | None = None) -> tuple[int, ...]:
    """A process, or this one, and all that it has started, and these."""
    own = os.getpid() if process is None else process
    return (own, *(child.pid for child in psutil.Process(own).children(recursive=True)))


def resident_mb(processes: Iterable[int]) -> float:
    """The megabytes that these have in memory, what they share counted for each; those that have ended left out."""
    found = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found += psutil.Process(process).memory_info().rss
    return found / 1e6
