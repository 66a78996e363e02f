"""The home page: where a stranger starts, and every trick."""

from __future__ import annotations

import streamlit as st

from pages.lab.gallery import ARTICLE, apply_style, show_gallery
from pages.lab.text import load_words, spoken
from pages.lab.view import asked_language

FIRST = "flooding"


def show() -> None:
    """Draws the page."""
    words = load_words(spoken(asked_language()))
    apply_style()
    st.title(words["home.heading"], anchor=False)
    st.markdown(words["home.about"])
    st.caption(words.fill("home.article", article=ARTICLE))
    with st.container(key="start"):
        st.page_link(f"{FIRST}.py", label=words["home.start"], icon=":material/play_arrow:")
    show_gallery(words)


if __name__ == "__main__":
    show()
