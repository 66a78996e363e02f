"""`python -m trainers combine`: several tricks together, or each left out in turn."""

from __future__ import annotations

import argparse
from typing import Any

from trainers.commands.options import add_command, add_outputs, add_start, check_outputs, check_tricks, start_of
from trainers.commands.training import train

DESCRIPTION = """\
Train the baseline and an arm with all these tricks side by side; with --ablate also one arm
without each trick in turn, and one with each trick alone. Settings and steps start from what
the first of the tricks that is shown on the task uses there. At the end a table says where
every arm stands, and how far from the baseline."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "combine", "train several tricks together, or leave each out in turn", DESCRIPTION)
    command.add_argument("tricks", metavar="TRICK", nargs="+", help="the tricks, such as flooding dropout")
    add_start(command)
    command.add_argument("--ablate", action="store_true", help="also each trick off in turn, and each one alone")
    command.add_argument(
        "--like", metavar="TRICK", help="the trick whose settings on the task to start from (the first shown there)"
    )
    add_outputs(command)
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
    """
    check_outputs(options)
    check_tricks(*options.tricks, *(() if options.like is None else (options.like,)))
    start, seeds = start_of(options)
    from trainers.runs.combine import build_combination

    spec = build_combination(options.tricks, like=options.like, ablate=options.ablate, **start)
    train(spec, (), options, seeds)
