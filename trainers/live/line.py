"""Who has one of the lab's places: a live run that finds none waits in line, and an idle one leaves its own to it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from heapq import heapify, heapreplace

from trainers.live.live_run import LiveRun
from trainers.live.policy import Policy
from trainers.live.states import State
from trainers.live.watched import Rate
from tricks.declaration import RefusedError
from tricks.making import Making

_LOOK_S = 1.0  # between two looks whether somebody is idle, and two words of how long it may take
_GIVEN_S = 8.0  # over about so long, how much of the workers live runs get


class Line:
    """The runs that have a place, `inside`, and those that wait for one, in their order; of the conductor's loop.

    `given_s` tells for how many seconds the workers have trained live runs, in all.
    """

    def __init__(self, policy: Policy, given_s: Callable[[], float]) -> None:
        self.policy = policy
        self._given_s = given_s
        self._given = Rate(_GIVEN_S)
        self.inside: list[LiveRun] = []
        self.waiting: list[LiveRun] = []
        self._moved = asyncio.Event()

    def join(self, run: LiveRun, instead_of: LiveRun | None = None, *, comes_back: bool = False) -> None:
        """Puts `run` where `instead_of` is, or at the end of the line; one that `comes_back` is always let in.

        Raises:
            RefusedError: the line is full.
        """
        for runs in (self.inside, self.waiting):
            if instead_of in runs:
                runs[runs.index(instead_of)] = run
                return
        if not comes_back:
            self.check()
        if not self.waiting:
            self._given.forget()
        self.waiting.append(run)
        self._admit()

    def check(self) -> None:
        """Refuses one more where the line is full.

        Raises:
            RefusedError: it is.
        """
        if len(self.waiting) >= self.policy.max_waiting:
            most = self.policy.max_runs + self.policy.max_waiting
            sentence = f"live runs must be at most {most} at a time, got one more: try later"
            raise RefusedError(sentence, "too_many_runs", most=most)

    async def enter(self, run: LiveRun) -> None:
        """Waits until the run, which has joined, has a place, or has ended."""
        while run.going and run not in self.inside:
            self._look()
            number = self.waiting.index(run) + 1
            run.tell_making(Making("turn", detail=str(number), left_s=self.left_s(number)))
            self._moved.clear()
            moved, leaving = (asyncio.ensure_future(event.wait()) for event in (self._moved, run.leaving))
            await asyncio.wait([moved, leaving], timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            moved.cancel()
            leaving.cancel()
            self._admit()

    def leave(self, run: LiveRun) -> None:
        """Gives up the run's place, or its place in line."""
        for runs in (self.inside, self.waiting):
            if run in runs:
                runs.remove(run)
        self._admit()

    def _look(self) -> None:
        given_s = self._given_s()
        if given_s:  # what a cluster that is only starting gives says nothing
            self._given.note(asyncio.get_running_loop().time(), given_s)

    def left_s(self, number: int) -> float | None:
        """In about how many seconds the one with that number in line, from 1, has a place; None: that is not known.

        Those inside share evenly what the workers give live runs, and so will those who come in for them. That holds
        while a class comes, too, when how fast a run has been so far says little of how fast it will be among all.
        """
        inside = [run for run in self.inside if run.state == State.RUNNING]
        trained = [run.trained for run in inside]
        steps = sum(made for _, made in trained)
        if not steps or not self._given.value:
            return None
        usual_s = sum(seconds for seconds, _ in trained) / steps
        share = self._given.value / len(inside)
        ends = []
        for run, (seconds, made) in zip(inside, trained, strict=True):
            step_s = seconds / made if made else usual_s
            ends.append(run.steps_left * max(step_s, share / (run.speed or math.inf)))
        heapify(ends)  # in seconds that each has had of a worker
        for ahead in self.waiting[: number - 1]:
            heapreplace(ends, ends[0] + ahead.steps_left * usual_s)
        return ends[0] / share

    def _admit(self) -> None:
        while self.waiting and (len(self.inside) < self.policy.max_runs or self._make_room()):
            self.inside.append(self.waiting.pop(0))
            self._moved.set()

    def _make_room(self) -> bool:
        """Has the run leave its place that has been idle for longest, if any has been for long enough."""
        now = asyncio.get_running_loop().time()
        idle = [run for run in self.inside if run.state == State.PAUSED and run.worker is not None]
        for run in sorted(idle, key=lambda run: run.idle_since):
            if run.away or (not run.credit and now - run.idle_since >= self.policy.idle_s):
                run.set_aside()
                self.inside.remove(run)
                return True
        return False
