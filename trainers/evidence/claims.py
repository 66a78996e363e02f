"""What is claimed of a trick, part by part, held against the recorded evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trainers.evidence.closing import CLAIMS, Part
from trainers.evidence.statistics import Verdict
from trainers.runs.spec import COMBINE
from tricks import catalogue
from tricks.declaration import Claim

Outcome = Literal["shows", "reverse", "none", "untested"]


@dataclass(frozen=True)
class Finding:
    """What one study says of a `claim`: `arm` against `baseline` on `task`; of an untested claim there is no study."""

    trick: str
    claim: Claim
    outcome: Outcome
    task: str = ""
    arm: str = ""
    baseline: str = ""
    verdict: Verdict | None = None
    study: Mapping[str, Any] = field(default_factory=dict)


def parts_of(trick: str) -> tuple[Part, ...]:
    """The parts of a trick's claim, or of what the source article says of all of them together."""
    return CLAIMS if trick == COMBINE else tuple(map(Part, catalogue.load(trick).claims))


def findings(results: Mapping[str, Any], trick: str) -> list[Finding]:
    """All that the recorded studies of `trick` say of its claim: by part, then by study."""
    studies = [study for study in results["studies"] if study["spec"]["trick"] == trick and can_be_told(study)]
    found: list[Finding] = []
    for part in parts_of(trick):
        if part.claim.metric:
            found += [finding for study in studies for finding in _said_by(study, part)]
        else:
            found.append(Finding(trick, part.claim, "untested"))
    return found


def can_be_told(study: Mapping[str, Any]) -> bool:
    """Whether the tricks that a recorded study is about can still be used: a broken one hides its own studies only."""
    names = {study["spec"]["trick"], *(name for arm in study["spec"]["arms"] for name in arm["tricks"])} - {COMBINE}
    return all(name in catalogue.NAMES and not catalogue.problem(name) for name in names)


def is_tested(trick: str) -> bool:
    """Whether a part of the trick's claim has a metric: only then must runs be recorded of it."""
    return any(claim.metric for claim in catalogue.load(trick).claims)


def _said_by(study: Mapping[str, Any], part: Part) -> Iterator[Finding]:
    spec, claim = study["spec"], part.claim
    if claim.tasks and spec["task"] not in claim.tasks:
        return
    plain, first = (arm["name"] for arm in spec["arms"][:2])
    arm, baseline = part.arm or first, part.baseline or plain
    for one in study["comparisons"]:
        if (one["arm"], one["baseline"], one["metric"]) == (arm, baseline, claim.metric):
            verdict = Verdict.from_json(one)
            outcome = judge(claim, verdict, part.bound)
            yield Finding(spec["trick"], claim, outcome, spec["task"], arm, baseline, verdict, study)


def judge(claim: Claim, verdict: Verdict, bound: float = 0.0) -> Outcome:
    """Whether the difference is on the claimed side of `bound`, on the other, or cannot be told to be on either.

    Of 0, the verdict decides; of another bound, whether the 95 % interval lies wholly on one side.
    """
    found = verdict.paired
    if bound:
        above, below = found.low > bound, found.high <= bound
    else:
        above, below = verdict.claimed and found.mean > 0, verdict.claimed and found.mean < 0
    if not (above or below):
        return "none"
    return "shows" if above == (claim.way == "higher") else "reverse"
