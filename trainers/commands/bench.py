"""`python -m trainers bench`: how fast the lab is."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from trainers.bench.measures import MEASURES, measure_all
from trainers.commands.options import add_command, check_outputs
from trainers.commands.terminal import tell, write_lines

DESCRIPTION = f"""\
Measure the lab against a bare PyTorch loop that does the same arithmetic, and print each
result with its spread. What is compared is measured in turn, in one call, and by processor
time where that can be told. What is asked depends on how fast the machine is.

measures: {", ".join(MEASURES[:-2])},
{", ".join(MEASURES[-2:])}"""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "bench", "measure how fast the lab is", DESCRIPTION)
    command.add_argument("--json", metavar="FILE", help="also write the results there, - for standard output")
    command.add_argument(
        "--only", metavar="NAME", nargs="+", choices=MEASURES, default=MEASURES, help="only these measures"
    )
    command.add_argument("--quick", action="store_true", help="a few seconds each, for a rough look")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
    """
    check_outputs(options)
    out = sys.stderr if options.json == "-" else sys.stdout
    measured: list[dict[str, Any]] = []
    try:
        measured.extend(measure_all(quick=options.quick, only=options.only, say=lambda text: tell(text, out)))
    finally:  # what was measured before it was interrupted, or before one that failed
        if options.json is not None and measured:
            write_lines(options.json, (json.dumps(measured[-1], indent=1, allow_nan=False) + "\n",))
