"""Shares and ratios with the customer as the unit."""

import numpy as np
import pytest

from eval.resolution.clustered import average, number, quotient, ratio, share, wilson
from eval.resolution.validation.coverage import Crowd, held, sample
from training.intervals import wilson as counted


def test_one_conversation_a_customer_is_the_score_interval_of_counts() -> None:
    hits = np.repeat([1.0, 0.0], [700, 300])
    found, plain = share(hits, np.arange(1000)), counted(700, 1000)
    assert found.value == 0.7
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=1e-4)
    assert (found.n, found.customers) == (1000, 1000)


def test_the_variance_of_a_ratio_is_that_of_the_textbook() -> None:
    # Customers with 1, 2 and 1 conversations, 1, 1 and 0 of them resolved: the share is 1/2.
    found = ratio(np.array([1.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0]))
    assert found.value == 0.5
    # Residuals 1/2, 0 and -1/2; leverages 1/4, 1/2 and 1/4.
    assert found.variance == pytest.approx((0.25 / 0.75 + 0 + 0.25 / 0.75) / 16)
    assert found.degrees == pytest.approx(16 / 6 - 1)


def test_customers_who_do_the_same_again_are_worth_one() -> None:
    once = share(np.repeat([1.0, 0.0], [30, 20]), np.arange(50))
    thrice = share(np.repeat([1.0, 0.0], [90, 60]), np.repeat(np.arange(50), 3))
    assert thrice.value == once.value
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


@pytest.mark.parametrize(("hits", "inside"), [([1.0] * 20, 0.9), ([0.0] * 20, 0.1)])
def test_a_group_that_ended_alike_still_has_an_interval(hits: list[float], inside: float) -> None:
    found = share(np.array(hits), np.arange(20))
    assert found.low <= inside <= found.high
    assert found.high - found.low < 0.25


def test_nothing_has_no_share() -> None:
    with pytest.raises(ValueError, match="at least one"):
        share(np.array([]), np.array([], dtype=np.int64))


def test_a_cost_is_divided_by_what_was_resolved() -> None:
    found = quotient(np.array([1.0, 2.0, 3.0, 2.0]), np.array([1.0, 0.0, 1.0, 0.0]), np.arange(4))
    assert found.value == 4.0
    assert found.low < 4.0 < found.high


def test_a_mean_has_students_interval() -> None:
    found = average(np.array([1.0, 2.0, 3.0]), np.arange(3))
    assert found.value == 2.0
    assert found.high - 2.0 == pytest.approx(4.3027 / 3**0.5, rel=1e-4)  # standard deviation 1


def test_customers_are_numbered_by_name() -> None:
    assert number(["b", "a", "b"]).tolist() == [1, 0, 1]


def test_the_interval_holds_the_share_it_is_for() -> None:
    assert wilson(0.0, 10, 1.96)[0] == 0.0
    assert wilson(1.0, 10, 1.96)[1] == 1.0


@pytest.mark.parametrize("crowd", [Crowd(20, 0.65, 0.2, 1.5), Crowd(50, 0.15, 0.0, 1.0), Crowd(200, 0.9, 0.4, 2.5)])
def test_intervals_cover(crowd: Crowd) -> None:
    source = np.random.default_rng(4)
    estimates = [share(*sample(crowd, source)) for _ in range(500)]
    assert 0.92 <= held(estimates, [crowd.resolved] * 500)["coverage"] <= 0.985
