"""Studies over seeds behind the live runs: the same results, canceled at once, nothing lost with a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import Worker

from tests.held_frames import decode
from tests.limits import WAIT_S
from tests.trainers.live.watcher import Watcher, call_in_workers, end_all, eventually, started, where
from trainers.evidence import recorded, studies
from trainers.evidence.plan import Plan, plan_repeat, plan_sweep
from trainers.evidence.replicates import ArmResult, Curve, SeedResult, replicate, sampled, stack
from trainers.evidence.statistics import Verdict, band, bounds, paired
from trainers.evidence.sweeps import sweep
from trainers.evidence.words import sentence
from trainers.kinds.host import Ask, Held, Host, RunError, Slice
from trainers.kinds.run import Run
from trainers.live import live_study
from trainers.live.conductor import Conductor, Standing, Whereabouts
from trainers.live.live_study import LiveStudy, SeedRun
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.runs.build import build_spec
from trainers.runs.labels import load_labels
from trainers.runs.spec import Event, RunSpec
from trainers.wire.frames import Array
from trainers.wire.study_frames import Cursor, Digest, View
from tricks.declaration import RefusedError

LABELS = load_labels()
KNOB = "flood_level"


class FragileRun(Held):
    """A run that ends its process, or itself, as its spec's width and seed say.

    Of width 15 that of seed 1 ends its process once, when a capture of it has arrived for certain: no more than two
    slices are ever asked for at a time. Its slices are short, so that there are as many on any machine.
    """

    def __init__(self, spec: RunSpec, capture: bytes | None, commands: Sequence[Event]) -> None:
        super().__init__(spec, capture, commands)
        self.was_restored, self.asked_since = capture is not None, 0

    def advance(self, ask: Ask) -> Slice | None:
        width, seed = self.spec.settings["width"], self.spec.seed
        self.asked_since += bool(ask.capture or self.asked_since)
        if seed == 1 and (width == 13 or (width == 15 and self.asked_since == 4 and not self.was_restored)):
            os.kill(os.getpid(), signal.SIGKILL)
        if width == 14 and seed != 0:
            raise RunError("ValueError: it cannot be")
        return super().advance(replace(ask, steps=20) if width == 15 else ask)


class FragileHost(Host):
    holder = FragileRun


@pytest.fixture(scope="module")
def cluster() -> Iterator[Conductor]:
    policy = Policy(workers=2, max_runs=2, max_studies=2, capture_s=0.01, overrun_s=WAIT_S)
    with started(policy, host=FragileHost) as conductor:
        yield conductor


@pytest.fixture
def conductor(cluster: Conductor) -> Iterator[Conductor]:
    """The conductor of this file, with all its workers and nothing left of earlier tests."""
    where(cluster, lambda now: len(now.workers) == 2)
    yield cluster
    end_all(cluster)


def in_background(now: Whereabouts) -> list[Standing]:
    """The places of the studies' runs that their workers have."""
    return [place for place in now.runs.values() if place.background and place.settled]


def begin(conductor: Conductor, plan: Plan, instead_of: LiveStudy | None = None) -> Watcher:
    return Watcher(conductor, conductor.ask(conductor.begin_study(plan, instead_of=instead_of)).result(WAIT_S))


def spec_of(steps: int, **values: object) -> RunSpec:
    settings = {"train_size": 100, "width": 16, "eval_every": 20, **values}
    return build_spec("flooding", task="spirals", steps=steps, values=settings)


def held_by(dask_worker: Worker) -> list[str]:
    hosts: Any = dask_worker.state.actors.values()
    return [name for host in hosts for name in host.names]


def timeless(result: SeedResult) -> list[tuple[Any, ...]]:
    """All of a result but its seconds and its losses."""
    return [
        (
            arm.name,
            arm.step,
            {name: value for name, value in arm.row.items() if name != "elapsed_s"},
            arm.tests,
            {name: (curve.steps.tolist(), curve.values.tolist()) for name, curve in arm.curves.items()},
        )
        for arm in result.arms
    ]


def test_seeds_are_those_of_the_command_line_bit_for_bit_and_arrive_one_by_one(conductor: Conductor) -> None:
    plan = plan_repeat(spec_of(60), 5)
    watcher = begin(conductor, plan)
    mark = watcher.until_ended()
    assert mark.state == State.FINISHED and mark.eta_s is None and mark.notes == ()
    assert plan.study.seeds == tuple(range(5))
    expected = list(replicate(plan.study.spec, plan.study.seeds))
    assert [timeless(result) for result in mark.at(0)] == [timeless(result) for result in expected]
    assert {len(mark.results) for mark in watcher.marks} >= {1, 2, 3, 4, 5}
    for before, after in pairwise(watcher.marks):
        assert [id(one) for one in after.results[: len(before.results)]] == [id(one) for one in before.results]
    assert conductor.find_study(watcher.subject.id) is watcher.subject and conductor.find_study("none") is None


def test_a_watched_run_goes_on_and_does_not_count_as_a_study_nor_a_study_as_a_run(conductor: Conductor) -> None:
    watcher = begin(conductor, plan_repeat(spec_of(100_000), 4))
    found = where(conductor, lambda now: len(in_background(now)) == 2)
    assert sorted(found.workers_of(background=True)) == sorted(found.workers)
    runs = [conductor.ask(conductor.begin(spec_of(100_000))).result(WAIT_S) for _ in range(2)]
    for run in runs:
        conductor.tell(run.attach, lambda mark: None)
    before = where(conductor, lambda now: now.settled and len(now.runs) == 4)
    assert sorted(before.workers_of(background=False)) == sorted(before.workers)
    after = where(conductor, lambda now: all(now.runs[name].step > 100 + before.runs[name].step for name in now.runs))
    assert after.runs.keys() == before.runs.keys() and after.settled and watcher.subject.going


def test_a_seed_gives_way_to_live_runs_but_not_for_ever() -> None:
    run = seed_run(spec_of(40))
    direct = Run(run.spec)
    run.take(Slice(direct.advance(1.0, max_steps=3), 0, seconds=0.5), 10.0)
    rests_until = 10.0 + 0.5 * live_study.BEHIND
    assert run.rest(rests_until - 0.1) == pytest.approx(0.1) and run.rest(rests_until) == 0.0
    assert run.history.probes == []


def seed_run(spec: RunSpec, on_lost: Callable[[], None] = lambda: None) -> SeedRun:
    return SeedRun("seed", Run(spec).new_history(), Policy(), on_lost=on_lost)


def test_a_cancel_stops_and_leaves_neither_actor_nor_queue(conductor: Conductor) -> None:
    watcher = begin(conductor, plan_repeat(spec_of(400), 64))
    watcher.until(lambda mark: len(mark.results) >= 3)
    conductor.tell(watcher.subject.cancel)
    mark = watcher.until_ended()
    kept = len(mark.results)
    assert mark.state == State.CANCELED and 3 <= kept < 64
    where(conductor, lambda now: not now.runs and not now.unanswered)
    eventually(lambda: not any(call_in_workers(conductor, held_by).values()))
    assert not watcher.subject.waiting and not watcher.subject.active
    assert len(watcher.subject.mark.results) == kept and watcher.subject.mark.state == State.CANCELED
    summary = mark.summary()
    assert summary["missing"] == [] and summary["comparisons"][0]["num_seeds"] == kept
    assert begin(conductor, plan_repeat(spec_of(10), 2)).until_ended().state == State.FINISHED


def test_a_killed_worker_is_told_and_its_seed_goes_on_with_nothing_lost(conductor: Conductor) -> None:
    plan = plan_repeat(spec_of(400, width=15), 2)
    watcher = begin(conductor, plan)
    told = watcher.until(lambda mark: bool(mark.notes))
    assert (told.notes[0].kind, told.notes[0].seed) == ("again", 1)
    mark = watcher.until_ended()
    assert mark.state == State.FINISHED and len(mark.results) == 2
    assert [(result.seed, "died" in text) for _, result in mark.results for text in result.lost] == [(1, True)]
    expected = list(replicate(plan.study.spec, plan.study.seeds))
    assert [timeless(result) for result in mark.at(0)] == [timeless(result) for result in expected]


def test_a_seed_whose_worker_dies_each_time_is_missing_and_the_rest_is_kept(conductor: Conductor) -> None:
    mark = begin(conductor, plan_repeat(spec_of(60, width=13), 4)).until_ended()
    assert mark.state == State.FINISHED and len(mark.results) == 4
    assert {result.seed: result.error for _, result in mark.results if result.error} == {1: "its worker died twice"}
    kinds = [(note.kind, note.seed) for note in mark.notes if note.seed == 1]
    assert kinds == [("again", 1), ("missing", 1)]
    assert mark.summary()["missing"] == [1]


def test_a_run_that_fails_by_itself_is_missing_at_once(conductor: Conductor) -> None:
    watcher = begin(conductor, plan_repeat(spec_of(60, width=14), 3))
    mark = watcher.until_ended()
    assert [bool(result.error) for result in mark.at(0)] == [False, True, True]
    assert [note.kind for note in mark.notes] == ["missing", "missing"]
    header, _ = decode(Digest(watcher.subject, LABELS).view(mark).frame(None)[0])
    assert min(header["notes"]) == "Seed 1 could not be run: ValueError: it cannot be."
    assert header["lines"] == [] and header["done"] == header["total"] == 3


def test_a_study_of_which_nothing_came_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    study = LiveStudy(plan_repeat(spec_of(10), 2), Policy())
    for seed in (0, 1):
        study.add(0, SeedResult(seed, error="no"), float(seed))
    assert study.mark.state == State.FAILED and study.mark.summary()["comparisons"][0]["num_seeds"] == 0


def test_two_studies_share_the_workers_and_a_third_is_refused(conductor: Conductor) -> None:
    first = begin(conductor, plan_repeat(spec_of(300), 64))
    where(conductor, lambda now: len(in_background(now)) == 2)
    second = begin(conductor, plan_repeat(spec_of(300), 64))
    with pytest.raises(RefusedError, match="repeats over seeds must be at most 2 at a time, got one more"):
        begin(conductor, plan_repeat(spec_of(10), 2))
    second.until(lambda mark: len(mark.results) >= 2)
    assert first.subject.going and len(where(conductor).workers_of(background=True)) <= 2
    third = begin(conductor, plan_repeat(spec_of(10), 2), instead_of=first.subject)
    assert first.until_ended().state == State.CANCELED
    assert third.until_ended().state == State.FINISHED


def test_a_study_that_nobody_watches_ends_and_is_kept(conductor: Conductor) -> None:
    watcher = begin(conductor, plan_repeat(spec_of(300), 64))
    watcher.until(lambda mark: len(mark.results) >= 1)
    watcher.subject.policy = replace(watcher.subject.policy, study_away_s=0.01)
    conductor.tell(watcher.subject.detach, watcher.listen)
    eventually(lambda: not watcher.subject.going)
    kept = conductor.find_study(watcher.subject.id)
    assert kept is not None and kept.mark.state == State.CANCELED and kept.mark.results
    assert [note.kind for note in kept.mark.notes] == ["away"]


def test_an_ended_study_is_forgotten_after_a_while() -> None:
    with started(Policy(workers=1, keep_s=0.01)) as conductor:
        watcher = begin(conductor, plan_repeat(spec_of(10), 2))
        watcher.until_ended()
        eventually(lambda: conductor.find_study(watcher.subject.id) is None)


def test_a_sweep_of_one_knob_and_of_two(conductor: Conductor) -> None:
    one = plan_sweep(spec_of(40), {KNOB: [0, 0.2, "0.4"]}, 2)
    assert one.study.seeds == (100, 101) and one.neutral == {KNOB: 0.0} and one.swept == {KNOB: (0.0, 0.2, 0.4)}
    watcher = begin(conductor, one)
    mark = watcher.until_ended()
    expected: dict[int, list[SeedResult]] = {}
    for index, result in sweep(one.points, one.study.seeds):
        expected.setdefault(index, []).append(result)
    for point, results in expected.items():
        assert [timeless(result) for result in mark.at(point)] == [timeless(result) for result in results]
    header, arrays = decode(Digest(watcher.subject, LABELS).view(mark).frame(None)[0])
    paired_too = ("difference", "difference_low", "difference_high", "claimed")
    assert [{name: row[name] for name in row if name not in paired_too} for row in header["response"]] == [
        {
            "point": row["point"],
            "values": {KNOB: row[KNOB]},
            **{name: row[name] for name in ("arm", "metric", "mean", "low", "high", "n", "num_diverged")},
        }
        for row in (
            {**row, "point": index}
            for metric in one.study.better
            for index, row in enumerate(studies.respond(one.points, expected, metric))
        )
    ]
    assert header["swept"] == [{"name": KNOB, "values": [0.0, 0.2, 0.4]}] and header["arms"] == ["flooding"]
    assert len(header["lines"]) == len(one.study.better) and not any(entry.get("of") for entry, _ in arrays)

    two = plan_sweep(spec_of(40), {KNOB: [0.0, 0.3], "lr": [0.01, 0.1]}, 2)
    mark = begin(conductor, two).until_ended()
    assert mark.state == State.FINISHED and len(mark.results) == 8 and two.neutral == {KNOB: 0.0, "lr": None}
    rows = mark.rows()
    assert [(row[KNOB], row["swept_lr"], row["seed"]) for row in rows] == [
        (level, lr, seed) for level in (0.0, 0.3) for lr in (0.01, 0.1) for seed in (100, 101)
    ]
    summary = mark.summary_rows()
    assert len(summary) == 4 * len(two.study.better) and {row["n"] for row in summary} == {2}
    assert mark.to_json()["sweep"]["swept"] == {KNOB: [0.0, 0.3], "lr": [0.01, 0.1]}


@pytest.mark.parametrize(
    ("seeds", "swept", "answer"),
    [
        (1, None, "seeds must be between 2 and 64, got 1"),
        (65, None, "seeds must be between 2 and 64, got 65"),
        ("many", None, "seeds must be a whole number, got 'many'"),
        (float("nan"), None, "seeds must be a whole number, got nan"),
        (True, None, "seeds must be a whole number, got True"),
        (8, {}, "a sweep must be of 1 or 2 knobs, got 0"),
        (8, {KNOB: [0.1] * 10}, "must have 1 to 9 values, got 10"),
        (8, {KNOB: [0.1, "0.1"]}, f"the values of a sweep of {KNOB} must differ, got 0.1, 0.1"),
        (8, {KNOB: [9]}, f"{KNOB} must be between 0 and 0.6, got 9"),
        (8, {"gamma": [1]}, "a sweep must be of knobs that an arm has, got gamma"),
        (64, {KNOB: [n / 20 for n in range(9)], "lr": [n / 10 for n in range(1, 10)]}, "at most 1000 runs, got 81"),
    ],
)
def test_plans_that_cannot_be_are_refused(seeds: object, swept: Any, answer: str) -> None:
    with pytest.raises(RefusedError) as caught:
        _ = plan_repeat(spec_of(10), seeds) if swept is None else plan_sweep(spec_of(10), swept, seeds)
    assert answer in str(caught.value)


def test_the_evidence_is_the_tricks_recipe_for_the_task_and_defaults_are_those_agreed() -> None:
    spec = build_spec("flooding", values={"width": 8}, steps=10)
    plan = plan_repeat(spec, as_evidence=True)
    assert plan.study == studies.studies_of("flooding")[0] and plan.study.seeds == tuple(range(16))
    assert plan_sweep(spec, {KNOB: [0.1]}).study.seeds == tuple(range(100, 108))


# Frames


def made_up(plan: Plan, seed: int, *, diverged: int = -1) -> SeedResult:
    """A result that nobody trained; an arm that `diverged` made half of the steps."""
    random = np.random.default_rng(seed)
    arms = []
    for number, arm in enumerate(plan.study.spec.arms):
        last = plan.study.spec.steps // (2 if number == diverged else 1)
        steps = np.arange(1.0, last + 1)
        curves = {
            name: sampled(steps, random.normal(size=last) + number, plan.study.spec.steps)
            for name in ("train_loss", *plan.study.better)
        }
        tests = {} if number == diverged else {name: float(random.normal()) for name in plan.study.better}
        row = {"lr": 0.1, "elapsed_s": 1.0 + number, "train_loss": 0.1, "objective": 0.1}
        arms.append(ArmResult(arm.name, last, 1.0, row, tests, number == diverged, curves))
    return SeedResult(seed, tuple(arms))


def make_study(plan: Plan, num_results: int) -> LiveStudy:
    study = LiveStudy(plan, Policy())
    for index, (point, spec) in enumerate(plan.runs()[:num_results]):
        study.add(point, made_up(plan, spec.seed), float(index))
    return study


def select(arrays: list[Array], **wanted: Any) -> list[np.ndarray[Any, Any]]:
    return [values for entry, values in arrays if all(entry.get(name) == value for name, value in wanted.items())]


def test_frames_hold_what_is_new_and_a_fresh_one_everything() -> None:
    plan = plan_repeat(spec_of(500), 4)
    study = make_study(plan, 3)
    digest = Digest(study, LABELS)
    first = digest.view(study.mark)
    frame, cursor = first.frame(None)
    header, arrays = decode(frame)
    assert header["fresh"] and header["study"] == study.id
    assert (header["done"], header["total"], header["state"]) == (3, 4, State.RUNNING) and header["seeds"] == [
        0,
        1,
        2,
        3,
    ]
    assert cursor == Cursor(3, study.mark.number) and not first.is_news(cursor) and first.is_news(None)
    assert {entry["seed"] for entry, _ in arrays if entry["group"] == "seed"} == {0, 1, 2}
    assert max(len(values) for values in select(arrays, group="seed")) <= 200
    study.add(0, made_up(plan, 3), 9.0)
    second = digest.view(study.mark)
    assert second.is_news(cursor)
    header, arrays = decode(second.frame(cursor)[0])
    assert not header["fresh"] and header["state"] == State.FINISHED
    assert {entry["seed"] for entry, _ in arrays if entry["group"] in ("seed", "final")} == {3}
    again = decode(second.frame(None)[0])
    assert {entry["seed"] for entry, _ in again[1] if entry["group"] == "final"} == {0, 1, 2, 3}
    bands = [entry for entry, _ in arrays if entry["group"] == "band"]
    assert bands == [entry for entry, _ in again[1] if entry["group"] == "band"] or len(bands) == len(
        [entry for entry, _ in again[1] if entry["group"] == "band"]
    )
    study.publish()
    third = decode(digest.view(study.mark).frame(second.frame(cursor)[1])[0])
    assert third[1] == [] and third[0]["lines"] == header["lines"]


def test_bands_are_those_of_the_statistics_also_where_an_arm_diverged() -> None:
    plan = plan_repeat(spec_of(500), 4)
    study = LiveStudy(plan, Policy())
    results = [made_up(plan, seed, diverged=1 if seed == 2 else -1) for seed in plan.study.seeds]
    for result in results:
        study.add(0, result, float(result.seed))
    _, arrays = decode(Digest(study, LABELS).view(study.mark).frame(None)[0])
    tables = [stack(results, arm.name, "train_loss") for arm in plan.study.spec.arms]
    whole = np.isin(tables[1][0], tables[0][0])
    assert tables[1][1].shape[0] == 4 and whole.sum() == len(tables[0][0])
    for arm, table in enumerate((tables[0][1], tables[1][1][:, whole])):
        expected = band(table, bounds("train_loss"))
        for axis in ("mean", "low", "high"):
            (found,) = [
                values
                for values, entry in ((values, entry) for entry, values in arrays)
                if (entry["group"], entry["arm"], entry["name"], entry.get("of"), entry.get("axis"))
                == ("band", arm, "train_loss", None, axis)
            ]
            np.testing.assert_array_equal(found, getattr(expected, axis).astype(np.float32))
    expected = band(tables[1][1][:, whole] - tables[0][1])
    (found,) = select(arrays, group="band", arm=1, name="train_loss", of="difference", axis="low")
    np.testing.assert_array_equal(found, expected.low.astype(np.float32))
    assert expected.count[0] == 4 and expected.count[-1] == 3
    assert np.isnan(select(arrays, group="final", arm=1, seed=2, name="test_loss")[0]).all()


def test_table_frame_and_csv_agree_to_the_last_digit(tmp_path: Any) -> None:
    plan = plan_repeat(spec_of(50), 4)
    study = make_study(plan, 4)
    header, arrays = decode(Digest(study, LABELS).view(study.mark).frame(None)[0])
    rows = recorded.parse_rows(recorded.rows_csv(study.mark.rows()))
    for row in rows:
        number = header["arms"].index(row["arm"])
        for metric in header["metrics"]:
            (final,) = select(arrays, group="final", arm=number, seed=row["seed"], name=metric["name"])
            assert final.dtype == np.float64 and final.tolist() == [row[metric["name"]]]
    (again,) = studies.summarize([plan.study], rows)
    summary = recorded.parse_rows(recorded.rows_csv(study.mark.summary_rows()))
    for line in header["lines"]:
        (row,) = [
            row for row in summary if row["minus"] and (row["arm"], row["metric"]) == (line["arm"], line["metric"])
        ]
        (judged,) = [
            one for one in again["comparisons"] if (one["arm"], one["metric"]) == (line["arm"], line["metric"])
        ]
        for name in ("mean", "low", "high", "p", "p_holm", "effect", "n", "num_seeds"):
            assert line[name] == row[name] == judged[name]
        told = sentence(Verdict.from_json(judged), arm=line["arm"], metric=line["metric"], labels=LABELS)
        assert line["text"] == told and line["won"] == judged["num_won"]
    assert header["lines"][0]["metric"] == header["judged"]
    assert header["cost"] == [
        "Flooding took about 2.00 times the baseline's seconds (4 seeds are too few for an interval)."
    ]
    frame = recorded.frame_of(study.mark.rows())
    frame.to_parquet(tmp_path / "seeds.parquet")
    pandas = pd.read_parquet(tmp_path / "seeds.parquet")
    assert pandas["test_loss"].tolist() == [row["test_loss"] for row in rows]
    assert study.mark.to_json()["studies"][0]["comparisons"] == again["comparisons"]


def test_a_large_study_comes_in_frames_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.wire.study_frames.MAX_RUNS", 3)
    study = make_study(plan_repeat(spec_of(50), 8), 7)
    view, cursor, seen = Digest(study, LABELS).view(study.mark), None, []
    while view.is_news(cursor):
        frame, cursor = view.frame(cursor)
        seen.append(sorted({entry["seed"] for entry, _ in decode(frame)[1] if entry["group"] == "final"}))
    assert seen == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_note_of_a_sweep_says_where() -> None:
    plan = plan_sweep(spec_of(10), {KNOB: [0.1, 0.25]}, 2)
    study = LiveStudy(plan, Policy())
    study.tell_lost(101, 1)
    header, _ = decode(Digest(study, LABELS).view(study.mark).frame(None)[0])
    assert header["notes"] == [
        f"Seed 101 at {KNOB} = 0.25: its worker died, so it is run again. Nothing finished was lost."
    ]
    assert header["response"][0]["n"] == 0 and header["response"][0]["mean"] is None


@pytest.mark.parametrize("plan", [plan_repeat(spec_of(10), 2), plan_sweep(spec_of(10), {KNOB: [0.1]}, 2)])
def test_every_note_can_be_said_however_few_settings_there_are(plan: Plan) -> None:
    study = LiveStudy(plan, Policy())
    study.tell_lost(plan.study.seeds[0], 0)
    study.add(0, SeedResult(plan.study.seeds[0], error="it broke"), 1.0)
    study.cancel("away")
    notes = decode(Digest(study, LABELS).view(study.mark).frame(None)[0])[0]["notes"]
    assert len(notes) == 3 and notes[-1] == LABELS["study.away"]
    assert "its worker died" in notes[0] and "could not be run: it broke" in notes[1]


def test_a_curve_that_ended_early_meets_the_others() -> None:
    whole = sampled(np.arange(1.0, 1001), np.zeros(1000))
    early: Curve = sampled(np.arange(1.0, 501), np.zeros(500), 1000)
    assert set(early.steps[:-1]) <= set(whole.steps) and early.steps[-1] == 500
    assert len(sampled(np.empty(0), np.empty(0), 1000).steps) == 0


def test_a_study_is_described_and_named_by_its_own_spec() -> None:
    own = plan_repeat(build_spec("flooding", steps=300, values={"flood_level": 0.6, "label_noise": 0.3}), 5)
    plans = [own, plan_repeat(own.study.spec, as_evidence=True), plan_sweep(own.study.spec, {"flood_level": [0, 0.5]})]
    heads = [decode(view_of(plan).frame(None)[0])[0] for plan in plans]
    assert [head["about"] for head in heads] == [
        "Two spirals, b 0.6, q 0.3, 300 steps, seeds 0 to 4:",
        "Two spirals, b 0.2, 1,500 steps, seeds 0 to 15:",
        "Two spirals, q 0.3, 300 steps, seeds 100 to 107:",
    ]
    other = plan_sweep(own.study.spec, {"flood_level": [0, 0.6]})
    ids = [plan.study.id for plan in (*plans, other)]
    assert len(set(ids)) == len(ids) and ids[1] == "flooding-spirals"
    assert heads[0]["id"] == ids[0]


def view_of(plan: Plan) -> View:
    """A study that has not begun."""
    study = LiveStudy(plan, Policy())
    return Digest(study, LABELS).view(study.mark)


def test_a_sweep_is_compared_in_pairs_with_its_neutral_setting() -> None:
    plan = plan_sweep(build_spec("flooding", steps=60), {"flood_level": [0, 0.25, 0.5]}, 16)
    study = LiveStudy(plan, Policy())
    for index, (point, spec) in enumerate(plan.runs()):
        study.add(point, shifted(made_up(plan, spec.seed), 0.1 * point), float(index))
    rows = [row for row in study.mark.response() if row["metric"] == "test_loss"]
    base = [result.arms[0].tests["test_loss"] for result in study.mark.at(0)]
    for point, row in enumerate(rows):
        if point == 0:
            assert row["difference"] is None and row["claimed"] is None  # the neutral one itself
            continue
        ours = [result.arms[0].tests["test_loss"] for result in study.mark.at(point)]
        expected = paired(np.array(ours) - np.array(base))
        assert (row["difference"], row["difference_low"]) == pytest.approx((expected.mean, expected.low))
        assert row["claimed"] is True
    lines = decode(Digest(study, LABELS).view(study.mark).frame(None)[0])[0]["lines"]
    assert {line["metric"] for line in lines} == set(plan.study.better)
    told = next(line for line in lines if line["metric"] == "test_loss")
    assert told["text"] == "No other setting stands better than the neutral one." and told["claimed"] is False
    no_neutral = LiveStudy(plan_sweep(plan.study.spec, {"flood_level": [0.25, 0.5]}, 8), Policy())
    assert no_neutral.mark.against_neutral() == {}


def shifted(result: SeedResult, by: float) -> SeedResult:
    """The result with every arm's test loss that much higher."""
    arms = [replace(arm, tests={**arm.tests, "test_loss": arm.tests["test_loss"] + by}) for arm in result.arms]
    return replace(result, arms=tuple(arms))
