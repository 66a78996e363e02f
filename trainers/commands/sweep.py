"""`python -m trainers sweep`: a trick at several values of a knob."""

from __future__ import annotations

import argparse
from typing import Any

from trainers.commands.options import (
    UsageError,
    add_command,
    add_outputs,
    add_start,
    check_outputs,
    check_tricks,
    start_of,
)
from trainers.commands.training import train

DESCRIPTION = """\
Train the baseline and one arm of the trick for each of up to 24 values of one of its knobs,
in one run. A choice is swept whole. At the end a table says where every arm stands, and how
far from the baseline."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "sweep", "train a trick at several values of a knob", DESCRIPTION)
    command.add_argument("trick", metavar="TRICK", help="the trick's name, such as flooding")
    command.add_argument("swept", metavar="KNOB", help="the knob to sweep, such as flood_level")
    command.add_argument("--low", metavar="A", help="the lowest value (where the knob's range begins)")
    command.add_argument("--high", metavar="B", help="the highest value (where it ends)")
    command.add_argument("--count", metavar="N", default="8", help="how many values, at most 24 (8)")
    command.add_argument("--scale", metavar="SCALE", help="how they are spaced: linear or log (as the knob's slider)")
    add_start(command)
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
    from trainers.runs.combine import build_sweep, sweep_values
    from tricks.catalogue import nearest

    spec = build_spec(options.trick, **start)
    knobs = spec.knobs_of(1)
    if options.swept not in knobs:
        raise UsageError(f"{options.swept} is not a knob of {options.trick}{nearest(options.swept, tuple(knobs))}")
    ends = {"low": options.low, "high": options.high, "count": options.count, "scale": options.scale}
    train(build_sweep(spec, options.swept, sweep_values(knobs[options.swept], **ends)), (), options, seeds)
