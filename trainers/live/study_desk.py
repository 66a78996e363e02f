"""The studies of a conductor: begun, trained run by run where the live runs leave room, seen to their end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from trainers.evidence.plan import Plan
from trainers.evidence.replicates import SeedResult
from trainers.kinds.run import empty_history
from trainers.live.keeper import Keeper
from trainers.live.live_run import LiveRun
from trainers.live.live_study import LiveStudy, SeedRun
from trainers.live.memory import Memory
from trainers.live.policy import Policy
from trainers.live.visitor import Visitor
from trainers.runs.spec import RunSpec
from trainers.store.recording import new_id
from trainers.store.study_recording import StudyRecording
from tricks.declaration import RefusedError

log = logging.getLogger(__name__)

_ROOM_S = 0.1  # between looks whether a worker has room for a study's next run


class StudyDesk:
    """Studies, on the conductor's loop: `spawn` has their tasks, `train` trains a run, `has_room` is for one more."""

    def __init__(
        self,
        policy: Policy,
        keeper: Keeper | None,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        train: Callable[[LiveRun], Awaitable[None]],
        has_room: Callable[[], bool],
    ) -> None:
        self._policy, self._keeper = policy, keeper
        self._spawn, self._train, self._has_room = spawn, train, has_room
        self.memory: Memory[LiveStudy] = Memory(policy.keep_s, policy.max_kept_studies, keeper)

    def begin(self, plan: Plan, owner: Visitor | None, instead_of: LiveStudy | None) -> LiveStudy:
        """As `Conductor.begin_study`."""
        self._check(owner, instead_of)
        if instead_of is not None:
            instead_of.cancel()
        study = LiveStudy(plan, self._policy, owner)
        self._begin(study)
        if self._keeper is not None and owner is not None:
            self._keeper.keep(study, StudyRecording(study.id, owner.id))
        return study

    async def go_on(self, study_id: str) -> LiveStudy:
        """As `Conductor.go_on_with_study`."""
        assert self._keeper is not None
        shown = self.memory.find(study_id)
        self._check(None if shown is None else shown.owner, None)
        study = await asyncio.to_thread(self._keeper.go_on_with_study, study_id, self._policy)
        self._begin(study)
        return study

    def _begin(self, study: LiveStudy) -> None:
        study.expect()
        self.memory.add(study)
        self._spawn(self._conduct(study))

    def _check(self, owner: Visitor | None, instead_of: LiveStudy | None) -> None:
        """Refuses one study more than there may be."""
        others = [study for study in self.memory.going() if study is not instead_of]
        if owner is not None and owner.is_alone:
            own = [study for study in self.memory.going_of(owner) if study is not instead_of]
            if len(own) >= self._policy.max_own_studies:
                most = self._policy.max_own_studies
                sentence = f"your repeats over seeds must be at most {most} at a time, got one more: cancel one of them"
                raise RefusedError(sentence, "too_many_own_studies", most=most)
        if len(others) >= self._policy.max_studies:
            most = self._policy.max_studies
            sentence = f"repeats over seeds must be at most {most} at a time, got one more: try later"
            raise RefusedError(sentence, "too_many_studies", most=most)

    async def _conduct(self, study: LiveStudy) -> None:
        """Begins the study's runs as workers are free for them, and sees it to its end."""
        tasks: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        try:
            while study.going:
                if study.waiting and self._is_turn_of(study) and self._has_room():
                    begun = asyncio.ensure_future(self._train_seed(study, *study.waiting.popleft()))
                    tasks.add(begun)
                    begun.add_done_callback(tasks.discard)
                    await asyncio.sleep(0)  # for it to take its place
                elif tasks:
                    await asyncio.wait(tasks, timeout=_ROOM_S, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(_ROOM_S)
                study.progress(loop.time())
        except Exception:
            log.exception("the study %s was ended", study.id)
        finally:
            study.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.memory.keep(study)

    def _is_turn_of(self, study: LiveStudy) -> bool:
        """Whether none that waits for room has fewer runs under way."""
        return all(len(study.active) <= len(other.active) for other in self.memory.going() if other.waiting)

    async def _train_seed(self, study: LiveStudy, point: int, spec: RunSpec) -> None:
        """Trains a run of the study to its end; what comes of it is the study's."""
        loop = asyncio.get_running_loop()

        def on_lost() -> None:
            study.tell_lost(spec.seed, point)

        run = SeedRun(new_id(), empty_history(spec), self._policy, point=point, on_lost=on_lost)
        study.active.add(run)
        try:
            await self._train(run)
            found = run.result()
        except Exception as error:
            log.exception("a run of the study %s was ended", study.id)
            found = SeedResult(spec.seed, error=str(error) or type(error).__name__)
        finally:
            study.active.discard(run)
        study.add(point, found, loop.time())
