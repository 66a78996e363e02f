"""What a worker and the app must have in common before the one trains for the other.

Runs are bit for bit the same on the same code, torch and processor only. A worker of other code or torch is refused, or
its runs would not go on as they began; one of another processor is used, and what it trains is marked.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from trainers.runs.provenance import code_hash, processor

MUST = {"code": "code", "torch": "torch", "python": "Python"}
"""In what a worker may not differ, by the words of a refusal."""


@dataclass(frozen=True)
class Introduction:
    """What a process is that trains: a hash of its code, versions, its processor."""

    code: str
    torch: str
    python: str
    processor: str


@cache
def introduce() -> dict[str, Any]:
    """This process's introduction, as plain data."""
    minor = ".".join(platform.python_version_tuple()[:2])
    return asdict(Introduction(code_hash(), version("torch"), minor, processor()))


def compare(other: Introduction) -> tuple[str, str]:
    """Why such a process may not train for this one, and its processor where that is another; "" for what is not so."""
    here = Introduction(**introduce())
    for name, word in MUST.items():
        mine, its = getattr(here, name), getattr(other, name)
        if mine != its:
            return f"its {word} is {its}, the app's {mine}", ""
    return "", "" if here.processor == other.processor else other.processor


def refusals(introductions: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Why workers may not train for this process, of those that may not, by their addresses."""
    found = {address: compare(Introduction(**told))[0] for address, told in introductions.items()}
    return {address: refusal for address, refusal in found.items() if refusal}
