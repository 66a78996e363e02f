"""Who is let in, whosever route it is: real sockets to the app as it is started, and its pages in a browser."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.typing import Origin

from pages.lab import files, gate, places
from pages.lab.door import Door, Guard
from pages.lab.gate import MAX_BODY, Gate
from pages.lab.text import load_words
from tests.conftest import REPOSITORY, Server
from tests.limits import WAIT_S
from tests.pages.serving import connect, served
from trainers.wire.protocol import versioned

WORDS = load_words("en")
BASE = "tricklab"
MEGABYTE = 1_000_000
FRAMER = "http://lab.example:*"
HERE = "127.0.0.1"
PROXY = "127.0.0.2"  # of this machine too: connections can come from there
STREAM = f"/{BASE}/_stcore/stream"
UPLOAD = f"/{BASE}/_stcore/upload_file/session/file"
LIVE = versioned(f"/{BASE}/lab/live")
FOREIGN = "was asked as"
UNKNOWN = "does not go by the name"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


def ask(
    at: str, path: str = "/", method: str = "GET", source: str = HERE, body: Any = None, **headers: str | None
) -> Answer:
    """What is answered at `at`, a host and port, to what comes from the address `source`; `Host` may be another."""
    name, _, port = at.rpartition(":")
    made = http.client.HTTPConnection(name, int(port), timeout=WAIT_S, source_address=(source, 0))
    made.putrequest(method, path, skip_host=True)
    told = {"host": at, **({} if body is None else {"content_length": str(len(body))}), **headers}
    for header, value in told.items():
        if value is not None:
            made.putheader(header.replace("_", "-"), value)
    made.endheaders(body)
    response = made.getresponse()
    found = {header.lower(): value for header, value in response.getheaders()}
    answer = Answer(response.status, found, response.read().decode())
    made.close()
    return answer


@contextmanager
def opened(at: str, path: str, host: str | None = None, **options: Any) -> Iterator[ClientConnection]:
    """A socket to `at`, that asks for `host`."""
    name, _, port = at.rpartition(":")
    with (
        socket.create_connection((name, int(port)), WAIT_S) as made,
        connect(f"ws://{host or at}{path}", sock=made, **options) as connection,
    ):
        yield connection


def told_when_refused(at: str, path: str, **options: Any) -> tuple[int, str]:
    """With which status and reason a socket is refused."""
    with pytest.raises(InvalidStatus) as refused, opened(at, path, **options):
        pass
    answer = refused.value.response
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.status_code, (answer.body or b"").decode()


def closing(at: str, path: str, say: Callable[[ClientConnection], None], **options: Any) -> tuple[int, str]:
    """With which code and reason the server closes a socket on which that is said."""
    with opened(at, path, **options) as connection:
        try:
            say(connection)
            connection.recv(WAIT_S)
        except ConnectionClosed as error:
            closed = error.rcvd
    assert closed is not None
    return closed.code, closed.reason


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as `make run HOST=0.0.0.0` starts it, with all settings that say who is let in."""
    settings = {
        places.PUBLIC_URL: "https://lab.example",
        places.FRAME_ANCESTORS: FRAMER,
        places.PROXIES: f"{PROXY}, 10.0.0.0/8",
    }
    server = Server(tmp_path_factory.mktemp("app") / "output.txt", BASE, "0.0.0.0", **settings)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def at(app: Server) -> str:
    """Its host and port."""
    return app.url.split("/")[2]


@pytest.mark.parametrize("path", ["/", "/flooding", "/_stcore/health", "/lab/assets/lab.js", "/lab/door"])
def test_who_asks_for_a_stranger_is_refused_on_every_route(path: str, at: str) -> None:
    port = at.partition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}", "", None):
        answer = ask(at, f"/{BASE}{path}", host=host)
        assert answer.status == 400 and (host is None or UNKNOWN in answer.body)
    answer = ask(at, f"/{BASE}{path}", host="evil.example")
    assert answer.body == WORDS.fill("door.unknown", host="evil.example")
    assert ask(at, f"/{BASE}{path}").status == 200


@pytest.mark.parametrize("path", [STREAM, LIVE, f"/{BASE}/nowhere"])
def test_sockets_that_ask_for_a_stranger_are_refused_with_the_remedy(path: str, at: str) -> None:
    status, reason = told_when_refused(at, path, host="evil.example")
    assert status == 400 and reason == WORDS.fill("door.unknown", host="evil.example")


def test_all_that_the_server_goes_by_is_let_in(at: str) -> None:
    port = at.partition(":")[2]
    hosts = [
        f"localhost:{port}",
        f"127.0.0.1:{port}",
        "[::1]",
        "lab.example",
        *(f"[{one}]" if ":" in one else one for one in places.own_addresses()),
    ]
    for host in hosts:
        assert ask(at, f"/{BASE}/_stcore/health", host=host).status == 200, host
    with opened(at, STREAM, host="lab.example"):
        pass


def test_streamlits_socket_is_for_pages_of_the_app(at: str) -> None:
    for origin in (f"http://{at}", "https://lab.example", "http://localhost:3000", None):
        with opened(at, STREAM, origin=origin and Origin(origin)):
            pass
    for origin in ("https://evil.example", "http://lab.example:8080", "null"):
        status, reason = told_when_refused(at, STREAM, origin=Origin(origin))
        assert status == 403 and FOREIGN in reason and "proxy_set_header Host $http_host" in reason


def test_the_live_socket_is_for_pages_of_the_app_and_says_so(at: str) -> None:
    code, reason = closing(at, LIVE, lambda made: None, origin=Origin("https://evil.example"))
    assert code == 1008 and "must pass on the header Host" in reason
    with opened(at, LIVE, origin=Origin("https://lab.example")) as made:
        made.send(json.dumps({"type": "attach", "run": "none"}))
        assert b'"gone"' in made.recv(WAIT_S, decode=False)


@pytest.mark.parametrize("path", [UPLOAD, f"/{BASE}/flooding", f"/{BASE}/lab/door"])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_what_could_change_something_is_for_pages_of_the_app(method: str, path: str, at: str) -> None:
    answer = ask(at, path, method, origin="https://evil.example")
    assert answer.status == 403 and FOREIGN in answer.body
    assert ask(at, path, method, host="evil.example").status == 400
    assert ask(at, path, method, origin=f"http://{at}").status == 405


def test_nothing_is_uploaded(at: str) -> None:
    for method in ("PUT", "POST", "DELETE"):
        answer = ask(at, UPLOAD, method, body=b"x" * 100)
        assert answer.status == 405 and answer.body == WORDS["gate.uploads"]
    assert ask(at, f"/{BASE}/flooding", "POST", body=b"x" * (MAX_BODY + 1)).status == 413


@pytest.mark.parametrize("path", [STREAM, LIVE])
def test_a_message_that_is_too_large_is_refused_before_it_is_there(path: str, at: str) -> None:
    head = b"\x82\xff" + struct.pack(">QI", MEGABYTE + 1, 0)  # of one frame, of which nothing follows
    assert closing(at, path, lambda made: made.socket.sendall(head))[0] == 1009
    parts = [b"x" * (MEGABYTE // 10)] * 11
    assert closing(at, path, lambda made: made.send(parts))[0] == 1009


def test_every_answer_says_what_a_page_may(at: str) -> None:
    answers = [
        ask(at, f"/{BASE}/", accept="text/html"),
        ask(at, f"/{BASE}/_stcore/health"),
        ask(at, f"/{BASE}/lab/plotly.min.js"),
        ask(at, f"/{BASE}/lab/export/none.csv"),
        ask(at, f"/{BASE}/none.js"),
        ask(at, "/"),
        ask(at, UPLOAD, "PUT"),
        ask(at, f"/{BASE}/", host="evil.example"),
    ]
    assert len({answer.status for answer in answers}) > 2
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'" and policy["object-src"] == policy["base-uri"] == "'none'"
        assert "'unsafe-inline'" not in policy["script-src"] and "'unsafe-eval'" not in policy["script-src"]
        assert policy["frame-ancestors"] == f"'self' {FRAMER}"


def test_the_start_tells_what_can_be_typed_and_asks_no_network(app: Server, at: str) -> None:
    port = at.partition(":")[2]
    told = app.output().splitlines()
    assert f"The lab is at http://localhost:{port}/{BASE}" in told
    (others,) = (line for line in told if line.startswith("Others can type "))
    own = [f"http://{address}:{port}/{BASE}" for address in places.own_addresses() if ":" not in address]
    assert others == f"Others can type {', '.join([f'https://lab.example/{BASE}', *own])}"
    assert not re.search(r"(Network|External) URL", app.output())


def test_make_run_serves_this_machine_alone_unless_it_is_told() -> None:
    def command(*arguments: str, **environment: str) -> str:
        run = subprocess.run(
            ["make", "--dry-run", "--always-make", "run", *arguments],
            cwd=REPOSITORY, env={"PATH": "/usr/bin:/bin", **environment}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return run.stdout.splitlines()[-1]

    assert command().endswith("--server.port 8501 --server.address 127.0.0.1")
    assert command(HOST="x86_64-conda-linux-gnu").endswith("--server.address 127.0.0.1")  # another program's variable
    assert command("HOST=0.0.0.0", "PORT=8600").endswith("--server.port 8600 --server.address 0.0.0.0")
    assert command(STREAMLIT_SERVER_ADDRESS="10.0.0.1").endswith("--server.address 10.0.0.1")


def test_without_any_setting_the_app_is_for_this_machine_alone() -> None:
    written = (REPOSITORY / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert re.search(r'^address = "127\.0\.0\.1"$', written, re.MULTILINE)


class Unextended:
    """A server that can refuse a socket only without a word."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "extensions": {}}, receive, send)


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Behind the gate: routes that tell what they were told, take a body, break, and are stricter than it."""
    monkeypatch.setenv(places.PROXIES, PROXY)

    async def tell(request: Request) -> Response:
        client = request.client
        return JSONResponse([client.host if client else None, request.url.scheme, (await request.body()).decode()])

    async def break_down(request: Request) -> Response:
        raise RuntimeError

    async def strict(request: Request) -> Response:
        return PlainTextResponse("", headers={"referrer-policy": "no-referrer"})

    async def page(request: Request) -> Response:
        kept = {"etag": "w", "last-modified": "then"}
        return HTMLResponse(f"<body>{request.headers.get('accept-encoding')}</body>", headers=kept)

    async def say_origin(asked: WebSocket) -> None:
        await asked.accept()
        await asked.send_text(f"{asked.headers.get('origin')} {asked.headers['host']} {asked.url.scheme}")
        await asked.close()

    routes = [
        Route("/tell", tell, methods=["GET", "POST"]),
        Route("/broken", break_down),
        Route("/strict", strict),
        Route("/file", lambda request: PlainTextResponse("</body>", headers={"etag": "w"})),
        Route("/{page:path}", page),
        WebSocketRoute("/_stcore/stream", say_origin),
    ]
    door = Door(WORDS.labels)
    around = [Middleware(Unextended), Middleware(Gate, door=door), Middleware(Guard, door=door)]
    with served(Starlette(routes=routes, middleware=around)) as host:
        yield host


def test_every_page_has_the_script_that_asks_at_the_door(gated: str) -> None:
    kinds = {"accept": "text/html,*/*", "accept_encoding": "gzip"}
    answer = ask(gated, "/flooding", if_none_match="w", range="bytes=0-3", **kinds)
    assert answer.status == 200 and not {"etag", "last-modified"} & set(answer.headers)
    assert answer.body.startswith("<body>None<script ") and answer.body.endswith("</script></body>")
    assert f'src="{files.paths()["assets"]}/door.js" data-door="/lab/door"' in answer.body
    answer = ask(gated, "/file", **kinds)
    assert answer.body == "</body>" and answer.headers["etag"] == "w"
    assert "<script" not in ask(gated, "/flooding", accept="*/*").body


def test_streamlit_is_told_no_origin_and_need_not_ask_the_network(gated: str) -> None:
    for origin in (f"http://{gated}", "http://localhost:3000"):
        with opened(gated, "/_stcore/stream", origin=Origin(origin)) as made:
            assert made.recv(WAIT_S) == f"None {gated} ws"
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(gated, "/_stcore/stream", origin=Origin("https://evil.example")),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_what_a_proxy_says_counts_only_where_it_is_trusted(gated: str) -> None:
    said = {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "https"}

    def told(source: str, **headers: str) -> list[str]:
        return list(json.loads(ask(gated, "/tell", source=source, **headers).body)[:2])

    assert told(HERE, **said) == [HERE, "http"] and told(PROXY) == [PROXY, "http"]
    assert told(PROXY, **said) == ["203.0.113.7", "https"]
    assert told(PROXY, x_forwarded_for=f"198.51.100.1, 203.0.113.7, {PROXY}") == ["203.0.113.7", "http"]
    forged = {"x_forwarded_host": "evil.example", "forwarded": "for=203.0.113.7;host=evil.example"}
    assert told(PROXY, **forged) == [PROXY, "http"]


def test_a_proxy_is_known_also_where_its_address_comes_within_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.PROXIES, PROXY)
    told: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        told.append(scope["client"])
        await PlainTextResponse("")(scope, receive, send)

    both = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)  # as Streamlit binds it
    with served(Gate(app, Door(WORDS.labels)), both) as named:
        port = named.rpartition(":")[2]
        for source in (HERE, PROXY):
            ask(f"{HERE}:{port}", source=source, x_forwarded_for="203.0.113.7")
    assert [host for host, _ in told] == [HERE, "203.0.113.7"]


def test_a_body_is_bounded_whether_it_says_its_length_or_not(gated: str) -> None:
    largest = b"x" * MAX_BODY
    assert json.loads(ask(gated, "/tell", "POST", body=largest).body)[2] == largest.decode()
    answer = ask(gated, "/tell", "POST", body=largest + b"x")
    assert answer.status == 413 and answer.body == WORDS.fill("gate.large", most=MAX_BODY)
    for size, status in ((MAX_BODY, 200), (MAX_BODY + 1, 413)):
        chunks = (
            b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b"x" * 1000, b"x" * (size - 1000))) + b"0\r\n\r\n"
        )
        answer = ask(gated, "/tell", "POST", body=chunks, content_length=None, transfer_encoding="chunked")
        assert answer.status == status, size
    assert ask(gated, "/tell", body=largest + b"x").status == 413  # of a GET too


def test_what_breaks_has_the_headers_too_and_a_route_may_be_stricter(gated: str) -> None:
    answer = ask(gated, "/broken")
    assert answer.status == 500 and answer.headers["x-content-type-options"] == "nosniff"
    assert ask(gated, "/strict").headers["referrer-policy"] == "no-referrer"
    assert ask(gated, "/file").headers["referrer-policy"] == "same-origin"


def test_a_host_that_is_said_twice_is_none(gated: str) -> None:
    assert Door(WORDS.labels).unknown(["localhost", "evil.example"], None)
    assert not Door(WORDS.labels).unknown(["localhost"], None)


def test_the_scripts_in_streamlits_page_are_those_that_are_allowed() -> None:
    assert len(gate.INLINE.findall(gate.INDEX.read_bytes())) == gate.policy().count("'sha256-") >= 1


WATCHED = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push([event.effectiveDirective, event.blockedURI, event.sourceFile].join(" "));
    });
"""


@pytest.fixture
def watched(browser: Browser, app: Server) -> Iterator[Page]:
    """A page of the app that notes what its policy forbids, and which answers did not come."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCHED)
    page = context.new_page()
    yield page
    context.close()


def forbidden(page: Page) -> list[str]:
    return list(page.evaluate("window.violations"))


def test_the_policy_forbids_nothing_that_a_page_with_a_run_does(watched: Page, app: Server, tmp_path: Path) -> None:
    page = watched
    page.goto(f"{app.url}/flooding?steps=60&eval_every=20&autostart=1")
    expect(page.locator(".lab-where")).to_contain_text("finished")
    expect(page.locator(".katex").first).to_be_visible()
    with page.expect_download() as data:
        page.locator("[data-export=csv]").first.click()
    assert Path(data.value.path()).read_text(encoding="utf-8").startswith("run_id,")
    for kind in ("png", "svg"):
        page.locator("[data-chart=race-1] figcaption").hover()
        with page.expect_download() as picture:
            page.locator(f"[data-chart=race-1] [data-tool={kind}]").click()
        assert Path(picture.value.path()).stat().st_size > 1000
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(page.get_by_role("tabpanel").first).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.pdf()
    page.emulate_media(media="screen")
    page.get_by_role("tab", name=WORDS["tab.seeds"]).click()
    page.locator("[data-action=seeds]").click()
    expect(page.locator(".seeds .lab-where")).to_contain_text("finished")
    assert forbidden(page) == []


@pytest.mark.parametrize("path", ["", "evidence", "flooding?view=present", "anchors?steps=20&autostart=1"])
def test_the_policy_forbids_nothing_on_other_pages(path: str, watched: Page, app: Server) -> None:
    page = watched
    page.goto(f"{app.url}/{path}")
    page.locator("h1").wait_for()
    if "autostart" in path:
        expect(page.locator(".lab-where")).to_contain_text("finished")
        page.locator("canvas").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert forbidden(page) == []


def test_the_policy_forbids_nothing_when_tricks_run_together(watched: Page, app: Server) -> None:
    page = watched
    page.goto(f"{app.url}/combine?tricks=dropout,flooding&steps=20&eval_every=20")
    page.locator(".many [data-action=run]").click()
    expect(page.locator(".many .lab-where")).to_contain_text("step 20 of 20")
    assert forbidden(page) == []


def test_the_policy_forbids_what_is_not_of_the_app(watched: Page, app: Server) -> None:
    page = watched
    page.goto(f"{app.url}/flooding")
    page.locator("h1").wait_for()
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.evil = 1'}))")
    page.evaluate("fetch('http://localhost:1/').catch(() => 0)")
    page.evaluate("new Promise((done) => Object.assign(new Image(), {onerror: done, src: 'http://localhost:1/x.png'}))")
    assert page.evaluate("window.evil") is None
    assert {one.split(" ")[0] for one in forbidden(page)} == {"script-src-elem", "connect-src", "img-src"}


@pytest.mark.parametrize(("name", "shown"), [("lab.example", True), (HERE, False)])
def test_a_page_of_a_named_place_may_frame_the_app_and_no_other(
    name: str, shown: bool, watched: Page, app: Server
) -> None:
    framing = HTMLResponse(f'<iframe src="{app.url}/_stcore/health"></iframe>')
    with served(framing) as host:
        watched.goto(f"http://{host.replace(HERE, name)}/")
        (framed,) = watched.frames[1:]
        framed.wait_for_load_state()
        assert framed.url.startswith(app.url) is shown
