"""A live study: a run over matched seeds, or a sweep of them, as the app's process holds it.

Each of its runs is trained in a worker like any other, behind the watched runs. What is
kept of a run that has ended is its `SeedResult`. A `LiveStudy` belongs to the conductor's event loop; other threads
read its `mark`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from trainers.evidence import recorded, studies
from trainers.evidence.plan import Plan
from trainers.evidence.replicates import ATTEMPTS, SeedResult, measure
from trainers.evidence.statistics import Verdict, apart, paired, subtract, verdicts
from trainers.evidence.studies import Row, Study, bounds_in
from trainers.kinds.host import Slice
from trainers.live.live_run import LiveRun
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.live.watched import Rate, Watched
from trainers.runs.history import History
from trainers.runs.provenance import made_here
from trainers.store.recording import new_id

BEHIND = 4.0  # a seed's run leaves a worker that is busy with live ones for so many times as long as it had it
_TELL_S = 0.5  # between two words of how far a study is, with nothing else to tell
_RATE_S = 5.0  # steps per second are measured over about this long


@dataclass(frozen=True)
class Note:
    """What whoever watches a study should be told.

    `kind` is `again` (a run's worker died, it is run again), `missing` (a run could not be gone on with; `detail` says
    why), or `away` (nobody watched for long).
    """

    kind: str
    seed: int = 0
    point: int = 0
    detail: str = ""


@dataclass(frozen=True)
class StudyMark:
    """A study at one moment, for any thread to read: `number` counts up.

    `results` are the point's index and what came of each run that has ended, in the order in which they did; one that
    could not be run has an `error`. `active` are point and seed of those under way.
    """

    number: int
    plan: Plan
    state: State
    results: tuple[tuple[int, SeedResult], ...] = ()
    rate: float = 0.0
    eta_s: float | None = None
    notes: tuple[Note, ...] = ()
    active: tuple[tuple[int, int], ...] = ()

    @property
    def asked(self) -> Study:
        """The study of the seeds that have ended so far, one way or another."""
        ended = {result.seed for _, result in self.results}
        study = self.plan.study
        return replace(study, seeds=tuple(seed for seed in study.seeds if seed in ended))

    def at(self, point: int) -> list[SeedResult]:
        """The results at a point, by seed."""
        return sorted((result for index, result in self.results if index == point), key=lambda result: result.seed)

    def rows(self) -> list[Row]:
        """The raw rows, one a seed and arm: those of `trainers.evidence.studies`, in a sweep for each point in turn.

        A swept setting has a column of its name, or one that starts with `swept_` where there is such a column.
        """
        if not self.plan.points:
            return studies.rows_of(self.plan.study, self.at(0))
        rows: list[Row] = []
        for index, point in enumerate(self.plan.points):
            for row in studies.rows_of(replace(self.plan.study, spec=point.spec), self.at(index)):
                own = {name if name in point.spec.arms[-1].knobs or name not in row else f"swept_{name}": value
                       for name, value in point.values.items()}  # fmt: skip
                rows.append({**row, **own})
        return rows

    def summary(self) -> dict[str, Any]:
        """Everything that follows from the rows of a study without a sweep."""
        return studies.summarize([self.asked], self.rows())[0]

    def response(self) -> list[Row]:
        """A sweep's response: `studies.respond` for each metric, with `against_neutral` where there is one.

        `difference` is the mean of the pairs' differences to the setting at which all swept knobs are neutral, with
        the ends of its interval and whether it is told from noise among all that the sweep compares.
        """
        points = self.plan.points
        results = {index: self.at(index) for index in range(len(points))}
        rows = [row for metric in self.plan.study.better for row in studies.respond(points, results, metric)]
        judged = self.against_neutral()
        places = {tuple(point.values.values()): index for index, point in enumerate(points)}
        for row in rows:
            index = places[tuple(row[name] for name in self.plan.swept)]  # type: ignore[misc]
            verdict = judged.get((index, str(row["arm"]), str(row["metric"])))
            found = verdict.paired if verdict is not None and verdict.paired.n > 1 else None
            row |= {
                "difference": None if found is None else found.mean,
                "difference_low": None if found is None else found.low,
                "difference_high": None if found is None else found.high,
                "claimed": None if verdict is None else verdict.claimed,
            }
        return rows

    def against_neutral(self) -> dict[tuple[int, str, str], Verdict]:
        """What matched seeds say of each point against the neutral one, by point, arm and metric; empty without one."""
        points, better = self.plan.points, self.plan.study.better
        base = next((index for index, point in enumerate(points) if dict(point.values) == self.plan.neutral), None)
        if base is None:
            return {}
        table = {(index, result.seed): result for index, result in self.results if result.arms}
        seeds = [seed for index, seed in table if index == base]
        found = {}
        for index in (index for index in range(len(points)) if index != base):
            both = [seed for seed in seeds if (index, seed) in table]
            for number, arm in enumerate(points[index].spec.arms):
                for metric, way in better.items():
                    ours, theirs = (
                        [table[place, seed].arms[number].tests.get(metric, math.nan) for seed in both]
                        for place in (index, base)
                    )
                    if both:
                        found[index, arm.name, metric] = paired(
                            subtract(ours, theirs, way),
                            way,
                            apart(bounds_in(points[index].spec, metric)),
                        )
        return verdicts(found)

    def summary_rows(self) -> list[Row]:
        """The summary, or a sweep's response, as rows."""
        study = self.plan.study
        if not self.plan.points:
            return recorded.summary_rows([self.summary()])
        start: Row = {"run_id": study.id, "trick": study.spec.trick, "task": study.spec.task}
        return [{**start, **row} for row in self.response()]

    def to_json(self) -> dict[str, Any]:
        """A results file with this study, or a sweep's spec, seeds and response."""
        made = made_here()
        if not self.plan.points:
            return {**recorded.new_results(), "studies": [{**self.summary(), "made": made}]}
        swept = {name: list(values) for name, values in self.plan.swept.items()}
        return {
            "version": recorded.VERSION,
            "sweep": {**self.asked.to_json(), "swept": swept, "response": self.response(), "made": made},
        }


class SeedRun(LiveRun):
    """One of a study's runs: nobody watches it, nothing is said of it, and its worker may be lost once."""

    background = True
    most_losses = ATTEMPTS - 1

    def __init__(
        self, run_id: str, history: History, policy: Policy, *, point: int = 0, on_lost: Callable[[], None]
    ) -> None:
        super().__init__(run_id, history, None, False, policy)
        self.point = point  # of a sweep
        self.rests_until = 0.0
        self._on_lost = on_lost
        self._lost: tuple[str, ...] = ()

    def result(self) -> SeedResult:
        """What came of it, now that it has ended."""
        if self.history.finished:
            return replace(measure(self.history), lost=self._lost)
        why = {"lost": "its worker died twice", "stuck": f"a step took more than {self.detail}"}
        return SeedResult(
            self.spec.seed, lost=self._lost, error=why.get(self.note or "", self.detail or "it was ended")
        )

    def rest(self, now: float) -> float:
        return max(0.0, self.rests_until - now)

    def take(self, piece: Slice, now: float, *, single: bool = False) -> None:
        losses = self.losses
        super().take(replace(piece, progress=replace(piece.progress, probes=())), now, single=single)
        self.losses = losses  # of all of it, not only since it last got ahead
        self.rests_until = now + BEHIND * piece.seconds

    def lose(self, worker: str, *, stuck: bool = False, counts: bool = True) -> None:
        self._lost = (*self._lost, f"seed {self.spec.seed}: the worker at {worker} died")
        super().lose(worker, stuck=stuck, counts=True)
        if self.going:
            self._on_lost()

    def _observe(self, now: float) -> None:
        pass


@dataclass(eq=False)
class LiveStudy(Watched):
    """A study as the conductor holds it. Its methods are for the conductor's loop: `Conductor.tell(study.cancel)`."""

    plan: Plan
    policy: Policy
    owner: Visitor | None = None
    id: str = field(default_factory=new_id)
    mark: StudyMark = field(init=False)

    def __post_init__(self) -> None:
        super().__init__()
        self.state = State.RUNNING
        self.waiting = deque(self.plan.runs())  # not yet begun
        self.active: set[SeedRun] = set()
        self._results: list[tuple[int, SeedResult]] = []
        self._notes: list[Note] = []
        self._steps = 0  # of the runs that have ended
        self._rate = Rate(_RATE_S)
        self._told_at = 0.0
        self.mark = StudyMark(0, self.plan, self.state)

    @property
    def going(self) -> bool:
        return self.state == State.RUNNING

    def cancel(self, note: str = "") -> None:
        """Ends the study: what runs ends with its slice, what waits is not begun, what has ended stays."""
        if self.going:
            if note:
                self._notes.append(Note(note))
            self._end(State.CANCELED)

    def interrupt(self) -> None:
        """Ends the study with its program: it can be gone on with."""
        if self.going:
            self._end(State.INTERRUPTED)

    def resume_from(self, results: Sequence[tuple[int, SeedResult]]) -> None:
        """Takes what has come of its runs already, which are not begun again."""
        have = {(point, result.seed) for point, result in results}
        self._results = list(results)
        self._steps = len(have) * self.plan.study.spec.steps
        self.waiting = deque(one for one in self.waiting if (one[0], one[1].seed) not in have)
        self.publish()

    @classmethod
    def past(
        cls,
        study_id: str,
        plan: Plan,
        results: Sequence[tuple[int, SeedResult]],
        state: State,
        policy: Policy,
        owner: Visitor,
    ) -> LiveStudy:
        """A study that has ended, as it was kept."""
        study = cls(plan, policy, owner, study_id)
        study.resume_from(results)
        study._end(state)
        return study

    def absences(self) -> Sequence[tuple[float, Callable[[], None]]]:
        return ((self.policy.study_away_s, partial(self.cancel, "away")),)

    def tell_lost(self, seed: int, point: int) -> None:
        """Notes that the worker of a run is lost, and that it is run again."""
        self._notes.append(Note("again", seed, point))
        self.publish()

    def progress(self, now: float) -> None:
        """Tells, from time to time, how far the study is."""
        if self.going and now >= self._told_at + _TELL_S:
            self._told_at = now
            self._rate.note(now, self._made())
            self.publish()

    def add(self, point: int, result: SeedResult, now: float) -> None:
        """Takes what came of a run."""
        if not self.going:
            return
        self._results.append((point, result))
        self._steps += self.plan.study.spec.steps
        if result.error:
            self._notes.append(Note("missing", result.seed, point, result.error))
        self._rate.note(now, self._made())
        if len(self._results) == self.plan.num_runs:
            self._end(State.FAILED if all(result.error for _, result in self._results) else State.FINISHED)
        else:
            self.publish()

    def publish(self) -> None:
        """Makes a new mark of what is, and tells the listeners."""
        rate = self._rate.value if self.going else 0.0
        left = self.plan.num_runs * self.plan.study.spec.steps - self._made()
        mark = StudyMark(
            number=self.mark.number + 1,
            plan=self.plan,
            state=self.state,
            results=tuple(self._results),
            rate=rate,
            eta_s=left / rate if rate else None,
            notes=tuple(self._notes),
            active=tuple(sorted((run.point, run.spec.seed) for run in self.active)) if self.going else (),
        )
        self.tell(mark)

    def _end(self, state: State) -> None:
        self.state = state
        self.waiting.clear()
        self.forget_absence()
        for run in self.active:
            run.stop()
        self.publish()

    def _made(self) -> int:
        return self._steps + sum(run.history.step for run in self.active if run.going)
