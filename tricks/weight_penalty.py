r"""Weight penalties pull every weight toward zero, so that only what the data insist on stays large.

    w \leftarrow \mathrm{soft}((1 - \eta\lambda_d) w - \eta\, u(\nabla L + \lambda_2 w),\ \eta\lambda_1)

L is the loss, η the learning rate, u what the optimizer makes of a gradient, soft(v, t) = sign(v) · max(|v| − t, 0).
λ_2 is L2: the penalty's gradient λ_2 w goes through the optimizer, its momentum and its scaling. λ_d is decoupled
weight decay: the weight shrinks beside the optimizer's step; with plain SGD both are the same. λ_1 is L1: its pull does
not fade as a weight gets small, so weights arrive at zero, and by the proximal step stay exactly there. By the
sub-gradient, λ_1 sign(w) through the optimizer, they jump about zero and none is. Weight matrices are penalized, biases
are not. Neutral: all three λ at 0.

Tibshirani. Regression Shrinkage and Selection via the Lasso. 1996. https://doi.org/10.1111/j.2517-6161.1996.tb02080.x
Parikh, Boyd. Proximal Algorithms. 2014. https://doi.org/10.1561/2400000003
Loshchilov, Hutter. Decoupled Weight Decay Regularization. 2017. https://arxiv.org/abs/1711.05101
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Optimizer

REGRESSION = "sparse_regression"


def soft(values: Tensor, threshold: float) -> Tensor:
    """`values` moved toward zero by `threshold` (at least 0), and no further than to it."""
    return values - values.clamp(-threshold, threshold)


class Penalized:
    """An optimizer whose steps also pull weight matrices toward zero, as strongly as `knobs` now say."""

    def __init__(self, inner: Optimizer, parameters: list[nn.Parameter], knobs: Knobs) -> None:
        self._inner, self._knobs = inner, knobs
        self.param_groups = inner.param_groups
        self._weights = [parameter for parameter in parameters if parameter.dim() > 1]

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        self._inner.zero_grad()

    @torch.no_grad()
    def step(self) -> None:
        """Changes the weights by their gradients and by the penalties."""
        knobs, lr = self._knobs, float(self.param_groups[0]["lr"])
        l1, l2, decay = (float(knobs[name]) for name in ("l1_penalty", "l2_penalty", "decoupled_decay"))
        proximal = knobs["l1_step"] == "proximal"
        trained = [weight for weight in self._weights if weight.grad is not None]
        for weight in trained:
            assert weight.grad is not None
            if l2 > 0:
                weight.grad.add_(weight, alpha=l2)
            if l1 > 0 and not proximal:
                weight.grad.add_(weight.sign(), alpha=l1)
            if decay > 0:
                weight.mul_(1 - lr * decay)
        self._inner.step()
        if l1 > 0 and proximal:
            for weight in trained:
                weight.copy_(soft(weight, lr * l1))

    def state_dict(self) -> dict[str, Any]:
        """The inner optimizer's: the penalties keep nothing."""
        return self._inner.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self._inner.load_state_dict(state_dict)
        self.param_groups = self._inner.param_groups


def apply(recipe: Any) -> Any:
    """The recipe, a classifier's or a regression's, with its optimizer penalized."""

    def optimizer(parameters: list[nn.Parameter], knobs: Knobs) -> Optimizer:
        return Penalized(recipe.optimizer(parameters, knobs), parameters, knobs)

    return replace(recipe, optimizer=optimizer)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """A regression's weights are large enough for penalties that would keep a network from learning."""
    if settings["task"] != REGRESSION:
        return knobs
    widened = {"l2_penalty": 3.0, "l1_penalty": 2.0}
    return tuple(replace(knob, high=widened.get(knob.name, knob.high)) for knob in knobs)


def weights_of(model: nn.Module) -> Tensor:
    """All elements of the weight matrices of `model`, in a row."""
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters() if parameter.dim() > 1])


BINS = 80


def bound_of(knobs: Knobs) -> float:
    """How large weights are drawn: a regression's are those of its truth, a network's far smaller."""
    return 2.4 if knobs.get("task") == REGRESSION else 0.4


def probe(moment: Any) -> dict[str, Tensor]:
    """How many weights (80,) lie between the edges (81,), those beyond in the outermost, and their norm (1,)."""
    weights, bound = weights_of(moment.model), bound_of(moment.knobs)
    bins = ((weights + bound) * (BINS / (2 * bound))).long().clamp(0, BINS - 1)
    return {
        "weight_edges": torch.linspace(-bound, bound, BINS + 1),
        "weight_counts": torch.bincount(bins, minlength=BINS),
        "weight_norm": weights.norm().reshape(1),
    }


def measure(moment: Any) -> dict[str, float]:
    """The share of weights that are exactly zero."""
    weights = weights_of(moment.model)
    return {"test_zero_share": 1 - int(weights.count_nonzero()) / len(weights)}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How hard each penalty pulls at a weight, for each unit of learning rate, and all of them together."""
    weight = torch.linspace(-bound_of(knobs), bound_of(knobs), 321)
    l1_pull = float(knobs["l1_penalty"]) * weight.sign()
    l2_pull = (float(knobs["l2_penalty"]) + float(knobs["decoupled_decay"])) * weight
    return {"weight": weight, "pull": l1_pull + l2_pull, "l1_pull": l1_pull, "l2_pull": l2_pull}


TRICK = Trick(
    name="weight_penalty",
    family="regularization",
    serves=("generalization", "stability"),
    formula=r"w \leftarrow \mathrm{soft}((1 - \eta\lambda_d) w - \eta\, u(\nabla L + \lambda_2 w),\ \eta\lambda_1)",
    knobs=(
        Knob("l2_penalty", "λ_2", default=0.01, low=0.0, high=0.03, neutral=0.0),
        Knob("l1_penalty", "λ_1", default=0.0, low=0.0, high=0.01, neutral=0.0),
        Knob("decoupled_decay", "λ_d", default=0.0, low=0.0, high=0.3, neutral=0.0),
        Knob("l1_step", "", default="proximal", choices=("proximal", "subgradient"), unless=("l1_penalty", 0.0)),
    ),
    wraps=("optimizer",),
    setups=(
        Setup(
            "mnist1d",
            steps=1500,
            settings={"train_size": 1000, "batch_size": 50, "schedule": "cosine", "weight_decay": 0.0},
        ),
        Setup("digits", steps=800, settings={"train_size": 400, "label_noise": 0.3}),
        Setup(REGRESSION, steps=300, knobs={"l2_penalty": 0.0, "l1_penalty": 0.2}),
    ),
    papers=(
        Paper(
            authors="Tibshirani",
            title="Regression Shrinkage and Selection via the Lasso",
            year=1996,
            url="https://doi.org/10.1111/j.2517-6161.1996.tb02080.x",
        ),
        Paper(
            authors="Parikh, Boyd",
            title="Proximal Algorithms",
            year=2014,
            url="https://doi.org/10.1561/2400000003",
        ),
        Paper(
            authors="Loshchilov, Hutter",
            title="Decoupled Weight Decay Regularization",
            year=2017,
            url="https://arxiv.org/abs/1711.05101",
        ),
    ),
    metric="test_loss",
    claims=(
        Claim("overfitting", "test_loss", "lower"),
        Claim("zeros", "test_zero_share", "higher", tasks=("sparse_regression",)),
    ),
    apply=apply,
    related=("soft_thresholding", "dropout", "flooding"),
    adapt=adapt,
    probe=probe,
    preview=preview,
    measures={"test_zero_share": "higher"},
    measure=measure,
)
