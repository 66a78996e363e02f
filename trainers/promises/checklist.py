"""All that the catalogue asks of a trick, in the order in which one would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from trainers.promises import kept_in_training, numbers_measured, page_shown, true_declaration, words_complete
from tricks import catalogue

Promise = Callable[[str], Iterator[str]]

CHECKS: Mapping[str, tuple[Promise, ...]] = {
    "docstring": (true_declaration.documented, true_declaration.cited),
    "names": (true_declaration.named,),
    "setups": (true_declaration.set_up,),
    "fields it wraps": (true_declaration.wrapped,),
    "preview": (true_declaration.drawn,),
    "neutral setting": (kept_in_training.neutral,),
    "ends of its knobs": (kept_in_training.ended,),
    "capture and restore": (kept_in_training.captured,),
    "text": (words_complete.formed,),
    "words": (words_complete.worded,),
    "snippet": (words_complete.pasted,),
    "page": (page_shown.shown,),
    "test": (words_complete.tested,),
    "statements": (words_complete.stated,),
    "numbers": (numbers_measured.measured,),
    "evidence": (words_complete.recorded,),
}
WITHOUT_MODULE = ("text", "test")
"""What can be asked of a trick whose module cannot be used."""


@dataclass(frozen=True)
class Answer:
    """What came of a check: `missing` has a sentence for each thing that is, and none where all is there."""

    check: str
    missing: tuple[str, ...]


def answers(name: str) -> Iterator[Answer]:
    """The answers of a trick, one after another, as they are found; of one that cannot be loaded what can be asked."""
    problem = catalogue.problem(name)
    yield Answer("module", (problem,) if problem else ())
    for check, promises in CHECKS.items():
        if not problem or check in WITHOUT_MODULE:
            yield Answer(check, tuple(sentence for promise in promises for sentence in _asked(promise, name)))


def _asked(promise: Promise, name: str) -> Iterator[str]:
    try:
        yield from promise(name)
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything, and the other checks go on
        yield f"tricks/{name}.py: this ends with {type(error).__name__}: {error}"
