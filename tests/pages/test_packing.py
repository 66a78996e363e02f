"""Streamlit's bundles come packed to those who take that, packed once, and are otherwise what they were."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from streamlit import config

from pages.lab import packing
from pages.lab.packing import Packing
from tests.limits import WAIT_S
from tests.pages.serving import fetch, served

BUNDLES = Path(streamlit.__file__).parent / "static" / "static"
SCRIPT = max(BUNDLES.glob("js/*.js"), key=lambda path: path.stat().st_size)


async def packed_already(_request: object) -> Response:
    return Response(b"as it is", media_type="text/css", headers={"content-encoding": "gzip"})


@pytest.fixture(scope="module", params=["", "/base"])
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    """An app that serves Streamlit's files, under a base path too: its host, and that path."""
    base = request.param
    config.set_option("server.baseUrlPath", base)
    routes = [
        Route(f"{base}/static/packed.css", packed_already),
        Mount(f"{base}/static", StaticFiles(directory=BUNDLES)),
        Mount(f"{base}/other", StaticFiles(directory=BUNDLES)),
    ]
    try:
        with served(Starlette(routes=routes, middleware=[Middleware(Packing)])) as host:
            yield f"{host}{base}"
    finally:
        config.set_option("server.baseUrlPath", "")


def test_a_bundle_comes_packed_and_is_what_it_was(site: str) -> None:
    content = SCRIPT.read_bytes()
    _, plain, body = fetch(site, f"/static/js/{SCRIPT.name}")
    assert body == content and "content-encoding" not in plain
    status, headers, body = fetch(site, f"/static/js/{SCRIPT.name}", accept_encoding="br, gzip")
    assert status == 200 and gzip.decompress(body) == content and len(body) < len(content) / 2
    assert (headers["content-encoding"], headers["content-length"]) == ("gzip", str(len(body)))
    assert "accept-encoding" in headers["vary"].lower()
    assert {name: headers[name] for name in ("etag", "content-type")} == {
        name: plain[name] for name in ("etag", "content-type")
    }
    assert fetch(site, f"/static/js/{SCRIPT.name}", accept_encoding="gzip", if_none_match=headers["etag"])[0] == 304


def test_a_bundle_is_packed_once(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[bytes] = []

    def compress(data: bytes, level: int) -> bytes:
        packed.append(data)
        return gzip.compress(data, level)

    monkeypatch.setattr(packing, "gzip", SimpleNamespace(compress=compress))
    one, other = sorted(BUNDLES.glob("js/*.js"))[:2]
    bodies = [fetch(site, f"/static/js/{path.name}", accept_encoding="gzip")[2] for path in (one, other, one, other)]
    assert bodies[:2] == bodies[2:] and packed == [one.read_bytes(), other.read_bytes()]


def test_what_is_no_text_of_streamlits_own_is_left_alone(site: str) -> None:
    font = next(BUNDLES.glob("media/*.woff2"))
    for path in (f"/static/media/{font.name}", f"/other/js/{SCRIPT.name}"):
        _, headers, body = fetch(site, path, accept_encoding="gzip")
        assert "content-encoding" not in headers and body == (BUNDLES / path.split("/", 2)[2]).read_bytes()
    assert fetch(site, "/static/packed.css", accept_encoding="gzip")[2] == b"as it is"
    status, headers, body = fetch(site, "/static/js/none.js", accept_encoding="gzip")
    assert status == 404 and "content-encoding" not in headers
    status, headers, body = fetch(site, f"/static/js/{SCRIPT.name}", accept_encoding="gzip", range="bytes=2-5")
    assert (status, body) == (206, SCRIPT.read_bytes()[2:6]) and "content-encoding" not in headers
    request = Request(f"http://{site}/static/js/{SCRIPT.name}", method="HEAD", headers={"accept-encoding": "gzip"})
    with urlopen(request, timeout=WAIT_S) as answer:
        assert answer.headers["content-length"] == str(SCRIPT.stat().st_size)
