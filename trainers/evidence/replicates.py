"""The same run over many seeds: one task a seed for an executor, results as they arrive, and a cancel that stops."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from distributed import KilledWorker, get_worker
from numpy.typing import NDArray

from trainers.kinds.host import RunError
from trainers.kinds.run import Run
from trainers.runs.build import validate
from trainers.runs.history import Column, History
from trainers.runs.spec import Event, RunSpec

SEEDS = tuple(range(16))
"""The seeds that are reported; whoever chooses knobs explores from 100 on."""

CURVE_POINTS = 200
ATTEMPTS = 2
_SLICE_S = 0.2  # how often a run in a worker looks whether it is still wanted
_POLL_S = 0.1  # how often the caller's cancel is looked at

Lost = Callable[[int, str], None]


class Curve(NamedTuple):
    """A metric's values at some steps, at most `CURVE_POINTS` of them."""

    steps: Column
    values: Column


@dataclass(frozen=True)
class ArmResult:
    """How an arm of one seed ended: its last step's `row` (`lr`, `elapsed_s`, step metrics) and its final `tests`.

    An arm that diverged made fewer steps than asked for, and has no final tests.
    """

    name: str
    step: int
    epoch: float
    row: Mapping[str, float]
    tests: Mapping[str, float]
    diverged: bool
    curves: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class SeedResult:
    """What came of one seed. `lost` says which attempts ended with their worker; `error` why there is no result."""

    seed: int
    arms: tuple[ArmResult, ...] = ()
    lost: tuple[str, ...] = ()
    error: str = ""


def measure(history: History) -> SeedResult:
    """The result of a finished run.

    Raises:
        ValueError: the run is not finished.
    """
    if not history.finished:
        raise ValueError(f"history must be that of a finished run, it stands at {history.step} of {history.spec.steps}")
    return SeedResult(history.spec.seed, tuple(_measure_arm(history, arm) for arm in range(len(history.spec.arms))))


def _measure_arm(history: History, arm: int) -> ArmResult:
    spec, step = history.spec, history.length(arm)
    at = history.test(arm, "step")
    is_final = len(at) > 0 and at[-1] == spec.steps
    names = [name for name in history.row_names if name not in ("lr", "elapsed_s")]
    steps = np.arange(1.0, step + 1)
    curves = {name: sampled(steps, history.row(arm, name), spec.steps) for name in names}
    num_tests = -(-spec.steps // int(spec.settings["eval_every"]))
    curves |= {name: sampled(at, history.test(arm, name), num_tests) for name in history.test_names[1:]}
    return ArmResult(
        name=spec.arms[arm].name,
        step=step,
        epoch=step / history.steps_per_epoch,
        row={name: float(history.row(arm, name)[-1]) for name in history.row_names},
        tests={name: float(history.test(arm, name)[-1]) for name in history.test_names[1:] if is_final},
        diverged=any(failure.arm == arm for failure in history.failures),
        curves=curves,
    )


def sampled(steps: Column, values: Column, whole: int = 0) -> Curve:
    """At most `CURVE_POINTS` of the points (P,), evenly spaced, the last among them.

    They are those that a curve of `whole` points would have too, so that one that ended early meets the others, and
    its own last one.
    """
    count, whole = len(steps), max(whole, len(steps))
    stride = max(1, -(-whole // CURVE_POINTS))
    kept = np.arange((whole - 1) % stride, count, stride)
    if count and (not len(kept) or kept[-1] < count - 1):
        kept = np.append(kept, count - 1)
    return Curve(steps[kept], values[kept])


def stack(results: Sequence[SeedResult], arm: str, name: str) -> tuple[Column, NDArray[np.float64]]:
    """An arm's curves: steps (S,) and values (N, S), one row a seed, NaN after the end of an arm that diverged."""
    found = [part.curves[name] for result in results for part in result.arms if part.name == arm]
    steps = np.unique(np.concatenate([curve.steps for curve in found])) if found else np.empty(0)
    table = np.full((len(found), len(steps)), np.nan)
    for row, curve in zip(table, found, strict=True):
        row[np.searchsorted(steps, curve.steps)] = curve.values
    return steps, table


def train_seed(spec: RunSpec, turns: Sequence[Event] = ()) -> SeedResult | None:
    """Trains the whole run, with these `turns`.

    In a Dask worker it ends within a slice, with None, once nobody wants it any more.

    Raises:
        RunError: the run could not go on; the message says why.
    """
    try:
        run = Run(spec)
        history = run.new_history()
        while not run.finished:
            if not _is_wanted():
                return None
            history.append(replace(run.advance(_SLICE_S, commands=turns), probes=()))
            turns = ()
        return measure(history)
    except Exception as error:
        raise RunError(f"{type(error).__name__}: {error}") from error


def _is_wanted() -> bool:
    """Whether the task running here has not been canceled; a worker cannot stop its threads, so the task has to."""
    try:
        worker = get_worker()
    except ValueError:
        return True
    task = worker.state.tasks.get(worker.get_current_task())
    return task is not None and task.state != "cancelled"


def replicate(
    spec: RunSpec,
    seeds: Sequence[int] = SEEDS,
    executor: Executor | None = None,
    *,
    slots: int | None = None,
    cancel: threading.Event | None = None,
    on_lost: Lost | None = None,
) -> Iterator[SeedResult]:
    """Runs `spec` over matched `seeds`, yielding each seed's result as it arrives; see `train`."""
    for _, result in train(over_seeds(spec, seeds), executor, slots=slots, cancel=cancel, on_lost=on_lost):
        yield result


def over_seeds(spec: RunSpec, seeds: Sequence[int]) -> list[RunSpec]:
    """The run once for each of `seeds`."""
    return [validate(replace(spec, seed=seed)) for seed in seeds]


def train(
    specs: Sequence[RunSpec],
    executor: Executor | None = None,
    *,
    slots: int | None = None,
    cancel: threading.Event | None = None,
    on_lost: Lost | None = None,
    turns: Sequence[Event] = (),
) -> Iterator[tuple[int, SeedResult]]:
    """Trains all `specs`, yielding the index and result of each as it arrives.

    `executor` runs them (None: this process, one after another), at most `slots` at a time, as many as it has threads
    or processes, so that no queue stands behind a cancel. Once `cancel` is set, or the iterator is closed, what is
    in flight is canceled and nothing further begins. A seed whose worker died is told to `on_lost` (index, message)
    and run again once; a seed that failed otherwise, or twice, is a result with an `error`. The rest goes on. In each
    run the same `turns` happen.

    Raises:
        ConnectionError: the whole cluster has gone.
    """
    slots = 1 if executor is None else slots
    lost: tuple[str, ...] = ()
    waiting = deque((index, lost) for index in range(len(specs)))
    flying: dict[Future[SeedResult | None], tuple[int, tuple[str, ...]]] = {}
    try:
        while (waiting or flying) and not (cancel is not None and cancel.is_set()):
            while waiting and (slots is None or len(flying) < slots):
                index, lost = waiting.popleft()
                flying[_submit(executor, specs[index], turns)] = (index, lost)
            done, _ = wait(flying, _POLL_S, FIRST_COMPLETED)
            for future in [future for future in flying if future in done]:
                index, lost = flying.pop(future)
                seed = specs[index].seed
                try:
                    result = future.result()
                except KilledWorker as error:
                    lost = (*lost, f"seed {seed}: the worker at {error.last_worker.address} died")
                    if on_lost is not None:
                        on_lost(index, lost[-1])
                    if len(lost) < ATTEMPTS:
                        waiting.appendleft((index, lost))
                        continue
                    result = SeedResult(seed, error="its worker died twice")
                except CancelledError:
                    raise ConnectionError("the cluster has gone") from None
                except RunError as error:
                    result = SeedResult(seed, error=str(error))
                if result is None:
                    raise ConnectionError("the cluster has given the run up")
                yield index, replace(result, lost=lost)
    finally:
        for future in flying:
            future.cancel()


def _submit(executor: Executor | None, spec: RunSpec, turns: Sequence[Event]) -> Future[SeedResult | None]:
    if executor is not None:
        return executor.submit(train_seed, spec, turns)
    future: Future[SeedResult | None] = Future()
    try:
        future.set_result(train_seed(spec, turns))
    except RunError as error:
        future.set_exception(error)
    return future
