"""What several commands are asked in the same words, and how it is refused."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

ASSIGNMENT, ASSIGNMENTS, TURN = "NAME=VALUE", "NAME=VALUE[,NAME=VALUE]", "STEP:NAME=VALUE"
MAX_SEEDS = 1000
OUTPUTS = (
    "csv",
    "json",
    "summary",
    "archive",
    "parquet",
    "spreadsheet",
    "figure",
    "bundle",
    "handout",
)  # options that name a file


class UsageError(Exception):
    """What was asked for cannot be: the message says why."""


class FailedError(Exception):
    """What was asked for could not be done: the message says why."""


def add_command(commands: Any, name: str, told: str, description: str | None = None) -> argparse.ArgumentParser:
    """Adds a command to the subparsers `commands`, `told` in a line."""
    layout: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    command: argparse.ArgumentParser = commands.add_parser(name, help=told, description=description, **layout)
    return command


def add_action(
    commands: Any, name: str, told: str, action: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    """Adds one of a command's own commands to `commands`: what it does is `action`."""
    command = add_command(commands, name, told, f"{told[0].upper()}{told[1:]}.")
    command.set_defaults(action=action)
    return command


def add_start(command: argparse.ArgumentParser) -> None:
    """What a run starts from."""
    command.add_argument("--task", metavar="T", help="the task (the trick's own choice)")
    command.add_argument(
        "--knob", metavar=ASSIGNMENT, action="append", default=[],
        help="a knob of the trick or a shared setting at the start; may be given several times",
    )  # fmt: skip
    command.add_argument(
        "--steps", metavar="N", help="how many steps to train (as many as the trick needs on the task)"
    )
    command.add_argument("--seed", metavar="S", help="draws the training subset, wrong labels, weights and batches (0)")
    command.add_argument(
        "--seeds",
        metavar="A-B",
        help="train it with each of these seeds instead, one after another, into the same files",
    )


def add_outputs(command: argparse.ArgumentParser) -> None:
    """Where its files go, and whether it is kept."""
    command.add_argument("--csv", metavar="FILE", help="write every step of every arm there, - for standard output")
    command.add_argument("--json", metavar="FILE", help="write what `replay` needs there, - for standard output")
    command.add_argument("--no-keep", action="store_true", help="keep nothing of it in the store")


def start_of(options: argparse.Namespace) -> tuple[dict[str, Any], tuple[int, ...]]:
    """What a run starts from, as `build_spec` takes it, and its seeds, where it has several."""
    values = once("--knob", options.knob, "to change one later there is --turn")
    seeds = () if options.seeds is None else _parse_seeds(options)
    seed = seeds[0] if seeds else options.seed
    return {"task": options.task, "seed": seed, "steps": options.steps, "values": values}, seeds


def check_tricks(*names: str) -> None:
    """Refuses names that are not in the catalogue, before anything slow is imported to read the rest.

    Raises:
        RefusedError: one is not; the message gives the nearest names.
    """
    from tricks.catalogue import check_name

    for name in names:
        check_name(name)


def once(option: str, texts: Sequence[str], otherwise: str) -> dict[str, str]:
    """Values by name, each given once; for what else there is `otherwise`.

    Raises:
        UsageError: a name was given twice, or one is no assignment.
    """
    values = dict(split_assignment(option, text) for text in texts)
    if len(values) < len(texts):
        raise UsageError(f"{option} must name each knob once, {otherwise}")
    return values


def _parse_seeds(options: argparse.Namespace) -> tuple[int, ...]:
    from trainers.runs.settings import SEED

    if options.seed is not None:
        raise UsageError("--seed and --seeds must not both be given")
    first, mark, last = options.seeds.partition("-")
    if not mark:
        raise UsageError(f"--seeds must be A-B, the first and the last, got {options.seeds!r}")
    low, high = (int(replace(SEED, name="--seeds").check(end)) for end in (first, last))
    if not 0 <= high - low < MAX_SEEDS:
        raise UsageError(f"--seeds must be 1 to {MAX_SEEDS} seeds, the first of them first, got {options.seeds}")
    return tuple(range(low, high + 1))


def parse_workers(text: str | None) -> int | None:
    """How many local processes are asked for, None: as many as there are cores.

    Raises:
        RefusedError: it is no such number.
    """
    from tricks.declaration import Knob

    return None if text is None else int(Knob("--workers", "", 1, 1, 256, integer=True).check(text))


def split_assignment(option: str, text: str) -> tuple[str, str]:
    """The name and the value of `NAME=VALUE`.

    Raises:
        UsageError: it is none.
    """
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise UsageError(f"{option} must be {TURN if option == '--turn' else ASSIGNMENT}, got {text!r}")
    return name.strip(), value.strip()


LONGEST_NAME = 255  # bytes, on every usual file system


def has_place(target: str) -> bool:
    """Whether `target` may name a file to be written, - for standard output."""
    if target == "-":
        return True
    path = resolved(target)
    if path is None or len(os.fsencode(path.name)) > LONGEST_NAME or path.is_dir() or not path.parent.is_dir():
        return False
    if path.exists() and not path.stat().st_mode & stat.S_IWUSR:  # a superuser's, too
        return False
    return os.access(path if path.exists() and not path.is_file() else path.parent, os.W_OK)


def check_records(*places: Path) -> None:
    """Refuses to record where it cannot be, before anything is trained; the folders that are not there are made.

    Raises:
        UsageError: a file of what is recorded may not be written.
    """
    for place in places:
        path = place
        while path != path.parent and not path.parent.exists():
            path = path.parent
        if not has_place(str(path)):
            raise UsageError(f"what is recorded must go to a file that may be written, got {place}")


def is_same_place(one: str, other: str) -> bool:
    """Whether two outputs, or an output and an input, would be the same file, however they are named.

    A pipe or a device takes both.
    """
    place = resolved(one)
    if "-" in (one, other) or place is None or place != resolved(other):
        return False
    return place.is_file() or not place.exists()


def resolved(target: str) -> Path | None:
    """The place that a name leads to, through links; None where these lead round and round.

    What a name of a pipe leads to has no name itself: there the name is the place.
    """
    path = Path(target)
    try:
        return path.absolute() if path.is_fifo() else path.resolve()
    except (OSError, RuntimeError):
        return None


def check_outputs(options: argparse.Namespace) -> None:
    """Refuses outputs that cannot be written, before anything is trained."""
    given = {f"--{name}": vars(options).get(name) for name in OUTPUTS}
    outputs = {option: text for option, text in given.items() if text is not None}
    for (one, text), (other, same) in combinations(outputs.items(), 2):
        if text == same or is_same_place(text, same):
            raise UsageError(f"{one} and {other} must go to different places, got {text} for both")
    for option, text in outputs.items():
        if not has_place(text):
            raise UsageError(f"{option} must name a file in a folder that exists, and may be written, got {text!r}")
