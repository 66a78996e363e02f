"""The tricks side by side, by family or by what they serve, each with a small picture of what it does."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.lab import claims_table, drawings, pieces
from pages.lab.component import drawing
from pages.lab.panels import Bars, Curve, Images
from pages.lab.text import Words, escape, load_article
from trainers.runs.build import build_spec
from trainers.runs.labels import shorten
from tricks import catalogue
from tricks.declaration import Trick, Value

STYLE = """<style>
.stMainBlockContainer { padding: 2rem 2rem 4rem; max-width: 72rem; }
[class*="st-key-card-"] { position: relative; }
[class*="st-key-card-"] .stPageLink a::after { content: ""; position: absolute; inset: 0; }
[class*="st-key-card-"] .stPageLink a { padding: 0; background: none; }
[class*="st-key-card-"] .stPageLink p { font-weight: 600; font-size: 1.05rem; }
[class*="st-key-card-"]:hover { border-color: currentColor; }
[class*="st-key-card-"] { gap: 0.5rem; height: auto; }
[class*="st-key-picture-"] { aspect-ratio: 240 / 96; }  /* room for what comes after the text */
[class*="st-key-card-"] .stPageLink p, [class*="st-key-card-"] .stPageLink span { white-space: normal; }
.st-key-gallery { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 1.5rem 1rem; }
.st-key-gallery > *, .st-key-gallery > * > [class*="st-key-group-"] {
  display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; gap: 0.75rem 1rem;
}
.st-key-gallery > :has(> [class*="st-key-group-1-"]) { grid-column: span 1; }
.st-key-gallery > :has(> [class*="st-key-group-2-"]) { grid-column: span 2; }
.st-key-gallery > :has(> [class*="st-key-group-3-"]) { grid-column: span 3; }
[class*="st-key-group-"] { align-items: stretch; }
[class*="st-key-group-"] > * { display: flex; height: auto; }
[class*="st-key-group-"] > :has(> .stHeading), [class*="st-key-group-"] > :has(.stHeading) { grid-column: 1 / -1; }
@media (max-width: 1200px) {
  .st-key-gallery { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .st-key-gallery > :has(> [class*="st-key-group-3-"]) { grid-column: 1 / -1; }
}
.st-key-start .stPageLink a { background: ACCENT; padding: 0.6rem 1.25rem; width: fit-content; }
.st-key-start .stPageLink a:hover { filter: brightness(1.1); }
.st-key-start .stPageLink a * { color: #fff; font-size: 1.15rem; font-weight: 600; }
.stPlotlyChart :is(.annotation-text, .xtick text, .xtitle) { fill: currentColor !important; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3.5rem 1rem 4rem; }
  .st-key-gallery { grid-template-columns: minmax(0, 1fr); }
  .st-key-gallery > :has(> [class*="st-key-group-"]) { grid-column: 1; }
}
</style>"""

ARTICLE = "https://www.elecfans.com/d/1525837.html"
"""The article whose tricks the lab began with, in Chinese, as one of its many reprints has it."""

ORDERS = ("family", "goal")
"""By what the cards can be grouped."""

GOALS = ("convergence", "stability", "generalization")
"""What a trick may serve, as the source article sorts them."""

Arrays = Mapping[str, NDArray[np.float32]]


def apply_style() -> None:
    """The look of the pages that are not a trick's."""
    accent = st.get_option("theme.light.primaryColor") or "#0072b2"
    st.html(STYLE.replace("ACCENT", accent).replace("</style>", f"{claims_table.STYLE}</style>"))


def titles(words: Words) -> dict[str, str]:
    """The titles of the tricks, in catalogue order."""
    return {name: load_article(name, words.language)[0].title for name in catalogue.NAMES}


def families() -> dict[str, list[str]]:
    """The tricks of each family, both in catalogue order; those whose pages miss nothing."""
    found: dict[str, list[str]] = {}
    for trick in pieces.whole():
        found.setdefault(trick.family, []).append(trick.name)
    return found


def goals() -> dict[str, list[str]]:
    """The tricks that serve each goal, in catalogue order; one that serves several stands under each."""
    return {goal: [trick.name for trick in pieces.whole() if goal in trick.serves] for goal in GOALS}


def show_gallery(words: Words) -> None:
    """Every trick as a card that leads to its page."""
    order = ask_order(words)
    with st.container(key="gallery"):
        for group, names in (goals() if order == "goal" else families()).items():
            with st.container(key=f"group-{len(names)}-{group}"):
                st.subheader(words[f"{order}.{group}"], anchor=False)
                for name in names:
                    with st.container(border=True, key=f"card-{group}-{name}"):
                        show_card(name, order, group, words)
    for name, problem in pieces.broken().items():
        st.page_link(pieces.place_of(name, words), label=load_article(name, words.language)[0].title)
        st.error(words.fill("pieces.problem", problem=escape(problem)))


def ask_order(words: Words) -> str:
    """By what the cards are to be grouped; the address says it too, as `by`."""
    asked = st.query_params.get("by", ORDERS[0])
    if "by" not in st.session_state:
        st.session_state["by"] = asked if asked in ORDERS else ORDERS[0]
        if asked not in ORDERS:
            told = {"name": words["home.order"], "choices": ", ".join(ORDERS), "given": shorten(asked)}
            st.warning(escape(words.fill("note.choice", **told, kept=ORDERS[0])), icon=":material/info:")
    order = st.segmented_control(
        words["home.order"],
        ORDERS,
        required=True,
        format_func=lambda order: words[f"home.order.{order}"],
        key="by",
        label_visibility="collapsed",
    )
    order = order or ORDERS[0]  # typed as if nothing could be chosen
    if order == ORDERS[0]:
        st.query_params.pop("by", None)
    else:
        st.query_params["by"] = order
    return order


def show_card(name: str, order: str, group: str, words: Words) -> None:
    """One trick: its picture, its name, what it does, what it serves or, where that is the order, its family.

    What is marked is the source article's own.
    """
    article, _ = load_article(name, words.language)
    trick = catalogue.load(name)
    drawing(picture(name, article.title), key=f"picture.{group}.{name}")
    st.page_link(f"{name}.py", label=article.title)
    st.markdown(article.sentence)
    said = [words[f"family.{trick.family}"]] if order == "goal" else [words[f"serves.{goal}"] for goal in trick.serves]
    st.caption(" · ".join([*said, words["home.in_article"]] if trick.in_article else said))


@st.cache_data(show_spinner=False)
def picture(name: str, label: str) -> str:
    """What the knobs of a trick alone draw, at their defaults and, dashed, at their neutral settings.

    Where the default is learned, so that the knobs draw nothing, it is the nearest choice at which they do.
    """
    trick = catalogue.load(name)
    page = pieces.page_of(name)
    spec = build_spec(name)
    knobs = {**spec.context, **spec.arms[1].knobs}
    neutral = {knob.name: knob.neutral for knob in spec.knobs_of(1).values() if knob.neutral is not None}
    others = [{knob.name: choice} for knob in spec.knobs_of(1).values() for choice in reversed(knob.choices)]
    drawn = next(filter(None, (preview(trick, {**knobs, **other}) for other in [{}, *others])), {})
    flat = preview(trick, {**knobs, **neutral}) if neutral else None
    for panel in page.panels:
        if isinstance(panel, Curve) and panel.y[0] in drawn:
            y = panel.y[0]
            return drawings.curves(drawn[panel.x], drawn[y], flat[y] if flat else None, label)
        if isinstance(panel, Bars) and panel.array in drawn:
            return drawings.bars(drawn[panel.array], flat[panel.array] if flat else None, label)
        if isinstance(panel, Images) and panel.array in drawn:
            return drawings.grids(drawn[panel.array], label)
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
            st.page_link(pieces.place_of(name, words), label=title)


def nearest(asked: str, named: Mapping[str, str]) -> dict[str, str]:
    """The pages whose names are nearest to `asked`, with their titles."""
    return {name: named[name] for name in get_close_matches(asked.lower(), tuple(named), n=3, cutoff=0.4)}
