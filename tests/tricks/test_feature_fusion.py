"""Feature fusion: the paths of each kind, about as many weights, and blocks in a row at the neutral setting."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tricks.feature_fusion import KINDS, Concatenation, Exchange, Fusion, Split, preview

CHANNELS, DEPTH = 16, 5


def fusion() -> Fusion:
    torch.manual_seed(0)
    return Fusion(CHANNELS, DEPTH).double()


def x() -> torch.Tensor:
    return torch.randn(4, CHANNELS, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def silence(module: nn.Module) -> None:
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d):
                part.weight.zero_()
                part.bias.zero_()


@pytest.mark.parametrize("kind", KINDS)
def test_it_gives_as_many_features_as_channels(kind: str) -> None:
    assert fusion()(x(), {"fusion": kind, "fusion_scale": 1.0}).shape == (4, CHANNELS)


def test_all_kinds_have_about_as_many_weights() -> None:
    body = fusion()
    row = sum(value.numel() for name, value in body.named_parameters() if not name.startswith("kinds"))
    for kind in body.kinds.values():
        assert 0.85 < sum(value.numel() for value in kind.parameters()) / row < 1.15


def test_adding_at_scale_zero_is_blocks_in_a_row_in_value_and_gradient() -> None:
    gradients = []
    for kind in ("none", "add"):
        body = fusion()
        body(x(), {"fusion": kind, "fusion_scale": 0.0}).square().sum().backward()
        gradients.append([value.grad for value in body.convolutions.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_blocks_that_do_nothing_leave_the_identity(scale: float) -> None:
    body = fusion()
    silence(body)
    added = body(x(), {"fusion": "add", "fusion_scale": scale})
    torch.testing.assert_close(added, scale**DEPTH * torch.relu(x()).mean(2))
    split = Split(CHANNELS, DEPTH).double()
    silence(split)
    torch.testing.assert_close(split(x(), scale), torch.relu(x()) * scale**DEPTH)


def test_concatenation_hands_every_earlier_feature_on_unless_the_scale_is_zero() -> None:
    module = Concatenation(CHANNELS, 4).double().eval()
    for scale, is_heard in ((1.0, True), (0.0, False)):
        seen: list[torch.Tensor] = []
        hook = module.units[2].register_forward_hook(lambda _, inputs, output, seen=seen: seen.append(inputs[0]))
        module(x(), scale)
        hook.remove()
        assert torch.equal(seen[0][:, :CHANNELS], scale**2 * x())
        assert bool(seen[0][:, :CHANNELS].abs().sum() > 0) is is_heard


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_adding_is_the_papers_block_with_relu_after_the_sum(scale: float) -> None:
    body: Any = fusion()
    y = x()
    for number in range(DEPTH):
        one, other = 2 * number, 2 * number + 1
        inside = torch.relu(body.norms[one](body.convolutions[one](y)))
        y = torch.relu(body.norms[other](body.convolutions[other](inside)) + scale * y)
    added = fusion()(x(), {"fusion": "add", "fusion_scale": scale})
    torch.testing.assert_close(added, y.mean(2))


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0])
def test_concatenating_is_the_formula_at_every_scale_and_what_the_picture_says(scale: float) -> None:
    module: Any = Concatenation(CHANNELS, 4).double().eval()
    state, made = x(), []
    for unit in module.units:
        made.append(unit(state))
        state = torch.cat([scale * state, made[-1]], 1)
    torch.testing.assert_close(module(x(), scale), module.gather(state))
    reach = preview({"fusion": "concatenate", "fusion_scale": scale})["reach"][0]
    parts = torch.split(state, [CHANNELS, *[made[0].shape[1]] * 4], 1)
    for place, (part, output) in enumerate(zip(parts, [x(), *made], strict=True)):
        torch.testing.assert_close(part, reach[4, place].double() * output)


def test_exchanging_is_a_sum_and_then_relu_in_both_branches() -> None:
    module: Any = Exchange(CHANNELS, 1).double().eval()
    fine, coarse = module.entries[0](x()), module.entries[1](F.avg_pool1d(x(), 2))
    for unit in (0, 1):
        fine, coarse = module.fine[unit](fine), module.coarse[unit](coarse)
    up, down = F.interpolate(module.up[0](coarse), fine.shape[2]), module.down[0](F.avg_pool1d(fine, 2))
    fine, coarse = F.relu(fine + 0.5 * up), F.relu(coarse + 0.5 * down)
    joined = module.exit(torch.cat([fine, F.interpolate(coarse, fine.shape[2])], 1))
    torch.testing.assert_close(module(x(), 0.5), joined)


def test_without_exchange_the_branches_do_not_hear_of_each_other() -> None:
    module: Any = Exchange(CHANNELS, DEPTH).double().eval()
    for scale, is_heard in ((0.0, False), (1.0, True)):
        module.zero_grad()
        fine_only = module.exit.convolution.weight
        with torch.no_grad():
            fine_only[:, fine_only.shape[1] // 2 :] = 0
        module(x(), scale).sum().backward()
        heard = module.coarse[0].convolution.weight.grad
        assert (heard is not None and bool(heard.abs().sum() > 0)) is is_heard


def test_the_picture_shows_who_hears_whom() -> None:
    assert torch.equal(preview({"fusion": "none", "fusion_scale": 1.0})["reach"][0], torch.eye(6))
    assert torch.equal(preview({"fusion": "add", "fusion_scale": 1.0})["reach"][0], torch.ones(6, 6).tril())
    assert torch.equal(preview({"fusion": "concatenate", "fusion_scale": 0.0})["reach"][0], torch.eye(6))
