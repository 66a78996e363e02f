"""The app's own cluster ends whole, whatever its workers do."""

from __future__ import annotations

import asyncio
from typing import Any

import dask
import pytest
from distributed import Nanny, Status

from tests.limits import WAIT_S
from trainers.kinds.host import WORKERS
from trainers.live.own_cluster import OwnCluster


@pytest.mark.parametrize("error", [TimeoutError, OSError, AssertionError])
@pytest.mark.parametrize("times", [1, 4])
def test_it_ends_whole_where_a_worker_takes_longer_than_dask_waits(
    times: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Nanny] = []
    close = Nanny.close

    async def close_late(nanny: Nanny, *given: Any, **named: Any) -> Any:
        closed.append(nanny)
        told = await close(nanny, *given, **named)
        if len(closed) <= times:
            raise error
        return told

    async def begin_and_end() -> Any:
        own = OwnCluster(1)
        cluster = await own.start()
        monkeypatch.setattr(Nanny, "close", close_late)
        await own.close()
        return cluster

    with dask.config.set(WORKERS):
        cluster = asyncio.run(asyncio.wait_for(begin_and_end(), WAIT_S))
    assert closed and cluster.status == Status.closed and cluster.scheduler.status == Status.closed
