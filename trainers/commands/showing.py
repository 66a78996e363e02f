"""What a kept run looks like on a terminal: a line of a table, or whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainers.store.library import Card
    from trainers.store.store import Kept

SHORT = 8  # letters of an id that a table shows

HEAD = ("id", "begun", "state", "trick", "task", "seed", "step", "result", "name", "differs")


def cells(card: Card) -> tuple[str, ...]:
    """A kept run as a line of a table below `HEAD`."""
    return (
        card.public_id[:SHORT],
        when(card.created_at),
        card.status + (", imported" if card.imported else "") + (", shared" if card.links else ""),
        card.trick,
        card.task,
        "" if card.seed is None else str(card.seed),
        f"{card.done:,}" if card.done == card.total else f"{card.done:,}/{card.total:,}",
        "" if card.result is None else f"{card.result:.4g}",
        card.name,
        _assigned(card.differs),
    )


def shown(card: Card, kept: Kept) -> list[str]:
    """A kept run in lines: what it was, and where its arms stand."""
    from trainers.commands.training import table_of
    from trainers.runs.settings import ignored_by
    from trainers.tasks import load_task

    spec, made = kept.history.spec, kept.made
    ignored = ignored_by(load_task(spec.task))
    settings = {name: value for name, value in spec.settings.items() if name not in ignored}
    of = f"{card.trick} on {card.task}, seed {card.seed}"
    where = f"at step {card.done:,} of {card.total:,}{', in the bin' if card.deleted_at is not None else ''}"
    by = f"version {made['version']} (code {made['code']}), torch {made['torch']}, on {made['processor']}"
    told = [
        f"{card.public_id}  {of}: {card.status} {where}",
        *(f"{what}: {text}" for what, text in (("name", card.name), ("note", card.note)) if text),
        f"begun {when(card.created_at)}, {card.seconds:.0f} s; {'imported, ' if card.imported else ''}made by {by}",
        f"settings: {_assigned(settings)}",
        *(f"{arm.name}: {_assigned(arm.knobs)}" for arm in spec.arms if arm.knobs),
    ]
    for event in (*kept.history.events, *kept.coming):
        of = "" if event.arm is None else f" of {spec.arms[event.arm].name}"
        told.append(f"from step {event.step:,} on: {event.name}={event.value}{of}")
    return [*told, *(table_of(kept.history).splitlines() if kept.history.step else ())]


def _assigned(values: Any) -> str:
    def told(value: Any) -> str:
        several: Sequence[Any] = value if isinstance(value, list) else [value]
        return "|".join(f"{one:.6g}" if isinstance(one, float) else str(one) for one in several)

    return " ".join(f"{name}={told(value)}" for name, value in values.items())


def when(at: float) -> str:
    """A time in seconds since 1970 as this machine's clock says it."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
