"""What live runs and live studies share: who watches, what happens when nobody does, and how fast they go on."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any


class Watched(ABC):
    """Something with a `mark` that listeners are told of, on the conductor's loop."""

    mark: Any

    def __init__(self) -> None:
        self.listeners: set[Callable[[Any], None]] = set()
        self._timers: list[asyncio.TimerHandle] = []

    @property
    @abstractmethod
    def going(self) -> bool:
        """Whether there is still something to come."""

    @abstractmethod
    def absences(self) -> Sequence[tuple[float, Callable[[], None]]]:
        """What happens, after how many seconds, when nobody watches."""

    def attach(self, listener: Callable[[Any], None]) -> None:
        """Tells `listener` of every new mark, at once of the present one; being listened to is being watched."""
        self.listeners.add(listener)
        self.forget_absence()
        listener(self.mark)

    def detach(self, listener: Callable[[Any], None]) -> None:
        """Tells `listener` nothing more."""
        self.listeners.discard(listener)
        if not self.listeners:
            self.expect()

    def expect(self) -> None:
        """Starts counting the time for which nobody watches."""
        self.forget_absence()
        if self.going:
            loop = asyncio.get_running_loop()
            self._timers = [loop.call_later(seconds, happens) for seconds, happens in self.absences()]

    def forget_absence(self) -> None:
        """Stops counting."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    def tell(self, mark: Any) -> None:
        """Makes `mark` the present one, and tells the listeners."""
        self.mark = mark
        for listener in tuple(self.listeners):
            listener(mark)


class Rate:
    """Steps per second over about the last `seconds`, or whatever else grows with what grows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: deque[tuple[float, float]] = deque()

    def note(self, now: float, steps: float) -> None:
        """Notes that so many steps are made in all."""
        self._seen.append((now, steps))
        while len(self._seen) > 2 and now - self._seen[1][0] >= self._seconds:
            self._seen.popleft()

    def forget(self) -> None:
        """Begins anew."""
        self._seen.clear()

    @property
    def value(self) -> float:
        """The rate, 0 where it is not known."""
        seconds, steps = self.grown
        return max(0.0, steps / seconds) if seconds > 0 else 0.0

    @property
    def grown(self) -> tuple[float, float]:
        """The seconds that it is known for, and the steps made in them."""
        if len(self._seen) < 2:
            return 0.0, 0.0
        (start, first), (end, last) = self._seen[0], self._seen[-1]
        return end - start, last - first
