"""Arms are called alike wherever they are spoken of: in files by ASCII, in words by the same rule."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pages.lab.config import build_config
from pages.lab.state import Address
from pages.lab.text import FALLBACK, labels_of_runs
from pages.lab.view import read_words
from trainers.evidence.closing import closing_spec
from trainers.runs.arm_names import call_arms, file_names, symbol_text, value_text
from trainers.runs.build import build_spec, name_arms
from trainers.runs.combine import build_combination, build_sweep
from trainers.runs.labels import load_labels
from tricks import catalogue

CASES = json.loads((Path(__file__).parents[2] / "lab" / "arm_names.json").read_text(encoding="utf-8"))
LABELS = labels_of_runs(FALLBACK)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "; ".join(case["named"]))
def test_arms_are_called_by_what_they_are(case: dict[str, Any]) -> None:
    arms = case["arms"]
    spec = build_spec(case["trick"], values=arms[0], extra_arms=tuple(arms[1:]))
    assert list(call_arms(spec.arms, LABELS).values()) == case["named"]
    names = [arm.name for arm in spec.arms]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.isprintable() and "," not in name for name in names)
    assert told_to_page(case) == {"config": case["config"], "knobs": case["knobs"]}  # what names.test.js names arms by


def told_to_page(case: dict[str, Any]) -> dict[str, Any]:
    """What the page names the same arms by, before they have been started."""
    trick, (first, *others) = case["trick"], case["arms"]
    address = Address(build_spec(trick, values=first), tuple(others))
    told = build_config(import_module(f"pages.{trick}").PAGE, address, read_words(trick)[1])
    knobs = [{name: knob[name] for name in ("name", "symbol", "choices")} for knob in told["knobs"]]
    named = ("lab.arm.baseline", *(f"choice.{knob['name']}." for knob in knobs))
    labels = {key: label for key, label in told["labels"].items() if key.startswith(named)}
    config = {"knobs": knobs, "tricks": told["tricks"], "named_by": told["named_by"], "labels": labels}
    own = dict(address.spec.arms[1].knobs)
    return {"config": config, "knobs": [own, *({**own, **other} for other in others)]}


def test_names_in_files_say_knobs_by_their_identifiers() -> None:
    spec = build_spec("focal_loss", extra_arms=({"gamma": 5}, {"gamma": 5}))
    assert [arm.name for arm in spec.arms] == [
        "baseline", "focal_loss gamma=2", "focal_loss gamma=5", "focal_loss gamma=5 #2",
    ]  # fmt: skip
    assert [arm.name for arm in build_sweep(spec, "gamma", [0, 0.5]).arms] == [
        "baseline", "focal_loss gamma=0", "focal_loss gamma=0.5",
    ]  # fmt: skip
    assert file_names([((), {}), (("optimizers",), {"update_rule": "adam"})]) == ("baseline", "adam")


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_a_page_of_two_arms_names_them_shortly(trick: str) -> None:
    spec = build_spec(trick)
    named_by = catalogue.load(trick).named_by
    assert [arm.name for arm in spec.arms] == ["baseline", spec.arms[1].knobs[named_by] if named_by else trick]
    assert name_arms(spec) == spec


def test_arms_that_have_names_keep_them() -> None:
    spec = build_combination(["flooding", "dropout", "label_smoothing"], task="digits")
    assert list(call_arms(spec.arms, LABELS).values()) == [
        "baseline", "all tricks", "without flooding", "without label smoothing", "without dropout", "only flooding",
        "only label smoothing", "only dropout",
    ]  # fmt: skip
    assert list(call_arms(closing_spec().arms, LABELS).values()) == [
        "baseline", "three tricks together", "corrected labels", "tricks and corrected labels",
    ]  # fmt: skip


def test_the_command_line_has_the_same_words() -> None:
    ours = {key: label for key, label in load_labels().items() if key.startswith(("trick.", "choice.", "arm."))}
    assert ours == {key: label for key, label in LABELS.items() if key.startswith(("trick.", "choice.", "arm."))}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2, "2"), (0.0, "0"), (0.125, "0.125"), (0.33333, "0.333"), (1234.5, "1,234"), (5e-5, "5e−5"), (2e6, "2e6"),
        (-0.5, "−0.5"), ("off", "off"),
    ],
)  # fmt: skip
def test_values_are_said_in_three_digits(value: float | str, told: str) -> None:
    assert value_text("alpha_balance", value, LABELS) == told


def test_symbols_have_their_subscripts() -> None:
    assert [symbol_text(symbol) for symbol in ("λ_2", "η_min", "b", "λ_12")] == ["λ₂", "η min", "b", "λ₁₂"]
