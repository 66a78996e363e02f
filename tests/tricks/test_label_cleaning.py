"""Label cleaning: judged by who has not seen them, suspects mostly wrong, and nothing touched that is not suspected."""

import pytest
import torch
from torch.nn import functional as F

from trainers.kinds.classifier import ClassifierArm
from trainers.kinds.run import Run
from trainers.runs.build import build_spec
from trainers.runs.combine import build_combination
from tricks.label_cleaning import TRICK, JudgedSet, clean, held_out_losses, judge_logits
from tricks.recipe import TrainSet


def arms(**values: object) -> tuple[TrainSet, JudgedSet]:
    run = Run(build_spec("label_cleaning", seed=100, steps=10, values=values))
    plain, cleaned = (arm.set for arm in run.trainer.arms if isinstance(arm, ClassifierArm))
    assert isinstance(cleaned, JudgedSet)
    return plain, cleaned


def heaps(wrong: int = 12) -> TrainSet:
    """Three heaps far apart, whose first `wrong` examples are labeled as the next one."""
    source = torch.Generator().manual_seed(3)
    truth = torch.arange(90) % 3
    inputs = 4 * F.one_hot(truth, 3).float() + 0.1 * torch.randn(90, 3, generator=source)
    labels = truth.clone()
    labels[:wrong] = (truth[:wrong] + 1) % 3
    return TrainSet(inputs, labels, truth, 3)


def test_wrong_labels_among_clear_classes_have_the_largest_losses() -> None:
    train = heaps()
    losses = held_out_losses(train, torch.Generator().manual_seed(0))
    assert losses.isfinite().all() and (losses >= 0).all()
    assert set(losses.argsort(descending=True)[:12].tolist()) == set(range(12))


def test_no_example_is_judged_by_a_network_that_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    train, seen = heaps(), []

    def watched(inputs: torch.Tensor, labels: torch.Tensor, *rest: object) -> list[tuple[torch.Tensor, torch.Tensor]]:
        seen.append({row.tobytes() for row in inputs.numpy()})
        return [(torch.zeros(3, 3), torch.zeros(3))]

    def asked(inputs: torch.Tensor, layers: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        assert not seen[-1] & {row.tobytes() for row in inputs.numpy()}
        return judge_logits(inputs, layers)

    monkeypatch.setattr("tricks.label_cleaning.train_judge", watched)
    monkeypatch.setattr("tricks.label_cleaning.judge_logits", asked)
    losses = held_out_losses(train, torch.Generator().manual_seed(0))
    assert len(seen) == 2 and sum(map(len, seen)) == 90
    torch.testing.assert_close(losses, torch.full((90,), 3.0).log())


def test_the_judges_network_is_torchs() -> None:
    source = torch.Generator().manual_seed(1)
    layers = [
        (torch.randn(5, 3, generator=source), torch.randn(5, generator=source)),
        (torch.randn(2, 5, generator=source), torch.ones(2)),
    ]
    parts = (torch.nn.Linear(3, 5), torch.nn.Linear(5, 2))
    model = torch.nn.Sequential(parts[0], torch.nn.ReLU(), parts[1])
    with torch.no_grad():
        for layer, (weight, bias) in zip(parts, layers, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    x = torch.randn(7, 3, generator=source)
    torch.testing.assert_close(judge_logits(x, layers), model(x))


def test_dropping_leaves_the_others_as_they_are() -> None:
    train, suspects = heaps(), torch.tensor([7, 2, 80])
    left = clean(train, suspects, "drop")
    others = [index for index in range(90) if index not in (7, 2, 80)]
    for name in ("inputs", "labels", "clean_labels"):
        assert torch.equal(getattr(left, name), getattr(train, name)[others])


def test_correcting_gives_suspects_their_true_labels_and_only_them() -> None:
    train, suspects = heaps(), torch.tensor([7, 2, 80])
    before = train.labels.clone()
    corrected = clean(train, suspects, "relabel")
    assert (corrected.labels != before).nonzero()[:, 0].tolist() == [2, 7]
    assert torch.equal(corrected.labels[suspects], train.clean_labels[suspects])
    assert torch.equal(train.labels, before) and corrected.inputs is train.inputs


@pytest.mark.parametrize(
    "values", [{"cleaning": "none"}, {"suspect_share": 0}, {"cleaning": "relabel", "label_noise": 0}]
)
def test_without_suspects_or_without_wrong_labels_the_set_is_the_same(values: dict[str, object]) -> None:
    plain, cleaned = arms(**values)
    assert torch.equal(plain.inputs, cleaned.inputs) and torch.equal(plain.labels, cleaned.labels)


def test_on_digits_most_suspects_are_wrong() -> None:
    plain, cleaned = arms()
    assert len(plain.labels) == 400 and len(cleaned.labels) == 280 and len(cleaned.suspects) == 120
    wrong = plain.labels != plain.clean_labels
    assert wrong[cleaned.suspects].float().mean() > 0.6  # by chance 0.3
    assert torch.equal(cleaned.before.labels, plain.labels)


def test_the_probe_counts_what_the_judge_found() -> None:
    run = Run(build_spec("label_cleaning", seed=100, steps=20))
    run.advance(60)
    baseline, arm = run.trainer.arms
    assert baseline.probe() == {}
    arrays = arm.probe()
    assert arrays["suspects"].shape == (24, 14, 8)
    assert isinstance(arm, ClassifierArm) and isinstance(arm.set, JudgedSet)
    before = arm.set.before
    shown, labels = torch.from_numpy(arrays["suspects"][:, :8]), arrays["suspect_labels"]
    for picture, label in zip(shown, labels, strict=True):  # each beside the label that it was recorded with
        assert label in before.labels[(before.inputs.reshape(-1, 8, 8) == picture).all((1, 2))]
    assert (arrays["suspect_losses"][:-1] >= arrays["suspect_losses"][1:]).all()
    assert arrays["right_losses"].sum() == 280 and arrays["wrong_losses"].sum() == 120
    precision, recall, left = arrays["quality"]
    assert precision == pytest.approx(recall) and left == pytest.approx((120 - 120 * recall) / 280)
    marked = (arrays["suspects"][:, -1] == 1).all(1)
    assert ((arrays["suspects"][:, -1] == 0).all(1) | marked).all() and marked.any()


@pytest.mark.parametrize(("how", "fates"), [("none", [400, 0, 0]), ("relabel", [300, 100, 0]), ("drop", [300, 0, 100])])
def test_the_preview_says_what_becomes_of_the_examples(how: str, fates: list[int]) -> None:
    assert TRICK.preview is not None
    found = TRICK.preview({"train_size": 400, "cleaning": how, "suspect_share": 0.25})["fates"]
    assert found.tolist() == fates
    plain, cleaned = arms(cleaning=how, suspect_share=0.25)
    assert len(cleaned.labels) == sum(fates[:2]) and len(plain.labels) == sum(fates)


def test_another_tricks_teacher_is_the_same_with_it_and_without() -> None:
    values = {"cleaning": "none", "train_size": 200, "eval_every": 20}
    spec = build_combination(("distillation", "label_cleaning"), task="mnist1d", seed=100, steps=4, values=values)
    arms = {arm.name: trained for arm, trained in zip(spec.arms, Run(spec).trainer.arms, strict=True)}
    both, alone = (arms[name].set.extras["teacher"] for name in ("all", "only distillation"))  # type: ignore[attr-defined]
    assert all(torch.equal(a, b) for a, b in zip(both.parameters(), alone.parameters(), strict=True))
