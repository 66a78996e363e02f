"""Which runs a worker is asked to advance, for how long, and when it is lost: with a host in this very process."""

from __future__ import annotations

import asyncio
import json
import math
import pickle
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.limits import WAIT_S
from tests.trainers.store.made import as_json
from trainers.kinds.host import Ask, Pulse, RunError, Slice
from trainers.kinds.run import empty_history
from trainers.live.live_run import LiveRun, LostError, Mark
from trainers.live.live_study import SeedRun
from trainers.live.live_worker import LiveWorker, StuckError, is_stuck
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.runs.build import build_spec
from trainers.runs.history import Progress
from trainers.runs.provenance import processor
from trainers.runs.spec import Event, RunSpec
from tricks.making import Making

SPEC = build_spec("flooding", task="spirals", seed=100, steps=100_000)
STEP_S = 0.001  # what a step of a fake run takes


class FakeHost:
    """A host whose runs make a step in no time and say that it took a millisecond; it remembers what it was asked.

    All that is recorded of a step is its number.
    """

    def __init__(self) -> None:
        self.rounds: list[tuple[Ask, ...]] = []
        self.steps: dict[str, int] = {}
        self.had_s = Counter[str]()  # of what was asked for
        self.took_s = Counter[str]()
        self.step_s: dict[str, float] = {}  # what a step of a run takes at least
        self.commands: list[tuple[str, tuple[Event, ...]]] = []
        self.is_silent = False
        self.is_gone = False
        self.undone = 0  # so many asks for a capture come back undone
        self.broken = ""  # the run whose slices fail
        self.refuses = False  # to take commands
        self.stuck = Pulse()
        self.gate = asyncio.Event()
        self.gate.set()

    async def make(self, name: str, spec: RunSpec, capture: bytes | None, commands: Sequence[Event]) -> int:
        await self.gate.wait()
        self.steps[name] = 0 if capture is None else int(capture)
        return 7

    async def making(self, name: str) -> Making | None:
        return Making("teacher", 0.5)

    async def train(self, number: int, asks: Sequence[Ask]) -> bytes:
        await asyncio.sleep(0.001)
        await self._speak()
        assert number == len(self.rounds)
        self.rounds.append(tuple(asks))
        return pickle.dumps([self._slice(ask) for ask in asks])

    def _slice(self, ask: Ask) -> Slice | RunError | None:
        if ask.run == self.broken:
            return RunError("it broke")
        if ask.capture and self.undone:
            self.undone -= 1
            return None
        if ask.run not in self.steps:
            return None
        count = max(1, round(ask.seconds / STEP_S)) if ask.steps is None else ask.steps
        first = self.steps[ask.run] + 1
        self.steps[ask.run] += count
        self.had_s[ask.run] += ask.seconds  # type: ignore[assignment]
        took_s = max(ask.seconds, self.step_s.get(ask.run, 0.0))
        self.took_s[ask.run] += took_s  # type: ignore[assignment]
        history = empty_history(SPEC)
        numbers = np.arange(first, first + count, dtype=float)
        rows = tuple(dict.fromkeys(history.row_names, numbers) for _ in SPEC.arms)
        tests = tuple({name: history.test(0, name) for name in history.test_names} for _ in SPEC.arms)
        progress = Progress(first, first + count - 1, rows, tests)
        return Slice(progress, 0, str(progress.step).encode() if ask.capture else None, took_s)

    async def command(self, name: str, events: Sequence[Event]) -> None:
        await self._speak()
        if self.refuses:
            raise ValueError("no such command")
        self.commands.append((name, tuple(events)))

    async def drop(self, name: str) -> None:
        self.steps.pop(name, None)

    async def pulse(self) -> Pulse:
        await self._speak()
        return self.stuck

    async def _speak(self) -> None:
        if self.is_gone:
            raise OSError("it is gone")
        if self.is_silent:
            await asyncio.get_running_loop().create_future()


POLICY = Policy(away_pause_s=WAIT_S, away_end_s=WAIT_S)


def played(
    scene: Callable[[LiveWorker, FakeHost], Coroutine[Any, Any, None]], policy: Policy = POLICY, *, serves: bool = True
) -> None:
    """Plays a scene with a worker that serves and is watched; one that does not serve can be asked what it would do."""

    async def play() -> None:
        host = FakeHost()
        worker = LiveWorker("here", host, policy)
        tasks = [asyncio.ensure_future(one) for one in ((worker.serve(), worker.watch()) if serves else ())]
        try:
            await asyncio.wait_for(scene(worker, host), WAIT_S)
        finally:
            for task in tasks:
                task.cancel()

    asyncio.run(play())


def run_of(name: str, *, watched: bool = True, speed: float | None = None, paused: bool = False) -> LiveRun:
    run = LiveRun(name, empty_history(SPEC), speed, paused, POLICY)
    if watched:
        run.attach(lambda mark: None)
    return run


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def training(worker: LiveWorker, *runs: LiveRun) -> list[asyncio.Task[None]]:
    tasks = [asyncio.ensure_future(worker.train(run)) for run in runs]
    await until(lambda: all(run.worker is worker for run in runs))
    return tasks


@pytest.mark.parametrize("count", [1, 2, 3, 15, 40])
def test_runs_share_a_worker_fairly_in_rounds_that_are_short(count: int) -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        runs = [run_of(f"run {number}") for number in range(count)]
        await training(worker, *runs)
        host.had_s.clear()
        begun = len(host.rounds)
        await until(lambda: sum(host.had_s.values()) >= 0.4 * count)
        shares = [host.had_s[run.here] for run in runs]
        assert min(shares) >= 0.8 * sum(shares) / count
        for asks in host.rounds[begun:]:
            assert sum(ask.seconds for ask in asks) <= POLICY.round_s + POLICY.watched_slice_s
            assert len({ask.run for ask in asks}) == len(asks)
            assert count == 1 or len(asks) < count
        assert worker.unanswered <= 2

    played(scene)


def test_a_run_is_served_within_a_cycle_however_many_there_are() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        runs = [run_of(f"run {number}") for number in range(15)]
        await training(worker, *runs)
        await until(lambda: sum(host.had_s.values()) > 3)
        for run in runs:
            at, served = 0.0, list[float]()
            for asks in host.rounds:
                for ask in asks:
                    at += ask.seconds
                    if ask.run == run.here:
                        served.append(at)
            gaps = [after - before for before, after in pairwise(served)][5:]
            assert max(gaps) <= 2 * POLICY.cycle_s

    played(scene)


def test_a_run_that_nobody_watches_gets_longer_and_rarer_slices_and_as_much_in_all() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        runs = [run_of(f"run {number}", watched=number != 0) for number in range(10)]
        await training(worker, *runs)
        await until(lambda: sum(host.had_s.values()) > 8)
        asks = [ask for asks in host.rounds for ask in asks]
        counts = Counter(ask.run for ask in asks)
        lengths = {ask.run: ask.seconds for ask in asks}
        assert lengths[runs[0].here] == pytest.approx(4 * lengths[runs[1].here])
        assert counts[runs[0].here] < 0.4 * counts[runs[1].here]
        assert host.had_s[runs[0].here] == pytest.approx(host.had_s[runs[1].here], rel=0.2)

    played(scene)


def test_one_that_was_idle_gets_no_more_than_the_others_for_it() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        idle, busy = run_of("idle", paused=True), run_of("busy")
        await training(worker, idle, busy)
        await until(lambda: host.had_s[busy.here] > 5)
        idle.resume()
        before = host.had_s[busy.here]
        await until(lambda: host.had_s[idle.here] > 1)
        assert host.had_s[busy.here] - before > 0.5

    played(scene)


def test_a_run_of_long_steps_takes_no_more_than_its_share() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        slow, fast = run_of("slow"), run_of("fast")
        host.step_s[slow.here] = 0.5
        await training(worker, slow, fast)
        await until(lambda: host.took_s[slow.here] > 5)
        assert host.took_s[fast.here] == pytest.approx(host.took_s[slow.here], rel=0.3)

    played(scene)


def test_a_turned_knob_comes_first() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        runs = [run_of(f"run {number}") for number in range(15)]
        await training(worker, *runs)
        await until(lambda: len(host.rounds) > 20)
        for run in runs:
            run.turn(Event(0, "flood_level", 0.4, 1))
            while not run.may_lead:  # noqa: ASYNC110 - no round may pass unseen, however busy the machine is
                await asyncio.sleep(0)
            seen = len(host.rounds) + worker.unanswered
            await until(lambda seen=seen: len(host.rounds) > seen)  # type: ignore[misc]
            assert run.here in {ask.run for asks in host.rounds[seen - 1 : seen + 1] for ask in asks}
            run.sent.clear()

    played(scene)


def test_a_study_has_the_worker_that_nobody_needs_and_a_fifth_of_it_beside_a_live_run() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        seed = SeedRun("seed", empty_history(SPEC), POLICY, on_lost=lambda: None)
        await training(worker, seed)
        await until(lambda: host.had_s[seed.here] > 1)
        live = run_of("live")
        await training(worker, live)
        host.had_s.clear()
        served = list[str]()
        begun = len(host.rounds)
        await until(lambda: host.had_s[seed.here] > 0 and len(host.rounds) > begun + 20)
        for asks in host.rounds[begun:]:
            served += [ask.run for ask in asks]
        assert 0 < served.count(seed.here) < served.count(live.here)

    played(scene)


def test_a_run_alone_is_asked_for_ahead_and_a_paced_one_is_not() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        free, paced = run_of("free"), run_of("paced", speed=200.0)
        (task,) = await training(worker, free)
        await until(lambda: worker.unanswered == 2)
        free.stop()
        await task
        await training(worker, paced)
        begun = len(host.rounds)
        await until(lambda: paced.history.step > 20)
        assert all(ask.steps is not None for asks in host.rounds[begun + 2 :] for ask in asks)
        assert worker.unanswered <= 1

    played(scene)


def test_one_that_comes_anew_gets_no_more_than_the_others_for_it() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        await training(worker, *(run_of(f"run {number}") for number in range(15)))
        await until(lambda: sum(host.had_s.values()) > 5)
        await training(worker, new := run_of("new"))
        begun = len(host.rounds)
        host.had_s.clear()
        await until(lambda: len(host.had_s) == 16 and min(host.had_s.values()) > 0.1)
        served = Counter(ask.run for asks in host.rounds[begun:] for ask in asks)
        times = served.pop(new.here)
        assert 1 <= times <= max(served.values()) + 2

    played(scene)


def test_captures_are_kept() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        one = run_of("one")
        await training(worker, one)
        await until(lambda: one.capture is not None)
        assert one.captured_at > 0

    played(scene, replace(POLICY, capture_s=0.02))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_captures_are_asked_for_as_seldom_as_many_runs_share(count: int) -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        held = run_of("held", paused=True)
        await training(worker, held, *(run_of(f"run {number}") for number in range(count)))
        now = asyncio.get_running_loop().time()

        def captured(after_s: float) -> list[bool]:
            return [ask.capture for _, ask, _ in worker.compose(now + after_s)[0]]

        first = captured(900.0 * count)
        assert first and not any(first)
        assert all(captured(1100.0 * count))

    played(scene, replace(POLICY, capture_s=1000.0), serves=False)


def test_a_run_that_is_behind_what_is_known_of_it_is_not_captured() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        await training(worker, run := run_of("run"))
        run.history.step = 5
        (((_, ask, _),), _) = worker.compose(asyncio.get_running_loop().time() + 1000)
        assert ask.steps == 5 and not ask.capture

    played(scene, serves=False)


def test_a_capture_that_came_back_undone_is_asked_for_again_at_once() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        await training(worker, run_of("run"))
        host.undone = 1
        worker.places["run"].captured_at = -math.inf  # it is due now, and then no more
        await until(lambda: not host.undone)
        seen = len(host.rounds)
        await until(lambda: len(host.rounds) >= seen + 4)
        assert [ask.capture for asks in host.rounds[seen : seen + 4] for ask in asks].count(True) == 1

    played(scene, replace(POLICY, capture_s=1000.0))


def test_a_worker_is_idle_until_the_first_of_its_runs_is_due() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        paced = [run_of(f"run {speed}", speed=speed) for speed in (0.01, 0.02)]
        seeds = [SeedRun(name, empty_history(SPEC), POLICY, on_lost=lambda: None) for name in ("one", "other")]
        await training(worker, *paced, *seeds)
        now = asyncio.get_running_loop().time()
        for run in (*paced, *seeds):
            run.restart_pace(now)
        live = run_of("live", speed=0.02)
        for seed, rests_s in zip(seeds, (30.0, 20.0), strict=True):
            seed.rests_until = now + rests_s
        asks, _ = worker.compose(now)
        assert {place.run for place, *_ in asks} <= set(seeds)  # nobody else needs it
        paced[0].may_lead = True
        assert {place.run for place, *_ in worker.compose(now)[0]} == {paced[0]}
        worker.places[paced[0].id].under_way = 1
        assert worker.compose(now) == ((), 20.0)
        assert live.going

    played(scene, serves=False)


def test_a_run_that_is_held_makes_the_steps_it_was_asked_for_and_no_more() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        held, other = run_of("held", paused=True), run_of("other")
        await training(worker, held, other)
        held.step()
        held.step()
        await until(lambda: held.history.step >= 2)
        seen = other.history.step
        await until(lambda: other.history.step > seen + 100)
        assert (held.history.step, held.credit) == (2, 0)

    played(scene)


def test_a_run_that_breaks_is_ended_with_the_reason_and_its_neighbor_goes_on() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        broken, other = run_of("broken"), run_of("other")
        tasks = await training(worker, broken, other)
        host.broken = broken.here
        await tasks[0]
        assert (broken.mark.state, broken.mark.note, broken.mark.detail) == (State.STOPPED, "broken", "it broke")
        seen = other.history.step
        await until(lambda: other.history.step > seen + 10)

    played(scene)


def test_a_run_whose_turn_cannot_be_told_is_ended_with_the_reason_unless_its_worker_is_lost() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        broken, lost = run_of("broken"), run_of("lost")
        tasks = await training(worker, broken, lost)
        host.refuses = True
        broken.turn(Event(0, "flood_level", 0.4, 1))
        await tasks[0]
        assert (broken.mark.state, broken.mark.note, broken.mark.detail) == (
            State.STOPPED, "broken", "no such command",
        )  # fmt: skip
        host.is_gone = True
        lost.turn(Event(0, "flood_level", 0.4, 1))
        with pytest.raises(LostError):
            await tasks[1]
        assert lost.going and [event.value for event in lost.commands()] == [0.4]

    played(scene)


def test_a_worker_that_is_gone_is_lost_at_its_next_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        (task,) = await training(worker, run_of("run", paused=True))
        host.is_gone = True
        with pytest.raises(LostError, match="it is gone"):
            await worker.command("run", ())
        with pytest.raises(LostError, match="the worker at here is lost"):
            await task
        assert not worker.is_there and "the worker at here is lost: it is gone" in caplog.text

    played(scene, serves=False)


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_worker_that_is_called_off_as_something_comes_up_serves_no_more(turns: int) -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        serving = asyncio.ensure_future(worker.serve())
        await training(worker, run_of("run", speed=0.001))
        await until(lambda: not worker.wake.is_set())  # it waits, for as long as nothing is due
        worker.wake.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        serving.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert serving.cancelled()

    played(scene, serves=False)


def test_a_run_that_ends_leaves_its_place_and_its_host() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        run = run_of("run")
        (task,) = await training(worker, run)
        assert (worker.count(background=False), worker.count(background=True)) == (1, 0)
        name = run.here
        run.stop()
        await task
        await until(lambda: name not in host.steps)
        assert not worker.places and run.worker is None

    played(scene)


def test_a_run_says_what_it_is_being_made_of_and_is_called_off_at_once() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        host.gate.clear()
        run, other = run_of("run"), run_of("other")
        marks: list[Mark] = []
        run.attach(marks.append)
        tasks = [asyncio.ensure_future(worker.train(one)) for one in (run, other)]
        await until(lambda: marks and marks[-1].making == Making("teacher", 0.5))
        assert marks[-1].making_s >= 0 and run.state == State.RUNNING
        other.stop()
        await tasks[1]
        assert list(worker.places) == ["run"]
        host.gate.set()
        await until(lambda: run.mark.making is None and run.history.step > 0)
        assert run.history.steps_per_epoch == 7

    played(scene)


def test_a_run_is_marked_with_the_processor_that_made_it() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        worker.processor = "another"
        run = run_of("run")
        await training(worker, run)
        assert (run.mark.note, run.mark.detail, run.mark.history.processors) == ("elsewhere", "another", ("another",))
        assert json.loads(as_json(run.history))["provenance"]["processor"] == "another"
        assert json.loads(as_json(empty_history(SPEC)))["provenance"]["processor"] == processor()
        at_home = run_of("at home")
        worker.processor = processor()
        await training(worker, at_home)
        assert at_home.mark.note is None and at_home.history.processors == (processor(),)

    played(scene)


def test_a_silent_worker_is_lost_and_its_runs_are_told(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        runs = [run_of("a"), run_of("b")]
        tasks = await training(worker, *runs)
        host.is_silent = True
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            assert type(found) is LostError
        assert not worker.is_there and not worker.places and "has not answered for 1 s" in caplog.text

    played(scene, replace(POLICY, silence_s=1.0))


def test_a_stuck_step_is_its_own_runs_and_nobody_elses() -> None:
    async def scene(worker: LiveWorker, host: FakeHost) -> None:
        runs = [run_of("a"), run_of("b")]
        tasks = await training(worker, *runs)
        host.stuck = Pulse(runs[0].here, wall_s=30.0, cpu_s=25.0)
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(error) for error in found] == [StuckError, LostError]

    played(scene)


@pytest.mark.parametrize(
    ("wall_s", "cpu_s", "expected"),
    [
        (25.0, 21.0, True),  # a loop without an end
        (70.0, 0.1, True),  # it waits for what never comes
        (30.0, 0.0, False),  # the machine stood still
        (70.0, 8.0, False),  # it is slow, and others need it
        (19.0, 19.0, False),
    ],
)
def test_a_slow_machine_is_not_taken_for_a_stuck_step(wall_s: float, cpu_s: float, *, expected: bool) -> None:
    assert is_stuck(Pulse("a", wall_s, cpu_s), 20.0) is expected


def test_a_run_is_lost_a_few_times_and_stuck_only_once() -> None:
    async def scene(_: LiveWorker, __: FakeHost) -> None:
        lost = run_of("lost")
        for _number in range(3):
            lost.lose("here")
            assert (lost.mark.note, lost.mark.making, lost.going) == ("moved", Making("worker"), True)
        lost.lose("here", counts=False)  # it stood still
        assert lost.going
        lost.lose("here")
        assert (lost.mark.state, lost.mark.note, lost.mark.making) == (State.STOPPED, "lost", None)
        stuck = run_of("stuck")
        stuck.lose("here", stuck=True)
        assert stuck.going
        stuck.lose("here", stuck=True)
        assert (stuck.mark.state, stuck.mark.note, stuck.mark.detail) == (State.STOPPED, "stuck", "20 s")

    played(scene)
