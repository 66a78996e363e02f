"""What of a page's controls an address leaves in reach: read from anything, written back, and kept by what is set."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.lab import state
from pages.lab.config import build_config
from pages.lab.reach import ALL, CONTROLS, UNLOCKABLE, Reach, read_reach
from pages.lab.text import FALLBACK, load_words
from pages.lab.view import read_words, take_report
from tests.conftest import REPOSITORY
from tests.pages.test_pages import open_page, page_of, texts, visit_of
from trainers.runs.settings import SETTINGS
from tricks import catalogue

WORDS = load_words(FALLBACK)
KNOBS = ("gamma", "alpha")
KNOWN = (*KNOBS, *(knob.name for knob in SETTINGS), *CONTROLS)
LOCKABLE = [name for name in KNOWN if name not in UNLOCKABLE]

names = st.lists(st.sampled_from(KNOWN), unique=True)
listed = st.lists(st.one_of(st.sampled_from(KNOWN), st.text(max_size=12)), max_size=30).map(",".join)
hostile = st.one_of(
    listed, st.text(max_size=200), st.just("show," * 5000), st.just(",,, ,"), st.just("<b>,\u202eseed,\0")
)


def read(**params: str) -> tuple[Reach, list[str]]:
    return read_reach(params, KNOBS, WORDS)


@given(shown=st.none() | names, locked=st.lists(st.sampled_from(LOCKABLE), unique=True), strict=st.booleans())
def test_a_reach_comes_back_in_the_order_of_the_page_and_hides_and_locks_the_same(
    shown: list[str] | None, locked: list[str], strict: bool
) -> None:
    params = {"lock": ",".join(locked)} | ({} if shown is None else {"show": ",".join(shown)})
    reach, notes = read(**params, **({"strict": "1"} if strict else {}))
    assert not notes
    assert read(**reach.to_params()) == (reach, [])
    assert json.loads(json.dumps(reach.to_config())) == reach.to_config()
    for name in KNOWN:
        assert reach.hides(name) == (shown is not None and name not in shown)
        assert (name in reach.locked) == (name in locked and not reach.hides(name))
    assert [*filter(reach.locked.__contains__, KNOWN)] == list(reach.locked)
    assert reach.shown is None or [*filter(reach.shown.__contains__, KNOWN)] == list(reach.shown)
    assert reach.strict == (strict and (shown is not None or bool(locked)))


@given(params=st.dictionaries(st.sampled_from(("show", "lock", "strict")), hostile))
def test_whatever_an_address_says_leaves_known_names_once_and_a_short_note_for_the_rest(
    params: Mapping[str, str],
) -> None:
    reach, notes = read(**params)
    assert set(reach.named) <= set(KNOWN)
    assert len(reach.locked) == len(set(reach.locked)) and len(reach.shown or ()) == len(set(reach.shown or ()))
    assert read(**reach.to_params()) == (reach, [])
    assert len(notes) <= 3 and all(len(note) < 1000 for note in notes)
    asked = {part.strip() for name in ("show", "lock") for part in params.get(name, "").split(",")} - {""}
    assert bool(notes) == bool(asked - set(KNOWN) or {p.strip() for p in params.get("lock", "").split(",")} & {"tabs"})


def test_show_without_names_hides_all_and_one_without_known_names_nothing() -> None:
    assert read(show="") == (Reach(()), [])
    assert read(show=" , ") == (Reach(()), [])
    reach, (note,) = read(show="gama,zzzzzz", lock="lr")
    assert reach == Reach(None, ("lr",))
    given = "show= in the address names what this page has no control for: gama, zzzzzz (nearest: gamma). Left out."
    assert note == given
    assert read(lock="qqqqqq") == (
        *(ALL,),
        ["lock= in the address names what this page has no control for: qqqqqq. Left out."],
    )


def test_duplicates_fold_and_what_is_hidden_or_cannot_be_locked_is_not() -> None:
    reach, (note,) = read(show="seed, gamma,seed,tabs", lock="tabs,lr,gamma,gamma", strict="1")
    assert reach == Reach(("gamma", "seed", "tabs"), ("gamma",), strict=True)
    assert note == "lock= in the address names tabs, which can be left out of show=, but not locked. Left out."
    assert read(strict="1") == (ALL, [])
    assert not read(lock="seed", strict="yes")[0].strict


def test_no_knob_or_setting_is_called_like_a_control_or_a_parameter() -> None:
    called = [knob.name for trick in catalogue.every() for knob in trick.knobs] + [knob.name for knob in SETTINGS]
    assert not set(called) & {*CONTROLS, *state.RESERVED}


def test_each_control_has_a_name_on_the_page() -> None:
    source = (REPOSITORY / "assets" / "lab" / "controls" / "reach_line.js").read_text(encoding="utf-8")
    for name in CONTROLS:
        assert f"  {name}: " in source, name


# --- on a page --------------------------------------------------------------------------------------------------


def test_a_page_tells_the_panel_what_is_in_reach_and_offers_the_setting_that_is_spoken_of() -> None:
    _, words, _ = read_words("flooding")
    address = state.read("flooding", {"show": "flood_level,momentum", "lock": "momentum"}, words)
    config = build_config(page_of("flooding"), address, words)
    assert config["reach"] == {"show": ["flood_level", "momentum"], "lock": ["momentum"], "strict": False}
    assert "momentum" in [setting["name"] for setting in config["settings"]]
    plain = build_config(page_of("flooding"), state.read("flooding", {}, words), words)
    assert plain["reach"] == {"show": None, "lock": [], "strict": False}
    assert "momentum" not in [setting["name"] for setting in plain["settings"]]
    assert plain["controls"] == list(CONTROLS)


@pytest.mark.parametrize("trick", catalogue.NAMES)
def test_a_page_of_one_task_has_no_choice_of_tasks(trick: str) -> None:
    _, words, _ = read_words(trick)
    config = build_config(page_of(trick), state.read(trick, {}, words), words)
    assert ("task" in config["controls"]) == (len(config["tasks"]) > 1)


def test_what_is_set_keeps_what_is_in_reach_until_all_is() -> None:
    _, words, _ = read_words("flooding")
    before = state.read("flooding", {"show": "flood_level,task", "strict": "1"}, words)
    turned = state.report({"values": {"flood_level": 0.3}, "seed": 7}, before, words)
    assert turned.to_params() == {"flood_level": "0.3", "seed": "7", "show": "flood_level,task", "strict": "1"}
    assert state.report({"task": "digits"}, turned, words).reach == before.reach
    assert state.report({"unlock": "yes"}, before, words).reach == before.reach
    assert state.report({"unlock": True, "seed": 7}, before, words).to_params() == {"seed": "7"}


def test_an_address_keeps_it_and_the_tabs_are_there_or_not() -> None:
    app = open_page("flooding", {"show": "flood_level", "lock": "flood_level"})
    assert app.query_params == {"show": "flood_level", "lock": "flood_level"}
    assert not app.tabs and not app.warning
    assert len(open_page("flooding", {"lock": "seed"}).tabs) == 7
    assert len(open_page("flooding", {"show": "seed,tabs"}).tabs) == 7
    assert open_page("flooding", {"show": ""}).query_params == {"show": ""}


def test_what_is_left_out_is_said_on_the_page_as_it_is() -> None:
    app = open_page("flooding", {"show": "flood_level,<img src=x>,tabs"})
    assert "no control for\\: \\<img src=x\\>" in app.warning[0].value
    assert app.query_params == {"show": "flood_level,tabs"}
    assert WORDS["section.limits"] not in texts(app)  # of another tab


def test_the_panel_brings_all_in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("flooding", {"flood_level": "0.3", "show": "flood_level"})
    visit = visit_of(app, "flooding")
    monkeypatch.setattr("streamlit.session_state", {"visit.flooding": visit})
    told: dict[str, str] = {}
    monkeypatch.setattr("streamlit.query_params", Params({"flood_level": "0.3", "show": "flood_level"}, told))
    values = {"flood_level": 0.3}
    take_report(page_of("flooding"), {"values": values, "unlock": True})
    assert told == {"flood_level": "0.3"}


class Params(dict[str, str]):
    """Query parameters that note what they become."""

    def __init__(self, said: dict[str, str], told: dict[str, str]) -> None:
        super().__init__(said)
        self.told = told

    def to_dict(self) -> dict[str, str]:
        return dict(self)

    def from_dict(self, params: dict[str, str]) -> None:
        self.told.update(params)
