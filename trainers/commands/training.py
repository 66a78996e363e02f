"""A run of the command line: trained in this process, shown as it goes, written whatever ends it, and told."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from trainers.commands.keeping import Keeping, keeping_of, kept_run, opened
from trainers.commands.options import FailedError
from trainers.commands.terminal import Bar, tell, write_each, write_lines

if TYPE_CHECKING:
    from trainers.kinds.run import Run
    from trainers.runs.history import Failure, History
    from trainers.runs.spec import Event, RunSpec
    from trainers.store.recording import Capture
    from trainers.store.store import Store


SLICE_S = 0.1
CAUTION = "One seed: a story, not evidence."


class RunFailedError(FailedError):
    """The run did not get to its end: the message says why."""


@dataclass(frozen=True)
class Branch:
    """A kept run to go on from: its id, the step, its `history` until then, and a state that may be older."""

    parent: str
    step: int
    history: History
    capture: Capture | None


def branch_of(text: str, step: object, steps: object = None) -> Branch:
    """The kept run of that id, or `last`, to be gone on with after `step`, None: its last; `steps` are those in all.

    Raises:
        UsageError, RefusedError: there is no such run or step.
        FailedError: the store cannot be used.
    """
    from trainers.runs.branching import check_branch, last_use

    with opened() as store:
        kept = kept_run(store, text)
        parent = kept.history
        after, spec = check_branch(parent, kept.made, step, steps)
        capture = store.capture_at(kept.public_id, last_use(parent.spec, after, spec))
    return Branch(kept.public_id, after, parent.until(after, spec), capture)


def train(
    spec: RunSpec,
    events: Sequence[Event],
    options: argparse.Namespace,
    seeds: Sequence[int] = (),
    parent: str = "",
    branch: Branch | None = None,
) -> None:
    """Trains the run, with each of `seeds` if there are any, and says what came of it.

    `parent` is the id of the kept run that it is made from; or it goes on from one, as a `branch`.

    Raises:
        RunFailedError: it was interrupted, or no arm got to the last step.
    """
    from trainers.kinds.run import Run
    from trainers.runs.export import histories_csv, replay_json

    if branch is None:
        run = Run(replace(spec, seed=seeds[0]) if seeds else spec)
        histories = [run.new_history()]
    else:
        run, histories = _made_from(branch.capture, spec, branch.parent), [branch.history]
        events = (*(event for event in branch.history.events if event.step > run.step), *events)
    bar = Bar(f"{spec.trick} on {spec.task}", spec.steps * max(1, len(seeds)), "steps")
    keeping = keeping_of(options)
    name = f"seeds {seeds[0]}-{seeds[-1]}" if len(seeds) > 1 else ""
    interrupted = False
    try:
        if branch is None:
            keeping.begin_new(name, parent)
        else:
            keeping.begin_new(name, branch.parent, branch.step, branch.capture)
        _advance(run, events, histories, bar, keeping)
        for seed in seeds[1:]:
            run = Run(replace(spec, seed=seed))
            histories.append(run.new_history())
            keeping.begin_new(name, parent)
            _advance(run, events, histories, bar, keeping)
    except KeyboardInterrupt:
        interrupted = True
    finally:  # whatever ended it: what was recorded is written before a word is said
        bar.clear()
        outputs = []
        if options.csv is not None:
            outputs.append(partial(write_lines, options.csv, histories_csv(histories)))
        if options.json is not None:
            coming = (event for event in events if event.step > histories[0].step)
            made = events if seeds else (*histories[0].events, *coming)
            outputs.append(partial(write_lines, options.json, (replay_json(spec, made, seeds),)))
        write_each(*outputs, keeping.close)
    _tell(spec, histories, seeds, keeping, interrupted=interrupted)


def go_on(store: Store, public_id: str) -> None:
    """Trains an interrupted run to its end, from its last capture on, and says what came of it. Closes the store.

    Raises:
        RunFailedError: it was interrupted, or no arm got to the last step.
        FailedError: its last capture is of no use here.
        StoreError: it cannot be gone on with.
    """
    kept, capture, recording = store.take_over(public_id)
    spec, histories = kept.history.spec, [kept.history]
    run = _made_from(capture, spec, public_id)
    keeping, bar = Keeping(store), Bar(f"{spec.trick} on {spec.task}", spec.steps, "steps")
    interrupted = False
    try:
        keeping.begin(recording, capture)
        _advance(run, kept.coming, histories, bar, keeping)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        bar.clear()
        keeping.close()
    _tell(spec, histories, (), keeping, interrupted=interrupted)


def _made_from(capture: Capture | None, spec: RunSpec, public_id: str) -> Run:
    """The run as it was captured, or at its start.

    Raises:
        FailedError: the capture is of no use here.
    """
    from trainers.kinds.run import Run

    try:
        return Run(spec) if capture is None else Run.restore(capture.data, spec)
    except Exception as error:
        told = f"the capture of {public_id} is of no use here ({type(error).__name__}: {error})"
        raise FailedError(f"{told}: `python -m trainers replay {public_id}` makes the run anew") from error


def trained(spec: RunSpec, events: Sequence[Event], last: int | None = None) -> History:
    """The run made in this process up to a step (None: its end), shown as it goes; nothing of it is kept or told."""
    from trainers.kinds.run import Run

    last = spec.steps if last is None else last
    run, bar = Run(spec), Bar(f"{spec.trick} on {spec.task}", max(1, last), "steps")
    history = run.new_history()
    try:
        while history.step < last and not run.finished:
            history.append(run.advance(SLICE_S, max_steps=last - history.step, commands=events))
            events = ()
            bar.show(history.step)
    finally:
        bar.clear()
    return history


def _tell(
    spec: RunSpec, histories: Sequence[History], seeds: Sequence[int], keeping: Keeping, *, interrupted: bool
) -> None:
    """Says what came of the runs.

    Raises:
        RunFailedError: they were interrupted, or no arm of one got to the last step.
    """
    history = histories[-1]
    begun = seeds[: sum(history.finished for history in histories)] if interrupted else seeds  # no other has failed
    tell(_study_told(spec, histories, begun) if len(begun) > 1 else table_of(history))
    if kept := keeping.told():
        tell(kept)
    if interrupted:
        raise RunFailedError(f"interrupted after step {history.step} of {spec.steps}{_of_seed(history, seeds)}")
    for history in histories:
        if len(history.failures) == len(spec.arms) and history.step < spec.steps:
            ends = ", ".join(map(_ended(spec), history.failures))
            raise RunFailedError(f"no arm got to step {spec.steps}{_of_seed(history, seeds)}: {ends}")


def _advance(run: Run, events: Sequence[Event], histories: Sequence[History], bar: Bar, keeping: Keeping) -> None:
    """Trains a run to its end; its history is the last, without the probes, which are for the store alone."""
    before, history = run.spec.steps * (len(histories) - 1), histories[-1]
    commands = events
    status = "stopped"
    try:
        while not run.finished:
            history.append(run.advance(SLICE_S, commands=commands))
            commands = ()
            bar.show(before + history.step)
            keeping.show(run, history, events)
        status = "failed" if len(history.failures) == len(run.spec.arms) else "finished"
    finally:
        keeping.end(history, events, status)
        history.probes.clear()


def _of_seed(history: History, seeds: Sequence[int]) -> str:
    return f" of seed {history.spec.seed}" if len(seeds) > 1 else ""


def _study_told(spec: RunSpec, histories: Sequence[History], seeds: Sequence[int]) -> str:
    """What those of the seeds that were trained to the end say together."""
    from trainers.commands.evidence import report
    from trainers.evidence import studies
    from trainers.evidence.replicates import measure
    from trainers.runs.labels import load_labels

    whole = [history for history in histories if history.finished]
    study = studies.study_of(spec, seeds)
    (found,) = studies.summarize([study], studies.rows_of(study, map(measure, whole)))
    return "\n".join(report(found, load_labels()))


def table_of(history: History) -> str:
    """Where the arms stand, a line each, and what that is worth."""
    from trainers.runs.combine import table

    ended = [f"{text}." for text in map(_ended(history.spec), history.failures)]
    return "\n".join((table(history), *ended, f"step {history.step:,}; * is the best. {CAUTION}"))


def _ended(spec: RunSpec) -> Callable[[Failure], str]:
    from trainers.runs.arm_names import in_line, short

    def tell(failure: Failure) -> str:
        knobs = ", ".join(f"{name} {short(value)}" for name, value in failure.knobs.items())
        arm = in_line(spec.arms[failure.arm].name)
        return f"{arm} ended at step {failure.step:,}, its loss or weights were {failure.value} with {knobs}"

    return tell
