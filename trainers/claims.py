"""What is claimed of a trick, part by part, held against the recorded evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trainers import closing
from trainers.spec import COMBINE
from trainers.statistics import Verdict
from tricks import catalogue
from tricks.recipe import Claim

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


def claims_of(trick: str) -> tuple[Claim, ...]:
    """The parts of a trick's claim, or of what the source article says of all of them together."""
    return tuple(part.claim for part in closing.CLAIMS) if trick == COMBINE else catalogue.load(trick).claims


def findings(results: Mapping[str, Any], trick: str) -> list[Finding]:
    """All that the recorded studies of `trick` say of its claim: by part, then by study."""
    studies = [study for study in results["studies"] if study["spec"]["trick"] == trick]
    found = []
    for claim, arm, baseline, bound in _pairs(trick):
        if not claim.metric:
            found.append(Finding(trick, claim, "untested"))
            continue
        for study in studies:
            task = study["spec"]["task"]
            judged = (
                one
                for one in study["comparisons"]
                if (one["arm"], one["baseline"], one["metric"]) == (arm, baseline, claim.metric)
            )
            for one in judged if task in (claim.tasks or (task,)) else ():
                verdict = Verdict.from_json(one)
                found.append(Finding(trick, claim, judge(claim, verdict, bound), task, arm, baseline, verdict))
    return found


def _pairs(trick: str) -> Iterator[tuple[Claim, str, str, float]]:
    if trick == COMBINE:
        yield from ((part.claim, part.arm, part.baseline, part.bound) for part in closing.CLAIMS)
    else:
        yield from ((claim, trick, "baseline", 0.0) for claim in catalogue.load(trick).claims)


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
