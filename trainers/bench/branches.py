"""How soon a branch of a kept run makes its first step: from a state that is kept, and between two of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from trainers.bench.engine import PATIENCE_S, conducting
from trainers.bench.figures import Effort, Figure
from trainers.bench.subjects import long_spec
from trainers.live.conductor import Conductor
from trainers.live.live_run import LiveRun
from trainers.live.visitor import Visitor
from trainers.store.store import Store

WHO = Visitor.of("b" * 32)
PARENT_S, PACE = 3.0, 500.0  # how long the parent goes, at how many steps a second


def measure(effort: Effort) -> Iterator[Figure]:
    """Branches of one run, which is kept in a store of its own that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder))) as store, conducting(1, store) as engine:
        conductor = engine.conductor
        parent = _parent(conductor)
        last = store.capture_at(parent.id, parent.history.step)
        if last is None:
            raise TimeoutError(f"no state of a run was kept in {PARENT_S} s")
        kept_s = [_first_step_s(conductor, parent, last.step) for _ in range(effort.turns)]
        before = max(0, last.step - 100)
        between_s = [_first_step_s(conductor, parent, before) for _ in range(effort.turns)]
    yield Figure.of("branch of a kept state to its first step", kept_s, "s", at_most=effort.bar(0.5, 1.0))
    yield Figure.of("branch between kept states to its first step", between_s, "s")


def _parent(conductor: Conductor) -> LiveRun:
    spec = replace(long_spec(), steps=round(PARENT_S * PACE))
    run = conductor.ask(conductor.begin(spec, owner=WHO, speed=PACE)).result(PATIENCE_S)
    _until(lambda: not run.mark.state.is_going)
    return run


def _first_step_s(conductor: Conductor, parent: LiveRun, step: int) -> float:
    """The seconds from the wish to the first step of its own."""
    start = time.perf_counter()
    child = conductor.ask(conductor.branch(parent, step, owner=WHO)).result(PATIENCE_S)
    conductor.tell(child.resume)
    _until(lambda: child.mark.history.step > step)
    taken_s = time.perf_counter() - start
    conductor.tell(child.stop)
    conductor.ask(conductor.where(lambda found: not found.runs)).result(PATIENCE_S)
    return taken_s


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    while not holds():
        if time.perf_counter() > deadline:
            raise TimeoutError(f"a branch did not come for {PATIENCE_S} s")
        time.sleep(0.001)
