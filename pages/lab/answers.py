"""What the lab's own routes answer where they do not answer with what was asked for: a sentence, kept by nobody."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.responses import PlainTextResponse, Response

from trainers.store.database import StoreError
from trainers.store.library import RequestError
from tricks.declaration import RefusedError

UNKEPT = {"cache-control": "no-store"}


def say(status: int, sentence: str) -> Response:
    """The sentence."""
    return PlainTextResponse(sentence, status_code=status, headers=UNKEPT)


async def told(answer: Awaitable[Response]) -> Response:
    """The answer; what is refused is told why (400), and what the store cannot do (503)."""
    try:
        return await answer
    except (RefusedError, RequestError) as error:
        return say(400, str(error))
    except StoreError as error:
        return say(503, str(error))
