"""Whole records over HTTP: of what is in memory for everybody who has the id, of what is kept for whose it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from pages.lab import answers
from pages.lab.downloads import Downloads
from pages.lab.shared import Lab
from pages.lab.visitors import visitor_of
from trainers.evidence import recorded
from trainers.live.live_run import LiveRun
from trainers.live.live_study import StudyMark
from trainers.live.visitor import Visitor
from trainers.runs.provenance import made_here
from trainers.runs.whole import WholeRun
from trainers.store.database import StoreError
from trainers.store.links import MARK
from trainers.takeaway.forms import FORMS

AT_ONCE = 2  # files that are being written, for everybody together
SUMMARY = "-summary"
TOLD = ("archive", "bundle", "tensorboard")  # forms that tell when a run was made, and what it is called
STUDY_KINDS = {kind: FORMS[kind].media for kind in ("csv", "json", "parquet")}


class Exports:
    """Whole records by id: of a run in any of the `FORMS`; of a study `.csv`, `.json`, `.parquet`, and `<id>-summary`.

    Of both also by a link, in place of the id.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._files = Downloads(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        """The record that the path's `name` asks for: of anything in memory, and of what is kept of who asks."""
        return await answers.told(self._answer(request, visitor_of(request)))

    async def _answer(self, request: Request, visitor: Visitor) -> Response:
        name, _, kind = request.path_params["name"].rpartition(".")
        run = await self._lab.open(name, visitor) if kind in FORMS else None
        if run is not None:
            form, theirs = FORMS[kind], visitor.owns(run.owner)
            whole = await self._files.work(lambda: self._as_kept(run, theirs) if kind in TOLD else whole_run(run))
            called = f"{run.spec.trick}-{run.id}{form.ending}"
            return await self._files.file(called, form.media, lambda: form.parts([whole]))
        study = await self._lab.open_study(name.removesuffix(SUMMARY), visitor)
        is_summary = name.endswith(SUMMARY)
        if study is None or kind not in STUDY_KINDS or (is_summary and kind == "json"):
            return answers.say(404, self._lab.labels["live.gone.link" if MARK in name else "live.gone"])
        suffix, mark = SUMMARY if is_summary else "", study.mark
        called = f"{study.plan.study.spec.trick}-{study.id}{suffix}.{kind}"

        def parts() -> Iterator[bytes]:
            yield export_study(mark, kind, is_summary=is_summary)

        return await self._files.file(called, STUDY_KINDS[kind], parts)

    def _as_kept(self, run: LiveRun, theirs: bool) -> WholeRun:
        """The run with what the library tells of it, as a file out of that would; its name and note are its owner's."""
        whole, keeper = whole_run(run), self._lab.conductor.keeper
        with suppress(StoreError):
            kept = None if keeper is None else keeper.store.load(run.id)
            if kept is not None and kept.history.step >= whole.history.step:
                whole = kept.whole()
        return whole if theirs else replace(whole, name="", note="")


def whole_run(run: LiveRun) -> WholeRun:
    """A run as far as it has come, with what is told of it: its turns are those that it has made."""
    history = run.mark.history
    made = run.provenance or made_here(history.processors)
    return WholeRun(run.id, history, made, status=run.mark.state.value, created_at=run.begun_at or 0.0)


def export_study(mark: StudyMark, kind: str, *, is_summary: bool) -> bytes:
    """What a study has so far: rows per seed or of the summary, as CSV or Parquet, or a results file as JSON."""
    if kind == "json":
        return recorded.results_json(mark.to_json()).encode()
    rows = mark.summary_rows() if is_summary else mark.rows()
    if kind == "csv":
        return recorded.rows_csv(rows).encode()
    buffer = io.BytesIO()
    recorded.frame_of(rows).to_parquet(buffer)
    return buffer.getvalue()
