"""`python -m trainers runs`: what is kept, found again, shown, taken out, brought in, thrown away and gone on with."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.commands.keeping import ID_TOLD, id_of, kept_run, make_room, opened
from trainers.commands.options import FailedError, UsageError, add_command, check_outputs, check_tricks
from trainers.commands.terminal import UnwrittenError, aligned, tell, write_data, write_each, write_lines

if TYPE_CHECKING:
    from trainers.runs.whole import WholeRun
    from trainers.store.library import Card, Filter, Library
    from trainers.store.store import Kept

STATUSES = ("running", "paused", "interrupted", "finished", "failed", "stopped", "canceled")
SORTS = ("created_at", "name", "trick", "task", "status", "steps", "seconds", "result")
TEXTS = ("name", "trick", "task", "status")  # which are sorted from A to Z
TOGETHER = "combine"  # the trick of a run that belongs to no single one
LIMIT = 50
SHORT = 8  # letters of an id that a table shows
TABLES = ("csv", "parquet", "spreadsheet", "tensorboard")  # exports that take several runs
DRAWN = ("figure",)  # of one run, or of several that differ in their seeds
SINGLE = ("json", "archive", "bundle", "script")  # exports that take one
FOLDERS = ("tensorboard", "script")  # exports that are several files

DESCRIPTION = """\
What `run`, `combine`, `sweep` and `replay` train is kept, in the folder TRICK_LAB_DATA (by
default your own for data), and stands in the library of a browser on this machine too."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; the `action` of each of its own is a function here."""
    command = add_command(commands, "runs", "find, show, export, import or delete runs, or go on with one", DESCRIPTION)
    own = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_list(own)
    show = _add(own, "show", "show a run: what it was, and where its arms stand", show_run)
    _add_id(show)
    _add_json(show)
    _add_export(own)
    bring = _add(own, "import", "keep runs that come in files: archives, CSVs or JSONs of the lab", import_files)
    told = "the files, one run each, or the archives of several that a library was taken out as"
    bring.add_argument("files", metavar="FILE", nargs="+", type=Path, help=told)
    _add_ids(_add(own, "delete", "put runs into the bin, for seven days", delete_runs))
    _add_ids(_add(own, "restore", "take runs out of the bin", restore_runs))
    _add_id(_add(own, "resume", "go on with a run that was interrupted, from its last capture", resume_run))


def _add(own: Any, name: str, told: str, action: Any) -> argparse.ArgumentParser:
    command = add_command(own, name, told, f"{told[0].upper()}{told[1:]}.")
    command.set_defaults(action=action)
    return command


def _add_id(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", metavar="ID", help=ID_TOLD)


def _add_ids(command: argparse.ArgumentParser) -> None:
    command.add_argument("ids", metavar="ID", nargs="+", help=ID_TOLD)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="as JSON, which it is where the output is no terminal")


def _add_list(own: Any) -> None:
    command = _add(own, "list", "show what is kept", list_runs)
    command.add_argument(
        "words", metavar="WORD", nargs="*", help="to be in its name, note, trick, task or settings; all of them"
    )
    command.add_argument("--trick", metavar="TRICK", help=f"of this trick, or {TOGETHER}: of several together")
    command.add_argument("--task", metavar="T", help="on this task")
    command.add_argument("--status", choices=STATUSES, metavar="STATUS", help=f"one of {', '.join(STATUSES)}")
    command.add_argument("--since", metavar="DATE", help="begun then or later, such as 2026-01-31")
    command.add_argument("--until", metavar="DATE", help="begun then or earlier, that day included")
    command.add_argument("--bin", action="store_true", help="those that were deleted")
    command.add_argument("--sort", choices=SORTS, metavar="BY", default=SORTS[0], help=f"by one of {', '.join(SORTS)}")
    command.add_argument("--reverse", action="store_true", help="the other way round")
    command.add_argument("--limit", metavar="N", default=str(LIMIT), help=f"at most so many ({LIMIT})")
    _add_json(command)


def _add_export(own: Any) -> None:
    command = _add(own, "export", "write runs to files", export_runs)
    _add_ids(command)
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


def list_runs(options: argparse.Namespace) -> None:
    """Shows what is kept: a table on a terminal, else JSON.

    Raises:
        UsageError, RefusedError: wrong usage.
        FailedError: the store cannot be used.
    """
    since = _moment("--since", options.since)
    until = _moment("--until", options.until, is_end=True)
    if options.trick not in (None, TOGETHER):
        check_tricks(options.trick)
    from tricks.declaration import Knob

    limit = int(Knob("--limit", "", LIMIT, 1, 100_000, integer=True).check(options.limit))
    from trainers.runs.labels import load_labels
    from trainers.store.library import LOCAL, Filter, Library, words_of
    from trainers.tasks import load_task

    if options.task is not None:
        load_task(options.task)
    which = Filter(
        words=words_of(" ".join(options.words), load_labels()),
        trick=options.trick or "",
        task=options.task or "",
        status=options.status or "",
        since=since,
        until=until,
        in_bin=options.bin,
    )
    with opened() as store:
        cards, total = _found(Library(store, [LOCAL]), which, options, limit)
    if _wants_json(options):
        _write_json({"total": total, "runs": list(map(_card_json, cards))})
        return
    lines = [line[: shutil.get_terminal_size().columns] for line in aligned([_HEAD, *map(_cells, cards)])]
    more = f"{len(cards)} of {total}; --limit {total} shows all" if len(cards) < total else f"{total} in all"
    tell("\n".join((*(lines if cards else ()), more)), sys.stdout)


def _found(library: Library, which: Filter, options: argparse.Namespace, limit: int) -> tuple[list[Card], int]:
    """The first of those that are looked for, and how many there are."""
    from trainers.store.library import MAX_PAGE

    found: list[Card] = []
    down = (options.sort not in TEXTS) != options.reverse
    while True:
        count = min(MAX_PAGE, limit - len(found))
        page = library.page(which, sort=options.sort, down=down, start=len(found), count=count)
        found += page.cards
        if len(found) >= limit or len(page.cards) < count:
            return found, page.total


def show_run(options: argparse.Namespace) -> None:
    """Shows a run.

    Raises:
        UsageError: there is no such run.
        FailedError: the store cannot be used.
    """
    from trainers.store.library import LOCAL, Library

    with opened() as store:
        kept = kept_run(store, options.id)
        card = Library(store, [LOCAL]).card(kept.public_id)
    assert card is not None
    if _wants_json(options):
        _write_json({**_card_json(card), **_run_json(kept)})
    else:
        tell("\n".join(_shown(card, kept)), sys.stdout)


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
    for name, content in contents.items():
        write_data(str(folder / name), (content,))


def _check_export(options: argparse.Namespace) -> None:
    """Refuses what cannot be exported together."""
    given = vars(options)
    if all(given[name] is None for name in (*TABLES, *DRAWN, *SINGLE)):
        raise UsageError(f"export must be told where to: one of {_options(*TABLES, *DRAWN, *SINGLE)}")
    if options.decimal_comma and options.spreadsheet is None:
        raise UsageError("--decimal-comma must go with --spreadsheet")
    if options.metric is not None and options.figure is None:
        raise UsageError("--metric must go with --figure")
    single = [name for name in SINGLE if given[name] is not None]
    if len(options.ids) > 1 and single:
        raise UsageError(f"{_options(*single)} must be of one run, got {len(options.ids)}: several go into a table")
    for name in FOLDERS:
        folder = None if given[name] is None else Path(given[name])
        if folder and (not folder.absolute().parent.is_dir() or (folder.exists() and not folder.is_dir())):
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


def import_files(options: argparse.Namespace) -> None:
    """Keeps the runs of files, one after another, up to the first that is none.

    Raises:
        RefusedError: a file cannot be read, or is none.
        FailedError: the store cannot be used.
    """
    from trainers.store.archive import import_file
    from trainers.store.library import LOCAL

    with opened() as store:
        for path in options.files:
            for told, name, data in _files_in(path):
                tell(f"{told} is kept as {import_file(store, LOCAL, name, data)}")
        make_room(store)


def _files_in(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """What a file holds, as it is told, its name and its content; of one with the archives of several runs, each."""
    from trainers.store.archive import MAX_FILE
    from trainers.store.parcel import open_parcel, read_parcel
    from tricks.declaration import RefusedError

    try:
        with path.open("rb") as file:
            if path.is_file():  # what is none may have no end to look at
                if parcel := open_parcel(file):
                    yield from ((f"{path}, {name}", name, data) for name, data in read_parcel(parcel))
                    return
                file.seek(0)
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None
    yield str(path), path.name, data


def delete_runs(options: argparse.Namespace) -> None:
    """Puts runs into the bin, all or none, and empties it of what has been there for long.

    Raises:
        UsageError: there is no such run.
        FailedError: the store cannot be used.
    """
    from trainers.store.library import LOCAL, Library, clear_bin

    with opened() as store:
        library = Library(store, [LOCAL])
        ids = [id_of(library, text, in_bin=False) for text in options.ids]
        library.delete(ids)
        clear_bin(store)
    tell(f"in the bin, for seven days: {', '.join(dict.fromkeys(ids))}")


def restore_runs(options: argparse.Namespace) -> None:
    """Takes runs out of the bin, all or none.

    Raises:
        UsageError: there is no such run in it.
        FailedError: the store cannot be used.
    """
    from trainers.store.library import LOCAL, Library

    with opened() as store:
        library = Library(store, [LOCAL])
        ids = [id_of(library, text, in_bin=True) for text in options.ids]
        library.restore(ids)
    tell(f"out of the bin: {', '.join(dict.fromkeys(ids))}")


def resume_run(options: argparse.Namespace) -> None:
    """Goes on with an interrupted run.

    Raises:
        UsageError: there is no such run.
        FailedError: it cannot be gone on with, or does not get to its end.
    """
    from trainers.commands.training import go_on

    with opened() as store:
        go_on(store, kept_run(store, options.id).public_id)


def _moment(option: str, text: str | None, *, is_end: bool = False) -> float | None:
    """A date, or a date and time, of this machine's clock in seconds since 1970; of a day, its start or `is_end`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if is_end and len(text) <= len("2026-01-31"):
            moment += timedelta(days=1, microseconds=-1)
        return moment.timestamp()
    except (ValueError, OverflowError):
        raise UsageError(f"{option} must be a date such as 2026-01-31, got {text!r}") from None


def _wants_json(options: argparse.Namespace) -> bool:
    return options.json or not sys.stdout.isatty()


def _write_json(data: dict[str, Any]) -> None:
    from trainers.wire.frames import jsonable

    write_lines("-", (json.dumps(jsonable(data), indent=1, allow_nan=False) + "\n",))


# What a run looks like

_HEAD = ("id", "begun", "state", "trick", "task", "seed", "step", "result", "name", "differs")


def _cells(card: Card) -> tuple[str, ...]:
    return (
        card.public_id[:SHORT],
        _when(card.created_at),
        card.status + (", imported" if card.imported else "") + (", shared" if card.links else ""),
        card.trick,
        card.task,
        "" if card.seed is None else str(card.seed),
        f"{card.done:,}" if card.done == card.total else f"{card.done:,}/{card.total:,}",
        "" if card.result is None else f"{card.result:.4g}",
        card.name,
        _assigned(card.differs),
    )


def _card_json(card: Card) -> dict[str, Any]:
    return {name: value for name, value in asdict(card).items() if name not in ("visitor", "spec", "curve")}


def _run_json(kept: Kept) -> dict[str, Any]:
    from trainers.runs.replay import dump_replay

    history = kept.history
    failures = [{"step": one.step, "arm": one.arm, "value": one.value} for one in history.failures]
    told = dump_replay(history.spec, (*history.events, *kept.coming))
    return {**told, "failures": failures, "provenance": kept.made}


def _shown(card: Card, kept: Kept) -> list[str]:
    from trainers.commands.training import table_of
    from trainers.tasks import load_task

    spec, made = kept.history.spec, kept.made
    ignored = load_task(spec.task).ignores
    settings = {name: value for name, value in spec.settings.items() if name not in ignored}
    of = f"{card.trick} on {card.task}, seed {card.seed}"
    where = f"at step {card.done:,} of {card.total:,}{', in the bin' if card.deleted_at is not None else ''}"
    by = f"version {made['version']} (code {made['code']}), torch {made['torch']}, on {made['processor']}"
    told = [
        f"{card.public_id}  {of}: {card.status} {where}",
        *(f"{what}: {text}" for what, text in (("name", card.name), ("note", card.note)) if text),
        f"begun {_when(card.created_at)}, {card.seconds:.0f} s; {'imported, ' if card.imported else ''}made by {by}",
        f"settings: {_assigned(settings)}",
        *(f"{arm.name}: {_assigned(arm.knobs)}" for arm in spec.arms if arm.knobs),
    ]
    for event in (*kept.history.events, *kept.coming):
        of = "" if event.arm is None else f" of {spec.arms[event.arm].name}"
        told.append(f"from step {event.step:,} on: {event.name}={event.value}{of}")
    return [*told, *(table_of(kept.history).splitlines() if kept.history.step else ())]


def _assigned(values: Any) -> str:
    def shown(value: Any) -> str:
        several: Sequence[Any] = value if isinstance(value, list) else [value]
        return "|".join(f"{one:.6g}" if isinstance(one, float) else str(one) for one in several)

    return " ".join(f"{name}={shown(value)}" for name, value in values.items())


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
