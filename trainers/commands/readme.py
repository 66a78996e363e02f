"""`python -m trainers readme`: the README's table of tricks, written from the catalogue and the tricks' own words."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.commands.options import UsageError, add_command
from trainers.commands.terminal import tell, write_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tricks.declaration import Trick

README = Path(__file__).parent.parent.parent / "README.md"
BEGIN, END = "<!-- tricks, as `python -m trainers readme` writes them -->", "<!-- end of the tricks -->"
HEAD = ("trick", "page and command-line name", "its knobs", "shown on")

DESCRIPTION = """\
Writes what README.md says of all tricks, between its two marks, from the catalogue and the
words of each. To be run when a trick was added, or its title, knobs or tasks have changed."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "readme", "write the table of tricks in README.md", DESCRIPTION)
    command.set_defaults(action=main)


def main(_: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError: the README has not the two marks.
    """
    text = README.read_text(encoding="utf-8")
    now = written(text)
    if now != text:
        write_lines(str(README), (now,))
    tell(f"{README.name} {'was so already' if now == text else 'is written anew'}", sys.stdout)


def written(text: str) -> str:
    """`text` with what stands between the two marks made anew.

    Raises:
        UsageError: it has not each of them once, the one after the other.
    """
    before, begun, rest = text.partition(f"{BEGIN}\n")
    _, ended, after = rest.partition(f"{END}\n")
    if not (begun and ended) or BEGIN in rest or END in before + after:
        raise UsageError(f"{README.name} must have the lines {BEGIN} and {END}, once each")
    return f"{before}{begun}\n{table_of_tricks()}\n{ended}{after}"


def table_of_tricks() -> str:
    """How many tricks there are, and a row for each, in catalogue order."""
    from trainers.runs.labels import load_labels
    from tricks import catalogue

    labels = load_labels()
    rows = [HEAD, ("---",) * len(HEAD), *(_row(trick, labels) for trick in catalogue.every())]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"{len(catalogue.NAMES)} tricks, in the order of the catalogue:", "", *lines, ""])


def _row(trick: Trick, labels: Mapping[str, str]) -> tuple[str, ...]:
    from trainers.runs.arm_names import symbol_text
    from trainers.runs.labels import title_and_knobs

    title, called = title_and_knobs(trick.name)
    knobs = [
        called.get(knob.name, knob.name) + (f" ({symbol_text(knob.symbol)})" if knob.symbol else "")
        for knob in trick.knobs
    ]
    tasks = [labels[f"task.{setup.task}.label"] for setup in trick.setups]
    return tuple(cell.replace("|", r"\|") for cell in (title, f"`{trick.name}`", ", ".join(knobs), ", ".join(tasks)))
