r"""Focal loss weighs an example the less, the surer the network already is of its class.

    \mathrm{FL}(p_t) = -\alpha_t (1 - p_t)^{\gamma} \log p_t

p_t is the probability the network gives to the example's class (for a distribution t of targets, p_t = Σ t_k p_k);
γ is how strongly easy examples are turned down. α_t, where it is on, is α for class 1 and 1 − α for class 0 of a task
with two classes, else it is 1. The factor stands before the per-example loss that there is already, which is
−log p_t unless another trick has changed it. Values at different γ are not comparable with each other, nor with
cross-entropy. Neutral: γ = 0 and α_t off, where every weight is exactly 1.

Lin, Goyal, Girshick, He, Dollár. Focal Loss for Dense Object Detection. 2017. https://arxiv.org/abs/1708.02002
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Batch, Memory, Moment, Recipe, cross_entropy


def log_miss(logits: Tensor, targets: Tensor) -> Tensor:
    """log(1 − p_t) (N,) of logits (N, K) and target distributions (N, K), exact where p_t is near 1.

    1 − p_t = Σ (1 − t_k) p_k, so it is summed in log space over the other classes and never by a subtraction.
    """
    return torch.logsumexp(logits.log_softmax(1) + torch.log1p(-targets), 1)


def focal_weight(logits: Tensor, targets: Tensor, gamma: float) -> Tensor:
    """(1 − p_t)^γ (N,) of logits (N, K) and target distributions (N, K); `gamma` is at least 0."""
    return torch.exp(gamma * log_miss(logits, targets))


def class_weight(targets: Tensor, alpha: float) -> Tensor:
    """α_t (N,) of target distributions (N, 2): `alpha` for class 1, 1 − `alpha` for class 0; `alpha` is 0 to 1."""
    return targets @ targets.new_tensor([1 - alpha, alpha])


def apply(recipe: Recipe) -> Recipe:
    """The recipe with each of its per-example losses weighted."""

    def loss(logits: Tensor, batch: Batch, knobs: Knobs, memory: Memory) -> Tensor:
        losses = focal_weight(logits, batch.targets, float(knobs["gamma"])) * recipe.loss(logits, batch, knobs, memory)
        if knobs.get("alpha_balance", "off") == "on":
            losses = class_weight(batch.targets, float(knobs["alpha_t"])) * losses
        return losses

    return replace(recipe, loss=loss)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """α is a matter of two classes."""
    return knobs if settings["task"] in TWO_CLASSES else knobs[:1]


TWO_CLASSES = ("rare_class", "spirals")
BINS = 20


def p_t_of(moment: Moment) -> Tensor:
    """p_t (N,) of the batch's examples."""
    return (moment.logits.softmax(1) * moment.batch.targets).sum(1)


def histogram(p_t: Tensor) -> dict[str, Tensor]:
    """How many of p_t (N,), `p_t_counts` (20,), lie between the edges, `p_t_edges` (21,)."""
    counts = torch.bincount((p_t * BINS).long().clamp(0, BINS - 1), minlength=BINS)
    return {"p_t_edges": torch.linspace(0, 1, BINS + 1), "p_t_counts": counts}


def over_p_t(knobs: Knobs) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Made-up examples of two classes: their p_t (199,) from near 0 to near 1, logits, targets and cross-entropy."""
    p_t = torch.linspace(0.005, 0.995, 199)
    logits = torch.stack([p_t.log(), torch.log1p(-p_t)], 1)
    labels = torch.zeros(len(p_t), dtype=torch.long)
    targets = torch.tensor([[1.0, 0.0]]).expand(len(p_t), 2)
    return p_t, logits, targets, cross_entropy(logits, Batch(p_t, labels, targets, labels), knobs)


def probe(moment: Moment) -> dict[str, Tensor]:
    """How many examples of the batch have which p_t."""
    return histogram(p_t_of(moment))


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The weight, the focal loss and the cross-entropy of an example, over p_t (α_t left out)."""
    p_t, logits, targets, losses = over_p_t(knobs)
    weight = focal_weight(logits, targets, float(knobs["gamma"]))
    return {"p_t": p_t, "weight": weight, "focal_loss": weight * losses, "cross_entropy": losses}


TRICK = Trick(
    name="focal_loss",
    family="loss",
    serves=("generalization", "convergence"),
    formula=r"\mathrm{FL}(p_t) = -\alpha_t (1 - p_t)^{\gamma} \log p_t",
    knobs=(
        Knob("gamma", "γ", default=2.0, low=0.0, high=5.0, neutral=0.0),
        Knob("alpha_balance", "", default="off", choices=("off", "on"), neutral="off"),
        Knob("alpha_t", "α", default=0.25, low=0.0, high=1.0, when=("alpha_balance", "on")),
    ),
    wraps=("loss",),
    setups=(
        Setup("rare_class", steps=1500, settings={"eval_every": 25}),
        Setup(
            "mnist1d",
            steps=800,
            settings={"train_size": 1000, "optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0},
        ),
    ),
    papers=(
        Paper(
            authors="Lin, Goyal, Girshick, He, Dollár",
            title="Focal Loss for Dense Object Detection",
            year=2017,
            url="https://arxiv.org/abs/1708.02002",
        ),
    ),
    metric="test_average_precision",
    claims=(
        Claim("easy_weigh_less"),
        Claim("hard_ones"),
        Claim("imbalance", "test_average_precision", "higher"),
    ),
    in_article=True,
    apply=apply,
    related=("label_smoothing", "flooding"),
    adapt=adapt,
    probe=probe,
    preview=preview,
)
