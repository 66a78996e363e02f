r"""More distinct examples instead of more passes over the same ones: the number of steps stays what it is.

    n' = k\, n, \qquad \text{passes} = \frac{T B}{k\, n}

n is the number of training examples that the baseline has, k how many times as many this arm has: the same n and
(k − 1) n further ones, drawn and recorded as the first were, with as large a share of wrong labels. Both make T steps
with batches of B, so that the compute is the same, and each example is seen k times less often. Neutral: k = 1.

Banko, Brill. Scaling to Very Very Large Corpora for Natural Language Disambiguation. 2001.
https://aclanthology.org/P01-1005/
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe, TrainSet


def grow(train: TrainSet, factor: int) -> TrainSet:
    """`train` with `factor` times as many examples, or as it is at 1."""
    return train if factor == 1 or train.more is None else train.more(factor * len(train.labels))


def apply(recipe: Recipe) -> Recipe:
    """The recipe with a larger training set, before anything else is done to it."""

    def prepare(train: TrainSet, knobs: Knobs, generator: torch.Generator) -> TrainSet:
        grown = grow(train, int(knobs["data_factor"]))
        return grown if recipe.prepare is None else recipe.prepare(grown, knobs, generator)

    return replace(recipe, prepare=prepare)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """There is no more data than the task's pool has."""
    most = max(1, int(settings["pool_size"]) // int(settings["train_size"]))
    (knob,) = knobs
    high = min(int(knob.high or 1), most)
    return (replace(knob, high=high, default=min(int(knob.default), high)),)


LOOKED_AT = 150  # examples of each kind


def probe(moment: Moment) -> dict[str, Tensor]:
    """How often an example has been seen on average, and the share of examples answered as recorded, each (1,).

    That share is of examples whose label is right, and of those whose label is wrong, where there are any.
    """
    train = moment.train
    arrays = {"times_seen": torch.tensor([moment.step * len(moment.batch.labels) / len(train.labels)])}
    wrong = train.labels != train.clean_labels
    kinds = {"right_fit": (~wrong).nonzero()[:LOOKED_AT, 0], "wrong_fit": wrong.nonzero()[:LOOKED_AT, 0]}
    as_recorded = _answers_as_recorded(moment.model, train, torch.cat(list(kinds.values())), moment.knobs)
    for (name, chosen), fit in zip(
        kinds.items(), torch.split(as_recorded, [len(c) for c in kinds.values()]), strict=True
    ):
        if len(chosen):
            arrays[name] = fit.mean().reshape(1)
    return arrays


def _answers_as_recorded(model: nn.Module, train: TrainSet, chosen: Tensor, knobs: Knobs) -> Tensor:
    model.eval()
    with torch.no_grad():
        answers: Tensor = model(train.inputs[chosen], knobs).argmax(1)
    model.train()
    return (answers == train.labels[chosen]).float()


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How many distinct examples the baseline and this arm have (2,)."""
    size = float(knobs["train_size"])
    return {"distinct": torch.tensor([size, size * float(knobs["data_factor"])])}


TRICK = Trick(
    name="data_variety",
    family="data",
    serves=("generalization",),
    formula=r"n' = k\, n, \qquad \text{passes} = \frac{T B}{k\, n}",
    knobs=(Knob("data_factor", "k", default=4, low=1, high=8, neutral=1, live=False, integer=True),),
    wraps=("prepare",),
    setups=(
        Setup(
            "mnist1d",
            steps=1500,
            settings={
                "train_size": 1000,
                "label_noise": 0.2,
                "optimizer": "adam",
                "lr": 1e-3,
                "batch_size": 50,
                "weight_decay": 0.0,
            },
        ),
        Setup("digits", steps=600, settings={"train_size": 200, "label_noise": 0.2}),
    ),
    papers=(
        Paper(
            authors="Banko, Brill",
            title="Scaling to Very Very Large Corpora for Natural Language Disambiguation",
            year=2001,
            url="https://aclanthology.org/P01-1005/",
        ),
    ),
    metric="test_accuracy",
    claims=(Claim("variety", "test_accuracy", "higher"),),
    apply=apply,
    related=("augmentation", "label_cleaning", "class_balance", "label_smoothing", "dropout"),
    adapt=adapt,
    probe=probe,
    preview=preview,
)
