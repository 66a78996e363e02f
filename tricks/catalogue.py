"""The tricks, in the order in which they are shown and combined. Importing this imports no trick."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module

from tricks.recipe import RefusedError, Trick

NAMES = (
    "focal_loss",
    "centernet_loss",
    "flooding",
    "label_smoothing",
    "dropout",
    "activation",
    "soft_thresholding",
    "normalization",
    "spectral_norm",
    "cyclic_lr",
    "step_schedule",
    "multi_stage",
    "optimizers",
    "weight_penalty",  # after the optimizers: it wraps whichever is in force
    "progressive_learning",
    "skip_connection",
    "feature_fusion",
    "feature_pyramid",
    "anchors",
    "wasserstein_gan",
    "adversarial_training",
    "label_cleaning",
    "class_balance",
    "augmentation",
    "data_variety",
    "distillation",
)


@cache
def load(name: str) -> Trick:
    """The trick of that name.

    Raises:
        RefusedError: there is none; the message gives the nearest names.
    """
    if name not in NAMES:
        raise RefusedError(f"trick must be one of the catalogue{nearest(name, NAMES)}, got {name!r}")
    trick: Trick = import_module(f"tricks.{name}").TRICK
    return trick


def every() -> tuple[Trick, ...]:
    """All tricks, in catalogue order."""
    return tuple(load(name) for name in NAMES)


def nearest(name: str, names: tuple[str, ...]) -> str:
    """` (nearest: a, b)` for a refused `name`, or all names where none is near."""
    close = get_close_matches(name, names, n=3, cutoff=0.4) or names
    return f" (nearest: {', '.join(close)})"
