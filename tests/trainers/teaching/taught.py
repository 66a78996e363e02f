"""Lessons for tests, made by hand, and rooms around them."""

from __future__ import annotations

from trainers.teaching.aliases import load_aliases
from trainers.teaching.lesson import CHOICE, NUMBERED, OPEN, Lesson, Question, Step
from trainers.teaching.room import Room

NOON = 1_800_000_000.0  # a time for rooms to begin at
LOWER = Question(CHOICE, "Which ends lower?", ("baseline", "flooding", "neither"), right=1)
ACCURACY = Question(NUMBERED, "How accurate?", low=0.0, high=100.0, unit="%", answer=90.0, tolerance=5.0)
TALK = Question(OPEN, "What would you try?")
QUERY = {"steps": "200", "width": "16", "train_size": "100"}


def step_of(question: Question | None, page: str = "flooding", touch: tuple[str, ...] = ("flood_level",)) -> Step:
    """A step around a question."""
    return Step("A step", 5, page, QUERY, touch, question, (), "Because it is *so*.", "It is not.")


LESSON = Lesson("made", "en", "A lesson", "An aim.", tuple(map(step_of, (LOWER, ACCURACY, TALK, None))))


def secret_of(number: int) -> str:
    """What a device keeps."""
    return f"{number:032d}"


def room_of(people: int = 0, lesson: Lesson = LESSON, *, most: int = 300) -> Room:
    """A room that was opened at noon by `teacher`, with so many students."""
    room = Room("r1", "ABCDEF", "token", "teacher", lesson, load_aliases("en"), NOON, most)
    for number in range(1, people + 1):
        room.join(secret_of(number), NOON)
    return room
