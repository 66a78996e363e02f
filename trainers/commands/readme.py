"""`python -m trainers readme`: the tables of the documents, written from what they tell of.

The README's of the tricks and of their scripts are made from the catalogue and the tricks' own words, those of the live
socket in ARCHITECTURE.md from its declared protocol.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.commands.options import UsageError, add_command
from trainers.commands.terminal import show, write_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tricks.declaration import Trick

ROOT = Path(__file__).parent.parent.parent
HEAD = ("trick", "page and command-line name", "its knobs", "shown on")

DESCRIPTION = """\
Writes what README.md says of all tricks, and ARCHITECTURE.md of the live socket's messages, each
between two marks. To be run when a trick was added, when its title, knobs or tasks have changed,
or the protocol has."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "readme", "write the tables of README.md and ARCHITECTURE.md", DESCRIPTION)
    command.set_defaults(action=main)


def main(_: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError: a document has not its marks.
    """
    for name in dict.fromkeys(part.document for part in PARTS):
        path = ROOT / name
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{name} must be UTF-8 text, byte {error.start} is not") from None
        now = written(name, text)
        if now != text:
            write_lines(str(path), (now,))
        show(f"{name} {'was so already' if now == text else 'is written anew'}")


def written(document: str, text: str) -> str:
    """The `text` of that document with what stands between its marks made anew.

    Raises:
        UsageError: it has not each of them once, the one after the other.
    """
    for part in PARTS:
        if part.document == document:
            text = part.into(text)
    return text


def table_of_tricks() -> str:
    """How many tricks there are, and a row for each, in catalogue order."""
    from trainers.runs.labels import load_labels
    from tricks import catalogue

    labels = load_labels()
    rows = [HEAD, ("---",) * len(HEAD), *(_row(trick, labels) for trick in catalogue.every())]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"{len(catalogue.NAMES)} tricks, in the order of the catalogue:", "", *lines])


def table_of_scripts() -> str:
    """Of which runs there is a script."""
    from trainers.takeaway import scripted

    return scripted.table_of_scripts()


def table_to_server() -> str:
    """The messages of the live socket."""
    from trainers.wire import protocol

    return protocol.table_to_server()


def table_to_browser() -> str:
    """The frames of the live socket."""
    from trainers.wire import protocol

    return protocol.table_to_browser()


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


@dataclass(frozen=True)
class Part:
    """What a document says of the things called `what`, between two marks, as `make` makes it."""

    document: str
    what: str
    make: Callable[[], str]

    @property
    def marks(self) -> tuple[str, str]:
        """The lines that it stands between."""
        return f"<!-- {self.what}, as `python -m trainers readme` writes them -->", f"<!-- end of the {self.what} -->"

    def into(self, text: str) -> str:
        """`text` with this part made anew.

        Raises:
            UsageError: it has not each of the marks once, the one after the other.
        """
        begin, end = self.marks
        before, begun, rest = text.partition(f"{begin}\n")
        _, ended, after = rest.partition(f"{end}\n")
        if not (begun and ended) or begin in rest or end in before + after:
            raise UsageError(f"{self.document} must have the lines {begin} and {end}, once each")
        return f"{before}{begun}\n{self.make()}\n\n{ended}{after}"


PARTS = (
    Part("README.md", "tricks", table_of_tricks),
    Part("README.md", "scripts", table_of_scripts),
    Part("ARCHITECTURE.md", "messages", table_to_server),
    Part("ARCHITECTURE.md", "frames", table_to_browser),
)
