"""Of which runs there is a script, and how far it goes, for the README."""

from __future__ import annotations

from trainers.kinds.classifier import ClassifierTrainer
from trainers.runs.labels import load_labels
from trainers.tasks import load_task
from tricks import catalogue
from tricks.declaration import Setup, Trick

EQUAL, REPLAYED = "bit-equal", "replays with the lab"


def table_of_scripts() -> str:
    """A row for each trick: the tasks on which its script is bit-equal, and those whose runs replay with the lab."""
    labels = load_labels()
    head = ("trick", EQUAL, REPLAYED)
    rows = [head, ("---",) * len(head), *(_row(trick, labels) for trick in catalogue.every())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def answer(setup: Setup) -> str:
    """How far the script of a run goes that a trick is shown by."""
    return EQUAL if load_task(setup.task).trainer == ClassifierTrainer.kind else REPLAYED


def _row(trick: Trick, labels: dict[str, str]) -> tuple[str, ...]:
    tasks = {setup.task: answer(setup) for setup in trick.setups}
    told = (
        ", ".join(labels[f"task.{task}.label"] for task in tasks if tasks[task] == one) for one in (EQUAL, REPLAYED)
    )
    return (labels[f"trick.{trick.name}"], *told)
