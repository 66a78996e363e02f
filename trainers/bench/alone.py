"""One run through its worker, with a viewer, against the bare loop; and how soon a turn of its knob takes effect."""

from __future__ import annotations

from collections.abc import Iterator

from trainers.bench.engine import compare, conducting
from trainers.bench.figures import Effort, Figure
from trainers.bench.paces import BarePool
from trainers.bench.subjects import long_spec


def measure(effort: Effort) -> Iterator[Figure]:
    """The run by the clock and by the processor's time, and the turns."""
    with conducting(1) as engine, engine.watched(1) as group, BarePool(1) as bare:
        found = compare(group, bare, long_spec(), effort.pairs, effort.seconds)
        group.release()
        delays_ms = [1e3 * group.viewers[0].delay_of_turn(0.1 + 0.01 * turn) for turn in range(effort.turns)]
    name = "through a worker, one viewer at 10 Hz"
    yield Figure.of(f"{name}: steps a second / bare loop's", found.wall_ratios, at_least=0.87)
    yield Figure.of(f"{name}: CPU of all a step / bare loop's", found.cpu_ratios)
    bar = effort.bar(20, 45)
    yield Figure.of("knob turn to the first step under it, alone", delays_ms, "ms", at_most=bar)
