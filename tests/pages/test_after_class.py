"""A teacher in a browser: a second wall, a clicker, and what came of the room, which is then deleted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pages.lab.text import FALLBACK, load_words
from tests.limits import WAIT_MS
from tests.pages.test_classroom import code_on, go_on, joined
from trainers.teaching.lesson import from_article

WORDS = load_words(FALLBACK)
NO_LIMIT = 20000  # steps, so that the run goes on for as long as it is looked at


@pytest.fixture
def context(browser: Browser, app_server: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=app_server, viewport={"width": 1920, "height": 1080})
    made.set_default_timeout(WAIT_MS)
    yield made
    made.close()


def opened(context: BrowserContext) -> Page:
    """A page that is quick to fail where its script does."""
    page = context.new_page()

    def failed(error: object) -> None:
        pytest.fail(str(error))

    page.on("pageerror", failed)
    return page


def test_a_second_wall_a_clicker_and_what_came_of_it(
    browser: Browser, app_server: str, context: BrowserContext
) -> None:
    wall = opened(context)
    wall.goto(f"/flooding?steps={NO_LIMIT}")
    wall.locator("[data-action=teach]").click()
    wall.wait_for_url("**/wall/*")
    phone = joined(browser, app_server, code_on(wall))
    go_on(wall, "room.next.ask")
    phone.locator("[data-choice='1']").click()
    expect(phone.locator(".room-question [role=status]")).to_contain_text("flooding")
    go_on(wall, "room.next.end_vote")
    go_on(wall, "room.next.run")
    phone.locator(".room-curve").first.wait_for()  # the run is the room's

    second = opened(context)
    second.goto(wall.url)
    expect(second.locator("iframe")).to_have_attribute("src", re.compile(r"[?&]run=[0-9a-f]{16}$"))
    expect(second.frame_locator("iframe").locator(".lab-where").first).to_contain_text(f"{NO_LIMIT:,}")
    second.close()

    frame = wall.frame_locator("iframe")
    frame.locator("[data-range=flood_level]").press("ArrowRight")  # has the focus, and is turned by it
    expect(frame.locator("[data-box=flood_level]")).not_to_have_value("0.2")
    expect(wall.locator("body")).to_have_attribute("data-phase", "run")
    wall.keyboard.press("PageDown")
    expect(wall.locator("body")).to_have_attribute("data-phase", "explain")

    report = opened(context)
    report.goto("/lessons")
    report.locator(".lessons-rooms li[data-open]").get_by_role("link", name=WORDS["lessons.rooms.report"]).click()
    report.wait_for_url("**/report/*")
    rows = report.locator(".report-votes tbody tr")
    expect(rows).to_have_text(
        [re.compile(r"0 \(0 %\)"), re.compile(r"flooding.*1 \(100 %\)"), re.compile(r"0 \(0 %\)")]
    )
    with report.expect_download() as download:
        report.get_by_role("link", name=WORDS["report.csv"], exact=True).click()
    (row,) = csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8")))
    assert (row["person"], row["said"], row["people"]) == ("p1", "flooding", "1")
    run = report.locator(".report-runs a").first.get_attribute("href")
    assert row["runs"] and str(run).endswith(f"run={row['runs']}")
    for width in (320, 390):
        report.set_viewport_size({"width": width, "height": 844})
        assert report.evaluate("document.documentElement.scrollWidth") <= width
    delete = report.locator("[data-action=delete]")
    delete.click()
    expect(delete).to_have_text(WORDS["room.desk.delete.sure"])
    delete.click()
    expect(report.locator(".room-notice")).to_have_text(WORDS["room.desk.deleted"])
    for page in (wall, phone):
        expect(page.locator(".room-notice")).to_have_text(WORDS["room.over.gone"])
    phone.context.close()


def test_what_a_page_gives_to_try_is_one_press_away_as_a_lesson(context: BrowserContext) -> None:
    page, lesson = opened(context), from_article("flooding")
    page.goto("/flooding")
    page.get_by_role("tab", name=WORDS["tab.try"]).click()
    link = page.get_by_role("link", name=WORDS["try.lesson"])
    expect(link).to_have_attribute("href", re.compile(r"/lesson/flooding$"))
    page.goto("/lesson/flooding")
    go_on(page, "alone.begin")
    expect(page.get_by_role("heading", level=1)).to_have_text(lesson.steps[0].title)
    page.get_by_label(WORDS["alone.words"]).fill("they coincide")
    go_on(page, "room.next.run")
    page.frame_locator("iframe").locator(".lab-where").first.wait_for()
    go_on(page, "room.next.explain")
    expect(page.locator(".room-text").filter(has_text="They coincide, step for step.")).to_be_visible()
