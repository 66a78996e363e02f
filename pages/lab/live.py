"""What the live lab's component talks to: the live socket, exports, and the files it loads, as Starlette routes.

A page opens one socket. It sends JSON messages and gets binary frames, the next one only when it has taken the last
(`ack`), so that a slow page gets fewer frames. What is refused is answered; what no page of ours would send closes the
connection with a reason. Neither touches the run or anybody else.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from trainers import evidence, frames
from trainers.combine import build_combination, build_sweep
from trainers.conductor import Conductor
from trainers.export import csv_text, json_text
from trainers.live import MAX_SPEED, LiveRun, Mark
from trainers.live_study import LiveStudy, StudyMark, plan_repeat, plan_sweep
from trainers.spec import COMBINE, Event, RunSpec, build_spec, check_event
from trainers.study_frames import Cursor, Digest, View
from tricks import catalogue
from tricks.recipe import RefusedError

log = logging.getLogger(__name__)

MAX_BYTES = 32 * 1024  # of a message
RATE, BURST = 300.0, 600.0  # messages a second, and at once; a drag sends about 60 of two kinds, and acks
MAX_WAITING = 32  # answers that a page has not taken
FRAME_S, BUSY_FRAME_S = 0.05, 0.09  # between two frames of a run, and when there are many viewers
TURN_FRAME_S = 0.015  # before a frame with a knob turned
STUDY_FRAME_S = 0.25  # between two frames of a study, whose verdict takes some making
BUSY = 50  # viewers
MAX_REASON = 120  # bytes that a closing reason may have

MALFORMED, TOO_LARGE, TOO_MUCH, BROKEN = 1007, 1009, 1008, 1011
ACK = '{"type":"ack"}'

ASSETS = Path(__file__).parent.parent.parent / "assets" / "lab"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


class ClosedError(Exception):
    """The connection is to be closed with `code` and this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Feed:
    """A run's frames for those who watch it: made once, taken by many. Lives on the server's event loop."""

    def __init__(self, run: LiveRun, labels: Mapping[str, str], pace: Callable[[], float]) -> None:
        self.run = run
        self.mark = self._newest = run.mark
        self.viewers: set[Viewer] = set()
        self._labels, self._pace = labels, pace
        self._frames: dict[int | None, bytes] = {}
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = 0.0

    def listen(self, mark: Mark) -> None:
        """Takes a mark from the conductor's thread."""
        with suppress(RuntimeError):  # the server's loop has just closed
            self._loop.call_soon_threadsafe(self._offer, mark)

    def frame(self, before: Mark | None) -> bytes:
        """The frame that brings a viewer from `before` (None: from nothing) to the present mark."""
        key = None if before is None else before.number
        if key not in self._frames:
            made = None if before is None else frames.increment(before, self.mark, self._labels)
            if made is None:
                made = frames.snapshot(self.run.id, self.run.public_id, self.mark, self._labels)
            self._frames[key] = made
        return self._frames[key]

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _offer(self, mark: Mark) -> None:
        if mark.number <= self._newest.number:
            return
        self._newest = mark
        pace = self._pace()
        if pace <= FRAME_S and len(mark.history.events) > len(self.mark.history.events):
            self.close()  # somebody turned a knob, and looks for what comes of it
            pace = TURN_FRAME_S
        if self._timer is None:
            self._timer = self._loop.call_at(max(self._loop.time(), self._sent_at + pace), self._show)

    def _show(self) -> None:
        self._timer = None
        self._sent_at = self._loop.time()
        self.mark = self._newest
        self._frames.clear()
        for viewer in self.viewers:
            viewer.wake.set()


class StudyFeed:
    """A study's frames for those who watch it. Lives on the server's event loop; verdicts are made in a thread."""

    def __init__(self, study: LiveStudy, labels: Mapping[str, str]) -> None:
        self.study = study
        self.view: View | None = None
        self.viewers: set[Viewer] = set()
        self._newest: StudyMark | None = None
        self._digest = Digest(study, labels)
        self._frames: dict[Cursor | None, tuple[bytes, Cursor]] = {}
        self._loop = asyncio.get_running_loop()
        self._showing: asyncio.Task[None] | None = None

    def listen(self, mark: StudyMark) -> None:
        """Takes a mark from the conductor's thread."""
        with suppress(RuntimeError):  # the server's loop has just closed
            self._loop.call_soon_threadsafe(self._offer, mark)

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
        if self._newest is None or mark.number > self._newest.number:
            self._newest = mark
            if self._showing is None:
                self._showing = self._loop.create_task(self._show())

    async def _show(self) -> None:
        try:
            while self._newest is not None and (self.view is None or self.view.mark is not self._newest):
                self.view = await run_in_threadpool(self._digest.view, self._newest)
                self._frames.clear()
                for viewer in self.viewers:
                    viewer.wake.set()
                await asyncio.sleep(STUDY_FRAME_S)
        except Exception:
            log.exception("a study could not be shown")
        finally:
            self._showing = None


class Viewer:
    """One socket: what it watches, and what it waits for."""

    def __init__(self, lab: Lab, websocket: WebSocket) -> None:
        self.lab, self.websocket = lab, websocket
        self.wake = asyncio.Event()
        self.feed: Feed | None = None
        self._seen: Mark | None = None
        self.study_feed: StudyFeed | None = None
        self._cursor: Cursor | None = None
        self._study_first = False  # the run had the last frame
        self._answers: deque[bytes] = deque()
        self._preview: bytes | None = None
        self._free = True  # the last frame was taken
        self._allowance, self._counted_at = BURST, monotonic()

    async def serve(self) -> None:
        """Talks until the page leaves.

        Raises:
            ClosedError: it sent what it must not.
        """
        sending = asyncio.ensure_future(self._send())
        try:
            while True:
                data = await self.websocket.receive()
                if data["type"] == "websocket.disconnect":
                    return
                text = self._admit(data)
                if text == ACK:
                    self._acknowledge()
                else:
                    await self._take(text)
        finally:
            sending.cancel()
            self.watch(None)
            self.watch_study(None)

    def watch(self, run: LiveRun | None) -> None:
        """Shows `run` from its beginning, or nothing."""
        feed = self.lab.join(run, self) if run is not None else None
        if self.feed is not None and self.feed is not feed:
            self.lab.leave(self.feed, self)
        self.feed, self._seen = feed, None
        self.wake.set()

    def watch_study(self, study: LiveStudy | None) -> None:
        """Shows `study` from its beginning, or none."""
        feed = self.lab.join_study(study, self) if study is not None else None
        if self.study_feed is not None and self.study_feed is not feed:
            self.lab.leave_study(self.study_feed, self)
        self.study_feed, self._cursor = feed, None
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
                try:
                    await self.websocket.send_bytes(frame)
                except (WebSocketDisconnect, RuntimeError):  # the page has left: `serve` hears of it too
                    return

    def _next(self) -> bytes | None:
        if self._answers:
            return self._answers.popleft()
        if self._preview is not None:
            frame, self._preview = self._preview, None
            return frame
        first, second = self._next_of_run, self._next_of_study
        if self._study_first:
            first, second = second, first
        return first() or second()

    def _next_of_run(self) -> bytes | None:
        if self.feed is None or self.feed.mark is self._seen:
            return None
        frame, self._seen = self.feed.frame(self._seen), self.feed.mark
        self._study_first = True
        return frame

    def _next_of_study(self) -> bytes | None:
        made = None if self.study_feed is None else self.study_feed.frame(self._cursor)
        if made is None:
            return None
        frame, self._cursor = made
        self._study_first = False
        return frame

    def _acknowledge(self) -> None:
        self._free = True
        self.wake.set()

    def _admit(self, data: Mapping[str, Any]) -> str:
        """The text of a message that is neither too large nor one too many."""
        now = monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._counted_at) * RATE) - 1
        self._counted_at = now
        if self._allowance < 0:
            raise ClosedError(TOO_MUCH, f"more than {RATE:g} messages a second")
        text = data.get("text")
        if text is None:
            raise ClosedError(MALFORMED, "messages must be text, got bytes")
        if len(text) > MAX_BYTES or (not text.isascii() and len(text.encode()) > MAX_BYTES):
            raise ClosedError(TOO_LARGE, f"messages must be at most {MAX_BYTES} bytes, got {len(text)} characters")
        return str(text)

    async def _take(self, text: str) -> None:
        """Does what the message says, or answers why not."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise ClosedError(MALFORMED, "messages must be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise ClosedError(MALFORMED, "messages must be JSON objects with a type")
        kind = message.pop("type")
        if kind not in _FIELDS:
            raise ClosedError(MALFORMED, f"type must be one of {', '.join(_FIELDS)}, got {kind[:20]!r}")
        try:
            fields = _fields(kind, message)
            await getattr(self, f"_on_{kind}")(**fields)
        except RefusedError as error:
            self.answer(frames.message("refused", _short(str(error))))

    # One method for each type of message, its fields as arguments

    async def _on_ack(self) -> None:
        self._acknowledge()

    async def _on_attach(self, run: object) -> None:
        found = self.lab.conductor.find(run) if isinstance(run, str) else None
        self.watch(found)
        if found is None:
            self.answer(frames.message("gone"))

    async def _on_start(
        self, speed: object = None, paused: object = False, combine: Any = None, sweep: Any = None, **asked: Any
    ) -> None:  # the rest describes the run
        spec = _spec(**asked) if combine is None else _combination(combine, **asked)
        if sweep is not None:
            spec = _swept(spec, sweep)
        pace = _speed(speed)
        if not isinstance(paused, bool):
            raise RefusedError(f"paused must be true or false, got {paused!r}")
        if not self.lab.conductor.warm:
            self.answer(frames.message("note", self.lab.labels["live.warming"]))
        own = self.feed.run if self.feed is not None and len(self.feed.viewers) == 1 else None
        begun = self.lab.conductor.begin(spec, speed=pace, paused=paused, instead_of=own)
        self.watch(await asyncio.wrap_future(self.lab.conductor.ask(begun)))

    async def _on_turn(self, name: object, value: Any, arm: object = None) -> None:
        run = self._run("turn")
        if not isinstance(name, str):
            raise RefusedError(f"name must be text, got {name!r}")
        if arm is not None and (not isinstance(arm, int) or isinstance(arm, bool)):
            raise RefusedError(f"arm must be a whole number or null, got {arm!r}")
        self.lab.conductor.tell(run.turn, check_event(run.spec, Event(0, name, value, arm)))

    async def _on_speed(self, steps_per_s: object) -> None:
        self.lab.conductor.tell(self._run("speed").set_speed, _speed(steps_per_s))

    async def _on_pause(self) -> None:
        self.lab.conductor.tell(self._run("pause").pause)

    async def _on_resume(self) -> None:
        self.lab.conductor.tell(self._run("resume").resume)

    async def _on_step(self) -> None:
        self.lab.conductor.tell(self._run("step").step)

    async def _on_stop(self) -> None:
        self.lab.conductor.tell(self._run("stop").stop)

    async def _on_preview(self, **asked: Any) -> None:
        spec = _spec(**asked)
        compute = catalogue.load(spec.trick).preview
        if compute is None:
            raise RefusedError(f"trick must be one that has a preview, got {spec.trick!r}")
        knobs = {**spec.settings, "steps": spec.steps, **spec.arms[1].knobs}
        self._preview = frames.preview({name: values.numpy() for name, values in compute(knobs).items()})
        self.wake.set()

    async def _on_repeat(self, seeds: object = None, sweep: Any = None, evidence: object = False, **asked: Any) -> None:
        spec = _spec(**asked)
        if not isinstance(evidence, bool):
            raise RefusedError(f"evidence must be true or false, got {evidence!r}")
        if sweep is None:
            plan = plan_repeat(spec, seeds, as_evidence=evidence)
        elif evidence:
            raise RefusedError("sweep must not be in a repeat of the evidence")
        else:
            plan = plan_sweep(spec, _values_by_knob(sweep), seeds)
        if not self.lab.conductor.warm:
            self.answer(frames.message("note", self.lab.labels["live.warming"]))
        feed = self.study_feed
        own = feed.study if feed is not None and len(feed.viewers) == 1 else None
        begun = self.lab.conductor.begin_study(plan, instead_of=own)
        self.watch_study(await asyncio.wrap_future(self.lab.conductor.ask(begun)))

    async def _on_attach_study(self, study: object) -> None:
        found = self.lab.conductor.find_study(study) if isinstance(study, str) else None
        self.watch_study(found)
        if found is None:
            self.answer(frames.message("gone_study"))

    async def _on_cancel(self) -> None:
        if self.study_feed is None:
            raise RefusedError("cancel needs a repeat over seeds: start one first")
        study = self.study_feed.study
        if not study.going:
            raise RefusedError(f"cancel needs a repeat over seeds that is going on, this one is {study.state}")
        self.lab.conductor.tell(study.cancel)

    def _run(self, kind: str) -> LiveRun:
        if self.feed is None:
            raise RefusedError(f"{kind} needs a run: start one first")
        run = self.feed.run
        if not run.going:
            raise RefusedError(f"{kind} needs a run that is going on, this one is {run.state}")
        return run


_REQUIRED, _OPTIONAL = True, False
_SPEC = {"trick": _REQUIRED} | dict.fromkeys(("task", "seed", "steps", "values", "extra_arms"), _OPTIONAL)
_MANY = dict.fromkeys(("combine", "sweep"), _OPTIONAL)  # tricks together in place of one, a knob's values in turn
_FIELDS: dict[str, dict[str, bool]] = {
    "ack": {},
    "attach": {"run": _REQUIRED},
    "start": {**_SPEC, "trick": _OPTIONAL, **_MANY, "speed": _OPTIONAL, "paused": _OPTIONAL},
    "turn": {"name": _REQUIRED, "value": _REQUIRED, "arm": _OPTIONAL},
    "pause": {},
    "resume": {},
    "step": {},
    "stop": {},
    "speed": {"steps_per_s": _REQUIRED},
    "preview": _SPEC,
    "repeat": {
        **{name: required for name, required in _SPEC.items() if name != "seed"},
        **dict.fromkeys(("seeds", "sweep", "evidence"), _OPTIONAL),
    },
    "attach_study": {"study": _REQUIRED},
    "cancel": {},
}
"""The messages there are, and which of their fields must be there."""


def _fields(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    declared = _FIELDS[kind]
    for name in message:
        if name not in declared:
            raise RefusedError(
                f"{_short(name, 40)} is not a field of {kind}, which has {', '.join(declared) or 'none'}"
            )
    for name, required in declared.items():
        if required and name not in message:
            raise RefusedError(f"{name} must be in every {kind}, got none")
    return message


def _spec(
    trick: object = None,
    task: object = None,
    seed: object = None,
    steps: object = None,
    values: Any = None,
    extra_arms: Any = (),
) -> RunSpec:
    """The checked spec that a message asks for."""
    if not isinstance(trick, str):
        raise RefusedError(f"trick must be text, got {trick!r}")
    if task is not None and not isinstance(task, str):
        raise RefusedError(f"task must be text, got {task!r}")
    values = _object("values", {} if values is None else values)
    if not isinstance(extra_arms, list | tuple) or not all(isinstance(knobs, dict) for knobs in extra_arms):
        raise RefusedError(f"extra_arms must be a list of objects, got {extra_arms!r}")
    return build_spec(trick, task=task, seed=seed, steps=steps, values=values, extra_arms=tuple(extra_arms))


def _combination(
    combine: object, task: object = None, seed: object = None, steps: object = None, values: Any = None, **others: Any
) -> RunSpec:
    """The checked spec of tricks together: `combine` has `tricks`, and may have `like` and `ablate`."""
    asked = _object("combine", combine, {"tricks", "like", "ablate"})
    tricks, like, ablate = asked.get("tricks"), asked.get("like"), asked.get("ablate", True)
    for name in others:
        raise RefusedError(f"{name} must not be in a start with combine")
    if not isinstance(tricks, list) or not all(isinstance(name, str) for name in tricks):
        raise RefusedError(f"tricks must be a list of names, got {tricks!r}")
    for name, text in (("task", task), ("like", like)):
        if text is not None and not isinstance(text, str):
            raise RefusedError(f"{name} must be text, got {text!r}")
    if not isinstance(ablate, bool):
        raise RefusedError(f"ablate must be true or false, got {ablate!r}")
    values = _object("values", {} if values is None else values)
    return build_combination(tricks, task=task, like=like, seed=seed, steps=steps, values=values, ablate=ablate)  # type: ignore[arg-type]


def _swept(spec: RunSpec, sweep: object) -> RunSpec:
    """`spec` with its trick's arm once for each of the values of a knob: `sweep` has `knob` and `values`."""
    asked = _object("sweep", sweep, {"knob", "values"})
    knob, values = asked.get("knob"), asked.get("values")
    if spec.trick == COMBINE:
        raise RefusedError("sweep must be of one trick, got it with combine")
    if not isinstance(knob, str):
        raise RefusedError(f"knob must be text, got {knob!r}")
    if not isinstance(values, list):
        raise RefusedError(f"values of a sweep must be a list, got {values!r}")
    return build_sweep(spec, knob, values)


def _values_by_knob(sweep: object) -> dict[str, list[object]]:
    swept = _object("sweep", sweep)
    for name, values in swept.items():
        if not isinstance(values, list):
            raise RefusedError(f"the values of a sweep of {_short(name, 40)} must be a list, got {values!r}")
    return swept


def _object(name: str, value: Any, fields: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{name} must be an object, got {value!r}")
    for field in value:
        if fields is not None and field not in fields:
            raise RefusedError(f"{field} is not a field of {name}, which has {', '.join(sorted(fields))}")
    return value


def _speed(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= MAX_SPEED:
        raise RefusedError(f"speed must be null or between 0.1 and {MAX_SPEED:g} steps a second, got {value!r}")
    return float(value)


def _short(text: str, length: int = 400) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


class Lab:
    """What all sockets of an app share: the conductor, the words, and the feeds of the runs that are watched."""

    def __init__(self, conductor: Conductor, labels: Mapping[str, str]) -> None:
        self.conductor, self.labels = conductor, labels
        self._feeds: dict[str, Feed] = {}
        self._study_feeds: dict[str, StudyFeed] = {}
        self._num_viewers = 0

    async def serve(self, websocket: WebSocket) -> None:
        """The endpoint of the live socket."""
        headers = websocket.headers
        if not is_origin_allowed(headers.get("origin"), headers.get("host")):
            await websocket.close(TOO_MUCH)
            return
        await websocket.accept()
        self._num_viewers += 1
        try:
            await Viewer(self, websocket).serve()
        except ClosedError as error:
            with suppress(WebSocketDisconnect, RuntimeError):  # it has left already
                await websocket.close(error.code, str(error)[:MAX_REASON])
        finally:
            self._num_viewers -= 1

    def join(self, run: LiveRun, viewer: Viewer) -> Feed:
        feed = self._feeds.get(run.id)
        if feed is None:
            feed = self._feeds[run.id] = Feed(run, self.labels, self._pace)
            self.conductor.tell(run.attach, feed.listen)
        feed.viewers.add(viewer)
        return feed

    def leave(self, feed: Feed, viewer: Viewer) -> None:
        feed.viewers.discard(viewer)
        if not feed.viewers and self._feeds.get(feed.run.id) is feed:
            del self._feeds[feed.run.id]
            feed.close()
            self.conductor.tell(feed.run.detach, feed.listen)

    def join_study(self, study: LiveStudy, viewer: Viewer) -> StudyFeed:
        feed = self._study_feeds.get(study.id)
        if feed is None:
            feed = self._study_feeds[study.id] = StudyFeed(study, self.labels)
            self.conductor.tell(study.attach, feed.listen)
        feed.viewers.add(viewer)
        return feed

    def leave_study(self, feed: StudyFeed, viewer: Viewer) -> None:
        feed.viewers.discard(viewer)
        if not feed.viewers and self._study_feeds.get(feed.study.id) is feed:
            del self._study_feeds[feed.study.id]
            feed.close()
            self.conductor.tell(feed.study.detach, feed.listen)

    async def export(self, request: Request) -> Response:
        """A run's whole record, by its id: `<id>.csv` or `<id>.json`; or a study's, see `export_study`."""
        run_id, _, kind = request.path_params["name"].rpartition(".")
        run = self.conductor.find(run_id)
        study = self.conductor.find_study(run_id.removesuffix(SUMMARY)) if run is None else None
        if study is not None and kind in STUDY_KINDS and (kind != "json" or not run_id.endswith(SUMMARY)):
            content = await run_in_threadpool(export_study, study.mark, kind, is_summary=run_id.endswith(SUMMARY))
            name = (
                f"{study.plan.study.spec.trick}-{study.public_id}{SUMMARY if run_id.endswith(SUMMARY) else ''}.{kind}"
            )
            headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
            return Response(content, media_type=STUDY_KINDS[kind], headers=headers)
        if run is None or kind not in ("csv", "json"):
            return PlainTextResponse(self.labels["live.gone"], status_code=404)
        history = run.mark.history
        text = json_text(history) if kind == "json" else await run_in_threadpool(csv_text, history, run.public_id)
        name = f"{history.spec.trick}-{run.public_id}.{kind}"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(text, media_type={"csv": "text/csv", "json": "application/json"}[kind], headers=headers)

    def _pace(self) -> float:
        return FRAME_S if self._num_viewers <= BUSY else BUSY_FRAME_S


SUMMARY = "-summary"
STUDY_KINDS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}


def export_study(mark: StudyMark, kind: str, *, is_summary: bool) -> bytes:
    """What a study has so far: rows per seed or of the summary, as CSV or Parquet, or a results file as JSON."""
    if kind == "json":
        return evidence.results_json(mark.to_json()).encode()
    rows = mark.summary_rows() if is_summary else mark.rows()
    if kind == "csv":
        return evidence.rows_csv(rows).encode()
    buffer = io.BytesIO()
    evidence.frame_of(rows).to_parquet(buffer)
    return buffer.getvalue()


class Assets(StaticFiles):
    """Files that a browser asks after each time, and gets only when they have changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if path.endswith(".js"):
            response.headers["content-type"] = "text/javascript; charset=utf-8"
        return response


@lru_cache(maxsize=2)
def _packed(path: Path, _changed: float) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


async def plotly_js(request: Request) -> Response:
    """Plotly's library as the installed package has it, packed once."""
    changed = PLOTLY.stat().st_mtime
    headers = {"cache-control": "no-cache", "etag": f'"{plotly.__version__}-{changed:.0f}"', "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        content = await run_in_threadpool(_packed, PLOTLY, changed)
    else:
        content = await run_in_threadpool(PLOTLY.read_bytes)
    return Response(content, media_type="text/javascript", headers=headers)


def is_origin_allowed(origin: str | None, host: str | None) -> bool:
    """Whether a page of `origin` may open the socket on `host`: by the rules of Streamlit's own socket.

    Without its look-up of the machine's address outside, which would let anybody make the server ask the network.
    """
    if not is_host_allowed(host):
        return False
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    try:
        parts = urlsplit(origin)
        name = parts.hostname
    except ValueError:
        return False
    allowed = {"localhost", "127.0.0.1", "0.0.0.0"}  # noqa: S104 - names to compare with, not an address to serve
    for other in config.get_option("server.corsAllowedOrigins"):
        allowed.add(urlsplit(other if "//" in other else f"//{other}").hostname or "")
    if config.is_manually_set("browser.serverAddress"):
        allowed.add(config.get_option("browser.serverAddress"))
    return parts.netloc == host or (name is not None and name in allowed)


def routes(conductor: Conductor, labels: Mapping[str, str]) -> list[BaseRoute]:
    """The live lab's routes; `labels` are the words in which it answers."""
    lab = Lab(conductor, labels)
    return [
        WebSocketRoute("/lab/live", lab.serve),
        Route("/lab/export/{name}", lab.export),
        Route("/lab/plotly.min.js", plotly_js),
        Mount("/lab/assets", Assets(directory=ASSETS)),
    ]
