r"""Normalization gives activations mean 0 and spread 1, over some set of them, and then a learned scale and shift.

    y_i = \gamma_c \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} + \beta_c, \quad
    \mu_i = \frac{1}{|S_i|} \sum_{j \in S_i} x_j, \quad
    \sigma_i^2 = \frac{1}{|S_i|} \sum_{j \in S_i} (x_j - \mu_i)^2

x (N, C) or (N, C, L) are N examples of C channels and L positions. All types are this formula over another index set
S_i: batch takes i's channel in all examples (or in g of them, the examples per statistic), group takes i's example in
the G-th part of the channels that has i's, layer is group with G = 1, instance with G = C. One γ_c and one β_c per
channel serve all types, ε = 1e-5. In evaluation, batch takes running averages of its statistics (each step moves them
a tenth of the way, the variance being the unbiased one, the mean of those of all sets of g examples); when the type
has been another one meanwhile, they are estimated afresh, from training batches, before the next evaluation. The type,
G and g may change in a running training: the weights stay. Neutral: type none, which has no γ and β either.

Ioffe, Szegedy. Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift. 2015.
https://arxiv.org/abs/1502.03167
Ba, Kiros, Hinton. Layer Normalization. 2016. https://arxiv.org/abs/1607.06450
Ulyanov, Vedaldi, Lempitsky. Instance Normalization: The Missing Ingredient for Fast Stylization. 2016.
https://arxiv.org/abs/1607.08022
Wu, He. Group Normalization. 2018. https://arxiv.org/abs/1803.08494
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Moment, Recipe, TrainSet

EPS = 1e-5
MOMENTUM = 0.1


def standardize(x: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """`x` with mean 0 and variance 1 over `dims`, and the mean and variance it had (`dims` kept, with size 1)."""
    mean = x.mean(dims, keepdim=True)
    deviation = x - mean  # the second pass: E[x²] − E[x]² would lose all digits where the mean is large
    rest = deviation.mean(dims, keepdim=True)  # what rounding left in the mean: 1e4 is exact to 1e-3 only
    mean, deviation = mean + rest, deviation - rest
    variance = (deviation * deviation).mean(dims, keepdim=True)
    return deviation * torch.rsqrt(variance + EPS), mean, variance


def batch_norm(x: Tensor, examples_per_statistic: int) -> tuple[Tensor, Tensor, Tensor]:
    """Activations (N, C, L) normalized over sets of so many examples, or, where they do not divide N, of some more.

    Also the sets' means (C,) and unbiased variances (C,), averaged over the sets and detached.
    """
    num_sets = max(1, len(x) // examples_per_statistic)
    if len(x) % num_sets:  # such as a whole training set, or what cleaning left of one
        parts = [batch_norm(part, len(part)) for part in x.tensor_split(num_sets)]
        outputs, means, variances = zip(*parts, strict=True)
        return torch.cat(outputs), torch.stack(means).mean(0), torch.stack(variances).mean(0)
    y, mean, variance = standardize(x.reshape(num_sets, -1, *x.shape[1:]), (1, 3))
    count = len(x) // num_sets * x.shape[2]
    unbiased = variance.detach().mean(0).flatten() * (count / max(count - 1, 1))
    return y.reshape(x.shape), mean.detach().mean(0).flatten(), unbiased


def group_norm(x: Tensor, num_groups: int) -> Tensor:
    """Activations (N, C, L), each example normalized over the channels of a group (C / `num_groups`) and positions."""
    n, c, length = x.shape
    return standardize(x.reshape(n, num_groups, c // num_groups, length), (2, 3))[0].reshape(x.shape)


class Norm(nn.Module):
    """Normalizes activations (N, C) or (N, C, L) by the type that the knobs name.

    `is_stale` says that it was trained at another type since its running statistics were estimated; `last` are the
    input and output of the latest training step, for who looks at them.
    """

    running_mean: Tensor
    running_var: Tensor
    is_stale: Tensor

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_channels))
        self.bias = nn.Parameter(torch.zeros(num_channels))
        self.register_buffer("running_mean", torch.zeros(num_channels))
        self.register_buffer("running_var", torch.ones(num_channels))
        self.register_buffer("is_stale", torch.tensor(False))
        self.momentum = MOMENTUM
        self.last: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        norm_type, y = str(knobs["norm_type"]), x
        if norm_type != "none":
            normalized = self._normalize(x if x.dim() == 3 else x.unsqueeze(2), norm_type, knobs)
            y = torch.addcmul(self.bias[:, None], normalized, self.weight[:, None]).reshape(x.shape)
        if self.training and torch.is_grad_enabled():
            self.last = (x.detach(), y.detach())
            if norm_type != "batch":
                self.is_stale.fill_(True)
        return y

    def _normalize(self, x: Tensor, norm_type: str, knobs: Knobs) -> Tensor:
        if norm_type != "batch":
            return group_norm(x, {"layer": 1, "group": int(knobs["num_groups"]), "instance": x.shape[1]}[norm_type])
        if not self.training:
            return (x - self.running_mean[:, None]) * torch.rsqrt(self.running_var + EPS)[:, None]
        y, mean, variance = batch_norm(x, int(knobs["examples_per_statistic"]))
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        return y


NUM_BATCHES = 20


def recalibrate(model: nn.Module, train: TrainSet, knobs: Knobs) -> None:
    """Estimates stale running statistics afresh, as the mean over (at most 20) batches of the training set.

    Each is taken from all of the set, evenly: a set may be in the order of its classes.
    """
    layers = [module for module in model.modules() if isinstance(module, Norm)]
    if knobs["norm_type"] != "batch" or not any(layer.is_stale for layer in layers):
        return
    stride = max(1, len(train.labels) // int(knobs["batch_size"]))
    model.eval()  # nothing else in the network is to notice
    for number in range(min(NUM_BATCHES, stride)):
        for layer in layers:
            layer.train()
            layer.momentum = 1 / (number + 1)
        with torch.no_grad():
            model(train.inputs[number::stride][: int(knobs["batch_size"])], knobs)
    for layer in layers:
        layer.momentum = MOMENTUM
        layer.is_stale.fill_(False)
    model.train()


def apply(recipe: Recipe) -> Recipe:
    """The recipe with a normalization after each weight layer, and its running statistics seen to."""

    def recalibrate_too(model: nn.Module, train: TrainSet, knobs: Knobs) -> None:
        if recipe.recalibrate is not None:
            recipe.recalibrate(model, train, knobs)
        recalibrate(model, train, knobs)

    changed = recipe.with_model(norm=lambda num_channels, generator: Norm(num_channels))
    return replace(changed, recalibrate=recalibrate_too)


def divisors(number: int, low: int = 1) -> tuple[str, ...]:
    """The divisors of `number` from `low` on, as choices."""
    return tuple(str(divisor) for divisor in range(low, number + 1) if number % divisor == 0)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """Groups divide the channels, examples per statistic the batch; no statistic is of a single value, all else gone.

    So a network whose channels have one position has no instance normalization, and groups of two channels or more.
    """
    types, groups, examples = knobs
    width, is_one = int(settings["width"]), settings["least_positions"] == 1
    if is_one:
        types = replace(types, choices=tuple(choice for choice in types.choices if choice != "instance"))
    if settings["model"] in ("residual_mlp", "resnet1d"):
        types = replace(types, neutral=None)  # their baselines have a batch normalization
    size = min(int(settings["batch_size"]), int(settings["train_size"]))
    counts = tuple(count for count in divisors(width) if not is_one or int(count) < width)
    groups = replace(groups, choices=counts, default=[count for count in counts if int(count) <= 4][-1])
    return types, groups, replace(examples, choices=divisors(size, 2), default=str(size))


def probe(moment: Moment) -> dict[str, Tensor]:
    """How the activations stand after each normalization, and what the first one goes by.

    `activation_means`, `activation_stds` (layers,) are of all the outputs of each normalization on the step's batch,
    or, where a network has none, of each weight layer before the last. `batch_means`, `running_means`, `batch_stds`
    and `running_stds` (C,) are of the input of the first normalization.
    """
    layers = [module for module in moment.model.modules() if isinstance(module, Norm)]
    seen = [layer.last for layer in layers if layer.last is not None]
    stds, means = zip(*map(torch.std_mean, [y for _, y in seen] or _outputs(moment)), strict=True)
    arrays = {"activation_means": torch.stack(means), "activation_stds": torch.stack(stds)}
    if seen:
        x = seen[0][0]
        arrays["batch_stds"], arrays["batch_means"] = torch.std_mean(x, [d for d in range(x.dim()) if d != 1])
        arrays["running_means"], arrays["running_stds"] = layers[0].running_mean, layers[0].running_var.sqrt()
    return arrays


def _outputs(moment: Moment) -> list[Tensor]:
    """What the weight layers but the last make of the step's batch, in evaluation mode."""
    outputs: list[Tensor] = []
    weights = [module for module in moment.model.modules() if isinstance(module, (nn.Linear, nn.Conv1d))]
    handles = [weight.register_forward_hook(lambda layer, x, y: outputs.append(y)) for weight in weights]
    moment.model.eval()
    with torch.no_grad():
        moment.model(moment.batch.inputs, moment.knobs)
    moment.model.train()
    for handle in handles:
        handle.remove()
    return outputs[:-1]


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The index set of one activation, lit (1) in a cube (8, 8, 8) of examples, channels and positions, dark (0) else.

    Of an MLP, which has one position, the cube is (8, 8, 1). Shares of examples and channels are true to an eighth.
    """
    norm_type = str(knobs["norm_type"])
    cube = torch.zeros(8, 8, 1 if knobs["model"] in ("mlp", "residual_mlp") else 8)
    if norm_type == "batch":
        size = min(int(knobs["batch_size"]), int(knobs["train_size"]))
        cube[: max(1, round(8 * int(knobs["examples_per_statistic"]) / size)), 0] = 1
    elif norm_type != "none":
        groups = {"layer": 1, "group": int(knobs["num_groups"]), "instance": 8}[norm_type]
        cube[0, : max(1, round(8 / groups))] = 1
    return {"index_set": cube}


TRICK = Trick(
    name="normalization",
    family="normalization",
    serves=("convergence", "stability"),
    formula=(
        r"y_i = \gamma_c \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} + \beta_c, \quad"
        r" \mu_i = \frac{1}{|S_i|} \sum_{j \in S_i} x_j, \quad"
        r" \sigma_i^2 = \frac{1}{|S_i|} \sum_{j \in S_i} (x_j - \mu_i)^2"
    ),
    knobs=(
        Knob("norm_type", "", default="batch", choices=("none", "batch", "group", "instance", "layer"), neutral="none"),
        Knob("num_groups", "G", default="4", choices=("1", "2", "4", "8"), when=("norm_type", "group")),
        Knob(
            "examples_per_statistic",
            "g",
            default="64",
            choices=("2", "4", "8", "16", "32", "64"),
            when=("norm_type", "batch"),
        ),
    ),
    wraps=("model.norm", "recalibrate"),
    replaces=("model.norm",),
    setups=(Setup("mnist1d", 1000, {"depth": 8, "width": 64, "initial": "he", "weight_decay": 0.0, "lr": 0.3}),),
    papers=(
        Paper(
            "Ioffe, Szegedy",
            "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
            2015,
            "https://arxiv.org/abs/1502.03167",
        ),
        Paper("Ba, Kiros, Hinton", "Layer Normalization", 2016, "https://arxiv.org/abs/1607.06450"),
        Paper(
            "Ulyanov, Vedaldi, Lempitsky",
            "Instance Normalization: The Missing Ingredient for Fast Stylization",
            2016,
            "https://arxiv.org/abs/1607.08022",
        ),
        Paper("Wu, He", "Group Normalization", 2018, "https://arxiv.org/abs/1803.08494"),
    ),
    metric="test_accuracy",
    claims=(
        Claim("normalizes"),
        Claim("high_rates", "test_accuracy", "higher"),
        Claim("group"),
    ),
    in_article=True,
    apply=apply,
    related=("soft_thresholding",),
    adapt=adapt,
    probe=probe,
    preview=preview,
)
