"""Hand-outs: two pages each, answers for the teacher alone, and texts that stay texts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.trainers.teaching.lesson_texts import WHOLE
from tests.trainers.teaching.test_recorded_lessons import NAMES, rows_of_lesson
from trainers.runs.labels import load_labels
from trainers.teaching.handout import handout
from trainers.teaching.lesson import Lesson, from_article, load, parse_lesson
from trainers.teaching.lesson_runs import step_record
from trainers.teaching.markup import inline

BOTH = pytest.mark.parametrize("teacher", [False, True], ids=["class", "teacher"])


def written(lesson: Lesson, *, teacher: bool) -> str:
    rows = rows_of_lesson(lesson.name)
    records = [step_record(step, number, rows) for number, step in enumerate(lesson.steps, start=1)]
    return handout(lesson, records, load_labels(lesson.language), teacher=teacher)


def num_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@BOTH
def test_each_lesson_prints_on_two_pages(browser: Browser, teacher: bool) -> None:
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for name in NAMES:
        page.set_content(written(load(name), teacher=teacher))
        assert num_pages(page.pdf(prefer_css_page_size=True)) == 2, name
    page.close()
    assert requests == [], "it needs no other file"


def test_pages_that_are_too_full_are_seen(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        written(load(NAMES[0]), teacher=True).replace("<section>", "<section><p>" + "long " * 900 + "</p>")
    )
    assert num_pages(page.pdf(prefer_css_page_size=True)) > 2
    page.close()


def test_the_class_is_not_told_the_answers() -> None:
    for name in NAMES:
        lesson = load(name)
        given = written(lesson, teacher=False)
        assert "☑" not in given and 'class="right"' not in given and "±" not in given
        for step in lesson.steps:
            assert step.question is not None and inline(step.question.text) in given
            for told in (step.explain, step.misread, *(seen.text for seen in step.seen)):
                assert inline(told)[:60] not in given, f"{name}: ## {step.title}"
                assert inline(told)[:60] in " ".join(written(lesson, teacher=True).split())


def test_the_teacher_is_told_all_of_it() -> None:
    lesson = load("overfitting_and_flooding")
    given = written(lesson, teacher=True)
    assert given.count('class="right"') == 3 and "<strong>0.2 ± 0.06</strong>" in given
    assert re.search(
        r"lower test loss\. <span class=\"told\">\(0\.\d\d against 0\.\d\d; 16 of 16 seeds\)</span>", given
    )
    assert len(re.findall(r"A run takes \d+\.\d s of training", given)) == 4
    assert "where there is the illness" in " ".join(given.split())
    assert "Flooding · Two spirals · b 0.2 · 1,500 steps · seed 100" in given
    assert "May be turned while it runs: flood level" in given


def test_further_arms_are_named() -> None:
    assert "baseline; label smoothing, ε 0.02; label smoothing, ε 0.3" in written(
        load("label_smoothing_and_calibration"), teacher=False
    )


@BOTH
def test_texts_stay_texts(browser: Browser, teacher: bool, tmp_path: Path) -> None:
    hostile = '<script>document.title = "hit"</script><img src=x onerror="document.title = \'hit\'">'
    text = WHOLE
    for old in (
        "A flood",
        "See what",
        "The floor",
        "Which network",
        "the baseline\n",
        "It stays",
        "Because",
        "It is no",
    ):
        text = text.replace(old, f"{hostile} {old}", 1)
    lesson = parse_lesson(text.replace("%,", "<b>%</b>,"), "en/flood.md")
    page = browser.new_page()
    page.set_content(handout(lesson, [None, None], load_labels(), teacher=teacher))
    assert page.locator("script, img, b").count() == 0
    assert page.title().endswith("A flood")
    assert "<script>" in page.locator("h1").inner_text()
    page.close()


def test_each_text_goes_by_its_own_direction() -> None:
    given = handout(
        parse_lesson(WHOLE.replace("A flood", "\u200fطوفان").replace("Which network", "أي شبكة"), "en/flood.md"),
        [None, None],
        load_labels(),
    )
    assert '<h1 dir="auto">\u200fطوفان</h1>' in given and '<p dir="auto">أي شبكة' in given


@BOTH
def test_without_records_and_answers_there_is_a_handout_too(teacher: bool) -> None:
    whole = parse_lesson(WHOLE, "en/flood.md")
    assert "seeds)" not in handout(whole, [None, None], load_labels(), teacher=teacher)
    attempts = from_article("flooding")
    given = handout(attempts, [None] * len(attempts.steps), load_labels(), teacher=teacher)
    assert "with b at 0 the flooded objective" in given and "☐" not in given


def test_a_lesson_of_one_step_has_one_page() -> None:
    whole = parse_lesson(WHOLE, "en/flood.md")
    one = Lesson("flood", "en", whole.title, whole.aim, whole.steps[:1])
    assert handout(one, [None], load_labels()).count('<div class="page">') == 1
    assert handout(whole, [None, None], load_labels()).count('<div class="page">') == 2
