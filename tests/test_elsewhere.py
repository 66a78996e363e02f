"""What another processor makes of a seed is told from what no seed could be."""

from __future__ import annotations

import math

import numpy as np

from tests.elsewhere import is_as_another_seed

SEEDS = [0.053, 0.122, 0.14, 0.071, 0.114, 0.054, 0.077, 0.113, 0.043, 0.092, 0.11, 0.137, 0.031, 0.114, 0.101, 0.144]


def test_a_seed_may_fall_out_of_the_range_of_sixteen_but_not_far() -> None:
    assert is_as_another_seed(-0.014, SEEDS)  # as one came out elsewhere
    assert not is_as_another_seed(-0.3, SEEDS) and not is_as_another_seed(0.5, SEEDS)


def test_nearly_no_seed_is_told_to_be_none() -> None:
    draws = np.random.default_rng(100).normal(size=(2_000, 17))
    assert all(is_as_another_seed(value, seeds) for value, *seeds in draws)
    assert not any(is_as_another_seed(value + 30, seeds) for value, *seeds in draws)


def test_what_is_no_number_is_as_where_another_was_none() -> None:
    assert not is_as_another_seed(math.nan, SEEDS) and is_as_another_seed(math.nan, [*SEEDS, math.nan])
    assert is_as_another_seed(0.1, [*SEEDS, math.inf])
