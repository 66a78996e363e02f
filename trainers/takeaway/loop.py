"""The race of classifiers as a person would write it: what the script of a run is made of.

What stands in capitals the script fills in with the run's own; what its run does not use it leaves out (`script.py`).
The arithmetic is that of the trainer in `trainers/kinds/`, to the last bit.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainers.parts.models import assemble
from tricks.declaration import Value
from tricks.recipe import Batch, Memory, Moment, Recipe, TrainSet, cross_entropy, one_hot_targets

HERE = Path()
START: dict[str, Tensor] = {}  # what the run starts from, by name
SHAPE: tuple[int, ...] = ()  # of an example
NUM_CLASSES = 1
NUM_STEPS = 1
LAST = (1,)  # the run's last step, and, where it was extended, the one that had been
EVAL_EVERY = 1
PROBE_EVERY = 1  # so often the lab looks into the networks, and at whether their weights are numbers still
ARMS: dict[str, tuple[Recipe, dict[str, Value]]] = {}  # by name: the recipe, and the knobs it begins with
TURNS: list[tuple[int, str, str, Value]] = []  # from that step on: of which arm ("": all), which knob, its value

TURNED = True  # whether a knob was turned
NOTES = True  # whether a forward pass notes something down, such as running statistics
DRAWS = True  # whether it draws masks
LEARNS = True  # whether a network is trained before the first step


def named(prefix: str) -> dict[str, Tensor]:
    """What start.npz holds under names that begin with `prefix`, by the rest of the name."""
    return {name.removeprefix(prefix): value for name, value in START.items() if name.startswith(prefix)}


def owned(purpose: str) -> torch.Generator:
    """The generator of that purpose, as the run began with it."""
    source = torch.Generator()
    source.set_state(START[f"generator/{purpose}"])
    return source


def more(count: int) -> TrainSet:
    """The training set with further examples of the same kind, `count` in all."""
    return TrainSet(
        inputs=START[f"more/{count}/inputs"],
        labels=START[f"more/{count}/labels"],
        clean_labels=START[f"more/{count}/clean_labels"],
        num_classes=NUM_CLASSES,
    )


def as_it_was(number: int, made: TrainSet) -> TrainSet:
    """What an arm prepared, with the very numbers of the run: on another processor the last digits may differ."""
    found = named(f"{number}/prepared/")
    made.inputs, made.labels = found["inputs"], found["labels"]
    if LEARNS:
        for name, network in made.extras.items():
            if isinstance(network, nn.Module):
                network.load_state_dict(named(f"{number}/prepared/{name}/"))
    return made


class Arm:
    """A network that one recipe trains; `knobs` are the values in force, by name."""

    def __init__(self, number: int, name: str, recipe: Recipe, knobs: dict[str, Value]) -> None:
        self.name = name
        self.recipe = recipe
        self.knobs = knobs
        self.memory: Memory = {}
        self.masks = owned("masks")
        self.set = TrainSet(
            inputs=START["train/inputs"],
            labels=START["train/labels"],
            clean_labels=START["train/clean_labels"],
            num_classes=NUM_CLASSES,
            more=more,
        )
        self.drawn = self.set
        if recipe.prepare is not None:
            self.set = as_it_was(number, recipe.prepare(self.set, knobs, owned("prepare")))
        self.batches = START[f"batches/{len(self.set.labels)}"].long()
        self.model = assemble(recipe.model, SHAPE, NUM_CLASSES, self.masks)
        weights = named("weights/") | named(f"{number}/weights/")
        self.model.load_state_dict({name: weights[name] for name in self.model.state_dict()})
        self.optimizer = recipe.optimizer(list(self.model.parameters()), knobs)

    def make_step(self, step: int) -> tuple[float, float, float]:
        """Makes step `step` (from 1): the rate, the batch's cross-entropy by which all are judged, the objective."""
        recipe, knobs, memory = self.recipe, self.knobs, self.memory
        lr, indices = recipe.lr(step - 1, knobs), self.batches[step - 1]
        if recipe.before_step is not None:
            recipe.before_step(step - 1, self.model, knobs, memory)
        if recipe.sample is not None:
            indices = recipe.sample(indices, self.set, knobs, memory, self.masks)
        labels = self.set.labels[indices]
        batch = Batch(self.set.inputs[indices], labels, None, indices, NUM_CLASSES)
        batch.step = step - 1
        if recipe.targets is not one_hot_targets:
            batch.targets = recipe.targets(labels, NUM_CLASSES, knobs, memory)
        if recipe.transform is not None:
            batch = recipe.transform(batch, self.model, knobs, memory, self.masks)
        batch.train = self.set
        masks = self.masks.get_state()
        logits, losses, objective = self.forward(batch)
        loss = value = objective.item()
        if math.isfinite(value):
            self.optimizer.zero_grad()
            objective.backward()  # type: ignore[no-untyped-call]
            if recipe.before_update is not None:
                recipe.before_update(self.model, lambda: self.afresh(batch, masks), memory, knobs)
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            self.optimizer.step()
            if recipe.after_step is not None:
                moment = Moment(
                    step=step,
                    knobs=knobs,
                    model=self.model,
                    memory=memory,
                    judge=self.judged,
                    batch=batch,
                    logits=logits.detach(),
                    losses=losses.detach(),
                    objective=value,
                    train=self.set,
                    drawn=self.drawn,
                    generator=self.masks,
                    evaluate=lambda model: score(self.predict(model)),
                    predict=self.predict,
                    score=score,
                    test_inputs=START["test/inputs"],
                    test_labels=START["test/labels"],
                )
                recipe.after_step(moment)
            if not (recipe.loss is cross_entropy and batch.is_hard):
                with torch.no_grad():
                    losses = cross_entropy(logits, Batch(batch.inputs, labels, batch.mixture, indices), knobs)
            loss = losses.mean().item()
        return lr, loss, value

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The batch's logits (N, K), its losses (N,), and the objective (scalar) that is made of them."""
        recipe, knobs, memory = self.recipe, self.knobs, self.memory
        logits = self.model(batch.inputs, knobs)
        losses = recipe.loss(logits, batch, knobs, memory)
        objective = recipe.reduction(losses, knobs, memory)
        if recipe.penalty is not None:
            objective = objective + recipe.penalty(self.model, knobs, memory)
        return logits, losses, objective

    def afresh(self, batch: Batch, masks: Tensor) -> Tensor:
        """The objective with the weights as they now are; the masks are the same, nothing that is noted stays."""
        if DRAWS:
            now = self.masks.get_state()
            self.masks.set_state(masks)
        if NOTES:
            modules = list(self.model.modules())
            noted = [(module, name, held) for module in modules for name, held in module.named_buffers(recurse=False)]
            for module, name, held in noted:
                setattr(module, name, held.clone())
        objective = self.forward(batch)[2]
        if NOTES:
            for module, name, held in noted:
                setattr(module, name, held)
        if DRAWS:
            self.masks.set_state(now)
        return objective

    def judged(self) -> nn.Module:
        """The network that answers the test set."""
        if self.recipe.recalibrate is not None:
            self.recipe.recalibrate(self.model, self.set, self.knobs)
        judged: nn.Module = self.model
        if self.recipe.judged is not None:
            judged = self.recipe.judged(self.model, self.memory, self.knobs)
            if self.recipe.recalibrate is not None and judged is not self.model:
                self.recipe.recalibrate(judged, self.set, self.knobs)
        return judged

    @torch.no_grad()
    def predict(self, model: nn.Module) -> Tensor:
        """The logits (M, K) that `model` answers to the test set."""
        model.eval()
        logits: Tensor = model(START["test/inputs"], self.knobs)
        model.train()
        return logits


def score(logits: Tensor) -> dict[str, float]:
    """Mean cross-entropy, in nats, and accuracy of the test set's logits (M, K)."""
    labels = START["test/labels"]
    is_right = (logits.argmax(1) == labels) & ~logits.isnan().any(1)
    accuracy = is_right.double().mean().item()
    return {"test_loss": F.cross_entropy(logits, labels).item(), "test_accuracy": accuracy}


def main() -> None:
    """Trains the arms side by side, says now and then how they do, and writes every step to losses.csv."""
    torch.set_num_threads(1)
    arms = [Arm(number, name, *ARMS[name]) for number, name in enumerate(ARMS)]
    rows: list[list[object]] = [["step", "arm", "lr", "train_loss", "objective", "test_loss", "test_accuracy"]]
    try:
        for step in range(1, NUM_STEPS + 1):
            if TURNED:
                for _, whose, knob, value in (turn for turn in TURNS if turn[0] == step):
                    for arm in (arm for arm in arms if whose in ("", arm.name)):
                        arm.knobs[knob] = value
            is_tested = step % EVAL_EVERY == 0 or step in LAST
            for arm in list(arms):
                numbers = arm.make_step(step)
                tested: dict[str, float | str] = {"test_loss": "", "test_accuracy": ""}
                weights = arm.model.parameters() if is_tested or step % PROBE_EVERY == 0 else ()
                if not math.isfinite(numbers[1]) or not all(weight.isfinite().all() for weight in weights):
                    arms.remove(arm)  # the others go on
                elif is_tested:
                    tested |= score(arm.predict(arm.judged()))
                    told = ", ".join(f"{name} {value:.4f}" for name, value in tested.items())
                    print(f"step {step}, {arm.name}: train_loss {numbers[1]:.4f}, {told}")
                rows.append([step, arm.name, *numbers, *tested.values()])
    finally:  # also where it is interrupted
        with (HERE / "losses.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
