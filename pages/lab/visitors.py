"""Who somebody is: the cookie by which a browser is known again, and how much one visitor, or one address, may take.

The cookie holds a visitor's secret, 192 random bits; what is kept of it here is a digest, and there is nothing to sign.
Browsers know a cookie by the host, whatever the port, so its name says which app it is of. Limits count visitors: a
class behind one address is many. An address counts only for who keeps no cookie, and for what went wrong.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.cookies import SimpleCookie
from ipaddress import ip_address
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from pages.lab.files import base_path
from pages.lab.places import LOOPBACK, name_of, public_url
from trainers.live.visitor import Visitor
from trainers.store.library import LOCAL
from trainers.wire.messages import MALFORMED, TOO_LARGE, TOO_MUCH, ClosedError

SECRET = re.compile(r"[\w-]{32}", re.ASCII)
YEAR_S = 365 * 24 * 3600
SOCKETS, SOCKETS_OF_ADDRESS = 32, 512  # open at a time, of a visitor, and of all of an address without a cookie
PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
FAULTS = (MALFORMED, TOO_LARGE, TOO_MUCH)  # codes of what no page of ours sends
MAX_REASON = 120  # bytes that a closing reason may have
FAILURES, FAILURES_S = 30, 60.0  # sockets of an address closed for what they sent, within so many seconds


def new_secret() -> str:
    """What nobody can guess, as a cookie may hold it."""
    return secrets.token_urlsafe(24)


def cookie_name() -> str:
    """What this app's cookie is called."""
    return f"lab_{config.get_option('server.port')}"


def address_of(connection: HTTPConnection) -> str:
    """Where a request or a socket comes from."""
    return connection.client.host if connection.client else ""


def known(connection: HTTPConnection) -> Visitor | None:
    """Who asks, by their cookie; None where they have none, or one that is not ours."""
    secret = connection.cookies.get(cookie_name(), "")
    return Visitor.of(secret) if SECRET.fullmatch(secret) else None


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Who asks: by their cookie, or else somebody new who counts by their address.

    At the lab's own machine what its command line has trained is theirs too.
    """
    visitor = known(connection) or Visitor.of(new_secret(), address_of(connection))
    return replace(visitor, others=(LOCAL,)) if is_at_this_machine(connection) else visitor


def is_at_this_machine(connection: HTTPConnection) -> bool:
    """Whether who asks sits at the machine that the lab runs on, as far as that can be known.

    What a proxy passes on comes from its machine, which may be this one: it says so, or asks for another host, or the
    lab was told the address that people type.
    """
    with suppress(ValueError):
        is_loopback = ip_address(address_of(connection)).is_loopback
        is_passed_on = any(name in connection.headers for name in PASSED_ON) or public_url() is not None
        return is_loopback and not is_passed_on and name_of(connection.headers.get("host")) in LOOPBACK
    return False


class Cookies:
    """Around the whole app: gives every page its cookie, anew with each visit: it lasts a year from the last one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_page = Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
                if is_page and message["status"] == 200:
                    headers = MutableHeaders(raw=list(message["headers"]))
                    headers.append("set-cookie", cookie_for(HTTPConnection(scope)))
                    message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, give if scope["type"] == "http" else send)


def cookie_for(connection: HTTPConnection) -> str:
    """What the header `Set-Cookie` says to who asks: the secret that they have, or a new one."""
    name = cookie_name()
    before = connection.cookies.get(name, "")
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = before if SECRET.fullmatch(before) else new_secret()
    said = cookie[name]
    said["path"], said["max-age"], said["samesite"] = base_path() or "/", YEAR_S, "Lax"
    said["httponly"], said["secure"] = True, connection.url.scheme == "https"
    return said.OutputString()


class Failures:
    """What went wrong of late, by whose it was: `most` within so many seconds are too many."""

    def __init__(self, most: int, within_s: float) -> None:
        self._most, self._within_s = most, within_s
        self._times: dict[str, deque[float]] = {}

    def are_too_many(self, whose: str) -> bool:
        """Whether there are as many as there may be."""
        return sum(monotonic() - at < self._within_s for at in self._times.get(whose, ())) >= self._most

    def note(self, whose: str) -> None:
        """One more."""
        now = monotonic()
        self._times.setdefault(whose, deque(maxlen=self._most)).append(now)
        old = [known for known, times in self._times.items() if now - times[-1] >= self._within_s]
        for known in old:
            del self._times[known]


def reason_of(why: object) -> str:
    """Why a connection is closed, as short as a closing reason must be."""
    return str(why).encode(errors="replace")[:MAX_REASON].decode(errors="ignore")


class Limits:
    """How many sockets a visitor may have open, and how often an address may send what it must not."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._failures = Failures(FAILURES, FAILURES_S)

    @contextmanager
    def socket(self, visitor: Visitor, address: str) -> Iterator[None]:
        """Counts a socket as long as it is open.

        Raises:
            ClosedError: the visitor has as many as there may be, or too many of the address have failed just now; what
                is raised inside for what was sent counts as a failure.
        """
        if self._failures.are_too_many(address):
            raise ClosedError(TOO_MUCH, f"more than {FAILURES} bad connections within {FAILURES_S:g} s")
        most = SOCKETS if visitor.is_alone else SOCKETS_OF_ADDRESS
        if self._open[visitor.counted] >= most:
            raise ClosedError(TOO_MUCH, f"connections must be at most {most} at a time, got one more")
        self._open[visitor.counted] += 1
        try:
            yield
        except ClosedError as error:
            if error.code in FAULTS:
                self._failures.note(address)
            raise
        finally:
            self._open[visitor.counted] -= 1
            if not self._open[visitor.counted]:
                del self._open[visitor.counted]
