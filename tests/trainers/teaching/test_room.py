"""A room: who comes in, when votes count, and what each of those who look at it may know."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainers.teaching.taught import ACCURACY, LOWER, NOON, room_of, secret_of
from trainers.teaching.aliases import Aliases, load_aliases
from trainers.teaching.room import (
    ALPHABET,
    IDLE_S,
    LONGEST_VOTE_S,
    VOTE_S,
    Bounds,
    NoEntryError,
    Phase,
    Room,
    RoomError,
    new_code,
    plain_code,
    plain_name,
)
from tricks.declaration import RefusedError

# Who comes in


def test_a_device_comes_back_as_who_it_was() -> None:
    room = room_of(2)
    first = room.people[1]
    assert room.join(secret_of(1), NOON + 60) is first
    assert [one.number for one in room.present] == [1, 2] and len({one.alias for one in room.present}) == 2
    assert room.join(secret_of(3), NOON + 61).number == 3


@pytest.mark.parametrize(
    ("why", "make"),
    [
        ("locked", lambda room: setattr(room.settings, "locked", True)),
        ("full", lambda room: setattr(room, "most", 2)),
        ("closed", lambda room: room.close(NOON)),
    ],
)
def test_a_room_that_lets_nobody_in_says_why(why: str, make: Callable[[Room], None]) -> None:
    room = room_of(2)
    for person in room.present:
        person.sockets = 1
    make(room)
    with pytest.raises(NoEntryError) as refused:
        room.join(secret_of(9), NOON + 1)
    assert refused.value.why == why
    if why != "closed":
        assert room.join(secret_of(1), NOON + 1).number == 1  # who was in it comes back


def test_who_has_left_takes_no_place_but_not_without_end() -> None:
    room = room_of(0, most=2)
    for number in range(1, 9):
        room.join(secret_of(number), NOON)
    with pytest.raises(NoEntryError, match="full"):
        room.join(secret_of(9), NOON)


def test_who_was_sent_away_is_not_let_in_again_and_does_not_count() -> None:
    room = room_of(3)
    vote = room.open_vote(NOON)
    for number in (1, 2, 3):
        room.answer(number, vote.number, 1, NOON)
    room.give_wheel(2, NOON)
    room.kick(2)
    with pytest.raises(NoEntryError) as refused:
        room.join(secret_of(2), NOON)
    assert refused.value.why == "kicked"
    assert room.tally(vote) == [0, 2, 0] and room.wheel is None and len(room.present) == 2
    for change in (
        lambda: room.kick(2),
        lambda: room.answer(2, vote.number, 1, NOON),
        lambda: room.give_wheel(7, NOON),
    ):
        with pytest.raises(RoomError, match="who must be the number of somebody in the room, got"):
            change()


def test_a_room_that_stands_idle_closes() -> None:
    room = room_of(1)
    assert not room.is_closed(NOON + IDLE_S - 1) and room.is_closed(NOON + IDLE_S)
    room.go(1, Phase.RUN, NOON + IDLE_S - 1)
    assert not room.is_closed(NOON + IDLE_S + 1)


def test_names_are_the_teachers_to_allow_and_hold_nothing_that_hides() -> None:
    room = room_of(1)
    with pytest.raises(RoomError, match="the teacher has not switched names on"):
        room.call(1, "Ann")
    room.settings.names = True
    room.call(1, "  Ann\u202e \u200bB. ")
    assert room.people[1].called == "Ann B."
    other = room.join(secret_of(2), NOON)
    with pytest.raises(RoomError, match=r"name must be one that nobody else in the room has, got ANN B\."):
        room.call(other.number, "ANN B.")
    for name in ("", "\u202e", "x" * 25, "x" * 10_000):
        with pytest.raises(RoomError, match="name must have 1 to 24 characters, got"):
            room.call(1, name)


def test_names_that_are_switched_off_are_forgotten_and_nobody_is_called_like_somebodys_alias() -> None:
    room = room_of(2)
    first, second = room.people.values()
    room.allow_names(True)
    room.call(1, "Ann")
    with pytest.raises(RoomError, match="name must be one that nobody else"):
        room.call(1, second.alias.upper())
    assert [one["alias"] for one in room.for_desk(NOON)["people"]] == ["Ann", second.alias]
    room.allow_names(False)
    assert room.for_person(1)["alias"] == first.called == first.alias
    room.allow_names(True)
    assert first.called == first.alias


@given(st.text())
def test_a_plain_name_is_one_line_that_shows_all_of_itself(typed: str) -> None:
    plain = plain_name(typed)
    assert plain == plain.strip() and "\n" not in plain and plain_name(plain) == plain
    assert not set(plain) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u0000")


def test_aliases_differ_even_where_their_words_run_out() -> None:
    words = Aliases(("Red", "Blue"), ("Fox",))
    taken: set[str] = set()
    for _ in range(7):
        alias = words.draw(taken)
        assert alias not in taken
        taken.add(alias)
    assert len(load_aliases("en").first) * len(load_aliases("en").second) > 10 * 300
    assert load_aliases("nowhere") == load_aliases("en")


def test_codes_are_read_however_they_are_typed() -> None:
    code = new_code(set())
    assert len(code) == 6 and set(code) <= set(ALPHABET)
    assert plain_code(f" {code[:3].lower()}-{code[3:]} ") == code == plain_code(f"{code[:3]} {code[3:]}")


# Votes


def test_the_last_word_counts_and_nothing_before_or_after_the_vote() -> None:
    room = room_of(2)
    with pytest.raises(RoomError, match="vote must be one that was opened in this room, got 1") as early:
        room.answer(1, 1, 0, NOON)
    assert early.value.why == "no_vote"
    vote = room.open_vote(NOON, 30)
    for said in (0, 2, 1):
        room.answer(1, vote.number, said, NOON + 1)
    assert room.tally(vote) == [0, 1, 0]
    for wrong in (3, -1, 1.5, True, "1", None, math.nan, [1], 10**400):
        with pytest.raises(RefusedError):
            room.answer(1, vote.number, wrong, NOON + 1)
    with pytest.raises(RoomError, match="an answer must come while its vote is open") as late:
        room.answer(1, vote.number, 0, NOON + 30)
    assert late.value.why == "vote_closed" and room.tally(vote) == [0, 1, 0]


def test_there_are_two_votes_on_a_question_one_after_the_other() -> None:
    room = room_of(1)
    first = room.open_vote(NOON)
    with pytest.raises(RoomError, match="a vote must end before another is opened"):
        room.open_vote(NOON + 1)
    room.end_vote(NOON + 2)
    second = room.open_vote(NOON + 3)
    assert (first.again, second.again, room.vote) == (False, True, second)
    room.end_vote(NOON + 4)
    with pytest.raises(RoomError, match="votes on a question must be at most two"):
        room.open_vote(NOON + 5)
    assert [first.closes_at, second.closes_at] == [NOON + 2, NOON + 4]


@pytest.mark.parametrize("seconds", [0, 4.9, LONGEST_VOTE_S + 1, math.nan, True, "60"])
def test_a_vote_is_open_for_a_time_that_can_be(seconds: Any) -> None:
    with pytest.raises(RoomError, match="seconds must be between 5 and 900, got"):
        room_of().open_vote(NOON, seconds)


def test_no_vote_follows_the_result() -> None:
    room = room_of(1)
    room.open_vote(NOON)
    room.go(0, Phase.RESULT, NOON)
    room.go(0, Phase.RUN, NOON)
    with pytest.raises(RoomError, match="a vote must come before its result is shown"):
        room.open_vote(NOON)


def test_going_on_ends_the_vote_that_is_open() -> None:
    room = room_of(1)
    vote = room.open_vote(NOON)
    room.go(0, Phase.RUN, NOON + 10)
    assert vote.closes_at == NOON + 10


@pytest.mark.parametrize(
    ("right", "again", "advised"), [(0, False, "explain"), (4, False, "again"), (7, False, "on"), (4, True, "explain")]
)
def test_the_desk_is_advised_by_the_share_that_is_right(right: int, again: bool, advised: str) -> None:
    room = room_of(10)
    if again:
        room.open_vote(NOON)
        room.end_vote(NOON)
    vote = room.open_vote(NOON)
    for number in range(1, 11):
        room.answer(number, vote.number, 1 if number <= right else 0, NOON)
    assert room.advice(NOON) == ""  # while it is open
    room.end_vote(NOON + 1)
    assert (room.share_right(vote), room.advice(NOON + 1)) == (right / 10, advised)


def test_bounds_are_shares_in_their_order() -> None:
    for low, high in ((-0.1, 0.7), (0.2, 1.1), (0.8, 0.7), (math.nan, 0.7), (True, 1.0)):
        with pytest.raises(RoomError, match=r"(low|high) must be"):
            Bounds(low, high)


def test_numbers_are_right_within_what_is_allowed() -> None:
    room = room_of(4)
    room.go(1, Phase.PREDICT, NOON)
    vote = room.open_vote(NOON)
    for number, said in enumerate((84.9, 85, 95, 40.5), start=1):
        room.answer(number, vote.number, said, NOON)
    assert room.tally(vote) == [40.5, 84.9, 85, 95] and room.share_right(vote) == 0.5


# Where it stands


def test_it_stands_where_its_lesson_has_something() -> None:
    room = room_of()
    steps: list[Any] = [-1, 4, True, 1.0]
    for step in steps:
        with pytest.raises(RoomError, match="step must be between 0 and 3, got"):
            room.go(step, Phase.RUN, NOON)
    for step, phase in ((3, Phase.PREDICT), (3, Phase.RESULT), (2, Phase.RESULT)):
        with pytest.raises(RoomError, match="needs a step with a question"):
            room.go(step, phase, NOON)
    room.go(2, Phase.PREDICT, NOON)
    with pytest.raises(RoomError, match="a vote needs a step with a question"):
        room.open_vote(NOON)


def test_another_step_has_another_run_and_no_wheel() -> None:
    room = room_of(1)
    room.show("abc")
    room.give_wheel(1, NOON)
    room.go(0, Phase.EXPLAIN, NOON)
    assert room.settings.run == "abc" and room.wheel is not None
    room.go(1, Phase.RUN, NOON)
    assert room.settings.run == "" and room.wheel is None


def test_back_at_a_step_the_run_that_was_shown_last_at_it_is_shown_again() -> None:
    room = room_of(1)
    for run in ("abc", "def"):
        room.show(run)
    for step, run in ((1, ""), (0, "def")):
        room.go(step, Phase.RUN, NOON)
        assert room.settings.run == run
    assert room.runs == {0: ["abc", "def"]} and room.shared == {"abc", "def"}


def test_the_wheel_is_a_lease() -> None:
    room = room_of(2)
    room.give_wheel(1, NOON)
    assert room.holds_wheel(1, NOON + 59) and not room.holds_wheel(2, NOON) and not room.holds_wheel(1, NOON + 60)
    room.give_wheel(2, NOON)
    assert not room.holds_wheel(1, NOON)
    room.give_wheel(None, NOON)
    assert not room.holds_wheel(2, NOON)


# What may be known


def walked(room: Room) -> list[tuple[Phase, dict[str, Any], dict[str, Any]]]:
    """What students and the wall are sent, from the first question to its result, with everybody's answer in."""
    seen = []

    def look() -> None:
        seen.append((room.phase, room.for_students(NOON), room.for_wall(NOON)))

    look()
    for _ in range(2):
        vote = room.open_vote(NOON)
        for person in room.present:
            room.answer(person.number, vote.number, 1, NOON)
        look()
        room.end_vote(NOON)
        look()
        room.go(0, Phase.RUN, NOON)
        look()
        room.go(0, Phase.EXPLAIN, NOON)
        look()
    room.go(0, Phase.RESULT, NOON)
    look()
    return seen


def test_no_count_and_no_answer_is_sent_before_the_result() -> None:
    for phase, *told in walked(room_of(3)):
        for one in told:
            text = json.dumps(one)
            for hidden in ("right", "tally", "share", "advice", "said_by", "alias", "people", secret_of(1)):
                assert (hidden in text) == (phase == Phase.RESULT and hidden == "right"), (phase, hidden)
            assert ("result" in one) == (phase == Phase.RESULT)
            assert ("explain" in one) == (phase == Phase.EXPLAIN)


def test_the_result_has_both_votes_and_the_answer() -> None:
    *_, (_, student, wall) = walked(room_of(3))
    assert student["result"] == wall["result"] == {"first": [0, 3, 0], "second": [0, 3, 0], "right": {"choice": 1}}


def test_students_are_sent_no_code_and_the_wall_no_names() -> None:
    room = room_of(2)
    assert "code" not in room.for_students(NOON) and room.for_wall(NOON)["code"] == "ABCDEF"
    room.close(NOON)
    assert room.for_wall(NOON)["code"] is None
    assert all(one.alias not in json.dumps(room.for_wall(NOON)) for one in room.present)


def test_the_desk_sees_who_and_how_many() -> None:
    room = room_of(2)
    room.people[1].sockets = 1
    vote = room.open_vote(NOON)
    room.answer(2, vote.number, 1, NOON)
    told = room.for_desk(NOON)
    assert [(one["here"], one["said"]) for one in told["people"]] == [(True, False), (False, True)]
    assert told["tally"] == {"first": [0, 1, 0], "second": None} and told["right"] == {"choice": LOWER.right}
    assert told["vote"]["left_s"] == VOTE_S and told["asked"]["choices"] == list(LOWER.choices)
    room.go(1, Phase.PREDICT, NOON)
    assert room.for_desk(NOON)["right"] == {"answer": ACCURACY.answer, "tolerance": ACCURACY.tolerance}


def test_a_student_is_told_their_own() -> None:
    room = room_of(2)
    vote = room.open_vote(NOON)
    room.answer(2, vote.number, 2, NOON)
    assert room.for_person(2) == {"number": 2, "alias": room.people[2].alias, "said": {vote.number: 2}, "part": None}
    assert room.for_person(1)["said"] == {}
