"""What a page loads by plain HTTP, and where it stands: the live lab's modules, and Plotly's library."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope
from streamlit import config

from pages.lab.joining import joined
from trainers.runs.provenance import made_here

ASSETS = Path(__file__).parent.parent.parent / "assets" / "lab"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

ADDRESSES = {
    "assets": "assets",
    "socket": "live",
    "export": "export",
    "library": "library",
    "share": "share",
    "move": "move",
    "archive": "archive",
    "room": "room",
    "rooms": "rooms",
    "lessons": "lessons",
    "plotly": "plotly.min.js",
    "door": "door",
}
"""What a page asks for, under the lab's own folder of the app's base path."""

JOINED = re.compile(r"joined/(\w+\.js)")
SHEETS = re.compile(r"css/\w+(\+\w+)+\.css")
SHEET = re.compile(r"^  (\w+): \[(.*)\],$", re.MULTILINE)  # a sheet, and the modules that need it

KEPT = "public, max-age=31536000, immutable"
"""What a browser need not ask after: at an address that names its content, there is never another."""


def paths() -> dict[str, str]:
    """The paths on this host of what a page asks for, by what it is: under the base path that Streamlit is told."""
    base = base_path()
    at = {name: f"{base}/lab/{place}" for name, place in ADDRESSES.items()}
    return {**at, "assets": f"{at['assets']}/{tree()}"}


def served(module: str) -> dict[str, Any]:
    """What every panel is told: its module and its style sheets, those paths, and the app with its version."""
    about = {"module": f"joined/{module}", "sheets": sheets_of(module), "app": f"Trick Lab {made_here()['version']}"}
    at = paths()
    return {**about, **at, "plotly": f"{at['plotly']}?{plotly_digest()}"}


@cache
def tree() -> str:
    """The folder in which browsers see the live lab's files: their `digest` when the app began.

    One for all of them, since modules name each other by where they stand.
    """
    return digest()


def digest() -> str:
    """That of all files of the live lab as they are now."""
    return _digest_of(str(ASSETS), tuple(sorted(_files_in(str(ASSETS)))))


def plotly_digest() -> str:
    """That of Plotly's library."""
    return _digest_of(str(PLOTLY.parent), ((str(PLOTLY), PLOTLY.stat().st_mtime_ns),))


def _files_in(folder: str) -> Iterator[tuple[str, int]]:
    """The files there and in its folders, and when each was last changed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files_in(entry.path)
            else:
                yield entry.path, entry.stat().st_mtime_ns


@lru_cache(maxsize=4)
def _digest_of(folder: str, files: tuple[tuple[str, int], ...]) -> str:
    """A digest of the files' places in the folder and contents; by the times a changed file is read again."""
    found = hashlib.sha256()
    for path, _ in files:
        content = Path(path).read_bytes()
        found.update(f"{path.removeprefix(folder)} {len(content)}\n".encode() + content)
    return found.hexdigest()[:16]


@cache
def sheets_of(module: str) -> str:
    """The style sheets that a page's module needs, as one file."""
    needed = SHEET.findall((ASSETS / "page" / "styles.js").read_text(encoding="utf-8"))
    names = (name for name, modules in needed if f'"{Path(module).stem}"' in modules)
    return f"css/{'+'.join(names)}.css"


def page_path(name: str) -> str:
    """The path on this host of the page of that name."""
    return f"{base_path()}/{name}"


def bundles_path() -> str:
    """The path on this host under which Streamlit serves its own bundles."""
    return f"{base_path()}/static/"


def base_path() -> str:
    """What Streamlit is told to serve everything under, as `/path`, or nothing."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return base and f"/{base}"


class Assets(StaticFiles):
    """The files of the live lab, to be kept, unless one has changed since their address was made.

    Style sheets may be asked for together, as `css/one+other.css`, and a page's module with all that it imports, as
    `joined/<module>.js`: a request costs more than what is in a file.
    """

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = self._kept()
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        if SHEETS.fullmatch(path):
            return await run_in_threadpool(self._sheets, path, scope)
        if joined_module := JOINED.fullmatch(path):
            return await run_in_threadpool(self._joined, joined_module[1], scope)
        response = await super().get_response(path, scope)
        if path.endswith(".js"):
            response.headers["content-type"] = "text/javascript; charset=utf-8"
        return response

    def _sheets(self, path: str, scope: Scope) -> Response:
        names = Path(path).stem.split("+")
        files = [self.lookup_path(f"css/{name}.css") for name in names]
        if len(set(names)) < len(names) or not all(found for _, found in files):
            return PlainTextResponse("Not Found", status_code=404)
        content = "\n".join(Path(file).read_text(encoding="utf-8") for file, _ in files)
        return self._made(content, "text/css", scope)

    def _joined(self, module: str, scope: Scope) -> Response:
        if not self.lookup_path(module)[1]:
            return PlainTextResponse("Not Found", status_code=404)
        return self._made(_join(module, digest()), "text/javascript", scope)

    def _made(self, content: str, kind: str, scope: Scope) -> Response:
        headers = {"cache-control": self._kept(), "etag": f'"{crc32(content.encode()):x}-{len(content)}"'}
        response = Response(content, media_type=kind, headers=headers)
        return (
            NotModifiedResponse(response.headers)
            if self.is_not_modified(response.headers, Headers(scope=scope))
            else response
        )

    @staticmethod
    def _kept() -> str:
        return KEPT if digest() == tree() else "no-cache"


@lru_cache(maxsize=8)
def _join(module: str, digest: str) -> str:
    return joined(ASSETS, module, digest)


@lru_cache(maxsize=2)
def _packed(path: Path, _changed: float) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


async def plotly_js(request: Request) -> Response:
    """Plotly's library as the installed package has it, packed once; asked for by its digest it is to be kept."""
    changed = PLOTLY.stat().st_mtime
    tag = f'W/"{plotly.__version__}-{changed:.0f}"'
    kept = KEPT if request.url.query == plotly_digest() else "no-cache"
    headers = {"cache-control": kept, "etag": tag, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        content = await run_in_threadpool(_packed, PLOTLY, changed)
    else:
        content = await run_in_threadpool(PLOTLY.read_bytes)
    return Response(content, media_type="text/javascript", headers=headers)
