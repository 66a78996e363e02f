r"""Feature fusion lets a block see more than the output of the block before it.

    \text{add: } x_{k+1} = F(x_k) + s\,x_k, \quad \text{concatenate: } x_{k+1} = [\,s\,x_k, F(x_k)\,]

x_k goes into block k, F is what the block makes of it, s is the scale at which other paths join; a ReLU follows each
sum. Adding stacks repeated blocks around an identity (ResNet). Concatenating keeps all earlier features beside the new
ones (DenseNet). Splitting sends x through several narrow paths, transforms each, and merges their sum with the identity
(ResNeXt). Exchanging runs two branches of different resolution side by side, each taking s times the other's features
after every block (HRNet). The widths are such that all make about as many parameters of five blocks of 16 channels.
Neutral: none, blocks in a row.

He, Zhang, Ren, Sun. Deep Residual Learning for Image Recognition. 2015. https://arxiv.org/abs/1512.03385
Huang, Liu, van der Maaten, Weinberger. Densely Connected Convolutional Networks. 2016.
https://arxiv.org/abs/1608.06993
Xie, Girshick, Dollár, Tu, He. Aggregated Residual Transformations for Deep Neural Networks. 2016.
https://arxiv.org/abs/1611.05431
Wang et al. Deep High-Resolution Representation Learning for Visual Recognition. 2019.
https://arxiv.org/abs/1908.07919
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe

KINDS = ("none", "add", "concatenate", "split", "exchange")


class Unit(nn.Module):
    """Convolution, normalization and, unless `linear`, ReLU, on (N, C, L)."""

    def __init__(
        self, channels: int, out_channels: int, kernel: int = 3, *, groups: int = 1, linear: bool = False
    ) -> None:
        super().__init__()
        padding = kernel // 2
        self.convolution = nn.Conv1d(channels, out_channels, kernel, padding=padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm1d(out_channels)
        self.linear = linear

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.convolution(x))
        return y if self.linear else torch.relu(y)


class Concatenation(nn.Module):
    """Each of `count` units sees the stem's and all earlier units' features, and adds `growth` of its own."""

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        growth = max(2, round(0.3125 * channels))
        self.units = nn.ModuleList(Unit(channels + growth * index, growth) for index in range(count))
        self.gather = Unit(channels + growth * count, channels, 1)

    def forward(self, x: Tensor, scale: float) -> Tensor:
        for unit in self.units:
            x = torch.cat([scale * x, unit(x)], 1)
        gathered: Tensor = self.gather(x)
        return gathered


class Split(nn.Module):
    """`depth` blocks of a narrow entry, 4 separate paths in one grouped convolution, and a merging exit."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        inner = 4 * max(1, round(0.4375 * channels))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                Unit(channels, inner, 1), Unit(inner, inner, 3, groups=4), Unit(inner, channels, 1, linear=True)
            )
            for _ in range(depth)
        )

    def forward(self, x: Tensor, scale: float) -> Tensor:
        for block in self.blocks:
            x = torch.relu(block(x) + scale * x)
        return x


class Exchange(nn.Module):
    """Two branches, the second at half the resolution; after each of `depth` blocks each takes the other's features."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        inner = max(2, round(0.625 * channels))
        self.entries = nn.ModuleList([Unit(channels, inner, 1), Unit(channels, inner, 1)])
        self.fine = nn.ModuleList(Unit(inner, inner) for _ in range(2 * depth))
        self.coarse = nn.ModuleList(Unit(inner, inner) for _ in range(2 * depth))
        self.up = nn.ModuleList(nn.Conv1d(inner, inner, 1, bias=False) for _ in range(depth))
        self.down = nn.ModuleList(nn.Conv1d(inner, inner, 1, bias=False) for _ in range(depth))
        self.exit = Unit(2 * inner, channels, 1)

    def forward(self, x: Tensor, scale: float) -> Tensor:
        fine, coarse = self.entries[0](x), self.entries[1](F.avg_pool1d(x, 2))
        for index, (up, down) in enumerate(zip(self.up, self.down, strict=True)):
            for unit in (2 * index, 2 * index + 1):
                fine, coarse = self.fine[unit](fine), self.coarse[unit](coarse)
            risen = F.interpolate(up(coarse), fine.shape[2])
            sunk = down(F.avg_pool1d(fine, 2))
            fine, coarse = torch.relu(fine + scale * risen), torch.relu(coarse + scale * sunk)
        joined: Tensor = self.exit(torch.cat([fine, F.interpolate(coarse, fine.shape[2])], 1))
        return joined


class Fusion(nn.Module):
    """A body in which the knobs say how features are fused; each kind but adding has weights of its own.

    `convolutions` and `norms` are those of blocks in a row, and of adding.
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        count = 2 * depth
        self.convolutions = nn.ModuleList(nn.Conv1d(channels, channels, 3, padding=1, bias=False) for _ in range(count))
        self.norms = nn.ModuleList(nn.BatchNorm1d(channels) for _ in range(count))
        self.kinds = nn.ModuleDict(
            {
                "concatenate": Concatenation(channels, count),
                "split": Split(channels, depth),
                "exchange": Exchange(channels, depth),
            }
        )

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        kind, scale = str(knobs["fusion"]), float(knobs["fusion_scale"])
        if kind in self.kinds:
            fused: Tensor = self.kinds[kind](x, scale)
            return fused.mean(2)
        entry = x
        for number, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True), start=1):
            x = norm(convolution(x))
            if number % 2 == 0 and kind == "add":
                x = entry = torch.relu(x + scale * entry)
            else:
                x = torch.relu(x)
        return x.mean(2)


def apply(recipe: Recipe) -> Recipe:
    """The recipe with a body whose blocks fuse features."""
    return recipe.with_model(body=Fusion)


def probe(moment: Moment) -> dict[str, Tensor]:
    """The gradient's norm (convolutions in use,) for each convolution of the body it may have, from the input on."""
    body = getattr(moment.model, "body", None)
    if body is None:
        return {}
    used = [module.weight.grad for module in body.modules() if isinstance(module, nn.Conv1d)]
    return {"path_gradients": torch.stack([gradient.norm() for gradient in used if gradient is not None])}


UNITS = 6


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How strongly what comes out of unit j (columns, the stem's first) goes into unit i (rows): a picture (1, 6, 6).

    In exchange, even and odd units are those of the two branches.
    """
    kind, scale = str(knobs["fusion"]), float(knobs["fusion_scale"])
    into, of = torch.meshgrid(torch.arange(1, UNITS + 1), torch.arange(UNITS), indexing="ij")
    behind = into - of
    if kind == "none":
        reach = (behind == 1).float()
    elif kind == "exchange":
        reach = torch.where(behind % 2 == 0, 1.0, scale) * (into // 2 - of // 2 == 1)
    else:
        reach = torch.where(behind > 0, scale ** (behind - 1).clamp(min=0), 0.0)
    return {"reach": reach.unsqueeze(0)}


BLOCKS = "blocks1d"
ARXIV, DENSE = "https://arxiv.org/abs", "Densely Connected Convolutional Networks"

TRICK = Trick(
    name="feature_fusion",
    family="structure",
    serves=("convergence", "generalization"),
    formula=(
        r"\text{add: } x_{k+1} = F(x_k) + s\,x_k, \quad"
        r" \text{concatenate: } x_{k+1} = [\,s\,x_k, F(x_k)\,]"
    ),
    knobs=(
        Knob("fusion", "F", default="add", choices=KINDS, neutral="none"),
        Knob(
            "fusion_scale",
            "s",
            default=1.0,
            low=0.0,
            high=1.0,
            when=("fusion", "add", "concatenate", "split", "exchange"),
        ),
    ),
    wraps=("model.body",),
    replaces=("model.body",),
    setups=(
        Setup(
            "mnist1d",
            steps=300,
            settings={
                "model": BLOCKS,
                "depth": 5,
                "width": 16,
                "optimizer": "adam",
                "lr": 3e-3,
                "schedule": "cosine",
                "batch_size": 100,
                "weight_decay": 0.0,
                "eval_every": 20,
            },
        ),
    ),
    papers=(
        Paper("He, Zhang, Ren, Sun", "Deep Residual Learning for Image Recognition", 2015, f"{ARXIV}/1512.03385"),
        Paper("Huang, Liu, van der Maaten, Weinberger", DENSE, 2016, f"{ARXIV}/1608.06993"),
        Paper(
            "Xie, Girshick, Dollár, Tu, He",
            "Aggregated Residual Transformations for Deep Neural Networks",
            2016,
            f"{ARXIV}/1611.05431",
        ),
        Paper(
            "Wang et al.",
            "Deep High-Resolution Representation Learning for Visual Recognition",
            2019,
            f"{ARXIV}/1908.07919",
        ),
    ),
    metric="test_accuracy",
    claims=(Claim("more", "test_accuracy", "higher"),),
    apply=apply,
    related=("skip_connection",),
    probe=probe,
    preview=preview,
)
