"""Normalization: torch's four layers in value and gradient, running statistics, and a type that can be turned live."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.parts.models import TAKES, build_model, least_positions
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from trainers.runs.spec import Event
from tricks import catalogue
from tricks.declaration import Knobs
from tricks.normalization import EPS, TRICK, Norm, recalibrate
from tricks.recipe import TrainSet

SHAPES = [(12, 8), (12, 8, 5)]


def knobs(norm_type: str, num_groups: int = 4, examples: int = 12) -> Knobs:
    return {"norm_type": norm_type, "num_groups": str(num_groups), "examples_per_statistic": str(examples)}


def norm(dtype: torch.dtype = torch.float64) -> Norm:
    layer = Norm(8).to(dtype)
    source = torch.Generator().manual_seed(9)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(8, generator=source))
        layer.bias.copy_(torch.randn(8, generator=source))
    return layer


def inputs(shape: tuple[int, ...], scale: float = 1.0, offset: float = 0.0) -> Tensor:
    source = torch.Generator().manual_seed(7)
    return (scale * torch.randn(shape, generator=source, dtype=torch.float64) + offset).requires_grad_()


def reference(x: Tensor, norm_type: str, layer: Norm) -> Tensor:
    """The same by torch's functions, with the layer's scale and shift of each channel."""
    if norm_type == "batch":
        return F.batch_norm(x, None, None, layer.weight, layer.bias, training=True, eps=EPS)
    if norm_type == "group":
        return F.group_norm(x, 4, layer.weight, layer.bias, eps=EPS)
    plain = F.layer_norm(x, x.shape[1:], eps=EPS) if norm_type == "layer" else F.instance_norm(x, eps=EPS)
    of_channel = (8, *[1] * (x.dim() - 2))
    return plain * layer.weight.view(of_channel) + layer.bias.view(of_channel)


@pytest.mark.parametrize(
    ("shape", "norm_type"),
    [(shape, norm_type) for shape in SHAPES for norm_type in ("batch", "group", "layer")] + [(SHAPES[1], "instance")],
)
@pytest.mark.parametrize(("scale", "offset"), [(1e-4, 0.0), (1.0, 0.3), (1e3, -1e4)])
def test_it_is_torchs_layer_in_value_and_gradient(
    shape: tuple[int, ...], norm_type: str, scale: float, offset: float
) -> None:
    x, layer = inputs(shape, scale, offset), norm()
    ours, theirs = layer(x, knobs(norm_type)), reference(x, norm_type, layer)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-8)
    weights = torch.linspace(-1, 2, x.numel(), dtype=torch.float64).view(shape)
    parts = [x, layer.weight, layer.bias]
    mine, other = (torch.autograd.grad((y * weights).sum(), parts, retain_graph=True) for y in (ours, theirs))
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_statistics_and_evaluation_are_torchs(shape: tuple[int, ...]) -> None:
    layer, theirs = norm(), nn.BatchNorm1d(8, eps=EPS).double()
    with torch.no_grad():
        theirs.weight.copy_(layer.weight)
        theirs.bias.copy_(layer.bias)
    for offset in (0.0, 2.0, -1.0):
        x = inputs(shape, 3.0, offset)
        torch.testing.assert_close(layer(x, knobs("batch")), theirs(x))
    torch.testing.assert_close(layer.running_mean, theirs.running_mean)
    torch.testing.assert_close(layer.running_var, theirs.running_var)
    layer.eval(), theirs.eval()
    torch.testing.assert_close(layer(x, knobs("batch")), theirs(x))
    before = layer.running_mean.clone()
    layer(x, knobs("batch"))
    assert torch.equal(layer.running_mean, before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("examples", [5, 7, 12, 50])
def test_where_g_does_not_divide_the_batch_its_sets_are_as_large_or_larger_and_nearly_alike(
    shape: tuple[int, ...], examples: int
) -> None:
    x, layer = inputs(shape), norm()
    ours = layer(x, knobs("batch", examples=examples))
    sets = x.tensor_split(max(1, len(x) // examples))
    torch.testing.assert_close(ours, torch.cat([reference(part, "batch", layer) for part in sets]))
    means = torch.stack([part.mean([dim for dim in range(x.dim()) if dim != 1]) for part in sets])
    torch.testing.assert_close(layer.running_mean, 0.1 * means.mean(0).detach())


@pytest.mark.parametrize(
    ("other", "task", "values"),
    [
        ("optimizers", "mnist1d", {"update_rule": "full_batch"}),
        ("optimizers", "mnist1d", {"update_rule": "lbfgs"}),
        ("label_cleaning", "digits", {"train_size": 50, "batch_size": 50, "cleaning": "drop", "label_noise": 0.4}),
    ],
)
def test_it_takes_batches_of_any_length_that_another_trick_makes(
    other: str, task: str, values: dict[str, object]
) -> None:
    names = ("normalization", other)
    run = Run(build_combination(names, task=task, seed=100, steps=2, values={**values, "norm_type": "batch"}))
    assert not run.advance(600.0).failures and run.step == 2


@pytest.mark.parametrize("other", [one.name for one in catalogue.every() if one.least_side])
@pytest.mark.parametrize("depth", [3, 4])
def test_no_statistic_of_smaller_pictures_leaves_nothing_of_its_input(other: str, depth: int) -> None:
    names = (other, "normalization")

    def run_of(**values: object) -> Run:
        small = {"depth": depth, "width": 6, "train_size": 64, "low_share": 1.0, "low_side": "8", **values}
        return Run(build_combination(names, task="big_digits", seed=100, steps=2, ablate=False, values=small))

    offered = run_of().spec.knobs_of(1)
    assert {"batch", "layer"} < set(offered["norm_type"].choices)
    turns = [{"norm_type": one} for one in offered["norm_type"].choices if one not in ("none", "group")]
    for turn in [*turns, *({"norm_type": "group", "num_groups": count} for count in offered["num_groups"].choices)]:
        run = run_of(**turn)
        run.advance(600.0, max_steps=1)
        arm = run.trainer.arms[1]
        assert isinstance(arm, ClassifierArm)
        seen = [module.last for module in arm.model.modules() if isinstance(module, Norm)]
        assert seen and all(last is not None and last[1].std() > 0.1 for last in seen), turn


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("examples", [2, 3, 6])
def test_statistics_over_g_examples_are_those_of_the_batchs_parts(shape: tuple[int, ...], examples: int) -> None:
    x, layer = inputs(shape), norm()
    ours = layer(x, knobs("batch", examples=examples))
    parts = [reference(part, "batch", layer) for part in x.split(examples)]  # type: ignore[no-untyped-call]
    torch.testing.assert_close(ours, torch.cat(parts))
    other_axes = [dim for dim in range(x.dim()) if dim != 1]
    variances = [part.var(other_axes) for part in x.split(examples)]  # type: ignore[no-untyped-call]
    torch.testing.assert_close(layer.running_var, 0.9 + 0.1 * torch.stack(variances).mean(0).detach())


@given(st.floats(1, 100), st.floats(-100, 100), st.sampled_from(["batch", "group", "instance", "layer"]))
def test_it_forgets_scale_and_offset(scale: float, offset: float, norm_type: str) -> None:
    x, layer = inputs((12, 8, 5)).detach(), norm()
    moved = layer(scale * x + offset, knobs(norm_type))
    torch.testing.assert_close(moved, layer(x, knobs(norm_type)), rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("norm_type", ["batch", "group", "instance", "layer"])
def test_data_far_from_zero_keep_their_digits_in_single_precision(norm_type: str) -> None:
    x = inputs((12, 8, 5), 1.0, 1e4).detach().float()
    y = norm(torch.float32)(x, knobs(norm_type))
    torch.testing.assert_close(y.double(), norm()(x.double(), knobs(norm_type)), rtol=1e-2, atol=1e-2)
    constant = norm(torch.float32)(torch.full((12, 8, 5), 1e4), knobs(norm_type))
    assert constant.isfinite().all()


def test_layer_and_instance_are_the_ends_of_group() -> None:
    x, layer = inputs((12, 8, 5)), norm()
    assert torch.equal(layer(x, knobs("layer")), layer(x, knobs("group", 1)))
    assert torch.equal(layer(x, knobs("instance")), layer(x, knobs("group", 8)))
    assert torch.equal(layer(inputs((12, 8)), knobs("instance")), layer.bias.expand(12, 8))  # all else is gone


def test_none_hands_on_what_it_gets() -> None:
    x, layer = inputs((12, 8)), norm()
    assert layer(x, knobs("none")) is x


class Chain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.drop, self.second = norm(), nn.Dropout(0.5), norm()

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        y: Tensor = self.second(self.drop(torch.relu(self.first(x, knobs))), knobs)
        return y


def test_after_another_type_running_statistics_are_estimated_from_training_batches() -> None:
    model, x = Chain(), inputs((60, 8), 2.0, 5.0).detach()
    train = TrainSet(x, torch.zeros(60), torch.zeros(60), 2)
    values = {**knobs("batch"), "batch_size": 12}
    model(x[:12], values)
    kept = model.first.running_mean.clone()
    recalibrate(model, train, values)
    assert torch.equal(model.first.running_mean, kept)  # it has been at batch all the time
    model(x[:12], {**values, "norm_type": "group"})
    before = torch.random.get_rng_state()
    recalibrate(model, train, {**values, "norm_type": "group"})
    assert torch.equal(model.first.running_mean, kept)  # there is nobody to use them
    recalibrate(model, train, values)
    torch.testing.assert_close(model.first.running_mean, x.mean(0))
    batches = x.view(12, 5, 8).transpose(0, 1)
    torch.testing.assert_close(model.first.running_var, batches.var(1).mean(0))
    passed = torch.relu(model.first(batches.reshape(60, 8), knobs("batch", examples=12)))
    torch.testing.assert_close(model.second.running_mean, passed.mean(0).detach())
    assert torch.equal(torch.random.get_rng_state(), before) and model.training
    assert not model.first.is_stale and not model.second.is_stale


def test_staleness_is_part_of_the_state() -> None:
    layer, other = norm(), norm()
    layer(inputs((12, 8)), knobs("none"))
    other.load_state_dict(layer.state_dict())
    assert other.is_stale
    assert set(dict(layer.named_buffers())) == {"running_mean", "running_var", "is_stale"}


def test_a_type_turned_in_the_run_is_evaluated_with_statistics_of_its_own() -> None:
    values = {"norm_type": "none", "lr": 0.05, "eval_every": 20, "depth": 3}
    run = Run(build_spec("normalization", steps=60, values=values))
    history = run.new_history()
    turns = [Event(40, "norm_type", "batch", 1), Event(45, "examples_per_statistic", "8", 1)]
    history.append(run.advance(60, commands=turns))
    assert run.finished and not history.failures
    assert history.row(0, "train_loss")[:39].tolist() == history.row(1, "train_loss")[:39].tolist()
    # One step after the turn, running averages would still be those of the start, and the loss far off.
    assert history.test(1, "test_loss")[1] < 3
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    arrays = arm.probe()
    assert arrays["activation_means"].shape == arrays["activation_stds"].shape == (3,)
    assert arrays["batch_means"].shape == arrays["running_stds"].shape == (64,)
    plain = run.trainer.arms[0].probe()
    assert set(plain) == {"activation_means", "activation_stds"} and plain["activation_stds"].shape == (3,)


NETWORKS = [
    ("mlp", 3, 6),
    ("residual_mlp", 3, 4),
    ("conv1d", 2, 6),
    ("conv1d", 5, 2),
    ("conv1d", 6, 6),
    ("conv1d", 9, 2),
    ("resnet1d", 3, 4),
    ("resnet1d", 12, 2),
]


@pytest.mark.parametrize(("model", "depth", "width"), NETWORKS)
def test_no_statistic_that_is_offered_leaves_nothing_of_its_input(model: str, depth: int, width: int) -> None:
    shape = {"model": model, "depth": depth, "width": width, "batch_size": 8}
    offered = build_spec("normalization", values=shape).knobs_of(1)
    types, groups = offered["norm_type"].choices, offered["num_groups"].choices
    assert {"batch", "group", "layer"} < set(types) and groups
    turns = [{"norm_type": one} for one in types if one not in ("none", "group")]
    turns += [{"norm_type": "group", "num_groups": count} for count in groups]
    turns += [{"norm_type": "batch", "examples_per_statistic": "2"}]
    for turn in turns:
        run = Run(build_spec("normalization", values={**shape, **turn}))
        run.advance(60, max_steps=1)
        arm = run.trainer.arms[1]
        assert isinstance(arm, ClassifierArm)
        seen = [module.last for module in arm.model.modules() if isinstance(module, Norm)]
        assert seen
        for last in seen:
            assert last is not None and last[1].std() > 0.1, turn
            assert last[0].dim() == 2 or last[0].shape[2] >= int(arm.knobs["least_positions"])
        assert min(x.shape[2] if x.dim() == 3 else 1 for x, _ in filter(None, seen)) == arm.knobs["least_positions"]


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7])
def test_pictures_positions_are_counted_after_each_pooling(depth: int) -> None:
    settings = {**build_spec("flooding", task="digits").settings, "model": "conv2d", "depth": depth, "width": 4}
    model = build_model(TRICK.apply(baseline(settings)).model, (64,), 10, 0, torch.Generator())
    model(torch.randn(8, 64), {**settings, **knobs("layer")})
    seen = [module.last for module in model.modules() if isinstance(module, Norm)]
    assert min(x.shape[2] for x, _ in filter(None, seen)) == least_positions(settings, (64,))


@pytest.mark.parametrize("norm_type", ["batch", "group", "instance", "layer"])
@pytest.mark.parametrize("offset", [0.0, 30.0, 1e3, 1e4 + 0.1])
def test_in_single_precision_it_is_as_exact_as_the_reference(norm_type: str, offset: float) -> None:
    x, layer = inputs((12, 8, 50), 1.0, offset).detach().float(), Norm(8)
    exact = reference(x.double(), norm_type, Norm(8).double())
    ours, theirs = layer(x, knobs(norm_type)), reference(x, norm_type, layer)
    error, usual = ((y.double() - exact).abs().max().item() for y in (ours, theirs))
    assert error <= max(1.5 * usual, 2e-6)


@pytest.mark.parametrize("norm_type", ["batch", "group", "instance", "layer"])
@pytest.mark.parametrize("level", [0.1, 1e4 + 0.1, -3e5 / 7])
def test_of_a_constant_nothing_is_left(norm_type: str, level: float) -> None:
    y = Norm(8)(torch.full((64, 8, 5), level), knobs(norm_type, examples=64))
    assert y.abs().max().item() < 1e-5


def test_with_two_values_a_statistic_nearly_all_outputs_are_plus_or_minus_one() -> None:
    x = inputs((64, 8), 3.0).detach()
    for values in (knobs("batch", examples=2), knobs("group", 4)):
        y = Norm(8).double()(x, values)
        assert ((y.abs() - 1).abs() < 0.01).double().mean() > 0.95


def test_the_choices_come_out_even() -> None:
    mlp = build_spec("normalization").knobs_of(1)
    assert mlp["norm_type"].choices == ("none", "batch", "group", "layer")
    assert mlp["num_groups"].choices == ("1", "2", "4", "8", "16", "32")
    assert mlp["examples_per_statistic"].choices == ("2", "4", "8", "16", "32", "64")
    net = build_spec("normalization", values={"model": "conv1d", "depth": 3, "width": 9, "batch_size": 6}).knobs_of(1)
    assert "instance" in net["norm_type"].choices and net["norm_type"].neutral == "none"
    assert net["num_groups"].choices == ("1", "3", "9") and net["num_groups"].default == "3"
    assert net["examples_per_statistic"].choices == ("2", "3", "6")


@pytest.mark.parametrize(
    ("norm_type", "lit"), [("none", 0), ("batch", 4 * 8), ("group", 4 * 8), ("instance", 8), ("layer", 64)]
)
def test_the_cube_lights_the_index_set(norm_type: str, lit: int) -> None:
    assert TRICK.preview is not None
    values = {**knobs(norm_type, 2, 16), "model": "conv1d", "batch_size": 32, "train_size": 1000}
    assert TRICK.preview(values)["index_set"].sum() == lit


@pytest.mark.parametrize("model", TAKES)
def test_the_cube_has_one_position_where_every_layer_has(model: str) -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview({**knobs("layer"), "model": model, "batch_size": 32, "train_size": 1000})["index_set"]
    shape = (12, 12) if model == "conv2d" else (40,)
    has_one = least_positions({"model": model, "depth": 1, "width": 8}, shape) == 1
    assert drawn.shape == (8, 8, 1 if has_one else 8)


def test_statistics_estimated_afresh_hardly_depend_on_the_order_of_the_training_set() -> None:
    x = torch.arange(600.0)[:, None].expand(600, 8) + inputs((600, 8)).detach()  # as where classes stand together
    found = []
    for order in (torch.arange(600), torch.randperm(600, generator=torch.Generator().manual_seed(0))):
        model = Chain()
        model(x[:12], {**knobs("group"), "batch_size": 12})
        recalibrate(model, TrainSet(x[order], order, order, 600), {**knobs("batch"), "batch_size": 12})
        found.append(torch.stack([model.first.running_mean / x.mean(0), model.first.running_var / x.var(0)]))
    assert (found[0] - 1).abs().max() < 0.1 and (found[0] - found[1]).abs().max() < 0.2
