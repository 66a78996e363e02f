"""What the two charts of a race can show, and what they show by themselves."""

from __future__ import annotations

from typing import Any

from pages.lab.text import Words
from trainers.kinds.run import TRAINERS
from trainers.runs.spec import RunSpec, metric_of, metrics_of
from trainers.tasks import load_task

LOSSES = ("train_loss", "test_loss")


def is_log(spec: RunSpec, name: str) -> bool:
    """Whether what is called so is shown by powers of ten at first: a loss that has a logarithm, and a height."""
    if name in LOSSES:
        return "test_loss" in metrics_of(spec) and TRAINERS[load_task(spec.task).trainer].has_log_loss
    return name == "test_height"


def charts_of(spec: RunSpec, words: Words) -> dict[str, dict[str, Any]]:
    """What a chart of the race can show, by name: the losses, each metric, and the learning rate as it was applied."""
    metrics = metrics_of(spec)
    charts: dict[str, dict[str, Any]] = {}
    if "test_loss" in metrics:
        log = is_log(spec, "test_loss")
        charts["loss"] = {"title": words["race.loss"], "traces": list(LOSSES), "log": log}
    for name in metrics:
        if name != "test_loss":
            charts[name] = {"title": words[f"metric.{name}"], "traces": [name], "log": is_log(spec, name)}
    charts["lr"] = {"title": words["setting.lr.label"], "traces": ["lr"], "log": False}
    return {name: {"name": name, **chart} for name, chart in charts.items()}


def default_charts(spec: RunSpec) -> tuple[str, ...]:
    """The loss and the metric by which the run is judged; two metrics where the task has no loss of its own."""
    metrics, judged = metrics_of(spec), metric_of(spec)
    others = [name for name in (judged, *(name for name in metrics if name != judged)) if name != "test_loss"]
    return ("loss", others[0]) if "test_loss" in metrics else tuple(others[:2])
