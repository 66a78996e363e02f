"""What a room is told of the study behind its experiment."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from tests.trainers.teaching.taught import QUERY
from trainers.evidence.plan import Plan, plan_repeat, plan_sweep
from trainers.evidence.replicates import ArmResult, Curve, SeedResult
from trainers.live.live_study import LiveStudy
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.labels import load_labels
from trainers.teaching.experiment import Experiment, Kind
from trainers.wire.experiment_told import MOST_POINTS, picture, place_of, progress, tried
from trainers.wire.study_frames import Digest, View

LABELS = load_labels()
SPEC = build_spec("flooding", values={name: value for name, value in QUERY.items() if name != "steps"}, steps=200)
OWNER = Visitor("t", "t")


def arm_of(plan: Plan, number: int, loss: float, *, diverged: bool = False) -> ArmResult:
    """How an arm ended: with that loss, on all metrics alike."""
    steps = np.arange(1.0, 201)
    metrics = plan.study.better
    curves = {"test_loss": Curve(steps, np.full(200, loss)), "train_loss": Curve(steps, np.full(200, math.nan))}
    row = {"lr": 0.1, "elapsed_s": 1.0, "train_loss": loss}
    tests = {} if diverged else dict.fromkeys(metrics, loss)
    return ArmResult(plan.study.spec.arms[number].name, 200, 1.0, row, tests, diverged, curves)


def result_of(plan: Plan, seed: int, *losses: float) -> SeedResult:
    """What came of a seed: an arm that ended with no number has diverged."""
    arms = [arm_of(plan, number, loss, diverged=math.isnan(loss)) for number, loss in enumerate(losses)]
    return SeedResult(seed, tuple(arms))


def view_of(plan: Plan, results: Sequence[tuple[int, SeedResult]], state: State = State.FINISHED) -> View:
    """The study as it is seen once it has ended so."""
    study = LiveStudy.past("s1", plan, results, state, Policy(), OWNER)
    return Digest(study, LABELS).view(study.mark)


def seeds(plan: Plan) -> Experiment:
    made = Experiment(1, 0, Kind.SEEDS)
    made.fix(plan, [1, 2])
    return made


def settings(plan: Plan) -> Experiment:
    made = Experiment(1, 0, Kind.SETTINGS, ("flood_level",), bids={1: (0.2,)})
    made.fix(plan, [1, 2])
    return made


REPEAT = plan_repeat(SPEC, 8)
SWEEP = plan_sweep(SPEC, {"flood_level": [0.0, 0.2, 0.4]}, 2)


@pytest.fixture
def repeated() -> list[tuple[int, SeedResult]]:
    return [(0, result_of(REPEAT, seed, 0.5, 0.25 + 0.01 * seed)) for seed in (3, 0, 1, 2, 4, 5, 6, 7)]


def test_a_seed_is_a_dot_at_its_place_and_the_band_is_what_the_verdict_says(
    repeated: list[tuple[int, SeedResult]],
) -> None:
    view, made = view_of(REPEAT, repeated), seeds(REPEAT)
    told, drawn = progress(made, view, LABELS), picture(made, view)
    assert [dot[0] for dot in drawn["dots"]] == [3, 0, 1, 2, 4, 5, 6, 7]  # as they came
    assert drawn["dots"][1] == [0, 1, -0.25] and drawn["values"] == list(range(8))
    (line,) = [line for line in view.header["lines"] if line["metric"] == "test_loss"]
    assert drawn["bands"] == [{"arm": 1, "mean": line["mean"], "low": line["low"], "high": line["high"]}]
    assert drawn["lines"] == [told["verdict"]] == [line["text"]]
    assert (told["done"], told["total"], told["begun"], told["active"]) == (8, 8, 8, [])
    assert (told["metric"], told["better"], told["called"]) == ("test loss", "lower", ["baseline", "flooding"])


def test_before_the_planned_number_there_is_a_band_and_no_verdict(repeated: list[tuple[int, SeedResult]]) -> None:
    for count in (1, 3, 7):
        view, made = view_of(REPEAT, repeated[:count], State.CANCELED), seeds(REPEAT)
        drawn = picture(made, view)
        assert len(drawn["dots"]) == count and len(drawn["bands"]) == (count > 1)
        assert drawn["lines"] == [] and progress(made, view, LABELS)["verdict"] == ""


def test_a_setting_has_a_dot_a_seed_and_its_mean() -> None:
    results = [
        (point, result_of(SWEEP, seed, 0.1 * point + 0.01 * (seed - 100))) for seed in (100, 101) for point in range(3)
    ]
    view, made = view_of(SWEEP, results), settings(SWEEP)
    drawn = picture(made, view)
    assert [(place, arm) for place, arm, _ in drawn["dots"]] == [(0, 0), (1, 0), (2, 0)] * 2
    assert [(band["place"], band["mean"]) for band in drawn["bands"]] == [
        (0, pytest.approx(0.005)),
        (1, pytest.approx(0.105)),
        (2, pytest.approx(0.205)),
    ]
    assert progress(made, view, LABELS)["verdict"] == LABELS["study.neutral_best"]
    mine = tried(made, view, 1, {"test_loss"}, LABELS)
    assert mine is not None and (mine["value"], mine["ended"]) == ((0.2,), 2)
    assert mine["finals"][0] == {"metric": "test loss", "values": [pytest.approx(0.105)]}


def test_a_setting_of_which_a_seed_diverged_is_not_the_best() -> None:
    plan = plan_sweep(SPEC, {"flood_level": [0.0, 0.2, 0.4]}, 3)
    losses = {0: (0.5, 0.5, 0.5), 1: (0.1, 0.1, math.nan), 2: (0.3, 0.3, 0.3)}
    results = [(place, result_of(plan, 100 + at, losses[place][at])) for place in losses for at in range(3)]
    said = progress(settings(plan), view_of(plan, results), LABELS)["verdict"]
    assert "0.4" in said and "0.2" not in said.split(":")[0]


def test_what_came_of_a_seed_is_told_to_whose_it_is(repeated: list[tuple[int, SeedResult]]) -> None:
    view, made = view_of(REPEAT, repeated[:1], State.CANCELED), seeds(REPEAT)
    assert tried(made, view, 0, {"test_loss"}, LABELS) is None
    told = tried(made, view, 3, {"test_loss", "nothing"}, LABELS)
    assert told is not None and (told["place"], told["value"], told["steps"]) == (3, 3, 200)
    assert told["finals"][0] == {"metric": "test loss", "values": [0.5, 0.28]}
    assert [(curve["arm"], curve["name"]) for curve in told["curves"]] == [(0, "test_loss"), (1, "test_loss")]
    for curve in told["curves"]:
        assert len(curve["steps"]) == len(curve["values"]) <= MOST_POINTS and curve["steps"][-1] == 200


def test_what_is_no_number_is_none_and_all_is_json() -> None:
    results = [(0, result_of(REPEAT, 0, 0.5, math.nan)), (0, SeedResult(1, error="lost"))]
    view, made = view_of(REPEAT, results, State.CANCELED), seeds(REPEAT)
    assert picture(made, view)["dots"] == [[0, 1, None]]
    mine, lost = (tried(made, view, place, {"train_loss"}, LABELS) for place in (0, 1))
    assert mine is not None and mine["finals"][0]["values"] == [0.5, None] and mine["curves"][0]["values"][0] is None
    assert lost is not None and lost["finals"][0]["values"] == [] and lost["curves"] == []
    json.dumps([progress(made, view, LABELS), picture(made, view), mine, lost], allow_nan=False)


def test_what_diverged_or_was_lost_is_counted_at_its_place() -> None:
    losses = {0: (0.5, 0.25), 1: (0.5, math.nan), 2: (math.nan, math.nan)}
    results = [
        (point, result_of(SWEEP, 100 + seed, loss))
        for point, found in losses.items()
        for seed, loss in enumerate(found)
    ]
    made = settings(SWEEP)
    drawn = picture(made, view_of(SWEEP, results))
    told = [[band[name] for name in ("place", "mean", "diverged", "missing")] for band in drawn["bands"]]
    assert told == [[0, 0.375, 0, 0], [1, 0.5, 1, 0], [2, None, 2, 0]]
    lost = [(1, SeedResult(101, error="lost")), (1, results[2][1]), (2, SeedResult(100, error="lost"))]
    drawn = picture(made, view_of(SWEEP, lost, State.CANCELED))
    told = [[band[name] for name in ("place", "mean", "diverged", "missing")] for band in drawn["bands"]]
    assert told == [[1, 0.5, 0, 1], [2, None, 0, 1]]
    json.dumps(drawn, allow_nan=False)


def test_a_run_is_of_its_seed_or_of_its_point() -> None:
    assert place_of(seeds(REPEAT), 0, 5) == 5
    assert place_of(settings(SWEEP), 2, 100) == 2
