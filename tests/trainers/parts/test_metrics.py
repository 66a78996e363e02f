from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, average_precision_score, log_loss, precision_recall_curve
from torch import Tensor

from trainers.parts import metrics

MANY = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def scored(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Scores, tied ones among them, and which are positive: at least one."""
    count = draw(st.integers(1, 40))
    scores = draw(arrays(np.float64, count, elements=st.sampled_from([-3.0, -1.0, -0.5, 0.0, 0.5, 2.0, 1e9])))
    positive = draw(arrays(np.bool_, count))
    positive[draw(st.integers(0, count - 1))] = True
    return torch.from_numpy(scores), torch.from_numpy(positive)


def draw_logits(count: int, num_classes: int, seed: int, scale: float = 2.0) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(count, num_classes, generator=source, dtype=torch.float64)
    return logits, torch.randint(num_classes, (count,), generator=source)


@MANY
@given(scored())
def test_average_precision_is_that_of_sklearn(case: tuple[Tensor, Tensor]) -> None:
    scores, positive = case
    expected = average_precision_score(positive.numpy(), scores.numpy())
    assert metrics.average_precision(scores, positive) == pytest.approx(expected, abs=1e-12)


@MANY
@given(scored(), st.sampled_from([0.1, 0.5, 0.8, 1.0]))
def test_recall_at_precision_is_that_of_sklearns_curve(case: tuple[Tensor, Tensor], wanted: float) -> None:
    scores, positive = case
    precision, recall, _ = precision_recall_curve(positive.numpy(), scores.numpy())
    expected = recall[precision >= wanted].max()
    assert metrics.recall_at_precision(scores, positive, precision=wanted) == pytest.approx(expected, abs=1e-12)


def test_average_precision_by_hand() -> None:
    scores = torch.tensor([0.9, 0.8, 0.7, 0.6])
    positive = torch.tensor([True, False, True, False])
    assert metrics.average_precision(scores, positive) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert metrics.recall_at_precision(scores, positive, precision=0.9) == 0.5
    assert metrics.recall_at_precision(scores, ~positive, precision=0.6) == 0.0


def test_ranking_metrics_are_nan_where_they_mean_nothing() -> None:
    scores = torch.tensor([0.1, math.nan, 0.3])
    some, none = torch.tensor([True, False, True]), torch.zeros(3, dtype=torch.bool)
    for values, positive in ((scores, some), (scores, ~some), (scores.nan_to_num(), none)):
        assert math.isnan(metrics.average_precision(values, positive))
        assert math.isnan(metrics.recall_at_precision(values, positive, precision=0.5))


@pytest.mark.parametrize("num_classes", [2, 10])
@pytest.mark.parametrize("scale", [0.1, 2.0, 4.0])
def test_accuracy_and_nll_are_those_of_sklearn(num_classes: int, scale: float) -> None:
    logits, labels = draw_logits(300, num_classes, seed=1, scale=scale)
    probabilities = logits.softmax(1).numpy()
    assert metrics.accuracy(logits, labels) == accuracy_score(labels.numpy(), logits.argmax(1).numpy())
    expected = log_loss(labels.numpy(), probabilities, labels=np.arange(num_classes))
    assert metrics.nll(logits, labels) == pytest.approx(expected, rel=1e-9)


def test_nll_stays_exact_at_saturated_logits() -> None:
    logits = torch.tensor([[1e4, 0.0, -1e4], [0.0, 1e4, 0.0]])
    labels = torch.tensor([2, 1])
    assert metrics.nll(logits, labels) == F.cross_entropy(logits, labels).item() == 1e4


def test_calibration_error_by_hand() -> None:
    confidence = torch.tensor([0.9, 0.9, 0.9, 0.9, 0.6, 0.6])
    logits = torch.stack([confidence.log(), (1 - confidence).log()], dim=1)
    labels = torch.tensor([0, 0, 0, 1, 1, 1])  # 3 of 4 right at 0.9, 0 of 2 at 0.6
    expected = 4 / 6 * 0.15 + 2 / 6 * 0.6
    assert metrics.expected_calibration_error(logits, labels) == pytest.approx(expected, abs=1e-6)
    assert metrics.expected_calibration_error(logits, labels, num_bins=1) == pytest.approx(0.8 - 0.5, abs=1e-6)


@pytest.mark.parametrize("num_bins", [1, 5, 15])
@pytest.mark.parametrize("num_classes", [2, 10])
def test_calibration_error_is_the_mean_gap_of_the_bins(num_classes: int, num_bins: int) -> None:
    logits, labels = draw_logits(500, num_classes, seed=2)
    confidence, predicted = logits.softmax(1).max(1)
    expected = 0.0
    for index in range(num_bins):
        inside = (confidence > index / num_bins) & (confidence <= (index + 1) / num_bins)
        if inside.any():
            right = (predicted == labels)[inside].double().mean()
            expected += inside.double().mean().item() * (right - confidence[inside].mean()).abs().item()
    measured = metrics.expected_calibration_error(logits, labels, num_bins=num_bins)
    assert measured == pytest.approx(expected, abs=1e-12)


def test_a_sure_and_right_classifier_is_calibrated() -> None:
    labels = torch.arange(10) % 3
    assert metrics.expected_calibration_error(1e3 * F.one_hot(labels, 3).double(), labels) == 0.0
    assert metrics.expected_calibration_error(1e3 * F.one_hot((labels + 1) % 3, 3).double(), labels) == 1.0


def test_broken_logits_are_never_right() -> None:
    logits = torch.tensor([[math.nan, math.nan], [1.0, 0.0]])
    labels = torch.tensor([0, 0])
    assert metrics.accuracy(logits, labels) == 0.5
    assert math.isnan(metrics.nll(logits, labels))
    assert math.isnan(metrics.expected_calibration_error(logits, labels))


def test_the_scores_are_made_of_their_parts() -> None:
    logits, labels = draw_logits(400, 2, seed=3)
    loss, ece = metrics.nll(logits, labels), metrics.expected_calibration_error(logits, labels)
    margin = logits[:, 1] - logits[:, 0]
    assert metrics.classification(logits, labels) == {
        "test_loss": loss,
        "test_accuracy": metrics.accuracy(logits, labels),
        "test_ece": ece,
    }
    assert metrics.detection(logits, labels) == {
        "test_loss": loss,
        "test_average_precision": metrics.average_precision(margin, labels == 1),
        "test_recall_at_p50": metrics.recall_at_precision(margin, labels == 1, precision=0.5),
        "test_ece": ece,
    }
    assert list(metrics.classification(logits, labels)) == list(metrics.CLASSIFICATION)
    assert list(metrics.detection(logits, labels)) == list(metrics.DETECTION)
