"""The worker processes that live runs are trained in: brought up or found, shaken hands with, and replaced.

A cluster of the app's own and one at an address are the same here: it is connected to, again and again while it is
absent; whatever worker is there and the same as this process gets a host for runs; one that is silent is asked anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from multiprocessing import spawn
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client

from trainers.kinds import forks
from trainers.kinds.handshake import Introduction, compare, introduce
from trainers.kinds.host import WORKERS, Host
from trainers.live.balance import choose, even_out
from trainers.live.dask_host import DaskHost
from trainers.live.live_run import LiveRun
from trainers.live.live_worker import LiveWorker
from trainers.live.own_cluster import OwnCluster, prepare_process, up
from trainers.live.policy import Policy

log = logging.getLogger(__name__)

DASK = {  # its looks at itself take training time; a worker that comes back slowly is worth waiting for
    **WORKERS,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.deploy.lost-worker-timeout": "60s",
}
_LOOK_S = 0.25  # between looks at which workers there are
_CONNECT_S = 5.0  # in which a scheduler that is there answers
_RETRY_S = 1.0  # between attempts to connect, or to win a worker
_ANSWER_S = 8.0  # a scheduler that does not answer for so long is gone
_GATHER_S = 2.0  # in which workers that come together are all there
_MEET_S = 60.0  # in which a new worker imports what it needs
_GOODBYE_S = 5.0  # in which a worker that is replaced may go by itself


class Cluster:
    """The workers, by `policy`, whose hosts are of the class `host`; it belongs to the conductor's loop."""

    def __init__(self, policy: Policy, *, host: type[Host] = Host) -> None:
        self.policy = policy
        self.workers: dict[str, LiveWorker] = {}
        self.refused: dict[str, str] = {}  # by address: why a worker may not train
        self.trouble = ""  # why there are no workers at present
        self.ready = asyncio.Event()  # there has been one
        self._news = asyncio.Event()  # another one has come
        self._host = host
        self._gone_s = 0.0
        self._gathering_until = 0.0
        self._meeting: dict[str, asyncio.Task[None]] = {}
        self._silent: dict[str, float] = {}  # since when a lost worker has given no sign
        self._tasks: set[asyncio.Task[None]] = set()
        self.client: Any = None

    @property
    def given_s(self) -> float:
        """The seconds that workers have trained live runs, in all, those too that have gone."""
        return self._gone_s + sum(worker.given_s for worker in self.workers.values())

    def choose(self, run: LiveRun) -> LiveWorker | None:
        """The worker for that run, if there is any.

        The first that comes waits a moment for the others that do, or all that wait would be its own.
        """
        if self._is_gathering():
            return None
        return choose(self.workers.values(), run)

    def _is_gathering(self) -> bool:
        return bool(self._meeting) and asyncio.get_running_loop().time() < self._gathering_until

    async def another(self) -> None:
        """Waits for the next worker to come."""
        self._news.clear()
        await self._news.wait()

    async def run(self) -> None:
        """Keeps workers there until it is canceled."""
        dask.config.set(DASK)
        forks.spare_the_interrupt()
        spawn.get_preparation_data = prepare_process
        try:
            while True:
                try:
                    async with AsyncExitStack() as stack:
                        cluster = await self._connect(stack)
                        try:
                            await self._follow(cluster)
                        finally:
                            self._part()
                except Exception as error:  # noqa: BLE001 - whatever it is: it is told, and tried again
                    self._tell(f"{type(error).__name__}: {error}")
                await asyncio.sleep(_RETRY_S)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, stack: AsyncExitStack) -> Any:
        """The cluster that is the app's own, or None, once there is a client; `stack` takes both down again."""
        where: Any = self.policy.scheduler
        cluster = security = None
        if where is None:
            own = OwnCluster(self.policy.workers or CPU_COUNT)
            stack.push_async_callback(_quietly, own.close)
            cluster = await own.start()
            # By its address: a client of the cluster itself would wait for it as `up` must not.
            where, security = cluster.scheduler_address, cluster.security
        options = {"security": security, "timeout": _CONNECT_S, "direct_to_workers": True, "set_as_default": False}
        client = Client(where, asynchronous=True, **options)  # type: ignore[no-untyped-call]
        stack.push_async_callback(_quietly, client.close)
        self.client = await client
        return cluster

    async def _follow(self, cluster: Any) -> None:
        """Meets the workers that come, has runs move to them, and parts with those that go, till there is no scheduler.

        Raises:
            OSError: it is.
        """
        mending: asyncio.Task[Any] | None = None
        while True:
            try:
                async with asyncio.timeout(_ANSWER_S):  # `wait_for` may swallow that the app ends
                    present = set(await self.client.nthreads())
            except TimeoutError:
                if cluster is None:
                    raise
                continue  # its scheduler is in this very loop: it was this process that stood still
            for address in {*self.workers} - present:
                self._drop(address, "it left the cluster")
            for known in (self.refused, self._silent):
                for address in {*known} - present:
                    del known[address]
            for address in present - {*self.workers, *self.refused, *self._meeting}:
                task = self._spawn(self._meet(address))
                self._meeting[address] = task
                task.add_done_callback(lambda _, address=address: self._meeting.pop(address, None))  # type: ignore[misc]
            if cluster is not None:
                missing = len(present) < len(cluster.worker_spec)
                if missing and (mending is None or mending.done()):
                    mending = self._spawn(_quietly(lambda: up(cluster)))
                self._restart_silent()
            self._tell_of_none(present)
            if not self._is_gathering():
                even_out(self.workers.values())
            await asyncio.sleep(_LOOK_S)

    async def _meet(self, address: str) -> None:
        """Shakes hands with a worker, and gives it a host for runs if it trains as this process would."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                met = await self.client.run(introduce, workers=[address])
            introduction = Introduction(**met[address])
            refusal, _ = compare(introduction)
            if refusal:
                self.refused[address] = refusal
                log.warning("the worker at %s is refused: %s", address, refusal)
                return
            async with asyncio.timeout(_MEET_S):
                host = await self._settle(address)
        except (ImportError, AttributeError, TypeError) as error:
            self.refused[address] = f"it has not this code: {error}"
            log.warning("the worker at %s is refused: it has not this code: %s", address, error)
            return
        except Exception:  # whatever keeps it from answering, it is asked again
            self._silent.setdefault(address, asyncio.get_running_loop().time())
            log.warning("the worker at %s could not be met", address, exc_info=True)
            await asyncio.sleep(_RETRY_S)
            return
        self._silent.pop(address, None)
        if not self.workers:
            self._gathering_until = asyncio.get_running_loop().time() + _GATHER_S
        worker = self.workers[address] = LiveWorker(address, host, self.policy, introduction.processor)
        self.trouble = ""
        for coroutine in (worker.serve(), worker.watch(), self._see_off(worker, host)):
            self._spawn(coroutine)
        self._meeting.pop(address, None)
        self.ready.set()
        self._news.set()

    async def _settle(self, address: str) -> DaskHost:
        future = self.client.submit(self._host, actor=True, workers=[address], allow_other_workers=False, pure=False)
        try:
            with self.client.as_current():  # an actor's handle asks by the client that is current when it comes
                return DaskHost(await future, future)
        except BaseException:
            future.release()
            raise

    async def _see_off(self, worker: LiveWorker, host: DaskHost) -> None:
        """Waits until the worker is lost, and has it replaced where a step of its is stuck."""
        try:
            stuck = await worker.gone
        finally:
            host.release()
        self._gone_s += worker.given_s
        if self.workers.get(worker.address) is worker:
            del self.workers[worker.address]
        self._silent.setdefault(worker.address, asyncio.get_running_loop().time())
        if stuck:
            await self._restart(worker.address)

    def _restart_silent(self) -> None:
        """Has those of the app's own workers started anew that have long given no sign."""
        now = asyncio.get_running_loop().time()
        for address, since in tuple(self._silent.items()):
            if now - since > self.policy.overrun_s:
                self._silent[address] = now
                self._spawn(self._restart(address))

    async def _restart(self, address: str) -> None:
        try:
            if address in await self.client.nthreads():
                await self.client.restart_workers([address], timeout=_GOODBYE_S, raise_for_error=False)
        except Exception:
            log.warning("the worker at %s could not be restarted", address, exc_info=True)

    def _drop(self, address: str, why: str) -> None:
        worker = self.workers.pop(address, None)
        if worker is not None:
            worker.lose(why)

    def _part(self) -> None:
        """Nothing is known any more of any worker."""
        for address in tuple(self.workers):
            self._drop(address, "")
        self.refused.clear()
        self._silent.clear()
        for task in self._meeting.values():
            task.cancel()

    def _tell_of_none(self, present: set[str]) -> None:
        if self.workers:
            return
        if self.refused:
            self._tell("; ".join(f"{address}: {why}" for address, why in self.refused.items()))
        elif not present:
            self._tell("the cluster has no workers")

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            log.warning("there is no worker to train in: %s", trouble)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _quietly(close: Callable[[], Any]) -> None:
    try:
        await close()
    except Exception:
        log.warning("%s did not end in order", close, exc_info=True)  # it ends with this process
