"""The tab that sweeps a knob: what it offers, what it asks for, and its curves in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from streamlit.testing.v1 import AppTest

from pages.lab import sweep
from pages.lab.many import build_many
from pages.lab.text import FALLBACK, load_words
from pages.lab.view import take_start
from tests.pages.mock_lab import MockLab, serve
from tests.pages.test_pages import TRICKS, open_page, open_tab, page_of, visit_of, words_of
from trainers.runs.build import build_spec
from trainers.runs.combine import build_sweep
from trainers.runs.spec import RunSpec
from tricks.declaration import Knob

LEVEL = Knob("level", "b", 0.1, 0.0, 0.6)
TAB = load_words(FALLBACK)["tab.sweep"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the live component of the tab is told, each time it is drawn."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(sweep, "live", lambda config, **_: found.append(config))
    return found


def open_sweep(trick: str, params: dict[str, str] | None = None) -> AppTest:
    return open_tab(open_page(trick, params), trick, "sweep")


def swept(config: dict[str, Any]) -> RunSpec:
    """The run that the component would start, as the server builds it."""
    asked = config["start"]
    spec = build_spec(
        asked["trick"], task=asked["task"], seed=config["seed"], steps=config["steps"], values=asked["values"]
    )
    return build_sweep(spec, asked["sweep"]["knob"], asked["sweep"]["values"])


# --- what is offered --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trick", TRICKS)
def test_every_page_sweeps_its_main_knob(trick: str, told: list[dict[str, Any]]) -> None:
    app = open_sweep(trick)
    assert not app.warning
    config = told[-1]
    assert config["swept"] == page_of(trick).present_knobs[0]
    assert config["spec"] == swept(config).to_json()
    assert 3 <= len(config["spec"]["arms"]) <= 12


def test_each_way_of_sweeping_is_called_what_it_does_and_explained(told: list[dict[str, Any]]) -> None:
    app, words = open_sweep("focal_loss"), words_of("focal_loss")
    ways = {
        True: ("sweep.mode.seeds", "sweep.about.seeds", "response"),
        False: ("sweep.mode.curves", "sweep.about", "sweep"),
    }
    for seeded, (name, about, kind) in ways.items():
        mode = app.radio(key="sweep.focal_loss:mode").set_value(seeded)
        assert mode.format_func(seeded) == words[name] == mode.options[int(seeded)]
        app = mode.run()
        assert words[about] in [caption.value for caption in app.caption] and told[-1]["kind"] == kind
        labels = {box.key: box.label for box in app.selectbox if ":knob" in str(box.key)}
        second = {"sweep.focal_loss:knob:1": words["sweep.knob.second"]} if seeded else {}
        assert labels == {"sweep.focal_loss:knob": words["sweep.knob"], **second}


def test_a_closed_tab_has_no_socket(told: list[dict[str, Any]]) -> None:
    open_page("flooding")
    assert told == []


def test_the_sweep_is_of_the_run_as_it_is_set(told: list[dict[str, Any]]) -> None:
    open_sweep("flooding", {"task": "digits", "lr": "0.01", "seed": "7", "steps": "90"})
    config = told[-1]
    assert (config["seed"], config["steps"], config["start"]["task"]) == (7, 90, "digits")
    assert config["start"]["values"]["lr"] == 0.01
    assert {arm["knobs"].get("flood_level") for arm in config["spec"]["arms"][1:]} >= {0.0, 0.2, 1.0}


def test_a_knob_its_ends_its_number_and_its_spacing_are_chosen(told: list[dict[str, Any]]) -> None:
    app = open_sweep("focal_loss")
    assert told[-1]["start"]["sweep"] == {"knob": "gamma", "values": [0, 1, 2, 3, 4, 5]}
    app.number_input(key="sweep.focal_loss:low").set_value(1.0).run()
    app.number_input(key="sweep.focal_loss:high").set_value(4.0).run()
    app.number_input(key="sweep.focal_loss:count").set_value(3).run()
    app.selectbox(key="sweep.focal_loss:scale").set_value("log").run()
    assert told[-1]["start"]["sweep"]["values"] == [1, 2, 4]
    assert "Values: 1, 2, 4." in [caption.value for caption in app.caption]
    app.selectbox(key="sweep.focal_loss:knob").set_value("alpha_balance").run()
    assert told[-1]["start"]["sweep"] == {"knob": "alpha_balance", "values": ["off", "on"]}
    assert not app.number_input


def test_ends_in_the_wrong_order_are_refused_in_words(told: list[dict[str, Any]]) -> None:
    app = open_sweep("focal_loss")
    app.number_input(key="sweep.focal_loss:low").set_value(5.0).run()
    assert [note.value for note in app.warning] == [
        "This cannot be swept. The low end must be below the high end: 5 and 5 are not."
    ]
    app.number_input(key="sweep.focal_loss:low").set_value(2.0).run()
    assert not app.warning


def test_factors_do_not_begin_at_nothing() -> None:
    axis = sweep.Axis.over(LEVEL).on("log", LEVEL)
    assert axis.values(LEVEL)[0] == 0.0006
    assert sweep.Axis.over(LEVEL).values(LEVEL) == (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def test_a_wide_range_is_swept_by_factors() -> None:
    assert sweep.Axis.over(Knob("rate", "", 0.1, 0.001, 1.0)).scale == "log"
    assert sweep.Axis.over(LEVEL).scale == "linear"


def test_ends_follow_a_range_that_has_become_another() -> None:
    axis = sweep.Axis("level", 0.2, 0.6, 5, "linear")
    assert axis.within(Knob("level", "b", 0.1, 0.0, 0.4)).high == 0.4
    assert axis.within(Knob("level", "b", 0.1, 0.0, 0.1)) == sweep.Axis.over(Knob("level", "b", 0.1, 0.0, 0.1))


def test_seed_and_steps_set_beside_the_sweep_are_those_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_sweep("flooding", {"flood_level": "0.4"})
    monkeypatch.setattr("pages.lab.view.st", app)
    app.query_params = FakeParams()
    take_start(page_of("flooding"), {"seed": 123, "steps": 77})
    visit = visit_of(app, "flooding")
    assert visit.params == {"flood_level": "0.4", "seed": "123", "steps": "77"}
    assert (visit.config["seed"], visit.config["steps"], visit.number) == (123, 77, 1)


class FakeParams(dict[str, str]):
    """An address's parameters outside a script."""

    def to_dict(self) -> dict[str, str]:
        return dict(self)

    def from_dict(self, values: dict[str, str]) -> None:
        self.clear()
        self.update(values)


# --- in a browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def lab(port: int) -> Iterator[MockLab]:
    with serve(port) as served:
        yield served


def test_a_sweep_draws_a_tile_for_each_value_and_the_response(lab: MockLab, context: BrowserContext) -> None:
    spec = build_spec("flooding", steps=200)
    values = [0.0, 0.1, 0.2, 0.4]
    start: dict[str, Any] = {"trick": "flooding", "task": spec.task, "values": dict(spec.arms[1].knobs)}
    start |= {"sweep": {"knob": "flood_level", "values": values}}
    lab.config = build_many(
        "sweep", build_sweep(spec, "flood_level", values), start,
        judged="test_loss", knobs=spec.knobs_of(1).values(), swept="flood_level", words=words_of("flooding"),
    )  # fmt: skip
    lab.closed = True
    page = context.new_page()
    page.goto(lab.url)
    page.locator("[data-action=run]").click()  # before there is a connection: it counts once there is
    expect(page.locator(".lab-line")).to_contain_text("connects by itself, and starts then")
    lab.closed = False
    expect(page.locator(".lab-where")).to_contain_text("finished")
    assert lab.of("start")[0]["sweep"] == {"knob": "flood_level", "values": values}
    expect(page.locator(".many-tile")).to_have_count(4)
    response = "document.querySelector('[data-chart=response] .lab-plot')"
    page.wait_for_function(f"{response}.data?.[0].y.length === 4")
    assert page.evaluate(f"Array.from({response}.data[0].x)") == values
    neutral = page.evaluate(f"{response}.layout.annotations.map(({{text, x}}) => [text, x])")
    assert ["neutral", 0] in neutral
    page.close()


def test_differences_are_told_of_the_metric_that_is_chosen(lab: MockLab, context: BrowserContext) -> None:
    spec = build_spec("flooding", steps=200)
    start: dict[str, Any] = {"trick": "flooding", "task": spec.task, "values": dict(spec.arms[1].knobs)}
    lab.config = build_many(
        "combine", spec, start, judged="test_loss", knobs=spec.knobs_of(1).values(), words=words_of("flooding")
    )
    page = context.new_page()
    page.goto(lab.url)
    page.locator("[data-action=run]").click()
    expect(page.locator(".lab-where")).to_contain_text("finished")
    title = page.locator("[data-chart=differences] .lab-chart-title")
    expect(title).to_have_text("test loss: difference to the baseline")
    plot = page.locator("[data-chart=differences] .lab-plot")
    expect(plot).to_have_attribute("aria-label", re.compile(r"difference to the baseline\. \w+ [+−]\d"))
    bars = "document.querySelector('[data-chart=differences] .lab-plot').data[0]"
    assert page.evaluate(f"[{bars}.orientation, {bars}.y.length, typeof {bars}.x[0]]") == ["h", 1, "number"]
    expect(page.locator("[data-action=run]")).not_to_have_attribute("data-busy", "")
    page.locator("[data-name=metric] [data-value=test_accuracy]").click()
    expect(title).to_have_text("test accuracy: difference to the baseline")
    page.close()


def test_a_sweep_on_the_real_page_runs_from_the_tab(browser_page: Page) -> None:
    page = browser_page
    page.goto("/flooding?steps=60&eval_every=20")
    page.get_by_role("tab", name=TAB).click()
    page.get_by_label("Values", exact=True).fill("4")
    page.get_by_label("Values", exact=True).press("Enter")
    expect(page.get_by_text("Values: 0, 0.2, 0.4, 0.6 nats.")).to_be_visible()
    many = page.locator(".many")
    expect(many.locator(".lab-line")).to_contain_text("5 networks")
    many.locator("[data-action=run]").click()
    expect(many.locator(".lab-where")).to_contain_text("step 60 of 60")
    expect(many.locator(".many-tile output")).to_have_text([re.compile(r"[\d.]+")] * 4)
    many.locator("[data-box=seed]").fill("123")
    many.locator("[data-box=seed]").press("Enter")
    page.wait_for_url(re.compile("seed=123"))
    expect(page.locator(".lab:not(.many) [data-box=seed]")).to_have_value("123")
