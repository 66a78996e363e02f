"""What the component for a run with many arms is told: the arms, what to send to start them, the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pages.lab.config import describe_knob, told_to_all
from pages.lab.text import Words, labels_of_runs, load_article
from trainers.runs.arm_names import call_arms, in_sentence
from trainers.runs.spec import RunSpec, metric_of, metrics_of
from tricks import catalogue
from tricks.declaration import Knob

MODULE = "many.js"


def build_many(
    kind: str,
    spec: RunSpec,
    start: Mapping[str, Any],
    *,
    judged: str = "",
    knobs: Iterable[Knob] = (),
    swept: str = "",
    blocked: str = "",
    words: Words,
) -> dict[str, Any]:
    """The configuration of a run with many arms, as JSON.

    `kind` is "combine" or "sweep", `start` the message that starts the run but for seed, steps and speed, `judged` the
    metric shown first (that of the run, where it is not measured), `blocked` why it cannot be started. `knobs` are
    those whose names and values are shown, `swept` the one that the arms differ in.
    """
    metrics = metrics_of(spec)
    values = spec.arms[1].knobs
    return {
        "kind": kind,
        "trick": spec.trick,
        "lease": kind if kind == spec.trick else f"{kind}.{spec.trick}",
        "tasks": [],
        "spec": None if blocked else spec.to_json(),
        "called": list(call_arms(spec.arms, labels_of_runs(words.language)).values()),
        "start": dict(start),
        "blocked": blocked,
        "seed": spec.seed,
        "steps": spec.steps,
        "speed": None,
        "titles": {name: in_sentence(load_article(name, words.language)[0].title) for name in catalogue.NAMES},
        "knobs": [
            describe_knob(knob, "knob", values.get(knob.name, knob.default), knob.default, words) for knob in knobs
        ],
        "swept": swept,
        "metrics": [
            {"name": name, "label": words[f"metric.{name}"], "better": better, "unit": words.get(f"metric.{name}.unit")}
            for name, better in metrics.items()
        ],
        "judged": judged if judged in metrics else metric_of(spec),
        **told_to_all(MODULE, words),
    }
