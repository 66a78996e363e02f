"""`python -m trainers runs export`: kept runs as files, several in one table, or one whole."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.commands.keeping import kept_run, opened
from trainers.commands.options import OUTPUTS, FailedError, UsageError, check_outputs, resolved
from trainers.commands.terminal import UnwrittenError, write_data, write_each

if TYPE_CHECKING:
    from trainers.runs.whole import WholeRun

TABLES = ("csv", "parquet", "spreadsheet", "tensorboard")  # exports that take several runs
DRAWN = ("figure",)  # of one run, or of several that differ in their seeds
SINGLE = ("json", "archive", "bundle", "script")  # exports that take one
FOLDERS = ("tensorboard", "script")  # exports that are several files


def add_outputs(command: argparse.ArgumentParser) -> None:
    """Adds what the command may write."""
    command.add_argument("--csv", metavar="FILE", help="write every step of every arm there, - for standard output")
    command.add_argument("--parquet", metavar="FILE", help="the same as Parquet, each column by its type")
    command.add_argument("--spreadsheet", metavar="FILE", help="the same as CSV that a spreadsheet opens as it should")
    command.add_argument(
        "--decimal-comma", action="store_true", help="in the spreadsheet: 0,5 for 0.5, and ; between cells"
    )
    command.add_argument("--tensorboard", metavar="FOLDER", help="write event files for TensorBoard there")
    command.add_argument(
        "--figure", metavar="FILE", help="draw the race there, or the band of several seeds: .svg, .pdf or .png"
    )
    command.add_argument("--metric", metavar="NAME", help="in the figure: this metric alone")
    command.add_argument("--json", metavar="FILE", help="write what `replay` needs there, - for standard output")
    command.add_argument("--archive", metavar="FILE", help="write all of a run there, a ZIP that can be imported")
    command.add_argument("--bundle", metavar="FILE", help="the same with figures and what to cite, for `verify`")
    command.add_argument(
        "--script",
        metavar="FOLDER",
        help="write script.py, script.ipynb and start.npz there: they make its curves again, without the lab",
    )


def export_runs(options: argparse.Namespace) -> None:
    """Writes runs to files: several into one table, or one as it is.

    Raises:
        UsageError: there is no such run, or no place to write to.
        FailedError: the store cannot be used, or there is no script of such a run.
        UnwrittenError: a file cannot be written.
    """
    check_outputs(options)
    _check_export(options)
    from trainers.figures.drawing import kind_of
    from trainers.takeaway.forms import FORMS, figure
    from trainers.takeaway.script import script_files
    from trainers.takeaway.start_file import ScriptError

    outputs: list[Callable[[], object]] = []
    with opened() as store:
        found = {kept.public_id: kept.whole() for kept in (kept_run(store, text) for text in options.ids)}
        runs = list(found.values())
        try:
            if options.figure is not None:
                drawn = figure(runs, kind_of(options.figure), options.metric or "")
                outputs.append(partial(write_data, options.figure, (drawn,)))
            for name in ("csv", "parquet", "spreadsheet", "json", "archive", "bundle"):
                if (target := vars(options)[name]) is not None:
                    form = ("comma" if options.decimal_comma else "sheet") if name == "spreadsheet" else name
                    outputs.append(partial(write_data, target, FORMS[form].parts(runs)))
            if options.tensorboard is not None:
                outputs.append(partial(_write_events, options.tensorboard, runs))
            if options.script is not None:
                outputs.append(partial(_write_files, Path(options.script), script_files(runs[0])))
        except ScriptError as error:
            raise FailedError(str(error)) from None
    write_each(*outputs)


def _write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    write_each(*(partial(write_data, str(folder / name), (content,)) for name, content in contents.items()))


def _check_export(options: argparse.Namespace) -> None:
    """Refuses what cannot be exported together."""
    given = vars(options)
    if all(given[name] is None for name in (*TABLES, *DRAWN, *SINGLE)):
        raise UsageError(f"export must be told where to: one of {_options(*TABLES, *DRAWN, *SINGLE)}")
    if options.decimal_comma and options.spreadsheet is None:
        raise UsageError("--decimal-comma must go with --spreadsheet")
    if options.metric is not None and options.figure is None:
        raise UsageError("--metric must go with --figure")
    if options.metric == "":
        raise UsageError("--metric must be one of the run's, got ''")
    single = [name for name in SINGLE if given[name] is not None]
    if len(options.ids) > 1 and single:
        raise UsageError(f"{_options(*single)} must be of one run, got {len(options.ids)}: several go into a table")
    for name in FOLDERS:
        if given[name] is None:
            continue
        folder = resolved(given[name])
        others = {one: given[one] for one in (*OUTPUTS, *FOLDERS) if one != name and given.get(one) not in (None, "-")}
        for other, target in others.items():
            if folder is not None and resolved(target) == folder:
                raise UsageError(f"--{name} and --{other} must go to different places, got {target} for both")
        if not given[name] or folder is None or not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"--{name} must name a folder in a folder that exists, got {given[name]!r}")


def _options(*names: str) -> str:
    return ", ".join(f"--{name}" for name in names)


def _write_events(folder: str, runs: Sequence[WholeRun]) -> None:
    from trainers.takeaway.tensorboard import write_events

    for run in runs:
        try:
            write_events(Path(folder), run.history, run.public_id, run.created_at)
        except OSError as error:
            raise UnwrittenError(f"{folder} could not be written: {error.strerror or error}") from None
