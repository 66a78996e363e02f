"""What a run is (`RunSpec`) and what a person did to it (`Event`), as plain data and as JSON.

A spec and its events determine a run's history bit for bit on the same machine and build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

from trainers.parts.models import least_positions
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Knob, Value

VERSION = 1
MAX_ARMS = 50
COMBINE = "combine"
"""The `trick` of a run that belongs to no single trick's page."""


@dataclass(frozen=True)
class ArmSpec:
    """One recipe of a run: the task's baseline changed by `tricks` (catalogue order) at `knobs`."""

    name: str
    tricks: tuple[str, ...] = ()
    knobs: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class RunSpec:
    """A run, wholly: `trick` names the page it belongs to, `settings` are all the shared settings.

    Of a run that was extended `first_steps` are those that it was begun with, by which its schedules still go.
    """

    trick: str
    task: str
    seed: int
    steps: int
    settings: Mapping[str, Value]
    arms: tuple[ArmSpec, ...]
    first_steps: int | None = None

    def to_json(self) -> dict[str, Any]:
        data = asdict(replace(self, settings={}, arms=()))
        if self.first_steps is None:
            del data["first_steps"]
        arms = [{"name": a.name, "tricks": list(a.tricks), "knobs": dict(a.knobs)} for a in self.arms]
        return {"version": VERSION, **data, "settings": dict(self.settings), "arms": arms}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunSpec:
        """The inverse of `to_json` of a run that was made: later ranges and defaults do not touch it.

        For what comes from elsewhere there is `trainers.runs.replay.parse_spec`.
        """
        arms = tuple(ArmSpec(arm["name"], tuple(arm["tricks"]), arm["knobs"]) for arm in data["arms"])
        whole = (data["trick"], data["task"], data["seed"], data["steps"], data["settings"], arms)
        return cls(*whole, data.get("first_steps"))

    @property
    def planned_steps(self) -> int:
        """The steps by which its schedules go."""
        return self.steps if self.first_steps is None else self.first_steps

    def extended(self, steps: int) -> RunSpec:
        """The same run with more steps, alike as far as it went."""
        return self if steps == self.steps else replace(self, steps=steps, first_steps=self.planned_steps)

    @property
    def context(self) -> dict[str, Value]:
        """The settings, `steps` and `seed`, with what follows of them and the task: what knobs adapt to.

        `steps` are those by which schedules go, `pool_size` and `view` are the task's, `least_positions` are what a
        channel of the network has at least (see `models`).
        """
        return self.context_of(())

    def context_of(self, tricks: Sequence[str]) -> dict[str, Value]:
        """The `context` in an arm that has these tricks."""
        task = load_task(self.task)
        sides = [side for name in tricks if (side := catalogue.load(name).least_side) is not None]
        shape = (min(sides),) * len(task.shape) if sides else task.shape
        of_task: dict[str, Value] = {
            "task": task.name,
            "view": task.view,
            "pool_size": task.sizes["pool"],
            "least_positions": least_positions(self.settings, shape),
        }
        return {**self.settings, **of_task, "steps": self.planned_steps, "seed": self.seed}

    def knobs_of(self, arm: int) -> dict[str, Knob]:
        """The knobs of an arm's tricks by name, narrowed to this run's settings."""
        tricks = self.arms[arm].tricks
        context, knobs = self.context_of(tricks), dict[str, Knob]()
        for name in tricks:
            knobs |= catalogue.load(name).knobs_for(context)
        return knobs


def metrics_of(spec: RunSpec) -> dict[str, str]:
    """The test metrics of every arm of a run and which way is better: the task's, then those its page's trick adds."""
    task = load_task(spec.task)
    if spec.trick == COMBINE:
        return dict(task.metrics)
    trick = catalogue.load(spec.trick)
    absent = trick.unmeasured.get(task.trainer, ())
    return {**task.metrics, **{name: better for name, better in trick.measures.items() if name not in absent}}


def metric_of(spec: RunSpec) -> str:
    """The test metric by which a run is judged: its trick's, or the task's first where that is not measured."""
    metrics = metrics_of(spec)
    judged = "" if spec.trick == COMBINE else catalogue.load(spec.trick).metric
    return judged if judged in metrics else next(iter(metrics))


@dataclass(frozen=True)
class Event:
    """A live value changed: from step `step` on, `name` was `value` in `arm` (None: a shared setting, every arm)."""

    step: int
    name: str
    value: Value
    arm: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
