"""What a page loads by plain HTTP: kept by browsers at an address of its content, and never anything else there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from pages.lab import files
from tests.pages.serving import fetch, served


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    at = files.paths()
    routes = [Route(at["plotly"], files.plotly_js), Mount(at["assets"], files.Assets(directory=files.ASSETS))]
    with served(Starlette(routes=routes)) as host:
        yield host


def test_assets_are_kept_at_an_address_of_their_content(site: str) -> None:
    folder = files.paths()["assets"]
    assert folder == f"/lab/assets/{files.digest()}"
    scripts, sheets = ("lab.js", "joined/lab.js"), ("css/base.css", "css/base+door.css")
    for name, kind in [(name, "javascript") for name in scripts] + [(name, "css") for name in sheets]:
        status, headers, body = fetch(site, f"{folder}/{name}")
        assert status == 200 and f"text/{kind}" in headers["content-type"] and body
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert fetch(site, f"{folder}/{name}", if_none_match=headers["etag"])[0] == 304
    assert fetch(site, f"{folder}/../live.py")[0] == 404
    for other in ("/lab/assets/lab.js", f"/lab/assets/{'0' * 16}/lab.js"):  # of the lab before an upgrade
        assert fetch(site, other)[0] == 404


def test_assets_that_have_changed_since_the_app_began_are_asked_after(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files.paths()["assets"]
    changed = tmp_path / "lab"
    shutil.copytree(files.ASSETS, changed)
    monkeypatch.setattr(files, "ASSETS", changed)
    assert files.digest() == files.tree()
    (changed / "css" / "base.css").write_text("a {}", encoding="utf-8")
    assert files.digest() != files.tree() and files.paths()["assets"] == folder
    for name in ("lab.js", "joined/lab.js", "css/base+door.css"):
        assert fetch(site, f"{folder}/{name}")[1]["cache-control"] == "no-cache"


def test_a_digest_is_of_names_and_contents_and_of_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ASSETS", tmp_path)
    (tmp_path / "css").mkdir()
    one, other = tmp_path / "css" / "a.css", tmp_path / "b.js"
    one.write_text("1", encoding="utf-8")
    other.write_text("2", encoding="utf-8")
    first = files.digest()
    os.utime(one, ns=(1, 1))
    assert files.digest() == first and re.fullmatch(r"[0-9a-f]{16}", first)
    one.write_text("3", encoding="utf-8")
    assert files.digest() != first
    one.write_text("1", encoding="utf-8")
    assert files.digest() == first
    moved = other.rename(tmp_path / "css" / "b.js")
    assert files.digest() != first
    moved.rename(other)
    assert files.digest() == first


def test_no_module_that_is_not_there_comes_joined(site: str) -> None:
    for name in ("none", "page/dom"):
        assert fetch(site, f"{files.paths()['assets']}/joined/{name}.js")[0] == 404


def test_style_sheets_come_together(site: str) -> None:
    folder = f"{files.paths()['assets']}/css"
    apart = [fetch(site, f"{folder}/{name}.css")[2].decode() for name in ("base", "door")]
    status, headers, body = fetch(site, f"{folder}/base+door.css")
    assert (status, headers["content-type"], body.decode()) == (200, "text/css; charset=utf-8", "\n".join(apart))
    assert fetch(site, f"{folder}/base+door.css", if_none_match=headers["etag"])[0] == 304
    for other in ("base+none", "base+base", "base+../lab"):
        assert fetch(site, f"{folder}/{other}.css")[0] == 404


def test_plotly_is_that_of_the_installed_package(site: str) -> None:
    status, headers, body = fetch(site, "/lab/plotly.min.js")
    assert status == 200 and body == files.PLOTLY.read_bytes() and headers["cache-control"] == "no-cache"
    assert fetch(site, "/lab/plotly.min.js", if_none_match=headers["etag"])[0] == 304
    kept = fetch(site, f"/lab/plotly.min.js?{files.plotly_digest()}")
    assert kept[1]["cache-control"] == "public, max-age=31536000, immutable" and kept[2] == body
    assert fetch(site, "/lab/plotly.min.js?0123")[1]["cache-control"] == "no-cache"
    assert files.served("lab.js")["plotly"] == f"/lab/plotly.min.js?{files.plotly_digest()}"
    packed = fetch(site, "/lab/plotly.min.js", accept_encoding="gzip")
    assert packed[1]["content-encoding"] == "gzip" and len(packed[2]) < len(body) / 2
