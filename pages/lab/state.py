"""What the address says and what it should say: parameters are read, checked, and written back where they differ.

Parameters are `task`, `seed`, `steps`, `view`, `lang`, `autostart`, `arms` (further arms, as
`gamma:5;gamma:3,scale:2`), `charts` (what the two charts of the race show, as `loss,test_ece`), `run` (the id of a run
to watch), `study` (that of a repeat over seeds, or of a sweep with its knobs, as `id:gamma`) and every knob and setting
by its name; `show`, `lock` and `strict` say which controls are in reach (`reach.py`). What is refused leaves a note,
and the value that stood before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from pages.lab.charts import charts_of, default_charts
from pages.lab.reach import ALL, PARAMETERS, Reach, read_reach
from pages.lab.refusals import called, capital, reason
from pages.lab.text import FALLBACK, Words
from trainers.evidence.sweeps import MAX_SWEPT
from trainers.runs.build import build_spec, setup_for
from trainers.runs.labels import shorten
from trainers.runs.settings import FIRST_EXPLORED_SEED, SEED, SETTINGS, STEPS
from trainers.runs.spec import RunSpec
from tricks import catalogue
from tricks.declaration import Knob, Knobs, RefusedError, Value

MOST_ARMS = 4  # of the race on a page: as many as it can tell apart
MOST_OF_ID = 64  # letters
VIEWS = ("lab", "present")
RESERVED = ("task", "seed", "steps", "view", "lang", "autostart", "arms", "charts", "run", "study", *PARAMETERS)
EMBED = ("embed", "embed_options")  # Streamlit's own

Values = Mapping[str, object]


@dataclass(frozen=True)
class Address:
    """A page's state: the run that starts when nothing else is turned, and how it is shown.

    `extra` are the knobs in which each further arm differs from the trick's arm, `charts` what the charts of the race
    show (none: what the page shows by itself), `run` the id of one that is to be watched, `study` that of a study over
    seeds, in which the `swept` knobs are swept; `reach` is what of its controls is shown, and what can be changed.
    """

    spec: RunSpec
    extra: tuple[Knobs, ...] = ()
    charts: tuple[str, ...] = ()
    view: str = "lab"
    language: str = FALLBACK
    autostart: bool = False
    run: str = ""
    study: str = ""
    swept: tuple[str, ...] = ()
    reach: Reach = ALL
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> RunSpec:
        """The run with its further arms."""
        spec = self.spec
        values = {**spec.settings, **spec.arms[1].knobs}
        told: dict[str, Any] = {"task": spec.task, "seed": spec.seed, "steps": spec.steps, "values": values}
        return build_spec(spec.trick, **told, extra_arms=self.extra)

    def to_params(self) -> dict[str, str]:
        """What differs from the page's defaults, as parameters of an address."""
        spec, setup = self.spec, setup_for(self.spec.trick, None)
        plain = build_spec(spec.trick, task=spec.task, seed=FIRST_EXPLORED_SEED)
        params: dict[str, str] = {}
        if spec.task != setup.task:
            params["task"] = spec.task
        if spec.seed != plain.seed:
            params["seed"] = str(spec.seed)
        if spec.steps != plain.steps:
            params["steps"] = str(spec.steps)
        settings = {name: value for name, value in spec.settings.items() if value != plain.settings[name]}
        params |= {name: write(value) for name, value in settings.items()}
        adapted = build_spec(spec.trick, task=spec.task, steps=spec.steps, values=settings).arms[1].knobs
        params |= {name: write(value) for name, value in spec.arms[1].knobs.items() if value != adapted[name]}
        if self.extra:
            own = dict(list(spec.arms[1].knobs.items())[:1])  # an arm in which nothing differs is one, too
            params["arms"] = ";".join(
                ",".join(f"{name}:{write(value)}" for name, value in (arm or own).items()) for arm in self.extra
            )
        if self.charts:
            params["charts"] = ",".join(self.charts)
        if self.view != VIEWS[0]:
            params["view"] = self.view
        if self.language != FALLBACK:
            params["lang"] = self.language
        return params | self.reach.to_params()


def write(value: Value) -> str:
    """A value as an address says it, short and exact."""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value)


def query(values: Mapping[str, str]) -> str:
    """The part of an address after the question mark."""
    return urlencode(values, safe=":;,")


def shows_sweep(knobs: Iterable[str]) -> bool:
    """Whether a page shows a sweep of these knobs: of shared settings, which are no arm's, none does."""
    return {knob.name for knob in SETTINGS}.isdisjoint(knobs)


def show(value: object) -> str:
    """A value as a sentence says it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def read(trick: str, params: Mapping[str, str], words: Words) -> Address:
    """The state that an address asks for, with a note for everything in it that is refused."""
    notes: list[str] = []
    task = _read_task(trick, params.get("task"), words, notes)
    values = {name: text for name, text in params.items() if name not in RESERVED + EMBED}
    address = resolve(
        trick,
        task=task,
        seed=params.get("seed"),
        steps=params.get("steps"),
        values=values,
        extra=_parse_arms(params.get("arms", ""), words, notes),
        words=words,
    )
    view = params.get("view", VIEWS[0])
    if view not in VIEWS:
        told = {"name": words["note.view"], "given": shorten(view), "kept": VIEWS[0]}
        notes.append(words.fill("note.choice", choices=", ".join(VIEWS), **told))
        view = VIEWS[0]
    study, _, swept = params.get("study", "").partition(":")
    known = address.spec.knobs_of(1)
    charts = _read_charts(address.spec, params["charts"].split(","), words, notes) if "charts" in params else ()
    reach, unknown = read_reach(params, tuple(known), words)
    return replace(
        address,
        charts=charts,
        view=view,
        language=words.language,
        autostart=params.get("autostart") == "1",
        run=params.get("run", "")[:MOST_OF_ID],
        study=study[:MOST_OF_ID],
        swept=tuple(name for name in dict.fromkeys(swept.split(",")) if name in known)[:MAX_SWEPT],
        reach=reach,
        notes=(*notes, *address.notes, *unknown),
    )


def report(state: Mapping[str, Any], before: Address, words: Words) -> Address:
    """The state after the live component said what a person set; of another task, that task's defaults."""
    trick = before.spec.trick
    task = _read_task(trick, state.get("task"), words, [])
    extra = state.get("extra_arms", before.extra)
    values = state.get("values", {})
    address = resolve(
        trick,
        task=task,
        seed=state.get("seed", before.spec.seed),
        steps=state.get("steps") if task == before.spec.task else None,
        values=values if task == before.spec.task and isinstance(values, Mapping) else {},
        extra=extra if isinstance(extra, (list, tuple)) else (),
        words=words,
    )
    charts = state.get("charts", before.charts)
    told = _read_charts(address.spec, charts, words, []) if isinstance(charts, (list, tuple)) else before.charts
    view = state.get("view", before.view)
    return replace(
        address,
        charts=told,
        view=view if view in VIEWS else before.view,
        language=before.language,
        reach=ALL if state.get("unlock") is True else before.reach,
    )


def _read_charts(spec: RunSpec, asked: Sequence[object], words: Words, notes: list[str]) -> tuple[str, ...]:
    """The charts asked for, those that there are; none where they are the page's own."""
    own = default_charts(spec)
    offered = charts_of(spec, words)
    if list(asked) == list(own):
        return ()
    if len(asked) != len(own) or any(name not in offered for name in asked):
        told = {
            "name": words["note.charts"],
            "choices": ", ".join(offered),
            "given": shorten(",".join(map(str, asked))),
        }
        notes.append(words.fill("note.choice", **told, kept=",".join(own)))
        return ()
    return tuple(map(str, asked))


def resolve(
    trick: str,
    *,
    task: str | None,
    seed: object,
    steps: object,
    values: Values = MappingProxyType({}),
    extra: Iterable[object] = (),
    words: Words,
) -> Address:
    """The state of those values, each taken up unless it is refused; refusals are in its notes."""
    notes: list[str] = []
    taken: dict[str, Any] = {"task": task, "seed": FIRST_EXPLORED_SEED, "steps": None, "values": {}}
    for knob, wanted in ((SEED, seed), (STEPS, steps)):
        if wanted is not None:
            trial = {**taken, knob.name: wanted}
            notes += _take(trick, trial, taken, knob, wanted, words)
    order = [knob.name for knob in SETTINGS]
    for name in sorted(values, key=lambda name: order.index(name) if name in order else len(order)):
        trial = {**taken, "values": {**taken["values"], name: values[name]}}
        notes += _take(trick, trial, taken, _declared(trick, taken, name), values[name], words, name)
    spec = build_spec(trick, **taken)
    arms: list[Knobs] = []
    for knobs in extra:
        try:
            if not isinstance(knobs, Mapping) or len(arms) + 2 >= MOST_ARMS:
                sentence = f"arms must be at most {MOST_ARMS}, each with knobs of {trick}, got {shorten(knobs)}"
                raise RefusedError(sentence, "at_most", "arms", len(arms) + 3, most=MOST_ARMS)
            grown = build_spec(trick, **taken, extra_arms=(*arms, knobs))
            differing = {n: v for n, v in grown.arms[-1].knobs.items() if v != spec.arms[1].knobs.get(n)}
        except RefusedError as error:
            notes.append(words.fill("note.arm", reason=reason(error, words)))
        else:
            arms.append(differing)
    return Address(spec, tuple(arms), notes=tuple(notes))


def _take(
    trick: str,
    trial: dict[str, Any],
    taken: dict[str, Any],
    knob: Knob | None,
    wanted: object,
    words: Words,
    name: str = "",
) -> list[str]:
    """Makes `taken` the `trial` where it can be; else says why not."""
    try:
        build_spec(trick, **trial)
    except RefusedError as error:
        if knob is None:
            return [_unknown(trick, name, words)]
        return [refusal(knob, wanted, _kept(trick, taken, knob), error, words)]
    taken.update(trial)
    return []


def _unknown(trick: str, name: str, words: Words) -> str:
    names = [knob.name for knob in (*SETTINGS, *catalogue.load(trick).knobs)]
    near = get_close_matches(name, names, n=2)
    return words.fill("note.near" if near else "note.unknown", name=shorten(name), near=", ".join(near))


def _declared(trick: str, taken: dict[str, Any], name: str) -> Knob | None:
    spec = build_spec(trick, **taken)
    return ({knob.name: knob for knob in SETTINGS} | spec.knobs_of(1)).get(name)


def _kept(trick: str, taken: dict[str, Any], knob: Knob) -> Value:
    spec = build_spec(trick, **taken)
    return {**spec.context, **spec.arms[1].knobs}[knob.name]


def refusal(knob: Knob, given: object, kept: Value, error: RefusedError, words: Words) -> str:
    """Why the address's value for `knob` is not taken up, and which value stands."""
    told = {"name": capital(called(knob.name, words) or knob.name), "given": shorten(given), "kept": show(kept)}
    if error.name != knob.name or not words.get(f"note.{error.rule}"):
        key = "note.kept" if error.name == knob.name else "note.refused"
        return words.fill(key, reason=reason(error, words), **told)
    return words.fill(f"note.{error.rule}", **told, **{name: _listed(part) for name, part in error.parts.items()})


def _listed(part: object) -> str:
    return ", ".join(map(show, part)) if isinstance(part, tuple) else show(part)


def _read_task(trick: str, task: object, words: Words, notes: list[str]) -> str:
    names = [setup.task for setup in catalogue.load(trick).setups]
    if task is None or task in names:
        return str(task or names[0])
    told = {"name": words["note.task"], "choices": ", ".join(names), "given": shorten(task), "kept": names[0]}
    notes.append(words.fill("note.choice", **told))
    return names[0]


def _parse_arms(text: str, words: Words, notes: list[str]) -> list[Values]:
    arms: list[Values] = []
    for part in filter(None, text.split(";")):
        pairs = [pair.partition(":") for pair in part.split(",")]
        if all(name and colon and value for name, colon, value in pairs):
            arms.append({name: value for name, _, value in pairs})
        else:
            notes.append(words.fill("note.arm", reason=shorten(part)))
    return arms
