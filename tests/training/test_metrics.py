"""Each metric is checked against figures worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.metrics import (
    accuracy,
    auroc,
    expected_calibration_error,
    macro_f1,
    recall_at_rejection,
    rejection_threshold,
)


def test_accuracy_is_the_share_of_right_answers() -> None:
    assert accuracy(["a", "b", "b", "c"], ["a", "b", "c", "c"]) == 0.75


def test_macro_f1_weighs_every_intent_the_same() -> None:
    predicted, actual = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    assert macro_f1(predicted, actual) == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_macro_f1_counts_an_intent_that_was_never_named_as_zero() -> None:
    assert macro_f1(["a", "a"], ["a", "b"]) == pytest.approx((2 / 3 + 0) / 2)


@pytest.mark.parametrize("metric", [accuracy, macro_f1])
@pytest.mark.parametrize(("predicted", "actual"), [([], []), (["a"], ["a", "b"])])
def test_no_texts_and_uneven_lists_are_refused(metric, predicted, actual) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="expected as many"):
        metric(predicted, actual)


def test_calibration_error_is_zero_when_confidence_is_the_accuracy() -> None:
    confidence = np.full(10, 0.7)
    right = np.array([True] * 7 + [False] * 3)
    assert expected_calibration_error(confidence, right) == pytest.approx(0.0)


def test_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.5, 0.5])
    right = np.array([True, False, True, True])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.5 * 0.45 + 0.5 * 0.5)


def test_calibration_error_counts_the_ends_of_the_scale() -> None:
    assert expected_calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("negative", "positive", "expected"),
    [([1, 2], [3, 4], 1.0), ([3, 4], [1, 2], 0.0), ([1, 1], [1], 0.5), ([1, 3], [2], 0.5), ([1, 2], [2], 0.75)],
)
def test_auroc_is_the_chance_that_a_stranger_scores_higher(
    negative: list[float], positive: list[float], expected: float
) -> None:
    assert auroc(np.array(negative), np.array(positive)) == pytest.approx(expected)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20), st.lists(st.integers(-5, 5), min_size=1, max_size=20))
def test_auroc_equals_counting_all_pairs(negative: list[int], positive: list[int]) -> None:
    pairs = [(p > n) + 0.5 * (p == n) for n in negative for p in positive]
    assert auroc(np.array(negative, float), np.array(positive, float)) == pytest.approx(sum(pairs) / len(pairs))


def test_recall_is_taken_where_one_in_twenty_of_the_known_is_given_up() -> None:
    known = np.arange(100) / 100
    assert rejection_threshold(known, 0.05) == pytest.approx(0.94)
    assert recall_at_rejection(known, np.array([0.5, 0.945, 0.99, 2.0])) == pytest.approx(0.75)


def test_scores_of_one_kind_only_are_refused() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        auroc(np.array([]), np.array([1.0]))
    with pytest.raises(ValueError, match="both kinds"):
        recall_at_rejection(np.array([1.0]), np.array([]))
