"""A study on its way into the store and back: its plan as it was before it ran, and what came of each run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trainers.evidence.plan import Plan
from trainers.evidence.replicates import ArmResult, Curve, SeedResult
from trainers.evidence.studies import Study
from trainers.evidence.sweeps import Point
from trainers.runs.provenance import made_here
from trainers.runs.spec import RunSpec
from trainers.store.numbers import pack_json, unpack_json
from trainers.store.recording import OPEN, Values, of_spec

Results = tuple[tuple[int, SeedResult], ...]
"""What came of each run that has ended, with the index of its point."""


@dataclass(frozen=True)
class StudyNow:
    """A study at one moment."""

    plan: Plan
    status: str
    results: Results
    why: str = ""


@dataclass
class StudyRecording:
    """What the store has of a study of this process: the first `done` of its results."""

    public_id: str
    visitor: str
    name: str = ""
    id: int | None = None
    epoch: int = 0
    done: int = 0
    created_at: float = field(default_factory=time.time)

    def of_study(self, now: StudyNow) -> Values:
        """The columns of the study that change."""
        has_ended = now.status not in OPEN
        return {
            "status": now.status,
            "why": now.why,
            "heartbeat_at": time.time(),
            "ended_at": time.time() if has_ended else None,
            "done": len(now.results),
        }

    def new_study(self, now: StudyNow, writer: str) -> Values:
        """All its columns."""
        return {
            **of_spec(now.plan.study.spec),
            **self.of_study(now),
            "public_id": self.public_id,
            "visitor": self.visitor,
            "name": self.name,
            "note": "",
            "detail": "",
            "pinned": False,
            "writer": writer,
            "epoch": self.epoch,
            "created_at": self.created_at,
            "processor": json.dumps([made_here()["processor"]]),
            "spec": json.dumps(plan_json(now.plan)),
            "total": now.plan.num_runs,
        }

    def new_seeds(self, now: StudyNow) -> list[Values]:
        """Those that have ended since."""
        return [
            {"point": point, "seed": result.seed, "data": pack_json(_result_json(result))}
            for point, result in now.results[self.done :]
        ]

    def keep(self, now: StudyNow, study_id: int) -> None:
        """Notes that all of `now` is in the store."""
        self.id, self.done = study_id, len(now.results)


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON data."""
    points = [{"values": dict(point.values), "spec": point.spec.to_json()} for point in plan.points]
    swept = {name: list(values) for name, values in plan.swept.items()}
    return {"study": plan.study.to_json(), "swept": swept, "points": points}


def plan_of(data: Mapping[str, Any]) -> Plan:
    """The inverse of `plan_json`, as it was made."""
    swept = {name: tuple(values) for name, values in data["swept"].items()}
    points = tuple(Point(point["values"], RunSpec.from_json(point["spec"])) for point in data["points"])
    return Plan(Study.from_json(data["study"]), swept, points)


def result_of(data: bytes) -> SeedResult:
    """What came of a run, as it was kept.

    Raises:
        PackingError, KeyError, TypeError: it is damaged.
    """
    told = unpack_json(data)
    arms = tuple(ArmResult(**{**arm, "curves": _curves(arm["curves"])}) for arm in told["arms"])
    return SeedResult(told["seed"], arms, tuple(told["lost"]), told["error"])


def _result_json(result: SeedResult) -> dict[str, Any]:
    arms = [
        {
            "name": arm.name,
            "step": arm.step,
            "epoch": arm.epoch,
            "row": dict(arm.row),
            "tests": dict(arm.tests),
            "diverged": arm.diverged,
            "curves": {name: [curve.steps.tolist(), curve.values.tolist()] for name, curve in arm.curves.items()},
        }
        for arm in result.arms
    ]
    return {"seed": result.seed, "arms": arms, "lost": list(result.lost), "error": result.error}


def _curves(data: Mapping[str, Any]) -> dict[str, Curve]:
    return {name: Curve(np.array(steps, float), np.array(values, float)) for name, (steps, values) in data.items()}
