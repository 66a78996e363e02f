"""What a run asks of a machine, estimated before it starts, and the refusal of one that asks too much.

Counted are the weights, outputs and multiplications of the baseline's network, for every arm, and the passes that its
tricks declare. What a trick does besides (a network of another size, a teacher) is not, nor that a knob is turned
later, so the bounds leave room for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from trainers.parts import models
from trainers.parts.models import LayerSize
from trainers.runs.settings import SETTINGS, ignored_by
from trainers.runs.spec import COMBINE, ArmSpec, RunSpec
from trainers.tasks import load_task, picture
from trainers.tasks.picture import PictureTask
from tricks import catalogue
from tricks.declaration import RefusedError

MOST_S = 8.0  # for a step with its test: more than twice as long, and a worker counts as stuck
MOST_GB = 2.0

DENSE_PER_S, CONVOLVED_PER_S = 3e10, 1.2e10  # multiplications of one core, as measured on a usual one
PASSES = 3  # of a baseline: forward, and backward to the inputs and to the weights
COPIES = 4  # of the weights: gradients, and two of Adam's
KEPT = 4  # numbers kept for each that a layer makes: its sum, norm and activation, and a gradient
NETWORKS = {"classifier": 1, "pictures": 1, "gan": 2}  # of an arm; other kinds train a few numbers
LOWERED, ARMS = ("batch_size", "width", "depth"), "arms"  # what makes a run smaller


@dataclass(frozen=True)
class Burden:
    """Seconds of the longest step, and gigabytes."""

    seconds: float
    gigabytes: float

    @property
    def is_bearable(self) -> bool:
        return self.seconds <= MOST_S and self.gigabytes <= MOST_GB


def layers_of(spec: RunSpec) -> list[LayerSize]:
    """The weight layers of the baseline's network of a run; of a GAN, those of its critic."""
    task, settings = load_task(spec.task), spec.settings
    if task.trainer not in NETWORKS:
        return []
    if isinstance(task, PictureTask):
        return picture.layer_sizes(task.stages(settings))
    kind, depth, width = str(settings["model"]), int(settings["depth"]), int(settings["width"])
    return models.layer_sizes(kind, depth, width, task.shape, task.num_classes)


def passes_of(spec: RunSpec, arm: ArmSpec) -> float:
    """How many passes through its network, of a whole batch, the longest step of an arm makes."""
    knobs = {**spec.context, **arm.knobs}
    return PASSES + sum(catalogue.load(name).passes(knobs) for name in arm.tricks)


def passes_of_test(spec: RunSpec) -> int:
    """How many passes through each network, of the whole test set, an evaluation makes."""
    return 1 + (0 if spec.trick in ("", COMBINE) else catalogue.load(spec.trick).measure_passes)


def burden(spec: RunSpec) -> Burden:
    """What `spec` asks of the process that trains it."""
    layers = layers_of(spec)
    if not layers:
        return Burden(0.0, 0.0)
    task = load_task(spec.task)
    batch = min(int(spec.settings["batch_size"]), int(spec.settings["train_size"]))
    networks = NETWORKS[task.trainer] * len(spec.arms)
    passes = NETWORKS[task.trainer] * sum(passes_of(spec, arm) for arm in spec.arms)
    examples = passes * batch + networks * passes_of_test(spec) * task.sizes["test"]
    per_example = sum(one.products / (DENSE_PER_S if one.positions == 1 else CONVOLVED_PER_S) for one in layers)
    numbers = COPIES * networks * sum(one.weights for one in layers) + KEPT * batch * sum(one.outputs for one in layers)
    return Burden(examples * per_example, 4 * numbers / 1e9)


def check_burden(spec: RunSpec) -> None:
    """Refuses a run that asks too much.

    Raises:
        RefusedError: it does; the error names what needs to be lowered the least, and to what. Where no single value is
            enough, it names the one that matters most, and its lowest.
    """
    if burden(spec).is_bearable:
        return
    ways = list(_ways_out(spec))
    found = [(way, most) for way in ways if (most := way.most()) is not None]
    if found:
        way, most = max(found, key=lambda one: one[1] / one[0].value)
    else:
        way = min(ways, key=lambda one: burden(one.lowered(one.least)).seconds)
        most = way.least
    sentence = f"{way.name} must be at most {most} in a run whose steps may take {MOST_S:g} s and {MOST_GB:g} GB"
    told = {"most": most, "seconds": MOST_S, "gigabytes": MOST_GB}
    raise RefusedError(f"{sentence}, got {way.value}", "too_large", way.name, way.value, **told)


@dataclass(frozen=True)
class _Way:
    """One thing that could be lowered, from its `value` to no less than its `least`."""

    spec: RunSpec
    name: str
    value: int
    least: int

    def lowered(self, value: int) -> RunSpec:
        if self.name == ARMS:
            return replace(self.spec, arms=self.spec.arms[:value])
        return replace(self.spec, settings={**self.spec.settings, self.name: value})

    def most(self) -> int | None:
        """The most that it may be where all else stays."""
        low, high = self.least, self.value
        if not burden(self.lowered(low)).is_bearable:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if burden(self.lowered(middle)).is_bearable else (low, middle)
        return low


def _ways_out(spec: RunSpec) -> Iterator[_Way]:
    for knob in SETTINGS:
        if knob.name in LOWERED and knob.name not in ignored_by(load_task(spec.task)):
            yield _Way(spec, knob.name, int(spec.settings[knob.name]), int(knob.low or 0))
    yield _Way(spec, ARMS, len(spec.arms), 1)
