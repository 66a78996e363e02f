"""What a verdict says, in the words of a language."""

from __future__ import annotations

import math
from collections.abc import Mapping

from trainers.evidence.power import (
    MOST_SEEDS,
    least_seeds,
)
from trainers.evidence.ranks import LEVEL
from trainers.evidence.statistics import (
    RATES,
    Verdict,
)


def sentence(
    result: Verdict, *, arm: str, metric: str, labels: Mapping[str, str], baseline: str = "", num_missing: int = 0
) -> str:
    """The verdict in words, made from its numbers and never saying more than they do.

    `labels` are a language's labels by key, with the templates under `verdict.`; arms and metrics are called by their
    labels `trick.<name>` or `arm.<name>` and `metric.<name>`, and by the name itself where there are none. `baseline`
    is named where it is not the plain one. Rates are in points of a hundred. `num_missing` seeds could not be run.
    """
    found = result.paired
    scale, unit = (100.0, "verdict.points") if metric.endswith(RATES) else (1.0, "verdict.plain")
    numbers = [scale * value for value in (found.mean, found.low, found.high)]
    if result.claimed:
        numbers = [abs(numbers[0]), *sorted(abs(value) for value in numbers[1:])]
    mean, low, high = numerals(*numbers)
    needed = least_seeds(result.num_compared) if _branch(result) == "few" else result.needed
    ours, theirs = _called(arm, labels), _called(baseline, labels) if baseline else labels["verdict.baseline"]
    told = labels["verdict.against"].format(arm=ours, baseline=theirs) if baseline else ours
    values = {
        "arm": ours if _branch(result) == "same" else told,
        "baseline": theirs,
        "metric": labels.get(f"metric.{metric}") or metric.replace("_", " "),
        "size": labels[unit].format(number=mean),
        "low": low,
        "high": high,
        "top": labels[unit].format(number=high),
        "p": f"{found.p:.2g}",
        "seeds": found.num_seeds,
        "finite": found.n,
        "won": found.num_higher if found.mean > 0 else found.num_lower,
        "compared": result.num_compared,
        "needed": "" if needed is None else _about(needed),
        "most": f"{MOST_SEEDS:,}",
        "missing": num_missing,
    }
    parts = [labels[f"verdict.{_branch(result)}"].format(**values)]
    if _branch(result) in ("noise", "compared") and found.n == found.num_seeds:
        parts.append(labels["verdict.needed" if needed is not None else "verdict.needed_beyond"].format(**values))
    for name, count in ((ours, found.num_diverged), (theirs, found.num_baseline_diverged)):
        if count:
            parts.append(labels["verdict.diverged"].format(**{**values, "arm": name, "count": count}))
    if num_missing:
        parts.append(labels["verdict.missing"].format(**values))
    return " ".join(part[:1].upper() + part[1:] for part in parts)


def _branch(result: Verdict) -> str:
    """Which of the templates says it."""
    found = result.paired
    diverged = found.n < found.num_seeds
    if result.claimed:
        return ("raised" if found.mean > 0 else "lowered") + ("_rest" if diverged else "")
    if found.n and not found.num_lower and not found.num_higher:
        return "same"
    if found.num_seeds < least_seeds(result.num_compared):
        return "few"
    if found.n < 2:
        return "no_interval"
    excludes_zero = found.low > 0 or found.high < 0
    if excludes_zero and found.p <= LEVEL < result.p_holm:
        return "compared"
    return "disagree" if excludes_zero or result.p_holm <= LEVEL else "noise"


def _called(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(f"arm.{name}") or labels.get(f"trick.{name}") or name.replace("_", " ")


def _about(count: int) -> str:
    """A count to two digits, rounded up from 100 on, since it is a guess."""
    grain = 10 ** max(0, len(str(count)) - 2)
    return f"{-(-count // grain) * grain:,}"


def numerals(mean: float, low: float, high: float) -> tuple[str, str, str]:
    """The three with as many decimals as the interval bears: one or two digits of half its width.

    A bound that is not zero never reads as zero.
    """
    half = (high - low) / 2
    if not math.isfinite(half):
        decimals = 3
    elif half <= 1e-9 * abs(mean):
        decimals = 2 - math.floor(math.log10(abs(mean))) if mean else 0
    else:
        exponent = math.floor(math.log10(half))
        decimals = (1 if half < 3 * 10.0**exponent else 0) - exponent
    decimals = min(12, max(0, decimals))
    while decimals < 12 and any(value and not float(f"{value:.{decimals}f}") for value in (low, high)):
        decimals += 1
    mean_text, low_text, high_text = (f"{value:.{decimals}f}".replace("-", "−") for value in (mean, low, high))
    return mean_text, low_text, high_text
