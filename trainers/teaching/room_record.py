"""What is kept of rooms: the room, who is in it, its votes and experiments, and each answer and choice as a row.

A room is written as it changes, all that is new of it in one transaction; after the app was started again it stands
where it stood.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from trainers.store.database import Database
from trainers.store.schema import answers, entries, experiments, people, rooms, rounds
from trainers.teaching.aliases import load_aliases
from trainers.teaching.experiment import Experiment, Kind, Setting, Stage
from trainers.teaching.lesson import Lesson, Question, Step
from trainers.teaching.room import KEPT_S, Bounds, Person, Phase, Room, Round, Settings, Wheel

log = logging.getLogger(__name__)

Row = dict[str, Any]
PARTS = (people, rounds, answers, experiments, entries)


@dataclass(frozen=True)
class Written:
    """What of a room is to be written, as rows without the room's key."""

    room: Row
    people: Sequence[Row]
    rounds: Sequence[Row]
    answers: Sequence[Row]
    experiments: Sequence[Row]
    entries: Sequence[Row]

    def of(self, table: Table) -> Sequence[Row]:
        """Those of one of `PARTS`."""
        rows: Sequence[Row] = getattr(self, table.name)
        return rows


def changed(room: Room) -> Written:
    """What is new of a room since it was last asked so: its own row always."""
    new, room.changes = room.changes, type(room.changes)()
    votes = {vote.number: vote for vote in room.rounds}
    return Written(
        _row(room),
        [_person(room.people[number]) for number in sorted(new.people)],
        [_round(votes[number]) for number in sorted(new.rounds)],
        [_answer(votes[vote], person) for vote, person in sorted(new.answers)],
        [_experiment(room.experiments[number - 1]) for number in sorted(new.experiments)],
        [_entry(room.experiments[number - 1], person) for number, person in sorted(new.entries)],
    )


def put_back(room: Room, written: Written) -> None:
    """Has what could not be written be written next time."""
    room.changes.people |= {row["number"] for row in written.people}
    room.changes.rounds |= {row["number"] for row in written.rounds}
    room.changes.answers |= {(row["round"], row["person"]) for row in written.answers}
    room.changes.experiments |= {row["number"] for row in written.experiments}
    room.changes.entries |= {(row["experiment"], row["person"]) for row in written.entries}


class KeptRooms:
    """The rooms of a database. All methods are for any thread; each raises `StoreError` as `Store` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, changes: Sequence[Written]) -> None:
        """Writes what is new of some rooms, all or nothing."""
        with self._database.writing() as connection:
            for written in changes:
                room = insert(rooms).values(written.room)
                moving = {name: room.excluded[name] for name in ("touched_at", "closed_at", "state")}
                made = room.on_conflict_do_update(index_elements=["public_id"], set_=moving).returning(rooms.c.id)
                room_id = connection.execute(made).scalar_one()
                for table in PARTS:
                    if new := written.of(table):
                        connection.execute(_upsert(table), [{"room_id": room_id, **row} for row in new])

    def load(self) -> list[Room]:
        """Every room that can be read, closed ones too."""
        with self._database.reading() as connection:
            found = connection.execute(select(rooms).order_by(rooms.c.id)).all()
            of: dict[Table, dict[int, list[Any]]] = {table: {} for table in PARTS}
            for table, mine in of.items():
                for part in connection.execute(select(table).order_by(*table.primary_key.columns)):
                    mine.setdefault(part.room_id, []).append(part)
        back = []
        for row in found:
            try:
                back.append(_room(row, *(of[table].get(row.id, []) for table in PARTS)))
            except (KeyError, TypeError, ValueError) as error:
                log.warning("the room %s cannot be read: %r", row.public_id, error)
        return back

    def ids(self) -> set[str]:
        """Those of all rooms."""
        with self._database.reading() as connection:
            return set(connection.execute(select(rooms.c.public_id)).scalars())

    def delete(self, room_id: str) -> None:
        """Deletes a room, with all that is in it."""
        with self._database.writing() as connection:
            connection.execute(delete(rooms).where(rooms.c.public_id == room_id))

    def delete_old(self, now: float) -> None:
        """Deletes those whose time has come."""
        with self._database.writing() as connection:
            connection.execute(delete(rooms).where(rooms.c.created_at < now - KEPT_S))


def _upsert(table: Table) -> Any:
    made = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    moving = {column.name: made.excluded[column.name] for column in table.columns if column.name not in keys}
    return made.on_conflict_do_update(index_elements=keys, set_=moving)


def _row(room: Room) -> Row:
    own = {name: getattr(room, name) for name in ("code", "token", "created_at", "touched_at", "closed_at")}
    settings = room.settings
    state = {
        "step": room.step,
        "phase": room.phase,
        "desks": room.desks,
        "begun": list(room.begun.items()),
        "runs": list(room.runs.items()),
        "called": [[one.number, one.name] for one in room.people.values() if one.name],
        "locked": settings.locked,
        "names": settings.names,
        "bounds": [settings.bounds.low, settings.bounds.high],
        "run": settings.run,
        "shown": sorted(room.shown),
        "wheel": None if room.wheel is None else [room.wheel.person, room.wheel.until],
    }
    lesson = json.dumps(to_json(room.lesson))
    return {"public_id": room.id, "visitor": room.owner, **own, "lesson": lesson, "state": json.dumps(state)}


def _person(person: Person) -> Row:
    return {name: getattr(person, name) for name in ("number", "digest", "alias", "joined_at", "kicked")}


def _round(vote: Round) -> Row:
    return {name: getattr(vote, name) for name in ("number", "step", "again", "opened_at", "closes_at")}


def _answer(vote: Round, person: int) -> Row:
    return {"round": vote.number, "person": person, "value": json.dumps(vote.answers[person])}


def _experiment(made: Experiment) -> Row:
    own = {name: getattr(made, name) for name in ("number", "step", "kind", "stage", "study")}
    return {
        **own,
        "knob": ",".join(made.knobs),
        "plan": json.dumps({"places": made.places, "seeds": made.seeds, "own": made.own}),
    }


def _entry(made: Experiment, person: int) -> Row:
    bid = json.dumps(made.bids[person]) if person in made.bids else None
    return {"experiment": made.number, "person": person, "bid": bid, "place": made.who.get(person)}


def _experiment_of(row: Any, mine: Sequence[Any]) -> Experiment:
    plan, knobs = json.loads(row.plan), tuple(filter(None, row.knob.split(",")))
    made = Experiment(row.number, row.step, Kind(row.kind), knobs, Stage(row.stage), row.study)
    if made.stage == Stage.BEGUN and not made.study:
        made.stage = Stage.DROPPED  # the app ended before its study was begun
    places = plan["places"] if made.kind == Kind.SEEDS else map(_setting, plan["places"])
    made.places, made.seeds, made.own = tuple(places), plan["seeds"], plan["own"]
    made.bids = {one.person: _setting(json.loads(one.bid)) for one in mine if one.bid is not None}
    made.who = {one.person: one.place for one in mine if one.place is not None}
    return made


def _setting(told: Any) -> Setting:
    return tuple(told) if isinstance(told, list) else (told,)  # a value alone, as it was written before


def _room(
    row: Any,
    persons: Sequence[Any],
    votes: Sequence[Any],
    said: Sequence[Any],
    tried: Sequence[Any],
    entered: Sequence[Any],
) -> Room:
    lesson = from_json(json.loads(row.lesson))
    aliases = load_aliases(lesson.language)
    room = Room(row.public_id, row.code, row.token, row.visitor, lesson, aliases, row.created_at)
    room.touched_at, room.closed_at = row.touched_at, row.closed_at
    state = json.loads(row.state)
    room.step, room.phase = state["step"], Phase(state["phase"])
    desks = state["desks"]
    room.desks = desks if isinstance(desks, dict) else dict.fromkeys(desks, row.created_at)  # as it was written before
    room.shown, room.begun, room.runs = set(state["shown"]), dict(state.get("begun", ())), dict(state.get("runs", ()))
    room.settings = Settings(state["locked"], state["names"], Bounds(*state["bounds"]), state["run"])
    room.wheel = None if state["wheel"] is None else Wheel(*state["wheel"])
    called = dict(state.get("called", ()))
    for one in persons:
        room.seat(Person(one.number, one.digest, one.alias, one.joined_at, one.kicked, called.get(one.number, "")))
    for vote in votes:
        own = {one.person: json.loads(one.value) for one in said if one.round == vote.number}
        room.rounds.append(Round(vote.number, vote.step, vote.again, vote.opened_at, vote.closes_at, own))
    for one in tried:
        room.experiments.append(_experiment_of(one, [part for part in entered if part.experiment == one.number]))
    return room


def to_json(lesson: Lesson) -> dict[str, Any]:
    """A lesson as JSON, as far as a room needs it: what must be seen is for whoever writes lessons."""
    return asdict(replace(lesson, steps=tuple(replace(step, seen=()) for step in lesson.steps)))


def from_json(told: Mapping[str, Any]) -> Lesson:
    """The lesson that `to_json` told."""
    return Lesson(**{**told, "steps": tuple(map(_step, told["steps"]))})


def _step(told: Mapping[str, Any]) -> Step:
    asked = told["question"]
    question = None if asked is None else Question(**{**asked, "choices": tuple(asked["choices"])})
    return Step(**{**told, "touch": tuple(told["touch"]), "seen": (), "question": question})
