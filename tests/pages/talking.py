"""The live lab's routes on a free port, and a page's end of the socket, for tests of what they say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection

from pages.lab import live_socket
from pages.lab.door import Door
from pages.lab.text import load_words
from tests.held_frames import decode
from tests.limits import WAIT_S
from tests.pages.serving import fetch, served
from trainers.live.conductor import Conductor, Whereabouts
from trainers.live.policy import Policy
from trainers.store.store import Store
from trainers.wire.frames import Array

SMALL = {"train_size": 100, "width": 16, "eval_every": 20}
START = {"type": "start", "trick": "flooding", "task": "spirals", "seed": 100, "steps": 100_000, "values": SMALL}

Frame = tuple[dict[str, Any], list[Array]]


class Page:
    """A page's end of the socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.run = ""
        self.heard = 0  # of its turns
        self.head: dict[str, Any] = {}
        self.steps: list[list[int]] = []
        self.held = ""  # the role that it has been told

    def send(self, type: str, **fields: Any) -> None:  # noqa: A002 - as the messages call it
        self.connection.send(json.dumps({"type": type, **fields}, separators=(",", ":")))

    def start(self, **changes: Any) -> None:
        self.send(**{**START, "speed": 50.0, **changes})
        self.until(lambda frame: frame[0]["type"] == "snapshot")

    def receive(self) -> Frame:
        """The next frame, taken note of and acknowledged."""
        header, arrays = self.peek()
        self.send("ack")
        return header, arrays

    def peek(self) -> Frame:
        """The next frame, not acknowledged."""
        while isinstance(data := self.connection.recv(WAIT_S), str):
            self.heard = json.loads(data)["turns"]
        header, arrays = decode(data)
        if header["type"] == "snapshot":
            self.run, self.head, self.steps = header["run"], {}, [[] for _ in header["spec"]["arms"]]
            self.held = "steer"
        if header["type"] == "wheel":
            self.held = header["role"]
        if header["type"] in ("snapshot", "rows"):
            self.head |= header
            for entry, values in arrays:
                if (entry["group"], entry["name"]) == ("row", "step"):
                    self.steps[entry["arm"]] += values.tolist()
        return header, arrays

    def until(self, holds: Callable[[Frame], bool]) -> Frame:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            frame = self.receive()
            if holds(frame):
                return frame
        pytest.fail(f"not seen; last: {self.head}")

    def until_step(self, step: int) -> Frame:
        return self.until(lambda frame: frame[0].get("step", 0) >= step)

    def role(self) -> str:
        """What the next frame of that kind says that this page may do with the run."""
        self.until(lambda frame: frame[0]["type"] == "wheel")
        return self.held

    def refusal(self) -> str:
        return str(self.until(lambda frame: frame[0]["type"] == "refused")[0]["message"])

    def closing(self) -> tuple[int, str]:
        """The code and reason with which the server closes the connection."""
        try:
            while True:
                self.connection.recv(WAIT_S)
        except ConnectionClosedError as error:
            closed = error.rcvd
        assert closed is not None
        return closed.code, closed.reason


class Site:
    """The routes, served on a free port of this machine."""

    def __init__(self, store: Store | None = None) -> None:
        policy = Policy(workers=1, away_pause_s=WAIT_S, away_end_s=WAIT_S, overrun_s=WAIT_S)
        self.conductor = Conductor(policy, store=store)
        routes = live_socket.routes(self.conductor, Door(load_words("en").labels), store)
        self.served = served(Starlette(routes=routes))

    def __enter__(self) -> Site:
        self.conductor.start()
        self.host = self.served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.__exit__(None, None, None)
        self.conductor.stop()

    def where(self) -> Whereabouts:
        return self.conductor.ask(self.conductor.where()).result(WAIT_S)

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return fetch(self.host, path, **headers)
