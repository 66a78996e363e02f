"""Memory that is free goes back to the system when it is asked to."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

from tests.limits import WAIT_S

ROOT = Path(__file__).parent.parent.parent.parent
SCATTERED = """
import json, psutil
from trainers.kinds import heap

def resident():
    return psutil.Process().memory_info().rss

before = resident()
held = [bytes(2000) for _ in range(50_000)]
most = resident()
held = held[::1000]
free = resident()
heap.trim()
print(json.dumps([before, most, free, resident(), len(held)]))
"""


def test_what_is_free_between_what_stays_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCATTERED],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=WAIT_S, check=True,
    )  # fmt: skip
    before, most, free, after, held = json.loads(done.stdout)
    assert held == 50 and most - before > 90e6
    if platform.libc_ver()[0] == "glibc":
        assert free - before > 90e6 and after - before < 30e6
