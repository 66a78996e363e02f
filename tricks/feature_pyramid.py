r"""A feature pyramid brings what coarse maps know back to the fine ones, level by level.

    P_l = \lambda\, L_l(C_l) + \mu\, \mathrm{up}(P_{l+1}), \qquad P_4 = L_4(C_4)

C_l are the maps of a network's stages, finer and wider-eyed by turns: C_1 has all pixels, C_4 the widest look. L_l is a
1 × 1 convolution (the lateral connection) that gives all maps as many channels, up doubles a map's sides by repeating
its cells. λ is the scale of the lateral connections, μ that of the way down; both are 1 in the paper. The classes are
read off P_1. The full head is a rival: with a width of 8 it makes a network of about as many weights, all spent on the
finest map. Neutral: the coarse head, which reads them off C_4.

Lin, Dollár, Girshick, He, Hariharan, Belongie. Feature Pyramid Networks for Object Detection. 2017.
https://arxiv.org/abs/1612.03144
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import PictureMoment, PictureRecipe

CHANNELS = 16
NUM_LEVELS = 4


def merge(laterals: list[Tensor], lateral_scale: float, top_down_scale: float) -> list[Tensor]:
    """The pyramid's maps P of lateral maps (N, C, H, W), the finest first, each half as fine as the one before."""
    levels = [laterals[-1]]
    for lateral in reversed(laterals[:-1]):
        raised = F.interpolate(levels[0], scale_factor=2, mode="nearest")
        levels.insert(0, lateral_scale * lateral + top_down_scale * raised)
    return levels


class PyramidHead(nn.Module):
    """Logits (N, K, H, W) read off the finest map of a pyramid over the stages' maps."""

    def __init__(self, channels: list[int], num_classes: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(count, CHANNELS, 1) for count in channels)
        self.smooth = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.classes = nn.Conv2d(CHANNELS, num_classes, 1)

    def levels(self, maps: list[Tensor], knobs: Knobs) -> list[Tensor]:
        """The pyramid's maps, the finest first, of one map a lateral connection.

        Raises:
            ValueError: there are more maps than that, or fewer.
        """
        laterals = [lateral(level) for lateral, level in zip(self.laterals, maps, strict=True)]
        return merge(laterals, float(knobs["lateral_scale"]), float(knobs["top_down_scale"]))

    def read(self, level: Tensor) -> Tensor:
        """The logits (N, K, h, w) of one level. The same weights read all levels, the finest one for the answer."""
        logits: Tensor = self.classes(torch.relu(self.smooth(level)))
        return logits

    def forward(self, maps: list[Tensor], knobs: Knobs) -> Tensor:
        return self.read(self.levels(maps, knobs)[0])


class FullHead(nn.Module):
    """Logits (N, K, H, W) of the first stage's map alone, by `depth` more convolutions as fine as the picture."""

    def __init__(self, channels: int, num_classes: int, depth: int) -> None:
        super().__init__()
        counts = [channels] + [CHANNELS] * depth
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(counts))
        self.classes = nn.Conv2d(CHANNELS, num_classes, 1)

    def forward(self, maps: list[Tensor], knobs: Knobs) -> Tensor:
        x = maps[0]
        for convolution in self.convolutions:
            x = torch.relu(convolution(x))
        logits: Tensor = self.classes(x)
        return logits


FULL_DEPTH = 13  # convolutions, with which a network of width 8 has as many weights as with the pyramid


def apply(recipe: PictureRecipe) -> PictureRecipe:
    """The recipe with its network's head replaced by the knob's."""

    def model(knobs: Knobs, generator: torch.Generator) -> nn.Module:
        network: Any = recipe.model(knobs, generator)
        num_classes = network.head.classes.out_channels
        if knobs["pyramid_head"] == "pyramid":
            network.head = PyramidHead(network.channels, num_classes)
        elif knobs["pyramid_head"] == "full":
            network.stages = network.stages[:1]
            network.head = FullHead(network.channels[0], num_classes, FULL_DEPTH)
        return network  # type: ignore[no-any-return]

    return replace(recipe, model=model)


NUM_TOLD = 3  # pictures whose levels are shown


def probe(moment: PictureMoment) -> dict[str, Tensor]:
    """Class maps, from 0 for the ground to 1 for the last class: `answers` (n, H, W), and what each level says.

    `levels` (18, H, W) has for each of three pictures the picture, the truth, and the classes as read off each level,
    the coarsest first. A head that is no pyramid has one level: the others are empty.
    """
    last = moment.answered[1].shape[1] - 1
    told = moment.answered[1].argmax(1) / last
    shown = moment.inputs[:NUM_TOLD]
    side = shown.shape[-1]
    low, high = shown.amin((1, 2), keepdim=True), shown.amax((1, 2), keepdim=True)
    columns = [(shown - low) / (high - low), moment.truth["classes"][:NUM_TOLD] / last]
    head: Any = moment.model.head
    if isinstance(head, PyramidHead):
        maps = [shown.unsqueeze(1)]
        for stage in moment.model.stages:  # type: ignore[union-attr]
            maps.append(stage(maps[-1]))
        for level in reversed(head.levels(maps[1:], moment.knobs)):
            classes = head.read(level).argmax(1) / last
            times = side // classes.shape[1]
            columns.append(classes.repeat_interleave(times, 1).repeat_interleave(times, 2))
    else:
        columns += [torch.zeros_like(shown)] * (NUM_LEVELS - 1) + [told[:NUM_TOLD]]
    return {"answers": told, "levels": torch.stack(columns, 1).flatten(0, 1)}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How strongly each stage's map (4,), the finest first, enters the map that the answer is read off."""
    if knobs["pyramid_head"] != "pyramid":
        return {"level_weights": torch.tensor([1.0, 0, 0, 0] if knobs["pyramid_head"] == "full" else [0, 0, 0, 1.0])}
    laterals = [torch.zeros(NUM_LEVELS, 2**size, 1) for size in reversed(range(NUM_LEVELS))]
    for level, lateral in enumerate(laterals):
        lateral[level] = 1
    scales = float(knobs["lateral_scale"]), float(knobs["top_down_scale"])
    merged = merge([lateral[None] for lateral in laterals], *scales)
    return {"level_weights": merged[0][0, :, 0, 0]}


TRICK = Trick(
    name="feature_pyramid",
    family="structure",
    serves=("generalization",),
    formula=r"P_l = \lambda\, L_l(C_l) + \mu\, \mathrm{up}(P_{l+1}), \qquad P_4 = L_4(C_4)",
    knobs=(
        Knob(
            "pyramid_head", "", default="pyramid", choices=("coarse", "full", "pyramid"), neutral="coarse", live=False
        ),
        Knob("top_down_scale", "μ", default=1.0, low=0.0, high=1.0, when=("pyramid_head", "pyramid")),
        Knob("lateral_scale", "λ", default=1.0, low=0.0, high=1.0, when=("pyramid_head", "pyramid")),
    ),
    wraps=("model",),
    setups=(Setup("blobs", steps=300),),
    papers=(
        Paper(
            "Lin, Dollár, Girshick, He, Hariharan, Belongie",
            "Feature Pyramid Networks for Object Detection",
            2017,
            "https://arxiv.org/abs/1612.03144",
        ),
    ),
    metric="test_miou",
    claims=(
        Claim("all_sizes", "test_miou", "higher"),
        Claim("small", "test_iou_small", "higher"),
        Claim("medium", "test_iou_medium", "higher"),
        Claim("large", "test_iou_large", "higher"),
        Claim("cost"),
    ),
    apply=apply,
    trainer="pictures",
    related=("anchors", "skip_connection"),
    probe=probe,
    preview=preview,
)
