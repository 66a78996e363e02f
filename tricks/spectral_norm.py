r"""Spectral normalization holds the largest singular value of every weight matrix at a chosen number.

    \bar{W} = c\, \frac{W}{\sigma(W)}, \quad \sigma(W) \approx u^\top W v

σ(W) is the most by which W can stretch a vector. Where nothing else in the network stretches (functions of slope 1 at
most, no normalization, no shortcut, no convolution, whose kernel meets each input several times), a network of D such
layers cannot answer two inputs more than c^D times as differently as they are different: there, and only there, the
product of the norms bounds its Lipschitz constant, and only there this is offered: plain networks, in an arm where no
other trick changes what stands between the weights, and the critic. u, v are found by power iteration,
u ← Wv / |Wv| and v ← Wᵀu / |Wᵀu|, n rounds for each pass in training, going on from where the last pass left them;
since the weights have moved meanwhile, they lag, and the true norm lies a little above c. The gradient runs through σ
with u and v held fixed. Biases are not scaled. Of a generative pair the critic alone is normalized; its n rounds come
with each of the passes that a step makes through it, one of real and two of generated examples. Neutral: off.

Miyato, Kataoka, Koyama, Yoshida. Spectral Normalization for Generative Adversarial Networks. 2018.
https://arxiv.org/abs/1802.05957
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.adversarial_training import MEASURE_PASSES, robust_accuracy
from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import GanMoment, GanRecipe, Moment, TrainSet

PLAIN = "mlp"  # the kind of network in which nothing but the weights stretches
WARM_UP = 15  # rounds before the first use, as in torch


def iterate(matrix: Tensor, left: Tensor, right: Tensor, num_rounds: int) -> tuple[Tensor, Tensor]:
    """The singular vectors u (M,) and v (K,) after further rounds of power iteration on `matrix` (M, K)."""
    for _ in range(num_rounds):
        left = F.normalize(matrix @ right, dim=0, eps=1e-12)
        right = F.normalize(matrix.T @ left, dim=0, eps=1e-12)
    return left, right


def cold_start(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The vectors (M,) and (K,) after a warm-up from fixed random ones."""
    source = torch.Generator().manual_seed(0)
    left, right = (F.normalize(torch.randn(size, generator=source).to(matrix), dim=0) for size in matrix.shape)
    return iterate(matrix, left, right, WARM_UP)


class SpectralNorm(nn.Module):
    """Stands around a weight layer: calls it with its weight scaled to the spectral norm that the knobs ask for."""

    left: Tensor
    right: Tensor

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        matrix = weight_of(layer).flatten(1)
        self.around = (layer,)  # not as a module of this one, whose parameters the layer's are not
        self.register_buffer("left", torch.zeros(len(matrix)))
        self.register_buffer("right", torch.zeros(matrix.shape[1]))

    def forward(self, layer: nn.Module, x: Tensor, knobs: Knobs) -> Tensor:
        if knobs["spectral"] == "off":
            plain: Tensor = layer(x)
            return plain
        matrix = weight_of(layer).flatten(1)
        if self.training or not self.left.any():
            self.follow(matrix.detach(), int(knobs["num_power_iterations"]))
        weight = weight_of(layer) * self.scale(matrix, knobs)
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, layer.bias)
        scaled: Tensor = torch.func.functional_call(layer, {"weight": weight}, (x,))
        return scaled

    def follow(self, matrix: Tensor, num_rounds: int) -> None:
        """Brings the singular vectors closer to those of `matrix` (M, K)."""
        if not self.left.any():
            self.left, self.right = cold_start(matrix)
        self.left, self.right = iterate(matrix, self.left, self.right, num_rounds)

    def scale(self, matrix: Tensor, knobs: Knobs) -> Tensor:
        """What the weights `matrix` (M, K) are multiplied by (scalar)."""
        return float(knobs["spectral_bound"]) / (self.left @ (matrix @ self.right))


def weight_of(layer: nn.Module) -> Tensor:
    """The weights of a layer."""
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return weight


def apply(recipe: Any) -> Any:
    """The recipe with every weight layer normalized, the head too: a plain classifier's, or a GAN's critic's alone."""
    if isinstance(recipe, GanRecipe):
        return replace(recipe, critic=replace(recipe.critic, wrap_weight=SpectralNorm))
    if recipe.model.kind != PLAIN:
        return recipe

    def recalibrate(model: nn.Module, train: TrainSet, knobs: Knobs) -> None:
        if recipe.recalibrate is not None:
            recipe.recalibrate(model, train, knobs)
        find_anew(model)

    return replace(recipe.with_model(wrap_weight=SpectralNorm), recalibrate=recalibrate)


def find_anew(model: nn.Module) -> None:
    """Finds the singular vectors of averaged weights: an average of vectors is shorter, and belongs to none of them."""
    for wrap in (module for module in model.modules() if isinstance(module, SpectralNorm)):
        if wrap.left.any() and wrap.left.norm() < 1 - 1e-5:
            wrap.follow(weight_of(wrap.around[0]).detach().flatten(1), WARM_UP)


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """Networks in which the product of the norms would bound nothing are left as they are."""
    if settings["model"] == PLAIN:
        return knobs
    return (replace(knobs[0], choices=("off",), default="off"), *knobs[1:])


@torch.no_grad()
def effective_weights(model: nn.Module, knobs: Knobs) -> list[Tensor]:
    """The matrices (M, K) that the network of an arm really multiplies by, input side first; kernels flattened."""
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv1d, nn.Conv2d))]
    matrices = [weight_of(layer).flatten(1) for layer in layers]
    wraps = [module for module in model.modules() if isinstance(module, SpectralNorm)]
    if not wraps or knobs["spectral"] == "off":
        return matrices
    wrapped = {id(wrap.around[0]): wrap for wrap in wraps}
    return [
        matrix * wrapped[id(layer)].scale(matrix, knobs) if id(layer) in wrapped else matrix
        for matrix, layer in zip(matrices, layers, strict=True)
    ]


def singular_values(matrix: Tensor) -> Tensor:
    """The singular values of `matrix` (M, K), the largest first (min(M, K),); the small ones are rough.

    They are the roots of the eigenvalues of the smaller of W Wᵀ and Wᵀ W: a fifth of the time of a decomposition.
    """
    return roots(matrix @ matrix.T if len(matrix) <= matrix.shape[1] else matrix.T @ matrix)


def roots(squares: Tensor) -> Tensor:
    """The roots of the eigenvalues of matrices (..., n, n), the largest first (..., n); infinite where not finite."""
    if not squares.isfinite().all():
        return torch.full(squares.shape[:-1], torch.inf)
    values: Tensor = torch.linalg.eigvalsh(squares)
    return values.flip(-1).clamp(min=0).sqrt()


SLOPES = 50  # a classifier's test examples, whose Jacobians take as many passes as there are classes


def looked_at(moment: Moment | GanMoment) -> tuple[nn.Module, Tensor]:
    """The network whose layers are normalized, and the test examples (n, ...) at which its slope is measured."""
    if isinstance(moment, GanMoment):
        return moment.critic, moment.real
    return moment.model, moment.test_inputs[:SLOPES]


def steepest(model: nn.Module, inputs: Tensor, knobs: Knobs) -> float:
    """The largest spectral norm of the Jacobian of outputs by inputs, at any of `inputs` (n, ...)."""
    inputs = inputs.detach().requires_grad_()
    model.eval()
    outputs = model(inputs, knobs)
    rows = [torch.autograd.grad(column.sum(), inputs, retain_graph=True)[0].flatten(1) for column in outputs.unbind(1)]
    model.train()
    jacobians = torch.stack(rows, 1)
    return float(roots(jacobians @ jacobians.mT).max())


def measure(moment: Moment | GanMoment) -> dict[str, float]:
    """The product of the layers' true norms and the steepest slope found; of a classifier the accuracy under attack.

    No slope of a plain network (mlp), or of a critic, is above the product; of others it is that product and no bound.
    """
    model, inputs = looked_at(moment)
    product = 1.0
    for matrix in effective_weights(model, moment.knobs):
        product *= singular_values(matrix.double())[0].item()
    measured = {"test_norm_product": product, "test_steepest_slope": steepest(model, inputs, moment.knobs)}
    if isinstance(moment, Moment):
        measured["test_robust_accuracy"] = robust_accuracy(moment)
    return measured


def probe(moment: Moment | GanMoment) -> dict[str, Tensor]:
    """The largest singular value of each layer (L,), and all of them: rank, value and layer (n,)."""
    model, _ = looked_at(moment)
    values = [singular_values(matrix) for matrix in effective_weights(model, moment.knobs)]
    return {
        "layer_norms": torch.stack([of_layer[0] for of_layer in values]),
        "singular_rank": torch.cat([torch.arange(1, len(of_layer) + 1) for of_layer in values]),
        "singular_value": torch.cat(values),
        "singular_layer": torch.cat([torch.full((len(v),), layer) for layer, v in enumerate(values)]),
    }


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The singular values of a made-up matrix as it is, and normalized with n rounds from a standing start."""
    matrix = torch.randn(64, 64, generator=torch.Generator().manual_seed(1)) * 0.1
    plain = scaled = singular_values(matrix)
    if knobs["spectral"] == "on":
        ones = torch.ones(64) / 8
        left, right = iterate(matrix, ones, ones, int(knobs["num_power_iterations"]))
        scaled = plain * float(knobs["spectral_bound"]) / (left @ matrix @ right)
    return {"rank": torch.arange(1, 65), "normalized": scaled, "as_it_is": plain}


TRICK = Trick(
    name="spectral_norm",
    family="normalization",
    serves=("stability",),
    formula=r"\bar{W} = c\, \frac{W}{\sigma(W)}, \quad \sigma(W) \approx u^\top W v",
    knobs=(
        Knob("spectral", "", default="on", choices=("off", "on"), neutral="off"),
        Knob("spectral_bound", "c", default=2.0, low=1.0, high=3.0, when=("spectral", "on")),
        Knob("num_power_iterations", "n", default=1, low=1, high=5, integer=True, when=("spectral", "on")),
    ),
    wraps=("model.wrap_weight", "critic.wrap_weight", "recalibrate"),
    replaces=("model.wrap_weight", "critic.wrap_weight"),
    needs_plain=("model.norm", "model.activation", "model.shrinkage", "model.shortcut"),
    setups=(
        Setup(
            "digits",
            steps=500,
            settings={
                "train_size": 1000,
                "batch_size": 64,
                "depth": 3,
                "width": 64,
                "optimizer": "adam",
                "lr": 3e-3,
            },
        ),
        Setup("ring", steps=1500, knobs={"spectral_bound": 1.75}),
    ),
    papers=(
        Paper(
            authors="Miyato, Kataoka, Koyama, Yoshida",
            title="Spectral Normalization for Generative Adversarial Networks",
            year=2018,
            url="https://arxiv.org/abs/1802.05957",
        ),
    ),
    metric="test_robust_accuracy",
    claims=(
        Claim("bounds", "test_steepest_slope", "lower"),
        Claim("attack", "test_robust_accuracy", "higher"),
        Claim("steadies", "test_distance", "lower"),
    ),
    apply=apply,
    related=("adversarial_training", "normalization", "wasserstein_gan", "weight_penalty"),
    adapt=adapt,
    probe=probe,
    preview=preview,
    measures={"test_norm_product": "lower", "test_steepest_slope": "lower", "test_robust_accuracy": "higher"},
    measure=measure,
    measure_passes=MEASURE_PASSES,
    unmeasured={"gan": ("test_robust_accuracy",)},
)
