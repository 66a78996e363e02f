"""How soon a person sees what they did: the app in headless Chromium, from its start to a turned knob on the chart.

And what a page costs before its first chart stands, how evenly it scrolls while a run streams, and how soon a slow
phone that joins a class sees the run.

`make browser-bench`, or `python -m tests.browser_bench`, on a machine that does nothing else. Every figure ends at what
the browser has, so the way there and back is in it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.conftest import BROWSER_FLAGS, Server, chromium_path
from trainers.bench.figures import Effort, Figure
from trainers.bench.paces import machine_speed
from trainers.bench.subjects import TASK, TRICK
from trainers.runs.labels import load_labels
from trainers.wire.frames import decode
from trainers.wire.protocol import versioned
from tricks import catalogue

LABELS = load_labels()
KNOB, LOW, HIGH = "flood_level", 0.05, 0.35
MANY = 30  # runs that go on while a page loads
LOADS = 7  # first visits
LATENCIES_MS = (0, 40)  # that each request is made to wait for its answer
ARMS = 24  # of the sweep that is scrolled
LINE = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 1.6e6 / 8}  # a phone's: ms, bytes a second
SLOWER = 4  # times slower is a phone's processor
PHONE = {"width": 390, "height": 844}
SCROLL_S = 5
LATE_MS = 25  # between two frames of the screen: one was left out
WAIT_MS = 60_000

WATCH = """
(() => {
  const seen = (window.seen = {begun: [], turns: [], plotted: []});
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({data}) => {
        if (!(data instanceof ArrayBuffer)) return;
        const text = new Uint8Array(data, 4, new DataView(data).getUint32(0, true));
        const {type, events = []} = JSON.parse(new TextDecoder().decode(text));
        if (type === "snapshot") seen.begun.push({at: performance.now()});
        for (const event of events) seen.turns.push({...event, at: performance.now()});
      });
    }
  };
  const patch = () => {
    if (!window.Plotly) return void setTimeout(patch, 1);
    const react = window.Plotly.react;
    window.Plotly.react = (plot, traces, ...rest) => {
      const drawn = react(plot, traces, ...rest);
      if (plot.closest("[data-chart]")?.dataset.chart.startsWith("race")) {
        let last = 0;
        for (const {x} of traces) if (x?.length) last = Math.max(last, x[x.length - 1] || 0);
        seen.plotted.push({last, at: performance.now()});
      }
      return drawn;
    };
  };
  patch();
})();
"""

FIRST_CHART = """
document.querySelector('[data-chart^=race] .lab-plot')?.childElementCount && performance.now()
"""

ASKED = """
performance.getEntriesByType('resource').find(({name}) => /\\/lab\\/assets\\/(\\w+\\/)*lab\\.js$/.test(name)).startTime
"""

FIRST_CURVE = """
document.querySelector(".room-curve")?.getAttribute("d") && performance.now()
"""

SCROLL = """
([selector, seconds]) => new Promise((done) => {
  let scroller = [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
  while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement;
  const [waits, places, begun] = [[], new Set(), performance.now()];
  let last = null;
  requestAnimationFrame(function note(now) {
    if (last !== null) waits.push(now - last);
    last = now;
    places.add(scroller?.scrollTop);
    if (performance.now() - begun < 1000 * seconds) requestAnimationFrame(note);
    else done({waits, places: places.size});
  });
})
"""

TURN = """
([name, share]) => {
  const slider = document.querySelector(`[data-range="${name}"]`);
  slider.value = String(Number(slider.min) + (Number(slider.max) - Number(slider.min)) * share);
  const at = performance.now();
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  return at;
}
"""


def since(page: Page, kind: str, at: float, holds: str) -> Mapping[str, float]:
    """The first of what was `seen` after `at` for which the expression `holds`."""
    found = page.wait_for_function(
        f"([at, kind]) => window.seen[kind].find((one) => one.at > at && {holds})", arg=[at, kind], polling=5
    )
    value: Mapping[str, float] = found.json_value()
    return value


def wait_for_lab(page: Page) -> float:
    """The seconds from the start of the navigation until the live lab is there, looked for every few milliseconds."""
    shown = page.wait_for_function(
        "document.querySelector('[data-action=run]')?.checkVisibility() && performance.now()",
        polling=5,
        timeout=WAIT_MS,
    )
    return float(shown.json_value()) / 1000


def measure_start(open_app: Callable[[], Server], browser: Browser) -> Iterator[Figure]:
    """From the command to the first page with its live lab, on a machine where all is installed."""
    begun = time.perf_counter()
    server = open_app()
    server.wait_until_ready()
    page = browser.new_page(bypass_csp=True)
    page.goto(f"{server.url}/{TRICK}", timeout=WAIT_MS, wait_until="commit")
    wait_for_lab(page)
    yield Figure("from the command to the first page", time.perf_counter() - begun, "s", at_most=5)
    page.close()


def measure_press(page: Page) -> Iterator[Figure]:
    """From Run, or Restart, to the first plotted step; once before, since the first run warms the workers."""
    waits: list[float] = []
    for number in range(6):
        button = "run" if number % 2 == 0 else "restart"
        if button == "run":  # a page that has no run yet
            page.goto(page.url, timeout=WAIT_MS)
            page.evaluate("sessionStorage.clear()")
            page.reload(timeout=WAIT_MS)
            page.wait_for_function("window.Plotly && document.querySelector('[data-chart] .plot-container')")
            page.wait_for_timeout(1000)
        at = page.evaluate(
            "name => { const at = performance.now(); document.querySelector(name).click(); return at; }",
            f"[data-action={button}]",
        )
        begun = since(page, "begun", at, "true")["at"]  # what is drawn before is of the run before
        waits.append((since(page, "plotted", begun, "one.last >= 1")["at"] - at) / 1000)
        page.wait_for_timeout(500)
    yield Figure("from Run to the first plotted step", statistics.median(waits[2::2]), "s", at_most=1)
    yield Figure("from Restart to the first plotted step", statistics.median(waits[1::2]), "s", at_most=1)


def measure_turn(page: Page, count: int, beside: str = "") -> Iterator[Figure]:
    """From a knob's move to the frame that holds the first step under it, and to the chart that shows that step.

    What it is `beside` is named; nothing is asked of it there.
    """
    steps, points = [], []
    for number in range(count):
        page.wait_for_timeout(230 + 37 * (number % 5))  # at no fixed place in the rhythm of frames
        at = page.evaluate(TURN, [KNOB, LOW if number % 2 else HIGH])
        turn = since(page, "turns", at, f"one.name === '{KNOB}'")
        steps.append(turn["at"] - at)
        points.append(since(page, "plotted", at, f"one.last >= {turn['step']}")["at"] - at)
    detail = {"each_ms": [round(value, 1) for value in points]}
    name, most = "knob turn to the first", (None, None) if beside else (40, 110)
    yield Figure(f"{name} step under it, in the browser{beside}", statistics.median(steps), "ms", at_most=most[0])
    yield Figure(f"{name} plotted point{beside}", statistics.median(points), "ms", at_most=most[1], detail=detail)


def measure_turn_beside(server: Server, page: Page, count: int) -> Iterator[Figure]:
    """The same of a long run, while many others train."""
    page.goto(f"{server.url}/{TRICK}?steps=100000", timeout=WAIT_MS)
    wait_for_lab(page)
    with training(server):
        at = page.evaluate("performance.now()")
        page.locator("[data-action=run], [data-action=restart]").first.click()
        begun = since(page, "begun", at, "true")["at"]
        since(page, "plotted", begun, "one.last >= 1")
        yield from measure_turn(page, count, f", beside {MANY} runs")


def measure_load(server: Server, browser: Browser) -> Iterator[Figure]:
    """A page's load, nothing of it known to the browser, while many runs train, each watched at its own socket."""
    with training(server):
        loads, drawn = [], []
        for _ in range(5):
            context = browser.new_context(bypass_csp=True)  # to look without a pause, in the page itself
            page = context.new_page()
            page.goto(f"{server.url}/{TRICK}", timeout=WAIT_MS, wait_until="commit")
            loads.append(wait_for_lab(page))
            plotly = page.wait_for_function("window.Plotly && performance.now()", polling=5, timeout=WAIT_MS)
            drawn.append(float(plotly.json_value()) / 1000)
            context.close()
    yield Figure(f"a page's load while {MANY} runs train, to its controls", statistics.median(loads), "s", at_most=1.5)
    yield Figure(f"a page's load while {MANY} runs train, until it can draw", statistics.median(drawn), "s")


@contextmanager
def training(server: Server) -> Iterator[None]:
    """Many runs that train, each watched at its own socket."""
    with ExitStack() as stack:
        live = f"ws{server.url[4:]}{versioned('/lab/live')}"
        for _ in range(MANY):
            watch(stack.enter_context(connect(live, compression=None, max_size=None)))
        yield


def measure_first(server: Server, browser: Browser) -> Iterator[Figure]:
    """A page that the browser knows nothing of: what it asks for, and when its first chart stands.

    Also where each request waits for its answer, as over a network.
    """
    for latency in LATENCIES_MS:
        found = [first_visit(server, browser, latency) for _ in range(LOADS + 1)][1:]  # the first one warms the app
        name = f"first visit, {latency} ms to an answer"
        each = {"each_s": [round(one["drawn_s"], 3) for one in found]}
        for kind, unit in (("requests", ""), ("kB", "kB"), ("own_requests", ""), ("own_kB", "kB")):
            yield Figure(f"{name}: {kind}", statistics.median(one[kind] for one in found), unit)
        drawn = statistics.median(one["drawn_s"] for one in found)
        yield Figure(f"{name}: the first chart", drawn, "s", detail=each)
        own = statistics.median(one["own_s"] for one in found)
        yield Figure(f"{name}: the first chart, from the panels' module on", own, "s")


def first_visit(server: Server, browser: Browser, latency_ms: int) -> dict[str, float]:
    """When the first chart stands, and requests and kilobytes until then; `own` are the panels' modules and sheets."""
    context = browser.new_context(bypass_csp=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.requestWillBeSent", lambda told: urls.update({told["requestId"]: told["request"]["url"]}))
    session.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    session.send("Network.enable")
    speeds = {"latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {"offline": False, **speeds})
    page.goto(f"{server.url}/{TRICK}", timeout=WAIT_MS, wait_until="commit")
    drawn = page.wait_for_function(FIRST_CHART, polling=5, timeout=WAIT_MS).json_value()
    asked = page.evaluate(ASKED)
    page.wait_for_timeout(500)
    context.close()
    own = [key for key in sizes if "/lab/assets/" in urls.get(key, "")]
    own_kb = sum(sizes[key] for key in own) / 1000
    counts = {"requests": len(sizes), "kB": sum(sizes.values()) / 1000, "own_requests": len(own), "own_kB": own_kb}
    return {**counts, "drawn_s": drawn / 1000, "own_s": (drawn - asked) / 1000}


def measure_scroll(server: Server, browser: Browser) -> Iterator[Figure]:
    """Frames of the screen while a page of many charts is scrolled by wheel: at rest, and while its run streams."""
    most = max(catalogue.NAMES, key=lambda name: len(import_module(f"pages.{name}").PAGE.panels))
    for name, width, opened in (
        (f"{most}, wide", 1440, most),
        (f"{most}, narrow, all panels", 390, most),
        (f"a sweep of {ARMS} arms", 1440, ""),
    ):
        context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900})
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        if opened:
            page.goto(f"{server.url}/{opened}?steps=20000")
        else:
            open_sweep(server, page)
        lab = page.locator(".lab:visible").last
        lab.locator("[data-chart]:visible .main-svg").first.wait_for()
        page.wait_for_timeout(2000)
        yield from scrolled(page, f"scrolling {name}, at rest")
        lab.locator("[data-action=run]").click()
        lab.locator("[data-action=pause]").wait_for()
        page.wait_for_timeout(2000)
        yield from scrolled(page, f"scrolling {name}, while its run streams")
        lab.locator("[data-action=pause]").click()
        context.close()


def open_sweep(server: Server, page: Page) -> None:
    """Opens the tab in which a knob is swept, with as many arms as there can be."""
    page.goto(f"{server.url}/{TRICK}?steps=20000")
    wait_for_lab(page)
    page.get_by_role("tab", name=LABELS["tab.sweep"]).click()
    count = page.get_by_label(LABELS["sweep.count"])
    count.fill(str(ARMS))
    count.press("Enter")
    page.wait_for_function("count => document.querySelectorAll('.many-tile').length >= count", arg=ARMS - 1)


def scrolled(page: Page, name: str) -> Iterator[Figure]:
    """Turns the wheel for a few seconds, down and up again; how long the screen waited for each frame meanwhile."""
    box = page.locator(".lab:visible").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, 450)
    page.evaluate(f"arg => {{ window.scrolled = ({SCROLL})(arg); }}", [".lab", SCROLL_S])
    ends, way = time.monotonic() + SCROLL_S, 1
    for number in itertools.count(1):
        page.mouse.wheel(0, 40 * way)
        if number % 60 == 0:
            way = -way
        if time.monotonic() > ends:
            break
    told = page.evaluate("window.scrolled")
    if told["places"] < 2 * SCROLL_S:
        raise RuntimeError(f"the page must move under the wheel, it stood at {told['places']} places")
    waits = sorted(told["waits"])
    detail = {"places": told["places"], "longest_ms": round(waits[-1], 1)}
    yield Figure(f"{name}: frames", 1000 * len(waits) / sum(waits), "1/s", detail=detail)
    yield Figure(f"{name}: between frames, median", statistics.median(waits), "ms")
    yield Figure(f"{name}: between frames, 95th percentile", statistics.quantiles(waits, n=20)[-1], "ms")
    late = sum(wait > LATE_MS for wait in waits) / len(waits)
    yield Figure(f"{name}: frames after more than {LATE_MS} ms", late, detail=detail)


def measure_phone(server: Server, browser: Browser, effort: Effort) -> Iterator[Figure]:
    """A phone that opens the link of a room: when it draws the run that the class watches, and what it had to load.

    Its line and its processor are slowed by Chromium, which slows what comes over a socket by its delay at most.
    """
    with shared_run(server, browser) as link:
        found = [join(server, browser, link) for _ in range(LOADS + 1)][1:]  # the first one warms the app
    name = f"a phone at 1.6 Mbit/s and {LINE['latency']} ms, its processor {SLOWER} times slower"
    drawn = [one["drawn_s"] for one in found]
    yield Figure("bare MLP, steps a second of processor time", effort.speed, "1/s")
    yield Figure(f"{name}: kB", statistics.median(one["kB"] for one in found), "kB", at_most=300)
    yield Figure.of(f"{name}: the first curve", drawn, "s", at_most=effort.bar(4.0, 8.0))


@contextmanager
def shared_run(server: Server, browser: Browser) -> Iterator[str]:
    """A room that shows a run which trains: the link by which students come in."""
    context = browser.new_context(base_url=server.url)
    context.request.get(f"/{TRICK}")  # which makes a visitor
    known = {"cookie": "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())}
    room = context.request.post("/lab/rooms", data={"page": TRICK, "query": {}}).json()["room"]
    sockets = f"ws{server.url[4:]}"
    with (
        connect(f"{sockets}{versioned('/lab/live')}", additional_headers=known, compression=None, max_size=None) as own,
        connect(f"{sockets}/lab/room", additional_headers=known, compression=None) as desk,
    ):
        run = watch(own, steps=1)
        for message in (
            {"type": "enter", "role": "desk", "room": room},
            {"type": "go", "step": 0, "phase": "run"},
            {"type": "show", "run": run},
        ):
            desk.send(json.dumps(message))
        while (state := json.loads(desk.recv(60))).get("run") != run:
            pass
        yield context.request.post("/lab/rooms/join", data={"code": state["code"]}).json()["address"]
    context.close()


def join(server: Server, browser: Browser, link: str) -> dict[str, float]:
    """When a phone that was never there draws the run, and the kilobytes until then."""
    context = browser.new_context(bypass_csp=True, viewport=PHONE, base_url=server.url)  # type: ignore[arg-type]
    page = context.new_page()
    session = context.new_cdp_session(page)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, **LINE})
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(link, timeout=WAIT_MS, wait_until="commit")
    drawn = page.wait_for_function(FIRST_CURVE, polling=20, timeout=WAIT_MS).json_value()
    page.wait_for_timeout(500)
    context.close()
    return {"kB": sum(sizes) / 1000, "drawn_s": drawn / 1000}


def watch(connection: ClientConnection, steps: int = 0) -> str:
    """Starts a long run, free, and takes its frames ten times a second, from a thread, until the connection closes.

    Returns the run's id, once so many steps are made.
    """
    connection.send(json.dumps({"type": "start", "trick": TRICK, "task": TASK, "steps": 100_000, "speed": None}))
    run, step = "", -1
    while step < steps:
        header = decode(bytes(connection.recv(60)))[0]  # type: ignore[arg-type]
        run, step = header.get("run", run), header.get("step", step)
        connection.send('{"type":"ack"}')

    def take() -> None:
        with suppress(ConnectionClosed):
            while True:
                connection.recv(60)
                time.sleep(0.1)
                connection.send('{"type":"ack"}')

    threading.Thread(target=take, daemon=True).start()
    return run


def measure_all(count: int, only: Collection[str] = ()) -> Iterator[Figure]:
    """All figures, one after another, with an app of their own; or those of the measures named in `only`."""
    servers: list[Server] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(BROWSER_FLAGS))

        def open_app() -> Server:
            servers.append(Server(Path(folder) / f"{len(servers)}.txt"))
            return servers[-1]

        def measure_knob() -> Iterator[Figure]:
            page = browser.new_page(bypass_csp=True, viewport={"width": 1440, "height": 900})
            page.add_init_script(WATCH)
            page.goto(f"{servers[0].url}/{TRICK}?steps=20000", timeout=WAIT_MS)
            wait_for_lab(page)
            yield from measure_press(page)
            yield from measure_turn(page, count)
            yield from measure_turn_beside(servers[0], page, count)
            page.close()

        try:
            yield from measure_start(open_app, browser)
            measures: dict[str, Callable[[], Iterator[Figure]]] = {
                "knob": measure_knob,
                "load": lambda: measure_load(servers[0], browser),
                "first": lambda: measure_first(servers[0], browser),
                "scroll": lambda: measure_scroll(servers[0], browser),
                "phone": lambda: measure_phone(servers[0], browser, Effort(speed=machine_speed())),
            }
            for name, measure in measures.items():
                if not only or name in only:
                    yield from measure()
        finally:
            browser.close()
            for server in servers:
                server.stop()


def main() -> None:
    """Prints the figures, and writes them where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser_bench", description=__doc__)
    parser.add_argument("--turns", type=int, default=30, help="how often the knob is turned (30)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures there")
    parser.add_argument("only", nargs="*", help="knob, load, first, scroll, phone: only these, beside the app's start")
    options = parser.parse_args()
    found: list[dict[str, Any]] = []
    for figure in measure_all(options.turns, options.only):
        print(figure, flush=True)
        found.append({"name": figure.name, "value": figure.value, "unit": figure.unit, "is_met": figure.is_met})
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
