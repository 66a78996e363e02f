"""What it costs to keep runs: while they are made, in a long list of them, and when one is opened again."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from trainers.bench.figures import Effort, Figure
from trainers.bench.long_history import long_history
from trainers.bench.subjects import long_spec
from trainers.kinds.run import Run, empty_history
from trainers.live.keeper import EVERY_S
from trainers.live.live_run import Mark
from trainers.live.states import State
from trainers.runs.history import History, Progress
from trainers.runs.labels import load_labels
from trainers.store.library import Library
from trainers.store.recording import Capture, Now, Recording
from trainers.store.store import Store
from trainers.wire import frames

WHO = "somebody"
STEPS_A_SECOND = 100  # of each of the runs that are kept at the same time
LISTED, OPENED = 5000, 100_000  # runs in a library, steps of one that is opened


def measure(effort: Effort) -> Iterator[Figure]:
    """The cost of each, in a store of its own that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder))) as store:
        yield from while_they_are_made(store, effort)
        yield from of_a_run(store)
        yield from when_one_is_opened(store, effort)
        yield from in_a_long_list(store, effort)


def while_they_are_made(store: Store, effort: Effort) -> Iterator[Figure]:
    """The processor time of writing for each run and second, with a capture of each a second."""
    spec = replace(long_spec(), steps=100_000)
    run = Run(spec)
    steps, count = round(STEPS_A_SECOND * EVERY_S), round(effort.seconds / EVERY_S)
    capture, pieces = run.capture(), [run.advance(math.inf, max_steps=steps) for _ in range(count)]
    taken_ms = []
    for _ in range(effort.pairs):
        histories = [run.new_history() for _ in range(effort.runs)]
        recordings = [Recording(os.urandom(8).hex(), WHO) for _ in histories]
        store.write([(one, Now(history, "running")) for one, history in zip(recordings, histories, strict=True)])
        spent = 0.0
        for number, piece in enumerate(pieces):
            changes = [_grown(*pair, piece, capture, number) for pair in zip(recordings, histories, strict=True)]
            start = time.process_time()
            store.write(changes)
            spent += time.process_time() - start
        taken_ms.append(1e3 * spent / effort.runs / (len(pieces) * EVERY_S))
    detail = {"capture_bytes": len(capture), "steps_a_second": STEPS_A_SECOND}
    yield Figure.of(
        f"keeping {effort.runs} runs: CPU a run and second", taken_ms, "ms", at_most=effort.bar(5.0, 5.0), detail=detail
    )


def _grown(
    recording: Recording, history: History, piece: Progress, capture: bytes, number: int
) -> tuple[Recording, Now]:
    history.append(piece)
    is_due = number % round(1 / EVERY_S) == 0
    return recording, Now(history.frozen(), "running", capture=Capture(history.step, capture) if is_due else None)


def of_a_run(store: Store) -> Iterator[Figure]:
    """The bytes of a run of 1,000 steps, without its captures."""
    run = Run(replace(long_spec(), steps=1000))
    history, recording = run.new_history(), Recording(os.urandom(8).hex(), WHO)
    history.append(run.advance(math.inf))
    store.write([(recording, Now(history, "finished"))])
    with store.database.reading() as connection:
        asked = "SELECT kind, sum(length(data)) FROM chunks WHERE run_id = ? GROUP BY kind"
        found = {str(kind): int(size) for kind, size in connection.exec_driver_sql(asked, (recording.id,))}
    yield Figure("kept of 1,000 steps", sum(found.values()) / 1e3, "kB", detail=found)


def when_one_is_opened(store: Store, effort: Effort) -> Iterator[Figure]:
    """The seconds from the store to the frame that a page gets."""
    recording, labels = Recording("opened", WHO), load_labels()
    store.write([(recording, Now(long_history(OPENED), "stopped"))])
    taken_s = []
    for _ in range(effort.pairs):
        start = time.perf_counter()
        kept = store.load("opened")
        assert kept is not None
        frames.snapshot("opened", Mark(0, kept.history, State.STOPPED, None, 0.0), labels)
        taken_s.append(time.perf_counter() - start)
    yield Figure.of(f"opening a kept run of {OPENED:,} steps", taken_s, "s", at_most=effort.bar(0.5, 1.0))


def in_a_long_list(store: Store, effort: Effort) -> Iterator[Figure]:
    """The seconds that a page of a long list takes."""
    history = empty_history(long_spec())
    recordings = [Recording(f"{number:016x}", WHO) for number in range(LISTED)]
    store.write([(recording, Now(history, "stopped")) for recording in recordings])
    library, taken_s = Library(store, [WHO]), []
    for _ in range(effort.pairs):
        begun = time.perf_counter()
        page = library.page()
        taken_s.append(time.perf_counter() - begun)
    yield Figure.of(f"a page of a library of {page.total:,} runs", taken_s, "s", at_most=1.0)
