"""A trick trains wherever it is let in: on every task that takes it, in every network that its tasks offer."""

from __future__ import annotations

import pytest

from trainers.kinds.run import Run
from trainers.runs.build import build_spec, conflicts
from trainers.runs.combine import build_combination
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import RunSpec
from trainers.tasks import NAMES, load_task
from tricks import catalogue
from tricks.declaration import RefusedError

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
    assert_trains(build_combination((trick,), task=task, seed=100, steps=STEPS), caplog)


@pytest.mark.long(share=0.1)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("trick", "task"), [pair for pair in SETUPS if "model" not in load_task(pair[1]).ignores])
def test_in_every_network_of_its_tasks(trick: str, task: str, model: str, caplog: pytest.LogCaptureFixture) -> None:
    small = {name: value for name, value in SMALL.items() if name not in load_task(task).ignores}

    def spec_of(**values: object) -> RunSpec:
        return build_spec(trick, task=task, seed=100, steps=STEPS, values={**small, "model": model, **values})

    if model == "conv2d" and load_task(task).view != "image":
        with pytest.raises(RefusedError, match=f"square pictures for {task}, got conv2d"):
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
