"""The order in which examples are seen, drawn from an owned generator and captured with the run."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class BatchOrder:
    """Indices of a training set of `count` examples, shuffled anew each epoch; a last, smaller batch is left out."""

    def __init__(self, count: int, batch_size: int, source: torch.Generator) -> None:
        self.batch_size = min(batch_size, count)
        self._count = count
        self._source = source
        self._order = torch.empty(0, dtype=torch.long)
        self._next = 0

    def draw(self) -> Tensor:
        """The indices (batch_size,) of the next batch."""
        if self._next + self.batch_size > len(self._order):
            self._order = torch.randperm(self._count, generator=self._source)
            self._next = 0
        self._next += self.batch_size
        return self._order[self._next - self.batch_size : self._next]

    def state_dict(self) -> dict[str, Any]:
        return {"source": self._source.get_state(), "order": self._order.clone(), "next": self._next}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._source.set_state(state["source"])
        self._order, self._next = state["order"], state["next"]
