"""The live component in a real browser, against a stand-in that speaks the live socket's protocol."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Route, expect

from pages.lab import component, config, files, joining, many, seeds
from tests.pages.mock_lab import FLOOD, FOLD, LABELS, LEVEL, OTHERS, ROOT, STEPS, MockLab, knob, make_config, serve
from tests.pages.serving import wait_until, wait_until_drawn
from trainers.live.visitor import Role
from trainers.wire import frames

Open = Callable[..., Page]


@pytest.fixture
def lab(port: int) -> Iterator[MockLab]:
    with serve(port) as served:
        yield served


@pytest.fixture
def open_page(lab: MockLab, context: BrowserContext) -> Iterator[Open]:
    errors: list[Error] = []

    def opener(*, width: int = 1160, height: int = 900, query: str = "", **changes: Any) -> Page:
        lab.config = make_config(**changes)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: errors.append(error))
        page.goto(f"{lab.url}/{query}")
        page.wait_for_selector("[data-chart=race-1] .main-svg")
        return page

    yield opener
    assert not errors, f"uncaught in the page: {'; '.join(error.message for error in errors)}"


def start(page: Page) -> None:
    page.locator("[data-action=run]").click()
    page.locator("[data-action=pause]").wait_for()


def layout(page: Page, chart: str = "race-1") -> dict[str, Any]:
    """A chart's layout as plotly has it."""
    text = page.evaluate(
        """(chart) => { const {xaxis, yaxis, annotations, shapes, paper_bgcolor} =
             document.querySelector(`[data-chart=${chart}] .lab-plot`).layout;
           return JSON.stringify({x: xaxis, y: yaxis, annotations, shapes, ground: paper_bgcolor}); }""",
        chart,
    )
    found: dict[str, Any] = json.loads(text)
    return found


def traces(page: Page, chart: str = "race-1") -> list[dict[str, Any]]:
    """A chart's traces: name, x, line."""
    text = page.evaluate(
        """(chart) => JSON.stringify(document.querySelector(`[data-chart=${chart}] .lab-plot`).data.map(
             ({name, type, x, y, line}) => ({name, type, x: Array.from(x ?? []), y: Array.from(y ?? []), line})))""",
        chart,
    )
    found: list[dict[str, Any]] = json.loads(text)
    return found


def wait_for_points(page: Page, count: int, chart: str = "race-1") -> None:
    wait_for_chart(page, "data.at(-1)?.x?.length >= arg", count, chart)


def wait_for_chart(page: Page, condition: str, arg: object = None, chart: str = "race-1") -> None:
    """Waits until `condition`, JavaScript about the chart's `data`, `layout` and `arg`, holds."""
    page.wait_for_function(
        f"""([chart, arg]) => {{
             const {{data, layout}} = document.querySelector(`[data-chart=${{chart}}] .lab-plot`) ?? {{}};
             return data && {condition};
           }}""",
        arg=[chart, arg],
    )


def wait_for_range(page: Page, ends: list[float], chart: str = "race-1") -> None:
    """Waits until the x axis goes from the one to the other of those ends."""
    wait_for_chart(page, "JSON.stringify(layout.xaxis.range) === JSON.stringify(arg)", ends, chart)


def wait_until_drawn_to(page: Page, step: int, chart: str = "race-1") -> None:
    """Waits until a curve of a chart that has steps for its x axis is drawn as far as `step`, or beyond."""
    wait_for_chart(page, "data.some(({x}) => x?.at(-1) >= arg)", step, chart)


def copied(page: Page, name: str) -> str:
    """Presses a button that copies, and returns what that has put on the clipboard once it says so, for a moment."""
    button = page.locator(f"[data-copy={name}]")
    button.evaluate(
        """(button) => { button.told = new Promise((done) => {
             new MutationObserver(() => done(button.textContent)).observe(button, {childList: true});
           }); }"""
    )
    button.click()
    assert button.evaluate("(button) => button.told") == LABELS["lab.copy.done"]
    return str(page.evaluate("navigator.clipboard.readText()"))


def drag(page: Page, name: str, to: float) -> None:
    """Takes hold of a slider and moves it, without letting go."""
    box = page.locator(f"[data-range={name}]").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    for part in range(1, 6):
        page.mouse.move(box["x"] + box["width"] * (0.3 + (to - 0.3) * part / 5), y)


def zoom_in(page: Page, chart: str) -> None:
    """Draws a frame in a chart, which then shows that part alone."""
    page.locator(f"[data-chart={chart}]").scroll_into_view_if_needed()
    box = page.locator(f"[data-chart={chart}] .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 120, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("module", [config.MODULE, many.MODULE, seeds.MODULE])
def test_a_pages_module_comes_as_one_with_all_that_it_imports_and_one_file_of_sheets(
    lab: MockLab, context: BrowserContext, module: str
) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}/lab/export/none.csv")  # a page that asks for nothing of its own accord
    loaded, alike, modules = page.evaluate(
        """async ([module, shared]) => {
             const exported = (one) => JSON.stringify(Object.keys(one).sort());
             const asked = () => performance.getEntriesByType("resource").map(({name}) => new URL(name).pathname);
             const names = () => asked().filter((name) => name.startsWith("/lab/assets/"));
             const joined = await import(`/lab/assets/joined/${module}`);
             const [modules] = Object.values(globalThis[shared]);
             modules["page/styles.js"].loadStyles(module.replace(".js", ""));
             await Promise.all([...document.querySelectorAll("link")].map((link) => new Promise((done) => {
               link.onload = link.onerror = done;
             })));
             const loaded = names();
             const plain = await import(`/lab/assets/${module}`);
             const alike = {joined: exported(joined) === exported(plain)};
             for (const [name, one] of Object.entries(modules))
               alike[name] = exported(one) === exported(await import(`/lab/assets/${name}`));
             return [loaded, alike, names().filter((name) => name.endsWith(".js"))];
           }""",
        [module, joining.SHARED],
    )
    told = files.served(module)
    whole = f"/lab/assets/{told['module']}"
    assert loaded == [whole, f"/lab/assets/{told['sheets']}"]
    assert all(alike.values()), [name for name, is_alike in alike.items() if not is_alike]
    assert {f"/lab/assets/{name}" for name in alike if name != "joined"} == {*modules} - {whole} and len(modules) > 20


def test_pages_share_the_modules_that_both_have(lab: MockLab, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}/lab/export/none.csv")
    same = page.evaluate(
        """async ([first, second, shared]) => {
             await import(`/lab/assets/joined/${first}`);
             const [modules] = Object.values(globalThis[shared]);
             const before = {...modules};
             await import(`/lab/assets/joined/${second}`);
             return Object.entries(before).map(([name, one]) => modules[name] === one && !(second in before));
           }""",
        [config.MODULE, seeds.MODULE, joining.SHARED],
    )
    assert same and all(same)


def test_a_document_is_told_once_what_to_load_and_a_panel_that_cannot_be_loaded_says_so(
    lab: MockLab, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}/lab/export/none.csv")
    told = {
        "assets": "/lab/assets", "module": "joined/none.js", "sheets": "css/base.css",
        "plotly": "/lab/plotly.min.js", "labels": LABELS,
    }  # fmt: skip
    links, said = page.evaluate(
        """async ([code, data]) => {
             const at = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
             const {default: mount} = await import(at);
             const roots = [0, 1].map(() => document.body.appendChild(document.createElement("div")));
             for (const parentElement of roots) mount({parentElement, data, setStateValue() {}});
             while (roots.some(({textContent}) => !textContent)) await new Promise((done) => setTimeout(done, 5));
             const links = [...document.querySelectorAll("link")].map(({rel, href}) => [rel, new URL(href).pathname]);
             return [links, roots.map(({textContent}) => textContent)];
           }""",
        [component.LIVE, told],
    )
    assert links == [
        ["preload", "/lab/assets/css/base.css"],
        ["preload", "/lab/plotly.min.js"],
    ]
    assert said == [LABELS["component.unreachable"]] * 2


def test_a_panel_that_could_not_be_loaded_at_first_comes_as_soon_as_it_can(
    lab: MockLab, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}/lab/export/none.csv")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            return route.abort()
        code = "export const mount = (root, {labels}) => (root.append(labels.mounted), {update() {}, destroy() {}});"
        return route.fulfill(body=code, content_type="text/javascript")

    page.route("**/joined/late.js", answer)
    labels = {"component.unreachable": "not yet", "mounted": "there"}
    said = page.evaluate(
        """async ([code, data]) => {
             const at = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
             const {default: mount} = await import(at);
             const [parentElement, gone] = [0, 1].map(() => document.body.appendChild(document.createElement("div")));
             mount({parentElement: gone, data: {...data, module: "none.js"}, setStateValue() {}})();
             mount({parentElement, data, setStateValue() {}});
             const said = [];
             while (said.at(-1) !== data.labels.mounted) {
               if (parentElement.textContent !== (said.at(-1) ?? "")) said.push(parentElement.textContent);
               await new Promise((done) => setTimeout(done, 5));
             }
             return [...said, gone.textContent];
           }""",
        [component.LIVE, {"assets": "/lab/assets", "module": "joined/late.js", "sheets": "base.css", "labels": labels}],
    )
    assert said == ["not yet", "there", ""] and len(asked) == 2


# Running


def test_a_run_is_started_paused_stepped_and_resumed(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    expect(page.locator(".lab-where")).to_have_text("100,000 steps")
    start(page)
    values = {entry["name"]: entry["value"] for entry in (FLOOD, *lab.config["settings"])}
    assert lab.of("start")[0] == {
        "type": "start", "trick": "flooding", "task": "spirals", "seed": 100, "steps": STEPS, "extra_arms": [],
        "speed": 50.0, "paused": False, "values": values,
    }  # fmt: skip
    wait_for_points(page, 1)
    page.locator("[data-action=pause]").click()
    expect(page.locator("[data-action=run]")).to_have_text("Resume")
    stood = lab.run().step
    page.locator("[data-action=step]").click()
    expect(page.locator(".lab-where")).to_contain_text(f"step {stood + 1} of 100,000")
    expect(page.locator(".lab-where")).to_contain_text("paused")
    page.locator("[data-action=run]").click()
    wait_until(page, lambda: lab.run().step > stood + 5)
    expect(page.locator(".lab-where")).to_contain_text(
        re.compile(r"step \d+ of 100,000 · epoch [\d.]+ · 50 steps/s · \d+ min left")
    )


def test_one_step_from_nothing_starts_a_paused_run(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    page.locator("[data-action=step]").click()
    expect(page.locator(".lab-where")).to_contain_text("step 1 of 100,000")
    assert lab.of("start")[0]["paused"] is True


def test_a_new_seed_and_the_same(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    page.locator("[data-action=reseed]").click()
    wait_until(page, lambda: len(lab.of("start")) == 2)
    page.locator("[data-action=restart]").click()
    wait_until(page, lambda: len(lab.of("start")) == 3)
    assert [message["seed"] for message in lab.of("start")] == [100, 101, 101]


def test_the_end_says_where_the_arms_stand(lab: MockLab, open_page: Open) -> None:
    page = open_page(steps=100, speed=None)
    page.locator("[data-action=run]").click()
    line = page.locator(".lab-line")
    expect(line).to_contain_text("One seed: a story, not evidence.")
    expect(line).to_contain_text(re.compile(r"^\S+ leads on test loss: 0\.\d{3}, \S+ 0\.\d{3}\. "))
    table = page.locator(".lab-standings table")
    wait_until_drawn(page)
    heads = table.locator("thead th").all_inner_texts()
    assert heads == ["arm", "test loss", "to baseline", "test accuracy", "to baseline"]
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert [row[0] for row in rows] == ["baseline", "flooding"]
    assert [sum("★" in row[column] for row in rows) for column in (1, 3)] == [1, 1]  # the best of each metric
    assert table.locator("td[data-best]").count() == 2
    expect(page.locator("[data-action=run]")).to_have_text("Run again")
    expect(page.locator(".lab-earlier summary")).to_have_text("Remarks (1)")


def test_the_standings_are_there_from_the_start_and_are_copied(lab: MockLab, open_page: Open) -> None:
    page = open_page(steps=100, speed=None)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table = page.locator(".lab-standings table")
    expect(table.locator("tbody tr")).to_have_count(2)
    wait_until_drawn(page)
    before = page.locator(".lab-standings").bounding_box()
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-line[data-kind=end]")).to_have_count(1)
    wait_until_drawn(page)
    assert page.locator(".lab-standings").bounding_box() == before  # nothing has moved
    for form, begins in (
        ("markdown", "| arm | test loss |"),
        ("latex", "\\begin{tabular}{lrrrr}"),
        ("csv", "arm,test_loss,"),
    ):
        text = copied(page, form)
        assert text.startswith(begins) and "flooding" in text


def test_why_a_run_did_not_start_stays_until_the_next_press(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    lab.full = "live runs must be at most 2 at a time, got one more: try later"
    page.locator("[data-action=run]").click()
    said = "Live runs must be at most 2 at a time, got one more: try later. Press Run to try again."
    expect(page.locator(".lab-line[data-kind=unstarted]")).to_have_text(said)
    expect(page.locator("[data-chart=race-1] .lab-empty")).to_have_text(said)
    page.locator("[data-range=lr]").press("ArrowRight")  # what a person does meanwhile takes nothing back
    wait_until(page, lambda: page.evaluate("states.length") > 0)
    expect(page.locator(".lab-line")).to_have_text(said)
    lab.full = ""
    start(page)
    expect(page.locator(".lab-line[data-kind=unstarted]")).to_have_count(0)


def test_a_chart_shows_what_is_chosen_and_the_address_keeps_it(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    wait_for_points(page, 2)
    page.locator("[data-select=race-2]").select_option("lr")
    steady = "data.some(({y}) => y.length > 1 && y.every((one) => Math.abs(one - 0.1) < 1e-6))"
    wait_for_chart(page, steady, chart="race-2")
    assert page.evaluate("states.at(-1)[1].charts") == ["loss", "lr"]
    assert page.locator("[data-chart=race-2] [data-tool=png]").get_attribute("title") == "Save learning rate as PNG"
    page.locator("[data-range=lr]").press("ArrowRight")  # the rate as it is applied
    wait_for_chart(page, "data.some(({y}) => new Set(y).size > 1)", chart="race-2")


def test_each_curve_is_named_at_its_end_and_each_panel_spans_its_curve(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    wait_for_points(page, 2)
    wait_for_chart(page, "layout.annotations.filter(({text}) => text.includes('━')).length === 4")
    spans = "layout.xaxis.range[0] === Math.min(...x) && layout.xaxis.range[1] === Math.max(...x)"
    wait_for_chart(page, f"data.some(({{mode, x}}) => mode === 'lines' && {spans})", chart="fold")
    expect(page.locator(".lab-line")).to_have_attribute("aria-live", "polite")


def test_the_speed_goes_from_paced_to_free(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    page.locator("[data-range=speed]").press("End")
    expect(page.locator(".lab-speed-text")).to_have_text("free")
    wait_until(page, lambda: bool(lab.of("speed")))
    assert lab.of("speed")[-1]["steps_per_s"] is None


# Knobs


def test_a_knob_acts_while_it_is_dragged(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    drag(page, "flood_level", 0.6)
    wait_until(page, lambda: bool(lab.of("turn")))
    assert page.evaluate("states.length") == 0  # the page hears of it on release only
    page.mouse.up()
    reported = page.evaluate("states.at(-1)")
    wait_until(page, lambda: 0.35 < lab.of("turn")[-1]["value"] < 0.37)  # where the hand has stopped
    turned = lab.of("turn")[-1]
    assert turned["arm"] == 1 and turned["name"] == "flood_level"
    assert reported[0] == "settings" and reported[1]["values"]["flood_level"] == turned["value"]
    wait_for_chart(page, "layout.annotations.some(({text}) => text === arg)", f"b {turned['value']:g}")
    assert any(shape["type"] == "line" and shape["yref"] == "paper" for shape in layout(page)["shapes"])


def test_a_typed_value_is_checked_in_place(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    box = page.locator("[data-box=flood_level]")
    for typed, why in (("12", "b must be between 0 and 0.6; you typed 12. Kept 0.2."), ("x", "b must be a number")):
        box.fill(typed)
        box.press("Enter")
        expect(page.locator("[data-knob=flood_level] .lab-message")).to_contain_text(why)
        expect(box).to_have_value("0.2")
    box.fill("0,3")
    box.press("Enter")
    expect(box).to_have_value("0.3")
    expect(page.locator("[data-knob=flood_level] .lab-message")).to_be_empty()
    page.locator("[data-knob=flood_level] .lab-reset").click()
    expect(box).to_have_value("0.2")


def test_what_the_server_refuses_is_said_beside_the_knob(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    box = page.locator("[data-box=flood_level]")
    box.fill("0.55")
    box.press("Enter")
    expect(page.locator("[data-knob=flood_level] .lab-message")).to_have_text("b must be at most 0.5, not 0.55.")
    expect(box).to_have_value("0.2")
    assert lab.run().state == "running"


def test_what_is_not_live_waits_for_the_next_start(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    width = page.locator("[data-box=width]")
    width.fill("64")
    width.press("Enter")
    expect(page.locator("[data-knob=width]")).to_have_attribute("data-pending", "")
    expect(page.locator(".lab-pending")).to_be_visible()
    page.locator("[data-action=apply]").click()
    wait_until(page, lambda: len(lab.of("start")) == 2)
    assert lab.of("start")[1]["values"]["width"] == 64 and not lab.of("turn")
    expect(page.locator(".lab-pending")).to_be_hidden()


def test_the_learning_rate_moves_every_arm(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    page.locator("[data-range=lr]").press("ArrowRight")
    wait_until(page, lambda: bool(lab.of("turn")))
    assert lab.of("turn")[0]["arm"] is None and lab.of("turn")[0]["value"] > 0.1


def test_choices_are_buttons_or_a_list(lab: MockLab, open_page: Open) -> None:
    short = knob("mode", choices=["none", "fixed"], value="fixed", default="fixed", neutral="none")
    long = knob("groups", choices=[str(2**i) for i in range(12)], value="4", default="4", live=False)
    page = open_page(knobs=[FLOOD, short, long])
    start(page)
    page.locator("[data-name=mode] [data-value=none]").click()
    wait_until(page, lambda: bool(lab.of("turn")))
    assert lab.of("turn")[0]["value"] == "none"
    page.locator("[data-select=groups]").select_option("8")
    expect(page.locator(".lab-pending")).to_be_visible()


def test_an_instant_panel_follows_the_knob_without_a_run(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    lab.previews.clear()
    page.locator("[data-box=flood_level]").evaluate(  # at once: two seconds later it would ask again
        """(box) => { for (box.value of ["0.1", "0.3", "0.5", "0.4"]) box.dispatchEvent(new Event("change")); }"""
    )
    lab.previews.set()
    wait_for_chart(page, "Math.abs(Math.min(...data.at(-1).y) - arg) < 1e-6", 0.4, chart="fold")
    asked = [message["values"]["flood_level"] for message in lab.of("preview")]
    assert asked[-1] == 0.4 and not {0.3, 0.5} & {*asked}  # one question at a time, the latest wins
    assert lab.of("preview")[-1]["steps"] == STEPS and not lab.of("start")


# Arms


def test_an_arm_is_added_turned_and_removed(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    page.locator("[data-action=add-arm]").click()
    page.locator("[data-box=flood_level]").fill("0.4")
    page.keyboard.press("Enter")
    start(page)
    assert lab.of("start")[0]["extra_arms"] == [{"flood_level": 0.4}]
    expect(page.locator("[data-arm='2']")).to_have_text("flooding, b 0.4")
    page.locator("[data-range=flood_level]").press("ArrowRight")
    wait_until(page, lambda: bool(lab.of("turn")))
    assert lab.of("turn")[0]["arm"] == 2
    page.locator("[data-arm='1']").click()
    expect(page.locator("[data-box=flood_level]")).to_have_value("0.2")
    wait_for_points(page, 1)
    lines = {trace["name"]: trace["line"] for trace in traces(page) if trace.get("name")}
    assert len({line["dash"] for line in lines.values()}) == 3  # never color alone
    page.locator("[data-action=remove-arm]").click()
    expect(page.locator(".lab-pending")).to_be_visible()
    assert page.evaluate("states.at(-1)[1].extra_arms.length") == 0


def test_at_most_four_arms(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    for _ in range(2):
        page.locator("[data-action=add-arm]").click()
    expect(page.locator("[data-action=add-arm]")).to_be_disabled()


def test_an_arm_that_ended_is_marked(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    wait_for_points(page, 2)
    failure = {"step": 30, "arm": 1, "value": "nan", "knobs": {"flood_level": 0.2}}
    header = {"type": "rows", "state": "running", "step": lab.run().step, "failures": [failure]}
    lab.tell(frames.encode(header, []))
    wait_for_chart(page, "layout.annotations.some(({text}) => text === arg)", "ended at step 30, b 0.2")


# The race


def test_zoom_survives_updates(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    wait_for_points(page, 2)
    zoom_in(page, "race-1")
    expect(page.locator("[data-chart=race-1] [data-tool=unzoom]")).to_be_visible()
    zoomed = layout(page)["x"]["range"]
    assert zoomed[1] - zoomed[0] < 0.6 * STEPS
    wait_until_drawn_to(page, lab.run().step + 30)
    assert layout(page)["x"]["range"] == zoomed
    wait_for_range(page, zoomed, "race-2")  # one x axis
    page.locator("[data-chart=race-1] [data-tool=unzoom]").click()
    wait_for_range(page, [0, STEPS], "race-2")


HELD = """() => new Promise((done) => {
  const frame = window.requestAnimationFrame.bind(window), later = [];
  window.requestAnimationFrame = (call) => later.push(call);
  window.letFramesGo = () => {
    window.requestAnimationFrame = frame;
    for (const call of later) frame(call);
  };
  frame(() => frame(done)); // those that were asked for are over
})"""
"""Has the page draw nothing more until `letFramesGo()`: what somebody does is then done before it is drawn."""


def test_a_zoom_that_is_undone_before_it_was_drawn_is_undone(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=None)
    start(page)
    lab.run().advance(30)
    wait_until_drawn_to(page, 30)
    page.evaluate(HELD)
    zoom_in(page, "race-1")
    page.locator("[data-chart=race-1] [data-tool=unzoom]").click()
    zoomed = layout(page)
    assert zoomed["x"]["range"] != [0, STEPS]  # it has not been drawn anew
    page.evaluate("letFramesGo()")
    wait_for_range(page, [0, STEPS])
    assert layout(page)["y"]["range"] != zoomed["y"]["range"]


def test_axes_smoothing_and_the_previous_run(lab: MockLab, open_page: Open) -> None:
    page = open_page(steps=200, speed=None)
    expect(page.locator("[data-toggle=ghost]")).to_be_hidden()
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    wait_until_drawn(page)
    assert layout(page)["x"]["range"] == [0, 200] and layout(page)["y"]["type"] == "log"
    smooth = len(traces(page))
    page.locator("[data-name=x] [data-value=epoch]").click()
    wait_for_chart(page, "layout.xaxis.range[1] === 10")
    page.locator("[data-name=x] [data-value=seconds]").click()
    wait_for_chart(page, "layout.xaxis.range[1] < 1")
    page.locator("[data-chart=race-1] [data-tool=log]").click()
    page.wait_for_function(
        "() => document.querySelector('[data-chart=race-1] .lab-plot').layout.yaxis.type === 'linear'"
    )
    page.locator("[data-range=smooth]").fill("0")
    expect(page.locator(".lab-smooth-text")).to_have_text("off")
    wait_for_chart(page, "data.length < arg", smooth)
    page.locator("[data-action=restart]").click()
    plain = smooth - 2  # without the raw lines behind the smoothed ones
    page.locator("[data-toggle=ghost]").check()
    wait_for_chart(page, "data.length > arg", plain)


def test_a_long_run_is_thinned_but_keeps_its_peaks(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    found = page.evaluate(
        """async () => {
             const {thin, pick, smooth, spread} = await import("/lab/assets/data/series.js");
             const steps = Float64Array.from({length: 100000}, (_, i) => i + 1);
             const values = steps.map((step) => Math.sin(step / 5000));
             values[54321] = 9;
             values[60000] = NaN;
             const few = pick({steps, values}, thin([{steps, values}], 0, 100000, 300));
             const whole = smooth([1, 2, 3, 4], [2, 2, 2, 2], 10);
             const apart = spread([5, 5, 5], 10, 0, 100);
             return [few.steps.length, Math.max(...few.values), few.steps.at(-1), Array.from(whole), apart];
           }"""
    )
    assert 300 < found[0] < 700 and found[1] == 9 and found[2] == 100000
    assert found[3] == pytest.approx([2, 2, 2, 2]) and sorted(found[4]) == [5, 15, 25]


def test_an_axis_leaves_room_around_any_curve(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    ranges = page.evaluate(
        """async () => {
             const {CalmRange} = await import("/lab/assets/data/series.js");
             return [[0, 0], [0.5, 0.5], [1e-12, 2e-12], [0, 2], [-3, -3]]
               .map((ends) => new CalmRange().follow(ends, 0));
           }"""
    )
    assert ranges[0] == pytest.approx([-0.06, 0.08])  # a curve that is zero throughout: no ticks of 5e-11
    assert ranges[1] == pytest.approx([0.4994, 0.5008])
    assert ranges[3] == pytest.approx([-0.12, 2.16])
    assert all(low < high for low, high in ranges)


def test_hover_compares_the_arms(lab: MockLab, open_page: Open) -> None:
    page = open_page(steps=100, speed=None)
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    wait_until_drawn(page)
    box = page.locator("[data-chart=race-1] .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    hover = page.locator("[data-chart=race-1] .hoverlayer .legend")
    expect(hover).to_contain_text("baseline, test")
    expect(hover).to_contain_text("flooding, train")


def test_tables_pictures_and_data(lab: MockLab, open_page: Open) -> None:
    page = open_page(steps=100, speed=None)
    expect(page.locator(".lab-exports")).to_be_hidden()
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    wait_until_drawn(page)
    assert page.locator("[data-export=csv]").get_attribute("href") == "/lab/export/run-1.csv"
    page.locator("[data-chart=race-2] figcaption").hover()
    page.locator("[data-chart=race-2] [data-tool=table]").click()
    table = page.locator("[data-chart=race-2] table")
    expect(table.locator("thead th")).to_have_text(["step", "baseline, test accuracy", "flooding, test accuracy"])
    assert table.locator("tbody tr").count() == 50
    with page.expect_download() as download:
        page.locator("[data-chart=race-2] [data-tool=svg]").click()
    assert download.value.suggested_filename == "flooding-run-1-race-2.svg"
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    for said in ("flooding: test accuracy", "Spirals, b 0.2, seed 100", "baseline", "Trick Lab 0, run run-1"):
        assert said in saved
    description = page.locator("[data-chart=race-1] .lab-plot")
    expect(description).to_have_attribute("role", "img")
    expect(description).to_have_attribute("aria-label", re.compile(r"^loss\. .+"))


def test_every_kind_of_panel_draws(lab: MockLab, open_page: Open) -> None:
    page = open_page(panels=OTHERS, steps=100, speed=None)
    expect(page.locator("[data-chart=thresholds] .lab-empty")).to_have_text("Appears when the run starts.")
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    for number, panel in enumerate(OTHERS):
        page.locator(".lab-tabs button").nth(number).click()
        chart = page.locator(f"[data-chart={panel['id']}]")
        expect(chart).to_be_visible()
        expect(chart.locator(".lab-empty")).to_be_empty()
        if panel["kind"] == "images":
            page.wait_for_function("() => document.querySelector('[data-chart=samples] canvas')?.width === 103")
            expect(chart.locator(".lab-sheet-name")).to_have_text(["baseline", "flooding"])
        else:
            wait_for_chart(page, "data.some(({y}) => y?.length > 1)", chart=str(panel["id"]))


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((0.01, 1), [0.01, 0.1, 1]),
        ((1e-12, 10), [1e-12, 1e-9, 1e-6, 1e-3, 1]),
        ((0.2, 8), [0.2, 0.5, 1, 2, 5]),
        ((1.3, 2.4), [1.4, 1.6, 1.8, 2, 2.2]),
    ],
)
def test_a_log_axis_has_numbers_over_any_span(
    open_page: Open, ends: tuple[float, float], expected: list[float]
) -> None:
    found = open_page().evaluate(
        "async (ends) => (await import('/lab/assets/data/series.js')).logTicks(ends.map(Math.log10))", list(ends)
    )
    assert found == pytest.approx(expected)


def test_what_was_stays_as_it_was_and_only_what_is_ahead_is_drawn_anew(lab: MockLab, open_page: Open) -> None:
    schedule = {**FOLD, "past": ["train_loss"], "histogram": None, "point": None}
    page = open_page(panels=[schedule], speed=50.0)
    plot = "document.querySelector('[data-chart=fold] .js-plotly-plot')"
    past = f"{plot}.data[0].x.length > 1 && {plot}.data[0].x[0] === 1 && Array.from({plot}.data[0].y)"
    page.wait_for_function(f"() => {plot}?.data?.length === 1")  # before a run all is ahead
    start(page)
    wait_for_points(page, 3)
    page.locator("[data-action=pause]").click()
    page.wait_for_function(f"() => {past}")
    expect(page.locator(".lab-where")).to_contain_text("paused")
    wait_until_drawn(page)
    before = page.evaluate(past)
    low = page.evaluate(f"{plot}.layout.yaxis.range[0]")
    page.locator("[data-range=flood_level]").press("ArrowRight")
    wait_for_chart(page, "layout.yaxis.range[0] !== arg", low, chart="fold")  # which the knob moves
    assert page.evaluate(past)[: len(before)] == before


def test_no_chart_waits_for_ever_where_drawing_is_slow(lab: MockLab, open_page: Open) -> None:
    page = open_page(panels=[*OTHERS[:2], FOLD, LEVEL], height=1300)
    page.evaluate(
        """() => { const react = Plotly.react; window.drawn = {};
             Plotly.react = (plot, ...rest) => {
               const name = plot.closest("[data-chart]").dataset.chart;
               drawn[name] = (drawn[name] ?? 0) + 1;
               for (const began = performance.now(); performance.now() - began < 60; ) {}
               return react(plot, ...rest);
             }; }"""
    )
    start(page)
    page.wait_for_function("() => window.drawn['race-1'] >= 12")
    drawn = page.evaluate("window.drawn")
    assert set(drawn) == {"race-1", "race-2", "thresholds", "targets", "fold", "level"}
    assert min(drawn.values()) >= 3, f"some were left behind: {drawn}"
    page.evaluate(
        """() => { window.drawn = {};
             const slider = document.querySelector("[data-range=flood_level]");
             window.dragging = setInterval(() => {
               slider.value = String((Number(slider.value) + 7) % 1000);
               slider.dispatchEvent(new Event("input", {bubbles: true}));
             }, 16); }"""
    )
    page.wait_for_function("() => window.drawn['race-1'] >= 12")
    drawn = page.evaluate("clearInterval(window.dragging), window.drawn")
    assert len(drawn) == 6 and min(drawn.values()) >= 3, f"some were left behind under a drag: {drawn}"


@pytest.mark.parametrize("span", [(4, 4.0000001), (0.3, 0.30001), (0, 0), (0, 1e-9)])
def test_a_log_axis_over_next_to_nothing_has_few_numbers_too(open_page: Open, span: tuple[float, float]) -> None:
    found = open_page().evaluate(
        "async (span) => (await import('/lab/assets/data/series.js')).logTicks(span)", list(span)
    )
    assert 1 <= len(found) <= 8
    assert all(10 ** span[0] * (1 - 1e-9) <= tick <= 10 ** span[1] * (1 + 1e-9) for tick in found)


def test_pictures_are_saved_as_they_are_seen(open_page: Open) -> None:
    page = open_page(panels=[OTHERS[3]])
    panel = page.locator("[data-chart=samples]")
    panel.locator("[data-tool=png]").click()  # there are none yet, and nothing is saved
    start(page)
    panel.locator("canvas").first.wait_for()
    expect(panel.locator("canvas").first).to_have_attribute("aria-label", re.compile(r"^[^.]+\. \d+ pictures: \w"))
    with page.expect_download() as saved:
        panel.locator("[data-tool=png]").click()
    seen = panel.locator(".lab-images").bounding_box()
    width, height = struct.unpack(">II", Path(saved.value.path()).read_bytes()[16:24])
    assert (
        seen is not None
        and 100 < width <= max(720, 2 * seen["width"] + 2)
        and 2 * seen["height"] - 2 < height <= 2 * seen["height"] + 300
    )


def test_on_paper_the_lab_is_a_light_sheet_that_says_what_it_is_of(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    page.evaluate("document.querySelector('.page').className = 'page dark'")
    start(page)
    wait_for_points(page, 3)
    page.locator("[data-action=pause]").click()
    ground = "document.querySelector('[data-chart=race-1] .js-plotly-plot').layout.paper_bgcolor"
    page.wait_for_function(f"() => {ground} === 'rgb(20,23,26)'")
    dark, width = page.evaluate(ground), page.evaluate("document.querySelector('.lab').clientWidth")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(ground) == "rgb(255,255,255)" != dark
    assert page.evaluate("document.querySelector('.lab').clientWidth") == 700 < width
    expect(page.locator(".lab-transport")).to_be_hidden()
    expect(page.locator(".lab-colophon")).to_have_text("flooding. Spirals, b 0.2, seed 100. Trick Lab 0, run run-1")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(ground) == dark
    expect(page.locator(".lab-colophon")).to_be_hidden()
    expect(page.locator(".lab-transport")).to_be_visible()


# The connection


def test_a_dropped_connection_comes_back_without_a_gap(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    wait_for_points(page, 2)
    lab.closed = True
    lab.drop()
    expect(page.locator(".lab-line")).to_contain_text("The connection is lost; trying again.")
    page.locator("[data-range=flood_level]").press("ArrowRight")
    lab.run().advance(10)
    lab.run().state = "paused"  # before there are more steps than a chart draws
    lab.closed = False
    wait_until(page, lambda: bool(lab.of("turn")))  # what was turned meanwhile is told
    expect(page.locator(".lab-line")).not_to_contain_text("lost")
    assert lab.of("attach")[-1]["run"] == "run-1" and len(lab.of("start")) == 1
    wait_until_drawn_to(page, lab.run().step)
    train = max(traces(page), key=lambda trace: len(trace["x"]))["x"]
    assert train == list(range(1, lab.run().step + 1))


def test_run_pressed_before_there_is_a_connection_starts_once_there_is(lab: MockLab, open_page: Open) -> None:
    lab.closed = True
    page = open_page()
    for _ in range(2):
        page.locator("[data-action=run]").click()
    expect(page.locator(".lab-line")).to_have_text(
        "There is no connection yet. The lab connects by itself, and starts then."
    )
    lab.closed = False
    page.locator("[data-action=pause]").wait_for()
    expect(page.locator(".lab-line")).not_to_contain_text("connection")
    lab.closed = True
    lab.drop()
    expect(page.locator(".lab-line")).to_contain_text("The connection is lost; trying again.")
    lab.closed = False
    wait_until(page, lambda: bool(lab.of("attach")))
    assert len(lab.of("start")) == 1  # what was owed is paid once


def test_a_reload_comes_back_to_the_run(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    wait_for_points(page, 2)
    page.reload()
    page.locator("[data-action=pause]").wait_for()
    assert lab.of("attach")[0]["run"] == "run-1" and len(lab.runs) == 1


def test_a_duplicated_tab_gets_a_run_of_its_own(lab: MockLab, open_page: Open, context: BrowserContext) -> None:
    page = open_page(autostart=True, speed=50.0)
    page.locator("[data-action=pause]").wait_for()
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    other = context.new_page()
    other.add_init_script(f"for (const [k, v] of Object.entries({kept})) sessionStorage.setItem(k, v)")
    other.goto(lab.url)
    other.locator("[data-action=pause]").wait_for()
    assert len(lab.runs) == 2 and not lab.of("attach")


def test_a_reload_right_after_a_turn_comes_back_to_the_run_as_it_was_looked_at(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    wait_for_points(page, 2)
    page.locator("[data-name=x] [data-value=epoch]").click()
    page.locator("[data-range=smooth]").fill("30")
    smoothing = page.locator(".lab-smooth-text").inner_text()
    page.locator("[data-range=flood_level]").press("ArrowRight")
    wait_until(page, lambda: bool(lab.of("turn")))
    turned = lab.of("turn")[-1]["value"]
    expect(page).to_have_url(re.compile(rf"[?&]flood_level={turned:g}$"))  # though nobody has reported anything yet
    lab.config = make_config(seed=105)  # whatever the page is told now: the tab comes back to its run
    page.reload()
    page.locator("[data-action=pause]").wait_for()
    assert len(lab.runs) == 1 and lab.of("attach")[0]["run"] == "run-1"
    expect(page.locator("[data-name=x] [data-value=epoch]")).to_have_attribute("aria-checked", "true")
    expect(page.locator(".lab-smooth-text")).to_have_text(smoothing)
    expect(page.locator("[data-box=flood_level]")).to_have_value(f"{turned:g}")


def test_an_opened_link_does_not_come_back_to_the_old_run(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    wait_for_points(page, 2)
    page.goto(lab.url)
    expect(page.locator("[data-action=run]")).to_have_text("Run")
    wait_until(page, lambda: len(lab.of("hello")) == 2 and lab.messages[-1]["type"] == "ack")  # after all else
    assert not lab.of("attach")


def test_the_address_of_what_is_set_is_copied(lab: MockLab, open_page: Open, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_page()
    page.locator("[data-range=flood_level]").press("ArrowRight")
    address = copied(page, "address")
    assert "flood_level=" in address
    expect(page).to_have_url(address)


def test_a_run_that_is_no_more(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    wait_for_points(page, 2)
    lab.runs.clear()
    lab.drop()
    expect(page.locator(".lab-line")).to_contain_text("The server no longer holds that run.")
    expect(page.locator("[data-action=run]")).to_have_text("Run")


# Views


def test_the_presenters_view_works_by_keyboard_and_is_large(lab: MockLab, open_page: Open) -> None:
    page = open_page(view="present", width=1440)
    page.keyboard.press("Space")
    wait_until(page, lambda: bool(lab.of("start")))
    wait_for_points(page, 2)
    page.keyboard.press("ArrowRight")
    wait_until(page, lambda: bool(lab.of("turn")))
    assert lab.of("turn")[0]["value"] > 0.2
    page.keyboard.press("Space")
    wait_until(page, lambda: bool(lab.of("pause")))
    page.keyboard.press("s")
    wait_until(page, lambda: bool(lab.of("step")))
    page.keyboard.press("r")
    wait_until(page, lambda: len(lab.of("start")) == 2)
    page.keyboard.press("?")
    expect(page.locator(".lab-help")).to_be_visible()
    listed = [line.split() for line in page.locator(".lab-help kbd").all_inner_texts()]
    assert listed == [["Space"], ["←", "→"], ["1", "2"], ["S"], ["B"], ["R"], ["N"], ["V"], ["?"]]
    page.keyboard.press("Escape")
    expect(page.locator(".lab-help")).to_be_hidden()
    expect(page.locator(".lab-race [data-chart]:visible")).to_have_count(1)
    expect(page.locator(".lab-inside [data-chart]:visible").first).to_be_visible()  # the picture that answers the knob
    expect(page.locator("[data-knob]:visible")).to_have_count(1)
    expect(page.locator(".lab-told")).to_contain_text("seed 100")
    expect(page.locator(".lab-standings tbody tr")).to_have_count(2)
    wait_for_chart(page, "data.length > 1 && data.every(({line}) => line?.width >= 3)")
    slider = page.locator("[data-range=flood_level]").bounding_box()
    assert slider is not None and slider["height"] >= 40  # one can hit it from the lectern
    smallest = page.evaluate(
        """() => {
             const isText = ({nodeType, data}) => nodeType === 3 && data.trim();
             const speaks = (element) => Array.from(element.childNodes).some(isText);
             const all = Array.from(document.querySelectorAll(".lab *"));
             const sizes = all.filter((element) => element.checkVisibility() && speaks(element));
             return Math.min(...sizes.map((element) => parseFloat(getComputedStyle(element).fontSize)));
           }"""
    )
    assert smallest >= 900 / 45
    page.keyboard.press("v")
    expect(page.locator("[data-chart=race-2]")).to_be_visible()


@pytest.mark.parametrize("width", [1024, 1440, 1920])
def test_no_chart_moves_for_the_presenter_when_another_tab_steers(lab: MockLab, open_page: Open, width: int) -> None:
    page = open_page(view="present", width=width)
    page.keyboard.press("Space")
    wait_for_points(page, 2)
    charts = page.locator("[data-chart]:visible")
    before = [chart.bounding_box() for chart in charts.all()]
    assert len(before) > 1
    for role, said in ((Role.WATCH, "Another tab of yours steers this run."), (Role.STEER, "")):
        lab.tell(frames.wheel(lab.run().id, role))
        expect(page.locator(".lab-wheel span")).to_have_text(said)
        assert [chart.bounding_box() for chart in charts.all()] == before


def test_there_is_a_way_into_the_presenters_view_and_out_of_it(open_page: Open) -> None:
    page = open_page()
    page.locator("[data-action=present]").click()
    assert page.evaluate("states.at(-1)[1].view") == "present"
    other = open_page(view="present")
    other.locator(".lab-foot [data-action=lab]").click()
    assert other.evaluate("states.at(-1)[1].view") == "lab"


def test_what_is_being_typed_stays_while_the_run_goes_on(lab: MockLab, open_page: Open) -> None:
    page = open_page(speed=50.0)
    start(page)
    boxes = [page.locator(f"[data-box={name}]") for name in ("steps", "seed")]
    for box in boxes:
        box.fill("77")
        wait_until_drawn_to(page, lab.run().step + 20)
        expect(box).to_have_value("77")
        page.keyboard.press("Escape")
        box.blur()
    assert not lab.of("start")[1:]


def test_keys_leave_typing_alone(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    page.locator("[data-box=flood_level]").focus()
    page.keyboard.type("r n")
    page.locator("[data-box=flood_level]").blur()
    page.keyboard.press("r")
    wait_until(page, lambda: bool(lab.of("start")))
    page.locator("[data-action=pause]").wait_for()
    assert [message["seed"] for message in lab.of("start")] == [100]


def test_everything_is_above_the_fold(lab: MockLab, open_page: Open) -> None:
    page = open_page(width=1440)
    box = page.locator(".lab-body").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 900
    for selector in (".lab-transport", ".lab-race", ".lab-knobs", ".lab-inside", ".lab-settings"):
        part = page.locator(selector).bounding_box()
        assert part is not None and part["y"] + part["height"] <= 900


def test_on_a_narrow_screen_one_panel_waits_for_the_run_and_all_stand_in_it(open_page: Open) -> None:
    page = open_page(width=390, height=844, panels=[FOLD, LEVEL, *OTHERS])
    shown = page.locator(".lab-inside [data-chart]:visible")
    expect(shown).to_have_count(1)
    page.get_by_role("tab", name="thresholds").click()
    expect(shown).to_have_attribute("data-chart", "thresholds")
    start(page)
    expect(shown).to_have_count(6)


def test_beside_many_metrics_the_presenters_table_has_a_row_for_each(open_page: Open) -> None:
    more = [{"name": f"test_{i}", "label": f"measure number {i}", "better": "lower", "unit": ""} for i in range(4)]
    page = open_page(view="present", width=1920, height=1080, metrics=[*make_config()["metrics"], *more])
    start(page)
    wait_for_points(page, 2)
    table = page.locator(".lab-standings table")
    expect(table.locator("thead th")).to_have_text(["arm", "baseline", "flooding"])
    expect(table.locator("tbody th")).to_have_text(["test loss", "test accuracy", *(one["label"] for one in more)])
    expect(table.locator("tbody tr").nth(0).locator("td:visible")).to_have_text([re.compile(r"\d")] * 2)
    assert table.evaluate("(table) => table.parentElement.scrollWidth <= table.parentElement.clientWidth")


def test_on_a_narrow_screen_nothing_scrolls_sideways_and_the_knob_stays(lab: MockLab, open_page: Open) -> None:
    page = open_page(width=390, height=844)
    start(page)
    wait_for_points(page, 2)
    wait_until(page, lambda: page.evaluate("document.documentElement.scrollWidth") == 390)
    over = """() => Array.from(document.querySelectorAll(".lab *"))
             .filter((element) => element.checkVisibility())
             .filter((element) => !element.closest(".lab-plot, .many-table"))  // a table scrolls in itself
             .filter((element) => element.getBoundingClientRect().right > 391)
             .map((element) => element.className)"""
    wait_until(page, lambda: page.evaluate(over) == [])
    knob_box = page.locator("[data-knob=flood_level]").bounding_box()
    assert knob_box is not None and knob_box["y"] + knob_box["height"] <= 845
    page.locator("[data-range=flood_level]").press("ArrowRight")
    wait_until(page, lambda: bool(lab.of("turn")))


def test_the_charts_follow_the_theme(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    assert layout(page)["ground"] == "rgb(255,255,255)"
    page.evaluate("document.querySelector('.page').className = 'page dark'")
    page.wait_for_function(
        "() => document.querySelector('[data-chart=race-1] .lab-plot').layout.paper_bgcolor === 'rgb(20,23,26)'"
    )


# The page around it


def test_empty_charts_are_as_long_as_the_run_will_be(open_page: Open) -> None:
    page = open_page()
    page.wait_for_function("() => document.querySelector('[data-chart=race-1] .js-plotly-plot')?.layout?.xaxis")
    page.locator("[data-box=steps]").fill("250")
    page.locator("[data-box=steps]").press("Enter")
    page.wait_for_function(
        "() => document.querySelector('[data-chart=race-1] .js-plotly-plot').layout.xaxis.range[1] === 250"
    )


def test_a_run_that_a_link_further_down_starts_comes_into_view(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    page.evaluate("document.body.append(Object.assign(document.createElement('div'), {style: 'height: 3000px'}))")
    page.evaluate("scrollTo(0, 2500)")
    expect(page.locator("[data-chart=race-1]")).not_to_be_in_viewport()
    page.evaluate("lab.update({...config, number: 1, autostart: true})")
    expect(page.locator("[data-chart=race-1]")).to_be_in_viewport()
    wait_until(page, lambda: bool(lab.of("start")))


def test_only_a_real_change_of_the_configuration_moves_the_knobs(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    box = page.locator("[data-box=flood_level]")
    box.fill("0.3")
    box.press("Enter")
    box.fill("0.4")
    box.press("Enter")
    page.evaluate("window.turned = (value) => ({...config, knobs: [{...config.knobs[0], value}]})")
    page.evaluate("lab.update(turned(0.3))")  # the page's answer to the first of the two
    expect(box).to_have_value("0.4")
    page.evaluate("history.replaceState(null, '', '?flood_level=0.5')")  # a link that somebody followed
    page.evaluate("lab.update(turned(0.5))")
    expect(box).to_have_value("0.5")
    page.evaluate("lab.update({...config, task: 'digits'})")
    expect(page.locator("[data-select=task]")).to_have_value("digits")
    page.evaluate("lab.destroy()")
    expect(page.locator(".lab")).to_have_count(0)


def test_another_task_is_for_the_page_to_decide(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    page.locator("[data-select=task]").select_option("digits")
    assert page.evaluate("states.at(-1)") == [
        "settings",
        {
            "trick": "flooding",
            "task": "digits",
            "seed": 100,
            "steps": STEPS,
            "values": {},
            "extra_arms": [],
            "charts": [],
            "speed": 100,
        },
    ]


def test_a_page_that_asks_for_it_starts_by_itself(lab: MockLab, open_page: Open) -> None:
    page = open_page(autostart=True)
    page.locator("[data-action=pause]").wait_for()
    assert len(lab.of("start")) == 1


def test_a_turn_goes_out_at_once(lab: MockLab, open_page: Open) -> None:
    page = open_page()
    start(page)
    sent = page.evaluate(
        """() => {
             const range = document.querySelector("[data-range=flood_level]");
             const sent = [];
             const send = WebSocket.prototype.send;
             WebSocket.prototype.send = function (text) { sent.push(text); send.call(this, text); };
             range.value = "700";
             range.dispatchEvent(new Event("input", {bubbles: true}));
             WebSocket.prototype.send = send;
             return sent.map((text) => JSON.parse(text).type);
           }"""
    )
    assert "turn" in sent  # in the very event, not in a later frame


def test_every_word_stands_in_the_catalog() -> None:
    labels = json.loads((ROOT / "assets" / "text" / "en" / "labels.json").read_text(encoding="utf-8"))
    held = {key for key in labels if key.startswith("lab.")}
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "lab").rglob("*.js"))
    named = set(re.findall(r'"(lab\.[a-z_.]+)"', sources))
    families = {family.replace(".", r"\.") for family in re.findall(r"`(lab\.[a-z_.]+\.)\$\{", sources)}
    made = {key for key in held if any(re.fullmatch(family + "[a-z_]+", key) for family in families)}
    assert named <= held
    assert held <= named | made, f"labels that nothing shows: {sorted(held - named - made)}"
