"""Data that take long to make, kept in the user's cache folder from one process to the next."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]

LOG = logging.getLogger(__name__)


def cache_folder() -> Path:
    """`TRICK_LAB_CACHE` where it is set, else this platform's cache folder for the user."""
    chosen = os.environ.get("TRICK_LAB_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "trick-lab"


def cached(name: str, make: Callable[[], Arrays]) -> dict[str, NDArray[np.generic]]:
    """The arrays of the cache file `name`.npz; where it is absent or broken, those of `make`, which are kept in it.

    Processes may race: each sees a whole file or none, and the last writer's stands. A cache that cannot be written
    costs time and nothing else.
    """
    path = cache_folder() / f"{name}.npz"
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        LOG.warning("%s is broken (%s) and is made again", path, error)
    arrays = dict(make())
    try:
        _write(path, arrays)
    except OSError as error:
        LOG.warning("%s could not be kept (%s): it is made again in every process", path, error)
    return arrays


def _write(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        Path(temporary).replace(path)  # atomic: a reader never sees half a file
    except BaseException:
        Path(temporary).unlink()
        raise
