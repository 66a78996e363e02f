"""The app behind nginx, as the README says it: under a path, with TLS ended at the proxy, and without Host kept."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import BOOT_S, REPOSITORY, WAIT_MS, Server

BASE = "tricklab"
SLOW = f"/{BASE}/flooding?steps=20000&autostart=1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def told_location(port: int) -> str:
    """The README's own example, for the app on that port."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    assert "127.0.0.1:8501" in example and f"location /{BASE}/" in example
    return str(example).replace("127.0.0.1:8501", f"127.0.0.1:{port}")


class Proxy:
    """nginx with one server that forwards the app's path alone: as told, with TLS, and without `Host`."""

    def __init__(self, folder: Path, app_port: int) -> None:
        self.ports = [free_port() for _ in range(3)]
        certificate, key = folder / "cert.pem", folder / "key.pem"
        subject = ["-subj", "/CN=127.0.0.1", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject],
            check=True, capture_output=True, timeout=600,
        )  # fmt: skip
        location = told_location(app_port)
        forgetful = "\n".join(line for line in location.splitlines() if "Host" not in line)
        tls = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
        servers = [
            f"server {{ listen 127.0.0.1:{self.ports[0]}; {location} }}",
            f"server {{ listen 127.0.0.1:{self.ports[1]} ssl; {tls} {location} }}",
            f"server {{ listen 127.0.0.1:{self.ports[2]}; {forgetful} }}",
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

    def _wait(self) -> None:
        deadline = time.monotonic() + BOOT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}/{BASE}/_stcore/health", timeout=60).close()
                return
            time.sleep(0.1)
        pytest.fail(f"nginx did not come up:\n{self.log.read_text() if self.log.exists() else 'it said nothing'}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(BOOT_S)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Server]]:
    server = Server(tmp_path_factory.mktemp("app") / "output.txt", f"--server.baseUrlPath={BASE}")
    try:
        server.wait_until_ready()
        proxy = Proxy(tmp_path_factory.mktemp("nginx"), int(server.url.split(":")[2].split("/")[0]))
        try:
            yield proxy, server
        finally:
            proxy.stop()
    finally:
        server.stop()


def open_at(browser: Browser, base: str, path: str) -> Page:
    context = browser.new_context(base_url=base, ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(path)
    return page


@pytest.mark.parametrize(("server", "scheme"), [(0, "http"), (1, "https")])
def test_the_lab_lives_under_a_path_and_behind_tls(
    browser: Browser, proxied: tuple[Proxy, Server], server: int, scheme: str
) -> None:
    page = open_at(browser, f"{scheme}://127.0.0.1:{proxied[0].ports[server]}", SLOW)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator(".lab-where")).to_contain_text(re.compile(r"step [1-9]"))
    page.wait_for_function("window.Plotly !== undefined")
    with page.expect_download() as download:
        page.locator("[data-export=csv]").first.click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("run_id,trick,task") and len(lines) > 2
    page.reload()
    expect(page.locator(".lab-where")).to_contain_text(re.compile(r"step [1-9]"))
    assert asked and all(f"/{BASE}/" in url for url in asked if url.startswith(scheme))
    page.context.close()


def test_a_proxy_that_forgets_the_host_is_named_with_the_remedy(
    browser: Browser, proxied: tuple[Proxy, Server]
) -> None:
    """As another name of this machine, since pages of localhost are let in from any port."""
    proxy, server = proxied
    page = open_at(browser, f"http://lab.example:{proxy.ports[2]}", f"/{BASE}/_stcore/health")
    path = f"/{BASE}/lab/live"
    told = page.evaluate(
        """(path) => new Promise((resolve) => {
            const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")).href);
            socket.onclose = ({code, reason}) => resolve([code, reason]);
        })""",
        path,
    )
    assert told[0] == 1008 and "its proxy must pass on the header Host" in told[1]
    deadline = time.monotonic() + BOOT_S
    while "proxy_set_header Host" not in server.output():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page.context.close()
