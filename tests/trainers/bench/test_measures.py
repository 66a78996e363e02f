"""The benchmark measures what it says: the bare loop does the same arithmetic, and each measure runs, briefly."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from tests.limits import WAIT_S
from trainers.__main__ import DONE, main
from trainers.bench import measures
from trainers.bench.bare import LOOPS, bare_loop
from trainers.bench.measures import Effort, Figure
from trainers.kinds.run import TRAINERS, Run
from trainers.runs.build import build_spec

BRIEF = Effort(pairs=1, rounds=1, turns=2, seconds=0.6, viewers=3, runs=2, steps=20_000)


@pytest.mark.parametrize(
    ("task", "values"),
    [
        ("digits", {"lr": 0.01, "optimizer": "adam", measures.LEVEL: 0.5}),
        ("digits", {"lr": 0.1, measures.LEVEL: 0.0, "optimizer": "sgd", "momentum": 0.5}),
        ("spirals", {"lr": 0.01, measures.LEVEL: 0.5}),
    ],
)
def test_the_bare_loop_does_the_same_arithmetic(task: str, values: dict[str, object]) -> None:
    spec = build_spec(measures.TRICK, task=task, steps=150, values=values)
    run, bare = Run(spec), bare_loop(spec)
    history = run.new_history()
    history.append(run.advance(math.inf))
    bare.train(150)
    for arm, score in enumerate(bare.scores):
        for name, value in score.items():
            assert value == pytest.approx(history.test(arm, name)[-1], rel=1e-3, abs=1e-3)
    assert (bare.scores[0] == bare.scores[1]) == (values[measures.LEVEL] == 0)


@pytest.mark.parametrize("kind", TRAINERS)
def test_every_kind_of_trainer_is_measured_against_a_loop_that_does_the_same(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "TASK", "digits")
    spec = replace(measures.spec_of(kind), steps=12)
    run, bare = Run(spec), bare_loop(spec)
    history = run.new_history()
    history.append(run.advance(math.inf))
    bare.train(12)
    assert len(bare.scores) == len(spec.arms)
    for arm, score in enumerate(bare.scores):
        assert set(score) & set(history.test_names)
        for name in set(score) & set(history.test_names):
            assert score[name] == pytest.approx(history.test(arm, name)[-1], rel=1e-3, abs=1e-3), name


def test_a_kind_without_a_bare_loop_or_a_task_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LookupError, match="it has none for another"):
        measures.spec_of("another")
    spec = measures.spec_of("gan")
    monkeypatch.delitem(LOOPS, "gan")
    with pytest.raises(LookupError, match="it has none for gan"):
        bare_loop(spec)


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("a", 0.96, at_least=0.95), "(at least 0.95: met)"),
        (Figure("a", 0.94, at_least=0.95), "(at least 0.95: missed)"),
        (Figure("a", 39.0, "ms", at_most=40), "(at most 40: met)"),
        (Figure("a", 41.0, "ms", at_most=40), "(at most 40: missed)"),
    ],
)
def test_a_figure_says_whether_it_is_met(figure: Figure, verdict: str) -> None:
    assert str(figure).endswith(verdict)
    assert figure.is_met == ("met" in verdict)


def test_a_figure_without_a_goal_is_a_number_only() -> None:
    assert str(Figure("a", 41.0, "ms")).split() == ["a", "41", "ms"]


@pytest.mark.parametrize("measure", measures.MEASURES)
def test_each_measure_gives_its_figures(
    measure: Callable[[Effort], Iterator[Figure]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "TASK", "digits")  # needs no data made first
    monkeypatch.setattr(measures, "WORKERS", 1)
    figures = list(measure(BRIEF))
    assert figures
    for figure in figures:
        assert 0 <= figure.value < math.inf
        assert (figure.at_least is None) != (figure.at_most is None)


def test_a_rate_waits_for_the_second_mark_of_a_slow_run() -> None:
    viewer = measures.Viewer(Mock(), Mock())
    viewer.marks = [(at, Mock(history=Mock(step=step))) for at, step in ((0.5, 10), (1.0, 20))]
    late = threading.Timer(0.2, viewer.marks.append, [(3.0, Mock(history=Mock(step=50)))])
    late.start()
    assert viewer.steps_per_s(since=0.9) == 15.0
    late.join()


def test_a_rate_without_a_second_mark_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "PATIENCE_S", 0.05)
    viewer = measures.Viewer(Mock(), Mock())
    with pytest.raises(TimeoutError, match="no two marks"):
        viewer.steps_per_s(since=0.0)


def test_every_kind_of_trainer_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "compare", lambda kind, spec, effort: Figure(kind, 1.0))
    assert [figure.name for figure in measures.measure_advance(BRIEF)] == list(TRAINERS)


def test_an_app_that_has_ended_has_used_what_it_had_used() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    app = psutil.Process(process.pid)
    assert measures.cpu_of(app) is not None
    process.wait(WAIT_S)
    assert measures.cpu_of(app) is None


def two_figures(effort: Effort) -> Iterator[Figure]:
    yield Figure("speed", 0.5, at_least=0.4)
    yield Figure("delay", float(effort.viewers), "ms", at_most=1)


def test_the_command_prints_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "MEASURES", (two_figures,))
    path = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--json", str(path)]) == DONE
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["speed", "delay"]
    data = json.loads(path.read_text(encoding="utf-8"))
    assert [(f["name"], f["value"], f["is_met"]) for f in data["figures"]] == [
        ("speed", 0.5, True),
        ("delay", 50, False),
    ]
    assert main(["bench", "--json", "-"]) == DONE
    assert json.loads(capsys.readouterr().out)["effort"]["viewers"] == 300


def test_the_made_up_history_is_as_long_as_it_is_said_to_be() -> None:
    history = measures.long_history(20_000)
    every = int(history.spec.settings["eval_every"])
    for arm in range(len(history.spec.arms)):
        assert history.step == history.length(arm) == 20_000
        assert history.test(arm, "step").tolist() == list(range(every, 20_001, every))
    assert [probe.step for probe in history.probes[-2:]] == [20_000, 20_000]
