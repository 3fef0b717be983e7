"""Confidence sequences: intervals for a difference that hold at every look, however often and until whenever. Pure.

The estimate at information I (one over its variance) behaves like a random walk observed at time I. A mixture of
likelihood ratios against "the difference is d" is a martingale if d is true, so it exceeds 1/alpha at any time with
probability at most alpha (Ville); the d for which it has not are the interval. The mixture decides where the interval
is narrow: here around the difference worth finding, its half and its double.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.resolution.clustered import Floats

SHARES = (0.6, 0.2, 0.2)
"""Weights of the differences the mixture looks for: the one worth finding, half of it, twice as much."""
FACTORS = (1.0, 0.5, 2.0)
WIDTHS = (0.2, 0.4, 0.25)
"""Standard deviation of each part of the mixture, in relation to its centre."""
RESERVE = 0.2
"""Share of alpha that is kept back, as the variance is estimated and not known."""
STEPS = 60
"""Bisections: the half-width is exact to 1e-15 of its bracket."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A family of intervals, one for each amount of information, that all hold at once."""

    effect: float
    """The difference worth finding, in the unit of the estimate, above 0."""
    alpha: float = 0.05
    """Probability that any of them, ever, misses the truth."""

    @property
    def bar(self) -> float:
        """Log evidence at which a difference counts as found."""
        return math.log(1 / (self.alpha * (1 - RESERVE)))

    def log_evidence(self, difference: Floats | float, information: Floats | float) -> Floats:
        """Log of the mixture of likelihood ratios against "no difference".

        Args:
            difference: the estimate, any shape.
            information: one over its variance, the same shape, >= 0.

        Source: H. Robbins, Ann. Math. Statist. 41 (1970) 1397-1409, with a mixture of normals off zero; for estimates
        instead of sums: I. Waudby-Smith et al., Time-uniform central limit theory and asymptotic confidence sequences,
        Annals of Statistics 52 (2024) 2613-2640.
        """
        estimate, info = np.abs(np.asarray(difference, float)), np.asarray(information, float)
        parts = []
        for weight, factor, width in zip(SHARES, FACTORS, WIDTHS, strict=True):
            centre = factor * self.effect
            precision = 1 / (width * centre) ** 2
            for sign in (1.0, -1.0):
                pull = estimate * info + sign * centre * precision
                parts.append(
                    math.log(weight / 2)
                    - 0.5 * np.log1p(info / precision)
                    + pull**2 / (2 * (info + precision))
                    - centre**2 * precision / 2
                )
        return np.asarray(np.logaddexp.reduce(np.stack(parts), axis=0), dtype=np.float64)

    def radius(self, information: Floats | float) -> Floats:
        """Half-width of the interval.

        Args:
            information: one over the variance of the estimate, any shape; 0 gives infinity.
        """
        info = np.asarray(information, float)
        scale = 1 / np.sqrt(np.maximum(info, 1e-300))
        low, high = np.zeros_like(info), 3.0 * scale
        for _ in range(200):
            short = self.log_evidence(high, info) < self.bar
            if not short.any():
                break
            high = np.where(short, 2 * high, high)
        for _ in range(STEPS):
            middle = (low + high) / 2
            inside = self.log_evidence(middle, info) < self.bar
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return np.where(info > 0, high, np.inf)

    def is_found(self, difference: Floats | float, information: Floats | float) -> NDArray[np.bool_]:
        """Whether the interval leaves out zero."""
        estimate, info = np.broadcast_arrays(np.asarray(difference, float), np.asarray(information, float))
        found: NDArray[np.bool_] = np.asarray(
            estimate**2 * info / 2 >= self.bar
        )  # no mixture of likelihood ratios exceeds the largest of them
        found[found] = self.log_evidence(estimate[found], info[found]) >= self.bar
        return found

    def needed(self, difference: float, information: float, *, most: float = 1e4) -> float | None:
        """How many times the information there is must grow to find a difference, if it is as it seems now.

        Args:
            difference: the estimate now.
            information: one over its variance now, above 0.
            most: None beyond this factor.
        """
        if self.is_found(difference, information):
            return 1.0
        factors = np.geomspace(1.0, most, 400)
        found = self.is_found(np.full(400, abs(difference)), factors * information)
        return float(factors[int(found.argmax())]) if found.any() else None

    def needed_to_narrow(self, half_width: float, information: float, *, most: float = 1e4) -> float | None:
        """How many times the information must grow until the interval is as narrow as wanted; None beyond `most`."""
        factors = np.geomspace(1.0, most, 400)
        narrow = self.radius(factors * information) <= half_width
        return float(factors[int(narrow.argmax())]) if narrow.any() else None
