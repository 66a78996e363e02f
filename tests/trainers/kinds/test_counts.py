"""A knob that says when it counts changes nothing elsewhere, and one that says nothing always changes something."""

from collections.abc import Iterator
from typing import Any

import pytest

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from tricks import catalogue
from tricks.declaration import Knob, Trick, Value

STEPS = 12
LONGER = {"flooding": 300, "cyclic_lr": 45}  # the steps it takes until there is something to see
BASE: dict[str, dict[str, Value]] = {
    "cyclic_lr": {"cycle_length": 10, "min_lr": 0.01},  # so short that all of a cycle is seen
    "weight_penalty": {"l1_penalty": 0.001},
    "gradient_clipping": {"gradient_bound": 0.01},  # so low that the first gradients are beyond it
}


def situations(trick: Trick) -> Iterator[dict[str, Value]]:
    """Where the knobs may stand: as they start, each choice elsewhere, each number at its neutral value."""
    base = BASE.get(trick.name, {})
    yield base
    for knob in knobs_of(trick, base).values():
        if knob.name in base:
            continue
        for value in knob.choices or ([] if knob.neutral is None else [knob.neutral]):
            yield {**base, knob.name: value}


def knobs_of(trick: Trick, values: dict[str, Value]) -> dict[str, Knob]:
    return build_spec(trick.name, steps=LONGER.get(trick.name, STEPS), values=values).knobs_of(1)


def others(knob: Knob, value: Value) -> list[Value]:
    """Values of the knob that are not this one."""
    if knob.choices:
        return [choice for choice in knob.choices if choice != value]
    assert knob.low is not None and knob.high is not None
    middle = (knob.low + knob.high) / 2
    found: list[Value] = [int(end) if knob.integer else end for end in (middle, knob.low, knob.high)]
    return [end for end in found if end != value][:2]


def trained(trick: Trick, values: dict[str, Value]) -> dict[str, Any]:
    """All that is recorded of the trick's arm."""
    spec = build_spec(trick.name, steps=LONGER.get(trick.name, STEPS), values={**values, "eval_every": 4})
    run = Run(spec)
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60))
    rows = {name: history.row(1, name).tolist() for name in history.row_names if name != "elapsed_s"}
    probes = [(probe.step, {n: a.tolist() for n, a in probe.arrays.items()}) for probe in history.probes if probe.arm]
    return {
        "rows": str(rows),
        "tests": str([history.test(1, n).tolist() for n in history.test_names]),
        "p": str(probes),
    }


@pytest.mark.long
@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_knob_counts_where_it_says_and_nowhere_else(name: str) -> None:
    trick = catalogue.load(name)
    for values in situations(trick):
        knobs = knobs_of(trick, values)
        whole = {**build_spec(name, steps=LONGER.get(name, STEPS), values=values).arms[1].knobs}
        plain = trained(trick, values)
        for knob in knobs.values():
            if knob.name in values:
                continue
            changes = any(
                trained(trick, {**values, knob.name: value}) != plain for value in others(knob, whole[knob.name])
            )
            assert changes == knob.counts(whole), f"{knob.name} at {values}"


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_what_a_knob_counts_by_is_another_knob_of_its_trick(name: str) -> None:
    knobs = {knob.name: knob for knob in catalogue.load(name).knobs}
    for knob in knobs.values():
        if knob.when:
            assert set(knob.when[1:]) <= set(knobs[knob.when[0]].choices) != set(knob.when[1:])
        if knob.unless:
            other, value = knob.unless
            assert knobs[other].check(value) == value
