"""The tab that repeats a run over seeds, and what its component is told; a sweep over seeds is told the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.lab import state
from pages.lab.component import live
from pages.lab.config import describe_knob, told_to_all
from pages.lab.files import page_path
from pages.lab.panels import Page
from pages.lab.state import Address
from pages.lab.text import Words, labels_of_runs
from trainers.evidence import studies
from trainers.evidence.plan import NUM_SWEPT_SEEDS, SEEDS, plan_repeat, plan_sweep
from trainers.runs.arm_names import call_arms, in_sentence
from trainers.runs.build import build_spec
from trainers.runs.settings import FIRST_EXPLORED_SEED
from trainers.runs.spec import RunSpec, metric_of, metrics_of
from tricks.declaration import Knob, RefusedError, Value

MODULE = "seeds.js"


def show(page: Page, address: Address, words: Words, *, asked: int = 0, watch: str = "") -> None:
    """Draws the tab; `asked` is how often the button beside the run has been pressed, `watch` a study to show."""
    st.markdown(words["seeds.about"])
    config = {**build_seeds(address, words), "asked": asked, "watch": watch or None}
    live(config, key=f"seeds.{page.trick}", on_change=lambda: None)
    st.caption(words.fill("seeds.machinery", evidence=page_path("evidence")))


def build_seeds(
    address: Address, words: Words, *, swept: Mapping[str, Sequence[Value]] | None = None
) -> dict[str, Any]:
    """The configuration of a repeat of the run as it is set, or of a sweep of `swept` over seeds, as JSON."""
    spec = address.spec
    kind = "repeat" if swept is None else "response"
    knobs = spec.knobs_of(1)
    metrics = metrics_of(spec)
    own = {} if swept is None else {"sweep": {name: list(values) for name, values in swept.items()}}
    extra = {} if swept is not None else {"extra_arms": [dict(arm) for arm in address.extra]}
    lease = "/".join((kind, spec.trick, spec.task, *(swept or ())))
    return {
        "kind": kind,
        "trick": spec.trick,
        "title": in_sentence(words["title"]),
        "lease": lease,
        "id": _planned(address, swept),
        "start": {**describe_start(spec), "steps": spec.steps, **extra, **own},
        "steps": spec.steps,
        "num_seeds": SEEDS.default if swept is None else NUM_SWEPT_SEEDS,
        "first_seed": 0 if swept is None else FIRST_EXPLORED_SEED,
        "recipe": None if swept is not None else _recipe(spec, words),
        "swept": {} if swept is None else {name: list(values) for name, values in swept.items()},
        "arms": [{}, dict(spec.arms[1].knobs), *({**spec.arms[1].knobs, **arm} for arm in address.extra)],
        "called": list(call_arms(address.whole.arms, labels_of_runs(words.language)).values()),
        "knobs": [
            describe_knob(knob, "knob", spec.arms[1].knobs[name], knob.default, words) for name, knob in knobs.items()
        ],
        "metrics": [
            {"name": name, "label": words[f"metric.{name}"], "better": better, "unit": words.get(f"metric.{name}.unit")}
            for name, better in metrics.items()
        ],
        "judged": metric_of(spec),
        **told_to_all(MODULE, words),
    }


def _planned(address: Address, swept: Mapping[str, Sequence[Value]] | None) -> str:
    """The id of the study that would be begun; empty where it would be refused."""
    try:
        plan = plan_repeat(address.whole) if swept is None else plan_sweep(address.spec, swept)
    except RefusedError:
        return ""
    return plan.study.id


def describe_start(spec: RunSpec) -> dict[str, Any]:
    """What the live socket is told of a run, but for seed and steps."""
    plain = build_spec(spec.trick, task=spec.task).settings
    settings = {name: value for name, value in spec.settings.items() if value != plain[name]}
    return {"trick": spec.trick, "task": spec.task, "values": settings | dict(spec.arms[1].knobs)}


def list_values(knob: Knob, values: Sequence[Value], words: Words) -> str:
    """The values of a knob as a sentence says them."""
    if knob.choices:
        return ", ".join(words.get(f"choice.{knob.name}.{one}", str(one).replace("_", " ")) for one in values)
    unit = f" {knob.unit}" if knob.unit else ""
    return ", ".join(map(state.show, values)) + unit


def _recipe(spec: RunSpec, words: Words) -> dict[str, Any] | None:
    """The trick's evidence recipe for the same task, in words; None where it has none."""
    study = next((found for found in studies.studies_of(spec.trick) if found.spec.task == spec.task), None)
    if study is None:
        return None
    arm = next(arm for arm in study.spec.arms[1:] if arm.tricks)
    declared = study.spec.knobs_of(1)
    told = [
        f"{declared[name].symbol or words[f'knob.{name}.label']} {list_values(declared[name], [value], words)}"
        for name, value in arm.knobs.items()
        if name in declared
    ]
    text = words.fill("seeds.recipe", values=", ".join(told), steps=f"{study.spec.steps:,}")
    return {"id": study.id, "steps": study.spec.steps, "text": text}
