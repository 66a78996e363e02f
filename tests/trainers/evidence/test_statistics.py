"""What is said of many seeds: against cases worked by hand, against SciPy, and a sentence for every branch."""

import itertools
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trainers.evidence import recorded, statistics
from trainers.evidence.power import MOST_SEEDS, least_seeds, power, seeds_needed
from trainers.evidence.ranks import holm, rank_sum_chances, signed_rank
from trainers.evidence.statistics import (
    Better,
    Paired,
    band,
    claim_rate,
    coverage,
    effect_interval,
    paired,
    subtract,
    summarize,
    summarize_ratios,
    verdict,
    verdicts,
)
from trainers.evidence.studies import Row, Study, bounds_in
from trainers.evidence.studies import summarize as summarize_studies
from trainers.evidence.words import sentence
from trainers.kinds.run import TRAINERS, Run
from trainers.runs.build import build_spec
from trainers.tasks import load_task
from tricks import catalogue

LABELS: Mapping[str, str] = json.loads(
    (Path(__file__).parents[3] / "assets" / "text" / "en" / "labels.json").read_text(encoding="utf-8")
) | {"trick.smooth": "label smoothing", "metric.test_ece": "test ECE", "metric.test_loss": "test loss"}


def say(
    differences: list[float],
    metric: str = "test_ece",
    better: Better = "lower",
    compared: int = 1,
    num_missing: int = 0,
) -> str:
    found = paired(differences, better)
    result = verdict(found, min(1.0, compared * found.p), compared)
    return sentence(result, arm="smooth", metric=metric, labels=LABELS, num_missing=num_missing)


def spread(mean: float, sd: float, count: int = 16) -> list[float]:
    """Values of exactly that mean and standard deviation, symmetric about the mean."""
    shape = np.linspace(-1, 1, count)
    return list(mean + shape / shape.std(ddof=1) * sd)


def test_a_case_worked_by_hand() -> None:
    found = paired([1.0, 2.0, 3.0, -1.0, 5.0, 2.0])
    # sum 12, mean 2; squares about it 1 + 0 + 1 + 9 + 9 + 0 = 20, so sd = 2; t(0.975, 5) = 2.570582
    assert (found.mean, found.sd, found.effect) == (2.0, 2.0, 1.0)
    assert found.low == pytest.approx(2 - 2.570582 * 2 / math.sqrt(6), abs=1e-6)
    assert found.high == pytest.approx(2 + 2.570582 * 2 / math.sqrt(6), abs=1e-6)
    assert (found.num_lower, found.num_higher, found.num_won) == (1, 5, 1)
    assert paired([1.0, 2.0, 3.0, -1.0, 5.0, 2.0], "higher").num_won == 5
    # sizes 1 2 3 1 5 2 have ranks 1.5 3.5 5 1.5 6 3.5; the one below zero has 1.5. Of the 64 choices of signs a sum
    # of at most 1.5 on that side is had by none, {1.5}, {1.5'}: 3 of 64, twice
    assert found.p == pytest.approx(6 / 64, abs=1e-15)
    assert found.rank_correlation == pytest.approx((19.5 - 1.5) / 21)


def test_interval_and_moments_are_scipys() -> None:
    values = np.random.default_rng(1).normal(3, 2, 16)
    found = summarize(values)
    low, high = stats.t.interval(0.95, 15, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert paired(values).effect == pytest.approx(stats.ttest_1samp(values, 0).statistic / 4)


@pytest.mark.parametrize("count", [1, 2, 5, 16, 40])
def test_the_rank_test_is_scipys_exact_one_without_ties(count: int) -> None:
    values = np.random.default_rng(count).normal(0.3, 1, count)
    assert signed_rank(values)[0] == pytest.approx(stats.wilcoxon(values, method="exact").pvalue, rel=1e-12)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_the_rank_test_with_ties_counts_every_choice_of_signs(values: list[int]) -> None:
    kept = np.array([value for value in values if value])
    ranks = stats.rankdata(np.abs(kept))
    sums = [
        sum(r for r, plus in zip(ranks, signs, strict=True) if plus)
        for signs in itertools.product((0, 1), repeat=len(kept))
    ]
    seen = min(ranks[kept > 0].sum(), ranks[kept < 0].sum())
    expected = min(1.0, 2 * sum(s <= seen for s in sums) / len(sums))
    assert signed_rank(values)[0] == pytest.approx(expected, abs=1e-12)


def test_sizes_that_differ_by_rounding_alone_are_ties() -> None:
    rates = [0.3 - 0.2, 0.2 - 0.1, 0.1, -(0.4 - 0.3), 0.7 - 0.5, 0.2]
    assert len({abs(rate) for rate in rates}) > 2
    assert signed_rank(rates) == signed_rank([1, 1, 1, -1, 2, 2])


@given(
    st.lists(st.integers(-5, 5).filter(bool), min_size=3, max_size=12),
    st.floats(1e-3, 1e3),
    st.lists(st.floats(-1, 1), min_size=12, max_size=12),
)
def test_no_tie_is_decided_by_rounding_wherever_the_sizes_lie(
    values: list[int], scale: float, jitter: list[float]
) -> None:
    exact = scale * np.array(values, dtype=np.float64)
    rounded = exact * (1 + 1e-14 * np.array(jitter[: len(values)]))
    assert signed_rank(rounded) == signed_rank(np.array(values))


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=2, max_size=9))
def test_the_interval_of_a_ratio_is_positive_and_turns_around_with_it(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    one, other = summarize_ratios(ours, theirs), summarize_ratios(theirs, ours)
    assert 0 < one.low <= one.mean * (1 + 1e-9) and one.mean <= one.high * (1 + 1e-9)
    assert one.mean * other.mean == pytest.approx(1)
    assert one.n == len(pairs) and (one.high > 1e250 or one.high * other.low == pytest.approx(1))


def test_a_ratio_by_hand() -> None:
    found = summarize_ratios([2, 8], [1, 1])
    assert found.n == 2
    assert [found.mean, found.sd] == pytest.approx([4, 4 ** (0.5**0.5)])
    assert found.low == pytest.approx(4 / math.exp(stats.t.isf(0.025, 1) * math.log(2)))
    assert summarize_ratios([0, 2, 3], [1, 1, 0]).n == 1


def test_all_won_of_sixteen_is_the_least_p_there_is() -> None:
    assert paired(spread(-1, 0.1)).p == 2 / 2**16
    assert paired([-0.25] * 16).p == 2 / 2**16
    assert signed_rank([0.0, 0.0]) == (1.0, 0.0)


def test_holm_by_hand() -> None:
    # sorted 0.01 0.02 0.03 0.04: times 4, 3, 2, 1 gives 0.04 0.06 0.06 0.04, and never less than the one before
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    first, missing, last = holm([0.02, math.nan, 0.03])
    assert (first, last) == (0.04, 0.04)
    assert math.isnan(missing)
    assert holm([]) == ()


def simulated_power(effect: float, n: int, num_compared: int, experiments: int = 20_000) -> float:
    """How often `n` normal differences are claimed, with SciPy's tests and nothing of ours."""
    draws = np.random.default_rng([n, num_compared]).standard_normal((experiments, n)) + effect
    t = stats.ttest_1samp(draws, 0, axis=1)
    ranks = stats.wilcoxon(draws, axis=1, method="exact" if n <= 50 else "approx")
    agree = t.pvalue <= 0.05
    positive = (stats.rankdata(np.abs(draws), axis=1) * (draws > 0)).sum(1) > n * (n + 1) / 4
    return float(np.mean(agree & (num_compared * ranks.pvalue <= 0.05) & ((t.statistic > 0) == positive)))


@pytest.mark.parametrize("num_compared", [1, 4, 10])
@pytest.mark.parametrize("effect", [1.6, -1.0, 0.7, 0.45, 0.25])
def test_with_the_seeds_needed_the_rule_claims_in_80_of_100_simulations_and_with_fewer_it_does_not(
    effect: float, num_compared: int
) -> None:
    needed = seeds_needed(effect, num_compared)
    assert needed is not None
    assert simulated_power(effect, needed, num_compared) >= 0.785
    fewer = min(needed - 2, math.floor(0.9 * needed))
    assert fewer < least_seeds(num_compared) or simulated_power(effect, fewer, num_compared) < 0.8


@pytest.mark.parametrize("n", [16, 40])
def test_power_is_that_of_the_rule_and_at_no_effect_the_level_at_most(n: int) -> None:
    for effect in (0.5, 1.0, 1.5):
        assert power(effect, n) == pytest.approx(simulated_power(effect, n, 1), abs=0.03)
    assert power(1e-9, n) <= 0.05


@pytest.mark.parametrize("n", [4, 5, 6, 8, 15, 16])
@pytest.mark.parametrize("level", [0.05, 0.01, 0.005])
def test_all_chances_of_a_rank_sum_are_counted(n: int, level: float) -> None:
    chances = rank_sum_chances(2 * np.arange(1, n + 1))[::2]
    assert chances.sum() == pytest.approx(1) and (chances == chances[::-1]).all()
    for positive in range(n + 1):  # the `positive` highest ranks are above zero
        values = np.where(np.arange(n) >= n - positive, 1.0, -1.0) * np.arange(1, n + 1)
        total = int(values[values > 0].sum())
        p = stats.wilcoxon(values, method="exact").pvalue
        assert min(1.0, 2 * min(chances[total:].sum(), chances[: total + 1].sum())) == pytest.approx(p)


@pytest.mark.parametrize("size", [-30.0, -20.3, -1.0, -0.53, 0.0, 0.2, 0.53, 3.0, 26.2, 30.0])
def test_the_interval_of_an_effect_is_where_the_t_seen_is_at_its_quantiles(size: float) -> None:
    found = paired(spread(size, 1.0))
    low, high = effect_interval(found)
    assert low < found.effect < high
    shares = [stats.nct.cdf(found.effect * 4, 15, 4 * bound) for bound in (low, high)]
    assert shares == pytest.approx([0.975, 0.025], abs=1e-6)
    assert (low > 0, high < 0) == (found.low > 0, found.high < 0)


def test_differences_that_are_equal_but_for_rounding_have_no_spread() -> None:
    ours, theirs = np.array([728, 695, 748]) / 797, np.array([722, 689, 742]) / 797
    assert np.ptp(ours - theirs) > 0
    found = paired(subtract(ours, theirs, "higher"), "higher")
    assert (found.sd, found.effect) == (0, math.inf)
    assert all(map(math.isnan, effect_interval(found)))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_interval_of_an_effect_is_there_however_large_it_is(sign: int) -> None:
    values = np.array([1.0, 2.0, 3.0, 5.0])
    ends = []
    for scale in (1e-2, 2e-3, 1e-4, 1e-8):  # the second and the third stand at either side of the last exact one
        found = paired(sign * (1 + scale * values))
        ends.append([abs(bound / found.effect) for bound in effect_interval(found)])
    assert ends[1] == pytest.approx(ends[2], rel=2e-3) and ends[2] == pytest.approx(ends[3])
    low, high = effect_interval(found)
    assert low < found.effect < high and abs(found.effect) > 1e7


def test_the_interval_of_an_effect_is_absent_where_there_is_none() -> None:
    for values in ([1.0], [1.0, 1.0], [math.inf, math.nan], []):
        assert all(map(math.isnan, effect_interval(paired(values))))


def test_seeds_needed_at_the_ends() -> None:
    assert seeds_needed(math.inf) == seeds_needed(50.0) == 6
    assert seeds_needed(0.0) is seeds_needed(math.nan) is seeds_needed(0.001) is None
    assert [least_seeds(m) for m in (1, 2, 3, 9)] == [6, 7, 7, 9]
    for compared in (1, 2, 3, 9):
        least = least_seeds(compared)
        assert compared * 2 / 2**least <= 0.05 < compared * 2 / 2 ** (least - 1)
    few, many = seeds_needed(0.5, 1), seeds_needed(0.5, 9)
    assert few is not None and many is not None and many > few


def test_differences_of_arms_that_diverged() -> None:
    ours, theirs = [1.0, math.nan, 2.0, math.inf], [0.5, 1.0, math.nan, math.nan]
    np.testing.assert_array_equal(subtract(ours, theirs, "lower"), [0.5, math.inf, -math.inf, math.nan])
    np.testing.assert_array_equal(subtract(ours, theirs, "higher"), [0.5, -math.inf, math.inf, math.nan])
    ends: tuple[Better, ...] = ("lower", "higher")
    for better in ends:
        found = paired(subtract(ours, theirs, better), better)
        assert (found.num_seeds, found.n, found.mean) == (4, 1, 0.5)
        assert (found.num_diverged, found.num_baseline_diverged) == (2, 2)
        assert math.isnan(found.low)


def test_a_difference_is_claimed_by_interval_and_corrected_p_together() -> None:
    found = paired(spread(-1, 1))
    assert verdict(found, 0.05).claimed
    assert not verdict(found, 0.0501).claimed
    wide = paired([-1.0] * 15 + [-40.0])
    assert wide.p < 0.001 and wide.high > 0  # one seed far off: ranks say yes, the interval no
    assert not verdict(wide, wide.p).claimed


def test_an_arm_that_diverged_on_most_seeds_has_not_won_by_the_rest() -> None:
    found = paired([math.inf] * 10 + spread(-1, 0.1, 6))
    assert found.high < 0 and found.p < 0.05
    assert not verdict(found, found.p).claimed
    assert verdict(paired([-math.inf] * 3 + spread(-1, 0.1, 13)), 0.001).claimed


@pytest.mark.parametrize("compared", [1, 9])
def test_what_so_many_seeds_have_not_shown_takes_more_than_so_many(compared: int) -> None:
    found = paired(spread(3.0, 1.0))
    assert seeds_needed(found.effect, compared) is not None
    unclaimed = verdict(found, 0.2, compared)
    assert not unclaimed.claimed and unclaimed.needed == found.num_seeds + 1
    weak = verdict(paired(spread(0.1, 1.0)), 0.2, compared)
    assert weak.needed == seeds_needed(weak.paired.effect, compared) and (weak.needed or 0) > 17


def test_verdicts_correct_what_is_compared_together_and_leave_out_what_was_not() -> None:
    strong, weak, void = paired(spread(-1, 0.2)), paired(spread(-0.65, 1)), paired([math.nan] * 16)
    alone = verdicts({"weak": weak})["weak"]
    assert alone.claimed and alone.num_compared == 1
    together = verdicts({"a": strong, "b": weak, "c": weak, "d": weak, "void": void})
    assert together["a"].claimed and together["a"].p_holm == pytest.approx(4 * strong.p)
    assert not together["b"].claimed and together["b"].p_holm == pytest.approx(3 * weak.p)
    assert not together["void"].claimed and math.isnan(together["void"].p_holm)
    assert {one.num_compared for one in together.values()} == {4}


def test_a_verdict_as_json_has_no_number_that_json_has_not() -> None:
    data = verdict(paired([math.nan, math.inf]), math.nan).to_json()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["mean"] is None and data["num_diverged"] == 2 and data["claimed"] is False


def test_the_sentence_of_a_claim() -> None:
    assert (
        say(spread(-0.071, 0.0169))
        == "Label smoothing lowered test ECE by 7.1 points (95 % 6.2 to 8.0; 16 of 16 seeds)."
    )
    assert say(spread(-0.5, 0.4), "test_loss") == (
        "Label smoothing lowered test loss by 0.50 (95 % 0.29 to 0.71; 14 of 16 seeds)."
    )
    assert say(spread(38, 6), "test_loss") == (
        "Label smoothing raised test loss by 38 (95 % 35 to 41; 16 of 16 seeds)."
    )


def test_a_bound_that_is_not_zero_never_reads_as_zero() -> None:
    half = float(stats.t.isf(0.025, 15)) / 4
    assert "95 % 0.001 to" in say(spread(half + 0.001, 1.0), "test_loss")


def test_the_sentence_of_a_claim_beside_seeds_that_diverged() -> None:
    assert say([-math.inf] * 3 + spread(-1, 0.1, 13), "test_loss") == (
        "Label smoothing lowered test loss by 1.00 (95 % 0.94 to 1.06) on the 13 seeds where neither diverged. "
        "The baseline diverged on 3 of 16 seeds."
    )
    assert "raised test loss by 1.00 (95 % 0.94 to 1.06) on the 13 seeds" in say(
        [math.inf] * 3 + spread(1, 0.1, 13), "test_loss"
    )


def test_the_sentence_of_no_difference() -> None:
    assert say(spread(0.001, 0.01)) == (
        "Label smoothing, test ECE: no difference that 16 seeds can tell from noise (95 % −0.4 to 0.6 points). "
        "About 860 seeds would probably be needed."
    )
    assert say(spread(0.0, 0.01)).endswith(f"More than {MOST_SEEDS:,} seeds would probably be needed.")
    assert say(spread(0.0065, 0.01), compared=9) == (
        "Label smoothing, test ECE: no difference that 16 seeds can tell from noise among 9 comparisons "
        "(95 % 0.1 to 1.2 points). About 37 seeds would probably be needed."
    )


def test_the_sentence_where_interval_and_ranks_do_not_agree() -> None:
    said = say([-1.0] * 15 + [-40.0], "test_loss")
    assert "no difference that 16 seeds can tell from noise, since the interval" in said
    assert "seeds would probably" not in said


def test_the_sentence_of_the_same_on_all_seeds() -> None:
    assert (
        say([0.0] * 16) == "Label smoothing, test ECE: the same as the baseline, to the last digit, on 16 of 16 seeds."
    )
    assert "on 1 of 2 seeds. Label smoothing diverged on 1 of 2 seeds." in say([0.0, math.nan])


def test_the_sentence_of_too_few() -> None:
    assert say([-1.0]) == (
        "Label smoothing, test ECE: too few seeds to tell a difference from noise (1 so far, at least 6 needed)."
    )
    assert "(0 so far, at least 6 needed)" in say([])
    assert "(5 so far, at least 9 needed)" in say([-1.0, -1.1, -0.9, -1.2, -1.0], compared=9)


def test_the_sentence_where_all_diverged_and_where_some_could_not_be_run() -> None:
    assert say([-math.inf] * 16, num_missing=2) == (
        "Label smoothing, test ECE: 0 of 16 seeds on which neither diverged, too few for an interval. "
        "The baseline diverged on 16 of 16 seeds. Seeds that could not be run: 2."
    )


def test_the_sentence_names_another_baseline() -> None:
    result = verdict(paired([0.0] * 16), 1.0)
    assert "the same as gamma 2" in sentence(result, arm="x", metric="y", labels=LABELS, baseline="gamma 2")
    claim = verdict(paired(spread(-1, 0.1)), 0.001)
    assert sentence(claim, arm="smooth", metric="y", labels=LABELS, baseline="gamma 2").startswith(
        "Label smoothing against gamma 2 lowered y by"
    )


@given(st.lists(st.floats(-1, 1) | st.sampled_from([math.inf, -math.inf, math.nan]), max_size=20), st.integers(1, 9))
def test_no_sentence_says_more_than_the_numbers(differences: list[float], compared: int) -> None:
    found = paired(differences)
    result = verdict(found, min(1.0, compared * found.p), compared)
    said = sentence(result, arm="smooth", metric="test_ece", labels=LABELS)
    assert result.claimed == (" lowered " in said or " raised " in said)
    assert "nan" not in said.replace("Nan", "nan") and "inf" not in said and "{" not in said


def test_a_band_is_the_interval_at_each_step_of_what_is_finite_there() -> None:
    curves = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, math.nan], [3.0, 9.0, math.nan]])
    found = band(curves)
    for step in range(2):
        expected = summarize(curves[:, step])
        assert (found.mean[step], found.low[step], found.high[step]) == pytest.approx(
            (expected.mean, expected.low, expected.high)
        )
    assert found.count.tolist() == [3, 3, 1]
    assert found.mean[2] == 3.0 and math.isnan(found.low[2]) and math.isnan(found.high[2])
    assert math.isnan(band(np.full((2, 1), np.nan)).mean[0])


def test_claims_where_nothing_is_are_as_rare_as_the_level_says() -> None:
    random = np.random.default_rng(3)
    rate = claim_rate(random.normal(size=200), num_experiments=1000, generator=random)
    assert 0.02 < rate < 0.07
    shifted = np.concatenate([random.normal(size=16), random.normal(9, 1, 16)])
    assert paired(shifted[:16] - shifted[16:]).high < 0


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    assert 0.93 <= coverage(lambda n: random.normal(1, 2, n), 1.0, num_experiments=1000) <= 0.97
    assert coverage(lambda n: random.normal(1, 2, n), 1.5, num_experiments=1000) < 0.9


def test_what_is_compared_can_be_anything_with_a_name() -> None:
    found: dict[tuple[str, int], Paired] = {("loss", 1): paired([1.0]), ("loss", 2): paired([2.0])}
    assert set(verdicts(found)) == set(found)


def test_no_interval_leaves_what_its_metric_can_be() -> None:
    values = [0.1, 0.5, 0.95]
    plain = statistics.summarize(values)
    assert plain.low < 0 and plain.high > 1
    for name in ("test_accuracy", "test_center_ap", "test_miou"):
        within = statistics.summarize(values, statistics.bounds(name))
        assert (within.low, within.high, within.mean, within.sd) == (0, 1, plain.mean, plain.sd)
    for name in ("test_loss", "test_height", "elapsed_s"):
        within = statistics.summarize(values, statistics.bounds(name))
        assert within.low == 0 and within.high > 1
    assert statistics.summarize(values, statistics.bounds("test_sharpness")) == plain
    assert statistics.summarize([-0.9, 0.5, 0.95], statistics.bounds("test_tracking")).low == -1
    curves = statistics.band([[value, 0.5] for value in values], statistics.bounds("test_accuracy"))
    assert (curves.low[0], curves.high[0]) == (0, 1) and curves.low[1] == curves.high[1] == 0.5
    assert math.isnan(statistics.summarize([0.5], statistics.bounds("test_accuracy")).low)


def test_what_a_run_cannot_exceed_bounds_its_intervals() -> None:
    ring, descent = build_spec("wasserstein_gan", task="ring"), build_spec("optimizers", task="landscape", steps=1000)
    assert statistics.summarize([8, 8, 5], bounds_in(ring, "test_modes")).high == 8
    assert statistics.summarize([1000, 1000, 400], bounds_in(descent, "test_goal_step")).high == 1000
    assert statistics.apart(statistics.bounds("test_accuracy")) == (-1, 1)
    assert statistics.apart(bounds_in(ring, "test_modes")) == (-8, 8)
    found = paired([0.1, -0.5, 0.9], "higher", statistics.apart(statistics.bounds("test_accuracy")))
    assert (found.low, found.high) == (-1, 1) and paired([0.1, -0.5, 0.9]).high > 1
    study = Study(ring, "test_modes", {"test_modes": "higher"}, seeds=(100, 101, 102))
    rows: list[Row] = [
        {"run_id": study.id, "seed": seed, "arm": arm.name, "step": 500, "elapsed_s": 1.0, "test_modes": modes}
        for seed, found_modes in zip(study.seeds, ((8, 0), (8, 8), (5, 8)), strict=True)
        for arm, modes in zip(ring.arms, found_modes, strict=True)
    ]
    (told,) = summarize_studies([study], rows)
    assert told["arms"]["baseline"]["test_modes"]["high"] == 8
    assert told["comparisons"][0]["low"] == -8


def test_all_that_a_trainer_shows_of_a_step_lies_within_its_bounds() -> None:
    shown = [(setup.task, name) for name in catalogue.NAMES for setup in catalogue.load(name).setups]
    specs = {load_task(task).trainer: build_spec(trick, task=task, steps=20) for task, trick in shown}
    specs["gan"] = build_spec("wasserstein_gan", steps=20)
    assert set(specs) == set(TRAINERS)
    for spec in specs.values():
        progress = Run(spec).advance(60.0)
        for row in progress.rows:
            for name, values in row.items():
                low, high = bounds_in(spec, name)
                assert low <= min(values) and max(values) <= high, (spec.trick, name)
                found = statistics.band([[value] for value in values], (low, high))
                assert found.low[0] <= found.mean[0] <= found.high[0], (spec.trick, name)


def test_every_recorded_value_lies_within_its_metrics_bounds() -> None:
    _, rows = recorded.read_recorded()
    named = {name for row in rows for name in row if name.startswith("test_")}
    assert {"test_accuracy", "test_loss", "test_iou"} <= named
    for name in named:
        low, high = statistics.bounds(name)
        values = [float(value) for row in rows if (value := row.get(name)) is not None]
        assert low <= min(values) and max(values) <= high, name
        unbounded = ("test_sharpness", "test_rise", "test_jitter")
        if min(values) >= 0 and max(values) <= 1 and name not in unbounded:
            assert (low, high) != (-math.inf, math.inf), f"{name} looks bounded"
