"""The tricks, in the order in which they are shown and combined. Importing this imports no trick."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module

from tricks.declaration import RefusedError, Trick

NAMES = (
    "poly_loss",  # before focal loss: of both together the paper has a form, in which the weight stands before all
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
    "weight_averaging",
    "sharpness_aware",
    "gradient_clipping",  # after sharpness-aware minimization: it clips the gradient that is used
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

LONGEST = 100  # characters of a name that is compared with those there are


def check_name(name: str) -> None:
    """Refuses a name that is not in the catalogue, without importing anything.

    Raises:
        RefusedError: it is not; the message gives the nearest names.
    """
    if name not in NAMES:
        sentence = f"trick must be one of the catalogue{nearest(name, NAMES)}, got {name!r}"
        raise RefusedError(sentence, "unknown", "trick", name, near=near(name, NAMES))


@cache
def load(name: str) -> Trick:
    """The trick of that name.

    Raises:
        RefusedError: there is none, and the message gives the nearest names; or its module cannot be used.
    """
    check_name(name)
    module, where = f"tricks.{name}", f"{name} cannot be used: tricks/{name}.py"
    try:
        trick = import_module(module).TRICK
    except ModuleNotFoundError as error:
        raise RefusedError(f"{where} {'is missing' if error.name == module else f'needs {error.name}'}") from error
    except AttributeError as error:
        raise RefusedError(f"{where} has no TRICK, or {error}") from error
    except Exception as error:
        raise RefusedError(f"{where} ends with {type(error).__name__}: {error}") from error
    if not isinstance(trick, Trick) or trick.name != name:
        raise RefusedError(f"{where} must declare a Trick called {name}, got {getattr(trick, 'name', trick)!r}")
    if not trick.setups:
        raise RefusedError(f"{where} must declare at least one setup, a task on which it is shown")
    return trick


def problem(name: str) -> str:
    """Why the trick of that name cannot be used, in a sentence; empty where it can."""
    try:
        load(name)
    except RefusedError as error:
        return str(error)
    return ""


def every() -> tuple[Trick, ...]:
    """All tricks that can be used, in catalogue order: one whose module is broken costs the others nothing."""
    return tuple(load(name) for name in NAMES if not problem(name))


def nearest(name: str, names: tuple[str, ...]) -> str:
    """` (nearest: a, b)` for a refused `name`, or all names where none is near."""
    return f" (nearest: {', '.join(near(name, names))})"


def near(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `names` that a refused `name` may have meant; all of them where none is near."""
    return tuple(get_close_matches(name[:LONGEST], names, n=3, cutoff=0.4)) or names
