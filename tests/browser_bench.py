"""How soon a person sees what they did: the app in headless Chromium, from its start to a turned knob on the chart.

`make browser-bench`, or `python -m tests.browser_bench`, on a machine that does nothing else. Every figure ends at what
the browser has, so the way there and back is in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.conftest import BROWSER_FLAGS, Server, chromium_path
from trainers.bench.measures import TASK, TRICK, Figure
from trainers.wire.frames import decode
from trainers.wire.protocol import versioned

KNOB, LOW, HIGH = "flood_level", 0.05, 0.35
MANY = 30  # runs that go on while a page loads
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
    page = browser.new_page()
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


def measure_turn(page: Page, count: int) -> Iterator[Figure]:
    """From a knob's move to the frame that holds the first step under it, and to the chart that shows that step."""
    steps, points = [], []
    for number in range(count):
        page.wait_for_timeout(230 + 37 * (number % 5))  # at no fixed place in the rhythm of frames
        at = page.evaluate(TURN, [KNOB, LOW if number % 2 else HIGH])
        turn = since(page, "turns", at, f"one.name === '{KNOB}'")
        steps.append(turn["at"] - at)
        points.append(since(page, "plotted", at, f"one.last >= {turn['step']}")["at"] - at)
    detail = {"each_ms": [round(value, 1) for value in points]}
    yield Figure("knob turn to the first step under it, in the browser", statistics.median(steps), "ms", at_most=40)
    yield Figure("knob turn to the first plotted point", statistics.median(points), "ms", at_most=110, detail=detail)


def measure_load(server: Server, browser: Browser) -> Iterator[Figure]:
    """A page's load, nothing of it known to the browser, while many runs train, each watched at its own socket."""
    with ExitStack() as stack:
        live = f"ws{server.url[4:]}{versioned('/lab/live')}"
        for _ in range(MANY):
            watch(stack.enter_context(connect(live, compression=None, max_size=None)))
        loads, drawn = [], []
        for _ in range(5):
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{server.url}/{TRICK}", timeout=WAIT_MS, wait_until="commit")
            loads.append(wait_for_lab(page))
            plotly = page.wait_for_function("window.Plotly && performance.now()", polling=5, timeout=WAIT_MS)
            drawn.append(float(plotly.json_value()) / 1000)
            context.close()
    yield Figure(f"a page's load while {MANY} runs train, to its controls", statistics.median(loads), "s", at_most=1.5)
    yield Figure(f"a page's load while {MANY} runs train, until it can draw", statistics.median(drawn), "s")


def watch(connection: ClientConnection) -> None:
    """Starts a long run, free, and takes its frames ten times a second, from a thread, until the connection closes."""
    connection.send(json.dumps({"type": "start", "trick": TRICK, "task": TASK, "steps": 100_000, "speed": None}))
    while decode(bytes(connection.recv(60)))[0]["type"] != "snapshot":  # type: ignore[arg-type]
        connection.send('{"type":"ack"}')

    def take() -> None:
        with suppress(ConnectionClosed):
            while True:
                time.sleep(0.1)
                connection.send('{"type":"ack"}')
                connection.recv(60)

    threading.Thread(target=take, daemon=True).start()


def measure_all(count: int) -> Iterator[Figure]:
    """All figures, one after another, with an app of their own."""
    servers: list[Server] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(BROWSER_FLAGS))

        def open_app() -> Server:
            servers.append(Server(Path(folder) / f"{len(servers)}.txt"))
            return servers[-1]

        try:
            yield from measure_start(open_app, browser)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(WATCH)
            page.goto(f"{servers[0].url}/{TRICK}?steps=20000", timeout=WAIT_MS)
            wait_for_lab(page)
            yield from measure_press(page)
            yield from measure_turn(page, count)
            page.close()
            yield from measure_load(servers[0], browser)
        finally:
            browser.close()
            for server in servers:
                server.stop()


def main() -> None:
    """Prints the figures, and writes them where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser_bench", description=__doc__)
    parser.add_argument("--turns", type=int, default=30, help="how often the knob is turned (30)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures there")
    options = parser.parse_args()
    found: list[dict[str, Any]] = []
    for figure in measure_all(options.turns):
        print(figure, flush=True)
        found.append({"name": figure.name, "value": figure.value, "unit": figure.unit, "is_met": figure.is_met})
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
