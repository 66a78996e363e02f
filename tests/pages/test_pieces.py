"""A trick with a missing piece breaks its own page, which says what is missing, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

import tricks
from pages.lab import choice, gallery, pieces
from pages.lab.text import FALLBACK, escape, load_article, load_words
from tests.limits import WAIT_S
from tests.pages.test_pages import MAIN, links, open_page, start, texts
from trainers.__main__ import main
from tricks import catalogue
from tricks.declaration import Knob, Knobs, Trick

OWN = "a_strangers_trick"
BROKEN = "dropout"  # one that has all its pieces, until a test takes one away

Break = Callable[[str], None]


def forget() -> None:
    """All that is kept of what the catalogue and the pages were."""
    for kept in (catalogue.load, pieces.page_of, choice.offered_tricks, choice.offered_tasks, load_article):
        kept.cache_clear()


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    forget()
    yield
    forget()
    sys.modules.pop(f"tricks.{OWN}", None)


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Break:
    """Writes the module of a further trick, of which nothing else is there."""

    def write(source: str) -> None:
        (tmp_path / f"{OWN}.py").write_text(source, encoding="utf-8")
        monkeypatch.setattr(tricks, "__path__", [*tricks.__path__, str(tmp_path)])
        monkeypatch.setattr(catalogue, "NAMES", (*catalogue.NAMES, OWN))

    return write


def declared(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """`BROKEN` with these fields of its declaration."""
    trick: Trick = replace(catalogue.load(BROKEN), **changed)
    monkeypatch.setattr(f"tricks.{BROKEN}.TRICK", trick)
    forget()


def said_at_home(name: str) -> str:
    """What the home page says of the broken trick; all others are there as ever."""
    home = start().run()
    assert not home.exception
    named = gallery.titles(load_words(FALLBACK))
    assert links(home)[1:-1] == [named[one] for family in gallery.families().values() for one in family]
    assert links(home)[-1] == named[name]
    assert name not in {one for family in gallery.families().values() for one in family}
    (told,) = home.error
    return str(told.value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("TRICK = (", f"tricks/{OWN}.py ends with SyntaxError"),
        ("import no_such_module", f"tricks/{OWN}.py needs no\\_such\\_module"),
        ("x = 1", f"tricks/{OWN}.py has no TRICK"),
        ("TRICK = 1", f"tricks/{OWN}.py must declare a Trick called {OWN}, got 1"),
        ("raise OSError('a disk')", f"tricks/{OWN}.py ends with OSError: a disk"),
    ],
)
def test_a_module_that_cannot_be_used_is_told_by_name(stranger: Break, source: str, says: str) -> None:
    stranger(source)
    assert says.replace("\\", "") in catalogue.problem(OWN)
    assert [trick.name for trick in catalogue.every()] == [name for name in catalogue.NAMES if name != OWN]


@pytest.mark.parametrize("page", ["flooding", "combine", "evidence"])
def test_the_other_pages_are_as_they_were(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"tricks.{BROKEN}", None)
    assert catalogue.problem(BROKEN)
    app = open_page(page)
    assert not app.error
    if page == "evidence":
        app.segmented_control[0].set_value("all").run()
        assert not app.exception


def test_a_module_that_is_not_there_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "NAMES", (OWN, *catalogue.NAMES))
    assert catalogue.problem(OWN) == f"{OWN} cannot be used: tricks/{OWN}.py is missing"
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{OWN}  (it cannot be trained: {catalogue.problem(OWN)})\n\n{catalogue.NAMES[1]}  (")
    assert main(["run", OWN]) == 2


def test_a_trick_whose_page_is_not_there_has_one_that_says_so(stranger: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(str(import_module("tricks.flooding").__file__)).read_text(encoding="utf-8")
    stranger(source.replace('name="flooding"', f'name="{OWN}"').replace('"flood_level"', '"strangers_level"'))
    assert pieces.problem(OWN) == f"pages/{OWN}.py is missing"
    assert "page" in said_at_home(OWN)
    monkeypatch.setattr("streamlit.page_link", lambda *given, **named: None)  # leads to a page that is not in this app
    app = AppTest.from_function(shown, default_timeout=WAIT_S).run()
    assert not app.exception
    assert [error.value.split(": ")[0] for error in app.error] == [
        "This page cannot be shown",
        "The words of this page cannot be shown",
    ]
    assert app.code[0].value == f"python -m trainers check {OWN}"


def shown() -> None:
    """What stands in place of the page."""
    from pages.lab.pieces import show_problem
    from pages.lab.text import load_words

    show_problem("a_strangers_trick", load_words("en"))


def broken_preview(knobs: Knobs) -> dict[str, torch.Tensor]:
    raise ZeroDivisionError("by nothing")


def broken_adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    raise ZeroDivisionError("by nobody")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"measures": {"test_luck": "higher"}}, "assets/text/en/labels.json has no metric.test_luck"),
        ({"preview": broken_preview}, f"tricks/{BROKEN}.py ends with ZeroDivisionError: by nothing"),
        ({"adapt": broken_adapt}, f"tricks/{BROKEN}.py ends with ZeroDivisionError: by nobody"),
        ({"setups": ()}, f"tricks/{BROKEN}.py must declare at least one setup"),
    ],
)
def test_its_own_page_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], says: str) -> None:
    declared(monkeypatch, **changed)
    assert says in pieces.problem(BROKEN)
    if changed.keys() & {"family", "adapt"}:
        assert escape(says) in said_at_home(BROKEN)
    app = open_page(BROKEN)
    told, *_ = app.error  # and that its statements cannot be read, where its runs cannot be built
    assert escape(says) in told.value and app.code[0].value.endswith(f"check {BROKEN}")
    assert load_words(FALLBACK)["pieces.check"] in texts(app)


def test_a_page_that_cannot_be_imported_costs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"pages.{BROKEN}", None)
    assert f"pages/{BROKEN}.py ends with ModuleNotFoundError" in pieces.problem(BROKEN)
    assert "ModuleNotFoundError" in said_at_home(BROKEN)
    assert "ModuleNotFoundError" in open_page(BROKEN).error[0].value


def test_without_a_missing_piece_nothing_is_said_of_any() -> None:
    assert pieces.broken() == {}
    assert Path(MAIN).is_file()
