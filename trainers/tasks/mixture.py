"""What the tasks of generators share: a mixture of Gaussians in the plane, and how samples of it are judged."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

import torch
from torch import Tensor

from trainers.parts.randomness import generator as owned_generator
from trainers.tasks import Data, Task, limit_train_size, pick
from tricks.declaration import Knobs
from tricks.recipe import TrainSet

POOL, TEST = 10_000, 2000
DIRECTIONS = 32  # projections of the sliced distance
MEMBERS = 20  # samples a mode needs within three spreads to count as covered

METRICS = MappingProxyType(
    {
        "test_distance": "lower",
        "test_modes": "higher",
        "test_quality": "higher",
        "test_tracking": "higher",
    }
)
"""Sliced Wasserstein distance to held-out data, modes covered, share of samples within three spreads of a mode, and the
rank correlation over the run between the critic's objective on held-out data and that distance."""


def sliced_distance(samples: Tensor, real: Tensor) -> float:
    """Mean one-dimensional Wasserstein distance over fixed projections of samples (n, 2) and real (n, 2) points."""
    angles = torch.arange(DIRECTIONS) * (torch.pi / DIRECTIONS)
    directions = torch.stack([angles.cos(), angles.sin()])
    ours, theirs = (samples @ directions).sort(0).values, (real @ directions).sort(0).values
    return (ours - theirs).abs().mean().item()


def task(name: str, source: str, centers: Tensor, spread: float) -> Task:
    """The task of imitating Gaussians of standard deviation `spread` around `centers` (K, 2)."""

    @cache
    def load() -> tuple[Tensor, Tensor]:
        source_of = owned_generator(0, f"{name} points")
        modes = torch.arange(POOL + TEST) % len(centers)
        points = centers[modes] + spread * torch.randn(len(modes), 2, generator=source_of)
        return points, modes

    def make(settings: Knobs, generator: torch.Generator) -> Data:
        points, modes = load()
        drawn = pick(POOL, int(settings["train_size"]), generator)
        train = TrainSet(points[drawn], modes[drawn], modes[drawn], len(centers))
        return Data(train, points[-TEST:], modes[-TEST:])

    def score(samples: Tensor, real: Tensor) -> dict[str, float]:
        distance, nearest = torch.cdist(samples, centers).min(1)
        near = distance <= 3 * spread
        covered = torch.bincount(nearest[near], minlength=len(centers)) >= MEMBERS
        return {
            "test_distance": sliced_distance(samples, real),
            "test_modes": float(covered.sum()),
            "test_quality": near.to(torch.float32).mean().item(),
        }

    return Task(
        name=name,
        source=source,
        num_classes=len(centers),
        shape=(2,),
        view="point",
        sizes={"pool": POOL, "test": TEST},
        metrics=METRICS,
        make=make,
        score=score,
        settings={
            "train_size": 4000,
            "batch_size": 128,
            "depth": 3,
            "width": 64,
            "lr": 0.001,
            "eval_every": 20,
        },
        ignores=("label_noise", "optimizer", "momentum", "weight_decay", "hidden", "model"),
        check=limit_train_size(name, POOL),
        trainer="gan",
    )
