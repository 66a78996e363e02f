"""What came of a room, for its teacher afterwards: each step with its votes, times and runs; and all of it as a table.

In the table nobody is known: people are p1, p2 and so on, by the digests of their secrets, which are as good as drawn
by lot. So two tables of one room agree, and neither tells who came first. Who was sent away is in neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from trainers.runs.export import PLAIN, Dialect, cell
from trainers.teaching.lesson import CHOICE, Question
from trainers.teaching.room import KEPT_S, Room, Round, asked_of, has_answer, is_voted_on, right_of

COLUMNS = (
    *("lesson", "opened_at", "closed_at", "people", "step", "title", "begun_at", "runs"),
    *("vote", "vote_opened_at", "vote_closed_at", "person", "answer", "said", "unit", "right"),
)


def report_of(room: Room, now: float) -> dict[str, Any]:
    """The room as JSON: when it was opened, closed and goes by itself, how many took part, and each of its steps.

    Times are seconds since 1970, None where there is none; questions are Markdown. Of each vote: how many answered, and
    the share that is right.
    """
    return {
        "title": room.lesson.title,
        "opened_at": room.created_at,
        "closed_at": room.ended_at(now),
        "goes_at": room.created_at + KEPT_S,
        "people": len(room.present),
        "steps": [_step(room, number) for number in range(len(room.lesson.steps))],
    }


def _step(room: Room, number: int) -> dict[str, Any]:
    step = room.lesson.steps[number]
    first, second = (room.round_of(number, again=again) for again in (False, True))
    asked = step.question
    return {
        "title": step.title,
        "begun_at": room.begun.get(number),
        "runs": room.runs.get(number, []),
        "question": None if asked is None else asked_of(asked),
        "right": right_of(asked) if asked is not None and is_voted_on(asked) else None,
        "votes": [_vote(room, vote) for vote in (first, second) if vote is not None],
        "tally": {"first": room.tally(first), "second": room.tally(second)},
    }


def _vote(room: Room, vote: Round) -> dict[str, Any]:
    return {
        "opened_at": vote.opened_at,
        "closed_at": vote.closes_at,
        "said": len(room.counted(vote)),
        "share": room.share_right(vote),
    }


def report_csv(room: Room, now: float, dialect: Dialect = PLAIN) -> Iterator[str]:
    """The room as CSV, a line at a time: a row for each vote and person, one for what nobody was there for.

    Columns: `lesson, opened_at, closed_at, people, step, title, begun_at, runs` (their ids), then of a vote its number
    (1 or 2), when it was opened and closed, `person`, `answer` (the number that was said, or that of the choice, from
    1), `said` (the choice in words), `unit` and `right` (1 or 0). Times are ISO 8601 in UTC. A cell is empty where
    there is nothing, as where somebody has not answered.
    """
    yield f"{dialect.begins}{_line(COLUMNS, dialect)}"
    people = {one.number: f"p{place}" for place, one in enumerate(sorted(room.present, key=lambda one: one.digest), 1)}
    about = (room.lesson.name, _moment(room.created_at), _moment(room.ended_at(now)), len(people))
    for number, step in enumerate(room.lesson.steps):
        at = (*about, number + 1, step.title, _moment(room.begun.get(number)), " ".join(room.runs.get(number, ())))
        votes = [vote for vote in room.rounds if vote.step == number]
        if not votes:
            yield _line((*at, *[""] * (len(COLUMNS) - len(at))), dialect)
        for vote in votes:
            assert step.question is not None
            said = room.counted(vote)
            held = (*at, 2 if vote.again else 1, _moment(vote.opened_at), _moment(vote.closes_at))
            for person, called in (people or {0: ""}).items():
                yield _line((*held, called, *_answer(step.question, said.get(person))), dialect)


def _answer(question: Question, said: Any) -> tuple[Any, ...]:
    if said is None:
        return ("", "", "", "")
    right = int(question.is_right(said)) if has_answer(question) else ""
    if question.kind == CHOICE:
        return (said + 1, question.choices[said], "", right)
    return (said, "", question.unit, right)


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _line(cells: Any, dialect: Dialect) -> str:
    return dialect.separator.join(cell(value, dialect) for value in cells) + "\r\n"
