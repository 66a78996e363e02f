"""The app's own cluster on this machine: its start, its end, and what its processes are started with."""

from __future__ import annotations

import asyncio
from multiprocessing import spawn
from typing import Any
from weakref import WeakSet

from distributed import LocalCluster, Nanny, Status

from trainers.kinds.host import on_this_machine

_LOOK_S = 0.25  # between looks whether a start that is called off has ended
_TRIES = 12  # at an end of five seconds each, which on a busy machine are nothing
_HURRY_S = 0.1  # in which a worker that is ended in its start may go by itself
_GOODBYE_S = 1.0  # in which one that is up may; one in a long step does not, and is ended


class OwnCluster:
    """The app's own cluster of so many workers, which can be closed at any moment of its start.

    Dask's own cannot: what is canceled in its start is left behind, and what is not may take a slow machine a minute.
    """

    def __init__(self, workers: int) -> None:
        nannies = self._nannies = WeakSet[Nanny]()

        class Known(Nanny):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                nannies.add(self)

        options = {**on_this_machine(), "worker_class": Known, "asynchronous": True}
        self._cluster: Any = LocalCluster(n_workers=workers, **options)  # type: ignore[no-untyped-call]
        self._starting: asyncio.Future[Any] | None = None

    async def start(self) -> Any:
        """The cluster with its workers; one who no longer waits for it does not end its start."""
        self._starting = asyncio.ensure_future(up(self._cluster))
        return await asyncio.shield(self._starting)

    async def close(self) -> None:
        """Ends the workers, those too that are not up yet, and the rest.

        Raises:
            TimeoutError, OSError, AssertionError: something of it does not end.
        """
        starting = self._starting
        while starting is not None and not starting.done():
            await asyncio.gather(*(nanny.close(timeout=_HURRY_S) for nanny in self._nannies), return_exceptions=True)
            await asyncio.wait({starting}, timeout=_LOOK_S)
        if starting is not None and not starting.cancelled():
            starting.exception()  # that of the workers which were ended; another one is told to who waits for it
        nannies = [nanny.close(timeout=_GOODBYE_S) for nanny in self._nannies]  # Dask's cluster gives each five
        await asyncio.gather(*nannies, return_exceptions=True)
        for left in reversed(range(_TRIES)):
            try:
                await self._cluster.close()
                return
            except (TimeoutError, OSError, AssertionError):  # a worker took longer to end than Dask waits, or had ended
                if not left:
                    raise
                self._cluster.status = Status.failed  # or the rest would wait for what has been given up


async def up(cluster: Any) -> Any:
    """Waits until all of its workers are up, those too that have to be started anew.

    Dask has all who wait await one task, the cluster's end too: called off with one of them, nothing could be closed.
    """
    return await asyncio.shield(cluster)


_plain_preparation = spawn.get_preparation_data


def prepare_process(name: str) -> dict[str, Any]:
    """What a new process gets of this one, but for its main module.

    It needs nothing of that, and while Streamlit draws a page, the page's script is the main module.
    """
    return {key: value for key, value in _plain_preparation(name).items() if not key.startswith("init_main")}
