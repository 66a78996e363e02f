"""Draws tricks' pages as a reader opens them, without a browser, and prints what is missing of each.

`python -m pages.lab.first_sight TRICK …` prints a sentence a line. `python -m trainers check` asks it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.lab import pieces, state
from pages.lab.panels import Curve, Images, Lines, Panel, Scatter
from pages.lab.text import FALLBACK, Words, load_words, page_words
from tricks import catalogue

MAIN = Path(__file__).parent.parent / "main.py"
WAIT_S = 300.0
TABS = ("try", "misread", "code", "data", "paper")
"""Those whose content is the trick's own."""


def faults(name: str) -> Iterator[str]:
    """What is missing of a trick's page, a sentence each."""
    problem = pieces.problem(name)
    if problem:
        yield problem
        return
    words, article = page_words(name, FALLBACK)
    knobs = {knob.name for knob in catalogue.load(name).knobs}
    page, where = pieces.page_of(name), f"pages/{name}.py"
    if not 1 <= len(page.present_knobs) <= 2 or not set(page.present_knobs) <= knobs:
        yield f"{where}: present_knobs must be one or two of {', '.join(knobs)}, got {', '.join(page.present_knobs)}"
    for attempt in article.attempts:
        for note in state.read(name, attempt.values, words).notes:
            yield f"assets/text/{FALLBACK}/{name}.md: the link of “{attempt.title}” is refused: {note}"
    yield from drawn(name)


def drawn(name: str) -> Iterator[str]:
    """What goes wrong, and which labels are missed, when the page is drawn: each task of it, and each tab."""
    missed: dict[str, None] = {}
    usual = Words.missing

    def missing(words: Words, key: str) -> str:
        missed[key] = None
        return usual(words, key)

    Words.missing = missing  # type: ignore[method-assign, assignment]
    try:
        for setup in catalogue.load(name).setups:
            app = AppTest.from_file(str(MAIN), default_timeout=WAIT_S)
            app.switch_page(f"{name}.py")
            app.query_params = {"task": setup.task}
            app.run()
            yield from _told(app, name, setup.task)
        for tab in TABS:
            app.session_state[f"tabs.{name}"] = load_words(FALLBACK)[f"tab.{tab}"]
            app.run()
            yield from _told(app, name, f"the tab {tab}")
    finally:
        Words.missing = usual  # type: ignore[method-assign]
    keys = dict.fromkeys(key.removesuffix(".title").removesuffix(".caption") for key in missed)
    yield from (f"assets/text/{FALLBACK}/{name}.md: ## labels has no line - `{key}`" for key in keys)


def _told(app: AppTest, name: str, where: str) -> Iterator[str]:
    yield from (f"pages/{name}.py: {where} ends with {error.value}" for error in app.exception)
    yield from (f"pages/{name}.py: {where} says: {error.value}" for error in app.error)


def arrays_of(panel: Panel) -> set[str]:
    """The names of the arrays that a panel shows."""
    if isinstance(panel, Lines):
        return set(panel.arrays)
    if isinstance(panel, Curve):
        beneath = [panel.histogram.edges, panel.histogram.counts] if panel.histogram else []
        return {panel.x, *panel.y, *(panel.point or ()), *beneath, *panel.past}
    if isinstance(panel, Scatter):
        return {name for name in (panel.x, panel.y, panel.group, panel.field and panel.field.values) if name}
    if isinstance(panel, Images):
        return {name for name in (panel.array, *panel.boxes, panel.marks) if name}
    return {panel.array}  # type: ignore[attr-defined]


def main() -> None:
    """Prints what is missing of the pages that are named."""
    for name in sys.argv[1:]:
        for fault in faults(name):
            print(fault)


if __name__ == "__main__":
    main()
