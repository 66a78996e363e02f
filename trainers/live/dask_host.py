"""A worker's host as it is asked through Dask."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from distributed.client import FutureCancelledError

from trainers.kinds.host import Ask, Pulse, RunError
from trainers.runs.spec import Event, RunSpec
from tricks.declaration import RefusedError
from tricks.making import CalledOffError, Making

_OWN = (RunError, RefusedError, CalledOffError)


class DaskHost:
    """A `Host` in a Dask worker: whatever keeps it from answering is an `OSError`."""

    def __init__(self, actor: Any, future: Any) -> None:
        self._actor, self._future = actor, future

    async def make(self, name: str, spec: RunSpec, capture: bytes | None, commands: Sequence[Event]) -> int:
        return await self._ask("make", name, spec, capture, tuple(commands))  # type: ignore[no-any-return]

    async def making(self, name: str) -> Making | None:
        return await self._ask("making", name)  # type: ignore[no-any-return]

    async def train(self, number: int, asks: Sequence[Ask]) -> bytes:
        return await self._ask("train", number, tuple(asks))  # type: ignore[no-any-return]

    async def command(self, name: str, events: Sequence[Event]) -> None:
        await self._ask("command", name, tuple(events))

    async def drop(self, name: str) -> None:
        await self._ask("drop", name)

    async def pulse(self) -> Pulse:
        return await self._ask("pulse")  # type: ignore[no-any-return]

    async def _ask(self, method: str, *arguments: object) -> Any:
        try:
            return await getattr(self._actor, method)(*arguments)
        except _OWN:
            raise
        except (FutureCancelledError, Exception) as error:  # the first is no mere cancellation of who waits
            raise OSError(f"{type(error).__name__}: {error}") from error

    def release(self) -> None:
        """Frees the actor, at once: left to the collector of garbage it would stay in its worker for a while."""
        for held in (self._future, getattr(self._actor, "_future", None)):  # the actor holds itself by one of its own
            if held is not None:
                with suppress(Exception):
                    held.release()
