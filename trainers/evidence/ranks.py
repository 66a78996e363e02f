"""The signed-rank test, exact, and Holm's correction for several."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.05
ROUNDING = 1e-12
"""Numbers that are less than this share of the largest apart are equal, but for rounding."""

Vector = NDArray[np.float64]


def signed_rank(differences: ArrayLike) -> tuple[float, float]:
    """Wilcoxon's two-sided p of differences (N,), exact, and the rank correlation (W₊ − W₋) / (W₊ + W₋).

    Zeros are left out and equal sizes share their mean rank, as Wilcoxon did; the p is then exact given those ranks:
    all 2^N choices of signs are counted. (SciPy's exact method is exact without ties only, its normal approximation
    never is.) Sizes that differ by rounding alone, less than `ROUNDING` of the largest, are equal. Infinite differences
    share the highest rank, NaN are left out. Without any difference left, p is 1 and the correlation 0.

    Sources: Wilcoxon 1945; Kerby 2014 for the correlation.
    """
    array = np.asarray(differences, dtype=np.float64)
    array = array[~np.isnan(array) & (array != 0)]
    if not len(array):
        return 1.0, 0.0
    sizes = np.abs(array)
    doubled = _doubled_ranks(_levels(sizes))
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


def _doubled_ranks(levels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Twice the ranks from 1 of levels (N,): mean ranks, as equal ones share, are halves of whole numbers."""
    _, which, counts = np.unique(levels, return_inverse=True, return_counts=True)
    return (2 * counts.cumsum() - counts + 1)[which]


def _levels(sizes: Vector) -> NDArray[np.int64]:
    """The sizes (N,) as whole numbers in the same order, those equal but for rounding as the same number."""
    order = sizes.argsort()
    largest = np.max(sizes, where=np.isfinite(sizes), initial=0.0)
    with np.errstate(invalid="ignore"):  # infinity less infinity is no step up
        steps = np.diff(sizes[order]) > ROUNDING * largest
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
