"""Multi-stage optimization: what is frozen does not move, what is not moves as torch would move it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.runs.build import build_spec
from trainers.runs.spec import Event
from tricks.multi_stage import TRICK, is_frozen, norm, rate_factors, split

STEPS = 20


def started(**values: object) -> Run:
    return Run(build_spec("multi_stage", steps=STEPS, values={"width": 8, "depth": 2, "eval_every": 20, **values}))


def arm_of(run: Run, number: int = 1) -> ClassifierArm:
    arm = run.trainer.arms[number]
    assert isinstance(arm, ClassifierArm)
    return arm


def snapshot(run: Run, number: int = 1) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    head, features = split(arm_of(run, number).model)
    return [value.detach().clone() for value in head], [value.detach().clone() for value in features]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.01, 1))
def test_the_features_are_frozen_for_that_share_of_the_run(steps: int, share: float, rate: float) -> None:
    knobs = {"steps": steps, "head_share": share, "tune_rate": rate}
    frozen = [is_frozen(step, knobs) for step in range(steps)]
    assert frozen == sorted(frozen, reverse=True)
    assert sum(frozen) == pytest.approx(share * steps, abs=1)
    assert rate_factors(steps, knobs) == (rate, rate)
    assert frozen[0] == (share > 0)


def test_in_the_first_stage_the_head_alone_moves_and_then_everything() -> None:
    run = started(head_share=0.5)
    before = snapshot(run)
    run.advance(60, max_steps=10)
    halfway = snapshot(run)
    assert same(before[1], halfway[1])
    assert not any(torch.equal(a, b) for a, b in zip(before[0], halfway[0], strict=True))
    run.advance(60, max_steps=1)
    assert not any(torch.equal(a, b) for a, b in zip(halfway[1], snapshot(run)[1], strict=True))
    assert not same(before[1], snapshot(run, 0)[1])


def test_the_whole_run_is_torchs_with_the_features_frozen_and_then_all_of_it() -> None:
    run = started(head_share=0.5, tune_rate=0.3, optimizer="sgd", momentum=0.9, lr=0.05)
    other = started(head_share=0.0, tune_rate=1.0, optimizer="sgd", momentum=0.9, lr=0.05)
    arm, twin = arm_of(run), arm_of(other)
    _, features = split(twin.model)
    parameters = list(twin.model.parameters())
    for parameter in features:
        parameter.requires_grad_(False)
    oracle = torch.optim.SGD(parameters, lr=0.05, momentum=0.9)
    for step in range(STEPS):
        if step == 10:
            for parameter in features:
                parameter.requires_grad_(True)
            oracle.param_groups[0]["lr"] = 0.05 * 0.3
        batch = other.trainer.draw().of(twin.set)
        oracle.zero_grad()
        torch.nn.functional.cross_entropy(twin.model(batch.inputs, twin.knobs), batch.labels).backward()  # type: ignore[no-untyped-call]
        oracle.step()
    run.advance(60)
    for ours, theirs in zip(arm.model.parameters(), parameters, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_rate_falls_with_the_second_stage_and_the_preview_shows_both() -> None:
    run = started(head_share=0.25, tune_rate=0.5)
    history = run.new_history()
    history.append(run.advance(60))
    assert TRICK.preview is not None
    drawn = TRICK.preview(arm_of(run).knobs)
    np.testing.assert_allclose(history.row(1, "lr"), 0.01 * drawn["head_rate"].numpy(), rtol=1e-6)
    assert drawn["feature_rate"].tolist() == [0.0] * 5 + [0.5] * 15


def test_a_share_turned_in_the_run_freezes_again() -> None:
    run = started(head_share=0.0)
    run.advance(60, max_steps=5)
    thawed = snapshot(run)
    run.advance(60, max_steps=5, commands=[Event(6, "head_share", 1.0, 1)])
    assert same(thawed[1], snapshot(run)[1])
    assert not same(thawed[0], snapshot(run)[0])


def test_the_probe_is_the_length_of_the_gradients() -> None:
    run = started(head_share=0.5)
    run.advance(60, max_steps=10)
    arrays = arm_of(run).probe()
    assert arrays["feature_gradient"] == 0 < arrays["head_gradient"]
    model = arm_of(run, 0).model
    expected = torch.cat([value.grad.flatten() for value in split(model)[1] if value.grad is not None]).norm()
    assert arm_of(run, 0).probe()["feature_gradient"] == pytest.approx(expected.item(), rel=1e-5)
    assert norm([]).tolist() == [0.0]


def test_an_earlier_hook_and_an_earlier_schedule_are_kept() -> None:
    spec = build_spec("multi_stage", values={"schedule": "cosine"})
    recipe = TRICK.apply(TRICK.apply(baseline(spec.settings)))
    knobs = {**spec.context, "head_share": 0.0, "tune_rate": 0.5}
    assert recipe.lr(0, knobs) == 0.25 * 0.01
    assert recipe.lr(120, knobs) == pytest.approx(0.125 * 0.01)


def test_the_probe_tells_the_rates_that_were_in_force() -> None:
    run = started(head_share=0.5, tune_rate=0.25)
    told = []
    for _ in range(STEPS):
        run.advance(60, max_steps=1)
        arrays = arm_of(run).probe()
        told.append((arrays["head_rate"].item(), arrays["feature_rate"].item()))
    assert told == [(1.0, 0.0)] * (STEPS // 2) + [(0.25, 0.25)] * (STEPS // 2)
