"""A lesson taken alone, by its address: the page with its questions, and what is told once a prediction is given.

Of who takes it nothing is kept here: predictions and the sentence stay in the browser, and nothing that is told tells
more than was asked.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pages.lab import answers
from pages.lab.room_pages import page
from pages.lab.room_steps import told_of
from pages.lab.state import VIEWS
from pages.lab.text import load_words, spoken
from trainers.runs.articles import TextError
from trainers.runs.labels import shorten
from trainers.teaching.lesson import Lesson, offered
from trainers.teaching.markup import blocks
from trainers.teaching.room import asked_of, is_voted_on, right_of
from tricks.declaration import RefusedError

_, PRESENT = VIEWS


class LessonPages:
    """The endpoints of a lesson, or of what a trick's page gives to try: each by its name."""

    async def take(self, request: Request) -> Response:
        """The page, as one takes it alone, or as `view=present` has it for a projector."""
        return await answers.told(self._take(request))

    async def _take(self, request: Request) -> Response:
        lesson = await run_in_threadpool(_lesson, request)
        told = await run_in_threadpool(_told, lesson)
        view = PRESENT if request.query_params.get("view") == PRESENT else ""
        return page("alone", load_words(lesson.language), {**told, "view": view})

    async def step(self, request: Request) -> Response:
        """Why a step is so, and what is right: for who says what they think (`value`), or shows it to others."""
        return await answers.told(self._step(request))

    async def _step(self, request: Request) -> Response:
        lesson, number = await run_in_threadpool(_lesson, request), request.path_params["step"]
        if number not in map(str, range(len(lesson.steps))):
            raise RefusedError(f"step must be between 0 and {len(lesson.steps) - 1}, got {shorten(number)}")
        step, asked = lesson.steps[int(number)], request.query_params
        told: dict[str, Any] = {"explain": blocks(step.explain), "misread": blocks(step.misread)}
        question = step.question
        if question is not None and is_voted_on(question):
            told["right"] = right_of(question)
            if asked.get("view") != PRESENT:
                told["is_right"] = question.is_right(_said(asked.get("value", "")))
        return JSONResponse(told, headers=answers.UNKEPT)


def _lesson(request: Request) -> Lesson:
    language = spoken(request.query_params.get("lang"))
    try:
        return offered(request.path_params["name"], language)
    except TextError as error:
        raise RefusedError(str(error)) from None


def _said(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedError(f"value must be what is predicted, got {shorten(text)!r}") from None


def _told(lesson: Lesson) -> dict[str, Any]:
    """The lesson without an answer; `digest` changes with what it asks."""
    steps = [_asked(lesson, number) for number in range(len(lesson.steps))]
    asked = [[step["heading"], step["question"]] for step in steps]
    digest = sha256(json.dumps(asked).encode()).hexdigest()[:16]
    about = {"lesson": lesson.name, "title": lesson.title, "aim": lesson.aim, "minutes": lesson.minutes}
    return {**about, "digest": digest, "steps": steps}


def _asked(lesson: Lesson, number: int) -> dict[str, Any]:
    step = lesson.steps[number]
    question = None if step.question is None else asked_of(step.question)
    if question is not None:
        question["text"] = blocks(question["text"])
    at = told_of(lesson, number)
    seen = {name: at[name] for name in ("address", "present", "small")}
    return {"heading": step.title, "question": question, **seen}
