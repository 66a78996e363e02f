"""What a student of the benchmark's class takes down of the frames that come."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from trainers.bench.classroom import Student, read
from trainers.wire.frames import encode


class Told:
    """A connection on which those frames come, one a second."""

    def __init__(self, clock: list[float], *headers: dict[str, Any] | str) -> None:
        self.clock, self.headers, self.sent = clock, headers, list[str]()

    async def send(self, text: str) -> None:
        self.sent.append(text)

    async def __aiter__(self) -> AsyncIterator[bytes | str]:
        for header in self.headers:
            self.clock[0] += 1.0
            yield header if isinstance(header, str) else encode(header, ())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [10.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def listen(connection: Told, student: Student) -> None:
    asyncio.run(read(cast(ClientConnection, connection), student, 10.0))


def test_a_student_notes_the_first_step_and_how_long_each_turn_took(clock: list[float]) -> None:
    student = Student(sent={0.1: 2.0, 0.2: 4.5})
    rows: dict[str, Any] = {"type": "rows"}
    turned = [[{"value": 0.1}], [{"value": 0.2}, {"value": 0.3}]]
    frames: list[dict[str, Any] | str] = [
        {**rows, "step": 0},
        json.dumps({"type": "heard", "turns": 1}),
        {**rows, "step": 1},
        {**rows, "step": 9, "events": turned[0]},
        {**rows, "step": 12, "events": turned[1]},
        {**rows, "step": 20, "state": "finished"},
        {**rows, "step": 30, "events": turned[0]},
    ]
    connection = Told(clock, *frames)
    listen(connection, student)
    assert student.first_step_s == 3.0 and student.turn_s == [2.0, 0.5] and student.sent == {}
    assert len(connection.sent) == 5  # what is text is not acknowledged, and after the end nothing is read


def test_a_student_compares_how_long_it_was_to_wait_with_how_long_it_did(clock: list[float]) -> None:
    student = Student()
    says = ("number 2 in line, about 8 s", "number 1 in line, about 1 s", None)
    listen(Told(clock, *({"type": "rows", "making": said} for said in says)), student)
    assert student.told == [(1.0, 2, 8.0), (2.0, 1, 1.0)] and student.begun_s == 3.0
    assert student.estimates() == [0.25]  # of less than two seconds none is held to
    assert Student(told=[(1.0, 2, 8.0)]).estimates() == []


def test_a_refused_student_says_why_and_waits_no_longer(clock: list[float]) -> None:
    student = Student()
    frames = ({"type": "refused", "message": "too many"}, {"type": "rows", "step": 1})
    listen(Told(clock, *frames), student)
    assert student.refused == ["too many"] and student.first_step_s is None
