"""Whether all pieces of a trick's page are there; one that is missing breaks this page, and no other.

Who writes a trick has for a while a module without a page, a page without a module, or either with a mistake in it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page as Place

from pages.lab.panels import Page
from pages.lab.text import FALLBACK, Words, escape, load_article, load_words
from trainers.runs.build import build_spec
from trainers.runs.spec import metrics_of
from tricks import catalogue
from tricks.declaration import RefusedError, Trick, Value

FOLDER = Path(__file__).parent.parent
CHECK = "python -m trainers check"


def problem(name: str) -> str:
    """What is missing of a trick's page, in a sentence; empty where nothing is. Its words alone are not asked for."""
    try:
        page_of(name)
    except RefusedError as error:
        return str(error)
    return ""


def whole() -> tuple[Trick, ...]:
    """The tricks whose pages have all their pieces, in catalogue order."""
    return tuple(trick for trick in catalogue.every() if not problem(trick.name))


def broken() -> dict[str, str]:
    """The other tricks, and what is missing of each."""
    return {name: told for name in catalogue.NAMES if (told := problem(name))}


@cache
def page_of(name: str) -> Page:
    """The declaration of a trick's page, which can be shown.

    Raises:
        RefusedError: something is missing of it, or of the trick.
    """
    trick = catalogue.load(name)
    where = f"pages/{name}.py"
    if not (FOLDER / f"{name}.py").is_file():
        raise RefusedError(f"{where} is missing")
    page = _attempt(where, lambda: import_module(f"pages.{name}").PAGE)
    if not isinstance(page, Page) or page.trick != name:
        raise RefusedError(f"{where} must declare a PAGE of the trick {name}")
    _attempt(f"tricks/{name}.py", partial(_look, trick))
    return page


def _attempt(where: str, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except RefusedError as error:
        raise RefusedError(f"{where}: {error}") from error
    except Exception as error:
        raise RefusedError(f"{where} ends with {type(error).__name__}: {error}") from error


def _look(trick: Trick) -> None:
    """All that other pages ask of a trick."""
    words = load_words(FALLBACK).labels
    keys = [f"family.{trick.family}", *(f"serves.{goal}" for goal in trick.serves)]
    for setup in trick.setups:
        spec = build_spec(trick.name, task=setup.task)
        keys += [f"metric.{metric}" for metric in metrics_of(spec)]
        neutral: dict[str, Value] = {
            knob.name: knob.neutral for knob in spec.knobs_of(1).values() if knob.neutral is not None
        }
        for values in ({}, neutral):
            if trick.preview is not None:
                trick.preview({**spec.context, **spec.arms[1].knobs, **values})
    unnamed = [key for key in keys if key not in words]
    if unnamed:
        raise RefusedError(f"assets/text/{FALLBACK}/labels.json has no {', '.join(dict.fromkeys(unnamed))}")


def place_of(name: str, words: Words) -> str | Place:
    """What a link or the navigation leads to: the trick's page, or, where it has none, one that says so."""
    if (FOLDER / f"{name}.py").is_file():
        return f"{name}.py"
    title = load_article(name, words.language)[0].title
    return st.Page(partial(show_problem, name, words), title=title, url_path=name)


def show_problem(name: str, words: Words) -> None:
    """In place of a trick's page: what is missing of it."""
    article, _ = load_article(name, words.language)
    st.title(article.title, anchor=False)
    st.error(words.fill("pieces.problem", problem=escape(problem(name))))
    if article.problem:
        st.error(words.fill("note.words", problem=escape(article.problem)))
    st.markdown(words["pieces.check"])
    st.code(f"{CHECK} {name}", language="sh")
    st.page_link("home.py", label=words["missing.home"], icon=":material/home:")
