"""The page of recorded evidence: every trick over many seeds, its cost, and whether the machinery can be trusted."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.lab.claims_table import claim_rows, claims_table
from pages.lab.gallery import ARTICLE, apply_style
from pages.lab.text import Words, load_words, spoken
from pages.lab.verdicts import CHECK_COMMAND, COMMAND, ORDERS, arrange, entries_of, forest, recorded, table
from pages.lab.view import asked_language
from trainers.evidence.recorded import frame_of, rows_csv, summary_rows
from trainers.evidence.statistics import Verdict
from trainers.evidence.studies import Row
from trainers.evidence.words import sentence
from trainers.runs.spec import COMBINE
from tricks import catalogue

WHOSE = ("article", "all")  # whose claims the table of claims has


def show() -> None:
    """Draws the page."""
    words = load_words(spoken(asked_language()))
    apply_style()
    st.title(words["evidence.title"], anchor=False)
    st.markdown(words["evidence.about"])
    links = (f"[{words[f'evidence.{name}']}](#{name})" for name in ("results", "claims", "check"))
    st.markdown(" · ".join(links))
    results, rows = recorded()
    if not results["studies"]:
        st.info(words["evidence.empty"], icon=":material/hourglass_empty:")
        st.code(COMMAND, language="sh")
    else:
        st.subheader(words["evidence.results"], anchor="results")
        _show_table(results, words)
        _show_downloads(results, rows, words)
        st.subheader(words["evidence.claims"], anchor="claims")
        _show_claims(results, words)
    st.subheader(words["evidence.check"], anchor="check")
    _show_check(results["self_check"], words)


def _show_table(results: Mapping[str, Any], words: Words) -> None:
    by = st.selectbox(
        words["evidence.order"], ORDERS, format_func=lambda one: words[f"evidence.order.{one}"], width=280
    )
    entries = arrange(entries_of(results), by)
    st.plotly_chart(forest(entries, words), config={"displayModeBar": False}, key="forest")
    st.caption(words["evidence.forest"])
    columns: dict[str, Any] = {
        name: words[f"evidence.column.{name}"]
        for name in ("shows", "metric", "effect", "won", "seeds", "worsened", "recipe")
    }
    columns["link"] = st.column_config.LinkColumn(
        words["evidence.column.link"], display_text=r"#(.*)$", pinned=True, width=220
    )
    for name, form in {"size": "%.2f", "p": "%.2g", "seconds": "%.2f", "ratio": "%.2f"}.items():
        columns[name] = st.column_config.NumberColumn(words[f"evidence.column.{name}"], format=form)
    st.dataframe(table(entries, words), column_config=columns, hide_index=True, height="content")
    made = {(m["commit"][:12], m["date"], m["processor"], m["torch"]) for m in (s["made"] for s in results["studies"])}
    for commit, date, processor, torch in sorted(made):
        st.caption(words.fill("evidence.made", commit=commit, date=date, processor=processor, torch=torch))


def _show_downloads(results: Mapping[str, Any], rows: list[Row], words: Words) -> None:
    summary = summary_rows(results["studies"])
    with st.container(horizontal=True):
        for name, found in (("seeds", rows), ("summary", summary)):
            text, frame = rows_csv(found), frame_of(found)
            for kind, data in (("csv", text.encode()), ("parquet", _parquet(frame))):
                label = words.fill(f"evidence.download.{name}", kind={"csv": "CSV", "parquet": "Parquet"}[kind])
                st.download_button(
                    label, data, f"evidence-{name}.{kind}", on_click="ignore", icon=":material/download:"
                )


def _parquet(frame: Any) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def _show_claims(results: Mapping[str, Any], words: Words) -> None:
    whose = st.segmented_control(
        words["evidence.whose"],
        WHOSE,
        required=True,
        default=WHOSE[0],
        format_func=lambda one: words[f"evidence.whose.{one}"],
        label_visibility="collapsed",
    )
    known = {study["spec"]["trick"] for study in results["studies"]}
    asked = [trick.name for trick in catalogue.every() if whose == "all" or trick.in_article]
    tricks = [name for name in (*asked, COMBINE) if name in known]
    st.markdown(words.fill("evidence.claims.about", article=ARTICLE))
    with st.container(key="claims"):
        st.markdown(claims_table(claim_rows(results, tricks, words), words))


def _show_check(check: Mapping[str, Any] | None, words: Words) -> None:
    if check is None:
        st.markdown(words["evidence.check.empty"])
        st.code(CHECK_COMMAND, language="sh")
        return
    rates = ", ".join(f"{words[f'metric.{name}']} {rate:.1%}" for name, rate in check["claim_rates"].items())
    held = ", ".join(f"{words[f'evidence.check.{kind}']} {share:.1%}" for kind, share in check["coverage"].items())
    told = {"experiments": f"{check['num_experiments']:,}", "trainings": check["num_trainings"]}
    st.markdown(words.fill("evidence.check.rates", rates=rates, **told))
    st.markdown(words.fill("evidence.check.coverage", held=held))
    labels = {**words.labels, "arm.lr_off": words["verdict.lr_off"]}
    said = [
        sentence(Verdict.from_json(one), arm="lr_off", metric=metric, labels=labels)
        for metric, one in check["lr_off"].items()
    ]
    st.markdown(" ".join([words["evidence.check.lr_off"], *said]))


if __name__ == "__main__":
    show()
