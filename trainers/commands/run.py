"""`python -m trainers run`: a trick against its baseline."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainers.commands.options import (
    ASSIGNMENTS,
    TURN,
    UsageError,
    add_command,
    add_outputs,
    add_start,
    check_outputs,
    check_tricks,
    once,
    split_assignment,
    start_of,
)
from trainers.commands.training import train

if TYPE_CHECKING:
    from trainers.runs.spec import Event, RunSpec


DESCRIPTION = """\
Train a trick's arm and the baseline side by side. On a terminal you see the progress; at
the end a table says where the arms stand. `list` shows every name that may be given."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "run", "train a trick against its baseline", DESCRIPTION)
    command.add_argument("trick", metavar="TRICK", help="the trick's name, such as flooding")
    add_start(command)
    command.add_argument(
        "--arm", metavar=ASSIGNMENTS, action="append", default=[],
        help="one more arm of the trick, with these knobs instead; may be given several times",
    )  # fmt: skip
    command.add_argument(
        "--turn", metavar=TURN, action="append", default=[],
        help="turn a live knob (of every arm that has it) or a live setting (of every arm) from that step on; may be "
        "given several times",
    )  # fmt: skip
    add_outputs(command)
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
    """
    check_outputs(options)
    check_tricks(options.trick)
    start, seeds = start_of(options)
    from trainers.runs.build import build_spec

    spec = build_spec(options.trick, extra_arms=tuple(map(_parse_arm, options.arm)), **start)
    events = [event for text in options.turn for event in _parse_turn(spec, text)]
    train(spec, sorted(events, key=lambda event: event.step), options, seeds)


def _parse_arm(text: str) -> dict[str, str]:
    from trainers.runs.settings import SETTINGS

    knobs = once("--arm", text.split(","), "for another arm there is another --arm")
    for knob in SETTINGS:
        if knob.name in knobs:
            raise UsageError(f"--arm must name knobs of tricks; {knob.name} is of all arms, it goes with --knob")
    return knobs


def _parse_turn(spec: RunSpec, text: str) -> list[Event]:
    from trainers.runs.build import check_event
    from trainers.runs.settings import SETTINGS
    from trainers.runs.spec import Event
    from tricks.catalogue import nearest
    from tricks.declaration import Knob

    before, mark, assignment = text.partition(":")
    if not mark:
        raise UsageError(f"--turn must be {TURN}, got {text!r}")
    name, value = split_assignment("--turn", assignment)
    step = int(Knob("the step of --turn", "", 1, 1, spec.steps, integer=True).check(before))
    arms = [number for number in range(len(spec.arms)) if name in spec.knobs_of(number)]
    settings = [knob.name for knob in SETTINGS]
    if name in settings:
        return [check_event(spec, Event(step, name, value))]
    if not arms:
        names = (*dict.fromkeys(name for number in range(len(spec.arms)) for name in spec.knobs_of(number)), *settings)
        raise UsageError(f"{name} is neither a knob of {spec.trick} nor a setting{nearest(name, names)}")
    return [check_event(spec, Event(step, name, value, arm)) for arm in arms]
