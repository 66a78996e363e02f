"""One viewer: a page's socket, what it watches, and what each of its messages does.

It sends JSON messages and gets binary frames, the next one only when it has taken the last (`ack`), so that a slow page
gets fewer frames. What is refused is answered; what no page of ours would send closes the connection with a reason.
Neither touches the run or anybody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.lab.shared import Lab
from pages.lab.visitors import SECRET
from trainers.live.live_run import LiveRun, Mark
from trainers.live.live_study import LiveStudy
from trainers.live.states import State
from trainers.live.visitor import Role, Visitor
from trainers.runs.build import check_event
from trainers.runs.spec import Event
from trainers.store.database import StoreError
from trainers.store.links import MARK
from trainers.wire import frames
from trainers.wire.feeds import Feed, RunFeed, StudyFeed
from trainers.wire.messages import (
    BROKEN,
    MALFORMED,
    TOO_MUCH,
    Allowance,
    ClosedError,
    admit,
    parse,
    read_preview,
    read_repeat,
    read_start,
)
from trainers.wire.protocol import MAX_WAITING, TO_SERVER, take
from trainers.wire.study_frames import Cursor
from tricks.declaration import RefusedError

log = logging.getLogger(__name__)

TURNS = ("turn", "speed")  # messages after which the page is told what it comes to
ACK = '{"type":"ack"}'
ADMITTED = 1  # what each message costs before it is read


class Viewer:
    """One socket: whose it is, what it watches, and what it waits for."""

    _numbers = count(1)

    def __init__(self, lab: Lab, websocket: WebSocket, visitor: Visitor) -> None:
        self.lab, self.websocket, self.visitor = lab, websocket, visitor
        self.number = next(self._numbers)
        self.tab = str(self.number)  # until the page says which of its visitor's it is
        self._is_named = False
        self._turns = 0  # of knobs and of the speed that have come
        self._heard = 0  # of these, how many the page knows to be in what it is told
        self.wake = asyncio.Event()
        self.feed: RunFeed | None = None
        self._link = ""  # by which a run was asked for
        self._seen: Mark | None = None
        self._role = Role.STEER  # that the page takes itself to have
        self.study_feed: StudyFeed | None = None
        self._study_link = ""
        self._study_role = Role.STEER
        self._cursor: Cursor | None = None
        self._study_first = False  # the run had the last frame
        self._answers: deque[bytes] = deque()
        self._preview: bytes | None = None  # the newest, or why there is none
        self._looks_at: int | None = None  # the step of the run whose inside is asked for
        self._asked: dict[str, Any] | None = None  # of the newest preview, while one before it is being made
        self._making: asyncio.Task[None] | None = None
        self._free = True  # the last frame was taken
        self._allowance = Allowance()

    async def serve(self) -> None:
        """Talks until the page leaves.

        Raises:
            ClosedError: it sent what it must not.
        """
        sending = asyncio.ensure_future(self._send())
        self.lab.welcome(self)
        try:
            while True:
                data = await self.websocket.receive()
                if data["type"] == "websocket.disconnect":
                    return
                self._allowance.spend(ADMITTED)
                text = admit(data.get("text"))
                if text == ACK:
                    self._acknowledge()
                else:
                    await self._take(text)
        finally:
            self.lab.viewers.discard(self)
            sending.cancel()
            self._asked = None
            self.watch(None)
            self.watch_study(None)

    def watch(self, run: LiveRun | None) -> None:
        """Shows `run` from its beginning, or nothing."""
        feed = self.lab.join_run(run, self) if run is not None else None
        if self.feed is not None and self.feed is not feed:
            self.lab.leave(self.feed, self)
        self.feed, self._seen, self._role = feed, None, Role.STEER
        self.wake.set()

    def watch_study(self, study: LiveStudy | None) -> None:
        """Shows `study` from its beginning, or none."""
        feed = self.lab.join_study(study, self) if study is not None else None
        if self.study_feed is not None and self.study_feed is not feed:
            self.lab.leave(self.study_feed, self)
        self.study_feed, self._cursor, self._study_role = feed, None, Role.STEER
        self.wake.set()

    def answer(self, frame: bytes) -> None:
        """Sends `frame` before anything else that waits.

        Raises:
            ClosedError: too many answers wait to be taken.
        """
        if len(self._answers) >= MAX_WAITING:
            raise ClosedError(TOO_MUCH, f"more than {MAX_WAITING} answers wait to be taken")
        self._answers.append(frame)
        self.wake.set()

    def note(self, text: str) -> None:
        """Tells the page something, before anything else; one that takes nothing is not told."""
        with suppress(ClosedError):
            self.answer(frames.message("note", text))

    def shut(self, public_id: str) -> None:
        """Shows a run or study no more that it has by a link, if it is not its own."""
        watched: tuple[tuple[Feed | None, str, Callable[[None], None], str], ...] = (
            (self.feed, self._link, self.watch, "gone"),
            (self.study_feed, self._study_link, self.watch_study, "gone_study"),
        )
        for feed, link, watch, gone in watched:
            if feed is None or feed.subject.id != public_id or feed.belongs_to(self):
                continue
            if link.startswith(f"{public_id}{MARK}"):
                watch(None)
                with suppress(ClosedError):
                    self.answer(frames.message(gone))

    async def _send(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            try:
                frame = self._next() if self._free else None
            except Exception:
                log.exception("a frame could not be made")
                with suppress(WebSocketDisconnect, RuntimeError):
                    await self.websocket.close(BROKEN, "a frame could not be made")  # the page comes back for a new one
                return
            if frame is not None:
                self._free = False
                heard = 0 if self._seen is None else self._seen.heard.get(self.number, 0)
                try:
                    if heard > self._heard:
                        self._heard = heard
                        await self.websocket.send_text(f'{{"type":"heard","turns":{heard}}}')
                    await self.websocket.send_bytes(frame)
                except (WebSocketDisconnect, RuntimeError):  # the page has left: `serve` hears of it too
                    return

    def _next(self) -> bytes | None:
        if self._answers:
            return self._answers.popleft()
        if self._preview is not None:
            frame, self._preview = self._preview, None
            return frame
        if self._looks_at is not None and self.feed is not None:
            step, self._looks_at = self._looks_at, None
            return frames.past(self.feed.subject.id, self.feed.mark.history, step)
        first, second = self._next_of_run, self._next_of_study
        if self._study_first:
            first, second = second, first
        return first() or second()

    def _next_of_run(self) -> bytes | None:
        if self.feed is None:
            return None
        if self._seen is not None and (role := self.feed.role(self)) != self._role:
            self._role = role
            return frames.wheel(self.feed.subject.id, role)
        if self.feed.mark is self._seen:
            return None
        frame, self._seen = self.feed.frame(self._seen), self.feed.mark
        self._study_first = True
        return frame

    def _next_of_study(self) -> bytes | None:
        if self.study_feed is None:
            return None
        if self._cursor is not None and (role := self.study_feed.role(self)) != self._study_role:
            self._study_role = role
            return frames.wheel_study(self.study_feed.subject.id, role)
        made = self.study_feed.frame(self._cursor)
        if made is None:
            return None
        frame, self._cursor = made
        self._study_first = False
        return frame

    def _acknowledge(self) -> None:
        self._free = True
        self.wake.set()

    async def _take(self, text: str) -> None:
        """Does what the message says, or answers why not."""
        message, fields = parse(text, TO_SERVER)
        self._allowance.spend(message.cost - ADMITTED)
        self._turns += message.kind in TURNS
        try:
            await getattr(self, f"_on_{message.kind}")(**take(message.kind, message.fields, fields))
        except RefusedError as error:
            self.answer(frames.refused(message.kind, fields.get("arm"), error))
        except StoreError as error:
            refusal = RefusedError(str(error), "store", why=str(error))
            self.answer(frames.refused(message.kind, None, refusal))

    # One method for each type of message, its fields as arguments

    async def _on_ack(self) -> None:
        self._acknowledge()

    async def _on_hello(self, tab: str, secret: str) -> None:
        if self._is_named or self.feed is not None or self.study_feed is not None:
            raise ClosedError(MALFORMED, "hello must come first, and once")
        if not SECRET.fullmatch(secret):
            raise ClosedError(MALFORMED, "secret must be 32 letters, digits, - or _")
        self._is_named = True
        self.tab = tab
        if not self.visitor.is_alone:  # the browser keeps no cookie
            self.visitor = replace(Visitor.of(secret, self.visitor.counted), others=self.visitor.others)

    async def _on_take_over(self) -> None:
        feed = self._watched("take_over")
        if not feed.belongs_to(self):
            raise _not_yours("take_over", "run")
        feed.take_over(self)

    async def _on_attach(self, run: str) -> None:
        found = await self.lab.open(run, self.visitor)
        self._link = run if MARK in run else ""
        self.watch(found)
        if found is None:
            self.answer(frames.message("gone"))

    async def _on_start(self, speed: float | None = None, paused: bool = False, **asked: Any) -> None:
        spec = read_start(**asked)
        feed = self.feed
        own = feed.subject if feed is not None and feed.is_alone(self) else None
        begun = self.lab.conductor.begin(spec, owner=self.visitor, speed=speed, paused=paused, instead_of=own)
        self.watch(await self.lab.ask(begun))

    async def _on_look(self, step: int) -> None:
        self._watched("look")
        self._looks_at = step
        self.wake.set()

    async def _on_branch(self, step: int, steps: int | None = None) -> None:
        parent = self._watched("branch").subject
        begun = self.lab.conductor.branch(parent, step, steps, owner=self.visitor)
        self.watch(await self.lab.ask(begun))

    async def _on_turn(self, name: str, value: Any, arm: int | None = None) -> None:
        run = self._run("turn")
        self.lab.conductor.tell(run.turn, check_event(run.spec, Event(0, name, value, arm)), *self._so_far)

    async def _on_speed(self, steps_per_s: float | None) -> None:
        self.lab.conductor.tell(self._run("speed").set_speed, steps_per_s, *self._so_far)

    async def _on_pause(self) -> None:
        self.lab.conductor.tell(self._run("pause").pause)

    async def _on_resume(self) -> None:
        feed = self._watched("resume")
        if feed.subject.state != State.INTERRUPTED:
            self.lab.conductor.tell(self._run("resume").resume)
            return
        if not feed.belongs_to(self):
            raise _not_yours("resume", "run")
        run = await self.lab.ask(self.lab.conductor.go_on(feed.subject.id))
        for viewer in tuple(feed.viewers):
            viewer.watch(run)

    async def _on_step(self) -> None:
        self.lab.conductor.tell(self._run("step").step)

    async def _on_stop(self) -> None:
        self.lab.conductor.tell(self._run("stop").stop)

    async def _on_preview(self, **asked: Any) -> None:
        self._asked = asked
        if self._making is None or self._making.done():
            self._making = asyncio.ensure_future(self._make_previews())

    async def _make_previews(self) -> None:
        """Makes what was asked for last, in a thread, until nothing else has been asked for meanwhile."""
        loop = asyncio.get_running_loop()
        while self._asked is not None:
            asked, self._asked = self._asked, None
            try:
                made = await loop.run_in_executor(self.lab.previews, partial(read_preview, **asked))
                self._preview = frames.preview(made)
            except RefusedError as error:
                self._preview = frames.refused("preview", None, error)
            except Exception as error:
                log.exception("a preview could not be made")
                detail = f"{type(error).__name__}: {error}"
                broken = RefusedError(f"the preview could not be made: {detail}", "not_shown", detail=detail)
                self._preview = frames.refused("preview", None, broken)
            self.wake.set()

    async def _on_repeat(self, **asked: Any) -> None:
        plan = read_repeat(**asked)
        self._warn_of_cold_workers()
        feed = self.study_feed
        own = feed.subject if feed is not None and feed.is_alone(self) else None
        begun = self.lab.conductor.begin_study(plan, owner=self.visitor, instead_of=own)
        self.watch_study(await self.lab.ask(begun))

    async def _on_attach_study(self, study: str) -> None:
        found = await self.lab.open_study(study, self.visitor)
        self._study_link = study if MARK in study else ""
        self.watch_study(found)
        if found is None:
            self.answer(frames.message("gone_study"))

    async def _on_resume_study(self) -> None:
        feed = self._watched_study("resume_study")
        study = feed.subject
        if study.state != State.INTERRUPTED:
            sentence = f"resume_study needs a repeat over seeds that was interrupted, this one is {study.state}"
            raise RefusedError(sentence, "ended", state=study.state)
        if not feed.belongs_to(self):
            raise _not_yours("resume_study", "repeat over seeds")
        begun = await self.lab.ask(self.lab.conductor.go_on_with_study(study.id))
        for viewer in tuple(feed.viewers):
            viewer.watch_study(begun)

    async def _on_cancel(self) -> None:
        feed = self._watched_study("cancel")
        study = feed.subject
        if not study.going:
            sentence = f"cancel needs a repeat over seeds that is going on, this one is {study.state}"
            raise RefusedError(sentence, "ended", state=study.state)
        if not feed.belongs_to(self):
            raise _not_yours("cancel", "repeat over seeds")
        self.lab.conductor.tell(study.cancel)

    @property
    def _so_far(self) -> tuple[int, int]:
        """Who this is, and how many of its turns have come."""
        return self.number, self._turns

    def _warn_of_cold_workers(self) -> None:
        if not self.lab.conductor.warm:
            self.answer(frames.message("note", self.lab.labels["live.warming"]))

    def _watched(self, kind: str) -> RunFeed:
        if self.feed is None:
            raise RefusedError(f"{kind} needs a run: start one first", "needs_run")
        return self.feed

    def _watched_study(self, kind: str) -> StudyFeed:
        if self.study_feed is None:
            raise RefusedError(f"{kind} needs a repeat over seeds: start one first", "needs_study")
        return self.study_feed

    def _run(self, kind: str) -> LiveRun:
        feed = self._watched(kind)
        run = feed.subject
        if not run.going:
            sentence = f"{kind} needs a run that is going on, this one is {run.state}"
            raise RefusedError(sentence, "ended", state=run.state)
        if not feed.belongs_to(self):
            raise _not_yours(kind, "run")
        if feed.role(self) != Role.STEER:
            sentence = f"{kind} needs the tab that steers the run, and that is another of yours: take over first"
            raise RefusedError(sentence, "steered_elsewhere")
        return run


def _not_yours(kind: str, what: str) -> RefusedError:
    return RefusedError(f"{kind} needs a {what} of yours, this one is somebody else's", "not_yours")
