"""The recorded evidence as rows that a page can show: what was compared, what came of it, and where to see it run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.lab.choice import Choice
from pages.lab.claims_table import claim_rows, claims_table, say_verdict
from pages.lab.state import Address, query, show
from pages.lab.text import FALLBACK, Words, labels_of_runs, load_article
from trainers.evidence.claims import can_be_told
from trainers.evidence.closing import STARTS_LIKE
from trainers.evidence.recorded import read_recorded, recorded_files
from trainers.evidence.statistics import RATES, Verdict, effect_interval
from trainers.evidence.studies import Row, Study, told_seconds
from trainers.evidence.words import numerals
from trainers.runs.arm_names import with_arms
from trainers.runs.build import build_spec
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import COMBINE
from trainers.tasks import load_task

COMMAND = "python -m trainers evidence --record"
CHECK_COMMAND = f"{COMMAND} --self-check"
ORDERS = ("catalogue", "effect", "p", "won", "seconds")
COLORS = {"better": "#0072b2", "worse": "#d55e00", "none": "#8a8f94"}
SYMBOLS = {"better": "circle", "worse": "diamond", "none": "circle-open"}


@dataclass(frozen=True)
class Entry:
    """One comparison of a recorded study, by the study's own metric: `arm` against `baseline`."""

    summary: Mapping[str, Any]
    arm: str
    baseline: str
    verdict: Verdict

    @property
    def trick(self) -> str:
        return str(self.summary["spec"]["trick"])

    @property
    def task(self) -> str:
        return str(self.summary["spec"]["task"])

    @property
    def metric(self) -> str:
        return str(self.summary["metric"])

    @property
    def sign(self) -> int:
        """1 where higher is better, else -1."""
        return 1 if self.summary["better"][self.metric] == "higher" else -1

    @property
    def outcome(self) -> str:
        """`better` or `worse` where a difference is claimed, else `none`."""
        if not self.verdict.claimed:
            return "none"
        return "better" if self.sign * self.verdict.paired.mean > 0 else "worse"

    @property
    def gain(self) -> tuple[float, float, float]:
        """The standardized effect and its 95 % interval, above zero where the arm is better; NaN: there is none."""
        low, high = effect_interval(self.verdict.paired)
        size = self.verdict.paired.effect if math.isfinite(low) else math.nan
        return (size, low, high) if self.sign > 0 else (-size, -high, -low)

    @property
    def seconds(self) -> float:
        """Compute seconds of the arm, the mean over the seeds."""
        return _number(self.summary["arms"][self.arm]["elapsed_s"]["mean"])

    def title(self, words: Words) -> str:
        """What is compared, and on which task."""
        if self.trick != COMBINE:
            title = load_article(self.trick, words.language)[0].title
            return f"{title} · {words[f'task.{self.task}.label']}"
        named = words[f"arm.{self.arm}"]
        first = self.summary["spec"]["arms"][0]["name"]
        against = "" if self.baseline == first else words[f"arm.{self.baseline}"]
        told = words.fill("verdict.against", arm=named, baseline=against) if against else named
        return told[:1].upper() + told[1:]

    def params(self, language: str = FALLBACK) -> dict[str, str]:
        """The address, behind the page's own, at which this recipe is set; it is measured there as often as usual."""
        study = Study.from_json(self.summary)
        spec = study.spec
        arm = next(one for one in spec.arms if one.name == self.arm)
        if self.trick == COMBINE:
            chosen = Choice(arm.tricks, self.task, like=STARTS_LIKE, steps=spec.steps, values=dict(arm.knobs))
            return chosen.to_params(Choice((), ""), language)  # whatever the page starts with
        plain = build_spec(self.trick, task=self.task)
        settings = {**spec.settings, "eval_every": plain.settings["eval_every"]}
        settings = {**plain.settings, **{name: value for name, value in settings.items() if name in plain.settings}}
        made = replace(spec, seed=100, settings=settings, arms=(spec.arms[0], arm))
        return Address(made, language=language).to_params()

    def recipe(self, words: Words) -> str:
        """The task, the steps, and the settings that differ from the task's own."""
        spec = self.summary["spec"]
        usual = load_task(self.task).settings
        differ = [
            f"{words.get(f'setting.{name}.label', name)} {words.get(f'choice.{name}.{value}', show(value))}"
            for name, value in changed_settings(spec).items()
            if name != "eval_every" and value != usual.get(name)
        ]
        steps = words.fill("evidence.steps", steps=f"{spec['steps']:,}")
        return ", ".join([words[f"task.{self.task}.label"], steps, *differ])

    def say(self, labels: Mapping[str, str]) -> str:
        """The verdict in words."""
        return say_verdict(self.verdict, self.summary, self.arm, self.baseline, self.metric, labels)

    def worsened(self, words: Words) -> str:
        """The metrics that it made worse."""
        return ", ".join(words[f"metric.{name}"] for name in self.summary["cost"][self.arm]["worse"])

    def cost(self, words: Words) -> str:
        """The metrics it made worse, and how its seconds compare with the baseline's."""
        cost, worse = self.summary["cost"][self.arm], self.worsened(words)
        parts = [words.fill("evidence.cost.worse", metrics=worse) if worse else words["evidence.cost.none"]]
        called = with_arms(words.labels, Study.from_json(self.summary).spec.arms)[f"arm.{self.arm}"]
        told = told_seconds(called, cost["seconds_ratio"], words.labels)
        return " ".join([*parts, f"{told[:1].upper()}{told[1:]}"]).strip()


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def changed_settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded settings that differ from those every task starts from."""
    defaults = {knob.name: knob.default for knob in SETTINGS}
    return {name: value for name, value in spec["settings"].items() if value != defaults.get(name)}


def entries_of(results: Mapping[str, Any], trick: str | None = None) -> list[Entry]:
    """A row for each pair of arms of each study, or of those of one trick, in catalogue order, the closing last."""
    return [
        Entry(summary, one["arm"], one["baseline"], Verdict.from_json(one))
        for summary in results["studies"]
        if (trick is None or summary["spec"]["trick"] == trick) and can_be_told(summary)
        for one in summary["comparisons"]
        if one["metric"] == summary["metric"]
    ]


def arrange(entries: Sequence[Entry], by: str) -> list[Entry]:
    """The entries in one of `ORDERS`, the strongest, surest or quickest first; the closing rows stay last."""

    def place(entry: Entry) -> tuple[bool, float]:
        found = entry.verdict.paired
        value = {
            "catalogue": 0.0,
            "effect": -entry.gain[0],
            "p": entry.verdict.p_holm,
            "won": -found.num_won / max(1, found.num_seeds),
            "seconds": entry.seconds,
        }[by]
        return entry.trick == COMBINE, math.inf if math.isnan(value) else value

    return sorted(entries, key=place)


def effect_text(entry: Entry, words: Words) -> str:
    """The mean difference and its 95 % interval, in points of a hundred for a rate."""
    scale, unit = (100.0, "verdict.points") if entry.metric.endswith(RATES) else (1.0, "verdict.plain")
    found = entry.verdict.paired
    if not math.isfinite(found.low):
        return words["evidence.no_interval"]
    mean, low, high = numerals(scale * found.mean, scale * found.low, scale * found.high)
    return f"{words.fill(unit, number=mean)} [{low}, {high}]"


def table(entries: Iterable[Entry], words: Words) -> pd.DataFrame:
    """The entries as they are shown, a row each; `link` opens the page with the recipe set."""
    rows = []
    for entry in entries:
        found = entry.verdict.paired
        page = "combine" if entry.trick == COMBINE else entry.trick
        title = entry.title(words)
        ratio = entry.summary["cost"][entry.arm]["seconds_ratio"]["mean"]
        rows.append(
            {
                "link": f"{page}?{query(entry.params(words.language))}#{title}",
                "shows": words[f"evidence.outcome.{entry.outcome}"],
                "metric": words[f"metric.{entry.metric}"],
                "effect": effect_text(entry, words),
                "size": entry.gain[0],
                "p": entry.verdict.p_holm,
                "won": found.num_won,
                "seeds": found.num_seeds,
                "seconds": entry.seconds,
                "ratio": _number(ratio),
                "worsened": entry.worsened(words),
                "recipe": entry.recipe(words),
            }
        )
    return pd.DataFrame(rows)


def forest(entries: Sequence[Entry], words: Words) -> go.Figure:
    """Standardized effects with their 95 % intervals, a row an entry, better to the right.

    Beyond ±1 equal distances are about equal factors (the axis is that of the inverse hyperbolic sine).
    """
    figure = go.Figure()
    heights = [-number for number in range(len(entries))]
    for outcome, color in COLORS.items():
        chosen = [(height, one) for height, one in zip(heights, entries, strict=True) if one.outcome == outcome]
        at = [(math.asinh(size), math.asinh(low), math.asinh(high)) for size, low, high in (e.gain for _, e in chosen)]
        figure.add_scatter(
            x=[middle for middle, _, _ in at],
            y=[height for height, _ in chosen],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - middle for middle, _, high in at],
                "arrayminus": [middle - low for middle, low, _ in at],
                "thickness": 1.5,
                "width": 0,
            },
            mode="markers",
            name=words[f"evidence.outcome.{outcome}"],
            marker={"color": color, "symbol": SYMBOLS[outcome], "size": 8},
            hovertext=[f"{one.title(words)}: {effect_text(one, words)}" for _, one in chosen],
            hoverinfo="text",
        )
    for height, entry in zip(heights, entries, strict=True):
        if math.isnan(entry.gain[0]):
            figure.add_annotation(x=0, y=height, text=words["evidence.no_interval"], showarrow=False)
    ticks = (-20, -5, -1, 0, 1, 5, 20)
    for height in heights:  # no line through the names, which stand between the rows
        figure.add_shape(
            type="line", x0=0, x1=0, y0=height - 0.3, y1=height + 0.12, line={"color": "#8a8f94", "width": 1}
        )
    figure.update_xaxes(
        tickvals=[math.asinh(tick) for tick in ticks],
        ticktext=[f"{tick}".replace("-", "−") for tick in ticks],
        title=words["evidence.axis"],
        side="top",  # in sight with the first rows
        fixedrange=True,
        zeroline=False,
    )
    for height, entry in zip(
        heights, entries, strict=True
    ):  # above its line, so that a narrow screen has room for both
        place = {"x": 0, "xref": "paper", "xanchor": "left", "y": height, "yshift": 10}
        figure.add_annotation(**place, text=entry.title(words), showarrow=False)
    figure.update_yaxes(
        showticklabels=False, tickvals=heights, zeroline=False, range=[0.4 - len(entries), 0.9], fixedrange=True
    )
    figure.update_layout(
        height=110 + 32 * len(entries),
        margin={"l": 0, "r": 8, "t": 88, "b": 8},
        legend={"orientation": "h", "yref": "container", "y": 1, "yanchor": "top", "x": 0},
        dragmode=False,
    )
    return figure


@st.cache_data(show_spinner=False)
def _read(stamp: tuple[tuple[str, int], ...]) -> tuple[dict[str, Any], list[Row]]:
    return read_recorded()


def recorded() -> tuple[dict[str, Any], list[Row]]:
    """The checked-in results and their raw rows, of the tricks that have any."""
    return _read(tuple((str(path), path.stat().st_mtime_ns) for path in recorded_files()))


def show_trick(trick: str, words: Words) -> None:
    """What was recorded of one trick: each part of its claim, and for each task the verdict and its cost."""
    results, _ = recorded()
    labels = labels_of_runs(words.language)
    article, _ = load_article(trick, words.language)
    st.subheader(words["evidence.title"], anchor=False)
    st.markdown(words.fill("evidence.claim", claim=article.claim))
    if rows := claim_rows(results, (trick,), words):
        with st.container(key="claims"):
            st.markdown(claims_table(rows, words))
    entries = entries_of(results, trick)
    if not entries:
        st.markdown(words["evidence.none"])
        st.code(f"{COMMAND} {trick}", language="sh")
    for entry in entries:
        st.markdown(f"**{entry.recipe(words)}.** {entry.say(labels)} {entry.cost(words)}")
