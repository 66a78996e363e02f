"""What tricks, pages and tasks declare, as it was when somebody last looked: it changes on purpose only.

`python -m tests.test_declared` writes the files anew, one a trick and a task, for their differences to be read. Of a
trick whose claims are not tested yet nobody need have looked.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from trainers.evidence.claims import is_tested
from trainers.runs.settings import SEED, SETTINGS, STEPS
from trainers.tasks import NAMES, load_task
from tricks import catalogue

FOLDER = Path(__file__).with_name("declared")
OF_TRICKS = ("family", "serves", "metric", "wraps", "replaces", "needs_plain", "least_side", "measures")
OF_TASKS = ("num_classes", "shape", "view", "sizes", "metrics", "settings", "ignores", "trainer")


def declared() -> dict[str, Any]:
    """All declarations as JSON data, by the file in which they were looked at."""
    found: dict[str, Any] = {"settings": [asdict(knob) for knob in (*SETTINGS, SEED, STEPS)]}
    for trick in catalogue.every():
        told = {name: getattr(trick, name) for name in OF_TRICKS}
        told |= {"knobs": [asdict(knob) for knob in trick.knobs], "setups": [asdict(setup) for setup in trick.setups]}
        page = import_module(f"pages.{trick.name}").PAGE
        told |= {"page": asdict(page) | {"panels": [{"kind": part.kind, **asdict(part)} for part in page.panels]}}
        found[f"tricks/{trick.name}"] = told
    for name in NAMES:
        task = load_task(name)
        found[f"tasks/{name}"] = {part: getattr(task, part) for part in OF_TASKS}
    plain: dict[str, Any] = json.loads(json.dumps(found, default=dict))
    return plain


@pytest.mark.parametrize("name", declared())
def test_what_is_declared_is_what_was_looked_at(name: str) -> None:
    room, _, trick = name.partition("/")
    file = FOLDER / f"{name}.json"
    if room == "tricks" and not is_tested(trick) and not file.exists():
        return
    assert declared()[name] == json.loads(file.read_text(encoding="utf-8"))


def test_nothing_was_looked_at_that_is_not_declared() -> None:
    assert {str(file.relative_to(FOLDER).with_suffix("")) for file in FOLDER.rglob("*.json")} <= set(declared())


def main() -> None:
    """Writes the files, or only those of the tricks that are named."""
    for name, told in declared().items():
        if sys.argv[1:] and name not in {f"tricks/{trick}" for trick in sys.argv[1:]}:
            continue
        file = FOLDER / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
