"""What every trick promises: its declaration is true, and each of its knobs can be turned to either end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from trainers.evidence.claims import is_tested
from trainers.kinds.run import TRAINERS
from trainers.promises import kept_in_training, true_declaration
from trainers.promises.checklist import CHECKS, Promise, answers
from trainers.runs.build import build_spec
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick, Value
from tricks.recipe import Recipe

DECLARED = ("docstring", "names", "setups", "fields it wraps", "preview")
TURNED = [(name, *end) for name in catalogue.NAMES for end in kept_in_training.turned(name)]


@pytest.mark.parametrize("name", catalogue.NAMES)
@pytest.mark.parametrize("check", DECLARED)
def test_what_a_trick_declares_is_true(name: str, check: str) -> None:
    assert [sentence for promise in CHECKS[check] for sentence in promise(name)] == []


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_every_task_of_a_trick_measures(name: str) -> None:
    assert all(load_task(setup.task).metrics for setup in catalogue.load(name).setups)


def test_every_field_that_is_named_is_one_of_a_recipe() -> None:
    specs = [build_spec(trick.name, task=setup.task) for trick in catalogue.every() for setup in trick.setups]
    made = [TRAINERS[load_task(spec.task).trainer].baseline(spec) for spec in specs]
    parts = {part for recipe in made for part in true_declaration.parts(recipe)}
    for trick in catalogue.every():
        assert set(trick.wraps) <= parts, trick.name


@pytest.mark.parametrize(("trick", "task", "name", "value"), TURNED, ids=str)
def test_a_knob_at_its_end_trains_finite_steps(trick: str, task: str, name: str, value: Value) -> None:
    history = kept_in_training.at_end(trick, task, name, value)
    assert not list(kept_in_training.faults(history))
    assert not history.failures or not is_tested(trick)


# --- and what is not so is told

BROKEN = "dropout"


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    yield
    catalogue.load.cache_clear()


def told(monkeypatch: pytest.MonkeyPatch, promise: Promise, **changed: Any) -> str:
    """What a promise says of `BROKEN` with these fields of its declaration."""
    trick: Trick = replace(catalogue.load(BROKEN), **changed)
    monkeypatch.setattr(f"tricks.{BROKEN}.TRICK", trick)
    catalogue.load.cache_clear()
    return "\n".join(promise(BROKEN))


def unchanged(recipe: Recipe) -> Recipe:
    return recipe


def other_rate(recipe: Recipe) -> Recipe:
    return replace(recipe, lr=lambda step, knobs: 2 * recipe.lr(step, knobs))


def other_arrays(knobs: Knobs) -> dict[str, torch.Tensor]:
    return {"curve": torch.zeros(1 if knobs["dropout_p"] else 2)}


def endless(knobs: Knobs) -> dict[str, torch.Tensor]:
    return {"curve": torch.tensor([1.0, float("nan")])}


def nothing(knobs: Knobs) -> dict[str, torch.Tensor]:
    return {}


KNOB = Knob("dropout_p", "p", default=0.5, low=0.0, high=0.9, neutral=0.0)


@pytest.mark.parametrize(
    ("check", "changed", "says"),
    [
        ("docstring", {"formula": "a = b"}, "has not the formula that is declared, a = b"),
        ("docstring", {"papers": ()}, "papers must name at least one"),
        ("docstring", {"papers": (Paper("A, B", "C", 1234, "d"),)}, "does not cite 'A, B' of a paper"),
        (
            "docstring",
            {"papers": (Paper("A, B", "C", 1234, "d"),)},
            "a paper of 1234 by A, B is declared and not cited",
        ),
        ("docstring", {"knobs": (replace(KNOB, symbol="Ж"),)}, "does not say what Ж is"),
        ("names", {"knobs": (KNOB, KNOB)}, "knob dropout_p is there twice"),
        (
            "names",
            {"knobs": (replace(KNOB, name="lr"),)},
            "knob lr must have a name of its own, it is a shared setting",
        ),
        ("names", {"knobs": (replace(KNOB, name="gamma"),)}, "it is a knob of focal_loss"),
        ("names", {"metric": "test_luck"}, "metric must be one of test_loss"),
        ("names", {"related": ("fortune",)}, "related names fortune, which is no other trick"),
        (
            "names",
            {"claims": (Claim("a"), Claim("a"))},
            "claims must have at least one part, and each a name of its own",
        ),
        ("setups", {"knobs": (replace(KNOB, default=2.0),)}, "on mnist1d dropout_p must be between 0 and 0.9, got 2"),
        ("setups", {"knobs": (replace(KNOB, neutral=2.0),)}, "on mnist1d dropout_p must be between 0 and 0.9, got 2"),
        ("setups", {"setups": (Setup("luck", 10),)}, "on luck task must be one that there is"),
        ("fields it wraps", {"apply": unchanged}, "apply changes nothing on mnist1d"),
        ("fields it wraps", {"apply": other_rate}, "apply changes lr on mnist1d, and wraps does not name it"),
        ("fields it wraps", {"apply": unchanged}, "and apply does not change it on mnist1d"),
        ("fields it wraps", {"replaces": ("lr",)}, "replaces names lr, and wraps does not"),
        ("preview", {"preview": other_arrays}, "has other arrays at dropout_p = "),
        ("preview", {"preview": endless}, "is not finite at dropout_p = 0"),
        ("preview", {"preview": nothing}, "draws nothing at any setting"),
        ("neutral setting", {"apply": other_rate}, "at its neutral setting (dropout_p = 0.0) lr is not the baseline's"),
    ],
)
def test_what_is_not_so_is_told(
    monkeypatch: pytest.MonkeyPatch, check: str, changed: dict[str, Any], says: str
) -> None:
    said = "\n".join(told(monkeypatch, promise, **changed) for promise in CHECKS[check])
    assert said.startswith(f"tricks/{BROKEN}.py") or f"\ntricks/{BROKEN}.py" in said
    assert says in said


def test_a_check_that_raises_is_told_and_the_next_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Iterator[str]:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("trainers.promises.checklist.CHECKS", {"one": (broken,), "two": (lambda name: iter(()),)})
    found = {answer.check: answer.missing for answer in answers(BROKEN)}
    assert found == {
        "module": (),
        "one": (f"tricks/{BROKEN}.py: this ends with ZeroDivisionError: by nothing",),
        "two": (),
    }


def test_of_a_module_that_cannot_be_used_the_rest_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "NAMES", (*catalogue.NAMES, "fortune"))
    found = {answer.check: answer.missing for answer in answers("fortune")}
    assert found == {
        "module": ("fortune cannot be used: tricks/fortune.py is missing",),
        "text": ("assets/text/en/fortune.md is missing",),
        "test": ("tests/tricks/test_fortune.py is missing",),
    }
