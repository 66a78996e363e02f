"""Whatever a room refuses, and whyever it lets nobody in, is said in the words of the language files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from pages.lab.text import languages, load_words
from tests.conftest import REPOSITORY

SOURCES = [path for folder in ("trainers/teaching", "pages/lab") for path in sorted((REPOSITORY / folder).glob("*.py"))]
ENDED = {"gone", "ended"}  # with which a socket is closed, beside why nobody is let in


def reasons(error: str) -> Iterator[str]:
    """Why such an error is raised, everywhere in the code of rooms: its last argument, or the one that is called so."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == error:
                why = next((one.value for one in node.keywords if one.arg == "why"), node.args[-1])
                assert isinstance(why, ast.Constant) and isinstance(why.value, str), (
                    f"{path.name}:{node.lineno} must say why as a literal"
                )
                yield why.value


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("error", "group", "more"), [("RoomError", "room.refused.", set()), ("NoEntryError", "room.over.", ENDED)]
)
def test_every_reason_has_words_and_all_words_a_reason(language: str, error: str, group: str, more: set[str]) -> None:
    found = {*reasons(error)} | more
    assert len(found) > len(more)
    assert {f"{group}{why}" for why in found} == {key for key in load_words(language).labels if key.startswith(group)}
