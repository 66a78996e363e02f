r"""Label smoothing asks the network for a little less than certainty: a share of the target goes to all classes alike.

    q_k = (1 - \varepsilon)\, t_k + \varepsilon / K

t is the target distribution there is already (one-hot, usually) over K classes, q the one that is asked for, ε the
share that is spread. The other classes' logits are no longer pushed down without end: the best gap between the
label's logit and the others' is log(1 + K (1 − ε) / ε). Neutral: ε = 0, where q is exactly t.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna. Rethinking the Inception Architecture for Computer Vision. 2016.
https://arxiv.org/abs/1512.00567
Müller, Kornblith, Hinton. When Does Label Smoothing Help? 2019. https://arxiv.org/abs/1906.02629
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import Memory, Moment, Recipe, one_hot_targets


def smooth(targets: Tensor, label_smoothing: float) -> Tensor:
    """Target distributions (N, K) with the share `label_smoothing`, 0 to 1, spread evenly over the classes."""
    return targets * (1 - label_smoothing) + label_smoothing / targets.shape[1]


def apply(recipe: Recipe) -> Recipe:
    """The recipe with its target distributions smoothed."""

    def targets(labels: Tensor, num_classes: int, knobs: Knobs, memory: Memory) -> Tensor:
        return smooth(recipe.targets(labels, num_classes, knobs, memory), float(knobs["label_smoothing"]))

    return replace(recipe, targets=targets)


def project(features: Tensor, templates: Tensor) -> Tensor:
    """Penultimate activations (N, F) in the plane (N, 2) through three classes' templates (3, F).

    A template is a class's weights in the last layer; the first is the origin, the second lies on the first axis.
    Source: Müller et al. 2019, section 3.
    """
    first = F.normalize(templates[1] - templates[0], dim=0)
    rest = templates[2] - templates[0]
    second = F.normalize(rest - (rest @ first) * first, dim=0)
    return (features - templates[0]) @ torch.stack([first, second], 1)


NUM_SHOWN = 30  # training examples of each of the three classes in the plane
LARGEST_GAP = 25.0
BINS = 25


def probe(moment: Moment) -> dict[str, Tensor]:
    """What is asked and answered, how sure the answers are, and where three classes lie before the last layer.

    `asked_probabilities` and `answered_probabilities` (K,) are the batch's mean target and mean prediction, the label's
    first (of a mixture the larger part's), the others by size. `gap_counts` (25,) count the batch's gaps between the
    two largest logits between `gap_edges` (26,); the last bin has all beyond it too. `plane_x`, `plane_y`,
    `plane_class` (90,) are the penultimate activations of training examples of the classes 0, 1 and 2 as recorded.
    """
    batch = moment.batch
    labels = batch.labels if batch.mixture is None else batch.mixture.argmax(1)
    order = torch.cat([labels[:, None], _others(labels, moment.logits)], 1)
    top = moment.logits.topk(2, 1).values
    gaps = ((top[:, 0] - top[:, 1]) * (BINS / LARGEST_GAP)).long().clamp(0, BINS - 1)
    arrays = {
        "asked_probabilities": batch.targets.gather(1, order).mean(0),
        "answered_probabilities": moment.logits.softmax(1).gather(1, order).mean(0),
        "gap_edges": torch.linspace(0, LARGEST_GAP, BINS + 1),
        "gap_counts": torch.bincount(gaps, minlength=BINS),
    }
    return arrays | (_plane(moment) if moment.logits.shape[1] >= 3 else {})


def _others(labels: Tensor, logits: Tensor) -> Tensor:
    """The classes (N, K − 1) other than the label, the likelier first."""
    return logits.scatter(1, labels[:, None], -torch.inf).argsort(1, descending=True)[:, :-1]


def _plane(moment: Moment) -> dict[str, Tensor]:
    labels = moment.train.labels
    shown = torch.cat([(labels == label).nonzero()[:NUM_SHOWN, 0] for label in range(3)])
    model = moment.model
    model.eval()
    with torch.no_grad():
        features = model.features(moment.train.inputs[shown], moment.knobs)  # type: ignore[operator]
        points = project(features, model.head.weight[:3])  # type: ignore[union-attr,index]
    model.train()
    return {"plane_x": points[:, 0], "plane_y": points[:, 1], "plane_class": labels[shown]}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """The target distribution (10,) of an example of the first of ten classes."""
    targets = one_hot_targets(torch.zeros(1, dtype=torch.long), 10, knobs)
    return {"target_distribution": smooth(targets, float(knobs["label_smoothing"]))[0]}


TRICK = Trick(
    name="label_smoothing",
    family="loss",
    serves=("generalization",),
    formula=r"q_k = (1 - \varepsilon)\, t_k + \varepsilon / K",
    knobs=(Knob("label_smoothing", "ε", default=0.1, low=0.0, high=0.5, neutral=0.0),),
    wraps=("targets",),
    setups=(
        Setup("digits", steps=1000, settings={"label_noise": 0.2, "eval_every": 10}),
        Setup(
            "mnist1d",
            steps=1000,
            settings={"train_size": 1000, "optimizer": "adam", "lr": 1e-3, "batch_size": 50, "weight_decay": 0.0},
        ),
    ),
    papers=(
        Paper(
            authors="Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
            title="Rethinking the Inception Architecture for Computer Vision",
            year=2016,
            url="https://arxiv.org/abs/1512.00567",
        ),
        Paper(
            authors="Müller, Kornblith, Hinton",
            title="When Does Label Smoothing Help?",
            year=2019,
            url="https://arxiv.org/abs/1906.02629",
        ),
    ),
    metric="test_accuracy",
    claims=(
        Claim("smoother"),
        Claim("overfitting", "test_loss", "lower"),
        Claim("classification", "test_accuracy", "higher"),
    ),
    in_article=True,
    apply=apply,
    related=("focal_loss", "flooding"),
    probe=probe,
    preview=preview,
)
