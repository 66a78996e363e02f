"""In which forms runs are taken home: the same files from the pages and from the command line."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from trainers.figures.drawing import KINDS
from trainers.figures.racing import band, race
from trainers.runs.export import COMMA_SHEET, PLAIN, SHEET, Dialect, runs_csv
from trainers.runs.tidy import Sink, parquet_parts
from trainers.runs.whole import WholeRun
from trainers.store.archive import write_archive, zip_entry
from trainers.takeaway.bundle import write_bundle
from trainers.takeaway.script import script_files
from trainers.takeaway.tensorboard import event_files, writing_events
from tricks.declaration import RefusedError

MOST_RUNS = 100  # in one file
MOST_AT_ONCE = 2**20  # bytes of a file on its way into a ZIP

Parts = Iterable[bytes]


@dataclass(frozen=True)
class Form:
    """A file of runs: how its name ends, its media type, and how it is written, in parts; of one run or of `most`.

    To write it raises RefusedError, StoreError or ScriptError where there is none of such runs, before its first part.
    """

    ending: str
    media: str
    write: Callable[[Sequence[WholeRun]], Parts]
    most: int = 1

    def parts(self, runs: Sequence[WholeRun]) -> Iterator[bytes]:
        """The file of these runs.

        Raises:
            RefusedError, StoreError, ScriptError: there is none of such runs, or of so many.
        """
        if not 1 <= len(runs) <= self.most:
            most = "one run" if self.most == 1 else f"1 to {self.most} runs"
            raise RefusedError(f"a file that ends in {self.ending} must be of {most}, got {len(runs)}")
        return iter(self.write(runs))


def events_zip(runs: Sequence[WholeRun]) -> Iterator[bytes]:
    """The event files of runs in their folders, as one ZIP; on the disk there is one run's at a time."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w") as file:
        for run in runs:
            with TemporaryDirectory() as made:
                folder = Path(made)
                for _ in writing_events(folder, run.history, run.public_id, run.created_at):
                    yield sink.taken()
                for path in event_files(folder, run.history, run.public_id):
                    name = path.relative_to(folder).as_posix()
                    with path.open("rb") as content, file.open(zip_entry(name), "w") as into:
                        while part := content.read(MOST_AT_ONCE):
                            into.write(part)
                            yield sink.taken()
    yield sink.taken()


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """Files as a ZIP: the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in contents.items():
            file.writestr(zip_entry(name), content)
    return buffer.getvalue()


def figure(runs: Sequence[WholeRun], kind: str, metric: str = "") -> bytes:
    """The race of a run, or the band of several that differ in their seeds alone, drawn as that kind of file.

    Raises:
        RefusedError: as `race` and `band`.
    """
    if len(runs) == 1:
        return race(runs[0].history, runs[0].made, kind, metric)
    return band([run.history for run in runs], [run.made for run in runs], kind, metric)


def _drawn(runs: Sequence[WholeRun], kind: str) -> Parts:
    return [figure(runs, kind)]


def _table(runs: Sequence[WholeRun], dialect: Dialect) -> Iterator[bytes]:
    return (text.encode() for text in runs_csv([(run.history, run.public_id) for run in runs], dialect))


ZIP = "application/zip"
MEDIA = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}

FORMS = {
    "csv": Form(".csv", "text/csv", partial(_table, dialect=PLAIN), MOST_RUNS),
    "json": Form(".json", "application/json", lambda runs: [runs[0].json().encode()]),
    "sheet": Form(".sheet.csv", "text/csv", partial(_table, dialect=SHEET), MOST_RUNS),
    "comma": Form(".comma.csv", "text/csv", partial(_table, dialect=COMMA_SHEET), MOST_RUNS),
    "parquet": Form(
        ".parquet",
        "application/vnd.apache.parquet",
        lambda runs: parquet_parts([(run.history, run.public_id) for run in runs]),
        MOST_RUNS,
    ),
    "tensorboard": Form(".tensorboard.zip", ZIP, events_zip, MOST_RUNS),
    **{kind: Form(f".{kind}", MEDIA[kind], partial(_drawn, kind=kind), MOST_RUNS) for kind in KINDS},
    "script": Form(".script.zip", ZIP, lambda runs: [zipped(script_files(runs[0]))]),
    "archive": Form(".zip", ZIP, lambda runs: [write_archive(runs[0])]),
    "bundle": Form(".bundle.zip", ZIP, lambda runs: [write_bundle(runs[0])]),
}
"""By the name that an address asks for them by."""
