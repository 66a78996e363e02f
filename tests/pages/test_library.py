"""The library's page in a real browser, on the lab's own route and a store: found, named, deleted, brought back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from streamlit.testing.v1 import AppTest

from pages.lab.files import ASSETS, Assets, paths
from pages.lab.shelf import Shelf
from pages.lab.text import FALLBACK, load_words
from pages.lab.visitors import cookie_name
from pages.library import build_library
from tests.conftest import Server
from tests.limits import WAIT_MS, WAIT_S
from tests.pages.serving import served, wait_until
from tests.pages.test_pages import start
from trainers.kinds.run import Run, empty_history
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.store.recording import Now, Recording
from trainers.store.store import Store

WORDS = load_words(FALLBACK)
MINE = "m" * 32
PHONE = {"width": 390, "height": 844}

PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 0; padding: 16px; font-family: sans-serif; background: var(--st-background-color); }
  .light { --st-primary-color: #0072b2; --st-background-color: #ffffff; --st-text-color: #1f2328; }
  .dark { --st-primary-color: #4aa8e0; --st-background-color: #14171a; --st-text-color: #e6e9ec; }
</style>
<body class="THEME"><div id="library"></div>
<script type="module">
  import {mount} from "MODULE";
  mount(document.getElementById("library"), CONFIG, {setState() {}});
</script>
"""


@dataclass(frozen=True)
class Site:
    """The page, served on this machine, with the store behind it."""

    host: str
    store: Store

    def keep(self, history: History, public_id: str, status: str = "finished", **more: Any) -> None:
        self.store.write([(Recording(public_id, Visitor.of(MINE).id, **more), Now(history, status))])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store, at = Store(tmp_path), paths()

    async def page(request: Request) -> Response:
        theme = request.query_params.get("theme", "light")
        module = f"{at['assets']}/joined/library.js"
        config = json.dumps(build_library(WORDS))
        return HTMLResponse(PAGE.replace("THEME", theme).replace("MODULE", module).replace("CONFIG", config))

    routes = [
        Route("/page", page),
        Route(at["library"], Shelf(store).answer, methods=["GET", "PATCH"]),
        Mount(at["assets"], Assets(directory=ASSETS)),
    ]
    with served(Starlette(routes=routes)) as host:
        yield Site(host, store)
    store.close()


@pytest.fixture(scope="module")
def histories() -> tuple[History, History]:
    """A run that has been made, and one that has just begun."""
    made = empty_history(build_spec("flooding", steps=40, values={"flood_level": 0.4, "eval_every": 10}))
    made.append(Run(made.spec).advance(WAIT_S))
    return made, empty_history(build_spec("dropout", steps=60, values={"dropout_p": 0.3}))


@pytest.fixture
def full(site: Site, histories: tuple[History, History]) -> Site:
    """Three runs, an hour apart, the newest first: `r0` (of flooding), `r1` (of dropout), `r2` (of flooding)."""
    now = time.time()
    for number, (history, status, name) in enumerate(
        [(histories[0], "finished", "wide net"), (histories[1], "paused", ""), (histories[0], "failed", "")]
    ):
        site.keep(history, f"r{number}", status, name=name, created_at=now - 3600 * number)
    return site


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1200, "height": 900})
    yield opened
    opened.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(context: BrowserContext) -> Iterator[Open]:
    errors: list[str] = []

    def opener(site: Site, query: str = "", *, size: Any = None) -> Page:
        url = f"http://{site.host}/page"
        context.add_cookies([{"name": cookie_name(), "value": MINE, "url": url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error.message))
        page.set_default_timeout(WAIT_MS)
        if size:
            page.set_viewport_size(size)
        page.goto(f"{url}{query}")
        page.locator(".library-table tbody tr, .library-empty:visible").first.wait_for()
        return page

    yield opener
    assert not errors


def row(page: Page, public_id: str) -> Locator:
    return page.locator(f'[data-run="{public_id}"]')


def control(page: Page, public_id: str, action: str) -> Locator:
    return row(page, public_id).locator(f'[data-action="{action}"]')


def ids(page: Page) -> list[str]:
    found: list[str] = page.locator("[data-run]").evaluate_all("rows => rows.map((row) => row.dataset.run)")
    return found


def expect_ids(page: Page, *expected: str) -> None:
    wait_until(page, lambda: ids(page) == list(expected))


# --- what is seen ------------------------------------------------------------------------------------------------


def test_a_row_says_what_a_run_was_and_leads_to_it(full: Site, open_page: Open) -> None:
    page = open_page(full)
    expect_ids(page, "r0", "r1", "r2")
    expect(page.get_by_role("table", name="Your runs").get_by_role("row")).to_have_count(4)
    expect(row(page, "r0").get_by_role("rowheader")).to_contain_text("wide net")
    expect(row(page, "r0")).to_contain_text("Flooding on two spirals · b 0.4")
    expect(row(page, "r0")).to_contain_text(WORDS["metric.test_loss"])
    expect(row(page, "r0").locator(".library-spark path")).to_have_count(2)
    expect(row(page, "r1")).to_contain_text("0 of 60")
    expect(row(page, "r1")).to_contain_text("paused")
    link = control(page, "r1", "open")
    expect(link).to_have_text("Dropout on MNIST-1D")
    assert link.get_attribute("href") == "/dropout?run=r1"
    assert control(page, "r0", "again").get_attribute("href") == "/flooding?seed=0&steps=40&flood_level=0.4"
    assert row(page, "r0").locator("a[download]").nth(1).get_attribute("href") == "/lab/export/r0.json"


def test_an_empty_library_says_what_will_be_there(site: Site, open_page: Open) -> None:
    page = open_page(site)
    expect(page.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])
    expect(page.get_by_role("table")).to_have_count(0)


def test_the_list_follows_what_is_new(full: Site, open_page: Open, histories: tuple[History, History]) -> None:
    page = open_page(full)
    expect_ids(page, "r0", "r1", "r2")
    full.keep(histories[1], "new", "running")
    expect_ids(page, "new", "r0", "r1", "r2")


def test_more_comes_as_one_scrolls(full: Site, open_page: Open, histories: tuple[History, History]) -> None:
    for number in range(70):
        full.keep(histories[1], f"old{number}", created_at=1e9 + number)
    page = open_page(full)
    expect(page.locator(".library-count")).to_have_text("73 kept")
    assert len(ids(page)) == 50
    page.mouse.wheel(0, 20_000)
    wait_until(page, lambda: len(ids(page)) == 73)
    assert len(set(ids(page))) == 73


# --- filters and orders ------------------------------------------------------------------------------------------


def test_the_filter_narrows_and_stands_in_the_address(full: Site, open_page: Open) -> None:
    page = open_page(full)
    page.get_by_label("words", exact=True).fill("spirals")
    expect_ids(page, "r0", "r2")
    page.get_by_label("state", exact=True).select_option(label="failed")
    expect_ids(page, "r2")
    wait_until(page, lambda: page.url.endswith("/page?words=spirals&state=failed"))
    page.reload()
    expect_ids(page, "r2")
    expect(page.get_by_label("words", exact=True)).to_have_value("spirals")
    page.get_by_role("button", name=WORDS["library.clear"]).click()
    expect_ids(page, "r0", "r1", "r2")
    wait_until(page, lambda: page.url.endswith("/page"))
    page.get_by_label("trick", exact=True).select_option(label="Dropout")
    expect_ids(page, "r1")
    page.get_by_label("trick", exact=True).select_option(label="any")
    page.get_by_label("took at least", exact=True).select_option(label="60 min")
    expect_ids(page, "r1", "r2")
    page.get_by_label("words", exact=True).fill("nothing of the kind")
    expect(page.locator(".library-empty:visible")).to_have_text(WORDS["library.none"])


def test_the_list_is_narrowed_by_days(full: Site, open_page: Open, histories: tuple[History, History]) -> None:
    full.keep(histories[1], "old", created_at=time.mktime((2026, 1, 15, 23, 30, 0, 0, 0, -1)))
    page = open_page(full)
    page.get_by_label("to", exact=True).fill("2026-01-15")
    expect_ids(page, "old")
    page.get_by_label("to", exact=True).fill("2026-01-14")
    expect(page.locator(".library-empty:visible")).to_have_text(WORDS["library.none"])


def test_columns_sort(full: Site, open_page: Open) -> None:
    page = open_page(full)
    head = page.get_by_role("columnheader").filter(has_text="steps")
    head.get_by_role("button").click()
    expect_ids(page, "r1", "r2", "r0")
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()
    wait_until(page, lambda: ids(page)[-1] == "r1")
    expect(head).to_have_attribute("aria-sort", "ascending")
    wait_until(page, lambda: page.url.endswith("?sort=steps&down=0"))


# --- changes -----------------------------------------------------------------------------------------------------


def test_a_run_is_renamed_where_it_stands(full: Site, open_page: Open) -> None:
    page = open_page(full)
    row(page, "r1").hover()
    control(page, "r1", "name").click()
    page.keyboard.type("for  Thursday")
    page.keyboard.press("Enter")
    expect(control(page, "r1", "open")).to_have_text("for Thursday")
    expect(control(page, "r1", "name")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("no")
    page.keyboard.press("Escape")
    expect(control(page, "r1", "name")).to_be_focused()
    page.reload()
    expect(control(page, "r1", "open")).to_have_text("for Thursday")
    expect(row(page, "r1")).to_contain_text("Dropout on MNIST-1D")


def test_a_note_is_kept_when_one_goes_elsewhere(full: Site, open_page: Open) -> None:
    page = open_page(full)
    control(page, "r1", "note").click()
    page.keyboard.type("see <b>the</b> end")
    page.get_by_label("words", exact=True).click()
    expect(control(page, "r1", "note")).to_have_text("see <b>the</b> end")
    page.reload()
    expect(control(page, "r1", "note")).to_have_text("see <b>the</b> end")


def test_pinned_runs_stand_first(full: Site, open_page: Open) -> None:
    page = open_page(full)
    control(page, "r2", "pin").click()
    expect_ids(page, "r2", "r0", "r1")
    expect(control(page, "r2", "pin")).to_have_attribute("aria-pressed", "true")
    expect(control(page, "r2", "pin")).to_be_focused()
    control(page, "r2", "pin").click()
    expect_ids(page, "r0", "r1", "r2")


def test_a_deleted_run_comes_back_by_undo_or_out_of_the_bin(full: Site, open_page: Open) -> None:
    page = open_page(full)
    control(page, "r1", "delete").focus()
    page.keyboard.press("Enter")
    expect_ids(page, "r0", "r2")
    expect(control(page, "r2", "delete")).to_be_focused()
    line = page.locator(".library-line")
    expect(line).to_contain_text("Deleted Dropout on MNIST-1D.")
    page.get_by_role("button", name="Undo").click()
    expect_ids(page, "r0", "r1", "r2")
    expect(control(page, "r1", "delete")).to_be_focused()
    control(page, "r0", "delete").click()
    expect_ids(page, "r1", "r2")
    page.get_by_role("radio", name="Bin (1)").click()
    expect_ids(page, "r0")
    expect(row(page, "r0")).to_contain_text("gone in 7 days")
    expect(page.locator(".library-count")).to_have_text("1 in the bin")
    control(page, "r0", "restore").click()
    expect(page.locator(".library-empty:visible")).to_have_text(WORDS["library.bin.empty"])
    page.get_by_role("radio", name="Kept").click()
    expect_ids(page, "r0", "r1", "r2")


def test_rows_are_held_while_some_are_selected(full: Site, open_page: Open, histories: tuple[History, History]) -> None:
    page = open_page(full)
    row(page, "r1").get_by_role("checkbox").check()
    for number in range(3):
        full.keep(histories[1], f"new{number}", "running", created_at=time.time() + number)
    fresh = page.get_by_role("button", name="3 new: show")
    fresh.wait_for()
    assert ids(page) == ["r0", "r1", "r2"]
    fresh.click()
    expect_ids(page, "new2", "new1", "new0", "r0", "r1", "r2")
    expect(row(page, "r1").get_by_role("checkbox")).to_be_checked()
    row(page, "r0").get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.locator(".library-count")).to_have_text("2 selected")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect_ids(page, "new2", "new1", "new0", "r2")
    expect(page.locator(".library-line")).to_contain_text("Deleted 2.")


def test_a_store_in_trouble_is_said(full: Site, open_page: Open) -> None:
    page = open_page(full)
    full.store.database.read_only = "lab.sqlite cannot be written"
    control(page, "r1", "delete").click()
    expect(page.locator(".library-line")).to_have_text("lab.sqlite cannot be written")
    assert ids(page) == ["r0", "r1", "r2"]


def test_a_browser_without_cookies_has_a_library_of_its_tab(full: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"http://{full.host}/page")
    expect(page.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])


# --- sizes and colors --------------------------------------------------------------------------------------------

KEY = re.compile(r't\("(library\.[\w.]+)"')

OVERFLOWING = """
[...document.querySelectorAll(".library *")]
  .filter((one) => one.getClientRects().length && !one.closest("thead, .library-hidden"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
  .map((one) => one.className || one.tagName)
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_runs_are_cards_and_nothing_scrolls_sideways(full: Site, open_page: Open, theme: str) -> None:
    control_ids = ("name", "note", "pin", "again", "delete")
    full.keep(full.store.load("r0").history, "long", name="a name without any space".replace(" ", "_") * 4)  # type: ignore[union-attr]
    page = open_page(full, f"?theme={theme}", size=PHONE)
    expect_ids(page, "long", "r0", "r1", "r2")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate(OVERFLOWING) == []
    for action in control_ids:
        expect(control(page, "r1", action)).to_be_visible()
    expect(page.get_by_label("state", exact=True)).not_to_be_visible()
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("order by", exact=True).select_option(label="steps")
    wait_until(page, lambda: ids(page)[0] == "r1")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(page.get_by_role("table", name="Your runs").get_by_role("row")).to_have_count(5)  # still a table to hear


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_are_in_the_colors_of_their_arms(full: Site, open_page: Open, theme: str) -> None:
    page = open_page(full, f"?theme={theme}")
    strokes = (
        row(page, "r0")
        .locator(".library-spark path")
        .evaluate_all(
            "paths => paths.map((path) => [getComputedStyle(path).stroke, getComputedStyle(path).strokeDasharray])"
        )
    )
    accent = {"light": "rgb(0, 114, 178)", "dark": "rgb(74, 168, 224)"}[theme]
    (base, dashes), (trick, solid) = strokes
    assert trick == accent and solid == "none" and dashes != "none"
    assert base == {"light": "rgb(111, 115, 120)", "dark": "rgb(163, 166, 171)"}[theme]


# --- in the app --------------------------------------------------------------------------------------------------


def test_a_run_that_was_begun_is_in_the_library_and_opens_from_there(context: BrowserContext, tmp_path: Path) -> None:
    settings = {"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": str(tmp_path / "data")}
    server = Server(tmp_path / "output.txt", **settings)
    try:
        server.wait_until_ready()
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{server.url}/flooding?steps=30&flood_level=0.4&autostart=1")
        expect(page.locator(".lab-line[data-kind=end]")).to_contain_text("One seed")
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Library").click()
        found = page.locator("[data-run]")
        expect(found).to_contain_text("finished")
        expect(found).to_contain_text("b 0.4")
        public_id = found.get_attribute("data-run")
        again = found.locator("[data-action=again]")
        assert again.get_attribute("href") == "/flooding?steps=30&flood_level=0.4"
        found.locator("[data-action=open]").click()
        page.wait_for_url(f"**/flooding?run={public_id}")
        expect(page.locator(".lab-where").first).to_contain_text("step 30 of 30")
        stranger = page.context.browser.new_context()  # type: ignore[union-attr]
        other = stranger.new_page()
        other.goto(f"{server.url}/library")
        expect(other.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])
        stranger.close()
    finally:
        server.stop()


# --- the page's script -------------------------------------------------------------------------------------------


def test_the_page_stands_in_the_navigation_and_has_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("pages.lab.component.live", lambda config, **_: told.append(config))
    app: AppTest = start()
    app.switch_page("library.py")
    app.run()
    assert not app.exception and [title.value for title in app.title] == ["Library"]
    (config,) = told
    assert config["library"] == paths()["library"] and config["module"] == "joined/library.js"
    assert "plotly" not in config and config["labels"]["library.title"] == "Library"


def test_every_word_that_the_page_says_is_there() -> None:
    labels = build_library(WORDS)["labels"]
    modules = [ASSETS / "library.js", *(ASSETS / "library").glob("*.js")]
    said = {key for path in modules for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert said and said <= labels.keys()
