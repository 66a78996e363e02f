"""What all sockets of an app share: the conductor, the words, and the feeds of what is watched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from trainers.live.conductor import Conductor
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.visitor import Visitor
from trainers.store.links import MARK, owner_by, owner_of
from trainers.wire.feeds import Feed, Reader, RunFeed, StudyFeed

F = TypeVar("F", bound=Feed)
S = TypeVar("S", LiveRun, LiveStudy)
T = TypeVar("T")

BUSY = 50  # viewers


class Listener(Protocol):
    """Who is told what all should know."""

    wake: asyncio.Event

    def note(self, text: str) -> None: ...

    def shut(self, public_id: str) -> None: ...


async def _never(_: str) -> bool:
    return False


class Lab:
    """What all sockets of an app share: the conductor, the words, and the feeds of the runs that are watched."""

    def __init__(self, conductor: Conductor, labels: Mapping[str, str]) -> None:
        self.conductor, self.labels = conductor, labels
        self.previews = ThreadPoolExecutor(1, "previews")  # one at a time, whoever asks: the loop goes on meanwhile
        self._feeds: dict[str, Feed] = {}
        self.viewers: set[Listener] = set()
        self.is_shown: Callable[[str], Awaitable[bool]] = _never  # whether a room shows that run, or study, to all
        self._loop: asyncio.AbstractEventLoop | None = None
        if conductor.keeper is not None:
            conductor.keeper.listens = self._on_trouble

    async def find(self, run_id: str, visitor: Visitor) -> LiveRun | None:
        """The run of that id: any that is in memory, of what the store has those of `visitor`.

        Raises:
            StoreError: the store cannot be read.
        """
        return self.conductor.find(run_id) or await self.ask(self.conductor.recall(run_id, visitor))

    async def open(self, asked: str, visitor: Visitor) -> LiveRun | None:
        """The run that is asked for by its id, as `find`; for whoever has a link that shares it, or where a room does.

        Raises:
            StoreError: the store cannot be read.
        """
        return await self._open(self.find, asked, visitor)

    async def open_study(self, asked: str, visitor: Visitor) -> LiveStudy | None:
        """The same of a study.

        Raises:
            StoreError: the store cannot be read.
        """
        return await self._open(self.find_study, asked, visitor)

    async def _open(
        self, find: Callable[[str, Visitor], Coroutine[Any, Any, S | None]], asked: str, visitor: Visitor
    ) -> S | None:
        public_id, is_link, _ = asked.partition(MARK)
        found, keeper = None if is_link else await find(asked, visitor), self.conductor.keeper
        if found is not None or keeper is None or not (is_link or await self.is_shown(asked)):
            return found
        owner = await asyncio.to_thread(owner_by if is_link else owner_of, keeper.store, asked)
        found = None if owner is None else await find(public_id, Visitor(owner, owner))
        if found is None or not is_link or await asyncio.to_thread(owner_by, keeper.store, asked) is not None:
            return found
        await self.shut(public_id)  # it was revoked meanwhile
        return None

    async def shut(self, public_id: str) -> None:
        """Shows a run or study no more to those who see it by a link.

        Where it has ended its id does not read either, unless a room has shown it.
        """
        for viewer in tuple(self.viewers):
            viewer.shut(public_id)
        await self.ask(self.conductor.let_go(public_id))

    async def hand_over(self, giver: Visitor, taker: Visitor) -> int:
        """Makes all that is of one visitor another's; how many runs and studies these were.

        Raises:
            StoreError: the store cannot be written; nothing was changed.
        """
        moved = await self.ask(self.conductor.hand_over(giver, taker))
        for viewer in tuple(self.viewers):
            viewer.wake.set()  # who steers is another now
        return moved

    async def find_study(self, study_id: str, visitor: Visitor) -> LiveStudy | None:
        """The same of a study.

        Raises:
            StoreError: the store cannot be read.
        """
        return self.conductor.find_study(study_id) or await self.ask(self.conductor.recall_study(study_id, visitor))

    async def ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What the conductor does of it, on its own loop."""
        return await asyncio.wrap_future(self.conductor.ask(coroutine))

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
