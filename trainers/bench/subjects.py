"""What is measured: a plain network whose trick costs next to nothing, and a run for each other kind of trainer."""

from __future__ import annotations

from dataclasses import replace

from trainers.runs.build import build_spec
from trainers.runs.spec import ArmSpec, RunSpec
from trainers.tasks import load_task
from tricks import catalogue

TRICK, TASK, LEVEL = "flooding", "mnist1d", "flood_level"
"""A trick that costs next to nothing, so that the lab's own cost shows; its task and its knob."""

TASKS = {"gan": "ring", "pictures": "centers", "landscape": "landscape", "regression": "sparse_regression"}
"""What the trainers of other kinds are measured on: two plain arms, with all that the trick's page shows of them."""

WORKERS = 2
LONG = 100_000  # steps, the most that a run may have: it does not end while it is measured


def long_spec() -> RunSpec:
    """The run that does not end while it is measured."""
    return build_spec(TRICK, task=TASK, steps=LONG)


def spec_of(kind: str) -> RunSpec:
    """The run by which a kind of trainer is measured.

    Raises:
        LookupError: it is not said which, or no trick is shown on the task.
    """
    if kind == load_task(TASK).trainer:
        return build_spec(TRICK, task=TASK)
    if kind not in TASKS:
        raise LookupError(f"bench.TASKS must have a task for every kind of trainer, it has none for {kind}")
    shown = [trick for trick in catalogue.every() if TASKS[kind] in [setup.task for setup in trick.setups]]
    if not shown:
        raise LookupError(f"the task {TASKS[kind]} of the {kind} trainer must be one on which a trick is shown")
    made_for_it = next((trick for trick in shown if trick.trainer == kind), shown[0])
    return replace(
        build_spec(made_for_it.name, task=TASKS[kind]), arms=(ArmSpec("baseline"), ArmSpec("baseline again"))
    )
