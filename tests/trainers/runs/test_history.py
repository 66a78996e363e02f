"""A history grows by slices, whatever form their columns come in, and holds nothing twice."""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import numpy as np
import pytest

from trainers.runs.build import build_spec
from trainers.runs.history import Column, History, Progress, Table

ROWS, TESTS = ("lr", "elapsed_s", "train_loss"), ("step", "test_loss")


def table(names: tuple[str, ...], first: int, count: int) -> Table:
    """Rows that tell their step, and their column by the digits behind it."""
    steps = np.arange(first, first + count, dtype=float)
    return Table(names, np.stack([steps + index / 10 for index in range(len(names))], axis=1))


def as_columns(found: Table) -> Mapping[str, Column]:
    return {name: found[name].copy() for name in reversed(found.names)}


@pytest.mark.parametrize("form", [lambda found: found, as_columns, lambda found: pickle.loads(pickle.dumps(found))])
def test_slices_are_added_and_what_is_held_is_skipped(form: object) -> None:
    history = History(build_spec("flooding"), ROWS, TESTS, 5)
    for first, count in ((1, 300), (201, 200), (401, 1)):  # the second begins before the first ends, as in a replay
        rows, tests = table(ROWS, first, count), table(TESTS, first, count)
        progress = Progress(first, first + count - 1, (form(rows),) * 2, (form(tests),) * 2)  # type: ignore[operator]
        history.append(progress)
    expected = np.arange(1, 402, dtype=float)
    for arm in range(2):
        for names, column in ((ROWS, history.row), (TESTS, history.test)):
            for index, name in enumerate(names):
                np.testing.assert_array_equal(column(arm, name), expected + index / 10)
    assert history.step == history.length(0) == 401


def test_a_table_is_a_mapping_of_its_columns() -> None:
    found = table(ROWS, 1, 2)
    assert (list(found), len(found), found["elapsed_s"].tolist()) == (list(ROWS), 3, [1.1, 2.1])
    assert "lr" in found and "none" not in found and found.get("none") is None
