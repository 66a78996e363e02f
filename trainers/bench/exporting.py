"""What it costs to write a long run as CSV, beside writing it a number at a time, and as Parquet."""

from __future__ import annotations

import time
from collections.abc import Iterator

from trainers.bench.figures import Effort, Figure
from trainers.bench.long_history import long_history
from trainers.runs.export import csv_lines
from trainers.runs.history import History
from trainers.runs.tidy import parquet_parts


def measure(effort: Effort) -> Iterator[Figure]:
    """The processor time of each, and the most that is held for it beside the history."""
    import pyarrow as pa

    history = long_history(effort.steps // 2)  # of two arms: as many rows as steps are asked for
    rows = sum(history.length(arm) for arm in range(len(history.spec.arms)))
    csv_s, ratios, parquet_s = [], [], []
    sum(map(len, csv_lines(history.until(1), "run")))  # what is imported for it
    for _ in range(effort.pairs):
        size, ours = _spent(csv_lines(history, "run"))
        _, plain = _spent(plain_lines(history))
        csv_s.append(ours)
        ratios.append(ours / plain)
        parquet_s.append(_spent(parquet_parts([(history, "run")]))[1])
    held = pa.default_memory_pool().max_memory()
    yield Figure.of(f"CSV of {rows:,} rows: CPU", csv_s, "s", detail={"characters": size})
    yield Figure.of(f"CSV of {rows:,} rows: CPU to a number at a time", ratios, at_most=0.5)
    yield Figure.of(f"Parquet of {rows:,} rows: CPU", parquet_s, "s")
    yield Figure("columns held at a time for CSV and Parquet", held / 1e6, "MB", at_most=100)


def plain_lines(history: History) -> Iterator[str]:
    """The numbers of the run as text, a row at a time, without its test metrics."""
    names = [name for name in history.row_names if name != "lr"]
    for arm, told in enumerate(history.spec.arms):
        start = f"run,{history.spec.trick},{history.spec.task},{history.spec.seed},{told.name}"
        end = "," * len(history.test_names) + ",".join(map(repr, told.knobs.values())) + "\r\n"
        columns = [history.row(arm, name) for name in ("lr", *names)]
        for low in range(0, history.length(arm), 1000):
            block = [column[low : low + 1000].tolist() for column in columns]
            for step, numbers in enumerate(zip(*block, strict=True), start=low + 1):
                yield f"{start},{step},{step / history.steps_per_epoch!r},{','.join(map(repr, numbers))}{end}"


def _spent(parts: Iterator[str] | Iterator[bytes]) -> tuple[int, float]:
    """The length of all parts, and the processor seconds of making them."""
    start = time.process_time()
    return sum(map(len, parts)), time.process_time() - start
