"""A trick trains wherever it is let in, on every task and in every network; what would change nothing is refused."""

from __future__ import annotations

from itertools import combinations

import pytest

from trainers.kinds.run import Run
from trainers.runs.build import build_spec, check_event, conflicts, resolve_settings
from trainers.runs.combine import build_combination
from trainers.runs.settings import SETTINGS, ignored_by
from trainers.runs.spec import Event, RunSpec
from trainers.tasks import NAMES, load_task
from tricks import catalogue
from tricks.declaration import Knob, RefusedError, Value

SETUPS = [(trick, setup.task) for trick in catalogue.NAMES for setup in catalogue.load(trick).setups]
ELSEWHERE = [
    (trick, task)
    for task in NAMES
    for trick in catalogue.NAMES
    if (trick, task) not in SETUPS and not conflicts((trick,), task)
]
MODELS = next(knob for knob in SETTINGS if knob.name == "model").choices
STEPS = 2
SMALL = {"depth": 4, "width": 16}


def assert_trains(spec: RunSpec, caplog: pytest.LogCaptureFixture) -> None:
    """It trains to its end, where an arm may diverge; nothing that looks at it breaks."""
    run = Run(spec)
    run.advance(600.0)
    assert run.finished
    assert not [record for record in caplog.records if record.name.startswith("trainers.")]


@pytest.mark.long(share=0.1)
@pytest.mark.parametrize(("trick", "task"), ELSEWHERE)
def test_on_every_task_that_takes_it(trick: str, task: str, caplog: pytest.LogCaptureFixture) -> None:
    own = str(resolve_settings(load_task(task), {})["model"])
    model = next(model for model in (own, *MODELS) if not conflicts((trick,), task, model))
    values = {} if model == own else {"model": model}
    assert_trains(build_combination((trick,), task=task, seed=100, steps=STEPS, values=values), caplog)


@pytest.mark.long(share=0.1)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("trick", "task"), [pair for pair in SETUPS if "model" not in ignored_by(load_task(pair[1]))])
def test_in_every_network_of_its_tasks(trick: str, task: str, model: str, caplog: pytest.LogCaptureFixture) -> None:
    small = {name: value for name, value in SMALL.items() if name not in ignored_by(load_task(task))}

    def spec_of(**values: object) -> RunSpec:
        return build_spec(trick, task=task, seed=100, steps=STEPS, values={**small, "model": model, **values})

    if model == "conv2d" and load_task(task).view != "image":
        with pytest.raises(RefusedError, match=f"square pictures for {task}, got conv2d"):
            spec_of()
        return
    if any(conflict.model for conflict in conflicts((trick,), task, model)):
        with pytest.raises(RefusedError, match=f"model must be .* for {trick}, got {model}"):
            spec_of()
        return
    knobs = spec_of().knobs_of(1).values()
    for values in ({}, *({knob.name: value} for knob in knobs for value in knob.choices)):
        assert_trains(spec_of(**values), caplog)


@pytest.mark.parametrize(
    ("trick", "task", "made_for"),
    [
        ("progressive_learning", "digits", "big_digits"),
        ("progressive_learning", "mnist1d", "big_digits"),
        ("augmentation", "spirals", "mnist1d, digits"),
    ],
)
def test_what_means_nothing_on_a_task_is_refused(trick: str, task: str, made_for: str) -> None:
    with pytest.raises(RefusedError, match=f"{trick} is made for {made_for}, not for {task}"):
        build_combination((trick,), task=task)


@pytest.mark.parametrize("task", NAMES)
def test_settings_that_mean_nothing_to_a_task_are_refused(task: str) -> None:
    trick, _ = next(pair for pair in SETUPS if pair[1] == task)
    spec = build_spec(trick, task=task)
    for setting in SETTINGS:
        if setting.name not in ignored_by(load_task(task)):
            continue
        other = another(setting, spec)[0]
        refusal = pytest.raises(RefusedError, match=f"{setting.name} must stay {setting.default} for {task}, got ")
        with refusal:
            build_spec(trick, task=task, values={setting.name: other})
        if setting.live:
            with refusal:
                check_event(spec, Event(1, setting.name, other))


def another(setting: Knob, spec: RunSpec) -> list[Value]:
    """Other values of a setting than the run's, the nearer ones first."""
    now = spec.settings[setting.name]
    if setting.choices:
        return [choice for choice in setting.choices if choice != now]
    number = float(now)
    given = (2 * number, number / 2, setting.low, setting.high)
    legal = [min(max(value, setting.low or 0), setting.high or value) for value in given if value is not None]
    return [value for value in (map(int, legal) if setting.integer else legal) if value != now]


@pytest.mark.long(share=0.2)
@pytest.mark.parametrize("task", NAMES)
def test_every_other_setting_of_a_task_changes_its_runs(task: str) -> None:
    trick, _ = next(pair for pair in SETUPS if pair[1] == task)

    def spec_of(**values: Value) -> RunSpec:
        return build_spec(trick, task=task, steps=4, seed=100, values={"optimizer": "sgd", "eval_every": 2, **values})

    def made(**values: Value) -> object:
        progress = Run(spec_of(**values)).advance(600.0)
        rows = {name: list(values) for name, values in progress.rows[0].items() if name != "elapsed_s"}
        return {**rows, **{name: list(values) for name, values in progress.tests[0].items()}}

    def differs(setting: Knob, value: Value) -> bool:
        try:
            return made(**{setting.name: value}) != plain
        except RefusedError:  # more than the task has, or a network for other inputs
            return False

    plain, spec = made(), spec_of()
    for setting in SETTINGS:
        if setting.name not in {*ignored_by(load_task(task)), "eval_every"}:
            assert any(differs(setting, value) for value in another(setting, spec)), setting.name


PAIRS = [
    (*pair, next(task for task in (*own, *NAMES) if not conflicts(pair, task)))
    for pair in combinations(catalogue.NAMES, 2)
    for own in [[setup.task for trick in reversed(pair) for setup in catalogue.load(trick).setups]]
    if any(not conflicts(pair, task) for task in NAMES)
]


@pytest.mark.long(share=0.05)
@pytest.mark.parametrize(("first", "second", "task"), PAIRS)
def test_any_two_that_go_together_train_together(
    first: str, second: str, task: str, caplog: pytest.LogCaptureFixture
) -> None:
    own = str(resolve_settings(load_task(task), {})["model"])
    models = [model for model in (own, *MODELS) if not conflicts((first, second), task, model)]
    if models:  # some change what no network has both of
        small = {name: value for name, value in SMALL.items() if name not in ignored_by(load_task(task))}
        values = small if models[0] == own else {**small, "model": models[0]}
        assert_trains(build_combination((first, second), task=task, seed=100, steps=STEPS, values=values), caplog)
