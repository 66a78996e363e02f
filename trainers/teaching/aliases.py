"""What people in a room are called: two friendly words, drawn by lot, which nobody else in it has then."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from trainers.runs.labels import TEXT

FALLBACK = "en"


@dataclass(frozen=True)
class Aliases:
    """The words of a language; `between` stands between the first and the second."""

    first: Sequence[str]
    second: Sequence[str]
    between: str = " "

    def draw(self, taken: Collection[str]) -> str:
        """Two words that are not `taken`; where all are, with a number."""
        free = len(self.first) * len(self.second) - len(taken)
        number = 2
        while True:
            words = self.between.join(secrets.choice(words) for words in (self.first, self.second))
            if free <= 0:
                words, number = f"{words}{self.between}{number}", number + 1
            if words not in taken:
                return words


@cache
def load_aliases(language: str) -> Aliases:
    """Those of `language`, or of English where it has none."""
    path = TEXT / language / "aliases.json"
    if not path.is_file():
        path = TEXT / FALLBACK / "aliases.json"
    return Aliases(**json.loads(path.read_text(encoding="utf-8")))
