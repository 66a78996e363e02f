"""Somebody who watches a run or a study from a test's thread, and other waits with an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tests.limits import WAIT_S
from trainers.live.conductor import Conductor, Whereabouts
from trainers.live.policy import Policy
from trainers.live.states import State

T = TypeVar("T")


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
        looked_at = 0

        def seen() -> bool:
            nonlocal looked_at
            new, looked_at = self.marks[looked_at:], len(self.marks)
            found[:] = [mark for mark in new if holds(mark)][:1]
            return bool(found)

        with self._news:
            assert self._news.wait_for(seen, WAIT_S), f"not seen; last: {self.marks[-1:]}"
        return found[0]

    def until_step(self, step: int) -> Any:
        return self.until(lambda mark: mark.history.step >= step)

    def until_ended(self) -> Any:
        return self.until(lambda mark: mark.state not in (State.RUNNING, State.PAUSED))

    def leave(self) -> None:
        self.conductor.tell(self.subject.detach, self.listen)


@contextmanager
def started(policy: Policy, **options: Any) -> Iterator[Conductor]:
    """A conductor at work, which ends with the block."""
    conductor = Conductor(policy, **options)
    conductor.start()
    try:
        yield conductor
    finally:
        conductor.stop()


def eventually(found: Callable[[], T]) -> T:
    """Waits until that is something, or true, and returns it."""
    deadline = time.monotonic() + WAIT_S
    while not (value := found()):
        assert time.monotonic() < deadline, f"it never came; last: {value!r}"
        time.sleep(0.005)
    return value


def where(conductor: Conductor, holds: Callable[[Whereabouts], bool] = lambda _: True) -> Whereabouts:
    """What goes on where, once that holds of it."""
    return conductor.ask(conductor.where(holds)).result(WAIT_S)


def end_all(conductor: Conductor) -> None:
    """Ends all runs and studies, and waits until nothing is left of them."""
    found = where(conductor)
    for study_id in found.studies:
        study = conductor.find_study(study_id)
        if study is not None:
            conductor.tell(study.cancel)
    for run_id in found.runs:
        run = conductor.find(run_id)
        if run is not None:
            conductor.tell(run.stop)
    where(conductor, lambda now: not now.runs and not now.studies)


def call_in_workers(conductor: Conductor, function: Callable[..., Any], *arguments: object) -> dict[str, Any]:
    """What the function gives in each worker, by the worker's address."""

    async def look() -> dict[str, Any]:
        return dict(await conductor.cluster.client.run(function, *arguments))

    return conductor.ask(look()).result(WAIT_S)
