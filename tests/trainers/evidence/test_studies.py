"""Many seeds: run through workers that may die or be canceled, summarized from raw rows and nothing else."""

import argparse
import csv
import io
import itertools
import json
import math
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import KilledWorker

from tests.limits import WAIT_S
from trainers.commands import evidence
from trainers.commands.options import UsageError
from trainers.evidence import pool as pools
from trainers.evidence import recorded, replicates, self_check, studies
from trainers.evidence.closing import closing_spec
from trainers.evidence.pool import Pool
from trainers.evidence.replicates import ArmResult, Curve, SeedResult, measure, replicate, train
from trainers.evidence.statistics import Verdict, paired
from trainers.evidence.studies import Row, Study
from trainers.evidence.sweeps import sweep, sweep_points
from trainers.evidence.words import sentence
from trainers.kinds.run import Run
from trainers.runs.build import build_spec, conflicts
from trainers.runs.export import csv_text, replay_json
from trainers.runs.labels import load_labels
from trainers.runs.provenance import made_here
from trainers.runs.spec import COMBINE, Event, RunSpec
from tricks.declaration import RefusedError

TRICK, KNOB = "flooding", "flood_level"


def tiny(steps: int = 6, **values: float) -> RunSpec:
    return build_spec(TRICK, steps=steps, values={"eval_every": 3, "width": 8, "depth": 1, **values})


def finals(result: SeedResult) -> list[tuple[object, ...]]:
    """All of a result but its seconds."""
    rows = [{name: value for name, value in arm.row.items() if name != "elapsed_s"} for arm in result.arms]
    return [(arm.name, arm.step, row, arm.tests) for arm, row in zip(result.arms, rows, strict=True)]


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Two local worker processes; fails if they outlive their context."""
    with pools.open_pool(workers=2) as opened:
        yield opened
        pids = pids_of(opened).values()
    assert pids
    until(lambda: not any(is_alive(pid) for pid in pids))


def pids_of(pool: Pool) -> dict[str, int]:
    """The workers' processes, by address."""
    found: dict[str, int] = pool.client.run(os.getpid)
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def busy(pool: Pool) -> list[str]:
    """The workers that have something to do."""
    running: dict[str, Any] = pool.client.processing()  # type: ignore[no-untyped-call]
    return [address for address, keys in running.items() if keys]


def is_idle(pool: Pool) -> bool:
    """Whether no worker has a thread at work, and nothing waits for one."""

    def waiting(dask_scheduler: Any) -> int:
        return sum(task.state not in ("memory", "erred") for task in dask_scheduler.tasks.values())

    def working(dask_worker: Any) -> int:
        return len(dask_worker.active_threads)

    counts = [pool.client.run_on_scheduler(waiting), *pool.client.run(working).values()]  # type: ignore[no-untyped-call]
    return not any(counts)


# Runs over seeds


def test_a_seed_is_the_run_of_that_seed() -> None:
    spec = tiny()
    (result,) = replicate(spec, [3])
    run = Run(replace(spec, seed=3))
    history = run.new_history()
    history.append(run.advance(WAIT_S))
    rows = studies.rows_of(studies.study_of(spec, [3]), [result])
    expected = list(csv.DictReader(io.StringIO(csv_text(history, "x"))))[-2:]
    made = list(csv.DictReader(io.StringIO(recorded.rows_csv(rows))))
    assert list(made[0]) == list(expected[0])
    for ours, theirs in zip(made, expected, strict=True):
        for name in set(ours) - {"run_id", "elapsed_s"}:
            assert ours[name] == theirs[name], name
    assert result.arms[1].curves["test_loss"].steps.tolist() == [3, 6]
    assert result.arms[1].curves["train_loss"].values.tolist() == history.row(1, "train_loss").tolist()


def test_measuring_less_often_changes_no_result() -> None:
    (often,), (seldom,) = (list(replicate(tiny(eval_every=count), [1])) for count in (1, 6))
    assert finals(often) == finals(seldom)


def test_an_unfinished_run_is_not_a_result() -> None:
    run = Run(tiny())
    history = run.new_history()
    history.append(run.advance(WAIT_S, max_steps=2))
    with pytest.raises(ValueError, match="finished"):
        measure(history)


def test_workers_give_the_same_results_as_this_process(pool: Pool) -> None:
    spec, seeds = tiny(), range(4)
    here = {result.seed: finals(result) for result in replicate(spec, seeds)}
    there = list(replicate(spec, seeds, pool.executor, slots=pool.slots))
    assert len(there) == 4
    assert {result.seed: finals(result) for result in there} == here


def test_a_killed_worker_is_reported_its_seed_run_again_and_the_rest_kept(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec, seeds, marker = tiny(), range(4), tmp_path / "killed"
    expected = {result.seed: finals(result) for result in replicate(spec, seeds)}
    train_seed = replicates.train_seed

    def die_once(spec: RunSpec, turns: Sequence[Event]) -> SeedResult | None:
        if spec.seed == 1 and not marker.exists():
            marker.touch()
            Run(spec).advance(WAIT_S, max_steps=3)
            os.kill(os.getpid(), signal.SIGKILL)
        return train_seed(spec, turns)

    monkeypatch.setattr(replicates, "train_seed", die_once)
    reported: list[tuple[int, str]] = []
    found = list(replicate(spec, seeds, pool.executor, slots=1, on_lost=lambda *lost: reported.append(lost)))
    assert {result.seed: finals(result) for result in found} == expected
    lost = {result.seed: result.lost for result in found if result.lost}
    assert set(lost) == {1} and [(1, *lost[1])] == reported and "died" in lost[1][0]


def test_a_cancel_stops_what_runs_and_leaves_no_queue(pool: Pool) -> None:
    cancel = threading.Event()

    def stop() -> None:
        until(lambda: busy(pool))
        cancel.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    assert list(replicate(tiny(100_000), range(40), pool.executor, slots=2, cancel=cancel)) == []
    stopper.join(WAIT_S)
    until(lambda: is_idle(pool))
    assert [result.seed for result in replicate(tiny(), [7], pool.executor, slots=2)] == [7]


def test_closing_the_iterator_cancels_too_even_with_all_submitted(pool: Pool) -> None:
    specs = [tiny(), *(tiny(100_000) for _ in range(5))]
    arriving = train(specs, pool.executor)
    assert next(arriving)[0] == 0
    arriving.close()  # type: ignore[attr-defined]
    until(lambda: is_idle(pool))


class Scripted(Executor):
    """Answers each submitted run with the next of a list: an exception, or None for its true result."""

    def __init__(self, answers: list[BaseException | None]) -> None:
        self.answers = answers
        self.seeds: list[int] = []

    def submit(self, function: Any, /, *args: Any, **_: Any) -> Future[Any]:
        self.seeds.append(args[0].seed)
        future: Future[Any] = Future()
        answer = self.answers.pop(0)
        if answer is None:
            future.set_result(function(*args))
        else:
            future.set_exception(answer)
        return future


def killed() -> KilledWorker:
    return KilledWorker("task", SimpleNamespace(address="tcp://somewhere:1"), 0)  # type: ignore[arg-type]


def test_a_seed_whose_worker_died_twice_is_given_up_and_the_rest_goes_on() -> None:
    executor = Scripted([killed(), killed(), None])
    found = list(replicate(tiny(), [0, 1], executor, slots=1))
    assert executor.seeds == [0, 0, 1]
    assert (found[0].seed, found[0].arms, found[0].error, len(found[0].lost)) == (0, (), "its worker died twice", 2)
    assert found[1].arms and not found[1].error


def test_a_seed_that_failed_is_a_result_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Run):
        def __init__(self, spec: RunSpec) -> None:
            if spec.seed == 1:
                raise ArithmeticError("out of luck")
            super().__init__(spec)

    monkeypatch.setattr(replicates, "Run", Failing)
    assert [(result.seed, result.error) for result in replicate(tiny(), [0, 1, 2])] == [
        (0, ""),
        (1, "ArithmeticError: out of luck"),
        (2, ""),
    ]


def test_a_cluster_that_has_gone_ends_it() -> None:
    class Gone(Executor):
        def submit(self, function: Any, /, *_: Any, **__: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(ConnectionError, match="gone"):
        list(replicate(tiny(), [0], Gone()))


def test_an_arm_that_diverged_is_marked_and_the_other_kept() -> None:
    plain = build_spec("cyclic_lr", steps=40, values={"max_lr": 1.0, "eval_every": 10})
    spec = replace(plain, settings={**plain.settings, "lr": 10.0, "schedule": "constant"})
    (result,) = replicate(spec, [0])
    ended, other = result.arms
    assert ended.diverged and ended.step < 40 and ended.tests == {} and not math.isfinite(ended.row["train_loss"])
    assert not other.diverged and other.step == 40 and other.tests
    first, second = recorded.parse_rows(recorded.rows_csv(studies.rows_of(studies.study_of(spec, [0]), [result])))
    assert first["test_loss"] is None and not math.isfinite(float(first["train_loss"] or 0))
    assert second["test_loss"] == other.tests["test_loss"]


def test_curves_are_thinned_to_their_last_point_and_stacked_with_gaps() -> None:
    steps = np.arange(1.0, 1002)
    curve = replicates.sampled(steps, steps**2)
    assert len(curve.steps) <= replicates.CURVE_POINTS
    assert curve.steps[-1] == 1001 and (curve.values == curve.steps**2).all()
    assert len(set(np.diff(curve.steps))) == 1
    long, short = Curve(np.array([2.0, 4.0]), np.array([1.0, 2.0])), Curve(np.array([2.0]), np.array([5.0]))
    results = [SeedResult(n, (ArmResult("arm", 4, 1.0, {}, {}, False, {"x": c}),)) for n, c in enumerate((long, short))]
    name = bytes([97, 114, 109]).decode()  # the same name from another process is another string
    at, values = replicates.stack(results, name, "x")
    assert at.tolist() == [2, 4]
    np.testing.assert_array_equal(values, [[1, 2], [5, math.nan]])
    assert replicates.stack([], "a", "x")[1].shape == (0, 0)


# Sweeps


def test_a_sweep_of_one_knob_trains_the_arm_that_has_it() -> None:
    points = sweep_points(tiny(), {KNOB: [0, "0.2"]})
    assert [point.values for point in points] == [{KNOB: 0.0}, {KNOB: 0.2}]
    assert [[arm.name for arm in point.spec.arms] for point in points] == [[TRICK], [TRICK]]
    results: dict[int, list[SeedResult]] = {}
    for index, result in sweep(points, [0, 1]):
        results.setdefault(index, []).append(result)
    (whole,) = replicate(tiny(6, **{KNOB: 0.2}), [1])
    assert finals(results[1][1]) == finals(whole)[1:]
    rows = studies.respond(points, results, "test_loss")
    values = [result.arms[0].tests["test_loss"] for result in results[0]]
    assert [row[KNOB] for row in rows] == [0.0, 0.2]
    assert rows[0]["mean"] == pytest.approx(np.mean(values)) and rows[0]["n"] == 2 and rows[0]["num_diverged"] == 0
    (unmeasured,) = studies.respond(points[:1], {}, "test_loss")
    assert unmeasured["n"] == 0 and unmeasured["mean"] is None


def test_a_sweep_of_two_is_a_grid_and_a_shared_setting_moves_every_arm() -> None:
    points = sweep_points(tiny(), {KNOB: [0.0, 0.1], "lr": [0.01, 0.1, 1.0]})
    assert [tuple(point.values.values()) for point in points] == list(itertools.product([0.0, 0.1], [0.01, 0.1, 1.0]))
    assert [point.spec.settings["lr"] for point in points[:3]] == [0.01, 0.1, 1.0]
    (both,) = sweep_points(tiny(), {"lr": [0.5]})
    assert [arm.name for arm in both.spec.arms] == ["baseline", TRICK]


@pytest.mark.parametrize(
    ("swept", "why"),
    [
        ({}, "1 or 2"),
        ({KNOB: [0.1], "lr": [0.1], "width": [8]}, "got 3"),
        ({KNOB: [0.01 * n for n in range(10)]}, "1 to 9 values, got 10"),
        ({KNOB: []}, "got 0"),
        ({"gamma": [1.0]}, "gamma"),
        ({KNOB: [-1.0]}, "got -1.0"),
        ({KNOB: [math.nan]}, "got nan"),
        ({"lr": ["fast"]}, "got 'fast'"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(swept: dict[str, list[object]], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        sweep_points(tiny(), swept)


# Summaries and files


def made_up(study: Study, *, seed: int = 0, gain: float = 0.1) -> list[SeedResult]:
    """Results of a study that nobody trained: the second arm better by about `gain`, and twice as slow."""
    random = np.random.default_rng(seed)
    results = []
    for number in study.seeds:
        arms = []
        for arm, factor in zip(study.spec.arms, (1.0, 2.0), strict=True):
            tests = {}
            for metric, better in study.better.items():
                sign = -1 if better == "lower" else 1
                tests[metric] = 0.5 + 0.01 * random.normal() + (sign * gain if factor == 2 else 0.0)
            row = {"lr": 0.1, "elapsed_s": factor * (1 + 0.1 * number), "train_loss": 1 / 3, "objective": 0.1}
            arms.append(ArmResult(arm.name, study.spec.steps, 2.5, row, tests, False))
        results.append(SeedResult(number, tuple(arms)))
    return results


def diverge(result: SeedResult, arm: int) -> SeedResult:
    ended = replace(
        result.arms[arm], step=3, row={**result.arms[arm].row, "train_loss": math.nan}, tests={}, diverged=True
    )
    return replace(result, arms=tuple(ended if n == arm else kept for n, kept in enumerate(result.arms)))


def test_a_trick_has_a_study_for_each_task_it_is_shown_on() -> None:
    found = studies.studies_of("label_smoothing")
    assert len({study.id for study in found}) == len(found) > 0
    assert all(study.seeds == tuple(range(16)) and study.metric in study.better for study in found)
    with pytest.raises(RefusedError):
        studies.studies_of("label_smothing")


def test_the_closing_study_sets_tricks_against_data() -> None:
    (study,) = studies.studies_of(COMBINE, range(3))
    assert [arm.name for arm in study.spec.arms] == ["baseline", "tricks", "data", "tricks_data"]
    _, tricks, data, both = study.spec.arms
    assert set(tricks.tricks) | set(data.tricks) == set(both.tricks) and not set(tricks.tricks) & set(data.tricks)
    assert both.knobs == {**tricks.knobs, **data.knobs}
    assert len(conflicts(both.tricks, study.spec.task)) == 0
    assert ("data", "tricks") in study.pairs and ("data", "baseline") in study.pairs
    assert Study.from_json(json.loads(json.dumps(study.to_json()))) == study


def test_contrasts_are_compared_with_each_other_and_corrected_with_the_rest() -> None:
    plain = studies.study_of(build_spec(TRICK, steps=6, extra_arms=({KNOB: 0.3},)), range(8))
    first, second = (arm.name for arm in plain.spec.arms[1:])
    study = replace(plain, contrasts=((second, first),))
    results = [
        replace(result, arms=(*result.arms, replace(result.arms[1], name=second, tests=result.arms[0].tests)))
        for result in made_up(replace(plain, spec=replace(plain.spec, arms=plain.spec.arms[:2])))
    ]
    (summary,) = studies.summarize([study], studies.rows_of(study, results))
    found = {(c["arm"], c["baseline"]): c for c in summary["comparisons"] if c["metric"] == "test_loss"}
    assert set(found) == {(first, "baseline"), (second, "baseline"), (second, first)}
    assert found[second, first]["mean"] == pytest.approx(-found[first, "baseline"]["mean"])
    assert {c["num_compared"] for c in summary["comparisons"]} == {3 * len(study.better)}
    assert summary["cost"][second]["worse"] == []
    said = list(evidence.report(summary, load_labels()))
    assert sum(" against flooding" in line.lower() for line in said) == len(study.better)


def test_a_summary_is_what_statistics_say_of_the_rows() -> None:
    study = studies.study_of(tiny(), range(8))
    results = made_up(study)
    (summary,) = studies.summarize([study], studies.rows_of(study, results))
    values = np.array([[arm.tests["test_loss"] for arm in result.arms] for result in results])
    found = next(compared for compared in summary["comparisons"] if compared["metric"] == "test_loss")
    expected = paired(values[:, 1] - values[:, 0])
    assert (found["mean"], found["low"], found["high"], found["p"]) == (
        expected.mean, expected.low, expected.high, expected.p,
    )  # fmt: skip
    assert found["num_compared"] == len(study.better) and found["p_holm"] == pytest.approx(
        len(study.better) * expected.p
    )
    assert found["claimed"] and found["num_won"] == 8
    assert summary["arms"]["baseline"]["test_loss"]["mean"] == pytest.approx(values[:, 0].mean())
    assert summary["cost"][TRICK] == {
        "worse": [],
        "seconds_ratio": dict.fromkeys(("mean", "low", "high"), pytest.approx(2)) | {"n": 8, "sd": pytest.approx(1)},
    }


def test_what_a_trick_made_worse_is_its_cost() -> None:
    study = studies.study_of(tiny(), range(12))
    (summary,) = studies.summarize([study], studies.rows_of(study, made_up(study, gain=-0.1)))
    assert summary["cost"][TRICK]["worse"] == list(study.better)


def test_diverged_and_missing_seeds_are_counted() -> None:
    study = studies.study_of(tiny(), range(10))
    results = made_up(study)
    results[2] = diverge(results[2], 0)
    results[3] = SeedResult(3, error="its worker died twice")
    (summary,) = studies.summarize([study], studies.rows_of(study, results))
    found = next(compared for compared in summary["comparisons"] if compared["metric"] == "test_accuracy")
    assert summary["missing"] == [3]
    assert (found["num_seeds"], found["n"], found["num_baseline_diverged"], found["num_diverged"]) == (9, 8, 1, 0)
    assert found["num_won"] == 9
    assert summary["cost"][TRICK]["seconds_ratio"]["n"] == 8
    labels = load_labels()
    said = sentence(Verdict.from_json(found), arm=TRICK, metric="test_accuracy", labels=labels, num_missing=1)
    assert "on the 8 seeds where neither diverged. The baseline diverged on 1 of 9 seeds." in said
    assert said.endswith("Seeds that could not be run: 1.")


@pytest.fixture
def filed() -> tuple[dict[str, Any], list[Row]]:
    """A results file of two tricks and its rows, one arm of it diverged."""
    those = [studies.study_of(tiny(), range(6)), studies.study_of(build_spec("label_smoothing", steps=9), range(6))]
    results = recorded.new_results()
    rows: list[Row] = []
    for number, study in enumerate(those):
        found = made_up(study, seed=number)
        found[1] = diverge(found[1], number)
        new = studies.rows_of(study, found)
        summaries = studies.summarize([study], new)
        results = recorded.merge(results, [{**summary, "made": {"commit": "x"}} for summary in summaries])
        rows = recorded.merge_rows(rows, new)
    return results, rows


def test_a_file_is_what_its_rows_say(filed: tuple[dict[str, Any], list[Row]]) -> None:
    results, rows = filed
    text, table = recorded.results_json(results), recorded.rows_csv(rows)
    read = recorded.parse_results(text, "x")
    assert recorded.results_json(recorded.recompute(read, recorded.parse_rows(table))) == text
    assert recorded.rows_csv(recorded.parse_rows(table)) == table


def test_an_edited_file_is_found_out(filed: tuple[dict[str, Any], list[Row]]) -> None:
    results, rows = filed
    edited = json.loads(recorded.results_json(results))
    edited["studies"][0]["comparisons"][0]["mean"] *= 1.01
    assert recorded.recompute(edited, rows) != edited
    rows[0]["test_loss"] = 0.499
    assert recorded.recompute(results, rows) != results


def test_a_new_making_replaces_a_tricks_studies_and_keeps_the_others(filed: tuple[dict[str, Any], list[Row]]) -> None:
    results, rows = filed
    study = Study.from_json(results["studies"][1])
    new = studies.rows_of(study, made_up(study, seed=9))
    merged = recorded.merge(results, studies.summarize([study], new))
    assert merged["studies"][0] == results["studies"][0] and merged["studies"][1] != results["studies"][1]
    assert recorded.recompute(merged, recorded.merge_rows(rows, new))["studies"][0] == results["studies"][0]
    names = [study["spec"]["trick"] for study in recorded.merge(merged, [results["studies"][0]])["studies"]]
    assert names == [TRICK, "label_smoothing"]


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "studies": []}', '{"version": 1}'])
def test_what_is_no_results_file_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match=r"old\.json"):
        recorded.parse_results(text, "old.json")


def test_csv_and_parquet_hold_the_same_numbers(filed: tuple[dict[str, Any], list[Row]], tmp_path: Path) -> None:
    results, rows = filed
    for number, table in enumerate((rows, recorded.summary_rows(results["studies"]))):
        kept, text = tmp_path / f"{number}.parquet", tmp_path / f"{number}.csv"
        recorded.frame_of(table).to_parquet(kept)
        text.write_text(recorded.rows_csv(table), encoding="utf-8", newline="")
        one, other = pd.read_parquet(kept), pd.read_csv(text)
        assert list(one.columns) == list(other.columns)
        for name in one.columns:
            if pd.api.types.is_numeric_dtype(other[name]):
                np.testing.assert_array_equal(one[name].astype(float), other[name].astype(float))
    assert {"mean", "sd", "low", "high", "n", "minus"} <= set(one.columns)


@pytest.mark.parametrize("file", ["t.parquet", "t.csv"])
def test_a_whole_number_that_some_rows_have_not_stays_one(file: str, tmp_path: Path) -> None:
    start: Row = {"run_id": "r", "trick": TRICK, "task": "spirals", "arm": "a"}
    table: list[Row] = [{**start, "seed": 2**53 + 1, "step": 9}, {**start, "seed": None, "step": 9, "modes": 8}]
    place = tmp_path / file
    if file.endswith(".csv"):
        place.write_text(recorded.rows_csv(table), encoding="utf-8", newline="")
    else:
        recorded.frame_of(table).to_parquet(place)
    again = recorded.read_table(place)
    assert again == [{**table[0], "modes": None}, table[1]]
    assert {type(row[name]) for row in again for name in ("seed", "step", "modes")} == {int, type(None)}


def test_where_figures_were_made_is_said() -> None:
    made = made_here()
    assert len(made["commit"].rstrip("+")) == 40 or made["commit"] == "unknown"
    assert made["processor"] and made["torch"] and made["date"]


# The self-check


def test_what_the_self_check_trains_can_be_trained() -> None:
    for spec in self_check.trainings(1):
        (arm,) = (replicates.train_seed(spec) or SeedResult(0)).arms
        assert arm.step == self_check.STEPS and arm.tests


def test_the_self_check_finds_what_was_put_there() -> None:
    random = np.random.default_rng(5)
    specs = self_check.trainings(60)
    assert len(specs) == 76 and {spec.seed for spec in specs[60:]} == {spec.seed for spec in specs[:16]}
    assert specs[60].settings["lr"] == pytest.approx(1.05 * float(specs[0].settings["lr"]))

    def result(index: int) -> tuple[int, SeedResult]:
        tests = {
            "test_loss": random.normal() - 5 * (index >= 60),
            "test_accuracy": random.normal(),
            "test_ece": math.nan,
        }
        return index, SeedResult(specs[index].seed, (ArmResult("baseline", 1, 1.0, {}, tests, False),))

    results = [result(index) for index in range(76)]
    found = self_check.check(results, num_trainings=60, num_experiments=300)
    assert found.lr_off["test_loss"].claimed and not found.lr_off["test_accuracy"].claimed
    assert 0 < found.claim_rates["test_loss"] < 0.09 and found.claim_rates["test_ece"] == 0
    assert not found.passed  # nothing was ever claimed of one of the metrics: the check must not call that honest
    assert found.coverage["lognormal"] < found.coverage["normal"]
    json.dumps(found.to_json(), allow_nan=False)
    said = "\n".join(evidence.check_report(found, load_labels()))
    assert "A learning rate 5 % too high lowered test loss by" in said and "FAILED" in said
    with pytest.raises(RuntimeError, match="could not be run"):
        self_check.check([(0, SeedResult(0, error="lost"))], num_trainings=60)


# The command


def parse(line: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    evidence.add_parser(parser.add_subparsers())
    return parser.parse_args(["evidence", *line.split()])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command with tiny studies, in this process, beside `tmp_path`."""

    @contextmanager
    def here(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(executor=None, slots=1)

    def studies_of(trick: str, seeds: Any) -> tuple[Study, ...]:
        if trick == COMBINE:
            closing = closing_spec()
            short = replace(closing, steps=4, settings={**closing.settings, "eval_every": 4})
        else:
            short = build_spec(trick, steps=4, values={"eval_every": 4})
        return (studies.study_of(short, seeds),)

    monkeypatch.setattr(pools, "open_pool", here)
    monkeypatch.setattr(studies, "studies_of", studies_of)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("quick")
def test_the_command_tells_and_writes_and_keeps_the_other_tricks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outputs = "--json r.json --csv s.csv --summary t.parquet"
    for trick in ("label_smoothing", TRICK):
        assert evidence.main(parse(f"{trick} --seeds 2 --first-seed 100 {outputs}")) == 0
    said = capsys.readouterr().out
    assert "(2 so far, at least 7 needed)" in said and "flooding: 2 runs in" in said
    results = recorded.parse_results((tmp_path / "r.json").read_text(encoding="utf-8"), "r.json")
    assert [study["id"] for study in results["studies"]] == ["flooding-spirals", "label_smoothing-digits"]
    rows = recorded.parse_rows((tmp_path / "s.csv").read_text(encoding="utf-8"))
    assert {row["seed"] for row in rows} == {100, 101}
    assert recorded.recompute(results, rows) == results
    assert set(pd.read_parquet(tmp_path / "t.parquet")["task"]) == {"spirals", "digits"}


@pytest.mark.usefixtures("quick")
def test_a_file_that_finds_no_room_ends_no_training_and_keeps_nothing_from_being_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "evidence")
    (tmp_path / "full.json").symlink_to("/dev/full")
    assert evidence.main(parse(f"label_smoothing {TRICK} --seeds 2 --record --json full.json --csv s.csv")) == 1
    assert recorded.recorded_tricks() == (TRICK, "label_smoothing")
    assert {row["trick"] for row in recorded.parse_rows((tmp_path / "s.csv").read_text(encoding="utf-8"))} == {
        TRICK,
        "label_smoothing",
    }
    told = capsys.readouterr().err
    assert told.count("full.json could not be written: No space left") == 1  # a device gets all of it as one file


@pytest.mark.usefixtures("quick")
def test_a_trick_recorded_anew_touches_no_others_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "evidence")
    assert recorded.read_recorded() == (recorded.new_results(), []) and not recorded.recorded_files()
    for trick in (COMBINE, "label_smoothing", TRICK):
        assert evidence.main(parse(f"{trick} --seeds 2 --record --json r.json --csv s.csv")) == 0
    assert recorded.recorded_tricks() == (TRICK, "label_smoothing", COMBINE)
    results, rows = recorded.read_recorded()
    assert recorded.results_json(results) == (tmp_path / "r.json").read_text(encoding="utf-8")
    assert {row["trick"] for row in rows} == {TRICK, "label_smoothing", COMBINE}
    assert recorded.recompute(results, rows) == results
    before = {path: path.read_bytes() for path in recorded.recorded_files()}
    assert len(before) == 6
    assert evidence.main(parse(f"{TRICK} --seeds 3 --record")) == 0
    changed = {path for path in recorded.recorded_files() if path.read_bytes() != before[path]}
    assert changed == set(recorded.place_of(TRICK))
    recorded.place_of(TRICK)[1].unlink()  # half of what is recorded is nothing
    assert recorded.recorded_tricks() == ("label_smoothing", COMBINE)


@pytest.mark.usefixtures("quick")
def test_the_self_check_is_recorded_in_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    told = {"passed": True}
    monkeypatch.setattr(self_check, "trainings", tuple)
    found = SimpleNamespace(to_json=lambda: told, passed=True)
    monkeypatch.setattr(self_check, "check", lambda _: found)
    monkeypatch.setattr(evidence, "check_report", lambda *_: ())
    assert evidence.main(parse("--self-check --record")) == 0
    (only,) = recorded.recorded_files()
    assert only == recorded.place_of_self_check()
    results, _ = recorded.read_recorded()
    assert results["self_check"].items() >= told.items() and results["self_check"]["made"] and not results["studies"]


@pytest.mark.usefixtures("quick")
def test_a_run_of_ones_own_is_repeated_beside_the_tricks_evidence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outputs = "--seeds 2 --first-seed 100 --json r.json --csv s.csv"
    (tmp_path / "plain.json").write_text(replay_json(build_spec(TRICK, task="spirals", steps=4), ()), "utf-8")
    turned = build_spec(TRICK, task="spirals", steps=4, values={"lr": 0.5}, extra_arms=({"flood_level": 0.6},))
    (tmp_path / "turned.json").write_text(replay_json(replace(turned, seed=7), ()), "utf-8")
    for asked in (TRICK, "--spec plain.json", "--spec turned.json", "--spec turned.json", TRICK):
        assert evidence.main(parse(f"{asked} {outputs}")) == 0
    assert "turned.json: 2 runs in" in capsys.readouterr().out
    results = recorded.parse_results((tmp_path / "r.json").read_text(encoding="utf-8"), "r.json")
    rows = recorded.parse_rows((tmp_path / "s.csv").read_text(encoding="utf-8"))
    ids = [study["id"] for study in results["studies"]]
    assert len(set(ids)) == 3 and all(name.startswith("flooding-spirals") for name in ids)
    arms = {study["id"]: [arm["name"] for arm in study["spec"]["arms"]] for study in results["studies"]}
    assert sorted(map(len, arms.values())) == [2, 2, 3] and len(arms["flooding-spirals"]) == 2
    assert Counter(row["run_id"] for row in rows) == {name: 2 * len(arms[name]) for name in ids}
    assert recorded.recompute(results, rows) == results
    assert [Study.from_json(study).id for study in results["studies"]] == ids


@pytest.mark.usefixtures("quick")
def test_a_run_whose_knobs_were_turned_cannot_be_repeated_like_that(tmp_path: Path) -> None:
    spec = build_spec(TRICK, task="spirals", steps=4)
    (tmp_path / "turned.json").write_text(replay_json(spec, (Event(2, "lr", 0.5),)), "utf-8")
    with pytest.raises(RefusedError, match=r"turned\.json: events must be none, in 1 a knob was turned"):
        evidence.main(parse("--spec turned.json --seeds 2"))
    (tmp_path / "none.json").write_text("{}", "utf-8")
    with pytest.raises(RefusedError, match=r"none\.json: file\.events is missing"):
        evidence.main(parse("--spec none.json --seeds 2"))


@pytest.mark.usefixtures("quick")
def test_data_on_standard_output_stand_there_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence.main(parse(f"{TRICK} --seeds 2 --csv -")) == 0
    printed = capsys.readouterr()
    assert len(recorded.parse_rows(printed.out)) == 4
    assert "flooding: 2 runs in" in printed.err


@pytest.mark.usefixtures("quick")
def test_seeds_that_could_not_be_run_and_an_interrupt_are_failures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicates, "train", lambda specs, *_, **__: iter([(0, SeedResult(0, error="lost"))]))
    assert evidence.main(parse(f"{TRICK} --seeds 2")) == 1
    said = capsys.readouterr().out
    assert "seed 0 of flooding-spirals: lost" in said and "Seeds that could not be run: 2." in said

    def interrupt(*_: object, **__: object) -> Iterator[Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(replicates, "train", interrupt)
    assert evidence.main(parse(f"{TRICK} --seeds 2")) == 1
    assert "interrupted" in capsys.readouterr().out


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("floding", "nearest: flooding"),
        ("--seeds 1", "between 2 and 1000, got 1"),
        ("--seeds many", "got 'many'"),
        ("--first-seed -1", "got -1"),
        ("--workers 0", "got 0"),
        ("--json nowhere/r.json", "nowhere/r.json"),
        ("--json x --csv x", "different places"),
        ("--csv x --summary ./x", "--csv and --summary must go to different places"),
        ("--spec pyproject.toml --json pyproject.toml", "is the run of --spec"),
        ("--record --spec x.json", "a trick's own recipe"),
    ],
)
def test_wrong_usage_is_refused(line: str, why: str) -> None:
    with pytest.raises((RefusedError, UsageError), match=why):
        evidence.main(parse(line.replace("--seeds -", "--seeds=-").replace("seed -1", "seed=-1")))


# The workers


def test_workers_do_not_give_back_memory_that_the_next_step_needs() -> None:
    with pools.open_pool(workers=1) as pool:
        assert pool.executor.submit(os.getenv, "MALLOC_TRIM_THRESHOLD_").result(WAIT_S) is None
        assert pool.executor.submit(os.getenv, "OMP_NUM_THREADS").result(WAIT_S) == "1"


class Full(io.StringIO):
    """A stream that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.usefixtures("quick")
def test_the_command_writes_before_it_tells_and_goes_on_where_nobody_hears(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    assert evidence.main(parse(f"{TRICK} --seeds 2 --csv s.csv --json r.json")) == 0
    assert recorded.parse_rows((tmp_path / "s.csv").read_text(encoding="utf-8"))
    assert recorded.parse_results((tmp_path / "r.json").read_text(encoding="utf-8"), "r.json")["studies"]
