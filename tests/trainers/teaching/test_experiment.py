"""Every student a seed, or a setting: what is planned at the press, who has which place, and what a room refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainers.teaching.taught import LESSON, NOON, QUERY, room_of, secret_of, step_of
from trainers.evidence.power import least_seeds
from trainers.teaching.experiment import (
    LEAST_SETTINGS,
    MOST_PLACES,
    Kind,
    Stage,
    check_setting,
    knobs_named,
    main_knob,
    plan_map,
    plan_seeds,
    plan_settings,
)
from trainers.teaching.lesson import Lesson, Step
from trainers.teaching.room import Phase, Room, RoomError
from tricks.declaration import Knob, RefusedError

STEP = step_of(None)
SPEC = STEP.spec()
LEAST = least_seeds(4)  # a trick against the baseline, by four metrics


def knob_of(step: Step = STEP) -> Knob:
    found = main_knob(step)
    assert found is not None
    return found


def shown(people: int = 2, lesson: Lesson = LESSON) -> Room:
    """A room whose run is shown."""
    room = room_of(people, lesson)
    room.go(0, Phase.RUN, NOON)
    room.settings.run = "abc"
    return room


def choosing(bids: dict[int, float], people: int = 3) -> Room:
    """A room in which some have chosen."""
    room = shown(people)
    room.collect(0, NOON)
    for number, value in bids.items():
        room.bid(number, 1, [value], NOON)
    return room


# Seeds


@pytest.mark.parametrize(("joined", "seeds"), [(0, LEAST), (2, LEAST), (LEAST, LEAST), (30, 30), (64, 64), (300, 64)])
def test_there_are_as_many_seeds_as_have_joined_but_enough_for_a_verdict(joined: int, seeds: int) -> None:
    plan = plan_seeds(SPEC, joined)
    assert plan.study.seeds == tuple(range(seeds)) and plan.points == ()
    assert plan.study.spec.arms == SPEC.arms


def test_the_more_is_compared_the_more_seeds_a_small_class_has() -> None:
    arms = {**QUERY, "arms": "flood_level:0.1;flood_level:0.3"}
    assert len(plan_seeds(replace(STEP, query=arms).spec(), 1).study.seeds) == least_seeds(12) > LEAST


def test_each_has_a_seed_of_their_own_and_the_rest_are_the_labs() -> None:
    room = shown(2)
    made, plan = room.experiment_with(0, Kind.SEEDS, NOON)
    assert made.who == {1: 0, 2: 1} and made.places == plan.study.seeds and made.own == LEAST - 2
    assert room.phase == Phase.EXPERIMENT and made.is_on


def test_what_was_planned_stays_and_whoever_comes_later_shares() -> None:
    room = shown(2)
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
    for number in range(3, LEAST + 4):
        room.join(secret_of(number), NOON)
        assert room.take_part(number) and not room.take_part(number)
    assert made.own == LEAST - 2 and len(made.places) == LEAST
    assert Counter(made.who.values()) == Counter([*range(LEAST), 0, 1, 2])


def test_more_devices_than_seeds_share_them() -> None:
    room = shown(MOST_PLACES + 3)
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
    assert made.own == 0 and Counter(made.who.values()).most_common(4)[3][1] == 1
    assert set(made.who.values()) == set(range(MOST_PLACES))


def test_who_was_sent_away_has_no_seed() -> None:
    room = shown(3)
    room.kick(2)
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
    assert made.who == {1: 0, 3: 1}


# Settings


def test_the_main_knob_is_what_the_step_lets_turn_first() -> None:
    assert knob_of().name == "flood_level"
    assert knob_of(step_of(None, touch=("lr", "flood_level"))).name == "lr"
    assert knob_of(step_of(None, touch=())).name == "flood_level"


def test_what_was_chosen_is_tried_with_values_of_the_labs_own_for_the_rest() -> None:
    plan = plan_settings(SPEC, knob_of(), [(0.12,), (0.3,), (0.12,)], rest=2)
    assert plan.swept == {"flood_level": (0.0, 0.12, 0.3, 0.6)}  # the ends of the range, one of them neutral
    assert [point.values for point in plan.points] == [{"flood_level": value} for value in (0.0, 0.12, 0.3, 0.6)]
    assert len(plan.study.spec.arms) == 1 and len(plan.study.seeds) == 8


def test_a_small_class_sees_a_curve() -> None:
    assert len(plan_settings(SPEC, knob_of(), [], rest=0).points) == LEAST_SETTINGS
    assert len(plan_settings(SPEC, knob_of(), [(0.5,)], rest=0).points) >= LEAST_SETTINGS - 1


@given(st.lists(st.floats(0, 0.6), max_size=100), st.integers(0, 100))
def test_there_are_never_too_many_and_each_chosen_one_is_there(bids: list[float], rest: int) -> None:
    plan = plan_settings(SPEC, knob_of(), [(bid,) for bid in bids], rest)
    values = plan.swept["flood_level"]
    assert len(values) <= MOST_PLACES and list(values) == sorted(set(values))
    assert set(list(dict.fromkeys(bids))[:MOST_PLACES]) <= set(values)
    assert len(plan.study.seeds) == 2 or plan.num_runs <= MOST_PLACES


def test_a_choice_is_one_of_its_choices_all_of_which_are_tried() -> None:
    step = step_of(None, "activation", ())
    knob = knob_of(step)
    plan = plan_settings(step.spec(), knob, [(knob.choices[1],)], rest=1)
    assert plan.swept == {knob.name: knob.choices}


def test_a_shared_setting_moves_both_arms() -> None:
    step = step_of(None, touch=("lr",))
    plan = plan_settings(step.spec(), knob_of(step), [(0.05,)], rest=0)
    assert len(plan.study.spec.arms) == 2 and 0.05 in plan.swept["lr"]


@pytest.mark.parametrize("value", [-0.1, 0.61, "x", None, True, float("nan"), [0.1], 10**400])
def test_a_value_that_the_knob_cannot_have_is_refused(value: Any) -> None:
    with pytest.raises(RefusedError, match="flood_level must be"):
        check_setting(SPEC, [knob_of()], [value])
    room = choosing({})
    with pytest.raises(RefusedError):
        room.bid(1, 1, [value], NOON)
    assert room.experiments[0].bids == {}


def test_a_value_that_the_knob_can_have_and_the_run_cannot_is_refused_and_not_among_the_labs_own() -> None:
    step = step_of(None, touch=("train_size",))
    knob = knob_of(step)
    with pytest.raises(RefusedError):
        check_setting(step.spec(), [knob], [knob.high])
    assert knob.high not in plan_settings(step.spec(), knob, [], rest=9).swept[knob.name]


def test_of_several_arms_one_is_tried() -> None:
    spec = replace(STEP, query={**QUERY, "arms": "flood_level:0.1"}).spec()
    assert len(spec.arms) == 3 and len(plan_settings(spec, knob_of(), [(0.2,)], rest=0).study.spec.arms) == 1


def test_who_chose_has_their_value_and_the_others_one_of_the_labs() -> None:
    room = choosing({1: 0.2, 3: 0.3})
    made, plan = room.experiment_with(0, Kind.SETTINGS, NOON)
    values = plan.swept["flood_level"]
    assert [values[made.who[number]] for number in (1, 3)] == [0.2, 0.3]
    assert values[made.who[2]] not in (0.2, 0.3)
    assert made.own == len(values) - 2 and made.seeds == len(plan.study.seeds)
    assert made.told_to(3) == {"number": 1, "bid": (0.3,), "place": values.index(0.3), "value": (0.3,)}


def test_a_value_of_more_than_can_be_tried_shares_the_nearest() -> None:
    room = choosing({number: 0.005 * number for number in range(1, 70)}, people=70)
    made, _ = room.experiment_with(0, Kind.SETTINGS, NOON)
    assert made.places[made.who[69]] == pytest.approx((0.005 * MOST_PLACES,))


def test_the_last_choice_counts_and_that_of_who_was_sent_away_does_not() -> None:
    room = choosing({1: 0.21, 2: 0.43})
    room.bid(1, 1, ["0.25"], NOON)
    room.kick(2)
    assert room.for_wall(NOON)["experiment"]["given"] == 1
    _, plan = room.experiment_with(0, Kind.SETTINGS, NOON)
    assert 0.25 in plan.swept["flood_level"] and not {0.21, 0.43} & {*plan.swept["flood_level"]}


# Two knobs


def mapping(people: int = 3) -> Room:
    """A room in which all choose a value of either knob."""
    room = shown(people)
    room.collect(0, NOON, "lr")
    return room


def test_two_knobs_are_a_grid_of_the_labs_own_before_anybody_chooses() -> None:
    made = mapping().experiments[0]
    levels, rates = made.axes
    assert levels == (0.0, 0.15, 0.3, 0.45, 0.6) and rates == (1e-5, 0.00032, 0.01, 0.32, 10.0)
    assert made.places == tuple(product(levels, rates)) and made.seeds == 2
    assert made.told(0)["knobs"] == ("flood_level", "lr") and made.told(0)["places"] == 25


def test_where_a_knob_is_neutral_is_on_the_map_and_choices_are_all_there() -> None:
    step = step_of(None, "activation", ())
    spec = step.spec()
    choice, number = knobs_named(step, ("activation", "label_noise"))
    neutral = replace(number, neutral=0.1)
    plan = plan_map(spec, (choice, neutral))
    assert plan.swept == {choice.name: choice.choices, number.name: (0.0, 0.1, 0.225, 0.45, 0.675, 0.9)}
    assert len(plan.points) == 6 * len(choice.choices)


def test_a_map_is_of_one_arm_also_where_both_knobs_are_shared() -> None:
    step = step_of(None, touch=("lr",))
    assert len(plan_map(step.spec(), knobs_named(step, ("lr", "label_noise"))).study.spec.arms) == 1


def test_a_map_has_two_values_of_each_knob() -> None:
    with pytest.raises(RefusedError) as refused:
        plan_map(SPEC, knobs_named(STEP, ("flood_level", "train_size")))
    assert (refused.value.rule, refused.value.name) == ("how_many", "train_size")


@pytest.mark.parametrize(
    ("second", "rule"),
    [("nothing", "not_a_knob"), ("flood_level", "twice"), ("width", "next_start"), ("x" * 999, "not_a_knob")],
)
def test_a_second_knob_that_makes_no_map_is_refused_and_nothing_is_asked(second: str, rule: str) -> None:
    room = shown()
    with pytest.raises(RefusedError) as refused:
        room.collect(0, NOON, second)
    assert refused.value.rule == rule and len(str(refused.value)) < 300
    assert room.experiments == [] and room.phase == Phase.RUN


def test_who_chose_has_their_place_on_the_map_which_others_may_share() -> None:
    room = mapping()
    for number in (1, 2):
        room.bid(number, 1, [0.3, 0.01], NOON)
    made, plan = room.experiment_with(0, Kind.SETTINGS, NOON)
    at = made.places.index((0.3, 0.01))
    assert made.who == {1: at, 2: at, 3: 0} and made.own == 24
    assert [tuple(point.values.values()) for point in plan.points] == list(made.places)
    assert made.told_to(2) == {"number": 1, "bid": (0.3, 0.01), "place": at, "value": (0.3, 0.01)}


@pytest.mark.parametrize(
    ("values", "rule", "name"),
    [
        ([0.3], "one_each", "values"),
        ([0.3, 0.01, 1], "one_each", "values"),
        ([0.7, 0.01], "between", "flood_level"),
        ([0.3, 0.02], "choice", "lr"),
        ([0.2, 0.01], "choice", "flood_level"),
    ],
)
def test_a_choice_that_is_not_on_the_map_is_refused_by_its_knob(values: list[Any], rule: str, name: str) -> None:
    room = mapping()
    with pytest.raises(RefusedError) as refused:
        room.bid(1, 1, values, NOON)
    assert (refused.value.rule, refused.value.name) == (rule, name)
    assert room.experiments[0].bids == {}


def test_where_no_study_could_be_begun_the_map_is_there_to_choose_from() -> None:
    room = mapping()
    room.bid(1, 1, [0.3, 0.01], NOON)
    made, _ = room.experiment_with(0, Kind.SETTINGS, NOON)
    room.undo(made)
    room.bid(1, 1, [0.45, 0.01], NOON)
    assert made.stage == Stage.BIDS and made.who == {} and len(made.places) == 25


def test_choices_count_at_their_own_step_alone() -> None:
    room = mapping()
    assert len(room.plan_of_settings().points) == 25
    room.go(1, Phase.RUN, NOON)
    room.settings.run = "abc"
    assert room.choosing is None and [*room.plan_of_settings().swept] == ["flood_level"]
    with pytest.raises(RoomError) as refused:
        room.experiment_with(0, Kind.SETTINGS, NOON)
    assert refused.value.why == "no_bids"
    room.drop(room.experiments[0])
    room.go(0, Phase.RUN, NOON)
    assert [*room.plan_of_settings().swept] == ["flood_level"]


# What is told


def test_nobody_is_told_who_has_chosen_what() -> None:
    room = choosing({1: 0.123})
    for told in (room.for_students(NOON), room.for_wall(NOON), room.for_desk(NOON)):
        assert told["experiment"]["given"] == 1 and "0.123" not in repr(told)
    assert room.for_person(1)["part"]["bid"] == (0.123,) and room.for_person(2)["part"]["bid"] is None


def test_students_are_sent_no_picture_and_the_experiment_only_while_it_is_shown() -> None:
    room = shown()
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
    made.progress, made.picture, made.state = {"done": 3}, {"dots": [[0, 1, 0.5]]}, "finished"
    assert "picture" not in room.for_students(NOON) and room.for_students(NOON)["experiment"]["done"] == 3
    assert room.for_wall(NOON)["picture"] == made.picture
    room.go(0, Phase.EXPLAIN, NOON)
    assert "experiment" not in room.for_students(NOON) and "picture" not in room.for_wall(NOON)
    assert room.for_desk(NOON)["experiment"]["state"] == "finished"
    room.go(0, Phase.EXPERIMENT, NOON)
    assert room.for_students(NOON)["experiment"]["number"] == 1


def test_each_step_has_its_own_and_the_newest_is_shown() -> None:
    room = shown()
    for study in ("", "study"):
        made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
        made.state, made.study = "finished", study
    assert room.shared == {"study"}
    room.go(1, Phase.RUN, NOON)
    assert room.for_desk(NOON)["experiment"] is None
    room.go(0, Phase.EXPERIMENT, NOON)
    assert room.for_wall(NOON)["experiment"]["number"] == 2


# What is refused


def gone_on(room: Room) -> None:
    room.experiment_with(0, Kind.SEEDS, NOON)
    room.experiments[0].state = "running"


@pytest.mark.parametrize(
    ("why", "make"),
    [
        ("run_first", lambda room: setattr(room.settings, "run", "")),
        ("run_first", lambda room: room.go(0, Phase.PREDICT, NOON)),
        ("run_first", lambda room: room.go(0, Phase.LOBBY, NOON)),
        ("moved_on", lambda room: room.go(1, Phase.RUN, NOON)),
        ("experiment_on", gone_on),
        ("experiment_on", lambda room: room.collect(0, NOON)),
    ],
)
def test_an_experiment_that_may_not_begin_changes_nothing(why: str, make: Callable[[Room], object]) -> None:
    room = shown()
    make(room)
    phase, count = room.phase, len(room.experiments)
    for begin in (lambda: room.experiment_with(0, Kind.SEEDS, NOON), lambda: room.collect(0, NOON)):
        with pytest.raises(RoomError) as refused:
            begin()
        assert refused.value.why == why
    assert (room.phase, len(room.experiments)) == (phase, count)


def test_a_choice_comes_while_they_are_taken_and_for_that_experiment() -> None:
    room = shown()
    for of, why in ((1, "no_experiment"), ("x", "no_experiment")):
        with pytest.raises(RoomError) as refused:
            room.bid(1, of, [0.1], NOON)  # type: ignore[arg-type]
        assert refused.value.why == why
    with pytest.raises(RoomError) as refused:
        room.experiment_with(0, Kind.SETTINGS, NOON)
    assert refused.value.why == "no_bids"
    room.collect(0, NOON)
    room.experiment_with(0, Kind.SETTINGS, NOON)
    with pytest.raises(RoomError) as refused:
        room.bid(1, 1, [0.1], NOON)
    assert refused.value.why == "bid_closed"


def test_a_step_without_one_shows_none() -> None:
    with pytest.raises(RoomError) as refused:
        shown().go(0, Phase.EXPERIMENT, NOON)
    assert refused.value.why == "no_experiment"


def test_what_was_given_up_is_nowhere_and_the_run_is_shown_again() -> None:
    room = choosing({1: 0.2})
    room.drop(room.experiments[0])
    assert room.phase == Phase.RUN and room.experiment is None and room.for_desk(NOON)["experiment"] is None
    with pytest.raises(RoomError) as refused:
        room.bid(1, 1, [0.1], NOON)
    assert refused.value.why == "bid_closed"
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
    assert (made.number, made.stage) == (2, Stage.BEGUN)


def test_where_no_study_could_be_begun_all_is_as_before_the_press() -> None:
    room = choosing({1: 0.2})
    made, _ = room.experiment_with(0, Kind.SETTINGS, NOON)
    room.undo(made)
    assert made.stage == Stage.BIDS and made.who == {} and made.bids == {1: (0.2,)}
    room.bid(2, 1, [0.4], NOON)
    room.drop(made)
    made, _ = room.experiment_with(0, Kind.SEEDS, NOON)
    room.undo(made)
    assert room.phase == Phase.RUN and room.experiment is None
