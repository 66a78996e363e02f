"""What a run asks of a machine: counted as the networks are, in proportion to what is measured, and refused by name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from tests.conftest import REPOSITORY
from tests.limits import WAIT_S
from trainers.__main__ import main
from trainers.kinds.run import Run
from trainers.parts import models
from trainers.parts.models import LayerSize
from trainers.runs import burden as burdens
from trainers.runs.build import build_spec, validate
from trainers.runs.burden import MOST_GB, MOST_S, PASSES, burden, check_burden, layers_of, passes_of, passes_of_test
from trainers.runs.combine import build_combination, build_sweep
from trainers.runs.settings import SETTINGS
from trainers.runs.spec import MAX_ARMS, RunSpec
from trainers.tasks import NAMES, load_task
from trainers.tasks.picture import PictureTask
from trainers.wire.messages import read_start
from tricks import catalogue
from tricks.declaration import RefusedError
from tricks.recipe import ModelSpec

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d)
KNOBS = {knob.name: knob for knob in SETTINGS}

REAL = {
    "mlp": ("flooding", "mnist1d", {"depth": 8, "width": 512, "batch_size": 512}),
    "residual_mlp": ("skip_connection", "mnist1d", {"depth": 11, "width": 256, "batch_size": 512}),
    "conv1d": ("step_schedule", "mnist1d", {"depth": 3, "width": 128, "batch_size": 256}),
    "conv2d": ("progressive_learning", "big_digits", {"depth": 2, "width": 32, "batch_size": 128}),
    "resnet1d": ("soft_thresholding", "bearings", {"depth": 4, "width": 16, "batch_size": 128}),
    "blocks1d": ("feature_fusion", "mnist1d", {"depth": 4, "width": 64, "batch_size": 256}),
    "boxes": ("anchors", "boxes", {"width": 48, "batch_size": 64}),
    "blobs": ("feature_pyramid", "blobs", {"width": 24, "batch_size": 32}),
    "gan": ("wasserstein_gan", "ring", {"depth": 6, "width": 512, "batch_size": 256}),
}
"""Runs in which the networks are most of the work."""


def spec_of(kind: str) -> RunSpec:
    """The baseline alone of a run of that kind."""
    trick, task, values = REAL[kind]
    spec = build_spec(trick, task=task, steps=4, values={**values, "eval_every": 1000})
    return replace(spec, arms=spec.arms[:1])


def large(**values: int) -> RunSpec:
    """A run on bearings of these settings, not checked."""
    spec = build_spec("soft_thresholding", task="bearings")
    return replace(spec, settings={**spec.settings, **values})


def seen_in(model: nn.Module, *inputs: Any) -> list[LayerSize]:
    """The weight layers of a network as it is, in the order in which they are called for one example."""
    seen: list[LayerSize] = []

    def note(layer: Any, _: Any, output: torch.Tensor) -> None:
        seen.append(LayerSize(layer.weight[0].numel(), len(layer.weight), output.numel() // len(layer.weight)))

    for layer in (module for module in model.modules() if isinstance(module, WEIGHTED)):
        layer.register_forward_hook(note)
    with torch.no_grad():
        model.eval()(*inputs)
    return seen


@pytest.mark.parametrize("kind", models.KINDS)
@pytest.mark.parametrize(("depth", "width"), [(1, 3), (2, 4), (5, 2), (6, 5)])
@pytest.mark.parametrize("shape", [(64,), (49,)])
def test_the_layers_are_those_of_the_network(kind: str, depth: int, width: int, shape: tuple[int, ...]) -> None:
    model = models.build_model(ModelSpec(kind=kind, depth=depth, width=width), shape, 7, 0, torch.Generator())
    assert models.layer_sizes(kind, depth, width, shape, 7) == seen_in(model, torch.zeros(1, *shape), {})


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(load_task(name), PictureTask)])
def test_the_stages_are_those_of_the_network(name: str) -> None:
    task = load_task(name)
    assert isinstance(task, PictureTask)
    settings = {**{knob.name: knob.default for knob in SETTINGS}, **task.settings, "width": 5}
    model = task.recipe(settings).model(settings, torch.Generator())
    counted = layers_of(RunSpec("", name, 0, 1, settings, ()))
    assert len(counted) > 3 and counted == seen_in(model, torch.zeros(1, *task.shape), settings)[: len(counted)]


@pytest.mark.parametrize("kind", REAL)
def test_as_many_multiplications_are_counted_as_a_step_makes(kind: str) -> None:
    spec = spec_of(kind)
    counter: Any = FlopCounterMode(display=False)
    run = Run(spec)
    with counter:
        run.advance(WAIT_S, max_steps=1)
    products = sum(layer.products for layer in layers_of(spec)) * burdens.NETWORKS[load_task(spec.task).trainer]
    batch = min(int(spec.settings["batch_size"]), int(spec.settings["train_size"]))
    made = counter.get_total_flops() / 2 / (PASSES * batch * products)
    assert 0.6 < made < 2.5  # the first layer needs no gradient of its inputs; a GAN's critic sees two batches


class Products(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts multiplications as `FlopCounterMode` does, which cannot where a gradient is taken on the way."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, function: Any, types: Any, given: Any = (), options: Any = None) -> Any:
        found = function(*given, **(options or {}))
        name = function.name().partition("::")[2].partition(".")[0]
        counts = flop_registry.get(getattr(torch.ops.aten, name, None))
        if counts is not None:
            self.count += counts(*given, **(options or {}), out_val=found)
        return found


def flops_of(spec: RunSpec, *, tested: bool = False) -> float:
    """The most that one of the first steps of an untested run makes, or what the first evaluation adds to a step."""
    run = Run(spec)
    found = []
    for _ in range(3):
        with Products() as counted:
            run.advance(WAIT_S, max_steps=1)
        found.append(counted.count)
    return float(found[2] - found[1] if tested else max(found))


@pytest.mark.parametrize(
    ("trick", "knobs", "passes"),
    [
        ("flooding", {}, 0),
        ("sharpness_aware", {}, 3),
        ("sharpness_aware", {"sam_radius": 0}, 0),
        ("adversarial_training", {"num_attack_steps": 1}, 2),
        ("adversarial_training", {"num_attack_steps": 10}, 20),
        ("adversarial_training", {"attack": "fgsm"}, 2),
        ("adversarial_training", {"attack_size": 0}, 0),
        ("optimizers", {"update_rule": "full_batch"}, 90.75),
        ("optimizers", {"update_rule": "lbfgs", "batch_size": 500}, 9),
        ("optimizers", {"update_rule": "nesterov"}, 0),
        ("wasserstein_gan", {"critic_kind": "standard", "num_critic_steps": 1}, 0),
        ("wasserstein_gan", {"critic_kind": "standard", "num_critic_steps": 10}, 14.4),
        ("wasserstein_gan", {"critic_kind": "clip"}, 78.4),
        ("wasserstein_gan", {"critic_kind": "penalty"}, 145.9),
    ],
)
def test_the_passes_of_a_trick_are_as_many_as_it_makes(trick: str, knobs: dict[str, Any], passes: float) -> None:
    spec = build_spec(trick, steps=10, values={**knobs, "eval_every": 1000})
    alone, changed = (replace(spec, arms=(arm,)) for arm in spec.arms)
    assert [passes_of(one, one.arms[0]) for one in (alone, changed)] == pytest.approx([PASSES, PASSES + passes])
    asked = (PASSES + passes) / PASSES
    assert 0.7 * asked < flops_of(changed) / flops_of(alone) < 1.5 * asked


@pytest.mark.parametrize("trick", ["adversarial_training", "spectral_norm", "class_balance"])
def test_the_passes_of_what_a_trick_measures_are_as_many_as_it_makes(trick: str) -> None:
    spec = build_spec(trick, steps=10, values={"eval_every": 3})
    alone = replace(spec, arms=spec.arms[:1])
    products = sum(layer.products for layer in layers_of(spec)) * load_task(spec.task).sizes["test"]
    assert 0.7 < flops_of(alone, tested=True) / 2 / products / passes_of_test(alone) < 1.5
    for other in (build_spec("flooding"), build_combination(["adversarial_training"])):
        assert passes_of_test(other) == 1


def test_passes_count_in_what_a_run_asks() -> None:
    spec = build_spec("adversarial_training", values={"num_attack_steps": 10})
    for arms, more in ((spec.arms[:1], 0), (spec.arms[1:], 20), (spec.arms, 20)):
        asked = replace(spec, arms=arms)
        batch, tests = (
            int(spec.settings["batch_size"]),
            passes_of_test(spec) * load_task(spec.task).sizes["test"],
        )
        examples = len(arms) * (PASSES * batch + tests) + more * batch
        plain = burden(replace(spec, arms=spec.arms[:1])).seconds / (PASSES * batch + tests)
        assert burden(asked).seconds == pytest.approx(examples * plain)


MEASURE = """
import json, re, sys, time, torch
from pathlib import Path
torch.set_num_threads(1)
from trainers.kinds.run import Run
from trainers.runs.replay import parse_spec

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

run = Run(parse_spec(json.loads(sys.stdin.read())))
before = peak()
run.advance(1e9, max_steps=1)
taken = []
for _ in range(3):
    begun = time.process_time()
    run.advance(1e9, max_steps=1)
    taken.append(time.process_time() - begun)
print(json.dumps([min(taken), peak() - before]))
"""


def measured(spec: RunSpec) -> tuple[float, float]:
    """The processor's seconds of a step, and the gigabytes that stepping takes, of a run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=json.dumps(spec.to_json()),
        cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=WAIT_S,
    )  # fmt: skip
    seconds, taken = json.loads(done.stdout)
    return seconds, taken / 1e9


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what the most was that a process has held")
def test_seconds_and_memory_are_in_proportion_to_what_is_measured() -> None:
    untested = {kind: replace(spec_of(kind), steps=10) for kind in REAL}
    found = {kind: (burden(spec), *measured(spec)) for kind, spec in untested.items()}
    speed: dict[str, float] = {}
    for kind, spec in untested.items():
        batch = min(int(spec.settings["batch_size"]), int(spec.settings["train_size"]))
        share = PASSES * batch / (PASSES * batch + load_task(spec.task).sizes["test"])
        speed[kind] = found[kind][1] / (found[kind][0].seconds * share)
    assert max(speed.values()) < 12 * min(speed.values()), speed
    memory = {kind: gigabytes / asked.gigabytes for kind, (asked, _, gigabytes) in found.items()}
    assert all(ratio < 3 for ratio in memory.values()), memory
    assert max(memory.values()) > 0.3, memory


def test_what_is_shipped_is_not_refused_even_with_as_many_arms_as_there_may_be() -> None:
    for trick in catalogue.NAMES:
        for setup in catalogue.load(trick).setups:
            spec = build_spec(trick, task=setup.task)
            for arm in spec.arms:
                check_burden(replace(spec, arms=(arm,) * MAX_ARMS))


def test_a_plain_network_may_be_as_deep_and_wide_as_there_is() -> None:
    settings = {"depth": 50, "width": 512, "batch_size": 1024, "train_size": 20000}
    assert burden(build_spec("flooding", task="mnist1d", values=settings)).is_bearable


def test_a_run_that_asks_too_much_is_refused_with_what_to_lower_and_to_what() -> None:
    with pytest.raises(RefusedError) as refused:
        build_spec("soft_thresholding", task="bearings", values={"width": 512})
    error = refused.value
    assert (error.rule, error.name, error.value) == ("too_large", "width", 512)
    most = error.parts["most"]
    assert isinstance(most, int)
    assert error.parts == {"most": most, "seconds": MOST_S, "gigabytes": MOST_GB}
    assert str(error) == f"width must be at most {most} in a run whose steps may take 8 s and 2 GB, got 512"
    build_spec("soft_thresholding", task="bearings", values={"width": most})
    with pytest.raises(RefusedError, match="width must be at most"):
        build_spec("soft_thresholding", task="bearings", values={"width": most + 1})


@pytest.mark.parametrize(("values", "name"), [({"batch_size": 512}, "width"), ({"depth": 50}, "depth")])
def test_what_needs_to_be_lowered_the_least_is_named(values: dict[str, int], name: str) -> None:
    values = {"width": 40, "train_size": 1000, **values}
    with pytest.raises(RefusedError) as refused:
        check_burden(large(**values))
    most = refused.value.parts["most"]
    assert refused.value.name == name and isinstance(most, int)
    assert burden(large(**{**values, name: most})).is_bearable
    assert not burden(large(**{**values, name: most + 1})).is_bearable


def test_arms_are_named_where_they_are_a_few_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = large()
    spec = replace(spec, arms=spec.arms[:1] * MAX_ARMS)
    one = burden(replace(spec, arms=spec.arms[:1])).seconds
    assert burden(spec).seconds == pytest.approx(MAX_ARMS * one)
    monkeypatch.setattr(burdens, "MOST_S", 49.5 * one)
    with pytest.raises(RefusedError, match=r"arms must be at most 49 in a run whose .*, got 50"):
        check_burden(spec)


def test_where_no_single_value_is_enough_the_one_that_matters_most_is_named() -> None:
    spec = large(width=512, depth=50, batch_size=1024)
    spec = replace(spec, arms=spec.arms[:1] * MAX_ARMS)
    with pytest.raises(RefusedError) as refused:
        check_burden(spec)
    assert (refused.value.name, refused.value.parts["most"]) == ("depth", KNOBS["depth"].low)


def test_gigabytes_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = build_spec("flooding", values={"width": 512, "depth": 20})
    check_burden(spec)
    monkeypatch.setattr(burdens, "MOST_GB", burden(spec).gigabytes * 0.9)
    with pytest.raises(RefusedError, match="must be at most"):
        check_burden(spec)


def test_kinds_that_train_a_few_numbers_are_never_too_large() -> None:
    for name in NAMES:
        if load_task(name).trainer not in burdens.NETWORKS:
            assert layers_of(RunSpec("", name, 0, 1, {}, ())) == []


def test_every_way_to_a_run_refuses_it(capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, Any] = {"task": "bearings", "values": {"width": 512}}
    ways: list[Callable[[], object]] = [
        lambda: read_start(trick="soft_thresholding", **asked),
        lambda: build_combination(["soft_thresholding"], **asked),
        lambda: validate(large(width=512)),
    ]
    for make in ways:
        with pytest.raises(RefusedError) as refused:
            make()
        assert refused.value.rule == "too_large"
    assert main(["run", "soft_thresholding", "--knob", "width=512", "--steps", "1"]) == 2
    assert "width must be at most" in capsys.readouterr().err


def test_lists_are_counted_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = build_spec("flooding")
    monkeypatch.setattr("trainers.runs.build.setup_for", None)
    with pytest.raises(RefusedError, match=f"arms must be 1 to {MAX_ARMS}, got 8002"):
        build_spec("flooding", extra_arms=({},) * 8000)
    monkeypatch.setattr(catalogue, "load", None)
    with pytest.raises(RefusedError, match=r"tricks must be at most the \d+ that there are, got 8000"):
        build_combination(["flooding"] * 8000)
    monkeypatch.undo()
    with pytest.raises(RefusedError, match="values must be 1 to 24, got 8000"):
        build_sweep(spec, "flood_level", ["no number"] * 8000)
