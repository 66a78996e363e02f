"""A full lab: places in their order, with an estimate; an idle run leaves its own and comes back to one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.limits import WAIT_S
from tests.trainers.live.test_conductor import assert_is_undisturbed, begin, spec_of
from tests.trainers.live.watcher import end_all, started, where
from trainers.kinds.run import empty_history
from trainers.live.conductor import Conductor
from trainers.live.line import Line
from trainers.live.live_run import LiveRun
from trainers.live.policy import Policy
from trainers.live.states import State
from tricks.declaration import RefusedError
from tricks.making import Making

POLICY = Policy(max_runs=2, max_waiting=2, idle_s=WAIT_S, away_pause_s=WAIT_S, away_end_s=WAIT_S)


class Anywhere:
    """A worker that a run may be said to have."""

    address = "here"
    processor = ""

    def __init__(self) -> None:
        self.wake = asyncio.Event()

    async def command(self, name: str, events: object) -> None:
        """Takes it."""


def played(scene: Callable[[Line], Coroutine[Any, Any, None]], policy: Policy = POLICY) -> None:
    async def play() -> None:
        await asyncio.wait_for(scene(Line(policy, lambda: 0.0)), WAIT_S)

    asyncio.run(play())


def run_of(name: str, *, paused: bool = False) -> LiveRun:
    run = LiveRun(name, empty_history(spec_of(100)), None, paused, POLICY)
    run.worker = Anywhere()
    return run


def names(runs: list[LiveRun]) -> str:
    return "".join(run.id for run in runs)


def test_places_are_taken_in_order_and_a_full_line_refuses() -> None:
    async def scene(line: Line) -> None:
        a, b, c, d = runs = [run_of(name) for name in "abcd"]
        for run in runs:
            line.join(run)
        assert (names(line.inside), names(line.waiting)) == ("ab", "cd")
        with pytest.raises(RefusedError, match="live runs must be at most 4 at a time, got one more: try later"):
            line.join(run_of("e"))
        entering = [asyncio.ensure_future(line.enter(run)) for run in runs]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (c.making, d.making) == (Making("turn", detail="1"), Making("turn", detail="2"))
        line.leave(b)
        await entering[2]
        assert (names(line.inside), names(line.waiting)) == ("ac", "d")
        line.leave(a)
        await entering[3]
        assert names(line.inside) == "cd" and not line.waiting

    played(scene)


def test_a_restart_has_the_place_of_what_it_restarts_inside_and_in_line() -> None:
    async def scene(line: Line) -> None:
        a, _, c, _ = runs = [run_of(name) for name in "abcd"]
        for run in runs:
            line.join(run)
        line.join(run_of("A"), a)
        line.join(run_of("C"), c)
        assert (names(line.inside), names(line.waiting)) == ("Ab", "Cd")
        line.leave(a)  # which is done with, and takes nothing away
        assert (names(line.inside), names(line.waiting)) == ("Ab", "Cd")

    played(scene)


def test_one_that_ends_in_line_waits_no_more() -> None:
    async def scene(line: Line) -> None:
        runs = [run_of(name) for name in "abc"]
        for run in runs:
            line.join(run)
        entering = asyncio.ensure_future(line.enter(runs[2]))
        await asyncio.sleep(0)
        runs[2].stop()
        await entering
        line.leave(runs[2])
        assert (names(line.inside), names(line.waiting)) == ("ab", "")

    played(scene)


def test_the_longest_idle_leaves_its_place_and_one_that_nobody_watches_at_once() -> None:
    async def scene(line: Line) -> None:
        now = asyncio.get_running_loop().time()
        a, b = run_of("a", paused=True), run_of("b", paused=True)
        for run in (a, b):
            line.join(run)
        a.idle_since, b.idle_since = now - 3, now - 5
        line.join(c := run_of("c"))
        assert names(line.waiting) == "c"  # nobody is idle for long enough
        a.away = True
        line.leave(c)
        line.join(c)
        assert (names(line.inside), a.is_aside, a.state) == ("bc", True, State.PAUSED)
        line.policy = replace(POLICY, idle_s=2.0)
        line.join(run_of("d"))
        assert names(line.inside) == "cd" and b.is_aside

    played(scene)


class Known(LiveRun):
    """A run of 100 steps, of which each has taken a worker so long for a second."""

    trained = (0.0, 0.0)


def known(name: str, step_s: float | None) -> Known:
    run = Known(name, empty_history(spec_of(100)), None, False, POLICY)
    run.worker = Anywhere()
    if step_s is not None:
        run.trained = (1.0, 1.0 / step_s)
    return run


def test_the_estimate_shares_what_the_workers_give_among_those_inside_and_who_comes_for_them() -> None:
    def played_by(first: float | None, second: float | None, speed: float | None, numbers: int) -> list[float | None]:
        told: list[float | None] = []

        async def scene() -> None:
            clock = 0.0
            loop = asyncio.get_running_loop()
            loop.time = lambda: clock  # type: ignore[method-assign]
            line = Line(replace(POLICY, max_runs=3, max_waiting=numbers), lambda: 50.0 + clock)
            a, b = known("a", first), known("b", second)
            b.speed = speed
            waiting = [run_of(str(number)) for number in range(numbers)]
            for run in (a, b, run_of("held", paused=True), *waiting):
                line.join(run)
            assert line.left_s(1) is None  # nobody has looked yet
            entering = []
            for run in waiting[:2]:
                entering.append(asyncio.ensure_future(line.enter(run)))
                await asyncio.sleep(0)
                clock += 2.0
            told.extend(line.left_s(number + 1) for number in range(numbers))
            for task in entering:
                task.cancel()

        asyncio.run(scene())
        return told

    # Each has half a worker: a ends after 10 s of one, and who comes for it needs 16, as 12.5 steps took 2 s.
    assert played_by(0.1, 0.4, None, 4) == pytest.approx([20, 52, 80, 84])
    assert played_by(0.1, None, None, 3) == pytest.approx([20, 20, 40])  # what is not known is as the others
    assert played_by(0.1, 0.4, 0.25, 3) == pytest.approx([20, 52, 84])  # b goes slower by choice, to 400 s
    assert played_by(None, None, None, 2) == [None, None]


@pytest.fixture(scope="module")
def conductor() -> Iterator[Conductor]:
    with started(Policy(workers=1, max_runs=1, capture_s=0.1, idle_s=0.0)) as conductor:
        where(conductor, lambda now: len(now.workers) == 1)
        yield conductor
        end_all(conductor)


def test_an_idle_run_is_let_go_for_another_and_comes_back_with_nothing_lost(conductor: Conductor) -> None:
    first = begin(conductor, spec_of(2000), speed=20.0)
    first.until_step(60)
    conductor.tell(first.subject.pause)
    held = first.until(lambda mark: mark.state == State.PAUSED).history.step
    second = begin(conductor, spec_of(100_000), speed=200.0)
    second.until_step(5)
    assert first.subject.mark.state == State.PAUSED and first.subject.is_aside
    conductor.tell(first.subject.resume)
    first.until(lambda mark: mark.making is not None and mark.making.what == "turn")
    conductor.tell(first.subject.set_speed, None)
    conductor.tell(second.subject.stop)
    mark = first.until_ended()
    assert mark.state == State.FINISHED and mark.history.step == 2000 > held
    assert_is_undisturbed(mark.history)
