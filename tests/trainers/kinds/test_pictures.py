"""Networks that answer pictures: their tasks, what these measure of hand-made answers, and a run's promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from trainers.kinds.pictures import SHOWN, PictureArm
from trainers.kinds.run import Run
from trainers.parts.randomness import generator
from trainers.runs.build import build_spec, resolve_settings
from trainers.runs.history import History
from trainers.runs.spec import RunSpec
from trainers.tasks import blobs, boxes, describe, load_task
from trainers.tasks.picture import SIDE, PictureData, Pictures, PictureTask, ellipses, lines, pixels
from tricks import catalogue
from tricks.declaration import RefusedError

TASKS = ("centers", "boxes", "blobs")
TRICKS = tuple(trick.name for trick in catalogue.every() if trick.trainer == "pictures")
SMALL = {"train_size": 40, "batch_size": 8, "eval_every": 6}


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> PictureTask:
    found = load_task(request.param)
    assert isinstance(found, PictureTask)
    return found


def make(task: PictureTask, seed: int = 100, **values: object) -> PictureData:
    data = task.make(resolve_settings(task, values), generator(seed, "data"))
    assert isinstance(data, PictureData)
    return data


# --- what the tasks are


def test_a_task_is_what_it_declares(task: PictureTask) -> None:
    data = make(task)
    size = resolve_settings(task, {})["train_size"]
    assert data.train.inputs.shape == (size, SIDE, SIDE) == (size, *task.shape)
    assert data.inputs.shape == (task.sizes["test"], *task.shape)
    assert set(data.truth) == set(data.test_truth) and data.truth
    for name, values in data.truth.items():
        assert len(values) == size and len(data.test_truth[name]) == len(data.inputs)
    for labels in (data.train.labels, data.labels):
        assert set(labels.tolist()) == set(range(task.num_classes))
    assert data.inputs.isfinite().all() and 0.3 < data.inputs.std() < 1.5


def test_the_seed_draws_the_training_pictures_and_nothing_else(task: PictureTask) -> None:
    one, same, other = make(task), make(task), make(task, 101, train_size=30)
    assert torch.equal(one.train.inputs, same.train.inputs)
    assert not torch.equal(one.train.inputs[:30], other.train.inputs)
    assert torch.equal(one.inputs, other.inputs)
    whole = make(task, train_size=task.sizes["pool"])
    drawn, tested = ({picture.numpy().tobytes() for picture in part} for part in (whole.train.inputs, whole.inputs))
    assert len(drawn) == task.sizes["pool"] and not drawn & tested
    with pytest.raises(RefusedError, match=rf"train_size must be between 1 and {task.sizes['pool']} for {task.name}"):
        make(task, train_size=task.sizes["pool"] + 1)
    with pytest.raises(RefusedError, match=rf"label_noise must stay 0.0 for {task.name}, got 0.2"):
        make(task, label_noise=0.2)


def test_it_is_described_in_pictures_and_in_counts_of_their_kinds(task: PictureTask) -> None:
    seen, data = describe(task, resolve_settings(task, {}), 100), make(task)
    assert seen.examples.shape == (16, SIDE, SIDE) and seen.num_wrong == 0
    assert seen.class_counts == tuple(torch.bincount(data.train.labels, minlength=task.num_classes).tolist())
    assert sum(seen.test_class_counts) == task.sizes["test"]
    assert set(seen.labels.tolist()) == set(range(task.num_classes))


def test_the_ground_of_pictures_has_the_noise_and_the_lines_that_are_declared(task: PictureTask) -> None:
    module = import_module(f"trainers.tasks.{task.name}")
    pictures = module.load()
    ground = pictures.inputs[ground_of(pictures)]
    assert ground.quantile(0.16).item() == pytest.approx(-module.NOISE, abs=0.1)  # a standard deviation below
    covered = getattr(module, "NUM_LINES", 0) * lines(400, torch.Generator().manual_seed(0)).mean()
    assert 0.3 * covered - 0.01 < ground.mean() < 1.2 * covered + 0.01  # by what a line is brighter, at least and most


def ground_of(pictures: Pictures) -> Tensor:
    """The pixels (n, 32, 32) that are surely not of what is to be found."""
    if "classes" in pictures.truth:
        return pictures.truth["classes"].eq(0)
    if "heat" in pictures.truth:
        return (pictures.kinds == 0)[:, None, None].expand_as(pictures.inputs)
    across, down, wide, tall = (SIDE * pictures.truth["boxes"][..., None, None]).unbind(1)
    x, y = pixels()
    beside = (x - across).abs() > wide / 2 + 1
    return beside.logical_or((y - down).abs() > tall / 2 + 1)


def test_every_other_picture_has_one_center_and_its_heat() -> None:
    data = make(load("centers"))
    heat = data.truth["heat"]
    assert torch.equal((heat == 1).flatten(1).sum(1), data.train.labels)
    assert heat.min() >= 0 and heat.max() == 1 and (heat[data.train.labels == 0] == 0).all()
    ring = (heat == 1).float()
    beside = torch.roll(ring, 1, 2) * heat  # one cell to the right of each center, unless it is at the edge
    assert ((beside == 0) | ((beside > 0.2) & (beside < 1))).all()


def test_a_box_is_the_one_around_the_ellipse() -> None:
    true = boxes.load().truth["boxes"][:50]
    drawn = ellipses(SIDE * true[:, :2], SIDE * true[:, 2:] / 2, torch.zeros(50)) >= 0.5
    for box, inside in zip(true, drawn, strict=True):
        for axis, seen in ((0, inside.any(0)), (1, inside.any(1))):
            places = seen.nonzero()[:, 0]
            assert places[0].item() == pytest.approx(SIDE * float(box[axis] - box[axis + 2] / 2), abs=1.5)
            assert places[-1].item() + 1 == pytest.approx(SIDE * float(box[axis] + box[axis + 2] / 2), abs=1.5)
    assert (true[:, :2] - true[:, 2:] / 2 >= 0).all() and (true[:, :2] + true[:, 2:] / 2 <= 1).all()


def test_a_pixels_class_is_its_discs_size_and_no_size_has_a_brightness_of_its_own() -> None:
    pictures = blobs.load()
    classes = pictures.truth["classes"]
    for index, name in enumerate(blobs.CLASSES[1:], start=1):
        pixels = (classes == index).flatten(1).sum(1)
        assert pixels.max() <= torch.pi * (blobs.RADII[name][1] + 0.5) ** 2
        mean = torch.stack(
            [
                one[kind == index].mean()
                for one, kind in zip(pictures.inputs, classes, strict=True)
                if (kind == index).sum() > 4
            ]
        )
        shares = [((mean - level).abs() < 0.5).float().mean().item() for level in blobs.BRIGHTNESS]
        assert min(shares) > 0.2
    ground = pictures.inputs[classes == 0]
    assert ground.mean().abs() < 0.1


# --- what they measure


def load(name: str) -> PictureTask:
    found = load_task(name)
    assert isinstance(found, PictureTask)
    return found


def heat_at(*places: tuple[int, int, float]) -> Tensor:
    """A picture's logits, −20 but at the cells (x, y)."""
    logits = torch.full((1, 16, 16), -20.0)
    for x, y, logit in places:
        logits[0, y, x] = logit
    return logits


def truth_at(x: int, y: int) -> dict[str, Tensor]:
    heat = torch.zeros(1, 16, 16)
    heat[0, y, x] = 1
    return {"heat": heat}


@pytest.mark.parametrize(
    ("places", "precision", "f1"),
    [
        ([(5, 9, 3.0)], 1.0, 1.0),
        ([(6, 8, 3.0)], 1.0, 1.0),  # within 3 pixels
        ([(7, 9, 3.0)], 0.0, 0.0),
        ([], 0.0, 0.0),
        ([(5, 9, -2.0)], 1.0, 0.0),  # too cold for the bar, but the hottest
        ([(5, 9, 2.0), (12, 3, 3.0)], 0.5, 2 / 3),
        ([(5, 9, 3.0), (12, 3, 2.0)], 1.0, 2 / 3),  # what ranks below the find costs no precision there
        ([(4, 9, 2.0), (6, 9, 3.0)], 1.0, 2 / 3),  # of two peaks at one object the second is false
    ],
)
def test_centers_are_found_or_not(places: list[tuple[int, int, float]], precision: float, f1: float) -> None:
    measured = load("centers").score(heat_at(*places), truth_at(5, 9))
    assert measured["test_f1"] == pytest.approx(f1)
    if places:
        assert measured["test_center_ap"] == pytest.approx(precision)


def test_a_saturated_empty_map_finds_nothing() -> None:
    measured = load("centers").score(torch.full((1, 16, 16), -200.0), truth_at(5, 9))
    assert measured == {"test_loss": pytest.approx(200.0), "test_center_ap": 0.0, "test_f1": 0.0}


def test_precision_is_averaged_over_pictures_ranked_together() -> None:
    answers = torch.cat([heat_at((5, 9, 3.0)), heat_at((2, 2, 2.0)), heat_at((5, 9, 1.0))])
    heat = torch.cat([truth_at(5, 9)["heat"], torch.zeros(1, 16, 16), truth_at(5, 9)["heat"]])
    assert load("centers").score(answers, {"heat": heat})["test_center_ap"] == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_peaks_of_equal_probabilities_stand_or_fall_together(order: list[int]) -> None:
    answers = torch.cat([heat_at((5, 9, 3.0)), heat_at((2, 2, 3.0))])[order]
    heat = torch.cat([truth_at(5, 9)["heat"], torch.zeros(1, 16, 16)])[order]
    assert load("centers").score(answers, {"heat": heat})["test_center_ap"] == pytest.approx(1 / 2)


def test_boxes_are_measured_by_their_overlap() -> None:
    true = torch.tensor([[0.5, 0.5, 0.4, 0.2]]).expand(4, -1)
    told = torch.tensor([[0.5, 0.5, 0.4, 0.2], [0.55, 0.5, 0.3, 0.2], [0.1, 0.1, 0.2, 0.2], [0.5, 0.5, -0.4, 0.0]])
    assert boxes.overlap(told, true).tolist() == pytest.approx([1, 0.75, 0, 0])
    task = load("boxes")
    assert task.score(true, {"boxes": true}) == pytest.approx(
        {"test_loss": 0.0, "test_iou": 1.0, "test_iou_above_half": 1.0}
    )
    measured = task.score(told, {"boxes": true})
    assert (measured["test_iou"], measured["test_iou_above_half"]) == pytest.approx((0.4375, 0.5))
    assert task.score(told[2:], {"boxes": true[2:]})["test_iou"] == 0


def test_classes_of_pixels_are_measured_by_their_overlap() -> None:
    task, classes = load("blobs"), blobs.load().truth["classes"][:20]
    told = torch.nn.functional.one_hot(classes, len(blobs.CLASSES)).permute(0, 3, 1, 2) * 50.0
    perfect = task.score(told, {"classes": classes})
    assert perfect.pop("test_loss") == pytest.approx(0, abs=1e-6)
    assert set(perfect.values()) == {1.0}
    ground = torch.zeros_like(told)
    ground[:, 0] = 50
    nothing = task.score(ground, {"classes": classes})
    assert {value for name, value in nothing.items() if name != "test_loss"} == {0.0}
    half = told.clone()
    half[:10] = ground[:10]
    found = task.score(half, {"classes": classes})
    for index, name in enumerate(blobs.CLASSES[1:], start=1):
        share = (classes[10:] == index).sum() / (classes == index).sum()
        assert found[f"test_iou_{name}"] == pytest.approx(share.item())
    assert found["test_miou"] == pytest.approx(sum(found[f"test_iou_{name}"] for name in blobs.CLASSES[1:]) / 3)


# --- how they train


def finish(spec: RunSpec, sizes: tuple[int, ...] = ()) -> History:
    """The history of a run: in one go, or in slices with a capture restored after each."""
    run = Run(spec)
    history = run.new_history()
    for size in sizes:
        history.append(run.advance(60, max_steps=size))
        run = Run.restore(run.capture())
    while not run.finished:
        history.append(run.advance(60))
    return history


def record(history: History) -> list[Any]:
    """All of a history but the seconds."""
    arms = range(len(history.spec.arms))
    columns: list[Any] = [history.row(arm, name) for arm in arms for name in history.row_names if name != "elapsed_s"]
    columns += [history.test(arm, name) for arm in arms for name in history.test_names]
    return columns + [array for probe in history.probes for array in probe.arrays.values()]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_run_is_the_same_whatever_the_slices_and_through_captures(trick: str) -> None:
    spec = build_spec(trick, seed=100, steps=12, values=SMALL)
    for whole, sliced in zip(record(finish(spec)), record(finish(spec, (1, 2, 5))), strict=True):
        np.testing.assert_array_equal(whole, sliced)


@pytest.mark.parametrize("trick", TRICKS)
def test_looking_changes_nothing_that_training_depends_on(trick: str) -> None:
    spec = build_spec(trick, seed=100, steps=8, values=SMALL)
    watched, alone = Run(spec), Run(spec)
    for _ in range(8):
        watched.advance(60, max_steps=1)
        for arm in watched.trainer.arms:
            arm.probe()
            arm.evaluate()
    alone.advance(60)
    assert same_state(watched, alone)


def same_state(one: Run, other: Run) -> bool:
    pairs = zip(one.trainer.arms, other.trainer.arms, strict=True)
    return all(equal(mine.state_dict(), theirs.state_dict()) for mine, theirs in pairs)


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, Mapping):
        return set(one) == set(other) and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def arms_of(trick: str, **values: object) -> tuple[Run, list[PictureArm]]:
    run = Run(build_spec(trick, seed=100, steps=12, values={**SMALL, **values}))
    return run, [arm for arm in run.trainer.arms if isinstance(arm, PictureArm)]


@pytest.mark.parametrize("trick", TRICKS)
def test_both_arms_are_judged_by_the_tasks_loss_of_their_answers(trick: str) -> None:
    run, arms = arms_of(trick)
    batch = torch.arange(8)
    for arm in arms:
        truth = {name: values[batch] for name, values in arm.data.truth.items()}
        with torch.no_grad():
            outputs = arm.model(arm.data.train.inputs[batch], arm.knobs)
            expected = arm.task.loss(arm.recipe.decode(outputs, arm.knobs), truth).item()
            objective = arm.recipe.loss(outputs, truth, arm.knobs, arm.memory).item()
        _, train_loss, minimized = arm.train(1, batch)
        assert (train_loss, minimized) == pytest.approx((expected, objective))
    history = run.new_history()
    history.append(run.advance(60))
    np.testing.assert_array_equal(history.row(0, "train_loss"), history.row(0, "objective"))


@pytest.mark.parametrize("trick", TRICKS)
def test_an_evaluation_measures_all_test_pictures_at_once(trick: str) -> None:
    _, arms = arms_of(trick)
    for arm in arms:
        with torch.no_grad():
            answers = arm.recipe.decode(arm.model(arm.data.inputs, arm.knobs), arm.knobs)
        measured = arm.task.score(answers, arm.data.test_truth)
        assert arm.evaluate() == pytest.approx(tuple(measured[name] for name in arm.task.metrics), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("trick", TRICKS)
def test_every_arm_is_probed_for_the_same_arrays_of_the_same_pictures(trick: str) -> None:
    _, arms = arms_of(trick)
    seen = [arm.probe() for arm in arms]
    assert {name: array.shape for name, array in seen[0].items()} == {name: a.shape for name, a in seen[1].items()}
    for arrays in seen:
        assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays.values())
        assert any(len(array) == SHOWN for array in arrays.values())


@pytest.mark.parametrize("trick", TRICKS)
def test_an_arm_whose_loss_is_not_finite_ends_with_its_weights_as_they_were(trick: str) -> None:
    run, (plain, changed) = arms_of(trick)
    changed.recipe = replace(changed.recipe, loss=lambda outputs, truth, knobs, memory: outputs.sum() * torch.nan)
    before = [value.clone() for value in changed.model.parameters()]
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60))
    (failure,) = history.failures
    assert (failure.arm, failure.step) == (1, 1) and np.isnan(failure.value)
    assert history.length(1) == 1 and history.length(0) == 12
    assert all(torch.equal(one, other) for one, other in zip(before, changed.model.parameters(), strict=True))
    assert np.isfinite(history.row(0, "train_loss")).all() and plain.knobs["lr"] == changed.knobs["lr"]


def test_a_learning_rate_far_too_high_is_a_failure_by_name() -> None:
    spec = build_spec("centernet_loss", seed=100, steps=12, values={**SMALL, "lr": 10.0, "center_lr_multiple": 100.0})
    history = finish(spec)
    (failure,) = history.failures
    assert failure.arm == 1 and failure.knobs["lr"] == 10.0 and not np.isfinite(failure.value)
    assert history.length(1) == failure.step < 12 == history.length(0)
