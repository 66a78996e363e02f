"""`python -m trainers run`: a trick against its baseline."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainers.commands.keeping import ID_TOLD
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
from trainers.commands.training import branch_of, train

if TYPE_CHECKING:
    from trainers.runs.spec import Event, RunSpec


DESCRIPTION = """\
Train a trick's arm and the baseline side by side. On a terminal you see the progress; at
the end a table says where the arms stand. `list` shows every name that may be given."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "run", "train a trick against its baseline", DESCRIPTION)
    command.add_argument("trick", metavar="TRICK", nargs="?", help="the trick's name, such as flooding")
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
    command.add_argument(
        "--branch-from", metavar="RUN@STEP",
        help=f"go on from that step of a kept run instead, as a run of its own: {ID_TOLD}; --knob sets what is live",
    )  # fmt: skip
    add_outputs(command)
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
    """
    check_outputs(options)
    if options.branch_from is not None:
        _branch(options)
        return
    if options.trick is None:
        raise UsageError("a TRICK must be given, or --branch-from RUN@STEP: see `python -m trainers run --help`")
    check_tricks(options.trick)
    start, seeds = start_of(options)
    from trainers.runs.build import build_spec

    spec = build_spec(options.trick, extra_arms=tuple(map(_parse_arm, options.arm)), **start)
    events = [event for text in options.turn for event in _parse_turn(spec, text)]
    train(spec, sorted(events, key=lambda event: event.step), options, seeds)


def _branch(options: argparse.Namespace) -> None:
    """Trains what goes on from a step of a kept run."""
    given = {"TRICK": options.trick, "--task": options.task, "--seed": options.seed, "--seeds": options.seeds}
    for name in [name for name, value in given.items() if value is not None] + ["--arm"] * bool(options.arm):
        raise UsageError(f"{name} must not be given with --branch-from: it is that of the kept run")
    public_id, mark, step = options.branch_from.rpartition("@")
    if not (mark and public_id and step):
        raise UsageError(f"--branch-from must be RUN@STEP, got {options.branch_from!r}")
    values = once("--knob", options.knob, "to change one later there is --turn")
    branch = branch_of(public_id, step, options.steps)
    spec, first = branch.history.spec, branch.step + 1
    turns = [*(f"{first}:{name}={value}" for name, value in values.items()), *options.turn]
    events = [event for text in turns for event in _parse_turn(spec, text, first)]
    train(spec, sorted(events, key=lambda event: event.step), options, branch=branch)


def _parse_arm(text: str) -> dict[str, str]:
    from trainers.runs.settings import SETTINGS

    knobs = once("--arm", text.split(","), "for another arm there is another --arm")
    for knob in SETTINGS:
        if knob.name in knobs:
            raise UsageError(f"--arm must name knobs of tricks; {knob.name} is of all arms, it goes with --knob")
    return knobs


def _parse_turn(spec: RunSpec, text: str, first: int = 1) -> list[Event]:
    from trainers.runs.build import turns_of

    before, mark, assignment = text.partition(":")
    if not mark:
        raise UsageError(f"--turn must be {TURN}, got {text!r}")
    name, value = split_assignment("--turn", assignment)
    return turns_of(spec, before, name, value, first=first, called="the step of --turn")
