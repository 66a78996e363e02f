"""A lesson in a browser without a room: taken alone with its sheet on paper, and walked on a projector."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from pages.lab.text import FALLBACK, load_words
from trainers.teaching.lesson import CHOICE, Lesson, load, names

WORDS = load_words(FALLBACK)
PAGES = re.compile(rb"/Type\s*/Page\b")
LONG = "<b>m</b> " * 33
KEEP = """([name, taken]) => {
  const {digest} = JSON.parse(document.getElementById("config").textContent);
  localStorage.setItem(`trick-lab.lesson.en.${name}`, JSON.stringify({digest, ...taken}));
}"""


@pytest.fixture
def page(browser_page: Page) -> Page:
    return browser_page


def go_on(page: Page, key: str) -> None:
    """Presses what comes next, which is called so."""
    button = page.locator("[data-action=next]")
    expect(button).to_have_text(WORDS[key])
    button.click()


def predict(page: Page, lesson: Lesson, step: int) -> None:
    """Says the right one."""
    question = lesson.steps[step].question
    assert question is not None
    if question.kind == CHOICE:
        page.locator(f"[data-choice='{question.right}']").click()
    else:
        page.locator(".room-number").fill(f"{question.answer:g}")
        page.locator("[data-action=say]").click()


def test_one_takes_a_lesson_alone_from_the_list_to_the_sheet(page: Page) -> None:
    lesson = load("overfitting_and_flooding")
    page.goto("/lessons")
    page.locator(f"[data-take={lesson.name}]").click()
    go_on(page, "alone.begin")
    for number, step in enumerate(lesson.steps):
        expect(page.get_by_role("heading", level=1)).to_have_text(step.title)
        expect(page.locator("[data-action=next]")).to_be_disabled()
        predict(page, lesson, number)
        go_on(page, "room.next.run")
        if not number:
            page.frame_locator("iframe").locator("[data-action=pause]").wait_for()  # it runs
            page.reload()
            page.frame_locator("iframe").locator(".lab-where").first.wait_for()
        go_on(page, "room.next.explain")
        expect(page.locator(".alone-verdict")).to_have_text(re.compile(r"^Right: "))
        go_on(page, "alone.to_sheet" if number + 1 == len(lesson.steps) else "room.next.step")
    page.get_by_label(WORDS["alone.sentence"]).fill("Watch <b>both</b>\u202e losses.")
    expect(page.locator(".alone-own p")).to_have_text("Watch <b>both</b> losses.")
    expect(page.locator(".alone-part dd").filter(has_text="✓")).to_have_count(len(lesson.steps))
    page.get_by_label(WORDS["alone.sentence"]).fill("x" * 10_000)
    expect(page.get_by_role("alert").filter(has_text="10000")).to_be_visible()
    page.reload()
    expect(page.locator(".alone-own p")).to_have_text("Watch <b>both</b> losses.")


def test_the_sheet_of_each_lesson_is_two_pages_at_most_and_nothing_else_is_on_it(page: Page) -> None:
    for name in names():
        lesson = load(name)
        said = {
            number: 0 if step.question.kind == CHOICE else step.question.low
            for number, step in enumerate(lesson.steps)
            if step.question is not None
        }
        page.goto(f"/lesson/{name}")
        page.evaluate(KEEP, [name, {"at": 99, "reached": 99, "said": said, "words": {}, "sentence": LONG}])
        page.reload()
        rights = page.locator(".alone-part dt").filter(has_text=re.compile(f"^{WORDS['alone.right']}$"))
        expect(rights).to_have_count(len(said))
        assert 1 <= len(PAGES.findall(page.pdf(prefer_css_page_size=True))) <= 2, name
        page.emulate_media(media="print")
        for part in (".wall-head", ".wall-foot", ".alone-hand"):
            expect(page.locator(part)).to_be_hidden()
        expect(page.locator(".alone-paper")).to_be_visible()
        page.emulate_media(media="screen")


def test_a_lesson_is_walked_on_a_projector_by_a_clicker_wherever_the_focus_is(page: Page) -> None:
    page.goto("/lesson/why_relu?view=present")
    lesson = load("why_relu")
    heading, frame = page.get_by_role("heading", level=1), page.frame_locator("iframe")
    expect(heading).to_have_text(lesson.title)
    page.keyboard.press("PageDown")
    expect(heading).to_have_text(lesson.steps[0].title)
    page.keyboard.press("ArrowRight")
    frame.locator(".lab-where").first.wait_for()
    frame.locator("[data-action=pause]").click()
    page.keyboard.press("PageDown")  # which the frame hears, as it has the focus
    expect(page.locator(".alone-verdict")).to_have_text(re.compile("10 ± 4"))
    page.keyboard.press("PageUp")
    expect(page.locator(".alone-why")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/lesson/why_relu")
    for key in ("alone.begin", "room.next.run", "room.next.explain", "room.next.step"):
        if key == "room.next.run":
            predict(page, load("why_relu"), 0)
        expect(page.locator("[data-action=next]")).to_have_text(WORDS[key])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("[data-action=next]").click()
