"""Recorded histories, to hold remarks against: every trick's recipe on each of its tasks, on seeds 100 to 102.

`python -m tests.trainers.runs.histories [TRICK …]` trains them anew. A file a trick keeps what remarks are made from:
the learning rate, the training loss with 16 bits behind the point (a part in 130,000), and all test metrics; and on
which processor, by which torch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.history import Failure, History, Progress
from trainers.runs.provenance import made_here
from trainers.runs.spec import RunSpec
from tricks import catalogue

FOLDER = Path(__file__).parent / "histories"
SEEDS = (100, 101, 102)
KEPT = ("lr", "train_loss")  # of the rows
MADE = "made"


def recipes(trick: str) -> list[str]:
    """The tasks that the trick is shown on."""
    return [setup.task for setup in catalogue.load(trick).setups]


def spec_of(trick: str, task: str, seed: int) -> RunSpec:
    return build_spec(trick, task=task, seed=seed)


def trained(spec: RunSpec) -> History:
    """The run, trained to its end."""
    run = Run(spec)
    history = run.new_history()
    while not run.finished:
        history.append(replace(run.advance(60.0), probes=()))
    return history


@cache
def recorded(trick: str, task: str, seed: int) -> History:
    """What was recorded of that run, as far as remarks are made from it."""
    with np.load(FOLDER / f"{trick}.npz") as file:
        found = {name: file[name] for name in file.files}
    spec = spec_of(trick, task, seed)
    columns: list[dict[str, dict[str, NDArray[np.float64]]]] = []
    failures = []
    for number in range(len(spec.arms)):
        parts: dict[str, dict[str, NDArray[np.float64]]] = {"rows": {}, "tests": {}}
        for key, values in found.items():
            if key == MADE:
                continue
            of, arm, part, name = key.rsplit("/", 3)
            if (of, arm) != (f"{task}/{seed}", str(number)):
                continue
            if part == "failure":
                knobs = {"lr": float(values[2]), **spec.arms[number].knobs}
                failures.append(Failure(int(values[0]), number, float(values[1]), knobs))
            else:
                parts[part][name] = values.astype(np.float64)
        columns.append(parts)
    history = History(spec, tuple(columns[0]["rows"]), tuple(columns[0]["tests"]), steps_per_epoch=1)
    rows, tests = (tuple(parts[part] for parts in columns) for part in ("rows", "tests"))
    step = max(len(row["lr"]) for row in rows)
    history.append(Progress(1, step, rows, tests, failures=tuple(failures), finished=True))
    return history


def here() -> list[str]:
    """What a run comes out the same on, bit for bit."""
    made = made_here()
    return [str(made[name]) for name in ("processor", "torch")]


def was_made_here(trick: str) -> bool:
    """Whether the file was made on such a processor, by this torch."""
    with np.load(FOLDER / f"{trick}.npz") as file:
        return MADE in file.files and file[MADE].tolist() == here()


def shortened(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Single-precision numbers without the last 7 bits behind the point, which take the most room of all."""
    bits = (values.astype(np.float32).view(np.uint32) + np.uint32(1 << 6)) & ~np.uint32((1 << 7) - 1)
    whole = bits.view(np.float32)
    return np.where(np.isfinite(values), whole, values).astype(np.float32)


def arrays(history: History) -> Iterator[tuple[str, NDArray[np.float64] | NDArray[np.float32]]]:
    """What is kept of a history, by name."""
    place = f"{history.spec.task}/{history.spec.seed}"
    for number in range(len(history.spec.arms)):
        for name in KEPT:
            if name in history.row_names:
                yield f"{place}/{number}/rows/{name}", shortened(history.row(number, name))
        for name in history.test_names:
            yield f"{place}/{number}/tests/{name}", history.test(number, name).astype(np.float32)
    for failure in history.failures:
        lr = float(failure.knobs["lr"])
        yield f"{place}/{failure.arm}/failure/at", np.array([failure.step, failure.value, lr])


def record(trick: str) -> str:
    """Trains a trick's recipes, and keeps them."""
    specs = [spec_of(trick, task, seed) for task in recipes(trick) for seed in SEEDS]
    kept: dict[str, NDArray[Any]] = {name: values for spec in specs for name, values in arrays(trained(spec))}
    FOLDER.mkdir(exist_ok=True)
    kept[MADE] = np.array(here())
    np.savez_compressed(FOLDER / f"{trick}.npz", **kept)  # type: ignore[arg-type]  # its second argument is a flag
    return trick


def main() -> None:
    """The command."""
    with ProcessPoolExecutor() as pool:
        for trick in pool.map(record, sys.argv[1:] or catalogue.NAMES):
            print(trick, flush=True)


if __name__ == "__main__":
    main()
