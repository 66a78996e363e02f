"""Whole records over HTTP: of what is in memory for everybody who has the id, of what is kept for whose it is."""

from __future__ import annotations

import io

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pages.lab.shared import Lab
from pages.lab.visitors import visitor_of
from trainers.evidence import recorded
from trainers.live.live_run import LiveRun
from trainers.live.live_study import StudyMark
from trainers.live.visitor import Visitor
from trainers.runs.export import csv_text, json_text
from trainers.store.database import StoreError

SUMMARY = "-summary"
RUN_KINDS = {"csv": "text/csv", "json": "application/json"}
STUDY_KINDS = {**RUN_KINDS, "parquet": "application/vnd.apache.parquet"}


class Exports:
    """Whole records by id: `<id>.csv` or `<id>.json`; of a study also `.parquet`, and `<id>-summary` of it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    async def answer(self, request: Request) -> Response:
        """The record that the path's `name` asks for: of anything in memory, and of what is kept of who asks."""
        try:
            return await self._answer(request, visitor_of(request))
        except StoreError as error:
            return PlainTextResponse(str(error), status_code=503)

    async def _answer(self, request: Request, visitor: Visitor) -> Response:
        name, _, kind = request.path_params["name"].rpartition(".")
        run = await self._lab.find(name, visitor)
        if run is not None and kind in RUN_KINDS:
            return _file(await run_in_threadpool(export_run, run, kind), run.spec.trick, run.id, kind)
        study = await self._lab.find_study(name.removesuffix(SUMMARY), visitor)
        is_summary = name.endswith(SUMMARY)
        if study is None or kind not in STUDY_KINDS or (is_summary and kind == "json"):
            return PlainTextResponse(self._lab.labels["live.gone"], status_code=404)
        content = await run_in_threadpool(export_study, study.mark, kind, is_summary=is_summary)
        suffix = SUMMARY if is_summary else ""
        return _file(content, study.plan.study.spec.trick, f"{study.id}{suffix}", kind)


def _file(content: bytes | str, trick: str, name: str, kind: str) -> Response:
    disposition = f'attachment; filename="{trick}-{name}.{kind}"'
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return Response(content, media_type=STUDY_KINDS[kind], headers=headers)


def export_run(run: LiveRun, kind: str) -> str:
    """All that a run has so far: every step as CSV, or its spec and events as JSON."""
    history = run.mark.history
    return json_text(history, run.provenance) if kind == "json" else csv_text(history, run.id)


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
