r"""Anchors: a box is told as a small change to the nearest of many boxes that are there already.

    t = \left( \frac{x - x_a}{w_a},\ \frac{y - y_a}{h_a},\ \log \frac{w}{w_a},\ \log \frac{h}{h_a} \right)

(x, y, w, h) is an object's middle and size, the index a marks an anchor's: at each cell of a 4 × 4 grid stand three
squares of different sizes, all of them s times as large as they are declared. At every cell the network gives a score
and an offset t for each anchor; an anchor is to score if none overlaps an object better, or if it overlaps it by at
least τ, and only those learn offsets. The answer is the box at the best score. The head can also be asked for (x, y, w,
h) itself at each anchor (the choice absolute): then the same weights must say something else at every cell. Neutral:
the direct head, which reads one box off the whole map.

Ren, He, Girshick, Sun. Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks. 2015.
https://arxiv.org/abs/1506.01497
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, PictureMoment, PictureRecipe

CELLS = 4  # along each side of the grid
SIZES = (5 / 32, 10 / 32, 18 / 32)  # of the anchors, as shares of the picture's side
EDGE = 1 / 9  # where the smooth L1 loss of offsets turns from a square to a line; source: the paper's own code
PRIOR = -2.19  # the logit of 0.1, where every score begins


def grid(scale: float) -> Tensor:
    """The anchors (A, 4) as (x, y, w, h), cell by cell, the sizes of a cell together; `scale` multiplies the sizes."""
    middles = (torch.arange(CELLS) + 0.5) / CELLS
    y, x, size = torch.meshgrid(middles, middles, scale * torch.tensor(SIZES), indexing="ij")
    return torch.stack([x, y, size, size], 3).reshape(-1, 4)


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """The offsets t (..., 4) that lead from anchors (..., 4) to boxes (..., 4). Source: Ren et al. 2015, equation 2."""
    move = (boxes[..., :2] - anchors[..., :2]) / anchors[..., 2:]
    return torch.cat([move, (boxes[..., 2:] / anchors[..., 2:]).log()], -1)


def decode(offsets: Tensor, anchors: Tensor) -> Tensor:
    """The inverse of `encode`; a box grows to at most e⁴ times its anchor."""
    middle = anchors[..., :2] + offsets[..., :2] * anchors[..., 2:]
    return torch.cat([middle, anchors[..., 2:] * offsets[..., 2:].clamp(max=4).exp()], -1)


def overlaps(boxes: Tensor, anchors: Tensor) -> Tensor:
    """Intersection over union (N, A) of boxes (N, 4) with anchors (A, 4)."""
    low, high = (
        torch.stack([part[:, :2] - part[:, 2:] / 2, part[:, :2] + part[:, 2:] / 2]) for part in (boxes, anchors)
    )
    shared = (torch.minimum(low[1][:, None], high[1]) - torch.maximum(low[0][:, None], high[0])).clamp(min=0).prod(2)
    return shared / (boxes[:, 2:].prod(1)[:, None] + anchors[:, 2:].prod(1) - shared)


def match(overlap: Tensor, threshold: float) -> Tensor:
    """Which anchors are to score (N, A): those that overlap by at least `threshold`, and of each row the best.

    Several that are equally good are all of them the best; of a box that no anchor touches none is. Source: Ren et al.
    2015, section 3.1.2, "the anchor/anchors with the highest" overlap.
    """
    best = overlap.amax(1, keepdim=True) * (1 - 1e-5)  # equal but for rounding
    return (overlap > 0) & (overlap >= best.clamp(max=threshold))


def anchor_loss(outputs: Tensor, boxes: Tensor, anchors: Tensor, threshold: float, relative: bool) -> Tensor:
    """Mean over boxes (N, 4) of outputs (N, A, 5): cross-entropy of all scores, and smooth L1 where anchors match.

    Each of the two is a sum over anchors divided by the number of those that match. Unless `relative`, the outputs are
    boxes themselves.
    """
    matched = match(overlaps(boxes, anchors), threshold).to(outputs.dtype)
    wanted = encode(boxes[:, None], anchors) if relative else boxes[:, None].expand(-1, len(anchors), 4)
    scores = F.binary_cross_entropy_with_logits(outputs[..., 0], matched, reduction="none")
    moves = F.smooth_l1_loss(outputs[..., 1:], wanted, reduction="none", beta=EDGE).sum(2)
    return ((scores + matched * moves).sum(1) / matched.sum(1).clamp(min=1)).mean()


class AnchorHead(nn.Module):
    """A score and four numbers for each anchor (N, A, 5), the same weights at every cell."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.outputs = nn.Conv2d(channels, 5 * len(SIZES), 1)

    def forward(self, maps: list[Tensor], knobs: Knobs) -> Tensor:
        outputs: Tensor = self.outputs(maps[-1]).permute(0, 2, 3, 1).reshape(len(maps[-1]), -1, 5)
        return outputs + outputs.new_tensor([PRIOR, 0, 0, 0, 0])


def apply(recipe: PictureRecipe) -> PictureRecipe:
    """The recipe with the head of the knob's kind, its loss and its boxes."""

    def direct(knobs: Knobs) -> bool:
        return knobs["box_head"] == "direct"

    def model(knobs: Knobs, generator: torch.Generator) -> nn.Module:
        network: Any = recipe.model(knobs, generator)
        if not direct(knobs):
            network.head = AnchorHead(network.channels[-1])
        return network  # type: ignore[no-any-return]

    def loss(outputs: Tensor, truth: Mapping[str, Tensor], knobs: Knobs, memory: Memory) -> Tensor:
        if direct(knobs):
            return recipe.loss(outputs, truth, knobs, memory)
        anchors, relative = grid(float(knobs["anchor_scale"])), knobs["box_head"] == "anchors"
        return anchor_loss(outputs, truth["boxes"], anchors, float(knobs["match_threshold"]), relative)

    def answer(outputs: Tensor, knobs: Knobs) -> Tensor:
        return recipe.decode(outputs, knobs) if direct(knobs) else boxes_of(outputs, knobs)[1]

    return replace(recipe, model=model, loss=loss, decode=answer)


def boxes_of(outputs: Tensor, knobs: Knobs) -> tuple[Tensor, Tensor]:
    """The anchors (N, 4) with the best scores of outputs (N, A, 5), and the boxes (N, 4) told from them."""
    anchors = grid(float(knobs["anchor_scale"]))
    best = outputs[..., 0].argmax(1)
    chosen, told = anchors[best], outputs[torch.arange(len(best)), best, 1:]
    return chosen, decode(told, chosen) if knobs["box_head"] == "anchors" else told


SHOWN_SIDE = 32


def outlines(boxes: Tensor, side: int) -> Tensor:
    """The edges of boxes (n, 4) as a picture (n, side, side) of ones and zeros."""
    middle = (torch.arange(side) + 0.5) / side
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    wide = 1 / side

    def inside(margin: float) -> Tensor:
        x, y = ((low[:, i, None] + margin <= middle) & (middle < high[:, i, None] - margin) for i in (0, 1))
        return y[:, :, None] & x[:, None, :]

    return (inside(0) & ~inside(wide)).float()


def probe(moment: PictureMoment) -> dict[str, Tensor]:
    """Pictures (n, H, W) scaled to 0 … 1, and the boxes (n, 4) that are true, answered, and begun from (zero: none)."""
    low, high = moment.inputs.amin((1, 2), keepdim=True), moment.inputs.amax((1, 2), keepdim=True)
    outputs, answers = moment.answered
    begun = torch.zeros_like(answers)
    if moment.knobs["box_head"] != "direct":
        begun = boxes_of(outputs, moment.knobs)[0]
    return {
        "pictures": (moment.inputs - low) / (high - low),
        "true_boxes": moment.truth["boxes"],
        "answered_boxes": answers,
        "chosen_anchors": begun,
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The anchors' outlines (3, 32, 32), one picture for each size: those of every other cell, so as to be seen."""
    anchors = grid(float(knobs["anchor_scale"])).reshape(CELLS, CELLS, len(SIZES), 4)
    pictures = [outlines(anchors[::2, ::2, k].reshape(-1, 4), SHOWN_SIDE).amax(0) for k in range(len(SIZES))]
    return {"anchor_outlines": torch.stack(pictures)}


TRICK = Trick(
    name="anchors",
    family="structure",
    serves=("convergence", "generalization"),
    formula=(r"t = \left( \frac{x - x_a}{w_a},\ \frac{y - y_a}{h_a},\ \log \frac{w}{w_a},\ \log \frac{h}{h_a} \right)"),
    knobs=(
        Knob(
            "box_head", "", default="anchors", choices=("direct", "absolute", "anchors"), neutral="direct", live=False
        ),
        Knob(
            "anchor_scale", "s", default=1.0, low=0.25, high=4.0, scale="log", when=("box_head", "absolute", "anchors")
        ),
        Knob("match_threshold", "τ", default=0.3, low=0.1, high=0.9, when=("box_head", "absolute", "anchors")),
    ),
    wraps=("model", "loss", "decode"),
    replaces=("loss", "decode"),
    setups=(Setup("boxes", steps=250),),
    papers=(
        Paper(
            "Ren, He, Girshick, Sun",
            "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks",
            2015,
            "https://arxiv.org/abs/1506.01497",
        ),
    ),
    metric="test_iou",
    claims=(Claim("easier", "test_iou", "higher"),),
    apply=apply,
    trainer="pictures",
    related=("centernet_loss",),
    probe=probe,
    preview=preview,
)
