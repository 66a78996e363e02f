"""A worker process as the app sees it: the runs it has, the rounds it is asked for, and whether it lives.

A round is one call that advances several runs. Two are under way at a time, so that the worker need not wait; which
runs are in the next one, and for how long, is decided here, from what each run is due and has had.
"""

from __future__ import annotations

import asyncio
import logging
import math
import pickle
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from trainers.kinds.host import Ask, Pulse, RunError, Slice
from trainers.live.live_run import LiveRun, LostError
from trainers.live.policy import Policy
from trainers.runs.spec import Event, RunSpec
from tricks.making import Making

T = TypeVar("T")
log = logging.getLogger(__name__)

AHEAD = 2  # rounds under way at a time
SELDOM = 4.0  # times as long, and as rarely, a run is served that nobody watches
_LOOK_S = 1.0  # between two questions whether the worker lives
_TELL_S = 0.5  # between two looks at how far a run is made
_STILL = 0.05  # of a core: less than this, and a step does nothing


class StuckError(LostError):
    """The worker is given up for a step of this very run that does not end."""


class Hosting(Protocol):
    """What is asked of a worker's `Host`."""

    async def make(self, name: str, spec: RunSpec, capture: bytes | None, commands: Sequence[Event]) -> int: ...
    async def making(self, name: str) -> Making | None: ...
    async def train(self, number: int, asks: Sequence[Ask]) -> bytes: ...
    async def command(self, name: str, events: Sequence[Event]) -> None: ...
    async def drop(self, name: str) -> None: ...
    async def pulse(self) -> Pulse: ...


@dataclass(eq=False)
class Place:
    """A run's place in a worker: `had_s` is what it has had of the worker, in seconds that count for its turn.

    A run that `moves` leaves it with its next capture, to go on from that in another worker; then `left` is set.
    """

    run: LiveRun
    is_made: bool = False
    had_s: float = 0.0
    under_way: int = 0  # rounds that it is in
    captured_at: float = 0.0
    moves: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def move(self) -> None:
        """Has the run leave with a capture, which its next slice brings."""
        self.moves, self.captured_at = True, -math.inf


@dataclass(frozen=True, eq=False)
class _Round:
    """A round that was asked for: each place with its ask, and whether that is the one step of a run that is held."""

    asks: tuple[tuple[Place, Ask, bool], ...]
    answer: asyncio.Task[bytes]


@dataclass(eq=False)
class LiveWorker:
    """A worker at `address`, by its `host`; `processor` is what it calculates with.

    It belongs to the conductor's loop.
    """

    address: str
    host: Hosting
    policy: Policy
    processor: str = ""
    places: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wake = asyncio.Event()
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Ends with the worker; its result is the name of the run whose step is stuck, if that is why."""
        self._rounds: deque[_Round] = deque()
        self._number = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.given_s = 0.0  # for which it has trained live runs
        self._turn_s = 0.0  # the least that a run has had which was served last

    @property
    def is_there(self) -> bool:
        return not self.gone.done()

    @property
    def unanswered(self) -> int:
        """The rounds that were asked for and have not come."""
        return len(self._rounds)

    def count(self, *, background: bool) -> int:
        """How many live runs have a place, or how many of a study's."""
        return sum(place.run.background == background for place in self.places.values())

    # For a run

    async def train(self, run: LiveRun) -> None:
        """Makes the run here, from its capture where it has one, and trains it until it has ended or leaves its place.

        It may leave it to go on in another worker.

        Raises:
            LostError: the worker is lost, or stuck (`StuckError`: in this run).
            RunError, RefusedError: the run cannot be made.
        """
        place = self.places[run.id] = Place(run)
        leaving, left = (asyncio.ensure_future(event.wait()) for event in (run.leaving, place.left))
        try:
            await self._make(place, leaving)
            if run.going:
                place.is_made, place.had_s, place.captured_at = True, self._turn_s, self._now()
                run.join(self)
                self.wake.set()
                over: list[asyncio.Future[Any]] = [leaving, left, self.gone]
                await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            if not (run.leaving.is_set() or place.left.is_set()):
                raise self._loss_of(place)
        finally:
            leaving.cancel()
            left.cancel()
            del self.places[run.id]
            if self.is_there:
                self._spawn(self._drop(run.here))
            run.leave()

    async def _make(self, place: Place, leaving: asyncio.Task[Any]) -> None:
        """Makes the run, and tells how far it is, until that is done or the run has ended."""
        run = place.run
        state = None if run.capture is None else run.capture.data
        made = asyncio.ensure_future(self._answer(self.host.make(run.here, run.spec, state, run.commands())))
        waited: list[asyncio.Future[Any]] = [made, leaving]
        try:
            while run.going:
                await asyncio.wait(waited, timeout=_TELL_S, return_when=asyncio.FIRST_COMPLETED)
                if made.done():
                    run.made(made.result())
                    return
                run.tell_making(await self._answer(self.host.making(run.here)))
        finally:
            made.cancel()

    async def _drop(self, name: str) -> None:
        with suppress(LostError):
            await self._answer(self.host.drop(name))

    async def _answer(self, call: Coroutine[Any, Any, T]) -> T:
        """What the host says.

        Raises:
            LostError: the worker is lost.
        """
        asked = asyncio.ensure_future(call)
        waited: list[asyncio.Future[Any]] = [asked, self.gone]
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise LostError(f"the worker at {self.address} is lost")
            return asked.result()
        except OSError as error:
            self.lose(error)
            raise LostError(str(error)) from error
        finally:
            asked.cancel()

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _loss_of(self, place: Place) -> LostError:
        kind = StuckError if self.gone.result() == place.run.here else LostError
        loss = kind(f"the worker at {self.address} is lost")
        loss.innocent = not place.under_way
        return loss

    async def command(self, name: str, events: Sequence[Event]) -> None:
        """Has the run obey `events` from its next step on."""
        await self._answer(self.host.command(name, events))

    # Its life

    def lose(self, why: object = "", *, stuck: str = "") -> None:
        """Gives the worker up, and says `why` where that is not the end of all: its runs go on elsewhere."""
        if self.is_there:
            if why:
                log.warning("the worker at %s is lost: %s", self.address, why)
            self.gone.set_result(stuck)
            self.wake.set()

    async def watch(self) -> None:
        """Asks again and again whether the worker lives and its step ends, until it does not."""
        before = Pulse()
        while self.is_there:
            await asyncio.wait({self.gone}, timeout=_LOOK_S)
            pulse = await self._feel()
            # Twice, since one that stood still with the whole machine has not had the time to end its slice.
            if is_stuck(before, self.policy.overrun_s) and is_stuck(pulse, self.policy.overrun_s):
                self.lose(f"a slice of {pulse.run} does not end", stuck=pulse.run)
            before = pulse

    async def _feel(self) -> Pulse:
        """The worker's pulse. It is lost where it gives none in `silence_s`, of which this process was awake."""
        asked = asyncio.ensure_future(self._answer(self.host.pulse()))
        try:
            for _ in range(max(1, round(self.policy.silence_s / _LOOK_S))):
                await asyncio.wait({asked}, timeout=_LOOK_S)  # one piece, however long this process stood still in it
                if asked.done():
                    return asked.result()
            self.lose(f"it has not answered for {self.policy.silence_s:g} s")
        except LostError:
            pass
        finally:
            asked.cancel()
        return Pulse()

    # Its rounds

    async def serve(self) -> None:
        """Asks for round after round, as there is something due, until the worker is lost."""
        try:
            while self.is_there:
                self.wake.clear()
                while self._rounds and self._rounds[0].answer.done():
                    self._take(self._rounds.popleft())
                wait_s = math.inf
                if self.is_there and len(self._rounds) < AHEAD:
                    asks, wait_s = self.compose(self._now())
                    if asks:
                        self._ask(asks)
                        continue
                with suppress(TimeoutError):  # `wait_for` may swallow that it is called off
                    async with asyncio.timeout(None if math.isinf(wait_s) else wait_s):
                        await self.wake.wait()
        except Exception as error:
            log.exception("the rounds of a worker ended")
            self.lose(error)
        finally:
            for one in self._rounds:
                one.answer.cancel()

    def _ask(self, asks: tuple[tuple[Place, Ask, bool], ...]) -> None:
        for place, _, _ in asks:
            place.under_way += 1
        training = self._answer(self.host.train(self._number, [ask for _, ask, _ in asks]))
        answer = asyncio.get_running_loop().create_task(training)
        answer.add_done_callback(lambda _: self.wake.set())
        self._number += 1
        self._rounds.append(_Round(asks, answer))

    def _take(self, done: _Round) -> None:
        """Gives each run what came of its ask."""
        try:
            answers = pickle.loads(done.answer.result())  # noqa: S301 - of a worker that runs this very code
        except (LostError, asyncio.CancelledError):
            return
        now = self._now()
        for (place, ask, single), answer in zip(done.asks, answers, strict=True):
            place.under_way -= 1
            run = place.run
            if not run.going or place.left.is_set() or self.places.get(run.id) is not place:
                continue
            if isinstance(answer, RunError):
                run.stop("broken", str(answer))
            elif answer is not None:
                self._account(place, answer, now)
                run.take(answer, now, single=single)
            elif ask.capture:
                place.captured_at = -math.inf  # it came back undone

    def _account(self, place: Place, piece: Slice, now: float) -> None:
        self._turn_s = max(self._turn_s, place.had_s)
        place.had_s += piece.seconds
        if not place.run.background:
            self.given_s += piece.seconds
        if piece.capture is not None:
            place.captured_at = now
            if place.moves:
                place.left.set()

    def compose(self, now: float) -> tuple[tuple[tuple[Place, Ask, bool], ...], float]:
        """What is asked of the worker next, and else for how many seconds nothing is due.

        Each place whose run is due, those first whose knobs were turned and then those that have had least of the
        worker, half of them at most and no longer than a round lasts: the other round under way has the others. A
        study's run gives way to the live ones until it has rested, and then comes before them.
        """
        active = [place for place in self.places.values() if place.is_made and place.run.going]
        sharers = sum(not place.run.background and not place.run.held for place in active)
        found, wait_s, is_needed = [], math.inf, False
        for place in active:
            run = place.run
            steps, left_s = run.due(now)
            alone = sharers <= (0 if run.background else 1)
            most = AHEAD if steps is None and alone else 1
            is_needed |= not run.background and (place.under_way > 0 or steps != 0)
            if steps == 0:
                wait_s = min(wait_s, left_s)
            elif place.under_way < most:
                found.append((place, steps))
        due = []
        waiting = [place for place, _ in found] + [place for place in active if place.under_way]
        least_s = min((place.had_s for place in waiting), default=0.0)
        for place, steps in found:
            rest_s = place.run.rest(now) if is_needed else 0.0
            if rest_s > 0:
                wait_s = min(wait_s, rest_s)
                continue
            if self._rounds and place.had_s > least_s + self.policy.cycle_s:
                continue  # the round under way is of one that has had less
            if not place.under_way:  # one that was idle has no claim to what it did not want
                place.had_s = max(place.had_s, self._turn_s - self.policy.cycle_s)
            due.append((place, steps))
        due.sort(key=lambda one: (not one[0].run.sent, not one[0].run.background, one[0].had_s))
        asks: list[tuple[Place, Ask, bool]] = []
        length_s = 0.0
        for place, steps in due[: math.ceil(len(due) / AHEAD)]:
            ask = self._slice_of(place, steps, sharers, now)
            asks.append((place, ask, place.run.held))
            length_s += ask.seconds
            if length_s >= self.policy.round_s:
                break
        return tuple(asks), wait_s

    def _slice_of(self, place: Place, steps: int | None, sharers: int, now: float) -> Ask:
        run, policy = place.run, self.policy
        short = sharers if run.background else run.listeners
        alone_s = policy.watched_slice_s if short else policy.slice_s
        seconds = min(alone_s, policy.cycle_s / max(1, sharers))
        if not run.background and not run.listeners:
            seconds = min(alone_s, seconds * SELDOM)
        every_s = policy.capture_s * max(1, sharers)
        is_due = run.wants_capture or now - place.captured_at >= every_s
        capture = run.position == run.history.step and is_due
        if capture:
            place.captured_at = now
        run.asked_at = now
        return Ask(run.here, seconds, steps, capture)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def is_stuck(pulse: Pulse, overrun_s: float) -> bool:
    """Whether the step under way does not end: it has had much of a core for `overrun_s`, or nothing for far longer.

    A machine that is merely slow, or stands still, gives it little of a core, or lets it have what it needs later.
    """
    if pulse.cpu_s >= overrun_s:
        return True
    return pulse.wall_s >= 3 * overrun_s and pulse.cpu_s < _STILL * pulse.wall_s
