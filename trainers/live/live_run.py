"""A live run as the app's process holds it: its history, its state and pace, who watches it, what a person asks of it.

A `LiveRun` belongs to the conductor's event loop; other threads read its `mark`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

from trainers.kinds.host import Slice
from trainers.live.states import State
from trainers.live.watched import Rate, Watched
from trainers.runs.history import History
from trainers.runs.remarks import Remark, observe
from trainers.runs.spec import Event, RunSpec
from tricks.declaration import RefusedError

log = logging.getLogger(__name__)


SLOWEST, FASTEST = 0.1, 100_000.0  # steps a second that a run may be asked for
MAX_LOSSES = 3  # workers lost one after another without a new step
_CATCH_UP_S = 0.25  # a paced run that was held up makes up for at most this much
_RATE_S = 1.0  # steps per second are measured over about this long
_REMARKS_S = 0.5  # remarks are looked for at most this often while a run goes on


@dataclass(frozen=True)
class Policy:
    """How live runs are served; times in seconds.

    `workers` is the number of processes of the embedded cluster (None: one a core), `scheduler` the address of a
    cluster to use instead of it. A run's slice takes `slice_s`, or `watched_slice_s` while somebody watches, and less
    where it shares a worker: each run of a worker is served within `round_s`. What a dying worker may take with it is
    about `capture_s` of a run's own time: runs that share a worker are captured as many times as seldom. A call that
    takes `overrun_s` at the head of its worker's queue is stuck; a run that no worker has taken in `create_s` is not
    made. With nobody watching, a run pauses after `away_pause_s` and ends after `away_end_s`; an ended run's history is
    kept for `keep_s`, and dropped earlier only beyond `max_kept` of them. At most `max_studies` studies over seeds go
    on at a time, behind the live runs; one that nobody has watched for `study_away_s` ends, and is kept like a run,
    beyond `max_kept_studies` of them not.
    """

    workers: int | None = None
    scheduler: str | None = None
    max_runs: int = 64
    max_kept: int = 256
    slice_s: float = 0.1
    watched_slice_s: float = 0.03
    round_s: float = 0.2
    capture_s: float = 1.0
    overrun_s: float = 20.0
    create_s: float = 60.0
    away_pause_s: float = 10.0
    away_end_s: float = 120.0
    keep_s: float = 1800.0
    max_studies: int = 4
    max_kept_studies: int = 32
    study_away_s: float = 600.0

    @classmethod
    def from_environment(cls) -> Policy:
        """The policy with what the environment sets: `TRICK_LAB_SCHEDULER`, `_WORKERS`, `_MAX_RUNS`, `_KEEP_S`.

        Raises:
            RefusedError: a value that is not a number above 0, or a count that is not whole.
        """
        default = cls()
        return replace(
            default,
            scheduler=os.environ.get("TRICK_LAB_SCHEDULER") or None,
            workers=_count("TRICK_LAB_WORKERS"),
            max_runs=_count("TRICK_LAB_MAX_RUNS") or default.max_runs,
            keep_s=_number("TRICK_LAB_KEEP_S", default.keep_s),
        )


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise RefusedError(f"{name} must be a number above 0, got {text!r}")
    return value


def _count(name: str) -> int | None:
    """The whole number, at least 1, that a variable is set to; None where it is not set."""
    value = _number(name, 0.0)
    if value != int(value):
        raise RefusedError(f"{name} must be a whole number, got {os.environ[name]!r}")
    return int(value) or None


@dataclass(frozen=True)
class Mark:
    """A run at one moment, for any thread to read: `number` counts up, `history` no longer changes.

    `note` names what a watcher should be told (`moved`: its worker died and it goes on elsewhere; `stuck`, `lost`,
    `broken`: why it was ended; `away`: nobody watched for long), `detail` says more where there is more. `asked` are
    the turns that have not taken effect yet, `heard` how many messages of each viewer the mark comes after.
    """

    number: int
    history: History
    state: State
    speed: float | None
    rate: float
    remarks: tuple[Remark, ...] = ()
    note: str | None = None
    detail: str = ""
    asked: tuple[Event, ...] = ()
    heard: Mapping[int, int] = field(default_factory=dict)

    @property
    def eta_s(self) -> float | None:
        """The seconds left at the present rate, or None."""
        if self.state != State.RUNNING or not self.rate:
            return None
        return (self.history.spec.steps - self.history.step) / self.rate


@dataclass(eq=False)
class LiveRun(Watched):
    """A run as the conductor holds it. Its methods are for the conductor's loop: `Conductor.tell(run.pause)`."""

    id: str
    history: History
    speed: float | None
    paused: bool
    policy: Policy
    actor: Any
    future: Any
    mark: Mark = field(init=False)

    background: ClassVar[bool] = False  # whether it gives way to the others
    most_losses: ClassVar[int] = MAX_LOSSES

    def __post_init__(self) -> None:
        super().__init__()
        self.public_id = public_id(self.id)
        self.state = State.PAUSED if self.paused else State.RUNNING
        self.away = False  # paused because nobody watches
        self.credit = 0  # single steps asked for while paused
        self.wake = asyncio.Event()
        self.note: str | None = None
        self.detail = ""
        self.remarks: list[Remark] = []
        self.capture: bytes | None = None
        self.capture_step = 0
        self.captured_at = 0.0
        self.sent: deque[Event] = deque()  # commands that are not known to have taken effect
        self.unsent: list[Event] = []  # those of `sent` that are not yet on their way
        self.heard: Mapping[int, int] = {}  # viewer -> how many of its turns have come
        self.settled = 0  # of the commands this actor got, how many took effect in the history
        self.position = 0  # the last step of this actor: behind the history while it replays
        self.losses = 0  # workers lost since it last got ahead
        self.asked_at = 0.0
        self.courier: asyncio.Task[None] | None = None
        self.may_lead = False  # a command has arrived: the step under it may be made ahead of the pace
        self._pace = (0.0, 0)  # since when, from which step
        self._rate = Rate(_RATE_S)
        self._observed_at = 0.0
        self._observed = 0
        self.publish()

    @property
    def spec(self) -> RunSpec:
        return self.history.spec

    @property
    def going(self) -> bool:
        """Whether it can still make steps."""
        return self.state.is_going

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
        self.wake.set()

    def set_speed(self, speed: float | None, *heard: int) -> None:
        """Paces the run at `speed` steps a second, or lets it go as fast as it can (None); `heard` as in `turn`."""
        self.speed = speed
        self._hear(*heard)
        self._changed()

    def stop(self, note: str | None = None, detail: str = "") -> None:
        """Ends the run; its history stays."""
        if self.going:
            self.finish(State.STOPPED, note, detail)

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
        """Sees to it that the actor gets the commands, in their order."""
        if self.actor is not None and self.unsent and (self.courier is None or self.courier.done()):
            self.courier = asyncio.get_running_loop().create_task(self._carry(self.actor))

    def leave_actor(self) -> None:
        """Has nothing more to do with the actor: what it has not answered it may never answer."""
        if self.courier is not None:
            self.courier.cancel()
        self.actor = self.future = self.courier = None

    async def _carry(self, actor: Any) -> None:
        while self.unsent and actor is self.actor:
            batch, self.unsent = self.unsent, []
            with suppress(OSError, RuntimeError):  # of a worker that was lost: the restored run gets them anew
                await actor.command(batch)
                self.may_lead = True
                self.wake.set()

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

    # What the conductor does with it

    def due(self, now: float) -> tuple[int | None, float]:
        """The steps to ask for (None: as many as fit), and the seconds to wait first; (0, inf) while it is held.

        The step under a command may be one ahead of the pace.
        """
        if self.held and (self.away or not self.credit):
            return 0, math.inf
        if self.position < self.history.step:
            return self.history.step - self.position, 0.0
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
        while self.sent and self.settled < piece.drained and self.sent[0].step <= self.history.step:
            self.sent.popleft()
            self.settled += 1
        self.may_lead = self.may_lead and bool(self.sent)  # this slice may have been asked for before the command came
        if piece.capture is not None:
            self.capture, self.capture_step, self.captured_at = piece.capture, piece.progress.step, now
        if self.history.step > before:
            self.losses = 0
            self.credit -= single and self.credit > 0
        self._rate.note(now, self.history.step)
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
        self.forget_absence()
        self._observe(math.inf)
        self.wake.set()
        self.publish()

    def lose(self, worker: str) -> None:
        """The worker that had it is lost; it is going on elsewhere."""
        self.losses += 1
        self.note = "moved"
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
        told = (self.note, self.detail, tuple(self.sent), self.heard)
        self.tell(Mark(number, frozen, self.state, self.speed, rate, remarks, *told))

    def _changed(self) -> None:
        if self.going:
            self.state = State.PAUSED if self.held else State.RUNNING
            self.restart_pace(asyncio.get_running_loop().time())
            self.wake.set()
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


def public_id(run_id: str) -> str:
    """What a run is called where everybody may read it: its id cannot be told from it."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:12]
