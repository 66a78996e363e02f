"""The script that every page runs in: which pages there are, and what an address without one gets."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from pages.lab.files import base_path
from pages.lab.gallery import families, show_missing, titles
from pages.lab.pieces import broken, place_of, show_problem
from pages.lab.text import Words, load_words, spoken
from pages.lab.view import asked_language

FRAMING = {"wall", "lesson"}  # pages that have one of these within


def unknown_page(known: set[str]) -> str:
    """The page that the address asks for, where there is none of that name; else nothing.

    Within a wall, or a lesson, it is not known: Streamlit tells the address of the window, which is that one's.
    """
    path = urlsplit(st.context.url or "").path.removeprefix(base_path()).strip("/")
    *folders, asked = path.split("/")
    return "" if FRAMING & {*folders} or asked in known else asked


def main() -> None:
    """Runs the page that the address asks for."""
    words: Words = load_words(spoken(asked_language()))
    st.set_page_config(layout="wide", initial_sidebar_state=230)
    named = titles(words)
    home = st.Page("home.py", title=words["home.title"], default=True)
    first = [
        home,
        st.Page("library.py", title=words["library.title"]),
        st.Page("lessons.py", title=words["lessons.title"]),
    ]
    sections = {"": first} | {
        words[f"family.{family}"]: [st.Page(f"{trick}.py", title=named[trick]) for trick in tricks]
        for family, tricks in families().items()
    }
    sections[words["section.together"]] = [
        st.Page("combine.py", title=words["combine.title"]),
        st.Page("evidence.py", title=words["evidence.title"]),
    ]
    incomplete = broken()
    if incomplete:
        sections[words["section.incomplete"]] = [
            st.Page(place, title=named[trick]) if isinstance(place := place_of(trick, words), str) else place
            for trick in incomplete
        ]
    missing = unknown_page({"home", "library", "lessons", "combine", "evidence", *named})
    if missing:
        page = st.Page(
            partial(show_missing, missing, words), title=words["missing.title"], url_path=missing, visibility="hidden"
        )
        sections[""] = [*first, page]
    current = st.navigation(sections)
    st.set_page_config(f"{current.title} · {words['app.title']}")
    if missing:
        show_missing(missing, words)
    elif current.url_path in incomplete:
        show_problem(current.url_path, words)
    else:
        current.run()


main()
