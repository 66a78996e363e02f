"""Who is let in: pages of the address that the app was asked as. A page that is turned away reads why, and the remedy.

A proxy that does not pass on the header `Host` makes every page look like a stranger's. Streamlit's socket would then
be refused without a word, and the page stay empty; so a small script on it asks here, by plain HTTP, what is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from pages.lab.files import paths
from trainers.runs.labels import shorten

log = logging.getLogger(__name__)

SCRIPT = "door.js"
PORTS = {"http": 80, "https": 443}
DENIAL = "websocket.http.response"
CHANGING = (b"accept-encoding", b"if-modified-since", b"if-none-match", b"if-range", b"range")
"""What a browser may ask of a page that makes the answer to it something else than the whole page as text."""


class Door:
    """Lets pages in by `Origin` and `Host`, and says in the words of `labels` why one stays outside."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels
        self._told = False

    def refusal(self, origin: str | None, host: str | None) -> str:
        """Why a page of `origin` may not talk to the app as `host`, and what would let it in; nothing where it may."""
        if is_origin_allowed(origin, host):
            return ""
        key = "door.foreign" if is_host_allowed(host) else "door.unknown"
        text = self.labels[key].format(origin=shorten(origin, 80), host=shorten(host, 80))
        if not self._told:
            self._told = True
            log.warning("%s", text)
        return text

    async def answer(self, request: Request) -> Response:
        """What a page asks that has no connection: why it, at the address that it says it is at, is not let in."""
        origin, host = request.query_params.get("origin"), request.headers.get("host")
        return JSONResponse({"refusal": self.refusal(origin, host)}, headers={"cache-control": "no-store"})


class Guard:
    """Around the whole app: refuses sockets in words, and puts the script that asks at the door on every page.

    The live socket is left to its own endpoint, which gives its reason on the socket. Of all others Streamlit's check
    would ask the network for this machine's address, and everybody would wait meanwhile.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door
        at = paths()
        self._live = at["socket"]
        parts = {
            "src": f"{at['assets']}/{SCRIPT}",
            "data-door": at["door"],
            "data-blocked": door.labels["door.blocked"],
        }
        told = " ".join(f'{name}="{escape(value)}"' for name, value in parts.items())
        self._script = f'<script type="module" {told}></script>'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] != self._live:
            await self._pass_socket(scope, receive, send)
        elif (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and "text/html" in Headers(scope=scope).get("accept", "")
        ):
            await self._send_page(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host")
        refusal = self._door.refusal(origin, host)
        if refusal:
            socket = WebSocket(scope, receive, send)
            if DENIAL in scope.get("extensions", {}):
                await socket.send_denial_response(PlainTextResponse(refusal, status_code=403))
            else:
                await socket.close()
            return
        if origin is not None and is_same_place(origin, host):  # spelled alike, as Streamlit compares them
            scope = {**scope, "headers": list(scope["headers"])}
            MutableHeaders(scope=scope)["host"] = urlsplit(origin).netloc
        await self._app(scope, receive, send)

    async def _send_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        page = b""

        async def take(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                    start = message
                    return
            elif start:
                page += message.get("body", b"")
                if message.get("more_body", False):
                    return
                body = page.replace(b"</body>", self._script + b"</body>", 1)
                headers = MutableHeaders(scope=start)
                headers["content-length"] = str(len(body))
                del headers["etag"], headers["last-modified"]
                await send(start)
                message = {**message, "body": body}
            await send(message)

        asked = [(name, value) for name, value in scope["headers"] if name not in CHANGING]
        await self._app({**scope, "headers": asked, "extensions": {}}, receive, take)


def is_origin_allowed(origin: str | None, host: str | None) -> bool:
    """Whether a page of `origin` may open a socket on `host`: by the rules of Streamlit's own socket.

    Without its look-up of the machine's address outside, which would let anybody make the server ask the network.
    """
    if not is_host_allowed(host):
        return False
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    try:
        name = urlsplit(origin).hostname
    except ValueError:
        return False
    allowed = {"localhost", "127.0.0.1", "0.0.0.0"}  # noqa: S104 - names to compare with, not an address to serve
    for other in config.get_option("server.corsAllowedOrigins"):
        allowed.add(urlsplit(other if "//" in other else f"//{other}").hostname or "")
    if config.is_manually_set("browser.serverAddress"):
        allowed.add(config.get_option("browser.serverAddress"))
    return is_same_place(origin, host) or (name is not None and name in allowed)


def is_same_place(origin: str, host: str | None) -> bool:
    """Whether the header `Host` names the host and port of `origin`, the port that its scheme implies said or not.

    TLS may have ended at a proxy, so the origin's scheme counts. `X-Forwarded-Host` does not: anybody can send it.
    """
    try:
        page, asked = urlsplit(origin), urlsplit(f"//{host or ''}")
        usual = PORTS.get(page.scheme)
        return bool(page.hostname) and (page.hostname, page.port or usual) == (asked.hostname, asked.port or usual)
    except ValueError:
        return False
