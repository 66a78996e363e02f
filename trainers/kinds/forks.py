"""Worker processes as forks of one that is prepared to train.

Each would import torch and the tricks by itself: seconds of the processor for every worker, and those anew for one that
takes the place of a lost one. Of a process that has done so once, the next begins at once, and shares its memory.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

import dask
from distributed.utils import get_mp_context

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""How worker processes begin. Elsewhere the system's own libraries do not bear a fork, or there is none."""


def fork_prepared() -> None:
    """Has the workers that this process starts be forks of a prepared one; for when Dask's settings are in force.

    Where Python's `forkserver` runs already, started by somebody else, each worker imports what it needs by itself.
    """
    if METHOD != "forkserver":
        return
    get_mp_context().set_forkserver_preload(["trainers.kinds.prepared"])  # type: ignore[no-untyped-call]
    # It looks for modules in the current folder, which may be any, and there, but not where this process found them.
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    # A library that counts its threads does so as it is loaded, which is before a worker is.
    of_workers = dask.config.get("distributed.nanny.pre-spawn-environ").items()
    counts = {name: str(value) for name, value in of_workers if value is not None and name not in os.environ}
    with _environment({**counts, "PYTHONPATH": path}):  # as Dask does it, what somebody set stands
        forkserver.ensure_running()


def spare_the_interrupt() -> None:
    """Blocks an interrupt from the keyboard in this thread, and so in the threads and processes that it starts.

    It reaches the whole group of processes; the one that started the workers ends them in order.
    """
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # or the first process started would start it, which lifts the block
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
