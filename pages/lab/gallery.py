"""The tricks side by side: by family, each with a small picture of what it does."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.lab import pictures
from pages.lab.component import drawing
from pages.lab.panels import Bars, Curve, Images, Page
from pages.lab.text import Words, escape, load_article
from trainers.spec import build_spec
from tricks import catalogue
from tricks.recipe import Trick, Value

STYLE = """<style>
.stMainBlockContainer { padding: 2rem 2rem 4rem; max-width: 72rem; }
[class*="st-key-card-"] { position: relative; }
[class*="st-key-card-"] .stPageLink a::after { content: ""; position: absolute; inset: 0; }
[class*="st-key-card-"] .stPageLink a { padding: 0; background: none; }
[class*="st-key-card-"] .stPageLink p { font-weight: 600; font-size: 1.05rem; }
[class*="st-key-card-"]:hover { border-color: currentColor; }
.st-key-start .stPageLink a { background: ACCENT; padding: 0.6rem 1.25rem; width: fit-content; }
.st-key-start .stPageLink a:hover { filter: brightness(1.1); }
.st-key-start .stPageLink a * { color: #fff; font-size: 1.15rem; font-weight: 600; }
@media (max-width: 640px) { .stMainBlockContainer { padding: 3.5rem 1rem 4rem; } }
</style>"""

ACROSS = 3
Arrays = Mapping[str, NDArray[np.float32]]


def apply_style() -> None:
    """The look of the pages that are not a trick's."""
    accent = st.get_option("theme.light.primaryColor") or "#0072b2"
    st.html(STYLE.replace("ACCENT", accent))


def titles(words: Words) -> dict[str, str]:
    """The titles of the tricks, in catalogue order."""
    return {name: load_article(name, words.language)[0].title for name in catalogue.NAMES}


def families() -> dict[str, list[str]]:
    """The tricks of each family, both in catalogue order."""
    found: dict[str, list[str]] = {}
    for trick in catalogue.every():
        found.setdefault(trick.family, []).append(trick.name)
    return found


def show_gallery(words: Words) -> None:
    """Every trick as a card that leads to its page."""
    for row in rows():
        groups = st.columns([len(names) for _, names in row] + [1] * (ACROSS - sum(len(names) for _, names in row)))
        for group, (family, names) in zip(groups, row, strict=False):
            group.subheader(words[f"family.{family}"], anchor=False)
            for column, name in zip(group.columns(len(names)), names, strict=True):
                with column.container(border=True, height="stretch", key=f"card-{name}"):
                    show_card(name, words)


def rows() -> list[list[tuple[str, list[str]]]]:
    """The families in rows of three cards, those side by side that fit; a larger family goes on in the next row."""
    found: list[list[tuple[str, list[str]]]] = []
    room = 0
    for family, names in families().items():
        for start in range(0, len(names), ACROSS):
            part = names[start : start + ACROSS]
            if len(part) > room:
                found.append([])
                room = ACROSS
            found[-1].append((family, part))
            room -= len(part)
    return found


def show_card(name: str, words: Words) -> None:
    """One trick: its picture, its name, what it does and what it serves."""
    article, _ = load_article(name, words.language)
    svg = picture(name, article.title)
    if svg:
        drawing(svg, key=f"picture.{name}")
    else:
        st.latex(catalogue.load(name).formula)
    st.page_link(f"{name}.py", label=article.title)
    st.markdown(article.sentence)
    st.caption(" · ".join(words[f"serves.{goal}"] for goal in catalogue.load(name).serves))


@st.cache_data(show_spinner=False)
def picture(name: str, label: str) -> str:
    """What the knobs of a trick alone draw, at their defaults and, dashed, at their neutral settings."""
    trick = catalogue.load(name)
    page: Page = import_module(f"pages.{name}").PAGE
    spec = build_spec(name)
    knobs = {**spec.context, **spec.arms[1].knobs}
    neutral = {knob.name: knob.neutral for knob in spec.knobs_of(1).values() if knob.neutral is not None}
    drawn = preview(trick, knobs)
    flat = preview(trick, {**knobs, **neutral}) if neutral else None
    for panel in page.panels:
        if isinstance(panel, Curve) and panel.y[0] in drawn:
            y = panel.y[0]
            return pictures.curves(drawn[panel.x], drawn[y], flat[y] if flat else None, label)
        if isinstance(panel, Bars) and panel.array in drawn:
            return pictures.bars(drawn[panel.array], flat[panel.array] if flat else None, label)
        if isinstance(panel, Images) and panel.array in drawn:
            return pictures.grids(drawn[panel.array], label)
    return ""


def preview(trick: Trick, knobs: Mapping[str, Value]) -> Arrays:
    """The arrays that the knobs alone determine."""
    if trick.preview is None:
        return {}
    return {name: array.detach().float().numpy() for name, array in trick.preview(knobs).items()}


def show_missing(asked: str, words: Words) -> None:
    """The page for an address that has none: the way home, and the nearest names."""
    apply_style()
    st.title(words["missing.title"], anchor=False)
    st.markdown(words.fill("missing.about", asked=escape(asked[:80])))
    st.page_link("home.py", label=words["missing.home"], icon=":material/home:")
    near = nearest(asked, titles(words))
    if near:
        st.markdown(words["missing.near"])
        for name, title in near.items():
            st.page_link(f"{name}.py", label=title)


def nearest(asked: str, named: Mapping[str, str]) -> dict[str, str]:
    """The pages whose names are nearest to `asked`, with their titles."""
    return {name: named[name] for name in get_close_matches(asked.lower(), tuple(named), n=3, cutoff=0.4)}
