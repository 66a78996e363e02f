r"""A skip connection adds a block's input to its output, so that the block has only the difference to learn.

    y = F(x) + s\,x

x goes into a block of two layers, F(x) is what they make of it before the second ReLU, which follows the sum; s is the
scale of the shortcut: 1 is the paper's identity, 0 leaves the plain network. The gradient, too, has a path around every
block. Neutral: s = 0.

He, Zhang, Ren, Sun. Deep Residual Learning for Image Recognition. 2015. https://arxiv.org/abs/1512.03385
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe


def apply(recipe: Recipe) -> Recipe:
    """The recipe with a shortcut around each block, at the knob's scale."""

    def shortcut(knobs: Knobs) -> float:
        return float(knobs["shortcut_scale"])

    return recipe.with_model(shortcut=shortcut)


def probe(moment: Moment) -> dict[str, Tensor]:
    """The norms (layers,) of the gradient of each weight layer in the step just made, from the input on."""
    gradients = [value.grad for value in moment.model.parameters() if value.dim() > 1 and value.grad is not None]
    return {"layer_gradients": torch.stack([gradient.norm() for gradient in gradients])}


NUM_BLOCKS = 10


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The shares of the paths that go through 0, 1, ..., 10 of 10 blocks, when the shortcuts are written out.

    The product of (F + s) over the blocks has C(10, k) terms with k blocks in them, each weighed s^(10 − k).
    Source: Veit, Wilber, Belongie 2016, https://arxiv.org/abs/1605.06431, with a scale.
    """
    scale = float(knobs["shortcut_scale"])
    weights = [math.comb(NUM_BLOCKS, k) * scale ** (NUM_BLOCKS - k) for k in range(NUM_BLOCKS + 1)]
    return {"path_shares": torch.tensor(weights) / sum(weights)}


TRICK = Trick(
    name="skip_connection",
    family="structure",
    serves=("convergence", "stability"),
    formula=r"y = F(x) + s\,x",
    knobs=(Knob("shortcut_scale", "s", default=1.0, low=0.0, high=1.0, neutral=0.0),),
    wraps=("model.shortcut",),
    replaces=("model.shortcut",),
    setups=(
        Setup(
            "mnist1d",
            steps=500,
            settings={
                "model": "residual_mlp",
                "depth": 21,
                "width": 32,
                "initial": "he",
                "lr": 0.03,
                "weight_decay": 1e-4,
                "batch_size": 128,
            },
        ),
    ),
    papers=(
        Paper(
            authors="He, Zhang, Ren, Sun",
            title="Deep Residual Learning for Image Recognition",
            year=2015,
            url="https://arxiv.org/abs/1512.03385",
        ),
    ),
    metric="test_loss",
    claims=(
        Claim("trains", "test_loss", "lower"),
        Claim("degradation"),
    ),
    in_article=True,
    apply=apply,
    related=("normalization", "activation", "soft_thresholding"),
    probe=probe,
    preview=preview,
)
