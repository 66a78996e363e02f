"""`python -m trainers replay`: a saved run again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from trainers.commands.options import UsageError, add_command, add_outputs, check_outputs
from trainers.commands.terminal import tell
from trainers.commands.training import train

DESCRIPTION = """\
Run again what a JSON file of `run --json`, or of the page's export, describes: the same
settings and the same turns at the same steps. On the same machine and build of torch the
metrics are the same bit for bit."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "replay", "run a saved run again", DESCRIPTION)
    command.add_argument("file", metavar="RUN.json", type=Path, help="the saved run")
    add_outputs(command)
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
    """
    from trainers.runs.provenance import differences
    from trainers.runs.replay import read_replay

    for output in (options.csv, options.json):
        if output not in (None, "-") and Path(output).resolve() == options.file.resolve():
            raise UsageError(f"{output} is the run to replay, it would be overwritten")
    check_outputs(options)
    saved = read_replay(options.file)
    others = differences(saved.made)
    if others:
        tell(f"{options.file} was made elsewhere ({'; '.join(others)}): the last digits may differ")
    train(saved.spec, saved.events, options, saved.seeds)
