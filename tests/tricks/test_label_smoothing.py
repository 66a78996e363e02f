"""Label smoothing: torch's own option of cross-entropy, in value and gradient."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from tricks.label_smoothing import TRICK, project, smooth
from tricks.recipe import Batch, cross_entropy, one_hot_targets

shares = st.floats(0, 0.5, allow_subnormal=False)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1000.0])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("num_classes", [2, 10])
def test_it_is_torchs_cross_entropy_with_that_option(scale: float, share: float, num_classes: int) -> None:
    source = torch.Generator().manual_seed(5)
    logits = (scale * torch.randn(16, num_classes, generator=source, dtype=torch.float64)).requires_grad_()
    labels = torch.arange(16) % num_classes
    targets = smooth(one_hot_targets(labels, num_classes, {}).double(), share)
    ours = cross_entropy(logits, Batch(labels, labels, targets, labels), {})
    theirs = F.cross_entropy(logits, labels, reduction="none", label_smoothing=share)
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(losses.sum(), logits, retain_graph=True)[0] for losses in (ours, theirs)]
    torch.testing.assert_close(*gradients)


@given(shares, st.integers(2, 20))
def test_a_distribution_stays_one_and_its_order_stays(share: float, num_classes: int) -> None:
    targets = smooth(one_hot_targets(torch.tensor([1]), num_classes, {}).double(), share)[0]
    assert targets.sum().item() == pytest.approx(1)
    assert targets.min() >= 0 and targets.argmax() == 1


def test_at_zero_the_targets_are_the_same_exactly() -> None:
    targets = torch.rand(8, 5, generator=torch.Generator().manual_seed(0)).softmax(1)
    assert torch.equal(smooth(targets, 0.0), targets)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("num_classes", [2, 10])
def test_the_best_gap_between_logits_is_finite_and_as_documented(share: float, num_classes: int) -> None:
    gap = math.log(1 + num_classes * (1 - share) / share)
    logits = torch.zeros(1, num_classes, dtype=torch.float64)
    logits[0, 0] = gap
    torch.testing.assert_close(logits.softmax(1), smooth(torch.eye(num_classes, dtype=torch.float64)[:1], share))


def test_the_plane_holds_the_templates_and_keeps_distances_in_it() -> None:
    source = torch.Generator().manual_seed(1)
    templates = torch.randn(3, 7, generator=source, dtype=torch.float64)
    placed = project(templates, templates)
    torch.testing.assert_close(placed[0], torch.zeros(2, dtype=torch.float64))
    assert placed[1, 1].abs() < 1e-12 and placed[1, 0] > 0
    torch.testing.assert_close(torch.cdist(placed, placed), torch.cdist(templates, templates))
    aside = torch.linalg.svd(templates - templates[0]).Vh[2]  # a direction across the plane
    torch.testing.assert_close(project(templates + 3 * aside, templates), placed)


def test_the_probe_shows_what_is_asked_and_changes_nothing() -> None:
    run = Run(build_spec("label_smoothing", steps=40))
    run.advance(60, max_steps=15)
    arm = run.trainer.arms[1]
    assert isinstance(arm, ClassifierArm)
    state = run.capture()
    arrays = arm.probe()
    assert run.capture() == state and arm.model.training
    assert arrays["asked_probabilities"] == pytest.approx([0.91] + [0.01] * 9, abs=1e-6)
    assert arrays["answered_probabilities"].sum() == pytest.approx(1, abs=1e-5)
    assert arrays["gap_counts"].sum() == 50
    assert len(arrays["plane_x"]) == len(arrays["plane_y"]) == len(arrays["plane_class"]) == 90


def test_the_preview_is_the_target_of_the_first_class() -> None:
    assert TRICK.preview is not None
    drawn = TRICK.preview({"label_smoothing": 0.2})["target_distribution"]
    torch.testing.assert_close(drawn, torch.tensor([0.82] + [0.02] * 9))
