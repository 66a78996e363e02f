"""The conductor: a background thread that asks each live run's actor for its next slice, and keeps what comes back.

Studies over seeds are made of runs too, one at a time on each worker, which get the time that the live ones leave.

Cluster, client and actor handles are created and touched only on the conductor's own event loop. Other threads may
call `Conductor.start`, `stop`, `find`, `find_study`, `tell` and `ask`; everything else belongs to that loop.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import signal
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker, spawn
from typing import Any, TypeVar

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster
from distributed.client import FutureCancelledError

from trainers.evidence.replicates import ATTEMPTS, SeedResult
from trainers.kinds.host import ON_THIS_MACHINE, WORKERS, Preparation, RunActor, RunError, Slice
from trainers.live.live_run import LiveRun, Policy, public_id
from trainers.live.live_study import LiveStudy, Plan, SeedRun
from trainers.runs.spec import Event, RunSpec
from tricks.declaration import RefusedError

T = TypeVar("T")
log = logging.getLogger(__name__)

DASK = {  # its looks at itself take training time; a worker that comes back slowly is worth waiting for
    **WORKERS,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.deploy.lost-worker-timeout": "60s",
}
_ROOM_S = 0.1  # between looks whether a worker has room for a study's next run
_LOOK_S = 0.25  # between looks whether the worker of an unanswered call is still there
_POLL_S = 0.05  # between looks for something that somebody waits for, such as a worker while there is none
_LEAVE_S = 2.0  # a worker that is lost gets this long to go by itself
_TEND_S = 5.0  # between looks whether all embedded workers are there
_GOODBYE_S = 5.0  # and then this long to be restarted


@dataclass(frozen=True, eq=False)
class _Call:
    """A slice that was asked for."""

    run: LiveRun
    worker: str
    asked_at: float
    single: bool  # asked for while the run is held: the one step that somebody wants
    answer: asyncio.Future[Slice]


@dataclass(frozen=True)
class Place:
    """Where a run is: its worker's address ("" while it is being made), and how far it has got there.

    `background` says that it is a study's; `settled` that its worker has it; `state` is the run's, "" before that.
    """

    worker: str
    background: bool
    settled: bool
    state: str = ""
    step: int = 0


@dataclass(frozen=True)
class Whereabouts:
    """What goes on where, at one moment of the conductor's loop.

    `workers` are those that can take runs, `runs` has the runs that go on or are being made by their ids, `studies`
    the ids of those that go on; `unanswered` counts the slices that were asked for and have not come.
    """

    workers: tuple[str, ...]
    runs: Mapping[str, Place]
    studies: tuple[str, ...]
    unanswered: int

    @property
    def settled(self) -> bool:
        """Whether each run is held by a worker that is there."""
        return all(place.settled and place.worker in self.workers for place in self.runs.values())

    def workers_of(self, *, background: bool) -> tuple[str, ...]:
        """The workers of the live runs, or of the studies', one entry a run."""
        return tuple(place.worker for place in self.runs.values() if place.background == background)


class Conductor:
    """Starts, advances, paces, restores and ends live runs.

    `actor` is the class whose instances hold the runs in the workers.
    """

    def __init__(self, policy: Policy | None = None, *, actor: type[RunActor] = RunActor) -> None:
        self.policy = policy or Policy()
        self._actor = actor
        self._runs: dict[str, LiveRun] = {}
        self._studies: dict[str, LiveStudy] = {}
        self._places: dict[str, str] = {}  # the worker of each run that is going or being made
        self._behind: set[str] = set()  # those of them that are a study's
        self._asked: dict[str, list[_Call]] = {}  # by worker: the calls it has not answered, in their order
        self._answered: dict[str, float] = {}  # by worker: when it last gave one
        self._lost: set[str] = set()  # workers that get no more runs
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # For any thread

    def start(self) -> None:
        """Starts the thread. The workers come up behind it: a run begun meanwhile waits for them."""
        begun = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(begun)), name="conductor", daemon=True)
        self._thread.start()
        begun.wait()

    def stop(self) -> None:
        """Ends all runs and the embedded workers, and waits for that."""
        if self._thread is not None:
            self.tell(self._closing.set)
            self._thread.join()
            self._thread = self._loop = None

    def find(self, run_id: str) -> LiveRun | None:
        """The run of that id, going or kept."""
        return self._runs.get(run_id)

    def find_study(self, study_id: str) -> LiveStudy | None:
        """The study of that id, going or kept."""
        return self._studies.get(study_id)

    @property
    def warm(self) -> bool:
        """Whether the workers are up."""
        return self._loop is not None and self._ready.done()

    def tell(self, function: Callable[..., object], *args: object) -> None:
        """Calls `function` on the conductor's loop, soon; without effect once it has stopped."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has just closed
                self._loop.call_soon_threadsafe(function, *args)

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs `coroutine` on the conductor's loop; its result comes in the future."""
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("the conductor is not running")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    # On the conductor's loop

    async def where(self, holds: Callable[[Whereabouts], bool] = lambda _: True) -> Whereabouts:
        """What goes on where, as soon as that `holds`; waits for the workers to come up first."""
        await asyncio.shield(self._ready)
        while True:
            workers = tuple(await self._workers())
            going = {run.id: run for run in self._runs.values()}
            going |= {run.id: run for study in self._studies.values() for run in study.active}
            found = Whereabouts(
                workers=workers,
                runs={
                    run_id: self._place(run_id, worker, going.get(run_id)) for run_id, worker in self._places.items()
                },
                studies=tuple(study.id for study in self._studies.values() if study.going),
                unanswered=sum(map(len, self._asked.values())),
            )
            if holds(found):
                return found
            await asyncio.sleep(_POLL_S)

    def _place(self, run_id: str, worker: str, run: LiveRun | None) -> Place:
        behind = run_id in self._behind
        if run is None or run.actor is None:
            return Place(worker, behind, False)
        return Place(worker, behind, True, run.state, run.position)

    async def begin(
        self, spec: RunSpec, *, speed: float | None = None, paused: bool = False, instead_of: LiveRun | None = None
    ) -> LiveRun:
        """Starts a run of a checked `spec`, on the worker that has the fewest; `instead_of` is stopped for it.

        Raises:
            RefusedError: there are as many live runs as there may be, or it could not be started.
        """
        freed = instead_of is not None and instead_of.going
        if len(self._places) - len(self._behind) - freed >= self.policy.max_runs:
            most = self.policy.max_runs
            sentence = f"live runs must be at most {most} at a time, got one more: try later"
            raise RefusedError(sentence, "too_many_runs", most=most)
        run_id = secrets.token_urlsafe(24)
        self._places[run_id] = ""
        if instead_of is not None:
            instead_of.stop()
        future = actor = None
        try:
            await asyncio.shield(self._ready)
            future, actor = await self._create(run_id, spec)
            history = await asyncio.wait_for(_ask(actor, "new_history"), self.policy.create_s)
        except BaseException as error:
            _release(future, actor)
            del self._places[run_id]
            if isinstance(error, RefusedError) or not isinstance(error, Exception):
                raise
            log.exception("a run could not be started")
            detail = str(error) or type(error).__name__
            raise RefusedError(f"the run could not be started: {detail}", "not_started", detail=detail) from error
        run = LiveRun(run_id, history, speed, paused, self.policy, actor=actor, future=future)
        run.captured_at = self._now()
        run.restart_pace(run.captured_at)
        run.expect()
        self._runs[run.id] = run
        self._spawn(self._drive(run))
        return run

    async def begin_study(self, plan: Plan, *, instead_of: LiveStudy | None = None) -> LiveStudy:
        """Starts a study of a checked `plan`, behind the live runs; `instead_of` is canceled for it.

        Raises:
            RefusedError: there are as many studies as there may be.
        """
        going = sum(study.going and study is not instead_of for study in self._studies.values())
        if going >= self.policy.max_studies:
            most = self.policy.max_studies
            sentence = f"repeats over seeds must be at most {most} at a time, got one more: try later"
            raise RefusedError(sentence, "too_many_studies", most=most)
        if instead_of is not None:
            instead_of.cancel()
        study = LiveStudy(plan, self.policy)
        study.expect()
        self._studies[study.id] = study
        self._spawn(self._conduct(study))
        return study

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, run: LiveRun) -> None:
        """Asks for slice after slice until the run has ended, then forgets its worker and, later, the run.

        A run that goes freely and has its worker for itself is a call ahead, so that the worker need not wait.
        """
        try:
            await self._advance(run)
        finally:
            del self._places[run.id]
            self._keep(run)

    async def _advance(self, run: LiveRun) -> None:
        """Asks for slice after slice until the run has ended, and lets go of its actor."""
        calls: deque[_Call] = deque()
        try:
            while run.going:
                run.wake.clear()
                steps, wait_s = run.due(self._now())
                alone = self._sharers(run) <= (0 if run.background else 1)
                most = 2 if steps is None and alone else 1
                if steps != 0 and len(calls) < most and self._may_call(run):
                    calls.append(self._call(run, steps))
                elif calls:
                    await self._slice(run, calls)
                elif steps != 0:
                    await self._give_way(run)
                else:
                    await _wait(run.wake, wait_s)
        except RunError as error:
            run.stop("broken", str(error))
        except Exception as error:
            log.exception("a run was ended")
            run.stop("broken", str(error))
        finally:
            self._forget(calls)
            _let_go(run)

    def _may_call(self, run: LiveRun) -> bool:
        """Whether its worker may be asked for a slice of the run: a study's gives way to the live ones."""
        return not isinstance(run, SeedRun) or run.may_go(self._now(), needed=bool(self._live_calls(run)))

    def _live_calls(self, run: LiveRun) -> list[_Call]:
        """What live runs have asked of the run's worker and not yet got."""
        asked = self._asked.get(self._places[run.id], ())
        return [call for call in asked if not call.run.background and not call.answer.done()]

    async def _give_way(self, run: LiveRun) -> None:
        """Waits for a live run's slice on the run's worker to end, or for the run's own turn."""
        answers = {call.answer for call in self._live_calls(run)}
        if answers and isinstance(run, SeedRun):
            left = max(0.0, run.rests_until - self._now())
            await asyncio.wait(answers, timeout=min(left, _LOOK_S), return_when=asyncio.FIRST_COMPLETED)

    def _call(self, run: LiveRun, steps: int | None) -> _Call:
        """Asks for a slice of the run."""
        worker, now = self._places[run.id], self._now()
        sharers = self._sharers(run)
        short = sharers if run.background else run.listeners
        alone_s = self.policy.watched_slice_s if short else self.policy.slice_s
        seconds = min(alone_s, self.policy.round_s / max(1, sharers))
        every_s = self.policy.capture_s * max(1, sharers)
        capture = run.position == run.history.step and now - run.captured_at >= every_s
        run.asked_at = now
        if capture:
            run.captured_at = now
        answer = asyncio.ensure_future(_ask(run.actor, "advance", seconds, steps, capture))
        call = _Call(run, worker, now, run.held, answer)
        self._asked.setdefault(worker, []).append(call)
        return call

    def _sharers(self, run: LiveRun) -> int:
        """The number of live runs that go on the run's worker."""
        worker = self._places[run.id]
        return sum(not other.held for other in self._runs.values() if other.going and self._places[other.id] == worker)

    async def _slice(self, run: LiveRun, calls: deque[_Call]) -> None:
        """Takes the slice of the first call, or restores the run where its worker is lost."""
        call = calls[0]
        try:
            piece = await self._patiently(call)
        except RunError:
            raise
        except Exception:
            log.warning("worker %s is lost", call.worker, exc_info=True)
            self._give_up(call.worker)
            self._forget(calls)
            if run.going:
                await self._restore(run, call.worker)
            return
        if piece.progress.first > run.position + 1 and len(calls) > 1:
            calls.rotate(-1)  # the one behind was there before it: their ways to the worker may differ
            return
        calls.popleft()
        self._asked[call.worker].remove(call)
        self._answered[call.worker] = self._now()
        if run.going:
            run.take(piece, self._now(), single=call.single)

    def _forget(self, calls: deque[_Call]) -> None:
        """Waits for no answer to these any more."""
        for call in calls:
            call.answer.cancel()
            self._asked[call.worker].remove(call)
        calls.clear()

    async def _patiently(self, call: _Call) -> Slice:
        """The slice. A run that holds its worker up for far too long is ended, and the worker given up.

        Raises:
            OSError: the worker is gone, or has been given up, on this run's account or another's.
        """
        run, worker = call.run, call.worker
        while not call.answer.done():
            await asyncio.wait({call.answer}, timeout=_LOOK_S)
            if call.answer.done():
                break
            if worker in self._lost or run.future.status != "finished":  # the call itself might never hear of it
                raise OSError("the worker that held the run is gone")
            since = max(call.asked_at, self._answered.get(worker, 0.0))
            if self._asked[worker][0] is call and self._now() - since > self.policy.overrun_s:
                run.stop("stuck", f"{self.policy.overrun_s:g} s")
                raise OSError("a step of the run did not end")
        return call.answer.result()

    async def _restore(self, run: LiveRun, worker: str) -> None:
        """Goes on from the last capture on another than the lost worker, with the later events at their steps."""
        _let_go(run)
        run.lose(worker)
        run.sent = deque(replace(event, step=run.history.step + 1) for event in run.sent)
        run.unsent.clear()
        done = [event for event in run.history.events if event.step > run.capture_step]
        try:
            if run.losses > run.most_losses:
                raise TimeoutError("its workers were lost again and again")
            run.future, run.actor = await self._create(run.id, run.spec, run.capture, (*done, *run.sent))
        except TimeoutError as error:
            run.stop("lost", str(error))
            return
        run.position, run.settled, run.captured_at = run.capture_step, len(done), self._now()
        run.deliver()
        run.restart_pace(self._now())

    async def _create(
        self, run_id: str, spec: RunSpec, capture: bytes | None = None, commands: tuple[Event, ...] = ()
    ) -> tuple[Any, Any]:
        """An actor for the run, on the worker that has the fewest: its future, which keeps it there, and its handle.

        Raises:
            TimeoutError: no worker took it.
        """
        deadline = self._now() + self.policy.create_s
        while self._now() < deadline:
            self._places[run_id] = ""
            worker = self._places[run_id] = await self._least_busy(run_id)
            if not worker:
                await asyncio.sleep(_POLL_S)
                continue
            future = self.client.submit(
                self._actor,
                spec,
                capture,
                commands,
                actor=True,
                workers=[worker],
                key=f"run-{public_id(run_id)}-{secrets.token_hex(4)}",
            )
            handle = asyncio.ensure_future(_result(future))
            try:
                while not handle.done() and self._now() < deadline and worker in await self._workers():
                    await asyncio.wait({handle}, timeout=1.0)
                if handle.done() and not isinstance(handle.exception(), OSError | RuntimeError):
                    return future, handle.result()
            except BaseException:
                future.release()
                raise
            finally:
                handle.cancel()
            future.release()
            self._give_up(worker)
        raise TimeoutError("no worker took the run")

    async def _workers(self) -> list[str]:
        """The addresses of the workers that can take runs."""
        present = list(await self.client.nthreads())
        self._lost.intersection_update(present)
        return [worker for worker in present if worker not in self._lost]

    async def _least_busy(self, run_id: str) -> str:
        """The worker for that run: with the fewest live runs, or, for a study's, the fewest of those, then of these."""
        workers = await self._workers()
        live = [place for other, place in self._places.items() if other not in self._behind]
        behind = [place for other, place in self._places.items() if other in self._behind]
        if run_id not in self._behind:
            return min(workers, key=live.count, default="")
        return min(workers, key=lambda worker: (behind.count(worker), live.count(worker)), default="")

    def _give_up(self, worker: str) -> None:
        """Gives the worker no more runs, and has it restarted if it does not go by itself."""
        if worker not in self._lost:
            self._lost.add(worker)
            self._spawn(self._replace(worker))

    async def _replace(self, worker: str) -> None:
        await asyncio.sleep(_LEAVE_S)
        try:
            if worker in await self.client.nthreads():
                await self.client.restart_workers([worker], timeout=_GOODBYE_S, raise_for_error=False)
        except (ValueError, OSError, TimeoutError, KeyError):
            log.warning("worker %s could not be restarted", worker, exc_info=True)

    # Studies

    async def _conduct(self, study: LiveStudy) -> None:
        """Begins the study's runs as workers are free for them, and sees it to its end."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            await asyncio.shield(self._ready)
            while study.going:
                if study.waiting and await self._has_room(study):
                    run_id = secrets.token_urlsafe(24)
                    self._places[run_id] = ""
                    self._behind.add(run_id)
                    study.placed.add(run_id)
                    begun = asyncio.ensure_future(self._train_seed(study, run_id, *study.waiting.popleft()))
                    tasks.add(begun)
                    begun.add_done_callback(tasks.discard)
                elif tasks:
                    await asyncio.wait(tasks, timeout=_ROOM_S, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(_ROOM_S)
                study.progress(self._now())
        except Exception:
            log.exception("a study was ended")
        finally:
            study.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._keep_study(study)

    async def _has_room(self, study: LiveStudy) -> bool:
        """Whether a worker has none of a study's runs, and it is this study's turn: that of the one with the fewest."""
        workers = await self._workers()
        if not study.going or len(self._behind) >= len(workers):
            return False
        others = [other for other in self._studies.values() if other.going and other.waiting]
        return all(len(study.placed) <= len(other.placed) for other in others)

    async def _train_seed(self, study: LiveStudy, run_id: str, point: int, spec: RunSpec) -> None:
        """Makes a run of the study and advances it to its end; what comes of it is the study's."""
        try:
            run = await self._make_seed(run_id, spec, lambda: study.tell_lost(spec.seed, point))
            if not study.going:
                run.stop()
            study.active.add(run)
            try:
                await self._advance(run)
            finally:
                study.active.discard(run)
            study.add(point, run.result(), self._now())
        except Exception as error:
            log.exception("a run of a study was ended")
            study.add(point, SeedResult(spec.seed, error=str(error) or type(error).__name__), self._now())
        finally:
            del self._places[run_id]
            self._behind.discard(run_id)
            study.placed.discard(run_id)

    async def _make_seed(self, run_id: str, spec: RunSpec, on_lost: Callable[[], None]) -> SeedRun:
        """An actor for a run of a study, made a second time where its worker dies at once."""
        for attempt in range(ATTEMPTS):
            future, actor = await self._create(run_id, spec)
            try:
                history = await asyncio.wait_for(_ask(actor, "new_history"), self.policy.create_s)
            except OSError:
                _release(future, actor)
                if attempt == ATTEMPTS - 1:
                    raise
                on_lost()
                continue
            except BaseException:
                _release(future, actor)
                raise
            run = SeedRun(run_id, history, self.policy, actor=actor, future=future, on_lost=on_lost)
            run.captured_at = self._now()
            return run
        raise AssertionError

    def _keep_study(self, study: LiveStudy) -> None:
        """Keeps an ended study for a while; where there are too many of them, the oldest go."""
        asyncio.get_running_loop().call_later(self.policy.keep_s, self._studies.pop, study.id, None)
        ended = [other for other in self._studies.values() if not other.going and not other.listeners]
        for other in ended[: max(0, len(ended) - self.policy.max_kept_studies)]:
            del self._studies[other.id]

    def _keep(self, run: LiveRun) -> None:
        """Keeps an ended run for a while; where there are too many of them, the oldest go."""
        asyncio.get_running_loop().call_later(self.policy.keep_s, self._runs.pop, run.id, None)
        ended = [other for other in self._runs.values() if not other.going and not other.listeners]
        for other in ended[: max(0, len(ended) - self.policy.max_kept)]:
            del self._runs[other.id]

    # The thread

    async def _serve(self, begun: threading.Event) -> None:
        _spare_workers_the_interrupt()
        spawn.get_preparation_data = _prepare
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        async with AsyncExitStack() as stack:
            self._ready = asyncio.ensure_future(self._open(stack))
            begun.set()
            await self._closing.wait()
            self._ready.cancel()
            for run in tuple(self._runs.values()):
                run.stop()
            for study in tuple(self._studies.values()):
                study.cancel()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, self._ready, return_exceptions=True)

    async def _open(self, stack: AsyncExitStack) -> None:
        """Brings the workers up; `stack` takes them down again."""
        dask.config.set(DASK)
        where: Any = self.policy.scheduler
        if where is None:
            workers = self.policy.workers or CPU_COUNT
            cluster = LocalCluster(n_workers=workers, **ON_THIS_MACHINE, asynchronous=True)  # type: ignore[no-untyped-call]
            stack.push_async_callback(_close, cluster)
            where = await cluster
        self.client = await Client(where, asynchronous=True, direct_to_workers=True)  # type: ignore[no-untyped-call]
        stack.push_async_callback(self.client.close)
        await self.client.register_plugin(Preparation())
        if self.policy.scheduler is None:
            self._spawn(self._tend(where))

    async def _tend(self, cluster: Any) -> None:
        """Starts anew what is missing of the embedded workers, such as one that failed to start again."""
        while True:
            await asyncio.sleep(_TEND_S)
            try:
                if len(await self.client.nthreads()) < len(cluster.worker_spec):
                    await cluster
            except (OSError, RuntimeError, TimeoutError):
                log.warning("a worker could not be started", exc_info=True)


def _spare_workers_the_interrupt() -> None:
    """Blocks an interrupt from the keyboard in this thread, and so in the processes it starts.

    It reaches the whole group of processes; the app's own ends its workers in order.
    """
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # or the first process started would start it, which lifts the block
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


_plain_preparation = spawn.get_preparation_data


def _prepare(name: str) -> dict[str, Any]:
    """What a new process gets of this one, but for its main module.

    It needs nothing of that, and while Streamlit draws a page, the page's script is the main module.
    """
    return {key: value for key, value in _plain_preparation(name).items() if not key.startswith("init_main")}


def _let_go(run: LiveRun) -> None:
    """Frees the run's actor, at once: left to the collector of garbage it would stay in its worker for a while."""
    _release(run.future, run.actor)
    run.leave_actor()


def _release(future: Any, actor: Any) -> None:
    for held in (future, getattr(actor, "_future", None)):  # Dask's handle of an actor holds it by a future of its own
        if held is not None:
            held.release()


async def _close(cluster: Any) -> None:
    try:
        await cluster.close()
    except Exception:
        log.warning("the workers did not end in order", exc_info=True)  # they end with this process


async def _ask(actor: Any, method: str, *arguments: object) -> Any:
    """What an actor's method gives; the loss of its worker is an `OSError`, even where Dask knew of it before."""
    try:
        answer = getattr(actor, method)(*arguments)
    except RuntimeError as error:
        raise OSError(str(error)) from error
    return await _result(answer)


async def _result(handle: Awaitable[T]) -> T:
    """What comes of a Dask future; its being lost is an `OSError`, not the cancellation of who waits for it."""
    try:
        return await handle
    except FutureCancelledError as error:
        raise OSError(str(error)) from error


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Waits for the event, but no longer than that."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), None if math.isinf(seconds) else seconds)
