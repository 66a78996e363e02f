"""Turning a knob shows: the same run with and without the turn is equal before it, and soon visibly apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pages.lab.charts import default_charts
from tests.limits import WAIT_S
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.history import History, Progress
from trainers.runs.spec import Event
from tricks.declaration import Value

SEEDS = range(100, 108)
ENOUGH = 7  # of these
WITHIN = 100  # steps
TIMES = 3  # of a curve's spread from one measurement to the next
RECENT_STEPS, RECENT_TESTS = 200, 12  # before the turn, that the spread is measured on


@dataclass(frozen=True)
class Turn:
    """What is turned on a trick's page, as it stands by default, after step `at`."""

    trick: str
    at: int
    values: tuple[tuple[str, Value], ...]

    def events(self) -> list[Event]:
        return [Event(self.at + 1, name, value, 1) for name, value in self.values]


TURNS = {
    "gamma": Turn("focal_loss", 600, (("gamma", 0.0),)),
    "b": Turn("flooding", 600, (("flood_level", 0.5),)),
    "epsilon": Turn("label_smoothing", 500, (("label_smoothing", 0.3),)),
    "cycle": Turn("cyclic_lr", 1050, (("cycle_length", 100),)),
    "type": Turn("normalization", 300, (("norm_type", "layer"),)),
    "tau": Turn("soft_thresholding", 100, (("threshold_mode", "fixed"), ("threshold", 2.0))),
}


@pytest.mark.long
@pytest.mark.parametrize("name", TURNS)
def test_a_turn_answers_on_the_charts_that_the_page_shows(name: str) -> None:
    turn = TURNS[name]
    apart = [seen_apart(turn, seed) for seed in SEEDS]
    assert sum(one > TIMES for one in apart) >= ENOUGH, f"times the spread, by seed: {apart}"


def seen_apart(turn: Turn, seed: int) -> float:
    """How far the turned curve leaves the other within `WITHIN` steps, in spreads, on the chart that shows it best."""
    run = Run(build_spec(turn.trick, seed=seed))
    before = run.advance(WAIT_S, max_steps=turn.at)
    kept = run.capture()
    plain, turned = (go_on(kept, before, events) for events in ([], turn.events()))
    for name in shown(plain):
        ours, theirs = (curve(history, name)[: -new(history, name, turn)] for history in (turned, plain))
        assert np.array_equal(ours, theirs)
    return max(distance(plain, turned, turn, name) for name in shown(plain))


def go_on(kept: bytes, before: Progress, events: list[Event]) -> History:
    """The whole run: until it was kept, and from there with `events`."""
    run = Run.restore(kept)
    history = run.new_history()
    history.append(before)
    history.append(run.advance(WAIT_S, max_steps=WITHIN, commands=events))
    return history


def test_a_turn_given_beforehand_changes_nothing_until_it_is_due() -> None:
    turn, spec = TURNS["b"], build_spec("flooding", steps=60, seed=100)
    early = replace(turn, at=40)
    plain, turned = Run(spec), Run(spec)
    (ours,) = turned.advance(WAIT_S, commands=early.events()).rows[1:]
    (theirs,) = plain.advance(WAIT_S).rows[1:]
    same = ours["objective"] == theirs["objective"]
    assert same[:40].all() and not same[40:].all()


def shown(history: History) -> list[str]:
    """The curves of the charts that the page shows by default."""
    charts = default_charts(history.spec)
    return [name for chart in charts for name in (("train_loss", "test_loss") if chart == "loss" else (chart,))]


def distance(plain: History, turned: History, turn: Turn, name: str) -> float:
    ours, theirs = curve(turned, name), curve(plain, name)
    after = new(plain, name, turn)
    recent = RECENT_STEPS if name in plain.row_names else RECENT_TESTS
    spread = np.std(np.diff(theirs[-after - recent :]))
    if spread == 0:  # a curve that stands still, such as an ensemble's within a cycle, has nothing to be measured by
        return 0.0
    return float(np.nanmax(np.abs(ours - theirs)[-after:]) / spread)


def new(history: History, name: str, turn: Turn) -> int:
    """How many of a curve's points come after the turn."""
    steps = np.arange(1, history.length(1) + 1) if name in history.row_names else history.test(1, "step")
    return int((steps > turn.at).sum())


def curve(history: History, name: str) -> NDArray[np.float64]:
    return history.row(1, name) if name in history.row_names else history.test(1, name)
