"""A certified threshold keeps its budget as often as it says, and is not given where rows are too few."""

import numpy as np
import pytest

from backends.classified.calibration import Calibration, Certificate, Thresholds
from training.certify import Judged, certify, grid_of, judge_rows, rows_needed, smallest_proven


def judged(n: int, *, wrong: int = 0, intent: str = "a") -> Judged:
    """Rows of falling confidence, the least confident ones wrong."""
    confidence = np.linspace(1.0, 0.5, n)
    right = np.arange(n) < n - wrong
    return Judged(confidence, np.full(n, intent), right, np.ones(n, dtype=bool))


def test_two_percent_at_95_takes_149_rows_without_an_error() -> None:
    assert rows_needed(0.02, 0.95) == 149
    grid = np.linspace(1.0, 0.5, 20)
    assert smallest_proven(judged(149), grid, 0.02, 0.95) == pytest.approx(0.5)
    assert smallest_proven(judged(148), grid, 0.02, 0.95) is None


def test_the_threshold_stops_above_the_errors() -> None:
    rows = judged(400, wrong=40)
    least = smallest_proven(rows, np.linspace(1.0, 0.5, 26), 0.02, 0.95)
    assert least is not None
    answered = rows.confidence >= least
    assert answered.sum() >= 149
    assert (~rows.is_right[answered]).sum() <= 3


def test_a_budget_is_broken_at_most_as_often_as_it_says() -> None:
    budget, broken, trials = 0.05, 0, 200
    for seed in range(trials):
        draw = np.random.default_rng(seed)
        chance = draw.beta(6, 1, (2, 400))
        right = draw.random(400) < chance[1] ** 0.6
        rows = Judged(chance[1], np.full(400, "a"), right, np.ones(400, dtype=bool))
        least = smallest_proven(rows, grid_of(chance[0]), budget, 0.95)
        if least is not None:
            fresh = draw.beta(6, 1, 20_000)
            broken += (1 - fresh[fresh >= least] ** 0.6).mean() > budget
    assert broken / trials <= 0.05 + 2 * (0.05 * 0.95 / trials) ** 0.5


def test_an_intent_gets_a_threshold_of_its_own_only_with_rows_enough() -> None:
    many, few = judged(160), judged(100, intent="b")
    together = Judged(*(np.concatenate([getattr(many, name), getattr(few, name)]) for name in Judged.__slots__))
    proven = certify(together, np.linspace(1.0, 0.5, 20))
    assert {item.intent for item in proven} == {None, "a"}
    assert all(item.n == 160 for item in proven if item.intent == "a")


def test_a_row_out_of_scope_that_gets_an_answer_is_an_error() -> None:
    calibration = Calibration(thresholds=Thresholds(min_confidence=0.5, max_oos=1.0, min_margin=0.1))
    logits = np.array([[9.0, 0.0], [9.0, 0.0], [1.0, 1.0]])
    rows = judge_rows(calibration, logits, ("a", "b"), ["a", "oos", "b"])
    assert rows.is_right.tolist() == [True, False, False]
    assert rows.is_eligible.tolist() == [True, True, False]


def test_serving_takes_what_is_proven_before_what_is_promised() -> None:
    proven = (
        Certificate(0.02, 0.95, 0.8, n=300, answered=200, errors=0),
        Certificate(0.02, 0.95, 0.6, n=160, answered=160, errors=0, intent="a"),
    )
    calibration = Calibration(confidence_by_budget=((0.01, 0.9), (0.02, 0.5)), certificates=proven)
    limits = calibration.thresholds_for(0.02)
    assert (limits.confidence_for("a"), limits.confidence_for("b")) == (0.6, 0.8)
    assert calibration.thresholds_for(0.01).confidence_for("a") == 0.9
    assert calibration.thresholds_for(0.001).min_confidence == 0.99
