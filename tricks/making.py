"""What is made before a run's first step, told while it is made: data, a teacher, a judge, a pretrained network.

Whoever makes something calls `tell` now and then; whoever waits for it listens with `told_to`, and may call it off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class CalledOffError(Exception):
    """Nobody waits any more for what is being made."""


@dataclass(frozen=True)
class Making:
    """That `what` is being made, and the `share` of it that is done, 0 to 1 (None: that is not known).

    `detail` says more, where there is more to say, `left_s` for how many seconds it may last.
    """

    what: str
    share: float | None = None
    detail: str = ""
    left_s: float | None = None


Listener = Callable[[Making], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Has `listener` told what this thread makes; where it raises `CalledOffError`, the making ends."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(what: str, share: float | None = None) -> None:
    """Says how far `what` is made.

    Raises:
        CalledOffError: it is not needed any more.
    """
    listener = _listener.get()
    if listener is not None:
        listener(Making(what, share))
