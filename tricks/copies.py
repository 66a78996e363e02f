"""A copy of a network that stands elsewhere: what an average or an ensemble of weights is judged by."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def copy_with(model: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """A copy of `model` with the weights and statistics of `state`, which is as its `state_dict` has them.

    Generators of masks are shared, not copied: in evaluation nothing is drawn. What layers keep to be looked at is
    taken out of its graph.
    """
    kept: dict[int, Any] = {}
    for module in model.modules():
        for value in vars(module).values():
            if isinstance(value, torch.Generator):
                kept[id(value)] = value
            elif isinstance(value, Tensor) and not value.is_leaf:
                kept[id(value)] = value.detach()
    twin = copy.deepcopy(model, kept)
    twin.load_state_dict(state)
    return twin


def state_of(model: nn.Module) -> dict[str, Tensor]:
    """The weights and statistics as they now are, to be kept."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
