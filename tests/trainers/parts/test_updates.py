"""The baseline's update rules are the library's, step for step."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainers.parts.updates import Adam, Sgd

Make = Callable[[list[nn.Parameter]], Any]
RULES: dict[str, tuple[Make, Make]] = {
    "sgd": (lambda p: Sgd(p, lr=0.1, momentum=0.0, weight_decay=0.0), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum and decay": (
        lambda p: Sgd(p, lr=0.1, momentum=0.9, weight_decay=1e-2),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-2),
    ),
    "adam": (lambda p: Adam(p, lr=1e-2, weight_decay=0.0), lambda p: torch.optim.Adam(p, lr=1e-2)),
    "adam, other betas and decay": (
        lambda p: Adam(p, lr=1e-2, weight_decay=1e-2, betas=(0.5, 0.9)),
        lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.5, 0.9), weight_decay=1e-2),
    ),
}


def parameters() -> list[nn.Parameter]:
    source = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, dtype=torch.float64, generator=source)) for shape in ((3, 4), (4,), (2,))]


def descend(values: list[nn.Parameter], optimizer: Any, step: int) -> None:
    """One step of a loss that is uneven, and that the third parameter enters only from the sixth step on."""
    optimizer.zero_grad()
    loss: Tensor = ((values[0] * values[1]) ** 2).sum() * (1 + step % 3) + values[1].sin().sum()
    if step > 4:
        loss = loss + values[2].exp().sum()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.param_groups[0]["lr"] = 0.05 / (1 + step)
    optimizer.step()


@pytest.mark.parametrize("rule", RULES)
def test_ten_steps_are_the_librarys(rule: str) -> None:
    ours, theirs = parameters(), parameters()
    mine, oracle = RULES[rule][0](ours), RULES[rule][1](theirs)
    for step in range(10):
        descend(ours, mine, step)
        descend(theirs, oracle, step)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("rule", RULES)
def test_a_state_goes_on_where_it_was_taken(rule: str) -> None:
    ours, again = parameters(), parameters()
    first, second = RULES[rule][0](ours), RULES[rule][0](again)
    for step in range(7):
        descend(ours, first, step)
    with torch.no_grad():
        for to, value in zip(again, ours, strict=True):
            to.copy_(value)
    second.load_state_dict(first.state_dict())
    descend(ours, first, 7)
    descend(again, second, 7)
    assert all(torch.equal(one, two) for one, two in zip(ours, again, strict=True))
