"""Claims: every part has a metric that was recorded or words that say why not, and only its own verdict beside it."""

import numpy as np
import pytest

from trainers.evidence import closing
from trainers.evidence.claims import findings, judge, parts_of
from trainers.evidence.recorded import read_recorded
from trainers.evidence.statistics import Verdict, paired, verdicts
from trainers.runs.spec import COMBINE
from tricks import catalogue
from tricks.declaration import Claim

RECORDED, _ = read_recorded()


@pytest.mark.parametrize("trick", [*catalogue.NAMES, COMBINE])
def test_each_part_is_held_against_what_was_recorded_of_its_own_metric(trick: str) -> None:
    claims, found = [part.claim for part in parts_of(trick)], findings(RECORDED, trick)
    assert len({claim.name for claim in claims}) == len(claims)
    assert list(dict.fromkeys(finding.claim for finding in found)) == claims  # none is left out
    for finding in found:
        claim = finding.claim
        assert bool(claim.metric) == bool(claim.way) == (finding.outcome != "untested")
        studies = [study for study in RECORDED["studies"] if study["spec"]["trick"] == trick]
        assert set(claim.tasks) <= {study["spec"]["task"] for study in studies}
        if finding.verdict is not None:
            (study,) = (study for study in studies if study["spec"]["task"] == finding.task)
            first, second = (study["arms"][arm][claim.metric]["mean"] for arm in (finding.arm, finding.baseline))
            bound = 0.1 if claim is closing.CLAIMS[0].claim else 0.0
            way = "higher" if first - second > bound else "lower"
            assert finding.outcome in ("none", "shows" if way == claim.way else "reverse")


def test_the_articles_own_are_marked() -> None:
    assert [trick.name for trick in catalogue.every() if trick.in_article] == [
        "focal_loss", "flooding", "label_smoothing", "dropout", "activation", "soft_thresholding", "normalization",
        "cyclic_lr", "skip_connection", "wasserstein_gan",
    ]  # fmt: skip


def verdict(values: list[float]) -> Verdict:
    (found,) = verdicts({"it": paired(np.array(values), "lower")}).values()
    return found


HIGHER, LOWER = Claim("a", "test_accuracy", "higher"), Claim("b", "test_loss", "lower")
UP = [0.2 + 0.01 * number for number in range(16)]
MIXED = [(-1) ** number * (1 + 0.1 * number) for number in range(16)]


@pytest.mark.parametrize(
    ("claim", "values", "bound", "outcome"),
    [
        (HIGHER, UP, 0.0, "shows"),
        (LOWER, UP, 0.0, "reverse"),
        (HIGHER, [-value for value in UP], 0.0, "reverse"),
        (LOWER, [-value for value in UP], 0.0, "shows"),
        (HIGHER, MIXED, 0.0, "none"),
        (LOWER, UP, 0.1, "reverse"),
        (LOWER, UP, 0.4, "shows"),
        (LOWER, UP, 0.27, "none"),
        (HIGHER, UP[:3], 0.0, "none"),  # too few seeds to claim anything
    ],
)
def test_a_part_shows_only_in_its_own_direction(claim: Claim, values: list[float], bound: float, outcome: str) -> None:
    assert judge(claim, verdict(values), bound) == outcome
