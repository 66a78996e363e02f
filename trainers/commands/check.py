"""`python -m trainers check`: whether a trick keeps all that the catalogue asks of it, and what is missing."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from trainers.commands.marks import marks_for
from trainers.commands.options import add_command, check_tricks
from trainers.commands.terminal import show

DESCRIPTION = """\
Asks of a trick all that the catalogue asks: its neutral setting is the baseline bit for bit,
each knob's ends train or end by name, a run captured and restored goes on as if nothing was,
formula, words, snippet and page are there, statements hold, evidence is recorded.

Prints a line a check: a tick, or a sentence for each thing that is missing and where it belongs."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "check", "say what is missing of a trick", DESCRIPTION)
    command.add_argument("tricks", metavar="TRICK", nargs="*", help="the tricks (all)")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Runs the command: 0 nothing is missing, 1 something is.

    Raises:
        RefusedError: there is no such trick.
    """
    check_tricks(*options.tricks)
    from trainers.promises.checklist import answers
    from tricks import catalogue

    whole, marks = True, marks_for(sys.stdout)
    for name in options.tricks or catalogue.NAMES:
        show(name)
        for answer in answers(name):
            whole = whole and not answer.missing
            told = [f"{answer.check}: {sentence}" for sentence in answer.missing] or [answer.check]
            show("\n".join(f"  {marks[not answer.missing]} {line}" for line in told))
    return 0 if whole else 1
