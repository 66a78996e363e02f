r"""Flooding keeps the training loss from sinking below a level: under it, the gradient climbs.

    \tilde{J}(\theta) = |J(\theta) - b| + b

J is the objective of a batch, so its mean training loss; b is the flood level, in nats. Above b nothing changes, below
it J̃ = 2b − J: the gradient is exactly reversed. At J = b it is the descending one. The loss then wanders about b, and
b must lie above what training would reach, and below what guessing costs (ln 2 for two classes), to do any good.
Evaluation knows nothing of it. Neutral: b = 0, which no cross-entropy is below.

The paper expects the walk about b to end in flat regions: how sharp the place is that an arm has come to is measured,
as the rise of its training loss when all weights are shaken.

Ishida, Yamane, Sakai, Niu, Sugiyama. Do We Need Zero Training Loss After Achieving Zero Training Error? 2020.
https://arxiv.org/abs/2002.08709
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, Moment, Recipe


def flood(objective: Tensor, flood_level: float) -> Tensor:
    """`objective` folded upwards at `flood_level`, element by element."""
    return torch.where(objective < flood_level, 2 * flood_level - objective, objective)


def apply(recipe: Recipe) -> Recipe:
    """The recipe with its objective folded at the flood level, in training only."""

    def reduction(losses: Tensor, knobs: Knobs, memory: Memory) -> Tensor:
        return flood(recipe.reduction(losses, knobs, memory), float(knobs["flood_level"]))

    return replace(recipe, reduction=reduction)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """The level ends below ln 2 where there are two classes: above it, training is pushed past guessing."""
    if settings["task"] not in TWO_CLASSES:
        return knobs
    return tuple(replace(knob, high=0.6) for knob in knobs)


TWO_CLASSES = ("spirals", "rare_class")


SHAKE = 0.2  # how far the weights of a tensor are moved, as a share of their length
SHAKEN = 200  # training examples on which that is measured


@torch.no_grad()
def sharpness(model: nn.Module, inputs: Tensor, labels: Tensor, knobs: Knobs) -> float:
    """The rise of the mean cross-entropy, in nats, on inputs (M, ...) when all weights move by `SHAKE` of their length.

    Each parameter tensor moves in a direction of its own, one that the seed draws, so that it is the same for all arms
    of a run. Lengths being relative, larger weights are not by themselves flatter (Li et al. 2018, 1712.09913).
    """
    source = torch.Generator().manual_seed(int(knobs["seed"]))
    shaken = {}
    for name, weight in model.named_parameters():
        direction = torch.randn(weight.shape, generator=source)
        shaken[name] = weight + SHAKE * weight.norm() / direction.norm() * direction
    model.eval()
    still, moved = (F.cross_entropy(functional_call(model, w, (inputs, knobs)), labels).item() for w in ({}, shaken))
    model.train()
    return moved - still


def measure(moment: Moment) -> dict[str, float]:
    """The sharpness of the place where the arm is, on the first of its training examples, labels as recorded."""
    inputs, labels = moment.train.inputs[:SHAKEN], moment.train.labels[:SHAKEN]
    return {"test_sharpness": sharpness(moment.model, inputs, labels, moment.knobs)}


def probe(moment: Moment) -> dict[str, Tensor]:
    """The batch's mean loss J (1,) and J̃ (1,)."""
    loss = moment.losses.mean().reshape(1)
    return {"batch_loss": loss, "flooded_batch_loss": flood(loss, float(moment.knobs["flood_level"]))}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """J̃ over a range of J."""
    loss = torch.linspace(0, 1.5, 301)
    return {"loss": loss, "flooded_loss": flood(loss, float(knobs["flood_level"]))}


TRICK = Trick(
    name="flooding",
    family="loss",
    serves=("generalization",),
    formula=r"\tilde{J}(\theta) = |J(\theta) - b| + b",
    knobs=(Knob("flood_level", "b", default=0.2, low=0.0, high=1.0, neutral=0.0, unit="nats"),),
    wraps=("reduction",),
    setups=(
        Setup("spirals", steps=1500, settings={"eval_every": 10}, knobs={"flood_level": 0.2}),
        Setup("digits", steps=600, settings={"train_size": 400, "label_noise": 0.3}, knobs={"flood_level": 0.5}),
        Setup(
            "mnist1d",
            steps=1500,
            settings={
                "train_size": 1000,
                "label_noise": 0.2,
                "width": 100,
                "optimizer": "adam",
                "lr": 1e-3,
                "batch_size": 50,
                "weight_decay": 0.0,
            },
            knobs={"flood_level": 0.5},
        ),
    ),
    papers=(
        Paper(
            authors="Ishida, Yamane, Sakai, Niu, Sugiyama",
            title="Do We Need Zero Training Loss After Achieving Zero Training Error?",
            year=2020,
            url="https://arxiv.org/abs/2002.08709",
        ),
    ),
    metric="test_loss",
    claims=(
        Claim("ascends"),
        Claim("wanders"),
        Claim("flat", "test_sharpness", "lower"),
        Claim("second_descent"),
        Claim("test_loss", "test_loss", "lower"),
    ),
    in_article=True,
    apply=apply,
    related=("label_smoothing", "focal_loss"),
    adapt=adapt,
    probe=probe,
    preview=preview,
    measures={"test_sharpness": "lower"},
    measure=measure,
)
