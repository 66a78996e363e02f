"""Repeats and sweeps over seeds: what the tabs ask for, how seeds turn into a verdict, and both in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from streamlit.testing.v1 import AppTest

from pages.lab import seeds, sweep
from pages.lab.seeds import build_seeds
from pages.lab.text import FALLBACK, load_words
from pages.lab.view import take_report
from tests.pages.mock_lab import MockLab, serve
from tests.pages.serving import fetch_as, wait_until, wait_until_drawn
from tests.pages.test_component import layout, traces, wait_for_range, zoom_in
from tests.pages.test_pages import TRICKS, open_page, open_tab, page_of, read, visit_of, words_of
from tests.pages.test_sweep import FakeParams, open_sweep
from trainers.evidence.plan import plan_repeat, plan_sweep
from trainers.runs.build import build_spec
from trainers.runs.spec import RunSpec, metrics_of

WORDS = load_words(FALLBACK)
TAB = WORDS["tab.seeds"]

Told = list[dict[str, Any]]
Open = Callable[..., Page]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the live components of the tabs are told, each time they are drawn."""
    found: Told = []
    for module in (seeds, sweep):
        monkeypatch.setattr(module, "live", lambda config, **_: found.append(config))
    return found


def open_seeds(trick: str, params: dict[str, str] | None = None) -> AppTest:
    return open_tab(open_page(trick, params), trick, "seeds")


def asked(config: dict[str, Any]) -> RunSpec:
    """The run that the component would have repeated, as the server builds it."""
    start = {name: value for name, value in config["start"].items() if name not in ("trick", "sweep")}
    extra = tuple(start.pop("extra_arms", ()))
    return build_spec(config["start"]["trick"], extra_arms=extra, **start)


# --- what is asked for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trick", TRICKS)
def test_every_page_repeats_what_it_shows(trick: str, told: Told) -> None:
    app = open_seeds(trick)
    config = told[-1]
    plan = plan_repeat(asked(config), config["num_seeds"])
    assert plan.study.seeds == tuple(range(16))
    assert plan.study.id == config["id"] != config["recipe"]["id"]
    assert plan_repeat(asked(config), as_evidence=True).study.id == config["recipe"]["id"]
    assert asked(config).to_json() == visit_of(app, trick).address.spec.to_json() | {"seed": asked(config).seed}
    assert config["recipe"]["text"].startswith("The evidence recipe: ")
    assert any("/evidence" in caption.value for caption in app.caption)


def test_the_repeat_is_of_the_run_as_it_is_set(told: Told) -> None:
    open_seeds("flooding", {"flood_level": "0.4", "steps": "90", "lr": "0.01", "arms": "flood_level:0.1"})
    spec = asked(told[-1])
    assert (spec.steps, spec.settings["lr"]) == (90, 0.01)
    assert [arm.knobs.get("flood_level") for arm in spec.arms] == [None, 0.4, 0.1]


def test_a_closed_tab_has_no_socket(told: Told) -> None:
    open_page("flooding")
    assert told == []


def test_the_button_beside_the_run_opens_the_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("flooding")
    monkeypatch.setattr("pages.lab.view.st", app)
    app.query_params = FakeParams()
    page, visit = page_of("flooding"), visit_of(app, "flooding")
    settings = {"task": visit.address.spec.task, "values": {"flood_level": 0.3}, "seed": 100, "steps": 1500}
    take_report(page, settings)
    assert visit_of(app, "flooding").repeats == 0
    take_report(page, {**settings, "repeat": True})
    assert visit_of(app, "flooding").repeats == 1
    assert visit_of(app, "flooding").params == {"flood_level": "0.3"}
    assert app.session_state["tabs.flooding"] == TAB


def test_a_sweep_over_seeds_is_of_one_knob_or_two(told: Told) -> None:
    app = open_sweep("focal_loss")
    app.radio(key="sweep.focal_loss:mode").set_value(True).run()
    config = told[-1]
    assert config["start"]["sweep"] == {"gamma": [0, 1, 2, 3, 4, 5]}
    plan = plan_sweep(asked(config), config["start"]["sweep"], config["num_seeds"])
    assert plan.study.seeds == tuple(range(100, 108))
    assert plan.study.id == config["id"]
    app.selectbox(key="sweep.focal_loss:knob:1").set_value("alpha_balance").run()
    assert told[-1]["start"]["sweep"] == {"gamma": [0, 1, 2, 3, 4, 5], "alpha_balance": ["off", "on"]}
    app.selectbox(key="sweep.focal_loss:knob:1").set_value("").run()
    assert list(told[-1]["start"]["sweep"]) == ["gamma"]
    app.radio(key="sweep.focal_loss:mode").set_value(False).run()
    assert told[-1]["module"] == "joined/many.js"


def test_a_sweep_over_seeds_has_at_most_nine_values(told: Told) -> None:
    app = open_sweep("flooding")
    app.number_input(key="sweep.flooding:count").set_value(24).run()
    app.radio(key="sweep.flooding:mode").set_value(True).run()
    assert len(told[-1]["start"]["sweep"]["flood_level"]) == 9
    assert app.number_input(key="sweep.flooding:count").value == 9


# --- in a browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def lab(port: int) -> Iterator[MockLab]:
    with serve(port) as served:
        yield served


@pytest.fixture
def open_study(lab: MockLab, context: BrowserContext) -> Open:
    def opener(swept: dict[str, list[Any]] | None = None, *, width: int = 1160, **changes: Any) -> Page:
        lab.config = {**build_seeds(read("flooding"), words_of("flooding"), swept=swept), **changes}
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(lab.url)
        page.locator("[data-action=repeat]").wait_for()
        return page

    return opener


def repeat(lab: MockLab, page: Page) -> None:
    page.locator("[data-action=repeat]").click()
    wait_until(page, lambda: bool(lab.studies))
    page.locator("[data-action=cancel]").wait_for()


def test_a_press_before_there_is_a_connection_counts_once_there_is(lab: MockLab, open_study: Open) -> None:
    lab.closed = True
    page = open_study()
    for _ in range(2):
        page.locator("[data-action=repeat]").click()
    expect(page.locator(".seeds .lab-line")).to_contain_text("connects by itself, and starts then")
    lab.closed = False
    page.locator("[data-action=cancel]").wait_for()
    assert len(lab.of("repeat")) == 1


def test_seeds_arrive_one_by_one_and_end_in_a_verdict(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    expect(page.locator(".seeds-which")).to_contain_text("Seeds 0 to 15. These are for reporting")
    repeat(lab, page)
    (message,) = lab.of("repeat")
    assert message["seeds"] == 16 and message["trick"] == "flooding" and "seed" not in message
    expect(page.locator("[data-action=repeat]")).to_be_disabled()
    lab.study().advance(1)
    expect(page.locator(".seeds-verdict")).to_have_text(WORDS["lab.seeds.verdict.wait"])
    lab.study().advance(6)
    expect(page.locator(".seeds .lab-where")).to_have_text("7 of 16 seeds · 18 s left")
    lab.study().advance(9)
    expect(page.locator(".seeds .lab-where")).to_have_text("16 of 16 seeds · finished")
    expect(page.locator(".seeds-verdict p")).to_have_text(re.compile("^Flooding lowered test loss by 0.10 .* 16 of 16"))
    assert page.locator(".seeds-verdict p").get_attribute("data-claimed") == "true"
    judged = page.locator(".many-table tr", has=page.get_by_role("rowheader", name="test loss"))
    assert judged.get_attribute("data-claimed") == "better" and judged.locator("td").last.inner_text() == "better"
    # a thin trace, two edges of the band and a mean for each arm; of the difference for the trick's alone
    wait_until_drawn(page, ".seeds")
    thin, *others = traces(page, "seeds")
    assert thin["y"].count(None) == 16 and len(others) == 7
    assert len(traces(page, "difference")) == 4
    assert traces(page, "difference")[-1]["y"] == pytest.approx([-0.1] * 6, abs=1e-4)
    zero = page.evaluate("document.querySelector('[data-chart=difference] .lab-plot').layout.shapes[0].y0")
    assert zero == 0
    row = page.locator(".many-table tbody tr").first
    expect(row).to_contain_text("test loss")
    expect(row).to_contain_text("−0.10 (−0.12 to −0.080)")
    expect(page.locator(".seeds-cost")).to_have_text("Flooding took 1.10 times the baseline's seconds.")
    plot = page.locator("[data-chart=difference] .lab-plot")
    expect(plot).to_have_attribute("aria-label", re.compile("paired difference"))


@pytest.mark.parametrize(("typed", "taken"), [("2", True), ("64", True), ("1", False), ("65", False), ("2.5", False)])
def test_a_number_of_seeds_is_taken_from_end_to_end_or_refused_in_words(
    lab: MockLab, open_study: Open, typed: str, taken: bool
) -> None:
    page = open_study()
    box = page.locator("[data-box=seeds]")
    box.fill(typed)
    box.press("Enter")
    said = page.locator(".seeds .lab-line[data-kind=refused]")
    if taken:
        expect(box).to_have_value(typed)
        expect(said).to_be_hidden()
    else:
        expect(said).to_contain_text(f"between 2 and 64; you typed {typed}. Kept 16.")
        expect(box).to_have_value("16")


def test_another_metric_is_charted_under_its_name_and_a_zoom_ends_with_it(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    repeat(lab, page)
    lab.study().advance(16)
    expect(page.locator(".seeds .lab-where")).to_contain_text("finished")
    wait_until_drawn(page, ".seeds")
    whole = layout(page, "seeds")["x"]["range"]
    zoom_in(page, "seeds")
    expect(page.locator("[data-chart=seeds] [data-tool=unzoom]")).to_be_visible()
    choices = page.locator("[data-name=metric] [role=radio]")
    assert choices.all_inner_texts()[:2] == ["test loss", "test accuracy"]
    choices.nth(1).click()
    expect(choices.nth(1)).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-chart=seeds] [data-tool=unzoom]")).to_be_hidden()
    wait_for_range(page, whole, "seeds")
    expect(page.locator("[data-chart=seeds] .lab-plot")).to_have_attribute("aria-label", re.compile("test accuracy"))


def test_a_canceled_repeat_keeps_what_finished_and_claims_nothing(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    repeat(lab, page)
    lab.study().advance(5)
    expect(page.locator(".seeds .lab-where")).to_contain_text("5 of 16")
    page.locator("[data-action=cancel]").click()
    expect(page.locator(".seeds .lab-line")).to_have_text(
        "Canceled after 5 of 16. What finished is kept; a verdict needs all that were planned."
    )
    expect(page.locator(".seeds-verdict")).to_have_text(re.compile("^So far, and not yet a verdict: .* 5 of 5 seeds"))
    assert page.locator(".seeds-verdict p").get_attribute("data-claimed") == "false"
    expect(page.locator("[data-action=repeat]")).to_be_enabled()
    expect(page.locator("[data-action=cancel]")).to_be_hidden()


def test_a_reload_comes_back_to_the_study(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    repeat(lab, page)
    lab.study().advance(4)
    expect(page.locator(".seeds .lab-where")).to_contain_text("4 of 16")
    page.reload()
    lab.study().advance(12)
    expect(page.locator(".seeds .lab-where")).to_have_text("16 of 16 seeds · finished")
    assert len(lab.of("repeat")) == 1
    expect(page.locator(".seeds .lab-line")).to_be_hidden()


def test_a_study_that_is_gone_is_said_to_be(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    repeat(lab, page)
    lab.study().advance(2)
    expect(page.locator(".seeds .lab-where")).to_contain_text("2 of 16")
    lab.studies.clear()
    lab.drop()
    expect(page.locator(".seeds .lab-line")).to_have_text(WORDS["lab.seeds.gone"])
    expect(page.locator("[data-action=repeat]")).to_be_enabled()


def test_the_evidence_recipe_is_asked_for_without_values(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    page.locator("[data-value=evidence]").click()
    expect(page.locator(".seeds-which")).to_contain_text("The evidence recipe: b ")
    page.locator("[data-box=seeds]").fill("5")
    page.locator("[data-box=seeds]").press("Enter")
    repeat(lab, page)
    assert lab.of("repeat") == [
        {"type": "repeat", "trick": "flooding", "task": "spirals", "evidence": True, "seeds": 5}
    ]


def test_what_stands_above_a_result_is_that_results_own(lab: MockLab, open_study: Open) -> None:
    page = open_study()
    line, about = page.locator(".seeds .lab-line"), page.locator(".seeds-about")
    expect(about).to_be_hidden()
    page.locator("[data-box=seeds]").fill("5")
    page.locator("[data-box=seeds]").press("Enter")
    repeat(lab, page)
    lab.study().advance(5)
    expect(about).to_have_text("Spirals, b 0.2:")
    expect(line).to_be_hidden()
    page.locator("[data-value=evidence]").click()  # what would be repeated next is another study
    expect(about).to_have_text("Spirals, b 0.2:")
    expect(line).to_have_text(WORDS["lab.seeds.differs"])
    page.locator("[data-value=shown]").click()
    expect(line).to_be_hidden()
    page.reload()
    expect(page.locator(".seeds .lab-where")).to_have_text("5 of 5 seeds · finished")
    expect(page.locator("[data-box=seeds]")).to_have_value("5")
    expect(line).to_be_hidden()


def test_too_many_seeds_are_refused_where_they_are_typed(open_study: Open) -> None:
    page = open_study()
    page.locator("[data-box=seeds]").fill("65")
    page.locator("[data-box=seeds]").press("Enter")
    expect(page.locator(".seeds .lab-line")).to_contain_text("between 2 and 64; you typed 65. Kept 16.")


def test_a_press_of_the_button_beside_the_run_is_answered_once(lab: MockLab, open_study: Open) -> None:
    page = open_study(asked=1)
    wait_until(page, lambda: len(lab.of("repeat")) == 1)
    lab.study().advance(16)
    expect(page.locator(".seeds .lab-where")).to_contain_text("finished")
    page.evaluate("lab.update({...config, asked: 1, steps: 7})")
    page.evaluate("lab.update({...config, asked: 2})")
    page.locator("[data-action=cancel]").wait_for()
    lab.study().advance(16)
    expect(page.locator(".seeds .lab-where")).to_contain_text("finished")
    assert len(lab.of("repeat")) == 2


def test_a_sweep_shows_the_response_and_opens_a_settings_curves(lab: MockLab, open_study: Open) -> None:
    page = open_study({"flood_level": [0.0, 0.2, 0.4]})
    expect(page.locator(".seeds-which")).to_contain_text("Seeds 100 to 107.")
    repeat(lab, page)
    assert lab.of("repeat")[0]["sweep"] == {"flood_level": [0, 0.2, 0.4]}
    lab.study().advance(24)
    expect(page.locator(".seeds .lab-where")).to_have_text("24 of 24 runs · finished")
    wait_until_drawn(page, ".seeds")
    shown = "document.querySelector('[data-chart=response] .lab-plot').data"
    assert page.evaluate(f"{shown}.slice(0, 2).map(({{mode}}) => mode)") == ["lines", "lines"]  # the interval's edges
    assert traces(page, "response")[-1]["y"] == pytest.approx([0.4, 0.45, 0.5])
    marks = "document.querySelector('[data-chart=response] .lab-plot').layout.annotations.map(({text}) => text)"
    assert page.evaluate(marks) == ["1 of 8 diverged", "neutral"]
    expect(page.locator("[data-chart=seeds] .lab-chart-title")).to_have_text("test loss at b 0")
    page.locator("[data-point='2']").click()
    expect(page.locator("[data-chart=seeds] .lab-chart-title")).to_have_text("test loss at b 0.4")


def test_two_knobs_are_a_map_whose_cells_open_their_curves(lab: MockLab, open_study: Open) -> None:
    page = open_study({"flood_level": [0.0, 0.2], "lr": [0.01, 0.1, 1.0]})
    repeat(lab, page)
    lab.study().advance(48)
    expect(page.locator(".seeds .lab-where")).to_contain_text("finished")
    wait_until_drawn(page, ".seeds")
    drawn = page.evaluate("document.querySelector('[data-chart=response] .lab-plot').data[0]")
    assert drawn["type"] == "heatmap" and len(drawn["z"]) == 3 and drawn["z"][2][1] is not None
    font = page.evaluate("document.querySelector('[data-chart=response] .lab-plot').data[0].textfont")
    assert font["size"] == 12 and font["color"].startswith("rgb(")
    box = page.locator("[data-chart=response] .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 6)
    expect(page.locator("[data-chart=seeds] .lab-chart-title")).to_have_text("test loss at b 0.2, lr 1")
    expect(page.locator("tr[data-chosen]")).to_contain_text("b 0.2, lr 1")


@pytest.mark.parametrize("swept", [None, {"flood_level": [0.0, 0.2, 0.4]}])
def test_nothing_scrolls_sideways_on_a_narrow_screen(lab: MockLab, open_study: Open, swept: Any) -> None:
    page = open_study(swept, width=390)
    repeat(lab, page)
    lab.study().advance(24)
    expect(page.locator(".seeds .lab-where")).to_contain_text("finished")
    wait_until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 390)


def test_from_the_press_of_the_button_to_the_verdict(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=60&eval_every=20")
    page.locator("[data-action=seeds]").click()
    expect(page.get_by_role("tab", name=TAB)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".seeds .lab-where")).to_contain_text("16 of 16 seeds · finished")
    expect(page.locator(".seeds-verdict p")).to_contain_text("16")
    expect(page.locator(".seeds .many-table tbody tr")).to_have_count(len(metrics_of(build_spec("flooding"))))
    link = page.locator("[data-export='.csv']").get_attribute("href")
    text = fetch_as(page, str(link)).text()
    lines = text.split("\r\n")
    assert lines[0].startswith("run_id,trick,task,seed,arm,step") and len(lines) == 1 + 32 + 1
    assert fetch_as(page, str(link).replace(".csv", "-summary.parquet")).ok
