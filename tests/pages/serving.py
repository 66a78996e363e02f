"""An app served on this machine, sockets to it and waits for it, with limits for hangs alone."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from playwright.sync_api import APIResponse, Page
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as websockets_connect

from tests.limits import WAIT_S


@contextmanager
def served(app: Any, bound: socket.socket | None = None, port: int = 0) -> Iterator[str]:
    """The ASGI app on a free port of this machine, on that `port`, or at what is `bound`, as `host:port`."""
    options: dict[str, Any] = {"log_level": "warning", "ws": "websockets-sansio", "lifespan": "off"}
    limits: dict[str, Any] = {"ws_ping_timeout": WAIT_S}
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **options, **limits))
    thread = threading.Thread(target=server.run, args=(None if bound is None else [bound],))
    thread.start()
    try:
        deadline = time.monotonic() + WAIT_S
        while not server.started:
            assert time.monotonic() < deadline and thread.is_alive()
            time.sleep(0.01)
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WAIT_S)


def fetch(host: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a GET of that path: its status, its headers by their names in small letters, and its body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://{host}{path}", headers=named)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def fetch_as(page: Page, address: str) -> APIResponse:
    """The answer to a GET by who is at that page.

    As every browser does, it asks again where the connection that was kept from the last time closes just then: the
    server keeps one for five seconds.
    """
    return page.request.get(address, max_retries=3)


def wait_until(page: Page, told: Callable[[], bool]) -> None:
    """Waits until something is so on the page or on the server's side."""
    deadline = time.monotonic() + WAIT_S
    while not told():
        assert time.monotonic() < deadline, "it did not come to pass"
        page.wait_for_timeout(25)


def wait_until_drawn(page: Page, within: str = ".lab") -> None:
    """Waits until everything stands on the page that has come in: charts and tables are drawn in their turn."""
    page.wait_for_function(  # before there is plotly.js nothing is due
        """(within) => {
             const found = [...document.querySelectorAll(within)];
             return window.Plotly && found.length && found.every((one) => !one.hasAttribute("data-due"));
           }""",
        arg=within,
    )


def connect(url: str, **options: Any) -> ClientConnection:
    """A socket to that address, which is not given up because a busy machine keeps it waiting."""
    limits = {"open_timeout": WAIT_S, "ping_timeout": WAIT_S}
    made: ClientConnection = websockets_connect(url, **{**limits, **options})
    return made


def connect_raw(host: str) -> socket.socket:
    """A connection to `host:port` on which anything can be sent."""
    name, port = host.split(":")
    return socket.create_connection((name, int(port)), WAIT_S)
