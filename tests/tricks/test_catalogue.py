"""What every trick promises: its declaration is true, and each of its knobs can be turned to either end."""

import importlib
import inspect
import math
from dataclasses import fields
from typing import Any

import pytest
import torch

from trainers.kinds import gan
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline, descent
from trainers.runs.build import build_spec
from trainers.runs.settings import SEED, SETTINGS, STEPS
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from tricks import catalogue
from tricks.recipe import Knob, ModelSpec, Trick

SETUPS = [(name, setup.task) for name in catalogue.NAMES for setup in catalogue.load(name).setups]
PREVIEWED = [(name, task) for name, task in SETUPS if catalogue.load(name).preview is not None]


def ends(knob: Knob) -> tuple[object, ...]:
    return knob.choices or (knob.low, knob.high)


def small(task: str) -> dict[str, object]:
    return {} if "batch_size" in load_task(task).ignores else {"batch_size": 16}


def turned() -> list[tuple[str, str, str, object]]:
    """Each knob at its ends on a trick's first task, and on the first of every other kind of trainer it is shown on."""
    kinds = {(trick, load_task(task).trainer): task for trick, task in reversed(SETUPS)}
    return [
        (trick, task, name, value)
        for trick, task in SETUPS
        if kinds[trick, load_task(task).trainer] == task
        for name, knob in build_spec(trick, task=task, steps=20, values=small(task)).knobs_of(1).items()
        for value in (ends(knob)[0], ends(knob)[-1])
    ]


def parts(recipe: Any) -> dict[str, object]:
    """A recipe's fields by the names that tricks call them by."""
    named: dict[str, object] = {}
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if isinstance(value, ModelSpec):
            named |= {f"{field.name}.{f.name}": getattr(value, f.name) for f in fields(ModelSpec)}
        else:
            named[field.name] = value
    return named


def context(spec: RunSpec) -> dict[str, Any]:
    return {**spec.context, **spec.arms[1].knobs}


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_the_docstring_has_the_formula_and_the_papers(name: str) -> None:
    trick, document = catalogue.load(name), importlib.import_module(f"tricks.{name}").__doc__
    assert document is not None
    squeezed = " ".join(document.split())
    assert trick.formula in squeezed
    for paper in trick.papers:
        for part in (paper.authors, paper.title, str(paper.year), paper.url):
            assert part in squeezed
    for knob in trick.knobs:
        assert not knob.symbol or knob.symbol.split("_")[0] in squeezed


def test_knobs_have_names_of_their_own() -> None:
    names = [knob.name for trick in catalogue.every() for knob in trick.knobs]
    names += [knob.name for knob in (*SETTINGS, STEPS, SEED)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "task"), SETUPS)
@pytest.mark.parametrize("steps", [None, 1, 12])
def test_every_setup_builds_a_run_whose_defaults_and_neutral_values_are_in_range(
    name: str, task: str, steps: int | None
) -> None:
    spec = build_spec(name, task=task, steps=steps)
    for knob in spec.knobs_of(1).values():
        assert knob.check(knob.default) == knob.default
        assert knob.neutral is None or knob.check(knob.neutral) == knob.neutral
    assert load_task(task).metrics


@pytest.mark.parametrize("trick", catalogue.every(), ids=catalogue.NAMES)
def test_the_metric_and_the_related_tricks_exist(trick: Trick) -> None:
    assert trick.metric in {**load_task(trick.setups[0].task).metrics, **trick.measures}
    assert set(trick.related) <= set(catalogue.NAMES) - {trick.name}
    assert trick.papers and set(trick.serves) <= {"convergence", "stability", "generalization"}


BASELINES = {
    "classifier": baseline,
    "gan": gan.baseline,
    "landscape": descent,
    "regression": descent,
}
PARTS = {part for made in BASELINES.values() for part in parts(made(build_spec(catalogue.NAMES[0]).settings))}


@pytest.mark.parametrize(("name", "task"), [(n, t) for n, t in SETUPS if load_task(t).trainer in BASELINES])
def test_a_trick_changes_the_fields_it_names_and_no_other(name: str, task: str) -> None:
    trick = catalogue.load(name)
    recipe = BASELINES[load_task(task).trainer](build_spec(name, task=task).settings)
    before, after = parts(recipe), parts(trick.apply(recipe))
    changed = {part for part in before if before[part] != after[part]}
    assert changed == set(trick.wraps) & set(before)
    assert changed and set(trick.replaces) <= set(trick.wraps) <= PARTS


@pytest.mark.parametrize(("name", "task"), PREVIEWED)
def test_the_preview_is_finite_and_has_the_same_arrays_at_every_setting(name: str, task: str) -> None:
    trick, spec = catalogue.load(name), build_spec(name, task=task)
    assert trick.preview is not None
    shapes: dict[str, torch.Size] = {}
    for knob in spec.knobs_of(1).values():
        for value in ends(knob):
            arrays = trick.preview({**context(spec), knob.name: value})  # type: ignore[dict-item]
            if arrays:  # what is learned there, no knob tells beforehand
                shapes = shapes or {array: tensor.shape for array, tensor in arrays.items()}
                assert {array: tensor.shape for array, tensor in arrays.items()} == shapes
            assert all(torch.isfinite(tensor.double()).all() for tensor in arrays.values())
    assert shapes or not spec.knobs_of(1)


@pytest.mark.parametrize(("trick", "task", "name", "value"), turned(), ids=str)
def test_a_knob_at_its_end_trains_finite_steps(trick: str, task: str, name: str, value: object) -> None:
    spec = build_spec(trick, task=task, steps=20, values={name: value, "eval_every": 1000, **small(task)})
    run = Run(spec)
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60))
    assert history.length(1) == 20 and not history.failures
    assert all(math.isfinite(history.test(1, metric)[-1]) for metric in history.test_names)
    for probe in history.probes:
        assert all(torch.from_numpy(array).isfinite().all() for array in probe.arrays.values())


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_the_papers_of_a_trick_are_those_that_its_module_cites(name: str) -> None:
    text = inspect.getsource(importlib.import_module(f"tricks.{name}"))
    cited = text.split("TRICK = ")[0]
    for paper in catalogue.load(name).papers:
        assert str(paper.year) in cited
        assert any(author in cited for author in paper.authors.split(", "))
