r"""Soft thresholding sets what is small to zero and draws the rest towards it: noise, one hopes, is what is small.

    \mathrm{soft}(x, \tau) = \mathrm{sign}(x) \max(|x| - \tau, 0)

x is an activation, τ the threshold, at least 0. Mode fixed takes τ from the knob. The other two are the building units
of a deep residual shrinkage network, which learns it for each example: with m_c the mean of |x| over the positions of
channel c, and g a gate (two linear layers with batch normalization and ReLU between them, and a sigmoid), channel: τ_c
= g_c(m) m_c; shared: τ = g(m) times the mean of m over the channels. So a learned τ is never negative and below the
mean of |x|, of the channel or of all: in mode channel not all of a channel can vanish, and where it has a single value
(in an MLP) nothing does; in mode shared all of a quiet channel may. It stands at the end of the residual path. Both
gates are there in every mode, so that modes can be changed while training goes on. Neutral: mode none, or τ = 0.

Donoho. De-noising by Soft-Thresholding. 1995. https://doi.org/10.1109/18.382009
Zhao, Zhong, Fu, Tang, Pecht. Deep Residual Shrinkage Networks for Fault Diagnosis. 2020.
https://doi.org/10.1109/TII.2019.2943898
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe


def soft(x: Tensor, threshold: Tensor | float) -> Tensor:
    """`x` soft-thresholded at `threshold`, at least 0, a number or of a shape that broadcasts to that of `x`."""
    return x.sign() * (x.abs() - threshold).relu()


class Gate(nn.Module):
    """Numbers (N, num_outputs) between 0 and 1 of the channels' mean magnitudes (N, C)."""

    def __init__(self, num_channels: int, num_outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(num_channels, num_channels),
            nn.BatchNorm1d(num_channels),
            nn.ReLU(),
            nn.Linear(num_channels, num_outputs),
            nn.Sigmoid(),
        )

    def forward(self, magnitude: Tensor) -> Tensor:
        opening: Tensor = self.layers(magnitude)
        return opening


class Shrinkage(nn.Module):
    """Soft-thresholds activations (N, C) or (N, C, L) as the knobs say.

    `last` are the input, and the threshold of each example and channel, of the latest step, for who looks at it.
    """

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.num_channels = num_channels
        self.shared = Gate(num_channels, 1)
        self.channel = Gate(num_channels, num_channels)
        self.last: tuple[Tensor, Tensor | float] | None = None

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        threshold = self.threshold(x, knobs)
        if self.training:
            self.last = (x.detach(), threshold.detach() if isinstance(threshold, Tensor) else threshold)
        if isinstance(threshold, float) and threshold == 0:
            return x  # the gradient of an exact zero too stays as it is
        return soft(x, threshold)

    def threshold(self, x: Tensor, knobs: Knobs) -> Tensor | float:
        """τ: a number, or (N, 1 or C) and as many more dimensions as `x` has."""
        mode = str(knobs["threshold_mode"])
        if mode == "none":
            return 0.0
        if mode == "fixed":
            return float(knobs["threshold"])
        magnitude = x.abs().flatten(2).mean(2) if x.dim() > 2 else x.abs()
        if mode == "shared":
            tau: Tensor = self.shared(magnitude) * magnitude.mean(1, keepdim=True)
        else:
            tau = self.channel(magnitude) * magnitude
        return tau.reshape(*tau.shape, *[1] * (x.dim() - 2))

    def extra_repr(self) -> str:
        return f"{self.num_channels}"


def apply(recipe: Recipe) -> Recipe:
    """The recipe with a shrinkage in each block of its network."""
    return recipe.with_model(shrinkage=lambda num_channels, generator: Shrinkage(num_channels))


NUM_SEEN = 8
NUM_POINTS = 200
EXTENT = 4.0
BINS = 41


def probe(moment: Moment) -> dict[str, Tensor]:
    """What the shrinkage of each block does, on the first 8 examples of the step's batch.

    `thresholds` (blocks,) are the means of τ, `shares_zeroed` (blocks,) the shares of activations that it sets to zero.
    Of the last block, `input_counts` (41,) are the activations between the `input_edges` (42,), those beyond in the
    outermost bins; `shrunk_from`, `shrunk_to` (200,) some of them before and after; `soft` (161,) is the function of
    `x` (161,) at its threshold, the mean where each example has its own. `signal_x`, `signal_y`, `signal_stage` (2 L,)
    are one channel of the first block's first example, before (stage 0) and after (1).
    """
    seen = [_look(module) for module in moment.model.modules() if isinstance(module, Shrinkage) and module.last]
    if not seen:
        return {}
    first, last = seen[0], seen[-1]
    before, after = last[0].flatten(), last[2].flatten()
    chosen = torch.linspace(0, len(before) - 1, min(NUM_POINTS, len(before))).long()
    bins = ((before / EXTENT + 1) * (BINS / 2)).long().clamp(0, BINS - 1)
    length = first[0][0, 0].numel()
    return {
        "thresholds": torch.stack([threshold.mean() for _, threshold, _ in seen]),
        "shares_zeroed": torch.stack([((y == 0) & (x != 0)).sum() / y.numel() for x, _, y in seen]),
        **_curve(float(last[1].mean())),
        "input_edges": torch.linspace(-EXTENT, EXTENT, BINS + 1),
        "input_counts": torch.bincount(bins, minlength=BINS),
        "shrunk_from": before[chosen],
        "shrunk_to": after[chosen],
        "signal_x": torch.arange(length).repeat(2),
        "signal_y": torch.cat([first[0][0, 0].flatten(), first[2][0, 0].flatten()]),
        "signal_stage": torch.arange(2).repeat_interleave(length),
    }


def _look(module: Shrinkage) -> tuple[Tensor, Tensor, Tensor]:
    """The input, the threshold and the output of the first examples of the latest step."""
    assert module.last is not None
    x, tau = module.last
    seen = x[:NUM_SEEN]
    threshold = tau[:NUM_SEEN] if isinstance(tau, Tensor) else torch.tensor(tau)
    return seen, threshold, soft(seen, threshold)


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """soft(x, τ) over x where the knob says what τ is; what is learned, nobody knows beforehand."""
    mode = str(knobs["threshold_mode"])
    fixed = {"none": 0.0, "fixed": float(knobs["threshold"])}
    return _curve(fixed[mode]) if mode in fixed else {}


def _curve(threshold: float) -> dict[str, Tensor]:
    x = torch.linspace(-EXTENT, EXTENT, 161)
    return {"x": x, "soft": soft(x, threshold)}


TRICK = Trick(
    name="soft_thresholding",
    family="activation",
    serves=("stability", "generalization"),
    formula=r"\mathrm{soft}(x, \tau) = \mathrm{sign}(x) \max(|x| - \tau, 0)",
    knobs=(
        Knob("threshold_mode", "", default="channel", choices=("none", "fixed", "shared", "channel"), neutral="none"),
        Knob("threshold", "τ", default=0.3, low=0.0, high=3.0, neutral=0.0, when=("threshold_mode", "fixed")),
    ),
    wraps=("model.shrinkage",),
    replaces=("model.shrinkage",),
    setups=(Setup("bearings", steps=400),),
    papers=(
        Paper(
            authors="Donoho",
            title="De-noising by Soft-Thresholding",
            year=1995,
            url="https://doi.org/10.1109/18.382009",
        ),
        Paper(
            authors="Zhao, Zhong, Fu, Tang, Pecht",
            title="Deep Residual Shrinkage Networks for Fault Diagnosis",
            year=2020,
            url="https://doi.org/10.1109/TII.2019.2943898",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("noise", "test_accuracy", "higher"),
        Claim("by_itself"),
        Claim("positive"),
        Claim("per_channel"),
    ),
    in_article=True,
    apply=apply,
    related=("normalization",),
    probe=probe,
    preview=preview,
)
