"""The one view of every trick's page: what it claims, the live lab, and beneath it what to try, read and copy."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.lab import claims_table, data, seeds, state, sweep, verdicts
from pages.lab.component import live
from pages.lab.config import build_config, idle_text
from pages.lab.files import page_path
from pages.lab.panels import Page
from pages.lab.pieces import place_of
from pages.lab.state import EMBED, Address
from pages.lab.text import FALLBACK, Words, escape, languages, load_article, page_words, spoken
from trainers.runs.articles import Article, Attempt
from trainers.runs.labels import shorten
from trainers.runs.spec import RunSpec
from tricks import catalogue
from tricks.declaration import Knob, Trick

STYLE = """<style>
.stMainBlockContainer { padding: 1.5rem 2rem 4rem; max-width: none; }
/* Up to 768 px Streamlit folds the sidebar away, and what opens it stands where the title would be. */
@media (min-width: 769px) { .stAppHeader { background: transparent; } }
@media (max-width: 768px) { .stMainBlockContainer { padding: 4rem 1rem 4rem; } }
.st-key-title h1 { padding: 0 0 1.15rem; }
.st-key-title .stColumn .stVerticalBlock { gap: 0.25rem; }
.st-key-title .stColumn:last-child .stMarkdown { margin-bottom: 0; }
.st-key-title .katex-display { margin: 0; padding: 0.3rem 0; overflow: hidden; }
.st-key-title .katex-display > .katex { white-space: normal; line-height: 1.9; font-size: 1.05em; }
/* A name that is longer than the sidebar is wide goes on in the next line. */
[data-testid="stSidebarNavLink"] { height: auto !important; min-height: 28px; }
[data-testid="stSidebarNavLink"] * { white-space: normal !important; }
/* Room for what is not there yet, so that nothing moves when it comes: the lab, and what stands behind a tab. */
[class*="st-key-lab-"]:not(:has(.lab)) { min-height: max(560px, 100vh - 170px); }
.stTabs [role="tabpanel"] { min-height: 90vh; }
[class*="st-key-try-"] .stPageLink a { border: 1px solid rgba(128, 128, 128, 0.4); width: fit-content; }
@page { margin: 14mm; }
@media print {
  body { background: #fff; }
  .stSidebar, .stAppHeader, .stTabs, .stToolbar, [data-testid="stExpandSidebarButton"] { display: none !important; }
  .stApp, .stAppViewContainer, .stMain { position: static !important; overflow: visible !important; height: auto; }
  .stApp, .stMain { background: #fff; }
  .stMainBlockContainer { padding: 0; }
  .st-key-title :is(h1, p, .katex) { color: #1f2328; }
  .st-key-title .katex-display > .katex { font-size: 0.85em; }
}
@media (max-width: 640px) {
  .stMarkdown table { display: block; overflow-x: auto; }
  .stHorizontalBlock { row-gap: 1rem; }
  .st-key-title .stColumn:last-child { padding-bottom: 0.5rem; }
}
</style>"""

PRESENT = """<style>
.stSidebar, .stAppHeader, [data-testid="stExpandSidebarButton"] { display: none; }
.stMainBlockContainer { padding: 0.5rem 1rem; max-width: none; }
.st-key-title h1 { padding: 0; font-size: max(24px, 4vh); line-height: 1.2; }
.st-key-title p { font-size: max(18px, 2.4vh); line-height: 1.3; }
.st-key-title .stColumn .stVerticalBlock { gap: 0.25rem; }
.st-key-title :is(.stMarkdown, .stHeading, p), .st-key-title [data-testid="stMarkdownContainer"] { margin: 0; }
.st-key-title .katex-display { margin: 0; overflow: hidden; }
.st-key-title .katex-display > .katex { white-space: normal; font-size: max(18px, 2.9vh); }
@media (max-width: 640px) { .st-key-title p { display: none; } }
</style>"""


@dataclass
class Visit:
    """What a session holds of one page: its state, what the address said then, and what the component was told.

    `number` counts what it was told, so that the same link followed twice is told twice; `repeats` how often a repeat
    over seeds was asked for beside the run. `study` is the id of a study that the address asked for, in which knobs are
    swept, or not (`is_sweep`).
    """

    address: Address
    params: dict[str, str]
    config: dict[str, Any]
    number: int = 0
    repeats: int = 0
    study: str = ""
    is_sweep: bool = False


def show(page: Page) -> None:
    """Draws a trick's page."""
    trick = catalogue.load(page.trick)
    language, words, article = read_words(page.trick)
    visit = _visit(page, words)
    presents = visit.address.view == "present"
    st.html(PRESENT if presents else STYLE.replace("</style>", f"{claims_table.STYLE}</style>"))
    with st.container(key="title"):
        claim, formula = st.columns([3, 2], vertical_alignment="center", gap="medium")
        claim.title(article.title, anchor=False)
        claim.markdown(article.sentence)
        formula.latex(unbroken(trick.formula))
    if presents:
        _show_live(page, visit, words)
        return
    if article.problem:
        st.error(words.fill("note.words", problem=escape(article.problem)))
    notes = (*visit.address.notes, *_language_notes(language, words))
    if notes:
        st.warning("  \n".join(map(escape, notes)), icon=":material/info:")
    _show_live(page, visit, words)
    if visit.address.reach.hides("tabs"):
        return
    names = ("try", "seeds", "sweep", "misread", "code", "data", "paper")
    tabs = st.tabs([words[f"tab.{name}"] for name in names], key=f"tabs.{page.trick}", on_change="rerun")
    for name, tab in zip(names, tabs, strict=True):
        if tab.open:  # what stands behind the others would hold up the page's first sight
            with tab:
                _show_tab(name, page, visit, article, words)


def unbroken(formula: str) -> str:
    r"""The formula, to be broken between its equations only, where there are several, parted by `\quad`."""
    equations = re.split(r",\s*\\q?quad\s*", formula)
    return formula if len(equations) == 1 else r",\quad\allowbreak ".join(map("{{{}}}".format, equations))


def _show_tab(name: str, page: Page, visit: Visit, article: Article, words: Words) -> None:
    trick, spec = catalogue.load(page.trick), visit.address.spec
    if name == "try":
        _show_attempts(article, page, words)
    elif name == "misread":
        st.markdown(article.misread)
        st.subheader(words["section.limits"], anchor=False)
        st.markdown(article.limits)
        verdicts.show_trick(page.trick, words)
    elif name == "code":
        _show_code(trick, article, spec, words)
    elif name == "paper":
        _show_papers(trick, words)
    elif name == "seeds":
        seeds.show(page, visit.address, words, asked=visit.repeats, watch="" if visit.is_sweep else visit.study)
    elif name == "sweep":
        watch = visit.study if visit.is_sweep else ""
        sweep.show(page, visit.address, words, lambda told: take_start(page, told), watch=watch)
    else:
        with st.spinner(words["data.waiting"]):  # making a task's data may take a while the first time
            data.show(spec, words)


def read_words(trick: str) -> tuple[str, Words, Article]:
    """The language asked for, and the labels and the page in it, or in English where they are missing."""
    asked = asked_language()
    return asked, *page_words(trick, spoken(asked))


def asked_language() -> str:
    """The language of the address, or else the one this session last asked for."""
    asked = st.query_params.get("lang") or st.session_state.get("language", FALLBACK)
    if asked in languages():
        st.session_state["language"] = asked
    return str(asked)


def _language_notes(asked: str, words: Words) -> list[str]:
    return [] if asked == words.language else [words.fill("note.language", asked=shorten(asked))]


def _visit(page: Page, words: Words) -> Visit:
    """The session's visit to the page, begun anew whenever the address says something else than it did."""
    slot = f"visit.{page.trick}"
    visit: Visit | None = st.session_state.get(slot)
    params = _said()
    if visit is not None and visit.params == params:
        return visit
    address = state.read(page.trick, params, words)
    if visit is not None and address == visit.address and not (address.autostart or address.run or address.study):
        # It was written by the panel, in an order of its own.
        visit.params = params
        return visit
    return _begin(page, address, words, visit)


def _begin(page: Page, address: Address, words: Words, before: Visit | None) -> Visit:
    number = 0 if before is None else before.number + 1
    told = {**build_config(page, address, words), "number": number}
    visit = Visit(address, address.to_params(), told, number, 0 if before is None else before.repeats)
    if address.study:
        visit.study, visit.is_sweep = address.study, bool(address.swept)
        st.session_state[f"tabs.{page.trick}"] = words["tab.sweep" if address.swept else "tab.seeds"]
        if address.swept:
            sweep.choose(page, address)
    st.session_state[f"visit.{page.trick}"] = visit
    if _said() != visit.params:
        st.query_params.from_dict(visit.params)
    return visit


def _said() -> dict[str, str]:
    """What the address says, as far as it is the lab's."""
    return {name: value for name, value in st.query_params.to_dict().items() if name not in EMBED}


def _show_live(page: Page, visit: Visit, words: Words) -> None:
    key = f"lab.{page.trick}"
    if key not in st.session_state:  # mounted anew, so it knows nothing of what was set before
        visit.config = {**build_config(page, visit.address, words), "number": visit.number}
    live(visit.config, key=key, on_change=lambda: take_report(page, st.session_state[key].get("settings")))


def take_report(page: Page, reported: object) -> None:
    """Takes up what a person has set; the component writes the address, and is told only of another task or limits."""
    visit: Visit | None = st.session_state.get(f"visit.{page.trick}")
    if visit is None or not isinstance(reported, Mapping):
        return
    _, words, _ = read_words(page.trick)
    address = state.report(reported, visit.address, words)
    config = build_config(page, address, words)
    anew = any(config[name] != visit.config[name] for name in ("task", "view", "reach"))
    if anew or _limits(config) != _limits(visit.config):
        visit = _begin(page, address, words, visit)
    else:
        visit.address = address
        visit.params = address.to_params()
    if reported.get("repeat") is True:
        visit.repeats += 1
        st.session_state[f"tabs.{page.trick}"] = words["tab.seeds"]


def take_start(page: Page, told: Mapping[str, Any]) -> None:
    """Takes up the seed and the steps that were set in a tab, for the page's own run too."""
    visit: Visit = st.session_state[f"visit.{page.trick}"]
    spec = visit.address.spec
    _, words, _ = read_words(page.trick)
    values = {**spec.settings, **spec.arms[1].knobs}
    asked = {"task": spec.task, "values": values, "extra_arms": visit.address.extra, **told}
    address = state.report(asked, visit.address, words)
    if address.spec != spec:
        _begin(page, address, words, visit)


def _limits(config: dict[str, Any]) -> list[dict[str, Any]]:
    fields = ("name", "low", "high", "choices", "default", "neutral")
    return [{name: knob[name] for name in fields} for knob in (*config["knobs"], *config["settings"])]


def _show_attempts(article: Article, page: Page, words: Words) -> None:
    st.markdown(article.see)
    language = "" if words.language == FALLBACK else f"?lang={words.language}"
    st.link_button(words["try.lesson"], f"{page_path(f'lesson/{page.trick}')}{language}", icon=":material/school:")
    for number, attempt in enumerate(article.attempts):
        if number % 2 == 0:  # a row of its own, so that on a narrow screen they follow in their order
            columns = st.columns(2, gap="large")
        with columns[number % 2].container(key=f"try-{number}"):
            _show_attempt(attempt, page, words)


def _show_attempt(attempt: Attempt, page: Page, words: Words) -> None:
    st.subheader(attempt.title, anchor=False)
    st.markdown(attempt.question)
    language = {} if words.language == FALLBACK else {"lang": words.language}
    st.page_link(
        f"{page.trick}.py",
        label=attempt.link,
        icon=":material/play_arrow:",
        query_params={**attempt.values, **language, "autostart": "1"},
    )
    with st.expander(words["try.answer"]):
        st.markdown(attempt.answer)


def _show_code(trick: Trick, article: Article, spec: RunSpec, words: Words) -> None:
    source, beside = st.columns([3, 2], gap="large")
    with source:
        st.subheader(words["code.source"], anchor=False)
        st.code(inspect.getsource(sys.modules[f"tricks.{trick.name}"]), language="python", height=560)
    with beside:
        st.subheader(words["code.formula"], anchor=False)
        st.latex(unbroken(trick.formula))
        st.markdown(knob_table(list(spec.knobs_of(1).values()), words))
    st.subheader(words["code.snippet"], anchor=False)
    st.markdown(words["code.snippet.about"])
    st.code(article.snippet, language="python")


def knob_table(knobs: list[Knob], words: Words) -> str:
    """The knobs as a table in Markdown, their ranges as declared."""
    head = [words[f"table.{name}"] for name in ("symbol", "name", "range", "neutral", "live")]
    rows = [head, ["---"] * len(head)]
    for knob in knobs:
        unit = f" {knob.unit}" if knob.unit else ""
        span = ", ".join(knob.choices) or f"{state.show(knob.low)} … {state.show(knob.high)}{unit}"
        neutral = "—" if knob.neutral is None else state.show(knob.neutral)
        when = " ".join(
            filter(None, (words["table.at_once" if knob.live else "table.at_start"], idle_text(knob, words)))
        )
        rows.append([knob.symbol or "—", words[f"knob.{knob.name}.label"], span, neutral, when])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _show_papers(trick: Trick, words: Words) -> None:
    for paper in trick.papers:
        st.markdown(f"{paper.authors} ({paper.year}). [{paper.title}]({paper.url})")
    if trick.related:
        st.markdown(words["paper.related"])
        for name in trick.related:
            if name in catalogue.NAMES:
                article, _ = load_article(name, words.language)
                st.page_link(place_of(name, words), label=article.title)
