"""The networks, built from a `ModelSpec`. Every network and layer is called as `(x, knobs)`.

Parameters are drawn one by one, each from a generator named after it, so that a module which a trick adds shifts
nobody else's draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.parts.randomness import generator
from tricks.declaration import Knobs
from tricks.recipe import Layer, ModelSpec


def build_model(
    spec: ModelSpec, shape: tuple[int, ...], num_outputs: int, seed: int, masks: torch.Generator, prefix: str = ""
) -> Network:
    """A network for inputs (N, *shape) with outputs (N, num_outputs); `masks` is the arm's own generator.

    `prefix` tells an arm's several networks apart, so that each has draws of its own.
    """
    with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator, which is not ours
        model = assemble(spec, shape, num_outputs, masks)
    draw_parameters(model, spec.initial, seed, prefix)
    return model


def assemble(spec: ModelSpec, shape: tuple[int, ...], num_outputs: int, masks: torch.Generator) -> Network:
    """The network that `spec` describes, for inputs (N, *shape), its weights still to be given."""
    model = KINDS[spec.kind](spec, shape, num_outputs, masks)
    model.head_wrap = _wrap(model.head, spec)
    return model


def draw_parameters(model: nn.Module, initial: str, seed: int, prefix: str = "") -> None:
    """Draws the weights and biases of every weight layer of `model`; `initial` is default, he or xavier."""
    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            fan_in, fan_out = module.weight[0].numel(), module.weight.numel() // module.weight.shape[1]
            bound = {
                "default": 1 / math.sqrt(fan_in),
                "he": math.sqrt(6 / fan_in),
                "xavier": math.sqrt(6 / (fan_in + fan_out)),
            }[initial]
            with torch.no_grad():
                module.weight.uniform_(-bound, bound, generator=generator(seed, f"{prefix}{name}.weight"))
                if module.bias is None:
                    continue
                if initial == "default":
                    module.bias.uniform_(-bound, bound, generator=generator(seed, f"{prefix}{name}.bias"))
                else:
                    module.bias.zero_()


def _optional(layer: Layer | None, channels: int, masks: torch.Generator) -> nn.Module | None:
    return None if layer is None else layer(channels, masks)


def _wrap(layer: nn.Module, spec: ModelSpec) -> nn.Module | None:
    return None if spec.wrap_weight is None else spec.wrap_weight(layer)


def _scaled(shortcut: Callable[[Knobs], float] | None, x: Tensor, knobs: Knobs) -> Tensor | None:
    """What a shortcut hands on of `x`; None where that is nothing."""
    scale = 0.0 if shortcut is None else shortcut(knobs)
    return None if scale == 0 else scale * x


class Network(nn.Module):
    """A feature extractor and a linear head: `forward(x, knobs)` gives logits (N, K)."""

    head: nn.Linear

    def __init__(self) -> None:
        super().__init__()
        self.head_wrap: nn.Module | None = None

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        """The penultimate activations (N, F) of inputs x (N, ...)."""
        raise NotImplementedError

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        features = self.features(x, knobs)
        wrap = self.head_wrap
        logits: Tensor = self.head(features) if wrap is None else wrap(self.head, features, knobs)
        return logits


class Block(nn.Module):
    """A weight layer and what the spec puts around it.

    In this order: weight layer, norm, activation, shrinkage, dropout. Where a shortcut ends, it is added before the
    activation, and the shrinkage is the last of the residual path.
    Source: He et al. 2015, figure 2.
    """

    def __init__(
        self, weight: nn.Module, channels: int, same_shape: bool, spec: ModelSpec, masks: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = weight
        self.wrap = _wrap(weight, spec)
        self.norm = _optional(spec.norm, channels, masks)
        self.activation = _optional(spec.activation, channels, masks)
        self.shrinkage = _optional(spec.shrinkage, channels, masks)
        self.dropout = _optional(spec.dropout, channels, masks)
        self.shortcut: Callable[[Knobs], float] | None = spec.shortcut if same_shape else None

    def forward(self, x: Tensor, knobs: Knobs, shortcut: Tensor | None = None) -> Tensor:
        """What the block makes of `x`; `shortcut`, of the output's shape, is what has gone around its residual path."""
        shortcut = shortcut if self.shortcut is None else _scaled(self.shortcut, x, knobs)
        y: Tensor = self.weight(x) if self.wrap is None else self.wrap(self.weight, x, knobs)
        if self.norm is not None:
            y = self.norm(y, knobs)
        if shortcut is not None:
            y = (y if self.shrinkage is None else self.shrinkage(y, knobs)) + shortcut
        y = torch.relu(y) if self.activation is None else self.activation(y, knobs)
        if self.shrinkage is not None and shortcut is None:
            y = self.shrinkage(y, knobs)
        return y if self.dropout is None else self.dropout(y, knobs)


class Mlp(Network):
    """`depth` hidden layers of `width` units over the flattened input."""

    def __init__(self, spec: ModelSpec, shape: tuple[int, ...], num_classes: int, masks: torch.Generator) -> None:
        super().__init__()
        sizes = [math.prod(shape)] + [spec.width] * spec.depth
        self.blocks = nn.ModuleList(Block(nn.Linear(a, b), b, a == b, spec, masks) for a, b in pairwise(sizes))
        self.head = nn.Linear(sizes[-1], num_classes)

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        x = x.flatten(1)
        for block in self.blocks:
            x = block(x, knobs)
        return x


class ResidualMlp(Network):
    """`depth` hidden layers of `width` units, batch-normalized, in pairs around which a shortcut may lead.

    The shortcut is added before the pair's second ReLU. The first layer stands alone, so an odd number of layers makes
    whole pairs; an even one ends in a single layer. Without a shortcut it is a plain network. Source: He et al. 2015,
    figure 2, on vectors.
    """

    def __init__(self, spec: ModelSpec, shape: tuple[int, ...], num_classes: int, masks: torch.Generator) -> None:
        super().__init__()
        norm = spec.norm or (lambda count, _: _BatchNorm(count))
        inner = replace(spec, norm=norm, shortcut=None)
        sizes = [math.prod(shape)] + [spec.width] * spec.depth
        self.blocks = nn.ModuleList(Block(nn.Linear(a, b), b, False, inner, masks) for a, b in pairwise(sizes))
        self.head = nn.Linear(sizes[-1], num_classes)
        self.shortcut = spec.shortcut

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        entry = x = self.blocks[0](x.flatten(1), knobs)
        for number, block in enumerate(list(self.blocks)[1:], start=1):
            if number % 2 == 1:
                x = block(x, knobs)
            else:
                entry = x = block(x, knobs, _scaled(self.shortcut, entry, knobs))
        return x


class Conv1d(Network):
    """`depth` convolutions of `width` channels, kernels 5, 3, 3, ..., stride 2, over signals (N, L)."""

    def __init__(self, spec: ModelSpec, shape: tuple[int, ...], num_classes: int, masks: torch.Generator) -> None:
        super().__init__()
        blocks, channels, length = [], 1, math.prod(shape)
        for index in range(spec.depth):
            kernel = 5 if index == 0 else 3
            layer = nn.Conv1d(channels, spec.width, kernel, stride=2, padding=kernel // 2)
            blocks.append(Block(layer, spec.width, False, spec, masks))
            channels, length = spec.width, (length + 1) // 2
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(channels * length, num_classes)

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        x = x.flatten(1).unsqueeze(1)
        for block in self.blocks:
            x = block(x, knobs)
        return x.flatten(1)


class _PictureConvolution(nn.Module):
    """A 3 × 3 convolution and max pooling by 2 of square pictures whose pixels stand in a row, to a quarter of them."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        side = math.isqrt(x.shape[2])
        maps: Tensor = self.convolution(x.reshape(*x.shape[:2], side, side))
        return F.max_pool2d(maps, min(2, side), ceil_mode=True).flatten(2)


class Conv2d(Network):
    """`depth` convolutions of `width` channels, each pooled by 2, over square pictures of any size; mean pooling."""

    def __init__(self, spec: ModelSpec, shape: tuple[int, ...], num_classes: int, masks: torch.Generator) -> None:
        super().__init__()
        sizes = [1] + [spec.width] * spec.depth
        self.blocks = nn.ModuleList(Block(_PictureConvolution(a, b), b, False, spec, masks) for a, b in pairwise(sizes))
        self.head = nn.Linear(sizes[-1], num_classes)

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        x = x.flatten(1).unsqueeze(1)
        for block in self.blocks:
            x = block(x, knobs)
        return x.mean(2)


class _BatchNorm(nn.BatchNorm1d):
    """Torch's batch normalization, called like every layer."""

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        return super().forward(x)


class _Row(nn.Module):
    """`depth` blocks in a row on (N, C, L), each twice convolution, normalization, ReLU; then the mean over L."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(channels, channels, 3, padding=1, bias=False) for _ in range(2 * depth)
        )
        self.norms = nn.ModuleList(_BatchNorm(channels) for _ in range(2 * depth))

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = torch.relu(norm(convolution(x)))
        return x.mean(2)


class Blocks1d(Network):
    """A stem of stride 2, then a body of `depth` blocks of `width` channels that a recipe may replace."""

    def __init__(self, spec: ModelSpec, shape: tuple[int, ...], num_classes: int, masks: torch.Generator) -> None:
        super().__init__()
        self.stem = nn.Conv1d(1, spec.width, 5, stride=2, padding=2, bias=False)
        self.norm = _BatchNorm(spec.width)
        self.body: nn.Module = (spec.body or _Row)(spec.width, spec.depth)
        self.head = nn.Linear(spec.width, num_classes)

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        x = torch.relu(self.norm(self.stem(x.flatten(1).unsqueeze(1))))
        features: Tensor = self.body(x, knobs)
        return features


class ResidualBlock(nn.Module):
    """Pre-activation residual block on (N, C, L): (norm, activation, convolution) twice, then shrinkage.

    Where the shape changes, the identity path is pooled by two and padded with zero channels.
    """

    def __init__(self, channels: int, out_channels: int, spec: ModelSpec, masks: torch.Generator) -> None:
        super().__init__()
        norm = spec.norm or (lambda count, _: _BatchNorm(count))
        self.stride = 1 if channels == out_channels else 2
        self.extra = out_channels - channels
        self.norms = nn.ModuleList([norm(channels, masks), norm(out_channels, masks)])
        self.activation = _optional(spec.activation, out_channels, masks)
        self.convolutions = nn.ModuleList(
            [
                nn.Conv1d(channels, out_channels, 3, self.stride, 1, bias=False),
                nn.Conv1d(out_channels, out_channels, 3, 1, 1, bias=False),
            ]
        )
        self.shrinkage = _optional(spec.shrinkage, out_channels, masks)
        self.dropout = _optional(spec.dropout, out_channels, masks)
        self.shortcut = spec.shortcut

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        y = x
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            y = norm(y, knobs)
            y = torch.relu(y) if self.activation is None else self.activation(y, knobs)
            y = convolution(y)
        if self.shrinkage is not None:
            y = self.shrinkage(y, knobs)
        if self.dropout is not None:
            y = self.dropout(y, knobs)
        if self.stride > 1:
            x = F.avg_pool1d(x, 2, ceil_mode=True)
        if self.extra:
            x = F.pad(x, (0, 0, 0, self.extra))
        return y + x if self.shortcut is None else y + self.shortcut(knobs) * x


class Resnet1d(Network):
    """A stem, `depth` residual blocks whose channels double every other block from `width`, and mean pooling."""

    def __init__(self, spec: ModelSpec, shape: tuple[int, ...], num_classes: int, masks: torch.Generator) -> None:
        super().__init__()
        widths = [spec.width] + [spec.width * 2 ** ((index + 1) // 2) for index in range(spec.depth)]
        self.stem = nn.Conv1d(1, spec.width, 7, stride=2, padding=3, bias=False)
        self.blocks = nn.ModuleList(ResidualBlock(a, b, spec, masks) for a, b in pairwise(widths))
        self.norm = (spec.norm or (lambda count, _: _BatchNorm(count)))(widths[-1], masks)
        self.head = nn.Linear(widths[-1], num_classes)

    def features(self, x: Tensor, knobs: Knobs) -> Tensor:
        x = self.stem(x.flatten(1).unsqueeze(1))
        for block in self.blocks:
            x = block(x, knobs)
        return torch.relu(self.norm(x, knobs)).mean(2)


KINDS: dict[str, Callable[[ModelSpec, tuple[int, ...], int, torch.Generator], Network]] = {
    "mlp": Mlp,
    "residual_mlp": ResidualMlp,
    "conv1d": Conv1d,
    "conv2d": Conv2d,
    "resnet1d": Resnet1d,
    "blocks1d": Blocks1d,
}

HEAD = frozenset({"model.wrap_weight"})  # some take it for their other weights too
LAYERS = HEAD | {"model.norm", "model.activation", "model.shrinkage", "model.dropout"}

TAKES = {
    "mlp": LAYERS | {"model.shortcut"},
    "residual_mlp": LAYERS | {"model.shortcut"},
    "conv1d": LAYERS,
    "conv2d": LAYERS,
    "resnet1d": LAYERS,  # its shortcuts are its own
    "blocks1d": HEAD | {"model.body"},
}
"""The parts of a recipe that a network of each kind is made with, of those that a trick may change."""

PARTS = frozenset().union(*TAKES.values())
"""All that some kind of network takes."""


def least_positions(settings: Knobs, shape: tuple[int, ...]) -> int:
    """The fewest positions that a channel has at any layer of the settings' network, for inputs (N, *shape)."""
    kind, depth, length = str(settings["model"]), int(settings["depth"]), math.prod(shape)
    if kind in ("mlp", "residual_mlp"):
        return 1
    halvings = {"resnet1d": 1 + depth // 2, "blocks1d": 1}.get(kind, depth)
    if kind == "conv2d":
        side = math.ceil(math.isqrt(length) / 2.0**halvings)
        return side * side
    return math.ceil(length / 2.0**halvings)


@dataclass(frozen=True)
class LayerSize:
    """A weight layer's size: `taps` inputs go into each of `channels` outputs, at `positions` of an example."""

    taps: int
    channels: int
    positions: int = 1

    @property
    def weights(self) -> int:
        """Of biases only the layer knows."""
        return self.taps * self.channels

    @property
    def outputs(self) -> int:
        """Numbers that it makes of an example."""
        return self.channels * self.positions

    @property
    def products(self) -> int:
        """Multiplications that it makes of an example."""
        return self.weights * self.positions


def layer_sizes(kind: str, depth: int, width: int, shape: tuple[int, ...], num_outputs: int) -> list[LayerSize]:
    """The weight layers of a network of that kind, for inputs (N, *shape), without building it."""
    length = math.prod(shape)
    if kind in ("mlp", "residual_mlp"):
        sizes = [length] + [width] * depth + [num_outputs]
        return [LayerSize(a, b) for a, b in pairwise(sizes)]
    layers, channels, features = [], 1, width
    if kind == "conv1d":
        for index in range(depth):
            length = (length + 1) // 2
            layers.append(LayerSize(channels * (3 if index else 5), width, length))
            channels = width
        features = width * length
    elif kind == "conv2d":
        side = math.isqrt(length)
        for _ in range(depth):
            layers.append(LayerSize(channels * 9, width, side * side))
            channels, side = width, (side + 1) // 2
    elif kind == "blocks1d":
        length = (length + 1) // 2
        layers = [LayerSize(5, width, length)] + [LayerSize(3 * width, width, length)] * (2 * depth)
    else:
        length, features = (length + 1) // 2, width * 2 ** (depth // 2)
        widths = [width] + [width * 2 ** ((index + 1) // 2) for index in range(depth)]
        layers = [LayerSize(7, width, length)]
        for before, after in pairwise(widths):
            length = length if before == after else (length + 1) // 2
            layers += [LayerSize(3 * before, after, length), LayerSize(3 * after, after, length)]
    return [*layers, LayerSize(features, num_outputs)]
