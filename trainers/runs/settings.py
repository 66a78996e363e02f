"""The shared settings: what moves every arm of a run alike, declared like knobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tricks.declaration import Knob

if TYPE_CHECKING:
    from trainers.tasks import Task

OF_TASKS = (
    Knob("snr_db", "SNR", 0.0, -10.0, 20.0, unit="dB", live=False),
    Knob("imbalance", "ρ", 50.0, 1.0, 200.0, scale="log", live=False),
    Knob("surface", "", "quadratic", choices=("quadratic", "rosenbrock", "saddle"), live=False),
    Knob("condition", "c", 1000.0, 1.0, 10_000.0, scale="log", live=False),
    Knob("rotation", "φ", 30.0, 0.0, 90.0, unit="°", live=False),
    Knob("gradient_noise", "ν", 0.0, 0.0, 1.0, neutral=0.0),
)
"""Those that mean something only to the tasks that name them as their own."""

SETTINGS = (
    Knob("lr", "η", 0.01, 1e-5, 10.0, scale="log"),
    Knob("batch_size", "B", 50, 2, 1024, live=False, integer=True),
    Knob("train_size", "n", 1000, 20, 20000, live=False, integer=True),
    Knob("label_noise", "q", 0.0, 0.0, 0.9, neutral=0.0, live=False),
    Knob("depth", "D", 2, 1, 50, live=False, integer=True),
    Knob("width", "W", 100, 2, 512, live=False, integer=True),
    Knob("model", "", "mlp", choices=("mlp", "residual_mlp", "conv1d", "conv2d", "resnet1d", "blocks1d"), live=False),
    Knob("hidden", "", "relu", choices=("relu", "sigmoid", "tanh"), live=False),
    Knob("initial", "", "default", choices=("default", "he", "xavier"), live=False),
    Knob("optimizer", "", "sgd", choices=("sgd", "adam"), live=False),
    Knob("momentum", "μ", 0.0, 0.0, 0.999, live=False, when=("optimizer", "sgd")),
    Knob("weight_decay", "λ", 0.0, 0.0, 1.0, live=False),
    Knob("schedule", "", "constant", choices=("constant", "cosine", "step"), live=False),
    *OF_TASKS,
    Knob("eval_every", "", 25, 1, 1000, live=False, integer=True),
)
"""Every run has all of them; see `ignored_by` for those that mean nothing to its task."""

STEPS = Knob("steps", "T", 1000, 1, 100_000, live=False, integer=True)
SEED = Knob("seed", "", 0, 0, 2**31 - 1, live=False, integer=True)
FIRST_EXPLORED_SEED = 100
"""Knobs are chosen on the seeds from here on; those below are kept for results that are reported."""


def ignored_by(task: Task) -> frozenset[str]:
    """All settings that mean nothing to a task: those it `ignores`, and the other tasks' own."""
    return frozenset(task.ignores) | {knob.name for knob in OF_TASKS} - set(task.uses)
