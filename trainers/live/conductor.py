"""The conductor: a background thread that sees each live run from its start to its end, and keeps what came of it.

Studies over seeds are made of runs too, one at a time on each worker, which get the time that the live ones leave.

All of it belongs to the conductor's own event loop. Other threads may call `Conductor.start`, `stop`, `find`,
`find_study`, `tell` and `ask`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from trainers.evidence.plan import Plan
from trainers.kinds import heap
from trainers.kinds.host import Host, RunError
from trainers.kinds.run import empty_history
from trainers.live.cluster import Cluster
from trainers.live.keeper import Keeper
from trainers.live.line import Line
from trainers.live.live_run import WORKER, Fork, LiveRun, LostError
from trainers.live.live_study import LiveStudy
from trainers.live.live_worker import StuckError
from trainers.live.memory import Memory
from trainers.live.policy import Policy
from trainers.live.study_desk import StudyDesk
from trainers.live.visitor import Visitor
from trainers.runs.branching import check_branch, last_use
from trainers.runs.spec import RunSpec
from trainers.store.database import StoreError
from trainers.store.recording import Recording, new_id
from trainers.store.store import Store
from tricks.declaration import RefusedError
from tricks.making import Making

T = TypeVar("T")
S = TypeVar("S", LiveRun, LiveStudy)
log = logging.getLogger(__name__)

_TELL_S = 1.0  # between two words of what a run without a worker waits for
_BEGIN_S = 60.0  # in which a thread begins on any machine
_CAPTURE_S = 1.0  # in which runs that are kept are captured at the end
_KEEP_S = 3.0  # in which what is still to be written is
_END_S = 60.0  # in which all has ended on any machine
TRIM_S = 10.0  # between looks whether something was let go whose memory can be given back
_POLL_S = 0.05  # between looks for something that somebody waits for


@dataclass(frozen=True)
class Standing:
    """Where a run is: its worker's address ("" while it has none), and how far it has got there.

    `background` says that it is a study's; `settled` that its worker has made it.
    """

    worker: str
    background: bool
    settled: bool
    state: str = ""
    step: int = 0


@dataclass(frozen=True)
class Whereabouts:
    """What goes on where, at one moment of the conductor's loop.

    `workers` are those that can take runs, `refused` has those that may not, with the reason; `runs` has the runs that
    go on or are being made by their ids, `studies` the ids of those that go on; `unanswered` counts the rounds that
    were asked for and have not come.
    """

    workers: tuple[str, ...]
    refused: Mapping[str, str]
    runs: Mapping[str, Standing]
    studies: tuple[str, ...]
    unanswered: int

    @property
    def settled(self) -> bool:
        """Whether each run is held by a worker that is there."""
        return all(one.settled and one.worker in self.workers for one in self.runs.values())

    def workers_of(self, *, background: bool) -> tuple[str, ...]:
        """The workers of the live runs, or of the studies', one entry a run."""
        return tuple(one.worker for one in self.runs.values() if one.background == background)


class Conductor:
    """Starts, keeps and ends live runs and studies; `host` is the class that holds the runs in the workers.

    With a `store` what has an owner is kept in it, and found there again.
    """

    def __init__(self, policy: Policy | None = None, *, host: type[Host] = Host, store: Store | None = None) -> None:
        self.policy = policy or Policy()
        self._host = host
        self.keeper = None if store is None else Keeper(store, self._on_taken_over)
        self._runs: Memory[LiveRun] = Memory(self.policy.keep_s, self.policy.max_kept, self.keeper)
        self._desk = StudyDesk(
            self.policy, self.keeper, spawn=self._spawn, train=self._train, has_room=self._has_room_for_study
        )
        self._going: dict[str, LiveRun] = {}  # runs with a task that sees to them, those of studies too
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # For any thread

    def start(self) -> None:
        """Starts the thread. The workers come up behind it: a run begun meanwhile waits for them.

        Raises:
            Exception: whatever kept the thread from its work, or a `TimeoutError`.
        """
        begun: Future[None] = Future()
        self._thread = threading.Thread(target=self._live, args=(begun,), name="conductor", daemon=True)
        self._thread.start()
        try:
            begun.result(_BEGIN_S)
        except BaseException:
            self._thread = self._loop = None
            raise
        if self.keeper is not None:
            self.keeper.start()

    def stop(self) -> None:
        """Ends all runs and the embedded workers, and waits for that."""
        if self._thread is not None:
            self.tell(self._closing.set)
            self._thread.join()
            self._thread = self._loop = None

    def find(self, run_id: str) -> LiveRun | None:
        """The run of that id, going or kept."""
        return self._runs.find(run_id)

    def find_study(self, study_id: str) -> LiveStudy | None:
        """The study of that id, going or kept."""
        return self._desk.memory.find(study_id)

    @property
    def warm(self) -> bool:
        """Whether there are workers."""
        return self.num_workers > 0

    @property
    def num_workers(self) -> int:
        """How many workers there are."""
        return 0 if self._loop is None else len(self.cluster.workers)

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
        """What goes on where, as soon as that `holds`; waits for a first worker to come up."""
        await self.cluster.ready.wait()
        while not holds(found := self._look()):  # noqa: ASYNC110 - which may depend on anything
            await asyncio.sleep(_POLL_S)
        return found

    def _look(self) -> Whereabouts:
        workers = self.cluster.workers.values()
        runs = {run.id: Standing("", run.background, False, run.state, run.position) for run in self._going.values()}
        for worker in workers:
            for place in worker.places.values():
                if place.run.id in runs:
                    runs[place.run.id] = replace(runs[place.run.id], worker=worker.address, settled=place.is_made)
        return Whereabouts(
            workers=tuple(self.cluster.workers),
            refused=dict(self.cluster.refused),
            runs=runs,
            studies=tuple(study.id for study in self._desk.memory.going()),
            unanswered=sum(worker.unanswered for worker in workers),
        )

    async def begin(
        self,
        spec: RunSpec,
        *,
        owner: Visitor | None = None,
        speed: float | None = None,
        paused: bool = False,
        instead_of: LiveRun | None = None,
    ) -> LiveRun:
        """Begins a run of a checked `spec`; `instead_of` is stopped for it, and leaves it its place.

        It waits for a place, and is made, before its first step. Where its owner has as many as they may have, the
        oldest of them that nobody watches is stopped for it.

        Raises:
            RefusedError: there are as many live runs, and as many that wait, as there may be, or as the owner may have.
        """
        run = LiveRun(new_id(), empty_history(spec), speed, paused, self.policy, owner)
        self._join(run, instead_of)
        if self.keeper is not None and owner is not None:
            self.keeper.keep(run, Recording(run.id, owner.id))
        return run

    async def branch(
        self, parent: LiveRun, step: object, steps: object = None, *, owner: Visitor | None = None
    ) -> LiveRun:
        """A run that goes on from a `step` of another, paused there; `steps` are those it has in all, if more.

        It waits for a place as any other; the other one is left as it is.

        Raises:
            RefusedError: as `check_branch`, or as `begin`.
        """
        after, spec = check_branch(parent.history, parent.provenance, step, steps)
        last = last_use(parent.spec, after, spec)
        capture = parent.capture if parent.captured_at <= last else None
        if self.keeper is not None:
            capture = await asyncio.to_thread(self.keeper.capture_at, parent.id, last, capture)
        past, fork = parent.history.until(after, spec), Fork(parent.id, after)
        run = LiveRun(new_id(), past, parent.speed, True, self.policy, owner, capture, fork=fork)
        self._join(run)  # a worker makes again what lies between the capture and where it stands
        if self.keeper is not None and owner is not None:
            self.keeper.keep(run, Recording(run.id, owner.id, parent=parent.id, fork_step=after))
        return run

    def _join(self, run: LiveRun, instead_of: LiveRun | None = None) -> None:
        """Begins a run, in a place of its own or that of another.

        Raises:
            RefusedError: there is none.
        """
        unwatched = None if run.owner is None else self._make_room_of(run.owner, instead_of)
        self._line.join(run, instead_of or unwatched)
        for other in (unwatched, instead_of):
            if other is not None:
                other.stop()
        self._begin(run)

    def _begin(self, run: LiveRun) -> None:
        run.expect()
        self._runs.add(run)
        self._spawn(self._see_through(run))

    async def recall(self, run_id: str, visitor: Visitor) -> LiveRun | None:
        """The run of that id, going or kept, or in the store if it is `visitor`'s; None where there is none.

        Raises:
            StoreError: the store cannot be read.
        """
        keeper = self.keeper
        if keeper is None:
            return self._runs.find(run_id)
        return await self._runs.recall(run_id, lambda: asyncio.to_thread(keeper.recall, run_id, visitor, self.policy))

    async def recall_study(self, study_id: str, visitor: Visitor) -> LiveStudy | None:
        """The same of a study.

        Raises:
            StoreError: the store cannot be read.
        """
        keeper = self.keeper
        if keeper is None:
            return self._desk.memory.find(study_id)
        return await self._desk.memory.recall(
            study_id, lambda: asyncio.to_thread(keeper.recall_study, study_id, visitor, self.policy)
        )

    async def go_on(self, run_id: str) -> LiveRun:
        """Goes on with an interrupted run from its last capture, in the place of what is shown of it.

        Raises:
            StoreError: it is not interrupted, or the store cannot be read.
            RefusedError: there are as many live runs as there may be, or as its owner may have.
        """
        assert self.keeper is not None
        shown = self._runs.find(run_id)
        if shown is not None and shown.owner is not None and self._make_room_of(shown.owner, None) is None:
            self._line.check()  # while nothing of it is let go yet
        run = await asyncio.to_thread(self.keeper.go_on, run_id, self.policy)
        try:
            self._join(run)
        except RefusedError:
            run.interrupt()
            raise
        run.resume()
        return run

    async def go_on_with_study(self, study_id: str) -> LiveStudy:
        """Goes on with an interrupted study, seed by seed.

        Raises:
            StoreError: it is not interrupted, or the store cannot be read.
            RefusedError: there are as many studies as there may be, or as its owner may have.
        """
        return await self._desk.go_on(study_id)

    async def let_go(self, public_id: str) -> None:
        """Has in memory no longer what has ended and is kept: it is found in the store, by whose it is."""
        self._runs.let_go(public_id)
        self._desk.memory.let_go(public_id)

    async def hand_over(self, giver: Visitor, taker: Visitor) -> int:
        """Makes all that is of one visitor another's, what goes on too; how many runs and studies the store has of it.

        Raises:
            StoreError: the store cannot be written; nothing was changed.
        """
        assert self.keeper is not None
        moved: list[LiveRun | LiveStudy] = [*self._runs.of(giver), *self._desk.memory.of(giver)]
        for one in moved:
            one.owner = replace(taker, others=())
        try:
            return await asyncio.to_thread(self.keeper.hand_over, giver, taker)
        except StoreError:
            for one in moved:
                one.owner = giver
            raise

    def _on_taken_over(self, subject: LiveRun | LiveStudy) -> None:
        """Ends what is trained by another program now."""
        self.tell(subject.stop if isinstance(subject, LiveRun) else subject.cancel, "taken_over")

    def _make_room_of(self, owner: Visitor, instead_of: LiveRun | None) -> LiveRun | None:
        """The run of `owner` that is to end for one more; None where there is room for it."""
        most = self.policy.max_own if owner.is_alone else self.policy.max_of_address
        own = [run for run in self._runs.going_of(owner) if run is not instead_of]
        if len(own) < most:
            return None
        for run in own:
            if owner.is_alone and not run.listeners:
                return run
        sentence = f"your live runs must be at most {most} at a time, got one more: stop one of them"
        raise RefusedError(sentence, "too_many_own", most=most)

    async def begin_study(
        self, plan: Plan, *, owner: Visitor | None = None, instead_of: LiveStudy | None = None
    ) -> LiveStudy:
        """Begins a study of a checked `plan`, behind the live runs; `instead_of` is canceled for it.

        Raises:
            RefusedError: there are as many studies as there may be, or as the owner may have.
        """
        return self._desk.begin(plan, owner, instead_of)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, run: LiveRun) -> None:
        """Sees a live run to its end, however often it leaves its place and comes back, and keeps it for a while."""
        try:
            await self._line.enter(run)
            await self._train(run)
            while run.going:
                await run.wanted.wait()
                run.come_back()
                if run.going:
                    self._line.join(run, comes_back=True)
                    await self._line.enter(run)
                    await self._train(run)
        except RefusedError as error:
            run.stop("broken", str(error))
        finally:
            self._line.leave(run)
        self._runs.keep(run)

    async def _train(self, run: LiveRun) -> None:
        """Has the run trained until it has ended or leaves its place, elsewhere where a worker is lost."""
        self._going[run.id] = run
        leaving = asyncio.ensure_future(run.leaving.wait())
        try:
            while not run.leaving.is_set():
                worker = self.cluster.choose(run)
                if worker is None:
                    trouble = self.cluster.trouble
                    run.tell_making(Making("no_worker", detail=trouble) if trouble else WORKER)
                    coming = asyncio.ensure_future(self.cluster.another())
                    await asyncio.wait([coming, leaving], timeout=_TELL_S, return_when=asyncio.FIRST_COMPLETED)
                    coming.cancel()
                    continue
                try:
                    await worker.train(run)
                except LostError as error:
                    run.lose(worker.address, stuck=isinstance(error, StuckError), counts=not error.innocent)
        except (RunError, RefusedError) as error:
            run.stop("broken", str(error))
        except Exception as error:
            log.exception("the run %s was ended", run.id)
            run.stop("broken", str(error))
        finally:
            leaving.cancel()
            del self._going[run.id]

    def _has_room_for_study(self) -> bool:
        """Whether a worker has none of a study's runs."""
        return sum(run.background for run in self._going.values()) < len(self.cluster.workers)

    # The thread

    async def _give_back(self) -> None:
        """Gives memory back to the system, again and again, where runs or studies were let go meanwhile."""
        known: set[str] = set()
        while True:
            held = {*self._runs, *self._desk.memory}
            if known - held:
                await asyncio.to_thread(heap.trim)
            known = held
            await asyncio.sleep(TRIM_S)

    def _live(self, begun: Future[None]) -> None:
        try:
            asyncio.run(self._serve(begun))
        except BaseException as error:
            if begun.done():
                raise
            begun.set_exception(error)

    async def _serve(self, begun: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._line = Line(self.policy, lambda: self.cluster.given_s)
        self.cluster = Cluster(self.policy, host=self._host)
        keeping = asyncio.ensure_future(self.cluster.run())
        self._spawn(self._give_back())
        begun.set_result(None)
        await self._closing.wait()
        await self._close_all()
        for task in (*self._tasks, keeping):
            task.cancel()
        ending = [*self._tasks, keeping]
        if self.keeper is not None:
            ending.append(asyncio.ensure_future(asyncio.to_thread(self.keeper.stop, _KEEP_S)))
        await asyncio.wait(ending, timeout=_END_S)  # what has not ended by then ends with this process

    async def _close_all(self) -> None:
        """Ends all runs and studies; those that are kept are captured first, and can be gone on with."""
        runs, studies = self._runs.going(), self._desk.memory.going()
        if self.keeper is None:
            for run in runs:
                run.stop()
            for study in studies:
                study.cancel()
            return
        asked = [run for run in runs if run.worker is not None and not run.held]
        for run in asked:
            run.wants_capture = True
        for _ in range(round(_CAPTURE_S / _POLL_S)):
            if any(run.going and run.wants_capture for run in asked):
                await asyncio.sleep(_POLL_S)
        for run in runs:
            run.interrupt()
        for study in studies:
            study.interrupt()
