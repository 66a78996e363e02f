"""In what state a live run or a live study is."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state, as the page is told it. A run may pause and be stopped, a study be canceled.

    What was going when its program ended is interrupted: it can be gone on with.
    """

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"

    @property
    def is_going(self) -> bool:
        """Whether it has not ended."""
        return self in (State.RUNNING, State.PAUSED)
