"""Each rule on histories that call for its remark, and on near ones that do not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from trainers.runs.history import Failure, History, Progress
from trainers.runs.remarks import RULES, Remark, observe, render
from trainers.runs.spec import ArmSpec, Event, RunSpec
from tricks.declaration import Value

LABELS = json.loads((Path(__file__).parents[3] / "assets/text/en/labels.json").read_text(encoding="utf-8"))
ROWS = ("lr", "elapsed_s", "train_loss", "objective")
TESTS = ("step", "test_loss", "test_accuracy", "test_ece")
EVERY = 25

Curve = Callable[[NDArray[np.float64]], Any]


def spec_with(steps: int = 1000, level: float = 0.2, noise: float = 0.0) -> RunSpec:
    trick = ArmSpec("flooding", ("flooding",), {"flood_level": level})
    settings: dict[str, Value] = {"lr": 0.1, "eval_every": EVERY, "label_noise": noise, "depth": 2, "model": "mlp"}
    return RunSpec("flooding", "spirals", 0, steps, settings, (ArmSpec("baseline"), trick))


def make_history(
    arms: tuple[Mapping[str, Curve], ...],
    *,
    spec: RunSpec | None = None,
    until: int | None = None,
    events: tuple[Event, ...] = (),
    failures: tuple[Failure, ...] = (),
    jitter: float = 0.01,
) -> History:
    """A history whose curves are functions of the step, with a little noise of their own per arm and column.

    `train` stands for the training loss, `loss`, `accuracy` and `ece` for the test metrics.
    """
    spec = spec or spec_with()
    until = spec.steps if until is None else until
    history = History(spec, ROWS, TESTS, 2)
    rows, tests = [], []
    for number, curves in enumerate(arms):
        source = np.random.default_rng(number)
        steps = np.arange(1, spec.steps + 1, dtype=float)
        noise = source.standard_normal(len(steps)) * curves.get("jitter", flat(jitter))(steps)
        train = np.asarray(curves.get("train", falling)(steps)) + noise
        lr = np.asarray(curves.get("lr", flat(0.1))(steps))
        ended = next((failure for failure in failures if failure.arm == number), None)
        last = min(until, ended.step if ended else until)
        if ended is not None and ended.step <= until:
            train[ended.step - 1] = ended.value
        columns: dict[str, NDArray[np.float64]] = {
            "lr": lr,
            "elapsed_s": steps * 1e-3,
            "train_loss": train,
            "objective": train,
        }
        rows.append({name: column[:last].copy() for name, column in columns.items()})
        at = steps[EVERY - 1 :: EVERY]
        at = at[at <= (last if last == until and not (ended and ended.step <= until) else last - 1)]
        measured = {"step": at}
        for name, default in (("loss", train_like), ("accuracy", flat(0.9)), ("ece", flat(0.1))):
            wobble = source.standard_normal(spec.steps // EVERY)[: len(at)] * 0.002
            measured[f"test_{name}"] = np.asarray(curves.get(name, default)(at)) + wobble
        tests.append(measured)
    history.append(
        Progress(
            1, until, tuple(rows), tuple(tests),
            events=tuple(event for event in events if event.step <= until),
            failures=tuple(failure for failure in failures if failure.step <= until),
        )
    )  # fmt: skip
    return history


def falling(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.1 + 0.6 * np.exp(-steps / 150)


def train_like(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.3 + 0.4 * np.exp(-steps / 150)


def flat(value: float) -> Curve:
    return lambda steps: np.full(len(steps), value)


def said(history: History, *rules: str) -> list[Remark]:
    return [remark for remark in observe(history) if remark.rule in rules]


def plain(**curves: Curve) -> tuple[Mapping[str, Curve], ...]:
    """Two arms that differ in nothing but their noise, the second with other `curves`."""
    return {}, curves


def u_shaped(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(steps < 300, 0.7 - 0.001 * steps, 0.4 + 0.0006 * (steps - 300))


# --- overfits


def test_rising_test_loss_while_training_loss_falls_is_overfitting() -> None:
    history = make_history(({"loss": u_shaped, "train": lambda s: 0.7 - 0.0006 * s}, {}))
    (remark,) = said(history, "overfits")
    assert remark.values["arm"] == "baseline"
    assert 400 <= remark.step <= 475
    assert remark.values["since"] == pytest.approx(300, abs=50)
    assert remark.values["lowest"] == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(
    ("loss", "train"),
    [
        (u_shaped, lambda s: np.maximum(0.7 - 0.001 * s, 0.4)),  # training loss stands still as well
        (u_shaped, u_shaped),  # it rises with it: no overfitting, but worse training
        (train_like, falling),
        (lambda s: 0.4 + 0.02 * np.sin(s / 40), falling),  # up and down, but never far
        (lambda s: np.where(s < 920, 0.7 - 0.0005 * s, 0.4), falling),  # not for long
    ],
)
def test_other_test_losses_are_not_overfitting(loss: Curve, train: Curve) -> None:
    assert not said(make_history(({"loss": loss, "train": train}, {})), "overfits")


def test_an_arm_that_is_held_at_a_level_does_not_overfit() -> None:
    held = plain(loss=u_shaped, train=lambda s: np.maximum(0.7 - 0.0015 * s, 0.2))
    assert not said(make_history(held, spec=spec_with(level=0.2)), "overfits")
    assert said(make_history(held, spec=spec_with(level=0.1)), "overfits")


# --- ended


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_an_arm_that_ended_is_named_with_step_and_knobs(value: float) -> None:
    failure = Failure(412, 1, value, {"lr": 0.1, "flood_level": 0.25})
    history = make_history(plain(), failures=(failure,))
    (remark,) = said(history, "ended")
    assert (remark.step, remark.values["arm"]) == (412, "flooding")
    assert remark.values["knobs"] == "η 0.1, b 0.25"
    json.dumps(remark.to_json(), allow_nan=False)
    assert "step 412" in render(remark, LABELS)


def test_nobody_ended() -> None:
    assert not said(make_history(plain()), "ended")


# --- stuck


def test_a_training_loss_that_does_not_move_is_said_once() -> None:
    (remark,) = said(make_history(plain(train=flat(0.693))), "stuck", "above_start")
    assert (remark.rule, remark.step, remark.values["arm"]) == ("stuck", 200, "flooding")


def test_a_training_loss_above_its_start_of_which_nothing_came_is_said_so() -> None:
    rising = lambda s: 0.6 + 0.002 * s  # noqa: E731
    (remark,) = said(make_history(plain(train=rising, loss=rising)), "stuck", "above_start")
    assert remark.rule == "above_start" and (remark.values["since"], remark.step) == (25, 200)
    assert not said(make_history(plain(train=rising)), "stuck", "above_start")  # the test loss falls: that is the trick


# --- exploded


def test_a_loss_many_times_what_it_was_is_remarked_and_by_what() -> None:
    wild = lambda s: np.where(s < 500, 0.5, 400.0)  # noqa: E731
    (remark,) = said(make_history(plain(loss=wild)), "exploded", "exploded_turned")
    assert (remark.rule, remark.step, remark.values["arm"]) == ("exploded", 500, "flooding")
    turn = Event(490, "flood_level", 0.5, 1)
    (remark,) = said(make_history(plain(loss=wild), events=(turn,)), "exploded", "exploded_turned")
    assert (remark.rule, remark.values["knobs"], remark.values["turned"]) == ("exploded_turned", "b 0.5", 490)
    assert not said(make_history(plain(loss=wild, train=wild)), "above_start")  # it is said once


@pytest.mark.parametrize("loss", [lambda s: 0.5 + 0.008 * s, lambda s: np.where(s < 500, 0.01, 1.0)])
def test_a_loss_that_rises_does_not_blow_up(loss: Curve) -> None:
    assert not said(make_history(plain(loss=loss)), "exploded", "exploded_turned")


@pytest.mark.parametrize("train", [falling, lambda s: 0.7 - 0.0002 * s])
def test_a_training_loss_that_falls_is_not_stuck(train: Curve) -> None:
    assert not said(make_history(plain(train=train)), "stuck", "above_start")


# --- memorized


def test_a_loss_below_the_entropy_of_the_noise_shows_that_wrong_labels_are_learned() -> None:
    low = {"train": lambda s: 0.05 + 0.6 * np.exp(-s / 150)}
    remarks = said(make_history((low, {"train": flat(0.4)}), spec=spec_with(noise=0.1)), "memorized")
    assert [remark.values["arm"] for remark in remarks] == ["baseline"]
    assert remarks[0].values["floor"] == pytest.approx(0.325, abs=1e-3)


def test_without_wrong_labels_a_low_loss_is_no_memorizing() -> None:
    assert not said(make_history(plain(train=flat(0.01))), "memorized")


@pytest.mark.parametrize("trick", ["label_cleaning", "augmentation", "class_balance", "data_variety", "distillation"])
def test_an_arm_that_learns_from_other_examples_is_not_judged_by_the_noise_of_these(trick: str) -> None:
    for name, expected in ((trick, ["baseline"]), ("label_smoothing", ["baseline", "label_smoothing"])):
        arms = (ArmSpec("baseline"), ArmSpec(name, (name,), {}))
        spec = replace(spec_with(noise=0.3), arms=arms)
        spec = replace(spec, settings={**spec.settings, "train_size": 100})
        history = make_history(({"train": flat(0.01)}, {"train": flat(0.01)}), spec=spec)
        assert [remark.values["arm"] for remark in said(history, "memorized")] == expected


# --- at_level


def about(level: float) -> Curve:
    return lambda steps: np.maximum(0.8 - 0.002 * steps, level)


def test_a_loss_about_the_flood_level_is_seen() -> None:
    (remark,) = said(make_history(plain(train=about(0.2)), jitter=0.03), "at_level")
    assert remark.values["knobs"] == "b 0.2"
    assert 350 <= remark.step <= 450


def test_a_turned_level_counts_from_its_turn() -> None:
    train = lambda s: np.where(s < 500, about(0.3)(s), 0.2)  # noqa: E731
    history = make_history(plain(train=train), jitter=0.03, events=(Event(500, "flood_level", 0.2, 1),))
    (remark,) = said(history, "at_level")
    assert (remark.step, remark.values["knobs"]) == (600, "b 0.2")


@pytest.mark.parametrize(
    ("train", "level"),
    [
        (about(0.2), 0.0),  # no flooding
        (about(0.3), 0.2),  # above it
        (lambda s: np.maximum(0.8 - 0.002 * s, 0.1), 0.2),  # through it
        (lambda s: np.maximum(0.8 - 0.002 * s, 0.22), 0.2),  # near it, but hardly ever below
    ],
)
def test_a_loss_elsewhere_is_not_at_the_level(train: Curve, level: float) -> None:
    assert not said(make_history(plain(train=train), spec=spec_with(level=level)), "at_level")


# --- coincide


def same_arms(
    split: int | None,
    until: int,
    spec: RunSpec,
    events: tuple[Event, ...] = (),
    failures: tuple[Failure, ...] = (),
) -> History:
    history = make_history(plain(), spec=spec, until=until, events=events, failures=failures)
    end = until if split is None else split - 1
    for name in ROWS[2:]:
        history.row(1, name)[:end] = history.row(0, name)[:end]
    for name in TESTS[1:]:
        history.test(1, name)[: end // EVERY] = history.test(0, name)[: end // EVERY]
    return history


def test_arms_that_coincide_at_the_neutral_setting() -> None:
    (remark,) = said(same_arms(None, 1000, spec_with(level=0.0)), "coincide", "not_yet", "parted", "parted_turned")
    assert (remark.rule, remark.step, remark.values["knobs"]) == ("coincide", 50, "b 0")


def test_arms_that_coincide_until_the_trick_acts() -> None:
    remarks = said(same_arms(311, 1000, spec_with()), "coincide", "not_yet", "parted", "parted_turned")
    assert [(r.rule, r.step) for r in remarks] == [("not_yet", 50), ("parted", 325)]
    assert remarks[1].values["since"] == 311


def test_a_turn_that_parts_the_arms_is_named() -> None:
    events = (Event(400, "flood_level", 0.3, 1),)
    remarks = said(same_arms(400, 1000, spec_with(level=0.0), events), "coincide", "parted", "parted_turned")
    assert [(r.rule, r.values["knobs"]) for r in remarks] == [("coincide", "b 0"), ("parted_turned", "b 0.3")]


def test_arms_of_which_one_ends_before_a_test_shows_that_they_part_are_not_said_to() -> None:
    ended = Failure(320, 0, float("inf"), {})  # the test that would show it is at 325
    remarks = said(same_arms(311, 1000, spec_with(), failures=(ended,)), "not_yet", "parted", "parted_turned")
    assert [(r.rule, r.step) for r in remarks] == [("not_yet", 50)]


def test_arms_that_train_alike_and_answer_differently_do_not_coincide() -> None:
    history = same_arms(None, 1000, spec_with())
    history.test(1, "test_loss")[:] += 0.01  # another network answers
    assert not said(history, "coincide", "not_yet", "parted", "answers")
    later = same_arms(None, 1000, spec_with())
    later.test(1, "test_loss")[499 // EVERY :] += 0.01
    remarks = said(later, "coincide", "not_yet", "parted", "answers")
    assert [(r.rule, r.step) for r in remarks] == [("not_yet", 50), ("answers", 500)]
    assert remarks[1].values["since"] == 500


def test_arms_that_differ_from_the_start_do_not_coincide() -> None:
    assert not said(make_history(plain()), "coincide", "not_yet", "parted")
    assert not said(same_arms(20, 1000, spec_with()), "coincide", "not_yet", "parted")


# --- ahead, split


@pytest.mark.parametrize(("offset", "leader"), [(-0.1, "flooding"), (0.1, "baseline")])
def test_a_clear_lead_on_the_judged_metric(offset: float, leader: str) -> None:
    (remark,) = said(make_history(plain(loss=lambda s: train_like(s) + offset)), "ahead")
    assert (remark.values["arm"], remark.values["metric"]) == (leader, "test_loss")
    low, high = sorted((remark.values["value"], remark.values["than"]), key=float)
    assert (remark.values["value"], remark.values["than"]) == (low, high)


def test_a_lead_that_changes_hands_is_said_of_both() -> None:
    remarks = said(make_history(plain(loss=lambda s: train_like(s) + np.where(s < 500, 0.1, -0.1))), "ahead")
    assert [remark.values["arm"] for remark in remarks] == ["baseline", "flooding"]


def test_a_gap_within_jitter_is_no_lead() -> None:
    wavy = {"loss": lambda s: 0.4 + 0.1 * np.where(s // EVERY % 2 == 0, 1, -1)}
    ahead = {"loss": lambda s: 0.38 + 0.1 * np.where(s // EVERY % 2 == 0, 1, -1)}
    assert not said(make_history((wavy, ahead)), "ahead")
    assert not said(make_history(plain()), "ahead")


def test_ahead_on_one_metric_and_behind_on_another() -> None:
    curves = {"loss": lambda s: train_like(s) - 0.1, "accuracy": flat(0.8)}
    (remark,) = said(make_history(plain(**curves)), "split")
    assert (remark.values["arm"], remark.values["against"]) == ("flooding", "test_accuracy")
    assert not said(make_history(plain(loss=curves["loss"], accuracy=flat(0.95))), "split")


# --- restarted


def saw(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.01 + 0.09 * (1 - (steps - 1) % 200 / 200)


def test_a_learning_rate_that_starts_again() -> None:
    (remark,) = said(make_history(plain(lr=saw)), "restarted")
    assert (remark.step, remark.values["arm"]) == (201, "flooding")
    assert remark.values["high"] == pytest.approx(0.1)


def test_a_learning_rate_that_somebody_turned_did_not_restart() -> None:
    turned = {"lr": lambda s: np.where(s < 300, 0.1, 0.5)}
    assert not said(make_history((turned, turned), events=(Event(300, "lr", 0.5),)), "restarted")
    assert not said(make_history(plain(lr=lambda s: 0.1 / s)), "restarted")


# --- turned


def stepping(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(steps < 500, 0.2, 0.4)


def test_a_turned_knob_is_answered_with_what_was_measured_before_and_after() -> None:
    history = make_history(plain(loss=stepping), events=(Event(510, "flood_level", 0.38, 1),))
    (remark,) = said(history, "turned")
    assert (remark.values["measured"], remark.step, remark.values["since"]) == (500, 575, 510)
    assert [remark.values[name] for name in ("before", "now", "than", "other_now")] == [
        history.test(arm, "test_loss")[at] for arm in (1, 0) for at in (19, 22)
    ]
    assert "b 0.38 at step 510" in render(remark, LABELS)


@pytest.mark.parametrize(
    ("every", "turn", "until", "answered"),
    [
        (25, 510, 1000, 575),  # not by 550, which is too soon
        (25, 510, 574, None),
        (10, 500, 1000, 550),
        (60, 470, 1000, 540),  # 480 is too soon
        (100, 410, 1000, 500),
        (100, 495, 1000, 500),  # the next would be too late
        (300, 310, 1000, 600),  # the first there is
        (25, 990, 1000, 1000),  # the last there is
    ],
)
def test_a_turn_is_answered_within_a_hundred_steps_or_one_test(
    every: int, turn: int, until: int, answered: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "EVERY", every)
    spec = spec_with()
    spec = replace(spec, settings={**spec.settings, "eval_every": every})
    history = make_history(plain(), spec=spec, until=until, events=(Event(turn, "flood_level", 0.5, 1),))
    assert [remark.step for remark in said(history, "turned")] == ([] if answered is None else [answered])


def test_of_a_drag_its_end_is_answered_and_a_shared_setting_for_all() -> None:
    drag = tuple(Event(500 + 5 * i, "flood_level", 0.2 + 0.01 * i, 1) for i in range(4))
    history = make_history(plain(), events=(*drag, Event(530, "lr", 0.05), Event(700, "flood_level", 0.5, 1)))
    assert [(remark.values["knobs"], remark.values["arm"]) for remark in said(history, "turned")] == [
        ("b 0.23", "flooding"), ("η 0.05", "flooding"), ("b 0.5", "flooding"),
    ]  # fmt: skip
    alone = replace(spec_with(), arms=(ArmSpec("flooding", ("flooding",), {"flood_level": 0.2}),))
    turn = Event(500, "flood_level", 0.3, 0)
    (remark,) = said(make_history(({},), spec=alone, events=(turn,)), "turned", "turned_alone")
    assert remark.rule == "turned_alone"


def test_a_turn_before_anything_was_measured_has_nothing_to_be_compared_with() -> None:
    assert not said(make_history(plain(), events=(Event(10, "flood_level", 0.5, 1),)), "turned")


# --- spiked


def bump(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return falling(steps) + np.where((steps >= 500) & (steps < 530), 0.5, 0.0)


def test_a_loss_that_jumps_as_a_knob_is_turned() -> None:
    history = make_history(plain(train=bump), events=(Event(500, "flood_level", 0.5, 1), Event(503, "lr", 0.3)))
    first = said(history, "spiked")[0]
    assert (first.step, first.values["knobs"], first.values["since"]) == (509, "b 0.5", 500)
    assert len(said(history, "spiked")) <= 2  # once for each knob


def test_a_jump_without_a_turn_or_a_turn_without_a_jump_is_no_remark() -> None:
    assert not said(make_history(plain(train=bump)), "spiked")
    assert not said(make_history(plain(), events=(Event(500, "flood_level", 0.5, 1),)), "spiked")
    assert not said(make_history(plain(train=bump), events=(Event(500, "flood_level", 0.5, 0),)), "spiked")[1:]


def test_a_loss_that_often_jumps_jumped_for_no_turn() -> None:
    train = lambda s: 0.1 + 5.0 * (s % 25 == 0)  # noqa: E731
    assert not said(make_history(plain(train=train), events=(Event(498, "flood_level", 0.5, 1),)), "spiked")


# --- all of them


def eventful(until: int | None = None) -> History:
    trick = {
        "train": lambda s: bump(s) + 0.1, "lr": saw,
        "loss": lambda s: train_like(s) - np.where(s < 400, -0.1, 0.1), "accuracy": flat(0.8),
    }  # fmt: skip
    return make_history(
        ({"loss": u_shaped, "train": lambda s: 0.7 - 0.0006 * s}, trick),
        spec=spec_with(noise=0.1),
        until=until,
        events=(Event(500, "flood_level", 0.5, 1),),
        failures=(Failure(900, 1, math.nan, {"lr": 0.1, "flood_level": 0.5}),),
    )


def test_remarks_are_made_as_they_happen_and_never_taken_back() -> None:
    whole = observe(eventful())
    assert len(whole) >= 6
    for until in range(25, 1001, 25):
        expected = [remark for remark in whole if remark.step <= until]
        assert observe(eventful(until)) == expected


def test_each_remark_is_made_once_and_in_order_of_steps() -> None:
    remarks = observe(eventful())
    assert [remark.step for remark in remarks] == sorted(remark.step for remark in remarks)
    assert len({json.dumps(remark.to_json()) for remark in remarks}) == len(remarks)


def test_every_remark_can_be_said_in_words() -> None:
    for remark in observe(eventful()):
        text = render(remark, LABELS)
        assert "{" not in text
        assert text[0].isupper()


def test_labels_and_rules_are_the_same() -> None:
    source = Path(__file__).parents[3] / "trainers/runs/remarks.py"
    code = source.read_text(encoding="utf-8")
    rules = {key.split(".")[1] for key in LABELS if key.startswith("remark.")}
    assert all(f'"{rule}"' in code for rule in rules)
    assert {rule.__name__ for rule in RULES} <= rules
    fields = {name for rule in rules for _, name, _, _ in Formatter().parse(LABELS[f"remark.{rule}"]) if name}
    assert all(f"{name}=" in code or f'"{name}"' in code for name in fields)


def test_words_of_a_language_are_used_where_it_has_them() -> None:
    remark = Remark(9, "ahead", {"arm": "flooding", "other": "baseline", "metric": "test_loss", "value": 1, "than": 2})
    labels = {"remark.ahead": "{arm} vor {other}: {metric}", "trick.flooding": "Fluten", "metric.test_loss": "Verlust"}
    assert render(remark, labels) == "Fluten vor baseline: Verlust"


@pytest.mark.parametrize("until", [0, 1, 10, 30, 60])
def test_a_run_that_has_hardly_begun_calls_for_nothing(until: int) -> None:
    assert not [remark for remark in observe(make_history(plain(), until=until)) if remark.rule != "not_yet"]


def test_what_is_not_a_classifier_is_left_alone() -> None:
    history = History(spec_with(), ("lr", "elapsed_s", "critic_loss"), ("step", "distance"), 1)
    rows = {name: np.linspace(1.0, 1.0, 50) for name in history.row_names}
    tests = {name: np.linspace(5.0, 50.0, 10) for name in history.test_names}
    history.append(Progress(1, 50, (rows, rows), (tests, tests)))
    assert observe(history) == []


def test_losses_beyond_all_bounds_leave_the_others_as_they_are() -> None:
    train = lambda s: np.where(s == 3, 1e30, falling(s))  # noqa: E731
    remarks = said(make_history(plain(train=train), spec=spec_with(noise=0.4)), "memorized")
    assert [remark.step for remark in remarks] == [
        remark.step for remark in said(make_history(plain(), spec=spec_with(noise=0.4)), "memorized")
    ]
