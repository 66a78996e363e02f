"""`python -m trainers replay`: a saved run again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from trainers.commands.keeping import ID_TOLD, is_id, kept_run, opened
from trainers.commands.options import UsageError, add_command, add_outputs, check_outputs, is_same_place
from trainers.commands.terminal import tell
from trainers.commands.training import train

DESCRIPTION = """\
Run again what a JSON file of `run --json`, or of the page's export, describes, or a run that
is kept: the same settings and the same turns at the same steps. On the same machine and build
of torch the metrics are the same bit for bit."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "replay", "run a saved or a kept run again", DESCRIPTION)
    command.add_argument("run", metavar="RUN", help=f"the saved run, a JSON file; or {ID_TOLD}")
    add_outputs(command)
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> None:
    """Runs the command.

    Raises:
        UsageError, RefusedError: wrong usage.
        FailedError: the store cannot be used.
    """
    check_outputs(options)
    if is_id(options.run) and not Path(options.run).exists():
        _replay_kept(options)
        return
    from trainers.runs.replay import read_replay

    file = Path(options.run)
    for output in (options.csv, options.json):
        if output is not None and is_same_place(output, str(file)):
            raise UsageError(f"{output} is the run to replay, it would be overwritten")
    saved = read_replay(file)
    _tell_others(str(file), saved.made)
    train(saved.spec, saved.events, options, saved.seeds)


def _replay_kept(options: argparse.Namespace) -> None:
    from trainers.runs.replay import dump_replay, parse_replay

    with opened() as store:
        kept = kept_run(store, options.run)
    spec, events = parse_replay(dump_replay(kept.history.spec, (*kept.history.events, *kept.coming)))
    _tell_others(kept.public_id, kept.made)
    train(spec, events, options, parent=kept.public_id)


def _tell_others(name: str, made: object) -> None:
    """Says where a run was made elsewhere."""
    from trainers.runs.provenance import differences

    others = differences(made)
    if others:
        tell(f"{name} was made elsewhere ({'; '.join(others)}): the last digits may differ")
