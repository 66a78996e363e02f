r"""ReLU lets a positive input through unchanged and stops a negative one: its slope is 1 or 0, never in between.

    f(x) = \max(0, x)

x is what a weight layer gives. A sigmoid's slope is at most 1/4, so that a gradient that passes one is left with a
quarter at most, before the weights make it larger or smaller; ReLU passes it on. Its kin: leaky ReLU max(x, a x) with
slope a below zero; tanh; GELU x Φ(x), with Φ the normal distribution function; SiLU x σ(x). Neutral: sigmoid, which the
baseline has.

Glorot, Bordes, Bengio. Deep Sparse Rectifier Neural Networks. 2011. https://proceedings.mlr.press/v15/glorot11a.html
Hendrycks, Gimpel. Gaussian Error Linear Units (GELUs). 2016. https://arxiv.org/abs/1606.08415
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe


def relu(x: Tensor) -> Tensor:
    """max(0, x), element by element; the slope at 0 is 0, and what is not a number stays so."""
    return torch.where(x <= 0, 0, x)


def leaky_relu(x: Tensor, slope: float) -> Tensor:
    """X where it is positive, `slope` times x elsewhere; `slope` is 0 to 1."""
    return torch.where(x <= 0, slope * x, x)


def gelu(x: Tensor) -> Tensor:
    """X Φ(x), exact: with the error function, not its tanh approximation."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def silu(x: Tensor) -> Tensor:
    """X σ(x)."""
    return x * torch.sigmoid(x)


FUNCTIONS: dict[str, Callable[[Tensor, Knobs], Tensor]] = {
    "sigmoid": lambda x, knobs: torch.sigmoid(x),
    "tanh": lambda x, knobs: torch.tanh(x),
    "relu": lambda x, knobs: relu(x),
    "leaky_relu": lambda x, knobs: leaky_relu(x, float(knobs["negative_slope"])),
    "gelu": lambda x, knobs: gelu(x),
    "silu": lambda x, knobs: silu(x),
}


def activate(x: Tensor, knobs: Knobs) -> Tensor:
    """The function that the knobs name, element by element."""
    return FUNCTIONS[str(knobs["activation"])](x, knobs)


class Activation(nn.Module):
    """`activate`, remembering what last went in and came out."""

    def __init__(self) -> None:
        super().__init__()
        self.last: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        y = activate(x, knobs)
        if self.training:
            self.last = (x.detach(), y.detach())
        return y


def apply(recipe: Recipe) -> Recipe:
    """The recipe with the knobs' function after each weight layer."""
    return recipe.with_model(activation=lambda num_channels, generator: Activation())


EXTENT = 4.0
BINS = 40


def probe(moment: Moment) -> dict[str, Tensor]:
    """The norm of each weight layer's gradient, and what the activations are.

    `gradient_norms` (layers,) are those of the step just made, from the input on. `zero_shares` (hidden layers,) are
    the shares of activations that are exactly zero; `input_counts` (40,) the inputs of the last hidden layer's function
    between the `input_edges` (41,), those beyond in the outermost bins.
    """
    weights = [value for name, value in moment.model.named_parameters() if value.dim() > 1 and value.grad is not None]
    arrays = {"gradient_norms": torch.stack([value.grad.norm() for value in weights if value.grad is not None])}
    seen = [module.last for module in moment.model.modules() if isinstance(module, Activation) and module.last]
    if seen:
        arrays["zero_shares"] = torch.stack([(y == 0).sum() / y.numel() for _, y in seen])
        bins = ((seen[-1][0].flatten() / EXTENT + 1) * (BINS / 2)).long().clamp(0, BINS - 1)
        arrays["input_edges"] = torch.linspace(-EXTENT, EXTENT, BINS + 1)
        arrays["input_counts"] = torch.bincount(bins, minlength=BINS)
    return arrays


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The function over its input, and its slope."""
    x = torch.linspace(-EXTENT, EXTENT, 161, requires_grad=True)
    y = activate(x, knobs)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return {"input": x.detach(), "output": y.detach(), "slope": slope}


TRICK = Trick(
    name="activation",
    family="activation",
    serves=("convergence",),
    formula=r"f(x) = \max(0, x)",
    knobs=(
        Knob("activation", "f", default="relu", choices=tuple(FUNCTIONS), neutral="sigmoid"),
        Knob("negative_slope", "a", default=0.1, low=0.0, high=1.0, when=("activation", "leaky_relu")),
    ),
    wraps=("model.activation",),
    replaces=("model.activation",),
    setups=(
        Setup(
            "mnist1d",
            steps=1000,
            settings={
                "depth": 6,
                "width": 100,
                "hidden": "sigmoid",
                "initial": "xavier",
                "momentum": 0.0,
                "weight_decay": 0.0,
            },
        ),
    ),
    papers=(
        Paper(
            authors="Glorot, Bordes, Bengio",
            title="Deep Sparse Rectifier Neural Networks",
            year=2011,
            url="https://proceedings.mlr.press/v15/glorot11a.html",
        ),
        Paper(
            authors="Hendrycks, Gimpel",
            title="Gaussian Error Linear Units (GELUs)",
            year=2016,
            url="https://arxiv.org/abs/1606.08415",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("simplest"),
        Claim("gradients"),
        Claim("trains", "test_accuracy", "higher"),
    ),
    in_article=True,
    named_by="activation",
    apply=apply,
    related=("skip_connection", "normalization"),
    probe=probe,
    preview=preview,
)
