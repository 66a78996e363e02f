"""A study as a forest plot: each difference from the baseline with its interval, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from trainers.figures.drawing import COLORS, MUTED, new_figure, plain_text, written
from trainers.runs.labels import load_labels
from tricks.declaration import RefusedError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVEL_TOLD = "mean difference of pairs with the same seed, and its 95 % interval; filled: told from noise"


def forest(summary: Mapping[str, Any], metric: str, kind: str) -> bytes:
    """The comparisons of a study's `summary` on one metric, as the file of a figure of that `kind`.

    Raises:
        RefusedError: nothing was compared on that metric.
    """
    found = [one for one in summary["comparisons"] if one["metric"] == metric]
    if not found:
        names = dict.fromkeys(one["metric"] for one in summary["comparisons"])
        raise RefusedError(f"a forest plot's metric must be one of {', '.join(names)}, got {metric!r}")
    return written(partial(_forest, summary, found, metric), kind)


def _forest(summary: Mapping[str, Any], found: list[Mapping[str, Any]], metric: str) -> Figure:
    labels = load_labels()
    title = labels.get(f"metric.{metric}", metric.replace("_", " "))
    better = summary["better"][metric] if isinstance(summary["better"], Mapping) else summary["better"]
    spec, made = summary["spec"], summary.get("made") or {}
    by = f" trick-lab {made['version']} (code {made['code']})." if made else ""
    seeds = f"{len(summary['seeds'])} seeds, {spec['steps']:,} steps"
    caption = plain_text(f"{spec['trick']} on {spec['task']}; {seeds}; {LEVEL_TOLD}.{by}")
    figure, (chart,) = new_figure(1, caption, height=1.4 + 0.34 * len(found))
    chart.axvline(0, color=MUTED, linewidth=0.8)
    for place, one in enumerate(found):
        if one.get("mean") is None:
            continue
        color = COLORS[1] if one["claimed"] else COLORS[0]
        ends = [value for value in (one.get("low"), one.get("high")) if value is not None]
        if len(ends) == 2:
            chart.plot(ends, [place, place], color=color, linewidth=1.6)
        face = color if one["claimed"] else "w"
        chart.plot(one["mean"], place, "s", color=color, markersize=6, markerfacecolor=face)
    names = [plain_text(f"{one['arm']} − {one['baseline']}  (n = {one['n']})") for one in found]
    chart.set_yticks(range(len(found)), names)
    chart.set_ylim(len(found) - 0.5, -0.5)
    chart.grid(visible=False, axis="y")
    chart.set_title(f"Difference in {title}; {better} is better")
    return figure
