"""One-line faults: what one is, those given to be tried, and why some that were drawn change nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PYTHON, JAVASCRIPT, GIVEN = "Python", "JavaScript", "given"


@dataclass(frozen=True)
class Fault:
    """`before`, from the character `start` of a file on, is `after` instead; `line` counts from 1."""

    half: str
    path: str
    line: int
    start: int
    before: str
    after: str
    operator: str

    def put_into(self, text: str) -> str:
        """The file's text with the fault in it."""
        end = self.start + len(self.before)
        assert text[self.start : end] == self.before, f"{self.path}: not the text this fault is of"
        return text[: self.start] + self.after + text[end:]


def given() -> list[Fault]:
    """The faults of `given.toml`.

    Raises:
        ValueError: where the text to replace is not in its file exactly once.
    """
    found = []
    for entry in tomllib.loads((HERE / "given.toml").read_text(encoding="utf-8"))["fault"]:
        text, before = read(entry["path"]), entry["before"]
        if text.count(before) != 1:
            raise ValueError(
                f"given.toml: {before!r} must stand once in {entry['path']}, not {text.count(before)} times"
            )
        start = text.index(before)
        line = text.count("\n", 0, start) + 1
        found.append(Fault(GIVEN, entry["path"], line, start, before, entry["after"], entry["fault"]))
    return found


def equivalents() -> dict[tuple[str, str, str], str]:
    """Why a fault changes nothing, by its path, its line's text and what stands there instead."""
    entries = tomllib.loads((HERE / "equivalents.toml").read_text(encoding="utf-8")).get("equivalent", [])
    return {(entry["path"], entry["line"], entry["after"]): entry["because"] for entry in entries}


def line_of(fault: Fault) -> str:
    """The text of the fault's line as it should be."""
    return read(fault.path).splitlines()[fault.line - 1].strip()


@cache
def read(path: str) -> str:
    """A file's text."""
    return (ROOT / path).read_text(encoding="utf-8")
