"""`python -m trainers rooms`: the rooms of classes that are kept, listed, written to files, deleted."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from trainers.commands.keeping import LAST, opened
from trainers.commands.options import UsageError, add_action, add_command, check_outputs
from trainers.commands.showing import SHORT, when
from trainers.commands.terminal import aligned, show, tell, write_each, write_lines

if TYPE_CHECKING:
    from trainers.store.store import Store
    from trainers.teaching.room import Room
    from trainers.teaching.room_record import KeptRooms

ID_TOLD = f"an id, as much of one as tells it from the others, or {LAST}"

DESCRIPTION = """\
The rooms that classes were taught in, in the folder TRICK_LAB_DATA: each is deleted by itself
30 days after it was opened. What is written of one has its votes, times and runs, and nobody's
name."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; the `action` of each of its own is a function here."""
    command = add_command(commands, "rooms", "list, export or delete the rooms of classes", DESCRIPTION)
    own = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_action(own, "list", "show the rooms that are kept, the newest first", list_rooms)
    listing.add_argument("--json", action="store_true", help="as JSON, which it is where the output is no terminal")
    export = add_action(own, "export", "write what came of a room to files", export_room)
    export.add_argument("id", metavar="ID", help=ID_TOLD)
    export.add_argument("--csv", metavar="FILE", help="every vote and answer, - for standard output")
    export.add_argument("--spreadsheet", metavar="FILE", help="the same as CSV that a spreadsheet opens as it should")
    delete = add_action(own, "delete", "delete a room that is closed, with all that is in it", delete_room)
    delete.add_argument("id", metavar="ID", help=ID_TOLD)


def list_rooms(options: argparse.Namespace) -> None:
    """Shows the rooms: a table on a terminal, else JSON.

    Raises:
        FailedError: the store cannot be used.
    """
    with opened() as store:
        rooms, now = _newest_first(_kept(store)), time.time()
    if options.json or not sys.stdout.isatty():
        told = {"total": len(rooms), "rooms": [_json(room, now) for room in rooms]}
        write_lines("-", (json.dumps(told, indent=1) + "\n",))
        return
    rows = [("id", "opened", "closed", "goes", "people", "lesson"), *(_cells(room, now) for room in rooms)]
    show("\n".join((*(aligned(rows) if rooms else ()), f"{len(rooms)} in all")))


def export_room(options: argparse.Namespace) -> None:
    """Writes what came of a room to files.

    Raises:
        UsageError: there is no such room, or no place to write to.
        FailedError: the store cannot be used.
        UnwrittenError: a file cannot be written.
    """
    check_outputs(options)
    if options.csv is None and options.spreadsheet is None:
        raise UsageError("export must be told where to: --csv, --spreadsheet")
    from trainers.runs.export import PLAIN, SHEET
    from trainers.teaching.report import report_csv

    with opened() as store:
        room, now = _room(_kept(store), options.id), time.time()
    targets = ((options.csv, PLAIN), (options.spreadsheet, SHEET))
    lines = {target: list(report_csv(room, now, dialect)) for target, dialect in targets if target is not None}
    write_each(*(partial(write_lines, target, each) for target, each in lines.items()))


def delete_room(options: argparse.Namespace) -> None:
    """Deletes a room. One that is open is its teacher's to close first: the app writes it as it goes on.

    Raises:
        UsageError: there is no such room, or it is open.
        FailedError: the store cannot be used.
    """
    with opened() as store:
        kept = _kept(store)
        room = _room(kept, options.id)
        if not room.is_closed(time.time()):
            raise UsageError(f"a room must be closed before it is deleted here, {room.id} is open: its desk does both")
        kept.delete(room.id)
    tell(f"deleted: {room.id}, {room.lesson.title}")


def _kept(store: Store) -> KeptRooms:
    from trainers.teaching.room_record import KeptRooms

    return KeptRooms(store.database)


def _newest_first(kept: KeptRooms) -> list[Room]:
    return sorted(kept.load(), key=lambda room: room.created_at, reverse=True)


def _room(kept: KeptRooms, text: str) -> Room:
    if not text:
        raise UsageError("a room's id must be the beginning of one, or last, got ''")
    rooms = _newest_first(kept)
    found = rooms[:1] if text == LAST else [room for room in rooms if room.id.startswith(text)]
    if not found:
        raise UsageError("there is no room" if text == LAST else f"there is no room whose id begins with {text!r}")
    if len(found) > 1:
        raise UsageError(f"several rooms begin with {text!r}: {', '.join(room.id for room in found)}")
    return found[0]


def _json(room: Room, now: float) -> dict[str, Any]:
    from trainers.teaching.report import report_of

    told = report_of(room, now)
    return {"id": room.id, "lesson": room.lesson.name, **{name: told[name] for name in told if name != "steps"}}


def _cells(room: Room, now: float) -> tuple[str, ...]:
    from trainers.teaching.room import KEPT_S

    closed_at = room.ended_at(now)
    closed = "" if closed_at is None else when(closed_at)
    goes = when(room.created_at + KEPT_S)
    return (room.id[:SHORT], when(room.created_at), closed, goes, str(len(room.present)), room.lesson.title)
