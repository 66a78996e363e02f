"""What a seed may come out as where another processor trains it: last digits grow, until it ends as another seed would.

A bound that all recorded seeds keep is therefore not kept everywhere by each: of sixteen that keep it, one in eighteen
of those to come may not. What is certain enough to fail by is a number that none of these seeds could have had.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import stats

from trainers.evidence.article_numbers import Measured

NEVER = 1e-6


def could_be(new: Measured, recorded: Measured) -> bool:
    """Whether a seed's value of a statement keeps the bounds, or is as one of the recorded seeds' could have been."""
    return bool(new.kept) or is_as_another_seed(float(new.values[0]), recorded.values)


def is_as_another_seed(value: float, seeds: Iterable[float]) -> bool:
    """Whether a new value is within the prediction interval of the `seeds`' values, but for one in a million.

    What is no number (of an arm that blew up) is as another seed's where one of these is none.
    """
    values = np.array([*seeds], dtype=float)
    known = values[np.isfinite(values)]
    if not np.isfinite(value):
        return len(known) < len(values)
    spread = known.std(ddof=1) * np.sqrt(1 + 1 / len(known))
    return bool(abs(value - known.mean()) <= stats.t.isf(NEVER / 2, len(known) - 1) * spread)
