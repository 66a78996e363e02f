r"""Where some classes are rare, class balance makes the network learn as if they were less so.

    \pi'_c \propto n_c^{1 - \tau}

n_c is how many training examples class c has, π' the shares of the classes that the network learns for, τ the power: at
0 the shares are those of the training set, at 1 all classes are alike, at 1/2 they go with the square root of n_c.
There are three ways to it. The sampler draws examples with probability proportional to n_c^(−τ). The weights multiply
what each class has in an example's target by n_c^(−τ), scaled so that they are 1 on average over the examples. Logit
adjustment adds τ log(n_c / N) to the logits of the loss, so that the prior is taken care of there and the network's own
answers, which are judged, are free of it.
Neutral: none of the ways, or τ = 0.

Menon, Jayasumana, Rawat, Jain, Veit, Kumar. Long-tail learning via logit adjustment. 2021.
https://arxiv.org/abs/2007.07314
Buda, Maki, Mazurowski. A systematic study of the class imbalance problem in convolutional neural networks. 2018.
https://arxiv.org/abs/1710.05381
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Batch, Memory, Moment, Recipe, TrainSet, is_right


def count(labels: Tensor, num_classes: int) -> Tensor:
    """How many of labels (M,) each class has (K,)."""
    return torch.bincount(labels, minlength=num_classes).float()


def class_weights(counts: Tensor, power: float) -> Tensor:
    """n_c^(−τ) (K,) of counts (K,), scaled to an average of 1 over the examples.

    A class without examples gets the weight of one that has a single one.
    """
    weights = counts.clamp(min=1) ** -power
    return weights * counts.sum() / (weights @ counts)


def log_prior(counts: Tensor) -> Tensor:
    """The log of each class's share (K,) of counts (K,), one without examples counted as having a single one."""
    counts = counts.clamp(min=1)
    return (counts / counts.sum()).log()


def apply(recipe: Recipe) -> Recipe:
    """The recipe that draws other examples, or weights or shifts their losses, as the knobs say."""

    def sample(indices: Tensor, train: TrainSet, knobs: Knobs, memory: Memory, generator: torch.Generator) -> Tensor:
        if recipe.sample is not None:
            indices = recipe.sample(indices, train, knobs, memory, generator)
        power = _power(knobs, "sampler")
        if power == 0:
            return indices
        weights = class_weights(count(train.labels, train.num_classes), power)[train.labels]
        return torch.multinomial(weights, len(indices), replacement=True, generator=generator)

    def loss(logits: Tensor, batch: Batch, knobs: Knobs, memory: Memory) -> Tensor:
        train = batch.train
        power = _power(knobs, "weights", "logits")
        if power == 0 or train is None:
            return recipe.loss(logits, batch, knobs, memory)
        counts = count(train.labels, train.num_classes)
        if knobs["balancing"] == "logits":
            return recipe.loss(logits + power * log_prior(counts), batch, knobs, memory)
        batch.class_weights = class_weights(counts, power).to(logits.dtype)
        return recipe.loss(logits, batch, knobs, memory)

    return replace(recipe, sample=sample, loss=loss)


def _power(knobs: Knobs, *ways: str) -> float:
    return float(knobs["balance_power"]) if knobs["balancing"] in ways else 0.0


EDGE = 3  # classes at each end of the order by frequency


def recalls(logits: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """The share of each class's examples that logits (N, K) get right (K,); NaN for a class without examples."""
    right = labels[is_right(logits, labels)]
    return torch.bincount(right, minlength=num_classes) / torch.bincount(labels, minlength=num_classes)


def by_frequency(train: TrainSet) -> Tensor:
    """The classes (K,), those that are truly the most frequent in the training set first."""
    return count(train.clean_labels, train.num_classes).argsort(descending=True, stable=True)


def at_edge(found: Tensor, counts: Tensor) -> float:
    """The mean of `found` (K,) over the three classes of the largest `counts` (K,); classes of equal counts share."""
    edge = counts.sort(descending=True).values[EDGE - 1]
    places, tied = (counts > edge).to(found), counts == edge
    places[tied] = (EDGE - places.sum()) / tied.sum()
    known = (places > 0) & ~found.isnan()
    return ((places * found)[known].sum() / places[known].sum()).item()


def measure(moment: Moment) -> dict[str, float]:
    """Accuracy with all classes counted alike, and on the three rarest and the three most frequent classes.

    Which these are the task's training set says, by its true labels: what is recorded, and what a trick leaves of it,
    may differ between the arms.
    """
    drawn = moment.drawn
    order, counts = by_frequency(drawn), count(drawn.clean_labels, drawn.num_classes)
    found, counts = recalls(moment.predict(moment.model), moment.test_labels, drawn.num_classes)[order], counts[order]
    return {
        "test_balanced_accuracy": found.nanmean().item(),
        "test_tail_accuracy": at_edge(found, -counts),
        "test_head_accuracy": at_edge(found, counts),
    }


LOOKED_AT = 500  # test examples


def probe(moment: Moment) -> dict[str, Tensor]:
    """By class (K,), the task's most frequent first: training examples, those of the batch, and the share got right."""
    train, order = moment.train, by_frequency(moment.drawn)
    labels = moment.test_labels[:LOOKED_AT]
    moment.model.eval()
    with torch.no_grad():
        logits = moment.model(moment.test_inputs[:LOOKED_AT], moment.knobs)
    moment.model.train()
    return {
        "class_counts": torch.bincount(train.labels, minlength=train.num_classes)[order],
        "batch_counts": torch.bincount(moment.batch.labels, minlength=train.num_classes)[order],
        "class_recalls": recalls(logits, labels, train.num_classes)[order].nan_to_num(),
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The shares (10,) of ten classes, from 400 examples down to 8, that the network learns for."""
    counts = 400 * 50 ** (-torch.arange(10) / 9)
    power = 0.0 if knobs["balancing"] == "none" else float(knobs["balance_power"])
    shares = counts ** (1 - power)
    return {"learned_shares": shares / shares.sum()}


TRICK = Trick(
    name="class_balance",
    family="data",
    serves=("generalization",),
    formula=r"\pi'_c \propto n_c^{1 - \tau}",
    knobs=(
        Knob(
            "balancing",
            "",
            default="logits",
            choices=("none", "sampler", "weights", "logits"),
            neutral="none",
            unless=("balance_power", 0.0),
        ),
        Knob(
            "balance_power",
            "τ",
            default=1.0,
            low=0.0,
            high=2.0,
            neutral=0.0,
            when=("balancing", "sampler", "weights", "logits"),
        ),
    ),
    wraps=("sample", "loss"),
    setups=(Setup("long_tail", steps=1200, settings={"eval_every": 50}),),
    papers=(
        Paper(
            authors="Menon, Jayasumana, Rawat, Jain, Veit, Kumar",
            title="Long-tail learning via logit adjustment",
            year=2021,
            url="https://arxiv.org/abs/2007.07314",
        ),
        Paper(
            authors="Buda, Maki, Mazurowski",
            title="A systematic study of the class imbalance problem in convolutional neural networks",
            year=2018,
            url="https://arxiv.org/abs/1710.05381",
        ),
    ),
    metric="test_balanced_accuracy",
    claims=(
        Claim("sampling"),
        Claim("logits", "test_tail_accuracy", "higher"),
        Claim("balanced", "test_balanced_accuracy", "higher"),
    ),
    apply=apply,
    related=("focal_loss", "augmentation"),
    probe=probe,
    preview=preview,
    measures={
        "test_balanced_accuracy": "higher",
        "test_tail_accuracy": "higher",
        "test_head_accuracy": "higher",
    },
    measure=measure,
    measure_passes=1,
)
