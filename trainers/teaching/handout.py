"""A lesson on paper: one HTML file that needs no other, and prints on two A4 pages.

A student's has the questions, and room to write what was seen and why. A teacher's has the answers, what must be seen
with what was measured, the explanations, how it is misread, and how long the runs take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from trainers.runs.arm_names import call_arms
from trainers.runs.described import describe
from trainers.runs.labels import title_and_knobs
from trainers.teaching.lesson import CHOICE, NUMBERED, Lesson, Question, Step
from trainers.teaching.lesson_runs import Found, StepRecord
from trainers.teaching.markup import blocks, inline

SIZES = ((2200, 10.5), (2800, 9.5), (3400, 8.75), (4200, 8.0))  # letters that a page holds in letters of so many points
SMALLEST = 7.25
OF_SENTENCE = 400  # letters, for the room for one's own sentence

STYLE = """
@page { size: A4; margin: 13mm 15mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 180mm; color: #111; background: #fff; font: SIZEpt/1.38 system-ui, sans-serif; }
.page { display: flex; flex-direction: column; min-height: 268mm; }
.page + .page { break-before: page; }
section { display: flex; flex-direction: column; flex: 1 0 auto; }
h1 { font-size: 1.7em; line-height: 1.15; margin: 0; }
h2 { font-size: 1.2em; margin: 1em 0 0; padding-top: 0.5em; border-top: 1px solid #999; }
h2 small, .setup, .told { color: #444; font-weight: 400; font-size: 0.88em; }
h3 { font-size: 1em; margin: 0.6em 0 0; break-after: avoid; }
p, ul, ol, .choices { margin: 0.25em 0; }
ul, ol { padding-inline-start: 1.3em; }
.choices { list-style: none; padding: 0; }
.choices li { padding-inline-start: 1.7em; text-indent: -1.7em; }
.choices .right { font-weight: 700; }
.box { display: inline-block; width: 1.7em; text-indent: 0; }
.blank { display: inline-block; min-width: 28mm; border-bottom: 1px solid #111; }
.write { flex: 1 0 16mm; margin-top: 1mm;
  background: repeating-linear-gradient(#fff 0 7.7mm, #aaa 7.7mm 8mm); print-color-adjust: exact; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; white-space: pre-wrap; }
@media screen { body { padding: 8mm; } }
"""


def handout(
    lesson: Lesson, records: Sequence[StepRecord | None], labels: Mapping[str, str], *, teacher: bool = False
) -> str:
    """The lesson's hand-out as HTML, with a record of each step where there is one; `labels` are of its language."""
    parts = [
        (_teachers if teacher else _students)(number, step, record, labels, lesson.language)
        for number, (step, record) in enumerate(zip(lesson.steps, records, strict=True), start=1)
    ]
    first = _half([_weight(step, teacher) for step in lesson.steps], 0 if teacher else OF_SENTENCE)
    pages = [page for page in (parts[:first], parts[first:]) if page]
    letters = max(sum(_weight(step, teacher) for step in half) for half in (lesson.steps[:first], lesson.steps[first:]))
    size = next((points for most, points in SIZES if letters <= most), SMALLEST) if teacher else SIZES[0][1]
    pages[0].insert(0, _head(lesson, labels, teacher))
    if not teacher:
        pages[-1].append(f"<section><h2>{_said(labels, 'lesson.sentence')}</h2>{_WRITE}</section>")
    body = "\n".join(f'<div class="page">{"".join(page)}</div>' for page in pages)
    return (
        f'<!doctype html>\n<html lang="{escape(lesson.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(lesson.title)}</title>\n'
        f"<style>{STYLE.replace('SIZE', f'{size:g}')}</style>\n</head>\n<body>\n{body}\n</body>\n</html>"
    )


_WRITE = '<div class="write"></div>'


def _half(weights: Sequence[int], last: int) -> int:
    """How many steps stand on the first page, so that the fuller one is least full; `last` stands at the end."""
    return min(range(1, len(weights) + 1), key=lambda first: max(sum(weights[:first]), sum(weights[first:]) + last))


def _weight(step: Step, teacher: bool) -> int:
    """About how many letters a step takes."""
    question = 0 if step.question is None else len(step.question.text) + sum(map(len, step.question.choices))
    told = sum(len(seen.text) + 40 for seen in step.seen) + len(step.explain) + len(step.misread)
    return 400 + question + (told if teacher else 0)


def _head(lesson: Lesson, labels: Mapping[str, str], teacher: bool) -> str:
    told = [_said(labels, "lesson.minutes", minutes=lesson.minutes)]
    told += [_said(labels, "lesson.for_teacher")] if teacher else []
    return (
        f'<h1 dir="auto">{escape(lesson.title)}</h1><p dir="auto">{escape(lesson.aim)}</p>'
        f'<p class="setup">{" · ".join(told)}</p>'
    )


def _said(labels: Mapping[str, str], name: str, **values: object) -> str:
    """A label of hand-outs, as HTML."""
    return escape(labels[name].format(**values))


def _students(number: int, step: Step, record: StepRecord | None, labels: Mapping[str, str], language: str) -> str:
    asked = ""
    if step.question is not None:
        asked = f"<h3>{_said(labels, 'lesson.think')}</h3>{_asked(step.question, labels)}"
    room = f"<h3>{_said(labels, 'lesson.saw')}</h3>{_WRITE}<h3>{_said(labels, 'lesson.why')}</h3>{_WRITE}"
    return f"<section>{_title(number, step, labels)}{_setup(step, labels, language)}{asked}{room}</section>"


def _teachers(number: int, step: Step, record: StepRecord | None, labels: Mapping[str, str], language: str) -> str:
    told = ""
    if step.question is not None:
        told = f"<h3>{_said(labels, 'lesson.think')}</h3>{_asked(step.question, labels, answered=True)}"
    if step.seen:
        found: Sequence[Found | None] = [None] * len(step.seen) if record is None else record.found
        lines = (
            f'<li dir="auto">{inline(seen.text)}{_measured(one, labels)}</li>'
            for seen, one in zip(step.seen, found, strict=True)
        )
        took = "" if record is None else f"<p>{_said(labels, 'lesson.seconds', seconds=f'{record.seconds:.1f}')}</p>"
        told += f"<h3>{_said(labels, 'lesson.must_see')}</h3><ul>{''.join(lines)}</ul>{took}"
    told += f"<h3>{_said(labels, 'lesson.why')}</h3>{blocks(step.explain)}"
    if step.misread:
        told += f"<h3>{_said(labels, 'lesson.misread')}</h3>{blocks(step.misread)}"
    return f"<section>{_title(number, step, labels)}{_setup(step, labels, language)}{told}</section>"


def _title(number: int, step: Step, labels: Mapping[str, str]) -> str:
    minutes = _said(labels, "lesson.minutes", minutes=step.minutes)
    return f'<h2 dir="auto">{number} {escape(step.title)} <small>{minutes}</small></h2>'


def _setup(step: Step, labels: Mapping[str, str], language: str) -> str:
    """What is run, and what may be turned in it."""
    spec = step.spec()
    title, knobs = title_and_knobs(step.page, language)
    labels = {**labels, **{f"knob.{name}.label": called for name, called in knobs.items()}}
    about = describe(spec, labels)
    about["steps"] = f"{about['steps']} {labels['lab.steps']}"
    if len(spec.arms) > 2:
        about["values"] = "; ".join(call_arms(spec.arms, labels).values())
    told = [title, *filter(None, about.values()), labels["lesson.seed"].format(seed=spec.seed)]
    lines = [escape(" · ".join(told))]
    if step.touch:
        called = [knobs.get(name) or labels.get(f"setting.{name}.label", name) for name in step.touch]
        lines.append(_said(labels, "lesson.touch", knobs=", ".join(called)))
    return f'<p class="setup" dir="auto">{"<br>".join(lines)}</p>'


def _asked(question: Question, labels: Mapping[str, str], *, answered: bool = False) -> str:
    told = blocks(question.text)
    if question.kind == CHOICE:
        items = (
            f'<li dir="auto"{_RIGHT if answered and number == question.right else ""}>'
            f'<span class="box">{"☑" if answered and number == question.right else "☐"}</span>{inline(choice)}</li>'
            for number, choice in enumerate(question.choices)
        )
        return f'{told}<ul class="choices">{"".join(items)}</ul>'
    if question.kind != NUMBERED:
        return told
    unit = f" {escape(question.unit)}" if question.unit else ""
    if answered:
        return f"{told}<p><strong>{question.answer:g} ± {question.tolerance:g}{unit}</strong></p>"
    span = _said(labels, "lesson.range", low=f"{question.low:g}", high=f"{question.high:g}")
    return f'{told}<p><span class="blank"></span>{unit} <span class="told">({span})</span></p>'


_RIGHT = ' class="right"'


def _measured(found: Found | None, labels: Mapping[str, str]) -> str:
    """What was measured of something that must be seen, and on how many seeds it is so."""
    if found is None:
        return ""
    said = found.seen.statement
    if said.compares or said.ratio:
        told = [_said(labels, "lesson.against", of=found.measured.write("of"), against=found.measured.write("against"))]
    else:
        told = [found.measured.write()]
    if not said.told:
        told.append(_said(labels, "lesson.seeds", kept=found.measured.kept, count=len(found.measured.values)))
    return f' <span class="told">({"; ".join(told)})</span>'
