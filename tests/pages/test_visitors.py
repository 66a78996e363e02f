"""The cookie by which a browser is known again, and what limits count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import SimpleCookie

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit import config

from pages.lab import visitors
from pages.lab.visitors import FAILURES, FAILURES_S, SOCKETS, SOCKETS_OF_ADDRESS, Cookies, Limits, cookie_name, known
from tests.pages.serving import fetch, served
from trainers.live.visitor import Visitor
from trainers.wire.messages import ClosedError

SECRET = "a-secret_of-32-characters-as-ours"[:32]
YEAR_S = 31_536_000


async def page(_request: Request) -> Response:
    return HTMLResponse("<body></body>")


async def missing(_request: Request) -> Response:
    return HTMLResponse("none", status_code=404)


async def file(_request: Request) -> Response:
    return PlainTextResponse("text")


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    routes = [Route("/", page), Route("/missing", missing), Route("/file", file)]
    with served(Starlette(routes=routes, middleware=[Middleware(Cookies)])) as at:
        yield at


def given(host: str, path: str = "/", **headers: str) -> dict[str, object]:
    """The cookie that is given there, as its value and what is said of it; nothing where none is."""
    found: SimpleCookie = SimpleCookie(fetch(host, path, **headers)[1].get("set-cookie", ""))
    return {**found[cookie_name()], "value": found[cookie_name()].value} if found else {}


def connection(cookie: str, scheme: str = "http") -> HTTPConnection:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return HTTPConnection({"type": "http", "headers": headers, "scheme": scheme, "path": "/", "server": ("lab", 80)})


def test_a_page_brings_192_random_bits_that_no_script_and_no_other_site_gets(host: str) -> None:
    first, second = given(host), given(host)
    assert all(re.fullmatch(r"[\w-]{32}", str(one["value"])) for one in (first, second))  # six bits each
    assert first["value"] != second["value"]
    assert (first["httponly"], first["samesite"], first["path"], first["secure"]) == (True, "Lax", "/", "")
    assert first["max-age"] == str(YEAR_S)


def test_the_cookie_stays_and_is_renewed_with_each_visit(host: str) -> None:
    again = given(host, cookie=f"other=1; {cookie_name()}={SECRET}")
    assert (again["value"], again["max-age"]) == (SECRET, str(YEAR_S))


@pytest.mark.parametrize("value", ["short", SECRET + "x", "ä" * 16, "a" * 31 + ".", ""])
def test_one_that_is_not_ours_is_replaced_and_nobody_is_known_by_it(host: str, value: str) -> None:
    cookie = f"{cookie_name()}={value}"
    assert re.fullmatch(r"[\w-]{32}", str(given(host, cookie=cookie.encode().decode("latin-1"))["value"]))
    assert known(connection(cookie.encode().decode("latin-1"))) is None


@pytest.mark.parametrize("path", ["/missing", "/file"])
def test_only_pages_bring_it(host: str, path: str) -> None:
    assert given(host, path) == {}


def test_it_belongs_to_one_app_of_a_host_and_under_tls_to_that(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"server.port": 8765, "server.baseUrlPath": "tools/lab"}
    monkeypatch.setattr(config, "get_option", said.get)
    assert cookie_name() == "lab_8765"
    made = visitors.cookie_for(connection("", scheme="https"))
    assert "Path=/tools/lab" in made and "Secure" in made


def test_a_visitor_is_known_by_a_digest_of_the_secret() -> None:
    found = known(connection(f"{cookie_name()}={SECRET}"))
    assert found is not None and found == Visitor.of(SECRET) and found.is_alone
    assert SECRET not in repr(found) and re.fullmatch(r"[0-9a-f]{64}", found.id)
    assert known(connection("")) is None
    unknown = Visitor.of(SECRET, "10.0.0.7")
    assert (unknown.id, unknown.counted, unknown.is_alone) == (found.id, "10.0.0.7", False)


def held(limits: Limits, visitor: Visitor, count: int, address: str = "10.0.0.7") -> None:
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(limits.socket(visitor, address))


def test_a_visitor_has_so_many_sockets_and_an_address_counts_only_without_a_cookie() -> None:
    limits = Limits()
    one, other = Visitor.of("one"), Visitor.of("other")
    with ExitStack() as stack:
        for _ in range(SOCKETS):
            stack.enter_context(limits.socket(one, "10.0.0.7"))
        with pytest.raises(ClosedError, match=f"at most {SOCKETS} at a time"):
            held(limits, one, 1)
        for number in range(300):  # a school behind one address
            stack.enter_context(limits.socket(Visitor.of(str(number)), "10.0.0.7"))
        held(limits, other, SOCKETS)
        for number in range(SOCKETS_OF_ADDRESS):
            stack.enter_context(limits.socket(Visitor.of(str(number), "10.0.0.7"), "10.0.0.7"))
        with pytest.raises(ClosedError, match=f"at most {SOCKETS_OF_ADDRESS} at a time"):
            held(limits, Visitor.of("more", "10.0.0.7"), 1)
        held(limits, Visitor.of("more", "10.0.0.8"), 1, "10.0.0.8")
    held(limits, one, SOCKETS)  # those that were closed count no more


def test_an_address_that_sends_what_it_must_not_is_kept_out_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, now = Limits(), [100.0]
    monkeypatch.setattr(visitors, "monotonic", lambda: now[0])

    def fail(address: str) -> None:
        with pytest.raises(ClosedError, match="bad"), limits.socket(Visitor.of("x"), address):
            raise ClosedError(1007, "bad")

    for _ in range(FAILURES):
        fail("10.0.0.7")
    with pytest.raises(ClosedError, match=f"more than {FAILURES} bad connections within 60 s"):
        held(limits, Visitor.of("y"), 1)
    held(limits, Visitor.of("x"), 1, "10.0.0.8")  # the same visitor from elsewhere
    now[0] += FAILURES_S
    held(limits, Visitor.of("y"), 1)
