"""What a kind of network takes of a recipe, and what it leaves."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainers.parts.models import KINDS, PARTS, TAKES, build_model
from tricks.declaration import Knobs
from tricks.recipe import ModelSpec

SHAPE = (16,)


class Tripled(nn.Module):
    """Three times what goes in."""

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        return 3 * x


class TripledWeights(nn.Module):
    """Three times what the layer makes of its inputs."""

    def forward(self, layer: nn.Module, x: Tensor, knobs: Knobs) -> Tensor:
        made: Tensor = 3 * layer(x)
        return made


class Sums(nn.Module):
    """A body: sums over the positions."""

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        return x.sum(2)


GIVEN: dict[str, Any] = {
    "model.wrap_weight": lambda layer: TripledWeights(),
    "model.norm": lambda channels, masks: Tripled(),
    "model.activation": lambda channels, masks: Tripled(),
    "model.shrinkage": lambda channels, masks: Tripled(),
    "model.dropout": lambda channels, masks: Tripled(),
    "model.shortcut": lambda knobs: 1.0,
    "model.body": lambda width, depth: Sums(),
}


@pytest.mark.parametrize("part", sorted(PARTS))
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_made_with_what_its_kind_takes_and_with_nothing_else(kind: str, part: str) -> None:
    def logits(**parts: Any) -> Tensor:
        spec = ModelSpec(kind=kind, depth=4, width=16, **parts)
        model = build_model(spec, SHAPE, 3, 100, torch.Generator())
        answers: Tensor = model(torch.linspace(-1, 1, 80).reshape(5, 16), {})
        return answers

    alike = torch.equal(logits(), logits(**{part.removeprefix("model."): GIVEN[part]}))
    assert alike is (part not in TAKES[kind])


def test_every_part_is_one_that_some_kind_takes() -> None:
    assert GIVEN.keys() == PARTS and TAKES.keys() == KINDS.keys()
