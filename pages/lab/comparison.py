"""Kept runs beside each other: their curves, in which settings they differ, and the study that would tell them apart.

What is told is a frame as those of the live socket (`trainers/wire/frames.py`), whose arrays also say of which `run`
they are, by its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.lab.charts import is_log
from pages.lab.state import MOST_ARMS
from pages.lab.text import Words, labels_of_runs, spoken
from trainers.runs.arm_names import symbol_text, value_text
from trainers.runs.history import Column, History
from trainers.runs.labels import shorten
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import COMBINE, Event, RunSpec, metric_of, metrics_of
from trainers.wire.frames import Array, encode, measurements, outline
from tricks.declaration import RefusedError, Value

FEWEST, MOST = 2, 8  # runs beside each other
POINTS = 4000  # of all their arms together, those that stand out: at the steps of these each is told
MOST_TURNS = 4  # values of a knob that are told, from its first to its last
BASELINE = 0
AND = " + "  # between tricks of one arm

PARAMETERS = ("compare", "lang")
TOLD = ("id", "name", "state", "created", "subject", "seed", "open")
"""What is told of a run as the list tells it."""

MADE = ("version", "code", "torch", "processor")

OWN = {
    "trick": "library.trick",
    "task": "library.task",
    "seed": "library.column.seed",
    "steps": "library.column.steps",
    "first_steps": "library.steps.first",
    **{name: f"library.made.{name}" for name in MADE},
}
"""What a run has beside settings and knobs, also by what it was made, and the labels of it."""


def read_compared(params: Mapping[str, str]) -> tuple[list[str], str]:
    """The ids of the runs that are asked for, each once, and the language.

    Raises:
        RefusedError: there is no such parameter, or it says what it cannot.
    """
    for name in params:
        if name not in PARAMETERS:
            raise RefusedError(f"runs are compared by {', '.join(PARAMETERS)}, not by {shorten(name)}")
    ids = list(dict.fromkeys(params["compare"].split(",")))
    if not (FEWEST <= len(ids) <= MOST and all(ids)):
        raise RefusedError(
            f"compare must be {FEWEST} to {MOST} ids of runs with commas between, got {shorten(params['compare'])}"
        )
    return ids, spoken(params.get("lang"))


@dataclass(frozen=True)
class Beside:
    """A run, as little of it as is shown beside others: `told` in the list, rows and `tests` of two of its arms.

    `rows` are by arm the columns that can be shown, of which the first is the one that stands for all.
    """

    told: Mapping[str, Any]
    spec: RunSpec
    step: int
    steps_per_epoch: int
    failures: tuple[dict[str, Any], ...]
    events: tuple[Event, ...]
    names: tuple[str, ...]
    rows: Mapping[int, Mapping[str, Column]]
    tests: tuple[Array, ...]
    made: Mapping[str, str]

    @classmethod
    def of(cls, told: Mapping[str, Any], history: History, made: Mapping[str, str]) -> Beside:
        """The baseline and the arm that has the trick; its provenance."""
        arms = dict.fromkeys((BASELINE, changed_arm(history.spec)))
        failures = [{"arm": one.arm, "step": one.step} for one in history.failures if one.arm in arms]
        shown = dict.fromkeys((history.leading, "lr", "elapsed_s"))
        return cls(
            told,
            history.spec,
            history.step,
            history.steps_per_epoch,
            tuple(failures),
            tuple(history.events),
            (*history.row_names, *history.test_names),
            {arm: {name: history.row(arm, name) for name in shown} for arm in arms},
            tuple(one for arm in arms for one in measurements(history, arm)),
            made,
        )

    @property
    def arm(self) -> int:
        """The arm that has the trick."""
        return changed_arm(self.spec)

    def arrays(self, at: NDArray[np.intp]) -> list[Array]:
        """Its rows `at` these places, as far as it came, and its tests."""
        found: list[Array] = []
        for arm, columns in self.rows.items():
            held = at[at < len(next(iter(columns.values())))]
            told = {"step": held + 1} | {name: column[held] for name, column in columns.items()}
            found += [({"group": "row", "arm": arm, "name": name}, values) for name, values in told.items()]
        return [*found, *self.tests]


def changed_arm(spec: RunSpec) -> int:
    """The first arm that has a trick."""
    return next((number for number, arm in enumerate(spec.arms) if arm.tricks), BASELINE)


def told_places(runs: Sequence[Beside]) -> NDArray[np.intp]:
    """At which places of their rows, from 0, all are told: those of what stands out in any of them, and of their ends.

    They are the same for all, since who reads off values beside each other compares them at one step.
    """
    leading = [next(iter(columns.values())) for run in runs for columns in run.rows.values()]
    chosen = [outline(column, POINTS // len(leading)) for column in leading if len(column)]
    return np.unique(np.concatenate(chosen)) if chosen else np.array([], np.intp)


def frame(runs: Sequence[Beside], missing: Sequence[str], study: str, repeated: str, words: Words) -> bytes:
    """All that is told of them: `missing` are ids of which there is none, `study` the page where one is planned.

    That is of all of them, or of the one alone that has the id `repeated`.
    """
    charts = shared_charts(runs, words) if runs else []
    judged = metric_of(runs[0].spec) if runs else ""
    header = {
        "type": "compared",
        "runs": [
            {
                **{name: run.told[name] for name in TOLD},
                "spec": run.spec.to_json(),
                "arm": run.arm,
                "step": run.step,
                "steps": run.spec.steps,
                "steps_per_epoch": run.steps_per_epoch,
                "failures": list(run.failures),
            }
            for run in runs
        ],
        "missing": list(missing),
        "differs": differences(runs, labels_of_runs(words.language)),
        "charts": charts,
        "judged": judged if judged in [chart["name"] for chart in charts] else (charts[0]["name"] if charts else ""),
        "study": study,
        "repeated": repeated,
    }
    at = told_places(runs)
    return encode(
        header,
        [({**entry, "run": number}, values) for number, run in enumerate(runs) for entry, values in run.arrays(at)],
    )


def shared_charts(runs: Sequence[Beside], words: Words) -> list[dict[str, Any]]:
    """What can be shown of all of them: each test metric, the training loss and the learning rate; which is better."""
    shared = set.intersection(*(set(run.names) for run in runs))
    better = {**metrics_of(runs[0].spec), "train_loss": "lower", "lr": ""}
    titles = {name: f"metric.{name}" for name in better} | {"train_loss": "array.train_loss", "lr": "setting.lr.label"}
    return [
        {
            "name": name,
            "title": words[titles[name]],
            "traces": [name],
            "log": all(is_log(run.spec, name) for run in runs),
            "better": way,
        }
        for name, way in better.items()
        if name in shared
    ]


def differences(runs: Sequence[Beside], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """The settings in which they differ: of each its `name`, `symbol` and `label`, and the `values` as texts.

    `made` is whether it is of what made them. One that was turned has its values from first to last; None stands where
    a run has no such setting.
    """
    values = [values_of(run) for run in runs]
    found = []
    for name in dict.fromkeys(name for one in values for name in one):
        given = [one.get(name) for one in values]
        if all(one == given[0] for one in given):
            continue
        texts = [one and told_values(name, one, labels) for one in given]
        if len(set(texts)) < len(set(given)):  # alike in the digits that are told
            texts = [one and " → ".join(map(str, one)) for one in given]
        symbol, label = called(name, runs, labels)
        found.append({"name": name, "symbol": symbol, "label": label, "values": texts, "made": name in MADE})
    return found


def values_of(run: Beside) -> dict[str, tuple[Value, ...]]:
    """Of each setting of a run and knob of its arm the values that it had, from first to last."""
    spec = run.spec
    tricks = AND.join(spec.arms[run.arm].tricks) or spec.trick
    values: dict[str, Value] = {"trick": tricks, "task": spec.task, "seed": spec.seed, "steps": spec.steps}
    if spec.first_steps is not None:
        values["first_steps"] = spec.first_steps
    values |= {**spec.settings, **spec.arms[run.arm].knobs}
    values |= {name: value for name, value in run.made.items() if name in MADE}
    found = {name: [value] for name, value in values.items()}
    for event in run.events:
        if event.arm in (None, run.arm) and event.name in found and found[event.name][-1] != event.value:
            found[event.name].append(event.value)
    return {name: tuple(had) for name, had in found.items()}


def told_values(name: str, had: Sequence[Value], labels: Mapping[str, str]) -> str:
    """The values that a setting had, in words: the first ones and the last where there are many."""
    if name in ("seed", *MADE):
        return str(had[0])
    if name == "trick":
        return AND.join(labels.get(f"trick.{trick}", trick) for trick in str(had[0]).split(AND))
    if name == "task":
        return labels.get(f"task.{had[0]}.label", str(had[0]))
    texts = [f"{had[0]:,}"] if name in ("steps", "first_steps") else [value_text(name, value, labels) for value in had]
    return " → ".join(texts if len(texts) <= MOST_TURNS else [*texts[: MOST_TURNS - 2], "…", texts[-1]])


def called(name: str, runs: Sequence[Beside], labels: Mapping[str, str]) -> tuple[str, str]:
    """The symbol of a setting or a knob, "" for none, and its label."""
    if name in OWN:
        return "", labels[OWN[name]]
    settings = {knob.name: knob for knob in SETTINGS}
    knobs = {one.name: one for run in runs for one in run.spec.knobs_of(run.arm).values()}
    kind = "knob" if name in knobs else "setting"
    declared = knobs.get(name) or settings.get(name)
    return symbol_text(declared.symbol if declared else ""), labels.get(f"{kind}.{name}.label", name)


def study_of(specs: Sequence[RunSpec]) -> tuple[RunSpec, bool] | None:
    """What would be repeated over seeds, and whether that tells them apart; None where they are of different tricks.

    Runs that differ in the knobs of their trick alone are arms of one run, if a trick's page has so many; of others it
    is the first.
    """
    if not specs or specs[0].trick == COMBINE or len({spec.trick for spec in specs}) > 1:
        return None
    first = specs[0]
    arms = [first.arms[BASELINE], first.arms[changed_arm(first)]]
    for spec in specs[1:]:
        other = spec.arms[changed_arm(spec)]
        if all(other.knobs != arm.knobs for arm in arms[1:]):
            arms.append(other)
    if len(arms) > MOST_ARMS or len({_setting(spec) for spec in specs}) > 1:
        return first, False
    return replace(first, arms=tuple(arms)), True


def _setting(spec: RunSpec) -> tuple[Any, ...]:
    """What all arms of a run share, but for its seed."""
    return spec.task, spec.steps, spec.planned_steps, *sorted(spec.settings.items())
