"""What many seeds say: paired differences, their interval, test and effect, and what may be claimed of them.

Everything here is a pure function of arrays. A difference is arm minus baseline, of one seed. An arm that diverged
counts as the worst there is: the difference is infinite where one of the two did, NaN where both did. Ranks and counts
use the infinite ones; mean and interval are of the finite ones alone, and the sentence of `words` says how many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from trainers.evidence.power import seeds_needed
from trainers.evidence.ranks import LEVEL, ROUNDING, Vector, holm, signed_rank

SIDES = (LEVEL / 2, 1 - LEVEL / 2)
FARTHEST = 1e3

RATES = ("accuracy", "ece", "precision", "recall_at_p50", "rate", "share")
"""How the names of metrics end that are fractions, and are shown in points of a hundred."""

FRACTIONS = (*RATES, "_ap", "f1", "recall", "quality", "iou", "iou_small", "iou_medium", "iou_large", "above_half")
NOT_NEGATIVE = (
    "train_loss", "test_loss", "distance", "goal_step", "steepest_slope", "norm_product", "modes", "jitter", "height",
    "elapsed_s",
)  # fmt: skip
CORRELATIONS = ("tracking",)
"""How the names of metrics end that lie from 0 to 1, are 0 or more, or lie from −1 to 1; others have no bounds.

A critic's loss has none, nor its generator's: Wasserstein's is a difference.
"""

Better = Literal["lower", "higher"]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Summary:
    """Finite values: their number `n`, mean, standard deviation, and 95 % t interval; NaN where it takes more."""

    n: int
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class Paired:
    """The paired differences of `num_seeds` seeds, of which `n` are finite: an arm that diverged has none.

    `mean`, `sd`, `low` and `high` (the 95 % t interval) and `effect` (d_z: mean over standard deviation) are of the
    finite ones. `num_lower` and `num_higher` count the seeds below and above zero, infinite ones included; `num_won`
    is that of the two which is better. `p` is that of the signed-rank test, `rank_correlation` (−1 to 1) how its
    ranks lean. `num_diverged` and `num_baseline_diverged` count seeds, those with both in both.
    """

    num_seeds: int
    n: int
    mean: float
    sd: float
    low: float
    high: float
    effect: float
    p: float
    rank_correlation: float
    num_lower: int
    num_higher: int
    num_won: int
    num_diverged: int
    num_baseline_diverged: int


@dataclass(frozen=True)
class Verdict:
    """What is said of one comparison: `claimed` is whether there is a difference, `needed` the seeds it would take.

    `p_holm` is corrected over the `num_compared` comparisons made together. `needed` is None where it cannot be said
    (an arm diverged), or is more than `MOST_SEEDS`.
    """

    paired: Paired
    p_holm: float
    num_compared: int
    claimed: bool
    needed: int | None

    def to_json(self) -> dict[str, Any]:
        """Its numbers, None where there is none."""
        numbers = {**asdict(self.paired), "p_holm": self.p_holm, "num_compared": self.num_compared}
        known = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
        return {**known, "claimed": self.claimed, "needed": self.needed}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The inverse of `to_json`; other keys of `data` are left aside."""
        known: dict[str, Any] = {
            name: math.nan if data[name] is None else data[name] for name in Paired.__dataclass_fields__
        }
        p_holm = math.nan if data["p_holm"] is None else data["p_holm"]
        return cls(Paired(**known), p_holm, data["num_compared"], data["claimed"], data["needed"])


@dataclass(frozen=True)
class Band:
    """Curves of many seeds: per step the mean (S,) and its 95 % interval, of the `count` (S,) finite values there."""

    mean: Vector
    low: Vector
    high: Vector
    count: NDArray[np.int64]


Bounds = tuple[float, float]

ANYTHING: Bounds = (-math.inf, math.inf)


def bounds(metric: str, most: float = math.inf) -> Bounds:
    """Between what values a metric lies, where it is at most `most`, so that no interval of its mean says otherwise."""
    if metric.endswith(FRACTIONS):
        return 0.0, 1.0
    if metric.endswith(CORRELATIONS):
        return -1.0, 1.0
    return (0.0 if metric.endswith(NOT_NEGATIVE) else -math.inf), most


def apart(within: Bounds) -> Bounds:
    """Between what values the difference of two values lies that lie `within` those."""
    low, high = within
    return low - high, high - low


def summarize(values: ArrayLike, within: Bounds = ANYTHING) -> Summary:
    """The finite ones of `values` (N,), their interval no wider than what they lie `within`."""
    finite = _finite(values)
    mean, sd, half = _moments(finite)
    low, high = within
    return Summary(len(finite), mean, sd, _within(mean - half, low, high), _within(mean + half, low, high))


def _within(value: float, low: float, high: float) -> float:
    return value if math.isnan(value) else min(max(value, low), high)


def summarize_ratios(values: ArrayLike, others: ArrayLike) -> Summary:
    """Ratios of positive `values` (N,) to `others` (N,): geometric mean, factor of spread, and 95 % interval.

    All are of the logarithms, taken back: so no bound is below 0, and turning the ratio around turns the interval
    around. Pairs without a finite logarithm are left out.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.asarray(values, dtype=np.float64)) - np.log(np.asarray(others, dtype=np.float64))
    found = summarize(logs)
    with np.errstate(over="ignore"):
        return Summary(found.n, *(float(np.exp(value)) for value in (found.mean, found.sd, found.low, found.high)))


def _finite(values: ArrayLike) -> Vector:
    array: Vector = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]


def _moments(finite: Vector) -> tuple[float, float, float]:
    """Mean, standard deviation, and half the width of the 95 % t interval of values (N,)."""
    n = len(finite)
    mean = float(finite.mean()) if n else math.nan
    if n < 2:
        return mean, math.nan, math.nan
    sd = float(finite.std(ddof=1)) if np.ptp(finite) > ROUNDING * np.abs(finite).max() else 0.0
    return mean, sd, float(_quantile(n - 1)) * sd / math.sqrt(n)


def _quantile(freedom: ArrayLike) -> Any:
    """The t quantile that cuts off 2.5 %, for each number of degrees of freedom (...); NaN for none."""
    return -special.stdtrit(freedom, LEVEL / 2)


def band(curves: ArrayLike, within: Bounds = ANYTHING) -> Band:
    """The band of curves (N, S), one a seed, no wider than what their values lie `within`.

    A value that is not finite (an arm that ended) is left out of its step.
    """
    array = np.asarray(curves, dtype=np.float64)
    finite = np.isfinite(array)
    count = finite.sum(0)
    kept = np.where(finite, array, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, kept.sum(0) / count, np.nan)
        spread = np.where(finite, array - mean, 0.0)
        half = _quantile(count - 1.0) * np.sqrt((spread**2).sum(0) / (count - 1) / count)
    half = np.where(count > 1, half, np.nan)
    low, high = within
    return Band(mean, np.clip(mean - half, low, high), np.clip(mean + half, low, high), count)


def subtract(arm: ArrayLike, baseline: ArrayLike, better: Better) -> Vector:
    """Differences (N,) of final metrics (N,): infinite toward the worse side where one is not finite, NaN where both.

    A metric that is not finite, or was never measured because its arm ended, counts as diverged.
    """
    ours, theirs = np.asarray(arm, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    worst = math.inf if better == "lower" else -math.inf
    lost, base_lost = ~np.isfinite(ours), ~np.isfinite(theirs)
    with np.errstate(invalid="ignore"):
        plain = ours - theirs
    return np.select([lost & base_lost, lost, base_lost], [np.nan, worst, -worst], plain)


def paired(differences: ArrayLike, better: Better = "lower", within: Bounds = ANYTHING) -> Paired:
    """What paired differences (N,), as `subtract` makes them, amount to; they cannot but lie `within` these bounds."""
    array = np.asarray(differences, dtype=np.float64)
    finite = _finite(array)
    mean, sd, half = _moments(finite)
    effect = math.nan
    if sd > 0:
        effect = mean / sd
    elif sd == 0:
        effect = math.copysign(math.inf, mean) if mean else 0.0
    p, rank_correlation = signed_rank(array)
    num_lower, num_higher = int((array < 0).sum()), int((array > 0).sum())
    both, ups, downs = (int(found.sum()) for found in (np.isnan(array), array == np.inf, array == -np.inf))
    worse, better_side = (ups, downs) if better == "lower" else (downs, ups)
    return Paired(
        num_seeds=len(array),
        n=len(finite),
        mean=mean,
        sd=sd,
        low=_within(mean - half, *within),
        high=_within(mean + half, *within),
        effect=effect,
        p=p,
        rank_correlation=rank_correlation,
        num_lower=num_lower,
        num_higher=num_higher,
        num_won=num_lower if better == "lower" else num_higher,
        num_diverged=worse + both,
        num_baseline_diverged=better_side + both,
    )


def effect_interval(found: Paired) -> tuple[float, float]:
    """The 95 % interval of the standardized effect d_z of normal differences; NaN where there is none.

    The noncentralities of the t distribution at which the t seen is its upper and its lower 2.5 % quantile, over √n. It
    excludes zero exactly where the interval of the mean does. Of a t beyond 1,000, where SciPy's distribution is no
    number any more, only the spread is uncertain, and the interval is that of a standard deviation (χ²).

    Source: Steiger, Fouladi 1997.
    """
    if found.n < 2 or not math.isfinite(found.effect):
        return math.nan, math.nan
    from scipy import optimize  # which only this needs, and takes as long to import as all of this room

    root, freedom = math.sqrt(found.n), found.n - 1
    seen = abs(found.effect) * root
    if seen > FARTHEST:
        low, high = (abs(found.effect) * math.sqrt(special.chdtri(freedom, 1 - share) / freedom) for share in SIDES)
        return (low, high) if found.effect >= 0 else (-high, -low)
    reach = 20 * math.sqrt(1 + seen**2 / (2 * freedom))

    def bound(share: float) -> float:
        def excess(noncentrality: float) -> float:
            return float(special.nctdtr(freedom, noncentrality, seen)) - share

        start = 0.0 if excess(0.0) >= 0 else seen - reach  # far below zero SciPy's distribution is no number
        return float(optimize.brentq(excess, start, seen + reach)) / root

    low, high = bound(SIDES[1]), bound(SIDES[0])
    return (low, high) if found.effect >= 0 else (-high, -low)


def is_difference(found: Paired, p_holm: float) -> bool:
    """Whether a difference is claimed: the interval excludes zero, the corrected p is at most 5 %, both lean alike.

    (They may not lean alike where arms diverged: an arm that did on many seeds has not won by the rest of them.)
    """
    return (found.low > 0 or found.high < 0) and p_holm <= LEVEL and found.mean * found.rank_correlation > 0


def verdict(found: Paired, p_holm: float, num_compared: int = 1) -> Verdict:
    """What is said of a comparison, one of `num_compared` made together, given its corrected p."""
    claimed = is_difference(found, p_holm)
    needed = seeds_needed(found.effect, num_compared) if found.n == found.num_seeds else None
    if not claimed and needed is not None:
        needed = max(needed, found.num_seeds + 1)  # as many as there are have not sufficed
    return Verdict(found, p_holm, num_compared, claimed, needed)


def verdicts(compared: Mapping[Key, Paired]) -> dict[Key, Verdict]:
    """A verdict for each of the comparisons made together."""
    tested = {
        key: found.p if found.num_lower + found.num_higher + found.n else math.nan for key, found in compared.items()
    }
    corrected = holm(tuple(tested.values()))
    count = max(1, sum(not math.isnan(p) for p in corrected))
    return {key: verdict(found, p, count) for (key, found), p in zip(compared.items(), corrected, strict=True)}


def claim_rate(
    values: ArrayLike, *, num_seeds: int = 16, num_experiments: int = 2000, generator: np.random.Generator
) -> float:
    """The share of experiments that claim a difference where there is none.

    `values` (N,) are final metrics of one recipe on N seeds, N at least twice `num_seeds`. Each experiment draws
    `num_seeds` pairs of them, no value twice.
    """
    array = np.asarray(values, dtype=np.float64)
    claims = 0
    for _ in range(num_experiments):
        drawn = array[generator.permutation(len(array))[: 2 * num_seeds]]
        found = paired(drawn[:num_seeds] - drawn[num_seeds:])
        claims += is_difference(found, found.p)
    return claims / num_experiments


def coverage(
    draw: Callable[[int], ArrayLike], truth: float, *, num_seeds: int = 16, num_experiments: int = 2000
) -> float:
    """The share of data sets `draw(num_seeds)` (num_seeds,) whose 95 % interval holds the `truth`."""
    found = [summarize(draw(num_seeds)) for _ in range(num_experiments)]
    return sum(one.low <= truth <= one.high for one in found) / num_experiments
