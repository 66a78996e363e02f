"""What all sockets of an app share: the conductor, the words, and the feeds of what is watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from trainers.live.conductor import Conductor
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.visitor import Visitor
from trainers.wire.feeds import Feed, Reader, RunFeed, StudyFeed

F = TypeVar("F", bound=Feed)

BUSY = 50  # viewers


class Listener(Protocol):
    """Who is told what all should know."""

    def note(self, text: str) -> None: ...


class Lab:
    """What all sockets of an app share: the conductor, the words, and the feeds of the runs that are watched."""

    def __init__(self, conductor: Conductor, labels: Mapping[str, str]) -> None:
        self.conductor, self.labels = conductor, labels
        self.previews = ThreadPoolExecutor(1, "previews")  # one at a time, whoever asks: the loop goes on meanwhile
        self._feeds: dict[str, Feed] = {}
        self.viewers: set[Listener] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        if conductor.keeper is not None:
            conductor.keeper.listens = self._on_trouble

    async def find(self, run_id: str, visitor: Visitor) -> LiveRun | None:
        """The run of that id: any that is in memory, of what the store has those of `visitor`.

        Raises:
            StoreError: the store cannot be read.
        """
        found = self.conductor.find(run_id)
        if found is None:
            found = await asyncio.wrap_future(self.conductor.ask(self.conductor.recall(run_id, visitor)))
        return found

    async def find_study(self, study_id: str, visitor: Visitor) -> LiveStudy | None:
        """The same of a study.

        Raises:
            StoreError: the store cannot be read.
        """
        found = self.conductor.find_study(study_id)
        if found is None:
            found = await asyncio.wrap_future(self.conductor.ask(self.conductor.recall_study(study_id, visitor)))
        return found

    def join_run(self, run: LiveRun, viewer: Reader) -> RunFeed:
        """The feed of a run, with one more viewer."""
        return self._join(run, viewer, partial(RunFeed, run, self.labels, self._is_busy))

    def join_study(self, study: LiveStudy, viewer: Reader) -> StudyFeed:
        """The feed of a study, with one more viewer."""
        return self._join(study, viewer, partial(StudyFeed, study, self.labels))

    def _join(self, subject: LiveRun | LiveStudy, viewer: Reader, make: Callable[[], F]) -> F:
        feed: Any = self._feeds.get(subject.id)
        if feed is None or feed.subject is not subject:  # which was interrupted, and is gone on with
            feed = self._feeds[subject.id] = make()
            self.conductor.tell(subject.attach, feed.listen)
        feed.join(viewer)
        return cast(F, feed)

    def leave(self, feed: Feed, viewer: Reader) -> None:
        """Takes the viewer's leave of a feed, which ends with its last one."""
        feed.part(viewer)
        if not feed.viewers and self._feeds.get(feed.subject.id) is feed:
            del self._feeds[feed.subject.id]
            feed.close()
            self.conductor.tell(feed.subject.detach, feed.listen)

    def welcome(self, viewer: Listener) -> None:
        """Tells a new viewer what all should know."""
        self._loop = asyncio.get_running_loop()
        self.viewers.add(viewer)
        if self.conductor.keeper is not None and self.conductor.keeper.trouble:
            viewer.note(self._told(self.conductor.keeper.trouble))

    def _on_trouble(self, trouble: str) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the server's loop has just closed
                self._loop.call_soon_threadsafe(self._note_all, self._told(trouble))

    def _note_all(self, text: str) -> None:
        for viewer in tuple(self.viewers):
            viewer.note(text)

    def _told(self, trouble: str) -> str:
        return self.labels["live.not_kept"].format(why=trouble) if trouble else self.labels["live.kept_again"]

    def _is_busy(self) -> bool:
        return len(self.viewers) > BUSY
