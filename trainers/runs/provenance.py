"""Where figures come from: which code, on what machine, when. Written into every file that holds some."""

from __future__ import annotations

import os
import platform
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
TRAINS = ("tricks", "trainers")
DETERMINING = ("code", "torch", "processor")
"""What the last digits of a run depend on, beside its spec and events."""

VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}
"""What a processor's flag is called, the widest vectors first."""


def made_here(processors: Sequence[str] = ()) -> dict[str, Any]:
    """By which code, where and when figures are made; on these `processors` where they are not this machine's.

    `code` is a hash of all that trains; `commit` ends in + where files differ from it.
    """
    elsewhere = {"processor": " and ".join(processors)} if processors else {}
    return {**_unchanging(), "date": datetime.now(UTC).date().isoformat(), **elsewhere}


def differences(made: object) -> list[str]:
    """In what this process differs from the one that a file's provenance tells of, as far as last digits go."""
    here = made_here()
    there: Mapping[str, Any] = made if isinstance(made, dict) else {}
    return [
        f"{name} {there[name]}, here {here[name]}" for name in DETERMINING if there.get(name, here[name]) != here[name]
    ]


@cache
def _unchanging() -> dict[str, Any]:
    return {
        "version": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
        "code": code_hash(),
        "commit": _commit(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def code_hash() -> str:
    """A hash of every module of the rooms that train, by name and content; line ends do not count."""
    found = sha256()
    for room in TRAINS:
        for path in sorted((ROOT / room).rglob("*.py")):
            found.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
            found.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return found.hexdigest()[:16]


def _commit() -> str:
    try:
        asked = [["rev-parse", "HEAD"], ["status", "--porcelain", "--", *TRAINS]]
        head, changes = (
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603, S607
            for words in asked
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head.strip() + ("+" if changes.strip() else "")


@cache
def processor() -> str:
    """What this machine calculates with: its name, its generation, the widest vectors that torch may use there.

    A virtual machine calls several generations by one name, and their last digits differ.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    said = {name.strip(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
    name = said.get("model name") or platform.processor() or platform.machine()
    flags = said.get("flags", "").split()
    vectors = next((told for flag, told in VECTORS.items() if flag in flags), "")
    generation = f"family {said['cpu family']} model {said['model']}" if "cpu family" in said else ""
    told = ", ".join(filter(None, (generation, vectors)))
    return f"{name} ({told})" if told else name
