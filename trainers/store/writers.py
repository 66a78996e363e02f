"""Who writes into a store: each process with a locked file of its own, so that one that has died is known at once.

A lock is let go by the system when its process ends, however it ends, and no clock has a say in it. Where a disk knows
no locks, a writer counts as there for a while after it was last heard of.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = "writers"
SILENCE_S = 30.0  # after which a writer counts as dead where there are no locks


class Writer:
    """This process as a writer into the store in `folder`: its `token` stands at what it writes, as long as it lives.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.token = secrets.token_hex(8)
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._folder / self.token)
        self._is_locked = False
        with suppress(NotImplementedError):
            self._lock.acquire(timeout=0)
            self._is_locked = True

    def is_there(self, token: str, heard_at: float) -> bool:
        """Whether the writer of that token lives, who was last heard of at that time."""
        if token == self.token:
            return True
        path = self._folder / token
        if not token or not path.exists():
            return False
        if not self._is_locked:
            return abs(time.time() - heard_at) < SILENCE_S
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        path.unlink(missing_ok=True)
        return False

    def close(self) -> None:
        """Ends being a writer."""
        self._lock.release()
        (self._folder / self.token).unlink(missing_ok=True)
