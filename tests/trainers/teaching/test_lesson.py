"""Lessons read: what is whole, what is refused and by which words, votes, a folder of one's own, a page's attempts."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

import pytest

from pages.lab import state
from pages.lab.text import load_article, load_words
from tests.trainers.teaching.lesson_texts import WHOLE
from trainers.__main__ import build_parser
from trainers.runs.articles import TextError
from trainers.runs.build import build_spec
from trainers.teaching import lesson
from trainers.teaching.lesson import Lesson, Question, from_article, load, names, parse_lesson, places, problems, read
from trainers.teaching.seen import parse_seen
from tricks import catalogue
from tricks.declaration import RefusedError

WHERE = "en/flood.md"


def test_a_whole_lesson_is_read_whole() -> None:
    read = parse_lesson(WHOLE, WHERE)
    assert (read.name, read.language, read.title, read.aim) == ("flood", "en", "A flood", "See what a floor does.")
    assert read.minutes == 13 and [step.title for step in read.steps] == ["The floor", "How high"]
    first, second = read.steps
    assert first.page == "flooding" and first.query == {"flood_level": "0.3", "steps": "40", "seed": "107"}
    assert first.touch == ("flood_level", "lr")
    assert first.spec() == build_spec("flooding", seed=107, steps=40, values={"flood_level": 0.3})
    assert first.question == Question("choice", "Which network ends lower?", ("the baseline", "the flooded one"), 1)
    assert (first.explain, first.misread) == ("Because of the floor.", "It is no ceiling.")
    assert [(seen.check, seen.text) for seen in first.seen] == [("train_loss flooding > 0.1", "It stays *up*.")]
    assert second.spec().seed == 100 and second.misread == "" and second.touch == ()
    assert second.question == Question("number", "How high is it?", low=0, high=100, unit="%", answer=60, tolerance=5)


def test_an_address_is_taken_as_a_browser_shows_it() -> None:
    shown = (
        "http://lab.example:8501/under/flooding?lang=en&view=present&flood_level=0.3&run=abc&charts=loss,lr&steps=40"
    )
    read = parse_lesson(WHOLE.replace("flooding?flood_level=0.3&steps=40&seed=107", shown), WHERE).steps[0]
    assert read.page == "flooding" and read.query == {"flood_level": "0.3", "charts": "loss,lr", "steps": "40"}


def test_further_arms_are_those_of_the_page() -> None:
    text = WHOLE.replace("&seed=107", "&arms=flood_level:0.5;flood_level:0.6")
    spec = (
        parse_lesson(text.replace("train_loss flooding >", "train_loss flooding flood_level=0.5 >"), WHERE)
        .steps[0]
        .spec()
    )
    address = state.read("flooding", {"steps": "40", "flood_level": "0.3", "arms": "flood_level:0.5;flood_level:0.6"},
                         load_words("en"))  # fmt: skip
    assert spec == address.whole
    assert lesson.MOST_ARMS == state.MOST_ARMS


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("# A flood", "A flood", "the first line must be the title"),
        ("# A flood", "# " + "a" * 10_000, "the title must have at most 120 letters, got 10,000: 'aaaa"),
        ("See what a floor does.", "", "the aim, a sentence, must stand under the title"),
        ("minutes: 8\n", "", "## The floor: minutes is missing"),
        ("minutes: 8", "minutes: soon", "minutes must be a whole number from 1 to 60, got 'soon'"),
        ("minutes: 8", "minutes: 61", "minutes must be a whole number from 1 to 60, got '61'"),
        ("minutes: 8", "minutes: ٨", "minutes must be a whole number from 1 to 60, got '٨'"),
        ("minutes: 8", "minutes: 8\nminutes: 9", "minutes is there twice"),
        ("minutes: 8", "minuts: 8", "must stand minutes, page, touch, as `minutes: 8`, got 'minuts: 8'"),
        ("page: flooding?flood_level=0.3&steps=40&seed=107\n", "", "## The floor: page is missing"),
        ("page: flooding?", "page: floding?", "page: trick must be one of the catalogue (nearest: flooding"),
        ("page: flooding?", "page: ../../etc/passwd?", "got 'passwd'"),
        ("page: flooding?", "page: http://[?", "page must be an address"),
        ("flood_level=0.3&", "flood_levl=0.3&", "flood_levl is neither a knob of flooding nor a setting"),
        ("flood_level=0.3&", "flood_level=3&", "page: flood_level must be between 0 and 0.6, got 3"),
        ("flood_level=0.3&", "flood_level=nan&", "page: flood_level must be"),
        ("flood_level=0.3&", "flood_level=0.3&steps=0&", "steps is there twice"),
        ("&seed=107", "&seed=-1", "seed must be between 0"),
        ("&seed=107", "&task=mars", "task must be one of spirals"),
        ("&seed=107", "&arms=flood_level", "arms must be as gamma:5"),
        ("&seed=107", "&arms=" + ";".join(f"flood_level:0.{n}" for n in range(4, 8)), "arms must be at most 4, got 6"),
        ("touch: flood_level, lr", "touch: flod_level", "touch: flod_level is no knob here (nearest: flood_level"),
        ("touch: flood_level, lr", "touch: depth", "touch: depth takes effect at the next start"),
        ("### ask\n\nWhich", "### asks\n\nWhich", "### asks is not one of ask, see, explain, misread"),
        ("### misread", "### explain", "### explain is there twice"),
        ("Because of the floor.", "", "### explain is empty"),
        ("### explain\n\nBecause of the floor.", "", "### explain is missing"),
        ("Because", "b" * 10_000, "explain must have at most 3,000 letters, got 10,014"),
        ("- `train_loss flooding > 0.1` It stays *up*.", "It stays up.", "each line must be as - `test_loss A < B`"),
        ("Which network ends lower?", "", "the question must stand above its answers"),
        ("Which network", "W" * 10_000, "the question must have at most 600 letters"),
        ("- [ ] the baseline\n- [x] the flooded\n  one", "", "the answers must stand below"),
        ("- [ ] the baseline", "- [x] the baseline", "one choice must be marked as right, as `- [x]`, got 2"),
        ("- [x] the flooded", "- [ ] the flooded", "one choice must be marked as right, as `- [x]`, got 0"),
        ("- [ ] the baseline\n", "", "there must be 2 to 6 choices, got 1"),
        ("- [ ] the baseline\n", "- [ ] the\n- [ ] the\n", "choices must differ"),
        ("- [ ] the baseline\n", "".join(f"- [ ] {n}\n" for n in range(6)), "there must be 2 to 6 choices, got 7"),
        ("- [ ] the baseline", "- [ ] " + "c" * 161, "a choice must have at most 160 letters, got 161"),
        ("- [ ] the baseline", "- [y] the baseline\n- [ ] a", "a choice must begin with `- [ ]` or `- [x]`, got"),
        ("  one\n", "  one\n\nPick one.\n", "nothing else may stand between or under the answers, got 'Pick one.'"),
        ("  one\n", "  one\n\nanswer: 6 ± 5, 0 to 100\n", "the answers must be choices or a number, not both"),
        ("answer: 60", "answer: 120", "the answer must lie within its range, got 120 of 0 to 100"),
        ("± 5 %", "± 50 %", "what is right must be less than all of the range, got ± 50"),
        ("± 5 %", "± -5 %", "what is right must be less than all of the range, got ± -5"),
        ("answer: 60 ± 5 %, 0 to 100", "answer: 60", "the answers must stand below"),
        ("answer: 60 ± 5 %,", "answer: 6 ± 1, 0 to 9\nanswer: 6 ± 1,", "there must be one answer, got 2"),
        ("A flood", "A \x1b[31mflood", "a lesson must be plain text, got the control character '\\x1b'"),
        ("A flood", "A \u202edoolf", "a lesson must be plain text, got the control character '\\u202e'"),
        ("A flood", "A" * 100_001, "a lesson must have at most 100,000 letters"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(old: str, new: str, told: str) -> None:
    assert old in WHOLE
    with pytest.raises(TextError) as refused:
        parse_lesson(WHOLE.replace(old, new, 1), WHERE)
    assert told in str(refused.value) and str(refused.value).startswith(WHERE)
    assert len(str(refused.value)) < 600


def test_every_step_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(TextError) as refused:
        parse_lesson(WHOLE.replace("minutes:", "minute:"), WHERE)
    first, second = str(refused.value).split("\n")
    assert first.startswith(f"{WHERE}: ## The floor:") and second.startswith(f"{WHERE}: ## How high:")


@pytest.mark.parametrize("count", [0, 13])
def test_a_lesson_has_a_dozen_steps_at_most(count: int) -> None:
    head, step, _ = (
        WHOLE.split("## The floor")[0],
        "## The floor" + WHOLE.split("## The floor")[1].split("## How")[0],
        0,
    )
    with pytest.raises(TextError, match=rf"must have 1 to 12 steps, each a heading 2, got {count}"):
        parse_lesson(head + step * count, WHERE)


def test_marks_of_direction_and_other_scripts_are_text() -> None:
    title = "\u200fطوفان\u200e 洪水"
    assert parse_lesson(WHOLE.replace("A flood", title), WHERE).title == title


def test_a_byte_order_mark_and_windows_lines_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "flood.md"
    path.write_bytes(("\ufeff" + WHOLE).replace("\n", "\r\n").encode())
    assert read(path) == parse_lesson(WHOLE, WHERE)


CHOICE = Question("choice", "?", ("a", "b", "c"), 2)
NUMBER = Question("number", "?", low=-1, high=1, answer=0.2, tolerance=0.1)


@pytest.mark.parametrize(
    ("question", "value", "right"),
    [
        (CHOICE, 2, True),
        (CHOICE, 0, False),
        (NUMBER, 0.3, True),
        (NUMBER, 0.1, True),
        (NUMBER, 0.31, False),
        (NUMBER, 0, False),
        (NUMBER, -1, False),
        (NUMBER, 1, False),
    ],
)
def test_a_vote_is_right_or_wrong(question: Question, value: object, right: bool) -> None:
    question.check(value)
    assert question.is_right(value) is right


@pytest.mark.parametrize(
    ("question", "value", "told"),
    [
        (CHOICE, 3, "vote must be between 0 and 2, got 3"),
        (CHOICE, -1, "vote must be between 0 and 2, got -1"),
        (CHOICE, True, "vote must be the number of a choice, got True"),
        (CHOICE, 1.0, "vote must be the number of a choice, got 1.0"),
        (CHOICE, "a" * 10_000, "vote must be the number of a choice, got 'aaaa"),
        (CHOICE, None, "vote must be the number of a choice, got None"),
        (NUMBER, 1.01, "vote must be between -1 and 1, got 1.01"),
        (NUMBER, math.nan, "vote must be a number, got nan"),
        (NUMBER, math.inf, "vote must be a number, got inf"),
        (NUMBER, 10**400, "vote must be a number, got 1000"),
        (NUMBER, False, "vote must be a number, got False"),
        (NUMBER, "0.2", "vote must be a number, got '0.2'"),
        (NUMBER, [0.2], "vote must be a number, got [0.2]"),
        (Question("open", "?"), 0, "vote must be of a question with answers, got 0"),
    ],
)
def test_what_is_no_vote_is_refused(question: Question, value: object, told: str) -> None:
    for ask in (question.check, question.is_right):
        with pytest.raises(RefusedError) as refused:
            ask(value)
        assert str(refused.value).startswith(told) and len(str(refused.value)) < 120


def test_ten_thousand_digits_are_no_vote() -> None:
    with pytest.raises(RefusedError, match="vote must be a number, got a number that is too large"):
        NUMBER.check(10**10_000)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder with a lesson, one in another language, one of the lab's names, and broken ones."""
    monkeypatch.setenv(lesson.FOLDER, str(tmp_path))
    (tmp_path / "flood.md").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "why_relu.md").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "broken.md").write_text(WHOLE.replace("minutes", "hours"), encoding="utf-8")
    (tmp_path / "latin.md").write_bytes(WHOLE.replace("flood", "fl\xf6d").encode("latin-1"))
    (tmp_path / "Not a name.md").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "folder.md").mkdir()
    return tmp_path


def test_a_folder_adds_lessons_and_a_broken_file_is_told(own: Path) -> None:
    assert {"flood", "broken", "latin", "Not a name", "folder", "trick_or_seed"} <= set(names())
    assert load("flood").title == "A flood"
    assert load("why_relu").title == "A flood", "one's own takes the place of the lab's"
    assert load("trick_or_seed").steps, "others are as they were"
    told = problems()
    assert set(told) == {"broken", "latin", "Not a name", "folder"}
    assert told["broken"].startswith("broken.md: ## The floor: under the title must stand")
    assert told["latin"] == "latin.md: a lesson must be text in UTF-8"
    assert told["Not a name"] == "Not a name.md: a name must be of small letters, digits and _, and begin with a letter"
    assert told["folder"] == "folder.md: it cannot be read: Is a directory"


def test_a_language_of_ones_own_folder_is_a_folder_in_it(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson, "languages", lambda: ("en", "zh"))
    (own / "zh").mkdir()
    (own / "zh" / "flood.md").write_text(WHOLE.replace("A flood", "洪水"), encoding="utf-8")
    found = load("flood", "zh")
    assert (found.title, found.language) == ("洪水", "zh")
    assert load("flood").title == "A flood" and load("trick_or_seed", "zh").language == "en"


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_no_folder_adds_nothing(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv(lesson.FOLDER, folder)
    assert set(names()) == {path.stem for path in (lesson.LESSONS / "en").glob("*.md")}


@pytest.mark.parametrize("name", ["why_relo", "../en/why_relu", "a" * 10_000, ""])
def test_a_lesson_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="lesson must be one of those there are") as refused:
        load(name)
    assert len(str(refused.value)) < 500
    assert name != "why_relo" or "(nearest: why_relu" in str(refused.value)


def shipped() -> list[Lesson]:
    return [read(path) for path in sorted(lesson.LESSONS.glob("*/*.md"))]


def test_the_lab_has_eight_lessons_and_each_is_whole() -> None:
    assert len([one for one in shipped() if one.language == "en"]) == 8
    assert not problems()
    for one in shipped():
        assert 3 <= len(one.steps) <= 5 and 20 <= one.minutes <= 60
        for step in one.steps:
            assert step.question is not None and step.misread and step.seen, f"{one.name}: ## {step.title}"


def test_a_lesson_has_the_same_runs_in_every_language() -> None:
    for one in shipped():
        ours = [(step.spec(), [seen.check for seen in step.seen]) for step in one.steps]
        english = load(one.name)
        assert ours == [(step.spec(), [seen.check for seen in step.seen]) for step in english.steps]


def test_the_pages_take_what_lessons_ask_of_them() -> None:
    for step in (step for one in shipped() for step in one.steps):
        address = state.read(step.page, step.query, load_words("en"))
        assert not address.notes and address.whole == step.spec()


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_what_a_page_gives_to_try_is_a_lesson(trick: str) -> None:
    made, (article, _) = from_article(trick), load_article(trick, "en")
    assert (made.name, made.title, made.aim) == (trick, article.title, article.sentence)
    assert [step.explain for step in made.steps] == [attempt.answer for attempt in article.attempts]
    for step, attempt in zip(made.steps, article.attempts, strict=True):
        assert step.question == Question("open", attempt.question)
        assert step.spec() == state.read(trick, attempt.values, load_words("en")).whole
    assert [step.misread for step in made.steps] == [""] * (len(made.steps) - 1) + [article.misread]


def test_what_a_page_gives_to_try_in_a_language_that_there_is_not_is_english() -> None:
    assert from_article("flooding", "tlh").language == "en"
    with pytest.raises(RefusedError, match="nearest: flooding"):
        from_article("floding")


def test_a_page_without_its_words_has_no_lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson, "TEXT", tmp_path)
    with pytest.raises(TextError, match=r"en/flooding\.md: "):
        from_article("flooding")
    assert places()


DOCUMENT = (lesson.LESSONS.parent.parent / "docs" / "lessons.md").read_text(encoding="utf-8")


def test_the_lesson_that_one_is_told_to_begin_with_is_whole() -> None:
    (begun,) = re.findall(r"^```markdown\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert parse_lesson(begun, "my_lesson.md").minutes == 10


def test_the_forms_that_one_is_told_of_are_read() -> None:
    parts = re.findall(r"^\| `([^`]+)` \|", DOCUMENT, re.MULTILINE)
    assert parts[:3] == [f"{name}:" for name in lesson.FIELDS]
    assert parts[3:7] == [f"### {name}" for name in lesson.SECTIONS]
    assert len(parts[7:]) == 8
    for check in parts[7:]:
        assert parse_seen(check, "", build_spec("flooding"), "step_1").check == check
    (answer,) = re.findall(r"`(answer: [^`]+)`", DOCUMENT)
    assert parse_lesson(WHOLE.replace("answer: 60 ± 5 %, 0 to 100", answer), WHERE).steps[1].question == Question(
        "number", "How high is it?", low=0, high=100, unit="%", answer=90, tolerance=5
    )


def test_the_command_lines_that_one_is_told_are_right() -> None:
    lines = re.findall(r"^python -m trainers (lesson.*)$", DOCUMENT, re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        build_parser().parse_args(shlex.split(line, comments=True))
