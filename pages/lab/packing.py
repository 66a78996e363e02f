"""Streamlit's own bundles, sent packed: it leaves that to a proxy, and without one they are half of a first visit."""

from __future__ import annotations

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.lab.files import bundles_path

KINDS = (".js", ".css")
LEVEL = 6


class Packing:
    """Around the app: its static text is packed for those who take that, once for all of them.

    What is kept packed is what the installed package has, a few megabytes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packed: dict[tuple[str, str], bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if not _is_packable(scope):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def take(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and message["status"] == 200:
                start = message
            elif not start:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._send(scope["path"], start, bytes(body), send)

        # What has a range is not whole, and a server that sends files by their names would leave nothing to pack.
        await self._app({**scope, "extensions": {}}, receive, take)

    async def _send(self, path: str, start: Message, body: bytes, send: Send) -> None:
        headers = MutableHeaders(scope=start)
        headers.add_vary_header("accept-encoding")
        if "content-encoding" not in headers:
            key = (path, headers.get("etag", ""))
            if key not in self._packed:
                self._packed[key] = await run_in_threadpool(gzip.compress, body, LEVEL)
            body = self._packed[key]
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _is_packable(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].endswith(KINDS):
        return False
    headers = Headers(scope=scope)
    takes = "gzip" in headers.get("accept-encoding", "") and "range" not in headers
    return takes and str(scope["path"]).startswith(bundles_path())
