"""The live runs, or studies, that the app's process has: those that go on, and for a while those that have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from trainers.live.keeper import Keeper
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.visitor import Visitor

S = TypeVar("S", LiveRun, LiveStudy)


class Memory(Generic[S]):
    """Them by their ids, in the order in which they came; of the conductor's loop, but for `find`.

    One that has ended stays for `keep_s`, and beyond `most` of them less, but not before the `keeper` has all of it.
    """

    def __init__(self, keep_s: float, most: int, keeper: Keeper | None) -> None:
        self._keep_s, self._most, self._keeper = keep_s, most, keeper
        self._all: dict[str, S] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._all))

    def find(self, wanted: str) -> S | None:
        """The one of that id, for any thread."""
        return self._all.get(wanted)

    def going(self) -> list[S]:
        """Those that go on."""
        return [one for one in self._all.values() if one.going]

    def going_of(self, owner: Visitor) -> list[S]:
        """Those that go on and count as this owner's."""
        return [one for one in self.going() if one.owner is not None and one.owner.counted == owner.counted]

    def add(self, one: S) -> None:
        """Has it, in place of another of its id."""
        self._all[one.id] = one

    async def recall(self, wanted: str, remember: Callable[[], Awaitable[S | None]]) -> S | None:
        """The one of that id, or what `remember` finds of the past, which then stays for a while too."""
        if wanted not in self._all:
            found = await remember()
            if found is not None and wanted not in self._all:  # nobody has asked for it meanwhile
                self.add(found)
                self.keep(found)
        return self._all.get(wanted)

    def keep(self, ended: S) -> None:
        """Keeps one that has ended for a while; of too many go those that the store has whole, then the oldest."""
        asyncio.get_running_loop().call_later(self._keep_s, self._forget, ended)
        idle = [one for one in self._all.values() if not one.going and not one.listeners]
        for one in sorted(idle, key=self._is_only_here)[: max(0, len(idle) - self._most)]:
            del self._all[one.id]
            if self._keeper is not None:
                self._keeper.drop(one.id)

    def let_go(self, wanted: str) -> None:
        """Has one no longer that has ended and that the store has whole."""
        one = self._all.get(wanted)
        if one is not None and not one.going and not self._is_only_here(one):
            del self._all[wanted]

    def of(self, owner: Visitor) -> list[S]:
        """Those that are this owner's."""
        return [one for one in self._all.values() if one.owner is not None and one.owner.id == owner.id]

    def _forget(self, one: S) -> None:
        if self._is_only_here(one):
            asyncio.get_running_loop().call_later(self._keep_s, self._forget, one)
        elif self._all.get(one.id) is one:
            del self._all[one.id]

    def _is_only_here(self, one: S) -> bool:
        """Whether something of it is to be kept and not in the store yet."""
        return self._keeper is not None and not self._keeper.has_all_of(one.id)
