"""`python -m trainers runs`: what is kept, found again, shown, taken out, brought in, thrown away and gone on with."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.commands.export import add_outputs, export_runs
from trainers.commands.keeping import ID_TOLD, id_of, kept_run, make_room, no_room_for, opened
from trainers.commands.options import FailedError, UsageError, add_action, add_command, check_tricks
from trainers.commands.showing import HEAD, cells, shown
from trainers.commands.terminal import aligned, show, tell, write_lines

if TYPE_CHECKING:
    from trainers.store.library import Card, Filter, Library
    from trainers.store.store import Kept

STATUSES = ("running", "paused", "interrupted", "finished", "failed", "stopped", "canceled")
SORTS = ("created_at", "name", "trick", "task", "status", "steps", "seconds", "result")
TEXTS = ("name", "trick", "task", "status")  # which are sorted from A to Z
TOGETHER = "combine"  # the trick of a run that belongs to no single one
LIMIT = 50

DESCRIPTION = """\
What `run`, `combine`, `sweep` and `replay` train is kept, in the folder TRICK_LAB_DATA (by
default your own for data), and stands in the library of a browser on this machine too."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; the `action` of each of its own is a function here."""
    command = add_command(commands, "runs", "find, show, export, import or delete runs, or go on with one", DESCRIPTION)
    own = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_list(own)
    show = add_action(own, "show", "show a run: what it was, and where its arms stand", show_run)
    _add_id(show)
    _add_json(show)
    taken = add_action(own, "export", "write runs to files", export_runs)
    _add_ids(taken)
    add_outputs(taken)
    bring = add_action(own, "import", "keep runs that come in files: archives, CSVs or JSONs of the lab", import_files)
    told = "the files, one run each, or the archives of several that a library was taken out as"
    bring.add_argument("files", metavar="FILE", nargs="+", type=Path, help=told)
    _add_ids(add_action(own, "delete", "put runs into the bin, for seven days", delete_runs))
    _add_ids(add_action(own, "restore", "take runs out of the bin", restore_runs))
    _add_id(add_action(own, "resume", "go on with a run that was interrupted, from its last capture", resume_run))


def _add_id(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", metavar="ID", help=ID_TOLD)


def _add_ids(command: argparse.ArgumentParser) -> None:
    command.add_argument("ids", metavar="ID", nargs="+", help=ID_TOLD)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="as JSON, which it is where the output is no terminal")


def _add_list(own: Any) -> None:
    command = add_action(own, "list", "show what is kept", list_runs)
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
    lines = [line[: shutil.get_terminal_size().columns] for line in aligned([HEAD, *map(cells, cards)])]
    more = f"{len(cards)} of {total}; --limit {total} shows all" if len(cards) < total else f"{total} in all"
    show("\n".join((*(lines if cards else ()), more)))


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
        show("\n".join(shown(card, kept)))


def import_files(options: argparse.Namespace) -> None:
    """Keeps the runs of files, one after another, up to the first that is none.

    Raises:
        RefusedError: a file cannot be read, or is none.
        FailedError: the store cannot be used, or has no room.
    """
    from trainers.store.archive import import_file
    from trainers.store.library import LOCAL
    from trainers.store.quota import most_bytes

    with opened() as store:
        most_bytes()  # what cannot be used is refused before anything is kept
        kept: list[tuple[str, str]] = []
        try:
            for path in options.files:
                for told, name, data in _files_in(path):
                    kept.append((import_file(store, LOCAL, name, data), told))
        finally:
            gone: list[str] = []
            try:
                gone = make_room(store, [public_id for public_id, _ in kept])
            finally:
                for public_id, told in kept:
                    if public_id not in gone:
                        tell(f"{told} is kept as {public_id}")
        if gone:
            raise FailedError(no_room_for(", ".join(told for public_id, told in kept if public_id in gone)))


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


def _card_json(card: Card) -> dict[str, Any]:
    return {name: value for name, value in asdict(card).items() if name not in ("visitor", "spec", "curve")}


def _run_json(kept: Kept) -> dict[str, Any]:
    from trainers.runs.replay import dump_replay

    history = kept.history
    failures = [{"step": one.step, "arm": one.arm, "value": one.value} for one in history.failures]
    told = dump_replay(history.spec, (*history.events, *kept.coming))
    return {**told, "failures": failures, "provenance": kept.made}
