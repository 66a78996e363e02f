"""What every test shares: one torch thread, reproducible examples, cached data, the app in a real browser."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from multiprocessing import spawn
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
import numpy as np
import pytest
import torch
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Frame, Page, expect, sync_playwright

from tests import drawn
from tests.held_port import hold_port
from tests.limits import WAIT_MS, WAIT_S

REPOSITORY = Path(__file__).parent.parent

LONG_SHARE = 0.01  # of the tests marked long, in `make test`, where the mark names no other
FIRST = (
    "test_measures",
    "test_turning",
    "test_crash",
    "test_walk",
    "test_readme",
    "test_every_page",
    "test_component",
    "test_journeys",
    "test_conductor",
    "test_link",
)
"""Of the files of tests those that last longest, which come first, or one worker would end minutes after the other."""

BROWSER_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP lab.example 127.0.0.1",
)

torch.set_num_threads(1)
settings.register_profile("lab", deadline=None, derandomize=True)
settings.load_profile("lab")
expect.set_options(timeout=WAIT_MS)


def pytest_configure() -> None:
    """Keeps generated data in the checkout, and nothing in the user's own store; what tests start inherits both."""
    os.environ.setdefault("TRICK_LAB_CACHE", str(REPOSITORY / ".cache" / "trick-lab"))
    os.environ["TRICK_LAB_STORE"] = "off"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one option of ours."""
    parser.addoption("--long", action="store_true", help="run every test marked long, not only a drawn share of them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Has the slow files come first, and of the tests marked long keeps a share, drawn by the tree's hash.

    One that says `long(share=0)` is not among those: a shorter form of it is tested each time.
    """
    places = {f"{name}.py": place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(FIRST)))
    if config.getoption("--long"):
        return
    marked: dict[float, list[str]] = {}
    for item in items:
        if marker := item.get_closest_marker("long"):
            marked.setdefault(marker.kwargs.get("share", LONG_SHARE), []).append(item.nodeid)
    left_out: set[str] = set()
    for share, names in marked.items():
        left_out |= {*names} - {*drawn.choice(f"long tests {share}").sample(sorted(names), round(share * len(names)))}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left_out])
    items[:] = [item for item in items if item.nodeid not in left_out]


BEGUN = time.monotonic()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how long the tests took, and how fast this machine is when nothing else of them runs."""
    from trainers.bench.paces import machine_speed  # of the one process that says it, not of every worker

    minutes = (time.monotonic() - BEGUN) / 60
    told = f"the bare MLP loop makes {machine_speed():,.0f} steps a second of processor time"
    terminalreporter.write_line(f"{minutes:.1f} minutes where {told}")


@pytest.fixture(autouse=True, scope="module")
def leave_the_process_as_it_was() -> Iterator[None]:
    """Whichever files of tests came before in this process, a file finds it as the first one did.

    The app sets some of this for good, as it may: it has its process to itself.
    """
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    environment, path, folder = dict(os.environ), [*sys.path], Path.cwd()
    settings_of_dask, preparation = deepcopy(dask.config.config), spawn.get_preparation_data
    yield
    os.chdir(folder)
    for name in os.environ.keys() - environment.keys() - {"PYTEST_CURRENT_TEST"}:
        del os.environ[name]
    os.environ.update({name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"})
    sys.path[:] = path
    dask.config.config.clear()
    dask.config.config.update(settings_of_dask)
    spawn.get_preparation_data = preparation


@pytest.fixture(autouse=True)
def keep_main_module() -> Iterator[None]:
    """Streamlit's AppTest leaves its script as the main module, which processes started later would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


class Server:
    """`streamlit run app.py` on a free port, with what it printed; `settings` are variables of its environment."""

    def __init__(self, log: Path, base: str = "", address: str = "127.0.0.1", **settings: str) -> None:
        self.log = log
        self._held = hold_port()
        port = self._held.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{base and '/'}{base}"
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        options = [f"--server.port={port}", f"--server.address={address}", "--server.headless=true"]
        if base:
            options.append(f"--server.baseUrlPath={base}")
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *options, "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"],
                cwd=REPOSITORY,
                env={**os.environ, **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                pytest.fail(f"the app ended with {self.process.returncode} before it was ready:\n{self.output()}")
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=30):
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        pytest.fail(f"the app was not ready within {WAIT_S} s:\n{self.output()}")

    def stop(self) -> None:
        """Asks the app to end, as Ctrl-C does, and fails if it had ended before or does not end."""
        ended = self.process.poll()
        try:
            if ended is None:
                self.process.send_signal(signal.SIGINT)
                self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the app did not end within {WAIT_S} s of an interrupt:\n{self.output()}")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # whatever it may have left behind
            self.process.wait(WAIT_S)
            self._held.close()
        if ended is not None:
            pytest.fail(f"the app ended with {ended} while the tests ran:\n{self.output()}")

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-20_000:]


def chromium_path() -> str:
    """Where Chromium is."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail("the browser tests need Chromium: install it, or name it with CHROMIUM=/path/to/it")
    return path


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app, without a slash at its end; one app serves the whole session."""
    server = Server(tmp_path_factory.mktemp("app") / "output.txt")
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.stop()


def launch_options() -> dict[str, Any]:
    """How Chromium is started."""
    return {"executable_path": chromium_path(), "args": list(BROWSER_FLAGS), "timeout": WAIT_MS}


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserType]:
    """What starts Chromium, of one test file: while it is there no other event loop may run in this thread."""
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def browser(chromium: BrowserType) -> Iterator[Browser]:
    """Chromium, of one test file; each of its contexts is a browser that has never been here."""
    opened = chromium.launch(**launch_options())
    opened.on("context", lambda context: context.set_default_timeout(WAIT_MS))  # of its requests, too
    yield opened
    opened.close()


def pause_run(page: Page) -> None:
    """Pauses what still trains: it would go on for ten seconds, and take what the next test needs of the machine."""
    with suppress(Error):  # nobody is there any more to be told
        if page.evaluate("""() => {
            const button = document.querySelector("button[data-action=pause]");
            button?.click();
            return button !== null;
        }"""):
            page.wait_for_timeout(50)  # in which it is sent


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Keeps whether the test itself failed, for those who tell more of it then."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@contextmanager
def telling(page: Page, test: pytest.Item) -> Iterator[None]:
    """Prints, where the test fails, what the page had and said: what waits in vain for it does not say why."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("requestfailed", lambda asked: said.append(f"{asked.url}: {asked.failure}"))
    page.on("websocket", lambda socket: socket.on("close", lambda _: said.append(f"{socket.url}: closed")))
    yield
    if test.stash.get(FAILED, False):
        print(page.url, *said, sep="\n")
        with suppress(Error):  # a page that hangs has no more to say
            print(page.locator("body").inner_text(timeout=30_000))


class Profile:
    """A browser that has been here: it keeps the scripts it has compiled, the larger part of the time a page takes.

    But for these each test finds it as it was first, if it leaves nothing on the `context` itself.
    """

    def __init__(self, chromium: BrowserType, folder: Path, **options: Any) -> None:
        self.context = chromium.launch_persistent_context(folder, **launch_options(), **options)
        self.context.set_default_timeout(WAIT_MS)
        self._seen: set[str] = set()
        self.context.on("page", lambda page: page.on("framenavigated", self._note))
        [self._first] = self.context.pages

    def _note(self, frame: Frame) -> None:
        place = urlsplit(frame.url)
        if place.netloc:
            self._seen.add(f"{place.scheme}://{place.netloc}")

    def forget(self) -> None:
        """Closes the pages, and has nothing of those known that were there."""
        for page in self.context.pages:
            if page is not self._first:
                pause_run(page)
                page.close()
        self.context.clear_cookies()
        self.context.clear_permissions()
        session = self.context.new_cdp_session(self._first)
        kinds = "local_storage,indexeddb,cache_storage,service_workers"
        for origin in self._seen:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds})
        session.detach()
        self._seen.clear()


@pytest.fixture(scope="module")
def app_profile(chromium: BrowserType, app_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    """A browser of the running app, of one test file."""
    size: Any = {"width": 1440, "height": 900}
    profile = Profile(chromium, tmp_path_factory.mktemp("profile"), base_url=app_server, viewport=size)
    yield profile
    profile.context.close()


@pytest.fixture
def browser_page(app_profile: Profile, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page (1440 x 900) of somebody new; `goto` takes paths. Fails on an uncaught error in the page."""
    page = app_profile.context.new_page()
    errors: list[Error] = []
    page.on("pageerror", lambda error: errors.append(error))
    with telling(page, request.node):
        yield page
    app_profile.forget()
    assert not errors, f"uncaught in the page: {'; '.join(error.message for error in errors)}"


@pytest.fixture(scope="module")
def profile(chromium: BrowserType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    """A browser of what tests serve themselves, of one test file."""
    size: Any = {"width": 1160, "height": 900}
    opened = Profile(chromium, tmp_path_factory.mktemp("profile"), viewport=size)
    yield opened
    opened.context.close()


@pytest.fixture
def context(profile: Profile) -> Iterator[BrowserContext]:
    """That browser with somebody new before it."""
    yield profile.context
    profile.forget()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port for the servers of one test file, one after the other: what a browser keeps, it keeps by the address."""
    with hold_port() as held:
        yield held.getsockname()[1]
