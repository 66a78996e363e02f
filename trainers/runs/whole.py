"""A run with all that is told of it, wherever it is: what its files are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainers.runs.export import replay_json
from trainers.runs.history import History
from trainers.runs.spec import Event


@dataclass(frozen=True)
class WholeRun:
    """A run, live or kept: `made` is its provenance, `coming` are the turns that lie behind its last step.

    Times are in seconds since 1970.
    """

    public_id: str
    history: History
    made: Mapping[str, Any]
    coming: tuple[Event, ...] = ()
    status: str = "stopped"
    name: str = ""
    note: str = ""
    created_at: float = 0.0
    ended_at: float | None = None

    def json(self) -> str:
        """What `replay` runs again: by what it was made, its spec, and its events."""
        return replay_json(self.history.spec, (*self.history.events, *self.coming), made=self.made)
