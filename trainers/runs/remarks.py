"""Remarks about a run, made from its data as they happen.

`observe` looks at a history and says what its rules find; each rule is a small function that states only what the
numbers of the arms it names show: a measurement at the step it names, or a mean that its words announce. A remark
depends on nothing after its step, so a growing history never takes one back. Words stand in
`assets/text/<language>/labels.json` under `remark.<rule>`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.runs.history import Column, History
from trainers.runs.run_record import RECENT, ArmRecord, RunRecord, first_of
from trainers.runs.spec import metric_of, metrics_of
from trainers.tasks import load_task
from tricks.declaration import Value

ANSWER_AFTER, ANSWER_WITHIN = 50, 100  # steps after which, and within which, a turned knob is answered
LATELY = 5  # measurements that tell a lead from jitter


@dataclass(frozen=True)
class Remark:
    """Something the data show at `step`: `rule` names the text, `values` fill it."""

    step: int
    rule: str
    values: Mapping[str, Value]

    def to_json(self) -> dict[str, Any]:
        return {"step": self.step, "rule": self.rule, "values": dict(self.values)}


def observe(history: History) -> list[Remark]:
    """All remarks that the history calls for so far, by step; each once, the same ones for the same history."""
    with np.errstate(all="ignore"):
        view = RunRecord(history)
        found = [remark for rule in RULES for remark in rule(view)]
    return sorted(found, key=lambda remark: remark.step)


def render(remark: Remark, labels: Mapping[str, str]) -> str:
    """The remark in words; `labels` are a language's labels by key.

    An arm is called by its label `arm.<name>` or `trick.<name>`, a metric by `metric.<name>`, and by the name itself
    where the labels have none.
    """
    values: dict[str, Value] = dict(remark.values)
    for key in ("arm", "other"):
        if key in values:
            name = str(values[key])
            values[key] = labels.get(f"arm.{name}") or labels.get(f"trick.{name}") or name.replace("_", " ")
    for key in ("metric", "against"):
        if key in values:
            values[key] = labels.get(f"metric.{values[key]}") or str(values[key]).replace("_", " ")
    text = labels[f"remark.{remark.rule}"].format(**values)
    return text[:1].upper() + text[1:]


def _say(rule: str, step: int, **values: Value) -> Remark:
    return Remark(int(step), rule, values)


def ended(view: RunRecord) -> Iterator[Remark]:
    """An arm's loss stopped being a number."""
    for failure in view.history.failures:
        arm = view.arms[failure.arm]
        knobs = view.knobs_text(arm, failure.knobs)
        yield _say("ended", failure.step, arm=arm.name, since=failure.step, value=str(failure.value), knobs=knobs)


def stuck(view: RunRecord) -> Iterator[Remark]:
    """After a good while the training loss is where it began, or above and nothing else has come of it."""
    judged, ways = metric_of(view.spec), metrics_of(view.spec)
    for arm in view.arms:
        when = first_of(arm.at >= max(200, 0.15 * view.spec.steps))
        if when is None or not arm.recent[when] >= 0.97 * arm.begun:
            continue
        values = arm.tests.get(judged, np.full(len(arm.at), np.nan))
        now, gained = float(arm.recent[when]), (values[when] - values[0]) * (1 if ways[judged] == "higher" else -1)
        if now <= 1.1 * arm.begun:
            yield _say("stuck", arm.at[when], arm=arm.name, steps=int(arm.at[when]), begun=arm.begun, now=now)
        elif gained <= 0 and not ((blown := _explosion(arm)) is not None and blown <= when):
            told = {"since": int(arm.at[0]), "before": float(values[0]), "after": float(values[when])}
            yield _say(
                "above_start", arm.at[when],
                arm=arm.name, steps=int(arm.at[when]), begun=arm.begun, now=now, metric=judged, **told,
            )  # fmt: skip


def exploded(view: RunRecord) -> Iterator[Remark]:
    """A loss is many times what it was when it was first measured."""
    for arm in view.arms:
        when = _explosion(arm)
        if when is not None:
            loss = arm.tests["test_loss"]
            told = {
                "since": int(arm.at[0]),
                "before": float(loss[0]),
                "now": float(loss[when]),
                "until": int(arm.at[when]),
            }
            turn = next((event for event in reversed(arm.turns) if event.step <= arm.at[when]), None)
            if turn is None:
                yield _say("exploded", arm.at[when], arm=arm.name, **told)
            else:
                knobs = view.knobs_text(arm, {turn.name: turn.value})
                yield _say("exploded_turned", arm.at[when], arm=arm.name, knobs=knobs, turned=turn.step, **told)


def _explosion(arm: ArmRecord) -> int | None:
    """The first measurement at which the test loss is twenty times the first, and 10 or more."""
    loss = arm.tests.get("test_loss", np.empty(0))
    return first_of((loss > 20 * loss[0]) & (loss > 10)) if len(loss) else None


def overfits(view: RunRecord) -> Iterator[Remark]:
    """The test loss has risen for long from its lowest while the training loss fell, and was held up by no level."""
    for arm in view.arms:
        loss = arm.tests.get("test_loss", np.empty(0))
        if len(loss) < 6:
            continue
        smooth = np.concatenate(([np.nan, np.nan], np.convolve(loss, np.full(3, 1 / 3), mode="valid")))
        index = np.arange(len(loss))
        lowest = np.fmin.accumulate(loss)
        bottom = np.maximum.accumulate(np.where(loss == lowest, index, 0))
        middle = (index + bottom) // 2
        steps = arm.at - arm.at[bottom]
        long = (steps >= max(100, 0.1 * view.spec.steps)) & (index - bottom >= 3)
        risen = (smooth > 1.1 * lowest) & (loss > 1.1 * lowest)
        fell = (arm.recent < 0.9 * arm.recent[bottom]) & (arm.recent < 0.97 * arm.recent[middle])
        when = first_of(long & risen & fell & ~_held(view, arm))
        if when is not None:
            low = bottom[when]
            told = {"lowest": float(loss[low]), "now": float(loss[when]), "until": int(arm.at[when])}
            trained = {"before": float(arm.recent[low]), "after": float(arm.recent[when])}
            yield _say("overfits", arm.at[when], arm=arm.name, since=int(arm.at[low]), **told, **trained)


def _held(view: RunRecord, arm: ArmRecord) -> NDArray[np.bool_]:
    """The measurements at which the training loss was down at a level that keeps it from falling farther."""
    held = np.zeros(len(arm.at), dtype=np.bool_)
    for levels in view.levels(arm).values():
        level = levels[np.minimum(arm.at, len(arm.train))]
        held |= (level > 0) & (arm.recent <= 1.15 * level)
    return held


def memorized(view: RunRecord) -> Iterator[Remark]:
    """With wrong labels, the training loss is far below the least that is possible without telling them apart.

    That least is the entropy of the noise: a share q spread over K − 1 wrong classes. It says nothing of an arm whose
    tricks choose, change or mix the examples that it learns from.
    """
    share = float(view.spec.settings.get("label_noise", 0.0))
    if share <= 0:
        return
    others = load_task(view.spec.task).num_classes - 1
    floor = -(1 - share) * math.log(1 - share) - share * math.log(share / others)
    for arm in (arm for arm in view.arms if not arm.changes & {"prepare", "sample", "transform"}):
        when = first_of(arm.recent < 0.5 * floor)
        if when is not None:
            now = float(arm.recent[when])
            yield _say("memorized", arm.at[when], arm=arm.name, now=now, floor=floor, share=share)


def at_level(view: RunRecord) -> Iterator[Remark]:
    """The training loss goes up and down about a level that a knob sets: a knob in the loss's own unit."""
    for arm in view.arms:
        for name, levels in view.levels(arm).items():
            when = _sits_at(arm, levels)
            if when is not None:
                knobs = view.knobs_text(arm, {name: float(levels[arm.at[when]])})
                yield _say("at_level", arm.at[when], arm=arm.name, knobs=knobs, now=float(arm.recent[when]))


def _sits_at(arm: ArmRecord, levels: Column) -> int | None:
    """The first measurement by which the latest losses lay about their level."""
    below = np.cumsum(np.concatenate(([0.0], arm.train < levels[1:])))
    end = np.minimum(arm.at, len(arm.train))
    middle, start = np.maximum(end - RECENT, 0), np.maximum(end - 2 * RECENT, 0)
    holds = levels[end] > 0
    for low, high in ((start, middle), (middle, end)):  # both halves, or a loss on its way down would do
        share = (below[high] - below[low]) / RECENT
        holds &= (np.abs(arm.mean(low, high) - levels[end]) <= 0.15 * levels[end]) & (share > 0.2) & (share < 0.8)
    return first_of(holds)


def coincide(view: RunRecord) -> Iterator[Remark]:
    """An arm and the baseline have gone the same way from the start; then, the step at which they part.

    The way is the training loss and, where another network than the one that trains may answer, the test metrics.
    """
    for arm, plain in view.pairs:
        length = min(len(arm.train), len(plain.train))
        differ = _differ(arm.train, plain.train)
        parted = int(differ.argmax()) + 1 if differ.any() else length + 1  # the first step that differs
        judged = ["test_loss"] if "test_loss" in arm.tests else list(arm.tests)  # shares jump where a digit rounds
        seen = np.logical_or.reduce([_differ(arm.tests[name], plain.tests[name]) for name in judged])
        answered = int(arm.at[seen.argmax()]) if seen.any() else length + 1
        is_told_apart = answered < parted - 1  # a test looks at the weights that the next step's loss is of
        when = first_of((arm.at >= RECENT) & (arm.at < (answered if is_told_apart else parted)))
        if when is None:
            continue
        step = int(arm.at[when])
        knobs = view.knobs_text(arm, _neutral_knobs(view, arm, step))
        yield _say("coincide" if knobs else "not_yet", step, arm=arm.name, other=plain.name, steps=step, knobs=knobs)
        if is_told_apart:  # another network answers, and training goes on alike
            yield _say("answers", answered, arm=arm.name, other=plain.name, since=answered)
            continue
        when = first_of((arm.at >= parted) & (arm.at <= length))
        if when is not None:
            turn = next((event for event in arm.turns if event.step == parted and event.arm == arm.number), None)
            knobs = view.knobs_text(arm, {turn.name: turn.value}) if turn else ""
            rule = "parted_turned" if turn else "parted"
            yield _say(rule, arm.at[when], arm=arm.name, other=plain.name, since=parted, knobs=knobs)


def _differ(mine: Column, theirs: Column) -> NDArray[np.bool_]:
    """Where two columns, as far as both go, are not the same but for rounding."""
    length = min(len(mine), len(theirs))
    differ: NDArray[np.bool_] = np.abs(mine[:length] - theirs[:length]) > 1e-5 * np.abs(theirs[:length]) + 1e-7
    return differ


def _neutral_knobs(view: RunRecord, arm: ArmRecord, step: int) -> dict[str, Value]:
    """The knobs that count and stand where they change nothing, if all that could change something do; else none."""
    knobs = view.history.knobs_at(arm.number, step)
    counting = {name: knob for name, knob in view.spec.knobs_of(arm.number).items() if knob.counts(knobs)}
    neutral = {name: knob.neutral for name, knob in counting.items() if knob.neutral is not None}
    return {name: knobs[name] for name in neutral} if all(knobs[name] == neutral[name] for name in neutral) else {}


def ahead(view: RunRecord) -> Iterator[Remark]:
    """An arm leads on the metric the trick is judged by, beyond recent jitter; and where it trails on another."""
    judged, ways = metric_of(view.spec), metrics_of(view.spec)
    for arm, plain in view.pairs:
        count = min(len(arm.at), len(plain.at))
        names = [name for name in ways if name in arm.tests]
        leads = {name: _lead(arm.tests[name][:count], plain.tests[name][:count], ways[name]) for name in names}
        if judged not in leads:
            continue
        for sign, leader, other in ((1, arm, plain), (-1, plain, arm)):
            when = first_of(leads[judged] == sign)
            if when is not None:
                value, than = float(leader.tests[judged][when]), float(other.tests[judged][when])
                pair = {"arm": leader.name, "other": other.name}
                yield _say("ahead", arm.at[when], **pair, metric=judged, value=value, than=than)
        opposed = ((name, first_of(leads[judged] * lead < 0)) for name, lead in leads.items())
        for name, when in opposed:
            if when is not None:
                leader, other = (arm, plain) if leads[judged][when] > 0 else (plain, arm)
                yield _say("split", arm.at[when], arm=leader.name, other=other.name, metric=judged, against=name)


def _lead(mine: Column, theirs: Column, way: str) -> NDArray[np.int_]:
    """1 where `mine` has been better in all of the latest measurements and by twice their jitter, -1 worse, else 0."""
    lead = np.zeros(len(mine), dtype=np.int_)
    if len(mine) < LATELY:
        return lead
    gap = (mine - theirs) * (1 if way == "higher" else -1)
    windows = np.lib.stride_tricks.sliding_window_view(gap, LATELY)
    moves = 0.5 * (np.abs(np.diff(mine)) + np.abs(np.diff(theirs)))
    jitter = np.convolve(moves, np.full(LATELY - 1, 1 / (LATELY - 1)), mode="valid")
    clear = np.abs(windows.mean(axis=1)) > 2 * jitter
    better, worse = windows.min(axis=1) > 0, windows.max(axis=1) < 0
    lead[LATELY - 1 :] = clear * (better.astype(np.int_) - worse)
    return lead


def restarted(view: RunRecord) -> Iterator[Remark]:
    """The schedule sent the learning rate up again."""
    for arm in view.arms:
        turned = {event.step for event in arm.turns}
        jumps = np.flatnonzero(arm.lr[1:] > 2 * arm.lr[:-1]) + 2  # the steps with the new rate
        step = next((int(step) for step in jumps if int(step) not in turned), None)
        if step is not None:
            low, high = float(arm.lr[step - 2]), float(arm.lr[step - 1])
            yield _say("restarted", step, arm=arm.name, since=step, low=low, high=high)


def turned(view: RunRecord) -> Iterator[Remark]:
    """What the judged metric was before a knob was turned and is soon after, and what the baseline's did meanwhile."""
    judged, events = metric_of(view.spec), view.history.events
    plain = next((arm for arm in view.arms if not arm.tricks), view.arms[0])
    first = next((arm for arm in view.arms if arm.tricks), plain)
    following: dict[tuple[str, int | None], int] = {}  # the step at which the same knob was turned next
    for event in reversed(events):
        knob = event.name, event.arm
        turned_on, following[knob] = following.get(knob), event.step
        arm = first if event.arm is None else view.arms[event.arm]
        when = _answer(view, arm.at, event.step)
        before = int(np.searchsorted(arm.at, event.step)) - 1
        if when is None or before < 0 or judged not in arm.tests or when >= len(plain.at):
            continue
        step = int(arm.at[when])
        if turned_on is not None and turned_on <= step:
            continue  # it was on its way to another value
        knobs = view.knobs_text(arm, {event.name: event.value})
        told: dict[str, Value] = {"arm": arm.name, "knobs": knobs, "since": event.step, "metric": judged}
        told |= {"measured": int(arm.at[before]), "until": step}
        told |= {"before": float(arm.tests[judged][before]), "now": float(arm.tests[judged][when])}
        if plain is arm:
            yield _say("turned_alone", step, **told)
        else:
            told |= {"than": float(plain.tests[judged][before]), "other_now": float(plain.tests[judged][when])}
            yield _say("turned", step, **told, other=plain.name)


def _answer(view: RunRecord, at: NDArray[np.intp], step: int) -> int | None:
    """The measurement that answers a turn at `step`: the first after a few steps, or the first if there is no other."""
    every = int(view.spec.settings["eval_every"])
    for when in range(int(np.searchsorted(at, step)), len(at)):
        is_last = at[when] + every > step + ANSWER_WITHIN or at[when] >= view.spec.steps
        if at[when] >= step + ANSWER_AFTER or is_last:
            return when
    return None


def spiked(view: RunRecord) -> Iterator[Remark]:
    """The training loss jumped as a knob was turned."""
    for arm in view.arms:
        turned = np.array([event.step for event in arm.turns], dtype=np.intp)
        before = arm.mean(turned - 21, turned - 1)
        after = arm.mean(turned - 1, turned + 9)
        said: set[str] = set()
        for index in np.flatnonzero(after > 1.5 * before):
            event, rise = arm.turns[index], float(after[index] - before[index])
            spread = float(arm.train[max(0, event.step - 1 - RECENT) : event.step - 1].std())
            if event.name not in said and rise > 2 * spread:
                said.add(event.name)
                knobs, now = view.knobs_text(arm, {event.name: event.value}), float(after[index])
                yield _say(
                    "spiked", event.step + 9,
                    arm=arm.name, since=event.step, knobs=knobs, before=float(before[index]), now=now,
                )  # fmt: skip


Rule = Callable[[RunRecord], Iterator[Remark]]

RULES: tuple[Rule, ...] = (
    ended, exploded, stuck, overfits, memorized, at_level, coincide, ahead, restarted, turned, spiked,
)  # fmt: skip
