"""What tricks and tasks declare, as it was when somebody last looked: ranges, recipes and sizes change on purpose only.

`python -m tests.test_declared` writes the file anew, for its difference to be read.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from trainers.runs.settings import SEED, SETTINGS, STEPS
from trainers.tasks import NAMES, load_task
from tricks import catalogue

FILE = Path(__file__).with_name("declared.json")


def declared() -> dict[str, Any]:
    """All declarations as JSON data, by what they are of."""
    found: dict[str, Any] = {"settings": [asdict(knob) for knob in (*SETTINGS, SEED, STEPS)]}
    for trick in catalogue.every():
        told = {name: getattr(trick, name) for name in ("family", "serves", "metric", "wraps", "replaces", "measures")}
        told |= {"knobs": [asdict(knob) for knob in trick.knobs], "setups": [asdict(setup) for setup in trick.setups]}
        found[f"trick {trick.name}"] = told
    for name in NAMES:
        task = load_task(name)
        parts = ("num_classes", "shape", "view", "sizes", "metrics", "settings", "ignores", "trainer")
        found[f"task {name}"] = {part: getattr(task, part) for part in parts}
    plain: dict[str, Any] = json.loads(json.dumps(found, default=dict))
    return plain


@pytest.mark.parametrize("name", declared())
def test_what_is_declared_is_what_was_looked_at(name: str) -> None:
    looked_at = json.loads(FILE.read_text(encoding="utf-8"))
    assert declared()[name] == looked_at[name]
    assert set(looked_at) == set(declared())


if __name__ == "__main__":
    FILE.write_text(json.dumps(declared(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
