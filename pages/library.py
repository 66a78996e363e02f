"""The page of what is kept: every run and study of the visitor, found again, named, pinned, deleted, brought back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.lab.comparison import FEWEST, MOST
from pages.lab.component import live
from pages.lab.files import served
from pages.lab.text import Words, load_words, spoken
from pages.lab.view import STYLE, asked_language
from trainers.store.archive import MAX_FILE
from trainers.takeaway.forms import FORMS

MODULE = "library.js"
OF_CHARTS = (
    *("lab.arm.baseline", "lab.axis", "lab.chart.", "lab.copy", "lab.describe.", "lab.key", "lab.log", "lab.many."),
    *("lab.picture.", "lab.plotly.", "lab.share.", "lab.smooth", "lab.standings.", "lab.table", "lab.time."),
    *("lab.take", "lab.unit.", "lab.zoom."),
)
"""Labels of the charts and tables in which runs stand beside each other, and of the links to one."""


def show() -> None:
    """Draws the page."""
    words = load_words(spoken(asked_language()))
    st.html(STYLE)
    with st.container(key="title"):
        st.title(words["library.title"], anchor=False)
        st.markdown(words["library.about"])
    live(build_library(words), key="library", on_change=lambda: None)


def build_library(words: Words) -> dict[str, Any]:
    """What the component is told, as JSON: it draws charts only where runs are compared, so Plotly waits for that."""
    labels = words.starting("library.", *OF_CHARTS, "component.")
    told = served(MODULE)
    return {
        "language": words.language,
        "labels": labels,
        "compared": [FEWEST, MOST],
        "max_file": MAX_FILE,
        "forms": {name: form.most for name, form in FORMS.items()},
        "plotly_later": told.pop("plotly"),
        **told,
    }


if __name__ == "__main__":
    show()
