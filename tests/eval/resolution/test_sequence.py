"""Intervals that allow looking at any time."""

import numpy as np
import pytest

from eval.resolution.running import compare, stream_of, variance
from eval.resolution.running import moments as moments_of
from eval.resolution.sequence import Sequence
from eval.resolution.validation.experiments import World, first_true, fixed_sample, play

WANTED = Sequence(0.1)


def test_the_interval_leaves_out_zero_when_the_evidence_says_so() -> None:
    information = np.array([50.0, 400.0, 3000.0, 40000.0])
    radius = WANTED.radius(information)
    assert WANTED.is_found(radius * 1.0001, information).all()
    assert not WANTED.is_found(radius * 0.9999, information).any()


def test_the_interval_narrows_with_information_and_is_infinite_without() -> None:
    radius = WANTED.radius(np.array([0.0, 100.0, 1000.0, 10000.0]))
    assert radius[0] == np.inf
    assert (np.diff(radius) < 0).all()
    assert radius[3] > 1.96 / np.sqrt(10000.0)  # looking often has its price


def test_evidence_does_not_care_for_the_sign() -> None:
    assert WANTED.log_evidence(0.1, 500.0) == WANTED.log_evidence(-0.1, 500.0)


def test_evidence_against_nothing_is_one_on_average() -> None:
    source, information = np.random.default_rng(1), 300.0
    estimates = source.standard_normal(200_000) / np.sqrt(information)
    assert np.exp(WANTED.log_evidence(estimates, np.full(200_000, information))).mean() == pytest.approx(1, abs=0.1)


def test_the_forecast_is_what_it_takes() -> None:
    factor = WANTED.needed(0.1, 300.0)
    assert factor is not None
    assert not WANTED.is_found(0.1, 0.9 * factor * 300.0)
    assert WANTED.is_found(0.1, 1.02 * factor * 300.0)
    assert WANTED.needed(0.1, 1e6) == 1.0
    assert WANTED.needed(0.0, 300.0) is None
    narrow = WANTED.needed_to_narrow(0.05, 300.0)
    assert narrow is not None
    assert WANTED.radius(1.02 * narrow * 300.0) < 0.05


def test_the_running_variance_is_that_of_the_customers() -> None:
    source = np.random.default_rng(3)
    unit = source.integers(0, 40, 150)
    values = source.normal(size=150)
    stream = stream_of(values, np.zeros(150, dtype=bool), unit)
    found = variance(moments_of(stream, np.ones(150, dtype=bool)), is_share=False)[-1]
    sums, counts = np.bincount(unit, values), np.bincount(unit)
    customers = (counts > 0).sum()
    expected = ((sums - values.mean() * counts) ** 2).sum() / 150**2 * customers / (customers - 1)
    assert found == pytest.approx(expected)


def test_the_difference_is_that_of_the_means() -> None:
    hits = np.array([1.0, 0.0] * 100)
    second = np.arange(200) >= 100
    hits[second] = 1.0
    path = compare(stream_of(hits, second, np.arange(200)))
    assert path.difference[-1] == 0.5
    assert path.information[-1] > 0


def test_nothing_is_claimed_of_a_few_customers() -> None:
    path = compare(play(World(0.1, 0.9), 5, 60, np.random.default_rng(0)))
    assert (path.information[:, :90] == 0).all()


def test_strata_keep_a_change_of_weights_from_deceiving() -> None:
    # Both arms resolve 90 % in the first spell and 30 % in the second, when most customers go to the second arm.
    source = np.random.default_rng(5)
    second = source.random(4000) < np.repeat([0.1, 0.9], 2000)
    hits = (source.random(4000) < np.repeat([0.9, 0.3], 2000)).astype(float)
    stream = stream_of(hits, second, np.arange(4000))
    pooled = compare(stream)
    apart = compare(stream, np.repeat([0, 1], 2000))
    assert pooled.difference[-1] < -0.3
    assert abs(apart.difference[-1]) < 0.05
    assert WANTED.is_found(pooled.difference[-1], pooled.information[-1])
    assert not WANTED.is_found(apart.difference[-1], apart.information[-1])


@pytest.mark.parametrize(
    "world", [World(0.65, 0.65), World(0.65, 0.65, likeness=0.3, returning=0.4), World(0.65, 0.65, share_of_second=0.2)]
)
def test_looking_after_every_conversation_rarely_alarms(world: World) -> None:
    path = compare(play(world, 400, 800, np.random.default_rng(11)))
    alarms = (WANTED.is_found(path.difference, path.information) & (path.information > 0)).any(axis=1)
    assert alarms.mean() <= 0.06


def test_a_difference_is_found_sooner_than_by_one_look() -> None:
    path = compare(play(World(0.6, 0.7), 150, 3000, np.random.default_rng(12)))
    after = first_true(WANTED.is_found(path.difference, path.information) & (path.information > 0))
    assert (after > 0).mean() > 0.97
    assert np.where(after == 0, 3000, after).mean() < 0.7 * fixed_sample(0.6, 0.7)


def test_the_fixed_sample_is_the_known_one() -> None:
    assert fixed_sample(0.6, 0.7) == pytest.approx(2 * 584.8, abs=1)
