"""A run that goes on from a step of another: its child, which shares its past and leaves it as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainers.runs.build import validate
from trainers.runs.history import History
from trainers.runs.provenance import DETERMINING, differences
from trainers.runs.settings import STEPS
from trainers.runs.spec import RunSpec
from tricks.declaration import Knob, RefusedError

EXACT = DETERMINING[:2]
"""What must be the same for a run to be gone on with bit for bit, but for the processor."""


def check_branch(
    parent: History, made: Mapping[str, Any] | None, step: object, steps: object = None
) -> tuple[int, RunSpec]:
    """After which `step` of a run it is branched, and what is trained: `steps` in all, its own if they are not said.

    Where no step is said it is the last that was made. `made` is the parent's provenance; None: this process made it.

    Raises:
        RefusedError: it has no such step, none would be left to train, it would be too large, or other code made it.
    """
    if made is not None and (others := differences({name: made.get(name) for name in EXACT})):
        told = "; ".join(others)
        raise RefusedError(f"a branch must be made by what made its parent, got {told}", "made_elsewhere", made=told)
    spec = parent.spec
    if steps is not None:
        fewest = spec.steps if step is not None else max(spec.steps, parent.step + 1)
        longer = Knob("steps", "", fewest, fewest, STEPS.high, integer=True)
        spec = validate(spec.extended(int(longer.check(steps))))
    last = min(parent.step, spec.steps - 1)
    return int(Knob("step", "", last, 0, last, integer=True).check(parent.step if step is None else step)), spec


def last_use(parent: RunSpec, step: int, spec: RunSpec) -> int:
    """The last step whose state is of use to a child, of `spec`, that goes on after `step`.

    At its end a run is measured, also one that was extended: where it is extended once more that was no end, and some
    measures go by what was measured last.
    """
    return step - 1 if step == parent.steps < spec.steps and parent.first_steps is not None else step
