"""Who is let in: pages of the address that the app was asked as. A page that is turned away reads why, and the remedy.

A proxy that does not pass on the header `Host` makes every page look like a stranger's. Streamlit's socket would then
be refused without a word, and the page stay empty; so a small script on it asks here, by plain HTTP, what is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.lab.files import paths
from pages.lab.places import Places
from trainers.runs.labels import shorten

log = logging.getLogger(__name__)

SCRIPT = "door.js"
CHANGING = (b"accept-encoding", b"if-modified-since", b"if-none-match", b"if-range", b"range")
"""What a browser may ask of a page that makes the answer to it something else than the whole page as text."""


class Door:
    """Knows pages by `Origin` and what they ask by `Host`, and says in the words of `labels` why one stays outside."""

    def __init__(self, labels: Mapping[str, str], places: Places | None = None) -> None:
        self.labels = labels
        self.places = Places() if places is None else places
        self._told: set[str] = set()

    def unknown(self, hosts: Sequence[str], here: str | None) -> str:
        """Why what came to the address `here` and asks for `hosts` is not answered; nothing where it is."""
        if len(hosts) == 1 and self.places.have(hosts[0], here):
            return ""
        return self._tell("door.unlisted" if self.places.listed else "door.unknown", host=", ".join(hosts) or "(none)")

    def refusal(self, origin: str | None, host: str | None) -> str:
        """Why a page of `origin` may not talk to the app as `host`, and what would let it in; nothing where it may."""
        return "" if self.places.welcome(origin, host) else self._tell("door.foreign", origin=origin, host=host)

    def _tell(self, key: str, **given: object) -> str:
        """The label, which the log is told once."""
        text = self.labels[key].format(**{name: shorten(value, 80) for name, value in given.items()})
        if key not in self._told:
            self._told.add(key)
            log.warning("%s", text)
        return text

    async def answer(self, request: Request) -> Response:
        """What a page asks that has no connection: why it, at the address that it says it is at, is not let in."""
        origin, host = request.query_params.get("origin"), request.headers.get("host")
        return JSONResponse({"refusal": self.refusal(origin, host)}, headers={"cache-control": "no-store"})


class Guard:
    """Around the whole app: puts the script that asks at the door on every page."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, at = app, paths()
        parts = {
            "src": f"{at['assets']}/{SCRIPT}",
            "data-door": at["door"],
            "data-blocked": door.labels["door.blocked"],
        }
        told = " ".join(f'{name}="{escape(value)}"' for name, value in parts.items())
        self._script = f'<script type="module" {told}></script>'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http" and scope["method"] == "GET"
        if is_asked and "text/html" in Headers(scope=scope).get("accept", ""):
            await self._send_page(scope, receive, send)
        else:
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
