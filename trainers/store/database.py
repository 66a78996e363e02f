"""The store's database: one SQLite file, opened, brought to the newest version, and what its troubles mean in words.

Where the disk bears it the journal is a write-ahead log, so that readers and the writer do not wait for each other;
network disks do not, and there it is SQLite's own. A database in a read-only place is read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
from platformdirs import user_data_path
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from trainers.store.schema import HEAD

FILE = "lab.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_S = 5.0  # for which one waits for another's write to end
NETWORK = ("nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "9p", "afs", "sshfs", "fuse.sshfs", "glusterfs", "lustre")
_APPLICATION = 0x4C414230  # what the file says it is for: "LAB0"
_WRITES = "writes"


class StoreError(Exception):
    """The store cannot do what was asked of it: the message says why and what to do. Nothing that was kept is lost."""


class DamagedError(StoreError):
    """One run or study cannot be read; the others can."""


def data_folder() -> Path:
    """`TRICK_LAB_DATA` where it is set, else this platform's folder for the user's data.

    Raises:
        StoreError: the user has none.
    """
    chosen = os.environ.get("TRICK_LAB_DATA")
    try:
        return Path(chosen) if chosen else user_data_path("trick-lab", appauthor=False)
    except RuntimeError as error:
        raise StoreError(f"there is no folder for runs ({error}): set TRICK_LAB_DATA to one") from None


def sayable(text: str) -> str:
    """What is looked for, as a database can be asked: what is no character, and so is nowhere, stands as U+FFFD."""
    return text.encode(errors="surrogatepass").decode(errors="replace")


class Database:
    """The file `lab.sqlite` of a `folder`, which is made where it is absent.

    `read_only` says why it can only be read, "" where it can be written; `remark` what else whoever runs it should
    know.

    Raises:
        StoreError: it cannot be opened, is damaged, or was made by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.read_only = ""
        self.remark = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made ({error.strerror}): set TRICK_LAB_DATA to another") from None
        if not _is_writable(folder, self.path):
            if not self.path.exists():
                raise StoreError(f"{folder} cannot be written: let it be, or set TRICK_LAB_DATA to another")
            self.read_only = f"{self.path} cannot be written"
        self._journal = "DELETE" if is_network(folder) else "WAL"
        self.engine = self._engine()
        with self.troubles():
            self._prepare()

    def _engine(self) -> Engine:
        mode = "ro" if self.read_only else "rwc"
        address = f"{self.path.absolute().as_uri()}?mode={mode}{'&immutable=1' if self.read_only else ''}"

        def connect() -> sqlite3.Connection:
            made = sqlite3.connect(address, uri=True, timeout=PATIENCE_S, check_same_thread=False, isolation_level=None)
            made.execute("PRAGMA foreign_keys=ON")
            if not self.read_only:
                made.execute("PRAGMA synchronous=NORMAL")
                made.execute("PRAGMA cache_size=-8000")
            return made

        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=8)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            """A transaction that writes says so at once: it could not begin to later, after another has."""
            writes = connection.get_execution_options().get(_WRITES)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _prepare(self) -> None:
        with closing(self.engine.raw_connection()) as raw:
            plain: Any = raw.driver_connection
            version = _version_of(plain)
            if not self.read_only:
                if not version:
                    plain.execute("PRAGMA auto_vacuum=INCREMENTAL")
                got = plain.execute(f"PRAGMA journal_mode={self._journal}").fetchone()[0]
                if got.upper() != "WAL":
                    self.remark = f"{self.path} is on a disk without a write-ahead log: reading and writing take turns"
        if version == HEAD:
            return
        if version > HEAD:
            sentence = f"{self.path} is of a newer version of the lab (its tables are {version}, these {HEAD})"
            raise StoreError(f"{sentence}: bring the lab up, or set TRICK_LAB_DATA to another folder")
        if self.read_only:
            raise StoreError(f"{self.path} is of an older version and cannot be written: let it be, to be brought up")
        if version:
            self._copy(version)
        self._bring_up()

    def _bring_up(self) -> None:
        """Brings the tables to the newest version, all or nothing.

        A table may be made anew for it, and what refers to its rows must not go with the old ones.
        """
        with self.engine.execution_options(**{_WRITES: True}).connect() as connection:
            plain: Any = connection.connection.driver_connection
            plain.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    if _version_of(plain) != HEAD:  # no other process has done so meanwhile
                        _migrate(connection)
                    if plain.execute("PRAGMA foreign_key_check").fetchone() is not None:
                        raise StoreError(f"{self.path}: its rows do not fit together; it was left as it is")
            finally:
                plain.execute("PRAGMA foreign_keys=ON")

    def _copy(self, version: str) -> None:
        """Keeps a copy of a database before it is changed."""
        kept = self.path.with_name(f"lab-{version}.sqlite")
        if shutil.disk_usage(self.path.parent).free < 2 * self.path.stat().st_size:
            raise StoreError(f"there is no room for a copy of {self.path}, which is of an older version: make some")
        with closing(sqlite3.connect(self.path)) as old, closing(sqlite3.connect(kept)) as new:
            old.backup(new)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as it is at one moment.

        Raises:
            StoreError: it cannot be read.
        """
        with self.troubles(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are all made, at the end, or none.

        Raises:
            StoreError: it cannot be written.
        """
        if self.read_only:
            raise StoreError(self.read_only)
        with self.troubles(), self.engine.execution_options(**{_WRITES: True}).begin() as connection:
            yield connection

    @contextmanager
    def troubles(self) -> Iterator[None]:
        """Turns what SQLite says into a sentence that says what to do."""
        try:
            yield
        except (DBAPIError, sqlite3.Error, OSError) as error:
            raise StoreError(self._told(error)) from error
        except UnicodeEncodeError as error:
            raise StoreError(f"text must be of characters that can be written, got {error.object[:40]!r}") from None

    def _told(self, error: Exception) -> str:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        for mark, sentence in (
            ("full", "there is no room left for it: make some, it is tried again"),
            ("locked", "another program holds it: it is tried again"),
            ("readonly", "it cannot be written: let it be"),
            ("not a database", "it is no database of the lab: move it away, or set TRICK_LAB_DATA to another folder"),
            ("malformed", "it is damaged: move it away; `sqlite3 lab.sqlite .recover` gives what can be read of it"),
            ("disk I/O", "its disk does not answer as it must: look after it, it is tried again"),
            ("unable to open", "it cannot be opened: see that its folder is there and can be written"),
        ):
            if mark in said:
                return f"{self.path}: {sentence}"
        return f"{self.path}: {said}"

    def give_back(self) -> None:
        """Gives the room of what was deleted back to the disk."""
        with self.troubles(), closing(self.engine.raw_connection()) as raw:
            plain: Any = raw.driver_connection
            plain.executescript("PRAGMA incremental_vacuum")  # a step for each page: `execute` makes only the first

    def damage(self) -> str:
        """What is damaged in it, "" if nothing is; it is read whole for that."""
        try:
            with self.reading() as connection:
                found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        except StoreError as error:
            return str(error)
        return "" if found == "ok" else f"{self.path} is damaged ({found}): move it away"

    def close(self) -> None:
        """Closes the file."""
        self.engine.dispose()


def _is_writable(folder: Path, path: Path) -> bool:
    return os.access(folder, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def is_network(folder: Path) -> bool:
    """Whether the folder is on a disk of another machine, by the nearest place where something is mounted."""
    at = folder.absolute()
    mounted = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    nearest = next((place for place in (at, *at.parents) if place in mounted), None)
    return nearest is not None and mounted[nearest].lower() in NETWORK


def _version_of(connection: Any) -> str:
    """The version of the tables, "" of a file without any.

    Raises:
        StoreError: the file has tables that are none of the lab's.
    """
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        return ""
    if "alembic_version" not in names:
        raise StoreError("lab.sqlite is no database of the lab: set TRICK_LAB_DATA to another folder")
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else ""


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"lab.sqlite cannot be brought up to date: {error}") from None
    connection.exec_driver_sql(f"PRAGMA application_id={_APPLICATION}")
