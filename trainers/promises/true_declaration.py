"""What a trick declares is true of it: formula, knobs, setups, the fields that it changes, what its knobs draw.

Each promise is a function of a trick's name that says, a sentence each, what of it is not kept.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import torch

from trainers.kinds.run import TRAINERS
from trainers.runs.build import build_spec
from trainers.runs.settings import SEED, SETTINGS, STEPS
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Knob, RefusedError, Value
from tricks.recipe import ModelSpec


def documented(name: str) -> Iterator[str]:
    """The module's docstring has the formula, the symbols and the papers that the declaration has."""
    trick, module = catalogue.load(name), importlib.import_module(f"tricks.{name}")
    where, said = f"tricks/{name}.py: the docstring", " ".join((module.__doc__ or "").split())
    if not trick.formula or trick.formula not in said:
        yield f"{where} has not the formula that is declared, {trick.formula}"
    for paper in trick.papers:
        for part in (paper.authors, paper.title, str(paper.year), paper.url):
            if part not in said:
                yield f"{where} does not cite {part!r} of a paper that is declared"
    if not trick.papers:
        yield f"tricks/{name}.py: papers must name at least one"
    for knob in trick.knobs:
        if knob.symbol and knob.symbol.split("_")[0] not in said:
            yield f"{where} does not say what {knob.symbol} is"


def cited(name: str) -> Iterator[str]:
    """The papers that are declared are cited before the declaration too."""
    above = inspect.getsource(importlib.import_module(f"tricks.{name}")).split("TRICK = ")[0]
    for paper in catalogue.load(name).papers:
        if str(paper.year) not in above or not any(author in above for author in paper.authors.split(", ")):
            yield f"tricks/{name}.py: a paper of {paper.year} by {paper.authors} is declared and not cited"


def named(name: str) -> Iterator[str]:
    """Its knobs have names of their own, what it is judged by and related to is there."""
    trick, where = catalogue.load(name), f"tricks/{name}.py"
    taken = {knob.name: "a shared setting" for knob in (*SETTINGS, STEPS, SEED)}
    taken |= {
        knob.name: f"a knob of {other.name}" for other in catalogue.every() if other != trick for knob in other.knobs
    }
    for number, knob in enumerate(trick.knobs):
        if knob.name in taken:
            yield f"{where}: knob {knob.name} must have a name of its own, it is {taken[knob.name]}"
        if knob.name in {other.name for other in trick.knobs[:number]}:
            yield f"{where}: knob {knob.name} is there twice"
    metrics = {**load_task(trick.setups[0].task).metrics, **trick.measures}
    if trick.metric not in metrics:
        yield f"{where}: metric must be one of {', '.join(metrics)}, it is {trick.metric}"
    for related in trick.related:
        if related == name or related not in catalogue.NAMES:
            yield f"{where}: related names {related}, which is no other trick"
    claims = [claim.name for claim in trick.claims]
    if not claims or len(set(claims)) < len(claims):
        yield f"{where}: claims must have at least one part, and each a name of its own"


def set_up(name: str) -> Iterator[str]:
    """Every setup builds a run, however short, in which defaults and neutral values are in range."""
    for setup in catalogue.load(name).setups:
        for steps in (None, 1, 12):
            where = f"tricks/{name}.py: on {setup.task}"
            try:
                for knob in build_spec(name, task=setup.task, steps=steps).knobs_of(1).values():
                    for value in (knob.default, knob.neutral):
                        if value is not None and knob.check(value) != value:
                            yield f"{where} the value {value} of {knob.name} must be of the knob's own type"
            except RefusedError as error:
                yield f"{where} {error}"


def parts(recipe: Any) -> dict[str, object]:
    """A recipe's fields by the names that tricks call them by."""
    found: dict[str, object] = {}
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if isinstance(value, ModelSpec):
            found |= {f"{field.name}.{f.name}": getattr(value, f.name) for f in fields(ModelSpec)}
        else:
            found[field.name] = value
    return found


def wrapped(name: str) -> Iterator[str]:
    """It changes the fields of the recipe that it names, and no other."""
    trick, where, known = catalogue.load(name), f"tricks/{name}.py", set[str]()
    for setup in trick.setups:
        recipe = TRAINERS[load_task(setup.task).trainer].baseline(build_spec(name, task=setup.task))
        before, after = parts(recipe), parts(trick.apply(recipe))
        known.update(before)
        changed = {part for part in before if before[part] != after[part]}
        for part in sorted(changed - set(trick.wraps)):
            yield f"{where}: apply changes {part} on {setup.task}, and wraps does not name it"
        for part in sorted(set(trick.wraps) & set(before) - changed):
            yield f"{where}: wraps names {part}, and apply does not change it on {setup.task}"
        if not changed:
            yield f"{where}: apply changes nothing on {setup.task}"
    for part in sorted(set(trick.replaces) - set(trick.wraps)):
        yield f"{where}: replaces names {part}, and wraps does not"
    for part in sorted(set(trick.needs_plain) - known):
        yield f"{where}: needs_plain names {part}, which no recipe has"


def ends(knob: Knob) -> tuple[Value, ...]:
    """The values between which a knob can be turned."""
    if knob.choices:
        return knob.choices
    assert knob.low is not None and knob.high is not None
    return knob.low, knob.high


def drawn(name: str) -> Iterator[str]:
    """What the knobs draw is finite, and has the same arrays at every setting."""
    trick = catalogue.load(name)
    for setup in trick.setups if trick.preview is not None else ():
        assert trick.preview is not None
        spec = build_spec(name, task=setup.task)
        context, shapes = {**spec.context, **spec.arms[1].knobs}, dict[str, torch.Size]()
        where = f"tricks/{name}.py: the preview on {setup.task}"
        for knob in spec.knobs_of(1).values():
            for value in ends(knob):
                arrays = trick.preview({**context, knob.name: value})
                found = {array: tensor.shape for array, tensor in arrays.items()}
                shapes = shapes or found
                if found and found != shapes:  # what is learned there, no knob tells beforehand
                    yield f"{where} has other arrays at {knob.name} = {value}"
                if not all(torch.isfinite(tensor.double()).all() for tensor in arrays.values()):
                    yield f"{where} is not finite at {knob.name} = {value}"
        if not shapes and spec.knobs_of(1):
            yield f"{where} draws nothing at any setting"
