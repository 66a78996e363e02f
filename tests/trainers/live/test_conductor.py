"""Live runs in worker processes: steered, paced, watched, restored when their worker dies, and never altered by it."""

from __future__ import annotations

import gc
import math
import os
import re
import signal
import threading
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing import spawn
from typing import Any

import numpy as np
import pytest

from tests.limits import WAIT_S
from tests.trainers.live.watcher import Watcher, call_in_workers, end_all, eventually, started, where
from trainers.evidence.plan import plan_repeat
from trainers.kinds import heap
from trainers.kinds.host import WORKERS, Ask, Held, Host, Slice
from trainers.kinds.run import Run
from trainers.live import live_run
from trainers.live.conductor import Conductor, Whereabouts
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.remarks import Remark
from trainers.runs.spec import Event, RunSpec
from tricks.declaration import RefusedError


@pytest.fixture(scope="module")
def cluster() -> Iterator[Conductor]:
    with started(Policy(workers=2, max_runs=4, capture_s=0.2, overrun_s=WAIT_S)) as conductor:
        yield conductor


@pytest.fixture
def conductor(cluster: Conductor) -> Iterator[Conductor]:
    """The conductor of this file, with all its workers and no runs."""
    where(cluster, lambda now: len(now.workers) == 2)
    yield cluster
    end_all(cluster)


def begin(conductor: Conductor, spec: RunSpec, speed: float | None = None, paused: bool = False) -> Watcher:
    run = conductor.ask(conductor.begin(spec, speed=speed, paused=paused)).result(WAIT_S)
    return Watcher(conductor, run)


def runs_a_worker(conductor: Conductor) -> list[int]:
    """How many runs each of two workers has, the fewest first, once both are there and have evened out."""

    def are_even(now: Whereabouts) -> bool:
        counts = Counter(now.workers_of(background=False))
        return now.settled and len(now.workers) == 2 and abs(counts[now.workers[0]] - counts[now.workers[1]]) < 2

    found = where(conductor, are_even)
    return sorted(Counter(found.workers_of(background=False)).values())


def process_of(conductor: Conductor, run: LiveRun) -> int:
    """The process of the run's worker."""
    place = where(conductor, lambda now: now.runs[run.id].settled).runs[run.id].worker
    return int(call_in_workers(conductor, os.getpid)[place])


def spec_of(steps: int, **values: object) -> RunSpec:
    settings = {"train_size": 100, "width": 16, "eval_every": 20, **values}
    return build_spec("flooding", task="spirals", seed=100, steps=steps, values=settings)


def assert_is_undisturbed(history: History) -> None:
    """A run in this process, given the events at their steps, has the same history, but for the time it took."""
    run = Run(history.spec)
    expected = run.new_history()
    expected.append(run.advance(math.inf, max_steps=history.step, commands=tuple(history.events)))
    assert history.events == expected.events and history.failures == expected.failures
    assert len(history.probes) == len(expected.probes)
    for held, probe in zip(history.probes, expected.probes, strict=True):
        assert (held.step, held.arm) == (probe.step, probe.arm)
        assert all(np.array_equal(held.arrays[name], probe.arrays[name], equal_nan=True) for name in probe.arrays)
    for arm in range(len(history.spec.arms)):
        for name in history.row_names:
            if name != "elapsed_s":
                np.testing.assert_array_equal(history.row(arm, name), expected.row(arm, name))
        for name in history.test_names:
            np.testing.assert_array_equal(history.test(arm, name), expected.test(arm, name))


def test_a_live_run_has_the_history_of_one_without_workers(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(800), speed=20.0)
    watcher.until_step(30)
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.4, 1))
    conductor.tell(watcher.subject.turn, Event(0, "lr", 0.2))
    watcher.until(lambda mark: len(mark.history.events) == 2)
    conductor.tell(watcher.subject.pause)
    watcher.until(lambda mark: mark.state == State.PAUSED)
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.1, 1))
    conductor.tell(watcher.subject.resume)
    conductor.tell(watcher.subject.set_speed, None)
    mark = watcher.until_ended()
    assert mark.state == State.FINISHED and mark.history.step == 800 and mark.note is None
    assert [event.name for event in mark.history.events] == ["flood_level", "lr", "flood_level"]
    assert_is_undisturbed(mark.history)
    numbers = [mark.number for mark in watcher.marks]
    assert numbers == sorted(set(numbers))
    assert mark.remarks == watcher.subject.mark.remarks


def test_a_paused_run_makes_the_steps_asked_for(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(50), paused=True)
    assert watcher.until(lambda mark: True).state == State.PAUSED
    conductor.tell(watcher.subject.step)
    conductor.tell(watcher.subject.step)
    mark = watcher.until_step(2)
    assert mark.state == State.PAUSED and mark.history.step == 2
    conductor.tell(watcher.subject.resume)
    assert watcher.until_ended().state == State.FINISHED
    assert {mark.history.step for mark in watcher.marks if mark.state == State.PAUSED} == {0, 1, 2}


def test_three_runs_share_two_workers_and_a_fifth_waits_in_line(conductor: Conductor) -> None:
    watchers = [begin(conductor, spec_of(100_000), speed=20.0) for _ in range(3)]
    assert runs_a_worker(conductor) == [1, 2]
    for watcher in watchers:
        watcher.until_step(3)
    last = begin(conductor, spec_of(100_000), speed=20.0)
    assert runs_a_worker(conductor) == [2, 2]
    waiting = begin(conductor, spec_of(10))
    assert waiting.until(lambda mark: mark.making is not None and mark.making.what == "turn").making.detail == "1"
    restarted = conductor.begin(spec_of(10), instead_of=last.subject)
    assert Watcher(conductor, conductor.ask(restarted).result(WAIT_S)).until_ended().state == State.FINISHED
    assert last.until_ended().state == State.STOPPED
    assert waiting.until_ended().state == State.FINISHED  # the place is free by then


def test_a_visitor_has_so_many_runs_and_the_oldest_that_nobody_watches_ends_for_one_more() -> None:
    with started(Policy(workers=1, max_own=2)) as conductor:
        where(conductor, lambda now: len(now.workers) == 1)

        def begun(owner: Visitor, watched: bool = False) -> LiveRun:
            run = conductor.ask(conductor.begin(spec_of(100_000), owner=owner, paused=True)).result(WAIT_S)
            if watched:
                Watcher(conductor, run)
            return run

        one, other = Visitor.of("one"), Visitor.of("other")
        seen, old, new = begun(one, watched=True), begun(one), begun(one)
        assert [run.state for run in (seen, old, new)] == [State.PAUSED, State.STOPPED, State.PAUSED]
        Watcher(conductor, new)
        with pytest.raises(RefusedError, match="your live runs must be at most 2 at a time") as refused:
            begun(one)
        assert (refused.value.rule, refused.value.parts) == ("too_many_own", {"most": 2})
        assert begun(other).going
        without_cookies = [begun(Visitor.of(str(number), "10.0.0.7")) for number in range(4)]
        assert all(run.going for run in without_cookies)  # a class behind one address
        instead = conductor.begin(spec_of(100_000), owner=one, instead_of=new)
        assert conductor.ask(instead).result(WAIT_S).going


def test_all_of_an_address_who_cannot_be_told_apart_count_as_one_larger_visitor() -> None:
    with started(Policy(workers=1, max_of_address=2)) as conductor:
        where(conductor, lambda now: len(now.workers) == 1)
        for number, going in ((0, True), (1, True), (2, False)):
            asked = conductor.ask(conductor.begin(spec_of(100), owner=Visitor.of(str(number), "10.0.0.7"), paused=True))
            if going:
                assert asked.result(WAIT_S).going
            else:
                with pytest.raises(RefusedError, match="at most 2"):
                    asked.result(WAIT_S)


def test_a_conductor_that_cannot_begin_says_why_and_can_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("nothing can be had")

    conductor = Conductor(Policy(workers=1))
    with monkeypatch.context() as broken:
        broken.setattr("trainers.live.conductor.Line", fail)
        with pytest.raises(OSError, match="nothing can be had"):
            conductor.start()
        conductor.stop()
        with pytest.raises(RuntimeError, match="not running"):
            conductor.ask(conductor.where())
    conductor.start()
    where(conductor, lambda now: len(now.workers) == 1)
    conductor.stop()


def test_a_visitor_leaves_room_for_the_studies_of_others() -> None:
    with started(Policy(workers=1, max_studies=3, max_own_studies=1)) as conductor:
        where(conductor, lambda now: len(now.workers) == 1)

        def begun(secret: str, instead_of: LiveStudy | None = None) -> LiveStudy:
            study = conductor.begin_study(
                plan_repeat(spec_of(100_000), 2), owner=Visitor.of(secret), instead_of=instead_of
            )
            return conductor.ask(study).result(WAIT_S)

        first = begun("one")
        with pytest.raises(RefusedError, match="your repeats over seeds must be at most 1 at a time") as refused:
            begun("one")
        assert (refused.value.rule, refused.value.parts) == ("too_many_own_studies", {"most": 1})
        second = begun("one", instead_of=first)
        assert begun("other").going and second.going and first.state == State.CANCELED


def test_runs_that_wait_for_the_first_workers_do_not_pile_up_on_one() -> None:
    with started(Policy(workers=2, max_runs=4)) as conductor:
        for _ in range(4):
            begin(conductor, spec_of(100_000), speed=20.0)
        assert runs_a_worker(conductor) == [2, 2]


def test_simultaneous_starts_do_not_pile_up(conductor: Conductor) -> None:
    asked = [conductor.ask(conductor.begin(spec_of(100_000), speed=20.0)) for _ in range(4)]
    for future in asked:
        future.result(WAIT_S)
    assert runs_a_worker(conductor) == [2, 2]


def test_a_dead_workers_runs_go_on_elsewhere_with_nothing_lost(conductor: Conductor) -> None:
    watchers = [begin(conductor, spec_of(800), speed=20.0) for _ in range(2)]
    watcher = watchers[0]
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.4, 1))
    watcher.until(lambda mark: mark.history.events)
    watcher.until_step(60)
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.2, 1))
    watcher.until(lambda mark: len(mark.history.events) == 2)
    eventually(lambda: watcher.subject.capture)
    os.kill(process_of(conductor, watcher.subject), signal.SIGKILL)
    conductor.tell(watcher.subject.turn, Event(0, "lr", 0.3))
    assert watcher.until(lambda mark: mark.note == "moved").state == State.RUNNING
    for one in watchers:
        conductor.tell(one.subject.set_speed, None)
    mark = watcher.until_ended()
    assert mark.state == State.FINISHED and mark.note == "moved" and len(mark.history.events) == 3
    assert_is_undisturbed(mark.history)
    steps = [mark.history.step for mark in watcher.marks]
    assert steps == sorted(steps)
    other = watchers[1].until_ended()
    assert other.note is None and other.state == State.FINISHED
    assert_is_undisturbed(other.history)


def test_a_worker_that_comes_back_takes_runs_over_from_the_other_with_nothing_lost(conductor: Conductor) -> None:
    watchers = [begin(conductor, spec_of(100_000), speed=30.0) for _ in range(4)]
    for watcher in watchers:
        conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.4, 1))
        watcher.until(lambda mark: mark.history.events)
    os.kill(process_of(conductor, watchers[0].subject), signal.SIGKILL)
    where(conductor, lambda now: len(now.workers) == 1 and now.settled)
    where(conductor, lambda now: now.settled and sorted(Counter(homes(now)).values()) == [2, 2])
    stays = [watcher.subject.stays for watcher in watchers]
    for watcher in watchers:
        conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.2, 1))
        obeyed = watcher.until(lambda mark: len(mark.history.events) == 2)
        watcher.until_step(obeyed.history.step + 30)
    assert [watcher.subject.stays for watcher in watchers] == stays  # none moves any more
    for watcher in watchers:
        conductor.tell(watcher.subject.stop)
        assert_is_undisturbed(watcher.until_ended().history)


def homes(now: Whereabouts) -> tuple[str, ...]:
    return now.workers_of(background=False)


def test_a_paused_runs_dead_worker_is_noticed_when_it_goes_on(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(60), paused=True)
    for _ in range(3):
        conductor.tell(watcher.subject.step)
    watcher.until_step(3)
    os.kill(process_of(conductor, watcher.subject), signal.SIGKILL)
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.4, 1))
    conductor.tell(watcher.subject.step)
    mark = watcher.until_step(4)
    assert mark.history.step == 4 and mark.state == State.PAUSED
    assert mark.history.events == [Event(4, "flood_level", 0.4, 1)]
    conductor.tell(watcher.subject.resume)
    assert_is_undisturbed(watcher.until_ended().history)


def test_a_worker_that_stands_still_is_left_without_blame_and_is_used_again_when_it_wakes(conductor: Conductor) -> None:
    watchers = [begin(conductor, spec_of(100_000), speed=50.0) for _ in range(3)]
    for watcher in watchers:
        watcher.until_step(5)
    places = where(conductor, lambda now: now.settled).runs
    place = Counter(found.worker for found in places.values()).most_common(1)[0][0]
    sharing = [watcher for watcher in watchers if places[watcher.subject.id].worker == place]
    apart = next(watcher for watcher in watchers if watcher not in sharing)
    process = call_in_workers(conductor, os.getpid)[place]
    os.kill(process, signal.SIGSTOP)
    try:
        for watcher in sharing:
            conductor.tell(watcher.subject.turn, Event(0, "lr", 0.2))  # will not be answered
            watcher.until(lambda mark: mark.note == "moved")
            obeyed = watcher.until(lambda mark: mark.history.events)  # of two turns before a step one would remain
            assert watcher.until_step(obeyed.history.step + 5).state == State.RUNNING
            conductor.tell(watcher.subject.turn, Event(0, "lr", 0.3))
            events = watcher.until(lambda mark: len(mark.history.events) == 2).history.events
            assert [event.value for event in events] == [0.2, 0.3]
        assert set(where(conductor, lambda now: now.settled).workers_of(background=False)) == {
            places[apart.subject.id].worker
        }
    finally:
        os.kill(process, signal.SIGCONT)
    assert apart.subject.mark.note is None and apart.subject.mark.state == State.RUNNING
    assert place in where(conductor, lambda now: len(now.workers) == 2).workers


class EndlessRun(Held):
    """A run that never comes back from the slice after step 20, where one ends: always at a width of 13, else once."""

    def __init__(self, spec: RunSpec, capture: bytes | None, commands: Sequence[Event]) -> None:
        super().__init__(spec, capture, commands)
        self.is_sound = spec.settings["width"] != 13 and capture is not None

    def advance(self, ask: Ask) -> Slice | None:
        if self.run is not None and not self.is_sound:
            while self.run.step >= 20:
                pass
            left = 20 - self.run.step
            ask = replace(ask, steps=left if ask.steps is None else min(left, ask.steps))
        return super().advance(ask)


class EndlessHost(Host):
    holder = EndlessRun


def test_a_run_with_an_endless_step_goes_on_elsewhere_once_and_its_neighbors_always() -> None:
    with started(Policy(workers=1, capture_s=0.0, overrun_s=1.0), host=EndlessHost) as conductor:
        always = begin(conductor, spec_of(40, width=13))
        assert always.until(lambda mark: mark.note == "moved").state == State.RUNNING
        mark = always.until_ended()
        assert (mark.state, mark.note, mark.detail) == (State.STOPPED, "stuck", "1 s") and mark.history.step >= 20
        once = begin(conductor, spec_of(40), speed=100.0)
        mark = once.until_ended()
        assert (mark.state, mark.note) == (State.FINISHED, "moved")
        assert_is_undisturbed(mark.history)


def test_a_run_that_nobody_watches_rests_and_later_ends_with_its_history_unaltered(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(100_000), speed=100.0)
    watcher.until_step(5)
    watcher.subject.policy = replace(watcher.subject.policy, away_pause_s=0.01, away_end_s=600.0)
    watcher.leave()
    eventually(lambda: watcher.subject.state == State.PAUSED)
    again = Watcher(conductor, watcher.subject)
    resting = again.until(lambda mark: mark.state == State.RUNNING).history.step
    again.until_step(resting + 5)
    watcher.subject.policy = replace(watcher.subject.policy, away_pause_s=600.0, away_end_s=0.01)
    again.leave()
    eventually(lambda: not watcher.subject.going)
    last = Watcher(conductor, watcher.subject).until_ended()
    assert (last.state, last.note) == (State.STOPPED, "away")
    assert_is_undisturbed(last.history)


def test_a_run_paused_by_hand_stays_paused_when_somebody_comes_back(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(1000), paused=True)
    watcher.subject.policy = replace(watcher.subject.policy, away_pause_s=0.01)
    watcher.leave()
    eventually(lambda: watcher.subject.away)
    again = Watcher(conductor, watcher.subject)
    assert again.until(lambda mark: True).state == State.PAUSED
    assert watcher.subject.paused and not watcher.subject.away


def test_an_ended_run_is_kept_for_a_while_and_its_place_is_free(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(10))
    mark = watcher.until_ended()
    assert conductor.find(watcher.subject.id) is watcher.subject and mark.history.step == 10
    where(conductor, lambda now: not now.runs)
    assert conductor.find("no such run") is None
    with started(Policy(workers=1, keep_s=0.01)) as brief:
        short = begin(brief, spec_of(10))
        short.until_ended()
        eventually(lambda: brief.find(short.subject.id) is None)


def test_memory_is_given_back_when_runs_are_kept_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed = threading.Event()
    monkeypatch.setattr(heap, "trim", trimmed.set)
    monkeypatch.setattr("trainers.live.conductor.TRIM_S", 0.01)
    with started(Policy(workers=1, keep_s=0.01)) as conductor:
        first, second = (begin(conductor, spec_of(10), paused=True).subject for _ in range(2))
        conductor.tell(first.stop)
        eventually(lambda: conductor.find(first.id) is None)
        assert trimmed.wait(WAIT_S) and conductor.find(second.id) is second


def test_an_ended_run_that_is_kept_no_longer_is_free_at_once() -> None:
    with started(Policy(workers=1, keep_s=0.01)) as conductor:
        gc.disable()  # what only its collector finds may stay for long
        try:
            run = conductor.ask(conductor.begin(spec_of(200))).result(WAIT_S)
            conductor.tell(run.turn, Event(0, "flood_level", 0.4, 1))
            free = weakref.ref(run)
            del run
            eventually(lambda: free() is None)
        finally:
            gc.enable()


def test_a_run_whose_arms_all_end_has_failed(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(500, optimizer="sgd", lr=10.0, weight_decay=1.0))
    mark = watcher.until_ended()
    assert mark.state == State.FAILED and {failure.arm for failure in mark.history.failures} == {0, 1}
    assert any(remark.rule == "ended" for remark in mark.remarks)


def test_an_error_in_the_run_ends_it_with_its_message(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(5000), speed=50.0)
    watcher.until_step(2)
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", "much", 1))  # nobody has checked this one
    mark = watcher.until_ended()
    assert (mark.state, mark.note) == (State.STOPPED, "broken") and "flood_level must be a number" in mark.detail
    assert mark.history.step >= 2


def test_nobody_hits_upon_an_id_by_chance(conductor: Conductor) -> None:
    ids = {begin(conductor, spec_of(5)).subject.id for _ in range(2)}
    assert len(ids) == 2 and all(re.fullmatch("[0-9a-f]{16}", found) for found in ids)  # 64 bits


def make_run(speed: float | None, steps: int = 100) -> LiveRun:
    history = History(spec_of(1000), ("lr", "elapsed_s", "train_loss", "objective"), ("step",), 5, step=steps)
    run = LiveRun("id", history, speed, False, Policy())
    run.position = steps
    run.restart_pace(10.0)
    return run


def test_a_paced_run_is_asked_for_what_is_due_and_makes_up_for_little() -> None:
    run = make_run(40.0)
    steps, wait_s = run.due(10.0)
    assert steps == 0 and wait_s == pytest.approx(0.025)
    assert run.due(10.11) == (4, 0.0)
    run.history.step = run.position = 104
    run.asked_at = 10.11
    steps, wait_s = run.due(10.12)
    assert steps == 0 and wait_s == pytest.approx(0.02)
    assert run.due(100.0) == (10, 0.0)  # held up for long: a quarter of a second's worth, and no more later
    run.history.step = run.position = 114
    run.asked_at = 100.0
    assert run.due(100.06)[0] == 2
    assert make_run(0.5).due(10.0)[1] == pytest.approx(2.0)
    assert make_run(None).due(10.0) == (None, 0.0)


def test_the_step_under_a_turn_is_made_at_once_but_only_one_ahead_of_the_pace() -> None:
    run = make_run(1.0)
    run.sent.append(Event(101, "flood_level", 0.4, 1))
    assert run.due(10.1) == pytest.approx((0, 0.9))  # the command is on its way
    run.may_lead = True
    run.asked_at = 10.09  # another slice, just before
    assert run.due(10.1) == (1, 0.0)
    run.history.step = run.position = 101
    assert run.due(10.2) == pytest.approx((0, 0.8))
    assert run.due(11.0) == (1, 0.0)
    run.may_lead = False
    assert run.due(11.0) == pytest.approx((0, 1.0))


def test_a_slice_asked_for_before_a_turn_does_not_use_up_its_step() -> None:
    direct = Run(spec_of(1000))
    run = make_run(1.0, steps=0)
    run.history = direct.new_history()
    run.sent.append(Event(1, "flood_level", 0.4, 1))
    run.may_lead = True
    run.take(Slice(direct.advance(math.inf, max_steps=1), drained=0), 10.1)
    assert run.may_lead and run.due(11.0) == (1, 0.0)
    run.take(Slice(direct.advance(math.inf, max_steps=1), drained=1), 11.1)
    assert not run.sent and run.due(11.2)[0] == 0


def test_a_slow_run_answers_a_turn_with_a_step(conductor: Conductor) -> None:
    watcher = begin(conductor, spec_of(100), speed=0.005)  # a step each 200 s
    conductor.tell(watcher.subject.turn, Event(0, "flood_level", 0.4, 1))
    mark = watcher.until_step(1)
    assert mark.history.events == [Event(1, "flood_level", 0.4, 1)]
    assert not watcher.subject.may_lead


def test_a_rule_that_fails_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(history: History) -> list[Remark]:
        raise ZeroDivisionError

    run = make_run(None, steps=0)
    monkeypatch.setattr(live_run, "observe", fail)
    direct = Run(run.spec)
    run.history = direct.new_history()
    run.take(Slice(direct.advance(math.inf, max_steps=40), 0), 1.0)
    assert run.going and run.history.step == 40 and run.mark.remarks == ()


def test_the_policy_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_SCHEDULER", "tls://10.0.0.1:8786")
    monkeypatch.setenv("TRICK_LAB_WORKERS", "3")
    monkeypatch.setenv("TRICK_LAB_MAX_RUNS", "7")
    monkeypatch.setenv("TRICK_LAB_KEEP_S", "60")
    policy = Policy.from_environment()
    assert (policy.scheduler, policy.workers, policy.max_runs, policy.keep_s) == ("tls://10.0.0.1:8786", 3, 7, 60.0)
    monkeypatch.setenv("TRICK_LAB_WORKERS", "many")
    with pytest.raises(RefusedError, match="TRICK_LAB_WORKERS must be a number above 0, got 'many'"):
        Policy.from_environment()


@pytest.mark.parametrize("name", ["TRICK_LAB_WORKERS", "TRICK_LAB_MAX_RUNS", "TRICK_LAB_KEEP_S"])
@pytest.mark.parametrize("value", ["0.5", "0", "-1", "nan", "inf", "1e400", "many", "1.5"])
def test_no_number_of_the_environment_is_rounded_or_taken_for_another(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    if name == "TRICK_LAB_KEEP_S" and value in ("0.5", "1.5"):
        assert Policy.from_environment().keep_s == float(value)
        return
    with pytest.raises(RefusedError, match=f"{name} must be a .*number.*, got '{value}'"):
        Policy.from_environment()


def test_workers_have_one_thread_of_every_kind(conductor: Conductor) -> None:
    environment: Any = WORKERS["distributed.nanny.pre-spawn-environ"]
    names = [name for name in environment if name.endswith("_THREADS")]
    found = call_in_workers(conductor, lambda: [os.environ.get(name) for name in names])
    assert len(names) == 3 and list(found.values()) == [["1"] * 3] * 2


def test_workers_do_not_run_the_main_module(conductor: Conductor) -> None:
    data = spawn.get_preparation_data("a worker")
    assert "sys_path" in data and not [name for name in data if name.startswith("init_main")]
