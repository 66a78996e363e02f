"""The task of few shots: the classes it says, as many of each, and weights that know the others."""

import pytest
import torch

from trainers.kinds.run import Run
from trainers.parts.baseline import baseline
from trainers.parts.models import build_model
from trainers.parts.randomness import generator
from trainers.runs.build import build_spec, resolve_settings
from trainers.tasks import load_task, mnist1d
from trainers.tasks.few_shot import KNOWN, STEPS, pretrain, select, start
from tricks.declaration import RefusedError

TASK = load_task("few_shot")


def rows(inputs: torch.Tensor) -> set[bytes]:
    return {row.tobytes() for row in inputs.numpy()}


@pytest.mark.parametrize("size", [20, 50, 53, 4000])
def test_there_are_as_many_examples_of_each_class(size: int) -> None:
    settings = resolve_settings(TASK, {"train_size": size})
    data = TASK.make(settings, generator(100, "data"))
    counts = torch.bincount(data.train.labels, minlength=KNOWN)
    assert counts.sum() == size and counts.max() - counts.min() <= 1
    assert data.train.inputs.shape == (size, *TASK.shape)
    again = TASK.make(settings, generator(100, "data"))
    other = TASK.make(settings, generator(101, "data"))
    assert torch.equal(data.train.inputs, again.train.inputs)
    assert not torch.equal(data.train.inputs, other.train.inputs)
    assert torch.equal(data.inputs, other.inputs) and len(data.inputs) == TASK.sizes["test"]
    assert not rows(data.train.inputs) & rows(data.inputs)


def test_pretraining_and_task_share_no_class() -> None:
    pool, labels, _, _ = mnist1d.load()
    known, unknown = (select(which, pool, labels) for which in (True, False))
    assert len(known[1]) + len(unknown[1]) == len(labels)
    assert TASK.sizes["pool"] <= KNOWN * torch.bincount(unknown[1]).min() < TASK.sizes["pool"] + 1000  # as many of each
    assert set(known[1].tolist()) == set(unknown[1].tolist()) == set(range(KNOWN))
    assert not rows(known[0]) & rows(unknown[0])


def test_the_pool_is_the_limit() -> None:
    with pytest.raises(RefusedError, match="train_size must be between 5 and 9000 for few_shot, got 9005"):
        resolve_settings(TASK, {"train_size": 9005})


def test_arms_start_from_the_pretrained_weights_and_a_head_of_their_own() -> None:
    spec = build_spec("multi_stage", seed=100, values={"width": 16, "depth": 2})
    run = Run(spec)
    learned = pretrain(baseline(spec.settings).model, 100)
    for arm in run.trainer.arms:
        state = arm.model.state_dict()
        assert {name for name, value in state.items() if torch.equal(value, learned[name])} == {
            name for name in state if not name.startswith("head.")
        }
    assert pretrain(baseline(spec.settings).model, 100) is learned


def test_what_was_learned_is_worth_something() -> None:
    """On the known classes the pretrained network is right far above chance."""
    settings = resolve_settings(TASK, {})
    spec = baseline(settings).model
    model = build_model(spec, TASK.shape, KNOWN, 100, generator(100, "masks"))
    knobs = {**settings, "seed": 100}
    start(model, knobs)
    head = pretrain(spec, 100)
    with torch.no_grad():
        model.head.weight.copy_(head["head.weight"])
        model.head.bias.copy_(head["head.bias"])
        inputs, labels = select(True, *mnist1d.load()[2:])
        accuracy = (model(inputs, knobs).argmax(1) == labels).float().mean()
    assert STEPS == 500 and accuracy > 0.85


def test_a_network_of_another_shape_keeps_what_it_shares() -> None:
    settings = {**resolve_settings(TASK, {"model": "resnet1d", "width": 4, "depth": 2}), "seed": 100}
    model = build_model(baseline(settings).model, TASK.shape, KNOWN, 100, generator(100, "masks"))
    drawn = {name: value.clone() for name, value in model.state_dict().items()}
    start(model, settings)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, drawn[name])}
    assert "stem.weight" in changed and not any(name.startswith("head.") for name in changed)
