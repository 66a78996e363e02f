r"""Adversarial training shows the network every example at its worst: changed, within a small box, to be misjudged.

    \min_\theta \mathbb{E} \max_{\|\delta\|_\infty \le \varepsilon} L(x + \delta, y; \theta)

x is an input, y its target, δ a change of at most ε in every number of x, and L the cross-entropy. The inner maximum is
sought by gradient ascent on x. FGSM makes one step of ε along the gradient's sign. PGD starts at a random point of the
box, makes k steps of 2.5 ε / k along the sign, and goes back into the box after each; where inputs have a range of
their own, as gray values do, they are kept in it. The network is attacked as it answers in evaluation, then trained on
what the attack found. Neutral: ε = 0, which changes nothing and draws nothing.

Goodfellow, Shlens, Szegedy. Explaining and Harnessing Adversarial Examples. 2015. https://arxiv.org/abs/1412.6572
Madry, Makelov, Schmidt, Tsipras, Vladu. Towards Deep Learning Models Resistant to Adversarial Attacks. 2018.
https://arxiv.org/abs/1706.06083
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Batch, Memory, Moment, Recipe, is_right

GRAY = ("digits",)  # tasks whose inputs are gray values from 0 to 1
REACH = 2.5  # how far all steps of an attack together could go, in sizes of its box


def loss_slope(logits: Tensor, batch: Batch) -> Tensor:
    """The slope (N, K) of cross-entropies at logits (N, K): p − y, which is not rounded to 0 where a network is sure.

    Where p is 1 to the last digit, p − 1 is 0 but the sum of the other probabilities is not, up to a lead of 87 logits:
    an attack that went by the first would spare those who are sure of themselves.
    """
    if not batch.is_hard:
        return (logits.double().softmax(1) - batch.targets).to(logits)
    own = batch.labels[:, None]
    others = logits.softmax(1).scatter(1, own, 0.0)
    return others.scatter(1, own, -others.sum(1, keepdim=True))


def ascent(model: nn.Module, batch: Batch, inputs: Tensor, knobs: Knobs) -> Tensor:
    """The sign of the slope of the batch's cross-entropy at `inputs` (N, ...); those of the weights are left alone."""
    inputs = inputs.detach().requires_grad_()
    with torch.enable_grad():
        logits = model(inputs, knobs)
        (slope,) = torch.autograd.grad(logits, inputs, loss_slope(logits.detach(), batch))
    return slope.sign()


def attack(
    model: nn.Module, batch: Batch, knobs: Knobs, *, size: float, num_steps: int, start: Tensor | None = None
) -> Tensor:
    """The batch's inputs (N, ...), each number changed by at most `size` (above 0) so that the loss rises.

    From `start` (None: the inputs) it makes `num_steps` steps; one step from the inputs is FGSM, and goes to the edge
    of the box. An input that has left its range (by noise, say) is not pulled back into it, only not driven farther.
    The model keeps the mode it is in: evaluation mode gives an attack without chance.
    """
    low, high = batch.inputs - size, batch.inputs + size
    if knobs["task"] in GRAY:
        low = torch.maximum(low, batch.inputs.clamp(max=0))
        high = torch.minimum(high, batch.inputs.clamp(min=1))
    stride = size if start is None and num_steps == 1 else REACH * size / num_steps
    found = batch.inputs if start is None else torch.clamp(start, low, high)
    for _ in range(num_steps):
        found = torch.clamp(found + stride * ascent(model, batch, found, knobs), low, high)
    return found


def apply(recipe: Recipe) -> Recipe:
    """The recipe trained on attacked inputs, after whatever else is done to a batch."""

    def transform(batch: Batch, model: nn.Module, knobs: Knobs, memory: Memory, generator: torch.Generator) -> Batch:
        if recipe.transform is not None:
            batch = recipe.transform(batch, model, knobs, memory, generator)
        size = float(knobs["attack_size"])
        if size == 0:
            return batch
        start, num_steps = None, 1
        if knobs["attack"] == "pgd":
            noise = torch.rand(batch.inputs.shape, generator=generator)
            start, num_steps = batch.inputs + size * (2 * noise - 1), int(knobs["num_attack_steps"])
        model.eval()
        batch.inputs = attack(model, batch, knobs, size=size, num_steps=num_steps, start=start)
        model.train()
        return batch

    return replace(recipe, transform=transform)


def passes(knobs: Knobs) -> float:
    """Forward, and backward to the inputs, in each step of the attack."""
    if float(knobs["attack_size"]) == 0:
        return 0.0
    return 2.0 * (int(knobs["num_attack_steps"]) if knobs["attack"] == "pgd" else 1)


SIZE, STEPS = 0.1, 10  # of the attack that measures
MEASURE_PASSES = 2 * STEPS + 1
PICTURES = 2


def robust_accuracy(moment: Moment) -> float:
    """The share of test examples that are right after `STEPS` steps of PGD of `SIZE`, which start at the examples."""
    model, knobs, labels = moment.model, moment.knobs, moment.test_labels
    batch = Batch(moment.test_inputs, labels, None, labels)
    model.eval()
    with torch.no_grad():
        logits = model(attack(model, batch, knobs, size=SIZE, num_steps=STEPS), knobs)
    model.train()
    return int(is_right(logits, labels).count_nonzero()) / len(labels)


def measure(moment: Moment) -> dict[str, float]:
    """Accuracy under attack."""
    return {"test_robust_accuracy": robust_accuracy(moment)}


def probe(moment: Moment) -> dict[str, Tensor]:
    """Two test examples, what one step of size `SIZE` changes in them, and both together: pictures (6, H, W)."""
    model, inputs = moment.model, moment.test_inputs[:PICTURES]
    labels = moment.test_labels[:PICTURES]
    model.eval()
    found = attack(model, Batch(inputs, labels, None, labels), moment.knobs, size=SIZE, num_steps=1)
    model.train()
    return {"attacked": as_pictures(inputs, found - inputs)}


def as_pictures(inputs: Tensor, change: Tensor) -> Tensor:
    """Inputs (N, ...), the change about middle gray, and their sum: (3 N, H, W), square where inputs are."""
    triples = torch.stack([inputs, 0.5 + change, inputs + change], 1).flatten(0, 1)
    side = math.isqrt(inputs[0].numel())
    return triples.reshape(len(triples), -1, side if side**2 == inputs[0].numel() else inputs[0].numel())


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """How much can be seen of a change of size ε: a ring of 8 × 8 numbers, signs drawn by chance, and their sum."""
    axis = torch.linspace(-1, 1, 8)
    ring = torch.exp(-(((axis**2 + axis[:, None] ** 2).sqrt() - 0.65) ** 2) / 0.04)
    signs = 2.0 * torch.randint(0, 2, (8, 8), generator=torch.Generator().manual_seed(0)) - 1
    change = torch.clamp(ring + float(knobs["attack_size"]) * signs, 0, 1) - ring
    return {"made_up": as_pictures(ring.reshape(1, 64), change.reshape(1, 64))}


TRICK = Trick(
    name="adversarial_training",
    family="data",
    serves=("stability", "generalization"),
    formula=r"\min_\theta \mathbb{E} \max_{\|\delta\|_\infty \le \varepsilon} L(x + \delta, y; \theta)",
    knobs=(
        Knob("attack_size", "ε", default=0.1, low=0.0, high=0.3, neutral=0.0),
        Knob("attack", "", default="pgd", choices=("fgsm", "pgd"), unless=("attack_size", 0.0)),
        Knob(
            "num_attack_steps",
            "k",
            default=5,
            low=1,
            high=10,
            integer=True,
            when=("attack", "pgd"),
            unless=("attack_size", 0.0),
        ),
    ),
    wraps=("transform",),
    setups=(
        Setup(
            "digits",
            steps=600,
            settings={"train_size": 1000, "batch_size": 64, "optimizer": "adam", "lr": 1e-3},
        ),
    ),
    papers=(
        Paper(
            authors="Goodfellow, Shlens, Szegedy",
            title="Explaining and Harnessing Adversarial Examples",
            year=2015,
            url="https://arxiv.org/abs/1412.6572",
        ),
        Paper(
            authors="Madry, Makelov, Schmidt, Tsipras, Vladu",
            title="Towards Deep Learning Models Resistant to Adversarial Attacks",
            year=2018,
            url="https://arxiv.org/abs/1706.06083",
        ),
    ),
    metric="test_robust_accuracy",
    claims=(Claim("holds", "test_robust_accuracy", "higher"),),
    apply=apply,
    related=("label_smoothing", "dropout"),
    probe=probe,
    preview=preview,
    measures={"test_robust_accuracy": "higher"},
    measure=measure,
    measure_passes=MEASURE_PASSES,
    passes=passes,
)
