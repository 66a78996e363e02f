"""Numbers that the environment sets."""

from __future__ import annotations

import math
import os

from tricks.declaration import RefusedError


def number_in(name: str, default: float) -> float:
    """The number that the variable `name` is set to, `default` where it is not set, or to nothing.

    Raises:
        RefusedError: it is not a number above 0.
    """
    text = os.environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise RefusedError(f"{name} must be a number above 0, got {text!r}")
    return value


def count_in(name: str) -> int | None:
    """The whole number, at least 1, that the variable `name` is set to, None where it is not set.

    Raises:
        RefusedError: it is not one.
    """
    value = number_in(name, 0.0)
    if value != int(value):
        raise RefusedError(f"{name} must be a whole number, got {os.environ[name]!r}")
    return int(value) or None
