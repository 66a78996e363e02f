"""The step schedule: torch's MultiStepLR, a constant rate at the neutral setting, the jitter it measures."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import MultiStepLR

from trainers.kinds.run import Run
from trainers.parts.baseline import constant, stepped
from trainers.runs.build import build_spec
from trainers.runs.history import History
from trainers.runs.spec import Event
from tricks.step_schedule import TRICK, scheduled, step_lr

SHARES = st.floats(0, 1)


@pytest.mark.parametrize("milestones", [(0.5, 0.75), (0.75, 0.5), (0.3, 0.3), (0.0, 1.0), (0.01, 0.99)])
@pytest.mark.parametrize("factor", [0.1, 0.5, 1.0])
def test_it_is_torchs_multi_step_schedule(milestones: tuple[float, float], factor: float) -> None:
    steps = 100
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)
    at = [round(share * steps) for share in milestones if share > 0]
    schedule = MultiStepLR(optimizer, at, gamma=factor)
    for step in range(steps):
        theirs = optimizer.param_groups[0]["lr"] * factor ** (len(milestones) - len(at))  # theirs knows no drop at 0
        assert step_lr(step, steps, 0.2, factor=factor, milestones=milestones) == pytest.approx(theirs, rel=1e-12)
        optimizer.step()
        schedule.step()


@given(st.integers(1, 100_000), st.floats(1e-5, 10), SHARES, SHARES, st.data())
def test_a_factor_of_one_is_the_constant_rate_bit_for_bit(
    steps: int, lr: float, first: float, second: float, data: st.DataObject
) -> None:
    step = data.draw(st.integers(0, steps - 1))
    assert step_lr(step, steps, lr, factor=1.0, milestones=(first, second)) == constant(step, {"lr": lr})
    assert step_lr(step, steps, lr, factor=0.1, milestones=(1.0, 1.0)) == lr


@given(st.integers(1, 5000), st.data())
def test_the_default_is_the_schedule_that_the_settings_call_step(steps: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, steps - 1))
    ours = step_lr(step, steps, 0.1, factor=0.1, milestones=(0.5, 0.75))
    assert ours == pytest.approx(stepped(step, {"lr": 0.1, "steps": steps}), rel=1e-12)


@given(st.integers(1, 3000), st.floats(0.01, 1), SHARES, SHARES)
def test_it_never_rises_and_the_order_of_the_milestones_is_all_one(
    steps: int, factor: float, first: float, second: float
) -> None:
    rates = [step_lr(s, steps, 0.1, factor=factor, milestones=(first, second)) for s in range(0, steps, 7)]
    assert rates == sorted(rates, reverse=True)
    assert rates == [step_lr(s, steps, 0.1, factor=factor, milestones=(second, first)) for s in range(0, steps, 7)]


def train(values: dict[str, object], commands: list[Event]) -> tuple[Run, History]:
    values = {"eval_every": 5, "model": "mlp", "width": 16, "train_size": 200, **values}
    run = Run(build_spec("step_schedule", steps=40, values=values))
    history = run.new_history()
    history.append(run.advance(60, commands=commands))
    return run, history


def test_a_milestone_moved_in_the_run_acts_as_if_it_had_always_stood_there() -> None:
    _, history = train({"first_drop": 0.25}, [Event(21, "first_drop", 0.75, 1)])
    lr = history.row(1, "lr")
    np.testing.assert_allclose(lr, [0.1] * 10 + [0.01] * 10 + [0.1] * 10 + [0.001] * 10)
    assert (history.row(0, "lr") == 0.1).all()


def test_the_preview_is_what_the_run_does() -> None:
    run, history = train({"drop_factor": 0.3, "second_drop": 0.6}, [])
    assert TRICK.preview is not None
    drawn = TRICK.preview(run.trainer.arms[1].knobs)
    assert drawn["step"].tolist() == list(range(1, 41))
    np.testing.assert_allclose(drawn["lr_ahead"], history.row(1, "lr"), rtol=1e-6)
    assert len(TRICK.preview({**run.trainer.arms[1].knobs, "steps": 100_000})["step"]) <= 1600
    assert run.trainer.arms[1].probe()["at_lr"] == pytest.approx(history.row(1, "lr")[-1])


def test_the_jitter_is_the_spread_of_the_last_four_accuracies_of_every_arm() -> None:
    _, history = train({}, [])
    for arm in (0, 1):
        accuracy, jitter = history.test(arm, "test_accuracy"), history.test(arm, "test_jitter")
        assert len(jitter) == 8 and jitter[0] == 0
        for index in range(1, 8):
            assert jitter[index] == pytest.approx(accuracy[max(0, index - 3) : index + 1].std(ddof=1))


def test_the_rate_at_the_start_is_the_settings_own_and_does_not_follow_it() -> None:
    knob = build_spec("step_schedule", values={"lr": 3.0}).knobs_of(1)["start_lr"]
    assert knob.neutral == knob.default == 3.0 == knob.high
    _, history = train({}, [Event(11, "lr", 0.02)])
    assert history.row(0, "lr")[-1] == 0.02
    assert history.row(1, "lr")[15] == 0.1
    assert scheduled(0, {"steps": 9, "start_lr": 1, "drop_factor": 0.5, "first_drop": 0, "second_drop": 0}) == 0.25
