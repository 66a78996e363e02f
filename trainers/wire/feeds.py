"""What those who watch a run or a study are sent: frames made once, and taken by each viewer at its own pace.

Feeds live on the server's event loop; marks come from the conductor's thread.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool

from trainers.live.live_run import LiveRun, Mark
from trainers.live.live_study import LiveStudy, StudyMark
from trainers.live.visitor import Role, Visitor
from trainers.wire import frames
from trainers.wire.study_frames import Cursor, Digest, View

log = logging.getLogger(__name__)

FRAME_S, BUSY_FRAME_S = 0.05, 0.09  # between two frames of a run, and when there are many viewers
TURN_FRAME_S = 0.015  # before a frame with a knob turned
STUDY_FRAME_S = 0.25  # between two frames of a study, whose verdict takes some making


class Reader(Protocol):
    """Who takes a feed's frames: a visitor, in one of their tabs."""

    wake: asyncio.Event
    visitor: Visitor
    tab: str

    def watch(self, run: LiveRun | None) -> None: ...

    def watch_study(self, study: LiveStudy | None) -> None: ...


class Feed(ABC):
    """The frames of `subject`, for the viewers it has."""

    subject: Any

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.viewers: dict[Reader, None] = {}  # in the order in which they came
        self._labels = labels
        self._loop = asyncio.get_running_loop()

    def join(self, viewer: Reader) -> None:
        """Shows `viewer` the subject too."""
        self.viewers[viewer] = None

    def part(self, viewer: Reader) -> None:
        """Shows it `viewer` no more."""
        self.viewers.pop(viewer, None)

    def belongs_to(self, viewer: Reader) -> bool:
        """Whether the subject is this viewer's."""
        return viewer.visitor.owns(self.subject.owner)

    def is_alone(self, viewer: Reader) -> bool:
        """Whether the subject is this viewer's, and nobody else sees it."""
        return self.belongs_to(viewer) and len(self.viewers) == 1

    def role(self, viewer: Reader) -> Role:
        """What `viewer` may do with the subject."""
        return Role.STEER if self.belongs_to(viewer) else Role.VISIT

    def listen(self, mark: Any) -> None:
        """Takes a mark from the conductor's thread."""
        with suppress(RuntimeError):  # the server's loop has just closed
            self._loop.call_soon_threadsafe(self._offer, mark)

    @abstractmethod
    def close(self) -> None:
        """Shows nothing more."""

    @abstractmethod
    def _offer(self, mark: Any) -> None:
        """Has the mark shown in its time."""

    def _wake(self) -> None:
        for viewer in self.viewers:
            viewer.wake.set()


class RunFeed(Feed):
    """The frames of a run, and who steers it; they come less often where the app `is_busy()`.

    Of its owner's tabs one steers it: the first that sees it, until another one takes over; the next where it leaves.
    """

    subject: LiveRun

    def __init__(self, run: LiveRun, labels: Mapping[str, str], is_busy: Callable[[], bool]) -> None:
        super().__init__(labels)
        self.subject = run
        self.mark = self._newest = run.mark
        self._is_busy = is_busy
        self._frames: dict[int | None, bytes] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = 0.0
        self._wheel: Reader | None = None  # who steers

    def join(self, viewer: Reader) -> None:
        super().join(viewer)
        steers = self._wheel if self._wheel is not None and self.belongs_to(self._wheel) else None
        if self.belongs_to(viewer) and (steers is None or steers.tab == viewer.tab):
            self.take_over(viewer)

    def part(self, viewer: Reader) -> None:
        super().part(viewer)
        if self._wheel is viewer:
            self._wheel = next(filter(self.belongs_to, self.viewers), None)
            self._wake()

    def take_over(self, viewer: Reader) -> None:
        """Has `viewer`, whose the run is, steer it."""
        self._wheel = viewer
        self._wake()

    def role(self, viewer: Reader) -> Role:
        role = super().role(viewer)
        return Role.WATCH if role == Role.STEER and self._wheel is not viewer else role

    def frame(self, before: Mark | None) -> bytes:
        """The frame that brings a viewer from `before` (None: from nothing) to the present mark."""
        key = None if before is None else before.number
        if key not in self._frames:
            made = None if before is None else frames.increment(before, self.mark, self._labels)
            if made is None:
                made = frames.snapshot(self.subject.id, self.mark, self._labels)
            self._frames[key] = made
        return self._frames[key]

    def close(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _offer(self, mark: Mark) -> None:
        if not self.viewers or mark.number <= self._newest.number:
            return
        self._newest = mark
        pace = FRAME_S
        if self._is_busy():
            pace = BUSY_FRAME_S
        elif len(mark.history.events) > len(self.mark.history.events):
            self._cancel()  # somebody turned a knob, and looks for what comes of it
            pace = TURN_FRAME_S
        if self._timer is None:
            self._timer = self._loop.call_at(max(self._loop.time(), self._sent_at + pace), self._show)

    def _show(self) -> None:
        self._timer = None
        self._sent_at = self._loop.time()
        self.mark = self._newest
        self._frames.clear()
        self._wake()


class StudyFeed(Feed):
    """The frames of a study; its verdicts are made in a thread."""

    subject: LiveStudy

    def __init__(self, study: LiveStudy, labels: Mapping[str, str]) -> None:
        super().__init__(labels)
        self.subject = study
        self.view: View | None = None
        self._newest: StudyMark | None = None
        self._digest = Digest(study, labels)
        self._frames: dict[Cursor | None, tuple[bytes, Cursor]] = {}
        self._showing: asyncio.Task[None] | None = None

    def frame(self, before: Cursor | None) -> tuple[bytes, Cursor] | None:
        """The frame that brings a viewer on from `before` (None: from nothing), and where to; None without news."""
        if self.view is None or not self.view.is_news(before):
            return None
        if before not in self._frames:
            self._frames[before] = self.view.frame(before)
        return self._frames[before]

    def close(self) -> None:
        if self._showing is not None:
            self._showing.cancel()

    def _offer(self, mark: StudyMark) -> None:
        if self.viewers and (self._newest is None or mark.number > self._newest.number):
            self._newest = mark
            if self._showing is None:
                self._showing = self._loop.create_task(self._show())

    async def _show(self) -> None:
        try:
            while self._newest is not None and (self.view is None or self.view.mark is not self._newest):
                self.view = await run_in_threadpool(self._digest.view, self._newest)
                self._frames.clear()
                self._wake()
                await asyncio.sleep(STUDY_FRAME_S)
        except Exception:
            log.exception("a study could not be shown")
        finally:
            self._showing = None
