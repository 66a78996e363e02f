r"""Distillation trains a small network to answer as a larger, trained one does, not only as the labels say.

    L = (1 - \alpha)\, \mathrm{CE}(y, p) + \alpha\, T^2\, \mathrm{KL}(p^{T}_{\mathrm{teacher}} \,\|\, p^{T})

p is what the student answers, y the label. p^T are softmax probabilities of logits divided by the temperature T: the
higher T, the more of what the teacher thinks of the wrong classes is left to see. T² keeps the gradient's size. The
teacher, two hidden layers of 256 units, is trained once before the first step, on the same examples as the student: as
they are (plain), or shifted around by chance at every pass, so that it comes to know what no single label says
(augmented). The student sees no shifted input. α is the weight of the teacher's word. Neutral: α = 0.

Hinton, Vinyals, Dean. Distilling the Knowledge in a Neural Network. 2015. https://arxiv.org/abs/1503.02531
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.making import tell
from tricks.recipe import Batch, Memory, Moment, Recipe, TrainSet


def divergence(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """T² KL (N,) of softened student logits (N, K) from softened teacher logits (N, K); `temperature` is above 0."""
    wanted, given = (teacher / temperature).log_softmax(1), (student / temperature).log_softmax(1)
    return temperature**2 * (wanted.exp() * (wanted - given)).sum(1)


WIDTH, STEPS, BATCH, LR = 256, 1000, 64, 1e-3  # of the teacher


@dataclass(frozen=True)
class Lesson:
    """What determines a teacher: the `digest` of the examples, whether they are `shifted`, and the `seed`."""

    digest: bytes
    shifted: bool
    seed: int
    train: TrainSet = field(compare=False)


@lru_cache(maxsize=8)  # several arms, and captures restored in this process, have the same teacher
def teach(lesson: Lesson) -> nn.Module:
    """A trained teacher, inputs (N, ...) to logits (N, K); Adam, one half cosine of the learning rate down to 0."""
    source = torch.Generator().manual_seed(lesson.seed)
    inputs, labels = lesson.train.inputs.flatten(1), lesson.train.labels
    sizes = (inputs.shape[1], WIDTH, WIDTH, lesson.train.num_classes)
    layers: list[nn.Module] = [nn.Flatten()]
    for fan_in, fan_out in pairwise(sizes):
        # nothing is drawn from the global generator
        layer: nn.Linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out)  # type: ignore[no-untyped-call]
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=source)
        layers += [layer, nn.ReLU()]
    teacher = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(teacher.parameters(), lr=LR, fused=True)
    for step in range(STEPS):
        tell("teacher", step / STEPS)
        optimizer.param_groups[0]["lr"] = LR * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        drawn = torch.randint(len(labels), (BATCH,), generator=source)
        batch = shift_around(inputs[drawn], source) if lesson.shifted else inputs[drawn]
        loss = F.cross_entropy(teacher(batch), labels[drawn])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return teacher.requires_grad_(False)


def shift_around(signals: Tensor, generator: torch.Generator) -> Tensor:
    """`signals` (N, L), each shifted by a length of its own; what leaves at one end comes in at the other."""
    count, length = signals.shape
    start = torch.randint(length, (count, 1), generator=generator)
    return signals.gather(1, (torch.arange(length) + start) % length)


def enlarged(inputs: Tensor, shape: torch.Size) -> Tensor:
    """Inputs (N, ...) in the `shape` that a teacher knows: pictures made smaller have each pixel repeated."""
    return inputs if inputs.shape[1:] == shape else F.interpolate(inputs[:, None], size=tuple(shape))[:, 0]


def apply(recipe: Recipe) -> Recipe:
    """The recipe with a teacher beside its training set, and the teacher's word in its loss.

    The teacher learns from what tricks before this one in the catalogue made of the data.
    """

    def prepare(train: TrainSet, knobs: Knobs, generator: torch.Generator) -> TrainSet:
        if recipe.prepare is not None:
            train = recipe.prepare(train, knobs, generator)
        seed = int(torch.randint(2**31, (), generator=generator))
        digest = hashlib.sha256(train.inputs.numpy().tobytes() + train.labels.numpy().tobytes()).digest()
        teacher = teach(Lesson(digest, knobs["teacher"] == "augmented", seed, train))
        return replace(train, extras={**train.extras, "teacher": teacher, "example": least_sure(teacher, train)})

    def loss(logits: Tensor, batch: Batch, knobs: Knobs, memory: Memory) -> Tensor:
        losses, weight = recipe.loss(logits, batch, knobs, memory), float(knobs["teacher_weight"])
        if weight == 0:
            return losses
        assert batch.train is not None
        with torch.no_grad():
            wanted = batch.train.extras["teacher"](enlarged(batch.inputs, batch.train.inputs.shape[1:]))
        return (1 - weight) * losses + weight * divergence(wanted, logits, float(knobs["temperature"]))

    return replace(recipe, prepare=prepare, loss=loss)


def least_sure(teacher: nn.Module, train: TrainSet) -> int:
    """The position of the training example to whose class the teacher gives a probability nearest to one half."""
    right = teacher(train.inputs).softmax(1).gather(1, train.labels[:, None])[:, 0]
    return int((right - 0.5).abs().argmin())


SIGNALS = ("mnist1d", "rare_class", "long_tail")  # tasks in which a signal shifted around is one of its class still


def adapt(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    """Only signals are shifted around."""
    if settings["task"] in SIGNALS:
        return knobs
    return tuple(replace(k, choices=("plain",), default="plain") if k.name == "teacher" else k for k in knobs)


def probe(moment: Moment) -> dict[str, Tensor]:
    """The soft targets (K,) of teacher and student for the example the teacher is torn about; of a taught arm only."""
    extras, temperature = moment.train.extras, float(moment.knobs["temperature"])
    if "teacher" not in extras:
        return {}
    inputs = moment.train.inputs[extras["example"]][None]
    moment.model.eval()
    with torch.no_grad():
        logits = torch.cat([extras["teacher"](inputs), moment.model(inputs, moment.knobs)])
    moment.model.train()
    teacher, student = (logits / temperature).softmax(1)
    return {"teacher_targets": teacher, "student_targets": student}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """What the student is asked to answer (10,): α of a made-up teacher's softened word, the rest of the label."""
    logits = torch.tensor([0.0, 1.0, -1.0, 7.0, 0.5, 4.5, -2.0, 1.5, 3.0, 0.0])
    weight = float(knobs["teacher_weight"])
    label = F.one_hot(torch.tensor(3), 10)
    return {"asked": weight * (logits / float(knobs["temperature"])).softmax(0) + (1 - weight) * label}


TRICK = Trick(
    name="distillation",
    family="loss",
    serves=("generalization",),
    formula=(
        r"L = (1 - \alpha)\, \mathrm{CE}(y, p)"
        r" + \alpha\, T^2\, \mathrm{KL}(p^{T}_{\mathrm{teacher}} \,\|\, p^{T})"
    ),
    knobs=(
        Knob("teacher_weight", "α", default=0.5, low=0.0, high=1.0, neutral=0.0),
        Knob("temperature", "T", default=4.0, low=1.0, high=16.0),
        Knob(
            "teacher",
            "",
            default="augmented",
            choices=("plain", "augmented"),
            live=False,
        ),
    ),
    wraps=("prepare", "loss"),
    setups=(
        Setup(
            "mnist1d",
            steps=1500,
            settings={
                "train_size": 1000,
                "width": 64,
                "optimizer": "adam",
                "lr": 1e-3,
                "schedule": "cosine",
                "weight_decay": 0.0,
            },
        ),
    ),
    papers=(
        Paper(
            authors="Hinton, Vinyals, Dean",
            title="Distilling the Knowledge in a Neural Network",
            year=2015,
            url="https://arxiv.org/abs/1503.02531",
        ),
    ),
    metric="test_accuracy",
    claims=(Claim("teacher", "test_accuracy", "higher"),),
    apply=apply,
    related=("label_smoothing",),
    adapt=adapt,
    probe=probe,
    preview=preview,
)
