"""A walk through all "Try this": each link is followed, its run watched to its end, the screen held against the rows.

The answer of an attempt says what was recorded over seeds; the link's own run has the first of these. It is trained
here once more: on another processor than that of the record a single seed may end as another would.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pages.lab import state
from pages.lab.text import FALLBACK, load_article
from pages.lab.view import read_words
from tests.limits import WAIT_MS
from tests.pages.serving import wait_until_drawn
from tests.pages.test_statements import read, same
from tests.trainers.evidence.test_recorded_statements import train_again
from trainers.evidence.article_numbers import Row
from trainers.evidence.declarations import SEEDS, Experiment, declared
from trainers.runs.articles import Attempt
from trainers.runs.spec import metrics_of
from tricks import catalogue

SELDOM = """
window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 500);
window.cancelAnimationFrame = clearTimeout;
"""
"""Has the page drawn twice a second: what is drawn on the way to the end takes more of a machine than the training."""

SMALLEST = 1e-30  # what is less is 0 in the frames that the page gets


def recorded_attempts() -> list[Any]:
    """The attempts whose link starts a recorded experiment in which nothing is turned, with it."""
    found = []
    for trick in catalogue.NAMES:
        experiments = declared(trick).experiments.values()
        for attempt in read(trick).attempts:
            spec = state.read(trick, attempt.values, read_words(trick)[1]).whole
            fitting = [one for one in experiments if not one.turns and same(one.spec.to_json(), spec.to_json())]
            if fitting and spec.seed == SEEDS[0]:
                found.append(pytest.param(trick, attempt, fitting[0], id=f"{trick}-{attempt.title}"))
    return found


@pytest.mark.long
@pytest.mark.parametrize(("trick", "attempt", "experiment"), recorded_attempts())
def test_what_the_link_shows_is_what_the_answer_rests_on(
    browser_page: Page, trick: str, attempt: Attempt, experiment: Experiment
) -> None:
    page = browser_page
    page.add_init_script(SELDOM)
    page.goto(f"/{trick}")
    page.locator("[data-action=run]").wait_for()
    page.locator("[data-range=speed]").press("End")  # as fast as it goes
    place = next(n for n, one in enumerate(read(trick).attempts) if one.title == attempt.title)
    asked = page.locator(f".st-key-try-{place}")
    asked.get_by_role("link").click()
    page.locator("[data-action=run], [data-action=pause]").wait_for()
    page.locator("[data-range=speed]").press("End")
    expect(page.locator(".lab-where")).to_contain_text("finished", timeout=WAIT_MS)
    asked.locator("summary").click()
    told = load_article(trick, FALLBACK)[0].attempts[place].answer
    expect(asked.locator("[data-testid=stExpanderDetails]")).to_contain_text(told.split(".")[0][:40])
    rows = {row["arm"]: row for row in train_again(experiment, SEEDS[0]) if int(row["step"]) not in experiment.at}
    wait_until_drawn(page)
    shown = page.locator(".lab-standings tbody tr")
    expect(shown).to_have_count(len(experiment.spec.arms))
    for number, arm in enumerate(experiment.spec.arms):
        numbers = [cell.replace("★", "").strip() for cell in shown.nth(number).locator("td").all_inner_texts()[::2]]
        compare(numbers, rows[arm.name], experiment)


def compare(numbers: list[str], own: Row, experiment: Experiment) -> None:
    """Holds an arm's row on the screen against its last row."""
    for name, text in zip(metrics_of(experiment.spec), numbers, strict=True):
        if not own[name]:
            continue  # it diverged
        shown, made = float(text.replace("−", "-").replace(",", "")), float(own[name])
        assert abs(shown - made) <= 0.006 * abs(made) + SMALLEST, f"{own['arm']}, {name}: {text}, made {made}"
