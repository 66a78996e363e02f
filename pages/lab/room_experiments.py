"""The experiments of a room as the app holds them: begun, watched, told to the room, canceled, gone on with.

Behind each is a study as any other, the teacher's own: it is in their library, and seen on a page of the lab's. The
room is one of those who watch it, so what it is told is made once for all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from statistics import fmean
from typing import Any

from pages.lab.room_steps import second_knobs, told_of
from pages.lab.shared import Lab
from trainers.evidence.plan import Plan
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy
from trainers.live.states import State
from trainers.live.visitor import Visitor
from trainers.runs.history import Column
from trainers.store.database import StoreError
from trainers.teaching.experiment import Experiment, Kind, Stage, main_knob, plan_seeds
from trainers.teaching.room import Phase, Room, RoomError
from trainers.wire.experiment_told import picture, place_of, progress, tried
from trainers.wire.feeds import StudyFeed
from trainers.wire.study_frames import View
from tricks.declaration import RefusedError

log = logging.getLogger(__name__)

GONE = "gone"  # the state of a study that is kept nowhere any more
PACED = 200  # steps of the shared run by which is told how long others will take
WHOLE = 2.0  # times as long as its steps alone takes a run: it is made, tested, and beside others (`bench class_seeds`)
BEFORE = (Phase.LOBBY, Phase.PREDICT)  # in which nothing of the run was shown yet


class Watch:
    """Who watches the study of an experiment, as any page does; `told` hears of whatever is new of it."""

    def __init__(self, lab: Lab, visitor: Visitor, made: Experiment, told: Callable[[Watch, set[int]], None]) -> None:
        self.made, self.visitor, self.tab = made, visitor, ""
        self.wake = asyncio.Event()
        self.feed: StudyFeed | None = None
        self.view: View | None = None
        self._ended: set[tuple[int, int]] = set()  # runs, by point and seed
        self._lab, self._told = lab, told
        self._following = asyncio.get_running_loop().create_task(self._follow())

    @property
    def study(self) -> LiveStudy | None:
        """The study, once it was found."""
        return None if self.feed is None else self.feed.subject

    def watch(self, run: LiveRun | None) -> None:
        """It shows no run."""

    def watch_study(self, study: LiveStudy | None) -> None:
        """Shows `study` from its beginning: where it was interrupted, what is gone on with."""
        if self.feed is not None:
            self._lab.leave(self.feed, self)
        self.feed = None if study is None else self._lab.join_study(study, self)
        self.wake.set()

    def end(self) -> None:
        """Watches no more."""
        self._following.cancel()
        self.watch_study(None)

    async def _follow(self) -> None:
        try:
            found = await self._lab.find_study(self.made.study, self.visitor)
            if found is None:
                self._lose()
                return
            self.watch_study(found)
            while True:
                await self.wake.wait()
                self.wake.clear()
                if self.feed is not None and self.feed.view is not None and self.feed.view is not self.view:
                    self._take(self.feed.view)
        except StoreError as error:
            log.warning("an experiment's study cannot be read: %s", error)
            self._lose()
        except Exception:
            log.exception("an experiment could not be followed")
            self._lose()

    def _lose(self) -> None:
        self.made.state = GONE
        self._told(self, set())

    def _take(self, view: View) -> None:
        made, labels = self.made, self._lab.labels
        ended = {(point, result.seed) for point, result in view.mark.results}
        new = {place_of(made, *run) for run in ended - self._ended}
        self.view, self._ended = view, ended
        made.state = view.mark.state
        made.progress, made.picture = progress(made, view, labels), picture(made, view)
        self._told(self, new)


class Experiments:
    """Those of a `room`: `news` is told that something of it is new, `tell` what is one person's own."""

    def __init__(
        self, lab: Lab, room: Room, *, news: Callable[[], None], tell: Callable[[int, dict[str, Any]], None]
    ) -> None:
        self._lab, self._room, self._news, self._tell = lab, room, news, tell
        self._owner = Visitor(room.owner, room.owner)
        self._watches: dict[int, Watch] = {}
        self._held: LiveRun | None = None  # the shared run, which is paused meanwhile
        self._planned: tuple[Any, dict[str, tuple[Plan, dict[str, int]]]] = (None, {})
        self.is_unpaced = False  # the desk is to be told again, of what it was told no time
        self._traces: dict[int, set[str]] = {}
        self._maps: dict[int, list[tuple[Plan, dict[str, Any]]]] = {}

    # --- what a teacher does

    async def begin(self, step: int, kind: Kind, at: float) -> None:
        """Plans an experiment with who has joined by now, and has it trained; the shared run pauses meanwhile.

        Raises:
            RoomError, RefusedError: as `Room.experiment_with`, or there are as many studies as there may be.
        """
        made, plan = self._room.experiment_with(step, kind, at)
        try:
            study = await self._lab.ask(self._lab.conductor.begin_study(plan, owner=self._owner))
        except BaseException:
            self._room.undo(made)
            raise
        self._room.trained_by(made, study.id)
        self._hold()
        self.follow()
        self.tell_parts()

    def cancel(self) -> None:
        """Ends the experiment that goes on: choices are given up, of a study what has come of it stays.

        Raises:
            RoomError: none goes on.
        """
        made = self._room.experiment
        if made is None or not made.is_on:
            raise RoomError("cancel needs an experiment that goes on, and none does", "no_experiment")
        study = self._study_of(made)
        if made.stage == Stage.BIDS or not made.study:
            self._room.drop(made)
        elif study is not None:
            self._lab.conductor.tell(study.cancel)

    async def resume(self) -> None:
        """Goes on with an experiment that was interrupted with its program.

        Raises:
            RoomError: it was not.
            RefusedError: there are as many studies as there may be.
            StoreError: the store cannot be read.
        """
        made = self._room.experiment
        watch = None if made is None else self._watches.get(made.number)
        if made is None or watch is None or watch.feed is None or made.state != State.INTERRUPTED:
            raise RoomError("resume needs an experiment that was interrupted, and none was", "no_experiment")
        feed = watch.feed
        study = await self._lab.ask(self._lab.conductor.go_on_with_study(made.study))
        made.state = ""
        for viewer in tuple(feed.viewers):
            viewer.watch_study(study)

    # --- what is told

    def follow(self) -> None:
        """Has the experiments watched that the room may show."""
        for made in (self._room.experiment, self._room.experiment_of(self._room.step)):
            if made is not None and made.study and made.number not in self._watches:
                self._watches[made.number] = Watch(self._lab, self._owner, made, self._on_told)

    def offer(self) -> dict[str, Any]:
        """What the desk may begin now, with what it would come to: of each kind `places`, `own`, `runs`, `seconds`.

        `maps` are the knobs that may come second, each with its `name`, `label`, `symbol` and the same. Empty before
        the run was shown. The seconds are None where nothing is known of the shared run's pace.
        """
        room = self._room
        self.is_unpaced = False
        if not room.settings.run or room.phase in BEFORE:
            return {}
        made = room.choosing
        bids = {} if made is None or made.is_map else made.bids  # a map is laid out before anybody chooses
        number = None if made is None else made.number
        key = (room.step, number, tuple(one.number for one in room.present), tuple(bids.items()))
        if self._planned[0] != key:
            self._planned = (key, self._plan())
        offered = {kind: {**told, "seconds": self._seconds(plan)} for kind, (plan, told) in self._planned[1].items()}
        run = self._lab.conductor.find(room.settings.run)
        self.is_unpaced = run is not None and run.going and any(told["seconds"] is None for told in offered.values())
        if "settings" not in offered:
            return offered
        maps = [{**told, "seconds": self._seconds(plan)} for plan, told in self._maps_of(room.step)]
        return {**offered, "maps": maps}

    def _maps_of(self, step: int) -> list[tuple[Plan, dict[str, Any]]]:
        """The maps that a step's main knob makes with another."""
        if step not in self._maps:
            found = self._maps[step] = []
            for second in second_knobs(self._room.lesson, step):
                with suppress(RefusedError):  # the run cannot have the two together
                    plan = self._room.plan_of_map(second["name"])
                    found.append((plan, {**second, "places": len(plan.points), "runs": plan.num_runs}))
        return self._maps[step]

    def _plan(self) -> dict[str, tuple[Plan, dict[str, int]]]:
        room, planned = self._room, {}
        joined = len(room.present)
        try:
            plan = plan_seeds(room.at.spec(), joined)
            places = len(plan.study.seeds)
            planned["seeds"] = (plan, {"places": places, "own": max(0, places - joined), "runs": plan.num_runs})
            if main_knob(room.at) is not None:
                plan = room.plan_of_settings()
                planned["settings"] = (plan, {"places": len(plan.points), "runs": plan.num_runs})
        except RefusedError as error:
            log.warning("an experiment cannot be offered: %s", error)
        return planned

    def _seconds(self, plan: Plan) -> float | None:
        """How long a study will take, by what the steps of the shared run have taken so far."""
        conductor = self._lab.conductor
        run = conductor.find(self._room.settings.run)
        paces = (
            [] if run is None else [_pace(run.mark.history.row(arm, "elapsed_s")) for arm in range(len(run.spec.arms))]
        )
        known = [pace for pace in paces if pace is not None]
        if not known:
            return None
        spec = plan.points[0].spec if plan.points else plan.study.spec
        rounds = -(-plan.num_runs // max(1, conductor.num_workers))
        return WHOLE * rounds * spec.steps * len(spec.arms) * fmean(known)

    def greet(self, person: int) -> None:
        """Tells somebody who has come, or come back, what is theirs in the experiment of the present step."""
        made = self._room.experiment_of(self._room.step)
        place = None if made is None else made.who.get(person)
        if made is not None and place is not None:
            self._tell_tried(made, place, [person])

    def tell_parts(self) -> None:
        """Tells everybody which place they have."""
        for person in self._room.present:
            self._tell(person.number, {"type": "you", **self._room.for_person(person.number)})

    def end(self, *, for_good: bool) -> None:
        """Follows nothing any more; what goes on is ended where that is for good."""
        made = self._room.experiment
        if for_good and made is not None and made.is_on and (study := self._study_of(made)) is not None:
            self._lab.conductor.tell(study.cancel)
        for watch in self._watches.values():
            watch.end()
        self._watches.clear()

    # --- within

    def _study_of(self, made: Experiment) -> LiveStudy | None:
        watch = self._watches.get(made.number)
        return None if watch is None else watch.study

    def _on_told(self, watch: Watch, new: set[int]) -> None:
        made = watch.made
        for place in new:
            self._tell_tried(made, place, [one for one, own in made.who.items() if own == place])
        if not made.is_on:
            self._let_go_on()
        self._news()

    def _tell_tried(self, made: Experiment, place: int, people: Iterable[int]) -> None:
        watch = self._watches.get(made.number)
        if watch is None or watch.view is None:
            return
        told = tried(made, watch.view, place, self._traces_of(made.step), self._lab.labels)
        if told is not None:
            for person in people:
                self._tell(person, told)

    def _traces_of(self, step: int) -> set[str]:
        """The curves that phones draw of a step's runs."""
        if step not in self._traces:
            charts = told_of(self._room.lesson, step)["charts"]
            self._traces[step] = {name for chart in charts for name in chart["traces"]}
        return self._traces[step]

    def _hold(self) -> None:
        """Pauses the shared run, if it goes on."""
        run = self._lab.conductor.find(self._room.settings.run)
        if run is not None and run.state == State.RUNNING:
            self._held = run
            self._lab.conductor.tell(run.pause)

    def _let_go_on(self) -> None:
        """Has the shared run go on that was paused, if it is still the one."""
        run, self._held = self._held, None
        if run is not None and run.id == self._room.settings.run:
            self._lab.conductor.tell(run.resume)


def _pace(elapsed_s: Column) -> float | None:
    """The seconds of a step of late, by an arm's seconds so far; None before there are two."""
    first = max(0, len(elapsed_s) - PACED)
    steps = len(elapsed_s) - 1 - first
    return float(elapsed_s[-1] - elapsed_s[first]) / steps if steps > 0 else None
