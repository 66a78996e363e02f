"""Data variety: the baseline's examples and more of their kind, at the same steps; and the race of tricks with data."""

from dataclasses import replace

import pytest
import torch

from pages.lab.state import read
from pages.lab.text import FALLBACK, load_article, load_words
from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.randomness import generator
from trainers.runs.build import build_spec, resolve_settings
from trainers.runs.combine import build_combination
from trainers.runs.replay import parse_spec
from trainers.runs.settings import ignored_by
from trainers.tasks import NAMES, load_task
from tricks.data_variety import grow
from tricks.declaration import RefusedError
from tricks.recipe import TrainSet


def sets(**options: object) -> list[TrainSet]:
    arms = Run(build_spec("data_variety", steps=10, **options)).trainer.arms  # type: ignore[arg-type]
    return [arm.set for arm in arms if isinstance(arm, ClassifierArm)]


@pytest.mark.parametrize("task", ["mnist1d", "digits"])
def test_the_first_examples_are_the_baselines_and_the_others_are_new(task: str) -> None:
    few, many = sets(task=task, seed=100)
    size = len(few.labels)
    assert len(many.labels) == 4 * size
    for name in ("inputs", "labels", "clean_labels"):
        assert torch.equal(getattr(many, name)[:size], getattr(few, name))
    assert len({row.tobytes() for row in many.inputs.numpy()}) == 4 * size
    wrong = (many.labels != many.clean_labels).float()
    assert wrong[:size].mean().item() == pytest.approx(0.2)
    assert wrong[size:].mean().item() == pytest.approx(0.2, abs=0.04)


@pytest.mark.parametrize("task", ["rare_class", "long_tail", "few_shot", "big_digits", "spirals", "bearings"])
def test_on_other_tasks_too_the_same_examples_keep_their_labels(task: str) -> None:
    values = {"label_noise": 0.2, "data_factor": 2}
    spec = build_combination(("data_variety",), task=task, seed=100, steps=2, values=values)
    few, many = (arm.set for arm in Run(spec).trainer.arms[:2])  # type: ignore[attr-defined]
    size = len(few.labels)
    assert len(many.labels) == 2 * size and len({row.tobytes() for row in many.inputs.numpy()}) == 2 * size
    recorded = {row.tobytes(): label for row, label in zip(many.inputs.numpy(), many.labels.tolist(), strict=True)}
    assert [recorded[row.tobytes()] for row in few.inputs.numpy()] == few.labels.tolist()
    assert (many.labels != many.clean_labels).float().mean().item() == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("task", NAMES)
def test_a_pool_is_what_a_training_set_can_be_drawn_of(task: str) -> None:
    own = load_task(task)
    if "train_size" in ignored_by(own):
        return
    size = min(own.sizes["pool"], 20_000)
    data = own.make({**resolve_settings(own, {"train_size": size}), "seed": 100}, generator(100, "data"))
    assert len(data.train.labels) == size
    if size < 20_000:
        with pytest.raises(RefusedError, match=f"train_size must be between .* got {size + 1}"):
            resolve_settings(own, {"train_size": size + 1})


def test_at_one_it_is_the_very_same_set() -> None:
    few = sets(values={"data_factor": 1})[1]
    assert grow(few, 1) is few
    assert grow(replace(few, more=None), 4).labels is few.labels


def test_there_is_no_more_than_the_pool_has() -> None:
    assert build_spec("data_variety", task="digits").knobs_of(1)["data_factor"].high == 5
    knob = build_spec("data_variety", task="digits", values={"train_size": 800}).knobs_of(1)["data_factor"]
    assert (knob.high, knob.default) == (1, 1)
    with pytest.raises(RefusedError, match="data_factor must be between 1 and 2"):
        build_spec("data_variety", values={"train_size": 8000, "data_factor": 3})


def test_it_trains_a_larger_set_that_has_no_order_of_its_own() -> None:
    spec = build_spec("class_balance", steps=4, extra_arms=({"data_factor": 2},))
    run = Run(spec)
    run.advance(60)
    assert run.finished and len(run.trainer.arms[2].set.labels) == 2240  # type: ignore[attr-defined]


def test_the_panels_say_how_often_and_what_was_learned() -> None:
    run = Run(build_spec("data_variety", steps=40, values={"lr": 0.01}))
    run.advance(60)
    few, many = (arm.probe() for arm in run.trainer.arms)
    assert few["times_seen"] == pytest.approx(2) and many["times_seen"] == pytest.approx(0.5)
    assert 0 <= few["wrong_fit"][0] < few["right_fit"][0] <= 1
    clean = Run(build_spec("data_variety", steps=10, values={"label_noise": 0}))
    clean.advance(60)
    assert set(clean.trainer.arms[1].probe()) == {"times_seen", "right_fit"}


def test_a_further_arm_may_have_other_tricks_whose_knobs_it_names() -> None:
    extra = ({"data_factor": 1, "label_smoothing": 0.1, "dropout_p": 0.3}, {"data_factor": 2})
    spec = build_spec("data_variety", extra_arms=extra)
    mixed, plain = spec.arms[2:]
    assert set(mixed.tricks) == {"data_variety", "label_smoothing", "dropout"}
    assert mixed.knobs == extra[0] and mixed.name == "label_smoothing + dropout + data_variety"
    assert (plain.tricks, plain.name) == (("data_variety",), "data_variety data_factor=2")
    assert parse_spec(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"num_critic_steps": 3}, "wasserstein_gan is for the gan trainer, the task has the classifier trainer"),
        ({"no_such": 1}, "no_such is not a knob of data_variety"),
        ({"dropout_p": 2}, "dropout_p must be between 0 and 0.9"),
    ],
)
def test_what_cannot_be_together_is_refused(knobs: dict[str, object], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        build_spec("data_variety", extra_arms=(knobs,))


def test_the_page_ends_with_tricks_against_data_on_one_chart() -> None:
    race = load_article("data_variety", FALLBACK)[0].attempts[-1]
    address = read("data_variety", race.values, load_words(FALLBACK))
    assert not address.notes
    baseline, data, tricks, both = address.spec.arms[:2] + build_spec("data_variety", extra_arms=address.extra).arms[2:]
    assert baseline.tricks == () and data.knobs == {"data_factor": 4}
    assert tricks.knobs == {"data_factor": 1, "label_smoothing": 0.1, "dropout_p": 0.3}
    assert both.knobs == {**tricks.knobs, "data_factor": 4}
    written = read("data_variety", address.to_params(), load_words(FALLBACK))
    assert written.extra == address.extra and not written.notes
