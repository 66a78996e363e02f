"""Linear regression with more inputs than examples, of which few inputs count: the answer is a weighted sum and noise.

The ten inputs that count, their weights and the test set are the same for all seeds; a seed draws the examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from trainers.parts.randomness import generator as owned_generator
from trainers.tasks import Data, Task, limit_train_size, pick
from tricks.declaration import Knobs
from tricks.recipe import TrainSet

NUM_INPUTS, NUM_TRUE = 200, 10
POOL, TEST = 2000, 1000
NOISE = 1.0  # of the answers: its square is the mean squared error to be expected of the true weights
SIZES = (0.5, 2.0)  # of the true weights, either sign


@dataclass(frozen=True)
class RegressionData(Data):
    """`answers` (N,) and `test_answers` (M,) of the examples, and `truth` (D,), the weights that made them."""

    answers: Tensor
    test_answers: Tensor
    truth: Tensor


@cache
def load() -> tuple[Tensor, Tensor, Tensor]:
    """All examples' inputs (n, 200) and answers (n,), those of the pool first, and the true weights (200,)."""
    source = owned_generator(0, "sparse regression")
    relevant = torch.randperm(NUM_INPUTS, generator=source)[:NUM_TRUE]
    low, high = SIZES
    sizes = low + (high - low) * torch.rand(NUM_TRUE, generator=source)
    signs = torch.randint(0, 2, (NUM_TRUE,), generator=source) * 2 - 1
    truth = torch.zeros(NUM_INPUTS).index_put((relevant,), sizes * signs)
    inputs = torch.randn(POOL + TEST, NUM_INPUTS, generator=source)
    return inputs, inputs @ truth + NOISE * torch.randn(POOL + TEST, generator=source), truth


def make(settings: Knobs, generator: torch.Generator) -> RegressionData:
    """`train_size` examples that `generator` draws of the pool, and the test set of them all; they have one class."""
    inputs, answers, truth = load()
    drawn = pick(POOL, int(settings["train_size"]), generator)
    labels, test_labels = (torch.zeros(count, dtype=torch.long) for count in (len(drawn), TEST))
    train = TrainSet(inputs[drawn], labels, labels, 1)
    return RegressionData(train, inputs[POOL:], test_labels, answers[drawn], answers[POOL:], truth)


def score_support(weights: Tensor, truth: Tensor) -> dict[str, float]:
    """How well the weights (D,) that are not 0 are those that are not 0 in truth (D,); 0 where none is left."""
    left, relevant = (weights != 0) & ~weights.isnan(), truth != 0
    found, num_left = int((left & relevant).count_nonzero()), int(left.count_nonzero())
    return {
        "test_support_precision": found / max(1, num_left),
        "test_support_recall": found / int(relevant.count_nonzero()),
    }


def score(answers: Tensor, truth: Tensor) -> dict[str, float]:
    """The mean squared error of answers (M,)."""
    return {"test_loss": F.mse_loss(answers, truth).item()}


TASK = Task(
    name="sparse_regression",
    source="generated here: y = wᵀx + noise of deviation 1, ten of the 200 numbers in w are not 0",
    num_classes=1,
    shape=(NUM_INPUTS,),
    view="signal",
    sizes={"pool": POOL, "test": TEST},
    metrics={"test_loss": "lower", "test_support_precision": "higher", "test_support_recall": "higher"},
    make=make,
    score=score,
    settings={"train_size": 100, "lr": 0.07, "eval_every": 10},
    ignores=("batch_size", "label_noise", "depth", "width", "model", "hidden", "initial"),
    check=limit_train_size("sparse_regression", POOL),
    trainer="regression",
)
