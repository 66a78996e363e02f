"""The keeper: a thread that writes what goes on in the conductor into the store, about twice a second.

It reads the marks of runs and studies, so training never waits for it. What it could not write stays in memory and is
written with the next try; `trouble` says why, for whoever is asked.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trainers.live.live_run import Fork, LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.store.database import StoreError
from trainers.store.library import clear_bin, hand_over
from trainers.store.quota import trim
from trainers.store.recording import Capture, Now, Recording
from trainers.store.store import Change, Kept, KeptStudy, Store
from trainers.store.study_recording import StudyNow, StudyRecording
from trainers.teaching.room_record import KeptRooms

log = logging.getLogger(__name__)

EVERY_S = 0.5
BEAT_S = 10.0  # between two words that what stands still is still there
TIDY_EVERY_S = 60.0


@dataclass(eq=False)
class _Subject:
    """A run or study that is kept, and the number of the last mark of it that is in the store."""

    subject: LiveRun | LiveStudy
    recording: Recording | StudyRecording
    written: int = -1

    @property
    def is_due(self) -> bool:
        return self.subject.mark.number != self.written

    @property
    def is_over(self) -> bool:
        return not self.subject.going and not self.is_due


class Keeper:
    """Writes runs and studies into `store`; `on_lost` hears, in the keeper's thread, of what another has taken over.

    `trouble` says why nothing can be written just now; who is told of it as it changes, in that thread, `listens`.
    """

    def __init__(self, store: Store, on_lost: Callable[[LiveRun | LiveStudy], None]) -> None:
        self.store = store
        self.trouble = ""
        self.listens: Callable[[str], None] = lambda _: None
        self._on_lost = on_lost
        self._subjects: dict[str, _Subject] = {}
        self._wake = threading.Event()
        self._closing = False
        self._beat_at = self._tidied_at = -math.inf
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        """Writes what there is, once more, and ends; no later than after `patience_s`."""
        self._closing = True
        self._wake.set()
        self._thread.join(patience_s)

    def keep(self, subject: LiveRun | LiveStudy, recording: Recording | StudyRecording) -> None:
        """Writes that run or study from now on, until it has ended; for any thread."""
        self._subjects[subject.id] = _Subject(subject, recording)

    def has_all_of(self, public_id: str) -> bool:
        """Whether the store has all of a run or study of which nothing more comes."""
        return public_id not in self._subjects

    def capture_at(self, run_id: str, step: int, known: Capture | None) -> Capture | None:
        """The last state of a run that is no later than `step`, of the kept ones and the `known` one."""
        try:
            found = self.store.capture_at(run_id, step)
        except StoreError:
            log.exception("the states of %s cannot be read: they are made again", run_id)
            return known
        return max((one for one in (found, known) if one is not None), key=lambda one: one.step, default=None)

    def recall(self, run_id: str, visitor: Visitor, policy: Policy) -> LiveRun | None:
        """A kept run of `visitor` as it was, None where they have none of that id.

        Raises:
            StoreError: it cannot be read.
        """
        kept = self.store.load(run_id)
        if kept is None or not visitor.owns(_owner(kept)):
            return None
        told: dict[str, Any] = {"begun_at": kept.row.created_at, "made": kept.made, "fork": _fork(kept)}
        return LiveRun.past(run_id, kept.history, _ended(kept), policy, _owner(kept), **told)

    def recall_study(self, study_id: str, visitor: Visitor, policy: Policy) -> LiveStudy | None:
        """A kept study of `visitor` as it was, None where they have none of that id.

        Raises:
            StoreError: it cannot be read.
        """
        kept = self.store.load_study(study_id)
        if kept is None or not visitor.owns(_owner(kept)):
            return None
        return LiveStudy.past(study_id, kept.plan, kept.results, _ended(kept), policy, _owner(kept))

    def go_on(self, run_id: str, policy: Policy) -> LiveRun:
        """An interrupted run, at its last capture, paused; it is kept from here on.

        Raises:
            StoreError: there is none, or it is not interrupted.
        """
        kept, capture, recording = self.store.take_over(run_id)
        run = LiveRun(run_id, kept.history, None, True, policy, _owner(kept), capture, kept.coming, fork=_fork(kept))
        self.keep(run, recording)
        return run

    def go_on_with_study(self, study_id: str, policy: Policy) -> LiveStudy:
        """An interrupted study, with what has come of its runs; it is kept from here on.

        Raises:
            StoreError: there is none, or it is not interrupted.
        """
        kept, recording = self.store.take_over_study(study_id)
        study = LiveStudy(kept.plan, policy, _owner(kept), study_id)
        study.resume_from(kept.results)
        self.keep(study, recording)
        return study

    def hand_over(self, giver: Visitor, taker: Visitor) -> int:
        """Makes all that is kept of one visitor another's; how many runs and studies these were.

        Raises:
            StoreError: the store cannot be written; nothing was changed.
        """
        begun = [one.recording for one in tuple(self._subjects.values()) if one.recording.visitor == giver.id]
        for recording in begun:  # first: what is not in the store yet comes into it as the taker's
            recording.visitor = taker.id
        try:
            return hand_over(self.store, giver.id, taker.id)
        except StoreError:
            for recording in begun:
                recording.visitor = giver.id
            raise

    @property
    def waiting(self) -> int:
        """How many have something that is not in the store yet."""
        return sum(one.is_due for one in tuple(self._subjects.values()))

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(EVERY_S)
            self._write_all()
        self._write_all()

    def _write_all(self) -> None:
        try:
            self._write([one for one in tuple(self._subjects.values()) if one.is_due])
            self._look_after()
        except StoreError as error:
            if self.trouble != str(error):
                log.warning("nothing is kept for now: %s", error)
            self._tell(str(error))
            return
        if self.trouble:
            log.warning("all is kept again")
        self._tell("")
        for public_id, one in tuple(self._subjects.items()):
            if one.is_over:
                self._subjects.pop(public_id, None)

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self.listens(trouble)

    def drop(self, public_id: str) -> None:
        """Writes a run or study no more, though the store has not all of it: there is no memory left for it."""
        if self._subjects.pop(public_id, None) is not None:
            log.error("%s is lost: it could not be kept, and too many others wait in memory", public_id)
            self._tell(f"{self.trouble}; more ended runs wait for it than memory has room for: the oldest are lost")

    def _write(self, due: list[_Subject]) -> None:
        changes = [(one, one.subject.mark.number, _change(one)) for one in due]
        if not changes:
            return
        try:
            lost = set(self.store.write([change for _, _, change in changes]))
        except StoreError:
            raise
        except Exception:
            log.exception("of several that were to be kept one cannot be")
            lost = self._write_singly([change for _, _, change in changes])
        for one, number, _ in changes:
            one.written = number
            if one.subject.id in lost:
                self._subjects.pop(one.subject.id, None)
                self._on_lost(one.subject)

    def _write_singly(self, changes: list[Change]) -> set[str]:
        """What can be written of changes of which one is the lab's own fault; that one is not kept any more."""
        lost: set[str] = set()
        for change in changes:
            try:
                lost |= set(self.store.write([change]))
            except StoreError:
                raise
            except Exception:
                log.exception("%s cannot be kept", change[0].public_id)
                self._subjects.pop(change[0].public_id, None)
        return lost

    def _look_after(self) -> None:
        now = time.monotonic()
        if now >= self._beat_at + BEAT_S:
            self._beat_at = now
            self.store.beat()
        if now >= self._tidied_at + TIDY_EVERY_S:
            self._tidied_at = now
            clear_bin(self.store)
            KeptRooms(self.store.database).delete_old(time.time())
            if gone := trim(self.store):
                log.warning("the store was full: the %s oldest that are not pinned were deleted", gone)


def _fork(kept: Kept) -> Fork | None:
    return Fork(kept.parent, kept.row.fork_step) if kept.row.fork_step is not None else None


def _ended(kept: Kept | KeptStudy) -> State:
    """How it ended; what another program has under way is to be seen here, and no more."""
    state = State(kept.status)
    return State.STOPPED if state.is_going else state


def _owner(kept: Kept | KeptStudy) -> Visitor:
    return Visitor(kept.row.visitor, kept.row.visitor)


def _change(one: _Subject) -> Change:
    if isinstance(one.subject, LiveRun):
        assert isinstance(one.recording, Recording)
        mark = one.subject.mark
        now = Now(mark.history, mark.state, mark.coming, mark.note or "", mark.detail, mark.capture)
        return one.recording, now
    assert isinstance(one.recording, StudyRecording)
    study = one.subject.mark
    return one.recording, StudyNow(study.plan, study.state, study.results)
