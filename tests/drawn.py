"""Chance that goes by the tree: what `make test` does of what would take too long to do whole, and which seeds."""

from __future__ import annotations

import random
import subprocess
from functools import cache
from pathlib import Path


@cache
def tree() -> str:
    """The hash of the committed tree; empty where this is no checkout."""
    command = ["git", "rev-parse", "HEAD^{tree}"]
    found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return found.stdout.strip()


def choice(purpose: str) -> random.Random:
    """The same draws in every process that tests this tree."""
    return random.Random(f"{tree()} {purpose}")
