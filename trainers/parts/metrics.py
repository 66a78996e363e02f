"""What the tests measure: pure functions of logits (or scores) and labels; rates are fractions, never percent."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tricks.recipe import is_right

NUM_BINS = 15


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of logits (N, K) whose largest stands at the label (N,); a row with a NaN counts as wrong."""
    return _share(is_right(logits, labels))


def _share(correct: Tensor) -> float:
    return int(correct.count_nonzero()) / len(correct)


def nll(logits: Tensor, labels: Tensor) -> float:
    """Mean negative log-likelihood, in nats, of labels (N,) under logits (N, K)."""
    return _nll(logits, labels, logits.logsumexp(1))


def _nll(logits: Tensor, labels: Tensor, total: Tensor) -> float:
    return (total - logits.gather(1, labels[:, None])[:, 0]).mean().item()  # far cheaper than a log-softmax of all


def expected_calibration_error(logits: Tensor, labels: Tensor, *, num_bins: int = NUM_BINS) -> float:
    r"""How far the confidence of logits (N, K) is from their accuracy, 0 to 1; NaN where a logit is NaN.

    ECE = \sum_b \frac{|B_b|}{N} |acc(B_b) − conf(B_b)|, the bins B_b being `num_bins` intervals (low, high] of equal
    width of the largest probability. Source: Guo et al. 2017, 1706.04599, equation 3.
    """
    return _calibration(*_correct(logits, labels), logits.logsumexp(1), num_bins)


def _calibration(top: Tensor, correct: Tensor, total: Tensor, num_bins: int) -> float:
    confidence = (top - total).exp()
    bins = (confidence.nan_to_num() * num_bins).ceil().long().sub(1).clamp(0, num_bins - 1)
    gaps = torch.bincount(bins, weights=confidence.double() - correct.double(), minlength=num_bins)
    return gaps.abs().sum().item() / len(top)


def _correct(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The largest logit of each row (N,), and whether it stands at the label (N,)."""
    return logits.amax(1), is_right(logits, labels)


def precision_recall(scores: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
    """Precision (P,) and recall (P,) with the score of each of the P positive examples as threshold.

    `scores` (N,) are higher where an example is thought positive; `positive` (N,) is boolean. Equal scores stand or
    fall together. All is NaN where a score is NaN.
    """
    thresholds = scores[positive].sort().values
    passed = torch.bincount(torch.searchsorted(thresholds, scores, right=True), minlength=len(thresholds) + 1)
    above = len(scores) - passed.cumsum(0)[:-1]
    hits = (len(thresholds) - torch.searchsorted(thresholds, thresholds)).double()
    if scores.isnan().any():
        hits = hits * torch.nan
    return hits / above, hits / len(thresholds)


def average_precision(scores: Tensor, positive: Tensor) -> float:
    r"""Area under the precision-recall steps, \sum_n (R_n − R_{n−1}) P_n, of scores (N,) for `positive` (N,).

    NaN where a score is NaN or nothing is positive. Source: the definition of scikit-learn's function of that name.
    """
    return _area(precision_recall(scores, positive)[0])


def _area(precision: Tensor) -> float:
    return precision.mean().item()  # recall rises by 1 / P at each positive


def recall_at_precision(scores: Tensor, positive: Tensor, *, precision: float) -> float:
    """The largest recall of a threshold on scores (N,) whose precision is at least `precision`; 0 where none is.

    NaN where a score is NaN or nothing is positive.
    """
    return _largest_recall(*precision_recall(scores, positive), precision)


def _largest_recall(precision: Tensor, recall: Tensor, wanted: float) -> float:
    return (recall * (precision >= wanted)).max().item() if len(recall) else math.nan  # NaN times 0 is NaN


CLASSIFICATION = {"test_loss": "lower", "test_accuracy": "higher", "test_ece": "lower"}
"""The metrics of `classification`, and which way is better."""


def classification(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """`CLASSIFICATION` of logits (N, K) for labels (N,)."""
    total = logits.logsumexp(1)
    top, correct = _correct(logits, labels)
    return {
        "test_loss": _nll(logits, labels, total),
        "test_accuracy": _share(correct),
        "test_ece": _calibration(top, correct, total, NUM_BINS),
    }


DETECTION = {
    "test_loss": "lower",
    "test_average_precision": "higher",
    "test_recall_at_p50": "higher",
    "test_ece": "lower",
}
"""The metrics of `detection`, and which way is better."""


def detection(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """`DETECTION` of logits (N, 2) for labels (N,), class 1 being the positives."""
    total = logits.logsumexp(1)
    precision, recall = precision_recall(logits[:, 1] - logits[:, 0], labels == 1)
    return {
        "test_loss": _nll(logits, labels, total),
        "test_average_precision": _area(precision),
        "test_recall_at_p50": _largest_recall(precision, recall, 0.5),
        "test_ece": _calibration(*_correct(logits, labels), total, NUM_BINS),
    }
