"""The bare loop does the same arithmetic as a run, for every kind of trainer."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from trainers.bench import subjects
from trainers.bench.bare import LOOPS, bare_loop
from trainers.kinds.run import TRAINERS, Run
from trainers.runs.build import build_spec


@pytest.mark.parametrize(
    ("task", "values"),
    [
        ("digits", {"lr": 0.01, "optimizer": "adam", subjects.LEVEL: 0.5}),
        ("digits", {"lr": 0.1, subjects.LEVEL: 0.0, "optimizer": "sgd", "momentum": 0.5}),
        ("spirals", {"lr": 0.01, subjects.LEVEL: 0.5}),
    ],
)
def test_the_bare_loop_does_the_same_arithmetic(task: str, values: dict[str, object]) -> None:
    spec = build_spec(subjects.TRICK, task=task, steps=150, values=values)
    run, bare = Run(spec), bare_loop(spec)
    history = run.new_history()
    history.append(run.advance(math.inf))
    bare.train(150)
    for arm, score in enumerate(bare.scores):
        for name, value in score.items():
            assert value == pytest.approx(history.test(arm, name)[-1], rel=1e-3, abs=1e-3)
    assert (bare.scores[0] == bare.scores[1]) == (values[subjects.LEVEL] == 0)


@pytest.mark.parametrize("kind", TRAINERS)
def test_every_kind_of_trainer_is_measured_against_a_loop_that_does_the_same(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "TASK", "digits")
    spec = replace(subjects.spec_of(kind), steps=12)
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
        subjects.spec_of("another")
    spec = subjects.spec_of("gan")
    monkeypatch.delitem(LOOPS, "gan")
    with pytest.raises(LookupError, match="it has none for gan"):
        bare_loop(spec)
