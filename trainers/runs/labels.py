"""Words by key, of a language, for those who speak without a page; and words that are cut."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from trainers.runs.arm_names import in_sentence

TEXT = Path(__file__).parent.parent.parent / "assets" / "text"
KNOB = re.compile(r"^- `knob\.(?P<name>[^`]+)` (?P<label>[^:]+): ", re.MULTILINE)
CHOICE = re.compile(r"^- `choice\.(?P<name>[^`]+)` (?P<label>.+)$", re.MULTILINE)


def load_labels(language: str = "en") -> dict[str, str]:
    """A language's labels by key, also the tricks' titles (`trick.<name>`) and choices (`choice.<knob>.<value>`)."""
    labels: dict[str, str] = json.loads((TEXT / language / "labels.json").read_text(encoding="utf-8"))
    for path in (TEXT / language).glob("*.md"):
        text = path.read_text(encoding="utf-8", errors="replace")  # a broken file costs its own page only
        labels[f"trick.{path.stem}"] = in_sentence(text.split("\n", 1)[0].removeprefix("# ").strip())
        labels |= {f"choice.{found['name']}": found["label"] for found in CHOICE.finditer(text)}
    return labels


def title_and_knobs(trick: str, language: str = "en") -> tuple[str, dict[str, str]]:
    """A trick's title as it stands alone, and what its knobs are called, by name."""
    text = (TEXT / language / f"{trick}.md").read_text(encoding="utf-8")
    return text.split("\n", 1)[0].removeprefix("# ").strip(), {one["name"]: one["label"] for one in KNOB.finditer(text)}


def metric_told(labels: Mapping[str, str], metric: str, task: str) -> str:
    """What a metric is, in a sentence; what one task means by a name may be its own. Empty where nothing is said."""
    return labels.get(f"metric.{metric}.{task}") or labels.get(f"metric.{metric}.about", "")


def shorten(given: object, length: int = 40) -> str:
    """What somebody gave, cut where nobody would read on."""
    text = str(given)
    return text if len(text) <= length else f"{text[:length]}…"
