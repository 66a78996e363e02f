r"""Dropout silences a random share of the units at every training step, and none of them in evaluation.

    y = \frac{m \odot x}{1 - p}, \quad m_i \sim \mathrm{Bernoulli}(1 - p)

x are the activations of a hidden layer, p is the share silenced, m a mask drawn afresh for every example and step from
the arm's own generator. The survivors are scaled up, so that the mean stays what it was and evaluation needs no
change. Neutral: p = 0, which draws nothing.

Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov. Dropout: A Simple Way to Prevent Neural Networks from
Overfitting. 2014. https://jmlr.org/papers/v15/srivastava14a.html
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe


def drop(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """`x` with each element set to zero with probability `p` (0 to below 1), the others divided by 1 − p."""
    mask = torch.empty_like(x).bernoulli_(1 - p, generator=generator)
    return x * mask / (1 - p)


class Dropout(nn.Module):
    """`drop` in training, the identity in evaluation; draws from the generator it is given."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator
        self.last: Tensor | None = None

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        p = float(knobs["dropout_p"])
        if not self.training:
            return x
        y = x if p == 0 else drop(x, p, self._generator)
        self.last = y.detach()
        return y


def apply(recipe: Recipe) -> Recipe:
    """The recipe with dropout after each hidden layer."""
    return recipe.with_model(dropout=lambda num_channels, generator: Dropout(generator))


SHOWN = 24
SEEN = 500


def probe(moment: Moment) -> dict[str, Tensor]:
    """The first hidden layer as its mask left it, and how the network does without masks on what it has seen.

    `survivors` (1, 24, W) are activations of 24 examples, zero where they were silenced. `seen_loss` (1,) is the loss
    in evaluation mode on the first 500 training examples, as recorded: to be held against the test loss.
    """
    model, train = moment.model, moment.train
    first = next((module for module in model.modules() if isinstance(module, Dropout)), None)
    arrays = {}
    if first is not None and first.last is not None:
        arrays["survivors"] = first.last[:SHOWN].flatten(1).unsqueeze(0)
    model.eval()
    with torch.no_grad():
        seen = F.cross_entropy(model(train.inputs[:SEEN], moment.knobs), train.labels[:SEEN])
    model.train()
    return {**arrays, "seen_loss": seen.reshape(1)}


UNITS = 400


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """What one mask leaves of 400 units of activation 1: a picture (1, 10, 40)."""
    generator = torch.Generator().manual_seed(0)
    return {"mask": drop(torch.ones(1, UNITS // 40, 40), float(knobs["dropout_p"]), generator)}


NOISY = {"train_size": 400, "label_noise": 0.3, "width": 256}

TRICK = Trick(
    name="dropout",
    family="regularization",
    serves=("generalization",),
    formula=r"y = \frac{m \odot x}{1 - p}, \quad m_i \sim \mathrm{Bernoulli}(1 - p)",
    knobs=(Knob("dropout_p", "p", default=0.5, low=0.0, high=0.9, neutral=0.0),),
    wraps=("model.dropout",),
    replaces=("model.dropout",),
    setups=(
        Setup(
            "mnist1d",
            steps=800,
            settings={"train_size": 1000, "width": 256, "lr": 0.05, "batch_size": 50, "weight_decay": 0.0},
        ),
        Setup("digits", steps=800, settings=NOISY),
    ),
    papers=(
        Paper(
            authors="Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov",
            title="Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
            year=2014,
            url="https://jmlr.org/papers/v15/srivastava14a.html",
        ),
    ),
    metric="test_loss",
    claims=(
        Claim("overfitting", "test_loss", "lower"),
        Claim("robust"),
    ),
    in_article=True,
    apply=apply,
    related=("label_smoothing", "flooding"),
    probe=probe,
    preview=preview,
)
