"""Runs beside each other: what is told of them, in what they differ, which study would tell them apart."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pages.combine import START
from pages.lab.choice import Choice
from pages.lab.comparison import (
    MOST,
    POINTS,
    Beside,
    called,
    differences,
    frame,
    read_compared,
    shared_charts,
    study_of,
    told_values,
    values_of,
)
from pages.lab.state import MOST_ARMS
from pages.lab.text import FALLBACK, labels_of_runs, load_words
from trainers.kinds.run import empty_history
from trainers.runs.build import build_spec
from trainers.runs.history import Failure, History, Progress
from trainers.runs.spec import Event, RunSpec
from trainers.wire.frames import decode
from tricks.declaration import RefusedError

WORDS = load_words(FALLBACK)
LABELS = labels_of_runs(FALLBACK)
MADE = {"version": "2.0", "code": "c1", "torch": "2.13.0", "processor": "p1", "date": "2026-11-01"}
TOLD = {"id": "a", "name": "", "state": "finished", "created": 1.0, "subject": "s", "seed": 0, "open": "/x"}


def of(trick: str = "flooding", *, step: int = 0, **asked: Any) -> Beside:
    history = empty_history(build_spec(trick, steps=12, **asked))
    return Beside.of(TOLD, history, MADE)


def measured(spec: RunSpec, steps: int, seed: int = 0) -> History:
    """The history of a run as far as a step: losses that are noise, and a test every 300 steps."""
    history, generator = empty_history(spec), np.random.default_rng(seed)
    at = np.arange(300.0, steps + 1, 300.0)
    rows, tests = [], []
    for _ in spec.arms:
        rows.append({name: generator.uniform(size=steps) for name in history.row_names})
        tests.append({name: generator.uniform(size=len(at)) for name in history.test_names} | {"step": at})
    history.append(Progress(1, steps, tuple(rows), tuple(tests)))
    return history


# --- what is asked -----------------------------------------------------------------------------------------------


def test_ids_are_read_once_each_and_the_language_where_there_is_one() -> None:
    assert read_compared({"compare": "b,a,b"}) == (["b", "a"], FALLBACK)
    assert read_compared({"compare": "b,a", "lang": "xx"}) == (["b", "a"], FALLBACK)
    eight = ",".join(map(str, range(MOST)))
    assert len(read_compared({"compare": eight})[0]) == MOST


@pytest.mark.parametrize("ids", ["", "a", "a,a", "a,,b", ",".join(map(str, range(MOST + 1)))])
def test_fewer_than_two_or_more_than_eight_are_refused(ids: str) -> None:
    with pytest.raises(RefusedError, match=f"2 to {MOST} ids"):
        read_compared({"compare": ids})


def test_no_other_parameter_is_taken() -> None:
    with pytest.raises(RefusedError, match="not by words"):
        read_compared({"compare": "a,b", "words": "x"})


# --- what is told ------------------------------------------------------------------------------------------------


def test_what_is_told_of_runs() -> None:
    spec = build_spec("flooding", steps=600)
    runs = [Beside.of(TOLD, measured(spec, 600), MADE), Beside.of({**TOLD, "id": "b"}, empty_history(spec), MADE)]
    header, arrays = decode(frame(runs, ["c"], "/y", "a", WORDS))
    told = (header["type"], header["missing"], header["study"], header["repeated"], header["judged"])
    assert told == ("compared", ["c"], "/y", "a", "test_loss")
    first, second = header["runs"]
    assert (first["id"], first["step"], first["steps"], first["arm"]) == ("a", 600, 600, 1)
    assert (second["id"], second["step"], second["spec"]["seed"]) == ("b", 0, spec.seed)
    found = {(entry["run"], entry["group"], entry["arm"], entry["name"]): values for entry, values in arrays}
    assert found[0, "test", 0, "step"].tolist() == [300, 600] and len(found[1, "row", 0, "step"]) == 0
    assert {name for run, group, _, name in found if group == "row"} == {"step", "train_loss", "lr", "elapsed_s"}


def test_long_runs_are_told_at_the_same_steps_those_at_which_something_stands_out() -> None:
    spec, lengths = build_spec("flooding", steps=9000), (9000, 7000)
    histories = [measured(spec, length, seed) for seed, length in enumerate(lengths)]
    _, arrays = decode(frame([Beside.of(TOLD, history, MADE) for history in histories], [], "", "", WORDS))
    found = {(entry["run"], entry["group"], entry["arm"], entry["name"]): values for entry, values in arrays}
    steps = found[0, "row", 0, "step"]
    assert (steps[0], steps[-1]) == (1, 9000) and POINTS / 2 < len(steps) <= POINTS
    for (run, length), arm in itertools.product(enumerate(lengths), (0, 1)):
        own = found[run, "row", arm, "step"]
        assert np.array_equal(own, steps[steps <= length]) and own[-1] == length
        losses = histories[run].row(arm, "train_loss")
        told = found[run, "row", arm, "train_loss"]
        assert np.array_equal(told, losses[own - 1].astype("f4"))
        assert (told.min(), told.max()) == (np.float32(losses.min()), np.float32(losses.max()))
        assert np.array_equal(found[run, "test", arm, "test_loss"], histories[run].test(arm, "test_loss"))  # all digits


def test_of_more_arms_the_baseline_and_the_first_with_a_trick_are_told() -> None:
    spec = build_spec("flooding", steps=12, extra_arms=({"flood_level": 0.1},))
    history = empty_history(spec)
    history.failures += [Failure(3, arm, float("nan"), {}) for arm in range(3)]
    run = Beside.of(TOLD, history, MADE)
    assert {entry["arm"] for entry, _ in run.arrays(np.arange(3))} == {0, 1}
    assert run.failures == ({"arm": 0, "step": 3}, {"arm": 1, "step": 3})


def test_what_is_shared_can_be_shown() -> None:
    names = [chart["name"] for chart in shared_charts([of(), of("dropout")], WORDS)]
    assert names == ["test_loss", "test_accuracy", "test_ece", "train_loss", "lr"]
    (loss, *_, rate) = shared_charts([of()], WORDS)
    assert loss == {"name": "test_loss", "title": "test loss", "traces": ["test_loss"], "log": True, "better": "lower"}
    assert (rate["title"], rate["better"], rate["log"]) == ("learning rate", "", False)
    line = shared_charts([of("weight_penalty", task="sparse_regression")], WORDS)
    assert [chart["log"] for chart in line if "loss" in chart["name"]] == [False, False]
    height = shared_charts([of("optimizers", task="landscape")], WORDS)
    assert {chart["name"]: chart["log"] for chart in height}["test_height"]
    header, _ = decode(frame([], ["a", "b"], "", "", WORDS))
    assert (header["runs"], header["charts"], header["judged"], header["differs"]) == ([], [], "", [])


# --- in what they differ -----------------------------------------------------------------------------------------


def test_only_what_differs_is_told() -> None:
    runs = [of(values={"flood_level": 0.4}), of(values={"flood_level": 0.1}, seed=7)]
    found = {row["name"]: row for row in differences(runs, LABELS)}
    assert list(found) == ["seed", "flood_level"]
    assert found["flood_level"] == {
        "name": "flood_level",
        "symbol": "b",
        "label": LABELS["knob.flood_level.label"],
        "values": ["0.4", "0.1"],
        "made": False,
    }
    assert found["seed"]["values"][1] == "7" and found["seed"]["label"] == "seed"
    assert differences([runs[0], runs[0]], LABELS) == []


def test_it_is_told_where_they_were_made_by_something_else() -> None:
    here = of()
    there = replace(here, made={**MADE, "code": "c2", "processor": "p2", "date": "2026-11-02"})
    found = [(row["label"], row["values"], row["made"]) for row in differences([here, there], LABELS)]
    assert found == [("code", ["c1", "c2"], True), ("processor", ["p1", "p2"], True)]


def test_what_one_of_them_does_not_have_is_told_as_none() -> None:
    found = {row["name"]: row["values"] for row in differences([of(), of("dropout")], LABELS)}
    assert found["trick"] == ["flooding", "dropout"]
    assert found["flood_level"][1] is None and found["dropout_p"][0] is None


def together(*tricks: str) -> Beside:
    return Beside.of(TOLD, empty_history(Choice(tricks, START.task, steps=12).plan()), MADE)


def test_of_tricks_together_it_is_told_which() -> None:
    one, other = together("flooding", "dropout"), together("flooding", "label_smoothing")
    found = differences([one, other, of("dropout")], LABELS)[0]
    assert (found["name"], found["label"]) == ("trick", "trick")
    assert found["values"] == ["flooding + dropout", "flooding + label smoothing", "dropout"]


def test_it_is_told_by_how_many_steps_an_extended_run_goes() -> None:
    longer = empty_history(build_spec("flooding", steps=6).extended(12))
    found = differences([of(), Beside.of(TOLD, longer, MADE)], LABELS)
    assert [(row["name"], row["values"]) for row in found] == [("first_steps", [None, "6"])]
    assert told_values("first_steps", (2000,), LABELS) == "2,000"


def test_values_that_are_alike_in_three_digits_are_told_whole() -> None:
    runs = [of(values={"flood_level": level}) for level in (0.4, 0.40001, 0.3)]
    assert differences(runs, LABELS)[0]["values"] == ["0.4", "0.40001", "0.3"]


def test_what_was_turned_is_told_from_first_to_last() -> None:
    history = empty_history(build_spec("flooding", steps=12, values={"flood_level": 0.4}))
    turns = [Event(2, "flood_level", 0.2, 1), Event(3, "flood_level", 0.2, 1), Event(4, "lr", 0.5)]
    history.events += [*turns, Event(5, "flood_level", 0.9, 2)]
    run = Beside.of(TOLD, history, MADE)
    assert values_of(run)["flood_level"] == (0.4, 0.2)
    assert values_of(run)["lr"][-1] == 0.5
    assert told_values("flood_level", (0.4, 0.2), LABELS) == "0.4 → 0.2"
    assert told_values("flood_level", (0.1, 0.2, 0.3, 0.4), LABELS) == "0.1 → 0.2 → 0.3 → 0.4"
    assert told_values("flood_level", (0.1, 0.2, 0.3, 0.4, 0.5), LABELS) == "0.1 → 0.2 → … → 0.5"


def test_settings_and_what_a_run_is_of_have_their_names() -> None:
    assert called("lr", [of()], LABELS) == ("η", "learning rate")
    assert called("steps", [of()], LABELS) == ("", "steps")
    assert (told_values("task", ("spirals",), LABELS), told_values("steps", (2000,), LABELS)) == (
        "Two spirals",
        "2,000",
    )


# --- the study ---------------------------------------------------------------------------------------------------


def test_runs_that_differ_in_their_knobs_are_arms_of_one_study() -> None:
    specs = [build_spec("flooding", steps=12, values={"flood_level": level}) for level in (0.4, 0.1, 0.1, 0.4)]
    found = study_of([*specs, replace(specs[0], seed=7)])
    assert found is not None and found[1]
    assert [arm.knobs.get("flood_level") for arm in found[0].arms] == [None, 0.4, 0.1]


def test_where_a_page_has_not_so_many_arms_the_first_is_repeated_and_it_is_told() -> None:
    levels = [0.1 * number for number in range(1, MOST_ARMS + 1)]
    specs = [build_spec("flooding", steps=12, values={"flood_level": level}) for level in levels]
    whole = study_of(specs[:-1])
    assert whole is not None and (len(whole[0].arms), whole[1]) == (MOST_ARMS, True)
    assert study_of(specs) == (specs[0], False)


def test_of_runs_that_differ_in_more_the_first_is_repeated() -> None:
    first = build_spec("flooding", steps=12)
    assert study_of([first, build_spec("flooding", steps=13)]) == (first, False)
    assert study_of([first, build_spec("flooding", steps=12, values={"lr": 0.5})]) == (first, False)
    assert study_of([first, build_spec("flooding", steps=8).extended(12)]) == (first, False)


def test_runs_of_different_tricks_have_no_study() -> None:
    together = Choice(START.tricks, START.task).plan()
    assert study_of([build_spec("flooding"), build_spec("dropout")]) is None
    assert study_of([together, together]) is None and study_of([]) is None
