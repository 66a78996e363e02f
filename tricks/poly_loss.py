r"""Poly loss adds to the cross-entropy a multiple of what the network still lacks of the right class's probability.

    L_{\text{Poly-1}} = -\log p_t + \varepsilon_1 (1 - p_t)

p_t is the probability the network gives to the example's class (for a distribution t of targets, p_t = Σ t_k p_k).
The cross-entropy is the series Σ (1 − p_t)^j / j over j = 1, 2, …; ε₁ changes the coefficient of its first term from 1
to 1 + ε₁, and leaves all others. So the gradient with respect to the logits is that of the cross-entropy times
1 + ε₁ p_t (for one-hot targets): ε₁ > 0 pulls harder on the examples of which the network is already sure, ε₁ < 0 less;
at −1 the first term is gone. Below −1 the loss would rise toward p_t = 1, so the range ends there. The term is added to
the per-example loss that there is already, unweighted. Neutral: ε₁ = 0, where exactly 0 is added.

Focal loss stands after it in the catalogue: both together are (1 − p_t)^γ (−log p_t + ε₁ (1 − p_t)), the paper's
Poly-1 form of focal loss.

Leng, Tan, Liu, Cubuk, Shi, Cheng, Anguelov. PolyLoss: A Polynomial Expansion Perspective of Classification Loss
Functions. 2022. https://arxiv.org/abs/2204.12511
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.focal_loss import histogram, over_p_t, p_t_of
from tricks.recipe import Batch, Memory, Moment, Recipe


def miss(logits: Tensor, targets: Tensor) -> Tensor:
    """1 − p_t (N,) of logits (N, K) and target distributions (N, K), exact where p_t is near 1.

    1 − p_t = Σ (1 − t_k) p_k, so it is summed over the other classes and never by a subtraction.
    """
    return ((1 - targets) * logits.softmax(1)).sum(1)


def apply(recipe: Recipe) -> Recipe:
    """The recipe with ε₁ (1 − p_t) added to each of its per-example losses."""

    def loss(logits: Tensor, batch: Batch, knobs: Knobs, memory: Memory) -> Tensor:
        added = float(knobs["poly_epsilon"]) * miss(logits, batch.targets)
        return recipe.loss(logits, batch, knobs, memory) + added

    return replace(recipe, loss=loss)


TINY = torch.finfo(torch.float32).tiny  # keeps the point on the chart where no right class is given any probability


def probe(moment: Moment) -> dict[str, Tensor]:
    """Where the batch's p_t lie: how many (20,) are between the edges (21,), their mean (1,), loss and pull there."""
    p_t = p_t_of(moment)
    mean, epsilon = p_t.mean().reshape(1), float(moment.knobs["poly_epsilon"])
    return {
        **histogram(p_t),
        "mean_p_t": mean,
        "loss_at_mean": epsilon * (1 - mean) - mean.clamp_min(TINY).log(),
        "pull_at_mean": 1 + epsilon * mean,
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """Over p_t: poly loss and cross-entropy of an example, and by how much its gradient is that of cross-entropy."""
    (p_t, logits, targets, losses), epsilon = over_p_t(knobs), float(knobs["poly_epsilon"])
    return {
        "p_t": p_t,
        "poly_loss": losses + epsilon * miss(logits, targets),
        "cross_entropy": losses,
        "pull": 1 + epsilon * p_t,
    }


TRICK = Trick(
    name="poly_loss",
    family="loss",
    serves=("generalization",),
    formula=r"L_{\text{Poly-1}} = -\log p_t + \varepsilon_1 (1 - p_t)",
    knobs=(Knob("poly_epsilon", "ε₁", default=2.0, low=-1.0, high=8.0, neutral=0.0),),
    wraps=("loss",),
    setups=(
        Setup(
            "digits",
            steps=800,
            settings={"label_noise": 0.4, "optimizer": "adam", "lr": 1e-3, "eval_every": 10},
        ),
        Setup(
            "mnist1d",
            steps=800,
            settings={"train_size": 1000, "optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0},
        ),
    ),
    papers=(
        Paper(
            authors="Leng, Tan, Liu, Cubuk, Shi, Cheng, Anguelov",
            title="PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions",
            year=2022,
            url="https://arxiv.org/abs/2204.12511",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("first_term"),
        Claim("accuracy", "test_accuracy", "higher"),
        Claim("surer"),
        Claim("depends"),
    ),
    apply=apply,
    related=("focal_loss", "label_smoothing"),
    probe=probe,
    preview=preview,
)
