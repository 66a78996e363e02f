"""Addresses: read, written alike by the script and by the panel, and come back to by a reload but not by a link."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from pages.lab import state
from pages.lab.config import build_config
from pages.lab.view import read_words

CASES = json.loads((Path(__file__).parents[1] / "lab" / "addresses.json").read_text(encoding="utf-8"))
KNOB = ("name", "default")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['trick']}{case['search']}")
def test_an_address_comes_back_as_it_was_and_the_panel_is_told_what_it_needs_to_write_it(case: dict[str, Any]) -> None:
    params = dict(parse_qsl(case["search"].removeprefix("?"), keep_blank_values=True))
    address = state.read(case["trick"], params, read_words(case["trick"])[1])
    assert not address.notes
    assert address.to_params() == params
    assert told_to_panel(case["trick"], params) == case["told"]  # what address.test.js writes the same address by


def told_to_panel(trick: str, params: dict[str, str]) -> dict[str, Any]:
    """What the panel writes an address by: its configuration, what is set, and what the charts show."""
    address = state.read(trick, params, read_words(trick)[1])
    config = build_config(import_module(f"pages.{trick}").PAGE, address, read_words(trick)[1])
    knobs = {knob["name"]: knob["value"] for knob in config["knobs"]}
    values = {setting["name"]: setting["value"] for setting in config["settings"]} | knobs
    charts = [chart["name"] for chart in config["race"]]
    extra = [{**knobs, **dict(arm)} for arm in address.extra]
    settings = {name: config[name] for name in ("task", "seed", "steps")} | {"values": values, "extra_arms": extra}
    kept = {kind: [{name: one[name] for name in KNOB} for one in config[kind]] for kind in ("knobs", "settings")}
    told = {name: config[name] for name in ("plain", "view", "language", "reach")} | kept
    made: dict[str, Any] = json.loads(json.dumps({"config": told, "settings": settings, "charts": charts}))
    return made


def test_an_arm_in_which_nothing_differs_is_kept() -> None:
    _, words, _ = read_words("flooding")
    address = state.read("flooding", {"arms": "flood_level:0.2"}, words)
    assert len(address.whole.arms) == 3
    assert len(state.read("flooding", address.to_params(), words).whole.arms) == 3
