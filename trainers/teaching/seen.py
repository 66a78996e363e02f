"""What must be seen in a lesson's run, said so that it can be checked.

`METRIC ARM < ARM`, its words apart by spaces:

- METRIC: a test metric, a number of the step (`train_loss`), or `diverged` (1 where the arm did, or 0);
- ARM: an arm by its name in files, `baseline`, `flooding`, `flooding flood_level=0.4`;
- `<`, `>` or `=`; or `~`: over the seeds the difference cannot be told from noise;
- on the right a number, or an arm and, if wanted, how much: `baseline - 0.1`, `baseline * 2`;
- or instead of both `between 0.1 and 0.3`;
- after an arm `at 500`: then, not at the end of the run. On the right of a `<` or `>` the same arm at an earlier step
  says what has changed since;
- last, `on 14`: on how many of the seeds 100 to 115 at least, 12 if it is not said.

What is seen must also be so on the lesson's own seed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trainers.evidence.article_numbers import DIVERGED
from trainers.evidence.declarations import SEEDS, Statement
from trainers.kinds.run import empty_history
from trainers.runs.labels import shorten
from trainers.runs.spec import RunSpec
from tricks import catalogue
from tricks.declaration import RefusedError

MOST = 12
"""On how many of the seeds something must be so that is said without a number."""
MOST_LETTERS = 300
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
FORM = "METRIC ARM < ARM, > or = or ~ or between A and B, with at STEP, - 0.1, * 2, on SEEDS where they are wanted"


@dataclass(frozen=True)
class Seen:
    """Something that must be seen: in words, as it was declared (`check`), and as the `statement` that is measured."""

    text: str
    check: str
    statement: Statement

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps before the last one that it is about."""
        return tuple(step for step in (self.statement.step, self.statement.since) if step is not None)


def parse_seen(check: str, text: str, spec: RunSpec, of: str) -> Seen:
    """What is declared as `check` of the run `spec`, which is kept under the name `of`.

    Raises:
        RefusedError: it has not the form, or names a metric, an arm, a step or a number of seeds that there is not.
    """
    if len(check) > MOST_LETTERS:
        raise RefusedError(f"a check must have at most {MOST_LETTERS} letters, got {len(check):,}: {shorten(check)!r}")
    arms = [arm.name for arm in spec.arms]
    metric, _, rest = check.partition(" ")
    metrics = (*_metrics(spec), DIVERGED)
    if metric not in metrics:
        raise RefusedError(f"a metric must be one of {', '.join(metrics)}, got {metric!r}")
    if not any(rest.startswith(arm) for arm in arms):
        raise RefusedError(f"an arm must be one of {', '.join(arms)}{_near(rest, arms)}, got {rest!r}")
    found = re.fullmatch(_pattern(arms), rest)
    if found is None:
        raise RefusedError(f"what must be seen must be {FORM}, with the arms {', '.join(arms)}, got {check!r}")
    return Seen(text, check, _statement(found.groupdict(), metric, spec, of))


def _metrics(spec: RunSpec) -> tuple[str, ...]:
    history = empty_history(spec)
    return (*history.test_names[1:], *(name for name in history.row_names if name != "elapsed_s"))


def _near(given: str, arms: Iterable[str]) -> str:
    return catalogue.nearest(given.split(" ")[0], tuple(arms))


def _pattern(arms: Iterable[str]) -> str:
    arm = "|".join(re.escape(name) for name in sorted(arms, key=len, reverse=True))
    right = rf"(?P<number>{NUMBER})|(?P<other>{arm})(?: at (?P<since>\d+))?(?: (?P<sign>[-+*]) (?P<by>{NUMBER}))?"
    compared = rf"(?P<sign_of>[<>=~]) (?:{right})"
    between = rf"between (?P<low>{NUMBER}) and (?P<high>{NUMBER})"
    return rf"(?P<arm>{arm})(?: at (?P<step>\d+))? (?:{compared}|{between})(?: on (?P<on>\d+))?"


def _statement(found: Mapping[str, str | None], metric: str, spec: RunSpec, of: str) -> Statement:
    step, since = _step(found["step"], spec), _step(found["since"], spec)
    told: dict[str, Any] = {"name": of, "of": of, "metric": metric, "arm": str(found["arm"]), "step": step}
    other, number = found["other"], found["number"]
    if other is not None:
        told |= _compared(other, since, told)
    if found["sign_of"] == "~":
        return Statement(**told, told=_same(found))
    by = float(found["by"] or 0) * (-1 if found["sign"] == "-" else 1)
    told["ratio"] = found["sign"] == "*"
    told["on"] = _seeds(found["on"])
    return Statement(**told, **_bounds(found, by if number is None else float(number)))


def _compared(other: str, since: int | None, left: Mapping[str, Any]) -> dict[str, Any]:
    """The right side, an arm: another at the same step, or the same at another."""
    if other == left["arm"] and since is not None and since != left["step"]:
        return {"since": since}
    if other == left["arm"]:
        raise RefusedError(f"an arm must be compared with another, or with itself at an earlier step, got {other!r}")
    if since != left["step"]:
        raise RefusedError(f"two arms must be compared at the same step, got {left['step'] or 'the last'} and {since}")
    return {"against": other}


def _same(found: Mapping[str, str | None]) -> str:
    if found["other"] is None or found["since"] is not None or found["sign"] is not None or found["on"] is not None:
        raise RefusedError("~ must stand between two arms alone, it is of all seeds together")
    return "same"


def _bounds(found: Mapping[str, str | None], bound: float) -> dict[str, Any]:
    if found["sign_of"] is None:
        low, high = float(found["low"] or 0), float(found["high"] or 0)
        if not low < high:
            raise RefusedError(f"between must have the lower number first, got {low:g} and {high:g}")
        return {"least": low, "most": high}
    if found["sign_of"] == "=":
        return {"least": bound, "most": bound}
    if found["sign_of"] == "<":
        return {"most": math.nextafter(bound, -math.inf)}
    return {"least": math.nextafter(bound, math.inf)}


def _step(text: str | None, spec: RunSpec) -> int | None:
    """A step before the last, None for the last itself."""
    if text is None or int(text) == spec.steps:
        return None
    every = int(spec.settings["eval_every"])
    if not 1 <= int(text) < spec.steps or int(text) % every:
        raise RefusedError(
            f"a step must be one at which is measured, each {every}, of {spec.steps:,} in all, got {text}"
        )
    return int(text)


def _seeds(text: str | None) -> int:
    on = MOST if text is None else int(text)
    if not 1 <= on <= len(SEEDS):
        raise RefusedError(f"on must be 1 to {len(SEEDS)} seeds, got {on}")
    return on
