"""What a run is made of, and the joints at which a trick may change it.

A `Recipe` is a baseline's parts, of the shape of its kind of trainer. Everything here is plain data and functions:
training itself lives in `trainers/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tricks.declaration import Knobs

Memory = dict[str, Any]
"""What an arm keeps from step to step, of tensors, numbers, lists and dictionaries; its captures hold it."""


class Batch:
    """The examples of one step, as one arm sees them.

    `inputs` (N, ...), `labels` (N,) class indices as recorded (so possibly wrong), `indices` (N,) positions in the
    arm's training set, `targets` (N, K) the distributions asked for. Where no trick has changed those (`is_hard`) they
    are the labels, one-hot of `num_classes`, and are made only when somebody asks. `mixture` (N, K) is what of each
    class a transform has mixed into an example, as recorded (None: all is the label's). `class_weights` (K,) multiply
    what each class has in the cross-entropy (None: all 1). `train` is the arm's training set, for losses that depend on
    it (None outside of training), `step` the number of steps made before this one.
    """

    __slots__ = (
        "_targets",
        "class_weights",
        "indices",
        "inputs",
        "is_hard",
        "labels",
        "mixture",
        "num_classes",
        "step",
        "train",
    )

    def __init__(
        self, inputs: Tensor, labels: Tensor, targets: Tensor | None, indices: Tensor, num_classes: int = 0
    ) -> None:
        self.inputs, self.labels, self.indices, self.num_classes = inputs, labels, indices, num_classes
        self._targets = targets
        self.is_hard = targets is None
        self.mixture: Tensor | None = None
        self.class_weights: Tensor | None = None
        self.train: TrainSet | None = None
        self.step = 0

    @property
    def targets(self) -> Tensor:
        """The target distributions (N, K)."""
        if self._targets is None:
            self._targets = one_hot_targets(self.labels, self.num_classes, {})
        return self._targets

    @targets.setter
    def targets(self, targets: Tensor) -> None:
        self._targets, self.is_hard = targets, False


@dataclass(slots=True)
class TrainSet:
    """An arm's training set: `inputs` (M, ...), `labels` (M,) as recorded, `clean_labels` (M,) as they truly are.

    `clean_labels` are for measuring and for tricks that ask a perfect annotator; no loss may use them otherwise.
    `more(count)` is the set with further examples of the same kind, `count` in all (None: there are none). `extras`
    are what a trick's `prepare` made once for its loss and its probe, such as a teacher.
    """

    inputs: Tensor
    labels: Tensor
    clean_labels: Tensor
    num_classes: int
    more: Callable[[int], TrainSet] | None = None
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class AnyMoment:
    """An arm right after a step, for hooks and probes to look at (never to change, but for `memory`).

    `model` is the network that trains (of a generative adversarial arm the generator), `judged` the one that answers
    the test set: the same, unless a trick averages or gathers. Where a trick's `measure` looks, `model` is the judged
    one, too. `memory` is what the arm keeps.
    """

    step: int
    knobs: Knobs
    model: nn.Module
    memory: Memory
    judge: Callable[[], nn.Module]

    @cached_property
    def judged(self) -> nn.Module:
        """The network that answers the test set, made only when somebody asks."""
        return self.judge()


@dataclass(kw_only=True)
class Moment(AnyMoment):
    """A classifier right after a step.

    `logits` (N, K) and `losses` (N,) are detached and those of the step's batch; `objective` is the scalar that was
    minimized; `train` is the arm's training set, `drawn` the task's own, the same in all arms; `evaluate` measures any
    model on the test set: `evaluate(model) -> {metric: value}`; `predict(model)` gives its test logits (M, K),
    `score(logits)` the metrics of such; `test_inputs` (M, ...) and `test_labels` (M,) are that set; `measured` are the
    task's metrics just measured, for a trick's own `measure`, and empty elsewhere.
    """

    batch: Batch
    logits: Tensor
    losses: Tensor
    objective: float
    train: TrainSet
    drawn: TrainSet
    generator: torch.Generator
    evaluate: Callable[[nn.Module], dict[str, float]]
    predict: Callable[[nn.Module], Tensor]
    score: Callable[[Tensor], dict[str, float]]
    test_inputs: Tensor
    test_labels: Tensor
    measured: Mapping[str, float] = field(default_factory=dict)


class Optimizer(Protocol):
    """What a recipe's optimizer can do: torch's interface, as far as training and captures use it."""

    param_groups: list[dict[str, Any]]

    def zero_grad(self) -> None:
        """Forgets the gradients."""

    def step(self) -> Any:
        """Changes the parameters by their gradients."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that later steps depend on."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""


Body = Callable[[int, int], nn.Module]
"""`(num_channels, depth) -> module` with `forward(x, knobs)` on activations (N, C, L), giving features (N, C)."""

Layer = Callable[[int, torch.Generator], nn.Module]
"""`(num_channels, generator) -> module` with `forward(x, knobs)`; `generator` is the arm's own, for masks."""


Wrap = Callable[[nn.Module], nn.Module]
"""`layer -> module` with `forward(layer, x, knobs)`, called in place of `layer(x)`; the weights stay the layer's."""


@dataclass(frozen=True)
class ModelSpec:
    """The network: its shape, and the layers it puts around each weight layer.

    Each block is weight layer, `norm`, `activation`, `dropout`; residual blocks add `shrinkage` at the end of the
    residual path and `shortcut` as the scale of the identity path (0: plain). None means that there is no such layer.
    `wrap_weight` stands around the weight layer itself, and around the head (in the kinds made of such blocks: mlp,
    residual_mlp, conv1d). `initial` is the scheme of the weights: torch's default, He or Xavier.
    """

    kind: str = "mlp"
    depth: int = 2
    width: int = 100
    initial: str = "default"
    wrap_weight: Wrap | None = None
    norm: Layer | None = None
    activation: Layer | None = None  # None: ReLU
    dropout: Layer | None = None
    shrinkage: Layer | None = None
    shortcut: Callable[[Knobs], float] | None = None  # None: the kind's own (1 in residual nets, none elsewhere)
    body: Body | None = None  # of the kind blocks1d; None: blocks in a row


def is_right(logits: Tensor, labels: Tensor) -> Tensor:
    """Whether the largest of logits (N, K) stands at the label (N,), not where one of them is NaN: booleans (N,)."""
    top, answers = logits.max(1)
    return (answers == labels) & ~top.isnan()


def one_hot_targets(labels: Tensor, num_classes: int, knobs: Knobs, memory: Memory | None = None) -> Tensor:
    """Labels (N,) as one-hot rows (N, K)."""
    return torch.nn.functional.one_hot(labels, num_classes).to(torch.get_default_dtype())


def cross_entropy(logits: Tensor, batch: Batch, knobs: Knobs, memory: Memory | None = None) -> Tensor:
    """Per-example cross-entropy (N,) of logits (N, K) against the batch's target distributions (N, K).

    Its class weights are those of `torch.nn.functional.cross_entropy`. Of one-hot targets it is the same number to the
    last bit, and faster, by picking the label's.
    """
    weights = batch.class_weights
    if batch.is_hard:
        return torch.nn.functional.nll_loss(logits.log_softmax(1), batch.labels, weights, reduction="none")
    targets = batch.targets if weights is None else batch.targets * weights
    return -(targets * logits.log_softmax(1)).sum(1)


def mean_reduction(losses: Tensor, knobs: Knobs, memory: Memory | None = None) -> Tensor:
    """The mean (scalar) of per-example losses (N,)."""
    return losses.mean()


Objective = Callable[[], Tensor]
"""The step's objective (scalar), afresh: the same batch and masks, the weights as they now are.

What a forward pass notes down, such as running statistics, is put back afterwards. Every call costs a forward pass.
"""


@dataclass(frozen=True, kw_only=True)
class AnyRecipe:
    """The joints that a step has in every kind of trainer. None means that nothing is done.

    `optimizer(parameters, knobs)` is made once, at the start. `lr(s, knobs)` is the learning rate of step s + 1: a
    function of these alone, since charts ask for it ahead.

    `before_update(model, objective, memory, knobs)` stands between backward and update: the gradients are there, and it
    may change them (clip, add noise), or go elsewhere, ask for `objective()` and its gradient there, and come back.
    Hazards: weights must be left to the last bit as they were found; a gradient may be None, where a layer is switched
    off; a trick's own masks are drawn again alike, but what it draws itself moves the arm's stream. Of a generative
    adversarial arm it is called for the critic and the generator, each with a memory of its own; on a landscape the
    noise that the settings add to a gradient is not in that of `objective()`.

    `after_step(moment)` looks at what the step has made, and may keep something in `moment.memory`. Hazard: kept
    tensors must be clones, since weights change in place.

    `judged(model, memory, knobs)` is the network that answers the test set at an evaluation, in place of the one that
    trains. Hazards: it must be a copy, in which training leaves no trace and which leaves none in training; it is made
    at every evaluation, so cheaply; until something is in the memory it is `model` itself.
    """

    optimizer: Callable[[list[nn.Parameter], Knobs], Optimizer]
    lr: Callable[[int, Knobs], float]
    before_update: Callable[[nn.Module, Objective, Memory, Knobs], None] | None = None
    after_step: Callable[[Any], None] | None = None  # of the moment that the trainer's kind gives
    judged: Callable[[nn.Module, Memory, Knobs], nn.Module] | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe(AnyRecipe):
    """What a classifier's run is made of. Functions receive the knobs in force, and the arm's memory.

    In the order in which a step uses them: `before_step(s, model, …)` readies the network for step s + 1, such as which
    of its parameters train; `sample` maps the shared batch's indices (N,) to the arm's own; `targets` makes
    distributions (N, K) of labels; `transform` changes a batch before the network sees it; `loss` gives per-example
    losses (N,); `reduction` makes the objective of them; `penalty` is added to it; then the joints of every recipe.
    `prepare` makes the arm's training set once, before the first step; `recalibrate` runs before an evaluation.

    Hazards: `sample` and `transform` draw from the arm's own generator, so drawing nothing at a neutral setting is what
    keeps it bit-equal; `transform` sees the model in training mode; `loss`, `reduction` and `penalty` may be called
    more than once a step (`Objective`), so they may read `memory` but not write to it; `recalibrate` may change running
    statistics and nothing else.
    """

    model: ModelSpec
    prepare: Callable[[TrainSet, Knobs, torch.Generator], TrainSet] | None = None
    before_step: Callable[[int, nn.Module, Knobs, Memory], None] | None = None
    sample: Callable[[Tensor, TrainSet, Knobs, Memory, torch.Generator], Tensor] | None = None
    targets: Callable[[Tensor, int, Knobs, Memory], Tensor] = one_hot_targets
    transform: Callable[[Batch, nn.Module, Knobs, Memory, torch.Generator], Batch] | None = None
    loss: Callable[[Tensor, Batch, Knobs, Memory], Tensor] = cross_entropy
    reduction: Callable[[Tensor, Knobs, Memory], Tensor] = mean_reduction
    penalty: Callable[[nn.Module, Knobs, Memory], Tensor] | None = None
    recalibrate: Callable[[nn.Module, TrainSet, Knobs], None] | None = None

    def with_model(self, **changes: Any) -> Recipe:
        """The recipe with fields of its model spec replaced."""
        return replace(self, model=replace(self.model, **changes))


@dataclass(frozen=True, kw_only=True)
class GanRecipe(AnyRecipe):
    """What a generative adversarial run is made of: one step is one update of the generator.

    Before it, the critic makes `critic_steps(s, knobs, memory)` updates of its own, one at least:
    `critic_loss(real, fake, knobs, memory)` of its scores (N, 1) on real and generated examples, plus
    `critic_penalty(critic, real, fake, knobs, memory, generator)` of the examples themselves, then
    `after_critic_step(critic, knobs, memory)`. `generator_loss(fake, knobs, memory)` is of the critic's scores of what
    was generated. The critic's have a memory of their own, which moments do not show.
    """

    generator: ModelSpec
    critic: ModelSpec
    critic_loss: Callable[[Tensor, Tensor, Knobs, Memory], Tensor]
    generator_loss: Callable[[Tensor, Knobs, Memory], Tensor]
    critic_steps: Callable[[int, Knobs, Memory], int]
    critic_penalty: Callable[[nn.Module, Tensor, Tensor, Knobs, Memory, torch.Generator], Tensor] | None = None
    after_critic_step: Callable[[nn.Module, Knobs, Memory], None] | None = None


@dataclass(frozen=True, kw_only=True)
class PictureRecipe(AnyRecipe):
    """What a run that answers pictures with maps or boxes is made of.

    `model(knobs, generator)` builds the network, `(x, knobs) -> outputs` for pictures (N, H, W): `stages` whose maps,
    the finest first, have `channels`, and a `head`, called as `(maps, knobs)`. `loss(outputs, truth, knobs, memory)` is
    the scalar to minimize, `truth` a mapping of tensors (N, ...) that the task declares; `decode(outputs, knobs)` turns
    outputs into the task's answers (N, ...), which are what is judged.
    """

    model: Callable[[Knobs, torch.Generator], nn.Module]
    loss: Callable[[Any, Mapping[str, Tensor], Knobs, Memory], Tensor]
    decode: Callable[[Any, Knobs], Tensor]


@dataclass(kw_only=True)
class PictureMoment(AnyMoment):
    """An arm of a picture task right after a step, and a few test pictures, the same every time.

    `inputs` (n, H, W) and their `truth`; `answer(model)` gives a network's outputs for them, in evaluation mode, and
    what these are decoded to.
    """

    inputs: Tensor
    truth: Mapping[str, Tensor]
    answer: Callable[[nn.Module], tuple[Any, Tensor]]

    @cached_property
    def answered(self) -> tuple[Any, Tensor]:
        """The outputs of the network that trains, and its answers."""
        return self.answer(self.model)


@dataclass(kw_only=True)
class GanMoment(AnyMoment):
    """A generative adversarial arm right after a step: `real` and `fake` (n, ...) are the same draws every time."""

    critic: nn.Module
    real: Tensor
    generate: Callable[[], Tensor]

    @cached_property
    def fake(self) -> Tensor:
        """What the generator makes (n, ...)."""
        return self.generate()


@dataclass(frozen=True, kw_only=True)
class DescentRecipe(AnyRecipe):
    """How a model without batches goes downhill: by `optimizer`, at the rate `lr(s, knobs)` in step s + 1.

    The parameter that the optimizer gets is a linear regression's weights (1, D), or the point (2,) on a landscape; the
    point's `hessian()` gives the second derivatives (2, 2) there.
    """


@dataclass(kw_only=True)
class DescentMoment(AnyMoment):
    """Such a model right after a step; a landscape's `model()` is the height where its one parameter now stands."""
