"""Files on their way out: written as they are taken, while others are answered; what cannot be is raised before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pages.lab import answers
from pages.lab.downloads import Downloads
from tests.limits import WAIT_S
from tests.pages.serving import fetch, served
from tricks.declaration import RefusedError

PIECE = bytes(2**20)
MANY = 64  # pieces, more than any buffer on the way holds


def test_others_are_answered_while_a_file_is_written() -> None:
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"begun,"
        assert go_on.wait(WAIT_S)
        yield b"ended"

    files = Downloads(1)

    async def file(_: Request) -> Response:
        return await files.file("a b.csv", "text/csv", pieces)

    async def ping(_: Request) -> Response:
        return PlainTextResponse("here")

    with served(Starlette(routes=[Route("/file", file), Route("/ping", ping)])) as host:
        asked = HTTPConnection(host, timeout=WAIT_S)
        asked.request("GET", "/file")
        answer = asked.getresponse()
        assert answer.read(6) == b"begun,"
        assert fetch(host, "/ping")[2] == b"here"
        go_on.set()
        assert answer.read() == b"ended"
        assert answer.headers["content-disposition"] == 'attachment; filename="a b.csv"'
        assert answer.headers["cache-control"] == "no-store"
        asked.close()


def test_no_more_is_written_than_is_taken_and_nothing_for_who_has_left() -> None:
    written, ended = [0], threading.Event()

    def pieces() -> Iterator[bytes]:
        try:
            for _ in range(MANY):
                written[0] += 1
                yield PIECE
        finally:
            ended.set()

    files = Downloads(1)

    async def file(_: Request) -> Response:
        return await files.file("a.csv", "text/csv", pieces)

    with served(Starlette(routes=[Route("/file", file)])) as host:
        asked = HTTPConnection(host, timeout=WAIT_S)
        asked.request("GET", "/file")
        answer = asked.getresponse()
        assert len(answer.read(2**20)) == 2**20
        answer.close()
        asked.close()
        assert ended.wait(WAIT_S)
        assert written[0] < MANY


def test_what_cannot_be_written_is_said_instead() -> None:
    def none() -> Iterator[bytes]:
        if not PIECE[0]:
            raise RefusedError("there is no such file")
        yield b""

    files = Downloads(1)

    async def file(request: Request) -> Response:
        write = none if "first" in request.query_params else (lambda: iter(()))
        return await answers.told(files.file("a.csv", "text/csv", write))

    with served(Starlette(routes=[Route("/file", file)])) as host:
        assert fetch(host, "/file?first=")[::2] == (400, b"there is no such file")
        assert fetch(host, "/file")[::2] == (200, b"")
