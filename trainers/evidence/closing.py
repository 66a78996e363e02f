"""The article's own closing line as a run: all its tricks together against better data, and both."""

from __future__ import annotations

from dataclasses import dataclass

from trainers.runs.build import resolve_settings, setup_for, validate
from trainers.runs.spec import COMBINE, ArmSpec, RunSpec
from trainers.tasks import load_task
from tricks.declaration import Claim, Value

TRICKS: dict[str, dict[str, Value]] = {
    "label_smoothing": {"label_smoothing": 0.1},
    "dropout": {"dropout_p": 0.5},
    "weight_penalty": {"l2_penalty": 0.005},
}
DATA: dict[str, dict[str, Value]] = {"label_cleaning": {"cleaning": "relabel", "suspect_share": 0.3}}
"""Tricks by name with their knobs: those the article adds up, and an annotator who corrects the suspects."""

STARTS_LIKE, METRIC = "label_cleaning", "test_accuracy"
ARMS: dict[str, dict[str, dict[str, Value]]] = {
    "baseline": {},
    "tricks": TRICKS,
    "data": DATA,
    "tricks_data": {**TRICKS, **DATA},
}
CONTRASTS = (("data", "tricks"), ("tricks_data", "tricks"), ("tricks_data", "data"))
"""What is also compared, arm and baseline, beside each arm with the plain one."""


@dataclass(frozen=True)
class Part:
    """A part of a claim: `arm`'s metric minus that of `baseline` is on the claim's side of `bound`.

    Without names the second arm of a study is compared with its first.
    """

    claim: Claim
    arm: str = ""
    baseline: str = ""
    bound: float = 0.0


CLAIMS = (
    Part(Claim("at_most", METRIC, "lower"), "tricks", "baseline", bound=0.1),
    Part(Claim("data_more", METRIC, "higher"), "data", "tricks"),
)
"""What the source article says of all its tricks together."""


def closing_spec() -> RunSpec:
    """The run, to be judged by `METRIC`: on the task and with the settings and steps of the page of `STARTS_LIKE`."""
    setup = setup_for(STARTS_LIKE, None)
    settings = resolve_settings(load_task(setup.task), setup.settings)
    arms = tuple(
        ArmSpec(name, tuple(tricks), {knob: value for knobs in tricks.values() for knob, value in knobs.items()})
        for name, tricks in ARMS.items()
    )
    return validate(RunSpec(COMBINE, setup.task, 0, setup.steps, settings, arms))
