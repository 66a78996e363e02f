"""`python -m trainers lesson`: lists lessons, says what one lacks, records its runs, writes its hand-out."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.commands.marks import TICK, marks_for
from trainers.commands.options import UsageError, add_command, check_outputs, check_records, is_same_place
from trainers.commands.terminal import Bar, aligned, show, tell, write_lines, write_record

if TYPE_CHECKING:
    from trainers.evidence.article_numbers import Row
    from trainers.teaching.lesson import Lesson
    from trainers.teaching.lesson_runs import StepRecord

DESCRIPTION = """\
A lesson is a Markdown file, as docs/lessons.md says. This checks one, by its name or its file:
whether each step is whole, its run can be had, and what must be seen was so when it was trained
on seeds 100 to 115 and on the lesson's own. Without one it lists those there are, the lab's and
those in TRICK_LAB_LESSONS.

--record trains what is not recorded as it is now, one run after another, and keeps it beside the
file, or of the lab's own lessons in assets/evidence/lessons."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "lesson", "check a lesson, record its runs, write its hand-out", DESCRIPTION)
    command.add_argument("lesson", metavar="LESSON", nargs="?", help="a lesson's name, or its file (list all)")
    command.add_argument("--language", metavar="L", default="en", help="the language, where there are several (en)")
    command.add_argument("--record", action="store_true", help="train its runs and record them")
    command.add_argument(
        "--handout", metavar="FILE", help="write it on two pages to print, as HTML, - for standard output"
    )
    command.add_argument("--teacher", action="store_true", help="the hand-out with answers and explanations")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Runs the command: 0 nothing is missing, 1 something is, or it was interrupted.

    Raises:
        UsageError: wrong usage.
        RefusedError: there is no such lesson.
    """
    from trainers.runs.articles import TextError
    from trainers.teaching.lesson import languages

    if options.language not in languages():
        raise UsageError(f"--language must be one of {', '.join(languages())}, got {options.language!r}")
    if options.lesson is None:
        if options.record or options.handout is not None or options.teacher:
            raise UsageError("--record, --handout and --teacher need a lesson")
        return _list(options.language)
    if options.teacher and options.handout is None:
        raise UsageError("--teacher needs --handout")
    check_outputs(options)
    path = _path(options.lesson, options.language)
    if options.handout is not None and is_same_place(options.handout, str(path)):
        raise UsageError(f"{options.handout} is the lesson, it would be overwritten")
    try:
        return _one(path, options)
    except TextError as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("interrupted: what was finished before has been written")
        return 1


def _path(given: str, language: str) -> Path:
    """The file of a lesson given by its name or by the file."""
    from trainers.runs.labels import shorten
    from trainers.teaching.lesson import places
    from tricks import catalogue
    from tricks.declaration import RefusedError

    found = places(language)
    if given in found:
        return found[given]
    if Path(given).is_file():
        return Path(given)
    near = catalogue.nearest(given, tuple(found))
    raise RefusedError(f"a lesson must be a file, or one of those there are{near}, got {shorten(given)!r}")


def _list(language: str) -> int:
    """Tells the lessons, a line each; 1 where one cannot be used."""
    from trainers.runs.articles import TextError
    from trainers.teaching.lesson import FOLDER, places, read

    rows, wrong = [], []
    for name, path in places(language).items():
        try:
            lesson = read(path)
        except TextError as error:
            wrong.append(str(error))
            continue
        rows.append([name, f"{len(lesson.steps)} steps", f"{lesson.minutes} minutes", lesson.title])
    show("\n".join(aligned(rows)))
    own = os.environ.get(FOLDER, "").strip()
    if own and not Path(own).is_dir():
        wrong.append(f"{FOLDER} must be a folder, got {own!r}")
    for problem in wrong:
        tell(problem)
    return 1 if wrong else 0


def _one(path: Path, options: argparse.Namespace) -> int:
    from trainers.teaching.lesson import read
    from trainers.teaching.lesson_runs import may_be_recorded, missing, read_rows, record_place

    lesson, place = read(path), record_place(path)
    rows = read_rows(place)
    if options.handout is not None and is_same_place(options.handout, str(place)):
        raise UsageError(f"{options.handout} has the lesson's records, they would be overwritten")
    if options.record:
        if not may_be_recorded(place):
            raise UsageError(f"--record writes to {place}, which is there and has no records")
        check_records(place)
        rows = _record(lesson, rows, place)
    lacking = missing(lesson, rows)
    if options.handout is not None:
        _write_handout(lesson, rows, options)
    out = sys.stderr if options.handout == "-" else sys.stdout
    marks = marks_for(out)
    tell(f"{lesson.title}: {len(lesson.steps)} steps, {lesson.minutes} minutes", out)
    for line in _told(lesson, rows):
        tell(f"  {line.replace(TICK, marks[True])}", out)
    for sentence in lacking:
        tell(f"  {marks[False]} {sentence}", out)
    return 1 if lacking else 0


def _told(lesson: Lesson, rows: list[Row]) -> list[str]:
    """What is recorded, a line for each thing that must be seen and is so."""
    from trainers.teaching.lesson_runs import counted

    lines = []
    for step, record in zip(lesson.steps, _records(lesson, rows), strict=True):
        if record is not None:
            lines.append(f"## {step.title}: a run takes {record.seconds:.1f} s")
            lines += [f"{TICK} {found.seen.check}: {counted(found)}" for found in record.found if not found.broken]
    return lines


def _records(lesson: Lesson, rows: list[Row]) -> list[StepRecord | None]:
    """What is recorded of each step, None where it is nothing, or is among what is missing."""
    from trainers.evidence.declarations import StatementError
    from trainers.teaching.lesson_runs import step_record

    records: list[StepRecord | None] = []
    for number, step in enumerate(lesson.steps, start=1):
        try:
            records.append(step_record(step, number, rows))
        except StatementError:
            records.append(None)
    return records


def _record(lesson: Lesson, rows: list[Row], place: Path) -> list[Row]:
    """The rows of a lesson's steps, those trained anew that are not there, written after each step."""
    from trainers.evidence.article_numbers import rows_csv
    from trainers.teaching.lesson_runs import rows_for, seeds_of, train_step

    kept = {number: rows_for(step, number, rows) for number, step in enumerate(lesson.steps, start=1)}
    for number, step in enumerate(lesson.steps, start=1):
        if kept[number]:
            continue
        bar = Bar(f"{lesson.name}: {step.title}", len(seeds_of(step)), "runs")
        try:
            kept[number] = train_step(step, number, bar.show)
        finally:
            bar.clear()
        write_record(place, (rows_csv([row for number in sorted(kept) for row in kept[number]]),))
    return [row for number in sorted(kept) for row in kept[number]]


def _write_handout(lesson: Lesson, rows: list[Row], options: argparse.Namespace) -> None:
    from trainers.runs.labels import load_labels
    from trainers.teaching.handout import handout

    text = handout(lesson, _records(lesson, rows), load_labels(lesson.language), teacher=options.teacher)
    write_lines(options.handout, (text,))
