"""The race of a run as a figure: both arms, training and test, with what was turned; one metric alone; many seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from trainers.figures.drawing import COLORS, MARKERS, MUTED, look, new_figure, plain_text, written
from trainers.runs.arm_names import call_arms, symbol_text, value_text
from trainers.runs.described import describe
from trainers.runs.history import Column, History
from trainers.runs.labels import load_labels
from trainers.runs.spec import RunSpec, metric_of
from tricks.declaration import RefusedError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 0.998  # of the values of a race: a few steps of a loss must not flatten the rest
LARGEST = 1e30  # of the values that are drawn: axes have no room for more
MOST_POINTS = 1500  # of a curve
SMOOTHED = 100  # windows in a run over which the strong line of the training loss is averaged
MOST_ARMS = 12  # that are told apart
MOST_MARKS = 12  # turns that are named


def race(history: History, made: Mapping[str, Any], kind: str, metric: str = "") -> bytes:
    """A run's race as the file of a figure, of that `kind`: its losses beside the metric that its trick is judged by.

    `made` is its provenance; a `metric` is drawn alone.

    Raises:
        RefusedError: the run has no step, no such metric, or more arms than are told apart.
    """
    charts = _charts(history, metric)
    return written(partial(_race, history, made, charts), kind)


def band(histories: Sequence[History], mades: Sequence[Mapping[str, Any]], kind: str, metric: str = "") -> bytes:
    """Runs that differ in their seeds alone as one figure: each arm's mean over the seeds, and their middle half.

    `mades` are their provenances. Where a seed of an arm has ended, the arm's curve ends.

    Raises:
        RefusedError: they are of different specs, of the same seed, or have not come to the same step; or as `race`.
    """
    first = histories[0]
    for other in histories[1:]:
        if _but_seed(other) != _but_seed(first):
            raise RefusedError("a figure of several runs must be of runs that differ in their seeds alone")
    seeds = [history.spec.seed for history in histories]
    if len(set(seeds)) < len(seeds):
        raise RefusedError(f"a figure of several runs must be of different seeds, got {', '.join(map(str, seeds))}")
    steps = sorted({history.step for history in histories})
    if len(steps) > 1:
        raise RefusedError(f"a figure of several runs must be of runs at the same step, got {steps[0]} and {steps[-1]}")
    judged = metric or metric_of(first.spec)
    for history in histories:
        _charts(history, judged)
    return written(partial(_band, histories, mades, judged), kind)


def metrics_of_run(history: History) -> tuple[str, ...]:
    """What can be drawn of a run: metrics of its steps, then of its tests."""
    return tuple(name for name in (*history.row_names, *history.test_names) if name not in ("elapsed_s", "step"))


def caption(history: History, mades: Iterable[Mapping[str, Any]], labels: Mapping[str, str], seeds: str = "") -> str:
    """What a figure is of, in a line: task, knobs, steps and seed; by which code, torch and processor, or by which."""
    spec = history.spec
    told = describe(spec, labels)
    title = labels.get(f"trick.{spec.trick}", spec.trick)
    of = f"{title[:1].upper()}{title[1:]} on {told['task']}: {told['values']}"
    steps = f"{history.step:,} of {told['steps']}" if history.step < spec.steps else told["steps"]
    by = "; ".join(dict.fromkeys(map(_made_by, mades)))
    return plain_text(f"{of}; {steps} steps; {seeds or f'seed {spec.seed}'}. {by}.")


def _made_by(made: Mapping[str, Any]) -> str:
    where = f", {made['processor']}" if made.get("processor") else ""
    return f"trick-lab {made.get('version')} (code {made.get('code')}), torch {made.get('torch')}{where}"


def _but_seed(history: History) -> Any:
    return {**history.spec.to_json(), "seed": None}, history.events


def _charts(history: History, metric: str) -> list[tuple[str, ...]]:
    """The metrics of each chart."""
    arms = len(history.spec.arms)
    if arms > MOST_ARMS:
        raise RefusedError(f"a figure must be of at most {MOST_ARMS} arms, got {arms}")
    if history.step == 0:
        raise RefusedError("a figure must be of a run that has made a step")
    names = metrics_of_run(history)
    if metric:
        if metric not in names:
            raise RefusedError(f"a figure's metric must be one of {', '.join(names)}, got {metric!r}")
        return [(metric,)]
    losses = tuple(name for name in ("train_loss", "test_loss") if name in names) or (history.leading,)
    judged = metric_of(history.spec)
    if judged in losses:
        judged = next((name for name in names if name.startswith("test_") and name not in losses), "")
    return [losses, (judged,)] if judged in names else [losses]


def _race(history: History, made: Mapping[str, Any], charts: Sequence[tuple[str, ...]]) -> Figure:
    labels = load_labels()
    figure, axes = new_figure(len(charts), caption(history, [made], labels))
    called = call_arms(history.spec.arms, labels)
    for chart, names in zip(axes, charts, strict=True):
        for arm in range(len(history.spec.arms)):
            for name in names:
                _curve(chart, history, arm, name)
        _mark_turns(chart, history, labels)
        drawn = [_column(history, arm, name) for arm in range(len(history.spec.arms)) for name in names]
        _axes(chart, history.spec, names, labels, drawn, SHOWN)
    _key(figure, [called[arm.name] for arm in history.spec.arms], charts)
    return figure


def _curve(chart: Axes, history: History, arm: int, name: str) -> None:
    style = look(arm)
    under = arm / 100  # where curves meet, the dashes of the first arm lie on the line of the others
    if name in history.test_names:
        steps, values = history.test(arm, "step"), _column(history, arm, name)
        every = max(1, len(steps) // 12)
        marker = MARKERS[arm % len(MARKERS)]
        marked: dict[str, Any] = {"marker": marker, "markersize": 4, "markevery": every, "markerfacecolor": "w"}
        chart.plot(steps, values, linewidth=1.6, zorder=3 - under, **style, **marked)
        return
    values = _column(history, arm, name)
    steps = np.arange(1.0, len(values) + 1)
    every = max(1, len(values) // MOST_POINTS)
    if name.startswith("lr"):
        chart.plot(steps[::every], values[::every], linewidth=1.4, **style)
        return
    chart.plot(steps[::every], values[::every], color=style["color"], linewidth=0.5, alpha=0.25, zorder=1)
    window = max(1, len(values) // SMOOTHED)
    smooth = np.convolve(values, np.full(window, 1 / window), mode="valid")
    chart.plot(steps[window - 1 :][::every], smooth[::every], linewidth=0.9, zorder=2 - under, **style)
    if any(failure.arm == arm for failure in history.failures):
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite):
            chart.plot(steps[finite[-1]], values[finite[-1]], "x", color=style["color"], markersize=7, zorder=4)


def _mark_turns(chart: Axes, history: History, labels: Mapping[str, str]) -> None:
    """A line at each step at which something was turned, with what, as far as they can be read."""
    told: dict[int, list[str]] = {}
    for event in history.events:
        knob = None if event.arm is None else history.spec.knobs_of(event.arm).get(event.name)
        called = symbol_text(knob.symbol) if knob is not None and knob.symbol else event.name.replace("_", " ")
        told.setdefault(event.step, []).append(f"{called} = {value_text(event.name, event.value, labels)}")
    height, named = chart.get_xaxis_transform(), len(told) <= MOST_MARKS
    for step, texts in told.items():
        chart.axvline(step, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
        if named:
            text, ground = (
                plain_text(", ".join(dict.fromkeys(texts))),
                {"facecolor": "w", "edgecolor": "none", "pad": 1},
            )
            chart.text(step, 0.99, text, transform=height, fontsize=7, va="top", ha="center", bbox=ground, zorder=4)


def _axes(
    chart: Axes,
    spec: RunSpec,
    names: Sequence[str],
    labels: Mapping[str, str],
    drawn: Sequence[Column],
    share: float = 1.0,
) -> None:
    """Titles and limits of a chart on which these values are drawn, so that this share of them is within."""
    chart.set_xlabel(labels["lab.axis.step"])
    chart.set_title(plain_text(", ".join(labels.get(f"metric.{name}", name.replace("_", " ")) for name in names)))
    chart.set_xlim(0, max(2, spec.steps))
    values = np.concatenate([column[np.isfinite(column)] for column in drawn])
    if len(values):
        low, high = values.min(), np.quantile(values, share)
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        chart.set_ylim(low - margin, high + margin)


def _column(history: History, arm: int, name: str) -> Column:
    """The values of a curve; NaN where they are so large that they cannot be drawn."""
    values = history.test(arm, name) if name in history.test_names else history.row(arm, name)
    return np.where(np.abs(values) <= LARGEST, values, np.nan)


def _key(figure: Figure, names: Sequence[str], charts: Sequence[tuple[str, ...]]) -> None:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], linewidth=1.6, label=plain_text(name), **look(arm)) for arm, name in enumerate(names)]
    shown = {name for chart in charts for name in chart}
    if any(name.startswith("test_") for name in shown) and any(not name.startswith("test_") for name in shown):
        lines.append(Line2D([], [], color=MUTED, linewidth=0.9, label="training"))
        lines.append(Line2D([], [], color=MUTED, linewidth=1.6, marker="o", markerfacecolor="w", label="test"))
    figure.legend(handles=lines, loc="outside upper left", ncols=4, fontsize=8, handlelength=3.2)


def _band(histories: Sequence[History], mades: Sequence[Mapping[str, Any]], name: str) -> Figure:
    labels, first = load_labels(), histories[0]
    seeds = sorted(history.spec.seed for history in histories)
    told = f"{len(seeds)} seeds from {seeds[0]} to {seeds[-1]}: mean, and the middle half of them"
    figure, (chart,) = new_figure(1, caption(first, mades, labels, told))
    called, drawn = call_arms(first.spec.arms, labels), list[Column]()
    for arm in range(len(first.spec.arms)):
        is_test = name in first.test_names
        columns = [_column(one, arm, name) for one in histories]
        length = min(map(len, columns))
        steps = first.test(arm, "step")[:length] if is_test else np.arange(1.0, length + 1)
        every = max(1, length // MOST_POINTS)
        values = np.stack([column[:length:every] for column in columns])
        low, high = np.quantile(values, (0.25, 0.75), axis=0)
        drawn += [low, high, values.mean(axis=0)]
        chart.fill_between(steps[::every], low, high, color=COLORS[arm % len(COLORS)], alpha=0.18, linewidth=0)
        chart.plot(steps[::every], values.mean(axis=0), linewidth=1.6, **look(arm))
    _mark_turns(chart, first, labels)
    _axes(chart, first.spec, (name,), labels, drawn)
    _key(figure, [called[arm.name] for arm in first.spec.arms], [(name,)])
    return figure
