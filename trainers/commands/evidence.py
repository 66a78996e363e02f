"""`python -m trainers evidence`: tricks over many seeds on the command line, and the check of the machinery itself."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.commands.options import MAX_SEEDS, add_command, check_outputs, check_records, is_same_place, parse_workers
from trainers.commands.terminal import (
    Bar,
    UnwrittenError,
    is_stream,
    tell,
    write_data,
    write_each,
    write_lines,
    write_record,
)

if TYPE_CHECKING:
    from trainers.evidence.pool import Pool
    from trainers.evidence.replicates import SeedResult
    from trainers.evidence.self_check import SelfCheck
    from trainers.evidence.studies import Row, Study
    from trainers.runs.spec import RunSpec

MIN_SEEDS = 2

DESCRIPTION = """\
Is it the trick, or the seed? Train each trick against its baseline over many matched seeds,
on every task it is shown on, and say what the seeds together can tell: the difference with
its 95 % interval, claimed only where the interval excludes zero and the rank test's p, Holm-
corrected over all metrics and tasks of the trick, is at most 0.05.

With --spec it is a run of yours that is repeated, not a trick's own recipe.

A file that is there already keeps what it holds of other tricks and runs. --record makes anew
what the Evidence page shows, in assets/evidence/: two files a trick, those of others untouched.

Where it is interrupted, or its cluster is lost, the seeds that are finished are written in the
place of those that were there, and the others named as missing; --record takes all or none."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    told = "repeat tricks over many seeds, and say what can be told from noise"
    command = add_command(commands, "evidence", told, DESCRIPTION)
    command.add_argument(
        "tricks",
        metavar="TRICK",
        nargs="*",
        help="the tricks, or combine: the closing study of tricks against data (all)",
    )
    command.add_argument(
        "--spec",
        metavar="FILE",
        type=Path,
        help="repeat the run of this JSON file instead (of `run --json`, or the page's export), as it is set there",
    )
    command.add_argument("--seeds", metavar="N", default="16", help="how many seeds (16)")
    command.add_argument(
        "--first-seed", metavar="S", default="0",
        help="the first of them (0); explore from 100 on, so that 0 to 15 are only ever reported",
    )  # fmt: skip
    command.add_argument("--json", metavar="FILE", help="write the results there, - for standard output")
    command.add_argument(
        "--csv", metavar="FILE", help="write a row per seed and arm there, as Parquet if it ends in .parquet"
    )
    command.add_argument(
        "--summary", metavar="FILE", help="write means, intervals and differences there, in either format"
    )
    command.add_argument(
        "--record",
        action="store_true",
        help="record each trick, and the self-check, in its own files in assets/evidence",
    )
    command.add_argument("--workers", metavar="N", help="how many local processes (one a core)")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster to use instead of local processes")
    command.add_argument(
        "--self-check", action="store_true", help="check that the machinery itself does not lie; takes no trick"
    )
    command.set_defaults(action=main)


def main(args: argparse.Namespace) -> int:
    """Runs the command: 0 done, 1 where seeds could not be run, it was interrupted, or the self-check failed.

    Raises:
        RefusedError: wrong usage.
    """
    seeds, workers = _check(args)
    from trainers.evidence import studies
    from trainers.evidence.pool import open_pool
    from trainers.runs.spec import COMBINE
    from tricks import catalogue

    asked = args.self_check or args.spec is not None
    tricks = tuple(args.tricks) or (() if asked else (*catalogue.NAMES, COMBINE))
    for trick in tricks:
        if trick != COMBINE:
            catalogue.load(trick)
    groups = [(trick, studies.studies_of(trick, seeds)) for trick in tricks]
    if args.spec is not None:
        groups.append((str(args.spec), (_own_study(args.spec, seeds),)))
    if args.record:
        from trainers.evidence.recorded import place_of, place_of_self_check

        places = [place for trick in tricks for place in place_of(trick)]
        check_records(*places, *((place_of_self_check(),) if args.self_check else ()))
    session = _Session(args, seeds)
    good = False
    try:
        with open_pool(args.scheduler, workers) as pool:
            made = [session.self_check(pool)] if args.self_check else []
            made += [session.study(title, compared, pool) for title, compared in groups]
            good = all(made)
    except KeyboardInterrupt:
        session.tell("interrupted before its end")
    except (ConnectionError, OSError) as error:
        session.tell(f"{type(error).__name__}: {error}")
    finally:
        is_written = session.close()
    return 0 if good and is_written else 1


def _own_study(path: Path, seeds: Sequence[int]) -> Study:
    """The study of the run that a replay file describes.

    Raises:
        RefusedError: the file is none, or knobs were turned in its run.
    """
    from trainers.evidence.studies import own_study
    from trainers.runs.replay import read_replay
    from tricks.declaration import RefusedError

    saved = read_replay(path)
    if saved.events:
        turned = len(saved.events)
        raise RefusedError(f"{path}: events must be none, in {turned} a knob was turned; `run --turn` takes --seeds")
    return own_study(saved.spec, seeds)


def _check(args: argparse.Namespace) -> tuple[tuple[int, ...], int | None]:
    """The seeds and the number of workers; refuses what cannot be before anything is trained."""
    from trainers.runs.settings import SEED
    from tricks.declaration import Knob, RefusedError

    count = int(Knob("--seeds", "", 16, MIN_SEEDS, MAX_SEEDS, integer=True).check(args.seeds))
    first = int(Knob("--first-seed", "", 0, SEED.low, (SEED.high or 0) - count, integer=True).check(args.first_seed))
    workers = parse_workers(args.workers)
    if args.record and args.spec is not None:
        raise RefusedError(f"--record must be of a trick's own recipe, got --spec {args.spec}")
    check_outputs(args)
    for target in (args.json, args.csv, args.summary):
        if args.spec is not None and target is not None and is_same_place(target, args.spec):
            raise RefusedError(f"{target} is the run of --spec, it would be overwritten")
    return tuple(range(first, first + count)), workers


class _Session:
    """One call of the command: what is told, and what is written after each trick."""

    def __init__(self, args: argparse.Namespace, seeds: Sequence[int]) -> None:
        from trainers.evidence import recorded
        from trainers.runs.labels import load_labels

        self._args, self._seeds = args, seeds
        self._targets = [target for target in (args.json, args.csv, args.summary) if target is not None]
        self._labels = load_labels()
        self._results = recorded.new_results()  # what the file does not hold yet, as of the rows and the means
        self._rows: list[Row] = []
        self._means: list[Row] = []
        self._has_results = self._is_over = False
        self._renewed_results()  # what cannot be added to is refused before anything is trained
        self._renewed_rows(args.csv, "table of seeds", ())
        self._renewed_rows(args.summary, "summary", ())

    def _renewed_results(self) -> dict[str, Any]:
        """What the results file holds, with what is new in place of what it had of the same."""
        from trainers.evidence import recorded

        path = _kept(self._args.json)
        held = recorded.new_results() if path is None else recorded.read_results(path)
        check = self._results["self_check"] or held.get("self_check")
        return {**recorded.merge(held, self._results["studies"]), "self_check": check}

    def _renewed_rows(self, target: str | None, kind: str, new: Sequence[Row]) -> list[Row]:
        """What a table holds, with the rows that are new in place of those it had of the same."""
        from trainers.evidence import recorded

        path = _kept(target)
        return recorded.merge_rows([] if path is None else recorded.read_table(path, kind), new)

    def tell(self, line: str) -> None:
        """Prints a line, on standard error where standard output is for data."""
        tell(line, sys.stderr if "-" in self._targets else sys.stdout)

    def study(self, title: str, compared: Sequence[Study], pool: Pool) -> bool:
        """Runs studies that are judged together, tells what came, writes it; whether all seeds could be run."""
        from trainers.evidence import recorded, studies
        from trainers.evidence.replicates import over_seeds
        from trainers.runs.provenance import made_here

        specs = [spec for study in compared for spec in over_seeds(study.spec, self._seeds)]
        begun = time.perf_counter()
        results: list[list[SeedResult]] = [[] for _ in compared]
        ended: BaseException | None = None
        try:
            for index, result in self._train(title, specs, pool):
                results[index // len(self._seeds)].append(result)
        except (KeyboardInterrupt, OSError) as error:  # an OSError: the cluster has gone
            ended = error
        came = list(zip(compared, results, strict=True))
        rows = [row for study, found in came for row in studies.rows_of(study, found)]
        failed = [f"seed {one.seed} of {study.id}: {one.error}" for study, found in came for one in found if one.error]
        summaries = studies.summarize(compared, rows) if rows or not ended else []
        made = made_here()
        told = [{**summary, "made": made} for summary in summaries]
        self._results = recorded.merge(self._results, told)
        self._rows = recorded.merge_rows(self._rows, rows)
        self._means = recorded.merge_rows(self._means, recorded.summary_rows(told))
        records = _records(title, told, rows) if self._args.record and not ended else ()
        self._has_results = self._has_results or bool(told)
        is_written = bool(told) and self._write(*records)
        count, kept = str(len(specs)), ""
        if ended:
            count = f"{sum(map(len, results))} of {len(specs)}"
            kept = ", written" if is_written and not all(map(is_stream, self._targets)) else ""
            summaries = [{**summary, "missing": []} for summary in summaries]  # what was not begun did not fail
        self.tell(f"{title}: {count} runs in {time.perf_counter() - begun:.0f} s{kept}")
        for summary in summaries:
            for line in report(summary, self._labels):
                self.tell(f"  {line}")
        for line in failed:
            self.tell(f"  {line}")
        if ended:
            raise ended
        return is_written and not failed

    def self_check(self, pool: Pool) -> bool:
        """Runs the self-check, tells its figures, keeps them in the results; whether it passed."""
        from trainers.evidence import recorded
        from trainers.evidence.self_check import check, trainings
        from trainers.runs.provenance import made_here

        try:
            found = check(self._train("self-check", trainings(), pool))
        except RuntimeError as error:
            self.tell(f"self-check: {error}")
            return False
        told = {**found.to_json(), "made": made_here()}
        self._results["self_check"] = told
        self._has_results = True
        alone = {**recorded.new_results(), "self_check": told}
        write = partial(write_record, recorded.place_of_self_check(), (recorded.results_json(alone),))
        is_written = self._write(*([write] if self._args.record else ()))
        for line in check_report(found, self._labels):
            self.tell(line)
        return is_written and found.passed

    def _train(self, title: str, specs: Sequence[RunSpec], pool: Pool) -> Iterator[tuple[int, SeedResult]]:
        from trainers.evidence.replicates import train

        bar = Bar(title, len(specs), "runs")

        def lost(_: int, message: str) -> None:
            bar.clear()
            tell(f"{message}; it is run again")

        try:
            bar.show(0)
            for done, item in enumerate(train(specs, pool.executor, slots=pool.slots, on_lost=lost), start=1):
                bar.show(done)
                yield item
        finally:
            bar.clear()

    def _write(self, *more: Callable[[], object]) -> bool:
        """Writes what is new, and makes those writes too; whether each could be made. It tells which not.

        What cannot be written now may be after the next trick, what was is not once more.
        """
        outputs: list[Callable[[], object]] = []
        if self._is_due(self._args.json):
            outputs.append(self._write_results)
        if self._is_due(self._args.csv) and self._rows:
            outputs.append(self._write_rows)
        if self._is_due(self._args.summary) and self._means:
            outputs.append(self._write_means)
        try:
            write_each(*(partial(_renew, output) for output in outputs), *more)
        except UnwrittenError as error:
            tell(str(error))
            return False
        return True

    def _is_due(self, target: str | None) -> bool:
        return target is not None and is_stream(target) == self._is_over

    def close(self) -> bool:
        """Writes to standard output and to pipes, which get all of it as one file; whether that could be."""
        self._is_over = True
        return not (self._has_results and any(map(is_stream, self._targets))) or self._write()

    # What a file holds is read again: another call may have written there since.

    def _write_results(self) -> None:
        from trainers.evidence import recorded

        write_lines(self._args.json, (recorded.results_json(self._renewed_results()),))
        self._results = recorded.new_results()

    def _write_rows(self) -> None:
        _write_table(self._args.csv, self._renewed_rows(self._args.csv, "table of seeds", self._rows))
        self._rows = []

    def _write_means(self) -> None:
        _write_table(self._args.summary, self._renewed_rows(self._args.summary, "summary", self._means))
        self._means = []


def _kept(target: str | None) -> Path | None:
    """The file whose content is kept as another's is written to it, if there is one."""
    return Path(target) if target is not None and target != "-" and Path(target).is_file() else None


def _renew(write: Callable[[], object]) -> None:
    """Writes to a file that held what can be added to when the command began."""
    from tricks.declaration import RefusedError

    try:
        write()
    except RefusedError as error:
        raise UnwrittenError(str(error)) from None


def report(summary: Mapping[str, Any], labels: Mapping[str, str]) -> Iterable[str]:
    """A study in lines: a sentence for each comparison, that of the study's own metric first, and the cost."""
    from trainers.evidence.statistics import Verdict
    from trainers.evidence.studies import Study, told_seconds
    from trainers.evidence.words import sentence
    from trainers.runs.arm_names import with_arms

    spec = summary["spec"]
    named = with_arms(labels, Study.from_json(summary).spec.arms)
    yield f"on {spec['task']}, {spec['steps']:,} steps:"
    for compared in sorted(summary["comparisons"], key=lambda compared: compared["metric"] != summary["metric"]):
        verdict = Verdict.from_json(compared)
        missing = len(summary["missing"])
        other = compared["baseline"] if compared["baseline"] != spec["arms"][0]["name"] else ""
        yield "  " + sentence(
            verdict, arm=compared["arm"], metric=compared["metric"], labels=named, baseline=other, num_missing=missing
        )
    for arm, cost in summary["cost"].items():
        told = told_seconds(named[f"arm.{arm}"], cost["seconds_ratio"], labels)
        if told:
            yield f"  {told[:1].upper()}{told[1:]}"


def check_report(found: SelfCheck, labels: Mapping[str, str]) -> Iterable[str]:
    """The self-check in lines."""
    from trainers.evidence.words import sentence

    def called(metric: str) -> str:
        return labels.get(f"metric.{metric}", metric)

    rates = ", ".join(f"{called(metric)} {rate:.1%}" for metric, rate in found.claim_rates.items())
    yield (
        f"Two arms that differ in their seed alone: {found.num_experiments:,} experiments of 16 pairs from "
        f"{found.num_trainings} trainings claim a difference in {rates} (should be 3 to 7 %)."
    )
    held = ", ".join(f"{kind} {share:.1%}" for kind, share in found.coverage.items())
    yield f"The 95 % interval of 16 values holds the truth in {held} of data sets (normal should be 93 to 97 %)."
    yield "A learning rate 5 % off:"
    named = {**labels, "arm.lr_off": labels["verdict.lr_off"]}
    for metric, verdict in found.lr_off.items():
        yield "  " + sentence(verdict, arm="lr_off", metric=metric, labels=named)
    yield "Self-check passed." if found.passed else "Self-check FAILED."


def _records(
    trick: str, summaries: Sequence[Mapping[str, Any]], rows: Sequence[Row]
) -> tuple[Callable[[], object], ...]:
    """What writes a trick's studies in place of those that are recorded of it."""
    from trainers.evidence.recorded import new_results, place_of, results_json, rows_csv

    told, raw = place_of(trick)
    results = results_json({**new_results(), "studies": summaries})
    return partial(write_record, told, (results,)), partial(write_record, raw, (rows_csv(rows),))


def _write_table(target: str, rows: Sequence[Row]) -> None:
    from trainers.evidence.recorded import PARQUET, frame_of, rows_csv

    if target.endswith(PARQUET):
        from pyarrow import ArrowException

        try:
            content = frame_of(rows).to_parquet()
        except ArrowException as error:  # somebody's text among numbers
            raise UnwrittenError(f"{target} could not be written: {error}") from None
        write_data(target, (content,))
    else:
        write_lines(target, (rows_csv(rows),))
