"""Value of a routing from conversations logged under another: three estimators, one variance. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eval.resolution.clustered import LEVEL, Estimate, Floats, Ints, quantile, totals, wilson


class Weighed(NamedTuple):
    """The conversations as evidence for one chain of the routing; arrays are (n,)."""

    share: float
    """How likely a customer gets the chain."""
    weights: Floats
    expected: Floats
    """Outcome under the chain, as expected from the first message."""


class Value(NamedTuple):
    """What a routing resolves, by three estimators."""

    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate
    effective_n: float
    """Customers that the weighted ones are worth."""


def value(outcome: Floats, unit: Ints, chains: Sequence[Weighed]) -> Value:
    """Estimate the share of conversations that a routing resolves.

    Args:
        outcome: (n,) 0 or 1.
        unit: (n,) the customer of each, numbered from 0.
        chains: those the routing gives to customers; each with some weight above 0.

    Source: inverse propensity scores, D. Horvitz and D. Thompson (1952); self-normalised, A. Swaminathan and
    T. Joachims, NeurIPS 2015; doubly robust, M. Dudík, J. Langford and L. Li, ICML 2011; effective number, L. Kish
    (1965).
    """
    n = len(outcome)
    effective = effective_customers(unit, chains)
    plain, normalised, robust = np.zeros((3, n))
    values = np.zeros(3)
    for chain in chains:
        total = float(chain.weights.sum())
        own = float((chain.weights * outcome).sum())
        values[0] += chain.share * own / n
        plain += chain.share * chain.weights * outcome / n
        values[1] += chain.share * own / total
        normalised += chain.share * chain.weights * (outcome - own / total) / total
        error = outcome - chain.expected
        mean_error, mean = float((chain.weights * error).sum()) / total, float(chain.expected.mean())
        values[2] += chain.share * (mean + mean_error)
        robust += chain.share * ((chain.expected - mean) / n + chain.weights * (error - mean_error) / total)
    plain -= values[0] / n
    ips, snips, doubly_robust = (
        _estimate(float(one), influence, unit, effective)
        for one, influence in zip(values, (plain, normalised, robust), strict=True)
    )
    return Value(ips, snips, doubly_robust, effective)


def effective_customers(unit: Ints, chains: Sequence[Weighed]) -> float:
    """Kish's effective number of customers, by their summed weights."""
    weights = sum((chain.share * chain.weights for chain in chains), np.zeros(len(unit)))
    by_customer = totals(weights, unit)
    squares = float((by_customer**2).sum())
    return float(by_customer.sum()) ** 2 / squares if squares > 0 else 0.0


def _estimate(found: float, influence: Floats, unit: Ints, effective: float) -> Estimate:
    by_customer = totals(influence, unit)
    customers = len(by_customer)
    variance = float((by_customer**2).sum()) * customers / max(customers - 1, 1)
    inside = min(max(found, 0.0), 1.0)
    inner = min(max(inside, 0.5 / len(unit)), 1 - 0.5 / len(unit))
    worth = inner * (1 - inner) / max(variance, 1e-12)
    low, high = wilson(inside, max(worth, 1.0), quantile(max(effective - 1, 1.0), LEVEL))
    return Estimate(found, low, high, len(unit), customers, variance**0.5)
