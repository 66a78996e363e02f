"""A trick's page can be shown, and has words for all that stands on it.

The rooms of the trainers know no page, so it is drawn by a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from trainers.evidence.declarations import ROOT

DRAWS = "pages.lab.first_sight"


def shown(name: str) -> Iterator[str]:
    """The page can be drawn on every task and with every tab open, and each of its links sets what it says."""
    command = [sys.executable, "-m", DRAWS, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    yield from done.stdout.splitlines()
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        yield f"pages/{name}.py cannot be drawn: {last}"
