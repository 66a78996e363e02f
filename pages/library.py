"""The page of what is kept: every run and study of the visitor, found again, named, pinned, deleted, brought back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.lab.component import live
from pages.lab.files import served
from pages.lab.text import FALLBACK, Words, languages, load_words
from pages.lab.view import STYLE, asked_language

MODULE = "library.js"


def show() -> None:
    """Draws the page."""
    asked = asked_language()
    words = load_words(asked if asked in languages() else FALLBACK)
    st.html(STYLE)
    with st.container(key="title"):
        st.title(words["library.title"], anchor=False)
        st.markdown(words["library.about"])
    live(build_library(words), key="library", on_change=lambda: None)


def build_library(words: Words) -> dict[str, Any]:
    """What the component is told, as JSON: it draws no chart."""
    labels = words.starting("library.", "lab.time.", "component.")
    told = {name: value for name, value in served(MODULE).items() if name != "plotly"}
    return {"language": words.language, "labels": labels, **told}


if __name__ == "__main__":
    show()
