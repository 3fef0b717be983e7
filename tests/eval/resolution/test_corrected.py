"""Rates corrected by audits."""

import numpy as np
import pytest

from eval.resolution.corrected import LEAST_AUDITS, Audited, corrected_share, tune
from eval.resolution.predicting import predict
from eval.resolution.validation.audited import PLANS, correct, open_shop

N = 400


def cases(truth: np.ndarray, audited: np.ndarray, hits: np.ndarray | None = None) -> Audited:
    """One kind of outcome, counted as resolved throughout, and half of them really so."""
    hits = np.ones(N) if hits is None else hits
    return Audited(
        hits,
        np.arange(N),
        np.where(hits > 0, "assumed", "abandoned"),
        np.where(audited, truth, np.nan),
        np.full(N, audited.mean()),
        np.where(hits > 0, 0.75, 0.2),
    )


def test_rules_that_are_deceived_are_corrected() -> None:
    truth, audited = np.arange(N) % 2 == 0, np.arange(N) % 4 < 2
    found = corrected_share(cases(truth.astype(float), audited))
    assert found is not None
    assert found.estimate.value == pytest.approx(0.5, abs=0.01)  # the rules say 1
    assert found.estimate.low < 0.5 < found.estimate.high
    assert found.audits == N // 2


def test_with_everything_audited_the_truth_is_told() -> None:
    truth = (np.arange(N) % 4 == 0).astype(float)
    found = corrected_share(cases(truth, np.ones(N, dtype=bool), hits=(np.arange(N) % 3 > 0).astype(float)))
    assert found is not None
    assert found.estimate.value == pytest.approx(0.25)
    assert found.audit_se == 0


def test_few_audits_correct_nothing() -> None:
    audited = np.arange(N) < LEAST_AUDITS - 1
    assert corrected_share(cases(np.ones(N), audited)) is None


def test_unequal_probabilities_are_weighed() -> None:
    truth = (np.arange(N) < N // 2).astype(float)
    probability = np.where(truth > 0, 0.4, 0.1)  # those that are resolved are four times as likely to be looked at
    audited = np.arange(N) % 10 < 10 * probability
    found = corrected_share(
        Audited(
            np.ones(N), np.arange(N), np.full(N, "assumed"), np.where(audited, truth, np.nan), probability, truth * 0
        )
    )
    assert found is not None
    assert found.estimate.value == pytest.approx(0.5, abs=1e-9)


def test_a_useless_prediction_is_not_trusted_and_a_good_one_is() -> None:
    truth = np.array([1.0, 0.0] * 50)
    assert tune(truth, truth, np.ones(100)) == pytest.approx(1.0)
    assert tune(truth, np.array([0.2, 0.2, 0.8, 0.8] * 25), np.ones(100)) == pytest.approx(0.0)
    assert tune(truth, 1 - truth, np.ones(100)) == 0.0


def test_the_corrected_rate_beats_the_rules_where_they_are_deceived() -> None:
    plan = PLANS[0]._replace(audits=300)
    source = np.random.default_rng(2)
    trials = [correct(open_shop(plan, source), plan, source)[0] for _ in range(30)]  # the arm that deceives most
    corrected = np.mean([abs(one.value - truth) for one, _, truth in trials])
    raw = np.mean([abs(rules.value - truth) for _, rules, truth in trials])
    bias = np.mean([one.value - truth for one, _, truth in trials])
    assert corrected < 0.6 * raw
    assert abs(bias) < 0.015
    assert np.mean([one.low <= truth <= one.high for one, _, truth in trials]) >= 0.85


def test_without_audits_kinds_are_guessed() -> None:
    kinds = np.array(["confirmed", "handed_off", "assumed"])
    guessed = predict(kinds, np.zeros((3, 0)), np.full(3, np.nan), np.arange(3), source=np.random.default_rng(0))
    assert guessed[0] > guessed[2] > guessed[1]


def test_no_prediction_has_seen_its_own_audit() -> None:
    n = 200
    kinds, features = np.full(n, "assumed"), np.zeros((n, 1))
    truth = (np.arange(n) % 2).astype(float)
    units = np.arange(n) // 2  # a customer has one of each
    one = predict(kinds, features, truth, units, source=np.random.default_rng(0))
    other_truth = truth.copy()
    other_truth[:2] = 1 - truth[:2]
    other = predict(kinds, features, other_truth, units, source=np.random.default_rng(0))
    assert one[:2].tolist() == other[:2].tolist()


def test_what_the_log_says_is_learned() -> None:
    source = np.random.default_rng(1)
    n = 300
    truth = (source.random(n) < 0.5).astype(float)
    told = np.clip(truth + 0.3 * source.standard_normal(n), 0, 1)
    found = predict(np.full(n, "assumed"), told[:, None], truth, np.arange(n), source=source)
    assert found[truth == 1].mean() > found[truth == 0].mean() + 0.3
