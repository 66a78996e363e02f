"""The library's page in a real browser, on the lab's own route and a store: found, named, deleted, brought back."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from streamlit.testing.v1 import AppTest

from pages import library
from pages.lab.files import ASSETS, Assets, paths, plotly_js
from pages.lab.shelf import Shelf
from pages.lab.text import FALLBACK, load_words
from pages.lab.visitors import cookie_name
from pages.library import build_library
from tests.conftest import Server
from tests.limits import WAIT_S
from tests.pages import test_study_links as study_links
from tests.pages.serving import fetch_as, served, wait_until
from tests.pages.test_component import wait_for_chart
from tests.pages.test_pages import start
from trainers.evidence.plan import plan_repeat, plan_sweep
from trainers.kinds.run import Run, empty_history
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.store.archive import read_archive
from trainers.store.library import Library
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.store.study_recording import StudyNow, StudyRecording
from trainers.takeaway.forms import FORMS

WORDS = load_words(FALLBACK)
MINE = "m" * 32
LISTED = ".library-table tbody tr, .library-empty:visible"
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
def site(tmp_path: Path, port: int) -> Iterator[Site]:
    store, at = Store(tmp_path), paths()

    async def page(request: Request) -> Response:
        theme = request.query_params.get("theme", "light")
        module = f"{at['assets']}/joined/library.js"
        config = json.dumps(build_library(WORDS))
        return HTMLResponse(PAGE.replace("THEME", theme).replace("MODULE", module).replace("CONFIG", config))

    routes = [
        Route("/page", page),
        Route(at["library"], Shelf(store).answer, methods=["GET", "PATCH"]),
        Route(at["plotly"], plotly_js),
        Mount(at["assets"], Assets(directory=ASSETS)),
    ]
    with served(Starlette(routes=routes), port=port) as host:
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


Open = Callable[..., Page]
WIDE: Any = {"width": 1200, "height": 900}


@pytest.fixture
def open_page(context: BrowserContext) -> Iterator[Open]:
    errors: list[str] = []

    def opener(site: Site, query: str = "", *, size: Any = None, until: str = LISTED) -> Page:
        url = f"http://{site.host}/page"
        context.add_cookies([{"name": cookie_name(), "value": MINE, "url": url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error.message))
        page.set_viewport_size(WIDE if size is None else size)
        page.goto(f"{url}{query}")
        page.locator(until).first.wait_for()
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
    line = page.locator(".library-line")
    line.hover()  # as long as a hand is there it stays
    expect_ids(page, "r0", "r2")
    expect(control(page, "r2", "delete")).to_be_focused()
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
    expect_ids(page, "r0", "r1", "r2")


def test_a_browser_without_cookies_has_a_library_of_its_tab(full: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"http://{full.host}/page")
    expect(page.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])


# --- beside each other -------------------------------------------------------------------------------------------


def test_marked_runs_are_compared_and_another_becomes_the_reference(
    full: Site, open_page: Open, histories: tuple[History, History]
) -> None:
    other = empty_history(replace(histories[0].spec, seed=histories[0].spec.seed + 1))
    other.append(Run(other.spec).advance(WAIT_S))
    full.keep(other, "r3", name="another seed", created_at=time.time() + 1)
    page = open_page(full)
    compare = page.get_by_role("link", name="Compare")
    row(page, "r3").get_by_role("checkbox").check()
    expect(compare).to_have_attribute("aria-disabled", "true")
    row(page, "r0").get_by_role("checkbox").check()
    compare.click()
    page.wait_for_url("**/page?compare=r3,r0")
    expect(page.locator(".compare-hand")).to_contain_text("Picked by hand: no verdict.")
    study = f"/flooding?seed={other.spec.seed}&steps=40&flood_level=0.4"
    expect(page.locator("[data-action=study]")).to_have_attribute("href", study)
    expect(page.locator("[data-setting]")).to_have_count(1)
    expect(page.locator("[data-setting=seed]")).to_contain_text(str(other.spec.seed))
    drawn = "document.querySelector('.lab-plot').data?.map(({name, line}) => [name, line.dash])"
    seeds = [["another seed", "solid"], ["wide net", "dot"]]
    baselines = [[f"{name}, baseline", "dash"] for name, _ in seeds]
    wait_until(page, lambda: page.evaluate(drawn) == [*seeds, *baselines])
    final = [history.test(1, "test_loss")[-1] for history in (other, histories[0])]
    cells = page.locator("[data-compared=r0] td")
    sign = "+" if final[1] > final[0] else "−"
    expect(cells.nth(1)).to_have_text(re.compile(rf"^{re.escape(sign)}[\d.]+$"))
    page.get_by_role("radio", name="Make wide net the reference").check()
    expect(cells.nth(1)).to_have_text("")
    page.get_by_role("combobox").select_option(label="training loss")
    wait_until(page, lambda: page.url.endswith("?compare=r3,r0&reference=r0&metric=train_loss"))
    plot = page.locator(".lab-plot").bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    place = page.locator(".compare thead th").nth(5)
    expect(place).to_contain_text("at step")
    page.get_by_role("slider", name=WORDS["library.compare.place"]).press("Home")
    expect(place).to_have_text("at step 1")
    first = float(histories[0].row(1, "train_loss")[0])
    expect(cells.nth(4)).to_contain_text(f"{first:.3g}")
    page.get_by_role("radio", name=WORDS["lab.axis.short.epoch"]).check()
    page.get_by_role("button", name=WORDS["lab.log"]).click()
    shown = "?compare=r3,r0&reference=r0&metric=train_loss&x=epoch&log=0"
    wait_until(page, lambda: page.url.endswith(shown))
    page.reload()
    expect(page.get_by_role("button", name=WORDS["lab.log"])).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("radio", name=WORDS["lab.axis.short.epoch"])).to_be_checked()
    page.get_by_role("link", name="All runs").click()
    expect_ids(page, "r3", "r0", "r1", "r2")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_what_is_missing_is_said_and_nothing_scrolls_sideways(
    full: Site, open_page: Open, theme: str
) -> None:
    page = open_page(full, f"?theme={theme}&compare=r0,r2,theirs", size=PHONE, until="[data-compared]")
    expect(page.locator(".compare-missing")).to_have_text("Not among your runs, deleted, or damaged: theirs.")
    expect(page.locator(".compare-settings")).to_contain_text("They differ in no setting.")
    expect(page.locator("[data-compared]")).to_have_count(2)
    wait_until(page, lambda: page.evaluate("document.querySelector('.lab-plot').data?.length") == 3)
    wait_until(page, lambda: page.evaluate("document.documentElement.scrollWidth") == PHONE["width"])


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


def drop(page: Page, name: str, content: bytes) -> None:
    """Drops a file on the page's list."""
    given = page.evaluate_handle(
        """([name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
          return data;
        }""",
        [name, b64encode(content).decode()],
    )
    page.dispatch_event(".library-body", "dragover", {"dataTransfer": given})
    expect(page.locator(".library-import[data-over]")).to_be_visible()
    page.dispatch_event(".library-body", "drop", {"dataTransfer": given})


def test_a_run_that_was_begun_is_in_the_library_opens_from_there_and_goes_to_another(
    context: BrowserContext, browser: Browser, tmp_path: Path
) -> None:
    settings = {"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": str(tmp_path / "data")}
    server = Server(tmp_path / "output.txt", **settings)
    try:
        server.wait_until_ready()
        page = context.new_page()
        page.goto(f"{server.url}/flooding?steps=30&flood_level=0.4&autostart=1")
        expect(page.locator(".lab-line[data-kind=end]")).to_contain_text("One seed")
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Library").click()
        found = page.locator("[data-run]")
        expect(found).to_contain_text("finished")
        expect(found).to_contain_text("b 0.4")
        public_id = found.get_attribute("data-run")
        again = found.locator("[data-action=again]")
        assert again.get_attribute("href") == "/flooding?steps=30&flood_level=0.4"
        opening = found.locator("[data-action=open]")
        assert opening.get_attribute("href") == f"/flooding?run={public_id}"
        opening.click()
        expect(page.locator(".lab-where").first).to_contain_text("step 30 of 30")
        expect(page).to_have_url(re.compile(r"/flooding\?steps=30&flood_level=0\.4$"))  # which says what is set
        page.goto(f"{server.url}/library?compare={public_id},theirs")
        expect(page.locator(f'[data-compared="{public_id}"]')).to_contain_text("steps 30 · finished")
        expect(page.locator(".compare-missing")).to_contain_text("theirs")
        wait_until(page, lambda: page.evaluate("document.querySelector('.lab-plot').data?.length") == 2)
        assert page.url.endswith(f"/library?compare={public_id},theirs")
        stranger = browser.new_context()
        other = stranger.new_page()
        other.goto(f"{server.url}/library")
        expect(other.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])
        secret = next(one["value"] for one in context.cookies() if one["name"].startswith("lab_"))
        whole = build_spec("flooding", steps=300)
        plans = {"repeated": plan_repeat(whole, 2), "swept": plan_sweep(whole, {"flood_level": (0.1, 0.2)}, 2)}
        with closing(Store(tmp_path / "data")) as store:
            for name, plan in plans.items():
                store.write([(StudyRecording(name, Visitor.of(secret).id), StudyNow(plan, "canceled", ()))])
        for name, tab in (("repeated", "tab.seeds"), ("swept", "tab.sweep")):
            page.goto(f"{server.url}/library")
            control(page, name, "open").click()
            expect(page.get_by_role("tab", name=WORDS[tab])).to_have_attribute("aria-selected", "true")
            expect(page.locator(".seeds .lab-where")).to_contain_text(f"0 of {plans[name].num_runs}")
            expect(page.locator(".seeds-about")).to_contain_text("300 steps")
            expect(page).to_have_url(re.compile(r"/flooding\?steps=300$"))
        with closing(Store(tmp_path / "data")) as store:
            Library(store, [Visitor.of(secret).id]).delete(list(plans))
        settings_file = fetch_as(page, f"{server.url}/lab/export/{public_id}.json").body()
        page.goto(f"{server.url}/library")
        page.get_by_role("button", name="Import").press("Enter")
        expect(page.get_by_role("button", name="Choose files")).to_be_focused()
        names = ("same.json", "again.json")
        files = [FilePayload(name=name, mimeType="", buffer=settings_file) for name in names]
        page.locator("input[type=file]").set_input_files(files)
        outcomes = page.get_by_role("list", name="What became of the files").get_by_role("listitem")
        expect(outcomes).to_have_text(["same: imported", "same: here already"])
        expect(page.locator("[data-run]")).to_have_count(2)
        with page.expect_download() as taken:
            page.get_by_role("link", name="Download all").click()
        for box in page.locator("[data-run] input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name=WORDS["lab.take"]).click()
        box = page.get_by_role("dialog", name=WORDS["lab.take.title"])
        expect(box.get_by_role("heading").first).to_have_text("Take 2 runs home")
        expect(box.get_by_role("link")).to_have_count(8)
        with page.expect_download() as table:
            box.locator("[data-form=csv]").click()
        assert (
            len(set(re.findall(r"^\w{16}", table.value.path().read_text("utf-8"), re.MULTILINE))) == 1
        )  # one has no step
        box.get_by_role("button", name=WORDS["lab.take.close"]).click()
        drop(other, "library.zip", taken.value.path().read_bytes())
        expect(other.locator(".library-import [role=status]")).to_have_text("2 imported, 0 here already, 0 refused.")
        drop(other, "<i>.csv", b"no run")
        expect(other.locator("[data-outcome=refused]")).to_contain_text("<i>.csv: it is no CSV of a run")
        brought = other.locator("[data-run]", has_text="b 0.4").filter(has_text="finished")
        expect(brought).to_contain_text("imported")
        brought.locator("[data-action=open]").click()
        expect(other.locator(".lab-where").first).to_contain_text("step 30 of 30")
        wait_for_chart(other, "data.length >= 2")
        expect(other.get_by_role("button", name="Go on")).to_have_count(0)
        stranger.close()
    finally:
        server.stop()


def test_a_run_is_shared_by_a_link_and_the_library_moves_to_another_browser(browser: Browser, tmp_path: Path) -> None:
    settings = {"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": str(tmp_path / "data")}
    server = Server(tmp_path / "output.txt", **settings)
    first, second = (browser.new_context(viewport=WIDE) for _ in range(2))
    try:
        server.wait_until_ready()
        mine, theirs = first.new_page(), second.new_page()
        mine.goto(f"{server.url}/flooding?steps=30&flood_level=0.4&autostart=1")
        expect(mine.locator(".lab-line[data-kind=end]")).to_contain_text("One seed")
        mine.locator(".lab-exports [data-action=share]").click()
        box = mine.get_by_role("dialog", name=WORDS["lab.share.title"])
        expect(box).to_contain_text(WORDS["lab.share.count.none"])
        box.get_by_role("button", name=WORDS["lab.share.make"]).click()
        expect(box).to_contain_text(WORDS["lab.share.count.one"])
        link = box.get_by_label(WORDS["lab.share.link"], exact=True).input_value()
        theirs.goto(link)
        expect(theirs.locator(".lab-where").first).to_contain_text("step 30 of 30")
        expect(theirs.locator(".lab-wheel")).to_contain_text(WORDS["lab.wheel.visit"])
        expect(theirs.locator("[data-action=share]")).to_be_hidden()
        with theirs.expect_download() as saved:
            theirs.locator("[data-export=csv]").click()
        assert saved.value.path().read_text("utf-8").count("\n") == 61
        theirs.get_by_role("button", name=WORDS["lab.take"]).click()
        taken = theirs.get_by_role("dialog", name=WORDS["lab.take.title"])
        files = {}
        for name in FORMS:
            with theirs.expect_download() as saved:
                taken.locator(f"[data-form={name}]").click()
            files[name] = saved.value.path()
            assert saved.value.suggested_filename.endswith(FORMS[name].ending)
        assert read_archive(files["bundle"].read_bytes()).now.history.step == 30
        assert files["comma"].read_text("utf-8-sig").count(";") > files["csv"].read_text("utf-8").count(",") / 2
        assert files["png"].read_bytes().startswith(b"\x89PNG") and files["script"].stat().st_size > 10_000
        mine.goto(f"{server.url}/library")
        expect(mine.locator("[data-run]")).to_contain_text(WORDS["library.shared"])
        mine.locator("[data-run] [data-action=share]").click()
        mine.get_by_role("button", name=WORDS["lab.share.revoke"]).click()
        expect(theirs.locator(".lab-line")).to_have_text(WORDS["lab.gone.shared"])  # who sees it sees it no more
        expect(mine.locator("[data-run] [data-action=share]")).to_have_attribute("aria-pressed", "false")
        theirs.goto(link)
        expect(theirs.locator(".lab-line")).to_have_text(WORDS["lab.gone.shared"])
        mine.get_by_role("button", name=WORDS["lab.share.close"]).click()
        mine.get_by_role("button", name=WORDS["library.move"]).click()
        mine.get_by_role("button", name=WORDS["library.move.give"]).click()
        code = mine.locator("output.lab-code")
        expect(code).to_have_text(re.compile(r"^(\w{4}-){2}\w{4}$"))
        theirs.goto(f"{server.url}/library")
        expect(theirs.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])
        theirs.get_by_role("button", name=WORDS["library.move"]).click()
        typed = theirs.get_by_label(WORDS["library.move.code"], exact=True)
        typed.fill("2222-2222-2222")
        typed.press("Enter")
        expect(theirs.get_by_role("dialog")).to_contain_text(WORDS["library.move.wrong"])
        typed.fill(code.inner_text().lower().replace("-", " "))
        typed.press("Enter")
        expect(theirs.get_by_role("dialog")).to_contain_text(WORDS["library.move.done.one"])
        expect(theirs.locator("[data-run]")).to_contain_text("b 0.4")
        mine.reload()
        expect(mine.locator(".library-empty:visible")).to_have_text(WORDS["library.empty"])
    finally:
        first.close()
        second.close()
        server.stop()


def test_studies_are_shared_by_links_and_seen_whole_until_they_are_revoked(browser: Browser, tmp_path: Path) -> None:
    with closing(Store(tmp_path / "data")) as store:
        for name, plan in {"many": study_links.repeat(), "swept": study_links.sweep()}.items():
            study_links.keep(store, name, plan)
    settings = {"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": str(tmp_path / "data")}
    server = Server(tmp_path / "output.txt", **settings)
    first, second = (browser.new_context(viewport={"width": 1200, "height": 900}) for _ in range(2))
    try:
        server.wait_until_ready()
        cookie = f"lab_{server.url.rpartition(':')[2]}"
        first.add_cookies([{"name": cookie, "value": "a" * 32, "url": server.url}])
        mine, theirs = first.new_page(), second.new_page()
        mine.goto(f"{server.url}/library")
        box, links = mine.get_by_role("dialog", name=WORDS["lab.share.title"]), {}
        for name in ("many", "swept"):
            mine.locator(f"[data-run={name}] [data-action=share]").click()
            box.get_by_role("button", name=WORDS["lab.share.make"]).click()
            expect(box).to_contain_text(WORDS["lab.share.count.one"])
            links[name] = box.get_by_label(WORDS["lab.share.link"], exact=True).input_value()
            box.get_by_role("button", name=WORDS["lab.share.close"]).click()
        theirs.goto(links["swept"])
        seeds = theirs.locator(".seeds")
        expect(seeds.locator(".lab-where")).to_have_text("4 of 4 runs · finished")
        expect(seeds.locator(".lab-wheel")).to_have_text(WORDS["lab.seeds.visit"])
        wait_for_chart(theirs, "data.length > 2 && data.at(-1).y.length === 2", chart="response")
        theirs.goto(links["many"])
        expect(seeds.locator(".lab-where")).to_have_text("2 of 2 seeds · finished")
        expect(seeds.locator(".seeds-about")).to_contain_text("b 0.3")  # what it is of, it says itself
        expect(seeds.locator(".seeds-verdict")).to_contain_text("2 of 2 seeds")
        expect(seeds.locator(".lab-wheel")).to_have_text(WORDS["lab.seeds.visit"])
        wait_for_chart(theirs, "data.length > 2", chart="seeds")
        expect(seeds.locator(".many-table tbody tr").nth(1)).to_be_attached()
        for action in ("cancel", "go-on", "share"):
            expect(seeds.locator(f"[data-action={action}]")).to_be_hidden()
        with theirs.expect_download() as saved:
            seeds.locator("[data-export='.csv']").click()
        assert saved.value.path().read_text("utf-8").count("\n") == 5
        mine.goto(links["many"])  # whose it is has it as it was, and shares it there
        mine.locator(".seeds [data-action=share]").click()
        expect(box).to_contain_text(WORDS["lab.share.count.one"])
        expect(mine.locator(".seeds .lab-wheel")).to_be_hidden()
        box.get_by_role("button", name=WORDS["lab.share.revoke"]).click()
        expect(seeds.locator(".lab-line")).to_have_text(WORDS["lab.seeds.gone.shared"])
        expect(seeds.locator(".seeds-verdict")).to_contain_text("2 of 2 seeds")  # what is seen stays
        theirs.goto(links["many"])
        expect(seeds.locator(".lab-line")).to_have_text(WORDS["lab.seeds.gone.shared"])
        expect(seeds.locator(".seeds-about")).to_be_hidden()
    finally:
        first.close()
        second.close()
        server.stop()


# --- the page's script -------------------------------------------------------------------------------------------


def test_the_page_stands_in_the_navigation_and_has_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("pages.lab.component.live", lambda config, **_: told.append(config))
    app: AppTest = start()
    app.switch_page("library.py")
    app.run()
    assert not app.exception and [title.value for title in app.title] == ["Library"]
    notes = re.findall(r'^"""(.+)"""$', Path(library.__file__).read_text("utf-8"), re.MULTILINE)
    assert len(notes) > 1 and not {text.value for text in app.markdown} & set(notes)  # they are for who reads the code
    (config,) = told
    assert "plotly" not in config  # or it would be loaded beforehand
    assert config["plotly_later"].startswith(f"{paths()['plotly']}?")
    assert config["library"] == paths()["library"] and config["module"] == "joined/library.js"
    assert config["labels"]["library.title"] == "Library"


def test_every_word_that_the_page_says_is_there() -> None:
    labels = build_library(WORDS)["labels"]
    modules = [ASSETS / "library.js", *(ASSETS / "library").glob("*.js")]
    said = {key for path in modules for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert said and said <= labels.keys()
