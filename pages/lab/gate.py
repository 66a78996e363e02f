"""The gate around the whole app: what is asked, sent and answered, whosever route it is.

Before anything else is done for a request or a socket it is looked at which host it means, which page it comes from
where it could change something, and how large it is. Nothing here asks the network.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pages.lab.door import Door
from pages.lab.files import base_path, paths
from pages.lab.places import alike, framers, proxies
from trainers.store.archive import MAX_FILE

MAX_BODY = 64 * 1024  # bytes of a request, but for the files that are brought into a library
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
UPLOADS = "_stcore/upload_file"
DENIAL = "websocket.http.response"
STARTS = ("http.response.start", "websocket.http.response.start", "websocket.accept")

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


class TooLargeError(Exception):
    """The body of a request is larger than it may be."""


class Gate:
    """Lets in what means this server, comes from a page that may, and is not too large; and heads every answer.

    The live socket is asked for its origin by its own endpoint, which can give the page the reason. Streamlit's socket
    is told no origin: it would ask the network for this machine's address where it is not that of `Host`.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door
        self._inside = ProxyHeadersMiddleware(self._pass, proxies())  # type: ignore[arg-type]
        self._live = paths()["socket"]
        self._uploads = f"{base_path()}/{UPLOADS}"
        self._most = {paths()["archive"]: MAX_FILE}
        self._headers = {
            "content-security-policy": policy(),
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope.get("client"):
            scope["client"] = (alike(scope["client"][0]), *scope["client"][1:])
        await self._inside(scope, receive, send)  # type: ignore[arg-type]

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def head(message: Message) -> None:
            nonlocal started
            if message["type"] in STARTS:
                started = True
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                message = {**message, "headers": headers.raw}
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(*refusal, scope, receive, head)
        elif scope["type"] == "websocket":
            await self._app(self._as_ours(scope), receive, head)
        else:
            try:
                await self._app(scope, _bounded(receive, self._most_of(scope)), head)
            except TooLargeError:
                if started:
                    raise
                await _refuse(413, self._too_large(scope), scope, receive, head)
            except Exception:
                if not started:
                    await _refuse(500, "Internal Server Error", scope, receive, head)
                raise

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and the reason of what is not let in."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host"), headers.get("origin")
        unknown = self._door.unknown(headers.getlist("host"), (scope.get("server") or (None,))[0])
        if unknown:
            return 400, unknown
        is_socket = scope["type"] == "websocket"
        if scope["path"] != self._live if is_socket else scope["method"] not in SAFE:
            foreign = self._door.refusal(origin, host)
            if foreign:
                return 403, foreign
        if is_socket or scope["method"] in SAFE:
            return None
        if scope["path"].startswith(self._uploads):
            return 405, self._door.labels["gate.uploads"]
        said = headers.get("content-length", "0")
        return (413, self._too_large(scope)) if not said.isdecimal() or int(said) > self._most_of(scope) else None

    def _most_of(self, scope: Scope) -> int:
        """How many bytes may be sent with a request."""
        return self._most.get(scope["path"], MAX_BODY) if scope["method"] == "POST" else MAX_BODY

    def _too_large(self, scope: Scope) -> str:
        return self._door.labels["gate.large"].format(most=self._most_of(scope))

    def _as_ours(self, scope: Scope) -> Scope:
        if scope["path"] == self._live:
            return scope
        return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"origin"]}


async def _refuse(status: int, reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    answer = PlainTextResponse(reason, status_code=status, headers={"cache-control": "no-store"})
    if scope["type"] == "http":
        await answer(scope, receive, send)
    elif DENIAL in scope.get("extensions", {}):
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await WebSocket(scope, receive, send).close()


def _bounded(receive: Receive, most: int) -> Receive:
    """`receive`, that raises `TooLargeError` where a body is longer than it said, or did not say how long it is."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLargeError
        return message

    return take


def policy() -> str:
    """What a page may load and run, and from where; and who may show it inside a page of theirs.

    Streamlit writes its styles and a font into the page, hands a component its script as a blob and counts with 64 bits
    in WebAssembly; a chart is saved by way of a picture made in the page.
    """
    inline = [f"'sha256-{b64encode(sha256(text).digest()).decode()}'" for text in INLINE.findall(INDEX.read_bytes())]
    allowed = {
        "default-src": ["'self'"],
        "script-src": ["'self'", "blob:", "'wasm-unsafe-eval'", *inline],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": [framers()],
    }
    return "; ".join(" ".join((name, *places)) for name, places in allowed.items())
