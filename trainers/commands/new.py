"""`python -m trainers new`: the files of a trick of one's own, which work as they are."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from trainers.commands.options import UsageError, add_command
from trainers.commands.terminal import show, tell

DESCRIPTION = """\
Writes the files of a new trick, a working copy of another one under names of its own, and
its line in the catalogue after that one's: module, page, words and test. They pass as they
are and claim nothing; what is yours is to be written into them.

Writes all of them or nothing. The project must be a checkout that can be written to."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "new", "write the files of a trick of your own", DESCRIPTION)
    command.add_argument("name", metavar="NAME", help="what it is called: small letters, digits and _")
    command.add_argument("--like", metavar="TRICK", required=True, help="the trick from which it starts")
    command.add_argument("--title", metavar="TITLE", default="", help="the title of its page (made from the name)")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        RefusedError: there can be no such trick, or no file here.
        UsageError: the title cannot stand in a line.
    """
    from trainers.promises.scaffold import create

    if not all(letter.isprintable() and letter not in '"\\{}' for letter in options.title):
        raise UsageError(f'--title must be one line without ", \\, {{ and }}, got {options.title!r}')
    for path in create(options.name, options.like, options.title):
        show(f"  {path.as_posix()}")
    tell(
        f"{options.name} is a copy of {options.like} so far: rename its knobs, and move its line\n"
        "in the catalogue to where it belongs, since tricks are applied in that order. What is\n"
        "missing of it says\n"
        f"  python -m trainers check {options.name}",
        sys.stdout,
    )
