"""Whether arms got the customers they should have got. Looked at always, so tested sequentially. Pure.

Missing customers in one arm (a crash at the first message, a filter) bias every comparison, and nothing else shows
them.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eval.resolution.reading import Logs
from eval.resolution.treatment import assigned_of, weights

CONCENTRATION = 200.0
"""How near to the expected shares the alternatives lie: 200 looks for shares off by some points."""
ALARM = 0.01
"""Probability of ever raising a false alarm."""


class Counted(NamedTuple):
    """Customers drawn with the same weights."""

    expected: Mapping[str, float]
    """Probability of each arm."""
    seen: Mapping[str, int]
    """Customers of each arm."""


class RatioCheck(NamedTuple):
    """What the check found."""

    evidence: float
    """An e-value: at most 1 on average when all is well."""
    is_well: bool
    customers: int
    expected: Mapping[str, float]
    """Customers of each arm."""
    seen: Mapping[str, int]


def check_ratio(groups: Sequence[Counted]) -> RatioCheck:
    """Weigh the evidence that arms were not drawn as stated.

    Args:
        groups: customers by the weights they were drawn with; products of e-values are e-values.

    Source: M. Lindon and A. Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022, equation 8.
    """
    log = sum(_log_bayes_factor(group) for group in groups)
    expected: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for group in groups:
        total = sum(group.seen.values())
        expected.update({arm: total * share for arm, share in group.expected.items()})
        seen.update(group.seen)
    return RatioCheck(math.exp(min(log, 700)), log < math.log(1 / ALARM), sum(seen.values()), expected, seen)


def _log_bayes_factor(group: Counted) -> float:
    if strange := [arm for arm, count in group.seen.items() if count and group.expected.get(arm, 0) <= 0]:
        return 700.0 if strange else 0.0
    total = sum(group.seen.values())
    log = math.lgamma(CONCENTRATION) - math.lgamma(CONCENTRATION + total)
    for arm, share in group.expected.items():
        count = group.seen.get(arm, 0)
        log += math.lgamma(CONCENTRATION * share + count) - math.lgamma(CONCENTRATION * share)
        log -= count * math.log(share)
    return log


def count_customers(logs: Logs) -> list[Counted]:
    """Count the customers of the logs by the weights with which they were drawn; unknown weights are left out."""
    found: dict[tuple[tuple[str, float], ...], Counter[str]] = {}
    units = {row.unit: row for row in logs.rows}
    for row in units.values():
        assigned = assigned_of(row, logs)
        routing = logs.routings.get(assigned.version) if assigned else None
        if assigned is None or routing is None:
            continue
        key = tuple(sorted(weights(routing).items()))
        found.setdefault(key, Counter())[assigned.arm] += 1
    return [Counted(dict(key), seen) for key, seen in found.items() if len(key) > 1]
