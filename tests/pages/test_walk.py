"""A walk through all "Try this": each link is followed, its run watched to its end, the screen held against the rows.

The answer of an attempt says what was recorded over seeds; the link's own run has the first of these.
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
from trainers.evidence import article_numbers
from trainers.evidence.article_numbers import Row
from trainers.evidence.declarations import SEEDS, Experiment, declared
from trainers.runs.articles import Attempt
from trainers.runs.provenance import made_here
from trainers.runs.spec import metrics_of
from tricks import catalogue

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
    rows = [row for row in article_numbers.recorded(trick) if row["experiment"] == experiment.name]
    wait_until_drawn(page)
    shown = page.locator(".lab-standings tbody tr")
    expect(shown).to_have_count(len(experiment.spec.arms))
    for number, arm in enumerate(experiment.spec.arms):
        numbers = [cell.replace("★", "").strip() for cell in shown.nth(number).locator("td").all_inner_texts()[::2]]
        compare(numbers, arm.name, rows, experiment)


def compare(numbers: list[str], arm: str, rows: list[Row], experiment: Experiment) -> None:
    """Holds an arm's row on the screen against its recorded ends: its own seed's, or on other machines all seeds'."""
    ends = {row["seed"]: row for row in rows if row["arm"] == arm and int(row["step"]) not in experiment.at}
    own = ends[str(SEEDS[0])]
    exact = all(own[made] == str(made_here()[made]) for made in ("processor", "torch"))
    for name, text in zip(metrics_of(experiment.spec), numbers, strict=True):
        if not own[name]:
            continue  # it diverged
        shown = float(text.replace("−", "-").replace(",", ""))
        values = [float(own[name])] if exact else [float(row[name]) for row in ends.values() if row[name]]
        spread = 0 if exact else 3 * (max(values) - min(values))  # on another processor a last test may be a lone dip
        room = 0.006 * max(map(abs, values)) + spread + SMALLEST
        assert min(values) - room <= shown <= max(values) + room, f"{arm}, {name}: {text}, recorded {values}"
