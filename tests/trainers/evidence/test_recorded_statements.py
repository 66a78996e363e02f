"""What the articles say, held against the recorded rows, and a dozen of these trained again where chance has it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import drawn
from tests.elsewhere import could_be
from trainers.evidence import article_numbers
from trainers.evidence.article_numbers import Row
from trainers.evidence.declarations import SEEDS, Experiment, declared
from trainers.evidence.replicates import train_seed
from trainers.runs.provenance import made_here
from tricks import catalogue

DRAWN = 4


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_statement_holds_on_its_rows(trick: str) -> None:
    broken = {name: found.broken for name, found in article_numbers.measured(trick).items() if found.broken}
    assert not broken


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_the_rows_are_of_what_is_declared_and_whole(trick: str) -> None:
    told, rows = declared(trick), article_numbers.recorded(trick)
    assert not article_numbers.stale(told, rows), "make them by `python -m trainers statements`"
    assert {row["experiment"] for row in rows} == set(told.experiments)
    for name, experiment in told.experiments.items():
        num_steps = len(experiment.at) + 1
        assert sum(row["experiment"] == name for row in rows) == len(SEEDS) * len(experiment.spec.arms) * num_steps


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_experiment_is_spoken_of(trick: str) -> None:
    told = declared(trick)
    assert set(told.experiments) <= {said.of for said in told.statements.values()}


def drawn_seeds() -> list[Any]:
    """Some of all experiments' seeds, chosen by the tree."""
    experiments = [(trick, name) for trick in catalogue.NAMES for name in declared(trick).experiments]
    choice = drawn.choice("recorded statements")
    found = [(*choice.choice(experiments), choice.choice(SEEDS)) for _ in range(DRAWN)]
    return [pytest.param(*one, id="-".join(map(str, one))) for one in dict.fromkeys(found)]


@pytest.mark.parametrize(("trick", "name", "seed"), drawn_seeds())
def test_a_seed_trained_again_comes_out_as_recorded(trick: str, name: str, seed: int) -> None:
    told = declared(trick)
    experiment = told.experiments[name]
    rows = article_numbers.recorded(trick)
    before = [row for row in rows if (row["experiment"], row["seed"]) == (name, str(seed))]
    again = train_again(experiment, seed)
    if all(row[made] == str(made_here()[made]) for row in before for made in ("processor", "torch")):
        assert [measured(row) for row in again] == [measured(row) for row in before]
        return
    assert {row["arm"] for row in again} == {row["arm"] for row in before}
    if [row["step"] for row in again] != [row["step"] for row in before]:
        return  # an arm that blows up on one processor may live on another
    for said in told.statements.values():
        if said.of == name and said.on is None and not said.told:
            whole = article_numbers.measure(said, rows, told.experiments)
            new = article_numbers.measure(said, again, told.experiments)
            assert could_be(new, whole), said.name


def train_again(experiment: Experiment, seed: int) -> list[Row]:
    """The rows of one seed, as they would be read."""
    (spec,) = article_numbers.over_seeds(experiment, [seed])
    result = train_seed(spec, experiment.turns)
    assert result is not None
    return article_numbers.rows_of(experiment, [result], made_here())


def measured(row: Row) -> Row:
    """What must come out again, the time aside."""
    return {name: text for name, text in row.items() if text and name != article_numbers.SECONDS}
