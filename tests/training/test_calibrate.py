"""Temperature, out-of-scope score and thresholds do on made-up outputs what they promise."""

from dataclasses import replace

import numpy as np
import pytest

from backends.classified.calibration import Calibration
from training.calibrate import DEFAULT_BUDGET, calibrate, confidence_by_budget, fit_temperature
from training.metrics import auroc, expected_calibration_error

INTENTS, DIM = 5, 16


def sample(n: int, *, seed: int, strange: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Logits of an over-confident model: around the axes, or anywhere for strange texts."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, INTENTS, n)
    centre = np.zeros((n, DIM)) if strange else np.eye(DIM)[labels]
    embeddings = centre + 0.35 * draw.standard_normal((n, DIM))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return 30 * embeddings[:, :INTENTS], labels


def test_the_temperature_of_scaled_logits_is_found_again() -> None:
    draw = np.random.default_rng(0)
    logits = draw.standard_normal((4000, INTENTS)) * 2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([draw.choice(INTENTS, p=row) for row in p])
    assert fit_temperature(logits, labels) == pytest.approx(1.0, abs=0.08)
    assert fit_temperature(logits * 3, labels) == pytest.approx(3.0, abs=0.25)


def test_a_held_out_set_without_an_error_does_not_make_certain() -> None:
    logits = 4 * np.eye(INTENTS)
    temperature = fit_temperature(logits, np.arange(INTENTS))
    confidence = Calibration(temperature=temperature).probabilities(logits).max()
    assert 0.7 < confidence < 0.99


def test_one_intent_has_nothing_to_calibrate() -> None:
    assert fit_temperature(np.ones((3, 1)), np.zeros(3, dtype=int)) == 1.0


@pytest.mark.parametrize("known_strangers", [0, 60])
def test_calibration_fitted_on_some_texts_holds_on_others(known_strangers: int) -> None:
    held_out, labels = sample(400, seed=1)
    outside = sample(known_strangers, seed=2, strange=True)[0]
    calibration = calibrate(held_out, labels, outside, has_outlier=False)
    fresh, right = sample(2000, seed=3)
    p = calibration.probabilities(fresh)
    strangers = sample(500, seed=4, strange=True)[0]
    scores = calibration.oos_scores(fresh)
    assert expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == right) < 0.04
    assert auroc(scores, calibration.oos_scores(strangers)) > 0.8
    assert (scores > calibration.thresholds.max_oos).mean() < 0.1


def test_without_known_strangers_one_in_twenty_is_given_up() -> None:
    held_out, labels = sample(400, seed=1)
    nobody = np.zeros((0, INTENTS))
    calibration = calibrate(held_out, labels, nobody, has_outlier=False)
    rejected = calibration.oos_scores(held_out) > calibration.thresholds.max_oos
    assert rejected.mean() == pytest.approx(0.05, abs=0.01)


def test_no_feature_ever_speaks_against_its_own_meaning() -> None:
    held_out, labels = sample(200, seed=5)
    outside = sample(40, seed=6, strange=True)[0]
    calibration = calibrate(held_out, labels, outside, has_outlier=False)
    assert calibration.oos.weights
    assert all(weight >= 0 for weight in calibration.oos.weights.values())


def test_a_smaller_budget_asks_for_more_confidence() -> None:
    table = confidence_by_budget(np.linspace(0.2, 1.0, 200))
    confidences = [table[budget] for budget in sorted(table)]
    assert confidences == sorted(confidences, reverse=True)


def test_within_the_budget_the_answered_texts_are_expected_to_be_right_that_often() -> None:
    confidence = np.linspace(0.5, 1.0, 1000)
    least = confidence_by_budget(confidence)[DEFAULT_BUDGET]
    answered = confidence[confidence >= least]
    assert 1 - answered.mean() == pytest.approx(DEFAULT_BUDGET, abs=0.001)


def test_confidence_that_never_suffices_answers_next_to_nothing() -> None:
    assert set(confidence_by_budget(np.full(50, 0.3)).values()) == {0.99}


def test_another_budget_takes_the_strictest_known_confidence_within_it() -> None:
    calibration = replace(Calibration(), confidence_by_budget=((0.01, 0.9), (0.05, 0.6)))
    assert calibration.thresholds_for(0.03).min_confidence == 0.9
    assert calibration.thresholds_for(0.05).min_confidence == 0.6
    assert calibration.thresholds_for(0.001).min_confidence == 0.99
