"""The difference between two arms after every conversation: running sums, with the customer as the unit. Pure.

Everything is a cumulative sum, so thousands of simulated experiments are looked at after each conversation as
quickly as one real one. Arms are compared within strata (spells in which arms were drawn with
the same weights), never across.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.resolution.clustered import Floats

LEAST_CUSTOMERS = 50
"""In the smaller arm: before, nothing is claimed, as variances are not known yet."""
SMOOTHING = 1.0
"""Resolved and unresolved conversations that each arm is given beforehand, for its variance only."""
TRUSTED_FROM = 20.0
"""Customers at which the seen design effect counts as much as the largest possible one."""


class Stream(NamedTuple):
    """Conversations in the order in which their outcomes became known. All arrays (…, conversations)."""

    values: Floats
    """What is compared: 0 or 1, or any figure."""
    is_second: NDArray[np.bool_]
    """Whether the conversation is of the second arm."""
    sum_before: Floats
    """Sum of the values of this customer's earlier conversations."""
    count_before: Floats
    """Number of this customer's earlier conversations."""


class Moments(NamedTuple):
    """Running sums of one arm in one stratum, (…, conversations) each."""

    conversations: Floats
    total: Floats
    customers: Floats
    sum_squares: Floats
    """Of customers' sums, squared."""
    sum_products: Floats
    """Of customers' sums times their numbers of conversations."""
    count_squares: Floats
    """Of customers' numbers of conversations, squared."""


class Path(NamedTuple):
    """The running comparison, (…, conversations) each."""

    difference: Floats
    """Second arm less first."""
    information: Floats
    """One over the variance; 0 while nothing may be claimed."""


def stream_of(values: Floats, is_second: NDArray[np.bool_], unit: NDArray[np.int64]) -> Stream:
    """Make the stream of one experiment: values (n,) in order, with the customer of each."""
    sums: dict[int, tuple[float, int]] = {}
    before = np.zeros((2, len(values)))
    for place, (customer, value) in enumerate(zip(unit.tolist(), values.tolist(), strict=True)):
        total, count = sums.get(customer, (0.0, 0))
        before[:, place] = total, count
        sums[customer] = (total + value, count + 1)
    return Stream(values, is_second, before[0], before[1])


def moments(stream: Stream, inside: NDArray[np.bool_]) -> Moments:
    """Running sums over the conversations inside a group."""
    one = inside.astype(float)
    value, total, count = stream.values, stream.sum_before, stream.count_before

    def running(steps: Floats) -> Floats:
        return np.cumsum(one * steps, axis=-1)

    return Moments(
        conversations=running(np.ones_like(value)),
        total=running(value),
        customers=running((count == 0).astype(float)),
        sum_squares=running((total + value) ** 2 - total**2),
        sum_products=running((total + value) * (count + 1) - total * count),
        count_squares=running(2 * count + 1),
    )


def variance(arm: Moments, *, is_share: bool) -> Floats:
    """Variance of an arm's mean; nan below two customers.

    The linearised variance of a ratio over customers. For shares it is binomial, smoothed, times a design effect that
    begins at its bound and is trusted as customers come: early looks, which see few outcomes, claim too much otherwise.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = arm.total / arm.conversations
        spread = arm.sum_squares - 2 * mean * arm.sum_products + mean**2 * arm.count_squares
        correction = np.where(arm.customers > 1, arm.customers / (arm.customers - 1), np.nan)
        seen = correction * np.maximum(spread, 0.0) / arm.conversations**2
        if not is_share:
            return seen
        bound = arm.count_squares / arm.conversations
        binomial = mean * (1 - mean) / arm.conversations
        effect = np.where(seen > 0, seen / np.maximum(binomial, 1e-12), bound)
        trust = arm.customers / (arm.customers + TRUSTED_FROM)
        smooth = (arm.total + SMOOTHING) / (arm.conversations + 2 * SMOOTHING)
        expected = smooth * (1 - smooth) / (arm.conversations + 2 * SMOOTHING)
        return expected * correction * (trust * effect + (1 - trust) * bound)


def compare(
    stream: Stream,
    strata: NDArray[np.int64] | None = None,
    *,
    is_share: bool = True,
    least: int = LEAST_CUSTOMERS,
) -> Path:
    """Follow the difference between two arms, stratum by stratum, after each conversation.

    Args:
        strata: (…, conversations), numbered from 0; None is one stratum.
        is_share: whether values are 0 or 1.
        least: customers of the smaller arm from which on something may be claimed.

    Strata count by n1·n0/(n1+n0), as in Mantel and Haenszel, J. Natl. Cancer Inst. 22 (1959) 719-748: weights that do
    not look at outcomes.
    """
    names = [0] if strata is None else np.unique(strata).tolist()
    weight_sum = np.zeros_like(stream.values)
    difference, spread = np.zeros_like(stream.values), np.zeros_like(stream.values)
    customers = np.zeros((2, *stream.values.shape))
    for name in names:
        here = np.ones_like(stream.is_second) if strata is None else strata == name
        first, second = moments(stream, here & ~stream.is_second), moments(stream, here & stream.is_second)
        usable = (first.customers >= 2) & (second.customers >= 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = np.where(
                usable, first.conversations * second.conversations / (first.conversations + second.conversations), 0.0
            )
            gap = np.where(usable, second.total / second.conversations - first.total / first.conversations, 0.0)
            wide = np.where(usable, variance(first, is_share=is_share) + variance(second, is_share=is_share), 0.0)
        weight_sum += weight
        difference += weight * gap
        spread += weight**2 * wide
        customers += np.stack([np.where(usable, first.customers, 0), np.where(usable, second.customers, 0)])
    ready = (customers.min(axis=0) >= least) & (spread > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.where(ready, weight_sum**2 / spread, 0.0)
        return Path(np.where(weight_sum > 0, difference / weight_sum, 0.0), information)
