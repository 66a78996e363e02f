"""What the library tells of runs and studies: a page of the list as it is shown, and a few runs beside each other."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pages.lab.choice import Choice
from pages.lab.comparison import Beside, frame, study_of
from pages.lab.files import page_path, paths
from pages.lab.state import Address, query, shows_sweep
from pages.lab.text import FALLBACK, Words, labels_of_runs, load_article
from trainers.runs.arm_names import in_sentence, symbol_text, value_text
from trainers.runs.build import build_spec, setup_for
from trainers.runs.settings import FIRST_EXPLORED_SEED
from trainers.runs.spec import COMBINE, RunSpec, metric_of
from trainers.store.database import DamagedError
from trainers.store.library import LOCAL, RUN, STUDY, Card, Filter, Library, Page, words_of
from trainers.store.store import Store
from trainers.tasks import NAMES as TASKS
from trainers.wire.frames import jsonable
from tricks import catalogue
from tricks.declaration import RefusedError

DIGITS = 4  # of a point of the small curves
IN_ROW = ("csv", "json")  # forms that each row offers


def told(library: Library, asked: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """A page of the list as JSON data.

    Raises:
        RequestError: there is no such order, or it is no page.
        StoreError: the store cannot be read.
    """
    titles, tasks = titles_in(words), {task: words[f"task.{task}.label"] for task in TASKS}
    labels = labels_of_runs(words.language)
    which = Filter(
        words=words_of(" ".join(asked["words"]), labels),
        trick=asked["trick"],
        task=asked["task"],
        status=asked["state"],
        since=asked["since"],
        until=asked["until"],
        seconds=asked["longer"],
        in_bin=asked["bin"],
    )
    order = {name: asked[name] for name in ("sort", "down", "start", "count")}
    page: Page = library.page(which, **order)
    return {
        "kept": True,
        "cards": [_card(card, titles, tasks, labels, words) for card in page.cards],
        "total": page.total,
        "binned": page.binned,
        "tricks": [[name, titles.get(name, name)] for name in page.tricks],
        "tasks": [[name, tasks.get(name, name)] for name in page.tasks],
    }


def compared(store: Store, library: Library, ids: Sequence[str], words: Words) -> bytes:
    """Runs of the library beside each other, as a frame; those that are not in it, or in its bin, are `missing`.

    Raises:
        StoreError: the store cannot be read.
    """
    titles, tasks = titles_in(words), {task: words[f"task.{task}.label"] for task in TASKS}
    labels = labels_of_runs(words.language)
    found: list[Beside] = []
    for public_id in ids:
        card = library.card(public_id)
        if card is None or card.kind != RUN or card.deleted_at is not None or _spec_of(card) is None:
            continue
        try:
            kept = store.load(public_id)
        except DamagedError:
            continue
        if kept is not None:
            shown = _card(card, titles, tasks, labels, words)
            subject = words["library.subject"].format(trick=shown["trick"], task=shown["task"])
            found.append(Beside.of({**shown, "subject": subject}, kept.history, kept.made))
    shown_ids = [run.told["id"] for run in found]
    study, repeated = "", ""
    if planned := study_of([run.spec for run in found]):
        spec, tells_apart = planned
        study = _address(json.dumps(spec.to_json()), words.language)
        repeated = "" if tells_apart else shown_ids[0]
    return frame(found, [one for one in ids if one not in shown_ids], study, repeated, words)


def told_card(card: Card, words: Words) -> dict[str, Any]:
    """One of them as JSON data, as a page of the list has it."""
    tasks = {task: words[f"task.{task}.label"] for task in TASKS}
    return _card(card, titles_in(words), tasks, labels_of_runs(words.language), words)


def titles_in(words: Words) -> dict[str, str]:
    """What each trick is called, and tricks together."""
    titles = {name: load_article(name, words.language)[0].title for name in catalogue.NAMES}
    return {**titles, COMBINE: words["combine.title"]}


def _card(
    card: Card, titles: Mapping[str, str], tasks: Mapping[str, str], labels: Mapping[str, str], words: Words
) -> dict[str, Any]:
    arms = list(card.metrics.values())
    spec = _spec_of(card)
    judged = "" if spec is None else metric_of(spec)
    again = "" if spec is None else _address(json.dumps(spec.to_json()), words.language, card.swept)
    opened = "" if spec is None else _watching(card, again, words.language)
    return {
        "id": card.public_id,
        "kind": card.kind,
        "name": card.name,
        "note": card.note,
        "pinned": card.pinned,
        "state": card.status,
        "created": card.created_at,
        "deleted": card.deleted_at,
        "seconds": card.seconds,
        "trick": titles.get(card.trick, card.trick),
        "task": in_sentence(tasks.get(card.task, card.task)),
        "differs": differing_text(card, labels),
        "seed": card.seed,
        "steps": card.steps,
        "done": card.done,
        "total": card.total,
        "imported": card.imported,
        "fork_step": card.fork_step,
        "depth": card.depth,
        "links": card.links if opened else None,  # None: not to be shared
        "local": card.visitor == LOCAL,
        "judged": judged and words[f"metric.{judged}"],
        "result": jsonable(card.result),
        "baseline": jsonable(arms[0].get(judged)) if len(arms) > 1 else None,
        "curve": [[_point(value) for value in arm] for arm in card.curve],
        "open": opened,
        "again": again,
        "exports": {kind: f"{paths()['export']}/{card.public_id}.{kind}" for kind in IN_ROW},
    }


def _spec_of(card: Card) -> RunSpec | None:
    """What it is a run of; None where that is of another version of the lab, which has other tricks and settings."""
    try:
        spec = RunSpec.from_json({"seed": FIRST_EXPLORED_SEED, **card.spec})  # a study has none of its own
        metric_of(spec)
    except (RefusedError, ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration):
        return None
    return spec


@lru_cache(maxsize=4096)
def _address(told: str, language: str, swept: tuple[str, ...] = ()) -> str:
    """The page where the run that is `told` is set, not begun; nothing where it cannot be set any more.

    Of a study in which knobs are `swept` these are left as the page has them at first.
    """
    spec = RunSpec.from_json(json.loads(told))
    try:
        if swept:  # its arms are those that they move
            knobs = {name: value for name, value in spec.arms[-1].knobs.items() if name not in swept}
            settings = {name: value for name, value in spec.settings.items() if name not in swept}
            values = settings | knobs
            spec = build_spec(spec.trick, task=spec.task, seed=FIRST_EXPLORED_SEED, steps=spec.steps, values=values)
        params = together_params(spec, language) if spec.trick == COMBINE else trick_params(spec, language)
    except (RefusedError, ValueError, KeyError, TypeError, IndexError):
        return ""
    return _join(page_path(spec.trick), params)


def trick_params(spec: RunSpec, language: str) -> dict[str, str]:
    """The parameters by which a trick's page is set to this run, with its further arms.

    Raises:
        RefusedError, KeyError: it has a value that cannot be set.
    """
    extra = tuple(
        {name: value for name, value in arm.knobs.items() if value != spec.arms[1].knobs.get(name)}
        for arm in spec.arms[2:]
    )
    address = Address(replace(spec, arms=spec.arms[:2]), extra, language=language)
    _ = address.whole  # refused where one of its arms is no longer offered
    return address.to_params()


def together_params(spec: RunSpec, language: str) -> dict[str, str]:
    """The parameters by which the page of tricks together is set to this run.

    Raises:
        RefusedError: it has a value that cannot be set.
    """
    arm = spec.arms[1]
    plain = Choice(arm.tricks, spec.task, seed=spec.seed, ablate=len(spec.arms) > 2)
    made = plain.plan()
    usual = {**made.settings, **made.arms[1].knobs}
    values = {name: value for name, value in {**spec.settings, **arm.knobs}.items() if value != usual.get(name)}
    steps = None if spec.steps == made.steps else spec.steps
    return replace(plain, steps=steps, values=values).to_params(Choice((), ""), language)


def watched_at(card: Card, language: str, link: str = "") -> str:
    """The page where it is watched by its id, or by a link to it; "" where there is none."""
    spec = _spec_of(card)
    again = "" if spec is None else _address(json.dumps(spec.to_json()), language, card.swept)
    return "" if spec is None else _watching(card, again, language, link)


def _watching(card: Card, again: str, language: str, link: str = "") -> str:
    """The same: of a study, and of tricks together, that is where it is set, `again`."""
    asked = link or card.public_id
    if not shows_sweep(card.swept):
        return ""
    if card.kind == STUDY:
        return again and _beside(again, {"study": ":".join(filter(None, (asked, ",".join(card.swept))))})
    params = {"run": asked}
    if card.trick == COMBINE:
        return again and _beside(again, params)
    if card.task != setup_for(card.trick, None).task:
        params["task"] = card.task
    if language != FALLBACK:
        params["lang"] = language
    return _join(page_path(card.trick), params)


def _beside(address: str, params: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{query(params)}"


def _join(path: str, params: Mapping[str, str]) -> str:
    return f"{path}?{query(params)}" if params else path


def differing_text(card: Card, labels: Mapping[str, str]) -> str:
    """In what it differs from its trick as the page shows it at first, in words; its steps are said elsewhere."""
    tricks = catalogue.NAMES if card.trick == COMBINE else (card.trick,)
    symbols = {
        knob.name: symbol_text(knob.symbol)
        for name in tricks
        if name in catalogue.NAMES and not catalogue.problem(name)
        for knob in catalogue.load(name).knobs
    }
    parts = []
    for name, value in card.differs.items():
        if name == "steps":
            continue
        plain = labels.get(f"knob.{name}.label") if name in symbols else labels.get(f"setting.{name}.label")
        called = symbols.get(name) or plain or name
        values = value if isinstance(value, list) else [value]
        parts.append(f"{called} {' / '.join(value_text(name, one, labels) for one in values)}")
    return ", ".join(parts)


def _point(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
