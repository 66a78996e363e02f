"""Remarks on recorded histories, against a list of what must, may and must not be said that was read by people.

`python -m tests.trainers.runs.test_remarks_recorded [TRICK …]` prints all that is said, to be read. What is in nobody's
list must not be said; `remarks.toml` says why of what would be tempting.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import drawn
from tests.trainers.runs.histories import SEEDS, recipes, recorded, spec_of, trained, was_made_here
from tests.trainers.runs.test_remarks import LABELS
from trainers.evidence.claims import is_tested
from trainers.runs.history import History
from trainers.runs.remarks import Remark, observe, render
from tricks import catalogue

LIST = Path(__file__).with_name("remarks.toml")
DRAWN = 4
EVERY = [(trick, task) for trick in catalogue.NAMES if is_tested(trick) for task in recipes(trick)]


def reviewed(trick: str, task: str) -> dict[str, list[str]]:
    with LIST.open("rb") as file:
        found: dict[str, list[str]] = tomllib.load(file)[trick][task]
    return found


def said(remark: Remark) -> str:
    """A remark without its numbers: rule, arm, metrics."""
    return " ".join(
        [remark.rule, *(str(remark.values[key]) for key in ("arm", "metric", "against") if key in remark.values)]
    )


def said_of(history: History) -> set[str]:
    return {said(remark) for remark in observe(history)}


@pytest.mark.parametrize(("trick", "task"), EVERY)
def test_what_is_said_of_a_recipe_is_what_was_reviewed(trick: str, task: str) -> None:
    listed = reviewed(trick, task)
    for seed in SEEDS:
        found = said_of(recorded(trick, task, seed))
        assert set(listed["must"]) <= found <= {*listed["must"], *listed["may"]}, seed


def test_the_list_has_no_entry_that_nothing_calls_for() -> None:
    with LIST.open("rb") as file:
        listed = tomllib.load(file)
    assert [(trick, task) for trick, tasks in listed.items() for task in tasks] == EVERY
    for trick, task in EVERY:
        counts = Counter(what for seed in SEEDS for what in said_of(recorded(trick, task, seed)))
        assert set(reviewed(trick, task)["must"]) == {what for what, count in counts.items() if count == len(SEEDS)}
        assert set(reviewed(trick, task)["may"]) == {what for what, count in counts.items() if count < len(SEEDS)}


# --- each number stands in the record


class Record:
    """One arm's record, read in the plainest way."""

    def __init__(self, history: History, name: str) -> None:
        number = next(i for i, arm in enumerate(history.spec.arms) if arm.name == name)
        self.at = history.test(number, "step").astype(int).tolist()
        self.tests = {name: history.test(number, name) for name in history.test_names}
        self.train = history.row(number, "train_loss") if "train_loss" in history.row_names else np.empty(0)
        self.lr = history.row(number, "lr")

    def test(self, metric: str, step: int) -> float:
        return float(self.tests[metric][self.at.index(step)])

    def mean(self, last: int, steps: int = 50) -> float:
        return float(self.train[last - steps : last].mean())


def quoted(remark: Remark, history: History) -> Iterator[tuple[str, float]]:
    """What each number of a remark has to be, by its name."""
    said, of = remark.values, Record(history, str(remark.values["arm"]))
    since, until = int(said.get("since", 0)), int(said.get("until", remark.step))
    match remark.rule:
        case "overfits":
            yield from (("lowest", of.test("test_loss", since)), ("now", of.test("test_loss", until)))
            yield from (("before", of.mean(since)), ("after", of.mean(until)))
        case "exploded":
            yield from (("before", of.test("test_loss", since)), ("now", of.test("test_loss", until)))
        case "ahead":
            other, metric = Record(history, str(said["other"])), str(said["metric"])
            yield from (("value", of.test(metric, until)), ("than", other.test(metric, until)))
        case "stuck" | "above_start":
            yield from (("begun", of.mean(20, 20)), ("now", of.mean(until)))
            if remark.rule == "above_start":
                metric = str(said["metric"])
                yield from (("before", of.test(metric, since)), ("after", of.test(metric, until)))
        case "memorized" | "at_level":
            yield "now", of.mean(until)
        case "restarted":
            yield from (("low", float(of.lr[since - 2])), ("high", float(of.lr[since - 1])))
        case "ended":
            yield "since", float(len(of.train)) if len(of.train) else float(len(of.lr))
        case "parted" | "not_yet" | "coincide":
            other = Record(history, str(said["other"]))
            length = min(len(of.train), len(other.train))
            same = np.isclose(of.train[:length], other.train[:length], rtol=1e-5, atol=1e-7)
            parted = int(same.argmin()) + 1 if not same.all() else length + 1
            if remark.rule == "parted":
                yield "since", parted
            else:
                assert parted > int(said["steps"])
        case "split":
            assert said["metric"] != said["against"]
        case _:
            raise AssertionError(f"nobody has said where the numbers of {remark.rule} stand")


@pytest.mark.parametrize(("trick", "task"), EVERY)
def test_each_number_stands_in_the_record_at_the_step_named(trick: str, task: str) -> None:
    for seed in SEEDS:
        history = recorded(trick, task, seed)
        for remark in observe(history):
            words = render(remark, LABELS)
            for name, value in quoted(remark, history):
                assert remark.values[name] == pytest.approx(value, rel=1e-4), words


# --- and what is recorded is what is trained


def drawn_runs() -> list[Any]:
    choice = drawn.choice("remarks")
    return [(*choice.choice(EVERY), choice.choice(SEEDS)) for _ in range(DRAWN)]


@pytest.mark.parametrize(("trick", "task", "seed"), drawn_runs())
def test_a_run_trained_again_comes_out_as_recorded(trick: str, task: str, seed: int) -> None:
    again, before = trained(spec_of(trick, task, seed)), recorded(trick, task, seed)
    assert before.test_names == again.test_names
    for number in range(len(again.spec.arms)):
        both = min(len(before.row(number, "lr")), len(again.row(number, "lr")))  # an arm may end elsewhere
        np.testing.assert_allclose(before.row(number, "lr")[:both], again.row(number, "lr")[:both], rtol=1e-4)
        rows = [(before.row(number, name), again.row(number, name)) for name in before.row_names if name != "lr"]
        tests = [(before.test(number, name), again.test(number, name)) for name in before.test_names]
        for held, made in (*rows, *tests):
            if was_made_here(trick):
                np.testing.assert_allclose(held, made, rtol=1e-4)
        for held, made in rows:  # another processor's last digits grow, of a pretrained network even before the start
            assert float(held[0]) == pytest.approx(float(made[0]), rel=0.5)


def main() -> None:
    """Prints what is said of the recipes."""
    for trick, task in EVERY:
        if trick in (sys.argv[1:] or catalogue.NAMES):
            for seed in SEEDS:
                print(f"{trick}, {task}, seed {seed}:")
                for remark in observe(recorded(trick, task, seed)):
                    print(f"  {remark.step}: {render(remark, LABELS)}")


if __name__ == "__main__":
    main()
