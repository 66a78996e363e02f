"""What commands read and write: words on streams that may be missing, narrow or full, and files that are whole."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from threading import get_ident
from typing import TextIO

STREAMS = (("stdin", "r", os.O_RDWR), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_RDWR))


class UnwrittenError(Exception):
    """Data could not be written: the message says where to, and why."""


def prepare_streams() -> None:
    """Puts nothing in the place of a standard stream that is closed, and lets no letter that one has not end a command.

    What is written to a standard output that is closed fails, as on a full disk: somebody asked for it. In this order a
    file that is opened later cannot get the number of a closed stream, and its errors in it.
    """
    for name, mode, access in STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, access), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def tell(text: str, stream: TextIO | None = None) -> None:
    """Prints `text` on standard error, or on `stream`; words that nobody can take end nothing.

    Control characters, which a file's names may hold, stand as a replacement character: a terminal would obey them.
    """
    try:
        print(harmless(text), file=stream or sys.stderr, flush=True)
    except (OSError, ValueError):
        if stream is sys.stdout:
            silence_stdout()


def show(text: str) -> None:
    """Prints what was asked for on standard output, like `tell`.

    Raises:
        UnwrittenError: it cannot be written there.
    """
    with _told_by_name("standard output"):
        print(harmless(text), flush=True)


def harmless(text: str) -> str:
    """`text` without control characters but line ends."""
    return "".join(letter if letter == "\n" or letter.isprintable() else "\ufffd" for letter in text)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def is_stream(target: str) -> bool:
    """Whether it is standard output, a pipe or a device: what is written there is there for good."""
    return target == "-" or (Path(target).exists() and not Path(target).is_file())


def write_lines(target: str, lines: Iterable[str]) -> None:
    """Writes lines, each with its line end, as UTF-8 to the file `target`; like `write_data`."""
    write_data(target, (line.encode() for line in lines))


def write_record(place: Path, lines: Iterable[str]) -> None:
    """Writes lines to a file of what is recorded, like `write_lines`, in a folder that is made if it is not there."""
    with _told_by_name(str(place)):
        place.parent.mkdir(parents=True, exist_ok=True)
    write_lines(str(place), lines)


def write_data(target: str, parts: Iterable[bytes]) -> None:
    """Writes bytes to the file `target`, - for standard output.

    A file that is there already stays as it was until the new one is whole.

    Raises:
        UnwrittenError: it could not be written, such as on a full disk.
    """
    with _told_by_name("standard output" if target == "-" else target):
        if target == "-":
            sys.stdout.flush()
            sys.stdout.buffer.writelines(parts)
            sys.stdout.buffer.flush()
            return
        if is_stream(target):
            with Path(target).open("wb") as file:
                file.writelines(parts)
            return
        path = Path(target).resolve()
        unfinished = path.with_name(f".{os.getpid()}.{get_ident()}.part")
        try:
            with unfinished.open("wb") as file:
                file.writelines(parts)
            if path.exists():
                shutil.copymode(path, unfinished)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


@contextmanager
def _told_by_name(place: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if place == "standard output":
            silence_stdout()
        raise UnwrittenError(f"{place} could not be written: {error.strerror or error}") from None


def write_each(*writes: Callable[[], object]) -> None:
    """Makes each of the writes, in their order, even where another cannot be made.

    Raises:
        UnwrittenError: some could not; the message says of each of them where to, and why.
    """
    missed: list[str] = []

    def make(write: Callable[[], object]) -> None:
        try:
            write()
        except UnwrittenError as error:
            missed.append(str(error))

    with ExitStack() as each:  # whatever else may be wrong with one
        for write in reversed(writes):
            each.callback(make, write)
    if missed:
        raise UnwrittenError("; ".join(missed))


def silence_stdout() -> None:
    """Lets what is still held for standard output go nowhere, so that the interpreter's end does not try again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Bar:
    """A line on standard error that says how far something is; nothing where that is neither terminal nor notebook."""

    WIDTH = 24

    def __init__(self, title: str, total: int, unit: str) -> None:
        self._title, self._total, self._unit = title, total, unit
        self._shown = 0
        self._started = time.perf_counter()

    def show(self, done: int) -> None:
        """Shows that `done` of the total are made."""
        if not (sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")):
            return
        rate = done / max(1e-9, time.perf_counter() - self._started)
        filled = round(self.WIDTH * done / self._total)
        bar = "#" * filled + "." * (self.WIDTH - filled)
        left = f", {rate:,.3g} a second, {(self._total - done) / rate:.0f} s left" if rate else ""
        self._draw(f"{self._title} [{bar}] {done:,} of {self._total:,} {self._unit}{left}")

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._draw("")
            self._write("\r")

    def _draw(self, line: str) -> None:
        line = harmless(line)[: max(1, shutil.get_terminal_size().columns - 1)]
        self._write("\r" + line.ljust(self._shown))
        self._shown = len(line)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()
