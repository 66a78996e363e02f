"""Frames read as a page reads them, each held to the declared protocol."""

from __future__ import annotations

from typing import Any

from trainers.wire import frames
from trainers.wire.frames import Array
from trainers.wire.protocol import check_frame


def decode(frame: bytes) -> tuple[dict[str, Any], list[Array]]:
    """The header of a frame and its arrays, which are as declared."""
    header, arrays = frames.decode(frame)
    check_frame(header, [entry for entry, _ in arrays])
    return header, arrays
