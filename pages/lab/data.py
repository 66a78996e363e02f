"""A task as its page shows it: source, sizes, metrics, samples and class counts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.lab import drawings
from pages.lab.component import drawing
from pages.lab.config import extent
from pages.lab.text import Words
from trainers.runs.labels import metric_told
from trainers.runs.spec import RunSpec
from trainers.tasks import Glimpse, Task, describe, load_task


@st.cache_data(max_entries=32, show_spinner=False)
def _glimpse(task: str, settings: dict[str, Any], seed: int) -> Glimpse:
    return describe(load_task(task), settings, seed)


def show(spec: RunSpec, words: Words) -> None:
    """Draws what a run trains on: where it comes from, how much there is, a few examples, and what is measured."""
    task = load_task(spec.task)
    glimpse = _glimpse(spec.task, dict(spec.settings), spec.seed)
    about, shown = st.columns([2, 3], gap="large")
    with about:
        st.subheader(words[f"task.{task.name}.label"], anchor=False)
        st.markdown(words[f"task.{task.name}.about"])
        st.markdown(words.fill("data.source", source=task.source))
        if glimpse.field is not None:
            x, y = glimpse.examples[0].tolist()
            st.markdown(words.fill("data.start", seed=spec.seed, x=x, y=y))
        elif not task.has_classes:
            st.markdown(words.fill("data.drawn", **glimpse.sizes, seed=spec.seed))
        else:
            num_wrong, num_classes = glimpse.num_wrong, task.num_classes
            st.markdown(words.fill("data.sizes", **glimpse.sizes, wrong=num_wrong, classes=num_classes, seed=spec.seed))
        st.markdown("\n".join(_metric_lines(task, words)))
    with shown:
        if glimpse.field is not None:
            _show_ground(task, glimpse, words)
        elif not task.has_classes:
            st.markdown(words["data.inputs"])
            _show_examples(task, glimpse, words)
        else:
            st.markdown(words["data.examples"])
            _show_examples(task, glimpse, words)
            st.markdown(words["data.counts"])
            svg = drawings.counts(glimpse.class_counts, glimpse.test_class_counts, words["data.counts"])
            drawing(svg, key=f"counts.{spec.trick}")
    st.subheader(words["data.export"], anchor=False)
    st.markdown(words["data.export.about"])


def _metric_lines(task: Task, words: Words) -> list[str]:
    """What the task measures, as a list in Markdown."""
    return [f"- **{words[f'metric.{name}']}**: {metric_told(words.labels, name, task.name)}" for name in task.metrics]


def _show_ground(task: Task, glimpse: Glimpse, words: Words) -> None:
    assert glimpse.field is not None
    st.markdown(words["data.ground"])
    svg = drawings.ground(glimpse.field, glimpse.examples[0], *extent(task.name), words["data.ground"])
    with st.container(width=360):
        drawing(svg, key="ground")


def _show_examples(task: Task, glimpse: Glimpse, words: Words) -> None:
    wrong = glimpse.labels != glimpse.clean_labels
    if task.view == "point":
        svg = drawings.plane(glimpse.examples, glimpse.labels, wrong, words["data.examples"])
        with st.container(width=360):
            drawing(svg, key="examples")
        return
    across, count = (8, 16) if task.view == "image" else (4, 8)
    columns = st.columns(across, gap="small")
    for number, values in enumerate(glimpse.examples[:count]):
        label = str(glimpse.labels[number])
        with columns[number % across]:
            drawing(drawings.example(values, task.view, label), key=f"example.{number}")
            if not task.has_classes:
                continue
            if wrong[number]:
                label = words.fill("data.wrong", recorded=label, true=glimpse.clean_labels[number])
            st.caption(label)
