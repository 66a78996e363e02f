"""Data that take long to make, made once for all processes of a machine and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from tricks.making import tell

Arrays = Mapping[str, NDArray[np.generic]]

DIGEST = "digest"
LOG = logging.getLogger(__name__)
_LOOK_S = 0.2  # between looks whether another process has made it


class BrokenError(Exception):
    """A cache file does not hold what was kept in it."""


def cache_folder() -> Path:
    """`TRICK_LAB_CACHE` where it is set, else this platform's cache folder for the user.

    Raises:
        RuntimeError: the user has none.
    """
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


def cached(name: str, make: Callable[[], Arrays], what: str = "data") -> dict[str, NDArray[np.generic]]:
    """The arrays of the cache file `name`.npz; where it is absent or broken, those of `make`, which are kept in it.

    A file whose content is not the one that was written under this name, by its digest, is broken, too. However many
    processes ask, one of them makes it and the others wait; each sees a whole file or none. A cache that cannot be
    written costs time and nothing else.

    Raises:
        CalledOffError: it is not needed any more.
    """
    try:
        path = cache_folder() / f"{name}.npz"
    except RuntimeError as error:
        LOG.warning("no cache (%s): data are made again in every process; set TRICK_LAB_CACHE to a folder", error)
        return dict(make())
    arrays = _read(path, name)
    if arrays is None:
        with _alone(path, what):
            arrays = _read(path, name) or _make(path, name, make)
    return arrays


def read_arrays(path: Path, name: str) -> dict[str, NDArray[np.generic]]:
    """What was kept in the cache file under that name.

    Raises:
        FileNotFoundError: it is absent.
        BrokenError: it holds something else; the message says what is wrong.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        kept = arrays.pop(DIGEST, None)
        if kept is None or kept.tobytes() != _digest(name, arrays):
            raise ValueError("it is not what was kept there")
        return arrays
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged archive makes those who read it raise
        raise BrokenError(f"{path} cannot be read ({type(error).__name__}: {error})") from error


def _read(path: Path, name: str) -> dict[str, NDArray[np.generic]] | None:
    """What the file holds; None where it is absent or broken."""
    try:
        return read_arrays(path, name)
    except FileNotFoundError:
        pass
    except BrokenError as error:
        LOG.warning("%s and is made again", error)
    return None


@contextmanager
def _alone(path: Path, what: str) -> Iterator[None]:
    """Lets one process of the machine at a time make a file, where the folder bears a lock; it ends with its holder."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                lock.acquire(timeout=_LOOK_S)
                break
            except Timeout:
                tell(what)
    except (OSError, NotImplementedError) as error:
        LOG.info("%s cannot be locked (%s)", path, error)
    try:
        yield
    finally:
        lock.release()


def _make(path: Path, name: str, make: Callable[[], Arrays]) -> dict[str, NDArray[np.generic]]:
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
