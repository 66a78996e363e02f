"""Whose a run is: somebody who uses the lab, known by a secret that their browser keeps; and who may steer it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody who sees a run may do with it, in the tab where they see it."""

    STEER = "steer"
    WATCH = "watch"  # another tab of theirs steers it
    VISIT = "visit"  # it is somebody else's


@dataclass(frozen=True)
class Visitor:
    """Somebody who uses the lab: `id` is a digest of their secret, `counted` whom limits take them for.

    What belongs to `others` is theirs too: on the lab's own machine, what its command line has trained.
    """

    id: str
    counted: str
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, secret: str, address: str | None = None) -> Visitor:
        """Who has that `secret`; limits take them for themselves, or for their `address` where that is given."""
        known = hashlib.sha256(secret.encode()).hexdigest()
        return cls(known, known if address is None else address)

    def owns(self, owner: Visitor | None) -> bool:
        """Whether what is of `owner` is theirs."""
        return owner is not None and owner.id in self.ids

    @property
    def ids(self) -> tuple[str, ...]:
        """Whose things are theirs: their own id, and `others`."""
        return (self.id, *self.others)

    @property
    def is_alone(self) -> bool:
        """Whether limits take them for themselves, and not for all who come from an address."""
        return self.counted == self.id
