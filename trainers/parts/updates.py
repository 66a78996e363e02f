"""The baseline's update rules: torch's own kernels, without the bookkeeping around them.

On a small network that bookkeeping (hooks, profiling, collecting parameters anew at each step) takes as long as the
update itself. The rules keep what recipes and captures use of a torch optimizer: `param_groups`, `step`, `zero_grad`,
`state_dict`. A parameter without a gradient, of a layer that is switched off, is left as it is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd


class Update:
    """What the rules share: the parameters, and lists of state tensors, one tensor for each parameter."""

    def __init__(self, parameters: list[nn.Parameter], lr: float, weight_decay: float, **states: list[Tensor]) -> None:
        self.param_groups: list[dict[str, Any]] = [{"params": parameters, "lr": lr}]
        self._parameters = parameters
        self._weight_decay = weight_decay
        self._states = states

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Changes each parameter that has a gradient."""
        gradients = [parameter.grad for parameter in self._parameters]
        if all(gradient is not None for gradient in gradients):
            self._apply(self._parameters, gradients, self._states)
            return
        found = [index for index, gradient in enumerate(gradients) if gradient is not None]
        states = {name: [values[index] for index in found] for name, values in self._states.items() if values}
        self._apply([self._parameters[i] for i in found], [gradients[i] for i in found], states)

    def _apply(self, parameters: list[Any], gradients: list[Any], states: dict[str, list[Tensor]]) -> None:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """The state tensors, in the parameters' order."""
        return self._states

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        for name, values in self._states.items():
            for value, held in zip(values, state[name], strict=True):
                value.copy_(held)


class Sgd(Update):
    """w ← w − η b with b ← μ b + g, or b = g without momentum."""

    def __init__(self, parameters: list[nn.Parameter], *, lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(parameters, lr, weight_decay, momentum=_zeros(parameters) if momentum else [])
        self._momentum = momentum

    def _apply(self, parameters: list[Any], gradients: list[Any], states: dict[str, list[Tensor]]) -> None:
        buffers: list[Any] = states["momentum"] if self._momentum else [None] * len(parameters)
        sgd(
            parameters,
            gradients,
            buffers,
            fused=True,
            weight_decay=self._weight_decay,
            momentum=self._momentum,
            lr=self.param_groups[0]["lr"],
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


class Adam(Update):
    """w ← w − η m̂ / (√v̂ + ε) of bias-corrected moving means m, v of g and g². Source: Kingma & Ba 2015, algorithm 1."""

    def __init__(
        self,
        parameters: list[nn.Parameter],
        *,
        lr: float,
        weight_decay: float,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        counts = [torch.zeros(()) for _ in parameters]
        super().__init__(
            parameters, lr, weight_decay, mean=_zeros(parameters), square=_zeros(parameters), counts=counts
        )
        self._betas = betas

    def _apply(self, parameters: list[Any], gradients: list[Any], states: dict[str, list[Tensor]]) -> None:
        adam(
            parameters,
            gradients,
            states["mean"],
            states["square"],
            [],
            states["counts"],
            fused=True,
            amsgrad=False,
            beta1=self._betas[0],
            beta2=self._betas[1],
            lr=self.param_groups[0]["lr"],
            weight_decay=self._weight_decay,
            eps=1e-8,
            maximize=False,
        )


def _zeros(parameters: list[nn.Parameter]) -> list[Tensor]:
    return [torch.zeros_like(parameter) for parameter in parameters]
