"""What recipes are made of: the step at which a share of a run is over; and words that a trick may not say."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.parts.baseline import stepped
from tricks import catalogue, multi_stage, progressive_learning, step_schedule
from tricks.declaration import Knobs, RefusedError, steps_of

SHARES = [f"{hundredths / 100:.2f}" for hundredths in range(101)]
LENGTHS = (1, 7, 50, 60, 100, 240, 300, 1000, 1500, 12345, 100_000)


def exact(share: str, steps: int) -> int:
    return ceil(Fraction(share) * steps)


def test_a_share_written_in_decimals_ends_at_its_exact_step() -> None:
    assert steps_of(0.55, 100) == 55
    for steps in LENGTHS:
        assert [steps_of(float(share), steps) for share in SHARES] == [exact(share, steps) for share in SHARES]


def test_so_does_one_that_arithmetic_made() -> None:
    assert [steps_of(part * 0.1, 1000) for part in range(11)] == list(range(0, 1001, 100))


@given(st.integers(1, 100_000), st.floats(0, 1))
def test_any_share_ends_within_the_run_and_none_takes_no_step(steps: int, share: float) -> None:
    over = steps_of(share, steps)
    assert 0 <= over <= steps and (over == 0) == (share == 0)
    assert over - 1 < share * steps <= over * (1 + 1e-9)


def drop(step: int, knobs: Knobs) -> bool:
    rate = step_schedule.scheduled(step, {**knobs, "start_lr": 1.0, "drop_factor": 0.1, "second_drop": 1.0})
    return rate == 1.0


STAGES: dict[str, Callable[[int, Knobs], bool]] = {
    "first_drop": drop,
    "head_share": multi_stage.is_frozen,
    "low_share": progressive_learning.is_low,
}


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("steps", [60, 100, 1500])
def test_every_stage_ends_at_the_exact_step(name: str, steps: int) -> None:
    for share in SHARES:
        knobs: Knobs = {"steps": steps, name: float(share)}
        assert sum(STAGES[name](step, knobs) for step in range(steps)) == exact(share, steps), share


@pytest.mark.parametrize("steps", LENGTHS[:9])
def test_the_schedule_that_the_settings_call_step_drops_at_its_exact_steps(steps: int) -> None:
    rates = [stepped(step, {"lr": 1.0, "steps": steps}) for step in range(steps)]
    assert sum(rate == 1.0 for rate in rates) == exact("0.5", steps)
    assert sum(rate > 0.05 for rate in rates) == exact("0.75", steps)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"family": "magic"}, "family must be of loss, regularization, .*, got 'magic'"),
        ({"serves": ("stability", "luck")}, "serves must be of convergence, stability, generalization, got 'luck'"),
    ],
)
def test_a_trick_of_no_known_family_or_goal_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        replace(catalogue.load("flooding"), **changed)
