"""Freed memory, given back to the system: the C library would keep it for as long as the process lives.

What a class's runs leave free lies scattered between what stays, where the C library gives back nothing by itself.
"""

from __future__ import annotations

import ctypes
import sys


def trim() -> None:
    """Gives back what is free, in some milliseconds without the interpreter's lock; without effect but with glibc."""
    if sys.platform == "linux":
        give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if give_back is not None:
            give_back(0)
