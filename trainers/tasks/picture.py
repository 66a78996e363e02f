"""What the tasks of pictures share: generated 32 × 32 pictures with a truth of their own, and networks to answer them.

Every arm answers in the task's form (a heat map, a box, a class for each pixel), however it came to it, and is judged
by the same loss and the same metrics of that answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from trainers.parts.baseline import OPTIMIZERS, SCHEDULES
from trainers.parts.models import LayerSize
from trainers.tasks import Data, Task, pick
from tricks.declaration import Knobs
from tricks.recipe import Memory, PictureRecipe, TrainSet

SIDE = 32

Truth = Mapping[str, Tensor]
"""What is true of pictures: tensors (n, ...) by name, as the task declares them."""

Stages = Sequence[tuple[int, Sequence[int]]]
"""Of each stage of a network its channels, and the strides of its 3 × 3 convolutions."""


@dataclass(frozen=True)
class PictureData(Data):
    """Pictures (n, H, W), the truth to train on and that to be judged by; `labels` are the kinds that are counted."""

    truth: Truth
    test_truth: Truth


@dataclass(frozen=True, kw_only=True)
class PictureTask(Task):
    """A task whose `make` gives `PictureData`; `score(answers, truth)` measures answers to the test pictures.

    `recipe(settings)` is the baseline; `loss(answers, truth)` (scalar) judges any arm, and is what the baseline
    minimizes. `stages(settings)` are those of the baseline's network.
    """

    stages: Callable[[Knobs], Stages]
    recipe: Callable[[Knobs], PictureRecipe]
    loss: Callable[[Tensor, Truth], Tensor]
    shape: tuple[int, ...] = (SIDE, SIDE)
    view: str = "image"
    ignores: tuple[str, ...] = ("label_noise", "depth", "model", "hidden")
    trainer: str = "pictures"

    has_own_recipe: ClassVar[bool] = True


@dataclass(frozen=True)
class Pictures:
    """A pool of pictures (n, H, W), what is true of each, and its kind (n,); the last `num_test` are for testing."""

    inputs: Tensor
    truth: Truth
    kinds: Tensor
    num_kinds: int
    num_test: int

    def draw(self, settings: Knobs, generator: torch.Generator) -> PictureData:
        """The training pictures that `generator` draws of the pool, and the test pictures."""
        drawn = pick(len(self.inputs) - self.num_test, int(settings["train_size"]), generator)
        test = slice(-self.num_test, None)
        return PictureData(
            TrainSet(self.inputs[drawn], self.kinds[drawn], self.kinds[drawn], self.num_kinds),
            self.inputs[test],
            self.kinds[test],
            truth={name: values[drawn] for name, values in self.truth.items()},
            test_truth={name: values[test] for name, values in self.truth.items()},
        )


def uniform(low: float, high: float, *shape: int, source: torch.Generator) -> Tensor:
    """Numbers of `shape`, uniform between `low` and `high`."""
    return low + (high - low) * torch.rand(*shape, generator=source)


def pixels() -> tuple[Tensor, Tensor]:
    """The x (1, W) and y (H, 1) of the pixels' centers; a picture spans 0 to `SIDE` in both."""
    middle = torch.arange(SIDE) + 0.5
    return middle[None, :], middle[:, None]


def ellipses(centers: Tensor, radii: Tensor, angles: Tensor) -> Tensor:
    """How much of each pixel (n, H, W) lies in an ellipse at centers (n, 2), of radii (n, 2) turned by angles (n,)."""
    x, y = pixels()
    across, down = x - centers[:, 0, None, None], y - centers[:, 1, None, None]
    cos, sin = angles.cos()[:, None, None], angles.sin()[:, None, None]
    along, aside = cos * across + sin * down, cos * down - sin * across
    distance = ((along / radii[:, 0, None, None]) ** 2 + (aside / radii[:, 1, None, None]) ** 2).sqrt()
    return (0.5 + (1 - distance) * radii.min(1).values[:, None, None]).clamp(0, 1)


def lines(count: int, source: torch.Generator) -> Tensor:
    """Thin straight lines (count, H, W) across pictures, anywhere and in any direction."""
    x, y = pixels()
    angles = uniform(0, torch.pi, count, 1, 1, source=source)
    through = uniform(4, SIDE - 4, 2, count, 1, 1, source=source)
    distance = ((x - through[0]) * angles.sin() - (y - through[1]) * angles.cos()).abs()
    return (1.2 - distance).clamp(0, 1)


def recipe(
    settings: Knobs,
    model: Callable[[Knobs, torch.Generator], nn.Module],
    loss: Callable[[Tensor, Truth, Knobs, Memory], Tensor],
) -> PictureRecipe:
    """The baseline that the shared settings describe, of a network whose outputs are the task's answers themselves."""
    return PictureRecipe(
        model=model,
        optimizer=OPTIMIZERS[str(settings["optimizer"])],
        lr=SCHEDULES[str(settings["schedule"])],
        loss=loss,
        decode=as_it_is,
    )


def as_it_is(outputs: Tensor, knobs: Knobs) -> Tensor:
    """The outputs, which are the answers."""
    return outputs


class PictureNetwork(nn.Module):
    """Stages of convolutions, and a head that makes outputs of their maps: `head(maps, knobs)`, the finest map first.

    `stages` gives for each its channels and the strides of its convolutions.
    """

    def __init__(self, stages: Stages, head: nn.Module) -> None:
        super().__init__()
        self.channels = [channels for channels, _ in stages]
        made, before = [], 1
        for channels, strides in stages:
            layers: list[nn.Module] = []
            for stride in strides:
                layers += [nn.Conv2d(before, channels, 3, stride, 1), nn.ReLU()]
                before = channels
            made.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(made)
        self.head = head

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        maps = [x.unsqueeze(1)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        outputs: Tensor = self.head(maps[1:], knobs)
        return outputs


def layer_sizes(stages: Stages) -> list[LayerSize]:
    """The weight layers of a network of these stages, but for its head, which a task or a trick makes."""
    layers, before, side = [], 1, SIDE
    for channels, strides in stages:
        for stride in strides:
            side //= stride
            layers.append(LayerSize(9 * before, channels, side * side))
            before = channels
    return layers
