"""What the command line trains is kept: written into the store as it is made, by a thread, so that nobody waits."""

from __future__ import annotations

import argparse
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trainers.commands.options import FailedError, UsageError
from trainers.commands.terminal import tell

if TYPE_CHECKING:
    from trainers.kinds.run import Run
    from trainers.runs.history import History
    from trainers.runs.spec import Event
    from trainers.store.library import Library
    from trainers.store.recording import Capture, Now, Recording
    from trainers.store.store import Kept, Store

LAST = "last"
ID_TOLD = f"an id, as much of one as tells it from the others, or {LAST}"
EVERY_S = 0.5
CAPTURE_S = 5.0  # between two captures of a run, and longer where they are large
CAPTURE_BYTES_S = 2.0**20  # of captures, a second
LAST_S = 10.0  # for which a command waits at its end until all is written


@contextmanager
def opened() -> Iterator[Store]:
    """The store, for a command that is of no use without.

    Raises:
        FailedError: it does not do what is asked of it, or none is kept; the message says what to do.
    """
    from trainers.store.database import StoreError
    from trainers.store.store import open_store

    try:
        store = open_store()
        if store is None:
            raise StoreError("TRICK_LAB_STORE is off: nothing is kept")
        try:
            yield store
        finally:
            store.close()
    except StoreError as error:
        raise FailedError(str(error)) from None


def make_room(store: Store, ids: Sequence[str] = ()) -> list[str]:
    """Has the store hold no more than it may, and says what went for that, or that something soon will.

    It gives those of `ids` for which there was no room.

    Raises:
        StoreError: it cannot be written, or read.
    """
    from trainers.store.library import LOCAL, Library
    from trainers.store.quota import MAX_MB, space_of, told_mb, trim

    gone, space = trim(store), space_of(store)
    if gone:
        tell(f"the store was full ({MAX_MB}, {told_mb(space.most)}): the oldest, {gone:,} not pinned, went")
    elif space.is_nearly_full:
        tell(f"the store is nearly full ({MAX_MB}, {told_mb(space.most)}): the oldest that are not pinned go next")
    library = Library(store, [LOCAL])
    return [one for one in ids if not library.beginning_with(one)]


def no_room_for(what: str) -> str:
    """That there is no room in the store, in words."""
    from trainers.store.quota import MAX_MB

    return f"there is no room for {what}, not kept: raise {MAX_MB}"


def is_id(text: str) -> bool:
    """Whether `text` may be the beginning of an id, or stand for one."""
    return text == LAST or re.fullmatch(r"[0-9a-f]{1,16}", text) is not None


def id_of(library: Library, text: str, *, in_bin: bool | None = None) -> str:
    """The id that begins so, of what is in the bin, out of it, or either; `last`: of the newest, or last deleted.

    Raises:
        UsageError: there is none, or several.
    """
    if not text:
        raise UsageError("an id must be the beginning of one, or last, got ''")
    where = " in the bin" if in_bin else ""
    if text == LAST:
        newest = library.newest(in_bin=bool(in_bin))
        if newest is None:
            raise UsageError(f"there is no run{where}")
        return newest
    found = library.beginning_with(text, in_bin=in_bin)
    if text in found:
        return text
    if not found:
        raise UsageError(f"there is no run{where} whose id begins with {text!r}")
    if len(found) > 1:
        raise UsageError(f"{text!r} must be the beginning of one id, it is that of {', '.join(found)}")
    return found[0]


def kept_run(store: Store, text: str) -> Kept:
    """The run whose id begins so.

    Raises:
        UsageError: there is none, or it is a study.
        StoreError: it is damaged.
    """
    from trainers.store.library import LOCAL, Library

    public_id = id_of(Library(store, [LOCAL]), text)
    kept = store.load(public_id)
    if kept is None:
        raise UsageError(f"{public_id} is a study, not a run")
    return kept


def keeping_of(options: argparse.Namespace) -> Keeping:
    """What keeps the runs of a command, unless it was told not to; where there is no store one is told why."""
    if options.no_keep:
        return Keeping(None)
    from trainers.store.database import StoreError
    from trainers.store.store import open_store

    try:
        store = open_store()
    except StoreError as error:
        tell(f"{error}; nothing is kept")
        return Keeping(None)
    if store is not None and store.database.read_only:
        store.close()
        tell(f"{store.database.read_only}; nothing is kept")
        return Keeping(None)
    return Keeping(store)


class Keeping:
    """The runs of a command, one after another, on their way into the store; None keeps nothing.

    What could not be written is tried again until `close`, and told then. It ends no training.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._ids: list[str] = []
        self._lost: set[str] = set()  # others write them, or they were deleted
        self._due: dict[str, tuple[Recording, Now]] = {}  # the newest of each run that is not written yet
        self._current: Recording | None = None
        self._capture: Capture | None = None
        self._shown_at = self._capture_due = 0.0
        self._trouble = ""
        self._closing = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)
        if store is not None:
            self._thread.start()

    def begin_new(self, name: str, parent: str, fork_step: int | None = None, capture: Capture | None = None) -> None:
        """A run begins that is called `name`, made from the kept run `parent` where it is, or as a branch of it."""
        if self._store is not None:
            from trainers.store.library import LOCAL
            from trainers.store.recording import Recording, new_id

            self.begin(Recording(new_id(), LOCAL, name, parent, fork_step), capture)

    def begin(self, recording: Recording, capture: Capture | None = None) -> None:
        """A run begins, from that capture if it is gone on with."""
        self._current, self._capture = recording, capture
        self._shown_at, self._capture_due = 0.0, time.monotonic() + CAPTURE_S
        self._ids.append(recording.public_id)

    def show(self, run: Run, history: History, events: Sequence[Event]) -> None:
        """The run has got on; `events` are the turns that it was to have, some of them behind its last step."""
        now = time.monotonic()
        if self._store is None or now < self._shown_at + EVERY_S:
            return
        from trainers.store.recording import Capture

        if now >= self._capture_due:
            self._capture = Capture(history.step, run.capture())
            self._capture_due = now + max(CAPTURE_S, len(self._capture.data) / CAPTURE_BYTES_S)
        self._shown_at = now
        self._note(history, "running", events)

    def end(self, history: History, events: Sequence[Event], status: str) -> None:
        """The run has ended."""
        if self._store is not None:
            self._note(history, status, events)

    def close(self) -> None:
        """Waits until all is written, and says what is not, and why."""
        if self._store is None:
            return
        from trainers.store.database import StoreError

        self._closing.set()
        self._thread.join(LAST_S)
        if self._trouble or self._due:
            tell(f"{self._trouble or f'the disk did not answer for {LAST_S:.0f} s'}; {self._unkept()}")
        else:
            try:
                gone = make_room(self._store, [one for one in self._ids if one not in self._lost])
            except StoreError as error:
                tell(str(error))
            else:
                self._lost.update(gone)
                if gone:
                    several = f"{len(gone)} of {len(self._ids)} runs"
                    tell(no_room_for("this run" if len(self._ids) == 1 else several))
        if not self._thread.is_alive():
            self._store.close()

    def told(self) -> str:
        """What is kept, in a line; "" where nothing is."""
        gone = self._lost | self._due.keys()
        kept = [public_id for public_id in self._ids if public_id not in gone]
        if self._store is None or not kept:
            return ""
        return f"kept as {kept[0]}" if len(kept) == 1 else f"kept as {len(kept)} runs, {kept[0]} to {kept[-1]}"

    def _note(self, history: History, status: str, events: Sequence[Event]) -> None:
        from trainers.store.recording import Now

        assert self._current is not None
        coming = tuple(event for event in events if event.step > history.step)
        now = Now(history.frozen(), status, coming, capture=self._capture)
        with self._writing:
            self._due[self._current.public_id] = self._current, now

    def _unkept(self) -> str:
        lost = len(self._due)
        return "this run is not kept" if len(self._ids) == 1 else f"of {len(self._ids)} runs {lost} are not kept"

    def _run(self) -> None:
        while not self._closing.wait(EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        from trainers.store.database import StoreError

        with self._writing:
            due = dict(self._due)
        if not due:
            return
        assert self._store is not None
        try:
            self._lost.update(self._store.write(list(due.values())))
            self._trouble = ""
        except StoreError as error:
            self._trouble = str(error)
            return
        except Exception as error:  # noqa: BLE001 - whatever is wrong with keeping, it is not what trains
            self._trouble = f"{type(error).__name__}: {error}"
            return
        with self._writing:
            for public_id, change in due.items():
                if self._due.get(public_id) is change:
                    del self._due[public_id]
