"""Which worker a run is trained in: at first that with the least to do, and later another where that evens them out.

Only live runs that make steps count, and only those move: one that is held takes nothing of its worker, and moved it
would cost a restoring that nobody gains by. It counts, and may move, as soon as it goes on. A study has at most one run
a worker, and begins the next where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from trainers.live.live_run import LiveRun
from trainers.live.live_worker import LiveWorker, Place

CROWDED = 2  # so many live runs more than another worker has, and one moves there


def choose(workers: Iterable[LiveWorker], run: LiveRun) -> LiveWorker | None:
    """The worker for that run, if there is any: that with the least to do, for a study's run that with the fewest.

    A run that has begun goes on with the processor that has made it while there is one: its steps are the same then.
    """
    known = run.history.processors

    def load(worker: LiveWorker) -> tuple[int, ...]:
        live, behind = (worker.count(background=background) for background in (False, True))
        is_other = bool(known) and worker.processor not in known
        return (is_other, *((behind, live) if run.background else (len(_training(worker)), live)))

    return min(workers, key=load, default=None)


def even_out(workers: Iterable[LiveWorker]) -> None:
    """Has one run move that is to, with its next capture, and no other before a worker has made it.

    It leaves a worker that has at least `CROWDED` live runs more than another one of the same processor, whose steps
    are the same to the last bit. Each move makes the numbers more alike, so that none comes back.
    """
    workers = list(workers)
    moving = next((place for worker in workers for place in worker.places.values() if place.moves), None)
    found = _to_move(workers, moving)
    if moving is not None and moving is not found:
        moving.moves = False
    if found is not None and not found.moves:
        found.move()


def _to_move(workers: list[LiveWorker], moving: Place | None) -> Place | None:
    """The place of the run that is to move: that which is `moving` already, if it still is to."""
    for crowded in sorted(workers, key=lambda worker: -len(_training(worker))):
        most = len(_training(crowded)) - CROWDED
        others = [one for one in workers if one.processor == crowded.processor and len(_training(one)) <= most]
        movable = [place for place in _training(crowded) if place.is_made]
        if not others or not movable:
            continue
        if any(not place.is_made for one in others for place in one.places.values()):
            return None  # the last one that moved, or one that begins
        return moving if moving in movable else max(movable, key=_haste)
    return None


def _haste(place: Place) -> tuple[float, int]:
    """How soon a run comes to its next slice, and with it to a capture; of two, that which has less to make up for."""
    run = place.run
    return run.speed or math.inf, run.position - run.history.step


def _training(worker: LiveWorker) -> list[Place]:
    """The places of the live runs that make steps, or will once they are made."""
    return [place for place in worker.places.values() if not (place.run.background or place.run.held)]
