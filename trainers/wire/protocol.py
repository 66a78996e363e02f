"""The protocol of the live socket, declared once: every message and frame, what its fields may hold, what it costs.

The server takes a message by it, tests hold every frame to it, and the tables in ARCHITECTURE.md are written from it.
Whether a value may be (is there such a trick, is that in a knob's range on this task) is not asked here.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal

from trainers.evidence.plan import SEEDS
from trainers.live.live_run import FASTEST, SLOWEST
from trainers.live.states import State
from trainers.live.visitor import Role
from trainers.runs.labels import shorten
from trainers.runs.settings import SEED, STEPS
from trainers.runs.spec import MAX_ARMS
from tricks import catalogue
from tricks.declaration import Knob, RefusedError

VERSION = 7
"""Raised with every change of what is declared here: a page of another version is told to reload."""

RATE, BURST = 300.0, 600.0  # of costs a second, and at once; a drag sends about 60 of two kinds, and acks
MAX_BYTES = 32 * 1024  # of a message
MAX_WAITING = 32  # answers that a page has not taken


class Type(ABC):
    """What a field may hold."""

    @abstractmethod
    def check(self, name: str, value: Any) -> Any:
        """The `value` of what is called `name`, held to it.

        Raises:
            RefusedError: it is not of this type, or out of its bounds.
        """

    @property
    @abstractmethod
    def form(self) -> str:
        """How a table says it."""


@dataclass(frozen=True)
class Plain(Type):
    """JSON of these types, which `words` name."""

    words: str
    types: tuple[type, ...] = ()  # none: anything

    def check(self, name: str, value: Any) -> Any:
        if self.types and type(value) not in self.types:  # true and false are no numbers
            raise _mistyped(name, self.words, value)
        return value

    @property
    def form(self) -> str:
        return self.words.removeprefix("an ").removeprefix("a ")


@dataclass(frozen=True)
class Many(Type):
    """A list of values of a type, at most so many where that is said: counted before any is looked at."""

    words: str
    of: Type
    most: int | None = None

    def check(self, name: str, value: Any) -> Any:
        if self.most is not None and isinstance(value, list) and len(value) > self.most:
            sentence = f"{name} must be at most {self.most}, got {len(value)}"
            raise RefusedError(sentence, "at_most", name, len(value), most=self.most)
        try:
            return [self.of.check(name, one) for one in LIST.check(name, value)]
        except RefusedError:
            raise _mistyped(name, self.words, value) from None

    @property
    def form(self) -> str:
        words = self.words.removeprefix("a ")
        return words if self.most is None else words.replace("of", f"of at most {self.most}", 1)


@dataclass(frozen=True)
class Named(Type):
    """An object whose values, whatever they are called, are of a type."""

    of: Type

    def check(self, name: str, value: Any) -> Any:
        return {key: self.of.check(shorten(key), one) for key, one in OBJECT.check(name, value).items()}

    @property
    def form(self) -> str:
        return f"{{name: {self.of.form}}}"


@dataclass(frozen=True)
class Record(Type):
    """An object with fields of its own."""

    fields: tuple[Field, ...]

    def check(self, name: str, value: Any) -> Any:
        return take(name, self.fields, OBJECT.check(name, value))

    @property
    def form(self) -> str:
        return f"{{{', '.join(field.form for field in self.fields)}}}"


@dataclass(frozen=True)
class OneOf(Type):
    """One of these texts."""

    choices: tuple[str, ...]

    def check(self, name: str, value: Any) -> Any:
        if value not in self.choices:
            sentence = f"{name} must be one of {', '.join(self.choices)}, got {value!r}"
            raise RefusedError(sentence, "choice", name, value, choices=self.choices)
        return value

    @property
    def form(self) -> str:
        return " / ".join(self.choices)


@dataclass(frozen=True)
class Within(Type):
    """A number as a knob declares it, and by its name."""

    knob: Knob

    def check(self, name: str, value: Any) -> Any:
        return self.knob.check(value)

    @property
    def form(self) -> str:
        return f"{self.knob.low:.10g} to {self.knob.high:.10g}"


@dataclass(frozen=True)
class Pace(Type):
    """A speed from `low` to `high` steps a second, or null: as fast as it goes."""

    low: float
    high: float

    def check(self, name: str, value: Any) -> Any:
        if value is None or (type(value) in (int, float) and self.low <= value <= self.high):
            return value
        sentence = f"speed must be null or between {self.low:g} and {self.high:g} steps a second, got {value!r}"
        raise RefusedError(sentence, "between", "speed", value, low=self.low, high=self.high)

    @property
    def form(self) -> str:
        return f"{self.low:g} to {self.high:g} steps a second, null: free"


def _mistyped(name: str, wanted: str, value: object) -> RefusedError:
    return RefusedError(f"{name} must be {wanted}, got {value!r}", "type", name, value, wanted=wanted)


ANY = Plain("any value")
TEXT = Plain("text", (str,))
WORDS = Plain("text or null", (str, NoneType))
FLAG = Plain("true or false", (bool,))
WHOLE = Plain("a whole number", (int,))
ARM = Plain("a whole number or null", (int, NoneType))
NUMBER = Plain("a number", (int, float))
SECONDS = Plain("a number or null", (int, float, NoneType))
LIST = Plain("a list", (list,))
OBJECT = Plain("an object", (dict,))
FORK = Plain("an object or null", (dict, NoneType))
OBJECTS = Many("a list of objects", OBJECT)
WHOLES = Many("a list of whole numbers", WHOLE)
NAMES = Many("a list of names", TEXT)
MORE_ARMS = Many("a list of objects", OBJECT, most=MAX_ARMS - 2)
TRICKS = Many("a list of names", TEXT, most=len(catalogue.NAMES))
SPEED = Pace(SLOWEST, FASTEST)
STATE = OneOf(tuple(State))


@dataclass(frozen=True)
class Field:
    """A field of a message: one that need not be there may also be null, which says as much."""

    name: str
    type: Type
    must: bool = True

    @property
    def form(self) -> str:
        """How a table says it."""
        return f"`{self.name}`{'' if self.must else '?'} {self.type.form}"


@dataclass(frozen=True)
class Message:
    """A message, or a frame: who may send it, what it costs of the rate, and what it is for.

    `watch` is whoever knows the run's id, or has a link to it, `steer` whose run it is, in the tab that steers it.
    A frame's arrays are of these `groups`.
    """

    kind: str
    fields: tuple[Field, ...] = ()
    who: Literal["watch", "steer", "server"] = "steer"
    cost: int = 1
    groups: tuple[str, ...] = ()
    does: str = ""


def take(kind: str, fields: Collection[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is `given`, as those fields declare it; those that say nothing are left out.

    Raises:
        RefusedError: a field that is not declared, one that is missing, or one of another type.
    """
    declared = {field.name: field for field in fields}
    for name in given:
        if name not in declared:
            sentence = f"{shorten(name)} is not a field of {kind}, which has {', '.join(declared) or 'none'}"
            raise RefusedError(sentence, "not_a_field", name)
    taken = {}
    for name, field in declared.items():
        if field.must and name not in given:
            raise RefusedError(f"{name} must be in every {kind}, got none", "missing", name)
        if field.must or given.get(name) is not None:
            taken[name] = field.type.check(name, given[name])
    return taken


def _all(*fields: tuple[str, Type]) -> tuple[Field, ...]:
    return tuple(Field(*one) for one in fields)


def _some(*fields: tuple[str, Type]) -> tuple[Field, ...]:
    return tuple(Field(*one, must=False) for one in fields)


def _by_kind(*messages: Message) -> dict[str, Message]:
    return {message.kind: message for message in messages}


_TRICK = _all(("trick", TEXT))
_SEED = _some(("seed", Within(SEED)))
_RUN = _some(("task", TEXT), ("steps", Within(STEPS)), ("values", OBJECT), ("extra_arms", MORE_ARMS))
_COMBINE = Record(_some(("ablate", FLAG), ("like", TEXT)) + _all(("tricks", TRICKS)))
_SWEEP = Record(_all(("knob", TEXT), ("values", LIST)))

TO_SERVER = _by_kind(
    Message("ack", who="watch", does="the last frame was taken: the next is sent only then"),
    Message(
        "hello",
        _all(("tab", TEXT), ("secret", TEXT)),
        who="watch",
        does="comes first, once: which tab this is, and who, where the browser keeps no cookie",
    ),
    Message("attach", _all(("run", TEXT)), who="watch", cost=5, does="watches that run"),
    Message(
        "start",
        _some(("trick", TEXT))
        + _SEED
        + _RUN
        + _some(("combine", _COMBINE), ("sweep", _SWEEP), ("speed", SPEED), ("paused", FLAG)),
        cost=20,
        does="begins a run in place of its own one, of a trick or of tricks together (`combine`)",
    ),
    Message(
        "turn",
        _all(("name", TEXT), ("value", ANY)) + _some(("arm", ARM)),
        does="sets a live knob of an arm, or a shared setting (null)",
    ),
    Message("pause", does="holds the run"),
    Message("resume", cost=5, does="lets it go on, also where it was interrupted with its program"),
    Message("step", does="makes one step"),
    Message("stop", does="ends the run"),
    Message("speed", _all(("steps_per_s", SPEED)), does="paces the run"),
    Message(
        "look", _all(("step", WHOLE)), who="watch", does="asks what the inside of the run was like after that step"
    ),
    Message(
        "branch",
        _all(("step", WHOLE)) + _some(("steps", WHOLE)),
        who="watch",
        cost=20,
        does="begins a run that goes on from that step of this one, paused there; `steps` in all, if that is more",
    ),
    Message("take_over", who="watch", cost=5, does="steers the run from here, not from another tab of the visitor"),
    Message("preview", _TRICK + _SEED + _RUN, who="watch", does="asks for what the knobs alone determine"),
    Message(
        "repeat",
        _TRICK + _RUN + _some(("seeds", Within(SEEDS)), ("sweep", Named(LIST)), ("evidence", FLAG)),
        cost=20,
        does="begins a study: the run, or the trick's `evidence` recipe, over so many seeds, or a sweep of knobs",
    ),
    Message("attach_study", _all(("study", TEXT)), who="watch", cost=5, does="watches that study"),
    Message("cancel", does="ends the study that this socket watches"),
    Message("resume_study", cost=20, does="goes on with that study, where it was interrupted with its program"),
)
"""What a page says."""

_EVENTS = Many("a list of turns", Record(_all(("step", WHOLE), ("name", TEXT), ("value", ANY), ("arm", ARM))))
_FAILURES = Many("a list of ends", Record(_all(("step", WHOLE), ("arm", WHOLE), ("value", ANY), ("knobs", OBJECT))))
_REMARKS = Many("a list of remarks", Record(_all(("step", WHOLE), ("rule", TEXT), ("values", OBJECT), ("text", TEXT))))
_METRICS = Many("a list of metrics", Record(_all(("name", TEXT), ("better", OneOf(("lower", "higher"))))))
_MOVING = _all(("state", STATE), ("step", WHOLE), ("rate", NUMBER), ("eta_s", SECONDS))
_SAID = (("speed", SPEED), ("note", WORDS), ("making", WORDS))
_NEWS = (*_SAID, ("events", _EVENTS), ("failures", _FAILURES), ("remarks", _REMARKS))
_FORCE = (("knobs", OBJECTS), ("settings", OBJECT))
_OF_RUNS = ("row", "test", "probe")

TO_BROWSER = _by_kind(
    Message(
        "snapshot",
        _all(("run", TEXT), ("spec", OBJECT), ("called", NAMES), ("about", TEXT))
        + _all(("steps", WHOLE), ("steps_per_epoch", NUMBER), ("begun_at", SECONDS), ("fork", FORK))
        + _MOVING
        + _all(*_NEWS, *_FORCE, ("looks", WHOLES)),
        who="server",
        groups=_OF_RUNS,
        does="all of a run: its rows down to about 2,000 points an arm, its tests, its probes; of one of the past when "
        "it was begun, in seconds since 1970; of a branch (`fork`) of which run it is, and after which step; and after "
        "which steps its inside is known (`looks`)",
    ),
    Message(
        "rows",
        _MOVING + _some(*_NEWS, *_FORCE),
        who="server",
        groups=_OF_RUNS,
        does="what is new in a run since the last frame; what else has changed",
    ),
    Message(
        "wheel",
        _all(("run", TEXT), ("role", OneOf(tuple(Role)))),
        who="server",
        does="whether the run is steered from here, by another tab of the visitor (`watch`), or is another's (`visit`)",
    ),
    Message(
        "wheel_study",
        _all(("study", TEXT), ("role", OneOf((Role.STEER, Role.VISIT)))),
        who="server",
        does="whether the study is the visitor's, or another's",
    ),
    Message(
        "past",
        _all(("run", TEXT), ("step", WHOLE)),
        who="server",
        groups=("probe",),
        does="what the inside of the run was like after that step: of each probe the newest until then",
    ),
    Message("preview", who="server", groups=("preview",), does="what the knobs alone determine"),
    Message(
        "study",
        _all(("study", TEXT), ("id", TEXT), ("fresh", FLAG), ("about", TEXT))
        + _all(("trick", TEXT), ("task", TEXT), ("steps", WHOLE), ("seeds", LIST), ("arms", NAMES), ("called", NAMES))
        + _all(("knobs", OBJECTS), ("metrics", _METRICS), ("judged", TEXT))
        + _all(("state", STATE), ("done", WHOLE), ("total", WHOLE), ("eta_s", SECONDS), ("rate", NUMBER))
        + _all(("notes", NAMES), ("lines", OBJECTS))
        + _some(("cost", NAMES), ("swept", OBJECTS), ("neutral", OBJECT), ("response", OBJECTS)),
        who="server",
        groups=("seed", "final", "band"),
        does="a study's verdict whole; arrays of the seeds that are new and the bands that changed, all if `fresh`",
    ),
    Message(
        "refused",
        _all(("about", OneOf(tuple(TO_SERVER))), ("name", TEXT), ("arm", ARM), ("value", ANY))
        + _all(("rule", TEXT), ("parts", OBJECT), ("message", TEXT)),
        who="server",
        does="a message was not done: by which rule, and the same as an English sentence",
    ),
    Message("note", _all(("message", TEXT)), who="server", does="something that whoever watches should know"),
    Message(
        "heard",
        _all(("turns", WHOLE)),
        who="server",
        does="as text, before a frame: how many `turn` and `speed` of this socket that frame comes after",
    ),
    Message("gone", who="server", does="there is no such run (any more)"),
    Message("gone_study", who="server", does="there is no such study (any more)"),
)
"""What the server says."""

ARRAY = (
    _all(("group", OneOf(tuple(dict.fromkeys(group for frame in TO_BROWSER.values() for group in frame.groups)))))
    + _all(("arm", WHOLE), ("name", TEXT), ("dtype", OneOf(("f4", "f8", "i4"))), ("shape", LIST), ("offset", WHOLE))
    + _some(("step", WHOLE), ("seed", WHOLE), ("point", WHOLE))
    + _some(("axis", OneOf(("steps", "values", "mean", "low", "high"))), ("of", OneOf(("difference",))))
)
"""What a frame's header says of each of its arrays."""


def check_frame(header: Mapping[str, Any], arrays: Collection[Mapping[str, Any]]) -> None:
    """Holds a frame's header, and what it says of its arrays, to what is declared.

    Raises:
        RefusedError: it is not so.
    """
    rest = dict(header)
    frame = TO_BROWSER[rest.pop("type")]
    take(frame.kind, frame.fields, rest)
    for entry in arrays:
        take("array", ARRAY, entry)
        OneOf(frame.groups).check("group", entry["group"])


def versioned(path: str) -> str:
    """The live socket's `path` as a page of this version opens it."""
    return f"{path}?v={VERSION}"


def digest() -> str:
    """A digest of what both sides must agree on: all that is declared but for costs and explanations."""
    told = [(m.kind, m.fields, m.who, m.groups) for m in (*TO_SERVER.values(), *TO_BROWSER.values())]
    return hashlib.sha256(repr((told, ARRAY, MAX_BYTES)).encode()).hexdigest()[:16]


def table_to_server() -> str:
    """What a page says, as a table."""
    return _table(
        ("type", "fields", "who", "cost", "does"),
        [(f"`{one.kind}`", _forms(one), one.who, str(one.cost), one.does) for one in TO_SERVER.values()],
    )


def table_to_browser() -> str:
    """What the server says, as a table."""
    rows = [(f"`{one.kind}`", _names(one), _quoted(one.groups), one.does) for one in TO_BROWSER.values()]
    return _table(("type", "fields", "arrays", "content"), rows)


def _forms(message: Message) -> str:
    return ", ".join(field.form for field in message.fields)


def _names(message: Message) -> str:
    return ", ".join(f"`{field.name}`{'' if field.must else '?'}" for field in message.fields)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("".join(f"| {cell} " if cell else "| " for cell in cells) + "|" for cells in lines)
