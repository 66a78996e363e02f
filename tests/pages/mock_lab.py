"""A small stand-in for the app: serves the live component on a bare page and speaks the live socket's protocol."""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import plotly
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.lab.config import limits
from pages.lab.files import ASSETS, Assets
from pages.lab.reach import ALL, CONTROLS
from tests.held_frames import decode
from tests.limits import WAIT_S
from tests.pages.serving import served
from trainers.evidence import studies
from trainers.evidence.plan import plan_repeat, plan_sweep
from trainers.runs.arm_names import call_arms, file_names
from trainers.runs.build import build_spec
from trainers.runs.spec import ArmSpec
from trainers.wire import frames
from trainers.wire.frames import encode
from trainers.wire.messages import OLDER
from trainers.wire.protocol import TO_SERVER, VERSION, take
from tricks.declaration import RefusedError

ROOT = Path(__file__).parent.parent.parent
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
STEPS_PER_EPOCH = 20
EVAL_EVERY = 25
STEPS = 100_000  # at 100 steps a second they last longer than a test waits for anything
PROBE_EVERY = 10
GRID = 24

PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 0; font-family: system-ui, sans-serif; }
  .page { padding: 16px 32px 64px; background: var(--st-background-color); color: var(--st-text-color); }
  .light { --st-primary-color: #0072b2; --st-background-color: #ffffff; --st-text-color: #1f2328; }
  .dark { --st-primary-color: #4aa8e0; --st-background-color: #14171a; --st-text-color: #e6e9ec; }
  h1 { font-size: 28px; margin: 0 0 4px; }
  @media (max-width: 640px) { .page { padding: 16px; } }
  .page.view-present { padding: 8px 16px; }
  .view-present h1, .view-present .claim { display: none; }
</style>
<div class="page THEME view-VIEW"><h1>Flooding</h1>
<p class="claim">Keeps the training loss from sinking below a level you choose.</p><div id="lab"></div></div>
<script type="module">
  import {mount} from "/lab/assets/MODULE";
  window.config = CONFIG;
  window.states = [];
  const setState = (name, value) => states.push([name, value]);
  window.lab = mount(document.getElementById("lab"), window.config, {setState});
</script>
"""


def knob(name: str, **parts: Any) -> dict[str, Any]:
    """A knob as the component is told of it."""
    plain: dict[str, Any] = {
        "name": name,
        "symbol": "",
        "label": name.replace("_", " "),
        "help": "",
        "low": None,
        "high": None,
        "choices": [],
        "value": 0.0,
        "default": 0.0,
        "neutral": None,
        "unit": "",
        "live": True,
        "integer": False,
        "scale": "linear",
    }
    return {**plain, **parts}


FLOOD = knob("flood_level", symbol="b", label="flood level", low=0.0, high=0.6, value=0.2, default=0.2, neutral=0.0)
SETTINGS = [
    knob("lr", symbol="η", label="learning rate", low=1e-5, high=10.0, value=0.1, default=0.1, scale="log"),
    knob(
        "batch_size", symbol="B", label="batch size", low=2, high=1024, value=50, default=50, integer=True, live=False
    ),
    knob(
        "train_size",
        symbol="n",
        label="training examples",
        low=20,
        high=1000,
        value=100,
        default=100,
        integer=True,
        live=False,
    ),
    knob(
        "label_noise",
        symbol="q",
        label="wrong labels",
        low=0.0,
        high=0.9,
        value=0.1,
        default=0.1,
        neutral=0.0,
        live=False,
    ),
    knob("depth", symbol="D", low=1, high=50, value=2, default=2, integer=True, live=False),
    knob("width", symbol="W", low=2, high=512, value=100, default=100, integer=True, live=False),
    knob("optimizer", choices=["sgd", "adam"], value="sgd", default="sgd", live=False),
]
FOLD = {
    "kind": "curve", "id": "fold", "title": "J folded at b", "caption": "", "x": "loss", "y": ["flooded"],
    "point": ["batch_loss", "batch_flooded"], "histogram": {"edges": "loss_edges", "counts": "loss_counts"},
    "xlabel": "mean training loss J", "ylabel": "objective",
}  # fmt: skip
LEVEL = {
    "kind": "lines", "id": "level", "title": "training loss and its level", "caption": "", "arrays": ["train_loss"],
    "arms": "all", "log": False, "hlines": ["flood_level"], "ylabel": "training loss",
}  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"kind": "layers", "id": "thresholds", "title": "thresholds", "array": "thresholds", "arms": "trick", "log": False},
    {"kind": "bars", "id": "targets", "title": "targets", "array": "targets", "labels": None, "arms": "all"},
    {
        "kind": "scatter", "id": "boundary", "title": "decision boundary", "x": "points_x", "y": "points_y",
        "group": "points_class", "field": {"values": "boundary", "low": -1.2, "high": 1.2}, "arms": "all",
    },
    {"kind": "images", "id": "samples", "title": "samples", "array": "samples", "columns": 8, "arms": "all"},
]  # fmt: skip

CHARTS = [
    {"name": "loss", "title": "loss", "traces": ["train_loss", "test_loss"], "log": True},
    {"name": "test_accuracy", "title": "test accuracy", "traces": ["test_accuracy"], "log": False},
    {"name": "lr", "title": "learning rate", "traces": ["lr"], "log": False},
]
LABELS = json.loads((ROOT / "assets" / "text" / "en" / "labels.json").read_text())


def make_config(**changes: Any) -> dict[str, Any]:
    """The configuration of a lab for flooding."""
    kept = {key: text for key, text in LABELS.items() if key.startswith(("lab.", "array.", "choice."))}
    plain: dict[str, Any] = {
        "version": VERSION,
        "older": OLDER,
        "limits": limits(),
        "trick": "flooding",
        "title": "flooding",
        "task": "spirals",
        "tasks": [{"name": "spirals", "label": "Two spirals"}, {"name": "digits", "label": "Digits"}],
        "view": "lab",
        "autostart": False,
        "present_knobs": ["flood_level"],
        "reach": ALL.to_config(),
        "controls": list(CONTROLS),
        "seed": 100,
        "steps": STEPS,
        "speed": 100.0,
        "language": "en",
        "plain": {
            "task": "spirals",
            "seed": 100,
            "steps": STEPS,
            "charts": [chart["name"] for chart in CHARTS[:2]],
            "view": "lab",
            "language": "en",
        },
        "knobs": [FLOOD],
        "settings": SETTINGS,
        "extra_arms": [],
        "named_by": "",
        "tricks": [{"title": "flooding", "knobs": ["flood_level"]}],
        "metrics": [
            {"name": "test_loss", "label": "test loss", "better": "lower", "unit": ""},
            {"name": "test_accuracy", "label": "test accuracy", "better": "higher", "unit": ""},
        ],
        "judged": "test_loss",
        "race": CHARTS[:2],
        "charts": CHARTS,
        "panels": [FOLD, LEVEL],
        "labels": kept,
        "assets": "/lab/assets",
        "socket": "/lab/live",
        "export": "/lab/export",
        "plotly": "/lab/plotly.min.js",
        "app": "Trick Lab 0",
    }
    return {**plain, **changes}


def name_mock_arms(knobs: list[dict[str, Any]]) -> list[ArmSpec]:
    """The baseline and arms of flooding, called as the server calls them."""
    parts = [(("flooding",) if number else (), dict(one)) for number, one in enumerate(knobs)]
    return [ArmSpec(name, *part) for name, part in zip(file_names(parts), parts, strict=True)]


class FakeRun:
    """A run whose curves are made up: the baseline overfits, the trick's arms stay at their level."""

    def __init__(self, number: int, asked: dict[str, Any]) -> None:
        names = {entry["name"] for entry in SETTINGS}
        knobs = {name: value for name, value in asked["values"].items() if name not in names}
        arms = [{}, knobs, *({**knobs, **extra} for extra in asked.get("extra_arms", []))]
        if "sweep" in asked:
            swept = asked["sweep"]
            arms = [{}, *({**knobs, swept["knob"]: value} for value in swept["values"])]
        self.id = f"run-{number}"
        self.spec = {
            "version": 1,
            "trick": asked["trick"],
            "task": asked["task"],
            "seed": asked["seed"],
            "steps": asked["steps"],
            "settings": {name: value for name, value in asked["values"].items() if name in names},
            "arms": [asdict(arm) for arm in name_mock_arms(arms)],
        }
        self.knobs: list[dict[str, Any]] = [dict(knobs) for knobs in arms]
        self.settings = {"lr": self.spec["settings"].get("lr", 0.1)}
        self.state = "paused" if asked["paused"] else "running"
        self.speed: float | None = asked["speed"]
        self.events: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []
        self.remarks: list[dict[str, Any]] = []
        self.step = 0
        self.noise = (
            np.random.default_rng(asked["seed"]).normal(size=(len(arms), asked["steps"] + 1)).astype(np.float32)
        )
        self.train = np.zeros((len(arms), asked["steps"] + 1))

    @property
    def steps(self) -> int:
        return int(self.spec["steps"])

    def turn(self, message: dict[str, Any]) -> None:
        arm, name, value = message["arm"], message["name"], message["value"]
        if arm is None:
            self.settings[name] = value
        else:
            self.knobs[arm][name] = value
        self.events.append({"step": self.step + 1, "name": name, "value": value, "arm": arm})

    def advance(self, count: int) -> None:
        for step in range(self.step + 1, min(self.step + count, self.steps) + 1):
            for arm, knobs in enumerate(self.knobs):
                sunk = 0.9 * math.exp(-step / (0.12 * self.steps)) + 0.004
                level = knobs.get("flood_level", 0.0)
                self.train[arm, step] = max(sunk, level) * math.exp(0.12 * self.noise[arm, step])
            self.step = step
        if self.step == self.steps and self.state != "finished":
            self.state = "finished"
        if self.step >= 0.4 * self.steps and not self.remarks:
            text = "Baseline overfits: its test loss has risen for 200 steps, from 0.34 to 0.52."
            self.remarks.append({"step": self.step, "rule": "overfits", "values": {}, "text": text})

    def test(self, arm: int, steps: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
        share = steps / self.steps
        level = self.knobs[arm].get("flood_level", 0.0)
        rise = 0.8 * np.clip(share - 0.25, 0, None) * (0.0 if level > 0.1 else 1.0)
        loss = 0.7 * np.exp(-share / 0.1) + 0.28 + rise + 0.01 * self.noise[arm, steps]
        accuracy = 0.94 - 0.45 * np.exp(-share / 0.08) - 0.07 * rise + 0.004 * self.noise[arm, steps]
        return {"step": steps, "test_loss": loss.astype(np.float32), "test_accuracy": accuracy.astype(np.float32)}

    def probes(self, arm: int, step: int) -> dict[str, NDArray[Any]]:
        loss = self.train[arm, step]
        level = self.knobs[arm].get("flood_level", 0.0)
        share = step / self.steps
        axis = np.linspace(-1.2, 1.2, GRID, dtype=np.float32)
        across, up = np.meshgrid(axis, axis)
        angle = np.arctan2(up, across) + (2 + 3 * share) * np.hypot(across, up)
        draw = np.random.default_rng(0)
        points = draw.uniform(-1, 1, size=(2, 100)).astype(np.float32)
        turn = np.arctan2(points[1], points[0]) + 5 * np.hypot(points[0], points[1])
        images = np.outer(np.sin(np.arange(12) * 0.7), np.cos(np.arange(12) * 0.5)) * share + draw.normal(
            size=(16, 12, 12)
        )
        return {
            "batch_loss": np.array([loss], dtype=np.float32),
            "batch_flooded": np.array([abs(loss - level) + level], dtype=np.float32),
            "loss_edges": np.linspace(0, 1, 21, dtype=np.float32),
            "loss_counts": np.exp(-((np.linspace(0, 1, 20) - loss) ** 2) / 0.02).astype(np.float32),
            "thresholds": (0.3 * np.exp(-share * np.arange(1, 5)) + 0.02 * arm).astype(np.float32),
            "targets": np.array([0.02] * 4 + [0.82] + [0.02] * 5, dtype=np.float32) + np.float32(0.05 * arm),
            "boundary": (0.5 + 0.5 * np.tanh(3 * share * np.sin(angle))).astype(np.float32),
            "points_x": points[0],
            "points_y": points[1],
            "points_class": (np.sin(turn) > 0).astype(np.int32),
            "samples": images.astype(np.float32),
        }

    def arrays(self, after: int) -> list[tuple[dict[str, Any], NDArray[Any]]]:
        out: list[tuple[dict[str, Any], NDArray[Any]]] = []
        steps = np.arange(after + 1, self.step + 1, dtype=np.int32)
        tested = steps[(steps % EVAL_EVERY == 0) | (steps == self.steps)]
        for arm in range(len(self.knobs)):
            lr = np.full(len(steps), self.settings["lr"], np.float32)
            rows = {
                "step": steps,
                "lr": lr,
                "elapsed_s": steps * 4e-4,
                "train_loss": self.train[arm, steps].astype(np.float32),
            }
            out += [({"group": "row", "arm": arm, "name": name}, values) for name, values in rows.items()]
            out += [
                ({"group": "test", "arm": arm, "name": name}, values) for name, values in self.test(arm, tested).items()
            ]
            for step in steps[steps % PROBE_EVERY == 0]:
                for name, values in self.probes(arm, int(step)).items():
                    out.append(({"group": "probe", "arm": arm, "name": name, "step": int(step)}, values))
        return out

    def frame(self, after: int, marks: tuple[int, int, int], kind: str = "rows") -> bytes:
        rate = float(self.speed or 800.0)
        header: dict[str, Any] = {
            "type": kind,
            "state": self.state,
            "step": self.step,
            "rate": rate,
            "eta_s": (self.steps - self.step) / rate if self.state == "running" else None,
            "events": self.events[marks[0] :],
            "failures": self.failures[marks[1] :],
            "remarks": self.remarks[marks[2] :],
            "knobs": self.knobs,
            "settings": self.settings,
            "speed": self.speed,
        }
        if kind == "snapshot":
            header |= {"run": self.id, "spec": self.spec, "steps": self.steps}
            header["about"] = "Spirals, b 0.2, seed 100"
            header["called"] = list(call_arms([ArmSpec(**arm) for arm in self.spec["arms"]], LABELS).values())
            header |= {"steps_per_epoch": STEPS_PER_EPOCH, "begun_at": None, "fork": None, "note": None, "making": None}
            header["looks"] = list(range(PROBE_EVERY, self.step + 1, PROBE_EVERY))
        return encode(header, self.arrays(after))

    def past(self, step: int) -> bytes:
        """What the inside was after a step."""
        known = step // PROBE_EVERY * PROBE_EVERY
        arrays: list[tuple[dict[str, Any], NDArray[Any]]] = [
            ({"group": "probe", "arm": arm, "name": name, "step": known}, values)
            for arm in range(len(self.knobs) if known else 0)
            for name, values in self.probes(arm, known).items()
        ]
        return encode({"type": "past", "run": self.id, "step": step}, arrays)

    @property
    def marks(self) -> tuple[int, int, int]:
        return len(self.events), len(self.failures), len(self.remarks)


class FakeStudy:
    """A study whose seeds end one by one when it is told to: the trick's arm is 0.1 below the baseline."""

    STEPS = np.arange(50, 301, 50, dtype=np.int32)
    METRICS = ({"name": "test_loss", "better": "lower"}, {"name": "test_accuracy", "better": "higher"})

    def __init__(self, number: int, asked: dict[str, Any]) -> None:
        self.id, self.asked = f"study-{number}", asked
        self.swept: dict[str, list[Any]] = asked.get("sweep", {})
        self.points = [dict(zip(self.swept, values, strict=True)) for values in product(*self.swept.values())] or [{}]
        first = 100 if self.swept else 0
        self.seeds = list(range(first, first + asked["seeds"]))
        self.state, self.done, self.notes = "running", 0, list[str]()

    @property
    def total(self) -> int:
        return len(self.seeds) * len(self.points)

    def advance(self, count: int) -> None:
        self.done = min(self.done + count, self.total)
        if self.done == self.total:
            self.state = "finished"

    def curve(self, arm: int, seed: int, point: int, name: str) -> NDArray[np.float32]:
        noise = np.random.default_rng(seed).normal(scale=0.02, size=len(self.STEPS))
        base = 0.4 + np.exp(-self.STEPS / 80) + noise - 0.1 * arm + 0.05 * point
        return (base if name == "test_loss" else 1 - base / 2).astype(np.float32)

    def ended(self) -> list[tuple[int, int]]:
        """Seed and point of what has ended."""
        runs = [(seed, point) for seed in self.seeds for point in range(len(self.points))]
        return runs[: self.done]

    def planned(self) -> str:
        """The id that the server gives to what was asked for."""
        if self.asked.get("evidence"):
            return studies.studies_of(self.asked["trick"])[0].id
        extra = tuple(self.asked.get("extra_arms", ()))
        told = {name: self.asked[name] for name in ("task", "steps", "values") if name in self.asked}
        spec = build_spec(self.asked["trick"], extra_arms=extra, **told)
        return (plan_sweep(spec, self.swept) if self.swept else plan_repeat(spec)).study.id

    def header(self, fresh: bool) -> dict[str, Any]:
        knobs = {name: value for name, value in self.asked.get("values", {}).items() if name == "flood_level"}
        names = ["flooding"] if self.swept else ["baseline", "flooding"]
        header: dict[str, Any] = {
            "type": "study", "study": self.id, "id": self.planned(), "about": "Spirals, b 0.2:",
            "fresh": fresh, "trick": "flooding",
            "task": self.asked["task"], "steps": 300, "seeds": self.seeds, "arms": names, "called": names,
            "knobs": [knobs] if self.swept else [{}, knobs], "metrics": self.METRICS, "judged": "test_loss",
            "state": self.state, "done": self.done, "total": self.total, "notes": self.notes, "rate": 100.0,
            "eta_s": (self.total - self.done) * 2.0 if self.state == "running" else None,
        }  # fmt: skip
        if self.swept:
            swept = [{"name": name, "values": values} for name, values in self.swept.items()]
            return {
                **header,
                "swept": swept,
                "neutral": dict.fromkeys(self.swept, 0.0),
                "response": self.response(),
                "lines": [],
            }
        found = [self.line(name) for name in ("test_loss", "test_accuracy")] if self.done > 1 else []
        return {**header, "lines": found, "cost": ["Flooding took 1.10 times the baseline's seconds."] if found else []}

    def line(self, metric: str) -> dict[str, Any]:
        text = f"Flooding lowered test loss by 0.10 (95 % 0.08 to 0.12; {self.done} of {self.done} seeds)."
        numbers = {"mean": -0.1, "low": -0.12, "high": -0.08, "p": 0.001, "p_holm": 0.002, "effect": -2.0}
        counts = {"won": self.done, "n": self.done, "num_seeds": self.done}
        return {
            "arm": "flooding",
            "metric": metric,
            "text": text,
            "claimed": metric == "test_loss",
            **numbers,
            **counts,
        }

    def response(self) -> list[dict[str, Any]]:
        rows = []
        for metric in ("test_loss", "test_accuracy"):
            for point, values in enumerate(self.points):
                n = sum(at == point for _, at in self.ended())
                mean = 0.4 + 0.05 * point
                known = (
                    {"mean": mean, "low": mean - 0.02, "high": mean + 0.02}
                    if n > 1
                    else dict.fromkeys(("mean", "low", "high"))
                )
                lost = int(n > 1 and point == len(self.points) - 1)
                rows.append(
                    {
                        "point": point,
                        "values": values,
                        "arm": "flooding",
                        "metric": metric,
                        **known,
                        "n": n - lost,
                        "num_diverged": lost,
                    }
                )
        return rows

    def arrays(self, after: int) -> list[tuple[dict[str, Any], NDArray[Any]]]:
        out: list[tuple[dict[str, Any], NDArray[Any]]] = []
        arms = range(1 if self.swept else 2)
        for name in ("test_loss", "test_accuracy"):
            for arm in arms:
                for seed, point in self.ended()[after:]:
                    place = {"arm": arm, "name": name, "seed": seed, "point": point}
                    curve = self.curve(arm, seed, point, name)
                    out.append(({"group": "seed", **place, "axis": "steps"}, self.STEPS))
                    out.append(({"group": "seed", **place, "axis": "values"}, curve))
                    out.append(({"group": "final", **place}, curve[-1:].astype(np.float64)))
                for point in range(len(self.points)):
                    seeds = [seed for seed, at in self.ended() if at == point]
                    if not seeds:
                        continue
                    table = np.stack([self.curve(arm, seed, point, name) for seed in seeds])
                    out += self.band({"arm": arm, "name": name, "point": point}, table)
                    if arm:
                        first = np.stack([self.curve(0, seed, point, name) for seed in seeds])
                        out += self.band({"arm": arm, "name": name, "point": point, "of": "difference"}, table - first)
        return out

    def band(self, place: dict[str, Any], table: NDArray[Any]) -> list[tuple[dict[str, Any], NDArray[Any]]]:
        mean = table.mean(0)
        axes = {"steps": self.STEPS, "mean": mean, "low": mean - 0.02, "high": mean + 0.02}
        return [({"group": "band", **place, "axis": axis}, values) for axis, values in axes.items()]


class MockLab:
    """The server: `messages` are all it was sent, `config` what the next page is told; `drop` cuts the sockets."""

    def __init__(self) -> None:
        self.config = make_config()
        self.messages: list[dict[str, Any]] = []
        self.runs: dict[str, FakeRun] = {}
        self.studies: dict[str, FakeStudy] = {}
        self.sockets: set[WebSocket] = set()
        self.previews = threading.Event()  # while it is clear, they wait
        self.previews.set()
        self.refused: list[str] = []  # messages that the server would not take
        self.version = VERSION  # the server's; a page of another is told to reload
        self.closed = False  # while true, no socket is taken
        self.full = ""  # why no run can be started
        self.loop: asyncio.AbstractEventLoop | None = None
        routes = [
            Route("/", self.page),
            Route("/lab/plotly.min.js", lambda request: FileResponse(PLOTLY)),
            Route("/lab/export/{name}", lambda request: PlainTextResponse("run_id,trick\n")),
            WebSocketRoute("/lab/live", self.live),
            Mount("/lab/assets", Assets(directory=ASSETS)),
        ]
        self.app = Starlette(routes=routes)
        self.url = ""

    async def page(self, request: Request) -> HTMLResponse:
        self.loop = asyncio.get_running_loop()
        text = PAGE.replace("CONFIG", json.dumps(self.config)).replace(
            "THEME", request.query_params.get("theme", "light")
        )
        text = text.replace("MODULE", self.config.get("module", "lab.js"))
        return HTMLResponse(text.replace("VIEW", self.config.get("view", "lab")))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    def run(self) -> FakeRun:
        """The newest run."""
        return list(self.runs.values())[-1]

    def study(self) -> FakeStudy:
        """The newest study."""
        return list(self.studies.values())[-1]

    def drop(self) -> None:
        """Cuts every connection without a word."""
        assert self.loop is not None
        for socket in list(self.sockets):
            asyncio.run_coroutine_threadsafe(socket.close(1011), self.loop).result(WAIT_S)

    def tell(self, frame: bytes) -> None:
        """Sends a frame to everybody."""
        assert self.loop is not None
        for socket in list(self.sockets):
            asyncio.run_coroutine_threadsafe(socket.send_bytes(frame), self.loop).result(WAIT_S)

    def check(self, message: dict[str, Any]) -> None:
        """Notes what the server itself would not take, by the declared protocol."""
        try:
            fields = {name: value for name, value in message.items() if name != "type"}
            take(message["type"], TO_SERVER[message["type"]].fields, fields)
        except (KeyError, RefusedError) as error:
            self.refused.append(f"{message}: {error!r}")

    async def live(self, socket: WebSocket) -> None:
        if self.closed:
            await socket.close(1013)
            return
        await socket.accept()
        if socket.query_params.get("v") != str(self.version):
            await socket.close(OLDER, LABELS["live.older"])
            return
        self.sockets.add(socket)
        viewer = Viewer(self, socket)
        pulse = asyncio.create_task(viewer.pulse())
        try:
            while True:
                message = json.loads(await socket.receive_text())
                self.messages.append(message)
                self.check(message)
                await viewer.take(message)
        except WebSocketDisconnect:
            return
        finally:
            pulse.cancel()
            self.sockets.discard(socket)


class Viewer:
    """One socket: the run it watches, and how far it has been told."""

    def __init__(self, lab: MockLab, socket: WebSocket) -> None:
        self.lab, self.socket = lab, socket
        self.run: FakeRun | None = None
        self.study: FakeStudy | None = None
        self.told = (0, "")
        self.turns = self.heard = 0
        self.sent = (0, (0, 0, 0), "")
        self.waits = False

    async def take(self, message: dict[str, Any]) -> None:
        actions: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "attach": self.attach, "start": self.start, "preview": self.preview,
            "repeat": self.repeat, "attach_study": self.attach_study, "cancel": self.cancel,
        }  # fmt: skip
        if message["type"] in actions:
            await actions[message["type"]](message)
        elif message["type"] == "ack":
            self.waits = False
        elif self.run is not None:
            await self.steer(self.run, message)

    async def steer(self, run: FakeRun, message: dict[str, Any]) -> None:
        kind = message["type"]
        self.turns += kind in ("turn", "speed")
        if kind == "turn" and message["name"] == "flood_level" and message["value"] > 0.5:
            sentence = f"flood_level must be at most 0.5 here, got {message['value']}"
            told = RefusedError(sentence, "at_most", "flood_level", message["value"], most=0.5)
            await self.send(frames.refused("turn", message["arm"], told))
        elif kind == "turn":
            run.turn(message)
        elif kind == "step":
            run.advance(1)
        elif kind == "look":
            await self.send(run.past(message["step"]))
        elif kind == "speed":
            run.speed = message["steps_per_s"]
        else:
            run.state = {"pause": "paused", "resume": "running", "stop": "stopped"}[kind]

    async def attach(self, message: dict[str, Any]) -> None:
        run = self.lab.runs.get(message["run"])
        if run is None:
            await self.send(frames.message("gone"))
        else:
            await self.watch(run)

    async def start(self, message: dict[str, Any]) -> None:
        if self.lab.full:
            await self.send(frames.refused("start", None, RefusedError(self.lab.full)))
        else:
            run = FakeRun(len(self.lab.runs) + 1, message)
            self.lab.runs[run.id] = run
            await self.watch(run)

    async def repeat(self, message: dict[str, Any]) -> None:
        study = FakeStudy(len(self.lab.studies) + 1, message)
        self.lab.studies[study.id] = study
        await self.watch_study(study)

    async def attach_study(self, message: dict[str, Any]) -> None:
        study = self.lab.studies.get(message["study"])
        await (self.send(frames.message("gone_study")) if study is None else self.watch_study(study))

    async def cancel(self, message: dict[str, Any]) -> None:
        assert self.study is not None
        self.study.state = "canceled"

    async def watch_study(self, study: FakeStudy) -> None:
        self.study, self.told = study, (study.done, study.state)
        await self.send(encode(study.header(fresh=True), study.arrays(0)))

    async def watch(self, run: FakeRun) -> None:
        self.run = run
        await self.send(run.frame(0, (0, 0, 0), "snapshot"))
        self.sent = (run.step, run.marks, run.state)

    async def preview(self, message: dict[str, Any]) -> None:
        await asyncio.to_thread(self.lab.previews.wait, WAIT_S)
        loss = np.linspace(0, 1, 201, dtype=np.float32)
        level = message["values"]["flood_level"]
        await self.send(frames.preview({"loss": loss, "flooded": np.abs(loss - level) + level}))

    async def send(self, frame: bytes) -> None:
        self.waits = True
        decode(frame)
        await self.socket.send_bytes(frame)

    async def pulse(self) -> None:
        owed = 0.0
        while True:
            await asyncio.sleep(0.05)
            study, run = self.study, self.run
            if study is not None and (study.done, study.state) != self.told and not self.waits:
                after, self.told = self.told[0], (study.done, study.state)
                await self.send(encode(study.header(fresh=False), study.arrays(after)))
            if run is None:
                continue
            if run.state == "running":
                owed += 0.05 * (run.speed or 800.0)
                run.advance(int(owed))
                owed -= int(owed)
            state = (run.step, run.marks, run.state)
            if (state != self.sent or self.heard < self.turns) and not self.waits:
                frame = run.frame(self.sent[0], self.sent[1])
                self.sent = state
                if self.heard < self.turns:
                    self.heard = self.turns
                    await self.socket.send_text(json.dumps({"type": "heard", "turns": self.heard}))
                await self.send(frame)


@contextmanager
def serve(port: int) -> Iterator[MockLab]:
    """The mock on that port of this machine."""
    lab = MockLab()
    with served(lab.app, port=port) as host:
        lab.url = f"http://{host}"
        yield lab
    assert not lab.refused, f"the server would not take {lab.refused}"
