"""Weight averaging: torch's own averages, training as the baseline's, and an average that nothing else touches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from trainers.runs.history import History
from trainers.runs.spec import Event
from tricks.copies import copy_with, state_of
from tricks.declaration import Knobs
from tricks.weight_averaging import TRICK, is_taken


def train(
    values: dict[str, object], *, steps: int = 40, commands: tuple[Event, ...] = ()
) -> tuple[ClassifierArm, History]:
    run = Run(build_spec("weight_averaging", steps=steps, values={"eval_every": 10, **values}))
    history = run.new_history()
    history.append(run.advance(60, commands=commands))
    arm = run.trainer.arms[1]
    assert run.finished and isinstance(arm, ClassifierArm)
    return arm, history


def by_torch(values: dict[str, object], average: AveragedModel, steps: int = 40) -> AveragedModel:
    """The average that torch keeps of the same training."""
    run = Run(build_spec("weight_averaging", steps=steps, values={"eval_every": 10, **values}))
    arm = run.trainer.arms[1]
    for step in range(1, steps + 1):
        run.advance(60, max_steps=1)
        if is_taken(step, arm.knobs):
            average.update_parameters(arm.model)
    return average


def model() -> nn.Module:
    arm, _ = train({"averaging": "none"}, steps=1)
    return copy_with(arm.model, state_of(arm.model))


def test_the_exponential_average_is_torchs() -> None:
    arm, _ = train({"ema_horizon": 8})
    forget = get_ema_multi_avg_fn(1 - 1 / 8)  # type: ignore[no-untyped-call]
    theirs = by_torch({"ema_horizon": 8}, AveragedModel(model(), multi_avg_fn=forget))
    for ours, other in zip(arm.judged().parameters(), theirs.module.parameters(), strict=True):
        torch.testing.assert_close(ours, other)


def test_the_equal_average_is_torchs() -> None:
    values: dict[str, object] = {"averaging": "swa", "swa_start": 0.3, "swa_every": 3}
    arm, _ = train(values)
    theirs = by_torch(values, AveragedModel(model()))
    assert int(theirs.n_averaged) == arm.memory["taken"] == 10  # of steps 12, 15, ..., 39
    for ours, other in zip(arm.judged().parameters(), theirs.module.parameters(), strict=True):
        torch.testing.assert_close(ours, other)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [False] * 4),
        ({"averaging": "swa"}, [True, True, False, False]),  # it begins with the weights of step 20
        ({"ema_horizon": 1}, [True] * 4),
        ({"averaging": "none"}, [True] * 4),
    ],
)
def test_training_is_the_baselines_step_for_step(values: dict[str, object], expected: list[bool]) -> None:
    _, history = train(values)
    for name in ("lr", "train_loss", "objective"):
        np.testing.assert_array_equal(history.row(0, name), history.row(1, name))
    same = history.test(0, "test_loss") == history.test(1, "test_loss")
    assert same.tolist() == expected


def test_another_kind_begins_anew_with_the_weights_as_they_are() -> None:
    arm, _ = train({"swa_start": 0.0}, commands=(Event(30, "averaging", "swa", 1),))
    assert arm.memory["taken"] == 11  # steps 30 to 40
    arm, _ = train({}, commands=(Event(30, "averaging", "none", 1),))
    assert arm.judged() is arm.model


def test_running_statistics_are_averaged_and_the_copy_stands_apart() -> None:
    spec = build_combination(("dropout", "normalization", "weight_averaging"), task="mnist1d", steps=20, ablate=False)
    run = Run(spec)
    run.advance(60)
    arm = run.trainer.arms[1]
    judged = arm.judged()
    assert judged is not arm.model
    own, mean = dict(arm.model.named_buffers()), dict(judged.named_buffers())
    moved = [name for name, value in own.items() if value.is_floating_point() and not torch.equal(value, mean[name])]
    assert moved
    before = state_of(arm.model)
    with torch.no_grad():
        for parameter in judged.parameters():
            parameter.zero_()
    for name, value in arm.model.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_copy_can_be_made_of_what_layers_keep_to_be_looked_at() -> None:
    class Keeping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.source = torch.Generator()
            self.last: Tensor | None = None

        def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
            self.last = self.layer(x)
            return self.last

    kept = Keeping()
    kept(torch.ones(1, 2), {})
    twin = copy_with(kept, state_of(kept))
    assert isinstance(twin, Keeping) and twin.source is kept.source
    assert torch.equal(twin.layer.weight, kept.layer.weight) and twin.layer.weight is not kept.layer.weight


@pytest.mark.parametrize(
    "values",
    [
        {"ema_horizon": 5},
        {"averaging": "swa", "swa_start": 0.4, "swa_every": 7},
        {"averaging": "swa", "swa_start": 0.9, "swa_every": 1},  # the last step, too
        {"averaging": "none"},
    ],
)
def test_the_preview_says_what_share_each_step_has(values: dict[str, object]) -> None:
    arm, _ = train(values)
    assert TRICK.preview is not None
    drawn = TRICK.preview(arm.knobs)
    assert drawn["step"].tolist() == list(range(1, 41))
    assert drawn["step_share"].sum().item() == pytest.approx(1)
    # Of weights that are each 1 at one step alone, the average is that step's share.
    mean: Tensor | None = None
    taken = 0
    for step in range(1, 41):
        weights = torch.zeros(40, dtype=torch.float64)
        weights[step - 1] = 1
        if is_taken(step, arm.knobs):
            share = 1 / 5 if arm.knobs["averaging"] == "ema" else 1 / (taken + 1)
            mean, taken = (weights if mean is None else mean + share * (weights - mean)), taken + 1
    expected = torch.eye(40, dtype=torch.float64)[39] if mean is None else mean
    torch.testing.assert_close(drawn["step_share"], expected)
    for steps in (800, 1001, 1199, 5003):
        long = TRICK.preview({**arm.knobs, "steps": steps, "ema_horizon": 10_000})
        assert len(long["step"]) == len(long["step_share"]) < 800
        assert long["step"][-1] == steps and set(long["step"].diff().tolist()) == {steps // 400}
        assert long["step_share"].sum().item() == pytest.approx(1)


@pytest.mark.parametrize("values", [{"ema_horizon": 100}, {"averaging": "swa", "swa_start": 0.1}])
def test_stale_statistics_of_the_average_are_estimated_anew(values: dict[str, object]) -> None:
    tricks = ("normalization", "weight_averaging")
    spec = build_combination(tricks, task="mnist1d", steps=80, ablate=False, values={"norm_type": "group", **values})
    run = Run(spec)
    run.advance(60, commands=(Event(41, "norm_type", "batch", 1),))
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    measured = dict(zip(run.trainer.test_metrics, arm.evaluate(), strict=True))
    assert arm.recipe.judged is not None
    stale = arm.task.score(arm.predict(arm.recipe.judged(arm.model, arm.memory, arm.knobs)), arm.data.labels)
    assert measured["test_loss"] < stale["test_loss"] - 0.1
    shown = arm.task.score(arm.predict(arm.judged()), arm.data.labels)
    assert shown["test_loss"] == measured["test_loss"], "what a panel shows is what is measured"


def test_a_start_turned_to_where_the_run_has_not_come_leaves_no_average() -> None:
    arm, history = train({"averaging": "swa", "swa_start": 0.2}, commands=(Event(15, "swa_start", 0.9, 1),))
    assert arm.memory["taken"] == 5  # steps 36 to 40
    assert (history.test(0, "test_loss") == history.test(1, "test_loss")).tolist() == [False, True, True, False]
