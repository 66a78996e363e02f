"""A room: a class around one lesson, as one small state that everybody in it is shown whole.

It knows no sockets and no files: whoever holds it tells it what was said and what time it is, and asks what each of the
three who look at it may know: students, the wall that all see, and the teacher's desk. What a student may not know yet
is not in what they are sent: no count and no right answer before the result is shown. (See Runestone's peer instruction
and its issues 849, 1056 and 1129 for what comes of doing this in the page.)

Times are seconds since 1970.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trainers.evidence.plan import Plan
from trainers.runs.labels import shorten
from trainers.runs.settings import SETTINGS
from trainers.teaching.aliases import Aliases
from trainers.teaching.experiment import (
    Experiment,
    Kind,
    Setting,
    Stage,
    check_setting,
    knobs_named,
    main_knob,
    plan_map,
    plan_seeds,
    plan_settings,
)
from trainers.teaching.lesson import NUMBERED, OPEN, Lesson, Question, Step
from tricks.declaration import RefusedError

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Of a code: nothing in it is taken for something else when it is read from a wall."""

CODE_LENGTH = 6
IDLE_S = 2 * 3600.0  # after which a room in which nothing happens closes
KEPT_S = 30 * 24 * 3600.0  # from its opening until it is deleted
WHEEL_S = 60.0  # for which a student turns the knob
VOTE_S = 60.0  # for which a vote is open, where nothing else is said
SHORTEST_VOTE_S, LONGEST_VOTE_S = 5.0, 900.0
MOST = 300  # people in a room, where nothing else is said
MOST_COME = 4  # times as many come in all, those who have left counted
MOST_NAME = 24  # characters
SECRET_BYTES = 24


class Phase(StrEnum):
    """What a room does at a step of its lesson."""

    LOBBY = "lobby"  # before the first step
    PREDICT = "predict"
    RUN = "run"
    EXPLAIN = "explain"
    RESULT = "result"  # of the votes
    EXPERIMENT = "experiment"  # every student is a part of it
    END = "end"  # after the last step


class RoomError(ValueError):
    """What was asked of a room cannot be: the message names the argument, the rule and the value, `why` is the rule."""

    def __init__(self, sentence: str, why: str) -> None:
        super().__init__(sentence)
        self.why = why


class NoEntryError(Exception):
    """Somebody may not come in: `why` is `full`, `locked`, `kicked` or `closed`."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the room is {why}" if why != "kicked" else "the teacher has sent this device away")
        self.why = why


@dataclass
class Person:
    """Somebody in a room: a device, known by the digest of a secret that it keeps; it has so many `sockets` open.

    `name` is what they have chosen to be called in place of their `alias`, where names are on.
    """

    number: int
    digest: str
    alias: str
    joined_at: float
    kicked: bool = False
    name: str = ""
    sockets: int = 0

    @property
    def called(self) -> str:
        """What they are called in the room."""
        return self.name or self.alias


@dataclass
class Round:
    """A vote on a step's question, the first or (`again`) the second; `closes_at` by the server's clock."""

    number: int
    step: int
    again: bool
    opened_at: float
    closes_at: float
    answers: dict[int, Any] = field(default_factory=dict)
    """What each person, by number, has said last."""

    def is_open(self, now: float) -> bool:
        """Whether it takes answers."""
        return now < self.closes_at


@dataclass(frozen=True)
class Wheel:
    """Who turns the knob of the shared run, and until when."""

    person: int
    until: float


@dataclass(frozen=True)
class Bounds:
    """Shares of right answers: below `low` it is to be explained again, from `high` on the class goes on."""

    low: float = 0.35
    high: float = 0.7

    def __post_init__(self) -> None:
        for name, value in (("low", self.low), ("high", self.high)):
            if type(value) not in (int, float) or not 0 <= value <= 1:
                raise RoomError(f"{name} must be between 0 and 1, got {value!r}", "range")
        if self.low > self.high:
            raise RoomError(f"low must be at most high ({self.high:g}), got {self.low:g}", "range")


@dataclass
class Settings:
    """What a teacher has set: `names` lets people call themselves what they like, `run` is the shared run's id."""

    locked: bool = False
    names: bool = False
    bounds: Bounds = Bounds()
    run: str = ""


@dataclass
class Changes:
    """What of a room is not written yet.

    People, rounds and experiments are known by number, answers by round and person, entries by experiment and person.
    """

    people: set[int] = field(default_factory=set)
    rounds: set[int] = field(default_factory=set)
    answers: set[tuple[int, int]] = field(default_factory=set)
    experiments: set[int] = field(default_factory=set)
    entries: set[tuple[int, int]] = field(default_factory=set)


class Room:
    """A class around `lesson`; `owner` is the visitor that opened it.

    `desks` are visitors that were paired with it, and when; `begun` is when each step was first stood at, `runs` are
    the ids of the runs that were shown at each, in their order.
    """

    def __init__(
        self,
        room_id: str,
        code: str,
        token: str,
        owner: str,
        lesson: Lesson,
        aliases: Aliases,
        now: float,
        most: int = MOST,
    ) -> None:
        self.id, self.code, self.token, self.owner, self.lesson = room_id, code, token, owner, lesson
        self.created_at = self.touched_at = now
        self.most = most
        self.closed_at: float | None = None
        self.desks: dict[str, float] = {}
        self.begun: dict[int, float] = {}
        self.runs: dict[int, list[str]] = {}
        self.step, self.phase = 0, Phase.LOBBY
        self.settings = Settings()
        self.people: dict[int, Person] = {}
        self.rounds: list[Round] = []
        self.experiments: list[Experiment] = []
        self.wheel: Wheel | None = None
        self.shown: set[int] = set()  # steps whose right answer was told
        self.changes = Changes()
        self._aliases = aliases
        self._by_digest: dict[str, Person] = {}

    # --- who is in it

    def join(self, secret: str, now: float) -> Person:
        """Whoever has that `secret`: known again, or somebody new.

        Raises:
            NoEntryError: they may not come in.
        """
        if self.is_closed(now):
            raise NoEntryError("closed")
        digest = digest_of(secret)
        known = self._by_digest.get(digest)
        if known is not None:
            if known.kicked:
                raise NoEntryError("kicked")
            return known
        if self.settings.locked:
            raise NoEntryError("locked")
        if sum(one.sockets > 0 for one in self.present) >= self.most or len(self.people) >= MOST_COME * self.most:
            raise NoEntryError("full")
        number = len(self.people) + 1
        taken = {name for one in self.people.values() for name in (one.alias, one.called)}
        person = Person(number, digest, self._aliases.draw(taken), now)
        self.seat(person)
        self.changes.people.add(number)
        self.touched_at = now
        return person

    def seat(self, person: Person) -> None:
        """Has somebody in it who was let in before."""
        self.people[person.number] = person
        self._by_digest[person.digest] = person

    @property
    def present(self) -> list[Person]:
        """Those who have come and were not sent away, in the order in which they came."""
        return [person for person in self.people.values() if not person.kicked]

    def kick(self, number: int) -> Person:
        """Sends somebody away: their device is not let in again, and their answers do not count.

        Raises:
            RoomError: there is nobody of that number.
        """
        person = self._person(number)
        person.kicked = True
        self.changes.people.add(number)
        if self.wheel is not None and self.wheel.person == number:
            self.wheel = None
        return person

    def call(self, number: int, name: str) -> None:
        """Has somebody called what they like, where the teacher allows that.

        Raises:
            RoomError: names are off, or it is none.
        """
        if not self.settings.names:
            raise RoomError("name must be left as it is: the teacher has not switched names on", "names_off")
        plain = plain_name(name)
        if not 1 <= len(plain) <= MOST_NAME:
            sentence = f"name must have 1 to {MOST_NAME} characters, got {len(plain)}"
            raise RoomError(sentence, "range")
        person = self._person(number)
        others = (name for one in self.people.values() if one is not person for name in (one.alias, one.name))
        if plain.casefold() in map(str.casefold, others):
            raise RoomError(f"name must be one that nobody else in the room has, got {plain}", "name_taken")
        person.name = plain

    def allow_names(self, are_allowed: bool) -> None:
        """Lets people call themselves what they like, or has all be called by their aliases again."""
        self.settings.names = are_allowed
        if not are_allowed:
            for person in self.people.values():
                person.name = ""

    def owns(self, visitors: tuple[str, ...]) -> bool:
        """Whether one of `visitors` is the teacher."""
        return any(visitor == self.owner or visitor in self.desks for visitor in visitors)

    def end_desk(self, told: str) -> str:
        """Has the desk that is `told` so (see `for_desk`) be none any more; returns the visitor.

        Raises:
            RoomError: there is no such desk.
        """
        visitor = next((one for one in self.desks if _desk(one) == told), None)
        if visitor is None:
            raise RoomError(f"desk must be one that was paired with the room, got {shorten(told)}", "no_desk")
        del self.desks[visitor]
        return visitor

    def _person(self, number: int) -> Person:
        person = self.people.get(number)
        if person is None or person.kicked:
            raise RoomError(f"who must be the number of somebody in the room, got {number!r}", "nobody")
        return person

    # --- where it stands

    @property
    def at(self) -> Step:
        """The step of the lesson at which it stands."""
        return self.lesson.steps[self.step]

    def is_closed(self, now: float) -> bool:
        """Whether it was closed, or has stood idle for too long."""
        return self.ended_at(now) is not None

    def ended_at(self, now: float) -> float | None:
        """When it was closed, or had stood idle for too long; None while it is open."""
        idle = self.touched_at + IDLE_S
        return self.closed_at if self.closed_at is not None else idle if now >= idle else None

    def close(self, now: float) -> None:
        """Ends it: its code is no more, and nobody is let in."""
        self.end_vote(now)
        self.closed_at = now
        self.wheel = None

    def go(self, step: int, phase: Phase, now: float) -> None:
        """Stands at a phase of a step; a vote that is open ends.

        Raises:
            RoomError: the lesson has no such step, or the step no question to predict or to show the result of, or no
            experiment.
        """
        last = len(self.lesson.steps) - 1
        if type(step) is not int or not 0 <= step <= last:
            raise RoomError(f"step must be between 0 and {last}, got {step!r}", "range")
        question = self.lesson.steps[step].question
        if (question is None and phase == Phase.PREDICT) or (not is_voted_on(question) and phase == Phase.RESULT):
            raise RoomError(f"{phase} needs a step with a question, step {step} has none", "no_question")
        if phase == Phase.EXPERIMENT and self.experiment_of(step) is None:
            raise RoomError(f"{phase} needs one that was begun, at step {step} none was", "no_experiment")
        self.end_vote(now)
        if step != self.step:
            self.settings.run = self.runs.get(step, [""])[-1]  # the one that was shown belongs to another step
            self.wheel = None
        self.step, self.phase, self.touched_at = step, phase, now
        self.begun.setdefault(step, now)
        if phase == Phase.RESULT:
            self.shown.add(step)

    @property
    def shared(self) -> set[str]:
        """The ids of the runs that it has shown, and of the studies that it has had trained."""
        studies = {made.study for made in self.experiments if made.study}
        return {run for runs in self.runs.values() for run in runs} | studies

    def show(self, run: str) -> None:
        """Has everybody watch that run, at the present step."""
        self.settings.run = run
        shown = self.runs.setdefault(self.step, [])
        if run not in shown:
            shown.append(run)

    # --- votes

    def round_of(self, step: int, *, again: bool) -> Round | None:
        """The first vote on a step's question, or the second."""
        return next((one for one in self.rounds if one.step == step and one.again is again), None)

    @property
    def asked(self) -> Question:
        """The question of the step at which it stands.

        Raises:
            RoomError: it has none that is voted on.
        """
        question = self.at.question
        if question is None or not is_voted_on(question):
            raise RoomError(f"a vote needs a step with a question, step {self.step} has none", "no_question")
        return question

    def open_vote(self, now: float, seconds: float = VOTE_S) -> Round:
        """Asks: the first vote, or where that has ended the second.

        Raises:
            RoomError: a vote is open, both have been, the result was shown, or the seconds are out of range.
        """
        if type(seconds) not in (int, float) or not SHORTEST_VOTE_S <= seconds <= LONGEST_VOTE_S:
            told = f"seconds must be between {SHORTEST_VOTE_S:g} and {LONGEST_VOTE_S:g}, got {seconds!r}"
            raise RoomError(told, "range")
        _ = self.asked
        first, second = (self.round_of(self.step, again=again) for again in (False, True))
        if any(one is not None and one.is_open(now) for one in (first, second)):
            raise RoomError("a vote must end before another is opened", "vote_open")
        if second is not None:
            raise RoomError("votes on a question must be at most two, and both have been", "both_votes")
        if self.step in self.shown:
            raise RoomError("a vote must come before its result is shown", "shown")
        made = Round(len(self.rounds) + 1, self.step, first is not None, now, now + seconds)
        self.rounds.append(made)
        self.changes.rounds.add(made.number)
        self.phase, self.touched_at = Phase.PREDICT, now
        self.begun.setdefault(self.step, now)
        return made

    def end_vote(self, now: float) -> None:
        """Closes the vote that is open, if there is one."""
        vote = self.vote
        if vote is not None and vote.is_open(now):
            vote.closes_at = now
            self.changes.rounds.add(vote.number)

    @property
    def vote(self) -> Round | None:
        """The newest vote on the present step's question."""
        return next((one for one in reversed(self.rounds) if one.step == self.step), None)

    def answer(self, number: int, of: int, value: object, now: float) -> None:
        """Takes what somebody says in vote `of`; said again while it is open, the last word counts.

        Raises:
            RoomError: there is no such vote, it is closed, or the question has no such answer.
        """
        person = self._person(number)
        asked = next((one for one in self.rounds if one.number == of), None)
        if asked is None:
            raise RoomError(f"vote must be one that was opened in this room, got {shorten(of)}", "no_vote")
        if not asked.is_open(now):
            raise RoomError("an answer must come while its vote is open, and this one is closed", "vote_closed")
        question = self.lesson.steps[asked.step].question
        assert question is not None
        question.check(value)
        asked.answers[person.number] = value
        self.changes.answers.add((asked.number, person.number))
        self.touched_at = now

    def counted(self, vote: Round | None) -> dict[int, Any]:
        """The answers of a vote that count, by whose they are."""
        if vote is None:
            return {}
        return {one.number: vote.answers[one.number] for one in self.present if one.number in vote.answers}

    def tally(self, vote: Round | None) -> list[Any] | None:
        """What came of a vote: how often each choice, or every number, sorted; None where there was none."""
        question = None if vote is None else self.lesson.steps[vote.step].question
        if vote is None or question is None:
            return None
        said = list(self.counted(vote).values())
        return sorted(said) if question.kind == NUMBERED else [said.count(n) for n in range(len(question.choices))]

    def share_right(self, vote: Round | None) -> float | None:
        """The share of right answers of a vote; None where nothing was said, or the question has no right one."""
        question = None if vote is None else self.lesson.steps[vote.step].question
        said = list(self.counted(vote).values())
        if question is None or not said or not has_answer(question):
            return None
        return sum(question.is_right(one) for one in said) / len(said)

    def advice(self, now: float) -> str:
        """What the desk is advised to do after the present vote: `again`, `explain` or `on`; "" where nothing."""
        vote = self.vote
        share = None if vote is None or vote.is_open(now) else self.share_right(vote)
        if share is None or vote is None:
            return ""
        bounds = self.settings.bounds
        if share >= bounds.high:
            return "on"
        return "explain" if share < bounds.low or vote.again else "again"

    # --- experiments

    def experiment_of(self, step: int) -> Experiment | None:
        """The newest of a step that was not given up."""
        found = (one for one in reversed(self.experiments) if one.step == step and one.stage != Stage.DROPPED)
        return next(found, None)

    @property
    def experiment(self) -> Experiment | None:
        """The one that goes on, else that of the present step."""
        return next((one for one in self.experiments if one.is_on), None) or self.experiment_of(self.step)

    @property
    def choosing(self) -> Experiment | None:
        """That of the present step that takes choices."""
        made = self.experiment_of(self.step)
        return made if made is not None and made.stage == Stage.BIDS else None

    def _new_experiment(self, step: int, kind: Kind, knobs: tuple[str, ...] = ()) -> Experiment:
        if step != self.step:
            raise RoomError(f"step must be that at which the room stands, {self.step}, got {step!r}", "moved_on")
        if not self.settings.run or self.phase in (Phase.LOBBY, Phase.PREDICT):
            raise RoomError("an experiment must come after the run was shown, at this step none was", "run_first")
        if any(one.is_on for one in self.experiments):
            raise RoomError("an experiment must end before another begins", "experiment_on")
        made = Experiment(len(self.experiments) + 1, step, kind, knobs)
        self.experiments.append(made)
        self.changes.experiments.add(made.number)
        return made

    def collect(self, step: int, now: float, second: str = "") -> Experiment:
        """Has everybody choose a value of the step's main knob, and of a `second` one, for an experiment of these.

        Raises:
            RoomError: it has none, its run was not shown yet, the room has moved on, or an experiment goes on.
            RefusedError: there is no such second knob, or no map of the two.
        """
        knob = main_knob(self.at)
        if knob is None:
            raise RoomError("settings need a knob to choose, the step has none", "no_knob")
        plan = self.plan_of_map(second) if second else None
        made = self._new_experiment(step, Kind.SETTINGS, (knob.name, second) if second else (knob.name,))
        made.stage = Stage.BIDS
        if plan is not None:
            made.lay_out(plan)
        self.phase, self.touched_at = Phase.EXPERIMENT, now
        return made

    def plan_of_map(self, second: str) -> Plan:
        """What would be tried of the present step's main knob with a second one.

        Raises:
            RefusedError: there is no such second knob, or no map of the two, or it is a shared setting that only a new
                run may have: how long runs would take is not known.
        """
        main, (other,) = main_knob(self.at), knobs_named(self.at, [second])
        if other in SETTINGS and not other.live:
            sentence = f"a shared setting of a map must be one that can be turned live, got {second}"
            raise RefusedError(sentence, "next_start", second)
        return plan_map(self.at.spec(), (other,) if main is None else (main, other))

    def bid(self, number: int, of: int, values: Sequence[object], now: float) -> None:
        """Takes the value of each knob that somebody has chosen in experiment `of`; the last choice counts.

        Raises:
            RoomError: that experiment takes none.
            RefusedError: the knob, or the run, cannot have it, or it is not on the map.
        """
        person = self._person(number)
        asked = next((one for one in self.experiments if one.number == of), None)
        if asked is None:
            raise RoomError(f"experiment must be one that takes choices, got {shorten(of)}", "no_experiment")
        if asked.stage != Stage.BIDS:
            raise RoomError("a choice must come before the experiment begins, and this one has begun", "bid_closed")
        step = self.lesson.steps[asked.step]
        setting = check_setting(step.spec(), knobs_named(step, asked.knobs), values)
        for name, value, known in zip(asked.knobs, setting, asked.axes, strict=False):  # of one knob none is laid out
            if value not in known:
                sentence = f"{name} must be one of {', '.join(map(str, known))}, got {value}"
                raise RefusedError(sentence, "choice", name, value, choices=known)
        asked.bids[person.number] = setting
        self.changes.entries.add((asked.number, person.number))
        self.touched_at = now

    def experiment_with(self, step: int, kind: Kind, now: float) -> tuple[Experiment, Plan]:
        """Plans an experiment with who has joined by now, once and for all; of settings, with what they have chosen.

        Raises:
            RoomError: no choices are open, the run was not shown yet, the room has moved on, or an experiment goes on.
            RefusedError: it cannot be planned.
        """
        present = [one.number for one in self.present]
        spec = self.at.spec()
        if kind == Kind.SEEDS:
            plan = plan_seeds(spec, len(present))
            made = self._new_experiment(step, kind)
        else:
            asked = self.choosing
            if asked is None or asked.step != step:
                raise RoomError("settings must be chosen before they are tried, and no choices are open", "no_bids")
            made = asked
            plan = self.plan_of_settings()
        made.fix(plan, present)
        self.changes.experiments.add(made.number)
        self.changes.entries |= {(made.number, one) for one in made.who}
        self.phase, self.touched_at = Phase.EXPERIMENT, now
        return made, plan

    def plan_of_settings(self) -> Plan:
        """What would be tried if choosing ended now; where it has not begun, as if nobody had chosen.

        Raises:
            RefusedError: it cannot be planned.
        """
        knob, asked = main_knob(self.at), self.choosing
        assert knob is not None
        bids: list[Setting] = []
        if asked is not None:
            if asked.is_map:
                return self.plan_of_map(asked.knobs[1])
            bids = [asked.bids[one.number] for one in self.present if one.number in asked.bids]
        return plan_settings(self.at.spec(), knob, bids, len(self.present) - len(bids))

    def trained_by(self, made: Experiment, study: str) -> None:
        """Notes which study trains an experiment."""
        made.study, made.state = study, ""
        self.changes.experiments.add(made.number)

    def undo(self, made: Experiment) -> None:
        """Has an experiment be as before the press that planned it, since no study could be begun."""
        self.changes.entries |= {(made.number, one) for one in made.who}
        made.places, made.who = made.places if made.is_map else (), {}
        if made.kind == Kind.SETTINGS:
            made.stage = Stage.BIDS
            self.changes.experiments.add(made.number)
        else:
            self.drop(made)

    def drop(self, made: Experiment) -> None:
        """Gives an experiment up that no study trains."""
        made.stage = Stage.DROPPED
        self.changes.experiments.add(made.number)
        if self.phase == Phase.EXPERIMENT and made.step == self.step:
            self.phase = Phase.RUN

    def take_part(self, number: int) -> bool:
        """Gives somebody who came later a place in what was begun; whether that is new."""
        made = self.experiment
        if made is None or not made.seat(number):
            return False
        self.changes.entries.add((made.number, number))
        return True

    # --- the wheel

    def give_wheel(self, number: int | None, now: float, rest: float = WHEEL_S) -> Wheel | None:
        """Has somebody turn the knob of the shared run for so many seconds; None: nobody.

        Raises:
            RoomError: there is nobody of that number.
        """
        self.wheel = None if number is None else Wheel(self._person(number).number, now + rest)
        return self.wheel

    def holds_wheel(self, number: int, now: float) -> bool:
        """Whether somebody may turn the knob."""
        return self.wheel is not None and self.wheel.person == number and now < self.wheel.until

    # --- what is shown of it

    def for_students(self, now: float) -> dict[str, Any]:
        """What every student's page is sent: the same for all, and nothing that they may not know yet."""
        told = self._common(now)
        del told["room"]  # by which walls and desks are asked for
        return told

    def for_wall(self, now: float) -> dict[str, Any]:
        """What is shown to all: as to students, and how to come in; no names."""
        told = self._common(now)
        if "experiment" in told:
            made = self.experiment_of(self.step)
            told["picture"] = {} if made is None else made.picture
        told["code"] = None if self.is_closed(now) else self.code
        told["locked"] = self.settings.locked
        told["desks"] = [{"desk": _desk(visitor), "paired_at": at} for visitor, at in self.desks.items()]
        return told

    def for_desk(self, now: float) -> dict[str, Any]:
        """What the teacher sees: also who is there, and what was answered."""
        told = self.for_wall(now)
        vote, question = self.vote, self.at.question
        said = self.counted(vote)
        told["settings"] = {
            "names": self.settings.names,
            "low": self.settings.bounds.low,
            "high": self.settings.bounds.high,
        }
        told["people"] = [
            {"number": one.number, "alias": one.called, "here": one.sockets > 0, "said": one.number in said}
            for one in self.present
        ]
        told["tally"] = {"first": self.tally(self.round_of(self.step, again=False))}
        told["tally"]["second"] = self.tally(self.round_of(self.step, again=True))
        told["asked"] = None if question is None else asked_of(question)
        told["right"] = None if question is None else right_of(question)
        told["share"], told["advice"] = self.share_right(vote), self.advice(now)
        told["explain"], told["misread"] = self.at.explain, self.at.misread
        told["steps"] = [{"title": step.title, "minutes": step.minutes} for step in self.lesson.steps]
        told["minutes"] = self.at.minutes
        made = self.experiment
        told["experiment"] = None if made is None else self._told_of(made)
        return told

    def _told_of(self, made: Experiment) -> dict[str, Any]:
        return made.told(sum(one.number in made.bids for one in self.present))

    def _common(self, now: float) -> dict[str, Any]:
        step, vote = self.at, self.vote
        told: dict[str, Any] = {
            "room": self.id,
            "title": self.lesson.title,
            "closed": self.is_closed(now),
            "step": self.step,
            "of": len(self.lesson.steps),
            "phase": self.phase,
            "heading": step.title,
            "joined": len(self.present),
            "here": sum(one.sockets > 0 for one in self.present),
            "run": self.settings.run,
            "names": self.settings.names,
            "shown": self.step in self.shown,
            "asks": "" if step.question is None else "vote" if is_voted_on(step.question) else "open",
            "vote": None,
            "question": None,
        }
        if self.phase in (Phase.PREDICT, Phase.RESULT):
            assert step.question is not None
            told["question"] = asked_of(step.question)
        if vote is not None:
            left = max(0.0, vote.closes_at - now)
            told["vote"] = {
                "number": vote.number,
                "again": vote.again,
                "left_s": round(left, 1),
                "said": len(self.counted(vote)),
            }
        if self.phase == Phase.EXPLAIN:
            told["explain"], told["misread"] = step.explain, step.misread
        if self.phase == Phase.RESULT and step.question is not None:
            told["result"] = {
                "first": self.tally(self.round_of(self.step, again=False)),
                "second": self.tally(self.round_of(self.step, again=True)),
                "right": right_of(step.question),
            }
        made = self.experiment_of(self.step)
        if self.phase == Phase.EXPERIMENT and made is not None:
            told["experiment"] = self._told_of(made)
        if self.wheel is not None and now < self.wheel.until:
            told["wheel"] = {"person": self.wheel.person, "left_s": round(self.wheel.until - now, 1)}
        return told

    def for_person(self, number: int) -> dict[str, Any]:
        """What one student is told of themselves: what they are called, and what they have said in each vote."""
        person = self._person(number)
        said = {one.number: one.answers[number] for one in self.rounds if number in one.answers}
        made = self.experiment
        part = None if made is None else made.told_to(number)
        return {"number": person.number, "alias": person.called, "said": said, "part": part}


def is_voted_on(question: Question | None) -> bool:
    """Whether there is a question with answers to choose from, or a number to say."""
    return question is not None and question.kind != OPEN


def has_answer(question: Question) -> bool:
    """Whether a question has a right answer; one that a page makes by itself has none."""
    return (question.answer if question.kind == NUMBERED else question.right) is not None


def asked_of(question: Question) -> dict[str, Any]:
    """A question without its answer."""
    told: dict[str, Any] = {"kind": question.kind, "text": question.text}
    if question.kind == NUMBERED:
        return told | {"low": question.low, "high": question.high, "unit": question.unit}
    return told | {"choices": list(question.choices)}


def right_of(question: Question) -> Mapping[str, Any] | None:
    """What is right, as pages are told it; None where nothing is."""
    if not has_answer(question):
        return None
    if question.kind == NUMBERED:
        return {"answer": question.answer, "tolerance": question.tolerance}
    return {"choice": question.right}


def new_code(taken: set[str]) -> str:
    """A code that no other open room has."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if code not in taken:
            return code


def plain_code(typed: str) -> str:
    """A code as it was typed, with blanks and hyphens and in any case, as rooms have it."""
    return "".join(letter for letter in typed.upper() if letter not in " -\u2013\u00a0\t")


def plain_name(typed: str) -> str:
    """A name with nothing in it that is not seen or turns the line around."""
    shown = "".join(letter for letter in typed if unicodedata.category(letter)[0] != "C")
    return " ".join(shown.split())


def _desk(visitor: str) -> str:
    """How pages are told a desk: not by its visitor."""
    return digest_of(visitor)[:12]


def digest_of(secret: str) -> str:
    """What a room keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
