"""The page of recorded evidence: every row stands where it belongs, and leads to the recipe it was made with."""

import math
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.combine import START
from pages.lab import choice, state, verdicts
from pages.lab.claims_table import claim_rows, claims_table
from pages.lab.text import labels_of_runs, load_words
from pages.lab.verdicts import ORDERS, Entry, arrange, entries_of, forest, table
from tests.limits import WAIT_S
from tests.pages.test_pages import open_tab
from trainers.evidence import recorded
from trainers.evidence.studies import Study
from trainers.runs.spec import COMBINE
from tricks import catalogue

WORDS = load_words("en")
MAIN = str(Path(__file__).parents[2] / "pages" / "main.py")


def entries(trick: str | None = None) -> list[Entry]:
    return entries_of(verdicts.recorded()[0], trick)


def test_every_recorded_trick_has_a_row_and_the_closing_ones_are_last() -> None:
    tricks = list(dict.fromkeys(entry.trick for entry in entries()))
    assert tricks == list(recorded.recorded_tricks()) and tricks[-1] == COMBINE
    assert tricks[:-1] == sorted(tricks[:-1], key=catalogue.NAMES.index)


@pytest.mark.parametrize("by", ORDERS)
def test_the_orders_sort_and_leave_the_closing_rows_last(by: str) -> None:
    found = arrange(entries(), by)
    assert len(found) == len(entries()) >= len(recorded.recorded_tricks())
    closing = [entry.trick == COMBINE for entry in found]
    assert closing == sorted(closing)
    values: dict[str, list[float]] = {
        "catalogue": [0.0],
        "effect": [-entry.gain[0] for entry in found if entry.trick != COMBINE],
        "p": [entry.verdict.p_holm for entry in found if entry.trick != COMBINE],
        "won": [-entry.verdict.paired.num_won for entry in found if entry.trick != COMBINE],
        "seconds": [entry.seconds for entry in found if entry.trick != COMBINE],
    }
    assert values[by] == sorted(values[by])


def test_a_points_name_is_that_of_its_own_row() -> None:
    found = arrange(entries(), "effect")
    figure = forest(found, WORDS)
    names = {note.y: note.text for note in figure.layout.annotations if note.xref == "paper"}
    points = {y: x for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True)}
    assert len(points) == len(names) == len(found)
    for height, entry in zip(sorted(points, reverse=True), found, strict=True):
        assert names[height] == entry.title(WORDS)
        assert points[height] == pytest.approx(math.asinh(entry.gain[0]))
    assert figure.layout.xaxis.zeroline is figure.layout.yaxis.zeroline is False  # zero is marked at each row
    ticks = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert ticks == pytest.approx({text: math.asinh(float(text.replace("−", "-"))) for text in ticks})
    assert list(ticks) == ["−20", "−5", "−1", "0", "1", "5", "20"]
    low, high = figure.layout.yaxis.range
    assert low < min(points) <= max(points) < high  # the first row is the highest


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.summary['id']}-{entry.arm}-{entry.baseline}")
def test_a_rows_address_sets_its_recipe(entry: Entry) -> None:
    study = Study.from_json(entry.summary)
    arm = next(arm for arm in study.spec.arms if arm.name == entry.arm)
    if entry.trick == COMBINE:
        chosen = choice.read(entry.params(), START, WORDS)
        made, notes = chosen.plan(), chosen.notes
    else:
        address = state.read(entry.trick, entry.params(), WORDS)
        made, notes = address.spec, address.notes
    assert not notes
    assert (made.task, made.steps, made.arms[1].tricks) == (entry.task, study.spec.steps, arm.tricks)
    assert made.arms[1].knobs == arm.knobs
    assert {**made.settings, "eval_every": 0} == {**study.spec.settings, "eval_every": 0}


def test_the_table_says_what_the_verdict_says() -> None:
    found = entries()
    for entry, (_, row) in zip(found, table(found, WORDS).iterrows(), strict=True):
        shown = WORDS[f"evidence.outcome.{entry.outcome}"]
        assert (row["shows"], row["p"], row["won"]) == (shown, entry.verdict.p_holm, entry.verdict.paired.num_won)
        assert (entry.outcome != "none") == entry.verdict.claimed


def test_a_verdict_stands_beside_a_part_of_a_claim() -> None:
    rows = claim_rows(verdicts.recorded()[0], ("flooding", COMBINE), WORDS)
    said: dict[str, list[str]] = {}
    for _, part, so in rows:  # of what repeats the row above, the part is empty
        said.setdefault(part or next(reversed(said)), []).append(so)
    assert [so.split(".")[0] for so in said["The network drifts to flat regions."]] == [
        "**Shows here** · Two spirals",
        "**The reverse shows here** · Handwritten digits",
        "**Shows here** · MNIST-1D",
    ]
    assert all("sharpness" in so for so in said["The network drifts to flat regions."])
    (descent,) = said["Test loss descends a second time."]
    assert descent.startswith("Untested: what counts as")
    assert [whose for whose, _, _ in rows if whose] == ["[Flooding](flooding)", f"[{WORDS['claims.combine']}](combine)"]
    assert claims_table(rows, WORDS).count("\n") == len(rows) + 1


def test_an_arm_is_called_in_a_claim_as_everywhere() -> None:
    said = [so for _, _, so in claim_rows(verdicts.recorded()[0], ("activation", "optimizers"), WORDS)]
    assert any("ReLU raised test accuracy" in so for so in said) and any("Adam raised" in so for so in said)


def test_all_claims_or_the_articles_own_are_shown() -> None:
    app = AppTest.from_file(MAIN, default_timeout=WAIT_S).run()
    app.switch_page("evidence.py").run()
    whose = next(control for control in app.button_group if control.label == WORDS["evidence.whose"])
    assert [claims_shown(app, name) for name in ("flooding", "anchors")] == [True, False]
    whose.set_value("all").run()
    assert [claims_shown(app, name) for name in ("flooding", "anchors")] == [True, True]
    assert not app.exception


def test_a_trick_of_which_nothing_is_recorded_is_left_out_and_its_page_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    labels_of_runs("en")  # every page's words have their numbers, which are recorded in the same files
    kept = shutil.copytree(recorded.FOLDER / "studies", tmp_path / "studies")
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    for path in recorded.place_of("flooding"):
        path.unlink()
    app = AppTest.from_file(MAIN, default_timeout=WAIT_S).run()
    app.switch_page("evidence.py").run()
    assert [claims_shown(app, name) for name in ("flooding", "focal_loss")] == [False, True]
    assert WORDS["evidence.check.empty"] in [text.value for text in app.markdown]
    (shown,) = (table.value for table in app.dataframe)
    assert not any(link.startswith("flooding?") for link in shown["link"])
    assert not app.exception
    open_tab(app.switch_page("flooding.py").run(), "flooding", "misread")
    assert WORDS["evidence.none"] in [text.value for text in app.markdown]
    assert f"{verdicts.COMMAND} flooding" in [code.value for code in app.code]
    assert not app.exception
    shutil.rmtree(kept)
    app.switch_page("evidence.py").run()
    assert WORDS["evidence.empty"] in [text.value for text in app.info]
    assert not app.exception


def claims_shown(app: AppTest, trick: str) -> bool:
    return any(f"]({trick}) |" in text.value for text in app.markdown)


def test_the_page_and_a_tricks_own_line_are_drawn() -> None:
    app = AppTest.from_file(MAIN, default_timeout=WAIT_S).run()
    app.switch_page("evidence.py").run()
    assert not app.exception
    assert WORDS["evidence.title"] in [title.value for title in app.title]
    told = " ".join(text.value for text in app.markdown)
    assert "2,000 experiments" in told and "descends a second time" in told
    open_tab(app.switch_page("flooding.py").run(), "flooding", "misread")
    (entry, *_) = entries("flooding")
    assert any(entry.cost(WORDS) in text.value for text in app.markdown)
