"""Corrects a share that rules have counted by what people found in a random sample of it. Pure.

The rules are cheap and wrong at times; an audit is right and dear. The mean of a prediction over all conversations,
plus the mean error of that prediction over the audited ones, is right on average however bad the prediction is; a good
one makes it precise.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.resolution.clustered import LEVEL, Estimate, Floats, Ints, effective_size, quantile, ratio, totals, wilson

LEAST_AUDITS = 10
"""Fewer in an arm correct nothing."""
PRIOR_WEIGHT = 2.0
"""Audits that the expected spread within a kind is worth beside the one that was seen."""
MOST_POWER = 1.5


@dataclass(frozen=True, slots=True)
class Audited:
    """The conversations of one arm, some of them audited."""

    hits: Floats
    """(n,) resolved by the rules, 0 or 1."""
    unit: Ints
    """(n,) the customer of each."""
    kind: NDArray[np.str_]
    """(n,) the kind of outcome: strata of the correction."""
    truth: Floats
    """(n,) 0 or 1 where audited, else nan."""
    probability: Floats
    """(n,) of having been drawn for an audit; read where audited."""
    prediction: Floats
    """(n,) the truth as expected from all else, 0..1; for an audited one without use of its own audit."""

    @property
    def is_audited(self) -> NDArray[np.bool_]:
        """(n,) where somebody has looked."""
        return ~np.isnan(self.truth)


class Corrected(NamedTuple):
    """A corrected share."""

    estimate: Estimate
    audits: int
    power: float
    """How far the prediction was trusted: 0 not at all, 1 fully."""
    audit_se: float
    """Part of the standard error that more audits would take away."""


def corrected_share(cases: Audited, *, level: float = LEVEL) -> Corrected | None:
    """Estimate the share that is truly resolved; None with fewer than `LEAST_AUDITS` audits.

    Source: prediction-powered inference, Angelopoulos et al., Science 382 (2023) 669-674, with power tuning (PPI++,
    Angelopoulos, Duchi and Zrnic, arXiv 2311.01453, 2023) and strata (Fisch et al., arXiv 2406.04291, 2024); as the
    audited are part of the whole, it is the difference estimator of Särndal, Swensson and Wretman (1992), section 6.3.
    """
    looked = cases.is_audited
    audits = int(looked.sum())
    if audits < LEAST_AUDITS:
        return None
    power = tune(cases.truth[looked], cases.prediction[looked], 1 / cases.probability[looked])
    expected = power * cases.prediction
    parts = [_rectifier(cases, expected, cases.kind == name) for name in np.unique(cases.kind)]
    n = len(cases.hits)
    value = float(expected.mean()) + sum(part.mean * part.size for part in parts) / n
    value = min(max(value, 0.0), 1.0)
    audit_variance = sum((part.size / n) ** 2 * part.variance for part in parts)
    sampled = _sampling_variance(cases, value)
    variance = audit_variance + sampled
    degrees = variance**2 / (
        sum(((part.size / n) ** 2 * part.variance) ** 2 / part.degrees for part in parts)
        + sampled**2 / max(float(len(np.unique(cases.unit))) - 1, 1)
        + 1e-18
    )
    t = quantile(max(degrees, 1.0), level)
    inner = min(max(value, 0.5 / n), 1 - 0.5 / n)
    low, high = wilson(value, max(inner * (1 - inner) / variance, 1.0), t)
    customers = len(np.unique(cases.unit))
    estimate = Estimate(value, low, high, n, customers, math.sqrt(variance))
    return Corrected(estimate, audits, power, math.sqrt(audit_variance))


def tune(truth: Floats, prediction: Floats, weights: Floats) -> float:
    """How far to trust a prediction: the weight that leaves the least variance.

    Source: PPI++, section 5; where the audited are part of the whole the factor for their number falls away.
    """
    share = weights / weights.sum()
    off = prediction - float((share * prediction).sum())
    spread = float((share * off**2).sum())
    if spread < 1e-9:
        return 1.0
    slope = float((share * off * truth).sum()) / spread
    return min(max(slope, 0.0), MOST_POWER)


class _Part(NamedTuple):
    """The mean error of the prediction in one stratum."""

    size: int
    mean: float
    variance: float
    degrees: float


def _rectifier(cases: Audited, expected: Floats, inside: NDArray[np.bool_]) -> _Part:
    looked = inside & cases.is_audited
    size, n = int(inside.sum()), int(looked.sum())
    guess = cases.prediction[inside]
    ordinary = max(float((guess * (1 - guess)).mean()), 0.01)
    if n == 0:  # rare in this arm: what the other arms taught about the kind has to do
        return _Part(size, 0.0, ordinary, PRIOR_WEIGHT)
    weights = 1 / cases.probability[looked]
    share = weights / weights.sum()
    errors = cases.truth[looked] - expected[looked]
    mean = float((share * errors).sum())
    seen = float((share * (errors - mean) ** 2).sum()) * n
    degrees = n - 1 + PRIOR_WEIGHT
    spread = (seen + PRIOR_WEIGHT * ordinary) / degrees
    unequal = float((share**2).sum()) * n
    unseen = max(1 - n / size, 0.0)
    return _Part(size, mean, spread * unequal * unseen / n, degrees)


def _sampling_variance(cases: Audited, value: float) -> float:
    """Variance of the truth over customers, with the design effect of what the rules have counted."""
    sizes = totals(np.ones(len(cases.hits)), cases.unit)
    effective = effective_size(ratio(totals(cases.hits, cases.unit), sizes), sizes)
    return max(value * (1 - value), 1e-6) / effective
