"""The page of the lessons: what there is to teach, each opened for a class by one press."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.lab.component import live
from pages.lab.files import page_path, served
from pages.lab.text import Words, load_article, load_words, spoken
from pages.lab.view import STYLE, asked_language
from trainers.teaching.lesson import load, names, problems
from tricks import catalogue

MODULE = "lessons.js"


def show() -> None:
    """Draws the page."""
    words = load_words(spoken(asked_language()))
    st.html(STYLE)
    with st.container(key="title"):
        st.title(words["lessons.title"], anchor=False)
        st.markdown(words["lessons.about"])
    live(build_lessons(words), key="lessons", on_change=lambda: None)


def build_lessons(words: Words) -> dict[str, Any]:
    """What the component is told, as JSON; a file that cannot be used is there with what is wrong with it."""
    wrong = problems(words.language)
    lessons = [load(name, words.language) for name in names(words.language) if name not in wrong]
    told: list[dict[str, Any]] = [
        {
            "name": one.name,
            "title": one.title,
            "aim": one.aim,
            "minutes": one.minutes,
            "steps": [step.title for step in one.steps],
        }
        for one in lessons
    ]
    told += [{"name": name, "problem": problem} for name, problem in wrong.items()]
    tries = [{"name": name, "title": load_article(name, words.language)[0].title} for name in catalogue.NAMES]
    about = served(MODULE)
    del about["plotly"]
    return {
        "language": words.language,
        "labels": words.starting("lab.teach", "lessons.", "room.lost", "component."),
        "join": page_path("join"),
        "lesson": page_path("lesson"),
        **about,
        "lessons": told,
        "tries": [one for one in tries if one["name"] not in names(words.language)],
    }


if __name__ == "__main__":
    show()
