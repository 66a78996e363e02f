"""Workers for many trainings: local processes, or those of a cluster."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, Worker, WorkerPlugin

from trainers.kinds import forks
from trainers.kinds.handshake import introduce, refusals
from trainers.kinds.host import WORKERS, Preparation, on_this_machine
from tricks.declaration import RefusedError

_START_S = 300  # a worker that has not come by then will not


@dataclass(frozen=True)
class Pool:
    """Workers for `train`: the executor, how many runs it makes at a time, and the client it is of."""

    executor: Executor
    slots: int
    client: Client


class LeaveInterrupts(WorkerPlugin):
    """Leaves a terminal's interrupt to the one that started the workers, also where it cannot be blocked."""

    name = "trick-lab-interrupts"

    def setup(self, worker: Worker) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def open_pool(address: str | None = None, workers: int | None = None) -> Iterator[Pool]:
    """Local worker processes, one a core unless `workers` says otherwise, or the cluster at `address`.

    Local ones end with the context. There a worker that dies is reported by the first task it takes along; a cluster
    elsewhere may have been told to try a few times by itself (`distributed.scheduler.allowed-failures`).

    Raises:
        RefusedError: `address` is none, or a worker there has other code or another torch or Python than this process.
        ConnectionError: no cluster answers there.
    """
    settings = {**WORKERS, "distributed.scheduler.allowed-failures": 0}
    with ExitStack() as stack:
        where: Any = address
        if address is None:
            stack.enter_context(dask.config.set(settings))
            with ThreadPoolExecutor(1, initializer=forks.spare_the_interrupt) as starter:  # which ends what it began
                where = starter.submit(lambda: stack.enter_context(_local(workers or CPU_COUNT))).result()
        client = stack.enter_context(_connect(where))
        client.register_plugin(Preparation())
        if address is None:
            client.register_plugin(LeaveInterrupts())
        client.wait_for_workers(1, timeout=_START_S)
        refused = refusals(client.run(introduce)) if address is not None else {}
        for worker, why in refused.items():
            raise RefusedError(f"the worker at {worker} cannot train this: {why}")
        slots = sum(client.nthreads().values()) if workers is None else workers
        yield Pool(client.get_executor(pure=False), slots, client)


def _local(workers: int) -> Any:
    return LocalCluster(n_workers=workers, **on_this_machine())  # type: ignore[no-untyped-call]


def _connect(where: Any) -> Client:
    try:
        return Client(where)  # type: ignore[no-untyped-call]
    except (TypeError, ValueError) as error:  # a TypeError: tls:// without certificates
        told = f"--scheduler must be the address of a cluster, such as tcp://127.0.0.1:8786, got {where!r}"
        raise RefusedError(f"{told}: {error}") from None
    except OSError as error:
        raise ConnectionError(f"the cluster at {where} cannot be reached: {error}") from None
