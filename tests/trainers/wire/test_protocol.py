"""The protocol is what it was at its version, refuses what it does not declare, and has words for each refusal."""

from __future__ import annotations

import json
import pickle
from string import Formatter
from typing import Any

import pytest

from tests.held_frames import decode
from trainers.runs.labels import load_labels
from trainers.wire import frames
from trainers.wire.messages import Allowance, ClosedError, admit, parse, read_start
from trainers.wire.protocol import (
    BURST,
    MAX_BYTES,
    TO_SERVER,
    VERSION,
    check_frame,
    digest,
    table_to_browser,
    table_to_server,
    take,
    versioned,
)
from tricks import catalogue
from tricks.declaration import RULES, Knob, RefusedError

DIGESTS = {
    2: "b65203efb878f3dc",
    3: "04aba3d1a8faad68",
    4: "f74081ad124528ce",
    5: "f5afa6cfd4c47def",
    6: "8432017083b4a73c",
    7: "df754e554b30d3eb",
}
"""What the protocol was at each version: after a change of it, raise `VERSION` and add a line."""

PREFIX = "lab.refused.rule."


def taken(kind: str, **fields: Any) -> dict[str, Any]:
    return take(kind, TO_SERVER[kind].fields, fields)


def refusal(error: RefusedError, about: str = "turn", arm: object = None) -> dict[str, Any]:
    return decode(frames.refused(about, arm, error))[0]


def test_a_list_that_is_too_long_is_refused_before_any_of_it_is_looked_at() -> None:
    long: list[list[Any]] = [[1] * 49, [{}] * 8000]
    for extra in long:
        with pytest.raises(RefusedError, match=f"extra_arms must be at most 48, got {len(extra)}") as refused:
            taken("start", extra_arms=extra)
        assert (refused.value.rule, refused.value.parts) == ("at_most", {"most": 48})
    assert taken("start", extra_arms=[{}] * 48)
    most = len(catalogue.NAMES)
    with pytest.raises(RefusedError, match=f"tricks must be at most {most}, got {most + 1}"):
        taken("start", combine={"tricks": [1] * (most + 1)})
    with pytest.raises(RefusedError, match="extra_arms must be a list of objects, got 7"):
        taken("preview", trick="flooding", extra_arms=7)


def test_a_changed_protocol_has_another_version() -> None:
    assert DIGESTS.get(VERSION) == digest(), "raise VERSION in trainers/wire/protocol.py, and note the digest here"
    assert versioned("/base/lab/live") == f"/base/lab/live?v={VERSION}"


def test_fields_that_say_nothing_are_left_out_and_numbers_are_as_their_knobs_have_them() -> None:
    asked = taken("start", trick="flooding", task=None, seed="7", speed=None, paused=False, extra_arms=[{}])
    assert asked == {"trick": "flooding", "seed": 7, "paused": False, "extra_arms": [{}]}
    assert taken("speed", steps_per_s=None) == {"steps_per_s": None}
    assert taken("turn", name="lr", value=None) == {"name": "lr", "value": None}
    assert taken("start", combine={"tricks": ["dropout"], "like": None})["combine"] == {"tricks": ["dropout"]}
    assert taken("ack") == {}


@pytest.mark.parametrize(
    ("kind", "fields", "rule", "name", "parts"),
    [
        ("ack", {"at": 1}, "not_a_field", "at", {}),
        ("attach", {}, "missing", "run", {}),
        ("attach", {"run": 3}, "type", "run", {"wanted": "text"}),
        ("turn", {"name": "lr", "value": 1, "arm": True}, "type", "arm", {"wanted": "a whole number or null"}),
        ("speed", {"steps_per_s": 1e9}, "between", "speed", {"low": 0.1, "high": 1e5}),
        ("speed", {"steps_per_s": float("nan")}, "between", "speed", {"low": 0.1, "high": 1e5}),
        ("start", {"seed": 0.5}, "whole", "seed", {"low": 0, "high": 2**31 - 1}),
        ("start", {"combine": {}}, "missing", "tricks", {}),
        ("start", {"combine": {"tricks": ["dropout", 1]}}, "type", "tricks", {"wanted": "a list of names"}),
        ("start", {"sweep": {"knob": "lr", "values": 1}}, "type", "values", {"wanted": "a list"}),
        ("repeat", {"trick": "flooding", "seeds": 65}, "between", "seeds", {"low": 2, "high": 64}),
        ("repeat", {"trick": "flooding", "sweep": {"lr": 1}}, "type", "lr", {"wanted": "a list"}),
    ],
)
def test_what_is_not_as_declared_is_refused_as_data(
    kind: str, fields: dict[str, Any], rule: str, name: str, parts: dict[str, Any]
) -> None:
    with pytest.raises(RefusedError) as caught:
        taken(kind, **fields)
    assert (caught.value.rule, caught.value.name, caught.value.parts) == (rule, name, parts)


def test_a_start_of_tricks_together_names_no_trick_beside_them() -> None:
    for name, value in (("trick", "flooding"), ("extra_arms", [{}])):
        with pytest.raises(RefusedError, match=f"{name} must not be in a start with combine"):
            read_start(**taken("start", combine={"tricks": ["dropout"]}, **{name: value}))


def test_what_is_no_message_closes_the_connection() -> None:
    assert parse('{"type":"attach","run":3}', TO_SERVER) == (TO_SERVER["attach"], {"run": 3})
    assert admit("x" * MAX_BYTES)
    for text in ("é" * (MAX_BYTES // 2 + 1), "x" * (MAX_BYTES + 1)):
        with pytest.raises(ClosedError, match="at most"):
            admit(text)


def test_what_costs_more_is_had_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("trainers.wire.messages.monotonic", lambda: now)
    allowance, cost = Allowance(), TO_SERVER["start"].cost
    assert cost > TO_SERVER["turn"].cost == TO_SERVER["ack"].cost == 1
    for _ in range(int(BURST) // cost):
        allowance.spend(cost)
    with pytest.raises(ClosedError, match="more than 300 messages a second"):
        allowance.spend(1)
    now += 1  # the debt is paid first
    for _ in range(299):
        allowance.spend(1)
    with pytest.raises(ClosedError):
        allowance.spend(1)


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ({"type": "note"}, []),
        ({"type": "note", "message": 3}, []),
        ({"type": "gone", "message": "away"}, []),
        ({"type": "rows", "state": "asleep", "step": 1, "rate": 0.5, "eta_s": None}, []),
        ({"type": "preview"}, [{"group": "row", "arm": 0, "name": "x", "dtype": "f4", "shape": [1], "offset": 0}]),
        ({"type": "preview"}, [{"group": "preview", "arm": 0, "name": "x", "dtype": "f2", "shape": [1], "offset": 0}]),
    ],
)
def test_a_frame_that_is_not_as_declared_is_seen(header: dict[str, Any], arrays: list[dict[str, Any]]) -> None:
    with pytest.raises(RefusedError):
        check_frame(header, arrays)


def test_a_refusal_is_data() -> None:
    knob = Knob("p", "p", 0.5, 0.0, 1.0)
    with pytest.raises(RefusedError) as caught:
        knob.check(9)
    assert refusal(caught.value, arm=1) == {
        "type": "refused",
        "about": "turn",
        "name": "p",
        "arm": 1,
        "value": 9,
        "rule": "between",
        "parts": {"low": 0.0, "high": 1.0},
        "message": "p must be between 0 and 1, got 9",
    }
    plain = refusal(RefusedError("it rains"), "start", arm="1")
    assert (plain["rule"], plain["parts"], plain["message"]) == ("said", {"text": "it rains"}, "it rains")
    assert plain["arm"] is None and plain["name"] == "" and plain["value"] is None


def test_a_refusal_says_no_more_than_anybody_reads() -> None:
    long = "x" * 30_000
    told = refusal(RefusedError(long, "choice", long, [long] * 1000, choices=(long,) * 1000))
    assert len(told["name"]) == len(told["value"][0]) == 41 and len(told["message"]) == 401
    assert len(told["value"]) == len(told["parts"]["choices"]) == 50
    for given, said in ((10**400, 41), (float("nan"), 3), ({"a": long}, 41)):
        assert len(refusal(RefusedError("no", "not_here", "p", given))["value"]) == said
    for kept in (None, True, -1, 0.5, 2**53 - 1, [1, "a"]):
        assert json.dumps(refusal(RefusedError("no", "not_here", "p", kept))["value"]) == json.dumps(kept)


def test_a_refusal_comes_whole_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(RefusedError("full", "too_many_runs", most=4)))
    assert (str(error), error.rule, error.parts) == ("full", "too_many_runs", {"most": 4})


def test_a_refusal_tells_what_its_rule_does() -> None:
    for rule, parts in (("between", {"low": 1}), ("needs_run", {"text": "x"})):
        with pytest.raises(TypeError, match=f"{rule} tells"):
            RefusedError("no", rule, **parts)


def test_every_rule_has_words_which_tell_the_same() -> None:
    words = {key.removeprefix(PREFIX): text for key, text in load_labels().items() if key.startswith(PREFIX)}
    assert {*words} == {*RULES}
    for rule, text in words.items():
        assert {name for _, name, _, _ in Formatter().parse(text) if name} == {*RULES[rule]}, rule


def test_the_tables_have_a_row_for_each() -> None:
    rows = table_to_server().splitlines()
    assert rows[2] == "| `ack` | | watch | 1 | the last frame was taken: the next is sent only then |"
    assert "`seeds`? 2 to 64, `sweep`? {name: list}" in table_to_server()
    assert {line.count("|") for line in rows} == {6} and len(rows) == 2 + len(TO_SERVER)
    assert "| `gone` | | | there is no such run (any more) |" in table_to_browser().splitlines()
