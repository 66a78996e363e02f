"""What is well and what is not are told apart on every stream."""

from __future__ import annotations

import argparse
import sys
from io import BytesIO, TextIOWrapper
from types import SimpleNamespace

import pytest

from trainers.commands import check, doctor
from trainers.live import checkup
from trainers.promises import checklist

MARKS = [("utf-8", "✓", "✗"), ("cp1252", "+", "-"), ("ascii", "+", "-")]


@pytest.mark.parametrize(("encoding", "tick", "cross"), MARKS)
def test_a_narrow_stream_has_marks_of_its_own(
    encoding: str, tick: str, cross: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = [checkup.Finding("All is well."), checkup.Finding("Something is not.", False)]
    answers = [SimpleNamespace(check="one", missing=()), SimpleNamespace(check="two", missing=("a word", "a page"))]
    monkeypatch.setattr(checkup, "findings", lambda _: iter(findings))
    monkeypatch.setattr(checklist, "answers", lambda _: answers)
    raw = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(raw, encoding=encoding, errors="replace"))
    assert doctor.main(argparse.Namespace(scheduler=None)) == 1
    assert check.main(argparse.Namespace(tricks=["flooding"])) == 1
    told = raw.getvalue().decode(encoding).splitlines()
    assert told[:2] == [f"{tick} All is well.", f"{cross} Something is not."]
    assert told[2:] == ["flooding", f"  {tick} one", f"  {cross} two: a word", f"  {cross} two: a page"]
