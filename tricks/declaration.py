"""How a trick is declared: one documented change to a recipe, with its knobs, where it is shown and what is claimed.

Plain data and functions: what a recipe is made of stands in `recipe.py`, training itself in `trainers/`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:  # a command that refuses a name need not wait for torch
    from torch import Tensor

Value = float | int | str | bool
Knobs = Mapping[str, Value]
"""The values in force at a step: the shared settings and the trick's knobs, by name."""

Family = Literal[
    "loss", "regularization", "activation", "normalization", "optimization", "schedule", "structure", "data"
]
Goal = Literal["convergence", "stability", "generalization"]


def steps_of(share: float, steps: int) -> int:
    """How many of a run's first `steps` steps lie before the `share` (0 to 1) of it: the first step at or after it.

    Where the product is a whole number but for rounding (0.55 of 100 is 55.00000000000001), it is that number.
    """
    return math.ceil(share * steps * (1 - 1e-12))


RULES: Mapping[str, tuple[str, ...]] = {
    "above": ("name", "low", "value"),
    "at_most": ("name", "most", "value"),
    "between": ("name", "low", "high", "value"),
    "choice": ("name", "choices", "value"),
    "conflict": ("tricks",),
    "differ": ("name", "value"),
    "ended": ("state",),
    "how_many": ("name", "low", "high", "value"),
    "made_elsewhere": ("made",),
    "missing": ("name",),
    "must_stay": ("name", "kept", "value"),
    "needs_run": (),
    "needs_study": (),
    "next_start": ("name",),
    "not_a_field": ("name",),
    "not_a_knob": ("name", "near"),
    "not_here": ("name", "value"),
    "not_shown": ("detail",),
    "not_started": ("detail",),
    "not_with": ("name", "other"),
    "not_yours": (),
    "number": ("name", "low", "high", "value"),
    "one_each": ("name", "other", "value"),
    "order": ("low", "high"),
    "said": ("text",),
    "steered_elsewhere": (),
    "store": ("why",),
    "too_large": ("gigabytes", "most", "name", "seconds", "value"),
    "too_many_own": ("most",),
    "too_many_own_studies": ("most",),
    "too_many_runs": ("most",),
    "too_many_studies": ("most",),
    "twice": ("name",),
    "type": ("name", "wanted", "value"),
    "unknown": ("name", "near", "value"),
    "whole": ("name", "low", "high", "value"),
}
"""The rules by which something is refused, and what is told of each: what it is about, what was given, and parts."""


class RefusedError(ValueError):
    """A value was refused: the message names the argument, the rule, and the value, and so does its data.

    `rule` is one of `RULES`, `name` the knob, setting or field that it is about (empty: none), `value` what was given,
    `parts` what else the rule tells. Words in another language are made of these; of what is merely `said` there are
    none.
    """

    def __init__(
        self, sentence: str, rule: str = "said", name: str = "", value: object = None, **parts: object
    ) -> None:
        super().__init__(sentence)
        self.rule, self.name, self.value = rule, name, value
        self.parts = parts if rule != "said" else {"text": sentence}
        told = {*RULES[rule]} - {"name", "value"}
        if told != {*self.parts}:
            raise TypeError(f"{rule} tells {', '.join(sorted(told)) or 'nothing'}, got {', '.join(sorted(self.parts))}")


@dataclass(frozen=True)
class Knob:
    """One adjustable number or choice, declared once.

    A number has `low` and `high`; a choice has `choices`. `live` knobs take effect at the next step of a running
    training, the others at the next start. `neutral` is the value at which the knob changes nothing, or None. `when` is
    another knob's name and the values of it at which alone this one counts, `unless` one's name and that at which it
    does not.
    """

    name: str
    symbol: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    neutral: Value | None = None
    unit: str = ""
    live: bool = True
    integer: bool = False
    scale: Literal["linear", "log"] = "linear"
    when: tuple[str, ...] = ()
    unless: tuple[str, Value] | None = None

    def counts(self, values: Knobs) -> bool:
        """Whether the knob changes anything while its trick's knobs have these `values`."""
        if self.when and values[self.when[0]] not in self.when[1:]:
            return False
        return self.unless is None or values[self.unless[0]] != self.unless[1]

    def check(self, value: object) -> Value:
        """Returns `value` in the knob's own type.

        Raises:
            RefusedError: `value` is not one of the choices, not a finite number, or out of range.
        """
        if self.choices:
            if value not in self.choices:
                sentence = f"{self.name} must be one of {', '.join(self.choices)}, got {value!r}"
                raise RefusedError(sentence, "choice", self.name, value, choices=self.choices)
            return str(value)
        number = self._number(value)
        assert self.low is not None and self.high is not None
        if not self.low <= number <= self.high:
            sentence = f"{self.name} must be between {self.low:.10g} and {self.high:.10g}, got {value}"
            raise RefusedError(sentence, "between", self.name, value, low=self.low, high=self.high)
        return int(number) if self.integer else number

    def _number(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self._no_number(value, repr(value))
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise self._no_number(value, repr(value)) from None
        if not math.isfinite(number) or (self.integer and number != int(number)):
            raise self._no_number(value, str(value))
        return number

    def _no_number(self, value: object, given: str) -> RefusedError:
        rule, wanted = ("whole", "a whole number") if self.integer else ("number", "a number")
        sentence = f"{self.name} must be {wanted}, got {given}"
        return RefusedError(sentence, rule, self.name, value, low=self.low, high=self.high)


@dataclass(frozen=True)
class Setup:
    """A task on which a trick is shown, and the settings and knobs that show it; the first of a trick is its default.

    `settings` are differences from the task's own defaults.
    """

    task: str
    steps: int
    settings: Mapping[str, Value] = field(default_factory=dict)
    knobs: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A part of what is claimed of a trick: at the end its arm has a `metric` that is `way` than the baseline's.

    `name` names its words. A part without a metric is untested, and its words say why. `tasks` are those of the trick's
    that it is about (none named: all that have the metric).
    """

    name: str
    metric: str = ""
    way: Literal["lower", "higher", ""] = ""
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """Where a trick comes from; `authors` by family name."""

    authors: str
    title: str
    year: int
    url: str


def _as_declared(knobs: tuple[Knob, ...], settings: Knobs) -> tuple[Knob, ...]:
    return knobs


def _everything(view: str, shape: tuple[int, ...]) -> bool:
    return True


def _none_more(knobs: Knobs) -> float:
    return 0.0


@dataclass(frozen=True)
class Trick:
    """The declaration of a trick: identifiers, symbols and numbers only; words stand in `assets/text/`.

    `wraps` names the recipe fields the trick changes (`model.norm` for a field of the model spec, `critic.norm` for one
    of a critic's), `replaces` those of them whose earlier content is lost, `needs_plain` others that no trick of the
    same arm may change; `trainer` is the kind of trainer whose recipes it changes first of all (its setups may add
    others, whose fields it names too). `least_side` is the side of the smallest pictures that it has a network see,
    `fits` whether it means anything on inputs of that view (the task's) and shape (of one example). `adapt` narrows the
    knobs to given settings (a range that depends on the task, a choice that a network cannot offer). `probe` gives
    named arrays about the inside of an arm at a moment; `preview` gives those that the knobs alone determine,
    for the panel that moves with the knob, run or no run. `measures` are test metrics that the trick adds to the task's
    ("lower" or "higher" is better), for every arm of its page; `measure` gives them at an evaluation, by so many
    `measure_passes` over the test set. `unmeasured` names, by kind of trainer, those of them that do not exist there.
    `passes` says, by knobs and settings, how many passes its arm's longest step makes beyond the baseline's: through
    its network, forward or backward, each of a whole batch.
    """

    name: str
    family: Family
    serves: tuple[Goal, ...]
    formula: str  # LaTeX
    knobs: tuple[Knob, ...]
    wraps: tuple[str, ...]
    setups: tuple[Setup, ...]
    papers: tuple[Paper, ...]
    metric: str  # the test metric by which the trick's effect is judged
    claims: tuple[Claim, ...]
    apply: Callable[[Any], Any]  # recipe -> recipe, of the trainer's kind
    replaces: tuple[str, ...] = ()
    needs_plain: tuple[str, ...] = ()
    trainer: str = "classifier"
    least_side: int | None = None  # as they are, where there is none
    fits: Callable[[str, tuple[int, ...]], bool] = _everything
    related: tuple[str, ...] = ()
    adapt: Callable[[tuple[Knob, ...], Knobs], tuple[Knob, ...]] = _as_declared
    probe: Callable[[Any], dict[str, Tensor]] | None = None  # of the moment that the trainer's kind gives
    preview: Callable[[Knobs], dict[str, Tensor]] | None = None
    measures: Mapping[str, str] = field(default_factory=dict)
    measure: Callable[[Any], dict[str, float]] | None = None  # of the same moment as the probe's
    measure_passes: int = 0
    unmeasured: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passes: Callable[[Knobs], float] = _none_more
    named_by: str = ""  # the choice whose value is what its arm is called, such as Adam
    in_article: bool = False  # one of those that the lab's source article is about

    def __post_init__(self) -> None:
        for name, given, legal in (("family", (self.family,), Family), ("serves", self.serves, Goal)):
            for value in given:
                if value not in get_args(legal):
                    raise RefusedError(f"{name} must be of {', '.join(get_args(legal))}, got {value!r}")

    def knobs_for(self, settings: Knobs) -> dict[str, Knob]:
        """The knobs by name, narrowed to `settings` (all shared settings of a run, `steps` and `task` included)."""
        return {knob.name: knob for knob in self.adapt(self.knobs, settings)}
