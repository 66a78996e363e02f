"""Does the machinery itself lie? What it claims where nothing is, how often its interval holds, what it can find."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trainers.evidence.replicates import SEEDS, SeedResult, over_seeds
from trainers.evidence.statistics import Verdict, claim_rate, coverage, paired, subtract, verdicts
from trainers.runs.build import resolve_settings
from trainers.runs.spec import COMBINE, ArmSpec, RunSpec
from trainers.tasks import load_task

TASK, STEPS = "digits", 200
FIRST_SEED, NUM_TRAININGS = 1000, 200  # seeds that nobody reports and nobody tunes on
LR_FACTOR = 1.05
NUM_EXPERIMENTS = 2000
CLAIM_RATES = (0.03, 0.07)
COVERAGE = (0.93, 0.97)


@dataclass(frozen=True)
class SelfCheck:
    """What the check found.

    `claim_rates` are, by metric, shares of experiments of 16 pairs that claimed a difference between two arms of one
    recipe that differ in their seed alone, drawn from `num_trainings` real trainings. `coverage` is, by the kind of
    data, how often the 95 % interval of 16 values held the truth. `lr_off` is, by metric, what 16 seeds say of an arm
    whose learning rate is 5 % off.
    """

    num_trainings: int
    num_experiments: int
    claim_rates: Mapping[str, float]
    coverage: Mapping[str, float]
    lr_off: Mapping[str, Verdict]

    @property
    def passed(self) -> bool:
        """Whether claims where nothing is are as rare, and the interval of normal data as good, as they should be."""
        honest = all(CLAIM_RATES[0] <= rate <= CLAIM_RATES[1] for rate in self.claim_rates.values())
        return honest and COVERAGE[0] <= self.coverage["normal"] <= COVERAGE[1]

    def to_json(self) -> dict[str, Any]:
        return {
            "task": TASK,
            "steps": STEPS,
            "first_seed": FIRST_SEED,
            "num_trainings": self.num_trainings,
            "num_experiments": self.num_experiments,
            "claim_rates": dict(self.claim_rates),
            "coverage": dict(self.coverage),
            "lr_factor": LR_FACTOR,
            "lr_off": {metric: verdict.to_json() for metric, verdict in self.lr_off.items()},
        }


def trainings(num_trainings: int = NUM_TRAININGS) -> list[RunSpec]:
    """What has to be trained: one recipe on many seeds, then the same 5 % off its learning rate on the first 16."""
    settings = resolve_settings(load_task(TASK), {"train_size": 200, "eval_every": STEPS})
    spec = RunSpec(COMBINE, TASK, FIRST_SEED, STEPS, settings, (ArmSpec("baseline", (), {}),))
    off = replace(spec, settings={**settings, "lr": LR_FACTOR * float(settings["lr"])})
    seeds = range(FIRST_SEED, FIRST_SEED + num_trainings)
    return over_seeds(spec, seeds) + over_seeds(off, seeds[: len(SEEDS)])


def check(
    results: Iterable[tuple[int, SeedResult]],
    *,
    num_trainings: int = NUM_TRAININGS,
    num_experiments: int = NUM_EXPERIMENTS,
) -> SelfCheck:
    """The check, given the index and result of each of `trainings(num_trainings)`, in any order.

    Raises:
        RuntimeError: a seed could not be run.
    """
    found: dict[int, SeedResult] = dict(results)
    for result in found.values():
        if not result.arms:
            raise RuntimeError(f"seed {result.seed} could not be run: {result.error}")
    better: dict[str, Any] = dict(load_task(TASK).metrics)
    values = {
        metric: [found[index].arms[0].tests.get(metric, math.nan) for index in sorted(found)] for metric in better
    }
    same = {metric: column[:num_trainings] for metric, column in values.items()}
    random = np.random.default_rng(0)
    return SelfCheck(
        num_trainings=num_trainings,
        num_experiments=num_experiments,
        claim_rates={
            metric: claim_rate(
                column, num_seeds=min(16, num_trainings // 2), num_experiments=num_experiments, generator=random
            )
            for metric, column in same.items()
        },
        coverage={
            "normal": coverage(lambda n: random.normal(size=n), 0.0, num_experiments=num_experiments),
            "exponential": coverage(lambda n: random.exponential(size=n), 1.0, num_experiments=num_experiments),
            "lognormal": coverage(lambda n: random.lognormal(size=n), math.exp(0.5), num_experiments=num_experiments),
        },
        lr_off=verdicts(
            {
                metric: paired(
                    subtract(column[num_trainings:], same[metric][: len(SEEDS)], better[metric]), better[metric]
                )
                for metric, column in values.items()
            }
        ),
    )
