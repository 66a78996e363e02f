"""`python -m trainers statements`: trains what the articles' numbers are measured on, and tells whether they hold."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from trainers.commands.options import add_command, check_records, check_tricks, parse_workers
from trainers.commands.terminal import Bar, show, tell, write_record

if TYPE_CHECKING:
    from trainers.evidence.article_numbers import Measured, Row
    from trainers.evidence.declarations import Declared, Experiment
    from trainers.evidence.pool import Pool
    from trainers.evidence.replicates import SeedResult

DESCRIPTION = """\
Every number of an article that a run produced is a statement: a metric of an arm at a step,
over seeds 100 to 115, with the bound it must keep. They are declared, by trick, in
assets/evidence/statements/, with the rows they were measured on beside them.

Trains the experiments that have no rows yet, or were changed since, writes the rows there,
and tells of each statement what came out, and whether it holds."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "statements", "measure the numbers that the articles say", DESCRIPTION)
    command.add_argument("tricks", metavar="TRICK", nargs="*", help="the tricks (all)")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="train all experiments again")
    what.add_argument("--check", action="store_true", help="train nothing, tell what the recorded rows say")
    command.add_argument("--workers", metavar="N", help="how many local processes (one a core)")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster to use instead of local processes")
    command.set_defaults(action=main)


def main(args: argparse.Namespace) -> int:
    """Runs the command: 0 all hold, 1 where one does not, a seed could not be run, or it was interrupted.

    Raises:
        RefusedError: wrong usage.
    """
    check_tricks(*args.tricks)
    from trainers.evidence.article_numbers import place_of
    from trainers.evidence.declarations import StatementError, declared
    from trainers.evidence.pool import open_pool
    from tricks import catalogue

    tricks = tuple(args.tricks) or catalogue.NAMES
    for trick in tricks:
        catalogue.load(trick)
    workers = parse_workers(args.workers)
    try:
        told = [declared(trick) for trick in tricks]
        wanted = [(one, _wanted(one, args)) for one in told]
        check_records(*(place_of(one.trick) for one, experiments in wanted if experiments))
        if any(experiments for _, experiments in wanted):
            with open_pool(args.scheduler, workers) as pool:
                for one, experiments in wanted:
                    for experiment in experiments:
                        _record(one, experiment, pool)
    except KeyboardInterrupt:
        tell("interrupted: what was finished before has been written")
        return 1
    except (ConnectionError, TimeoutError, StatementError) as error:
        tell(f"{type(error).__name__}: {error}")
        return 1
    good = [_report(one) for one in told]
    return 0 if all(good) else 1


def _wanted(told: Declared, args: argparse.Namespace) -> list[Experiment]:
    from trainers.evidence.article_numbers import recorded, stale

    if args.check:
        return []
    rows = recorded(told.trick)  # what cannot be added to is refused before anything is trained
    return list(told.experiments.values()) if args.all else stale(told, rows)


def _record(told: Declared, experiment: Experiment, pool: Pool) -> None:
    """Trains an experiment, and writes its rows in place of those that were there."""
    from trainers.evidence.article_numbers import over_seeds, place_of, recorded, rows_csv, rows_of
    from trainers.runs.provenance import made_here

    specs = over_seeds(experiment)
    rows = rows_of(experiment, _train(f"{told.trick}: {experiment.name}", specs, experiment, pool), made_here())
    kept = [row for row in recorded(told.trick) if row["experiment"] in told.experiments]
    place = list(told.experiments)
    new: list[Row] = [row for row in kept if row["experiment"] != experiment.name] + rows
    new.sort(key=lambda row: place.index(row["experiment"]))
    write_record(place_of(told.trick), (rows_csv(new),))


def _train(title: str, specs: Sequence[Any], experiment: Experiment, pool: Pool) -> Iterable[SeedResult]:
    from trainers.evidence.replicates import train

    bar = Bar(title, len(specs), "runs")
    try:
        bar.show(0)
        arriving = train(specs, pool.executor, slots=pool.slots, turns=experiment.turns)
        for done, (_, result) in enumerate(arriving, start=1):
            bar.show(done)
            yield result
    finally:
        bar.clear()


def _report(told: Declared) -> bool:
    """Tells what is recorded of a trick's statements; whether all of them hold."""
    from trainers.evidence.article_numbers import measure, recorded
    from trainers.evidence.declarations import StatementError

    try:
        rows = recorded(told.trick)
    except StatementError as error:
        show(f"{told.trick}: {error}")
        return False
    good = True
    if told.statements:
        show(f"{told.trick}:")
    for name, said in told.statements.items():
        try:
            found = measure(said, rows, told.experiments)
        except StatementError as error:
            show(f"  {error}")
            good = False
            continue
        show(f"  {name}: {describe(found)}")
        good = good and not found.broken
    return good


def describe(found: Measured) -> str:
    """A statement in a line: what it is of, its mean and range over the seeds, and whether it holds."""
    said = found.statement
    of = said.arm
    if said.since is not None:
        of += f" since step {said.since}"
    elif said.against:
        of += f" {'over' if said.ratio else 'against'} {said.against}"
    at = f" at step {said.step}" if said.step is not None else ""
    told = f"{found.write()} ({found.write('least')} to {found.write('most')})"
    sides = f", {found.write('of')} and {found.write('against')}" if said.compares or said.ratio else ""
    held = f", {found.kept} of {len(found.values)} seeds" if said.least is not None or said.most is not None else ""
    verdict = f"NOT SO: it {found.broken}" if found.broken else "holds"
    unit = f" {said.unit}" if said.unit else ""
    return f"{said.metric} of {of} in {said.of}{at}: {told}{unit}{sides}{held}; {verdict}"
