"""How soon there is something: the first page after the app's command, and what the command line says at once."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from trainers.bench.app import ROOT, serving, visit
from trainers.bench.figures import Effort, Figure
from trainers.bench.windows import alternate, cpu_of_all

TRAINERS = ("-m", "trainers")


@dataclass(frozen=True)
class Taken:
    """What a command took: seconds by the clock, and of the processor."""

    wall_s: float
    cpu_s: float


def measure(effort: Effort) -> Iterator[Figure]:
    """The app some times, and commands in turn."""
    yield from first_page(effort)
    found = alternate(lambda: run(*TRAINERS, "list"), lambda: run("-c", "import torch"), effort.pairs)
    ratios = [told.cpu_s / imported.cpu_s for told, imported in found]
    detail = {"list_s": [told.wall_s for told, _ in found], "torch_s": [imported.wall_s for _, imported in found]}
    yield Figure.of("CPU of `list` / of importing torch", ratios, at_most=1.2, detail=detail)
    bar = effort.bar(0.5, 1.1)
    pairs = alternate(lambda: run(*TRAINERS, "--help"), lambda: run(*TRAINERS, "lisst", code=2), effort.pairs)
    for name, taken in zip(("`--help`", "wrong usage"), zip(*pairs, strict=True), strict=True):
        detail = {"cpu_s": [one.cpu_s for one in taken]}
        yield Figure.of(f"{name}, by the clock", [one.wall_s for one in taken], "s", at_most=bar, detail=detail)


def first_page(effort: Effort) -> Iterator[Figure]:
    """From the command to the first page with what its knobs alone show, to a client that draws nothing."""
    pages_s, listens_s, cpu_s = [], [], []
    for _ in range(effort.starts):
        start = time.perf_counter()
        with serving() as app:
            listens_s.append(time.perf_counter() - start)
            visit(app)
            pages_s.append(time.perf_counter() - start)
            cpu_s.append(cpu_of_all([app.process]))
    name = "from the command to the first page, without a browser"
    yield Figure.of(name, pages_s, "s", at_most=effort.bar(3, 6), detail={"listens_s": listens_s})
    yield Figure.of(f"{name}: CPU of the app's process", cpu_s, "s")


def run(*arguments: str, code: int = 0) -> Taken:
    """What Python took with these arguments.

    Raises:
        RuntimeError: it ended with another exit code.
    """
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, check=False
    )
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != code:
        raise RuntimeError(f"{' '.join(arguments)} must end with {code}, it ended with {done.returncode}")
    cpu_s = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Taken(time.perf_counter() - start, cpu_s)
