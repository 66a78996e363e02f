"""What a run starts from, as arrays: its data, first weights, generators, and what was made before its first step."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.kinds.arm import Shown, recipes
from trainers.kinds.classifier import ClassifierArm, ClassifierTrainer, draw_more
from trainers.parts.batches import BatchOrder
from trainers.parts.randomness import generator
from trainers.runs.spec import RunSpec
from trainers.tasks import Data, Task, load_task
from tricks.declaration import RefusedError
from tricks.recipe import TrainSet

REPLAYS = "the bundle replays with the lab"

MAX_MEGABYTES = 100  # of the order of batches


class ScriptError(RefusedError):
    """Of this run there is no script: the message says why, and what there is instead."""


@dataclass
class Opening:
    """A run of so many steps before the first: its data, its arms, and by their number the further examples drawn."""

    spec: RunSpec
    steps: int
    task: Task
    data: Data
    arms: list[ClassifierArm] = field(default_factory=list)
    more: dict[int, TrainSet] = field(default_factory=dict)

    def draw_more(self, draw: Callable[[int], TrainSet], count: int) -> TrainSet:
        """The training set with `count` examples, which is noted."""
        self.more[count] = draw(count)
        return self.more[count]


def open_run(spec: RunSpec, steps: int | None = None) -> Opening:
    """The run of `spec` before its first step, of which so many are made (None: all).

    Raises:
        ScriptError: it is of a kind that no script is written of.
    """
    task = load_task(spec.task)
    if task.trainer != ClassifierTrainer.kind:
        raise ScriptError(f"no script is written of a run of the {task.trainer} trainer: {REPLAYS}")
    steps = spec.steps if steps is None else steps
    if steps == 0:
        raise ScriptError(f"no script is written of a run that has made no step: {REPLAYS}")
    megabytes = steps * int(spec.settings["batch_size"]) * 4 / 1e6
    if megabytes > MAX_MEGABYTES:
        raise ScriptError(
            f"the order of this run's batches would be {megabytes:.0f} MB, over {MAX_MEGABYTES}: {REPLAYS}"
        )
    torch.set_num_threads(1)
    data = task.make(spec.settings, generator(spec.seed, "data"))
    opening = Opening(spec, steps, task, data)
    data.train.more = partial(opening.draw_more, partial(draw_more, task, spec, data.train))
    shown = Shown(spec)
    for recipe, knobs in recipes(spec, ClassifierTrainer.baseline(spec)):
        opening.arms.append(ClassifierArm(recipe, knobs, data, task, shown))
    return opening


def arrays_of(opening: Opening) -> dict[str, NDArray[Any]]:
    """All arrays by name; of the weights those that all arms have alike stand there once, under `weights/`.

    An arm's own stand under its number, generators' states (uint8) under `generator/`, and under `batches/` and the
    length of a training set the positions in it of every step's examples (steps, batch size).
    """
    data, seed = opening.data, opening.spec.seed
    found: dict[str, Tensor] = {"test/inputs": data.inputs, "test/labels": data.labels} | _set("train", data.train)
    steps, size = opening.steps, int(opening.spec.settings["batch_size"])
    for length in {len(arm.set.labels) for arm in opening.arms}:
        order = BatchOrder(length, size, generator(seed, "batches"))
        found[f"batches/{length}"] = torch.stack([order.draw().to(torch.int32) for _ in range(steps)])
    for purpose in ("masks", "prepare"):
        found[f"generator/{purpose}"] = generator(seed, purpose).get_state()
    for count, drawn in opening.more.items():
        found |= _set(f"more/{count}", drawn)
    states = [arm.model.state_dict() for arm in opening.arms]
    shared = {name for name, value in states[0].items() if all(_same(value, state.get(name)) for state in states)}
    found |= {f"weights/{name}": states[0][name] for name in states[0] if name in shared}
    for number, (arm, state) in enumerate(zip(opening.arms, states, strict=True)):
        found |= {f"{number}/weights/{name}": value for name, value in state.items() if name not in shared}
        if arm.recipe.prepare is not None:
            found |= {f"{number}/prepared/inputs": arm.set.inputs, f"{number}/prepared/labels": arm.set.labels}
            for made, network in networks_of(arm.set).items():
                held = network.state_dict().items()
                found |= {f"{number}/prepared/{made}/{name}": value for name, value in held}
    return {name: value.numpy() for name, value in found.items()}


def networks_of(train: TrainSet) -> dict[str, nn.Module]:
    """The networks that were trained before the first step, by name."""
    return {name: made for name, made in train.extras.items() if isinstance(made, nn.Module)}


def _set(prefix: str, train: TrainSet) -> dict[str, Tensor]:
    values = {"inputs": train.inputs, "labels": train.labels, "clean_labels": train.clean_labels}
    return {f"{prefix}/{name}": value for name, value in values.items()}


def _same(value: Tensor, other: Tensor | None) -> bool:
    return other is not None and value.dtype == other.dtype and torch.equal(value, other)


def npz(arrays: dict[str, NDArray[Any]]) -> bytes:
    """The arrays as a file for `numpy.load(allow_pickle=False)`: the same bytes of the same arrays."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
