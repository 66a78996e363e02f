"""The app in a process of its own, and clients of it that take little: sockets that watch, and a visit to a page."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import ClientConnection as SyncConnection
from websockets.sync.client import connect

from trainers.bench.subjects import LONG, TASK, TRICK
from trainers.wire.frames import decode
from trainers.wire.protocol import versioned

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 600  # after so long nothing comes any more
ACK = '{"type":"ack"}'
START = {"type": "start", "trick": TRICK, "task": TASK, "steps": LONG}
AT_ONCE = 20  # connections that are opened at the same time: the server's backlog is no longer than that of others
LIVE = "/lab/live"


@dataclass(frozen=True)
class App:
    """A served app: its process, and its port on this machine."""

    process: int
    port: int

    @property
    def live(self) -> str:
        """The address of the live socket."""
        return f"ws://127.0.0.1:{self.port}{versioned(LIVE)}"

    def get(self, path: str) -> bytes:
        """What it answers to a plain request."""
        return self._ask(path)[0]

    def visit(self, page: str) -> dict[str, str]:
        """The headers by which who has opened that page is known again."""
        return {"cookie": self._ask(page)[1]["set-cookie"].partition(";")[0]}

    def _ask(self, path: str) -> tuple[bytes, Message]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S) as answer:
            return answer.read(), answer.headers


@contextmanager
def serving(settings: Mapping[str, str] | None = None) -> Iterator[App]:
    """The app on a free port, with further `settings` in its environment; it keeps nothing unless they say where.

    Raises:
        RuntimeError: it ended before it could be asked anything.
    """
    held = socket.socket()  # nobody else is given its port while the app comes up; that shares the address
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = int(held.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    process = subprocess.Popen(  # noqa: S603 - our own app
        [*command, "--server.address=127.0.0.1", "--server.headless=true"],
        cwd=ROOT,
        env={**os.environ, "TRICK_LAB_STORE": "off", **(settings or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    app = App(process.pid, port)
    try:
        deadline = time.perf_counter() + PATIENCE_S
        while process.poll() is None and time.perf_counter() < deadline:
            with suppress(OSError):
                app.get("/_stcore/health")
                break
            time.sleep(0.02)
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with {process.returncode} before it could be measured")
        yield app
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        held.close()


def visit(app: App) -> float:
    """The seconds that the app takes for a first visit to a trick's page: its script, and what its knobs alone show.

    Raises:
        RuntimeError: the page has no live lab.
    """
    start = time.perf_counter()
    app.get(f"/{TRICK}")
    with connect(f"ws://127.0.0.1:{app.port}/_stcore/stream", compression=None, max_size=None) as page:
        page.send(rerun(TRICK))
        drawn = b""
        while True:
            message = page.recv(PATIENCE_S)
            drawn += message if isinstance(message, bytes) else b""
            if FINISHED in fields_of(bytes(message)):  # type: ignore[arg-type]
                break
    if LIVE.encode() not in drawn:
        raise RuntimeError(f"the page of {TRICK} must have a live lab, it came without its address {LIVE}")
    with LiveClient.open(app) as client:
        client.send({"type": "preview", "trick": TRICK, "task": TASK})
        client.take("preview")
    return time.perf_counter() - start


RERUN, PAGE_NAME, FINISHED = 11, 4, 6
"""The fields of Streamlit's messages that are used here: `BackMsg.rerun_script`, `ClientState.page_name`,
`ForwardMsg.script_finished`."""


def rerun(page: str) -> bytes:
    """Streamlit's message that asks for a page's script to be run; the page's name has at most 120 letters."""
    state = bytes([PAGE_NAME << 3 | 2, len(page)]) + page.encode()
    return bytes([RERUN << 3 | 2, len(state)]) + state


def fields_of(message: bytes) -> list[int]:
    """The numbers of the outermost fields of a message in the form of protocol buffers."""
    found, at = [], 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        found.append(tag >> 3)
        if tag & 7 == 0:
            number()
        else:
            length = {1: 8, 5: 4}.get(tag & 7) or number()
            at += length
    return found


class LiveClient:
    """One live socket, whose frames are taken as they come."""

    def __init__(self, connection: SyncConnection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, app: App) -> Iterator[LiveClient]:
        """A socket of its own."""
        with connect(app.live, compression=None, max_size=None) as connection:
            yield cls(connection)

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends a message."""
        self._connection.send(json.dumps(message))

    def take(self, *kinds: str) -> dict[str, Any]:
        """The header of the next frame of one of those types.

        Raises:
            RuntimeError: what was asked for was refused, which is none of them.
        """
        while True:
            data = self._connection.recv(PATIENCE_S)
            if isinstance(data, bytes):
                self._connection.send(ACK)
                header, _ = decode(data)
                if header["type"] in kinds:
                    return header
                if header["type"] == "refused":
                    raise RuntimeError(f"what is measured must not be refused: {header['message']}")

    def delay_of_turn(self, name: str, value: float, arm: int = 1) -> float:
        """The seconds from a turn of a knob to the frame that has the first step under it."""
        start = time.perf_counter()
        self.send({"type": "turn", "name": name, "value": value, "arm": arm})
        while True:
            for event in self.take("rows", "snapshot").get("events", ()):
                if (event["name"], event["value"]) == (name, value):
                    return time.perf_counter() - start


class Crowd:
    """Many live sockets, on a thread of their own, that take each frame `every_s` at the soonest.

    They watch one run `together`, or one each.
    """

    def __init__(
        self, app: App, count: int, start: Mapping[str, Any] = START, *, together: bool, every_s: float = 0.0
    ) -> None:
        self.frames = [0] * count
        self.num_bytes = 0
        self._app, self._start, self._together, self._every_s = app, start, together, every_s
        self._connections: list[ClientConnection] = []
        self._loop = asyncio.new_event_loop()
        self._there = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Crowd:
        self._thread.start()
        self._there.wait(PATIENCE_S)
        if self._error is not None:
            raise RuntimeError("the sockets that watch could not be opened") from self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()

    def tell(self, message: Mapping[str, Any]) -> None:
        """Sends a message from each of the sockets that have a run of their own."""
        telling = self._connections[:1] if self._together else self._connections

        async def send() -> None:
            await asyncio.gather(*(one.send(json.dumps(message)) for one in telling))

        asyncio.run_coroutine_threadsafe(send(), self._loop).result(PATIENCE_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._serving = self._loop.create_task(self._serve())
        try:
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._serving)
        except BaseException as error:  # noqa: BLE001 - told by whoever waits for the sockets
            self._error = error
        finally:
            self._there.set()
            self._loop.close()

    async def _serve(self) -> None:
        while len(self._connections) < len(self.frames):
            some = (
                connect_async(self._app.live, compression=None, max_size=None, open_timeout=PATIENCE_S)
                for _ in range(min(AT_ONCE, len(self.frames) - len(self._connections)))
            )
            self._connections += await asyncio.gather(*some)
        try:
            run = await self._begin(self._connections[0], self._start)
            attach = {"type": "attach", "run": run} if self._together else self._start
            for one in self._connections[1:]:
                await self._begin(one, attach)
            self._there.set()
            await asyncio.gather(*map(self._read, range(len(self._connections)), self._connections))
        finally:
            await asyncio.gather(*(one.close() for one in self._connections), return_exceptions=True)

    async def _begin(self, connection: ClientConnection, message: Mapping[str, Any]) -> str:
        """Sends the message, and gives the id of the run that is shown, once it makes steps."""
        await connection.send(json.dumps(message))
        run = ""
        while True:
            async with asyncio.timeout(PATIENCE_S):  # `wait_for` may swallow that it is called off
                frame = await connection.recv(decode=False)
            header, _ = decode(frame)
            if header["type"] == "refused":
                raise RuntimeError(f"what is measured must not be refused: {header['message']}")
            await connection.send(ACK)
            run = header.get("run", run)
            if header.get("step", 0) > 0:
                return str(run)

    async def _read(self, number: int, connection: ClientConnection) -> None:
        async for frame in connection:
            if isinstance(frame, bytes):
                self.frames[number] += 1
                self.num_bytes += len(frame)
                if self._every_s:
                    await asyncio.sleep(self._every_s)
                await connection.send(ACK)
