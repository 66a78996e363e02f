"""The lab from Python and from notebooks: `from trainers import lab`.

Ten names: `run`, `study` and `kept` make or open something; a run has `frame`, `figure`, `save` and `keep`; a study has
`frame`, `verdict` and `figure`. Numbers are those of the pages and of the command line, to the last digit.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from trainers.commands.evidence import report
from trainers.commands.keeping import kept_run, make_room, no_room_for, opened
from trainers.commands.options import FailedError
from trainers.commands.terminal import Bar, write_data
from trainers.commands.training import trained
from trainers.evidence.plan import SEEDS
from trainers.evidence.pool import open_pool
from trainers.evidence.recorded import frame_of
from trainers.evidence.replicates import over_seeds, train
from trainers.evidence.studies import Row, own_study, rows_of, summarize
from trainers.figures.drawing import kind_of
from trainers.figures.forest import forest
from trainers.figures.racing import race
from trainers.runs.build import build_spec, turns_of
from trainers.runs.export import run_id_of
from trainers.runs.labels import load_labels
from trainers.runs.provenance import made_here
from trainers.runs.tidy import parquet_parts
from trainers.runs.whole import WholeRun
from trainers.store.archive import ENDED, times_of
from trainers.store.imported import made_columns
from trainers.store.library import LOCAL, MAX_NAME, check_text
from trainers.store.recording import Now, Recording, new_id
from trainers.takeaway.forms import FORMS
from tricks.declaration import RefusedError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("kept", "run", "study")

Values = Mapping[str, object]
_NO_TURNS: Mapping[int, Values] = MappingProxyType({})


@dataclass(frozen=True)
class Figure:
    """A figure, which a notebook shows by itself; `draw` gives it as a file of a kind: svg, pdf or png."""

    svg: bytes
    draw: Callable[[str], bytes]

    def _repr_svg_(self) -> str:
        return self.svg.decode()

    def save(self, path: str | Path) -> None:
        """Writes it to a file, whose ending says as what.

        Raises:
            RefusedError: it is no .svg, .pdf or .png.
            UnwrittenError: it cannot be written.
        """
        write_data(str(path), (self.draw(kind_of(str(path))),))


@dataclass(frozen=True)
class Run:
    """A run that was made; `whole` is all that is known of it."""

    whole: WholeRun

    def frame(self) -> pd.DataFrame:
        """Every step of every arm, a row each: the columns of the CSV, NaN where a cell is empty there."""
        import pyarrow.parquet as pq

        data = b"".join(parquet_parts([(self.whole.history, self.whole.public_id)]))
        frame: pd.DataFrame = pq.read_table(io.BytesIO(data)).to_pandas()
        return frame

    def figure(self, metric: str = "") -> Figure:
        """Its race: the losses beside what its trick is judged by, or one metric alone.

        Raises:
            RefusedError: there is no such metric, or no step.
        """
        history, made = self.whole.history, self.whole.made
        return Figure(race(history, made, "svg", metric), lambda kind: race(history, made, kind, metric))

    def save(self, path: str | Path) -> None:
        """Writes it to a file, as its ending says: .csv, .parquet, .json, .svg, .bundle.zip, .script.zip and others.

        Raises:
            RefusedError: there is no such ending, or no such file of this run.
            StoreError: an archive of it would be larger than what may be imported.
            UnwrittenError: it cannot be written.
        """
        name = str(path).lower()
        fitting = [form for form in FORMS.values() if name.endswith(form.ending)]
        if not fitting:
            endings = ", ".join(form.ending for form in FORMS.values())
            raise RefusedError(f"a file of a run must end in one of {endings}, got {str(path)!r}")
        form = max(fitting, key=lambda form: len(form.ending))
        write_data(str(path), form.parts([self.whole]))

    def keep(self, name: str = "") -> str:
        """Puts it into the library, under that name, with all that is told of it, and gives its id there.

        Raises:
            FailedError: the store cannot be used or has no room, or the name is none.
        """
        whole = self.whole
        with opened() as store:
            called = check_text("name", name or whole.name, MAX_NAME)
            recording = Recording(new_id(), LOCAL, called)
            recording.told = {
                **made_columns(whole.made),
                **times_of(whole.created_at, whole.ended_at),
                "note": whole.note,
            }
            status = whole.status if whole.status in ENDED else "stopped"
            store.write([(recording, Now(whole.history, status, whole.coming))])
            if make_room(store, [recording.public_id]):
                raise FailedError(no_room_for("this run"))
        return recording.public_id


@dataclass(frozen=True)
class Study:
    """A study that was made: its `rows`, one for each seed and arm, and the `summary` that follows from them."""

    rows: Sequence[Row]
    summary: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """A row for each seed and arm: where it stood at its last step."""
        return frame_of(self.rows)

    def verdict(self) -> str:
        """What the seeds together can tell: a sentence for each metric and arm, and the cost."""
        return "\n".join(report(self.summary, load_labels()))

    def figure(self, metric: str = "") -> Figure:
        """Each arm's difference from the baseline with its interval, in the study's own metric or another.

        Raises:
            RefusedError: there is no such metric.
        """
        chosen = metric or str(self.summary["metric"])
        return Figure(forest(self.summary, chosen, "svg"), partial(forest, self.summary, chosen))


def run(
    trick: str,
    *,
    task: str | None = None,
    seed: int | None = None,
    steps: int | None = None,
    arms: Iterable[Values] = (),
    turns: Mapping[int, Values] = _NO_TURNS,
    **values: object,
) -> Run:
    """Trains a trick's arm and the baseline side by side in this process: `run("flooding", flood_level=0.2)`.

    `values` are knobs of the trick and settings, each of `arms` is one more arm with these knobs instead, and `turns`
    are what is turned from a step on: `turns={200: {"flood_level": 0.4}}`.

    Raises:
        RefusedError: a name, a value or a combination that there is not; the message says which, and what there is.
    """
    spec = build_spec(trick, task=task, seed=seed, steps=steps, values=values, extra_arms=tuple(map(dict, arms)))
    turned = ((at, name, value) for at in sorted(turns) for name, value in turns[at].items())
    events = [event for one in turned for event in turns_of(spec, *one)]
    begun_at = time.time()
    history = trained(spec, events)
    made = made_here(history.processors)
    status = "failed" if len(history.failures) == len(spec.arms) else "finished"
    ended_at = time.time()
    return Run(WholeRun(run_id_of(history), history, made, status=status, created_at=begun_at, ended_at=ended_at))


def study(
    trick: str,
    *,
    task: str | None = None,
    steps: int | None = None,
    seeds: int | Sequence[int] = int(SEEDS.default),
    arms: Iterable[Values] = (),
    workers: int = 1,
    **values: object,
) -> Study:
    """The same run over many matched seeds, and what they tell together: `study("flooding", seeds=16).verdict()`.

    `seeds` are so many from 0 on, or these. With more than one of `workers` processes train at a time; a program, which
    is no notebook, then calls this under `if __name__ == "__main__"`.

    Raises:
        RefusedError: as `run`, or a number of seeds or workers that cannot be, or seeds that are alike.
    """
    chosen = tuple(range(int(SEEDS.check(seeds)))) if isinstance(seeds, int) else tuple(seeds)
    SEEDS.check(len(chosen))
    if len(set(chosen)) < len(chosen):
        raise RefusedError(f"seeds must differ, got {', '.join(map(str, chosen))}")
    plan = own_study(
        build_spec(trick, task=task, steps=steps, values=values, extra_arms=tuple(map(dict, arms))), chosen
    )
    specs = over_seeds(plan.spec, chosen)
    if workers == 1:
        results = _counted(plan.id, train(specs), len(specs))
    else:
        with open_pool(workers=int(replace(SEEDS, name="workers", low=1).check(workers))) as pool:
            results = _counted(plan.id, train(specs, pool.executor, slots=pool.slots), len(specs))
    rows = rows_of(plan, results)
    (summary,) = summarize((plan,), rows)
    return Study(rows, {**summary, "made": made_here()})


def kept(run_id: str = "last") -> Run:
    """The run of the library whose id begins so; `last` is the newest.

    Raises:
        UsageError: there is none.
        FailedError: the store cannot be used.
    """
    with opened() as store:
        return Run(kept_run(store, run_id).whole())


def _counted(title: str, made: Iterable[tuple[int, Any]], count: int) -> list[Any]:
    bar, results = Bar(title, count, "runs"), []
    try:
        bar.show(0)
        for _, result in made:
            results.append(result)
            bar.show(len(results))
    finally:
        bar.clear()
    return results
