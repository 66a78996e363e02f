"""The archives of several runs in one ZIP, written as it is read, so that it may be as large as a library."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from trainers.runs.labels import shorten
from trainers.runs.whole import WholeRun
from trainers.store.archive import MAX_FILE, write_archive
from trainers.store.database import StoreError
from trainers.store.library import RUN, Card
from trainers.store.store import Store
from tricks.declaration import RefusedError

LEFT_OUT = "left out.txt"
"""What of it has no archive, and why; where nothing has been left out it is not there."""

_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, LookupError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError),
)


class _Pieces(io.BytesIO):
    """A file that is taken away piece by piece as it is written; one goes back within the last piece only."""

    gone = 0

    def tell(self) -> int:
        return self.gone + super().tell()

    def seek(self, to: int, whence: int = io.SEEK_SET) -> int:
        return self.gone + super().seek(to - self.gone if whence == io.SEEK_SET else to, whence)

    def take(self) -> bytes:
        piece = self.getvalue()
        self.gone += len(piece)
        super().seek(0)
        self.truncate()
        return piece


def write_parcel(store: Store, cards: Iterable[Card]) -> Iterator[bytes]:
    """The ZIP of the archives of those of them that are kept runs, a piece for each and one for its end."""
    pieces, left_out = _Pieces(), []
    with zipfile.ZipFile(pieces, "w") as file:
        for card in cards:
            try:
                file.writestr(zipfile.ZipInfo(archive_name(card)), write_archive(run_of(store, card)))
            except StoreError as error:
                left_out.append(f"{card.public_id}: {error}\n")
            yield pieces.take()
        if left_out:
            file.writestr(zipfile.ZipInfo(LEFT_OUT), "".join(left_out))
    yield pieces.take()


def run_of(store: Store, card: Card) -> WholeRun:
    """The run that a card is of.

    Raises:
        StoreError: it is of none, is damaged, or was deleted for good meanwhile.
    """
    if card.kind != RUN:
        raise StoreError("a repeat over seeds is exported by itself, as its CSV, Parquet or JSON")
    kept = store.load(card.public_id)
    if kept is None:
        raise StoreError("it is not there any more")
    return kept.whole()


def archive_name(card: Card) -> str:
    """What its archive is called."""
    return f"{card.trick}-{card.public_id}.zip"


def open_parcel(file: BinaryIO) -> zipfile.ZipFile | None:
    """The file where it is a parcel, by its list of entries; None where it is anything else."""
    try:
        found = zipfile.ZipFile(file)
    except _DAMAGED:
        return None
    names = found.namelist()
    archives = [name for name in names if name != LEFT_OUT]
    return found if archives and all(name.endswith(".zip") for name in archives) else None


def read_parcel(parcel: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """The archives in it, one after another, by their names.

    Raises:
        RefusedError: one of them is too large, or cannot be taken out.
    """
    for name in parcel.namelist():
        if name == LEFT_OUT:
            continue
        try:
            with parcel.open(name) as entry:
                content = entry.read(MAX_FILE + 1)
        except _DAMAGED as error:
            raise RefusedError(f"{shorten(name, 80)} cannot be taken out: {shorten(error, 100)}") from None
        yield name, content
