r"""CenterNet's focal loss turns down the cells of a heat map that are right already, and those near an object's center.

    L = -\frac{1}{N} \sum_{xy} \begin{cases} (1 - p_{xy})^{\alpha} \log p_{xy} & Y_{xy} = 1 \\
    (1 - Y_{xy})^{\beta}\, p_{xy}^{\alpha} \log (1 - p_{xy}) & \text{otherwise} \end{cases}

p is the heat the network gives to a cell, Y the target: 1 at an object's center, falling off around it as a Gaussian;
N counts the objects of the batch. α turns down the cells that are nearly right, above all the flood of empty ones;
β turns down the mistakes near a center, where heat is almost right. Each arm has a best learning rate of its own, so
that of this arm is multiplied by k. Neutral: α = 0, β = 0 and k = 1, which is the cross-entropy on one-hot targets.

Zhou, Wang, Krähenbühl. Objects as Points. 2019. https://arxiv.org/abs/1904.07850
Law, Deng. CornerNet: Detecting Objects as Paired Keypoints. 2018. https://arxiv.org/abs/1808.01244
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, PictureMoment, PictureRecipe


def center_loss(logits: Tensor, heat: Tensor, alpha: float, beta: float) -> Tensor:
    """The loss of each cell, of logits and target heat of one shape; `alpha` and `beta` are at least 0.

    All in log space: log p and log(1 − p) are soft-pluses of the logit, and powers are exponentials of them.
    """
    signed = torch.where(heat == 1, -logits, logits)  # log of the mistake's probability is −softplus(−signed)
    return torch.exp(-alpha * F.softplus(-signed)) * nearness_weight(heat, beta) * F.softplus(signed)


def nearness_weight(heat: Tensor, beta: float) -> Tensor:
    """(1 − Y)^β of target heat Y below 1, and 1 at a center itself."""
    return torch.where(heat == 1, torch.ones_like(heat), (1 - heat) ** beta)


def apply(recipe: PictureRecipe) -> PictureRecipe:
    """The recipe with the penalty-reduced focal loss in place of its own, at a multiple of its learning rate."""

    def loss(logits: Tensor, truth: Mapping[str, Tensor], knobs: Knobs, memory: Memory) -> Tensor:
        heat = truth["heat"]
        losses = center_loss(logits, heat, float(knobs["center_alpha"]), float(knobs["center_beta"]))
        return losses.sum() / (heat == 1).sum().clamp(min=1)

    def lr(step: int, knobs: Knobs) -> float:
        return recipe.lr(step, knobs) * float(knobs["center_lr_multiple"])

    return replace(recipe, loss=loss, lr=lr)


BINS = 20
STRETCH = 2  # the heat map is half as fine as the picture


def probe(moment: PictureMoment) -> dict[str, Tensor]:
    """Pictures and target heat (2n, H, W), the heat given (n, H / 2, W / 2), and what the empty cells have of it.

    Pictures are scaled to 0 … 1 each. `empty_counts` (20,) count the cells that are no center by the heat they are
    given, between `heat_edges` (21,); the counts are logarithms of base 10 of one more, since most are in the first.
    """
    low, high = moment.inputs.amin((1, 2), keepdim=True), moment.inputs.amax((1, 2), keepdim=True)
    heat = moment.truth["heat"]
    fine = heat.repeat_interleave(STRETCH, 1).repeat_interleave(STRETCH, 2)
    given = moment.answered[1].sigmoid()
    counts = torch.histc(given[heat < 1], BINS, 0, 1)
    return {
        "asked": torch.cat([(moment.inputs - low) / (high - low), fine]),
        "given": given,
        "heat_edges": torch.linspace(0, 1, BINS + 1),
        "empty_counts": torch.log10(1 + counts),
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """What a cell far from any object costs over the heat p it is given, with and without α; (1 − Y)^β over Y."""
    p = torch.linspace(0.005, 0.995, 199)
    empty, near = torch.zeros_like(p), torch.linspace(0, 0.995, 199)
    return {
        "p": p,
        "empty_loss": center_loss(p.logit(), empty, float(knobs["center_alpha"]), 0),
        "plain_loss": center_loss(p.logit(), empty, 0, 0),
        "target_heat": near,
        "near_weight": nearness_weight(near, float(knobs["center_beta"])),
    }


TRICK = Trick(
    name="centernet_loss",
    family="loss",
    serves=("convergence",),
    formula=(
        r"L = -\frac{1}{N} \sum_{xy} \begin{cases} (1 - p_{xy})^{\alpha} \log p_{xy} & Y_{xy} = 1 \\ "
        r"(1 - Y_{xy})^{\beta}\, p_{xy}^{\alpha} \log (1 - p_{xy}) & \text{otherwise} \end{cases}"
    ),
    knobs=(
        Knob("center_alpha", "α", default=2.0, low=0.0, high=5.0, neutral=0.0),
        Knob("center_beta", "β", default=4.0, low=0.0, high=8.0, neutral=0.0),
        Knob("center_lr_multiple", "k", default=30.0, low=0.1, high=100.0, neutral=1.0, scale="log"),
    ),
    wraps=("loss", "lr"),
    replaces=("loss",),
    setups=(Setup("centers", steps=150),),
    papers=(
        Paper("Zhou, Wang, Krähenbühl", "Objects as Points", 2019, "https://arxiv.org/abs/1904.07850"),
        Paper(
            "Law, Deng",
            "CornerNet: Detecting Objects as Paired Keypoints",
            2018,
            "https://arxiv.org/abs/1808.01244",
        ),
    ),
    metric="test_center_ap",
    claims=(
        Claim("centers", "test_center_ap", "higher"),
        Claim("empty_cells"),
    ),
    apply=apply,
    trainer="pictures",
    related=("focal_loss",),
    probe=probe,
    preview=preview,
)
