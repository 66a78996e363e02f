"""Journeys through the real app in a real browser: what a person does, from the address to the exported file."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pages.lab.text import FALLBACK, load_words
from tests.conftest import REPOSITORY, Server
from tests.limits import WAIT_S
from tests.pages.serving import fetch_as, wait_until, wait_until_drawn
from tests.pages.test_component import drag, layout, start, traces, wait_for_chart, wait_for_range
from trainers.takeaway.forms import FORMS
from tricks import catalogue

Rows = list[dict[str, str]]

WORDS = load_words(FALLBACK)

CHANCE = ("run_id", "elapsed_s")  # the columns in which two exports of the same training may differ

SOCKETS = """
(() => {
  const Plain = window.WebSocket;
  const live = (window.live = {sockets: [], down: false});
  window.WebSocket = class extends Plain {
    constructor(url, ...rest) {
      const isLive = new URL(url, location.href).pathname.endsWith("/lab/live");
      super(isLive && live.down ? String(url).replace("/lab/live", "/nowhere") : url, ...rest);
      if (isLive) live.sockets.push(this);
    }
  };
})();
"""
"""Keeps hold of the page's live sockets; while `live.down` is set, new ones come to nothing."""


def where(page: Page) -> int:
    """The step that the page says the run has come to."""
    found = re.search(r"step ([\d,]+) of", page.locator(".lab-where").inner_text())
    return int(found[1].replace(",", "")) if found else 0


def wait_for_step(page: Page, step: int) -> None:
    """Waits until the page says that the run has come to `step`, or beyond."""
    wait_until(page, lambda: where(page) >= step)


def pause(page: Page) -> int:
    """Pauses the run, and returns the step at which it stands once the slice under way is in."""
    page.locator("[data-action=pause]").click()
    expect(page.locator(".lab-where")).to_contain_text("paused")
    stands: list[int] = []

    def settled() -> bool:  # for a second: a busy machine may take as long for a slice
        page.wait_for_timeout(100)
        stands.append(len(exported(page)) // 2)
        return stands[-10:] == [stands[-1]] * 10

    wait_until(page, settled)
    return stands[-1]


def run_id(page: Page) -> str:
    """The id of the run that the page watches."""
    link = page.locator("[data-export=csv]").get_attribute("href") or ""
    return link.removeprefix("/lab/export/").removesuffix(".csv")


def exported(page: Page) -> Rows:
    """The rows of the run's CSV as it is now."""
    return rows_of(fetch_as(page, f"/lab/export/{run_id(page)}.csv").text())


def download(page: Page, kind: str, folder: Path) -> Path:
    """What a click on the page's own link to the data brings."""
    with page.expect_download() as started:
        page.locator(f"[data-export={kind}]").click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def rows_of(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def of(rows: Rows, arm: str) -> Rows:
    """The rows of one arm."""
    return [row for row in rows if row["arm"] == arm]


def steps_of(rows: Rows) -> list[int]:
    return [int(row["step"]) for row in rows]


def command(*arguments: str) -> str:
    """What the command line writes to standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "trainers", *arguments], cwd=REPOSITORY, capture_output=True, timeout=WAIT_S
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def alike(rows: Rows) -> Rows:
    """The rows without what chance decides."""
    return [{name: cell for name, cell in row.items() if name not in CHANCE} for row in rows]


def wait_for_points(page: Page, count: int) -> None:
    """Waits until a curve of the first chart has as many points."""
    wait_for_chart(page, "Math.max(...data.map(({x}) => x?.length ?? 0)) >= arg", count)


def plotted(page: Page) -> list[int]:
    """The steps at which the longest curve of the first chart has a value."""
    curve = max(traces(page), key=lambda trace: len(trace["x"]))
    return [step for step, value in zip(curve["x"], curve["y"], strict=True) if value is not None]


def marks(page: Page) -> list[str]:
    """What stands written on the race: the ends of the curves, the turns, the failures."""
    return [note["text"] for note in layout(page)["annotations"]]


def pace(page: Page, place: int) -> None:
    """Sets the slider of the speed: 0 is a step a second, 20 about four, 100 as fast as it goes."""
    page.locator("[data-range=speed]").fill(str(place))


# Arriving


def test_a_fresh_app_answers_a_deep_link_first(browser: Browser, tmp_path: Path) -> None:
    server = Server(tmp_path / "output.txt")
    try:
        server.wait_until_ready()
        context = browser.new_context(base_url=server.url)
        page = context.new_page()
        page.goto("/flooding?flood_level=0.35&lr=0.002&label_noise=0&steps=700&seed=123")
        navigation = page.get_by_test_id("stSidebarNav")
        for name in ("Home", "Flooding", "Focal loss"):
            expect(navigation.get_by_role("link", name=name, exact=True)).to_be_visible()
        for name, shown in {
            "flood_level": "0.35",
            "lr": "0.002",
            "label_noise": "0",
            "steps": "700",
            "seed": "123",
        }.items():
            expect(page.locator(f"[data-box={name}]")).to_have_value(shown)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        start(page)
        wait_for_points(page, 1)
        expect(page.locator(".lab-where")).to_contain_text("of 700")
        context.close()
    finally:
        server.stop()


def test_a_value_that_cannot_be_is_answered_with_a_note(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?flood_level=12&lr=fast&flod_level=0.1&seed=104")
    note = page.get_by_test_id("stAlert")
    expect(note).to_contain_text("b must be between 0 and 0.6; the address says 12. Kept 0.2.")
    expect(note).to_contain_text("η must be a number between 1e-05 and 10; the address says fast.")
    expect(note).to_contain_text("The address sets “flod_level”, which this page does not have (nearest: flood_level).")
    expect(page.locator("[data-box=flood_level]")).to_have_value("0.2")
    expect(page.locator("[data-box=seed]")).to_have_value("104")
    page.wait_for_url(re.compile(r"/flooding\?seed=104$"))
    expect(note).to_be_visible()


def test_a_page_that_is_none_has_the_way_home(browser_page: Page) -> None:
    page = browser_page
    page.goto("/floding")
    expect(page.get_by_role("heading", name=WORDS["missing.title"])).to_be_visible()
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("“floding”")
    expect(main.get_by_role("link", name="Flooding")).to_be_visible()
    main.get_by_role("link", name=WORDS["missing.home"]).click()
    expect(page.get_by_role("heading", name=WORDS["home.heading"])).to_be_visible()
    main.get_by_role("link", name=WORDS["home.start"]).click()
    page.wait_for_url(re.compile(r"/flooding"))
    page.locator("[data-action=run], [data-action=pause]").wait_for()


def test_a_link_to_try_sets_the_knobs_and_starts(browser_page: Page, tmp_path: Path) -> None:
    page = browser_page
    page.goto("/flooding")
    expect(page.locator("[data-box=flood_level]")).to_have_value("0.2")
    page.get_by_role("link", name="Set b to 0 and run").click()
    page.locator("[data-action=pause]").wait_for()
    expect(page.locator("[data-box=flood_level]")).to_have_value("0")
    page.wait_for_url(re.compile(r"/flooding\?flood_level=0$"))
    wait_for_step(page, 10)
    pause(page)
    rows = rows_of(download(page, "csv", tmp_path).read_text(encoding="utf-8"))
    baseline, flooding = of(rows, "baseline"), of(rows, "flooding")
    assert {row["flood_level"] for row in flooding} == {"0.0"}
    assert [row["train_loss"] for row in flooding] == [row["train_loss"] for row in baseline]  # the neutral setting


# Running and turning


def test_a_knob_dragged_mid_run_is_marked_and_in_the_data(browser_page: Page, tmp_path: Path) -> None:
    page = browser_page
    page.goto("/flooding?steps=3000&seed=107")
    start(page)
    wait_for_points(page, 5)
    drag(page, "flood_level", 0.75)
    page.mouse.up()
    turned = float(page.locator("[data-box=flood_level]").input_value())
    assert 0.4 < turned < 0.5
    page.wait_for_url(re.compile(rf"flood_level={turned:g}$"))
    wait_for_chart(page, "layout.annotations.some(({text}) => text === arg)", f"b {turned:g}")
    last = max(shape["x1"] for shape in layout(page)["shapes"] if shape["type"] == "line")
    wait_for_step(page, int(last) + 5)
    pause(page)
    text = download(page, "csv", tmp_path).read_bytes().decode("utf-8")
    rows = rows_of(text)
    flooding = of(rows, "flooding")
    levels = {int(row["step"]): float(row["flood_level"]) for row in flooding}
    assert levels[1] == 0.2
    assert [step for step, level in levels.items() if level == turned] == list(range(int(last), len(levels) + 1))
    assert levels[int(last) - 1] != turned
    assert {row["flood_level"] for row in of(rows, "baseline")} == {""}
    again = rows_of(command("replay", str(download(page, "json", tmp_path)), "--csv", "-"))
    assert alike(again)[: len(rows)] == alike(rows)


def test_pause_one_step_resume(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=3000")
    start(page)
    wait_for_step(page, 5)
    stood = pause(page)
    for more in (1, 2):
        page.locator("[data-action=step]").click()
        expect(page.locator(".lab-where")).to_contain_text(f"step {stood + more} of 3,000")
    rows = exported(page)
    for arm in ("baseline", "flooding"):
        assert steps_of(of(rows, arm)) == list(range(1, stood + 3))
    expect(page.locator("[data-action=run]")).to_have_text("Resume")
    page.locator("[data-action=run]").click()
    wait_for_step(page, stood + 10)
    again = pause(page)
    rows = exported(page)
    for arm in ("baseline", "flooding"):
        assert steps_of(of(rows, arm)) == list(range(1, again + 1))


def test_a_person_looks_back_branches_there_and_trains_on(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=60&seed=107")
    for step in range(1, 21):  # one at a time: so short a run is over before a busy machine's hand is at "Pause"
        page.locator("[data-action=step]").click()
        expect(page.locator(".lab-where")).to_contain_text(f"step {step} of 60")
    page.locator("[data-box=flood_level]").fill("0.45")
    page.keyboard.press("Enter")
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-line[data-kind=end]")).to_contain_text("One seed")
    parent, rows = run_id(page), exported(page)
    slider = page.get_by_role("slider", name="Step that is shown")
    slider.focus()
    for _ in range(45):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".lab-past")).to_contain_text("This is the past: step 15 of 60.")
    expect(page.locator("[data-box=flood_level]")).to_have_value("0.2")  # as it was
    assert page.locator(".lab-knobs").evaluate("(knobs) => knobs.inert")
    page.keyboard.press("Escape")
    expect(page.locator(".lab-past")).to_be_hidden()
    expect(page.locator("[data-box=flood_level]")).to_have_value("0.45")
    slider.focus()
    for _ in range(45):
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Branch here").click()
    expect(page.locator(".lab-where")).to_contain_text("step 15 of 60")
    expect(page.locator(".lab-where")).to_contain_text("paused · branched after step 15")
    expect(page.locator("[data-toggle=ghost]")).to_be_checked()
    assert run_id(page) != parent
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("step 60 of 60")
    expect(page.locator(".lab-line[data-kind=end]")).to_contain_text("One seed")
    branched = exported(page)
    assert {row["flood_level"] for row in of(branched, "flooding")} == {"0.2"}
    assert alike(of(branched, "baseline")) == alike(of(rows, "baseline"))
    assert alike(of(branched, "flooding"))[:15] == alike(of(rows, "flooding"))[:15]
    page.get_by_role("button", name="Train on to step 120").click()
    expect(page.locator(".lab-where")).to_contain_text("step 60 of 120")
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("step 120 of 120")
    assert alike(exported(page))[:60] == alike(branched)[:60]


def test_zoom_is_kept_through_updates_and_turns(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=3000")
    start(page)
    wait_for_points(page, 2)
    page.locator("[data-chart=race-1] .lab-plot").evaluate("(plot) => (plot.sameAsBefore = true)")
    box = page.locator("[data-chart=race-1] .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 100, steps=4)
    page.mouse.up()
    expect(page.locator("[data-chart=race-1] [data-tool=unzoom]")).to_be_visible()
    zoomed = layout(page)
    assert zoomed["x"]["range"][1] - zoomed["x"]["range"][0] < 2000
    page.locator("[data-range=flood_level]").press("ArrowRight")  # the page's script runs, too
    page.wait_for_url(re.compile("flood_level="))
    wait_for_step(page, where(page) + 20)
    kept = layout(page)
    assert (kept["x"]["range"], kept["y"]["range"]) == (zoomed["x"]["range"], zoomed["y"]["range"])
    wait_for_range(page, zoomed["x"]["range"], "race-2")
    assert page.locator("[data-chart=race-1] .lab-plot").evaluate("(plot) => plot.sameAsBefore")
    page.locator("[data-chart=race-1] [data-tool=unzoom]").click()
    wait_for_chart(page, "layout.xaxis.range[1] === 3000")


def test_the_browser_and_the_command_line_export_the_same(browser_page: Page, tmp_path: Path) -> None:
    page = browser_page
    page.goto("/flooding?steps=60&seed=7&flood_level=0.3&label_noise=0.2&eval_every=20")
    pace(page, 100)
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    path = download(page, "csv", tmp_path)
    knobs = ("flood_level=0.3", "label_noise=0.2", "eval_every=20")
    options = [option for knob in knobs for option in ("--knob", knob)]
    text = command("run", "flooding", *options, "--steps", "60", "--seed", "7", "--csv", "-")
    browsers, commands = rows_of(path.read_bytes().decode("utf-8")), rows_of(text)
    assert len(browsers) == 120 and list(browsers[0]) == list(commands[0])
    assert sum(row["test_loss"] != "" for row in browsers) == 2 * 3
    assert alike(browsers) == alike(commands)
    assert path.read_bytes() == download(page, "csv", tmp_path).read_bytes()


BEGINS = {
    "csv": b"run_id,",
    "sheet": b"\xef\xbb\xbfrun_id,",
    "comma": b"\xef\xbb\xbfrun_id;",
    "parquet": b"PAR1",
    "svg": b"<?xml",
    "pdf": b"%PDF",
    "png": b"\x89PNG",
    "json": b"{",
    **dict.fromkeys(("tensorboard", "script", "archive", "bundle"), b"PK"),
}
"""How a run taken home begins, by the form of the file."""


def test_a_run_is_taken_home_in_each_form(browser_page: Page, tmp_path: Path) -> None:
    page = browser_page
    page.goto("/flooding?steps=12&seed=107")
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    page.locator("[data-action=take-home]").click()
    assert {*FORMS} == {*BEGINS}
    for form, begins in BEGINS.items():
        with page.expect_download() as started:
            page.locator(f"dialog[open] [data-form={form}]").click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert path.name.endswith(FORMS[form].ending) and path.read_bytes().startswith(begins), form


def test_an_arm_that_diverges_is_named_and_the_other_goes_on(browser_page: Page, tmp_path: Path) -> None:
    page = browser_page
    page.goto(
        "/weight_penalty?steps=80&lr=10&decoupled_decay=0.3"
    )  # each step makes the weights −2 times what they were
    pace(page, 100)
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("step 80 of 80")
    expect(page.locator(".lab-where")).to_contain_text("finished")
    rows = rows_of(download(page, "csv", tmp_path).read_text(encoding="utf-8"))
    ended = of(rows, "weight_penalty")
    last = int(ended[-1]["step"])
    assert last < 80 and len(ended) == last
    assert ended[-1]["train_loss"] in ("nan", "inf") and ended[-2]["train_loss"] not in ("nan", "inf")
    assert len(of(rows, "baseline")) == 80
    wait_for_chart(page, "layout.annotations.some(({text}) => text.startsWith(arg))", f"ended at step {last}, ")
    (text,) = [text for text in marks(page) if text.startswith("ended")]
    assert "λ₂ 0.01" in text and "λ d 0.3" in text
    expect(page.locator(".lab-line")).to_contain_text("One seed: a story, not evidence.")


# Tabs, reloads and lost connections


def test_two_tabs_do_not_meddle(browser_page: Page) -> None:
    page = browser_page
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto("/flooding?steps=100000")
        start(tab)
        wait_for_step(tab, 2)
    assert run_id(page) != run_id(other)
    page.bring_to_front()
    page.locator("[data-range=flood_level]").press("ArrowRight")
    page.wait_for_url(re.compile("flood_level="))
    wait_until(page, lambda: len({row["flood_level"] for row in of(exported(page), "flooding")}) == 2)
    stood = pause(page)
    other.bring_to_front()
    wait_for_step(other, max(stood, where(other)) + 5)
    expect(other.locator("[data-box=flood_level]")).to_have_value("0.2")
    assert "flood_level" not in other.url
    assert not any(text.startswith("b ") for text in marks(other))
    assert {row["flood_level"] for row in of(exported(other), "flooding")} == {"0.2"}
    assert len(exported(page)) == 2 * stood


def test_a_link_to_a_run_lets_another_tab_take_over_and_another_person_watch(
    browser_page: Page, browser: Browser, app_server: str
) -> None:
    page = browser_page
    page.goto("/flooding?steps=100000")
    start(page)
    wait_for_step(page, 2)
    link, said = f"/flooding?run={run_id(page)}", page.locator(".lab-wheel")
    expect(said).to_be_hidden()
    own = page.context.new_page()
    own.goto(link)
    wait_for_step(own, 2)
    expect(own.locator(".lab-wheel")).to_contain_text("Another tab of yours steers this run.")
    expect(own).not_to_have_url(re.compile("run="))
    own.locator("[data-action=take_over]").click()
    expect(own.locator(".lab-wheel")).to_be_hidden()
    page.bring_to_front()
    expect(said).to_contain_text("Another tab of yours steers this run.")
    own.bring_to_front()
    stood = pause(own)
    context = browser.new_context(base_url=app_server)  # another browser
    guest = context.new_page()
    guest.goto(link)
    wait_for_step(guest, stood)
    expect(guest.locator(".lab-wheel")).to_contain_text("You watch somebody else's run.")
    expect(guest.locator("[data-action=take_over]")).to_be_hidden()
    assert len(exported(guest)) == 2 * stood
    guest.locator(".lab-primary").click()
    expect(guest.locator(".lab-wheel")).to_be_hidden()
    wait_until(guest, lambda: run_id(guest) != run_id(page))
    context.close()
    assert len(exported(own)) == 2 * stood  # which stands as it did
    own.locator(".lab-primary").click()
    wait_for_step(own, stood + 5)


def test_a_reload_comes_back_to_the_run(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=3000&seed=105")
    pace(page, 20)  # a chart leaves none of a few hundred steps out
    start(page)
    wait_for_step(page, 5)
    page.locator("[data-range=flood_level]").press("ArrowRight")
    page.wait_for_url(re.compile("flood_level="))
    wait_for_chart(page, "layout.annotations.some(({text}) => text.startsWith('b '))")
    turned, run, seen = page.locator("[data-box=flood_level]").input_value(), run_id(page), where(page)
    page.reload()
    page.locator("[data-action=pause]").wait_for()
    wait_for_step(page, seen + 5)
    assert run_id(page) == run
    expect(page.locator("[data-box=flood_level]")).to_have_value(turned)
    wait_for_chart(page, "layout.annotations.some(({text}) => text === arg)", f"b {turned}")
    stood = pause(page)
    wait_for_points(page, stood)
    assert plotted(page) == list(range(1, stood + 1))


def test_a_lost_connection_comes_back_without_a_gap(browser_page: Page) -> None:
    page = browser_page
    page.add_init_script(SOCKETS)
    page.goto("/flooding?steps=3000")
    pace(page, 20)
    start(page)
    wait_for_step(page, 3)
    run = run_id(page)
    page.evaluate("() => { live.down = true; live.sockets.at(-1).close(); }")
    expect(page.locator(".lab-line")).to_contain_text("The connection is lost; trying again.")
    page.locator("[data-range=flood_level]").press("ArrowRight")  # told once somebody listens again
    wait_until(page, lambda: page.evaluate("live.sockets.length") >= 3)
    stood = where(page)
    went_on(page, stood)
    assert where(page) == stood
    page.evaluate("() => { live.down = false; }")
    expect(page.locator(".lab-line")).not_to_contain_text("lost")
    wait_for_step(page, stood + 5)
    wait_for_chart(page, "layout.annotations.some(({text}) => text.startsWith('b '))")
    assert run_id(page) == run
    ended = pause(page)
    wait_for_points(page, ended)
    assert plotted(page) == list(range(1, ended + 1))
    rows = of(exported(page), "flooding")
    assert steps_of(rows) == list(range(1, ended + 1))
    assert {row["flood_level"] for row in rows} == {"0.2", page.locator("[data-box=flood_level]").input_value()}


def went_on(page: Page, step: int) -> None:
    """Waits until the server holds more steps than `step`, whatever the page knows."""
    wait_until(page, lambda: len(exported(page)) > 2 * (step + 2))


# How it is shown

SIZES = """
() => {
  const speaks = (element) => Array.from(element.childNodes).some(({nodeType, data}) => nodeType === 3 && data.trim());
  const shown = (element) => element.checkVisibility({opacityProperty: true, visibilityProperty: true});
  return Array.from(document.body.querySelectorAll("*"))
    .filter((element) => !element.matches("script, style, title, desc, noscript") && speaks(element) && shown(element))
    .filter((element) => element.getBoundingClientRect().width > 1)
    .map((element) => [parseFloat(getComputedStyle(element).fontSize), element.textContent.trim().slice(0, 40)])
    .toSorted(([one], [other]) => one - other);
}
"""


def test_the_presenters_view_is_large_and_needs_only_the_keyboard(browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/flooding?view=present&steps=3000")
    page.locator("[data-action=run]").wait_for()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.locator("h1")).to_have_text("Flooding")
    expect(page.locator(".katex").first).to_be_visible()
    expect(page.locator(".lab-race [data-chart]:visible")).to_have_count(1)
    expect(page.locator(".lab-inside [data-chart]:visible").first).to_be_visible()
    expect(page.locator("[data-knob]:visible")).to_have_count(1)
    page.keyboard.press("Space")
    page.locator("[data-action=pause]").wait_for()
    wait_for_points(page, 5)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"flood_level=0\.21"))
    wait_for_chart(page, "layout.annotations.some(({text}) => text.startsWith('b '))")
    page.keyboard.press("Space")
    expect(page.locator("[data-action=run]")).to_have_text("Resume")
    sizes = page.evaluate(SIZES)
    assert len(sizes) > 10
    assert [found for found in sizes if found[0] < 1080 / 45] == []
    assert min(trace["line"]["width"] for trace in traces(page) if trace["line"]) >= 3
    strokes = page.evaluate(
        """() => Array.from(document.querySelectorAll("[data-chart]:not([hidden]) .scatterlayer .js-line"))
             .map((line) => parseFloat(getComputedStyle(line).strokeWidth))"""
    )
    assert strokes and min(strokes) >= 3
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    page.locator("[data-action=lab]").click()  # out of it, and the run is still there
    page.locator("[data-action=present]").wait_for()
    expect(page.locator("[data-action=run]")).to_have_text("Resume")
    expect(page).not_to_have_url(re.compile("view="))


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", WORDS["home.heading"]),
        ("/flooding", "Flooding"),
        ("/combine", WORDS["combine.title"]),
        ("/evidence", WORDS["evidence.title"]),
    ],
)
def test_nothing_scrolls_sideways_on_a_narrow_screen(browser_page: Page, path: str, heading: str) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    page.get_by_test_id("stMain").get_by_role("heading", name=heading, level=1).wait_for()
    if path in ("/flooding", "/combine"):
        page.locator("[data-action=run]").wait_for()
    wait_until(page, lambda: overflowing(page) == [])


def test_no_tab_scrolls_sideways_on_a_narrow_screen(browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/anchors")
    shown = {
        "seeds": page.locator(".seeds"),
        "sweep": page.locator(".many"),
        "misread": page.get_by_role("heading", name=WORDS["section.limits"]),
        "code": page.get_by_role("cell", name="s", exact=True),
        "data": page.locator(".drawing svg").last,
        "paper": page.get_by_text("(2015)").first,
    }
    for name, part in shown.items():
        page.get_by_role("tab", name=WORDS[f"tab.{name}"], exact=True).click()
        part.wait_for()
        wait_until(page, lambda: overflowing(page) == [])


def test_a_tab_opened_on_a_narrow_screen_leaves_the_page_where_it_is(browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/flooding")
    page.locator("[data-chart=race-1] .main-svg").first.wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    wait_until_drawn(page)
    paper = page.get_by_role("tab", name=WORDS["tab.paper"], exact=True)
    paper.evaluate("(tab) => tab.closest('.stTabs').scrollIntoView()")
    before = paper.evaluate("(tab) => tab.getBoundingClientRect().top")
    assert before < 422, "the tabs are in the upper half"
    paper.evaluate("(tab) => tab.click()")
    page.get_by_text("(2020)").first.wait_for()
    assert paper.evaluate("(tab) => tab.getBoundingClientRect().top") == pytest.approx(before, abs=1)


def overflowing(page: Page) -> list[str]:
    """What holds the page and is wider inside than the screen, 390 pixels."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    found: list[str] = page.evaluate(
        """() => {
             const found = [];
             let element = document.querySelector("[data-testid=stMainBlockContainer]");
             for (; element; element = element.parentElement) {
               if (element.scrollWidth > 390) found.push(element.outerHTML.slice(0, 120));
             }
             return found;
           }"""
    )
    return found


def test_on_a_narrow_screen_the_knob_is_under_the_chart(browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/flooding?steps=3000")
    start(page)
    wait_for_points(page, 2)
    page.locator("[data-chart=race-1]").evaluate("(chart) => chart.scrollIntoView({block: 'center'})")
    chart, knob = (page.locator(f"[{name}]").bounding_box() for name in ("data-chart=race-1", "data-knob=flood_level"))
    assert chart is not None and knob is not None
    assert chart["y"] >= 0 and chart["y"] + chart["height"] <= knob["y"]
    assert knob["y"] + knob["height"] <= 844  # both at once
    drag(page, "flood_level", 0.8)
    page.mouse.up()
    wait_for_chart(page, "layout.annotations.some(({text}) => text.startsWith('b '))")


def test_the_page_follows_the_systems_theme(browser_page: Page) -> None:
    page = browser_page
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
    grounds: tuple[tuple[Literal["light", "dark"], str], ...] = (
        ("light", "rgb(255, 255, 255)"),
        ("dark", "rgb(20, 23, 26)"),
    )
    page.emulate_media(color_scheme="light")
    page.goto("/flooding?steps=3000")
    start(page)
    for scheme, ground in grounds:
        page.emulate_media(color_scheme=scheme)
        wait_for_points(page, 2)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", ground)
        wait_for_chart(page, "layout.paper_bgcolor.replaceAll(',', ', ') === arg", ground)
    assert [text for text in said if "/flooding/_stcore/" not in text] == []  # Streamlit looks for its root there


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "knob", "mark"),
    [
        ("/focal_loss", "gamma", "γ "),
        ("/flooding", "flood_level", "b "),
        ("/label_smoothing", "label_smoothing", "ε "),
        ("/cyclic_lr", "cycle_length", "C "),
        ("/normalization", "norm_type", ""),
        ("/soft_thresholding?threshold_mode=fixed", "threshold", "τ "),
    ],
)
def test_a_turned_knob_is_marked_on_the_chart_with_its_value(
    browser_page: Page, path: str, knob: str, mark: str
) -> None:
    page = browser_page
    page.goto(path)
    page.locator("[data-action=run]").click()
    wait_for_points(page, 5)
    control = page.locator(f"[data-knob={knob}]")
    if control.locator("[data-range]").count():
        control.locator("[data-range]").press("ArrowLeft")
        value = control.locator("[data-box]").input_value()
        text = f"{mark}{value}"
    else:
        choose(control, "layer")
        text = "layer"
    wait_for_chart(page, "layout.annotations.some(({text}) => text.replace(',', '').includes(arg))", text)


def choose(control: Locator, value: str) -> None:
    """Chooses in a knob of few words, however it is drawn."""
    if control.locator("select").count():
        control.locator("select").select_option(value)
    else:
        control.locator(f"[data-value={value}]").click()


@pytest.mark.parametrize("page", [catalogue.NAMES[0], catalogue.NAMES[-1]])
def test_the_sidebar_shows_the_page_that_is_open(browser_page: Page, page: str) -> None:
    browser_page.set_viewport_size({"width": 1440, "height": 700})
    browser_page.goto(f"/{page}")
    expect(browser_page.locator('[data-testid="stSidebarNavLink"][aria-current="page"]')).to_be_in_viewport(ratio=1)


def test_no_name_in_the_sidebar_is_cut(browser_page: Page) -> None:
    browser_page.set_viewport_size({"width": 1440, "height": 900})
    browser_page.goto("/flooding")
    names = browser_page.get_by_test_id("stSidebarNavLink").locator("span, p")
    expect(names.first).to_be_visible()
    cut = "(parts) => parts.filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.innerText)"
    wait_until(browser_page, lambda: names.evaluate_all(cut) == [])


def test_tricks_together_tell_what_each_adds_to_the_others_and_alone(browser_page: Page) -> None:
    page = browser_page
    page.goto("/combine?tricks=dropout,flooding&steps=60&eval_every=20&flood_level=0")
    many = page.locator(".many")
    many.locator("[data-action=run]").click()
    expect(many.locator(".lab-where")).to_contain_text("step 60 of 60")
    wait_until_drawn(page, ".many")
    rows = many.locator(".many-table:not(.many-parts) tbody tr")
    arms: list[tuple[list[bool], float]] = rows.evaluate_all(
        """(rows) => rows.map((row) => [
             Array.from(row.querySelectorAll(".many-trick"), (cell) => cell.innerText.trim() === "●"),
             parseFloat(row.querySelector("td:not(.many-trick)").innerText.replace("★", ""))])"""
    )
    loss = {tuple(on): value for on, value in arms}  # the first column's: the test loss
    parts = many.locator(".many-parts")
    expect(parts.get_by_role("columnheader").first).to_contain_text("test loss")
    told = {
        row.get_attribute("data-trick"): row.locator("td").all_inner_texts() for row in parts.locator("tbody tr").all()
    }
    assert told["flooding"] == [WORDS["lab.many.parts.idle"]] * 2  # to the level 0 the loss never comes
    dropout = [float(text.replace("−", "-")) for text in told["dropout"]]
    order = many.locator(".many-table:not(.many-parts) thead th.many-trick").all_inner_texts()
    first = order[0].lower() == "dropout"
    alone = loss[(True, False) if first else (False, True)] - loss[False, False]
    added = loss[True, True] - loss[(False, True) if first else (True, False)]
    assert dropout == pytest.approx([added, alone], abs=0.005)


def test_tricks_together_are_watched_by_the_runs_id(browser_page: Page, browser: Browser, app_server: str) -> None:
    page = browser_page
    chosen = "/combine?tricks=dropout,flooding&steps=40&eval_every=20"
    page.goto(chosen)
    page.locator(".many [data-action=run]").click()
    expect(page.locator(".many .lab-where")).to_contain_text("step 40 of 40")
    wait_until_drawn(page, ".many")
    table = page.locator(".many-table:not(.many-parts) tbody")
    context = browser.new_context(base_url=app_server)  # another browser
    guest = context.new_page()
    guest.goto(f"{chosen}&run={run_id(page)}")
    expect(guest.locator(".many .lab-where")).to_contain_text("step 40 of 40")
    wait_until_drawn(guest, ".many")
    expect(guest.locator(".many-table:not(.many-parts) tbody")).to_have_text(table.inner_text(), use_inner_text=True)
    assert run_id(guest) == run_id(page)
    guest.goto("/combine?run=0123456789abcdef")
    expect(guest.locator(".many .lab-line").filter(has_text=WORDS["lab.gone.link"])).to_be_visible()
    context.close()
