"""What must be seen: each form as the statement that it is measured by, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from trainers.runs.build import build_spec
from trainers.teaching.seen import MOST, parse_seen
from tricks.declaration import RefusedError

SPEC = build_spec("flooding", steps=100, extra_arms=({"flood_level": 0.5},))
LOW, HIGH = "flooding flood_level=0.2", "flooding flood_level=0.5"


def bounds(check: str) -> dict[str, Any]:
    """Of the statement of a check, what is not as it is of itself."""
    said = parse_seen(check, "words", SPEC, "step_1").statement
    names = ("arm", "against", "step", "since", "ratio", "least", "most", "on", "told")
    return {name: value for name in names if (value := getattr(said, name)) not in (None, "", False)}


ABOVE, BELOW = math.nextafter(0, 1), math.nextafter(0, -1)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (f"test_loss {HIGH} < baseline", {"arm": HIGH, "against": "baseline", "most": BELOW, "on": MOST}),
        (f"test_loss {HIGH} > {LOW} on 14", {"arm": HIGH, "against": LOW, "least": ABOVE, "on": 14}),
        ("train_loss baseline > 0.5", {"arm": "baseline", "least": math.nextafter(0.5, 1), "on": MOST}),
        ("train_loss baseline < 1e-3", {"arm": "baseline", "most": math.nextafter(1e-3, 0), "on": MOST}),
        ("diverged baseline = 1", {"arm": "baseline", "least": 1, "most": 1, "on": MOST}),
        ("lr baseline between .1 and 2", {"arm": "baseline", "least": 0.1, "most": 2, "on": MOST}),
        (f"test_loss {LOW} = baseline", {"arm": LOW, "against": "baseline", "on": MOST} | {"least": 0, "most": 0}),
        (
            f"test_loss {LOW} at 20 < baseline at 20 - 0.5",
            {"arm": LOW, "against": "baseline", "step": 20, "most": math.nextafter(-0.5, -1), "on": MOST},
        ),
        (
            "test_loss baseline > baseline at 50 + 0.25",
            {"arm": "baseline", "since": 50, "least": math.nextafter(0.25, 1), "on": MOST},
        ),
        (
            "test_loss baseline at 60 > baseline at 50 * 2",
            {"arm": "baseline", "step": 60, "since": 50, "ratio": True, "least": math.nextafter(2, 3), "on": MOST},
        ),
        ("test_loss baseline at 100 > 1", {"arm": "baseline", "least": math.nextafter(1, 2), "on": MOST}),
        (f"test_accuracy {HIGH} ~ baseline", {"arm": HIGH, "against": "baseline", "told": "same"}),
    ],
)
def test_a_check_is_a_statement(check: str, told: dict[str, Any]) -> None:
    expected = {name: value for name, value in told.items() if value not in (None, "", False)}
    assert bounds(check) == expected


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("test_los baseline > 1", "a metric must be one of test_loss, test_accuracy"),
        ("elapsed_s baseline > 1", "a metric must be one of"),
        ("test_loss flooding < baseline", f"an arm must be one of baseline, {LOW}, {HIGH}"),
        ("test_loss baselin > 1", "an arm must be one of"),
        ("test_loss baseline", "what must be seen must be METRIC ARM < ARM"),
        ("test_loss baseline << 1", "what must be seen must be METRIC ARM < ARM"),
        ("test_loss baseline > nan", "what must be seen must be METRIC ARM < ARM"),
        ("test_loss baseline > baseline", "an arm must be compared with another, or with itself at an earlier step"),
        ("test_loss baseline at 20 > baseline at 20", "an arm must be compared with another, or with itself"),
        (f"test_loss {LOW} at 20 > baseline", "two arms must be compared at the same step, got 20 and None"),
        (f"test_loss {LOW} > baseline at 20", "two arms must be compared at the same step, got the last and 20"),
        ("test_loss baseline at 25 > 1", "a step must be one at which is measured, each 10, of 100 in all, got 25"),
        ("test_loss baseline at 200 > 1", "a step must be one at which is measured, each 10, of 100 in all, got 200"),
        ("test_loss baseline between 2 and 1", "between must have the lower number first, got 2 and 1"),
        ("test_loss baseline > 1 on 17", "on must be 1 to 16 seeds, got 17"),
        ("test_loss baseline > 1 on 0", "on must be 1 to 16 seeds, got 0"),
        (f"test_loss {LOW} ~ baseline on 3", "~ must stand between two arms alone"),
        ("test_loss baseline ~ 3", "~ must stand between two arms alone"),
        ("test_loss " + "x" * 10_000, "a check must have at most 300 letters, got 10,010"),
        ("test_loss baseline at " + "9" * 5_000 + " > 1", "a check must have at most 300 letters"),
    ],
)
def test_what_cannot_be_measured_is_refused(check: str, told: str) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_seen(check, "words", SPEC, "step_1")
    assert told in str(refused.value) and len(str(refused.value)) < 1000


def test_the_steps_that_must_be_kept_are_named() -> None:
    assert parse_seen("test_loss baseline at 60 > baseline at 50", "", SPEC, "a").steps == (60, 50)
    assert parse_seen("test_loss baseline > 1", "", SPEC, "a").steps == ()
