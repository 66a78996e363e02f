r"""Augmentation shows the network a new variant of each example every time: shifted, cut, noisy, or mixed with another.

    \tilde{x} = \lambda\, a(x_i) + (1 - \lambda)\, a(x_j), \quad \tilde{t} = \lambda\, t_i + (1 - \lambda)\, t_j

a shifts an example around by up to s samples (or pixels, in both directions), blanks a window of c samples (a square of
c by c pixels), and adds Gaussian noise of standard deviation σ. Mixup draws λ from Beta(α, α) for each batch, and takes
the targets t in the same proportion. Only training sees it. The labels stay, so each change claims that it does not
alter what the example is: it helps where that is true of the test set, and hurts where it is not. Neutral: s, c, σ and
α of 0, where nothing is drawn and nothing changed.

Shorten, Khoshgoftaar. A survey on Image Data Augmentation for Deep Learning. 2019.
https://doi.org/10.1186/s40537-019-0197-0
Zhang, Cisse, Dauphin, Lopez-Paz. mixup: Beyond Empirical Risk Minimization. 2018. https://arxiv.org/abs/1710.09412
DeVries, Taylor. Improved Regularization of Convolutional Neural Networks with Cutout. 2017.
https://arxiv.org/abs/1708.04552
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Batch, Memory, Moment, Recipe, one_hot_targets


def shift(inputs: Tensor, offsets: Tensor, axis: int) -> Tensor:
    """`inputs` (N, ..., L, ...) moved along `axis` by `offsets` (N,); what leaves at one end enters at the other."""
    length = inputs.shape[axis]
    shape = [1] * inputs.ndim
    shape[0], shape[axis] = len(offsets), length
    sources = (torch.arange(length) - offsets[:, None]) % length
    return inputs.gather(axis, sources.reshape(shape).expand_as(inputs))


def cut(inputs: Tensor, centers: Tensor, length: int) -> Tensor:
    """`inputs` (N, L, ...) with a window of `length` along every axis set to 0, about `centers` (N, number of axes).

    A window that reaches over an edge is smaller.
    """
    hidden = torch.ones_like(inputs, dtype=torch.bool)
    for axis in range(1, inputs.ndim):
        shape = [1] * inputs.ndim
        shape[0], shape[axis] = inputs.shape[0], inputs.shape[axis]
        into = torch.arange(inputs.shape[axis]) - (centers[:, axis - 1 : axis] - length // 2)
        hidden &= ((into >= 0) & (into < length)).reshape(shape)
    return inputs.masked_fill(hidden, 0)


def mix(values: Tensor, share: float, order: Tensor) -> Tensor:
    """`share` of each of `values` (N, ...) and the rest of the one that `order` (N,) puts in its place."""
    return share * values + (1 - share) * values[order]


def draw_share(alpha: float, generator: torch.Generator) -> float:
    """A number between 0 and 1 from Beta(`alpha`, `alpha`), `alpha` above 0; one draw of `generator` is used."""
    return random.Random(int(torch.randint(2**62, (), generator=generator))).betavariate(alpha, alpha)


def augment(inputs: Tensor, knobs: Knobs, generator: torch.Generator) -> Tensor:
    """Examples (N, L) or (N, H, W), each shifted, cut and made noisy with draws of its own."""
    count, num_axes = len(inputs), inputs.ndim - 1
    farthest, length, noise_std = int(knobs["max_shift"]), int(knobs["cutout_length"]), float(knobs["noise_std"])
    if farthest > 0:
        for axis in range(1, num_axes + 1):
            inputs = shift(inputs, torch.randint(-farthest, farthest + 1, (count,), generator=generator), axis)
    if length > 0:
        places = torch.rand(count, num_axes, generator=generator) * torch.tensor(inputs.shape[1:])
        inputs = cut(inputs, places.long(), length)
    if noise_std > 0:
        inputs = inputs + noise_std * torch.randn(inputs.shape, generator=generator)
    return inputs


def apply(recipe: Recipe) -> Recipe:
    """The recipe with every batch augmented, before anything else is done to it."""

    def transform(batch: Batch, model: nn.Module, knobs: Knobs, memory: Memory, generator: torch.Generator) -> Batch:
        shape = batch.inputs.shape
        batch.inputs = augment(as_seen(batch.inputs, knobs), knobs, generator).reshape(shape)
        alpha = float(knobs["mixup_alpha"])
        if alpha > 0:
            share = draw_share(alpha, generator)
            order = torch.randperm(len(batch.labels), generator=generator)
            batch.inputs, batch.targets = mix(batch.inputs, share, order), mix(batch.targets, share, order)
            batch.mixture = mix(one_hot_targets(batch.labels, batch.num_classes, knobs), share, order)
        return batch if recipe.transform is None else recipe.transform(batch, model, knobs, memory, generator)

    return replace(recipe, transform=transform)


def as_seen(inputs: Tensor, knobs: Knobs) -> Tensor:
    """Inputs (N, ...) as signals (N, L), or as squares (N, H, W) where the task's are pictures."""
    if knobs["view"] != "image":
        return inputs.flatten(1)
    side = math.isqrt(inputs[0].numel())
    return inputs.reshape(-1, side, side)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """Digits have 8 × 8 pixels: a shift by 3 puts one anywhere, a window of 8 hides it."""
    if settings["task"] != "digits":
        return knobs
    narrow = {"max_shift": {"high": 3, "default": 1}, "cutout_length": {"high": 8}}
    return tuple(replace(knob, **narrow.get(knob.name, {})) for knob in knobs)  # type: ignore[arg-type]


SHOWN = 4
ROWS, LARGEST = 32, 3.5  # a drawn signal's rows, and the value at its upper edge


def draw(inputs: Tensor, knobs: Knobs) -> Tensor:
    """Pictures (n, H, W) of inputs (n, L): squares as they are, signals as lines."""
    seen = as_seen(inputs, knobs)
    if seen.ndim == 3:
        return seen
    rows = ((LARGEST - seen) * (ROWS - 1) / (2 * LARGEST)).round().clamp(0, ROWS - 1)
    ends = torch.stack([rows, torch.cat([rows[:, 1:], rows[:, -1:]], 1)])
    places = torch.arange(ROWS)[:, None]
    return ((places >= ends.amin(0)[:, None]) & (places <= ends.amax(0)[:, None])).float()


def probe(moment: Moment) -> dict[str, Tensor]:
    """Four training examples and what the network saw in their place, as pictures (8, H, W)."""
    before = moment.train.inputs[moment.batch.indices[:SHOWN]]
    pair = [draw(inputs, moment.knobs) for inputs in (before, moment.batch.inputs[:SHOWN].flatten(1))]
    return {"samples": torch.cat(pair)}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """A made-up signal (40,) over its positions, and one variant of it; what is mixed in is one of another kind."""
    position = torch.arange(40.0)
    plain = torch.stack([2 * torch.exp(-(((position - 14) / 4) ** 2)), (position / 5).sin()])
    generator = torch.Generator().manual_seed(7)
    seen = augment(plain, {**knobs, "cutout_length": min(20, int(knobs["cutout_length"]))}, generator)
    alpha = float(knobs["mixup_alpha"])
    if alpha > 0:
        seen = mix(seen, draw_share(alpha, generator), torch.tensor([1, 0]))
    return {"position": position, "seen": seen[0], "plain": plain[0]}


OVERFITTED: Knobs = {"train_size": 500, "optimizer": "adam", "lr": 1e-3, "batch_size": 50, "weight_decay": 0.0}

TRICK = Trick(
    name="augmentation",
    family="data",
    serves=("generalization",),
    formula=r"\tilde{x} = \lambda\, a(x_i) + (1 - \lambda)\, a(x_j), \quad "
    r"\tilde{t} = \lambda\, t_i + (1 - \lambda)\, t_j",
    knobs=(
        Knob("max_shift", "s", default=4, low=0, high=20, neutral=0, integer=True),
        Knob("noise_std", "σ", default=0.0, low=0.0, high=1.0, neutral=0.0),
        Knob("cutout_length", "c", default=0, low=0, high=20, neutral=0, integer=True),
        Knob("mixup_alpha", "α", default=0.0, low=0.0, high=2.0, neutral=0.0),
    ),
    wraps=("transform",),
    setups=(
        Setup("mnist1d", steps=1500, settings=OVERFITTED),
        Setup("digits", steps=600, settings={"train_size": 400}),
    ),
    papers=(
        Paper(
            authors="Shorten, Khoshgoftaar",
            title="A survey on Image Data Augmentation for Deep Learning",
            year=2019,
            url="https://doi.org/10.1186/s40537-019-0197-0",
        ),
        Paper(
            authors="Zhang, Cisse, Dauphin, Lopez-Paz",
            title="mixup: Beyond Empirical Risk Minimization",
            year=2018,
            url="https://arxiv.org/abs/1710.09412",
        ),
        Paper(
            authors="DeVries, Taylor",
            title="Improved Regularization of Convolutional Neural Networks with Cutout",
            year=2017,
            url="https://arxiv.org/abs/1708.04552",
        ),
    ),
    metric="test_accuracy",
    claims=(Claim("stands_in", "test_accuracy", "higher"),),
    apply=apply,
    related=("label_smoothing",),
    adapt=adapt,
    fits=lambda view, shape: view != "point",  # whose coordinates have no order, and no neighbors
    probe=probe,
    preview=preview,
)
