"""Experiments and statements as an article's file declares them (see `article_numbers`), checked."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainers.runs.build import build_spec, check_event
from trainers.runs.spec import Event, RunSpec

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "assets" / "evidence" / "statements"
SEEDS = tuple(range(100, 116))
"""Not those that are reported: an article's examples are told of seeds on which they may be tried."""
TOLD = ("more", "less", "same")
UNITS = {"": (1.0, 2), "points": (100.0, 1), "percent": (100.0, 0)}
NAME = re.compile(r"[a-z][a-z0-9_]*")
_EXPERIMENT = {"task", "steps", "values", "arms", "turns", "at"}
_NUMBERS = ("step", "since", "least", "most", "on", "digits")


class StatementError(ValueError):
    """A declaration, or what an article names, cannot be used; the message names the file and the entry."""


@dataclass(frozen=True)
class Experiment:
    """A run on `SEEDS` in which `turns` happen, kept `at` these steps and the last."""

    name: str
    spec: RunSpec
    turns: tuple[Event, ...] = ()
    at: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """Changes with everything that changes the rows."""
        spec = self.spec.to_json() | {"seed": None}
        told = {"spec": spec, "turns": [turn.to_json() for turn in self.turns], "at": self.at, "seeds": SEEDS}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Statement:
    """A quantity and its bounds, as the module's text describes them."""

    name: str
    of: str
    metric: str
    arm: str
    against: str = ""
    step: int | None = None
    since: int | None = None
    ratio: bool = False
    least: float | None = None
    most: float | None = None
    on: int | None = None
    mean: tuple[float, float] | None = None
    told: str = ""
    unit: str = ""
    digits: int | None = None

    @property
    def compares(self) -> bool:
        """Whether it is about a difference."""
        return bool(self.against or self.since is not None) and not self.ratio


@dataclass(frozen=True)
class Declared:
    """What is declared for a trick's article."""

    trick: str
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)


def declared(trick: str) -> Declared:
    """What is declared for the article of `trick`; nothing where there is no file.

    Raises:
        StatementError: an entry cannot be used.
    """
    path = FOLDER / f"{trick}.toml"
    if not path.exists():
        return Declared(trick)
    try:
        return parse(trick, path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise StatementError(f"{path.name} must be UTF-8 text, byte {error.start} is not") from None


def parse(trick: str, text: str, where: str) -> Declared:
    """The declarations in `text`; `where` names the file in errors.

    Raises:
        StatementError: an entry cannot be used.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StatementError(f"{where}: {error}") from None
    unknown = set(data) - {"experiments", "statements", "exempt"}
    if unknown:
        raise StatementError(f"{where}: {', '.join(sorted(unknown))} is not one of experiments, statements, exempt")
    experiments = {
        name: _at(f"{where}: experiments.{name}", _experiment, trick, name, given)
        for name, given in data.get("experiments", {}).items()
    }
    statements = {
        name: _at(f"{where}: statements.{name}", _statement, experiments, name, given)
        for name, given in data.get("statements", {}).items()
    }
    return Declared(trick, experiments, statements, data.get("exempt", {}))


def _at(where: str, make: Callable[..., Any], *given: Any) -> Any:
    try:
        return make(*given)
    except Exception as error:  # a trick that is half written may raise anything when its run is built
        raise StatementError(f"{where}: {error}") from error


def _experiment(trick: str, name: str, given: Mapping[str, Any]) -> Experiment:
    unknown = set(given) - _EXPERIMENT
    if unknown:
        raise StatementError(f"{', '.join(sorted(unknown))} is not one of {', '.join(sorted(_EXPERIMENT))}")
    spec = build_spec(
        trick,
        task=given.get("task"),
        seed=SEEDS[0],
        steps=given.get("steps"),
        values=given.get("values", {}),
        extra_arms=tuple(given.get("arms", ())),
    )
    turns = tuple(_turn(spec, turn) for turn in given.get("turns", ()))
    at = tuple(given.get("at", ()))
    every = int(spec.settings["eval_every"])
    for step in at:
        if not 1 <= step < spec.steps or step % every:
            raise StatementError(f"at must be steps before {spec.steps} at which is measured, each {every}, got {step}")
    return Experiment(name, spec, turns, at)


def _turn(spec: RunSpec, given: Mapping[str, Any]) -> Event:
    shared = given["name"] in spec.settings
    names = [arm.name for arm in spec.arms]
    arm = None if shared else names.index(given["arm"]) if "arm" in given else 1
    return check_event(spec, Event(given["step"], given["name"], given["value"], arm))


def _statement(experiments: Mapping[str, Experiment], name: str, given: Mapping[str, Any]) -> Statement:
    if not NAME.fullmatch(name):
        raise StatementError("a name must be of small letters, digits and _, and begin with a letter")
    made = Statement(name, **{**given, **({"mean": tuple(given["mean"])} if "mean" in given else {})})
    _check_bounds(made)
    if made.of in experiments:
        _check_place(made, experiments[made.of])
    return made


def _check_bounds(made: Statement) -> None:
    if not made.told and all(bound is None for bound in (made.least, made.most, made.mean)):
        raise StatementError("it must have a bound: least, most, mean or told")
    if made.told and (made.told not in TOLD or not made.compares):
        raise StatementError(f"told must be one of {', '.join(TOLD)}, of a difference, got {made.told!r}")
    if made.unit not in UNITS:
        raise StatementError(f"unit must be one of {', '.join(filter(None, UNITS))}, got {made.unit!r}")
    if made.mean is not None and (len(made.mean) != 2 or not made.mean[0] <= made.mean[1]):
        raise StatementError(f"mean must be two numbers, the lower first, got {made.mean}")
    for key in _NUMBERS:
        value = getattr(made, key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise StatementError(f"{key} must be a number, got {value!r}")


def _check_place(made: Statement, experiment: Experiment) -> None:
    arms = [arm.name for arm in experiment.spec.arms]
    for arm in filter(None, (made.arm, made.against)):
        if arm not in arms:
            raise StatementError(f"an arm must be one of {', '.join(arms)}, got {arm!r}")
    for step in (made.step, made.since):
        if step is not None and step not in experiment.at:
            raise StatementError(f"a step must be one of those kept, {list(experiment.at)}, got {step}")
