"""The trainer of generators and critics: how the critic's own number is held against the true distance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.kinds.gan import EARLIEST, rank_correlation
from trainers.kinds.run import Run
from trainers.runs.build import build_spec

LISTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=20)


def mean_ranks(values: list[int]) -> list[float]:
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


@given(LISTS)
def test_the_rank_correlation_is_pearsons_of_mean_ranks_with_ties_and_without(pairs: list[tuple[int, int]]) -> None:
    one, other = ([pair[side] for pair in pairs] for side in (0, 1))
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert rank_correlation(one, other) == 0
        return
    expected = np.corrcoef(mean_ranks(one), mean_ranks(other))[0, 1]
    assert rank_correlation(one, other) == pytest.approx(float(expected))


def test_the_order_in_which_equal_values_come_is_all_one() -> None:
    assert rank_correlation([0, 0, 0, 1], [1, 2, 3, 4]) == rank_correlation([0, 0, 0, 1], [3, 2, 1, 4])


def test_tracking_is_that_of_the_critics_objective_and_the_distance_so_far() -> None:
    run = Run(build_spec("wasserstein_gan", steps=8, values={"eval_every": 1, "width": 16}))
    history = run.new_history()
    objectives = []
    for _ in range(8):
        history.append(run.advance(math.inf, max_steps=1))
        objectives.append(float(run.trainer.arms[1].probe()["critic_objective"][0]))
    distances = history.test(1, "test_distance").tolist()
    tracking = history.test(1, "test_tracking").tolist()
    assert len(tracking) == len(distances)
    first = len(distances) - len(objectives)
    for count in range(EARLIEST, len(objectives) + 1):
        expected = rank_correlation(objectives[:count], distances[first : first + count])
        assert tracking[first + count - 1] == pytest.approx(expected)
