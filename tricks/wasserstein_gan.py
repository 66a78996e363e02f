r"""The critic measures a distance instead of passing a verdict, and must not change faster than the data do.

    \max_{\|f\|_L \le 1}\ \mathbb{E}_{x \sim p}\,f(x) - \mathbb{E}_{z}\,f(g(z))

f is the critic, g the generator, p the data. The penalty λ (‖∇f(x̂)‖ − 1)² on points x̂ between real and generated ones
draws f's slope to 1 there; clipping the critic's weights to [−c, c] holds ‖f‖_L below some constant that depends on c
and the network, so that the number is a distance up to a factor. n is the number of critic updates before each of the
generator's but the first, which has 50 unless the critic is the standard one; k multiplies the arm's learning rate.
Neutral: the standard critic, n = 1 and k = 1, which together are the non-saturating GAN.

Arjovsky, Chintala, Bottou. Wasserstein GAN. 2017. https://arxiv.org/abs/1701.07875
Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville. Improved Training of Wasserstein GANs. 2017.
https://arxiv.org/abs/1704.00028
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tricks.declaration import Claim, Knob, Knobs, Paper, Setup, Trick
from tricks.recipe import GanMoment, GanRecipe, Memory

WARM_UP = 50  # critic updates before the generator's first, so that its first gradient means something


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Minus the critic's estimate of the distance, from its scores (N, 1) of real and generated examples."""
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """What the generator minimizes, from the critic's scores (N, 1) of what it made."""
    return -fake.mean()


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor, knobs: Knobs, mix: Tensor) -> Tensor:
    """Mean squared distance from 1 of the gradient's norm, at points between real and fake (N, D).

    `mix` (N, 1) in [0, 1] says where between. Source: Gulrajani et al. 2017, equation 3, without its λ.
    """
    between = (mix * real + (1 - mix) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between, knobs).sum(), between, create_graph=True)
    penalty: Tensor = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


@torch.no_grad()
def clip_weights(critic: nn.Module, bound: float) -> None:
    """Clips every parameter of the critic to [−bound, bound]. Source: Arjovsky et al. 2017, algorithm 1."""
    for parameter in critic.parameters():
        parameter.clamp_(-bound, bound)


def apply(recipe: GanRecipe) -> GanRecipe:
    """The recipe with a critic of the knobs' kind."""

    def standard(knobs: Knobs) -> bool:
        return knobs["critic_kind"] == "standard"

    def of_critic(real: Tensor, fake: Tensor, knobs: Knobs, memory: Memory) -> Tensor:
        return recipe.critic_loss(real, fake, knobs, memory) if standard(knobs) else critic_loss(real, fake)

    def of_generator(fake: Tensor, knobs: Knobs, memory: Memory) -> Tensor:
        return recipe.generator_loss(fake, knobs, memory) if standard(knobs) else generator_loss(fake)

    def penalty(
        critic: nn.Module, real: Tensor, fake: Tensor, knobs: Knobs, memory: Memory, generator: torch.Generator
    ) -> Tensor:
        if knobs["critic_kind"] != "penalty":
            return real.new_zeros(())
        mix = torch.rand(len(real), 1, generator=generator)
        return float(knobs["penalty_weight"]) * gradient_penalty(critic, real, fake, knobs, mix)

    def after(critic: nn.Module, knobs: Knobs, memory: Memory) -> None:
        if knobs["critic_kind"] == "clip":
            clip_weights(critic, float(knobs["clip_bound"]))

    def steps(step: int, knobs: Knobs, memory: Memory) -> int:
        return WARM_UP if step == 0 and not standard(knobs) else int(knobs["num_critic_steps"])

    def lr(step: int, knobs: Knobs) -> float:
        return recipe.lr(step, knobs) * float(knobs["lr_multiple"])

    return replace(
        recipe,
        critic_loss=of_critic,
        generator_loss=of_generator,
        critic_penalty=penalty,
        after_critic_step=after,
        critic_steps=steps,
        lr=lr,
    )


A_CRITICS_STEP, A_PENALTY = 1.6, 1.35  # passes, where a step of both networks is three of each


def passes(knobs: Knobs) -> float:
    """The critic's further steps, in the first step most, and what the penalty's gradient of a gradient takes."""
    if knobs["critic_kind"] == "standard":
        return A_CRITICS_STEP * (int(knobs["num_critic_steps"]) - 1)
    most = max(WARM_UP, int(knobs["num_critic_steps"]))
    return A_CRITICS_STEP * (most - 1) + A_PENALTY * most * (knobs["critic_kind"] == "penalty")


def probe(moment: GanMoment) -> dict[str, Tensor]:
    """The critic's scores of real and generated examples as histograms, and the norms of its gradient between them."""
    with torch.no_grad():
        scores = [moment.critic(points, moment.knobs).squeeze(1) for points in (moment.real, moment.fake)]
    scores = [part[part.isfinite()] for part in scores]  # a broken critic has few of them, or none
    known = torch.cat([*scores, torch.zeros(1)]) if min(map(len, scores)) == 0 else torch.cat(scores)
    low, high = known.min().item(), known.max().item() + 1e-6
    edges = torch.linspace(low, high, 25)
    counts = [torch.histc(part, 24, low, high) for part in scores]
    return {"score_edges": edges, "real_scores": counts[0], "fake_scores": counts[1]}


def preview(knobs: Knobs) -> dict[str, Tensor]:
    """What the critic minimizes of its score of one real and of one generated example."""
    score = torch.linspace(-4, 4, 161)
    if knobs["critic_kind"] == "standard":
        return {"score": score, "of_real": F.softplus(-score), "of_generated": F.softplus(score)}
    return {"score": score, "of_real": -score, "of_generated": score}


TRICK = Trick(
    name="wasserstein_gan",
    family="structure",
    serves=("stability",),
    formula=r"\max_{\|f\|_L \le 1}\ \mathbb{E}_{x \sim p}\,f(x) - \mathbb{E}_{z}\,f(g(z))",
    knobs=(
        Knob("critic_kind", "f", "penalty", choices=("standard", "clip", "penalty"), neutral="standard"),
        Knob("penalty_weight", "λ", 0.1, 0.01, 10.0, scale="log", when=("critic_kind", "penalty")),
        Knob("clip_bound", "c", 0.05, 0.005, 0.5, scale="log", when=("critic_kind", "clip")),
        Knob("num_critic_steps", "n", 5, 1, 10, neutral=1, integer=True),
        Knob("lr_multiple", "k", 2.0, 0.1, 5.0, neutral=1.0, scale="log"),
    ),
    wraps=("critic_loss", "generator_loss", "critic_penalty", "after_critic_step", "critic_steps", "lr"),
    setups=(Setup("ring", steps=500), Setup("grid", steps=500)),
    papers=(
        Paper("Arjovsky, Chintala, Bottou", "Wasserstein GAN", 2017, "https://arxiv.org/abs/1701.07875"),
        Paper(
            "Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville",
            "Improved Training of Wasserstein GANs",
            2017,
            "https://arxiv.org/abs/1704.00028",
        ),
    ),
    metric="test_distance",
    claims=(
        Claim("balance"),
        Claim("closer", "test_distance", "lower"),
        Claim("collapse", "test_modes", "higher"),
        Claim("tells", "test_tracking", "higher"),
        Claim("plain"),
    ),
    in_article=True,
    apply=apply,
    passes=passes,
    trainer="gan",
    probe=probe,
    preview=preview,
)
