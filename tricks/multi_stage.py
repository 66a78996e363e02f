r"""Multi-stage optimization trains the new head of a pretrained network first, and only then the whole of it.

    \eta_w(s) = \rho^{[s \geq p T]} \eta(s), \quad \eta_\theta(s) = [s \geq p T] \rho \eta(s)

w are the parameters of the head, θ all others (the features), s counts the steps from 0, T is the run's length and η(s)
the recipe's own learning rate; p is the share of the run in which the features are frozen, ρ what is left of the rate
afterwards. A head that is drawn at random is wrong at first, and sends its errors into good features; a head that has
been trained sends little. Frozen parameters get no gradient, so the optimizer leaves them, and its state for them,
alone. Neutral: p = 0 with ρ = 1, plain fine-tuning.

Kumar, Raghunathan, Jones, Ma, Liang. Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution. 2022. https://arxiv.org/abs/2202.10054
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick, steps_of
from tricks.recipe import Memory, Moment, Recipe

NUM_POINTS = 500


def is_frozen(step: int, knobs: Knobs) -> bool:
    """Whether the features are frozen in step `step` + 1."""
    return step < steps_of(float(knobs["head_share"]), int(knobs["steps"]))


def rate_factors(step: int, knobs: Knobs) -> tuple[float, float]:
    """What the head's and the features' learning rates of step `step` + 1 are, as parts of the recipe's own."""
    return (1.0, 0.0) if is_frozen(step, knobs) else (float(knobs["tune_rate"]),) * 2


def split(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The parameters of the head, and all others."""
    head = [parameter for name, parameter in model.named_parameters() if name.startswith("head.")]
    features = [parameter for name, parameter in model.named_parameters() if not name.startswith("head.")]
    return head, features


def freeze(step: int, model: nn.Module, knobs: Knobs) -> None:
    """Lets the features have gradients in step `step` + 1, or not."""
    trains = not is_frozen(step, knobs)
    for parameter in split(model)[1]:
        parameter.requires_grad_(trains)


def apply(recipe: Recipe) -> Recipe:
    """The recipe with its features frozen in the first stage, and another rate in the second."""

    def before_step(step: int, model: nn.Module, knobs: Knobs, memory: Memory) -> None:
        if recipe.before_step is not None:
            recipe.before_step(step, model, knobs, memory)
        freeze(step, model, knobs)

    def lr(step: int, knobs: Knobs) -> float:
        return recipe.lr(step, knobs) * rate_factors(step, knobs)[0]

    return replace(recipe, before_step=before_step, lr=lr)


def norm(parameters: list[nn.Parameter]) -> Tensor:
    """The length (1,) of the gradient of `parameters`; 0 where they have none."""
    squares = [parameter.grad.square().sum() for parameter in parameters if parameter.grad is not None]
    return torch.stack(squares).sum().sqrt().reshape(1) if squares else torch.zeros(1)


def probe(moment: Moment) -> dict[str, Tensor]:
    """Of the last step the lengths (1,) of the gradients, `head_gradient` and `feature_gradient`, and both rates (1,).

    `head_rate` and `feature_rate` are parts of the recipe's own.
    """
    head, features = split(moment.model)
    rates = torch.tensor(rate_factors(moment.step - 1, moment.knobs)).reshape(2, 1)
    gradients = {"head_gradient": norm(head), "feature_gradient": norm(features)}
    return {**gradients, "head_rate": rates[0], "feature_rate": rates[1]}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """Both rates over the run, as parts of the recipe's own, at most some 500 steps of it."""
    steps = range(1, int(knobs["steps"]) + 1, max(1, int(knobs["steps"]) // NUM_POINTS))
    factors = torch.tensor([rate_factors(step - 1, knobs) for step in steps])
    return {"step": torch.tensor(steps), "head_rate": factors[:, 0], "feature_rate": factors[:, 1]}


TRICK = Trick(
    name="multi_stage",
    family="schedule",
    serves=("stability", "generalization"),
    formula=r"\eta_w(s) = \rho^{[s \geq p T]} \eta(s), \quad \eta_\theta(s) = [s \geq p T] \rho \eta(s)",
    knobs=(
        Knob("head_share", "p", default=0.5, low=0.0, high=1.0, neutral=0.0),
        Knob("tune_rate", "ρ", default=0.33, low=0.01, high=1.0, neutral=1.0, scale="log", unless=("head_share", 1.0)),
    ),
    wraps=("lr", "before_step"),
    setups=(Setup("few_shot", steps=240),),
    papers=(
        Paper(
            authors="Kumar, Raghunathan, Jones, Ma, Liang",
            title="Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution",
            year=2022,
            url="https://arxiv.org/abs/2202.10054",
        ),
    ),
    metric="test_accuracy",
    claims=(Claim("beats", "test_accuracy", "higher"),),
    apply=apply,
    related=("step_schedule",),
    probe=probe,
    preview=preview,
)
