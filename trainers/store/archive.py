"""A run as one file, a ZIP, and files of the lab that somebody gives as runs to be kept.

An archive holds `manifest.json` (its format, by what the run was made, how it stands, and the size and SHA-256 of
each file), `run.json` and `run.csv` (as they are exported) and `probes.npz` (float32 arrays by `step/arm/name`); that
of a bundle (`trainers.takeaway.bundle`) holds more. It is read by these names alone, up to a bound, and checked;
nothing is unpickled, and no name in it is used as a path.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from trainers.kinds.run import empty_history
from trainers.runs.export import csv_lines
from trainers.runs.history import History, Probe
from trainers.runs.labels import shorten
from trainers.runs.replay import parse_json
from trainers.runs.spec import RunSpec
from trainers.runs.whole import WholeRun
from trainers.store.database import DamagedError, StoreError
from trainers.store.imported import Imported, filled, made_columns, parse_run, processors_of, read_replay, read_rows
from trainers.store.library import MAX_NAME, MAX_NOTE, check_text
from trainers.store.recording import Now, Recording, new_id
from trainers.store.run_table import read_table
from trainers.store.schema import runs, studies
from trainers.store.store import Store
from tricks.declaration import RefusedError

FORMAT, VERSION = "trick-lab run", 1
MANIFEST, RUN, ROWS, PROBES = "manifest.json", "run.json", "run.csv", "probes.npz"
FILES = (RUN, ROWS, PROBES)
README, CITATION, METHODS = "README.md", "citation.bib", "methods.txt"
SCRIPT, NOTEBOOK, START = "script.py", "script.ipynb", "start.npz"
FIGURES = ("race.svg", "race.pdf")
BESIDE = (README, CITATION, METHODS, *FIGURES, SCRIPT, NOTEBOOK, START)
"""What an archive that is a bundle holds beside that, or some of it; an import does not look into it."""
MAX_FILE = 64 * 2**20  # bytes of what is given
MAX_UNPACKED = 128 * 2**20  # bytes of all that an archive holds
MAX_MANIFEST = 64 * 2**10
MAX_ENTRIES = 16
MAX_ARRAYS = 60_000
MAX_DIMENSIONS = 4
ENDED = ("finished", "failed", "stopped")

_ID = re.compile(r"[0-9a-f]{16}")
_ARRAY = re.compile(r"(\d{1,6})/(\d{1,2})/([\w.]{1,64})\.npy", re.ASCII)
_SHAPE = rb"((?:\d{1,9}, )*(?:\d{1,9},?)?)"
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': False, 'shape': \(" + _SHAPE + rb"\), \} *\n", re.DOTALL
)
_BEGIN = b"PK\x03\x04"
_END, _END_SIZE = b"PK\x05\x06", 22  # of the list of entries, where a ZIP has no comment
_END_64, _END_64_SIZE = b"PK\x06\x07", 20
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, KeyError, OSError, OverflowError, RuntimeError, SyntaxError, TypeError, ValueError),
)


def write_archive(run: WholeRun, more: Mapping[str, bytes] | None = None) -> bytes:
    """A run as an archive, with `more` files of those that may stand in it; the same run makes the same bytes.

    Raises:
        StoreError: it is larger than what may be imported.
    """
    history, buffer = run.history, io.BytesIO()
    contents: dict[str, Iterable[bytes]] = {
        RUN: (run.json().encode(),),
        ROWS: (line.encode() for line in csv_lines(history, run.public_id)),
        PROBES: (_pack_probes(history.probes),),
        **{name: (content,) for name, content in (more or {}).items()},
    }
    with zipfile.ZipFile(buffer, "w") as file:
        left, told = MAX_UNPACKED - MAX_MANIFEST, {}
        for name, parts in contents.items():
            told[name] = _add(file, name, parts, left)
            left -= told[name]["size"]
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "provenance": run.made,
            "run": {
                "id": run.public_id,
                "name": run.name,
                "note": run.note,
                "status": run.status,
                "step": history.step,
                "created_at": run.created_at,
                "ended_at": run.ended_at,
                "failures": [[failure.arm, repr(failure.value)] for failure in history.failures],
            },
            "files": told,
        }
        _add(file, MANIFEST, (json.dumps(manifest, indent=1).encode(),), MAX_MANIFEST)
    return buffer.getvalue()


def read_archive(data: bytes) -> Imported:
    """The run that an archive holds, each of whose files is as it was written.

    Raises:
        RefusedError: it is none, is damaged or was changed, or holds more than may be.
    """
    contents = _unpacked(data)
    manifest = _object(parse_json(contents[MANIFEST], MANIFEST), MANIFEST)
    if manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
        raise RefusedError(f"{MANIFEST} must be of the format {FORMAT}, version {VERSION}")
    files = _object(manifest.get("files"), "files")
    if lost := sorted(set(files) - set(contents)):
        raise RefusedError(f"an archive must hold all that its {MANIFEST} names, {shorten(', '.join(lost))} is gone")
    for name in (name for name in contents if name != MANIFEST):
        told = _object(files.get(name), f"files.{name}")
        if told.get("sha256") != sha256(contents[name]).hexdigest():
            raise RefusedError(f"{name} is not as the archive was written: it was changed or damaged")
    return _run_of(manifest, contents)


def read_file(data: bytes) -> Imported:
    """The run that a file holds: an archive, a CSV or a JSON of the lab.

    Raises:
        RefusedError: it is none, is damaged, or too large.
    """
    if len(data) > MAX_FILE:
        raise RefusedError(f"a file must be at most {MAX_FILE // 2**20} MiB, it is larger")
    try:
        if data.startswith(_BEGIN):
            return read_archive(data)
        return read_replay(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else read_rows(data)
    except RecursionError:
        raise RefusedError("it is nested too deeply to be a run") from None


def import_file(store: Store, visitor: str, name: str, data: bytes) -> str:
    """Keeps the run of a file of the lab (an archive, a CSV or a JSON, called `name`) as one of the visitor's.

    Returns:
        Its public id.

    Raises:
        RefusedError: it is none, is damaged, or too large; the message names the file.
        StoreError: it cannot be written.
    """
    return _kept_as(store, visitor, name, _read_named(name, data), "")


def bring_file(store: Store, visitors: Sequence[str], name: str, data: bytes) -> tuple[str, bool]:
    """As `import_file`, for the first of `visitors`, who are one person: but no run that is among theirs already.

    Of a file whose run has no id of its own, or one that is taken, it follows from the visitor and what the file holds.

    Returns:
        Its public id, and whether it is new here.

    Raises:
        RefusedError, StoreError: as `import_file`.
    """
    found = _read_named(name, data)
    own = sha256(visitors[0].encode() + data).hexdigest()[:16]
    for public_id in (found.public_id, own):
        if _is_held(store, visitors, public_id, found.now.history):
            return public_id, False
    return _kept_as(store, visitors[0], name, found, own), True


def _read_named(name: str, data: bytes) -> Imported:
    try:
        return read_file(data)
    except RefusedError as error:
        raise RefusedError(f"{shorten(name, 80)}: {shorten(error, 400)}") from None


def _kept_as(store: Store, visitor: str, name: str, found: Imported, other_id: str) -> str:
    """Keeps it by its own id, or else by the other, or a new one."""
    free = (one for one in (found.public_id, other_id) if _ID.fullmatch(one) and _is_free(store, one))
    recording = Recording(next(free, None) or new_id(), visitor, _named(found, name), imported=True)
    recording.told = {**found.told, "note": check_text("note", found.note, MAX_NOTE)}
    store.write([(recording, found.now)])
    return recording.public_id


def _is_held(store: Store, visitors: Sequence[str], public_id: str, given: History) -> bool:
    """Whether the run of that id is theirs, and has all that the given one has."""
    try:
        kept = store.load(public_id)
    except DamagedError:
        return False
    if kept is None or kept.row.visitor not in visitors:
        return False
    spec, held = given.spec, kept.history
    if given.step == 0:
        return spec == held.spec
    if _subject(spec) != _subject(held.spec) or given.row_names != held.row_names:
        return False
    return all(
        np.array_equal(given.row(arm, name), held.row(arm, name)[: given.length(arm)], equal_nan=True)
        for arm in range(len(spec.arms))
        for name in given.row_names
    )


def _subject(spec: RunSpec) -> tuple[str, str, int, int]:
    """What a CSV says of a run beside its rows."""
    return spec.trick, spec.task, spec.seed, len(spec.arms)


def _named(found: Imported, name: str) -> str:
    """What the run is called: as it was, or by the file."""
    stem = re.split(r"[/\\]", name)[-1].rpartition(".")[0]
    called = found.name or "".join(letter for letter in stem if letter.isprintable())[:MAX_NAME]
    return check_text("name", called, MAX_NAME)


def _is_free(store: Store, public_id: str) -> bool:
    with store.database.reading() as connection:
        asked = (select(table.c.id).where(table.c.public_id == public_id) for table in (runs, studies))
        return all(connection.execute(query).first() is None for query in asked)


def _run_of(manifest: Mapping[str, Any], contents: Mapping[str, bytes]) -> Imported:
    spec, events, made = parse_run(contents[RUN], RUN)
    told = _object(manifest.get("run"), "run")
    step = told.get("step")
    history = empty_history(spec)
    history.processors = processors_of(made)
    if step != 0:
        probes = _unpack_probes(contents[PROBES])
        knobs = tuple(dict.fromkeys(name for arm in spec.arms for name in arm.knobs))
        table = read_table(contents[ROWS], knobs, with_turns=False)
        if table.step != step:
            raise RefusedError(f"run.step must be the last of its rows, {table.step}, got {shorten(step)}")
        past = [event for event in events if event.step <= table.step]
        for probe in probes:
            if not (probe.arm < len(table.arms) and 1 <= probe.step <= table.arms[probe.arm].length):
                raise RefusedError(f"a probe must be of a step and an arm, got step {probe.step} of arm {probe.arm}")
        history = filled(table, history, past, _failures(told.get("failures"), len(spec.arms)), probes)
    status = told.get("status")
    coming = tuple(event for event in events if event.step > history.step)
    now = Now(history, status if status in ENDED else "stopped", coming)
    times = times_of(told.get("created_at"), told.get("ended_at"))
    name, note = (_text(told.get(part), f"run.{part}", most) for part, most in (("name", MAX_NAME), ("note", MAX_NOTE)))
    return Imported(now, name, note, _text(told.get("id"), "run.id", 64), {**made_columns(made), **times})


def _failures(data: object, arms: int) -> dict[int, float]:
    """What the arms that ended came to be, by arm; their values stand as text, since JSON knows no such numbers."""
    found: dict[int, float] = {}
    for item in data if isinstance(data, list) else [data]:
        arm, value = item if isinstance(item, list) and len(item) == 2 else (None, None)
        if not (isinstance(arm, int) and 0 <= arm < arms and arm not in found and value in ("nan", "inf", "-inf")):
            raise RefusedError(f"run.failures must be an arm and nan, inf or -inf each, got {shorten(item)}")
        found[arm] = float(value)
    return found


def times_of(created: object, ended: object) -> dict[str, float]:
    """The columns of when it was made; as it is now where it is not told, or in the future."""
    for time_s in (created, ended):
        if not isinstance(time_s, int | float) or not 0 <= time_s <= time.time():
            return {}
    assert isinstance(created, int | float) and isinstance(ended, int | float)
    last = float(max(created, ended))
    return {"created_at": float(created), "ended_at": last, "heartbeat_at": last}


def _object(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise RefusedError(f"{where} must be an object, got {shorten(data)}")
    return data


def _text(data: object, where: str, most: int) -> str:
    if not isinstance(data, str):
        raise RefusedError(f"{where} must be text, got {shorten(data)}")
    try:
        return check_text(where.rpartition(".")[2], data.encode(errors="replace").decode(), most)
    except StoreError as error:
        raise RefusedError(str(error)) from None


# The ZIP


def zip_entry(name: str) -> zipfile.ZipInfo:
    """The head of a deflated file in a ZIP, which is the same whenever it is written."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _add(file: zipfile.ZipFile, name: str, parts: Iterable[bytes], left: int) -> dict[str, Any]:
    """Adds a file, which is the same whenever it is written, and gives its size and hash."""
    digest, size = sha256(), 0
    with file.open(zip_entry(name), "w") as into:
        for part in parts:
            size += len(part)
            if size > left:
                raise StoreError(f"an archive must be at most {MAX_UNPACKED // 2**20} MiB: export the CSV instead")
            digest.update(part)
            into.write(part)
    return {"size": size, "sha256": digest.hexdigest()}


def _unpacked(data: bytes) -> dict[str, bytes]:
    """What the files of an archive hold."""
    try:
        with _opened(data, MAX_ENTRIES) as file:
            names = file.namelist()
            must = (MANIFEST, *FILES)
            if len(set(names)) < len(names) or not set(must) <= set(names) <= {*must, *BESIDE}:
                may = f"{MANIFEST}, {', '.join(FILES)}, beside them {', '.join(BESIDE)} or some of these"
                raise RefusedError(f"an archive of a run must hold {may}, and nothing else")
            contents = {MANIFEST: _read_entry(file, MANIFEST, MAX_MANIFEST)}
            left = MAX_UNPACKED
            for name in names:
                if name != MANIFEST:
                    contents[name] = _read_entry(file, name, left)
                    left -= len(contents[name])
            return contents
    except RefusedError:
        raise
    except _DAMAGED as error:
        raise RefusedError(f"the archive is damaged: {shorten(error, 100)}") from None


def _opened(data: bytes, most: int) -> zipfile.ZipFile:
    """A ZIP whose list of entries is not longer than it may be: it is looked at before it is read."""
    end = data[-_END_SIZE:]
    count = int.from_bytes(end[10:12], "little")
    listed = int.from_bytes(end[12:16], "little")
    before = data[-_END_SIZE - _END_64_SIZE : -_END_SIZE]
    if not end.startswith(_END) or end[20:22] != b"\0\0" or before.startswith(_END_64):
        raise RefusedError("the archive is damaged: it does not end as it must (was it cut short?)")
    if count > most or listed > most * 256:
        raise RefusedError(f"an archive must have at most {most:,} entries, it has {count:,}")
    return zipfile.ZipFile(io.BytesIO(data))


def _read_entry(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """What an entry holds, whatever size it says it has."""
    if file.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError(f"{shorten(name)} must be deflated or as it is")
    with file.open(name) as entry:
        content = entry.read(most + 1)
    if len(content) > most:
        raise RefusedError(f"an archive must be at most {MAX_UNPACKED // 2**20} MiB unpacked, it is larger")
    return content


# The probes


def _pack_probes(probes: Sequence[Probe]) -> bytes:
    buffer = io.BytesIO()
    if sum(len(probe.arrays) for probe in probes) > MAX_ARRAYS:
        raise StoreError(f"an archive must have at most {MAX_ARRAYS:,} arrays of probes: export the CSV instead")
    with zipfile.ZipFile(buffer, "w") as file:
        for probe in probes:
            for name, array in probe.arrays.items():
                content = io.BytesIO()
                np.lib.format.write_array(content, np.asarray(array, "<f4", order="C"), (1, 0), allow_pickle=False)
                file.writestr(zipfile.ZipInfo(f"{probe.step}/{probe.arm}/{name}.npy"), content.getvalue())
    return buffer.getvalue()


def _unpack_probes(data: bytes) -> tuple[Probe, ...]:
    arrays: dict[tuple[int, int], dict[str, NDArray[np.float32]]] = {}
    try:
        for (step, arm, name), array in _arrays(data):
            arrays.setdefault((step, arm), {})[name] = array
    except RefusedError:
        raise
    except _DAMAGED as error:
        raise RefusedError(f"{PROBES} is damaged: {shorten(error, 100)}") from None
    return tuple(Probe(step, arm, found) for (step, arm), found in sorted(arrays.items(), key=lambda item: item[0]))


def _arrays(data: bytes) -> Iterator[tuple[tuple[int, int, str], NDArray[np.float32]]]:
    left = MAX_UNPACKED
    with _opened(data, MAX_ARRAYS) as file:
        for entry in file.namelist():
            found = _ARRAY.fullmatch(entry)
            if found is None:
                raise RefusedError(f"{PROBES} must hold arrays by step/arm/name, got {shorten(entry)}")
            content = _read_entry(file, entry, left)
            left -= len(content)
            yield (int(found[1]), int(found[2]), found[3]), _array(content)


def _array(content: bytes) -> NDArray[np.float32]:
    """An array of float32 as NumPy writes it; that it is as long as it says is looked at before it is made."""
    found = _HEADER.match(content)
    if found is None:
        raise RefusedError(f"{PROBES} must hold arrays of float32, as NumPy writes them")
    shape = tuple(int(size) for size in found[1].split(b",") if size.strip())
    values = content[found.end() :]
    if len(shape) > MAX_DIMENSIONS or math.prod(shape) * 4 != len(values):
        raise RefusedError(f"{PROBES} must hold whole arrays of up to {MAX_DIMENSIONS} dimensions")
    return np.frombuffer(values, "<f4").reshape(shape)
