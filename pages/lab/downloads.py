"""Files on their way out: written piece by piece as they are taken, in threads of their own, a few at once.

Nobody waits for one but who asked for it, and no more of it is held than a piece.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from starlette.responses import Response, StreamingResponse

from pages.lab import answers

T = TypeVar("T")


class Downloads:
    """What is written for those who ask, so many at once."""

    def __init__(self, at_once: int) -> None:
        self._worker = ThreadPoolExecutor(at_once, "downloads")

    async def work(self, work: Callable[[], T]) -> T:
        """What `work` gives, in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    async def file(self, name: str, media: str, write: Callable[[], Iterator[bytes]]) -> Response:
        """The pieces that `write` gives, as a file of that name, for whoever asked alone.

        What `write`, or its first piece, raises is raised before anything is answered.
        """
        pieces = await self.work(write)
        first = await self.work(partial(next, pieces, b""))
        headers = {**answers.UNKEPT, "content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(self._each(first, pieces), media_type=media, headers=headers)

    async def _each(self, first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        try:
            yield first
            while (piece := await self.work(partial(next, pieces, None))) is not None:
                yield piece
        finally:  # whoever asked may have left
            self._worker.submit(_end, pieces)


def _end(pieces: Iterator[bytes]) -> None:
    if isinstance(pieces, Generator):
        with suppress(ValueError):  # its last piece is still being written: it ends with that
            pieces.close()
