"""Who has one of the lab's places: a live run that finds none waits in line, and an idle one leaves its own to it."""

from __future__ import annotations

import asyncio

from trainers.live.live_run import LiveRun
from trainers.live.policy import Policy
from trainers.live.states import State
from tricks.declaration import RefusedError
from tricks.making import Making

_LOOK_S = 1.0  # between two looks whether somebody is idle, and two words of how long it may take


class Line:
    """The runs that have a place, `inside`, and those that wait for one, in their order; of the conductor's loop."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
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

    def left_s(self, number: int) -> float | None:
        """In about how many seconds the one with that number in line, from 1, has a place; None: that is not known."""
        known = sorted(left for run in self.inside if (left := run.mark.eta_s) is not None)
        return known[number - 1] if number <= len(known) else None

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
