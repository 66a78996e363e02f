"""How live runs are served: places, slices, patience; by the environment where it says so."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from trainers.runs.environment import count_in, number_in


@dataclass(frozen=True)
class Policy:
    """How live runs are served; times in seconds.

    At most `max_runs` live runs have a place at a time and `max_waiting` wait for one, `max_own` of them of one visitor
    and `max_of_address` of all those of an address who keep no cookie; one that is held for `idle_s`, or that nobody
    watches, leaves its place to who waits, and comes back when it is to go on.
    `workers` is the number of processes of the embedded cluster (None: one a core), `scheduler` the address of a
    cluster to use instead of it. A run's slice takes `slice_s`, or `watched_slice_s` while somebody watches, and less
    where it shares a worker: each run of a worker is served within about `cycle_s`, several of them in a round of
    `round_s`. What a dying worker may take with it is about `capture_s` of a run's own time: runs that share a worker
    are captured as many times as seldom. A worker that does not answer for `silence_s` is lost; a step that has had a
    core for `overrun_s` and does not end is stuck (`trainers.live.live_worker.is_stuck`).
    With nobody watching, a run pauses after `away_pause_s` and ends after `away_end_s`; an ended run's history is
    kept for `keep_s`, and dropped earlier only beyond `max_kept` of them. At most `max_studies` studies over seeds go
    on at a time, `max_own_studies` of them of one visitor, behind the live runs; one that nobody has watched for
    `study_away_s` ends, and is kept like a run, beyond `max_kept_studies` of them not.
    """

    workers: int | None = None
    scheduler: str | None = None
    max_runs: int = 64
    max_waiting: int = 256
    max_own: int = 8
    max_of_address: int = 64
    idle_s: float = 60.0
    max_kept: int = 256
    slice_s: float = 0.1
    watched_slice_s: float = 0.03
    cycle_s: float = 0.16
    round_s: float = 0.05
    capture_s: float = 1.0
    overrun_s: float = 20.0
    silence_s: float = 8.0
    away_pause_s: float = 10.0
    away_end_s: float = 120.0
    keep_s: float = 1800.0
    max_studies: int = 4
    max_own_studies: int = 2
    max_kept_studies: int = 32
    study_away_s: float = 600.0

    @classmethod
    def from_environment(cls) -> Policy:
        """The policy with what the environment sets: `TRICK_LAB_SCHEDULER`, `_WORKERS`, `_MAX_RUNS`, `_KEEP_S`.

        Raises:
            RefusedError: a value that is not a number above 0, or a count that is not whole.
        """
        default = cls()
        return replace(
            default,
            scheduler=os.environ.get("TRICK_LAB_SCHEDULER") or None,
            workers=count_in("TRICK_LAB_WORKERS"),
            max_runs=count_in("TRICK_LAB_MAX_RUNS") or default.max_runs,
            keep_s=number_in("TRICK_LAB_KEEP_S", default.keep_s),
        )
