"""Looking at an arm never ends what trains: broken numbers end their own arm, broken looking ends nothing."""

import logging
import math
from typing import Any

import numpy as np
import pytest
import torch

from trainers.kinds.arm import Arm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.settings import ignored_by
from trainers.runs.spec import RunSpec, metrics_of
from trainers.tasks import load_task
from tricks import catalogue

SETUPS = [(name, setup.task) for name in catalogue.NAMES for setup in catalogue.load(name).setups]
STEPS = 12


def spec_of(trick: str, task: str) -> RunSpec:
    small = {} if "batch_size" in ignored_by(load_task(task)) else {"batch_size": 16}
    return build_spec(trick, task=task, seed=100, steps=STEPS, values={**small, "eval_every": 4})


def scale(arm: Arm[Any], factor: float) -> None:
    with torch.no_grad():
        for network in arm.networks():
            for parameter in network.parameters():
                parameter.mul_(factor)


def finished(run: Run, history: History) -> History:
    while not run.finished:
        history.append(run.advance(math.inf))
    return history


def curves(history: History, arm: int) -> dict[str, list[float]]:
    rows = {name: history.row(arm, name).tolist() for name in history.row_names if name != "elapsed_s"}
    return rows | {f"test {name}": history.test(arm, name).tolist() for name in history.test_names}


@pytest.mark.long(share=0.3)
@pytest.mark.parametrize(("trick", "task"), SETUPS)
def test_an_arm_with_broken_weights_ends_by_name_and_the_others_go_on_bit_for_bit(
    trick: str, task: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Run(spec_of(trick, task))
    expected = finished(whole, whole.new_history())
    for factor in (math.nan, math.inf):
        run = Run(spec_of(trick, task))
        history = run.new_history()
        history.append(run.advance(math.inf, max_steps=5))
        scale(run.trainer.arms[1], factor)
        finished(run, history)
        (failure,) = history.failures
        assert failure.arm == 1 and 6 <= failure.step <= 8 and not math.isfinite(failure.value)
        assert history.length(1) == failure.step and history.test(1, "step").tolist() == [4]
        assert curves(history, 0) == curves(expected, 0)
    assert not told(caplog)


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What training said; what an earlier test of this process left may end at any moment, and say so."""
    return [record for record in caplog.records if record.name.startswith("trainers.")]


@pytest.mark.parametrize(("trick", "task"), SETUPS)
@pytest.mark.parametrize("factor", [1e8, 1e25, math.nan])
def test_what_looks_at_a_network_takes_any_numbers(trick: str, task: str, factor: float) -> None:
    run = Run(spec_of(trick, task))
    run.advance(math.inf, max_steps=2)
    arm = run.trainer.arms[1]
    scale(arm, factor)
    measured = arm.evaluate()
    for value, better in zip(measured, metrics_of(run.spec).values(), strict=True):
        is_number = math.isfinite(factor) or arm.judged() is not arm.model  # an average, made before
        assert is_number or better == "lower" or not value > 0, "nothing that is no number is right"
    assert all(isinstance(array, np.ndarray) for array in arm.probe().values())


@pytest.mark.parametrize(
    ("trick", "task"), [("flooding", "spirals"), ("wasserstein_gan", "ring"), ("anchors", "boxes")]
)
@pytest.mark.parametrize("way", ["evaluate", "probe"])
def test_an_error_in_looking_leaves_training_as_it_was_and_is_told_once(
    trick: str, task: str, way: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Run(spec_of(trick, task))
    expected = finished(whole, whole.new_history())
    run = Run(spec_of(trick, task))
    arm = run.trainer.arms[1]

    def broken() -> None:
        for network in arm.networks():
            network.eval()
        raise np.linalg.LinAlgError("did not converge")

    monkeypatch.setattr(arm, way, broken)
    history = finished(run, run.new_history())
    assert run.finished and not history.failures
    for number in (0, 1):
        for name in set(history.row_names) - {"elapsed_s"}:
            assert history.row(number, name).tolist() == expected.row(number, name).tolist()
    assert all(module.training for network in arm.networks() for module in network.modules())
    (record,) = told(caplog)
    assert record.levelno == logging.ERROR and "LinAlgError: did not converge" in record.getMessage()


def test_weights_that_stop_being_numbers_in_the_last_step_end_their_arm_too(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(spec_of("flooding", "spirals"))
    history = run.new_history()
    history.append(run.advance(math.inf, max_steps=STEPS - 1))
    arm = run.trainer.arms[1]
    train = arm.train

    def break_after(step: int, shared: object) -> tuple[float, ...]:
        values = train(step, shared)
        scale(arm, math.nan)
        return values

    monkeypatch.setattr(arm, "train", break_after)
    finished(run, history)
    (failure,) = history.failures
    assert (failure.arm, failure.step) == (1, STEPS) and math.isnan(failure.value)
    assert math.isfinite(history.row(1, "train_loss")[-1]) and history.test(1, "step")[-1] < STEPS
