"""A knob that says when it counts changes nothing elsewhere, and one that says nothing always changes something."""

from collections.abc import Iterator
from typing import Any

import pytest

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from tricks import catalogue
from tricks.declaration import Knob, Trick, Value

STEPS = 12  # enough for most knobs: what does not show here must show in the run of the trick's own page

Values = dict[str, Value]


def knobs_of(trick: Trick, values: Values, steps: int = STEPS) -> dict[str, Knob]:
    return build_spec(trick.name, steps=steps, values=values).knobs_of(1)


def whole_of(trick: Trick, values: Values, steps: int = STEPS) -> Values:
    """The value of every knob of the trick where these are set."""
    return dict(build_spec(trick.name, steps=steps, values=values).arms[1].knobs)


def others(knob: Knob, value: Value) -> list[Value]:
    """Values of the knob that are not this one: each choice, or the middle and the ends of its range."""
    if knob.choices:
        return [choice for choice in knob.choices if choice != value]
    assert knob.low is not None and knob.high is not None
    middle = (knob.low + knob.high) / 2
    found: list[Value] = [int(end) if knob.integer else end for end in (middle, knob.low, knob.high)]
    return [end for end in found if end != value]


def situations(trick: Trick) -> Iterator[Values]:
    """Where the knobs may stand: as they start, each choice elsewhere, each number at the neutral value it declares.

    And each number where a knob counts that does not at its neutral one.
    """
    knobs, whole = knobs_of(trick, {}), whole_of(trick, {})
    yield {}
    for knob in trick.knobs:  # as declared: of a neutral value that follows the run no other knob can say `unless`
        for value in knobs[knob.name].choices or ([] if knob.neutral is None else [knob.neutral]):
            yield {knob.name: value}
    for other, value in filter(None, (knob.unless for knob in trick.knobs)):
        if whole[other] == value and not knobs[other].choices:
            yield {other: others(knobs[other], value)[0]}


def trained(trick: Trick, values: Values, steps: int) -> dict[str, Any]:
    """All that is recorded of the trick's arm."""
    run = Run(build_spec(trick.name, steps=steps, values={**values, "eval_every": 4}))
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


def changes(trick: Trick, name: str, values: Values, steps: int = STEPS) -> bool:
    """Whether another value of the knob of that name gives another record, all else being at `values`."""
    plain = trained(trick, values, steps)
    knob, value = knobs_of(trick, values, steps)[name], whole_of(trick, values, steps)[name]
    return any(trained(trick, {**values, name: other}, steps) != plain for other in others(knob, value))


def shows(trick: Trick, knob: Knob, values: Values) -> bool:
    """Whether a knob that counts at `values` is seen to: there, with one number elsewhere, or in the page's own run.

    So few steps may not reach what the knob changes, such as a bound that no gradient exceeds yet.
    """
    whole = whole_of(trick, values)
    beside = (
        {**values, other.name: value}
        for other in knobs_of(trick, values).values()
        if other.name not in (knob.name, *values) and not other.choices
        for value in others(other, whole[other.name])
        if knob.counts({**whole, other.name: value})
    )
    places = (values, *beside)
    return any(changes(trick, knob.name, place) for place in places) or changes(
        trick, knob.name, values, trick.setups[0].steps
    )


@pytest.mark.long
@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_knob_counts_where_it_says_and_nowhere_else(name: str) -> None:
    trick = catalogue.load(name)
    for values in situations(trick):
        whole = whole_of(trick, values)
        for knob in knobs_of(trick, values).values():
            if knob.name in values:
                continue
            if knob.counts(whole):
                assert shows(trick, knob, values), f"{knob.name} says that it counts at {values}, and changes nothing"
            else:
                assert not changes(trick, knob.name, values), f"{knob.name} changes something at {values}, and says not"


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_what_a_knob_counts_by_is_another_knob_of_its_trick(name: str) -> None:
    knobs = {knob.name: knob for knob in catalogue.load(name).knobs}
    for knob in knobs.values():
        if knob.when:
            assert set(knob.when[1:]) <= set(knobs[knob.when[0]].choices) != set(knob.when[1:])
        if knob.unless:
            other, value = knob.unless
            assert knobs[other].check(value) == value
