"""Linear regression: the same fit as torch's and scikit-learn's, and penalties that show in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge

from trainers.bench.bare import bare_loop
from trainers.kinds.run import Run
from trainers.parts.randomness import generator
from trainers.runs.build import build_spec, resolve_settings
from trainers.runs.history import History
from trainers.runs.spec import Event
from trainers.tasks import load_task
from trainers.tasks.sparse_regression import NUM_TRUE, RegressionData, load, score_support
from tricks.declaration import RefusedError


def run_of(steps: int = 40, seed: int = 100, **values: Any) -> Run:
    return Run(build_spec("weight_penalty", task="sparse_regression", steps=steps, seed=seed, values=values))


def finish(run: Run, max_steps: int | None = None, commands: tuple[Event, ...] = ()) -> History:
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, max_steps=max_steps, commands=commands if run.step == 0 else ()))
    return history


def same(one: History, other: History) -> None:
    for arm in (0, 1):
        for name in ("train_loss", "objective", "lr"):
            np.testing.assert_array_equal(one.row(arm, name), other.row(arm, name))
        for name in one.test_names:
            np.testing.assert_array_equal(one.test(arm, name), other.test(arm, name))
    assert one.events == other.events
    for first, second in zip(one.probes, other.probes, strict=True):
        assert (first.arm, first.step) == (second.arm, second.step)
        for name, array in first.arrays.items():
            np.testing.assert_array_equal(array, second.arrays[name])


def weights_of(run: Run, arm: int) -> torch.Tensor:
    trained: Any = run.trainer.arms[arm]
    weights: torch.Tensor = trained.model.weight.detach()[0]
    return weights


def data_of(seed: int, **values: Any) -> RegressionData:
    task = load_task("sparse_regression")
    data = task.make(resolve_settings(task, values), generator(seed, "data"))
    assert isinstance(data, RegressionData)
    return data


def test_a_seed_draws_examples_and_nothing_else() -> None:
    one, other = data_of(100), data_of(101, train_size=300)
    for name in ("inputs", "test_answers", "truth"):
        assert torch.equal(getattr(one, name), getattr(other, name))
    assert one.train.inputs.shape == (100, 200) and one.answers.shape == (100,)
    assert other.train.inputs.shape == (300, 200) and other.answers.shape == (300,)
    tested = {row.tobytes() for row in one.inputs.numpy()}
    assert len(tested) == 1000 and not tested & {row.tobytes() for row in other.train.inputs.numpy()}
    assert not torch.equal(one.train.inputs, other.train.inputs[:100])


def test_ten_weights_count_and_the_rest_is_noise() -> None:
    inputs, answers, truth = load()
    sizes = truth[truth != 0].abs()
    assert len(sizes) == NUM_TRUE and sizes.min() >= 0.5 and sizes.max() <= 2.0
    assert (answers - inputs @ truth).square().mean().item() == pytest.approx(1.0, abs=0.1)


def test_a_run_is_the_same_again_in_slices_and_through_a_capture() -> None:
    turn = (Event(15, "l1_penalty", 0.5, 1),)
    whole = finish(run_of(), commands=turn)
    assert [event.step for event in whole.events] == [15]
    same(finish(run_of(), max_steps=7, commands=turn), whole)
    run = run_of()
    history = run.new_history()
    while not run.finished:
        history.append(run.advance(60, max_steps=9, commands=turn if run.step == 0 else ()))
        run = Run.restore(run.capture())
    same(history, whole)


def test_the_neutral_setting_is_the_baseline() -> None:
    history = finish(run_of(l1_penalty=0.0, l2_penalty=0.0, decoupled_decay=0.0))
    np.testing.assert_array_equal(history.row(0, "train_loss"), history.row(1, "train_loss"))
    np.testing.assert_array_equal(history.test(0, "test_loss"), history.test(1, "test_loss"))


def test_the_baseline_is_the_bare_loop() -> None:
    run = run_of()
    history, bare = finish(run), bare_loop(run.spec)
    bare.train(40)
    for name in ("test_loss", "test_support_precision", "test_support_recall", "test_zero_share"):
        assert history.test(0, name)[-1] == pytest.approx(bare.scores[0][name], rel=1e-6)


def test_the_fit_without_a_penalty_is_the_shortest_exact_one() -> None:
    run, data = run_of(steps=1000), data_of(100)
    history = finish(run)
    assert history.row(0, "train_loss")[-1] < 1e-10
    shortest = torch.linalg.pinv(data.train.inputs.double()) @ data.answers.double()
    torch.testing.assert_close(weights_of(run, 0).double(), shortest, atol=1e-4, rtol=0)


def test_l1_by_the_proximal_step_is_the_lasso() -> None:
    run, data = run_of(steps=2000, l1_penalty=0.2), data_of(100)
    finish(run)
    lasso = Lasso(alpha=0.1, fit_intercept=False, tol=1e-10, max_iter=100_000)  # its loss is half of ours
    lasso.fit(data.train.inputs.double().numpy(), data.answers.double().numpy())
    ours = weights_of(run, 1).double().numpy()
    np.testing.assert_allclose(ours, lasso.coef_, atol=1e-4)
    assert ((ours == 0) == (lasso.coef_ == 0)).mean() > 0.98


def test_l2_is_ridge_regression() -> None:
    run, data = run_of(steps=1000, l1_penalty=0.0, l2_penalty=0.3), data_of(100)
    finish(run)
    ridge = Ridge(alpha=0.15 * 100, fit_intercept=False)  # ours: a mean over 100 examples, and λ/2 of the square
    ridge.fit(data.train.inputs.double().numpy(), data.answers.double().numpy())
    np.testing.assert_allclose(weights_of(run, 1).double().numpy(), ridge.coef_, atol=1e-4)


def test_what_is_measured_is_what_the_weights_say() -> None:
    run, data = run_of(steps=300, l1_penalty=1.9), data_of(100)
    history, weights = finish(run), weights_of(run, 1)
    counts = data.truth != 0
    assert history.test(1, "test_zero_share")[-1] == pytest.approx((weights == 0).double().mean().item())
    assert history.test(1, "test_support_recall")[-1] == (weights[counts] != 0).double().mean().item()
    assert history.test(1, "test_support_precision")[-1] == counts[weights != 0].double().mean().item()
    error = (data.inputs @ weights - data.test_answers).square().mean().item()
    assert history.test(1, "test_loss")[-1] == pytest.approx(error, rel=1e-5)


def test_nothing_left_is_no_precision() -> None:
    _, _, truth = load()
    assert score_support(torch.zeros(200), truth) == {"test_support_precision": 0.0, "test_support_recall": 0.0}
    assert score_support(truth, truth) == {"test_support_precision": 1.0, "test_support_recall": 1.0}


def test_the_picture_has_every_weight_and_the_true_ones() -> None:
    run, data = run_of(), data_of(100)
    probe = [probe for probe in finish(run).probes if probe.arm == 1][-1].arrays
    places, values, kinds = (probe[f"weight_{name}"] for name in ("input", "value", "kind"))
    true = np.flatnonzero(data.truth.numpy())
    np.testing.assert_array_equal(places, [*range(200), *true])
    np.testing.assert_array_equal(values, [*weights_of(run, 1).numpy(), *data.truth.numpy()[true]])
    assert set(np.flatnonzero(kinds[:200])) == set(true) and kinds[200:].tolist() == [2] * NUM_TRUE


def test_a_rate_too_high_ends_the_arms_with_a_named_failure() -> None:
    history = finish(run_of(steps=300, lr=1.0))
    assert {failure.arm for failure in history.failures} == {0, 1}
    assert all(not math.isfinite(failure.value) for failure in history.failures)


def test_more_examples_than_there_are_is_refused() -> None:
    with pytest.raises(RefusedError, match="train_size must be between 1 and 2000"):
        run_of(train_size=2001)


def test_the_true_weights_score_the_noise_on_the_test_set() -> None:
    data = data_of(100)
    score = load_task("sparse_regression").score(data.inputs @ data.truth, data.test_answers)
    assert score["test_loss"] == pytest.approx(1.0, abs=0.1)


def test_the_first_step_has_the_schedules_first_rate() -> None:
    history = finish(run_of(schedule="cosine"))
    rates = history.row(1, "lr")
    assert rates[0] == pytest.approx(0.07) and rates[-1] < 0.001


def test_the_weights_are_counted_as_far_as_the_truth_reaches() -> None:
    probe = [probe for probe in finish(run_of(steps=300)).probes if probe.arm == 1][-1].arrays
    assert probe["weight_edges"][-1] > data_of(100).truth.abs().max()
    assert probe["weight_counts"][[0, -1]].tolist() == [0, 0]
