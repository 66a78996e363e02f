"""Runs a command on a busy machine: `python -m tests.beside COMMAND`, with two endless loops a core beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

LOOPS_A_CORE = 2


def main(command: list[str]) -> int:
    """The command's own exit code; the loops end with it, or with this process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell has its background jobs ignore
    with_us = f"import os\nparent = {os.getpid()}\nwhile os.getppid() == parent: pass"
    loops = [subprocess.Popen([sys.executable, "-c", with_us]) for _ in range(LOOPS_A_CORE * (os.cpu_count() or 1))]
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
