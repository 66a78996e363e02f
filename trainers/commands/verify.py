"""`python -m trainers verify`: whether a bundle is as it was written, and its run comes out again."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from trainers.commands.options import FailedError, add_command
from trainers.commands.terminal import aligned, show
from trainers.commands.training import trained

DESCRIPTION = """\
Check an evidence bundle: that each of its files is as it was written, and that its run, made
again here, has the same numbers. Exit code 0: all are equal to the last bit; 1: some are not;
2: it is no bundle, or was changed. Nothing of it is kept."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "verify", "check an evidence bundle, and make its run again", DESCRIPTION)
    command.add_argument("bundle", metavar="BUNDLE", type=Path, help="a ZIP of `runs export --bundle`")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        RefusedError: it is no bundle, or was changed.
        FailedError: some numbers are others here.
    """
    from trainers.runs.provenance import differences
    from trainers.store.archive import MAX_FILE, read_archive
    from trainers.takeaway.bundle import agreements
    from tricks.declaration import RefusedError

    try:
        with options.bundle.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise RefusedError(f"{options.bundle} cannot be read: {error.strerror}") from None
    if not data.startswith(b"PK"):
        raise RefusedError(f"{options.bundle} must be a bundle of a run, as `runs export --bundle` writes it")
    if len(data) > MAX_FILE:
        raise RefusedError(f"{options.bundle} must be at most {MAX_FILE // 2**20} MiB, it is larger")
    try:
        found = read_archive(data)
    except RefusedError as error:
        raise RefusedError(f"{options.bundle}: {error}") from None
    recorded = found.now.history
    show(f"{options.bundle}: every file is as it was written")
    made = {"code": found.told["code_hash"], "torch": found.told["torch"]}
    others = differences({**made, "processor": " and ".join(recorded.processors)})
    if others:
        show(f"made elsewhere ({'; '.join(others)}): the last digits may differ")
    again = trained(recorded.spec, (*recorded.events, *found.now.coming), recorded.step)
    columns = list(agreements(recorded, again))
    lines = [("arm", "column", "made again"), *((one.arm, one.column, _told(one.worst)) for one in columns)]
    show("\n".join(aligned(lines)))
    apart = sum(one.worst > 0 for one in columns)
    if apart:
        raise FailedError(f"{apart} of {len(columns)} columns of {recorded.step:,} steps came out otherwise")
    show(f"all {len(columns)} columns of {recorded.step:,} steps are equal to the last bit")


def _told(worst: float) -> str:
    if worst == 0:
        return "equal to the last bit"
    return "otherwise" if math.isinf(worst) else f"within {worst:.1e} of its size"
