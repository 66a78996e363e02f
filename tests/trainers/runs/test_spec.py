"""What a file says of a run: taken as a whole, or refused by name, whatever stands in it."""

import itertools
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.kinds.arm import recipes
from trainers.kinds.run import TRAINERS, Run
from trainers.runs.build import build_spec, conflicts
from trainers.runs.combine import build_combination
from trainers.runs.replay import ReplayError, dump_replay, parse_replay
from trainers.runs.spec import Event
from trainers.tasks import NAMES as TASKS
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import RefusedError

SPEC = build_spec("flooding", steps=20)
WHOLE = dump_replay(SPEC, (Event(3, "flood_level", 0.1, 1), Event(5, "lr", 0.01)))
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value stands in JSON data, each as the keys that lead there."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *itertools.chain.from_iterable(places(value, (*path, key)) for key, value in inner)]


@settings(max_examples=600)
@given(st.sampled_from(places(WHOLE)[1:]), ODD)
def test_whatever_stands_in_a_replay_file_it_is_a_run_or_refused(place: tuple[Any, ...], value: object) -> None:
    data = json.loads(json.dumps(WHOLE))
    *way, last = place
    inside = data
    for key in way:
        inside = inside[key]
    inside[last] = value
    with suppress(ReplayError, RefusedError):
        spec, events = parse_replay(data)
        assert parse_replay(json.loads(json.dumps(dump_replay(spec, events)))) == (spec, events)


def test_what_was_written_comes_back() -> None:
    assert parse_replay(json.loads(json.dumps(WHOLE)))[0] == SPEC


def test_a_file_that_was_saved_once_is_read_and_said_as_it_stands() -> None:
    saved = json.loads(Path(__file__).with_name("saved.json").read_text("utf-8"))
    spec, events = parse_replay(saved)
    assert [arm.knobs for arm in spec.arms] == [{}, {"flood_level": 0.2}, {"flood_level": 0.5}]
    assert (spec.trick, spec.task, spec.steps, events) == ("flooding", "spirals", 3, (Event(2, "flood_level", 0.3, 1),))
    assert dump_replay(spec, events) == {name: saved[name] for name in ("spec", "events")}


@pytest.mark.parametrize("task", TASKS)
def test_of_any_two_tricks_in_a_file_a_recipe_is_made_or_they_are_refused_as_clashing(task: str) -> None:
    shown = next(trick for trick in catalogue.every() if any(setup.task == task for setup in trick.setups))
    data = dump_replay(build_spec(shown.name, task=task, steps=20), ())
    for tricks in itertools.combinations(catalogue.NAMES, 2):
        data["spec"]["arms"] = [{"name": "one", "tricks": list(tricks), "knobs": {}}]
        if not all(conflict.needs for conflict in conflicts(tricks, task)):  # what only is not offered can be trained
            with pytest.raises(RefusedError, match="tricks of one must go together"):
                parse_replay(data)
            continue
        spec, _ = parse_replay(data)
        assert list(recipes(spec, TRAINERS[load_task(task).trainer].baseline(spec)))


def test_a_page_that_does_not_show_a_task_is_refused() -> None:
    data = dump_replay(SPEC, ())
    data["spec"]["trick"] = "wasserstein_gan"
    with pytest.raises(RefusedError, match="task must be one of"):
        parse_replay(data)


def test_a_combination_comes_back_and_runs() -> None:
    spec = build_combination(("flooding", "dropout"), task="spirals", steps=3)
    again, _ = parse_replay(json.loads(json.dumps(dump_replay(spec, ()))))
    assert again == spec and Run(again).spec == spec


def test_a_name_of_half_letters_which_no_file_can_hold_is_refused() -> None:
    told = dump_replay(build_spec("flooding"), ())
    told["spec"]["arms"][1]["name"] = "a\ud800b"
    with pytest.raises(ReplayError, match=r"spec.arms\[1\].name must be of whole letters, got 'a\\ud800b'"):
        parse_replay(told)
