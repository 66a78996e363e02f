"""What a line begins with that says whether something is as it should be."""

from __future__ import annotations

from typing import TextIO

TICK, CROSS = "✓", "✗"


def marks_for(stream: TextIO) -> dict[bool, str]:
    """The mark of what is well and of what is not, in letters that the stream has."""
    try:
        (TICK + CROSS).encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return {True: "+", False: "-"}
    return {True: TICK, False: CROSS}
