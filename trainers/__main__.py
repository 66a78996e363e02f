"""The command line: `python -m trainers list | run | combine | sweep | replay | evidence | bench`.

Everything but `evidence` runs in this one process.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from trainers.commands.evidence import MAX_SEEDS
from trainers.commands.evidence import add_parser as add_evidence
from trainers.commands.statements import add_parser as add_statements
from trainers.commands.terminal import Bar, UnwrittenError, prepare_streams, silence_stdout, tell, write_lines

if TYPE_CHECKING:
    from trainers.kinds.run import Run
    from trainers.runs.history import Failure, History
    from trainers.runs.spec import Event, RunSpec
    from tricks.recipe import Knob

PROGRAM = "python -m trainers"
DONE, FAILED, WRONG_USAGE = 0, 1, 2
ASSIGNMENT, ASSIGNMENTS, TURN = "NAME=VALUE", "NAME=VALUE[,NAME=VALUE]", "STEP:NAME=VALUE"
SLICE_S = 0.1
CAUTION = "One seed: a story, not evidence."

DESCRIPTION = """\
Train a deep-learning trick against its baseline, without a browser: two networks
start from the same weights, see the same batches, and one of them has the trick."""

EPILOG = """\
exit codes:
  0  done (an arm whose loss stopped being a number has ended, that is a result)
  1  the run failed: every arm had to end before the last step, it was interrupted,
     or a file could not be written; the reason is on standard error, and what was
     recorded until then is still written
  2  wrong usage: an unknown name, a refused value, an unusable replay file

examples:
  python -m trainers list
  python -m trainers run flooding --csv flooding.csv --json flooding.json
  python -m trainers run flooding --knob flood_level=0.1 --turn 300:flood_level=0.3 --csv -
  python -m trainers run flooding --arm flood_level=0.1 --arm flood_level=0.5 --seeds 100-103 --csv -
  python -m trainers combine flooding dropout --task digits --ablate
  python -m trainers sweep flooding flood_level --low 0 --high 0.6 --count 7
  python -m trainers replay flooding.json --csv again.csv
  python -m trainers evidence flooding --seeds 16 --csv seeds.csv
  python -m trainers bench --json bench.json"""

RUN_DESCRIPTION = """\
Train a trick's arm and the baseline side by side. On a terminal you see the progress; at
the end a table says where the arms stand. `list` shows every name that may be given."""

COMBINE_DESCRIPTION = """\
Train the baseline and an arm with all these tricks side by side; with --ablate also one arm
without each trick in turn, and one with each trick alone. Settings and steps start from what
the first of the tricks that is shown on the task uses there. At the end a table says where
every arm stands, and how far from the baseline."""

SWEEP_DESCRIPTION = """\
Train the baseline and one arm of the trick for each of up to 24 values of one of its knobs,
in one run. A choice is swept whole. At the end a table says where every arm stands, and how
far from the baseline."""

REPLAY_DESCRIPTION = """\
Run again what a JSON file of `run --json`, or of the page's export, describes: the same
settings and the same turns at the same steps. On the same machine and build of torch the
metrics are the same bit for bit."""

BENCH_DESCRIPTION = """\
Measure the lab against a bare PyTorch loop that does the same arithmetic, and print each
result as a ratio of two things measured side by side in this one call. Best on a machine
that does nothing else."""


class UsageError(Exception):
    """What was asked for cannot be: the message says why."""


class RunFailedError(Exception):
    """The run did not get to its end: the message says why."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where help is to be had."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\nTry `{self.prog} --help`.\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        tell(message.rstrip("\n"), file)


def build_parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    layout: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    parser = _Parser(prog=PROGRAM, description=DESCRIPTION, epilog=EPILOG, **layout)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    command = commands.add_parser(
        "list", help="show every trick, its knobs and tasks, and the shared settings", **layout
    )
    command.set_defaults(action=_list)

    command = commands.add_parser(
        "run", help="train a trick against its baseline", description=RUN_DESCRIPTION, **layout
    )
    command.add_argument("trick", metavar="TRICK", help="the trick's name, such as flooding")
    _add_start(command)
    command.add_argument(
        "--arm", metavar=ASSIGNMENTS, action="append", default=[],
        help="one more arm of the trick, with these knobs instead; may be given several times",
    )  # fmt: skip
    command.add_argument(
        "--turn", metavar=TURN, action="append", default=[],
        help="turn a live knob (of every arm that has it) or a live setting (of every arm) from that step on; may be "
        "given several times",
    )  # fmt: skip
    _add_outputs(command)
    command.set_defaults(action=_run)

    command = commands.add_parser(
        "combine", help="train several tricks together, or leave each out in turn", description=COMBINE_DESCRIPTION,
        **layout,
    )  # fmt: skip
    command.add_argument("tricks", metavar="TRICK", nargs="+", help="the tricks, such as flooding dropout")
    _add_start(command)
    command.add_argument("--ablate", action="store_true", help="also each trick off in turn, and each one alone")
    command.add_argument(
        "--like", metavar="TRICK", help="the trick whose settings on the task to start from (the first shown there)"
    )
    _add_outputs(command)
    command.set_defaults(action=_combine)

    command = commands.add_parser(
        "sweep", help="train a trick at several values of a knob", description=SWEEP_DESCRIPTION, **layout
    )
    command.add_argument("trick", metavar="TRICK", help="the trick's name, such as flooding")
    command.add_argument("swept", metavar="KNOB", help="the knob to sweep, such as flood_level")
    command.add_argument("--low", metavar="A", help="the lowest value (where the knob's range begins)")
    command.add_argument("--high", metavar="B", help="the highest value (where it ends)")
    command.add_argument("--count", metavar="N", default="8", help="how many values, at most 24 (8)")
    command.add_argument("--scale", metavar="SCALE", help="how they are spaced: linear or log (as the knob's slider)")
    _add_start(command)
    _add_outputs(command)
    command.set_defaults(action=_sweep)

    command = commands.add_parser("replay", help="run a saved run again", description=REPLAY_DESCRIPTION, **layout)
    command.add_argument("file", metavar="RUN.json", type=Path, help="the saved run")
    _add_outputs(command)
    command.set_defaults(action=_replay)

    add_evidence(commands)
    add_statements(commands)

    command = commands.add_parser("bench", help="measure how fast the lab is", description=BENCH_DESCRIPTION, **layout)
    command.add_argument("--json", metavar="FILE", help="also write the results there, - for standard output")
    command.add_argument("--quick", action="store_true", help="a few seconds each, for a rough look")
    command.set_defaults(action=_bench)
    return parser


def _add_start(command: argparse.ArgumentParser) -> None:
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


def _add_outputs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--csv", metavar="FILE", help="write every step of every arm there, - for standard output")
    command.add_argument("--json", metavar="FILE", help="write what `replay` needs there, - for standard output")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    prepare_streams()
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    from tricks.recipe import RefusedError

    try:
        code: int = options.action(options) or DONE
        sys.stdout.flush()
    except (UsageError, RefusedError) as error:
        tell(f"{PROGRAM}: {error}")
        return WRONG_USAGE
    except (RunFailedError, UnwrittenError) as error:
        tell(f"{PROGRAM}: {error}")
        return FAILED
    except BrokenPipeError:  # the reader has what it wanted, as `| head` does
        silence_stdout()
        return DONE
    except OSError as error:
        tell(f"{PROGRAM}: {error.filename or 'standard output'} could not be used: {error.strerror or error}")
        silence_stdout()
        return FAILED
    return code


def _list(options: argparse.Namespace) -> None:
    from trainers.runs.build import build_spec
    from trainers.runs.settings import SETTINGS
    from trainers.tasks import load_task
    from tricks import catalogue

    for trick in catalogue.every():
        specs = {setup.task: build_spec(trick.name, task=setup.task) for setup in trick.setups}
        kinds = list(dict.fromkeys(load_task(task).trainer for task in specs))
        trained = f"the {' or the '.join(kinds)} trainer"
        print(f"{trick.name}  ({trick.family}; trained by {trained})")
        spec, *_ = specs.values()
        print(f"  tasks: {', '.join(specs)}; {spec.steps:,} steps, judged by {trick.metric}")
        knobs = {task: _knobs_told(one) for task, one in specs.items()}
        for name in dict.fromkeys(name for told in knobs.values() for name in told):
            having = {task: told[name] for task, told in knobs.items() if name in told}
            usual = next(iter(having.values()))
            print(f"    {usual}" + (f"; only on {', '.join(having)}" if len(having) < len(knobs) else ""))
            for task, told in having.items():
                if told != usual:
                    print(f"      on {task}: {told}")
        print()
    print("shared settings, of every arm  (what a task starts from may differ)")
    print("\n".join(f"    {_knob_told(knob, knob.default)}" for knob in SETTINGS))


def _knobs_told(spec: RunSpec) -> dict[str, str]:
    """The trick's knobs as they are on the run's task, a line each."""
    number = next(index for index, arm in enumerate(spec.arms) if arm.tricks)
    values = spec.arms[number].knobs
    return {name: _knob_told(knob, values[name]) for name, knob in spec.knobs_of(number).items()}


def _knob_told(knob: Knob, value: object) -> str:
    from trainers.runs.arm_names import symbol_text

    unit = f" {knob.unit}" if knob.unit else ""
    allowed = f"{knob.low:g} to {knob.high:g}{unit}" if knob.low is not None else " | ".join(knob.choices)
    neutral = "" if knob.neutral is None else f", neutral {_short(knob.neutral)}"
    when = "live" if knob.live else "at the start"
    name = f"{knob.name} ({symbol_text(knob.symbol)})" if knob.symbol else knob.name
    counts = f"; counts when {knob.when[0]} is {' or '.join(knob.when[1:])}" if knob.when else ""
    counts += f"; not where {knob.unless[0]} is {_short(knob.unless[1])}" if knob.unless else ""
    return f"{name:<22} {allowed}; starts at {_short(value)}{neutral}; {when}{counts}"


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _run(options: argparse.Namespace) -> None:
    from trainers.runs.build import build_spec

    _check_outputs(options)
    start, seeds = _start(options)
    spec = build_spec(options.trick, extra_arms=tuple(map(_parse_arm, options.arm)), **start)
    events = [event for text in options.turn for event in _parse_turn(spec, text)]
    _train(spec, sorted(events, key=lambda event: event.step), options, seeds)


def _start(options: argparse.Namespace) -> tuple[dict[str, Any], tuple[int, ...]]:
    """What a run starts from, as `build_spec` takes it, and its seeds, where it has several."""
    values = _once("--knob", options.knob, "to change one later there is --turn")
    seeds = () if options.seeds is None else _parse_seeds(options)
    seed = seeds[0] if seeds else options.seed
    return {"task": options.task, "seed": seed, "steps": options.steps, "values": values}, seeds


def _once(option: str, texts: Sequence[str], otherwise: str) -> dict[str, str]:
    values = dict(_split_assignment(option, text) for text in texts)
    if len(values) < len(texts):
        raise UsageError(f"{option} must name each knob once, {otherwise}")
    return values


def _parse_arm(text: str) -> dict[str, str]:
    from trainers.runs.settings import SETTINGS

    knobs = _once("--arm", text.split(","), "for another arm there is another --arm")
    for knob in SETTINGS:
        if knob.name in knobs:
            raise UsageError(f"--arm must name knobs of tricks; {knob.name} is of all arms, it goes with --knob")
    return knobs


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


def _combine(options: argparse.Namespace) -> None:
    from trainers.runs.combine import build_combination

    _check_outputs(options)
    start, seeds = _start(options)
    spec = build_combination(options.tricks, like=options.like, ablate=options.ablate, **start)
    _train(spec, (), options, seeds)


def _sweep(options: argparse.Namespace) -> None:
    from trainers.runs.build import build_spec
    from trainers.runs.combine import build_sweep, sweep_values
    from tricks.catalogue import nearest

    _check_outputs(options)
    start, seeds = _start(options)
    spec = build_spec(options.trick, **start)
    knobs = spec.knobs_of(1)
    if options.swept not in knobs:
        raise UsageError(f"{options.swept} is not a knob of {options.trick}{nearest(options.swept, tuple(knobs))}")
    ends = {"low": options.low, "high": options.high, "count": options.count, "scale": options.scale}
    _train(build_sweep(spec, options.swept, sweep_values(knobs[options.swept], **ends)), (), options, seeds)


def _split_assignment(option: str, text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise UsageError(f"{option} must be {TURN if option == '--turn' else ASSIGNMENT}, got {text!r}")
    return name.strip(), value.strip()


def _parse_turn(spec: RunSpec, text: str) -> list[Event]:
    from trainers.runs.build import check_event
    from trainers.runs.settings import SETTINGS
    from trainers.runs.spec import Event
    from tricks.catalogue import nearest
    from tricks.recipe import Knob

    before, mark, assignment = text.partition(":")
    if not mark:
        raise UsageError(f"--turn must be {TURN}, got {text!r}")
    name, value = _split_assignment("--turn", assignment)
    step = int(Knob("the step of --turn", "", 1, 1, spec.steps, integer=True).check(before))
    arms = [number for number in range(len(spec.arms)) if name in spec.knobs_of(number)]
    settings = [knob.name for knob in SETTINGS]
    if name in settings:
        return [check_event(spec, Event(step, name, value))]
    if not arms:
        names = (*dict.fromkeys(name for number in range(len(spec.arms)) for name in spec.knobs_of(number)), *settings)
        raise UsageError(f"{name} is neither a knob of {spec.trick} nor a setting{nearest(name, names)}")
    return [check_event(spec, Event(step, name, value, arm)) for arm in arms]


def _replay(options: argparse.Namespace) -> None:
    from trainers.runs.provenance import differences
    from trainers.runs.replay import read_replay

    for output in (options.csv, options.json):
        if output not in (None, "-") and Path(output).resolve() == options.file.resolve():
            raise UsageError(f"{output} is the run to replay, it would be overwritten")
    _check_outputs(options)
    saved = read_replay(options.file)
    others = differences(saved.made)
    if others:
        tell(f"{options.file} was made elsewhere ({'; '.join(others)}): the last digits may differ")
    _train(saved.spec, saved.events, options, saved.seeds)


def _check_outputs(options: argparse.Namespace) -> None:
    """Refuses outputs that cannot be written, before anything is trained."""
    given = {f"--{name}": vars(options).get(name) for name in ("csv", "json")}
    outputs = {option: text for option, text in given.items() if text is not None}
    if len(set(outputs.values())) < len(outputs):
        raise UsageError(f"--csv and --json must go to different places, got {options.csv} for both")
    for option, text in outputs.items():
        path = Path(text)
        if text != "-" and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise UsageError(f"{option} must name a file in a folder that exists, got {text!r}")


def _train(spec: RunSpec, events: Sequence[Event], options: argparse.Namespace, seeds: Sequence[int] = ()) -> None:
    """Trains the run, with each of `seeds` if there are any, and says what came of it.

    Raises:
        RunFailedError: it was interrupted, or no arm got to the last step.
    """
    from trainers.kinds.run import Run
    from trainers.runs.export import histories_csv, replay_json

    run = Run(replace(spec, seed=seeds[0]) if seeds else spec)
    histories = [run.new_history()]
    bar = Bar(f"{spec.trick} on {spec.task}", spec.steps * max(1, len(seeds)), "steps")
    interrupted = False
    try:
        _advance(run, events, histories, bar)
        for seed in seeds[1:]:
            run = Run(replace(spec, seed=seed))
            histories.append(run.new_history())
            _advance(run, events, histories, bar)
    except KeyboardInterrupt:
        interrupted = True
    finally:  # whatever ended it: what was recorded is written before a word is said
        bar.clear()
        if options.csv is not None:
            write_lines(options.csv, histories_csv(histories))
        if options.json is not None:
            made = events if seeds else histories[0].events
            write_lines(options.json, (replay_json(spec, made, seeds),))
    history = histories[-1]
    tell(_study_told(spec, histories) if len(seeds) > 1 else _table(history))
    if interrupted:
        raise RunFailedError(f"interrupted after step {history.step} of {spec.steps}{_of_seed(history, seeds)}")
    for history in histories:
        if len(history.failures) == len(spec.arms) and history.step < spec.steps:
            ends = ", ".join(map(_ended(spec), history.failures))
            raise RunFailedError(f"no arm got to step {spec.steps}{_of_seed(history, seeds)}: {ends}")


def _advance(run: Run, events: Sequence[Event], histories: Sequence[History], bar: Bar) -> None:
    """Trains a run to its end; its history is the last."""
    before, history = run.spec.steps * (len(histories) - 1), histories[-1]
    commands = events
    while not run.finished:
        history.append(replace(run.advance(SLICE_S, commands=commands), probes=()))
        commands = ()
        bar.show(before + history.step)


def _of_seed(history: History, seeds: Sequence[int]) -> str:
    return f" of seed {history.spec.seed}" if len(seeds) > 1 else ""


def _study_told(spec: RunSpec, histories: Sequence[History]) -> str:
    """What the seeds that were trained to the end say together."""
    from trainers.commands.evidence import report
    from trainers.evidence import studies
    from trainers.evidence.replicates import measure
    from trainers.runs.labels import load_labels

    whole = [history for history in histories if history.finished]
    study = studies.study_of(spec, [history.spec.seed for history in histories])
    (found,) = studies.summarize([study], studies.rows_of(study, map(measure, whole)))
    return "\n".join(report(found, load_labels()))


def _table(history: History) -> str:
    """Where the arms stand, a line each, and what that is worth."""
    from trainers.runs.combine import table

    ended = [f"{text}." for text in map(_ended(history.spec), history.failures)]
    return "\n".join((table(history), *ended, f"step {history.step:,}; * is the best. {CAUTION}"))


def _ended(spec: RunSpec) -> Callable[[Failure], str]:
    def tell(failure: Failure) -> str:
        knobs = ", ".join(f"{name} {_short(value)}" for name, value in failure.knobs.items())
        return (
            f"{spec.arms[failure.arm].name} ended at step {failure.step:,}, its loss or weights were {failure.value} "
            f"with {knobs}"
        )

    return tell


def _bench(options: argparse.Namespace) -> None:
    _check_outputs(options)
    from trainers.bench.measures import measure_all

    out = sys.stderr if options.json == "-" else sys.stdout
    results = measure_all(quick=options.quick, say=lambda text: tell(text, out))
    if options.json is not None:
        write_lines(options.json, (json.dumps(results, indent=1, allow_nan=False) + "\n",))


if __name__ == "__main__":
    sys.exit(main())
