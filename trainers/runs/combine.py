"""Several tricks in one arm: which go together, and the arms of an ablation and of a sweep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType

from trainers.runs.arm_names import BASELINE, in_line
from trainers.runs.build import (
    check_together,
    conflicts,
    knob_refused,
    name_arms,
    resolve_settings,
    setup_for,
    validate,
)
from trainers.runs.history import History
from trainers.runs.settings import SEED, SETTINGS, STEPS
from trainers.runs.spec import COMBINE, ArmSpec, RunSpec, metrics_of
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Knob, RefusedError, Setup, Value

MAX_SWEEP = 24
SCALES = ("linear", "log")
FEWEST_DIGITS, MOST_DIGITS = 2, 6  # of a sweep's values: as few as tell them apart


def ablation(names: Sequence[str], knobs: Mapping[str, Mapping[str, Value]]) -> tuple[ArmSpec, ...]:
    """The arms of an ablation: the baseline, all tricks, each one off in turn, each one alone.

    `knobs` gives each trick's knobs by its name; a missing one takes its defaults. Of two tricks the one without the
    other is the other alone, so it is there once.
    """
    ordered = [name for name in catalogue.NAMES if name in names]
    sets: dict[str, tuple[str, ...]] = {BASELINE: (), "all": tuple(ordered)}
    if len(ordered) > 2:
        sets |= {f"without {name}": tuple(other for other in ordered if other != name) for name in ordered}
    if len(ordered) > 1:
        sets |= {f"only {name}": (name,) for name in ordered}
    return tuple(
        ArmSpec(label, members, {k: v for name in members for k, v in knobs.get(name, {}).items()})
        for label, members in sets.items()
    )


def shown_on(names: Sequence[str], task: str) -> dict[str, Setup]:
    """The setups of those of the tricks that are shown on `task` on their own pages, in catalogue order.

    Those come first in whose network each of the tricks changes something.
    """
    tricks = [catalogue.load(name) for name in catalogue.NAMES if name in names]
    found = {trick.name: setup for trick in tricks for setup in trick.setups if setup.task == task}

    def loses_a_trick(trick: str) -> bool:
        settings = resolve_settings(load_task(task), found[trick].settings)
        return any(conflict.model for conflict in conflicts(names, task, settings["model"]))

    return {trick: found[trick] for trick in sorted(found, key=loses_a_trick)}


def build_combination(
    names: Sequence[str],
    *,
    task: str | None = None,
    like: str | None = None,
    seed: object = None,
    steps: object = None,
    values: Mapping[str, object] = MappingProxyType({}),
    ablate: bool = True,
    clashing: bool = False,
) -> RunSpec:
    """A run of tricks together against the plain baseline, with the arms of an ablation where `ablate` says so.

    Settings and steps start from what the page of the trick `like` uses on `task` (None: the first of `shown_on`; "":
    the task's own), knobs from what each trick's own page does there; `values` are on top. With `clashing` it is built
    even of tricks that do not go together, to show what was asked for.

    Raises:
        RefusedError: no trick, an unknown name or a refused value, or tricks that do not go together.
    """
    if len(names) > len(catalogue.NAMES):
        sentence = f"tricks must be at most the {len(catalogue.NAMES)} that there are, got {len(names)}"
        raise RefusedError(sentence, "at_most", "tricks", len(names), most=len(catalogue.NAMES))
    tricks = [catalogue.load(name) for name in names]
    if not tricks:
        raise RefusedError("tricks must be at least one, got none", "missing", "tricks")
    task = setup_for(names[0], None).task if task is None else task
    setups = shown_on(names, task)
    if like is None:
        like = next(iter(setups), "")
    start = Setup(task, int(STEPS.default)) if like == "" else setup_for(like, task)
    declared = {knob.name for trick in tricks for knob in trick.knobs}
    shared = {knob.name for knob in SETTINGS}
    for name in values:
        if name not in declared | shared:
            raise knob_refused(
                name, declared | shared, f"{name} is neither a knob of {' + '.join(names)} nor a setting"
            )
    plain = RunSpec(
        trick=COMBINE,
        task=task,
        seed=int(SEED.check(SEED.default if seed is None else seed)),
        steps=int(STEPS.check(start.steps if steps is None else steps)),
        settings=resolve_settings(load_task(task), {**start.settings, **{n: values[n] for n in values if n in shared}}),
        arms=(),
    )
    if not clashing:
        check_together("tricks", names, task, plain.settings["model"])
    knobs: dict[str, dict[str, Value]] = {}
    for trick in tricks:
        own = trick.knobs_for(plain.context_of(names))
        begun = {name: knob.default for name, knob in own.items()}
        begun |= setups[trick.name].knobs if trick.name in setups else {}
        knobs[trick.name] = begun | {name: own[name].check(value) for name, value in values.items() if name in own}
    arms = ablation(names, knobs)
    return validate(replace(plain, arms=arms if ablate else arms[:2]))


def sweep_values(
    knob: Knob, *, low: object = None, high: object = None, count: object = 8, scale: str | None = None
) -> tuple[Value, ...]:
    """At most `count` values of a knob, evenly spaced on a linear or log scale; a choice takes all of its choices.

    Both ends are among them (None: those of the knob's range); of a whole number each value is there once.

    Raises:
        RefusedError: not 2 to 24 values, an unknown scale, an end out of the knob's range, ends in the wrong order, or
            a log scale from 0 or below.
    """
    if knob.choices:
        if low is not None or high is not None or scale is not None:
            sentence = f"{knob.name} is a choice: all of it is swept, without low, high or scale"
            raise RefusedError(sentence, "not_with", knob.name, other=("low", "high", "scale"))
        return tuple(knob.choices)[:MAX_SWEEP]
    number = int(Knob("count", "", 8, 2, MAX_SWEEP, integer=True).check(count))
    scale = knob.scale if scale is None else scale
    if scale not in SCALES:
        sentence = f"scale must be {' or '.join(SCALES)}, got {scale!r}"
        raise RefusedError(sentence, "choice", "scale", scale, choices=SCALES)
    first = float(knob.check(knob.low if low is None else low))
    last = float(knob.check(knob.high if high is None else high))
    if first >= last:
        raise RefusedError(f"low must be below high, got {first:g} and {last:g}", "order", low=first, high=last)
    if scale == "log" and first <= 0:
        raise RefusedError(f"low must be above 0 on a log scale, got {first:g}", "above", "low", first, low=0)
    shares = [index / (number - 1) for index in range(1, number - 1)]
    if scale == "log":
        between = [first * (last / first) ** share for share in shares]
    else:
        between = [first + (last - first) * share for share in shares]
    exact = (first, *_rounded(between, (last - first) / number if scale == "linear" else 0), last)
    return tuple(dict.fromkeys(knob.check(round(value) if knob.integer else value) for value in exact))


def _rounded(values: Sequence[float], step: float) -> list[float]:
    """Values as a person would type them: within a hundredth of the `step` between them, or of themselves (0)."""

    def written(value: float) -> float:
        near = 0.01 * step or 0.05 * abs(value)
        tried = (float(f"{value:.{digits}g}") for digits in range(FEWEST_DIGITS, MOST_DIGITS))
        return next((one for one in tried if abs(one - value) <= near), float(f"{value:.{MOST_DIGITS}g}"))

    return [written(value) for value in values]


def build_sweep(spec: RunSpec, knob: str, values: Sequence[object]) -> RunSpec:
    """`spec`'s baseline, and its trick's arm once for each of up to 24 values of `knob`.

    Raises:
        RefusedError: not a knob of the trick, too many values, or a refused value.
    """
    declared = spec.knobs_of(1)
    if knob not in declared:
        raise knob_refused(knob, declared, f"{knob} is not a knob of {spec.trick}")
    if not 1 <= len(values) <= MAX_SWEEP:
        sentence = f"values must be 1 to {MAX_SWEEP}, got {len(values)}"
        raise RefusedError(sentence, "how_many", knob, len(values), low=1, high=MAX_SWEEP)
    checked = dict.fromkeys(declared[knob].check(value) for value in values)
    arms = (
        ArmSpec(f"arm {number}", (spec.trick,), {**spec.arms[1].knobs, knob: value})
        for number, value in enumerate(checked, 1)
    )
    return name_arms(validate(replace(spec, arms=(spec.arms[0], *arms))))


def table(history: History) -> str:
    """One line an arm: each test metric as last measured, and its difference to the baseline's at that step.

    The best of each metric has a `*`, unless all arms are alike. An arm that ended is not the best of any, whatever it
    had measured before.
    """
    metrics = metrics_of(history.spec)
    rows = [["arm", *(title for name in metrics for title in (name, "difference"))]]
    baseline = {name: history.test(0, name) for name in ("step", *metrics)}
    ended = {failure.arm for failure in history.failures}
    best = {name: _best(history, name, better, ended) for name, better in metrics.items()}
    for number, arm in enumerate(history.spec.arms):
        cells = [in_line(arm.name)]
        steps = history.test(number, "step")
        for name in metrics:
            if not len(steps):
                cells += ["", ""]
                continue
            value = history.test(number, name)[-1]
            same = baseline[name][baseline["step"] == steps[-1]]
            mark = "*" if value == best[name] and number not in ended else " "
            cells += [f"{value:.4g}{mark}", f"{value - same[0]:+.3g}" if number and len(same) else ""]
        rows.append(cells)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(pairs)
        ).rstrip()
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    )


def _best(history: History, name: str, better: str, ended: Set[int]) -> float:
    """The best last value of a metric of the arms that have not ended; NaN where there is none, or all are the same."""
    columns = [history.test(number, name) for number in range(len(history.spec.arms)) if number not in ended]
    values = [float(column[-1]) for column in columns if len(column) and math.isfinite(column[-1])]
    if len(set(values)) < 2:
        return math.nan
    return min(values) if better == "lower" else max(values)
