"""The texts: their form, what errors say, other languages as files only, and that every snippet runs."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.lab import text
from pages.lab.text import FALLBACK, languages, load_article, load_words
from tests.limits import WAIT_S
from trainers.live.states import State
from trainers.promises import words_complete
from trainers.runs.articles import SECTIONS, Claimed, TextError, parse_article
from tricks import catalogue

SOUND = """# Title

One sentence
over two lines.

## claim

What is said,
over two lines.

- `first` It is
  so.
- `second` It may be.
  > nobody
  > looked

## see

Look.

## try

### First

What happens?

[Set γ to 5](?gamma=5&arms=gamma:1;gamma:2)

> It does.
>
> Twice.

## misread

- Wrongly.

## limits

Here.

## snippet

```python
## try
x = 1
```

## labels

- `knob.gamma` focus: How strongly
  it acts: very.
- `choice.kind.a` the first
"""


def test_a_sound_text_is_read_whole() -> None:
    article = parse_article(SOUND, "en/x.md")
    assert (article.title, article.sentence) == ("Title", "One sentence over two lines.")
    assert article.claim == "What is said, over two lines."
    assert article.parts == {"first": Claimed("It is so."), "second": Claimed("It may be.", "nobody looked")}
    attempt = article.attempts[0]
    assert attempt.values == {"gamma": "5", "arms": "gamma:1;gamma:2"}
    assert (attempt.question, attempt.link, attempt.answer) == ("What happens?", "Set γ to 5", "It does.\n\nTwice.")
    assert article.snippet == "## try\nx = 1"
    assert article.labels == {
        "knob.gamma.label": "focus",
        "knob.gamma.help": "How strongly it acts: very.",
        "choice.kind.a": "the first",
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("# Title", "Title", "the first line must be the title"),
        ("One sentence\nover two lines.", "", "one sentence must stand under the title"),
        ("## limits", "## limit", "## limit is not one of"),
        ("## limits", "## misread", "## misread is there twice"),
        ("## limits\n\nHere.\n\n", "", "## limits is missing or empty"),
        ("Look.", "", "## see is missing or empty"),
        ("- `first`", "first", "## claim must be a sentence and its parts"),
        ("- `second`", "- `first`", "## claim: first is there twice"),
        ("### First\n\n", "", "## try must be made of headings 3"),
        ("(?gamma=5&arms=gamma:1;gamma:2)", "(gamma)", "### First must have one link"),
        ("What happens?", "", "### First must ask before its link"),
        ("> Twice.", "Twice.", "### First must end with its answer"),
        ("```python", "```", "## snippet must be one block of code"),
        ("- `knob.gamma` focus: How", "- knob.gamma focus: How", "## labels has a line that is not"),
        ("the first", "the first: a", "choice.kind.a must have no text after a colon"),
        ("- `choice.kind.a` the first", "- `knob.gamma` a: b", "knob.gamma is there twice"),
    ],
)
def test_errors_name_file_and_heading(old: str, new: str, says: str) -> None:
    assert old in SOUND
    with pytest.raises(TextError) as error:
        parse_article(SOUND.replace(old, new, 1), "en/x.md")
    assert str(error.value).startswith("en/x.md: ")
    assert says in str(error.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the texts that may be changed."""
    copy = tmp_path / "text"
    shutil.copytree(text.FOLDER, copy)
    monkeypatch.setattr(text, "FOLDER", copy)
    load_words.cache_clear()
    load_article.cache_clear()
    yield copy
    load_words.cache_clear()
    load_article.cache_clear()


def test_a_language_is_a_folder_and_what_it_lacks_is_english(folder: Path) -> None:
    chinese = folder / "zh"
    chinese.mkdir()
    (chinese / "labels.json").write_text(json.dumps({"home.title": "首页"}), encoding="utf-8")
    sound = SOUND.replace("# Title", "# 标题", 1)
    trick, other = catalogue.NAMES[:2]
    (chinese / f"{trick}.md").write_text(sound, encoding="utf-8")
    assert languages() == (FALLBACK, "zh")
    words = load_words("zh")
    assert (words["home.title"], words["tab.code"]) == ("首页", load_words(FALLBACK)["tab.code"])
    assert load_article(trick, "zh")[0].title == "标题"
    assert load_article(trick, "zh")[1] == "zh"
    assert load_article(other, "zh") == load_article(other, FALLBACK)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "en/flooding.md is missing"), (b"# Flooding", "one sentence must stand"), (b"\xff", "can't decode byte")],
)
def test_a_trick_without_its_words_breaks_no_page(folder: Path, content: bytes | None, says: str) -> None:
    path = folder / FALLBACK / "flooding.md"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    for page in ("flooding", "dropout", "combine", "evidence", "home"):
        app = AppTest.from_file(str(Path(text.__file__).parents[1] / "main.py"), default_timeout=WAIT_S)
        app.switch_page(f"{page}.py")
        app.run()
        assert not app.exception, page
        told = [error.value for error in app.error]
        assert all(says in error for error in told) and len(told) == (page == "flooding"), told
        for tab in ("try", "seeds", "sweep", "misread", "code", "data", "paper") if page == "flooding" else ():
            app.session_state[f"tabs.{page}"] = load_words(FALLBACK)[f"tab.{tab}"]
            app.run()
            assert not app.exception, tab


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": "b",\n"a": "c"}', "a is there twice"),
        ('{"a": "b",\n', "line"),
        ('{"a": 1}', "a must be text, got 1"),
    ],
)
def test_a_broken_catalog_says_where(folder: Path, content: str, says: str) -> None:
    (folder / FALLBACK / "labels.json").write_text(content, encoding="utf-8")
    with pytest.raises(TextError, match=says) as error:
        load_words(FALLBACK)
    assert str(error.value).startswith("en/labels.json: ")


def test_a_missing_label_is_named() -> None:
    with pytest.raises(TextError, match=r"en/labels.json: no.such.key is missing"):
        load_words(FALLBACK)["no.such.key"]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_text_can_be_read_and_says_enough(trick: str, language: str) -> None:
    article, _ = load_article(trick, language)
    assert not article.problem
    assert not list(words_complete.formed(trick)) and not list(words_complete.worded(trick))
    assert all(getattr(article, name) for name in SECTIONS if name != "try")


WHOLE = (text.FOLDER / FALLBACK / "flooding.md").read_text(encoding="utf-8")


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Has flooding's words, in which something may be amiss, be the only ones that are looked at; the trick's name."""

    def put(words: str) -> str:
        (tmp_path / FALLBACK).mkdir()
        (tmp_path / FALLBACK / "flooding.md").write_text(words, encoding="utf-8")
        monkeypatch.setattr(words_complete, "TEXT", tmp_path)
        return "flooding"

    return put


FLAT = "- `flat` The network drifts to flat regions.\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (FLAT, "", "## claim has no line - `flat`, a part of the claim that tricks/flooding.py declares"),
        (FLAT, f"{FLAT}  > why\n", "## claim: flat has a metric, and a why"),
        (FLAT, f"{FLAT}- `round` It is round.\n", "## claim: round is no part of the claim"),
        ("  > what counts[^\n]*\n", "", "second_descent has no metric, so that a line > must say why"),
        ("### Raise.*(?=### Take the wrong)", "", "## try must have 3 to 5 things to try, it has 2"),
        ("you choose\\.", "you choose!", "the sentence under the title must not shout"),
        ("- `knob.flood_level` [^\n]*\n", "", "## labels has no line - `knob.flood_level`"),
    ],
)
def test_words_that_are_not_all_there_are_seen(old: str, new: str, says: str, only: Callable[[str], str]) -> None:
    changed, count = re.subn(old, new, WHOLE, flags=re.DOTALL)
    assert count == 1
    (told,) = words_complete.worded(only(changed))
    assert says in told


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_every_snippet_runs_by_itself(trick: str) -> None:
    assert not list(words_complete.pasted(trick))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("import torch\n", "import trainers, torch\n", "must run by itself, it imports trainers"),
        ("import torch\n", "import no_such_thing\n", "ends with ModuleNotFoundError"),
        ("    loss = ", "    lost = ", "ends with NameError"),
        ("    optimizer.step()", "    optimizer.step()\nloss = loss / 0", "must end with a finite tensor loss"),
    ],
)
def test_a_snippet_that_does_not_run_is_seen(old: str, new: str, says: str, only: Callable[[str], str]) -> None:
    assert old in WHOLE
    assert says in " ".join(words_complete.pasted(only(WHOLE.replace(old, new))))


def test_every_state_that_a_run_or_a_study_may_be_in_has_its_words() -> None:
    labels = load_words("en").labels
    ended = {state for state in State if not state.is_going}
    of_runs, of_studies = ended - {State.CANCELED}, ended - {State.STOPPED}
    wanted = {f"lab.state.{state}" for state in of_runs | {State.PAUSED}}
    wanted |= {f"lab.end.{state}" for state in of_runs - {State.FINISHED}}
    wanted |= {f"lab.many.state.{state}" for state in of_runs}
    wanted |= {f"lab.seeds.state.{state}" for state in of_studies}
    wanted |= {f"library.state.{state}" for state in State}
    assert wanted <= {*labels}
