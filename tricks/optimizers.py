r"""Optimizers: rules that turn gradients into a step, from plain gradient descent to second order.

    w_{s+1} = w_s - \kappa \eta_s u_{\text{rule}} d_s

w are the parameters, η_s the recipe's own learning rate, u the usual rate of a rule over plain gradient descent's (one
on networks, one on landscapes, whose gradient is exact), κ a factor to turn, and d the direction that the rule makes of
the gradient g and of what it remembers:

    gradient descent   d = g; the rule full_batch takes g of the whole training set, all others of the batch
    momentum, Nesterov b ← μ b + g; d = b, or d = g + μ b
    AdaGrad            v ← v + g²; d = g / (√v + 1e-10)
    RMSProp            v ← 0.99 v + 0.01 g²; d = g / (√v + 1e-8)
    Adam, AdamW        m ← μ m + (1 − μ) g, v ← 0.999 v + 0.001 g²; d = m̂ / (√v̂ + 1e-8), the hats correcting for a
                       start at 0; AdamW adds λ w to d where the others (but L-BFGS and Newton) add it to g
    L-BFGS             d ≈ H⁻¹ g of the last ten changes of w and g, on the whole training set, without a line search
    Newton             d = (H + δ I)⁻¹ g of the true second derivatives H and a damping δ, on a landscape only

λ is the settings' weight decay, μ the inertia (0.9 is usual). The rates of the last two are κ alone, times what the
schedule leaves of the settings' rate. Another rule begins with an empty memory. Neutral: the rule of the settings with
κ = 1.

Robbins, Monro. A Stochastic Approximation Method. 1951. https://doi.org/10.1214/aoms/1177729586
Polyak. Some Methods of Speeding up the Convergence of Iteration Methods. 1964.
https://doi.org/10.1016/0041-5553(64)90137-5
Duchi, Hazan, Singer. Adaptive Subgradient Methods for Online Learning and Stochastic Optimization. 2011.
https://jmlr.org/papers/v12/duchi11a.html
Kingma, Ba. Adam: A Method for Stochastic Optimization. 2015. https://arxiv.org/abs/1412.6980
Loshchilov, Hutter. Decoupled Weight Decay Regularization. 2019. https://arxiv.org/abs/1711.05101
Liu, Nocedal. On the Limited Memory BFGS Method for Large Scale Optimization. 1989.
https://doi.org/10.1007/BF01589116
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.directions import Asked, adagrad, adam, adamw, descent, lbfgs, momentum, nesterov, newton, rmsprop
from tricks.recipe import Memory, Optimizer, Recipe, TrainSet

OWN = "settings"
SECOND_ORDER = ("lbfgs", "newton")


class Rule(NamedTuple):
    """How a rule makes its direction, and its usual rate over plain descent's: on a network, and on a landscape."""

    direction: Callable[[Asked], Tensor]
    usual: float = 1.0
    usual_exact: float = 1.0


RULES = {
    OWN: Rule(descent),
    "sgd": Rule(descent),
    "full_batch": Rule(descent),
    "momentum": Rule(momentum, 0.2, 1.0),
    "nesterov": Rule(nesterov, 0.2, 0.65),
    "adagrad": Rule(adagrad, 0.1, 0.5),
    "rmsprop": Rule(rmsprop, 0.006, 0.006),
    "adam": Rule(adam, 0.02, 0.5),
    "adamw": Rule(adamw, 0.02, 0.5),
    "lbfgs": Rule(lbfgs),
    "newton": Rule(newton),
}


WHOLE = ("full_batch", "lbfgs")  # rules whose gradient is of the whole training set


def passes(knobs: Knobs) -> float:
    """Forward, and backward to inputs and weights, of the examples beyond the batch."""
    if knobs["update_rule"] not in WHOLE or knobs["task"] == "landscape":
        return 0.0
    return 3.0 * max(0.0, int(knobs["train_size"]) / int(knobs["batch_size"]) - 1)


class Rules:
    """An optimizer whose rule may change from one step to the next; `own` is the one of the settings.

    A parameter without a gradient stays where it is. One that has a `hessian` tells the second derivatives there.
    """

    def __init__(self, parameters: list[nn.Parameter], knobs: Knobs, own: Optimizer) -> None:
        self.param_groups, self._parameters, self._knobs, self._own = own.param_groups, parameters, knobs, own
        self._rule, self._memory, self.zero_grad = OWN, dict[str, Any](), own.zero_grad

    @torch.no_grad()
    def step(self) -> None:
        """Changes the parameters by the rule in force."""
        knobs, rule = self._knobs, str(self._knobs["update_rule"])
        if rule != self._rule:
            self._rule, self._memory = rule, {}
        if rule == OWN:
            self._own.step()
            return
        zeros = [torch.zeros_like(p) if p.grad is None else p.grad for p in self._parameters]
        gradient, weights = (torch.cat([part.flatten() for part in parts]) for parts in (zeros, self._parameters))
        decay = float(knobs["weight_decay"])
        gradient.add_(weights, alpha=0.0 if rule in ("adamw", *SECOND_ORDER) else decay)
        numbers = float(knobs["inertia"]), decay, float(knobs["damping"])
        curvature = getattr(self._parameters[0], "hessian", None)
        direction = RULES[rule].direction(Asked(gradient, weights, self._memory, *numbers, curvature))
        parts = torch.split(direction, [parameter.numel() for parameter in self._parameters])
        for parameter, part in zip(self._parameters, parts, strict=True):
            if parameter.grad is not None:
                parameter.sub_(part.reshape(parameter.shape), alpha=self.param_groups[0]["lr"])

    def state_dict(self) -> dict[str, Any]:
        """Everything that later steps depend on."""
        return {"own": self._own.state_dict(), "rule_used": self._rule, "memory": self._memory}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self._own.load_state_dict(state_dict["own"])
        self._rule, self._memory = state_dict["rule_used"], state_dict["memory"]


def apply(recipe: Any) -> Any:
    """The recipe, a classifier's or a landscape's, with the rule in force in place of its own optimizer."""

    def optimizer(parameters: list[nn.Parameter], knobs: Knobs) -> Optimizer:
        return Rules(parameters, knobs, recipe.optimizer(parameters, knobs))

    def lr(step: int, knobs: Knobs) -> float:
        rate, rule = float(recipe.lr(step, knobs)) * float(knobs["rate_factor"]), str(knobs["update_rule"])
        if rule in SECOND_ORDER:
            return rate / float(knobs["lr"])
        return rate * (RULES[rule].usual if isinstance(recipe, Recipe) else RULES[rule].usual_exact)

    def sample(indices: Tensor, train: TrainSet, knobs: Knobs, memory: Memory, generator: torch.Generator) -> Tensor:
        if recipe.sample is not None:
            indices = recipe.sample(indices, train, knobs, memory, generator)
        return torch.arange(len(train.labels)) if knobs["update_rule"] in WHOLE else indices

    changed = replace(recipe, optimizer=optimizer, lr=lr)
    return replace(changed, sample=sample) if isinstance(recipe, Recipe) else changed


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """A landscape has no batch to be a part of, and a network no second derivatives that could be had."""
    left_out = ("full_batch",) if settings["task"] == "landscape" else ("newton",)
    return (replace(knobs[0], choices=tuple(name for name in RULES if name not in left_out)), *knobs[1:])


def probe(moment: Any) -> dict[str, Tensor]:
    """The length (1,) of the last step's gradient, `gradient_length`."""
    gradients = [parameter.grad for parameter in moment.model.parameters() if parameter.grad is not None]
    return {"gradient_length": torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt().reshape(1)}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The `answer` (40,) of a network's rule, its rate included, to a gradient of 1 in half of the 40 `pushes`."""
    name, inertia = str(knobs["update_rule"]), float(knobs["inertia"])
    rate = RULES[name].usual * float(knobs["rate_factor"])
    if name == OWN:
        name, inertia = ("adam", 0.9) if knobs["optimizer"] == "adam" else ("momentum", float(knobs["momentum"]))
    asked = Asked(torch.ones(1), torch.ones(1), {}, inertia, 0.0, float(knobs["damping"]), lambda: torch.eye(1))
    gradients = (torch.full((1,), float(push < 20)) for push in range(40))
    answers = [RULES[name].direction(replace(asked, gradient=gradient)) for gradient in gradients]
    return {"pushes": torch.arange(1, 41), "answer": torch.cat(answers) * rate}


POLYAK = "Some Methods of Speeding up the Convergence of Iteration Methods"
TRICK = Trick(
    name="optimizers",
    family="schedule",
    serves=("convergence",),
    formula=r"w_{s+1} = w_s - \kappa \eta_s u_{\text{rule}} d_s",
    knobs=(
        Knob("update_rule", "", default="adam", choices=tuple(RULES), neutral=OWN),
        Knob("rate_factor", "κ", default=1.0, low=0.01, high=10.0, neutral=1.0, scale="log"),
        Knob(
            "inertia",
            "μ",
            default=0.9,
            low=0.0,
            high=0.99,
            when=("update_rule", "momentum", "nesterov", "adam", "adamw"),
        ),
        Knob("damping", "δ", default=0.01, low=0.0, high=10.0, when=("update_rule", "newton")),
    ),
    wraps=("optimizer", "lr", "sample"),
    needs_plain=("sample",),
    setups=(
        Setup("mnist1d", 400, {"train_size": 2000, "depth": 3, "lr": 0.5, "momentum": 0.0, "weight_decay": 0.0}),
        Setup("landscape", steps=1000),
    ),
    papers=(
        Paper("Robbins, Monro", "A Stochastic Approximation Method", 1951, "https://doi.org/10.1214/aoms/1177729586"),
        Paper("Polyak", POLYAK, 1964, "https://doi.org/10.1016/0041-5553(64)90137-5"),
        Paper("Kingma, Ba", "Adam: A Method for Stochastic Optimization", 2015, "https://arxiv.org/abs/1412.6980"),
        Paper("Loshchilov, Hutter", "Decoupled Weight Decay Regularization", 2019, "https://arxiv.org/abs/1711.05101"),
    ),
    metric="test_accuracy",
    claims=(
        Claim("fewer_steps", "test_goal_step", "lower"),
        Claim("farther", "test_accuracy", "higher"),
    ),
    named_by="update_rule",
    apply=apply,
    passes=passes,
    related=("step_schedule", "cyclic_lr"),
    adapt=adapt,
    probe=probe,
    preview=preview,
)
