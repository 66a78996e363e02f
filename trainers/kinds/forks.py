"""Worker processes as forks of one that is prepared to train.

Each would import torch and the tricks by itself: seconds of the processor for every worker, and those anew for one that
takes the place of a lost one. Of a process that has done so once, the next begins at once, and shares its memory.
"""

from __future__ import annotations

import sys

from distributed.utils import get_mp_context

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""How worker processes begin. Elsewhere the system's own libraries do not bear a fork, or there is none."""


def fork_prepared() -> None:
    """Has the workers that this process starts be forks of a prepared one; for when Dask's settings are in force.

    What cannot be imported there is imported by each worker.
    """
    if METHOD == "forkserver":
        get_mp_context().set_forkserver_preload(["trainers.kinds.prepared"])  # type: ignore[no-untyped-call]
