"""A lesson: steps in each of which a class predicts, sees one run, and has it explained.

A lesson is one Markdown file, `assets/lessons/<language>/<name>.md`:

    # The title

    The aim, in a sentence or two.

    ## The title of the first step

    minutes: 8
    page: flooding?flood_level=0.2&seed=100
    touch: flood_level

    ### ask

    The question, to be answered before the run is seen.

    - [ ] an answer
    - [x] the right one

    ### see

    - `test_loss flooding < baseline` What must be seen, in words.

    ### explain

    Why it is so.

    ### misread

    How it is often misread.

and so on with the next step. The headings are named alike in every language.

- `page` is a page's address, as a browser shows it or from the page's name on; what is not said in it is as the page
  has it by itself. `touch` names the live knobs and settings that may be turned in the run, and may be left out.
- `ask` may be left out. Its answers are choices, one of them crossed, or a number with what is right about it, its unit
  and its range, as `answer: 90 ± 5 %, 0 to 100`.
- `see` has a line or more, each with a check (see `seen`) and with words.
- `misread` may be left out.

The folder `TRICK_LAB_LESSONS` adds an operator's own: `<name>.md`, in English, or `<language>/<name>.md`. One with the
name of a lesson of the lab's takes its place. What is wrong with a file of theirs is told of it (`problems`), and
harms no other.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from trainers.evidence.article_numbers import fill, measured
from trainers.evidence.declarations import StatementError
from trainers.runs.articles import TextError, parse_article, split_at
from trainers.runs.build import build_spec
from trainers.runs.labels import TEXT, shorten
from trainers.runs.settings import FIRST_EXPLORED_SEED, SETTINGS
from trainers.runs.spec import RunSpec
from trainers.teaching.seen import NUMBER, Seen, parse_seen
from tricks import catalogue
from tricks.declaration import RefusedError

LESSONS = Path(__file__).parent.parent.parent / "assets" / "lessons"
FOLDER = "TRICK_LAB_LESSONS"
ENGLISH = "en"
NAME = re.compile(r"[a-z][a-z0-9_]*")
CHOICE, NUMBERED, OPEN = "choice", "number", "open"
SECTIONS = ("ask", "see", "explain", "misread")
FIELDS = ("minutes", "page", "touch")
SHOWING = ("view", "lang", "autostart", "run", "study", "show", "lock", "strict", "embed", "embed_options")
"""What of an address is about who looks, and not about the run."""
MOST_ARMS = 4  # as many as a page races
MOST_STEPS, MOST_CHOICES = 12, 6
MOST_MINUTES = 60
TRY_MINUTES = 5  # for what a page gives to try
MOST_LETTERS = {"the title": 120, "the aim": 400, "the question": 600, "a choice": 160, "what is seen": 300}
MOST_OF_TEXT = 3000  # letters of an explanation
MOST_OF_FILE = 100_000

T = TypeVar("T")
_FIELD = re.compile(r"(?P<name>[a-z]+): *(?P<value>.*)")
_ITEM = re.compile(r"^- \[(?P<mark>[ xX])\] (?P<text>.+(?:\n +.+)*)$", re.MULTILINE)
_SEEN = re.compile(r"^- `(?P<check>[^`]+)` (?P<text>.+(?:\n +.+)*)$", re.MULTILINE)
_ANSWER = re.compile(
    rf"^answer: (?P<answer>{NUMBER}) (?:±|\+-) (?P<tolerance>{NUMBER})(?: (?P<unit>[^,]+))?, "
    rf"(?P<low>{NUMBER}) to (?P<high>{NUMBER})$",
    re.MULTILINE,
)
_ANSWER_FORM = "answer: 90 ± 5 %, 0 to 100"


@dataclass(frozen=True)
class Question:
    """What a class answers before it sees.

    Of kind `choice` it has `choices`, and `right` is the index of the right one. Of kind `number` a vote lies within
    `low` and `high`, in `unit`, and is right within `tolerance` of `answer`. Of kind `open` nobody votes: it is talked
    about.
    """

    kind: str
    text: str
    choices: tuple[str, ...] = ()
    right: int | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    answer: float | None = None
    tolerance: float | None = None

    def check(self, value: object) -> None:
        """Refuses what is no vote.

        Raises:
            RefusedError: it is of the wrong type or out of range, or there is nothing to vote on.
        """
        if self.kind == OPEN:
            raise RefusedError(f"vote must be of a question with answers, got {_given(value)}")
        given = _given(value)
        if self.kind == CHOICE:
            low, high = 0.0, len(self.choices) - 1.0
            if isinstance(value, bool) or not isinstance(value, int):
                sentence = f"vote must be the number of a choice, got {given}"
                raise RefusedError(sentence, "whole", "vote", given, low=low, high=high)
        else:
            low, high = float(self.low or 0), float(self.high or 0)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
                sentence = f"vote must be a number, got {given}"
                raise RefusedError(sentence, "number", "vote", given, low=low, high=high)
        if not low <= value <= high:
            sentence = f"vote must be between {low:g} and {high:g}, got {given}"
            raise RefusedError(sentence, "between", "vote", given, low=low, high=high)

    def is_right(self, value: object) -> bool:
        """Whether a vote is right.

        Raises:
            RefusedError: it is no vote.
        """
        self.check(value)
        if self.kind == CHOICE:
            return value == self.right
        slack = 1e-9 * max(1.0, abs(float(self.answer or 0)))  # 0.3 is 0.1 from 0.2
        return abs(float(value) - float(self.answer or 0)) <= float(self.tolerance or 0) + slack  # type: ignore[arg-type]


def _given(value: object) -> str:
    """What was given for a vote, short."""
    try:
        return shorten(repr(value))
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number that is too large"


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


@dataclass(frozen=True)
class Step:
    """A part of a lesson: the run of a `page` with `query`, the parameters of its address, and what is said about it.

    Beside knobs and settings `query` may hold `task`, `seed`, `steps`, `arms` and `charts`, as addresses have them.
    `touch` are the knobs that may be turned in the run; `explain` and `misread` are Markdown.
    """

    title: str
    minutes: int
    page: str
    query: Mapping[str, str]
    touch: tuple[str, ...]
    question: Question | None
    seen: tuple[Seen, ...]
    explain: str
    misread: str

    def spec(self) -> RunSpec:
        """Its run.

        Raises:
            RefusedError: no page has it.
        """
        values = {name: text for name, text in self.query.items() if name not in ("task", "steps", "arms", "charts")}
        seed = values.pop("seed", FIRST_EXPLORED_SEED)
        arms = tuple(_arm(part) for part in filter(None, self.query.get("arms", "").split(";")))
        if len(arms) + 2 > MOST_ARMS:
            raise RefusedError(f"arms must be at most {MOST_ARMS}, got {len(arms) + 2}")
        told = {"task": self.query.get("task"), "seed": seed, "steps": self.query.get("steps")}
        return build_spec(self.page, **told, values=values, extra_arms=arms)  # type: ignore[arg-type]


def _arm(text: str) -> dict[str, str]:
    pairs = [pair.partition(":") for pair in text.split(",")]
    if not all(name and colon and value for name, colon, value in pairs):
        raise RefusedError(f"arms must be as gamma:5;gamma:3,scale:2, got {shorten(text)!r}")
    return {name: value for name, _, value in pairs}


@dataclass(frozen=True)
class Lesson:
    """A lesson in a language."""

    name: str
    language: str
    title: str
    aim: str
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        """How long all steps are planned to take."""
        return sum(step.minutes for step in self.steps)


def named(number: int) -> str:
    """What the step of a lesson with that number, from 1, is called where its run is recorded."""
    return f"step_{number}"


def parse_lesson(text: str, where: str) -> Lesson:
    """The lesson in `text`; `where`, `<language>/<name>.md` or `<name>.md`, names the file in errors, and the lesson.

    Raises:
        TextError: a line for each step that cannot be used, and what is wrong with it.
    """
    place = Path(where)
    language = place.parent.name if place.parent.name in languages() else ENGLISH
    if len(text) > MOST_OF_FILE:
        raise TextError(f"{where}: a lesson must have at most {MOST_OF_FILE:,} letters, got {len(text):,}")
    strange = next((letter for letter in text if not letter.isprintable() and letter not in "\n\t" + _FORMAT), None)
    if strange is not None:
        raise TextError(f"{where}: a lesson must be plain text, got the control character {strange!r}")
    head, *parts = split_at(text, "## ")
    title, aim = _head(head, where)
    if not 1 <= len(parts) <= MOST_STEPS:
        raise TextError(f"{where}: a lesson must have 1 to {MOST_STEPS} steps, each a heading 2, got {len(parts)}")
    steps, wrong = [], []
    for number, part in enumerate(parts, start=1):
        try:
            steps.append(_step(part, where, named(number)))
        except TextError as error:
            wrong.append(str(error))
    if wrong:
        raise TextError("\n".join(wrong))
    return Lesson(place.stem, language, title, aim, tuple(steps))


_FORMAT = "\u200c\u200d\u200e\u200f\u061c\ufeff\u00a0\u202f\u2009\u3000"  # not printable, and rightly in a text
_HEAD = re.compile(r"\s*# (?P<title>[^\n]*\S)\s*\n(?P<aim>.*)", re.DOTALL)


def _head(text: str, where: str) -> tuple[str, str]:
    found = _HEAD.fullmatch(text.removeprefix("\ufeff"))
    if found is None:
        raise TextError(f"{where}: the first line must be the title, as `# Title`")
    title, aim = found["title"].strip(), " ".join(found["aim"].split())
    if not aim:
        raise TextError(f"{where}: the aim, a sentence, must stand under the title")
    _check_length("the title", title, where)
    _check_length("the aim", aim, where)
    return title, aim


def _check_length(what: str, text: str, at: str) -> None:
    most = MOST_LETTERS.get(what, MOST_OF_TEXT)
    if len(text) > most:
        raise TextError(f"{at}: {what} must have at most {most:,} letters, got {len(text):,}: {shorten(text)!r}")


def _step(text: str, where: str, name: str) -> Step:
    title, _, body = text.partition("\n")
    title = title.strip()
    at = f"{where}: ## {shorten(title)}"
    if not title:
        raise TextError(f"{where}: a step must have a title")
    _check_length("the title", title, at)
    about, *parts = split_at(body, "### ")
    fields, sections = _fields(about, at), _sections(parts, at)
    page, query = _address(fields["page"], at)
    question = _question(sections["ask"], f"{at}: ### ask") if "ask" in sections else None
    for heading in ("explain", "misread"):
        _check_length(heading, sections.get(heading, ""), at)
    touch = tuple(fields.get("touch", "").replace(",", " ").split())
    step = Step(
        title,
        _minutes(fields["minutes"], at),
        page,
        query,
        touch,
        question,
        (),
        sections["explain"],
        sections.get("misread", ""),
    )
    spec = _try(f"{at}: page", step.spec)
    _check_touch(touch, spec, at)
    return replace(step, seen=tuple(_all_seen(sections["see"], spec, name, f"{at}: ### see")))


def _try(at: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except RefusedError as error:
        raise TextError(f"{at}: {error}") from None


def _fields(text: str, at: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        found = _FIELD.fullmatch(line)
        if found is None or found["name"] not in FIELDS:
            raise TextError(
                f"{at}: under the title must stand {', '.join(FIELDS)}, as `minutes: 8`, got {shorten(line)!r}"
            )
        if found["name"] in fields:
            raise TextError(f"{at}: {found['name']} is there twice")
        fields[found["name"]] = found["value"].strip()
    for name in ("minutes", "page"):
        if not fields.get(name):
            raise TextError(f"{at}: {name} is missing")
    return fields


def _sections(parts: list[str], at: str) -> dict[str, str]:
    sections: dict[str, str] = {}
    for part in parts:
        name, _, body = part.partition("\n")
        name = name.strip()
        if name not in SECTIONS:
            raise TextError(f"{at}: ### {shorten(name)} is not one of {', '.join(SECTIONS)}")
        if name in sections:
            raise TextError(f"{at}: ### {name} is there twice")
        if not body.strip():
            raise TextError(f"{at}: ### {name} is empty")
        sections[name] = body.strip()
    for name in ("see", "explain"):
        if name not in sections:
            raise TextError(f"{at}: ### {name} is missing")
    return sections


def _minutes(text: str, at: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_MINUTES:
        raise TextError(f"{at}: minutes must be a whole number from 1 to {MOST_MINUTES}, got {shorten(text)!r}")
    return int(text)


def _address(text: str, at: str) -> tuple[str, dict[str, str]]:
    try:
        parts = urlsplit(text)
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise TextError(f"{at}: page must be an address, {error}, got {shorten(text)!r}") from None
    page = parts.path.rstrip("/").rpartition("/")[2]
    _try(f"{at}: page", partial(catalogue.check_name, page))
    query: dict[str, str] = {}
    for name, value in pairs:
        if name in query:
            raise TextError(f"{at}: page: {shorten(name)} is there twice")
        if name not in SHOWING:
            query[name] = value
    return page, query


def _check_touch(touch: tuple[str, ...], spec: RunSpec, at: str) -> None:
    knobs = {knob.name: knob for knob in SETTINGS} | {
        name: knob for arm in range(len(spec.arms)) for name, knob in spec.knobs_of(arm).items()
    }
    for name in touch:
        if name not in knobs:
            raise TextError(f"{at}: touch: {shorten(name)} is no knob here{catalogue.nearest(name, tuple(knobs))}")
        if not knobs[name].live:
            raise TextError(f"{at}: touch: {name} takes effect at the next start, not in a running training")


def _question(text: str, at: str) -> Question:
    items, answers = list(_ITEM.finditer(text)), list(_ANSWER.finditer(text))
    begins = min((found.start() for found in (*items, *answers)), default=len(text))
    asked, rest = text[:begins].strip(), text[begins:]
    if not items and not answers:
        raise TextError(f"{at}: the answers must stand below, as `- [x] the right one` or `{_ANSWER_FORM}`")
    if not asked:
        raise TextError(f"{at}: the question must stand above its answers")
    _check_length("the question", asked, at)
    strange = next((line for line in asked.split("\n") if line.startswith("- [")), None)
    if strange is not None:
        raise TextError(f"{at}: a choice must begin with `- [ ]` or `- [x]`, got {shorten(strange)!r}")
    if items and answers:
        raise TextError(f"{at}: the answers must be choices or a number, not both")
    left = _ITEM.sub("", _ANSWER.sub("", rest)).strip()
    if left:
        raise TextError(f"{at}: nothing else may stand between or under the answers, got {shorten(left)!r}")
    return _chosen(asked, items, at) if items else _numbered(asked, answers, at)


def _chosen(asked: str, items: list[re.Match[str]], at: str) -> Question:
    choices = tuple(" ".join(item["text"].split()) for item in items)
    right = [index for index, item in enumerate(items) if item["mark"] != " "]
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise TextError(f"{at}: there must be 2 to {MOST_CHOICES} choices, got {len(choices)}")
    if len(set(choices)) < len(choices):
        raise TextError(f"{at}: choices must differ, got {shorten(', '.join(choices))!r}")
    if len(right) != 1:
        raise TextError(f"{at}: one choice must be marked as right, as `- [x]`, got {len(right)}")
    for choice in choices:
        _check_length("a choice", choice, at)
    return Question(CHOICE, asked, choices, right[0])


def _numbered(asked: str, answers: list[re.Match[str]], at: str) -> Question:
    if len(answers) != 1:
        raise TextError(f"{at}: there must be one answer, got {len(answers)}")
    found = answers[0]
    answer, tolerance, low, high = (float(found[name]) for name in ("answer", "tolerance", "low", "high"))
    if not low <= answer <= high or not low < high:
        raise TextError(f"{at}: the answer must lie within its range, got {answer:g} of {low:g} to {high:g}")
    if not 0 <= tolerance < (high - low) / 2:
        raise TextError(f"{at}: what is right must be less than all of the range, got ± {tolerance:g}")
    unit = (found["unit"] or "").strip()
    return Question(NUMBERED, asked, low=low, high=high, unit=unit, answer=answer, tolerance=tolerance)


def _all_seen(text: str, spec: RunSpec, of: str, at: str) -> Iterator[Seen]:
    left = _SEEN.sub("", text).strip()
    if left:
        raise TextError(f"{at}: each line must be as - `test_loss A < B` what is seen, got {shorten(left)!r}")
    for found in _SEEN.finditer(text):
        words = " ".join(found["text"].split())
        _check_length("what is seen", words, at)
        yield _try(at, partial(parse_seen, found["check"], words, spec, of))


def languages() -> tuple[str, ...]:
    """The languages that the lab speaks."""
    return tuple(sorted(path.name for path in TEXT.iterdir() if path.is_dir()))


def places(language: str = ENGLISH) -> dict[str, Path]:
    """The files of all lessons by name, those of `language` where there are such, or else in English."""
    found: dict[str, Path] = {}
    for folder in dict.fromkeys((ENGLISH, language)):
        found |= {path.stem: path for path in sorted((LESSONS / folder).glob("*.md"))}
    own = os.environ.get(FOLDER, "").strip()
    for inner in ("", *dict.fromkeys((ENGLISH, language))) if own else ():
        found |= {path.stem: path for path in sorted((Path(own) / inner).glob("*.md"))}
    return found


def names(language: str = ENGLISH) -> tuple[str, ...]:
    """The names of all lessons, also of those that cannot be used."""
    return tuple(places(language))


def load(name: str, language: str = ENGLISH) -> Lesson:
    """The lesson of that name, in English where it is not there in `language`.

    Raises:
        RefusedError: there is none.
        TextError: its file cannot be used.
    """
    found = places(language)
    if name not in found:
        near = catalogue.nearest(name, tuple(found)) if found else ""
        raise RefusedError(f"lesson must be one of those there are{near}, got {shorten(name)!r}")
    return read(found[name])


def offered(name: str, language: str = ENGLISH) -> Lesson:
    """The lesson of that name, or what the page of the trick of that name gives to try.

    Raises:
        RefusedError: there is neither.
        TextError: its file cannot be used.
    """
    if name in catalogue.NAMES and name not in places(language):
        return from_article(name, language)
    return load(name, language)


def read(path: Path) -> Lesson:
    """The lesson in a file.

    Raises:
        TextError: it cannot be used.
    """
    where = f"{path.parent.name}/{path.name}" if path.parent.name in languages() else path.name
    if not NAME.fullmatch(path.stem):
        raise TextError(f"{where}: a name must be of small letters, digits and _, and begin with a letter")
    try:
        return parse_lesson(path.read_text(encoding="utf-8"), where)
    except UnicodeDecodeError:
        raise TextError(f"{where}: a lesson must be text in UTF-8") from None
    except OSError as error:
        raise TextError(f"{where}: it cannot be read: {error.strerror or error}") from None


def problems(language: str = ENGLISH) -> dict[str, str]:
    """What is wrong with the lessons that cannot be used, by name."""
    found: dict[str, str] = {}
    for name, path in places(language).items():
        try:
            read(path)
        except TextError as error:
            found[name] = str(error)
    return found


def from_article(trick: str, language: str = ENGLISH) -> Lesson:
    """What the page of a trick gives to try, as a lesson; in English where it is not there in `language`.

    Its questions are open. How the page says it is misread stands with the last step.

    Raises:
        RefusedError: there is no such trick.
        TextError: the page's words cannot be used.
    """
    catalogue.check_name(trick)
    language = language if (TEXT / language / f"{trick}.md").is_file() else ENGLISH
    where = f"{language}/{trick}.md"
    try:
        article = parse_article((TEXT / where).read_text(encoding="utf-8"), where)
        found = measured(trick)
        answers = [fill(attempt.answer, found, where) for attempt in article.attempts]
        misread = fill(article.misread, found, where)
    except (StatementError, UnicodeDecodeError, OSError) as error:
        raise TextError(f"{where}: {error}") from None
    live = tuple(knob.name for knob in catalogue.load(trick).knobs if knob.live)
    last = len(answers) - 1
    steps = [
        Step(
            title=attempt.title,
            minutes=TRY_MINUTES,
            page=trick,
            query=attempt.values,
            touch=live,
            question=Question(OPEN, attempt.question),
            seen=(),
            explain=answer,
            misread=misread if number == last else "",
        )
        for number, (attempt, answer) in enumerate(zip(article.attempts, answers, strict=True))
    ]
    return Lesson(trick, language, article.title, article.sentence, tuple(steps))
