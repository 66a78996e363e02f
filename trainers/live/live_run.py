"""A live run as the app's process holds it: its history, its state and pace, who watches it, what a person asks of it.

A `LiveRun` belongs to the conductor's event loop; other threads read its `mark`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, Protocol

from trainers.kinds.host import Slice
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.live.watched import Rate, Watched
from trainers.runs.history import History
from trainers.runs.provenance import processor
from trainers.runs.remarks import Remark, observe
from trainers.runs.spec import Event, RunSpec
from trainers.store.recording import Capture
from tricks.making import Making

log = logging.getLogger(__name__)


SLOWEST, FASTEST = 0.1, 100_000.0  # steps a second that a run may be asked for
MAX_LOSSES = 3  # workers lost one after another without a new step
MAX_STUCK = 1  # workers lost for a step of the run that does not end: the second time it is the run's own fault
_CATCH_UP_S = 0.25  # a paced run that was held up makes up for at most this much
_RATE_S = 1.0  # steps per second are measured over about this long
_TRAINED_S = 2.0  # of a worker's own time: over about so much of it, what a step takes
_REMARKS_S = 1.0  # remarks are looked for at most this often while a run goes on


@dataclass(frozen=True)
class Fork:
    """Where a run goes on from another: of which `run`, by its id, and after which `step`."""

    run: str
    step: int


@dataclass(frozen=True)
class Mark:
    """A run at one moment, for any thread to read: `number` counts up, `history` no longer changes.

    `note` names what a watcher should be told (`moved`: its worker died and it goes on elsewhere; `elsewhere`: it is
    made on another processor than the app's; `stuck`, `lost`, `broken`: why it was ended; `away`: nobody watched for
    long), `detail` says more where there is more. `making` is what the run waits for before it can go on, for
    `making_s` so far: what is made for it, or a worker. `asked` are the turns that have not taken effect yet, `heard`
    how many messages of each viewer the mark comes after. `coming` are the turns of a run that is gone on with which
    lie behind the step from which it is; `capture` is its newest state. Of a run of the past `begun_at` is when it was
    begun, in seconds since 1970.
    """

    number: int
    history: History
    state: State
    speed: float | None
    rate: float
    remarks: tuple[Remark, ...] = ()
    note: str | None = None
    detail: str = ""
    making: Making | None = None
    making_s: float = 0.0
    asked: tuple[Event, ...] = ()
    heard: Mapping[int, int] = field(default_factory=dict)
    coming: tuple[Event, ...] = ()
    capture: Capture | None = None
    begun_at: float | None = None
    fork: Fork | None = None

    @property
    def eta_s(self) -> float | None:
        """The seconds left at the present rate, or None."""
        if self.state != State.RUNNING or not self.rate:
            return None
        return (self.history.spec.steps - self.history.step) / self.rate


WORKER = Making("worker")
"""What a run waits for that no worker has."""


class LostError(Exception):
    """The worker does not answer, or is gone, or has been given up; an `innocent` run stood still in it meanwhile."""

    innocent = False


class Holder(Protocol):
    """The worker that has a run; it raises a `LostError` where it is lost."""

    address: str
    processor: str
    wake: asyncio.Event

    async def command(self, name: str, events: Sequence[Event]) -> None: ...


@dataclass(eq=False)
class LiveRun(Watched):
    """A run as the conductor holds it. Its methods are for the conductor's loop: `Conductor.tell(run.pause)`.

    Its `id` reads, everywhere and for everybody; only its `owner` steers.
    """

    id: str
    history: History
    speed: float | None
    paused: bool
    policy: Policy
    owner: Visitor | None = None
    capture: Capture | None = None
    coming: tuple[Event, ...] = ()
    begun_at: float | None = None
    provenance: Mapping[str, Any] | None = None
    fork: Fork | None = None
    mark: Mark = field(init=False)

    background: ClassVar[bool] = False  # whether it gives way to the others
    most_losses: ClassVar[int] = MAX_LOSSES

    def __post_init__(self) -> None:
        super().__init__()
        self.state = State.PAUSED if self.paused else State.RUNNING
        self.away = False  # paused because nobody watches
        self.credit = 0  # single steps asked for while paused
        self.leaving = asyncio.Event()  # it needs its worker no more: it has ended, or leaves its place to another
        self.wanted = asyncio.Event()  # it is to go on, or has ended, after it has left its place
        self.is_aside = False  # it has left its place
        self.idle_since = 0.0
        self.worker: Holder | None = None  # that has it, once it is made
        self.making: Making | None = WORKER
        self._waits_since = time.monotonic()
        self.note: str | None = None
        self.detail = ""
        self.remarks: list[Remark] = []
        self.wants_capture = False  # as soon as it can be had
        self.sent: deque[Event] = deque()  # commands that are not known to have taken effect
        self.unsent: list[Event] = []  # those of `sent` that are not yet on their way
        self.heard: Mapping[int, int] = {}  # viewer -> how many of its turns have come
        self.settled = 0  # of the commands its worker got, how many took effect in the history
        self.position = 0  # the last step of its worker: behind the history while it replays
        self.losses = 0  # workers lost since it last got ahead
        self.stuck = 0  # workers lost for a step of its own
        self.stays = 0  # with how many workers it has been
        self.asked_at = 0.0
        self.courier: asyncio.Task[None] | None = None
        self.may_lead = False  # a command has arrived: the step under it may be made ahead of the pace
        self._pace = (0.0, 0)  # since when, from which step
        self._rate = Rate(_RATE_S)
        self._trained_s = 0.0  # of its workers' time, in all
        self._trained = Rate(_TRAINED_S)
        self._observed_at = 0.0
        self._observed = 0
        self.publish()

    @classmethod
    def past(
        cls,
        run_id: str,
        history: History,
        state: State,
        policy: Policy,
        owner: Visitor,
        *,
        begun_at: float,
        made: Mapping[str, Any],
        fork: Fork | None = None,
    ) -> LiveRun:
        """A run that has ended, as it was kept: `begun_at` is in seconds since 1970, `made` its provenance."""
        run = cls(run_id, history, None, True, policy, owner, begun_at=begun_at, provenance=made, fork=fork)
        run.finish(state, "interrupted" if state == State.INTERRUPTED else None)
        return run

    @property
    def spec(self) -> RunSpec:
        return self.history.spec

    @property
    def going(self) -> bool:
        """Whether it can still make steps."""
        return self.state.is_going

    @property
    def steps_left(self) -> int:
        return self.spec.steps - self.history.step

    @property
    def trained(self) -> tuple[float, float]:
        """The seconds of its worker's own time that it has had of late, and the steps made in them."""
        return self._trained.grown

    @property
    def held(self) -> bool:
        """Whether it stands still until somebody lets it go on."""
        return self.paused or self.away

    # What a person does to it

    def pause(self) -> None:
        self.paused = True
        self._changed()

    def resume(self) -> None:
        self.paused, self.credit = False, 0
        self._changed()

    def step(self) -> None:
        """Makes one step, and stays paused."""
        if not self.paused:
            self.pause()
        self.credit += 1
        self.idle_since = asyncio.get_running_loop().time()
        self._wake()

    def set_speed(self, speed: float | None, *heard: int) -> None:
        """Paces the run at `speed` steps a second, or lets it go as fast as it can (None); `heard` as in `turn`."""
        self.speed = speed
        self._hear(*heard)
        self._changed()

    def stop(self, note: str | None = None, detail: str = "") -> None:
        """Ends the run; its history stays."""
        if self.going:
            self.finish(State.STOPPED, note, detail)

    def interrupt(self) -> None:
        """Ends the run with its program: it can be gone on with."""
        if self.going:
            self.finish(State.INTERRUPTED, "interrupted")

    def turn(self, event: Event, *heard: int) -> None:
        """Changes a live value from the next step on. `event` has been checked.

        `heard` names who turned it, a viewer's number, and how many of its messages have come with this one.
        """
        if not self.going:
            return
        self._hear(*heard)
        event = replace(event, step=self.history.step + 1)
        self.sent.append(event)
        self.unsent.append(event)
        self.deliver()
        self.publish()

    def _hear(self, viewer: int = 0, turns: int = 0) -> None:
        if viewer:
            self.heard = {**self.heard, viewer: turns}

    def deliver(self) -> None:
        """Sees to it that its worker gets the commands, in their order."""
        if self.worker is not None and self.unsent and (self.courier is None or self.courier.done()):
            self.courier = asyncio.get_running_loop().create_task(self._carry(self.worker))

    async def _carry(self, worker: Holder) -> None:
        while self.unsent and worker is self.worker:
            batch, self.unsent = self.unsent, []
            try:
                await worker.command(self.here, batch)
            except LostError:
                continue  # the restored run gets them anew
            except Exception as error:
                log.exception("the run %s was ended", self.id)
                self.stop("broken", str(error))
                return
            self.may_lead = True
            self._wake()

    # Where it is

    @property
    def here(self) -> str:
        """What it is called in its worker: a run that was lost and comes back to one is not what it left there."""
        return f"{self.id}-{self.stays}"

    def commands(self) -> tuple[Event, ...]:
        """What is to take effect after the last capture, at its steps, and at the next step."""
        self.sent = deque(replace(event, step=self.history.step + 1) for event in self.sent)
        self.unsent.clear()
        return (*self._done(), *self.sent)

    @property
    def captured_at(self) -> int:
        """The step of its last capture, from which a worker makes it."""
        return 0 if self.capture is None else self.capture.step

    def _done(self) -> list[Event]:
        """What is known to take effect at a step after the last capture: what did, and what comes again."""
        done = [event for event in self.history.events if event.step > self.captured_at]
        return done + [event for event in self.coming if event.step > self.history.step]

    def tell_making(self, making: Making | None) -> None:
        """Says what it waits for, while it has no worker to go on in."""
        if making is not None and self.going:
            if self.making is None or making.what != self.making.what:
                self._waits_since = time.monotonic()
            self.making = making
            self.publish()

    def made(self, steps_per_epoch: int) -> None:
        """A worker has made it, from its last capture."""
        self.history.steps_per_epoch = steps_per_epoch
        self.position, self.settled = self.captured_at, len(self._done())
        self.making = self._replaying()

    def _replaying(self) -> Making | None:
        """That steps are made again which its history has, where they are."""
        ahead = self.history.step - self.position
        return Making("again", detail=f"{ahead:,}") if ahead > 0 else None

    def join(self, worker: Holder) -> None:
        """Goes on in that worker."""
        self.worker = worker
        known = dict.fromkeys((*self.history.processors, worker.processor))
        self.history.processors = tuple(name for name in known if name)
        if self.note in (None, "moved") and worker.processor not in ("", processor()):
            self.note, self.detail = "elsewhere", worker.processor
        self.deliver()
        self.idle_since = asyncio.get_running_loop().time()
        self.restart_pace(self.idle_since)
        self.publish()

    def leave(self) -> None:
        """Has nothing more to do with its worker: what that has not answered it may never answer."""
        if self.courier is not None:
            self.courier.cancel()
        self.worker = self.courier = None
        self.stays += 1

    def lose(self, worker: str, *, stuck: bool = False, counts: bool = True) -> None:
        """Goes on elsewhere than at `worker`, which is lost, or `stuck` in a slice of the run.

        That must not be too often, of the losses that `counts` says the run may be to blame for.
        """
        self.losses += counts
        self.stuck += stuck
        if self.stuck > MAX_STUCK:
            self.stop("stuck", f"{self.policy.overrun_s:g} s")
        elif self.losses > self.most_losses:
            self.stop("lost")
        else:
            self.note = "moved"
            self.tell_making(WORKER)

    def set_aside(self) -> None:
        """Leaves its place to another run; what it has is kept, and it comes back when it is to go on."""
        self.is_aside = True
        self.wanted.clear()
        self.leaving.set()

    def come_back(self) -> None:
        """Waits for a place again."""
        self.is_aside = False
        if self.going:
            self.leaving.clear()

    def _wake(self) -> None:
        if self.worker is not None:
            self.worker.wake.set()
        if not self.held or self.credit:
            self.wanted.set()

    # Who watches

    def attach(self, listener: Callable[[Mark], None]) -> None:
        if self.away:
            self.away = False
            self._changed()
        super().attach(listener)

    def absences(self) -> Sequence[tuple[float, Callable[[], None]]]:
        return (self.policy.away_pause_s, self._rest), (self.policy.away_end_s, partial(self.stop, "away"))

    def _rest(self) -> None:
        self.away = True
        self._changed()

    # What its worker does with it

    def rest(self, now: float) -> float:
        """For how many seconds it leaves its worker to others that need it."""
        return 0.0

    def due(self, now: float) -> tuple[int | None, float]:
        """The steps to ask for (None: as many as fit), and the seconds to wait first; (0, inf) while it is held.

        The step under a command may be one ahead of the pace.
        """
        if self.away:
            return 0, math.inf
        if self.position < self.history.step:
            return self.history.step - self.position, 0.0
        if self.held and not self.credit:
            return 0, math.inf
        if self.held:
            return 1, 0.0
        if self.speed is None:
            return None, 0.0
        since, first = self._pace
        made = self.history.step - first
        next_at = max(since + (made + 1) / self.speed, self.asked_at + self.policy.watched_slice_s)
        if self.may_lead:
            next_at = since + made / self.speed
        if now < next_at:
            return 0, next_at - now
        owed = max(1, int((now - since) * self.speed) - made)
        most = max(1, int(self.speed * _CATCH_UP_S))
        if owed > most:
            self._pace = (now - most / self.speed, self.history.step)
        return min(owed, most), 0.0

    def take(self, piece: Slice, now: float, *, single: bool = False) -> None:
        """Adds a slice to the history, and tells who listens; a `single` step is one that was asked for."""
        before = self.history.step
        self.history.append(piece.progress)
        self.position = piece.progress.step
        self.making = self._replaying()
        while self.sent and self.settled < piece.drained and self.sent[0].step <= self.history.step:
            self.sent.popleft()
            self.settled += 1
        self.may_lead = self.may_lead and bool(self.sent)  # this slice may have been asked for before the command came
        if piece.capture is not None:
            self.capture, self.wants_capture = Capture(piece.progress.step, piece.capture), False
        if self.history.step > before:
            self.losses = 0
            self.credit -= single and self.credit > 0
        self._rate.note(now, self.history.step)
        self._trained_s += piece.seconds
        self._trained.note(self._trained_s, self.history.step)
        self._observe(now)
        if self.history.finished:
            ended = len(self.history.failures) == len(self.spec.arms)
            self.finish(State.FAILED if ended else State.FINISHED)
        else:
            self.publish()

    def finish(self, state: State, note: str | None = None, detail: str = "") -> None:
        """No more steps: `state` says why."""
        self.state = state
        self.note, self.detail = note or self.note, detail or self.detail
        self.making = None
        if state != State.INTERRUPTED:  # that is gone on with from there
            self.capture = None
        self.forget_absence()
        self._observe(math.inf)
        self.leaving.set()
        self.wanted.set()
        self._wake()
        self.publish()

    def restart_pace(self, now: float) -> None:
        """Counts the pace from here, after a time in which no steps were made or at another speed."""
        self._pace = (now, self.history.step)
        self._rate.forget()

    def publish(self) -> None:
        """Makes a new mark of what is, and tells the listeners."""
        number = self.mark.number + 1 if hasattr(self, "mark") else 0
        rate = self._rate.value if self.state == State.RUNNING else 0.0
        frozen, remarks = self.history.frozen(), tuple(self.remarks)
        waits_s = 0.0 if self.making is None else time.monotonic() - self._waits_since
        coming = tuple(event for event in self.coming if event.step > self.history.step)
        told = (self.note, self.detail, self.making, waits_s, tuple(self.sent), self.heard)
        kept = (coming, self.capture, self.begun_at, self.fork)
        self.tell(Mark(number, frozen, self.state, self.speed, rate, remarks, *told, *kept))

    def _changed(self) -> None:
        if self.going:
            if self.held and self.state != State.PAUSED:
                self.idle_since = asyncio.get_running_loop().time()
            self.state = State.PAUSED if self.held else State.RUNNING
            self.restart_pace(asyncio.get_running_loop().time())
            self._wake()
            self.publish()

    def _observe(self, now: float) -> None:
        """Looks for remarks where something was measured or an arm ended since the last look."""
        seen = len(self.history.failures) + sum(
            len(self.history.test(arm, "step")) for arm in range(len(self.spec.arms))
        )
        if seen == self._observed or (now < self._observed_at + _REMARKS_S and not self.history.finished):
            return
        self._observed, self._observed_at = seen, now
        known = {(remark.step, remark.rule, str(remark.values)) for remark in self.remarks}
        try:
            found = observe(self.history)
        except Exception:
            log.exception("remarks could not be made")  # a training is worth more than what is said of it
            found = []
        self.remarks += [r for r in found if (r.step, r.rule, str(r.values)) not in known]
