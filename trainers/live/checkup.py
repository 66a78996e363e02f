"""What is wrong with machine, cache, store and cluster, a sentence each, before somebody finds it out by a run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dask
import psutil
from dask.system import CPU_COUNT
from distributed import Client
from distributed.comm.addressing import get_address_host

from trainers.kinds.handshake import Introduction, compare, introduce
from trainers.runs.provenance import ROOT, code_hash, processor
from trainers.store.database import FILE, StoreError, data_folder
from trainers.store.quota import space_of, told_mb
from trainers.store.schema import HEAD
from trainers.store.store import Store, is_off, open_store
from trainers.tasks.cache_file import BrokenError, cache_folder, read_arrays
from trainers.tasks.mnist1d import CACHED

_ANSWER_S = 10
_MEMORY_MB = 400  # of a worker and of the app, each
_CACHE_MB = 50


@dataclass(frozen=True)
class Finding:
    """A sentence about what is, and whether it is as it should be."""

    sentence: str
    is_well: bool = True


def findings(scheduler: str | None = None) -> Iterator[Finding]:
    """All that is looked at: this machine, the cache, the store, and the cluster at that address, if there is one."""
    yield from of_machine()
    yield from of_cache()
    yield from of_store()
    if scheduler is not None:
        yield from of_cluster(scheduler)


def of_machine() -> Iterator[Finding]:
    """Whether the packages are those that the project is tested with, and there is memory for a worker a core."""
    yield Finding(f"This machine has {CPU_COUNT} cores ({processor()}) and the code {code_hash()}.")
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, separator, wanted = line.partition("==")
        if separator:
            try:
                found = version(name).partition("+")[0]  # which build of it does not matter here
            except PackageNotFoundError:
                found = "missing"
            if found != wanted:
                yield Finding(f"{name} must be {wanted}, it is {found}: pip install -r requirements.txt", False)
    free_mb, wanted_mb = psutil.virtual_memory().available / 2**20, _MEMORY_MB * (CPU_COUNT + 1)
    if free_mb < wanted_mb:
        told = f"{CPU_COUNT} workers and the app need about {wanted_mb} MB of memory, {free_mb:.0f} are free"
        yield Finding(f"{told}: set TRICK_LAB_WORKERS to a smaller number.", False)
    else:
        yield Finding(
            f"{free_mb:.0f} MB of memory are free, for {CPU_COUNT} workers and the app {wanted_mb} are enough."
        )


def of_cache() -> Iterator[Finding]:
    """Whether generated data can be kept, and are."""
    try:
        folder = cache_folder()
    except RuntimeError as error:
        told = f"There is no folder for generated data ({error}): they are made again in every process"
        yield Finding(f"{told}; set TRICK_LAB_CACHE to one.", False)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        told = f"{folder} cannot be written ({error.strerror}): data are made again in every process"
        yield Finding(f"{told}; set TRICK_LAB_CACHE to a folder that can.", False)
        return
    free_mb = shutil.disk_usage(folder).free / 2**20
    if free_mb < _CACHE_MB:
        yield Finding(f"{folder} has {free_mb:.0f} MB left, generated data need {_CACHE_MB}: make room.", False)
    try:
        read_arrays(folder / f"{CACHED}.npz", CACHED)
        made = "there"
    except FileNotFoundError:
        made = "not there yet and is made with its first run"
    except BrokenError as error:
        yield Finding(f"{error}: the next run on MNIST-1D makes it again.", False)
        return
    yield Finding(f"{folder} is writable; MNIST-1D is {made}.")


def of_store() -> Iterator[Finding]:
    """Where runs are kept, how much of them, what is interrupted, and what is wrong there."""
    try:
        if is_off():
            yield Finding("No runs are kept: TRICK_LAB_STORE is off.")
            return
        path = data_folder() / FILE
        if not path.exists():
            yield _of_place(path)
            return
        store = open_store()
        assert store is not None
        with closing(store):
            yield from _of_store(store)
    except StoreError as error:
        yield Finding(f"{error}.", False)


def _of_place(path: Path) -> Finding:
    """Whether a store can be made there, by the nearest place that there is already."""
    place = next(one for one in path.absolute().parents if os.access(one, os.F_OK))
    if place.is_dir() and os.access(place, os.W_OK):
        return Finding(f"No runs are kept yet; they will be in {path}.")
    told = f"No runs are kept: {path} cannot be made, {place} is no folder that can be written"
    return Finding(f"{told}; set TRICK_LAB_DATA to another.", False)


def _of_store(store: Store) -> Iterator[Finding]:
    database, counts, space = store.database, store.counts(), space_of(store)
    told = f"{counts.runs:,} runs and {counts.studies:,} studies are kept in {database.path}"
    size = f"{space.used / 2**20:.1f} MB of at most {told_mb(space.most)}"
    yield Finding(f"{told}, {size}, in tables of version {HEAD}.")
    if space.is_nearly_full:
        yield Finding("When it is full the oldest that are not pinned go: pin or export what is to stay.")
    if counts.interrupted:
        how = "go on with them from the library, or with `python -m trainers runs resume`"
        yield Finding(f"{counts.interrupted:,} of them were interrupted: {how}.")
    for trouble in filter(None, (database.read_only, database.damage())):
        yield Finding(f"{trouble}.", False)
    if database.remark:
        yield Finding(f"{database.remark}.")


def of_cluster(scheduler: str) -> Iterator[Finding]:
    """Whether the scheduler answers, and each of its workers may train for this process."""
    try:
        get_address_host(scheduler)
    except ValueError as error:  # of which a client would try for long
        yield Finding(f"A scheduler's address must be such as tcp://10.0.0.1:8786, got {scheduler!r}: {error}.", False)
        return
    is_safe = scheduler.startswith("tls:")
    if is_safe and not dask.config.get("distributed.comm.tls.ca-file"):
        yield Finding(f"{scheduler} needs certificates: set them as in On several machines of the README.", False)
        return
    if not is_safe and dask.config.get("distributed.comm.require-encryption"):
        yield Finding(
            f"{scheduler} is not encrypted, which the settings require: its address begins with tls://.", False
        )
        return
    try:
        client = Client(scheduler, timeout=_ANSWER_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        told = f"The scheduler at {scheduler} does not answer ({type(error).__name__}: {error})"
        yield Finding(f"{told}: start it with `dask scheduler` in this folder, and open its port.", False)
        return
    with client:
        threads = client.nthreads()  # type: ignore[no-untyped-call]
        if not threads:
            how = f"`python -m trainers worker {scheduler}`"
            yield Finding(f"The scheduler at {scheduler} has no workers: start some with {how}.", False)
            return
        yield Finding(f"The scheduler at {scheduler} answers and has {len(threads)} workers.")
        for address, count in threads.items():
            yield of_worker(client, address)
            if count > 1:
                how = f"--nthreads 1 --nworkers {count}"
                yield Finding(
                    f"The worker at {address} has {count} threads, of which one trains: start it with {how}.", False
                )


def of_worker(client: Client, address: str) -> Finding:
    """Whether a worker has the same code and build, and answers."""
    try:
        told = client.sync(client._run, introduce, workers=[address], callback_timeout=_ANSWER_S)[address]  # type: ignore[no-untyped-call]
    except ImportError as error:
        return Finding(f"The worker at {address} has not this code ({error}): start it in the project's folder.", False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wrong
        return Finding(f"The worker at {address} does not answer ({type(error).__name__}: {error}).", False)
    refusal, other = compare(Introduction(**told))
    if refusal:
        return Finding(f"The worker at {address} is refused: {refusal}.", False)
    if other:
        return Finding(f"The worker at {address} trains on {other}: its runs differ in their last digits.")
    return Finding(f"The worker at {address} is the same as this process.")
