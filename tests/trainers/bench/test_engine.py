"""What the benchmark makes of the runs that it watches: rates, slices, what a step costs, and what stands beside it."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from trainers.bench import engine
from trainers.bench.engine import Compared, Group, Viewer, Window, compare
from trainers.bench.paces import Pace
from trainers.bench.subjects import LEVEL
from trainers.live.states import State

WINDOW = Window(
    rates=(10.0, 30.0), served=(5.0, 5.0), steps=(20, 60), slices=(10, 10),
    wall_s=2.0, cpu_s=4.0, training_s=3.0, frames_s=0.3,
)  # fmt: skip


def mark(step: int, state: State = State.RUNNING, turns: int = 0) -> Mock:
    return Mock(history=Mock(step=step, events=[None] * turns), state=state)


def test_a_rate_is_of_the_marks_within_the_window() -> None:
    viewer = Viewer(Mock(), Mock())
    viewer.steps = [(0.5, 10), (1.0, 20), (2.0, 40), (2.5, 40), (3.0, 80)]
    assert viewer.steps_per_s(0.9, 2.1) == 20.0
    assert viewer.steps_per_s(0.0, 9.0) == 28.0
    assert viewer.steps_per_s(1.5, 2.2) == 0.0
    assert viewer.slices(0.9) == 3  # the mark at 2.5 has brought no step
    assert viewer.slices(0.9, 2.4) == 2


def test_a_viewer_notes_when_a_turn_was_first_known() -> None:
    viewer = Viewer(Mock(), Mock())
    for step, turns in ((1, 0), (2, 1), (3, 1), (4, 3)):
        viewer.listen(mark(step, turns=turns))
    times = [at for at, _ in viewer.steps]
    assert viewer.turned == [times[1], times[3], times[3]]


def test_a_slice_costs_what_is_neither_training_nor_frames_nor_idling() -> None:
    assert WINDOW.cpu_s_per_step == 0.05
    assert WINDOW.beside_s_per_slice(idle=0.1) == pytest.approx((4.0 - 3.0 - 0.3 - 0.2) / 20)
    found = Compared((WINDOW, replace(WINDOW, cpu_s=5.0)), (1.0, 1.0), (1.0, 1.0), idle=(0.0, 0.1, 9.0))
    assert found.beside_s_per_slice == pytest.approx((0.025, 0.075))


def test_runs_and_bare_loops_take_turns() -> None:
    done: list[str] = []
    group, bare = Mock(), Mock()
    group.cpu_s.side_effect = [0.0, 0.0, 7.0, 7.0]

    def runs(_: float) -> Window:
        done.append("runs")
        return replace(WINDOW, cpu_s=4.0 * len(done))

    def loops(*_: object) -> list[Pace]:
        done.append("bare")
        return [Pace(100, 2.0, 5.0), Pace(300, 2.0, 5.0)]

    group.train.side_effect, bare.train.side_effect = runs, loops
    found = compare(group, bare, Mock(), pairs=2, seconds=1.0)
    assert done == ["runs", "bare", "runs", "bare"]
    assert found.cpu_ratios == pytest.approx((4.0 / 80 / 0.01, 12.0 / 80 / 0.01))
    assert found.wall_ratios == (40 / 80, 40 / 80)
    assert found.idle == (0.0, 0.0)
    group.hold.assert_called_once()  # and then by itself after each window


def test_runs_stand_still_once_they_are_paused_and_move_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STILL_S", 0.0)
    marks = iter([mark(5), mark(9, State.PAUSED), mark(12, State.PAUSED), mark(12, State.PAUSED), mark(99)])

    class Run:
        pause = None

        @property
        def mark(self) -> Mock:
            return next(marks)

    conductor = Mock()
    viewer = Mock(run=Run())
    Group(conductor, [viewer], [0]).hold()
    assert next(marks).history.step == 99
    conductor.tell.assert_called_once_with(None)


def test_a_run_that_has_ended_is_not_measured() -> None:
    ended = Mock(run=Mock(mark=mark(5, State.FINISHED)))
    with pytest.raises(RuntimeError, match="must go on while it is measured, this one is finished"):
        Group(Mock(), [ended], [0]).hold()


def test_a_run_that_does_not_stand_still_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 0.05)
    monkeypatch.setattr(engine, "STILL_S", 0.01)
    group = Group(Mock(), [Mock(run=Mock(mark=mark(5)), frames_cpu_s=0.0)], [0])
    with pytest.raises(TimeoutError, match="went on"):
        group.hold()
    with pytest.raises(TimeoutError, match="made no step"):
        group.train(0.0)


def test_a_turn_that_never_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 0.05)
    viewer = Viewer(Mock(), Mock(spec=["run"], run=None))
    viewer.run = Mock()
    viewer.run.spec.arms = [Mock(knobs={}), Mock(knobs={LEVEL: 0.1})]
    with pytest.raises(TimeoutError, match="no effect"):
        viewer.delay_of_turn(0.2)
