"""`python -m trainers list`: every trick, its knobs and tasks, and the shared settings."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainers.commands.options import add_command
from trainers.commands.terminal import show

if TYPE_CHECKING:
    from trainers.runs.spec import RunSpec
    from tricks.declaration import Knob, Trick, Value


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "list", "show every trick, its knobs and tasks, and the shared settings")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command."""
    from trainers.runs.settings import SETTINGS
    from tricks import catalogue
    from tricks.declaration import RefusedError

    for name in catalogue.NAMES:
        try:
            _tell_trick(catalogue.load(name))
        except RefusedError as error:
            show(f"{name}  (it cannot be trained: {error})")
        show("")
    show("shared settings, of every arm  (what a task starts from may differ)")
    show("\n".join(f"    {_knob_told(knob, knob.default)}" for knob in SETTINGS))


def _tell_trick(trick: Trick) -> None:
    from trainers.runs.build import build_spec
    from trainers.tasks import load_task

    specs = {setup.task: build_spec(trick.name, task=setup.task) for setup in trick.setups}
    kinds = list(dict.fromkeys(load_task(task).trainer for task in specs))
    trained = f"the {' or the '.join(kinds)} trainer"
    show(f"{trick.name}  ({trick.family}; trained by {trained})")
    spec, *_ = specs.values()
    show(f"  tasks: {', '.join(specs)}; {spec.steps:,} steps, judged by {trick.metric}")
    knobs = {task: _knobs_told(one) for task, one in specs.items()}
    for name in dict.fromkeys(name for told in knobs.values() for name in told):
        having = {task: told[name] for task, told in knobs.items() if name in told}
        usual = next(iter(having.values()))
        show(f"    {usual}" + (f"; only on {', '.join(having)}" if len(having) < len(knobs) else ""))
        for task, told in having.items():
            if told != usual:
                show(f"      on {task}: {told}")


def _knobs_told(spec: RunSpec) -> dict[str, str]:
    """The trick's knobs as they are on the run's task, a line each."""
    number = next(index for index, arm in enumerate(spec.arms) if arm.tricks)
    values = spec.arms[number].knobs
    return {name: _knob_told(knob, values[name]) for name, knob in spec.knobs_of(number).items()}


def _knob_told(knob: Knob, value: Value) -> str:
    from trainers.runs.arm_names import short, symbol_text

    unit = f" {knob.unit}" if knob.unit else ""
    allowed = f"{knob.low:g} to {knob.high:g}{unit}" if knob.low is not None else " | ".join(knob.choices)
    neutral = "" if knob.neutral is None else f", neutral {short(knob.neutral)}"
    when = "live" if knob.live else "at the start"
    name = f"{knob.name} ({symbol_text(knob.symbol)})" if knob.symbol else knob.name
    counts = f"; counts when {knob.when[0]} is {' or '.join(knob.when[1:])}" if knob.when else ""
    counts += f"; not where {knob.unless[0]} is {short(knob.unless[1])}" if knob.unless else ""
    return f"{name:<22} {allowed}; starts at {short(value)}{neutral}; {when}{counts}"
