"""What came of a room, for its teacher afterwards: each step with its votes, times and runs; and all of it as a table.

In the table nobody is known: people are p1, p2 and so on, by the digests of their secrets, which are as good as drawn
by lot. So two tables of one room agree, and neither tells who came first. Who was sent away is in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from trainers.runs.export import PLAIN, Dialect, cell
from trainers.teaching.experiment import Experiment, Stage
from trainers.teaching.lesson import CHOICE, Question
from trainers.teaching.room import KEPT_S, Room, Round, asked_of, has_answer, is_voted_on, right_of

NOBODY = {0: ""}
COLUMNS = (
    *("lesson", "opened_at", "closed_at", "people", "step", "title", "begun_at", "runs"),
    *("vote", "vote_opened_at", "vote_closed_at", "person", "answer", "said", "unit", "right"),
    *("experiment", "study", "knob", "bid", "place", "second_knob", "second_bid", "second_place"),
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
        "experiments": [
            {"kind": made.kind, "knobs": made.knobs, "study": made.study, "places": len(made.places)}
            for made in begun_of(room, number)
        ],
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
    """The room as CSV, a line at a time: a row for each vote or experiment and person, one for a step without either.

    Columns: `lesson, opened_at, closed_at, people, step, title, begun_at, runs` (their ids); of a vote its number (1
    or 2), when it was opened and closed, `person`, `answer` (the number that was said, or that of the choice, from 1),
    `said` (the choice in words), `unit` and `right` (1 or 0); of an experiment its kind, the id of its `study`,
    `person`, the `knob`, the `bid` that was chosen and the `place`, the seed or value that was theirs, and the same of
    a second knob. Times are ISO 8601 in UTC. A cell is empty where there is nothing, as where somebody has not
    answered.
    """
    yield f"{dialect.begins}{_line(COLUMNS, dialect)}"
    for row in _rows(room, now):
        yield _line([row.get(name, "") for name in COLUMNS], dialect)


def _rows(room: Room, now: float) -> Iterator[dict[str, Any]]:
    people = {one.number: f"p{place}" for place, one in enumerate(sorted(room.present, key=lambda one: one.digest), 1)}
    times = {"opened_at": _moment(room.created_at), "closed_at": _moment(room.ended_at(now))}
    for number, step in enumerate(room.lesson.steps):
        seen = {"begun_at": _moment(room.begun.get(number)), "runs": " ".join(room.runs.get(number, ()))}
        about = {"lesson": room.lesson.name, **times, "people": len(people)}
        at = {**about, "step": number + 1, "title": step.title, **seen}
        votes = [vote for vote in room.rounds if vote.step == number]
        tried = begun_of(room, number)
        if not votes and not tried:
            yield at
        for vote in votes:
            assert step.question is not None
            said = room.counted(vote)
            opened = {"vote_opened_at": _moment(vote.opened_at), "vote_closed_at": _moment(vote.closes_at)}
            for person, called in (people or NOBODY).items():
                own = _answer(step.question, said.get(person))
                yield {**at, "vote": 2 if vote.again else 1, **opened, "person": called, **own}
        for made in tried:
            for person, called in (people or NOBODY).items():
                yield {**at, "person": called, **_part(made, person)}


def _part(made: Experiment, person: int) -> dict[str, Any]:
    """An experiment, and what somebody chose and had in it."""
    index = made.who.get(person)
    had = () if index is None else made.places[index]
    columns = {"knob": made.knobs, "bid": made.bids.get(person, ()), "place": had if isinstance(had, tuple) else (had,)}
    own = {
        f"{which}{name}": value
        for name, values in columns.items()
        for which, value in zip(("", "second_"), values, strict=False)
    }
    return {"experiment": made.kind.value, "study": made.study, **own}


def begun_of(room: Room, step: int) -> list[Experiment]:
    """The experiments of a step that a study trains, or has trained."""
    return [made for made in room.experiments if made.step == step and made.stage == Stage.BEGUN and made.study]


def _answer(question: Question, said: Any) -> dict[str, Any]:
    if said is None:
        return {}
    right = {"right": int(question.is_right(said))} if has_answer(question) else {}
    if question.kind == CHOICE:
        return {"answer": said + 1, "said": question.choices[said], **right}
    return {"answer": said, "unit": question.unit, **right}


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _line(cells: Iterable[Any], dialect: Dialect) -> str:
    return dialect.separator.join(cell(value, dialect) for value in cells) + "\r\n"
