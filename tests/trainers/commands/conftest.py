"""Where the command line of a test keeps what it trains."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command line keeps runs."""
    folder = tmp_path / "data"
    monkeypatch.setenv("TRICK_LAB_STORE", "on")
    monkeypatch.setenv("TRICK_LAB_DATA", str(folder))
    return folder
