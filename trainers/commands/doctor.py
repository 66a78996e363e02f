"""`python -m trainers doctor`: what is wrong with the machine, the cache, the store and the cluster, in sentences."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from trainers.commands.marks import marks_for
from trainers.commands.options import add_command
from trainers.commands.terminal import show

DESCRIPTION = """\
Looks at this machine, the folder for generated data, the store of runs and, where one is
named or set in TRICK_LAB_SCHEDULER, the cluster: a line each, with what to do about what is
wrong."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "doctor", "say what is wrong with machine, cache, store or cluster", DESCRIPTION)
    command.add_argument("--scheduler", metavar="ADDRESS", help="the cluster's, such as tcp://10.0.0.1:8786")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Runs the command: 0 all is well, 1 something is not."""
    from trainers.live.checkup import findings

    asked = options.scheduler if options.scheduler is not None else os.environ.get("TRICK_LAB_SCHEDULER") or None
    is_well, marks = True, marks_for(sys.stdout)
    for finding in findings(asked):
        is_well = is_well and finding.is_well
        show(f"{marks[finding.is_well]} {finding.sentence}")
    return 0 if is_well else 1
