"""What came of a room, as a page has it and as a table: every vote, every answer, and nobody's name."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from tests.trainers.teaching.taught import LESSON, LOWER, NOON, room_of
from trainers.runs.export import SHEET
from trainers.teaching.experiment import Kind
from trainers.teaching.report import COLUMNS, report_csv, report_of
from trainers.teaching.room import IDLE_S, KEPT_S, Phase, Room


def lived() -> Room:
    """A room of three, with two votes on its first question, one on its second, and the third sent away."""
    room = room_of(3)
    for begun, said in ((1, (1, 0, 1)), (31, (1, 1, 0))):
        vote = room.open_vote(NOON + begun)
        for person, value in enumerate(said, start=1):
            room.answer(person, vote.number, value, NOON + begun)
        room.end_vote(NOON + begun + 8)
    room.go(0, Phase.RUN, NOON + 40)
    for run in ("a1", "b2", "a1"):
        room.show(run)
    room.go(1, Phase.PREDICT, NOON + 60)
    vote = room.open_vote(NOON + 61)
    room.answer(2, vote.number, 92.5, NOON + 62)
    room.kick(3)
    room.close(NOON + 100)
    return room


def rows_of(room: Room) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(report_csv(room, NOON + 200)), newline="")))


def test_each_step_has_its_votes_times_and_runs() -> None:
    told = report_of(lived(), NOON + 200)
    assert (told["opened_at"], told["closed_at"], told["goes_at"]) == (NOON, NOON + 100, NOON + KEPT_S)
    first, second, *rest = told["steps"]
    assert told["people"] == 2 and first["tally"] == {"first": [1, 1, 0], "second": [0, 2, 0]}
    assert [vote["share"] for vote in first["votes"]] == [0.5, 1.0]
    assert first["votes"][0] | {"said": 2} == {"opened_at": NOON + 1, "closed_at": NOON + 9, "said": 2, "share": 0.5}
    assert (first["begun_at"], first["runs"], first["right"]) == (NOON + 1, ["a1", "b2"], {"choice": 1})
    assert (second["begun_at"], second["tally"]["first"], second["right"]["answer"]) == (NOON + 60, [92.5], 90.0)
    assert [(step["begun_at"], step["votes"]) for step in rest] == [(None, [])] * 2
    assert rest[0]["question"]["kind"] == "open" and rest[1]["question"] is None
    json.dumps(told)


def test_a_room_that_stood_idle_was_closed_then_and_one_that_is_open_was_not() -> None:
    room = room_of(1)
    assert report_of(room, NOON + 1)["closed_at"] is None
    assert report_of(room, NOON + IDLE_S + 100)["closed_at"] == NOON + IDLE_S


def test_the_table_has_a_row_for_each_vote_and_person() -> None:
    rows = rows_of(lived())
    assert tuple(rows[0]) == COLUMNS
    assert [(row["step"], row["vote"]) for row in rows] == [
        *[("1", "1")] * 2,
        *[("1", "2")] * 2,
        *[("2", "1")] * 2,
        *[("3", ""), ("4", "")],
    ]
    assert sorted((row["said"], row["right"]) for row in rows[:2]) == [("baseline", "0"), ("flooding", "1")]
    assert sorted(row["answer"] for row in rows[:2]) == ["1", "2"]  # as a list numbers its choices
    assert sorted((row["answer"], row["unit"], row["right"]) for row in rows[4:6]) == [("", "", ""), ("92.5", "%", "1")]
    assert {row["people"] for row in rows} == {"2"} and rows[0]["runs"] == "a1 b2"
    assert rows[0]["vote_opened_at"] == "2027-01-15T08:00:01+00:00"


def test_people_are_told_apart_by_what_says_neither_who_nor_when() -> None:
    room, other = lived(), lived()
    text = "".join(report_csv(room, NOON))
    for person in room.people.values():
        assert person.alias not in text and person.digest not in text
    assert "".join(report_csv(room, NOON)) == text
    for number, person in other.people.items():  # who was first comes last
        person.digest = f"{9 - number}"
    said = [row["said"] for row in rows_of(other)[:2]]
    for person in other.people.values():
        person.digest = f"{person.number}"
    assert [row["said"] for row in rows_of(other)[:2]] == said[::-1]


def test_cells_that_a_spreadsheet_would_execute_or_that_part_cells_are_quoted() -> None:
    evil = replace(LOWER, choices=("=1+1", 'a, "b"', "@x"))
    lesson = replace(LESSON, name="made", steps=(replace(LESSON.steps[0], title="-2,5\n", question=evil),))
    room = room_of(2, lesson)
    vote = room.open_vote(NOON)
    room.answer(1, vote.number, 0, NOON)
    room.answer(2, vote.number, 1, NOON)
    assert {row["said"] for row in rows_of(room)} == {"'=1+1", 'a, "b"'} and rows_of(room)[0]["title"] == "'-2,5\n"
    assert next(report_csv(room, NOON, SHEET)).startswith("\ufefflesson,")
    assert "".join(report_csv(room, NOON)).count("\r\n") == 3


def test_an_experiment_has_a_row_for_each_person_with_what_they_chose_and_what_was_theirs() -> None:
    room = room_of(3)
    room.go(0, Phase.RUN, NOON)
    room.show("a1")
    room.collect(0, NOON)
    asked = room.experiment
    assert asked is not None
    room.bid(1, asked.number, [0.3], NOON)
    made, _ = room.experiment_with(0, Kind.SETTINGS, NOON)
    assert report_of(room, NOON)["steps"][0]["experiments"] == []
    room.trained_by(made, "s1")
    room.kick(3)
    rows = [row for row in rows_of(room) if row["experiment"]]
    assert [(row["experiment"], row["study"], row["vote"], row["step"]) for row in rows] == [
        ("settings", "s1", "", "1")
    ] * 2
    assert {(row["bid"], row["place"]) for row in rows} >= {("0.3", "0.3")} and all(row["place"] for row in rows)
    assert {(row["knob"], row["second_knob"], row["second_place"]) for row in rows} == {("flood_level", "", "")}
    assert report_of(room, NOON)["steps"][0]["experiments"] == [
        {"kind": "settings", "knobs": ("flood_level",), "study": "s1", "places": len(made.places)}
    ]
    room.drop(made)
    assert not [row for row in rows_of(room) if row["experiment"]]


def test_of_two_knobs_each_has_columns_of_its_own_and_a_seed_is_of_none() -> None:
    room = room_of(2)
    room.go(0, Phase.RUN, NOON)
    room.show("a1")
    room.collect(0, NOON, "lr")
    room.bid(1, 1, [0.3, 0.01], NOON)
    made, _ = room.experiment_with(0, Kind.SETTINGS, NOON)
    room.trained_by(made, "s1")
    made.state = "finished"
    room.trained_by(room.experiment_with(0, Kind.SEEDS, NOON)[0], "s2")
    rows = [[row[name] for name in COLUMNS[-6:]] for row in rows_of(room) if row["study"] == "s1"]
    (chose,), (other,) = ([row for row in rows if bool(row[1]) is given] for given in (True, False))
    assert chose == ["flood_level", "0.3", "0.3", "lr", "0.01", "0.01"]
    assert other == ["flood_level", "", "0.0", "lr", "", "1e-05"]  # the first that nobody chose
    seeds = [[row[name] for name in COLUMNS[-6:]] for row in rows_of(room) if row["study"] == "s2"]
    assert sorted(seeds) == [["", "", seed, "", "", ""] for seed in "01"]
    assert report_of(room, NOON)["steps"][0]["experiments"][0]["knobs"] == ("flood_level", "lr")


def test_a_room_in_which_nobody_was_has_a_row_a_step() -> None:
    rows = rows_of(room_of(0))
    assert [(row["step"], row["people"], row["begun_at"]) for row in rows] == [(str(n), "0", "") for n in range(1, 5)]
    room = room_of(0)
    room.open_vote(NOON)
    assert [row["vote"] for row in rows_of(room)] == ["1", "", "", ""]  # a vote in which nobody was is there too
