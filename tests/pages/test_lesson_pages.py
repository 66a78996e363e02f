"""A lesson by its address over HTTP: its questions without an answer, which is told for a prediction; of pages, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.pages.test_room_site import Still, opened, teacher
from trainers.teaching.lesson import CHOICE, NUMBERED, OPEN, from_article, load, names, offered
from trainers.teaching.markup import blocks
from tricks import catalogue

CONFIG = re.compile(r'<script type="application/json" id="config">(.*?)</script>')
TRY = catalogue.NAMES[3]


@pytest.fixture(scope="module")
def site() -> Iterator[Still]:
    with Still() as made:
        yield made


def told(site: Still, name: str, query: str = "") -> dict[str, Any]:
    """What the page of a lesson is told."""
    status, headers, body = site.get(f"/lesson/{name}{query}")
    found = CONFIG.search(body.decode())
    assert status == 200 and headers["cache-control"] == "no-store" and found is not None
    config: dict[str, Any] = json.loads(found[1])
    return {part: value for part, value in config.items() if part != "labels"}


def answered(site: Still, name: str, step: object, query: str = "") -> tuple[int, str]:
    status, _, body = site.get(quote(f"/lab/lessons/{name}/{step}", safe="/") + query)
    return status, body.decode()


@pytest.mark.parametrize("name", [*names(), TRY])
def test_the_page_asks_and_does_not_answer(site: Still, name: str) -> None:
    lesson, config = offered(name), told(site, name)
    assert config["title"] == lesson.title and len(config["steps"]) == len(lesson.steps)
    text = json.dumps(config, ensure_ascii=False)
    for step, shown in zip(lesson.steps, config["steps"], strict=True):
        assert shown["heading"] == step.title and f"/{step.page}?" in shown["address"]
        for hidden in (blocks(step.explain), blocks(step.misread)):
            assert not hidden or json.dumps(hidden, ensure_ascii=False)[1:-1] not in text
        assert set(shown["question"] or ()) <= {"kind", "text", "choices", "low", "high", "unit"}


def test_what_is_right_is_told_for_a_prediction(site: Still) -> None:
    lesson = load("why_relu")
    for number, step in enumerate(lesson.steps):
        question = step.question
        assert question is not None
        right: Any = question.right if question.kind == CHOICE else question.answer
        status, body = answered(site, lesson.name, number, f"?value={right}")
        found = json.loads(body)
        assert status == 200 and found["is_right"] and found["explain"] == blocks(step.explain)
        wrong = (right + 1) % len(question.choices) if question.kind == CHOICE else question.high
        assert json.loads(answered(site, lesson.name, number, f"?value={wrong}")[1])["is_right"] is False
    kinds = {step.question.kind for step in lesson.steps if step.question is not None}
    assert kinds == {CHOICE, NUMBERED}


@pytest.mark.parametrize(
    ("step", "query", "said"),
    [
        (0, "", "value must be what is predicted, got ''"),
        (0, "?value=x", "value must be what is predicted"),
        (0, "?value=101", "vote must be between 0 and 100, got 101"),
        (0, "?value=%22a%22", "vote must be a number"),
        (1, "?value=9", "vote must be between 0 and 2, got 9"),
        (1, "?value=0.5", "vote must be the number of a choice"),
        (0, f"?value={'[' * 5000}", "value must be"),
        (99, "?value=1", "step must be between 0 and 3, got 99"),
        ("-1", "?value=1", "step must be between 0 and 3"),
        ("١", "?value=1", "step must be between 0 and 3"),
        ("x" * 500, "", "step must be between 0 and 3, got"),
    ],
)
def test_what_is_no_prediction_is_refused_in_a_sentence(site: Still, step: object, query: str, said: str) -> None:
    status, body = answered(site, "why_relu", step, query)
    assert status == 400 and said in body and len(body) < 400


def test_who_shows_it_to_others_predicts_nothing(site: Still) -> None:
    assert told(site, "why_relu")["view"] == told(site, "why_relu", "?view=other")["view"] == ""
    assert told(site, "why_relu", "?view=present")["view"] == "present"
    status, body = answered(site, "why_relu", 0, "?view=present")
    assert status == 200 and "right" in json.loads(body) and "is_right" not in json.loads(body)


@pytest.mark.parametrize("name", ["nothing", "x" * 300, "..%2f..%2fetc", "<b>"])
def test_a_lesson_that_is_not_there_is_said_not_to_be(site: Still, name: str) -> None:
    status, _, body = site.get(f"/lesson/{quote(name, safe='%')}")
    assert status in (400, 404) and b"Traceback" not in body and len(body) < 400


def test_another_lesson_asks_by_another_digest(site: Still) -> None:
    assert len({told(site, name)["digest"] for name in (*names(), TRY)}) == len(names()) + 1
    assert told(site, TRY)["digest"] == told(site, TRY)["digest"]


# What a page gives to try


def test_what_a_page_gives_to_try_is_taken_alone(site: Still) -> None:
    lesson, config = from_article(TRY), told(site, TRY)
    assert [step["question"]["kind"] for step in config["steps"]] == [OPEN] * len(lesson.steps)
    status, body = answered(site, TRY, 0)
    assert (status, json.loads(body)) == (200, {"explain": blocks(lesson.steps[0].explain), "misread": ""})


def test_what_a_page_gives_to_try_is_taught_in_a_room(site: Still) -> None:
    lesson = from_article(TRY)
    with teacher(site, opened(site, lesson=TRY)) as desk, teacher(site, opened(site, lesson=names()[0])) as other:
        assert desk.state["title"] == lesson.title and other.state["title"] == load(names()[0]).title
        assert [step["title"] for step in desk.state["steps"]] == [step.title for step in lesson.steps]
        assert desk.state["asks"] == "open" and desk.state["page"]["present"].startswith(f"/{TRY}?")
        desk.send("go", step=1, phase="predict")
        desk.until_state(lambda state: state["step"] == 1 and state["question"]["kind"] == OPEN)
        desk.send("ask", step=1, again=False)
        assert desk.refusal() == "no_question"
        desk.send("go", step=len(lesson.steps) - 1, phase="explain")
        desk.until_state(lambda state: state["phase"] == "explain" and state["misread"])
