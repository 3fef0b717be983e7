"""How often 95 % intervals hold the truth, measured by drawing samples again and again from known worlds."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.resolution.clustered import Estimate, Floats, Ints, share
from training.intervals import wilson

Show = Callable[[str, int, int], None]


class Crowd(NamedTuple):
    """Customers of one arm."""

    customers: int
    resolved: float
    likeness: float
    """Intra-class correlation of one customer's conversations."""
    mean_size: float
    """Conversations of a customer: 1 and a geometric number more."""


CROWDS = tuple(
    Crowd(customers, resolved, likeness, size)
    for customers in (12, 20, 50, 200, 700)
    for resolved in (0.15, 0.65, 0.9)
    for likeness, size in ((0.0, 1.0), (0.2, 1.5), (0.4, 2.5))
)


class Sample(NamedTuple):
    """Conversations of an arm."""

    hits: Floats
    unit: Ints


def sample(crowd: Crowd, source: np.random.Generator) -> Sample:
    """Draw customers and what they do."""
    sizes = source.geometric(1 / crowd.mean_size, crowd.customers)
    chance: Floats = np.full(crowd.customers, crowd.resolved)
    if crowd.likeness:
        sure = (1 - crowd.likeness) / crowd.likeness
        chance = source.beta(crowd.resolved * sure, (1 - crowd.resolved) * sure, crowd.customers)
    unit: NDArray[np.int64] = np.repeat(np.arange(crowd.customers), sizes)
    return Sample((source.random(len(unit)) < chance[unit]).astype(float), unit)


def coverage_of_shares(runs: int, seed: int, show: Show) -> list[dict[str, Any]]:
    """Share of resamplings whose interval holds the truth, one row a crowd."""
    rows = []
    for number, crowd in enumerate(CROWDS, start=1):
        source = np.random.default_rng(seed + number)
        estimates = [share(*sample(crowd, source)) for _ in range(runs)]
        rows.append({**crowd._asdict(), **held(estimates, [crowd.resolved] * runs)})
        show("intervals of shares", number, len(CROWDS))
    return rows


def held(estimates: list[Estimate], truths: list[float]) -> dict[str, Any]:
    """How many intervals hold the truth, and how wide they are."""
    inside = sum(one.low <= truth <= one.high for one, truth in zip(estimates, truths, strict=True))
    rate = wilson(inside, len(estimates))
    width = float(np.mean([one.high - one.low for one in estimates]))
    return {"runs": len(estimates), "coverage": rate.value, "low": rate.low, "high": rate.high, "mean_width": width}
