"""Training as a person would write it, for each kind of trainer: nothing recorded, nothing to turn, nothing to restore.

Each loop does the arithmetic of `Run` of the same spec: same weights, data, batches, losses, updates and evaluations,
with torch's own layers and optimizers. The benchmark measures the lab against it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from trainers.kinds.descent import GOAL
from trainers.kinds.gan import LATENT, SAMPLES
from trainers.kinds.pictures import CHUNK
from trainers.kinds.run import Run
from trainers.parts.baseline import SCHEDULES
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import load_task
from trainers.tasks.centers import PRIOR
from trainers.tasks.landscape import height
from trainers.tasks.sparse_regression import score_support


class BareLoop(ABC):
    """The loop of one kind; `scores` are the task's metrics of each arm, as last evaluated."""

    def __init__(self, spec: RunSpec) -> None:
        torch.set_num_threads(1)
        self.spec, self.settings, self.task = spec, spec.settings, load_task(spec.task)
        self.data = self.task.make(spec.settings, generator(spec.seed, "data"))
        self.step = 0
        self.scores: list[dict[str, float]] = []

    def train(self, steps: int) -> None:
        """Makes so many steps."""
        every, last = int(self.settings["eval_every"]), self.spec.steps
        for _ in range(steps):
            self.step += 1
            self.advance(SCHEDULES[str(self.settings["schedule"])](self.step - 1, {**self.settings, "steps": last}))
            if self.step % every == 0 or self.step == last:
                with torch.no_grad():
                    self.scores = self.evaluate()

    @abstractmethod
    def advance(self, lr: float) -> None:
        """One step of every arm."""

    @abstractmethod
    def evaluate(self) -> list[dict[str, float]]:
        """The task's metrics of every arm."""


class Batches:
    """Indices of `count` examples in batches, shuffled anew at each pass."""

    def __init__(self, count: int, batch_size: int, source: torch.Generator) -> None:
        self._count, self._source = count, source
        self.size = min(batch_size, count)
        self._order = torch.empty(0, dtype=torch.long)
        self._next = 0

    def draw(self) -> Tensor:
        if self._next + self.size > len(self._order):
            self._order = torch.randperm(self._count, generator=self._source)
            self._next = 0
        self._next += self.size
        return self._order[self._next - self.size : self._next]


def start_alike(model: nn.Module, like: nn.Module) -> nn.Module:
    """`model` with the weights of `like`, whose layers come in the same order."""
    nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(like.parameters()), model.parameters())
    return model


def plain_mlp(num_inputs: int, depth: int, width: int, num_outputs: int) -> nn.Sequential:
    """A multilayer perceptron as everybody writes it."""
    sizes = [num_inputs, *[width] * depth]
    layers: list[nn.Module] = [nn.Flatten()]
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], num_outputs))


def plain_optimizer(parameters: Sequence[nn.Parameter], settings: Any) -> torch.optim.Optimizer:
    """The optimizer that the settings ask for."""
    lr, decay = float(settings["lr"]), float(settings["weight_decay"])
    if settings["optimizer"] == "adam":
        return torch.optim.Adam(parameters, lr=lr, weight_decay=decay, fused=True)
    return torch.optim.SGD(parameters, lr=lr, momentum=float(settings["momentum"]), weight_decay=decay, fused=True)


def update(optimizer: torch.optim.Optimizer, loss: Tensor, lr: float) -> None:
    """One update, at that learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


class BareClassifier(BareLoop):
    """Multilayer perceptrons; the loss of an arm that has a knob is folded at its value, |J − b| + b."""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        self._batches = Batches(
            len(self.data.train.labels), int(self.settings["batch_size"]), generator(spec.seed, "batches")
        )
        depth, width = int(self.settings["depth"]), int(self.settings["width"])
        self._arms = []
        made: Any
        for arm, made in zip(spec.arms, Run(spec).trainer.arms, strict=True):
            model = plain_mlp(math.prod(self.task.shape), depth, width, self.task.num_classes)
            start_alike(model, made.model)
            level = float(next(iter(arm.knobs.values()), 0.0))
            self._arms.append((model, plain_optimizer(list(model.parameters()), self.settings), level))

    def advance(self, lr: float) -> None:
        indices = self._batches.draw()
        x, y = self.data.train.inputs[indices], self.data.train.labels[indices]
        for model, optimizer, level in self._arms:
            loss = F.cross_entropy(model(x), y)
            if level:
                loss = (loss - level).abs() + level
            update(optimizer, loss, lr)

    def evaluate(self) -> list[dict[str, float]]:
        scores = []
        train = self.data.train
        for model, _, _ in self._arms:
            model.eval()
            score = self.task.score(model(self.data.inputs), self.data.labels)
            rise = self._rise(model, train.inputs[:200], train.labels[:200])
            scores.append({**score, "test_sharpness": rise})
            model.train()
        return scores

    def _rise(self, model: nn.Module, x: Tensor, y: Tensor) -> float:
        """The rise of the loss on these examples when each tensor of weights moves by a fifth of its length."""
        source = torch.Generator().manual_seed(self.spec.seed)
        shaken = {}
        for name, weight in model.named_parameters():
            direction = torch.randn(weight.shape, generator=source)
            shaken[name] = weight + 0.2 * weight.norm() / direction.norm() * direction
        return F.cross_entropy(functional_call(model, shaken, (x,)), y).item() - F.cross_entropy(model(x), y).item()


class BareGan(BareLoop):
    """Standard pairs of generator and critic: one update of each a step."""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        size, depth, width = math.prod(self.task.shape), int(self.settings["depth"]), int(self.settings["width"])
        self._test_noise = torch.randn(SAMPLES, LATENT, generator=generator(0, "test noise"))
        self._arms: list[tuple[Any, ...]] = []
        made: Any
        for made in Run(spec).trainer.arms:
            maker = start_alike(plain_mlp(LATENT, depth, width, size), made.model)
            critic = start_alike(plain_mlp(size, depth, width, 1), made.critic)
            optimizers = [torch.optim.Adam(net.parameters(), betas=(0.5, 0.9), fused=True) for net in (maker, critic)]
            batches = Batches(
                len(self.data.train.inputs), int(self.settings["batch_size"]), generator(spec.seed, "batches")
            )
            self._arms.append((maker, critic, *optimizers, batches, generator(spec.seed, "noise")))

    def advance(self, lr: float) -> None:
        for maker, critic, of_maker, of_critic, batches, noise in self._arms:
            real = self.data.train.inputs[batches.draw()]
            with torch.no_grad():
                fake = maker(torch.randn(batches.size, LATENT, generator=noise))
            update(of_critic, F.softplus(-critic(real)).mean() + F.softplus(critic(fake)).mean(), lr)
            fake = maker(torch.randn(batches.size, LATENT, generator=noise))
            update(of_maker, F.softplus(-critic(fake)).mean(), lr)

    def evaluate(self) -> list[dict[str, float]]:
        scores = []
        for maker, critic, *_ in self._arms:
            fake = maker(self._test_noise)
            objective = F.softplus(-critic(self.data.inputs)).mean() + F.softplus(critic(fake)).mean()
            scores.append({**self.task.score(fake, self.data.inputs), "objective": objective.item()})
        return scores


class BarePictures(BareLoop):
    """Networks of four convolutions that answer pictures with a heat map, trained by cross-entropy on its centers."""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        trainer: Any = Run(spec).trainer
        data: Any = self.data
        self._truth, self._test_truth = data.truth, data.test_truth
        batch_size, width = int(self.settings["batch_size"]), int(self.settings["width"])
        self._batches = Batches(len(self.data.train.inputs), batch_size, generator(spec.seed, "batches"))
        self._arms = []
        for made in trainer.arms:
            layers: list[nn.Module] = []
            for fan_in, stride in ((1, 1), (width, 2), (width, 1), (width, 1)):
                layers += [nn.Conv2d(fan_in, width, 3, stride, 1), nn.ReLU()]
            model = start_alike(nn.Sequential(*layers, nn.Conv2d(width, 1, 1)), made.model)
            self._arms.append((model, plain_optimizer(list(model.parameters()), self.settings)))

    def advance(self, lr: float) -> None:
        indices = self._batches.draw()
        pictures, centers = self.data.train.inputs[indices].unsqueeze(1), (self._truth["heat"][indices] == 1).float()
        for model, optimizer in self._arms:
            logits = model(pictures).squeeze(1) + PRIOR
            loss = F.binary_cross_entropy_with_logits(logits, centers, reduction="sum") / centers.sum().clamp(min=1)
            update(optimizer, loss, lr)

    def evaluate(self) -> list[dict[str, float]]:
        scores = []
        for model, _ in self._arms:
            parts = torch.split(self.data.inputs.unsqueeze(1), CHUNK)
            answers = torch.cat([model(part).squeeze(1) + PRIOR for part in parts])
            scores.append(self.task.score(answers, self._test_truth))
        return scores


class BareLandscape(BareLoop):
    """Points that go downhill, with noise on the slope, until and beyond the step that reaches the goal."""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        self._arms = []
        for _ in spec.arms:
            point = nn.Parameter(self.data.train.inputs[0].clone())
            self._arms.append((point, plain_optimizer([point], self.settings), generator(spec.seed, "noise")))
        self._goal = GOAL * height(self._arms[0][0], self.settings).item()
        self._reached = [0] * len(spec.arms)

    def advance(self, lr: float) -> None:
        for arm, (point, optimizer, source) in enumerate(self._arms):
            loss = height(point, self.settings)
            self._check(arm, loss.item(), self.step - 1)
            optimizer.param_groups[0]["lr"] = lr
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            assert point.grad is not None
            noise = torch.randn(2, generator=source, dtype=point.dtype)
            point.grad.add_(noise, alpha=float(self.settings["gradient_noise"]))
            optimizer.step()

    def _check(self, arm: int, value: float, step: int) -> None:
        if not self._reached[arm] and value <= self._goal:
            self._reached[arm] = step

    def evaluate(self) -> list[dict[str, float]]:
        scores = []
        for arm, (point, _, _) in enumerate(self._arms):
            value = height(point, self.settings).item()
            self._check(arm, value, self.step)
            scores.append({"test_height": value, "test_goal_step": float(self._reached[arm] or self.step)})
        return scores


class BareRegression(BareLoop):
    """Linear regressions on all examples at every step, from weights of 0."""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        data: Any = self.data
        self._answers, self._test_answers, self._truth = data.answers, data.test_answers, data.truth
        self._arms = []
        for _ in spec.arms:
            model = nn.Linear(len(data.truth), 1, bias=False)
            nn.init.zeros_(model.weight)
            self._arms.append((model, plain_optimizer(list(model.parameters()), self.settings)))

    def advance(self, lr: float) -> None:
        for model, optimizer in self._arms:
            update(optimizer, F.mse_loss(model(self.data.train.inputs)[:, 0], self._answers), lr)

    def evaluate(self) -> list[dict[str, float]]:
        scores = []
        for model, _ in self._arms:
            score = self.task.score(model(self.data.inputs)[:, 0], self._test_answers)
            weights = model.weight[0]
            zeros = 1 - int(weights.count_nonzero()) / len(weights)
            scores.append({**score, **score_support(weights, self._truth), "test_zero_share": zeros})
        return scores


LOOPS: dict[str, type[BareLoop]] = {
    "classifier": BareClassifier,
    "gan": BareGan,
    "pictures": BarePictures,
    "landscape": BareLandscape,
    "regression": BareRegression,
}


def bare_loop(spec: RunSpec) -> BareLoop:
    """The bare loop of a spec's kind of trainer.

    Raises:
        LookupError: there is none.
    """
    kind = load_task(spec.task).trainer
    if kind not in LOOPS:
        raise LookupError(f"trainers/bench/bare.py must have a loop for every kind of trainer, it has none for {kind}")
    return LOOPS[kind](spec)
