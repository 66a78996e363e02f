"""Data that take long to make, kept in the user's cache folder from one process to the next."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]

DIGEST = "digest"
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

    A file whose content is not the one that was written under this name, by its digest, is broken, too. Processes may
    race: each sees a whole file or none, and the last writer's stands. A cache that cannot be written costs time and
    nothing else.
    """
    path = cache_folder() / f"{name}.npz"
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        kept = arrays.pop(DIGEST, None)
        if kept is None or kept.tobytes() != _digest(name, arrays):
            raise ValueError("it is not what was kept there")
        return arrays
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        LOG.warning("%s is broken (%s) and is made again", path, error)
    arrays = dict(make())
    try:
        _write(path, {**arrays, DIGEST: np.frombuffer(_digest(name, arrays), dtype=np.uint8)})
    except OSError as error:
        LOG.warning("%s could not be kept (%s): it is made again in every process", path, error)
    return arrays


def _digest(name: str, arrays: Arrays) -> bytes:
    found = hashlib.sha256(name.encode())
    for key, array in sorted(arrays.items()):
        found.update(f"\0{key} {array.dtype.str} {array.shape}\0".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.digest()


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
