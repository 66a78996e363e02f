"""How many seeds a difference needs so that it may be claimed."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import special

from trainers.evidence.ranks import LEVEL, rank_sum_chances

POWER = 0.8
MOST_SEEDS = 10_000  # beyond this many, the number needed is not worth naming
EFFICIENCY = 3 / math.pi  # of the signed-rank test beside the t test, for normal differences; source: Lehmann 1975
_NODES = np.polynomial.legendre.leggauss(60)


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
    limit = -special.stdtrit(n - 1, LEVEL / 2)
    below = special.nctdtr(n - 1, size * math.sqrt(n), limit)
    interval = -float(special.ndtri(min(max(below, 1e-300), 1.0)))
    mean, variance = _signed_rank_moments(size, n)
    spread = math.sqrt(max(variance, 1e-12))
    rank = (mean - _least_rank_sum(n, LEVEL / num_compared) + 0.5) / spread
    return _both(interval, rank, math.sqrt(EFFICIENCY))


def _signed_rank_moments(size: float, n: int) -> tuple[float, float]:
    """Mean and variance of W₊ of `n` normal differences with mean `size` and standard deviation 1."""
    one, two = float(special.ndtr(size)), float(special.ndtr(math.sqrt(2) * size))
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
        return math.ceil(top / 2 + 0.5 + float(-special.ndtri(level / 2)) * deviation)
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
    return float(special.ndtr(one) * special.ndtr(other)) + together
