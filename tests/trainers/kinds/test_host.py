"""A worker's host: rounds in their order, turned knobs at once, makings told and called off, a pulse at any time."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.limits import WAIT_S
from trainers.kinds import heap
from trainers.kinds.host import Ask, Host, Pulse, RunError, Slice
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.labels import load_labels
from trainers.runs.spec import Event, RunSpec
from tricks.declaration import RefusedError
from tricks.making import CalledOffError, Making, tell

ROOT = Path(__file__).parent.parent.parent.parent


def spec_of(steps: int = 100_000, **values: object) -> RunSpec:
    settings = {"train_size": 100, "width": 16, "eval_every": 20, **values}
    return build_spec("flooding", task="spirals", seed=100, steps=steps, values=settings)


def hosted(scene: Callable[[Host], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(Host()), WAIT_S))


async def answers(host: Host, number: int, *asks: Ask) -> list[Slice | RunError | None]:
    return list(pickle.loads(await host.train(number, asks)))


async def felt(host: Host, holds: Callable[[Pulse], bool]) -> Pulse:
    while not holds(pulse := await host.pulse()):  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    return pulse


def test_a_round_trains_each_of_its_runs_and_skips_what_it_has_not() -> None:
    async def scene(host: Host) -> None:
        assert (
            await host.make("a", spec_of()) == await host.make("b", spec_of()) == Run(spec_of()).trainer.steps_per_epoch
        )
        found = await answers(host, 0, Ask("a", WAIT_S, 3), Ask("none", WAIT_S), Ask("b", WAIT_S, 2, capture=True))
        first, nothing, last = found
        assert isinstance(first, Slice) and isinstance(last, Slice) and nothing is None
        assert (first.progress.step, first.capture, last.progress.step) == (3, None, 2)
        assert last.capture is not None and Run.restore(last.capture).step == 2 and last.seconds > 0
        await host.drop("a")
        assert host.names == ("b",) and await answers(host, 1, Ask("a", WAIT_S, 1)) == [None]

    hosted(scene)


def test_a_run_is_made_at_its_capture_and_with_what_is_to_be_obeyed() -> None:
    turns = (Event(4, "flood_level", 0.4, 1), Event(5, "lr", 0.02))

    async def scene(host: Host) -> None:
        await host.make("a", spec_of())
        (piece,) = await answers(host, 0, Ask("a", WAIT_S, 3, capture=True))
        assert isinstance(piece, Slice) and piece.drained == 0
        await host.make("again", spec_of(), piece.capture, turns)  # the second is for a later step
        await host.command("again", [Event(0, "flood_level", 0.1, 1), Event(0, "lr", 0.03)])
        (piece,) = await answers(host, 1, Ask("again", WAIT_S, 3))
        assert isinstance(piece, Slice) and piece.drained == 4
        assert (piece.progress.first, [event.step for event in piece.progress.events]) == (4, [4, 4])

    hosted(scene)


def test_a_round_that_cannot_be_trained_is_told_and_the_next_one_is() -> None:
    async def scene(host: Host) -> None:
        await host.make("a", spec_of())
        with pytest.raises(AttributeError):
            await answers(host, 0, "no ask")  # type: ignore[arg-type]
        (piece,) = await answers(host, 1, Ask("a", WAIT_S, 2))
        assert isinstance(piece, Slice) and piece.progress.step == 2

    hosted(scene)


def test_a_round_that_overtook_another_on_its_way_is_trained_after_it() -> None:
    async def scene(host: Host) -> None:
        await host.make("a", spec_of())
        later = asyncio.ensure_future(answers(host, 1, Ask("a", WAIT_S, 2)))
        await asyncio.sleep(0.05)
        assert not later.done()
        (first,) = await answers(host, 0, Ask("a", WAIT_S, 3))
        (second,) = await later
        assert isinstance(first, Slice) and isinstance(second, Slice)
        assert (first.progress.first, first.progress.step) == (1, 3)
        assert (second.progress.first, second.progress.step) == (4, 5)

    hosted(scene)


def test_a_turned_knob_ends_the_rounds_that_have_come_and_counts_from_the_next_step() -> None:
    async def scene(host: Host) -> None:
        for name in "abc":
            await host.make(name, spec_of())
        rounds = [
            asyncio.ensure_future(answers(host, 0, Ask("a", WAIT_S), Ask("b", WAIT_S))),
            asyncio.ensure_future(answers(host, 1, Ask("c", WAIT_S))),
        ]
        await felt(host, lambda pulse: pulse.run == "a")
        await host.command("c", [Event(0, "flood_level", 0.4, 1)])
        (first, undone), (other,) = await asyncio.gather(*rounds)
        assert isinstance(first, Slice) and first.progress.step >= 1 and undone is None and other is None
        (piece,) = await answers(host, 2, Ask("c", WAIT_S))  # ends with the step that shows the turn
        assert isinstance(piece, Slice) and piece.drained == 1
        assert (piece.progress.step, [event.step for event in piece.progress.events]) == (1, [1])

    hosted(scene)


def test_a_stream_of_turns_does_not_keep_the_others_from_training() -> None:
    async def scene(host: Host) -> None:
        for name in "abc":
            await host.make(name, spec_of())
        made, number = Counter[str](), 0
        while min(made["a"], made["b"]) < 10:
            two = [asyncio.ensure_future(answers(host, number + n, Ask(name, 0.01))) for n, name in enumerate("ab")]
            await asyncio.sleep(0)  # both are on their way
            await host.command("c", [Event(0, "flood_level", 0.4, 1)])
            for name, (piece,) in zip("ab", await asyncio.gather(*two), strict=True):
                made[name] += isinstance(piece, Slice)
            number += 2
        assert number < 200

    hosted(scene)


def test_a_command_takes_effect_within_the_slice_that_is_under_way_and_ends_it() -> None:
    async def scene(host: Host) -> None:
        await host.make("a", spec_of())
        training = asyncio.ensure_future(answers(host, 0, Ask("a", WAIT_S)))
        await felt(host, lambda pulse: pulse.wall_s >= 0.02)
        await host.command("a", [Event(0, "flood_level", 0.4, 1)])
        (piece,) = await training
        assert isinstance(piece, Slice) and piece.drained == 1
        assert piece.progress.events[0].step == piece.progress.step < 100_000

    hosted(scene)


def test_a_run_that_fails_is_told_and_its_round_goes_on() -> None:
    async def scene(host: Host) -> None:
        for name in "ab":
            await host.make(name, spec_of())
        await host.command("a", [Event(0, "flood_level", "much", 1)])  # nobody has checked this one
        failed, made = await answers(host, 0, Ask("a", WAIT_S, 1), Ask("b", WAIT_S, 1))
        assert isinstance(failed, RunError) and "flood_level must be a number" in str(failed)
        assert isinstance(made, Slice)

    hosted(scene)


def test_a_pulse_tells_the_step_under_way_and_the_time_that_it_has_had() -> None:
    async def scene(host: Host) -> None:
        assert await host.pulse() == Pulse()
        await host.make("a", spec_of())
        await answers(host, 0, Ask("a", 0.5))  # which is not of the next slice
        training = asyncio.ensure_future(answers(host, 1, Ask("a", 0.5)))
        pulse = await felt(host, lambda pulse: pulse.wall_s >= 0.1)
        assert pulse.run == "a" and 0 < pulse.cpu_s <= pulse.wall_s + 0.05
        await training
        assert await host.pulse() == Pulse()

    hosted(scene)


def test_a_making_is_told_holds_nobody_up_and_is_called_off(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, ended = threading.Event(), threading.Event()
    plain = Run.__init__

    def slow(run: Run, spec: RunSpec) -> None:
        if spec.settings["width"] == 13:
            try:
                while not gate.wait(0.01):
                    tell("teacher", 0.25)
            except CalledOffError:
                ended.set()
                raise
        plain(run, spec)

    monkeypatch.setattr(Run, "__init__", slow)

    async def scene(host: Host) -> None:
        await host.make("a", spec_of())
        making = asyncio.ensure_future(host.make("slow", spec_of(width=13)))
        while await host.making("slow") != Making("teacher", 0.25):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        (piece,) = await answers(host, 0, Ask("a", WAIT_S, 2))
        assert isinstance(piece, Slice) and not making.done()
        assert await answers(host, 1, Ask("slow", WAIT_S, 2)) == [None]
        await host.drop("slow")
        with pytest.raises(CalledOffError):
            await making
        assert ended.is_set() and host.names == ("a",)
        gate.set()
        await host.make("slow", spec_of(width=13))
        assert await host.making("slow") is None is await host.making("none")

    hosted(scene)


@pytest.mark.parametrize(
    ("why", "kind", "said"),
    [
        (MemoryError("too large"), RunError, "MemoryError: too large"),
        (RefusedError("lr must be less"), RefusedError, "lr must be less"),
        (CalledOffError(), CalledOffError, ""),
    ],
)
def test_what_cannot_be_made_says_why(
    why: Exception, kind: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(run: Run, spec: RunSpec) -> None:
        raise why

    monkeypatch.setattr(Run, "__init__", fail)

    async def scene(host: Host) -> None:
        with pytest.raises(kind) as told:
            await host.make("a", spec_of())
        assert type(told.value) is kind and str(told.value) == said
        assert host.names == ()

    hosted(scene)


PREPARED = """
import gc, sys
from trainers.kinds.host import prepare
prepare()
import torch
from trainers.tasks import NAMES
from tricks import catalogue
needed = [*(f"trainers.tasks.{name}" for name in NAMES), *(f"tricks.{name}" for name in catalogue.NAMES)]
print(torch.get_num_threads(), gc.get_freeze_count() > 100_000, all(name in sys.modules for name in needed))
"""


def test_a_process_is_set_up_for_one_thread_with_all_that_it_needs_and_nothing_to_collect() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "3"}
    command = [sys.executable, "-c", PREPARED]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=WAIT_S
    )
    assert done.stdout.split() == ["1", "True", "True"]


def test_everything_that_is_made_has_words() -> None:
    told = re.compile(r"""\b(?:tell|Making)\(\s*"(\w+)\"|\bcached\(.*, "(\w+)"\)""")
    found = set[str]()
    for path in (*(ROOT / "tricks").glob("*.py"), *(ROOT / "trainers").rglob("*.py")):
        found |= {name for names in told.findall(path.read_text(encoding="utf-8")) for name in names if name}
    assert {"arms", "queue", "teacher", "judge", "pretrained", "mnist1d", "worker", "no_worker"} <= found
    labels = load_labels()
    assert not {name for name in found if f"live.making.{name}" not in labels}


def test_memory_is_given_back_once_a_worker_has_no_run_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed = list[tuple[str, ...]]()

    async def scene(host: Host) -> None:
        monkeypatch.setattr(heap, "trim", lambda: trimmed.append(host.names))
        monkeypatch.setattr("trainers.kinds.host.EMPTY_S", 0.0)
        await host.make("a", spec_of())
        await host.make("b", spec_of())
        await host.drop("a")
        await host.drop("b")
        await host.make("c", spec_of())  # makes more turns of the loop than a timer of no length
        seen = len(trimmed)
        await host.drop("c")
        while len(trimmed) == seen:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    hosted(scene)
    assert {*trimmed} == {()}
