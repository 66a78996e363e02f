"""Figures: what stands in them, that they are the same each time, and what is refused."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.trainers.store.made import grow, history_of, spec_of
from trainers.evidence.recorded import parse_results, place_of
from trainers.figures import drawing, racing
from trainers.figures.drawing import KINDS, kind_of
from trainers.figures.forest import forest
from trainers.figures.racing import band, race
from trainers.runs.build import build_spec
from trainers.runs.combine import build_sweep
from trainers.runs.history import History
from trainers.runs.spec import Event
from tricks.declaration import RefusedError

MADE = {"version": "0.1.0", "code": "abc", "torch": "2.13.0", "processor": "a $machine$"}
BEGINS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}


def grown(steps: int = 400, **more: Any) -> History:
    history = history_of(spec_of(400))
    events = (Event(100, "flood_level", 0.25, 1), Event(200, "lr", 0.02))
    grow(history, steps, events=events, **more)
    return history


def comments(svg: bytes) -> str:
    """The texts of an SVG, which matplotlib tells in comments beside their outlines."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", svg.decode()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_the_same_each_time_and_tells_no_day(kind: str) -> None:
    first, again = (race(grown(), MADE, kind) for _ in range(2))
    assert first == again and first.startswith(BEGINS[kind])
    assert not re.search(rb"CreationDate|<dc:date>|matplotlib v|20\d\d-\d\d-\d\dT", first)


def test_a_race_shows_both_arms_what_was_turned_and_what_it_is_of() -> None:
    told = comments(race(grown(), MADE, "svg"))
    for text in ("baseline", "flooding", "training", "test", "train loss, test loss", "test accuracy", "step"):
        assert text in told
    assert "b = 0.25" in told and "lr = 0.02" in told
    line = " ".join(told.split())
    assert "400 steps; seed 0. trick-lab 0.1.0 (code abc), torch 2.13.0, a $machine$." in line


def test_one_metric_stands_alone_and_others_are_refused_by_name() -> None:
    told = comments(race(grown(), MADE, "svg", "test_accuracy"))
    assert "test accuracy" in told and "training" not in told
    with pytest.raises(RefusedError, match="metric must be one of lr, train_loss, test_loss, test_accuracy, got 'x'"):
        race(grown(), MADE, "svg", "x")
    with pytest.raises(RefusedError, match="has made a step"):
        race(history_of(), MADE, "svg")
    with pytest.raises(RefusedError, match=r"must end in \.svg, \.pdf, \.png, got 'a.gif'"):
        kind_of("a.gif")


def test_as_many_arms_are_drawn_as_are_told_apart_and_no_more() -> None:
    levels = [0.01 * number for number in range(1, 13)]
    runs = [history_of(build_sweep(spec_of(60), "flood_level", levels[:count])) for count in (11, 12)]
    for run in runs:
        grow(run, 60)
    assert "b 0.11" in comments(race(runs[0], MADE, "svg"))  # the baseline and eleven
    looks = [drawing.look(arm) for arm in range(12)]
    assert all(one != other for number, one in enumerate(looks) for other in looks[:number])
    with pytest.raises(RefusedError, match="a figure must be of at most 12 arms, got 13"):
        race(runs[1], MADE, "svg")


def test_an_arm_that_ended_and_numbers_that_are_none_are_drawn() -> None:
    history = grown(ends=150)
    history.row(1, "train_loss")[-1] = math.inf
    assert race(history, MADE, "svg")
    history.row(0, "train_loss")[:] = math.nan
    history.row(1, "train_loss")[:] = math.nan
    assert race(history, MADE, "png", "train_loss")


def of_seed(seed: int, steps: int = 400) -> History:
    history = history_of(replace(spec_of(400), seed=seed))
    grow(history, steps, seed=seed)
    return history


def test_seeds_are_a_band_that_all_of_them_are_in_and_other_runs_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    show = drawing.new_figure

    def noted(*given: Any, **named: Any) -> Any:
        drawn.append(show(*given, **named))
        return drawn[-1]

    monkeypatch.setattr(racing, "new_figure", noted)
    histories = [of_seed(3), of_seed(1)]
    histories[1].test(0, "test_loss")[5] = 9.0
    others = {**MADE, "processor": "another"}
    told = " ".join(comments(band(histories, [MADE, others], "svg")).split())
    assert "2 seeds from 1 to 3" in told and "test loss" in told
    assert "a $machine$; trick-lab 0.1.0 (code abc), torch 2.13.0, another." in told
    (_, (chart,)) = drawn[0]
    steps, mean = chart.lines[0].get_xdata(), chart.lines[0].get_ydata()
    values = np.stack([history.test(0, "test_loss") for history in histories])
    np.testing.assert_array_equal(steps, histories[0].test(0, "step"))
    np.testing.assert_array_equal(mean, values.mean(axis=0))
    edges = chart.collections[0].get_paths()[0].vertices[:, 1]
    low, high = np.quantile(values, (0.25, 0.75), axis=0)
    assert {*low} <= {*edges} and {*high} <= {*edges}
    assert chart.get_ylim()[0] < low.min() and high.max() < chart.get_ylim()[1]


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ([grown()], "must be of runs that differ in their seeds alone"),
        ([of_seed(3)], "must be of different seeds, got 3, 3"),
        ([of_seed(4, 80)], "must be of runs at the same step, got 80 and 400"),
    ],
)
def test_of_other_runs_there_is_no_band(others: list[History], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        band([of_seed(3), *others], [MADE, MADE], "svg")


def test_numbers_that_no_axis_has_room_for_are_left_out() -> None:
    history = grown()
    history.row(0, "train_loss")[3:5] = 1.7e308, -1.7e308
    history.test(1, "test_loss")[2] = 1.7e308
    assert race(history, MADE, "svg") and race(history, MADE, "pdf", "train_loss")


def test_a_recorded_study_is_a_forest_plot() -> None:
    file, _ = place_of("flooding")
    (study, *_) = parse_results(file.read_text(encoding="utf-8"), "")["studies"]
    told = comments(forest(study, "test_loss", "svg"))
    assert "flooding − baseline  (n = 16)" in told and "Difference in test loss; lower is better" in told
    assert forest(study, "test_loss", "pdf") == forest(study, "test_loss", "pdf")
    with pytest.raises(RefusedError, match=r"metric must be one of test_loss, .*, got 'x'"):
        forest(study, "x", "svg")


def test_a_run_without_provenance_is_drawn() -> None:
    history = history_of(build_spec("cyclic_lr", steps=50))
    grow(history, 50)
    assert race(history, {}, "svg")
