"""What a measurement gives: rows of medians and ratios. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. A figure that was not measured is None."""

    name: str
    n: int
    """How many times it was measured."""
    unit: str
    p50: float | None = None
    p99: float | None = None
    value: float | None = None
    """The figure, where it is no distribution."""
    baseline: float | None = None
    """The same figure (p50, else value) of what a user would run instead, in the same run."""
    ratio: float | None = None
    """How many times better than the baseline; above 1 is better."""
    target: float | None = None
    """What it should be at most, or at least where more is better."""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give every field, missing ones as None, figures to four digits after the point."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def latency(name: str, ms: Sequence[float], *, baseline: Sequence[float] = (), target: float | None = None) -> Row:
    """Summarise times in milliseconds; the ratio is that of the medians.

    Raises:
        ValueError: there are no times.
    """
    if not ms:
        raise ValueError(f"{name}: nothing was measured")
    p50 = quantile(ms, 0.5)
    other = quantile(baseline, 0.5) if baseline else None
    return Row(
        name,
        len(ms),
        "ms",
        p50=p50,
        p99=quantile(ms, 0.99),
        baseline=other,
        ratio=other / p50 if other is not None else None,
        target=target,
    )


def quantile(values: Sequence[float], q: float) -> float:
    """The q-quantile (0..1) of some values, interpolated linearly."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), q))
