"""Who watches, and what happens when nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from tests.limits import WAIT_S
from trainers.live.watched import Rate, Watched


class Thing(Watched):
    mark = "seen"
    going = True

    def __init__(self) -> None:
        super().__init__()
        self.happened = asyncio.Event()

    def absences(self) -> Sequence[tuple[float, Callable[[], None]]]:
        return ((0.0, self.happened.set),)


def test_what_happens_in_absence_does_not_once_somebody_is_back() -> None:
    async def look() -> list[bool]:
        thing, heard = Thing(), list[object]()
        found = []
        thing.attach(heard.append)
        thing.detach(heard.append)
        thing.attach(heard.append)  # back before it could happen
        await asyncio.sleep(0.05)
        found.append(thing.happened.is_set())
        thing.tell("news")
        thing.detach(heard.append)
        await asyncio.wait_for(thing.happened.wait(), WAIT_S)
        assert heard == ["seen", "seen", "news"]
        return found

    assert asyncio.run(look()) == [False]


def test_a_rate_is_of_the_last_seconds_only() -> None:
    rate = Rate(1.0)
    assert rate.value == 0.0
    for now, steps in ((0.0, 0), (0.5, 100), (1.0, 200), (2.0, 210), (3.0, 220)):
        rate.note(now, steps)
    assert rate.value == pytest.approx(10.0)
    rate.forget()
    assert rate.value == 0.0
