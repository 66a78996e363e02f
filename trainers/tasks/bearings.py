r"""Vibration of a rolling bearing, synthesized: 0.2 s at 2560 Hz, eight conditions, in white noise.

A signal is shaft harmonics, a gear tone, and, where there is a fault, an impact each time a roller meets it. An impact
rings at 700 Hz and decays, e^{-αt} \sin(2π·700 t). Outer race, inner race and ball are struck at 3.58, 5.42 and 4.71
times the shaft's rate (the geometry of a 6205 bearing); the inner race's impacts swell with the shaft's turn, the
ball's with the cage's. Each signal has its own speed, phases and slip; the gear's phase is off the shaft's by one
amount for all signals of a condition. Signals are standardized one by one, noise included; the noise of an example is
always the same, only its size follows `snr_db`, the mean over the examples: a sixth of them each stand 5, 3 and 1 dB
below and above it.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.parts import metrics
from trainers.tasks import Data, Task, limit_train_size, pick, record
from tricks.declaration import Knobs

POOL, TEST = 3200, 480
LENGTH, RATE_HZ = 512, 2560.0
SEED = 11
CONDITIONS = 8  # healthy; outer, inner, ball: slight, severe; inner and outer
SPREAD_DB = (-5.0, -3.0, -1.0, 1.0, 3.0, 5.0)
RINGING_HZ, DECAY_PER_S = 700.0, 300.0
CAGE = 0.398  # turns of the cage for one of the shaft
STRIKES = {"outer": 3.585, "inner": 5.415, "ball": 4.714}  # impacts for one turn of the shaft
FAULTS: tuple[dict[str, float], ...] = (
    {},
    {"outer": 1.0},
    {"outer": 2.5},
    {"inner": 1.0},
    {"inner": 2.5},
    {"ball": 1.0},
    {"ball": 2.5},
    {"inner": 1.75, "outer": 1.75},
)
"""The faults of each condition, and how hard they are struck."""

Signals = NDArray[np.float64]


@cache
def load() -> tuple[Tensor, Tensor, Tensor]:
    """Clean signals (3680, 512) of unit power, the noise of each, its labels (3680,); the last `TEST` test."""
    random = np.random.default_rng(SEED)
    labels = np.arange(POOL + TEST) % CONDITIONS
    clean = np.empty((len(labels), LENGTH), np.float32)
    for condition, faults in enumerate(FAULTS):
        members = np.flatnonzero(labels == condition)
        signals = synthesize(faults, len(members), random)
        signals -= signals.mean(axis=1, keepdims=True)
        clean[members] = signals / signals.std(axis=1, keepdims=True)
    noise = random.standard_normal(clean.shape, np.float32)
    return torch.from_numpy(clean), torch.from_numpy(noise), torch.from_numpy(labels)


def synthesize(faults: dict[str, float], count: int, random: np.random.Generator) -> Signals:
    """`count` signals (count, 512) of a bearing with those faults, without noise."""
    shaft_hz = random.uniform(27, 33, (count, 1))
    phase = random.uniform(0, 1, (count, 1))  # of the shaft, in turns
    turns = phase + shaft_hz * np.arange(LENGTH) / RATE_HZ
    signals = np.zeros((count, LENGTH))
    for harmonic, size in ((1, 0.5), (2, 0.3), (3, 0.15)):
        own = size * random.uniform(0.7, 1.3, (count, 1))
        signals += own * np.sin(2 * math.pi * (harmonic * turns + random.uniform(0, 1, (count, 1))))
    signals += random.uniform(0.15, 0.35, (count, 1)) * np.sin(2 * math.pi * (12 * turns + random.uniform(0, 1)))
    for place, force in faults.items():
        signals += ring(place, force, shaft_hz, phase, random)
    return signals


def ring(place: str, force: float, shaft_hz: Signals, phase: Signals, random: np.random.Generator) -> Signals:
    """The impacts of one fault (count, 512), each ringing on till it has died away."""
    count = len(shaft_hz)
    rate_hz = shaft_hz * STRIKES[place]
    before = 5  # impacts before the signal begins, whose ringing is still heard
    number = np.arange(-before, math.ceil(rate_hz.max() * LENGTH / RATE_HZ) + 1)
    slip = random.normal(0, 0.01, (count, len(number)))
    moments_s = (number + random.uniform(0, 1, (count, 1)) + slip) / rate_hz
    swell_hz = {"outer": 0 * shaft_hz, "inner": shaft_hz, "ball": CAGE * shaft_hz}[place]
    swell = 1 + 0.6 * np.cos(2 * math.pi * (swell_hz * moments_s + phase)) * (swell_hz > 0)
    sizes = force * swell * random.uniform(0.8, 1.2, moments_s.shape)
    pole = complex(-DECAY_PER_S, 2 * math.pi * RINGING_HZ)
    # An impact enters at the first sample after it; from sample to sample, all ringing turns and decays alike.
    entry = np.maximum(np.ceil(moments_s * RATE_HZ).astype(int), 0)
    impacts = np.zeros((LENGTH + 1, count), complex)  # the last row takes what comes too late
    rows = np.broadcast_to(np.arange(count)[:, None], entry.shape)
    entered = sizes * np.exp(pole * (entry / RATE_HZ - moments_s))
    np.add.at(impacts, (np.minimum(entry, LENGTH), rows), entered)
    step = np.exp(pole / RATE_HZ)
    for sample in range(1, LENGTH):
        impacts[sample] += step * impacts[sample - 1]
    return impacts[:LENGTH].imag.T


def observe(indices: Tensor, snr_db: float) -> Tensor:
    """The signals (M, 512) at those indices of all 3,680 as they are heard in noise, standardized one by one."""
    clean, noise, _ = load()
    offsets = torch.tensor(SPREAD_DB)[indices // CONDITIONS % len(SPREAD_DB)]
    heard = clean[indices] + 10 ** (-(snr_db + offsets[:, None]) / 20) * noise[indices]
    deviation, mean = torch.std_mean(heard, dim=1, keepdim=True, correction=0)
    return (heard - mean) / deviation


@cache
def test_inputs(snr_db: float) -> Tensor:
    """The test signals (480, 512)."""
    return observe(torch.arange(POOL, POOL + TEST), snr_db)


def make(settings: Knobs, generator: torch.Generator) -> Data:
    """The training signals that `generator` draws of the pool, and the test set, both at `snr_db`."""
    labels = load()[2]
    snr_db = float(settings["snr_db"])
    drawn = pick(POOL, int(settings["train_size"]), generator)
    train = record(observe(drawn, snr_db), labels[drawn], CONDITIONS, settings, generator)
    return Data(train, test_inputs(snr_db), labels[-TEST:])


TASK = Task(
    name="bearings",
    source="generated here: vibration of a faulty rolling bearing",
    num_classes=CONDITIONS,
    shape=(LENGTH,),
    view="signal",
    sizes={"pool": POOL, "test": TEST},
    metrics=metrics.CLASSIFICATION,
    make=make,
    score=metrics.classification,
    settings={
        "model": "resnet1d",
        "depth": 5,
        "width": 8,
        "train_size": 800,
        "batch_size": 64,
        "optimizer": "sgd",
        "momentum": 0.9,
        "lr": 0.1,
        "weight_decay": 1e-4,
        "schedule": "step",
    },
    uses=("snr_db",),
    check=limit_train_size("bearings", POOL),
)
