"""A command runs beside endless loops of its own priority, which end with it and with whoever interrupts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.beside import LOOPS_A_CORE
from tests.limits import WAIT_S

ROOT = Path(__file__).parent.parent
LOOK = """
import json, os, sys, psutil
others = [one for one in psutil.Process(os.getppid()).children() if one.pid != os.getpid()]
print(json.dumps([[one.pid, one.nice()] for one in others]), flush=True)
sys.stdin.read()
sys.exit(7)
"""


def beside() -> subprocess.Popen[str]:
    """A command that says what runs beside it, and ends with 7 once there is nothing to read any more."""
    command = [sys.executable, "-m", "tests.beside", sys.executable, "-c", LOOK]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


def loops_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    assert process.stdout is not None
    found = json.loads(process.stdout.readline())
    assert len(found) == LOOPS_A_CORE * (os.cpu_count() or 1)
    assert {nice for _, nice in found} == {psutil.Process().nice()}
    return [psutil.Process(pid) for pid, _ in found]


def assert_end(loops: list[psutil.Process]) -> None:
    deadline = time.monotonic() + WAIT_S
    while any(map(is_alive, loops)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(loop: psutil.Process) -> bool:
    """Whether it runs; one that has ended stays in the list of processes until somebody looks."""
    try:
        return bool(loop.is_running() and loop.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_loops_run_as_long_as_the_command_whose_exit_code_is_passed_on() -> None:
    with beside() as process:
        loops = loops_of(process)
        deadline = time.monotonic() + WAIT_S
        while not all(loop.cpu_times().user > 0 for loop in loops):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(WAIT_S) == 7
        assert not any(map(is_alive, loops))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_loops_end_with_whoever_is_interrupted(how: signal.Signals) -> None:
    with beside() as process:
        loops = loops_of(process)
        process.send_signal(how)
        assert process.wait(WAIT_S) != 0
        assert_end(loops)
