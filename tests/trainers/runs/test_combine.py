"""Tricks together: what goes together follows from the declarations, and the arms of ablations and sweeps."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from tests.trainers.store.made import as_json
from trainers.kinds.run import Run
from trainers.runs.build import Conflict, build_spec, conflicts
from trainers.runs.combine import MAX_SWEEP, build_combination, build_sweep, shown_on, sweep_values, table
from trainers.runs.export import csv_text
from trainers.runs.history import Failure, Progress
from trainers.runs.replay import parse_replay, parse_spec
from trainers.runs.spec import COMBINE, Event
from tricks import catalogue
from tricks.declaration import Knob, RefusedError

CLASSIFIERS = tuple(trick.name for trick in catalogue.every() if trick.trainer == "classifier")
SMALL = {"train_size": 60, "width": 8, "eval_every": 5}
TRIO = ("flooding", "label_smoothing", "dropout")
LEVEL = Knob("level", "l", 0.5, 0.001, 1.0)
WHOLE = Knob("whole", "", 3, 1, 9, integer=True)


# --- what goes together


def test_conflicts_are_what_the_declarations_say() -> None:
    for first, second in permutations(CLASSIFIERS, 2):
        earlier, later = sorted((first, second), key=catalogue.NAMES.index)
        lost = tuple(field for field in catalogue.load(later).replaces if field in catalogue.load(earlier).wraps)
        expected = [Conflict(later, earlier, lost)] if lost else []
        for one, other in ((earlier, later), (later, earlier)):
            spoiled = tuple(field for field in catalogue.load(one).needs_plain if field in catalogue.load(other).wraps)
            expected += [Conflict(one, other, spoiled, needs=True)] if spoiled else []
        expected += [Conflict(one, task="digits") for one in (earlier, later) if one == "progressive_learning"]
        found = conflicts((first, second), "digits")
        assert found == sorted(expected, key=lambda conflict: not conflict.task)


def test_a_trick_that_replaces_a_field_undoes_only_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = TRIO
    wraps = {first: ("lr",), second: ("lr",), third: ("loss", "lr")}
    tricks = {
        name: replace(catalogue.load(name), wraps=fields, replaces=("lr",) if name == second else ())
        for name, fields in wraps.items()
    }
    monkeypatch.setattr(catalogue, "load", tricks.__getitem__)
    assert conflicts(TRIO, "digits") == [Conflict(second, first, ("lr",))]
    assert conflicts((second, third), "digits") == []


def test_another_trainers_trick_is_refused_with_the_reason() -> None:
    reasons = conflicts(("flooding", "wasserstein_gan"), "digits")
    assert [str(reason) for reason in reasons] == [
        "wasserstein_gan is for the gan trainer, the task has the classifier trainer"
    ]
    assert [reason.trick for reason in conflicts(("flooding",), "ring")] == ["flooding"]
    (foreign,) = conflicts(("anchors", "feature_pyramid"), "boxes")
    assert str(foreign) == "feature_pyramid is made for blobs, not for boxes"


def test_tricks_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(RefusedError, match="step_schedule replaces the lr that cyclic_lr changes"):
        build_combination(("step_schedule", "cyclic_lr"), task="mnist1d")
    assert build_combination(("step_schedule", "cyclic_lr"), task="mnist1d", clashing=True).arms[1].tricks


def test_what_is_no_longer_offered_together_but_can_be_trained_is_read_and_trained_as_it_was() -> None:
    names = ("spectral_norm", "normalization")
    spec = build_combination(names, task="digits", clashing=True, ablate=False, steps=2, values=SMALL)
    assert conflicts(names, "digits") and parse_spec(spec.to_json()) == spec
    assert Run(parse_spec(spec.to_json())).advance(60.0).step == 2
    lost = build_combination(("dropout",), task="digits", clashing=True, steps=2, values={**SMALL, "model": "blocks1d"})
    told = lost.to_json()
    told["settings"] |= {"snr_db": 5.0}  # taken once, and without a meaning
    assert Run(parse_spec(told)).advance(60.0).step == 2 and parse_spec(told) == lost
    turns = [{"step": 1, "name": name, "value": 0.5, "arm": None} for name in ("gradient_noise", "lr")]
    assert parse_replay({"spec": told, "events": turns}) == (lost, (Event(1, "lr", 0.5),))
    clash = build_combination(("step_schedule", "cyclic_lr"), task="mnist1d", clashing=True, steps=2)
    with pytest.raises(RefusedError, match="step_schedule replaces the lr that cyclic_lr changes"):
        parse_spec(clash.to_json())


# --- ablations


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (TRIO[:1], {"baseline": (), "all": TRIO[:1]}),
        (TRIO[:2], {"baseline": (), "all": TRIO[:2], "only flooding": TRIO[:1], "only label_smoothing": TRIO[1:2]}),
        (
            TRIO[::-1],
            {
                "baseline": (),
                "all": TRIO,
                "without flooding": TRIO[1:],
                "without label_smoothing": TRIO[::2],
                "without dropout": TRIO[:2],
                "only flooding": TRIO[:1],
                "only label_smoothing": TRIO[1:2],
                "only dropout": TRIO[2:],
            },
        ),
    ],
)
def test_an_ablation_has_each_set_once(names: tuple[str, ...], expected: dict[str, tuple[str, ...]]) -> None:
    spec = build_combination(names, task="digits")
    assert {arm.name: arm.tricks for arm in spec.arms} == expected
    assert spec.trick == COMBINE
    assert parse_spec(spec.to_json()) == spec
    both = build_combination(names, task="digits", ablate=False)
    assert [arm.name for arm in both.arms] == ["baseline", "all"]
    assert both.arms == spec.arms[:2]


def test_an_arm_has_the_knobs_of_its_tricks_and_starts_where_their_pages_do() -> None:
    spec = build_combination(TRIO, task="digits", values={"dropout_p": 0.2, "width": 32})
    flooding = build_spec("flooding", task="digits")
    arms = {arm.name: dict(arm.knobs) for arm in spec.arms}
    assert arms["baseline"] == {}
    assert arms["all"] == {"flood_level": 0.5, "label_smoothing": 0.1, "dropout_p": 0.2}
    assert arms["only dropout"] == {"dropout_p": 0.2}
    assert spec.steps == flooding.steps
    assert spec.settings == {**flooding.settings, "width": 32}


def test_settings_start_like_a_page_or_like_the_task() -> None:
    other = build_combination(TRIO, task="digits", like="dropout")
    assert other.settings == build_spec("dropout", task="digits").settings
    own = build_combination(TRIO, task="digits", like="")
    assert own.settings["label_noise"] == 0.0 and own.steps == 1000
    assert build_combination(TRIO[:1]).task == build_spec("flooding").task
    assert list(shown_on(TRIO[::-1], "digits")) == list(TRIO)
    assert next(iter(shown_on(("step_schedule", "skip_connection"), "mnist1d"))) == "skip_connection"  # convolutions
    spec = build_combination(("step_schedule", "skip_connection"), task="mnist1d")
    assert (spec.settings["model"], spec.settings["depth"]) == ("residual_mlp", 21)
    both = ("skip_connection", "feature_fusion")
    for model in ("residual_mlp", "blocks1d"):
        with pytest.raises(
            RefusedError, match=rf"tricks must go together: \w+ changes the .*, which a {model} does not"
        ):
            build_combination(both, task="mnist1d", values={"model": model})
    with pytest.raises(
        RefusedError, match="model must be mlp or residual_mlp or conv1d or resnet1d for dropout \\+ act"
    ):
        build_combination(("dropout", "activation"), task="mnist1d", values={"model": "blocks1d"})
    for trick, task, networks in (
        ("dropout", "mnist1d", "mlp or residual_mlp or conv1d or resnet1d"),
        ("dropout", "digits", "mlp or residual_mlp or conv1d or conv2d or resnet1d"),
    ):
        with pytest.raises(RefusedError, match=f"model must be {networks} for {trick}, got blocks1d"):
            build_combination((trick,), task=task, values={"model": "blocks1d"})
    with pytest.raises(RefusedError, match="model must be mlp or residual_mlp for skip_connection, got conv1d"):
        build_combination(("step_schedule", "skip_connection"), task="mnist1d", like="step_schedule")


@pytest.mark.parametrize(
    ("names", "changes", "says"),
    [
        ((), {}, "tricks must be at least one, got none"),
        (("floding",), {}, "trick must be one of the catalogue (nearest: flooding"),
        (TRIO, {"task": "digit"}, "task must be one that there is (nearest: digits"),
        (TRIO, {"like": "cyclic_lr"}, "task must be one of mnist1d for cyclic_lr, got 'digits'"),
        (TRIO, {"values": {"gamma": 1}}, "gamma is neither a knob of flooding + label_smoothing + dropout nor"),
        (TRIO, {"values": {"dropout_p": 2}}, "dropout_p must be between 0 and 0.9, got 2"),
        (TRIO, {"values": {"width": 1}}, "width must be between 2 and 512, got 1"),
        (TRIO, {"steps": 0}, "steps must be between 1 and 100000, got 0"),
        (TRIO, {"seed": -1}, "seed must be between"),
    ],
)
def test_what_cannot_be_is_refused(names: tuple[str, ...], changes: dict[str, object], says: str) -> None:
    with pytest.raises(RefusedError) as error:
        build_combination(names, **{"task": "digits", **changes})  # type: ignore[arg-type]
    assert says in str(error.value)


@pytest.mark.parametrize("task", ["digits", "mnist1d"])
def test_one_trick_of_each_family_trains_together(task: str) -> None:
    """Losses, normalization, regularization, schedule, optimizer and data in one arm, as many as go together."""
    chosen: dict[str, str] = {}
    for trick in catalogue.every():
        fits = trick.trainer == "classifier" and not conflicts((*chosen.values(), trick.name), task)
        if fits and trick.family not in chosen:
            chosen[trick.family] = trick.name
    assert {"loss", "normalization", "regularization", "schedule", "data"} <= set(chosen)
    spec = build_combination(tuple(chosen.values()), task=task, like="", steps=6, values=SMALL)
    run = Run(spec)
    history = run.new_history()
    history.append(run.advance(600.0))
    assert history.finished and not history.failures
    assert all(history.length(arm) == 6 for arm in range(len(spec.arms)))


def test_one_seed_and_the_same_batches_for_all_arms_and_a_neutral_arm_is_the_baseline() -> None:
    values = {**SMALL, "flood_level": 0.0, "label_smoothing": 0.0, "dropout_p": 0.0}
    run = Run(build_combination(TRIO, task="spirals", steps=10, values=values))
    history = run.new_history()
    history.append(run.advance(60.0))
    for arm in range(1, 8):
        assert history.test(arm, "test_loss").tolist() == history.test(0, "test_loss").tolist()
    lines = csv_text(history, "run-1").splitlines()
    assert len(lines) == 1 + 8 * 10
    assert '"tricks": [' in as_json(history)
    told = table(history).splitlines()
    assert told[0].split()[:3] == ["arm", "test_loss", "difference"]
    assert [line.split("  ")[0].strip() for line in told[1:]] == [arm.name for arm in history.spec.arms]
    assert told[2].split()[2] == "+0"


def test_an_arm_that_ended_is_the_best_of_nothing_whatever_it_had_measured() -> None:
    history = Run(build_combination(TRIO[:2], task="spirals", steps=10, values=SMALL)).new_history()
    measured = [(10.0, 0.5), (10.0, 0.25), (5.0, 0.125), (10.0, 0.25)]
    tests = tuple(
        {name: np.array([step if name == "step" else loss]) for name in history.test_names} for step, loss in measured
    )
    none = {name: np.empty(0) for name in history.row_names}
    history.append(Progress(1, 10, (none,) * 4, tests, failures=(Failure(7, 2, math.inf, {}),)))
    plain, one, ended, other = table(history).splitlines()[1:]
    assert " 0.25* " in one and " 0.25* " in other and " 0.25" not in plain
    assert " 0.125 " in ended and "*" not in ended


# --- sweeps


def test_a_linear_sweep_has_both_ends_and_equal_steps() -> None:
    assert sweep_values(LEVEL, low=0.1, high=0.5, count=5) == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert sweep_values(LEVEL, low="0.1", high="0.5", count="3", scale="linear") == (0.1, 0.3, 0.5)


def test_a_log_sweep_has_both_ends_and_equal_factors() -> None:
    assert sweep_values(LEVEL, count=4, scale="log") == (0.001, 0.01, 0.1, 1.0)
    assert sweep_values(LEVEL, low=0.003, high=0.3, count=5, scale="log") == (0.003, 0.0095, 0.03, 0.095, 0.3)
    assert sweep_values(LEVEL, low=0.1, high=0.2, count=4) == (
        0.1,
        0.1333,
        0.1667,
        0.2,
    )
    assert sweep_values(replace(LEVEL, scale="log"), count=4) == (0.001, 0.01, 0.1, 1.0)


def test_whole_numbers_are_swept_once_each_and_choices_whole() -> None:
    assert sweep_values(WHOLE, low=1, high=4, count=9) == (1, 2, 3, 4)
    assert sweep_values(Knob("kind", "", "a", choices=("a", "b", "c"))) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"count": MAX_SWEEP + 1}, "count must be between 2 and 24, got 25"),
        ({"count": 1}, "count must be between 2 and 24, got 1"),
        ({"count": 2.5}, "count must be a whole number, got 2.5"),
        ({"scale": "cubic"}, "scale must be linear or log, got 'cubic'"),
        ({"low": 0.5, "high": 0.5}, "low must be below high, got 0.5 and 0.5"),
        ({"high": 2}, "level must be between 0.001 and 1, got 2"),
        ({"low": "much"}, "level must be a number, got 'much'"),
    ],
)
def test_sweeps_that_cannot_be_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(RefusedError) as error:
        sweep_values(LEVEL, **changes)  # type: ignore[arg-type]
    assert says in str(error.value)


def test_a_log_sweep_from_nothing_and_a_scale_for_choices_are_refused() -> None:
    with pytest.raises(RefusedError, match="low must be above 0 on a log scale, got 0"):
        sweep_values(replace(LEVEL, low=0.0), scale="log")
    with pytest.raises(RefusedError, match="kind is a choice"):
        sweep_values(Knob("kind", "", "a", choices=("a", "b")), scale="linear")


def test_a_sweep_has_the_baseline_and_an_arm_for_each_value() -> None:
    spec = build_spec("flooding", task="spirals", seed=100, values={"width": 8})
    swept = build_sweep(spec, "flood_level", (0.0, 0.1, 0.1, "0.3"))
    assert [(arm.name, arm.tricks, dict(arm.knobs)) for arm in swept.arms] == [
        ("baseline", (), {}),
        ("flooding flood_level=0", ("flooding",), {"flood_level": 0.0}),
        ("flooding flood_level=0.1", ("flooding",), {"flood_level": 0.1}),
        ("flooding flood_level=0.3", ("flooding",), {"flood_level": 0.3}),
    ]
    assert (swept.trick, swept.seed, swept.settings) == (spec.trick, spec.seed, spec.settings)
    assert parse_spec(swept.to_json()) == swept


@pytest.mark.parametrize(
    ("knob", "values", "says"),
    [
        ("gamma", (1,), "gamma is not a knob of flooding"),
        ("flood_level", (), "values must be 1 to 24, got 0"),
        ("flood_level", tuple(value / 100 for value in range(25)), "values must be 1 to 24, got 25"),
        ("flood_level", (9,), "flood_level must be between"),
    ],
)
def test_values_that_cannot_be_swept_are_refused(knob: str, values: tuple[object, ...], says: str) -> None:
    with pytest.raises(RefusedError) as error:
        build_sweep(build_spec("flooding"), knob, values)
    assert says in str(error.value)


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_knob_of_the_catalogue_can_be_swept(trick: str) -> None:
    spec = build_spec(trick)
    for name, knob in spec.knobs_of(1).items():
        swept = build_sweep(spec, name, sweep_values(knob, count=5))
        assert 2 <= len(swept.arms) <= MAX_SWEEP + 1
        assert {arm.tricks for arm in swept.arms[1:]} == {(trick,)}


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_the_arms_of_every_sweep_have_names_of_ascii_letters_for_the_files(trick: str) -> None:
    spec = build_spec(trick, steps=20)
    for name, knob in spec.knobs_of(1).items():
        swept = build_sweep(spec, name, knob.choices or (knob.low, knob.high))
        assert all(arm.name.isascii() for arm in swept.arms)
        by_itself = len(swept.arms) == 2 or catalogue.load(trick).named_by == name
        assert by_itself or all(f" {name}=" in arm.name for arm in swept.arms[1:])
