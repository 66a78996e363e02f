"""A page's script says what is refused as the panels do: `text.test.js` holds the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pages.lab.choice import Choice, labels_of, settle
from pages.lab.refusals import called, capital, reason, refusal_text
from pages.lab.state import read
from pages.lab.text import Words, load_words
from pages.lab.view import read_words
from tricks.declaration import RefusedError

HELD = json.loads((Path(__file__).parents[1] / "lab" / "refusals.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", HELD["cases"], ids=lambda case: case["said"])
def test_a_refusal_is_said_in_the_pages_words(case: dict[str, Any]) -> None:
    assert refusal_text(case["refusal"], Words("en", HELD["labels"]), HELD["called"].get) == case["said"]


def test_names_are_the_symbols_of_knobs_and_settings_or_their_labels() -> None:
    words = labels_of(["weight_penalty"], load_words("en"))
    names = ("l2_penalty", "l1_step", "lr", "steps", "seed", "eval_every", "arms")
    told = [called(name, words) for name in names]
    assert told == ["λ₂", "step of L1", "η", "steps", "seed", "steps between tests", None]


def test_a_sentence_begins_large_unless_it_begins_with_a_symbol() -> None:
    assert list(map(capital, ("the run", "γ must", "b 0.2", "β₁ must", "λ d", ""))) == [
        "The run", "γ must", "b 0.2", "β₁ must", "λ d", "",
    ]  # fmt: skip


def test_a_reason_has_no_full_stop_and_is_the_errors_own_where_there_are_no_words() -> None:
    words = load_words("en")
    assert reason(RefusedError("k must be 1", "between", "depth_of_it", 3, low=1, high=2.5), words) == (
        "Depth of it must be between 1 and 2.5, not 3"
    )
    assert reason(RefusedError("it cannot be."), words) == "It cannot be"
    assert reason(RefusedError("k must be 1.", "between", "k", float("nan"), low=1, high=2), Words("en", {})) == (
        "k must be 1"
    )


def test_the_notes_of_an_address_say_reasons_in_the_pages_words() -> None:
    _, words, _ = read_words("weight_penalty")
    address = read("weight_penalty", {"l2_penalty": "7", "arms": "l1_penalty:9", "model": "conv2d"}, words)
    assert list(address.notes) == [
        "Network cannot be convolutional, on pictures here. Kept mlp.",
        "λ₂ must be between 0 and 0.03; the address says 7. Kept 0.01.",
        "One of the further arms in the address cannot be: λ₁ must be between 0 and 0.01, not 9. Left out.",
    ]


def test_the_notes_of_tricks_together_say_reasons_in_the_pages_words() -> None:
    words = labels_of(["flooding"], load_words("en"))
    choice = settle(Choice(("flooding",), "digits"), {"flood_level": "9", "seed": "x"}, words)
    assert list(choice.notes) == [
        "“flood_level” is left out: b must be between 0 and 1, not 9.",
        "“seed” is left out: Seed must be a whole number between 0 and 2,147,483,647, not x.",
    ]
