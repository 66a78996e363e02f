"""Claims in words: each part, and beside it what the recorded studies say of that part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pages.lab.text import Words, labels_of_runs, load_article
from trainers.evidence.claims import Finding, findings
from trainers.evidence.statistics import Verdict
from trainers.evidence.studies import Study
from trainers.evidence.words import sentence
from trainers.runs.arm_names import with_arms
from trainers.runs.spec import COMBINE

STYLE = """
.st-key-claims table { width: 100%; }
.st-key-claims :is(th, td) { vertical-align: top; }
.st-key-claims :is(th, td):nth-child(1) { width: 13%; }
.st-key-claims :is(th, td):nth-child(2) { width: 29%; }
@media (max-width: 640px) { /* a part, and under it what is so */
  .st-key-claims :is(table, tbody, tr, td) { display: block; width: auto !important; border: 0; padding: 0.1rem 0; }
  .st-key-claims thead { display: none; }
  .st-key-claims td:empty { display: none; }
  .st-key-claims td:nth-child(1) { font-weight: 600; padding-top: 1rem; }
  .st-key-claims td:nth-child(2) { padding-top: 0.5rem; }
  .st-key-claims td:nth-child(3) { padding-left: 1rem; }
}
"""

Row = tuple[str, str, str]
"""Whose claim, the part, and what is so: of what repeats the row above, the first are empty."""


def claim_rows(results: Mapping[str, Any], tricks: Iterable[str], words: Words) -> list[Row]:
    """The parts of each trick's claim, a row for each study that has something to say of one."""
    rows: list[Row] = []
    labels = labels_of_runs(words.language)
    for trick in tricks:
        before = ("", "")
        for finding in findings(results, trick):
            now = (_title(trick, words), part_text(finding, words))
            whose = "" if now[0] == before[0] else now[0]
            rows.append((whose, "" if now == before else now[1], told(finding, words, labels)))
            before = now
    return rows


def claims_table(rows: Iterable[Row], words: Words) -> str:
    """The rows as a table in Markdown."""
    head = tuple(words[f"claims.column.{name}"] for name in ("whose", "part", "so"))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def part_text(finding: Finding, words: Words) -> str:
    """The part in words; its name where the words are missing."""
    if finding.trick == COMBINE:
        return words[f"claims.combine.{finding.claim.name}"]
    part = load_article(finding.trick, words.language)[0].parts.get(finding.claim.name)
    return part.text if part else finding.claim.name


def told(finding: Finding, words: Words, labels: Mapping[str, str]) -> str:
    """The outcome, on which task, and the verdict's own numbers; of what is untested, why."""
    if finding.verdict is None:
        part = load_article(finding.trick, words.language)[0].parts.get(finding.claim.name)
        return words.fill("claims.untested", why=part.why if part else "")
    said = say_verdict(finding.verdict, finding.study, finding.arm, finding.baseline, finding.claim.metric, labels)
    outcome = words[f"claims.{finding.outcome}"]
    return words.fill("claims.told", outcome=outcome, task=words[f"task.{finding.task}.label"], said=said)


def say_verdict(
    verdict: Verdict, study: Mapping[str, Any], arm: str, baseline: str, metric: str, labels: Mapping[str, str]
) -> str:
    """What a recorded study says of two of its arms, in words."""
    arms = Study.from_json(study).spec.arms
    other = "" if baseline == arms[0].name else baseline
    missing = len(study["missing"])
    return sentence(
        verdict, arm=arm, metric=metric, labels=with_arms(labels, arms), baseline=other, num_missing=missing
    )


def _title(trick: str, words: Words) -> str:
    title = words["claims.combine"] if trick == COMBINE else load_article(trick, words.language)[0].title
    return f"[{title}]({trick})"
