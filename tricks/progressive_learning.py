r"""Progressive learning shows the network small pictures first, and the full ones only in the last part of the run.

    x_s = \begin{cases} \text{pool}(x, r) & s < p T \\ x & \text{otherwise} \end{cases}

s counts the steps from 0, T is the run's length, p the share of it at low resolution; pool(x, r) makes a picture of
r × r pixels by taking the mean of each square of pixels, which also takes out noise. A convolution over a quarter of
the pixels costs about a quarter, so the first stage is cheap; but what is learned at one size does not fit the other
by itself, and the last stage has to carry it over. It needs a network that takes pictures of any size. The test
pictures are always the full ones. Neutral: p = 0.

Karras, Aila, Laine, Lehtinen. Progressive Growing of GANs for Improved Quality, Stability, and Variation. 2018.
https://arxiv.org/abs/1710.10196
Tan, Le. EfficientNetV2: Smaller Models and Faster Training. 2021. https://arxiv.org/abs/2104.00298
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick, steps_of
from tricks.recipe import Batch, Memory, Moment, Recipe

NUM_POINTS = 500
SHOWN = 4  # pictures on the panel


def shrink(pictures: Tensor, side: int) -> Tensor:
    """Pictures (N, H, H) as (N, side, side), each pixel the mean of a square of them; H is a multiple of `side`."""
    return F.avg_pool2d(pictures.unsqueeze(1), pictures.shape[-1] // side)[:, 0]


def is_low(step: int, knobs: Knobs) -> bool:
    """Whether step `step` + 1 is at low resolution."""
    return step < steps_of(float(knobs["low_share"]), int(knobs["steps"]))


def seen(pictures: Tensor, step: int, knobs: Knobs) -> Tensor:
    """Pictures (N, H, H) as the network sees them in step `step` + 1."""
    return shrink(pictures, int(knobs["low_side"])) if is_low(step, knobs) else pictures


def apply(recipe: Recipe) -> Recipe:
    """The recipe with its batches' pictures made smaller in the first stage."""

    def transform(batch: Batch, model: nn.Module, knobs: Knobs, memory: Memory, generator: torch.Generator) -> Batch:
        if recipe.transform is not None:
            batch = recipe.transform(batch, model, knobs, memory, generator)
        batch.inputs = seen(batch.inputs, batch.step, knobs)
        return batch

    return replace(recipe, transform=transform)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """A network made for one number of inputs is shown the pictures as they are."""
    share, side = knobs
    return knobs if settings["model"] in ANY_SIZE else (share, replace(side, choices=(str(FULL),), default=str(FULL)))


def probe(moment: Moment) -> dict[str, Tensor]:
    """What the network saw in the last step: `seen` (4, 32, 32), its pixels enlarged; `at_step` and `at_side` (1,)."""
    pictures = seen(moment.train.inputs[:SHOWN], moment.step - 1, moment.knobs)
    scale = moment.train.inputs.shape[-1] // pictures.shape[-1]
    return {
        "seen": pictures.repeat_interleave(scale, 1).repeat_interleave(scale, 2),
        "at_step": torch.tensor([moment.step]),
        "at_side": torch.tensor([pictures.shape[-1]]),
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The side of the pictures, in pixels, over the run, at most some 500 steps of it."""
    steps = range(1, int(knobs["steps"]) + 1, max(1, int(knobs["steps"]) // NUM_POINTS))
    sides = [int(knobs["low_side"]) if is_low(step - 1, knobs) else FULL for step in steps]
    return {"step": torch.tensor(steps), "side_ahead": torch.tensor(sides)}


FULL = 32  # the side of the task's pictures
SIDES = (8, 16)
ANY_SIZE = ("conv2d", "resnet1d", "blocks1d")  # the networks that take a mean over all positions at their end

TRICK = Trick(
    name="progressive_learning",
    family="schedule",
    serves=("convergence",),
    formula=r"x_s = \begin{cases} \text{pool}(x, r) & s < p T \\ x & \text{otherwise} \end{cases}",
    knobs=(
        Knob("low_share", "p", default=0.3, low=0.0, high=1.0, neutral=0.0),
        Knob("low_side", "r", default="16", choices=tuple(map(str, SIDES)), unit="pixels", unless=("low_share", 0.0)),
    ),
    wraps=("transform",),
    setups=(Setup("big_digits", steps=400),),
    papers=(
        Paper(
            authors="Karras, Aila, Laine, Lehtinen",
            title="Progressive Growing of GANs for Improved Quality, Stability, and Variation",
            year=2018,
            url="https://arxiv.org/abs/1710.10196",
        ),
        Paper(
            authors="Tan, Le",
            title="EfficientNetV2: Smaller Models and Faster Training",
            year=2021,
            url="https://arxiv.org/abs/2104.00298",
        ),
    ),
    metric="test_loss",
    claims=(
        Claim("as_much", "test_loss", "lower"),
        Claim("computing"),
    ),
    apply=apply,
    related=("multi_stage",),
    adapt=adapt,
    probe=probe,
    preview=preview,
    least_side=min(SIDES),
    fits=lambda view, shape: shape == (FULL, FULL),
)
