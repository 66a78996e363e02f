"""What many seeds say: paired differences, their interval, test and effect, and one sentence made from the numbers.

Everything here is a pure function of arrays. A difference is arm minus baseline, of one seed. An arm that diverged
counts as the worst there is: the difference is infinite where one of the two did, NaN where both did. Ranks and counts
use the infinite ones; mean and interval are of the finite ones alone, and the sentence says how many those are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

LEVEL = 0.05
POWER = 0.8
MOST_SEEDS = 10_000  # beyond this many, the number needed is not worth naming
RATES = ("accuracy", "ece", "precision", "recall_at_p50", "rate", "share")
"""How the names of metrics end that are fractions, and are shown in points of a hundred."""

FRACTIONS = (*RATES, "_ap", "f1", "recall", "quality", "iou", "iou_small", "iou_medium", "iou_large", "above_half")
NOT_NEGATIVE = ("loss", "distance", "goal_step", "steepest_slope", "norm_product", "modes", "jitter")
CORRELATIONS = ("tracking",)
"""How the names of metrics end that lie from 0 to 1, are 0 or more, or lie from −1 to 1; others have no bounds."""

Better = Literal["lower", "higher"]
Vector = NDArray[np.float64]
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


def bounds(metric: str) -> tuple[float, float]:
    """Between what values a metric lies, so that no interval of its mean says otherwise."""
    if metric.endswith(FRACTIONS):
        return 0.0, 1.0
    if metric.endswith(CORRELATIONS):
        return -1.0, 1.0
    return (0.0 if metric.endswith(NOT_NEGATIVE) else -math.inf), math.inf


def summarize(values: ArrayLike, metric: str = "") -> Summary:
    """The finite ones of `values` (N,), their interval within the metric's bounds."""
    finite = _finite(values)
    mean, sd, half = _moments(finite)
    low, high = bounds(metric)
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
    sd = float(finite.std(ddof=1)) if np.ptp(finite) else 0.0
    return mean, sd, _quantile(n - 1) * sd / math.sqrt(n)


@cache
def _quantile(freedom: int) -> float:
    """The t quantile that cuts off 2.5 %, which takes SciPy longer than all the rest."""
    return float(stats.t.isf(LEVEL / 2, freedom))


def band(curves: ArrayLike, metric: str = "") -> Band:
    """The band of curves (N, S), one a seed, within the metric's bounds.

    A value that is not finite (an arm that ended) is left out of its step.
    """
    array = np.asarray(curves, dtype=np.float64)
    finite = np.isfinite(array)
    count = finite.sum(0)
    kept = np.where(finite, array, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, kept.sum(0) / count, np.nan)
        spread = np.where(finite, array - mean, 0.0)
        half = stats.t.isf(LEVEL / 2, count - 1.0) * np.sqrt((spread**2).sum(0) / (count - 1) / count)
    half = np.where(count > 1, half, np.nan)
    low, high = bounds(metric)
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


def paired(differences: ArrayLike, better: Better = "lower") -> Paired:
    """What paired differences (N,), as `subtract` makes them, amount to."""
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
        low=mean - half,
        high=mean + half,
        effect=effect,
        p=p,
        rank_correlation=rank_correlation,
        num_lower=num_lower,
        num_higher=num_higher,
        num_won=num_lower if better == "lower" else num_higher,
        num_diverged=worse + both,
        num_baseline_diverged=better_side + both,
    )


def signed_rank(differences: ArrayLike) -> tuple[float, float]:
    """Wilcoxon's two-sided p of differences (N,), exact, and the rank correlation (W₊ − W₋) / (W₊ + W₋).

    Zeros are left out and equal sizes share their mean rank, as Wilcoxon did; the p is then exact given those ranks:
    all 2^N choices of signs are counted. (SciPy's exact method is exact without ties only, its normal approximation
    never is.) Sizes that differ by rounding alone, less than 1e-12 of the largest, are equal. Infinite differences
    share the highest rank, NaN are left out. Without any difference left, p is 1 and the correlation 0.

    Sources: Wilcoxon 1945; Kerby 2014 for the correlation.
    """
    array = np.asarray(differences, dtype=np.float64)
    array = array[~np.isnan(array) & (array != 0)]
    if not len(array):
        return 1.0, 0.0
    sizes = np.abs(array)
    doubled = np.round(2 * stats.rankdata(_levels(sizes))).astype(np.int64)  # mean ranks are halves of whole numbers
    total, positive = int(doubled.sum()), int(doubled[array > 0].sum())
    tail = rank_sum_chances(doubled)[: min(positive, total - positive) + 1].sum()
    return min(1.0, 2 * float(tail)), (2 * positive - total) / total


def rank_sum_chances(doubled: NDArray[np.int64]) -> Vector:
    """The chance of each sum of the ranks that are given a plus, twice its size (0 to the sum of `doubled` (N,))."""
    total = int(doubled.sum())
    chances = np.zeros(total + 1)
    chances[0] = 1.0
    for rank in doubled:
        chances[rank:] = 0.5 * (chances[rank:] + chances[: total + 1 - rank])
        chances[:rank] *= 0.5
    return chances


def _levels(sizes: Vector) -> NDArray[np.int64]:
    """The sizes (N,) as whole numbers in the same order, those equal but for rounding as the same number."""
    order = sizes.argsort()
    largest = np.max(sizes, where=np.isfinite(sizes), initial=0.0)
    with np.errstate(invalid="ignore"):  # infinity less infinity is no step up
        steps = np.diff(sizes[order]) > 1e-12 * largest
    levels = np.zeros(len(sizes), dtype=np.int64)
    levels[order[1:]] = steps.cumsum()
    return levels


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p values, corrected for having been looked at together (Holm 1979); a NaN is no comparison and stays."""
    order = sorted((p, index) for index, p in enumerate(p_values) if not math.isnan(p))
    corrected = list(p_values)
    highest = 0.0
    for rank, (p, index) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p))
        corrected[index] = highest
    return tuple(corrected)


def least_seeds(num_compared: int = 1) -> int:
    """The fewest seeds with which a claim is possible: with all won, the signed-rank p is 2 / 2^N."""
    return max(2, math.ceil(math.log2(2 * num_compared / LEVEL)))


def seeds_needed(effect: float, num_compared: int = 1) -> int | None:
    """The seeds at which a difference of this effect (d_z) would be claimed with a probability of 80 %.

    By `power` of normal differences. None where there is no effect to go by, or it would take more than `MOST_SEEDS`.
    It takes the effect seen for the true one, and so is a rough guide.
    """
    if math.isnan(effect) or effect == 0:
        return None
    if power(effect, MOST_SEEDS, num_compared) < POWER:
        return None
    low, high = least_seeds(num_compared) - 1, MOST_SEEDS  # `high` suffices, `low` does not, or is too few anyway
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, middle, num_compared) >= POWER else (middle, high)
    return high


def power(effect: float, n: int, num_compared: int = 1) -> float:
    """The probability that `n` normal differences of that effect (d_z) are claimed by `is_difference`.

    Both must say so: the 95 % interval, by the noncentral t distribution, and the signed-rank test at the level divided
    by the number of comparisons, whose statistic is taken as normal with its exact mean and variance. The two go
    together as closely as they do in large samples, with the root of the test's efficiency. Up to 0.02 from simulations
    where it is 0.8, and up to 0.1 from them where it is less and the differences are fewer than 16.

    Source: Lehmann 1975, section 4.2, for the moments of the signed-rank statistic under a shift.
    """
    size = min(abs(effect), 100.0)
    limit = stats.t.isf(LEVEL / 2, n - 1)
    interval = float(stats.norm.isf(min(max(stats.nct.cdf(limit, n - 1, size * math.sqrt(n)), 1e-300), 1.0)))
    mean, variance = _signed_rank_moments(size, n)
    spread = math.sqrt(max(variance, 1e-12))
    rank = (mean - _least_rank_sum(n, LEVEL / num_compared) + 0.5) / spread
    return _both(interval, rank, math.sqrt(EFFICIENCY))


EFFICIENCY = 3 / math.pi  # of the signed-rank test beside the t test, for normal differences; source: Lehmann 1975


def _signed_rank_moments(size: float, n: int) -> tuple[float, float]:
    """Mean and variance of W₊ of `n` normal differences with mean `size` and standard deviation 1."""
    one, two = float(stats.norm.cdf(size)), float(stats.norm.cdf(math.sqrt(2) * size))
    pair = _both(math.sqrt(2) * size, math.sqrt(2) * size, 0.5)  # two means of two that share one
    part = _both(size, math.sqrt(2) * size, math.sqrt(0.5))  # a value, and a mean it has part in
    means = n * (n - 1) / 2
    variance = n * one * (1 - one) + means * two * (1 - two)
    variance += 2 * n * (n - 1) * ((part - one * two) + (n - 2) / 2 * (pair - two * two))
    return n * one + means * two, variance


@cache
def _least_rank_sum(n: int, level: float) -> int:
    """The least W₊ of `n` differences that is too high at the two-sided `level`: exact, beyond 100 by the normal."""
    top = n * (n + 1) // 2
    if n > 100:
        deviation = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return math.ceil(top / 2 + 0.5 + float(stats.norm.isf(level / 2)) * deviation)
    tail = rank_sum_chances(2 * np.arange(1, n + 1))[::-2].cumsum()
    return top + 1 - int((2 * tail <= level).sum())


def _both(one: float, other: float, correlation: float) -> float:
    """The probability that two standard normal numbers with this correlation (0 to 1) are below these two.

    Source: Drezner, Wesolowsky 1990: the integral of their density over the correlation, here as an angle.
    """
    nodes, weights = _NODES
    angles = math.asin(correlation) * (nodes + 1) / 2
    sines, cosines = np.sin(angles), np.cos(angles)
    density = np.exp(-(one * one + other * other - 2 * one * other * sines) / (2 * cosines**2))
    together = math.asin(correlation) / 2 * float(weights @ density) / (2 * math.pi)
    return float(stats.norm.cdf(one) * stats.norm.cdf(other)) + together


_NODES = np.polynomial.legendre.leggauss(60)


def effect_interval(found: Paired) -> tuple[float, float]:
    """The 95 % interval of the standardized effect d_z of normal differences; NaN where there is none.

    The noncentralities of the t distribution at which the t seen is its upper and its lower 2.5 % quantile, over √n. It
    excludes zero exactly where the interval of the mean does.

    Source: Steiger, Fouladi 1997.
    """
    if found.n < 2 or not math.isfinite(found.effect):
        return math.nan, math.nan
    root, freedom = math.sqrt(found.n), found.n - 1
    seen = abs(found.effect) * root
    reach = 20 * math.sqrt(1 + seen**2 / (2 * freedom))

    def bound(share: float) -> float:
        def excess(noncentrality: float) -> float:
            return float(stats.nct.cdf(seen, freedom, noncentrality)) - share

        start = 0.0 if excess(0.0) >= 0 else seen - reach  # far below zero SciPy's distribution is no number
        return float(optimize.brentq(excess, start, seen + reach)) / root

    low, high = bound(1 - LEVEL / 2), bound(LEVEL / 2)
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


def sentence(
    result: Verdict, *, arm: str, metric: str, labels: Mapping[str, str], baseline: str = "", num_missing: int = 0
) -> str:
    """The verdict in words, made from its numbers and never saying more than they do.

    `labels` are a language's labels by key, with the templates under `verdict.`; arms and metrics are called by their
    labels `trick.<name>` or `arm.<name>` and `metric.<name>`, and by the name itself where there are none. `baseline`
    is named where it is not the plain one. Rates are in points of a hundred. `num_missing` seeds could not be run.
    """
    found = result.paired
    scale, unit = (100.0, "verdict.points") if metric.endswith(RATES) else (1.0, "verdict.plain")
    numbers = [scale * value for value in (found.mean, found.low, found.high)]
    if result.claimed:
        numbers = [abs(numbers[0]), *sorted(abs(value) for value in numbers[1:])]
    mean, low, high = numerals(*numbers)
    needed = least_seeds(result.num_compared) if _branch(result) == "few" else result.needed
    ours, theirs = _called(arm, labels), _called(baseline, labels) if baseline else labels["verdict.baseline"]
    told = labels["verdict.against"].format(arm=ours, baseline=theirs) if baseline else ours
    values = {
        "arm": ours if _branch(result) == "same" else told,
        "baseline": theirs,
        "metric": labels.get(f"metric.{metric}") or metric.replace("_", " "),
        "size": labels[unit].format(number=mean),
        "low": low,
        "high": high,
        "top": labels[unit].format(number=high),
        "p": f"{found.p:.2g}",
        "seeds": found.num_seeds,
        "finite": found.n,
        "won": found.num_higher if found.mean > 0 else found.num_lower,
        "compared": result.num_compared,
        "needed": "" if needed is None else _about(needed),
        "most": f"{MOST_SEEDS:,}",
        "missing": num_missing,
    }
    parts = [labels[f"verdict.{_branch(result)}"].format(**values)]
    if _branch(result) in ("noise", "compared") and found.n == found.num_seeds:
        parts.append(labels["verdict.needed" if needed is not None else "verdict.needed_beyond"].format(**values))
    for name, count in ((ours, found.num_diverged), (theirs, found.num_baseline_diverged)):
        if count:
            parts.append(labels["verdict.diverged"].format(**{**values, "arm": name, "count": count}))
    if num_missing:
        parts.append(labels["verdict.missing"].format(**values))
    return " ".join(part[:1].upper() + part[1:] for part in parts)


def _branch(result: Verdict) -> str:
    """Which of the templates says it."""
    found = result.paired
    diverged = found.n < found.num_seeds
    if result.claimed:
        return ("raised" if found.mean > 0 else "lowered") + ("_rest" if diverged else "")
    if found.n and not found.num_lower and not found.num_higher:
        return "same"
    if found.num_seeds < least_seeds(result.num_compared):
        return "few"
    if found.n < 2:
        return "no_interval"
    excludes_zero = found.low > 0 or found.high < 0
    if excludes_zero and found.p <= LEVEL < result.p_holm:
        return "compared"
    return "disagree" if excludes_zero or result.p_holm <= LEVEL else "noise"


def _called(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(f"arm.{name}") or labels.get(f"trick.{name}") or name.replace("_", " ")


def _about(count: int) -> str:
    """A count to two digits, rounded up from 100 on, since it is a guess."""
    grain = 10 ** max(0, len(str(count)) - 2)
    return f"{-(-count // grain) * grain:,}"


def numerals(mean: float, low: float, high: float) -> tuple[str, str, str]:
    """The three with as many decimals as the interval bears: one or two digits of half its width.

    A bound that is not zero never reads as zero.
    """
    half = (high - low) / 2
    if not math.isfinite(half):
        decimals = 3
    elif half <= 1e-9 * abs(mean):
        decimals = 2 - math.floor(math.log10(abs(mean))) if mean else 0
    else:
        exponent = math.floor(math.log10(half))
        decimals = (1 if half < 3 * 10.0**exponent else 0) - exponent
    decimals = min(12, max(0, decimals))
    while decimals < 12 and any(value and not float(f"{value:.{decimals}f}") for value in (low, high)):
        decimals += 1
    mean_text, low_text, high_text = (f"{value:.{decimals}f}".replace("-", "−") for value in (mean, low, high))
    return mean_text, low_text, high_text


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
