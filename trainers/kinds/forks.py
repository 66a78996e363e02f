"""Worker processes as forks of one that is prepared to train.

Each would import torch and the tricks by itself: seconds of the processor for every worker, and those anew for one that
takes the place of a lost one. Of a process that has done so once, the next begins at once, and shares its memory.
"""

from __future__ import annotations

import os
import sys
from multiprocessing import forkserver
from pathlib import Path

from distributed.utils import get_mp_context

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""How worker processes begin. Elsewhere the system's own libraries do not bear a fork, or there is none."""

_PATH = "PYTHONPATH"


def fork_prepared() -> None:
    """Has the workers that this process starts be forks of a prepared one; for when Dask's settings are in force.

    Where Python's `forkserver` runs already, started by somebody else, each worker imports what it needs by itself.
    """
    if METHOD != "forkserver":
        return
    get_mp_context().set_forkserver_preload(["trainers.kinds.prepared"])  # type: ignore[no-untyped-call]
    before = os.environ.get(_PATH)
    # It looks for modules in the current folder, which may be any, and there, but not where this process found them.
    os.environ[_PATH] = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), before)))
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ[_PATH]
        else:
            os.environ[_PATH] = before
