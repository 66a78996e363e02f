"""What is said over a room's socket, as JSON text both ways: what messages hold, and who may send them.

The server answers with `room`, the whole state as that role may see it, with `you` (a student's own), `taken` (an
answer is in), `tried` (what came of a student's part of an experiment), and `refused` (`about`, `why`, `message`). What
somebody may not send is refused; what no page says ends the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trainers.teaching.experiment import Kind
from trainers.teaching.room import Phase
from trainers.wire.protocol import ANY, ARM, FLAG, LIST, NUMBER, TEXT, WHOLE, Field, OneOf

ROLES = ("student", "wall", "desk")


@dataclass(frozen=True)
class RoomMessage:
    """A message to a room: `who` may send it, and what it costs of a socket's rate."""

    kind: str
    fields: tuple[Field, ...] = ()
    who: Literal["anybody", "student", "owner"] = "owner"
    cost: int = 30


def _messages(*messages: RoomMessage) -> dict[str, RoomMessage]:
    return {message.kind: message for message in messages}


TO_ROOM = _messages(
    RoomMessage(
        "enter",
        (Field("role", OneOf(ROLES)), Field("room", TEXT), Field("secret", TEXT, must=False)),
        who="anybody",
    ),
    RoomMessage("answer", (Field("vote", WHOLE), Field("value", ANY)), who="student"),
    RoomMessage("bid", (Field("experiment", WHOLE), Field("values", LIST)), who="student"),
    RoomMessage("call", (Field("name", TEXT),), who="student"),
    RoomMessage("turn", (Field("name", TEXT), Field("value", ANY)), who="student", cost=6),
    RoomMessage("go", (Field("step", WHOLE), Field("phase", OneOf(tuple(Phase))))),
    RoomMessage("ask", (Field("step", WHOLE), Field("again", FLAG), Field("seconds", NUMBER, must=False))),
    RoomMessage("end_vote"),
    RoomMessage("show", (Field("run", TEXT),)),
    RoomMessage(
        "set",
        (
            Field("locked", FLAG, must=False),
            Field("names", FLAG, must=False),
            Field("low", NUMBER, must=False),
            Field("high", NUMBER, must=False),
        ),
    ),
    RoomMessage("kick", (Field("who", WHOLE),)),
    RoomMessage("give", (Field("who", ARM),)),
    RoomMessage("end_desk", (Field("desk", TEXT),)),
    RoomMessage("collect", (Field("step", WHOLE), Field("second", TEXT, must=False))),
    RoomMessage("begin", (Field("step", WHOLE), Field("what", OneOf(tuple(Kind))))),
    RoomMessage("cancel"),
    RoomMessage("resume"),
    RoomMessage("close"),
)
"""What a page of a room says."""
