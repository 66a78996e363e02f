"""Somebody who watches a run or a study from a test's thread, and other waits with an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from trainers.conductor import Conductor
from trainers.live import PAUSED, RUNNING

WAIT_S = 60.0


class Watcher:
    """Keeps every mark of `subject`, a live run or study."""

    def __init__(self, conductor: Conductor, subject: Any) -> None:
        self.conductor, self.subject = conductor, subject
        self.marks: list[Any] = []
        self._news = threading.Condition()
        conductor.tell(subject.attach, self.listen)

    def listen(self, mark: Any) -> None:
        with self._news:
            self.marks.append(mark)
            self._news.notify_all()

    def until(self, holds: Callable[[Any], bool]) -> Any:
        """The first mark, from now on or already seen, of which that holds."""
        found: list[Any] = []

        def seen() -> bool:
            found[:] = [mark for mark in self.marks if holds(mark)][:1]
            return bool(found)

        with self._news:
            assert self._news.wait_for(seen, WAIT_S), f"not seen; last: {self.marks[-1:]}"
        return found[0]

    def until_step(self, step: int) -> Any:
        return self.until(lambda mark: mark.history.step >= step)

    def until_ended(self) -> Any:
        return self.until(lambda mark: mark.state not in (RUNNING, PAUSED))

    def leave(self) -> None:
        self.conductor.tell(self.subject.detach, self.listen)


def eventually(holds: Callable[[], bool]) -> None:
    """Waits until that holds."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, "it never held"
        time.sleep(0.005)


def call_in_workers(conductor: Conductor, function: Callable[..., Any], *arguments: object) -> dict[str, Any]:
    """What the function gives in each worker, by the worker's address."""

    async def look() -> dict[str, Any]:
        return dict(await conductor.client.run(function, *arguments))

    return conductor.ask(look()).result(WAIT_S)
