"""Every student a seed, by light clients: how long until the verdict, against bare loops of the same trainings.

Those train in so many processes as the app has workers, right before the class and right after it: what else the
machine does meanwhile then weighs on both.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from statistics import fmean
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from trainers.bench.app import PATIENCE_S, App, serving
from trainers.bench.class_load import OPTIONS, Entered, ask, begun, state_until, state_with, take_all
from trainers.bench.figures import Effort, Figure
from trainers.bench.paces import BarePool
from trainers.bench.subjects import TASK, TRICK, WORKERS
from trainers.bench.windows import cpu_of_all, family
from trainers.runs.build import build_spec
from trainers.runs.spec import RunSpec
from trainers.teaching.experiment import plan_seeds

STEPS_PER_S = 150  # of effort: how long each run is


def measure(effort: Effort) -> Iterator[Figure]:
    """A class of as many as there are runs."""
    spec = build_spec(TRICK, task=TASK, steps=round(STEPS_PER_S * effort.seconds))
    specs = [replace(spec, seed=seed) for seed in plan_seeds(spec, effort.runs).study.seeds]
    settings = {"TRICK_LAB_STORE": "on", "TRICK_LAB_WORKERS": f"{WORKERS}"}
    with BarePool(WORKERS) as bare, tempfile.TemporaryDirectory() as folder:
        before = bare.finish(specs)
        with serving({**settings, "TRICK_LAB_DATA": folder}) as app:
            class_s, used_s, told_s = asyncio.run(asyncio.wait_for(verdict(app, spec, effort.runs), PATIENCE_S))
        after = bare.finish(specs)
    bare_s = fmean([before.wall_s, after.wall_s])
    detail = {"class_s": class_s, "bare_s": [before.wall_s, after.wall_s], "steps": spec.steps, "workers": WORKERS}
    name = f"{effort.runs} students are seeds"
    yield Figure(f"{name}: press to verdict / bare loops", class_s / bare_s, at_most=1.5, detail=detail)
    yield Figure(f"{name}: press to verdict / time told before", class_s / told_s)
    bare_cpu_s = fmean([before.cpu_s, after.cpu_s])
    yield Figure(f"{name}: CPU of all / bare loops'", used_s / bare_cpu_s)


async def verdict(app: App, spec: RunSpec, count: int) -> tuple[float, float, float]:
    """The seconds from the press until the wall has the verdict.

    With them the processor's seconds of the app meanwhile, and how long the desk was told that it takes.
    """
    known = await asyncio.to_thread(app.visit, f"/{TRICK}")
    page = {"page": TRICK, "query": {"task": spec.task, "steps": f"{spec.steps}"}}
    room = (await asyncio.to_thread(ask, app, "", page, known))["room"]
    address = f"ws://127.0.0.1:{app.port}/lab/room"
    start = {"type": "start", "trick": TRICK, "task": spec.task, "steps": spec.steps, "speed": 20.0}
    async with (
        AsyncExitStack() as stack,
        connect(app.live, additional_headers=known, **OPTIONS) as own,
        connect(address, additional_headers=known, **OPTIONS) as desk,
        connect(address, additional_headers=known, **OPTIONS) as wall,
    ):
        await own.send(json.dumps(start))
        run = await begun(own)
        taking = asyncio.ensure_future(take_all(own))
        await desk.send(json.dumps({"type": "enter", "role": "desk", "room": room}))
        await wall.send(json.dumps({"type": "enter", "role": "wall", "room": room}))
        code = (await state_with(desk, "code"))["code"]
        told = await asyncio.to_thread(ask, app, "/join", {"code": code}, {})
        token = told["address"].rpartition("/")[2]
        phones = [
            await stack.enter_async_context(Entered(address, token, f"{number:032d}", {})) for number in range(count)
        ]
        await desk.send(json.dumps({"type": "go", "step": 0, "phase": "run"}))
        await desk.send(json.dumps({"type": "show", "run": run}))
        state = await state_until(desk, lambda state: state["here"] == count and is_paced(state["offer"]))
        seen = [asyncio.ensure_future(tried(phone)) for phone in phones]
        used, pressed = cpu_of_all(family(app.process)), time.perf_counter()
        await desk.send(json.dumps({"type": "begin", "step": 0, "what": "seeds"}))
        await state_until(wall, is_decided)
        class_s, used_s = time.perf_counter() - pressed, cpu_of_all(family(app.process)) - used
        places = await asyncio.gather(*seen)
        if sorted(places) != list(range(count)):
            raise RuntimeError(f"each student must have a seed of their own, they had {sorted(places)}")
        taking.cancel()
        return class_s, used_s, float(state["offer"]["seeds"]["seconds"])


def is_paced(offer: dict[str, Any]) -> bool:
    """Whether the desk is told how long it will take: the workers are up, and train."""
    return bool(offer and offer["seeds"]["seconds"])


def is_decided(state: dict[str, Any]) -> bool:
    """Whether the wall has the verdict."""
    return bool(state.get("experiment") and state["experiment"].get("verdict"))


async def tried(phone: ClientConnection) -> int:
    """The place of a student of whose part something has come."""
    async for data in phone:
        told = json.loads(data)
        if told["type"] == "tried":
            return int(told["place"])
    raise RuntimeError("the room was left before a student's seed had been trained")
