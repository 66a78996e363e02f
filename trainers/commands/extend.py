"""`python -m trainers extend`: a kept run with more steps."""

from __future__ import annotations

import argparse
from typing import Any

from trainers.commands.keeping import ID_TOLD
from trainers.commands.options import add_command, add_outputs, check_outputs
from trainers.commands.training import branch_of, train

DESCRIPTION = """\
Go on with a run that is kept, from where it ended or was interrupted, as a run of its own; the
kept one stays as it is. What it does is what it would have done; its schedules go on as they
were planned."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "extend", "train a kept run for longer", DESCRIPTION)
    command.add_argument("run", metavar="RUN", help=ID_TOLD)
    command.add_argument("--steps", metavar="N", required=True, help="how many steps it is to have in all")
    add_outputs(command)
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
        FailedError: the store cannot be used.
    """
    check_outputs(options)
    branch = branch_of(options.run, None, options.steps)
    train(branch.history.spec, (), options, branch=branch)
