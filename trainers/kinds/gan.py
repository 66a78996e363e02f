"""The trainer of generative adversarial networks: a generator and its critic, each arm a pair of its own.

The k-th batch, and the k-th noise, that an arm draws is the k-th of the run's stream: arms with as many critic updates
a step see the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.kinds.arm import Arm, Drawing, Shown, Trainer, as_arrays, recipes
from trainers.parts.baseline import SCHEDULES
from trainers.parts.batches import BatchOrder
from trainers.parts.models import build_model
from trainers.parts.randomness import generator
from trainers.parts.updates import Adam
from trainers.runs.spec import RunSpec
from trainers.tasks import Data, Task, load_task
from tricks.declaration import Knobs
from tricks.recipe import GanMoment, GanRecipe, Memory, ModelSpec, Optimizer

LATENT = 16  # numbers that the generator makes an example of
SAMPLES = 2000  # generated for a measurement
SHOWN = 256  # points of each kind in a picture
GRID = 30  # cells along each side of the critic's heat map
BEYOND = 1.3  # how far it reaches, over the largest coordinate held out
EARLIEST = 5  # evaluations before the critic's tracking of quality is a number


def standard_critic_loss(real: Tensor, fake: Tensor, knobs: Knobs, memory: Memory | None = None) -> Tensor:
    """The discriminator's cross-entropy of scores (N, 1), real against generated. Source: Goodfellow et al. 2014."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def standard_generator_loss(fake: Tensor, knobs: Knobs, memory: Memory | None = None) -> Tensor:
    """The non-saturating generator loss. Source: Goodfellow et al. 2014, section 3."""
    return F.softplus(-fake).mean()


def adam(parameters: list[nn.Parameter], knobs: Knobs) -> Optimizer:
    """Adam with the betas usual for adversarial training (0.5, 0.9)."""
    return Adam(parameters, lr=float(knobs["lr"]), weight_decay=0.0, betas=(0.5, 0.9))


def baseline(settings: Knobs) -> GanRecipe:
    """The standard GAN that the shared settings describe."""
    spec = ModelSpec(depth=int(settings["depth"]), width=int(settings["width"]), initial=str(settings["initial"]))
    return GanRecipe(
        generator=spec,
        critic=spec,
        optimizer=adam,
        lr=SCHEDULES[str(settings["schedule"])],
        critic_loss=standard_critic_loss,
        generator_loss=standard_generator_loss,
        critic_steps=lambda step, knobs, memory: 1,
    )


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's correlation (−1 to 1) of two lists, equal values sharing their mean rank; 0 where one is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    from scipy.stats import spearmanr  # half a second, which only those wait for that need it

    return float(spearmanr(one, other).statistic)


class GanArm(Arm[GanRecipe]):
    """A generator and its critic being trained by one recipe."""

    def __init__(self, recipe: GanRecipe, knobs: dict[str, Any], data: Data, task: Task, shown: Shown) -> None:
        seed = int(knobs["seed"])
        super().__init__(recipe, knobs, shown)
        self.data, self.task = data, task
        self.masks = generator(seed, "masks")
        size = data.train.inputs[0].numel()
        self.model = build_model(recipe.generator, (LATENT,), size, seed, self.masks, "generator.")
        self.critic = build_model(recipe.critic, (size,), 1, seed, self.masks, "critic.")
        self.critic_memory: Memory = {}
        self._modules = (*self.model.modules(), *self.critic.modules())  # at hand: a search of them costs as much
        self.optimizers = [recipe.optimizer(list(net.parameters()), knobs) for net in (self.model, self.critic)]
        self._noise = generator(seed, "noise")
        self.generators = (self.masks, self._noise)
        self._order = BatchOrder(len(data.train.labels), int(knobs["batch_size"]), generator(seed, "batches"))
        self._history: list[tuple[float, float]] = []
        self._test_noise = torch.randn(SAMPLES, LATENT, generator=generator(0, "test noise"))
        bound = data.inputs.abs().max().item() * BEYOND
        axis = torch.linspace(-bound, bound, GRID)
        self._grid = torch.cartesian_prod(axis, axis).flip(1)  # rows of the picture are y

    def make_step(self, lr: float, shared: None) -> tuple[float, ...]:
        recipe, knobs, memory = self.recipe, self.knobs, self.critic_memory
        critic_losses: list[float] = []

        def of_critic() -> Tensor:
            loss = recipe.critic_loss(self.critic(real, knobs), self.critic(fake, knobs), knobs, memory)
            critic_losses.append(loss.item())
            if recipe.critic_penalty is not None:
                loss = loss + recipe.critic_penalty(self.critic, real, fake, knobs, memory, self.masks)
            return loss

        def of_generator() -> Tensor:
            scores = self.critic(self._generate(self._order.batch_size), knobs)
            return recipe.generator_loss(scores, knobs, self.memory)

        for _ in range(recipe.critic_steps(self.step - 1, knobs, memory)):
            real = self.data.train.inputs[self._order.draw()]
            with torch.no_grad():
                fake = self._generate(len(real))
            critic_losses.clear()
            value = self.update(self.critic, self.optimizers[1], of_critic, lr, memory)
            if not math.isfinite(value):
                return value, math.nan
            if recipe.after_critic_step is not None:
                recipe.after_critic_step(self.critic, knobs, memory)
        value = self.update(self.model, self.optimizers[0], of_generator, lr)
        return (critic_losses[0] if math.isfinite(value) else value), value

    def _generate(self, count: int) -> Tensor:
        fake: Tensor = self.model(torch.randn(count, LATENT, generator=self._noise), self.knobs)
        return fake

    def evaluate(self) -> tuple[float, ...]:
        real, judged = self.data.inputs, self.judged()
        with self._at_rest(judged):
            fake = judged(self._test_noise, self.knobs)
            measured = self.task.score(fake, real)
            scores = self.critic(real, self.knobs), self.critic(fake, self.knobs)
            objective = self.recipe.critic_loss(*scores, self.knobs, self.critic_memory)
        self._history.append((-objective.item(), measured["test_distance"]))
        measured["test_tracking"] = self._tracking()
        if self.shown.measure is not None:
            moment = replace(self.look(self.seen()), model=judged, generate=lambda: fake[:SHOWN])
            measured |= self.shown.measure(moment)
        return tuple(measured[name] for name in self.shown.metrics)

    @contextmanager
    def _at_rest(self, generator: nn.Module) -> Iterator[None]:
        """A generator and the critic in evaluation mode, without gradients: looking at trained ones changes nothing."""
        own = generator is self.model
        modules = self._modules if own else (*generator.modules(), *self.critic.modules())
        before = [module.training for module in modules]
        for module in modules:
            module.training = False
        try:
            with torch.no_grad():
                yield
        finally:
            for module, training in zip(modules, before, strict=True):
                module.training = training

    def look(self, knobs: Knobs) -> GanMoment:
        def generate() -> Tensor:
            with self._at_rest(self.model):
                fake: Tensor = self.model(self._test_noise[:SHOWN], self.knobs)
            return fake

        return self.moment(
            GanMoment,
            knobs,
            critic=self.critic,
            real=self.data.inputs[:SHOWN],
            generate=generate,
        )

    def _tracking(self) -> float:
        """Rank correlation over the run so far between the critic's held-out objective and the true distance."""
        return rank_correlation(*zip(*self._history, strict=True)) if len(self._history) >= EARLIEST else 0.0

    def probe(self) -> dict[str, NDArray[np.float32]]:
        arrays: dict[str, Tensor] = {}
        with self._at_rest(self.model):
            moment = self.look(self.seen())
            if self.shown.probe is not None:
                arrays |= self.shown.probe(moment)
            if self._history:
                arrays["critic_objective"] = torch.tensor([self._history[-1][0]])
            if self.task.view == "point":
                arrays |= self._picture(moment.real, moment.fake)
        return as_arrays(arrays)

    def _picture(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        scores = self.critic(self._grid, self.knobs).reshape(GRID, GRID)
        spread = (scores.max() - scores.min()).clamp(min=1e-12)
        kinds = torch.cat([torch.zeros(len(real)), torch.ones(len(fake))])
        points = torch.cat([real, fake])
        return {
            "critic_field": (scores - scores.min()) / spread,
            "samples_x": points[:, 0],
            "samples_y": points[:, 1],
            "samples_kind": kinds,
        }

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "networks": [self.model.state_dict(), self.critic.state_dict()],
            "updates": [optimizer.state_dict() for optimizer in self.optimizers],
            "masks": self.masks.get_state(),
            "noise": self._noise.get_state(),
            "order": self._order.state_dict(),
            "history": self._history,
            "critic_memory": self.critic_memory,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        for network, held in zip((self.model, self.critic), state["networks"], strict=True):
            network.load_state_dict(held)
        for optimizer, held in zip(self.optimizers, state["updates"], strict=True):
            optimizer.load_state_dict(held)
        self.masks.set_state(state["masks"])
        self._noise.set_state(state["noise"])
        self._order.load_state_dict(state["order"])
        self._history = list(state["history"])
        self.critic_memory = state["critic_memory"]


class GanTrainer(Trainer):
    """Generators and critics side by side, from the same weights, streams and noise."""

    kind = "gan"
    drawing = Drawing(
        "samples", "samples_x", "samples_y", "samples_kind", field="critic_field", beyond=BEYOND, centered=True
    )
    row_metrics = ("critic_loss", "generator_loss")

    def __init__(self, spec: RunSpec) -> None:
        task = load_task(spec.task)
        data = task.make(spec.settings, generator(spec.seed, "data"))
        shown = Shown(spec)
        self.test_metrics = tuple(shown.metrics)
        self.arms = [GanArm(recipe, knobs, data, task, shown) for recipe, knobs in recipes(spec, self.baseline(spec))]
        self.steps_per_epoch = max(1, len(data.train.labels) // int(spec.settings["batch_size"]))

    @staticmethod
    def baseline(spec: RunSpec) -> GanRecipe:
        return baseline(spec.settings)
