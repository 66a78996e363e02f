"""Which run moves to a worker that has less to do, with hosts in this very process: one at a time, whole, and for good.

What moves of a real run is tested in `test_conductor.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import numpy as np

from tests.limits import WAIT_S
from tests.trainers.live.test_live_worker import POLICY, SPEC, FakeHost, run_of, until
from trainers.kinds.run import empty_history
from trainers.live.balance import choose, even_out
from trainers.live.live_run import LiveRun, LostError
from trainers.live.live_study import SeedRun
from trainers.live.live_worker import LiveWorker
from trainers.runs.spec import Event

SELDOM = replace(POLICY, capture_s=1000.0)  # a capture is taken only where one is needed


class FakeCluster:
    """Workers that come and go, and runs that are seen to as the conductor does."""

    def __init__(self) -> None:
        self.workers: list[LiveWorker] = []
        self.hosts: dict[str, FakeHost] = {}
        self._tasks: list[asyncio.Future[None]] = []

    def add(self, address: str, processor: str = "") -> LiveWorker:
        host = self.hosts[address] = FakeHost()
        worker = LiveWorker(address, host, SELDOM, processor)
        self.workers.append(worker)
        self._tasks += [asyncio.ensure_future(one) for one in (worker.serve(), worker.watch())]
        return worker

    def lose(self, worker: LiveWorker) -> None:
        self.workers.remove(worker)
        worker.lose("it is gone")

    async def begin(self, *runs: LiveRun) -> None:
        self._tasks += [asyncio.ensure_future(self._see_to(run)) for run in runs]
        await until(lambda: all(run.worker is not None for run in runs))

    async def _see_to(self, run: LiveRun) -> None:
        while run.going:
            worker = choose(self.workers, run)
            if worker is None:
                await asyncio.sleep(0.001)
                continue
            try:
                await worker.train(run)
            except LostError:
                run.lose(worker.address)

    def counts(self) -> list[int]:
        return [worker.count(background=False) for worker in self.workers]

    async def even_out(self, holds: Callable[[], object]) -> None:
        """Looks again and again, as the cluster does, until that `holds`."""

        def looked() -> object:
            even_out(self.workers)
            return holds()

        await until(looked)

    async def look(self, *runs: LiveRun) -> None:
        """Looks again and again, while the runs make many steps."""
        seen = [run.history.step + 500 for run in runs]
        await self.even_out(lambda: all(run.history.step >= step for run, step in zip(runs, seen, strict=True)))

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


def played(scene: Callable[[FakeCluster], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        cluster = FakeCluster()
        try:
            await asyncio.wait_for(scene(cluster), WAIT_S)
        finally:
            cluster.end()

    asyncio.run(play())


def assert_is_whole(run: LiveRun) -> None:
    """Each step is recorded once."""
    for arm in range(len(SPEC.arms)):
        np.testing.assert_array_equal(run.history.row(arm, "lr"), np.arange(1, run.history.step + 1))


def test_runs_move_to_a_worker_that_comes_until_none_has_two_more_and_stay_there() -> None:
    async def scene(cluster: FakeCluster) -> None:
        cluster.add("first")
        runs = [run_of(f"run {number}") for number in range(7)]
        await cluster.begin(*runs)
        await until(lambda: all(run.history.step > 50 for run in runs))
        for address, expected in (("second", [4, 3]), ("third", [3, 2, 2])):
            cluster.add(address)
            await cluster.even_out(lambda expected=expected: sorted(cluster.counts(), reverse=True) == expected)  # type: ignore[misc]
            stays = [run.stays for run in runs]
            await cluster.look(*runs)
            assert [run.stays for run in runs] == stays
        assert max(stays) <= 2 and sum(stays) == 5  # none came back
        for run in runs:
            assert_is_whole(run)
            assert run.mark.note is None and run.losses == 0

    played(scene)


def test_a_run_moves_from_where_it_is_and_its_turns_go_with_it() -> None:
    async def scene(cluster: FakeCluster) -> None:
        cluster.add("first")
        runs = [run_of(f"run {number}") for number in range(2)]
        await cluster.begin(*runs)
        await until(lambda: all(run.history.step > 500 for run in runs))
        assert all(run.capture is None for run in runs)
        second = cluster.add("second")
        await cluster.even_out(lambda: any(place.moves for place in cluster.workers[0].places.values()))
        moved = next(place.run for place in cluster.workers[0].places.values() if place.moves)
        moved.turn(Event(0, "flood_level", 0.4, 1))
        await until(lambda: moved.worker is second)
        assert moved.captured_at > 500 and moved.position >= moved.captured_at
        assert [event.value for event in moved.sent] == [0.4]  # which the fake host never obeys
        await cluster.look(*runs)
        assert_is_whole(moved)

    played(scene)


def test_runs_move_one_at_a_time() -> None:
    async def scene(cluster: FakeCluster) -> None:
        first = cluster.add("first")
        runs = [run_of(f"run {number}") for number in range(6)]
        await cluster.begin(*runs)
        second = cluster.add("second")
        gate = cluster.hosts["second"].gate
        gate.clear()
        await cluster.even_out(lambda: second.places)
        staying = [place.run for place in first.places.values()]
        await cluster.look(*staying)
        assert cluster.counts() == [5, 1]
        gate.set()
        await cluster.even_out(lambda: cluster.counts() == [3, 3])

    played(scene)


def test_a_run_that_is_held_moves_only_once_it_goes_on() -> None:
    async def scene(cluster: FakeCluster) -> None:
        cluster.add("first")
        held = [run_of(f"held {number}", paused=True) for number in range(3)]
        busy = [run_of(f"busy {number}") for number in range(2)]
        await cluster.begin(*held, *busy)
        cluster.add("second")
        await cluster.even_out(lambda: cluster.counts() == [4, 1])
        await cluster.look(*busy)
        assert not any(run.stays for run in held)
        for run in held:
            run.resume()
        await cluster.even_out(lambda: cluster.counts() == [3, 2])
        await cluster.look(*busy, *held)
        for run in (*held, *busy):
            assert_is_whole(run)

    played(scene)


def test_a_run_that_is_to_move_stays_where_there_is_room_by_then() -> None:
    async def scene(cluster: FakeCluster) -> None:
        first = cluster.add("first")
        runs = [run_of(f"run {number}", speed=0.001) for number in range(2)]
        await cluster.begin(*runs)
        cluster.add("second")
        even_out(cluster.workers)
        (moving,) = (place for place in first.places.values() if place.moves)
        next(run for run in runs if run is not moving.run).stop()
        await cluster.even_out(lambda: cluster.counts() == [1, 0])
        assert not moving.moves
        moving.run.set_speed(None)
        await cluster.look(moving.run)
        assert moving.run.stays == 0

    played(scene)


def test_the_fastest_of_the_paced_moves_since_it_comes_to_a_capture_first() -> None:
    async def scene(cluster: FakeCluster) -> None:
        first = cluster.add("first")
        runs = [run_of("slow", speed=0.001), run_of("fast", speed=1000.0), run_of("slower", speed=0.0005)]
        await cluster.begin(*runs)
        cluster.add("second")
        even_out(cluster.workers)
        assert [place.run.id for place in first.places.values() if place.moves] == ["fast"]
        await cluster.even_out(lambda: cluster.counts() == [2, 1])
        await cluster.look(runs[1])

    played(scene)


def test_a_run_moves_to_no_worker_of_another_processor_and_a_studys_run_to_none() -> None:
    async def scene(cluster: FakeCluster) -> None:
        first = cluster.add("first", "one kind")
        runs = [run_of(f"run {number}") for number in range(4)]
        seed = SeedRun("seed", empty_history(SPEC), SELDOM, on_lost=lambda: None)
        await cluster.begin(*runs, seed)
        cluster.add("other", "another kind")
        await cluster.look(*runs)
        assert cluster.counts() == [4, 0]
        cluster.add("same", "one kind")
        await cluster.even_out(lambda: cluster.counts() == [2, 0, 2])
        await cluster.look(*runs)
        assert seed.stays == 0 and {run.history.processors for run in runs} == {("one kind",)}
        cluster.lose(first)
        await until(lambda: cluster.counts() == [0, 4])
        await cluster.begin(new := run_of("new"))
        assert new.worker is cluster.workers[0]

    played(scene)


def test_a_run_whose_worker_is_lost_while_it_is_to_move_goes_on_as_from_any() -> None:
    async def scene(cluster: FakeCluster) -> None:
        first = cluster.add("first")
        runs = [run_of(f"run {number}") for number in range(4)]
        await cluster.begin(*runs)
        await until(lambda: all(run.history.step > 50 for run in runs))
        cluster.add("second")
        even_out(cluster.workers)
        cluster.lose(first)
        await until(lambda: cluster.counts() == [4])
        cluster.add("third")
        await cluster.even_out(lambda: cluster.counts() == [2, 2])
        await cluster.look(*runs)
        for run in runs:
            assert_is_whole(run)

    played(scene)
