"""The tests of the gate give the published and the hand-computed figures."""

import math

import numpy as np
import pytest
from scipy import stats

from training.metrics import auroc
from training.nightly.paired import (
    Pairs,
    can_reject,
    compare_areas,
    count_pairs,
    difference_interval,
    discoveries,
    harm,
    non_inferiority,
    power_if_equal,
    tango_z,
)


def test_gains_and_losses_are_counted() -> None:
    old, new = np.array([True, True, False, False]), np.array([True, False, True, False])
    pairs = count_pairs(old, new)
    assert pairs == Pairs(4, 1, 1)
    assert Pairs(200, 3, 7).difference == pytest.approx(-0.02)


def test_the_published_example_of_the_score_test_comes_out() -> None:
    lenses = Pairs(44, 0, 1)  # Tango 1998: cleaning of contact lenses, margin 10 points
    assert tango_z(lenses, -0.1) == pytest.approx(1.709, abs=5e-4)
    assert non_inferiority(lenses, 0.1) == pytest.approx(0.0437, abs=5e-4)


def test_without_a_shift_the_score_test_is_that_of_mcnemar() -> None:
    assert tango_z(Pairs(100, 12, 5), 0.0) == pytest.approx((12 - 5) / math.sqrt(12 + 5))


@pytest.mark.parametrize(("rows", "passes"), [(267, False), (269, True)])
def test_two_models_that_never_differ_need_268_rows_for_a_margin_of_one_point(rows: int, passes: bool) -> None:
    assert (non_inferiority(Pairs(rows, 0, 0), 0.01) < 0.05) == passes


def test_a_paired_test_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        non_inferiority(Pairs(0, 0, 0), 0.01)


def test_the_interval_holds_the_shifts_that_the_test_does_not_reject() -> None:
    pairs = Pairs(300, 9, 6)
    low, high = difference_interval(pairs)
    assert tango_z(pairs, low) == pytest.approx(1.6449, abs=1e-3)
    assert tango_z(pairs, high) == pytest.approx(-1.6449, abs=1e-3)
    assert low < pairs.difference < high


def test_the_power_is_the_share_of_simulated_equal_models_that_pass() -> None:
    random = np.random.default_rng(0)
    passed = 0
    for discordant in random.binomial(800, 0.05, 2000):
        gained = int(random.binomial(discordant, 0.5))
        passed += non_inferiority(Pairs(800, gained, int(discordant) - gained), 0.02) < 0.05
    assert power_if_equal(800, 0.05, 0.02) == pytest.approx(passed / 2000, abs=0.03)


def test_the_power_grows_with_rows_and_margin_and_falls_with_discordance() -> None:
    assert power_if_equal(200, 0.05, 0.01) < power_if_equal(2000, 0.05, 0.01) < power_if_equal(4000, 0.05, 0.01)
    assert power_if_equal(500, 0.05, 0.01) < power_if_equal(500, 0.05, 0.03)
    assert power_if_equal(2000, 0.10, 0.01) < power_if_equal(2000, 0.02, 0.01)
    assert power_if_equal(300, 0.0, 0.01) == 1.0
    assert power_if_equal(100, 0.0, 0.01) == 0.0


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (0, 5), (3, 9), (8, 2)])
def test_harm_is_the_exact_binomial_test(gained: int, lost: int) -> None:
    expected = stats.binomtest(lost, gained + lost, alternative="greater").pvalue if gained + lost else 1.0
    assert harm(Pairs(50, gained, lost)) == pytest.approx(expected)


def test_only_intents_with_enough_discordant_rows_can_be_tested() -> None:
    assert not can_reject(Pairs(40, 0, 3), 0.10)
    assert can_reject(Pairs(40, 4, 0), 0.10)


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p_values += [0.4262, 0.5719, 0.6528, 0.7590, 1.0000]  # table of the paper of 1995: the first four at 5 %
    assert discoveries(p_values, 0.05) == [True] * 4 + [False] * 11
    assert discoveries([], 0.1) == []


def test_the_areas_are_those_of_the_metric_and_equal_scores_are_no_evidence() -> None:
    random = np.random.default_rng(1)
    inside, outside = random.normal(0, 1, 60), random.normal(1, 1, 25)
    areas = compare_areas((inside, outside), (inside, outside))
    assert areas.old == areas.new == pytest.approx(auroc(inside, outside))
    assert areas.p_worse == 0.5


def test_a_worse_score_is_found_worse_and_a_better_one_is_not() -> None:
    random = np.random.default_rng(2)
    inside, outside = random.normal(0, 1, 200), random.normal(2, 1, 100)
    noise = (inside + random.normal(0, 2, 200), outside + random.normal(0, 2, 100))
    assert compare_areas((inside, outside), noise).p_worse < 0.001
    assert compare_areas(noise, (inside, outside)).p_worse > 0.999


def test_the_variance_of_the_areas_agrees_with_resampling() -> None:
    random = np.random.default_rng(3)
    inside, outside = random.normal(0, 1, 150), random.normal(1, 1, 80)
    other = (inside + random.normal(0, 0.5, 150), outside + random.normal(0, 0.5, 80))
    areas = compare_areas((inside, outside), other)
    drops = []
    for _ in range(800):
        i, o = random.integers(0, 150, 150), random.integers(0, 80, 80)
        drops.append(auroc(other[0][i], other[1][o]) - auroc(inside[i], outside[o]))
    z = (areas.new - areas.old) / float(np.std(drops))
    assert stats.norm.ppf(areas.p_worse) == pytest.approx(z, rel=0.12)
