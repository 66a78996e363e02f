"""Skip connections: the identity beside each block, and none at scale 0."""

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.parts.models import build_model
from trainers.runs.build import build_spec
from tricks.recipe import ModelSpec
from tricks.skip_connection import preview
from tricks.soft_thresholding import Shrinkage, soft


def network(scale: float | None, depth: int = 5) -> tuple[Any, dict[str, float]]:
    shortcut = None if scale is None else (lambda knobs: knobs["shortcut_scale"])
    spec = ModelSpec(kind="residual_mlp", depth=depth, width=7, initial="he", shortcut=shortcut)
    return build_model(spec, (4,), 3, 0, torch.Generator()).double().eval(), {"shortcut_scale": scale or 0.0}


def test_a_block_that_does_nothing_leaves_its_input() -> None:
    model, knobs = network(1.0)
    plain, _ = network(None, depth=1)
    with torch.no_grad():
        for block in list(model.blocks)[1:]:
            block.weight.weight.zero_()
            block.weight.bias.zero_()
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(model.features(x, knobs), plain.features(x, knobs))


def test_scale_zero_is_the_plain_network_in_value_and_gradient() -> None:
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gradients = []
    for scale in (None, 0.0):
        model, knobs = network(scale)
        model(x, knobs).square().sum().backward()
        gradients.append([value.grad for value in model.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*gradients, strict=True))


def he_block(first: Any, second: Any, x: torch.Tensor, scale: float) -> torch.Tensor:
    """Figure 2 of He et al. 2015 on vectors: weight, norm, ReLU, weight, norm, sum, ReLU."""
    inside = second.norm(second.weight(F.relu(first.norm(first.weight(x)))))
    return F.relu(inside + scale * x)


@pytest.mark.parametrize("scale", [0.3, 1.0])
@pytest.mark.parametrize("depth", [3, 4, 7])
def test_a_residual_block_is_the_papers_with_relu_after_the_sum(scale: float, depth: int) -> None:
    model, knobs = network(scale, depth)
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    first, *others = model.blocks
    y = F.relu(first.norm(first.weight(x)))
    for one, other in zip(others[::2], others[1::2], strict=False):
        y = he_block(one, other, y, scale)
    if len(others) % 2:
        y = F.relu(others[-1].norm(others[-1].weight(y)))
    torch.testing.assert_close(model.features(x, knobs), y)
    assert (others[1].norm(others[1].weight(torch.randn(50, 7).double())) < 0).any()  # F(x) has both signs


def test_in_a_plain_mlp_too_relu_follows_the_sum_and_shrinkage_ends_the_residual_path() -> None:
    spec = ModelSpec(
        kind="mlp",
        depth=2,
        width=4,
        shortcut=lambda knobs: float(knobs["s"]),
        shrinkage=lambda count, _: Shrinkage(count),
    )
    model: Any = build_model(spec, (4,), 3, 0, torch.Generator()).double().eval()
    x = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    knobs: dict[str, Any] = {"s": 0.7, "threshold_mode": "fixed", "threshold": 0.2}
    y = x
    for block in model.blocks:
        y = F.relu(soft(block.weight(y), 0.2) + 0.7 * y)
    torch.testing.assert_close(model.features(x, knobs), y)
    plain = x
    for block in model.blocks:
        plain = soft(F.relu(block.weight(plain)), 0.2)
    torch.testing.assert_close(model.features(x, {**knobs, "s": 0.0}), plain)


def test_paths_add_up_and_without_shortcuts_only_the_longest_is_left() -> None:
    shares = preview({"shortcut_scale": 1.0})["path_shares"]
    assert shares.sum().item() == pytest.approx(1)
    assert shares[5].item() == pytest.approx(252 / 1024)
    assert preview({"shortcut_scale": 0.0})["path_shares"].tolist() == [0.0] * 10 + [1.0]


def test_the_probe_has_a_norm_for_each_weight_layer() -> None:
    run = Run(build_spec("skip_connection", steps=10, values={"depth": 9}))
    assert all(probe.arrays["layer_gradients"].shape == (10,) for probe in run.advance(60).probes)
