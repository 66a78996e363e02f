"""What is kept of rooms: all of it, written as it changes, and back after a start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from tests.trainers.teaching.taught import LESSON, NOON, room_of, secret_of
from trainers.store.database import Database
from trainers.store.schema import answers, people, rooms, rounds
from trainers.teaching.experiment import Kind, Stage
from trainers.teaching.room import KEPT_S, Bounds, Phase, Room
from trainers.teaching.room_record import PARTS, KeptRooms, changed, from_json, put_back, to_json


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path)) as made:
        yield made


def state_of(room: Room) -> dict[str, Any]:
    """All that a room is, for comparison."""
    told = {
        name: getattr(room, name) for name in ("id", "code", "token", "owner", "created_at", "touched_at", "closed_at")
    }
    told |= {
        name: getattr(room, name)
        for name in (
            *(
                "desks",
                "step",
                "phase",
                "settings",
                "wheel",
                "people",
                "rounds",
                "shown",
                "begun",
                "runs",
                "experiments",
            ),
        )
    }
    return told | {"lesson": to_json(room.lesson)}


def lived() -> Room:
    room = room_of(3)
    vote = room.open_vote(NOON + 1)
    room.answer(1, vote.number, 2, NOON + 2)
    room.answer(1, vote.number, 1, NOON + 3)
    room.answer(2, vote.number, 0, NOON + 3)
    room.kick(3)
    room.settings.names = room.settings.locked = True
    room.settings.bounds = Bounds(0.2, 0.8)
    room.call(2, "王小明 <b>")
    room.desks["phone"] = NOON + 3
    room.go(0, Phase.RUN, NOON + 3)
    room.show("abc")
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON + 3)
    room.trained_by(made, "study")
    made.state = "finished"
    room.collect(0, NOON + 3)
    room.bid(1, 2, [0.3], NOON + 3)
    room.experiment_with(0, Kind.SETTINGS, NOON + 3)
    room.trained_by(room.experiments[1], "other")
    room.experiments[1].state = "finished"
    room.collect(0, NOON + 3, "lr")
    room.bid(1, 3, [0.3, 0.01], NOON + 3)
    room.go(1, Phase.PREDICT, NOON + 4)
    number = room.open_vote(NOON + 5, 30)
    room.answer(2, number.number, 12.5, NOON + 6)
    room.give_wheel(2, NOON + 7)
    room.shown.add(0)
    return room


def test_a_room_is_back_as_it_was(database: Database) -> None:
    kept, room = KeptRooms(database), lived()
    kept.write([changed(room)])
    (back,) = kept.load()
    for made in room.experiments:
        made.state = ""  # which is not known before its study was found
    assert state_of(back) == state_of(room)
    assert back.join(secret_of(1), NOON + 8).number == 1
    back.answer(1, 2, 50.0, NOON + 8)
    assert back.tally(back.vote) == [12.5, 50.0]


def test_only_what_is_new_is_written_and_an_answer_is_one_row(database: Database) -> None:
    kept, room = KeptRooms(database), lived()
    kept.write([changed(room)])
    again = changed(room)
    assert [again.of(table) for table in PARTS] == [[]] * len(PARTS)
    room.answer(1, 2, 1.0, NOON + 8)
    room.answer(1, 2, 2.0, NOON + 8)
    new = changed(room)
    assert [row["value"] for row in new.answers] == ["2.0"]
    kept.write([again, new])
    with database.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar() for table in (people, rounds, answers)
        ]
    assert counts == [3, 2, 4]


def test_a_choice_is_one_row_and_one_who_comes_later_another(database: Database) -> None:
    kept, room = KeptRooms(database), room_of(2)
    room.go(0, Phase.RUN, NOON)
    room.settings.run = "abc"
    room.collect(0, NOON)
    kept.write([changed(room)])
    for value in (0.1, 0.2):
        room.bid(1, 1, [value], NOON)
    new = changed(room)
    assert [(row["bid"], row["place"]) for row in new.entries] == [("[0.2]", None)] and not new.experiments
    made, _ = room.experiment_with(0, Kind.SETTINGS, NOON)
    room.trained_by(made, "study")
    kept.write([new, changed(room)])
    room.join(secret_of(3), NOON)
    assert room.take_part(3)
    later = changed(room)
    assert [row["person"] for row in later.entries] == [3] and not later.experiments
    kept.write([later])
    (back,) = kept.load()
    assert back.experiments == [made]


def test_one_whose_study_was_never_begun_is_given_up(database: Database) -> None:
    kept, room = KeptRooms(database), room_of(2)
    room.go(0, Phase.RUN, NOON)
    room.settings.run = "abc"
    room.experiment_with(0, Kind.SEEDS, NOON)
    kept.write([changed(room)])
    (back,) = kept.load()
    assert back.experiments[0].stage == Stage.DROPPED and back.experiment is None


def test_what_could_not_be_written_is_written_next_time(database: Database) -> None:
    room = lived()
    lost = changed(room)
    put_back(room, lost)
    KeptRooms(database).write([changed(room)])
    (back,) = KeptRooms(database).load()
    for made in room.experiments:
        made.state = ""
    assert state_of(back) == state_of(room)


def test_a_room_goes_with_all_that_is_in_it(database: Database) -> None:
    kept, room, other = KeptRooms(database), lived(), room_of(1)
    other.id, other.token = "r2", "another"
    kept.write([changed(room), changed(other)])
    kept.delete(room.id)
    assert [one.id for one in kept.load()] == ["r2"]
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(answers)).scalar() == 0
    kept.delete_old(NOON + KEPT_S - 1)
    assert kept.load()
    kept.delete_old(NOON + KEPT_S + 1)
    assert not kept.load()


def test_a_room_that_was_written_before_there_was_more_to_it_is_back(database: Database) -> None:
    kept, room = KeptRooms(database), lived()
    kept.write([changed(room)])
    (before,) = kept.load()
    with database.writing() as connection:
        state = json.loads(str(connection.execute(select(rooms.c.state)).scalar()))
        older = {name: value for name, value in state.items() if name not in ("begun", "runs", "called")}
        connection.execute(update(rooms).values(state=json.dumps(older | {"desks": ["phone"]})))
    (back,) = kept.load()
    assert (back.desks, back.begun, back.runs) == ({"phone": NOON}, {}, {})
    assert (back.step, back.rounds) == (before.step, before.rounds)


def test_a_room_that_cannot_be_read_costs_no_other_anything(database: Database) -> None:
    kept, room, other = KeptRooms(database), lived(), room_of(1)
    other.id, other.token = "r2", "another"
    kept.write([changed(room), changed(other)])
    for state in ("{}", "no JSON", '{"step": "x"}'):
        with database.writing() as connection:
            connection.execute(update(rooms).where(rooms.c.public_id == room.id).values(state=state))
        assert [one.id for one in kept.load()] == ["r2"]


def test_two_rooms_are_told_apart(database: Database) -> None:
    kept, room, other = KeptRooms(database), lived(), room_of(2)
    other.id, other.token = "r2", "another"
    kept.write([changed(room), changed(other)])
    assert [len(one.people) for one in kept.load()] == [3, 2]
    assert [len(one.rounds) for one in kept.load()] == [2, 0]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_a_lesson_is_told_whole(query: dict[str, str]) -> None:
    from dataclasses import replace

    lesson = replace(LESSON, steps=tuple(replace(step, query=query) for step in LESSON.steps))
    assert from_json(to_json(lesson)) == lesson
