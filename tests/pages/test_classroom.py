"""A class in browsers: a wall, a paired desk and five phones go through a whole lesson."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pages.lab.text import FALLBACK, load_words
from tests.pages.serving import wait_until
from trainers.teaching.lesson import CHOICE, Lesson, load

WORDS = load_words(FALLBACK)
PHONE = {"width": 390, "height": 844}
SOCKETS = """
(() => {
  const Plain = window.WebSocket;
  window.lines = {opened: [], areCut: false};
  window.WebSocket = class extends Plain {
    constructor(url, ...rest) {
      super(lines.areCut ? String(url).replace("/lab/", "/nowhere/") : url, ...rest);
      lines.opened.push(this);
    }
  };
})();
"""
"""Keeps hold of a page's sockets; while `lines.areCut` is set, new ones come to nothing."""
LARGE = """
() => Array.from(document.querySelectorAll("main *"))
  .filter((element) => element.checkVisibility() && Array.from(element.childNodes).some(
    ({nodeType, data}) => nodeType === 3 && data.trim()))
  .filter((element) => element.tagName !== "OPTION" && !element.closest("dialog:not([open])"))
  .map((element) => [
    parseFloat(getComputedStyle(element).fontSize) * (element.getScreenCTM?.().a ?? 1),
    element.textContent.trim().slice(0, 40),
  ])
"""


@contextmanager
def page_in(context: BrowserContext) -> Iterator[Page]:
    """A page that is quick to fail where its script does."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    yield page
    assert not errors


@pytest.fixture
def wall(browser: Browser, app_server: str) -> Iterator[Page]:
    context = browser.new_context(base_url=app_server, viewport={"width": 1920, "height": 1080})
    with page_in(context) as page:
        yield page
    context.close()


def code_on(wall: Page) -> str:
    """The code that the wall shows, once it does."""
    shown = wall.locator(".wall-code-large")
    expect(shown).to_have_text(re.compile(r"^\w{3} \w{3}$"))
    return shown.inner_text()


def joined(browser: Browser, app_server: str, code: str) -> Page:
    """A phone that has come in by the code: typed, and one tap."""
    page = browser.new_context(base_url=app_server, viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.add_init_script(SOCKETS)
    page.goto("/join")
    page.get_by_label(WORDS["room.join.code"]).fill(code.lower())
    page.get_by_role("button", name=WORDS["room.join.enter"]).click()
    expect(page.locator(".room-alias")).not_to_be_empty()
    return page


def paired(browser: Browser, app_server: str, wall: Page) -> Page:
    """Another device that the wall has made a desk."""
    wall.locator("[data-action=pair]").click()
    address = wall.get_by_role("link", name=WORDS["room.pair.here"]).get_attribute("href")
    wall.get_by_role("button", name=WORDS["room.pair.close"]).click()
    page = browser.new_context(base_url=app_server, viewport=PHONE).new_page()  # type: ignore[arg-type]
    page.goto(str(address))
    expect(page.locator("[data-action=next]")).to_be_visible()
    expect(page).not_to_have_url(re.compile("key="))
    return page


def go_on(page: Page, key: str) -> None:
    """Presses what comes next, which is called so."""
    button = page.locator("[data-action=next]")
    expect(button).to_have_text(WORDS[key])
    button.click()


def vote(phones: list[Page], lesson: Lesson, step: int) -> list[int]:
    """Has each phone answer, and returns how often each choice was; numbers count as one."""
    question = lesson.steps[step].question
    assert question is not None
    counts = [0] * max(1, len(question.choices))
    for number, phone in enumerate(phones):
        if question.kind == CHOICE:
            chosen = number % len(question.choices)
            phone.locator(f"[data-choice='{chosen}']").click()
            counts[chosen] += 1
        else:
            phone.locator(".room-number").fill(f"{question.answer}")
            phone.locator("[data-action=say]").click()
            counts[0] += 1
    for phone in phones:
        expect(phone.locator(".room-question [role=status]")).to_contain_text(
            WORDS["room.vote.in"].partition("{")[0].strip()
        )
    return counts


def test_a_class_goes_through_a_whole_lesson(browser: Browser, app_server: str, wall: Page) -> None:
    lesson = load("overfitting_and_flooding")
    wall.goto("/lessons")
    wall.locator(f"[data-lesson={lesson.name}]").click()
    wall.wait_for_url("**/wall/*")
    expect(wall.locator(".wall-alone")).to_have_text(WORDS["room.wall.alone"])  # the app is bound to this machine
    code = code_on(wall)
    phones = [joined(browser, app_server, code) for _ in range(5)]
    expect(wall.locator(".wall-joined")).to_contain_text("5")
    aliases = {phone.locator(".room-alias").inner_text() for phone in phones}
    assert len(aliases) == 5
    desk = paired(browser, app_server, wall)
    for number in range(len(lesson.steps)):
        walk(number, lesson, desk, wall, phones)
    expect(phones[0].locator(".room-notice")).to_have_text(WORDS["room.end"])
    desk.locator(".desk-settings summary").click()
    close = desk.locator("[data-action=close]")
    close.click()
    expect(close).to_have_text(WORDS["room.desk.close.sure"])
    close.click()
    for page in (wall, *phones):
        expect(page.locator(".room-notice")).to_have_text(WORDS["room.over.closed"])
    for page in (desk, *phones):
        page.context.close()


def walk(number: int, lesson: Lesson, desk: Page, wall: Page, phones: list[Page]) -> None:
    """One step: a question, the run, why, and the votes."""
    step = lesson.steps[number]
    for page in (desk, *phones):
        expect(page.get_by_role("heading", level=1)).to_have_text(
            lesson.title if not number and page is not desk else step.title
        )
    counts = []
    if step.question is not None:
        go_on(desk, "room.next.ask")
        expect(wall.locator(".wall-question")).to_be_visible()
        counts = vote(phones, lesson, number)
        expect(desk.locator(".desk-advice")).to_contain_text(f"{len(phones)} of {len(phones)}")
        assert "✓" not in wall.locator("main").inner_text() and wall.locator(".room-tally").count() in (0, 1)
        expect(wall.locator(".wall-result")).to_be_hidden()
        small = [found for found in wall.evaluate(LARGE) if found[0] < 1080 / 45]
        assert small == []
        go_on(desk, "room.next.end_vote")
    go_on(desk, "room.next.run")
    for phone in phones:
        phone.locator(".room-curve").first.wait_for()
    expect(wall.locator("iframe")).to_be_visible()
    go_on(desk, "room.next.explain")
    for phone in phones:
        expect(phone.locator(".room-text:visible").first).not_to_be_empty()
    if counts:
        again, result = WORDS["room.next.again"], WORDS["room.next.result"]
        expect(desk.locator("[data-action=next]")).to_have_text(
            re.compile(f"^({re.escape(again)}|{re.escape(result)})$")
        )
        if desk.locator("[data-action=next]").inner_text() == again:
            go_on(desk, "room.next.again")
            assert vote(phones, lesson, number) == counts
            go_on(desk, "room.next.end_vote")
        go_on(desk, "room.next.result")
        for page in (wall, *phones):
            expect(page.locator(".room-bar[data-right]")).to_have_count(1)
    last = number + 1 == len(lesson.steps)
    go_on(desk, "room.next.end" if last else "room.next.step")


def test_a_student_who_reloads_or_loses_the_line_is_where_they_were(
    browser: Browser, app_server: str, wall: Page
) -> None:
    wall.goto("/flooding?steps=100000")
    wall.locator("[data-action=teach]").click()
    wall.wait_for_url("**/wall/*")
    code = code_on(wall)
    phone = joined(browser, app_server, code)
    alias = phone.locator(".room-alias").inner_text()
    go_on(wall, "room.next.ask")
    phone.locator("[data-choice='1']").click()
    expect(phone.locator(".room-question [role=status]")).to_contain_text("flooding")
    for _ in range(2):
        phone.reload()
        expect(phone.locator(".room-alias")).to_have_text(alias)
        expect(phone.locator("[data-choice='1']")).to_have_attribute("aria-pressed", "true")
    wall.reload()  # the teacher's browser ends, and comes back
    expect(wall.locator(".wall-question")).to_be_visible()
    go_on(wall, "room.next.end_vote")
    go_on(wall, "room.next.run")
    phone.locator(".room-curve").first.wait_for()
    frame = wall.frame_locator("iframe")
    frame.locator("[data-range=flood_level]").press("ArrowRight")
    phone.locator(".room-mark").first.wait_for(state="attached")
    phone.evaluate("() => { lines.areCut = true; for (const line of lines.opened) line.close(); }")
    expect(phone.locator(".room-notice")).to_have_text(WORDS["room.lost"])
    phone.evaluate("() => { lines.areCut = false; }")
    expect(phone.locator(".room-notice")).to_be_hidden()
    expect(phone.locator(".room-alias")).to_have_text(alias)
    phone.context.close()


def test_every_student_is_a_seed_on_wall_desk_and_phone(browser: Browser, app_server: str, wall: Page) -> None:
    wall.goto("/flooding?steps=60&width=16&train_size=100&flood_level=0.6")
    wall.locator("[data-action=teach]").click()
    wall.wait_for_url("**/wall/*")
    phones = [joined(browser, app_server, code_on(wall)) for _ in range(2)]
    desk = paired(browser, app_server, wall)
    expect(desk.locator("[data-action=seeds]")).to_be_hidden()
    for key in ("room.next.ask", "room.next.end_vote", "room.next.run"):
        go_on(desk, key)
    phones[0].locator(".room-curve").first.wait_for()
    desk.locator("[data-action=seeds]").click()
    expect(wall.locator(".wall-verdict .room-verdict")).to_contain_text("8 seeds")
    expect(wall.locator(".dot")).to_have_count(8)
    expect(wall.locator("iframe")).to_be_hidden()
    assert [found for found in wall.evaluate(LARGE) if found[0] < 1080 / 45] == []
    verdict = wall.locator(".wall-verdict .room-verdict").inner_text()
    expect(desk.locator(".desk-experiment .room-verdict")).to_have_text(verdict)
    for seed, phone in enumerate(phones):
        expect(phone.locator(".room-part h2")).to_have_text(WORDS.fill("room.part.seed", value=f"{seed}"))
        expect(phone.locator(".room-part .room-curve").first).to_be_visible()
        expect(phone.locator(".room-verdict")).to_contain_text(verdict)
    phones[1].reload()
    expect(phones[1].locator(".room-part .room-curve").first).to_be_visible()
    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name=WORDS["room.experiment.open"]).click()
    expect(opened.value.locator(".seeds-verdict").get_by_text(verdict)).to_be_visible()
    go_on(desk, "room.next.explain")
    expect(wall.locator("iframe")).to_be_visible()
    for page in (desk, *phones):
        page.context.close()


def test_a_class_fills_a_map_of_two_knobs(browser: Browser, app_server: str, wall: Page) -> None:
    wall.goto("/flooding?steps=10&width=16&train_size=100&flood_level=0.6")
    wall.locator("[data-action=teach]").click()
    wall.wait_for_url("**/wall/*")
    phone = joined(browser, app_server, code_on(wall))
    desk = paired(browser, app_server, wall)
    for key in ("room.next.ask", "room.next.end_vote", "room.next.run"):
        go_on(desk, key)
    phone.locator(".room-curve").first.wait_for()
    desk.locator("[data-action=second]").select_option("lr")
    expect(desk.locator(".desk-experiment")).to_contain_text("50")
    desk.locator("[data-action=collect]").click()
    expect(wall.locator(".map-empty")).to_have_count(25)
    phone.locator(".room-bid input").nth(1).fill("2")
    phone.locator("[data-action=bid]").click()
    chosen = WORDS.fill("room.part.setting", setting="flood level b = 0.6, learning rate η = 0.01")
    desk.locator("[data-action=settings]").click()
    expect(wall.locator(".map-mean")).to_have_count(25)
    expect(wall.locator(".map-best")).to_have_count(5)  # in ten steps no loss falls to a level: the levels are equal
    assert [found for found in wall.evaluate(LARGE) if found[0] < 1080 / 45] == []
    assert re.search(
        r"flood level b = 0.6, learning rate η = 0.01: \d",
        wall.locator(".wall-map svg").get_attribute("aria-label") or "",
    )
    expect(phone.locator(".room-part h2")).to_have_text(chosen)
    expect(phone.locator(".room-part .room-curve").first).to_be_visible()
    for page in (desk, phone):
        page.context.close()


def test_the_join_page_says_what_is_wrong_and_fits_a_phone(browser: Browser, app_server: str) -> None:
    context = browser.new_context(base_url=app_server, viewport={"width": 320, "height": 640})
    with page_in(context) as page:
        page.goto("/join")
        page.get_by_label(WORDS["room.join.code"]).fill("abc def")
        page.get_by_role("button", name=WORDS["room.join.enter"]).click()
        expect(page.get_by_role("alert")).to_have_text("There is no open room abc def. Look at the wall again.")
        wait_until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 320)
        page.goto("/room/nowhere")
        expect(page.get_by_role("alert")).to_have_text(WORDS["room.missing"])
    context.close()
