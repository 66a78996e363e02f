r"""Label cleaning asks a network about examples it was not trained on, and suspects those it finds least likely.

    \ell_i = -\log p_{-f(i)}(y_i \mid x_i), \qquad \text{suspects} = \{ i : \ell_i \text{ among the largest } s\,n \}

The training set is divided in two folds at random; p_{−f(i)} is a small network trained, briefly, on the fold that i is
not in, and y_i the label as recorded. A suspect is dropped, or shown to an annotator, who is perfect here and gives the
true label. Training then starts afresh, from the same weights as ever. A network that had learned i itself would
find y_i likely, wrong or not. Neutral: no cleaning, or s = 0.

Northcutt, Jiang, Chuang. Confident Learning: Estimating Uncertainty in Dataset Labels. 2021.
https://arxiv.org/abs/1911.00068
Han, Yao, Yu, Niu, Xu, Hu, Tsang, Sugiyama. Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy
Labels. 2018. https://arxiv.org/abs/1804.06872
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.making import tell
from tricks.recipe import Moment, Recipe, TrainSet

HIDDEN, STEPS, BATCH, LR, MOMENTUM = (128, 128), 150, 50, 0.1, 0.9  # the judge's: brief, so that it learns little noise


@dataclass(slots=True, kw_only=True)
class JudgedSet(TrainSet):
    """A training set after cleaning, and what the judge said of the one before it, `before`.

    `held_out` (M,) are the losses ℓ of its examples, `suspects` (S,) the positions of the suspects, worst first.
    """

    before: TrainSet
    held_out: Tensor
    suspects: Tensor


def held_out_losses(train: TrainSet, generator: torch.Generator) -> Tensor:
    """ℓ (M,) of each example, from a network trained on the fold that it is not in."""
    order = torch.randperm(len(train.labels), generator=generator)
    losses = torch.empty(len(order))
    folds = order.tensor_split(2)
    for fold, others in (folds, folds[::-1]):
        layers = train_judge(train.inputs[others].flatten(1), train.labels[others], train.num_classes, generator)
        with torch.no_grad():
            logits = judge_logits(train.inputs[fold].flatten(1), layers)
        losses[fold] = F.cross_entropy(logits, train.labels[fold], reduction="none")
    return losses


def judge_logits(x: Tensor, layers: list[tuple[Tensor, Tensor]]) -> Tensor:
    """What a judge of these layers, weight and bias each, answers to examples (B, D): logits (B, K)."""
    for weight, bias in layers[:-1]:
        x = torch.relu(F.linear(x, weight, bias))
    return F.linear(x, *layers[-1])


def train_judge(
    inputs: Tensor, labels: Tensor, num_classes: int, generator: torch.Generator
) -> list[tuple[Tensor, Tensor]]:
    """The layers, weight and bias each, of a judge trained on these inputs (N, D) and labels (N,)."""
    sizes = (inputs.shape[1], *HIDDEN, num_classes)
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        bound = 1 / math.sqrt(fan_in)
        weight, bias = torch.empty(fan_out, fan_in), torch.empty(fan_out)
        layers.append(tuple(p.uniform_(-bound, bound, generator=generator).requires_grad_() for p in (weight, bias)))
    optimizer = torch.optim.SGD([p for layer in layers for p in layer], lr=LR, momentum=MOMENTUM, fused=True)
    for step in range(STEPS):
        tell("judge", step / STEPS)
        batch = torch.randint(len(labels), (BATCH,), generator=generator)
        optimizer.zero_grad()
        F.cross_entropy(judge_logits(inputs[batch], layers), labels[batch]).backward()  # type: ignore[arg-type,no-untyped-call]
        optimizer.step()
    return layers  # type: ignore[return-value]


def clean(train: TrainSet, suspects: Tensor, how: str) -> TrainSet:
    """`train` without its `suspects` (positions), with their labels as they truly are, or as it is."""
    if how == "drop":
        kept = torch.ones_like(train.labels, dtype=torch.bool)
        kept[suspects] = False
        return replace(
            train, inputs=train.inputs[kept], labels=train.labels[kept], clean_labels=train.clean_labels[kept]
        )
    if how == "relabel":
        labels = train.labels.clone()
        labels[suspects] = train.clean_labels[suspects]
        return replace(train, labels=labels)
    return train


def apply(recipe: Recipe) -> Recipe:
    """The recipe with its training set cleaned."""

    def prepare(train: TrainSet, knobs: Knobs, generator: torch.Generator) -> TrainSet:
        if recipe.prepare is not None:
            train = recipe.prepare(train, knobs, generator)
        held_out = held_out_losses(train, generator.clone_state())  # which the next trick finds as it was
        count = round(float(knobs["suspect_share"]) * len(held_out))
        suspects = held_out.argsort(descending=True, stable=True)[:count]
        cleaned = clean(train, suspects, str(knobs["cleaning"]))
        return JudgedSet(
            cleaned.inputs,
            cleaned.labels,
            cleaned.clean_labels,
            cleaned.num_classes,
            before=train,
            held_out=held_out,
            suspects=suspects,
        )

    return replace(recipe, prepare=prepare)


SHOWN = 24
BINS, LARGEST = 20, 10.0


def probe(moment: Moment) -> dict[str, Tensor]:
    """What the judge said, where this arm has one, and how right it was.

    `suspects` (24, H + 6, W) are the most suspect pictures, with room for the label and a line beneath those whose
    label is truly wrong, `suspect_labels` (24,) their labels as recorded, `suspect_losses` (24,) their losses;
    `right_losses` and `wrong_losses` (20,) count held-out losses from 0 to 10 of right and of wrong labels; `quality`
    (3,) is the share of the suspects that were wrong, the share of the wrong that were suspected, and the share of
    wrong labels that this arm is trained on.
    """
    train = moment.train
    if not isinstance(train, JudgedSet):
        return {}
    before, suspects = train.before, train.suspects
    wrong = before.labels != before.clean_labels
    bins = (train.held_out * (BINS / LARGEST)).long().clamp(0, BINS - 1)
    worst = train.held_out.argsort(descending=True, stable=True)[:SHOWN]
    hits = wrong[suspects].sum()
    left = (train.labels != train.clean_labels).float().mean()
    arrays = {
        "suspect_losses": train.held_out[worst],
        "right_losses": torch.bincount(bins[~wrong], minlength=BINS),
        "wrong_losses": torch.bincount(bins[wrong], minlength=BINS),
        "quality": torch.stack([hits / max(1, len(suspects)), hits / wrong.sum().clamp(min=1), left]),
    }
    side = math.isqrt(before.inputs[0].numel())
    if side * side == before.inputs[0].numel():
        pictures = F.pad(before.inputs[worst].reshape(-1, side, side), (0, 0, 0, 6))
        pictures[:, -1] = wrong[worst][:, None].float()
        arrays |= {"suspects": pictures, "suspect_labels": before.labels[worst]}
    return arrays


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How many examples (3,) are trained on as recorded, are given their true label, and are dropped."""
    size = int(knobs["train_size"])
    suspected = round(float(knobs["suspect_share"]) * size)
    corrected, dropped = (suspected if knobs["cleaning"] == how else 0 for how in ("relabel", "drop"))
    return {"fates": torch.tensor([size - corrected - dropped, corrected, dropped])}


TRICK = Trick(
    name="label_cleaning",
    family="data",
    serves=("generalization",),
    formula=r"\ell_i = -\log p_{-f(i)}(y_i \mid x_i), \qquad "
    r"\text{suspects} = \{ i : \ell_i \text{ among the largest } s\,n \}",
    knobs=(
        Knob(
            "cleaning",
            "",
            default="drop",
            choices=("none", "drop", "relabel"),
            neutral="none",
            live=False,
            unless=("suspect_share", 0.0),
        ),
        Knob("suspect_share", "s", default=0.3, low=0.0, high=0.5, neutral=0.0, live=False),
    ),
    wraps=("prepare",),
    setups=(Setup("digits", steps=600, settings={"train_size": 400, "label_noise": 0.3, "eval_every": 10}),),
    papers=(
        Paper(
            authors="Northcutt, Jiang, Chuang",
            title="Confident Learning: Estimating Uncertainty in Dataset Labels",
            year=2021,
            url="https://arxiv.org/abs/1911.00068",
        ),
        Paper(
            authors="Han, Yao, Yu, Niu, Xu, Hu, Tsang, Sugiyama",
            title="Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels",
            year=2018,
            url="https://arxiv.org/abs/1804.06872",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("helps", "test_accuracy", "higher"),
        Claim("matters_more"),
    ),
    apply=apply,
    related=("data_variety", "augmentation", "label_smoothing", "dropout"),
    probe=probe,
    preview=preview,
)
