"""How fast the lab is: each figure measured in one call, beside what it is compared with.

Each measure is a module of this room, whose `measure(effort)` gives its figures. The command line names them without
importing one, since they import torch.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from typing import Any

MEASURES = (
    "advance",
    "alone",
    "sharing",
    "viewers",
    "loaded",
    "burst",
    "classroom",
    "class_load",
    "class_seeds",
    "start",
    "long_history",
    "kept",
    "branches",
    "exporting",
)
"""What can be measured, in the order in which it is."""


def measure_all(
    *, quick: bool = False, only: Collection[str] = MEASURES, say: Callable[[str], object] = print
) -> Iterator[dict[str, Any]]:
    """Measures what `only` names of `MEASURES`, says each figure as it comes, and yields all so far as JSON data."""
    from dataclasses import asdict, replace
    from importlib.metadata import version

    from trainers.bench.figures import FAST, QUICK, SLOW, Effort
    from trainers.bench.paces import machine_speed

    effort = replace(QUICK if quick else Effort(), speed=machine_speed())
    machine = {"torch": version("torch"), "python": platform.python_version(), "cores": os.cpu_count()}
    say(", ".join(f"{name} {value}" for name, value in machine.items()))
    say(f"bare MLP {effort.speed:,.0f} steps a second of processor time (fast {FAST:,.0f}, slow {SLOW:,.0f})")
    results: dict[str, Any] = {"machine": machine, "effort": asdict(effort), "figures": []}
    for name in MEASURES:
        if name in only:
            for figure in import_module(f"trainers.bench.{name}").measure(effort):
                say(str(figure))
                results["figures"].append({**asdict(figure), "is_met": figure.is_met})
                yield results
