"""The app behind nginx, as the README says it: under a path, with TLS ended at the proxy, and without Host kept."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import REPOSITORY, Server
from tests.held_port import hold_port
from tests.limits import WAIT_S
from tests.pages.serving import wait_until
from trainers.wire.protocol import versioned

BASE = "tricklab"
NAME = "lab.example"
KINDS = ("told", "tls", "hostless", "portless", "socketless", "plain")
SLOW = f"/{BASE}/flooding?steps=100000&autostart=1"
LABELS = json.loads((REPOSITORY / "assets" / "text" / "en" / "labels.json").read_text(encoding="utf-8"))


def told_location(port: int) -> str:
    """The README's own example, for the app on that port."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    assert "127.0.0.1:8501" in example and f"location /{BASE}/" in example
    return str(example).replace("127.0.0.1:8501", f"127.0.0.1:{port}")


class Proxy:
    """nginx with a few servers that forward the app's path alone: as told, with TLS, and in ways that do not do."""

    def __init__(self, folder: Path, app_port: int) -> None:
        self._held = {kind: hold_port() for kind in KINDS}
        self.ports = {kind: held.getsockname()[1] for kind, held in self._held.items()}
        certificate, key = folder / "cert.pem", folder / "key.pem"
        subject = ["-subj", f"/CN={NAME}", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject],
            check=True, capture_output=True, timeout=WAIT_S,
        )  # fmt: skip
        told = told_location(app_port)
        locations = {
            "told": told,
            "tls": f"ssl_certificate {certificate}; ssl_certificate_key {key}; {told}",
            "hostless": told.replace("Host $http_host", "X-Forwarded-Host $http_host"),
            "portless": told.replace("$http_host", "$host"),
            "socketless": "\n".join(line for line in told.splitlines() if "pgrade" not in line),
            "plain": "\n".join(line for line in told.splitlines() if "proxy_set_header" not in line),
        }
        servers = [
            f"server {{ listen 127.0.0.1:{port}{' ssl' * (kind == 'tls')}; {locations[kind]} }}"
            for kind, port in self.ports.items()
        ]
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
        content = f"""
            daemon off; master_process off; pid {folder / "pid"}; error_log {folder / "error"};
            events {{}}
            http {{ access_log off; {places} {" ".join(servers)} }}
        """
        (folder / "nginx.conf").write_text(content, encoding="utf-8")
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if nginx is None:
            pytest.fail("the proxy tests need nginx: install it (on Debian: apt-get install nginx-light)")
        self.log = folder / "error"
        self.process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")])
        self._wait()

    def base(self, kind: str) -> str:
        """Where the server of that kind is, by the name of no machine of ours: pages of localhost are let in anyway."""
        return f"{'https' if kind == 'tls' else 'http'}://{NAME}:{self.ports[kind]}"

    def _wait(self) -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(
                    f"http://127.0.0.1:{self.ports['told']}/{BASE}/_stcore/health", timeout=60
                ).close()
                return
            time.sleep(0.1)
        pytest.fail(f"nginx did not come up:\n{self.log.read_text() if self.log.exists() else 'it said nothing'}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(WAIT_S)
        for held in self._held.values():
            held.close()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Server]]:
    server = Server(tmp_path_factory.mktemp("app") / "output.txt", BASE, TRICK_LAB_PUBLIC_URL=f"https://{NAME}/{BASE}")
    try:
        server.wait_until_ready()
        proxy = Proxy(tmp_path_factory.mktemp("nginx"), int(server.url.split(":")[2].split("/")[0]))
        try:
            yield proxy, server
        finally:
            proxy.stop()
    finally:
        server.stop()


@pytest.fixture
def open_at(browser: Browser, proxied: tuple[Proxy, Server]) -> Iterator[Callable[[str, str], Page]]:
    """Opens a page by a server of the proxy."""
    with ExitStack() as opened:

        def open_page(kind: str, path: str) -> Page:
            base = proxied[0].base(kind)
            size: Any = {"width": 1440, "height": 900}
            context = browser.new_context(base_url=base, ignore_https_errors=True, viewport=size)
            opened.callback(context.close)
            page = context.new_page()
            page.goto(path)
            return page

        yield open_page


def wait_for_log(server: Server, text: str) -> str:
    deadline = time.monotonic() + WAIT_S
    while text not in server.output():
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.1)
    return server.output()


@pytest.mark.parametrize("kind", ["told", "tls"])
def test_the_lab_lives_under_a_path_and_behind_tls(kind: str, open_at: Callable[[str, str], Page]) -> None:
    page = open_at(kind, SLOW)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator(".lab-where")).to_contain_text(re.compile(r"step [1-9]"))
    drawn = page.locator(".lab-race .js-plotly-plot").first
    expect(drawn).to_be_visible()
    wait_until(page, lambda: bool(drawn.evaluate("(chart) => chart.data?.some(({x}) => x.length > 5)")))
    page.locator("[data-knob=flood_level] input[type=range]").fill("40")
    page.wait_for_url("**flood_level=**")

    def taken() -> set[str]:
        """The levels in the data that the page's own link brings: on its way, a turn may come after steps that do."""
        with page.expect_download() as download:
            page.locator("[data-export=csv]").first.click()
        rows = csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines())
        return {row["flood_level"] for row in rows if row["flood_level"]}

    wait_until(page, lambda: len(taken()) == 2)  # before and after the knob was turned
    page.reload()
    expect(page.locator(".lab-where")).to_contain_text(re.compile(r"step [1-9]"))
    links = page.evaluate("[...document.links].map(({href}) => href)")
    scheme = page.url.partition(":")[0]
    own = [url for url in (*asked, *links) if url.startswith((f"{scheme}://{NAME}", f"ws{scheme[4:]}://"))]
    assert len(own) > 50 and all(re.match(rf"\w+://{NAME}:\d+/{BASE}/", url) for url in own)
    expect(page.locator(".lab-door")).to_have_count(0)


def test_pages_beside_the_lab_stay_under_the_path(open_at: Callable[[str, str], Page]) -> None:
    page = open_at("told", f"/{BASE}/flooding")
    page.get_by_role("tab", name=LABELS["tab.seeds"]).click()
    with page.expect_popup() as opened:
        page.get_by_role("tabpanel").get_by_role("link", name="Evidence").click()
    expect(opened.value.get_by_role("heading", name=LABELS["evidence.title"])).to_be_visible()
    assert opened.value.url.endswith(f"/{BASE}/evidence")


@pytest.mark.parametrize("kind", ["hostless", "portless", "plain"])
def test_a_proxy_that_forgets_the_host_is_named_with_the_remedy(
    kind: str, open_at: Callable[[str, str], Page], proxied: tuple[Proxy, Server]
) -> None:
    proxy, server = proxied
    page = open_at(kind, f"/{BASE}/flooding")
    said = page.get_by_role("alert")
    expect(said).to_contain_text(f"This page is at {proxy.base(kind)}, but the server was asked as")
    expect(said).to_contain_text("proxy_set_header Host $http_host;")
    told = wait_for_log(server, "proxy_set_header Host")
    assert told.count("proxy_set_header Host") == 1 and "Rejecting WebSocket" not in told


def test_a_proxy_that_passes_on_no_sockets_is_named_with_the_remedy(open_at: Callable[[str, str], Page]) -> None:
    page = open_at("socketless", f"/{BASE}/flooding")
    expect(page.get_by_role("alert")).to_have_text(LABELS["door.blocked"])


def test_the_live_socket_gives_its_reason(open_at: Callable[[str, str], Page]) -> None:
    page = open_at("hostless", f"/{BASE}/_stcore/health")
    told = page.evaluate(
        """(path) => new Promise((resolve) => {
            const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")).href);
            socket.onclose = ({code, reason}) => resolve([code, reason]);
        })""",
        versioned(f"/{BASE}/lab/live"),
    )
    assert told[0] == 1008 and "its proxy must pass on the header Host" in told[1]
