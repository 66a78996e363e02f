"""Every page as Streamlit draws it: no exception, words for everything, and an address that is read and written."""

from __future__ import annotations

import inspect
import json
import re
import runpy
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.combine import tell
from pages.lab import drawings, gallery, state
from pages.lab.choice import Choice
from pages.lab.config import build_config, limits, panels_of, settings_of, told_to_all
from pages.lab.first_sight import arrays_of
from pages.lab.many import build_many
from pages.lab.panels import Curve, Lines, Page
from pages.lab.seeds import build_seeds
from pages.lab.state import Address
from pages.lab.text import FALLBACK, Words, load_article, load_words
from pages.lab.view import Visit, take_report, unbroken
from tests.limits import WAIT_S
from trainers.evidence.plan import SEEDS
from trainers.kinds.run import Run
from trainers.runs.build import build_spec, conflicts
from trainers.runs.settings import FIRST_EXPLORED_SEED, SEED, SETTINGS, STEPS, ignored_by
from trainers.tasks import load_task
from trainers.wire.messages import OLDER
from trainers.wire.protocol import VERSION
from tricks import catalogue
from tricks.declaration import RefusedError

ROOT = Path(__file__).parent.parent.parent
MAIN = str(ROOT / "pages" / "main.py")
TRICKS = catalogue.NAMES


@pytest.fixture(autouse=True)
def strict_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A label that is missing fails the test, in place of showing a name."""

    def missing(words: Words, key: str) -> str:
        raise AssertionError(f"{words.language}: {key} is missing")

    monkeypatch.setattr(Words, "missing", missing)


def words_of(trick: str) -> Words:
    article, _ = load_article(trick, FALLBACK)
    return load_words(FALLBACK).with_labels({**article.labels, "title": article.title})


def page_of(trick: str) -> Page:
    page: Page = import_module(f"pages.{trick}").PAGE
    return page


def start(**context: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=WAIT_S)
    app.context.update(context)
    return app


def open_page(trick: str, params: Mapping[str, str] | None = None) -> AppTest:
    app = start()
    app.switch_page(f"{trick}.py")
    app.query_params = dict(params or {})
    app.run()
    assert not app.exception
    return app


def open_tab(app: AppTest, trick: str, name: str) -> AppTest:
    """The page with the tab of that name open, as after a click on it."""
    app.session_state[f"tabs.{trick}"] = load_words(FALLBACK)[f"tab.{name}"]
    app.run()
    assert not app.exception
    return app


def visit_of(app: AppTest, trick: str) -> Visit:
    visit: Visit = app.session_state[f"visit.{trick}"]
    return visit


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*app.markdown, *app.title, *app.subheader, *app.caption))


def links(app: AppTest) -> list[str]:
    return [element.proto.label for element in app.get("page_link")]


def read(trick: str, **params: str) -> Address:
    return state.read(trick, params, words_of(trick))


# --- every page -------------------------------------------------------------------------------------------------


def test_home_leads_to_every_trick_and_says_where_to_start() -> None:
    app = start().run()
    assert not app.exception
    titles = gallery.titles(load_words(FALLBACK))
    assert links(app)[0] == "Start with flooding"
    assert links(app)[1:] == [titles[name] for family in gallery.families().values() for name in family]


@pytest.mark.parametrize("trick", TRICKS)
def test_each_card_has_a_picture_of_what_the_knobs_draw(trick: str) -> None:
    svg = gallery.picture(trick, "what it shows")
    assert svg.startswith("<svg")
    assert 'aria-label="what it shows"' in svg
    assert "nan" not in svg


def test_a_cards_picture_has_the_neutral_curve_behind_the_tricks() -> None:
    paths = dict(re.findall(r'<path class="(\w+)" d="([^"]+)"', gallery.picture("flooding", "")))
    assert paths.keys() == {"quiet", "accent"} and paths["quiet"] != paths["accent"]


def test_the_gallery_can_be_grouped_by_what_the_tricks_serve() -> None:
    app = start().run()
    words, named = load_words(FALLBACK), gallery.titles(load_words(FALLBACK))
    assert sorted(name for names in gallery.families().values() for name in names) == sorted(TRICKS)
    assert [heading.value for heading in app.subheader] == [words[f"family.{name}"] for name in gallery.families()]
    app.segmented_control[0].set_value("goal").run()
    assert not app.exception
    assert [heading.value for heading in app.subheader] == ["Speed of convergence", "Stability", "Generalization"]
    served = {goal: [name for name in TRICKS if goal in catalogue.load(name).serves] for goal in gallery.GOALS}
    assert gallery.goals() == served
    assert links(app)[1:] == [named[name] for names in served.values() for name in names]
    assert {name for names in served.values() for name in names} == set(TRICKS)


def test_an_address_can_ask_for_the_gallery_by_goal() -> None:
    app = start()
    app.query_params["by"] = "goal"
    app.run()
    assert app.segmented_control[0].value == "goal"
    assert app.subheader[0].value == "Speed of convergence"
    other = start()
    other.query_params["by"] = "color"
    other.run()
    assert "must be one of family, goal; the address says color. Kept family." in other.warning[0].value


def test_a_long_curve_is_thinned_for_its_card() -> None:
    many = np.linspace(0, 1, 5001)
    svg = drawings.curves(many, np.sin(40 * many), None, "a wave")
    assert len(svg) < 8000
    assert svg.count(" L") > 200


@pytest.mark.parametrize("trick", TRICKS)
def test_each_page_says_what_its_trick_declares(trick: str) -> None:
    app = open_page(trick)
    declared = catalogue.load(trick)
    assert [title.value for title in app.title] == [load_article(trick, FALLBACK)[0].title]
    assert not app.warning
    assert unbroken(declared.formula) in app.latex[0].value
    article, _ = load_article(trick, FALLBACK)
    assert article.see in texts(app)
    assert not app.code  # what stands behind a tab is drawn when it is opened
    source = inspect.getsource(sys.modules[f"tricks.{trick}"])
    shown = [block.value.strip() for block in open_tab(app, trick, "code").code]
    assert source.strip() in shown and article.snippet.strip() in shown
    assert article.misread in texts(open_tab(app, trick, "misread"))
    assert all(paper.url in texts(open_tab(app, trick, "paper")) for paper in declared.papers)


@pytest.mark.parametrize("trick", TRICKS)
def test_the_knobs_stand_on_the_page_as_declared(trick: str) -> None:
    config = visit_of(open_page(trick), trick).config
    declared = build_spec(trick).knobs_of(1)
    assert [knob["name"] for knob in config["knobs"]] == list(declared)
    for knob in config["knobs"]:
        own = declared[knob["name"]]
        for field in ("symbol", "low", "high", "neutral", "unit", "live", "integer", "scale"):
            assert knob[field] == getattr(own, field), f"{own.name}.{field}"
        assert knob["choices"] == list(own.choices)
        assert knob["label"] and knob["help"]


@pytest.mark.long(share=0.3)
@pytest.mark.parametrize("trick", TRICKS)
def test_every_task_of_a_page_can_be_shown(trick: str) -> None:
    for setup in catalogue.load(trick).setups:
        app = open_page(trick, {"task": setup.task})
        visit = visit_of(app, trick)
        assert visit.config["task"] == setup.task
        assert visit.config["version"] == VERSION
        json.dumps(visit.config, allow_nan=False)
        task = load_task(setup.task)
        usual = {"lr", "batch_size", "train_size", "label_noise"} - set(ignored_by(task))
        assert {knob["name"] for knob in visit.config["settings"]} >= usual
        open_tab(app, trick, "data")
        size = visit.address.spec.settings["train_size"]
        seen = f"{size} training examples" if task.field is None else f"Seed {FIRST_EXPLORED_SEED} starts at"
        assert seen in texts(app)


@pytest.mark.parametrize(("trick", "task"), [(t, setup.task) for t in TRICKS for setup in catalogue.load(t).setups])
def test_every_choice_and_end_of_a_setting_that_a_page_offers_is_taken(trick: str, task: str) -> None:
    spec, refused = build_spec(trick, task=task), []
    for setting in settings_of(load_task(task), spec):
        for value in setting.choices or (setting.low, setting.high):
            try:
                build_spec(trick, task=task, values={setting.name: value})
            except RefusedError as error:
                refused.append(error.rule)
    assert set(refused) <= {"too_large"}  # for one run's time and memory, which all settings share


def test_tricks_together_are_offered_the_networks_that_all_of_them_change() -> None:
    def offered(*tricks: str) -> tuple[str, ...]:
        spec = Choice(tricks, "mnist1d").plan()
        return next(knob.choices for knob in settings_of(load_task("mnist1d"), spec) if knob.name == "model")

    assert offered("flooding") == ("mlp", "residual_mlp", "conv1d", "resnet1d", "blocks1d")
    assert offered("flooding", "dropout") == ("mlp", "residual_mlp", "conv1d", "resnet1d")
    assert offered("dropout", "skip_connection") == ("mlp", "residual_mlp")
    with pytest.raises(StopIteration):  # no network has both: nothing to choose, and the page is drawn
        offered("dropout", "feature_fusion")
    ends = [
        [
            (knob.name, knob.low, knob.high)
            for knob in settings_of(load_task("mnist1d"), Choice(tricks, "mnist1d").plan())
        ]
        for tricks in (("dropout",), ("dropout", "feature_fusion"))
    ]
    assert [one for one in ends[0] if one[0] != "model"] == ends[1]  # what clashes is the network alone


def test_why_a_trick_has_no_place_in_the_network_is_said() -> None:
    (lost,) = conflicts(("dropout", "feature_fusion"), "mnist1d", "mlp")
    assert tell(lost, {"feature_fusion": "feature fusion"}, load_words(FALLBACK)) == (
        "Feature fusion changes the way the blocks are connected, which this kind of network (MLP) does not have."
    )


@pytest.mark.parametrize(("trick", "task"), [(t, setup.task) for t in TRICKS for setup in catalogue.load(t).setups])
def test_every_panel_is_fed(trick: str, task: str) -> None:
    declared = catalogue.load(trick)
    spec = build_spec(trick, task=task, steps=20)
    run = Run(spec)
    progress = run.advance(60)
    assert progress.finished
    probes = {name for probe in progress.probes if probe.arm == 1 for name in probe.arrays}
    columns = set(progress.rows[1]) | set(progress.tests[1])
    previews = set() if declared.preview is None else set(declared.preview(run.trainer.arms[1].knobs))
    for panel in panels_of(page_of(trick), spec):
        assert arrays_of(panel) <= probes | columns | previews, panel
        if isinstance(panel, Curve):
            assert {panel.x, *panel.y} <= previews or (not previews and {panel.x, *panel.y} <= probes)
            assert set(panel.past) <= probes | columns and len(panel.past) in (0, len(panel.y))


@pytest.mark.parametrize("trick", [trick for trick in TRICKS if "lr" in catalogue.load(trick).wraps])
def test_a_trick_that_changes_the_learning_rate_charts_it_as_applied(trick: str) -> None:
    panels = page_of(trick).panels
    over_steps = {array for panel in panels if isinstance(panel, Lines) for array in panel.arrays}
    assert "lr" in over_steps or any(panel.past for panel in panels if isinstance(panel, Curve))


@pytest.mark.parametrize("trick", TRICKS)
def test_what_a_page_keeps_for_presenting_are_knobs_of_its_trick(trick: str) -> None:
    names = {knob.name for knob in catalogue.load(trick).knobs}
    page = page_of(trick)
    assert 1 <= len(page.present_knobs) <= 2
    assert set(page.present_knobs) <= names
    levels = {name for panel in page.panels if isinstance(panel, Lines) for name in panel.hlines}
    assert levels <= names


def test_every_setting_goal_and_family_has_words() -> None:
    words = load_words(FALLBACK)
    for knob in SETTINGS:
        assert words[f"setting.{knob.name}.label"] and words[f"setting.{knob.name}.help"]
    for trick in catalogue.every():
        assert words[f"family.{trick.family}"]
        assert all(words[f"serves.{goal}"] for goal in trick.serves)


def test_a_formula_breaks_between_its_equations_only() -> None:
    several = unbroken(r"a = b, \quad c = \frac{d}{e}, \qquad f")
    assert several == r"{a = b},\quad\allowbreak {c = \frac{d}{e}},\quad\allowbreak {f}"
    assert unbroken(r"a = b + c") == r"a = b + c"


def test_the_presenters_view_shows_what_it_is_about_the_lab_and_nothing_else() -> None:
    trick = TRICKS[0]
    app = open_page(trick, {"view": "present"})
    assert app.title[0].value == load_article(trick, FALLBACK)[0].title
    assert app.latex[0].value.strip("$\n ") == unbroken(catalogue.load(trick).formula)
    assert not app.tabs and not app.expander
    assert visit_of(app, trick).config["view"] == "present"


def test_the_configuration_keeps_the_collector_out_of_training() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["postScriptGC"] is False
    assert config["browser"]["gatherUsageStats"] is False


def test_the_limits_that_a_page_is_told_are_those_it_is_held_to() -> None:
    told = limits()
    for name, knob in (("seed", SEED), ("steps", STEPS), ("seeds", SEEDS)):
        low, high = told.pop(name)
        assert knob.check(low) == low and knob.check(high) == high
        for beyond in (low - 1, high + 1):
            with pytest.raises(RefusedError, match=f"{name} must be between"):
                knob.check(beyond)
    assert told.pop("speed") == [0.1, 1e5] and (told.pop("rate"), told.pop("message_bytes")) == (300, 32 * 1024)
    most = told.pop("arms")
    arms = ";".join(["gamma:5"] * (most - 1))
    address = read("focal_loss", arms=arms)
    assert len(address.whole.arms) == most and f"Arms must be at most {most}" in address.notes[0]
    assert told.pop("first_explored_seed") == read("focal_loss").spec.seed and told == {}


def test_every_component_is_told_the_same_of_the_server() -> None:
    address, words = read("flooding"), words_of("flooding")
    start = {"trick": "flooding", "task": "spirals"}
    configs = [
        build_config(page_of("flooding"), address, words),
        build_many("sweep", address.spec, start, words=words),
        build_seeds(address, words),
    ]
    for config in configs:
        shared = told_to_all(config["module"].removeprefix("joined/"), words)
        assert (shared["version"], shared["older"]) == (VERSION, OLDER) and shared["limits"] == limits()
        assert {name: config[name] for name in shared} == shared


# --- the address ------------------------------------------------------------------------------------------------


def test_a_value_out_of_range_is_answered_with_its_rule() -> None:
    app = open_page("focal_loss", {"gamma": "12"})
    assert [note.value for note in app.warning] == ["γ must be between 0 and 5; the address says 12. Kept 2."]
    assert visit_of(app, "focal_loss").address.spec.arms[1].knobs["gamma"] == 2
    assert app.query_params == {}


@pytest.mark.parametrize(
    ("params", "note"),
    [
        ({"gamma": "nan"}, "γ must be a number between 0 and 5; the address says nan. Kept 2."),
        ({"gamma": ""}, "γ must be a number between 0 and 5; the address says . Kept 2."),
        ({"seed": "1.5"}, "Seed must be a whole number between 0 and 2147483647; the address says 1.5. Kept 100."),
        ({"steps": "0"}, "Steps must be between 1 and 100000; the address says 0. Kept 1500."),
        ({"batch_size": "many"}, "B must be a whole number between 2 and 1024; the address says many. Kept 64."),
        ({"optimizer": "sdg"}, "Optimizer must be one of sgd, adam; the address says sdg. Kept adam."),
        ({"gama": "1"}, "The address sets “gama”, which this page does not have (nearest: gamma). Left out."),
        ({"qqq": "1"}, "The address sets “qqq”, which this page does not have. Left out."),
        ({"view": "x"}, "The view must be one of lab, present; the address says x. Kept lab."),
        (
            {"charts": "loss,x"},
            (
                "What the charts show must be one of loss, test_average_precision, test_recall_at_p50, test_ece, lr; "
                "the address says loss,x. Kept loss,test_average_precision."
            ),
        ),
        ({"task": "x"}, "The task must be one of rare_class, mnist1d; the address says x. Kept rare_class."),
    ],
)
def test_each_refusal_says_rule_value_and_what_stands(params: dict[str, str], note: str) -> None:
    address = read("focal_loss", **params)
    assert address.notes == (note,)
    assert address.to_params() == {}


def test_what_an_address_says_is_shown_as_it_is_and_not_drawn() -> None:
    app = open_page("focal_loss", {"gamma": "![x](//host/x.png)" + "9" * 100})
    note = app.warning[0].value
    assert "says \\!\\[x\\](//host/x.png)" in note
    assert "9" * 50 not in note


def test_what_a_task_refuses_is_said_in_its_own_words() -> None:
    (note,) = read("focal_loss", train_size="20000").notes
    assert note == "n must be between 101 and 15756; the address says 20000. Kept 6060."


def test_one_bad_value_leaves_the_others_in_force() -> None:
    address = read("focal_loss", gamma="3", lr="x", seed="7")
    assert address.spec.arms[1].knobs["gamma"] == 3
    assert address.spec.seed == 7
    assert len(address.notes) == 1
    assert address.to_params() == {"gamma": "3", "seed": "7"}


def test_a_further_arm_that_cannot_be_is_left_out() -> None:
    address = read("focal_loss", arms="gamma:5;gamma:99;nonsense")
    assert address.extra == ({"gamma": 5.0},)
    assert len(address.notes) == 2


@pytest.mark.parametrize(
    ("trick", "params"),
    [
        ("focal_loss", {}),
        ("focal_loss", {"gamma": "0.1", "lr": "0.0003", "seed": "3", "steps": "77", "view": "present"}),
        ("focal_loss", {"arms": "gamma:5;gamma:3,alpha_balance:on", "label_noise": "0.25"}),
        ("flooding", {"task": "digits", "flood_level": "0.3"}),
        ("flooding", {"charts": "test_sharpness,lr"}),
        ("optimizers", {"task": "landscape", "charts": "lr,test_height"}),
        ("normalization", {"model": "conv1d", "norm_type": "instance", "depth": "4", "width": "24", "num_groups": "6"}),
        ("cyclic_lr", {"steps": "500", "cycle_length": "250", "lr": "0.05"}),
    ],
)
def test_an_address_reproduces_the_page_and_says_no_more_than_it_must(trick: str, params: dict[str, str]) -> None:
    address = read(trick, **params)
    assert address.notes == ()
    assert address.to_params() == params
    assert read(trick, **address.to_params()) == address


@pytest.mark.long(share=0.3)
@pytest.mark.parametrize("trick", TRICKS)
def test_every_link_of_a_page_sets_what_it_says_and_starts_the_run(trick: str) -> None:
    for attempt in load_article(trick, FALLBACK)[0].attempts:
        address = read(trick, **attempt.values, autostart="1")
        assert address.notes == (), attempt.title
        assert address.autostart
        app = open_page(trick, {**attempt.values, "autostart": "1"})
        assert visit_of(app, trick).config["autostart"] is True
        assert "autostart" not in app.query_params


def test_a_link_followed_twice_is_told_twice() -> None:
    app = open_page("flooding", {"flood_level": "0", "autostart": "1"})
    first = visit_of(app, "flooding").config["number"]
    app.run()
    assert visit_of(app, "flooding").config["number"] == first
    app.query_params = {"flood_level": "0", "autostart": "1"}
    app.run()
    assert visit_of(app, "flooding").config["number"] == first + 1


def test_a_link_to_a_run_is_told_and_leaves_the_address_however_often_it_is_followed() -> None:
    app = open_page("flooding", {"run": "0123456789abcdef", "lang": "en"})
    first = visit_of(app, "flooding").config
    assert (first["watch"], first["autostart"]) == ("0123456789abcdef", False) and "run" not in app.query_params
    app.query_params = {"run": "0123456789abcdef"}
    app.run()
    again = visit_of(app, "flooding").config
    assert (again["watch"], again["number"]) == (first["watch"], first["number"] + 1)
    app.query_params = {"flood_level": "0"}
    app.run()
    assert visit_of(app, "flooding").config["watch"] is None
    assert read("flooding", run="x" * 1000).run == "x" * 64


def test_a_link_to_a_study_opens_its_tab_and_leaves_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    for name in ("seeds", "sweep"):
        monkeypatch.setattr(f"pages.lab.{name}.live", lambda config, **_: told.append(config))
    app = open_page("flooding", {"study": "0123456789abcdef", "steps": "300"})
    assert "study" not in app.query_params and app.query_params["steps"] == "300"
    assert [(one["kind"], one["watch"], one["steps"]) for one in told] == [("repeat", "0123456789abcdef", 300)]
    app.query_params = {"study": "fedcba9876543210:flood_level,lr,nothing"}
    app.run()
    assert (told[-1]["kind"], told[-1]["watch"], list(told[-1]["swept"])) == (
        *("response", "fedcba9876543210"),
        ["flood_level"],
    )
    assert read("flooding", study="x" * 1000).study == "x" * 64
    app.query_params = {"steps": "200"}
    app.run()
    assert not visit_of(app, "flooding").study


def test_an_unknown_page_leads_home_and_to_the_nearest() -> None:
    app = start(url="http://localhost/floding").run()
    assert not app.exception
    assert "floding" in texts(app)
    assert links(app)[:2] == ["All tricks", "Flooding"]


@pytest.mark.parametrize("url", ["http://localhost", "http://localhost/", "http://localhost/home"])
def test_home_is_found_by_its_names(url: str) -> None:
    app = start(url=url).run()
    assert not app.exception
    assert links(app)[0] == "Start with flooding"


def test_a_language_that_is_not_there_is_said_and_english_shown() -> None:
    app = open_page("flooding", {"lang": "xx"})
    assert "“xx”" in app.warning[0].value
    assert app.title[0].value == "Flooding"


# --- what the component reports ---------------------------------------------------------------------------------


def reported(trick: str, before: Address, **changes: Any) -> Address:
    spec = before.spec
    whole = {
        "trick": trick,
        "task": spec.task,
        "seed": spec.seed,
        "steps": spec.steps,
        "values": dict(spec.arms[1].knobs),
        "extra_arms": [],
    }
    return state.report({**whole, **changes}, before, words_of(trick))


def test_a_knob_let_go_stands_in_the_address() -> None:
    before = read("focal_loss", view="present")
    after = reported("focal_loss", before, values={"gamma": 3.5}, seed=101, extra_arms=[{"gamma": 5}])
    assert after.to_params() == {"gamma": "3.5", "seed": "101", "arms": "gamma:5", "view": "present"}
    turned = reported("focal_loss", after, charts=["test_ece", "lr"])
    assert turned.to_params()["charts"] == "test_ece,lr"
    assert reported("focal_loss", turned, charts=["x", 1]).charts == ()
    assert reported("focal_loss", turned, charts=["loss", "test_average_precision"]).charts == ()  # the page's own


def test_another_task_begins_at_its_own_defaults() -> None:
    before = read("flooding", flood_level="0.1", steps="50", seed="7")
    after = reported("flooding", before, task="digits")
    plain = build_spec("flooding", task="digits", seed=7)
    assert after.spec == plain
    assert after.to_params() == {"task": "digits", "seed": "7"}


def test_a_report_that_makes_no_sense_changes_nothing() -> None:
    before = read("focal_loss", gamma="3")
    after = reported("focal_loss", before, values={"gamma": [], "nonsense": 1}, seed="x", steps=-1, extra_arms="x")
    assert after.spec == read("focal_loss").spec
    take_report(page_of("focal_loss"), None)


def test_limits_follow_the_settings() -> None:
    page, words = page_of("normalization"), words_of("normalization")
    config = build_config(page, read("normalization", model="conv1d", depth="4", width="24"), words)
    choices = {knob["name"]: knob["choices"] for knob in config["knobs"]}
    assert "instance" in choices["norm_type"]
    assert choices["num_groups"] == ["1", "2", "3", "4", "6", "8", "12", "24"]
    highs = {knob["name"]: knob["high"] for knob in config["settings"]}
    pool = build_config(page_of("flooding"), read("flooding", task="digits"), words_of("flooding"))
    limits = {knob["name"]: knob["high"] for knob in pool["settings"]}
    assert highs["train_size"] > limits["train_size"] == 1000


def test_a_page_draws_nothing_until_it_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    monkeypatch.setattr("pages.lab.view.show", drawn.append)
    for trick in TRICKS:
        runpy.run_path(str(ROOT / "pages" / f"{trick}.py"), run_name=f"pages.{trick}")
    assert not drawn
    runpy.run_path(str(ROOT / "pages" / f"{TRICKS[0]}.py"), run_name="__main__")
    assert len(drawn) == 1
