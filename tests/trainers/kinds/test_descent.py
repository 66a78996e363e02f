"""The landscape's trainer: a run's promises, what it measures, its noise, where it starts, and how an arm ends."""

from typing import Any

import numpy as np
import pytest
import torch

from trainers.kinds.descent import GOAL
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.tasks.landscape import SURFACES, height


def finish(run: Run, max_steps: int | None = None) -> History:
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, max_steps=max_steps))
    return history


def run_of(steps: int = 40, seed: int = 100, **values: Any) -> Run:
    return Run(build_spec("optimizers", task="landscape", steps=steps, seed=seed, values=values))


def same(one: History, other: History) -> None:
    for arm in (0, 1):
        for name in ("train_loss", "lr"):
            np.testing.assert_array_equal(one.row(arm, name), other.row(arm, name))
        for name in one.test_names:
            np.testing.assert_array_equal(one.test(arm, name), other.test(arm, name))
    for first, second in zip(one.probes, other.probes, strict=True):
        for name, array in first.arrays.items():
            np.testing.assert_array_equal(array, second.arrays[name])


@pytest.mark.parametrize("surface", SURFACES)
def test_a_run_is_the_same_again_in_slices_and_through_a_capture(surface: str) -> None:
    values: dict[str, Any] = {"surface": surface, "gradient_noise": 0.01}
    whole = finish(run_of(**values))
    same(finish(run_of(**values), max_steps=7), whole)
    run = run_of(**values)
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, max_steps=9))
        run = Run.restore(run.capture())
    same(history, whole)


def test_the_neutral_setting_is_the_baseline() -> None:
    history = finish(run_of(update_rule="settings"))
    np.testing.assert_array_equal(history.row(0, "train_loss"), history.row(1, "train_loss"))


def test_the_goal_step_is_the_first_that_is_low_enough_and_until_then_the_steps_made() -> None:
    history = finish(run_of(steps=150, update_rule="momentum"))
    heights, told = history.test(1, "test_height"), history.test(1, "test_goal_step")
    first = int(np.flatnonzero(heights <= GOAL * history.row(1, "train_loss")[0])[0]) + 1
    assert 1 < first < 150
    np.testing.assert_array_equal(told, [min(step, first) for step in range(1, 151)])


def test_newton_without_damping_is_down_in_one_step() -> None:
    history = finish(run_of(steps=10, update_rule="newton", damping=0.0))
    assert history.test(1, "test_goal_step")[-1] == 1


def test_the_seed_draws_the_start_and_the_noise_is_the_same_in_both_arms() -> None:
    one, other = finish(run_of(seed=100)), finish(run_of(seed=101))
    assert one.row(0, "train_loss")[0] == one.row(1, "train_loss")[0] != other.row(0, "train_loss")[0]
    noisy = finish(run_of(gradient_noise=0.1, update_rule="sgd"))
    np.testing.assert_allclose(noisy.row(0, "train_loss"), noisy.row(1, "train_loss"), rtol=1e-9)
    plain = finish(run_of(update_rule="sgd"))
    assert noisy.row(0, "train_loss")[5] != plain.row(0, "train_loss")[5]


def test_a_rate_too_high_ends_the_arm_and_not_the_other() -> None:
    history = finish(run_of(steps=200, lr=10.0, update_rule="newton"))
    (failure,) = history.failures
    assert failure.arm == 0 and not np.isfinite(failure.value)
    assert history.length(1) == 200


def test_the_probe_has_the_path_and_arrows_of_the_last_step() -> None:
    run = run_of(update_rule="momentum", gradient_noise=0.1)
    probe = [probe for probe in finish(run).probes if probe.arm == 1][-1].arrays
    assert probe["path_kind"].tolist() == [0] * (len(probe["path_x"]) - 4) + [1, 1, 2, 2]
    assert probe["height_field"].shape == (48, 48) and probe["height_field"].max() == 1
    points = np.stack([probe["path_x"], probe["path_y"]], axis=1)
    arm: Any = run.trainer.arms[1]
    *_, before, end = arm.state_dict()["path"].numpy()
    assert points[[-5, -4, -2]] == pytest.approx(np.array([end, end, end]), rel=1e-6)
    point = torch.tensor(before, requires_grad=True)
    (uphill,) = torch.autograd.grad(height(point, arm.knobs), [point])  # exact, whatever the noise
    for tip, way in ((-3, -uphill.numpy()), (-1, end - before)):
        assert points[tip] - end == pytest.approx(0.5 * way / np.linalg.norm(way), rel=1e-4)


def test_plain_descent_without_noise_goes_straight_downhill() -> None:
    probe = finish(run_of(update_rule="momentum")).probes[0].arrays
    for name in ("path_x", "path_y"):
        assert probe[name][-3] == pytest.approx(probe[name][-1], rel=1e-4)


@pytest.mark.parametrize(("surface", "lowest"), [("quadratic", (0, 0)), ("rosenbrock", (1, 1)), ("saddle", (0, -1))])
def test_the_lowest_point_is_at_zero_and_steepness_is_about_one(surface: str, lowest: tuple[int, int]) -> None:
    knobs: dict[str, Any] = {"surface": surface, "condition": 1000.0, "rotation": 30.0}
    point = torch.tensor(lowest, dtype=torch.float64)
    assert height(point, knobs).item() == pytest.approx(0, abs=1e-12)
    curvature: Any = torch.autograd.functional.hessian(lambda p: height(p, knobs), point)  # type: ignore[no-untyped-call]
    assert 0.2 < torch.linalg.eigvalsh(curvature).max() < 2 / 1.9
