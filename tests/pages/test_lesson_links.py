"""Lesson links in a real browser: exactly one knob is handed out, and the way to the rest is found."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from pages.lab.text import FALLBACK, load_words
from tests.pages.serving import wait_until
from tests.pages.test_component import drag, start

WORDS = load_words(FALLBACK)
LOCKED = WORDS["lab.reach.locked"]


def query_of(page: Page) -> dict[str, str]:
    """What the address says."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def set_state(page: Page, name: str, state: str) -> None:
    """Chooses in the dialog what becomes of a control."""
    page.locator(f".lab-lesson-box [data-name={name}] [data-value={state}]").click()


def make_link(page: Page, *toggles: str) -> str:
    """The link by which the flood level alone is handed out, with a learning rate that is seen."""
    page.locator("[data-action=lesson]").click()
    page.locator("[data-action=all-hidden]").click()
    set_state(page, "flood_level", "free")
    set_state(page, "lr", "locked")
    for toggle in toggles:
        page.locator(f".lab-lesson-box [data-toggle={toggle}]").check()
    return page.get_by_label(WORDS["lab.lesson.link"], exact=True).input_value()


def knobs(page: Page) -> list[str]:
    """The knobs and settings that are seen."""
    return [knob.get_attribute("data-knob") or "" for knob in page.locator("[data-knob]:visible").all()]


def test_exactly_one_knob_is_handed_out_and_the_rest_is_named_and_one_press_away(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?flood_level=0.1&seed=107&steps=100000")
    page.locator("[data-action=run]").wait_for()
    link = make_link(page)
    page.goto(link)
    page.locator(".lab-reach:visible").wait_for()
    assert knobs(page) == ["flood_level", "lr"]
    line = page.locator(".lab-reach")
    for name in ("wrong labels", "seed", "steps", "speed", "task", "further arms", "what the charts show"):
        expect(line).to_contain_text(name)
    expect(line).to_contain_text("Locked here: learning rate.")
    for hidden in ("[data-box=seed]", "[data-range=speed]", "[data-action=add-arm]", "[data-action=reseed]"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator("[data-action=seeds]")).to_have_count(0)
    expect(page.locator("[data-testid=stTabs], .stTabs")).to_have_count(0)
    rate = page.locator("[data-range=lr]")
    expect(rate).to_be_disabled()
    assert rate.get_attribute("aria-description") == LOCKED
    expect(page.locator("[data-knob=lr]")).to_have_attribute("title", LOCKED)

    start(page)
    page.keyboard.press("n")  # a new seed is hidden, so its key is deaf
    drag(page, "flood_level", 0.8)
    page.mouse.up()
    level = page.locator("[data-box=flood_level]").input_value()
    assert level != "0.1"
    turned = {"flood_level": level, "seed": "107", "steps": "100000"}
    wait_until(page, lambda: query_of(page) == {**turned, "show": "flood_level,lr", "lock": "lr"})

    page.reload()
    page.locator("[data-action=pause]").wait_for()
    assert knobs(page) == ["flood_level", "lr"]
    page.locator("[data-action=unlock]").click()
    page.locator("[data-box=seed]:visible").wait_for()
    expect(page.locator("[data-box=seed]")).to_have_value("107")
    expect(page.locator("[data-action=pause]")).to_be_visible()  # the run goes on
    expect(page.locator("[data-range=lr]")).to_be_enabled()
    expect(page.locator(".lab-reach")).to_be_hidden()
    page.locator(".stTabs").wait_for()
    wait_until(page, lambda: query_of(page) == turned)


def test_a_strict_link_names_what_it_holds_back_and_starts_by_itself_where_it_says_so(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=100000")
    page.locator("[data-action=run]").wait_for()
    page.goto(make_link(page, "strict", "autostart"))
    page.locator("[data-action=pause]").wait_for()
    expect(page.locator(".lab-reach")).to_contain_text("seed")
    for way_out in ("unlock", "lesson"):
        expect(page.locator(f"[data-action={way_out}]")).to_have_count(0)
    told = {"steps": "100000", "show": "flood_level,lr", "lock": "lr", "strict": "1"}
    wait_until(page, lambda: query_of(page) == told)


def test_the_presenter_shows_what_is_handed_out(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?view=present&show=flood_level,lr,tabs&lock=lr")
    page.locator(".lab-reach:visible").wait_for()
    assert knobs(page) == ["flood_level", "lr"]
    page.locator("[data-action=lab]").click()
    page.locator("[data-action=present]").wait_for()
    assert knobs(page) == ["flood_level", "lr"]
    page.locator(".stTabs").wait_for()
    wait_until(page, lambda: query_of(page) == {"show": "flood_level,lr,tabs", "lock": "lr"})


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark")])
def test_the_dialog_fits_and_its_link_is_always_in_sight(
    browser_page: Page, width: int, height: int, scheme: str
) -> None:
    page = browser_page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/weight_averaging")
    page.locator("[data-action=run]").wait_for()
    page.locator("[data-action=lesson]").click()
    box = page.locator(".lab-lesson-box")
    expect(box.locator("textarea")).to_be_in_viewport()
    expect(box.locator("[data-copy=lesson]")).to_be_in_viewport()
    assert box.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box.locator("[data-name=tabs] [data-value=hidden]").click()  # the last one is reached
    link = box.locator("textarea").input_value()
    assert "show=" in link and "tabs" not in link
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
