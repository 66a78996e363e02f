"""Owned randomness: every draw of a run comes from a generator named after what it is for."""

from __future__ import annotations

from hashlib import sha256

import torch


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator whose stream depends on `seed` and `purpose` alone."""
    digest = sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
