"""Anchors: offsets and back, who is matched, and the direct head at the neutral setting."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.tasks import boxes
from tricks.anchors import (
    CELLS,
    PRIOR,
    SIZES,
    TRICK,
    AnchorHead,
    anchor_loss,
    boxes_of,
    decode,
    encode,
    grid,
    match,
    outlines,
    overlaps,
)
from tricks.declaration import Knobs
from tricks.recipe import PictureRecipe

COUNT = CELLS**2 * len(SIZES)
SETTINGS = build_spec("anchors").settings
BASELINE = boxes.recipe(SETTINGS)
RECIPE: PictureRecipe = TRICK.apply(BASELINE)
sides = st.floats(0.01, 2)
places = st.floats(-1, 2)
shapes = st.tuples(places, places, sides, sides).map(lambda box: torch.tensor(box, dtype=torch.float64))


def knobs(head: str = "anchors", scale: float = 1.0, threshold: float = 0.3) -> Knobs:
    return {**SETTINGS, "box_head": head, "anchor_scale": scale, "match_threshold": threshold}


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def some_boxes(count: int = 7) -> Tensor:
    return torch.cat([random(count, 2), 0.1 + 0.5 * random(count, 2, seed=1)], 1)


# --- boxes and offsets


@given(shapes, shapes)
def test_decoding_undoes_encoding(box: Tensor, anchor: Tensor) -> None:
    near = torch.cat([box[:2], box[2:].clamp(max=50 * anchor[2:])])  # within what decode lets a box grow
    torch.testing.assert_close(decode(encode(near, anchor), anchor), near)
    assert torch.equal(encode(anchor, anchor), torch.zeros(4, dtype=torch.float64))


@given(shapes, shapes, places, sides)
def test_offsets_do_not_tell_where_a_pair_stands_nor_how_large_it_is(
    box: Tensor, anchor: Tensor, shift: float, scale: float
) -> None:
    moved = [torch.cat([part[:2] + shift, part[2:]]) * scale for part in (box, anchor)]
    torch.testing.assert_close(encode(*moved), encode(box, anchor), rtol=1e-6, atol=1e-6)


def test_offsets_are_those_of_the_papers_equation() -> None:
    box, anchor = torch.tensor([0.5, 0.2, 0.2, 0.6]), torch.tensor([0.4, 0.4, 0.4, 0.2])
    expected = torch.tensor([0.25, -1.0, -0.6931472, 1.0986123])
    torch.testing.assert_close(encode(box, anchor), expected)
    assert decode(torch.tensor([0.0, 0.0, 1e4, 1e4]), anchor).isfinite().all()


def test_the_grid_covers_the_picture_and_its_scale_changes_sizes_only() -> None:
    anchors, larger = grid(1.0), grid(2.0)
    assert anchors.shape == (COUNT, 4)
    assert len({tuple(anchor) for anchor in anchors.tolist()}) == COUNT
    assert torch.equal(anchors[:, :2], larger[:, :2]) and torch.equal(2 * anchors[:, 2:], larger[:, 2:])
    torch.testing.assert_close(anchors[:, :2].mean(0), torch.tensor([0.5, 0.5]))
    assert anchors[:3, 0].tolist() == [0.125] * 3 and anchors[3, 0] == 0.375  # x runs first, as in a row of the map


def test_overlaps_are_those_of_counted_points_and_of_the_tasks_own_measure() -> None:
    ours, anchors = some_boxes(), grid(1.0).double()
    middle = (torch.arange(400, dtype=torch.float64) + 0.5) / 200 - 0.5  # points of the square from −0.5 to 1.5
    inside = [
        ((part[:, 0, None] - middle).abs() <= part[:, 2, None] / 2).double()[:, None, :]
        * ((part[:, 1, None] - middle).abs() <= part[:, 3, None] / 2).double()[:, :, None]
        for part in (ours, anchors)
    ]
    both = torch.einsum("nyx,ayx->na", *inside)
    counted = both / (inside[0].sum((1, 2))[:, None] + inside[1].sum((1, 2)) - both)
    found = overlaps(ours, anchors)
    torch.testing.assert_close(found, counted, rtol=0, atol=0.02)
    for index in range(COUNT):
        torch.testing.assert_close(found[:, index], boxes.overlap(ours, anchors[index].expand_as(ours)))
    torch.testing.assert_close(overlaps(ours, ours).diagonal(), torch.ones(7, dtype=torch.float64))
    torch.testing.assert_close(overlaps(ours, ours), overlaps(ours, ours).T)


@given(st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_each_box_has_an_anchor_and_a_lower_bar_lets_more_in(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = overlaps(some_boxes(), grid(1.0).double())
    many, few = match(found, low), match(found, high)
    assert (few <= many).all() and few.any(1).all()
    assert few.gather(1, found.argmax(1, keepdim=True)).all()
    assert torch.equal(few, (found >= high) | (found == found.amax(1, keepdim=True)))


@pytest.mark.parametrize(("scale", "share"), [(0.25, 0.40), (1.0, 0.05), (4.0, 0.41)])
def test_of_anchors_that_overlap_a_box_equally_well_all_are_the_best(scale: float, share: float) -> None:
    found = overlaps(boxes.load().truth["boxes"], grid(scale))
    best = found >= found.amax(1, keepdim=True) * (1 - 1e-5)
    assert torch.equal(match(found, 1.0), best)
    assert (best.sum(1) > 1).float().mean().item() == pytest.approx(share, abs=0.01)


def test_mirrored_a_box_has_the_mirrored_anchors() -> None:
    anchors = grid(0.25)
    mirrored = torch.stack([((anchors - torch.cat([1 - one[:1], one[1:]])).abs().sum(1)).argmin() for one in anchors])
    truth = boxes.load().truth["boxes"][:200]
    there = torch.cat([1 - truth[:, :1], truth[:, 1:]], 1)
    assert torch.equal(match(overlaps(there, anchors), 0.9), match(overlaps(truth, anchors), 0.9)[:, mirrored])


def test_a_box_that_no_anchor_touches_has_no_anchor_and_a_finite_loss() -> None:
    far, anchors = torch.tensor([[9.0, 9.0, 0.1, 0.1]], dtype=torch.float64), grid(1.0).double()
    assert not match(overlaps(far, anchors), 0.1).any()
    assert anchor_loss(random(1, COUNT, 5), far, anchors, 0.3, True).isfinite()


# --- the loss


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
def test_the_loss_is_torchs_summed_up_box_by_box(relative: bool, scale: float) -> None:
    truth, anchors = some_boxes(), grid(1.0).double()
    outputs = (scale * (random(7, COUNT, 5, seed=2) - 0.5)).requires_grad_()
    total = torch.zeros((), dtype=torch.float64)
    for row, box in zip(outputs, truth, strict=True):
        overlap = overlaps(box[None], anchors)[0]
        chosen = [i for i in range(COUNT) if overlap[i] >= 0.3 or overlap[i] == overlap.max()]
        wanted = torch.zeros(COUNT, dtype=torch.float64)
        wanted[chosen] = 1
        one = F.binary_cross_entropy_with_logits(row[:, 0], wanted, reduction="sum")
        for index in chosen:
            target = encode(box, anchors[index]) if relative else box
            one = one + F.smooth_l1_loss(row[index, 1:], target, reduction="sum", beta=1 / 9)
        total = total + one / len(chosen)
    ours = anchor_loss(outputs, truth, anchors, 0.3, relative)
    torch.testing.assert_close(ours, total / 7)
    gradients = [torch.autograd.grad(value, outputs)[0] for value in (ours, total / 7)]
    torch.testing.assert_close(*gradients)


def test_anchors_that_do_not_match_learn_no_offsets() -> None:
    truth, anchors = some_boxes(), grid(1.0).double()
    outputs = random(7, COUNT, 5, seed=2).requires_grad_()
    (gradient,) = torch.autograd.grad(anchor_loss(outputs, truth, anchors, 0.3, True), outputs)
    matched = match(overlaps(truth, anchors), 0.3)
    assert (gradient[~matched][:, 1:] == 0).all() and (gradient[matched][:, 1:] != 0).any(1).all()
    assert (gradient[..., 0] != 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_perfect_answer_costs_nothing_and_a_saturated_one_is_finite(dtype: torch.dtype) -> None:
    truth, anchors = some_boxes().to(dtype), grid(1.0).to(dtype)
    sign = torch.where(match(overlaps(truth, anchors), 0.3), 1.0, -1.0).to(dtype)
    for size, cost in ((1e3, 0.0), (-1e3, 1e3)):
        outputs = torch.cat([size * sign[..., None], encode(truth[:, None], anchors)], 2).requires_grad_()
        loss = anchor_loss(outputs, truth, anchors, 0.3, True)
        (gradient,) = torch.autograd.grad(loss, outputs)
        assert gradient.isfinite().all()
        assert loss.item() == pytest.approx(0, abs=1e-6) if cost == 0 else loss.item() > cost
    answers = boxes_of(torch.cat([1e3 * sign[..., None], encode(truth[:, None], anchors)], 2).float(), knobs())[1]
    torch.testing.assert_close(answers, truth.float(), rtol=1e-4, atol=1e-5)


# --- the head, and the recipe


def test_the_same_weights_look_at_every_cell() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        head = AnchorHead(5).double()
    level = random(2, 5, CELLS, CELLS)
    outputs = head([level], knobs())
    assert outputs.shape == (2, COUNT, 5)
    by_cell = outputs.reshape(2, CELLS, CELLS, len(SIZES), 5)
    turned = head([level.flip(2).transpose(2, 3)], knobs()).reshape(by_cell.shape)
    torch.testing.assert_close(turned, by_cell.flip(1).transpose(1, 2))
    with torch.no_grad():
        for parameter in head.outputs.parameters():
            parameter.zero_()
    torch.testing.assert_close(
        head([level], knobs())[..., 0].sigmoid(), torch.full((2, COUNT), 0.1).double(), atol=1e-3, rtol=0
    )
    assert head([level], knobs())[..., 0].unique().tolist() == [pytest.approx(PRIOR)]


def test_at_the_neutral_setting_network_loss_and_answer_are_the_baselines() -> None:
    direct = knobs("direct")
    model = RECIPE.model(direct, torch.Generator())
    assert [name for name, _ in model.named_parameters()] == [
        name for name, _ in BASELINE.model(direct, torch.Generator()).named_parameters()
    ]
    answers, truth = random(7, 4).float(), {"boxes": some_boxes().float()}
    assert RECIPE.decode(answers, direct) is answers
    assert torch.equal(RECIPE.loss(answers, truth, direct, {}), BASELINE.loss(answers, truth, direct, {}))


def test_absolute_boxes_are_taken_as_they_are_and_offsets_from_their_anchor() -> None:
    outputs = random(7, COUNT, 5, seed=2).float()
    chosen, told = boxes_of(outputs, knobs("absolute", scale=2.0))
    best = outputs[..., 0].argmax(1)
    assert torch.equal(chosen, grid(2.0)[best])
    assert torch.equal(told, torch.stack([row[index, 1:] for row, index in zip(outputs, best, strict=True)]))
    assert torch.equal(RECIPE.decode(outputs, knobs("absolute", scale=2.0)), told)
    assert torch.equal(boxes_of(outputs, knobs(scale=2.0))[1], decode(told, chosen))


def test_the_scale_acts_on_a_run_that_is_going() -> None:
    outputs = random(7, COUNT, 5, seed=2).float()
    small, large = (RECIPE.decode(outputs, knobs(scale=scale)) for scale in (1.0, 2.0))
    torch.testing.assert_close(large[:, 2:], 2 * small[:, 2:])


# --- what is shown


def test_an_outline_is_a_boxs_edge() -> None:
    (picture,) = outlines(torch.tensor([[0.5, 0.25, 0.5, 0.25]]), 16)
    rows, columns = picture.nonzero().unbind(1)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 5, 4, 11)
    assert picture.sum() == 2 * 8 + 2 * 2
    assert TRICK.preview is not None
    drawn = [TRICK.preview(knobs(scale=scale))["anchor_outlines"] for scale in (0.25, 1.0, 4.0)]
    assert all(pictures.shape == (3, 32, 32) and set(pictures.flatten().tolist()) <= {0.0, 1.0} for pictures in drawn)
    assert all((pictures.sum((1, 2)) > 0).all() for pictures in drawn[:2])


def test_the_probe_has_boxes_of_the_shown_pictures_and_no_anchor_for_a_direct_head() -> None:
    run = Run(build_spec("anchors", steps=2, values={"eval_every": 2}))
    probes: dict[int, dict[str, Any]] = {probe.arm: dict(probe.arrays) for probe in run.advance(60).probes}
    truth = boxes.load().truth["boxes"][-boxes.TEST :][:6]
    for arrays in probes.values():
        assert arrays["pictures"].shape == (6, 32, 32)
        for told, picture in zip(arrays["pictures"], boxes.load().inputs[-boxes.TEST :], strict=False):  # over its own
            assert told == pytest.approx(
                ((picture - picture.min()) / (picture.max() - picture.min())).numpy(), abs=1e-6
            )
        assert torch.equal(torch.from_numpy(arrays["true_boxes"]), truth)
        assert arrays["answered_boxes"].shape == arrays["chosen_anchors"].shape == (6, 4)
    assert (probes[0]["chosen_anchors"] == 0).all()
    known = {tuple(anchor) for anchor in grid(1.0).tolist()}
    assert {tuple(anchor) for anchor in probes[1]["chosen_anchors"].tolist()} <= known
