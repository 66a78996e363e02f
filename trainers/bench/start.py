"""How soon there is something: the first page after the app's command, and what the command line says at once."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import dask
from distributed import Client, LocalCluster

from trainers.bench.app import ROOT, serving, visit
from trainers.bench.figures import Effort, Figure
from trainers.bench.windows import alternate, cpu_of_all
from trainers.kinds.forks import METHOD
from trainers.kinds.host import WORKERS, Preparation, on_this_machine

TRAINERS = ("-m", "trainers")


@dataclass(frozen=True)
class Taken:
    """What a command took: seconds by the clock, and of the processor."""

    wall_s: float
    cpu_s: float


def measure(effort: Effort) -> Iterator[Figure]:
    """The app some times, and commands in turn."""
    yield from first_page(effort)
    yield from another_worker(effort)
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


def another_worker(effort: Effort) -> Iterator[Figure]:
    """One more worker process, till it can train: a fork of what the first was forked from, or one that imports all."""
    begin(METHOD)  # what the others are forked from
    pairs = alternate(lambda: begin(METHOD), lambda: begin("spawn"), effort.starts)
    detail = {"forked_s": [one.wall_s for one, _ in pairs], "alone_s": [other.wall_s for _, other in pairs]}
    ratios = [one.cpu_s / other.cpu_s for one, other in pairs]
    yield Figure.of("CPU of one more worker / of one that imports all by itself", ratios, at_most=0.2, detail=detail)


def begin(method: str) -> Taken:
    """What a worker process took that begins by that method of Python's `multiprocessing`."""
    settings = {**WORKERS, "distributed.worker.multiprocessing-method": method}
    with (
        dask.config.set(settings),
        LocalCluster(n_workers=0, **on_this_machine()) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        client.register_plugin(Preparation())
        start = time.perf_counter()
        cluster.scale(1)
        client.wait_for_workers(1)
        wall_s = time.perf_counter() - start
        [cpu_s] = client.run(time.process_time).values()
    return Taken(wall_s, cpu_s)


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
