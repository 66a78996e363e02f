"""Every trick's page in Chromium: it opens, its run gets to the end, and each of its charts and panels draws."""

from functools import partial
from importlib import import_module

import pytest
from playwright.sync_api import Page, expect

from tests.pages.serving import wait_until
from tricks import catalogue

STEPS = 30  # three probes
DRAWN = """
(chart) => {
  const plot = chart.querySelector(".lab-plot");
  const traces = (plot.data ?? []).some(({x, y, z}) => (x ?? y ?? z ?? []).length > 0);
  const pictures = [...chart.querySelectorAll("canvas")].some(({width, height}) => width * height > 1);
  return !plot.hasAttribute("data-empty") && (traces || pictures);
}
"""


@pytest.mark.long(share=0.3)
@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_the_page_opens_runs_and_shows_the_inside(browser_page: Page, trick: str) -> None:
    refused: list[str] = []
    browser_page.on("requestfailed", lambda request: refused.append(request.url))
    browser_page.set_viewport_size({"width": 700, "height": 900})  # where all panels are shown at once
    browser_page.goto(f"/{trick}?steps={STEPS}&autostart=1")
    expect(browser_page.locator(".lab-line[data-kind=end]")).to_contain_text("One seed: a story, not evidence.")
    for panel in import_module(f"pages.{trick}").PAGE.panels:
        expect(browser_page.locator(f'[data-chart="{panel.id}"]')).to_have_count(1)
    charts = browser_page.locator("[data-chart]").all()
    assert len(charts) > 2
    for chart in charts:
        chart.scroll_into_view_if_needed()
        wait_until(browser_page, partial(chart.evaluate, DRAWN))
    assert not refused
