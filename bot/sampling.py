"""How many audits each kind of outcome deserves, and which conversations those are. Pure; knows no store.

A kind that is nearly always what it seems teaches little: most audits go where outcomes deceive.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")

GUESS: Mapping[str, float] = {
    "confirmed": 0.95,
    "assumed": 0.75,
    "handed_off": 0.03,
    "abandoned": 0.2,
    "reopened": 0.15,
}
"""Share of each kind that the bot really solved, until audits have told."""
GUESS_WEIGHT = 4
"""Audits that the guess is worth."""
LEAST = 0.1
"""Smallest standard deviation believed: no kind is ever without audits."""


class Spread:
    """How much the truth varies among outcomes of a stratum, guessed and then learned."""

    def __init__(self, judged: Mapping[str, tuple[int, int]]) -> None:
        """Learn from audits.

        Args:
            judged: by stratum (`KIND/BACKEND`), how many were found solved, of how many.
        """
        self._judged = judged
        self._by_kind: dict[str, tuple[int, int]] = {}
        for stratum, (solved, n) in judged.items():
            kind = stratum.partition("/")[0]
            before = self._by_kind.get(kind, (0, 0))
            self._by_kind[kind] = (before[0] + solved, before[1] + n)

    def of(self, stratum: str) -> float:
        """Standard deviation of the truth: its own audits, those of its kind, and the guess about that count together.

        Args:
            stratum: kind of outcome, a slash, and the backend; an unknown kind is guessed to be even.
        """
        kind = stratum.partition("/")[0]
        of_kind = _learned(GUESS.get(kind, 0.5), *self._by_kind.get(kind, (0, 0)))
        share = _learned(of_kind, *self._judged.get(stratum, (0, 0)))
        return max(math.sqrt(share * (1 - share)), LEAST)


def _learned(guess: float, solved: int, judged: int) -> float:
    return (solved + GUESS_WEIGHT * guess) / (judged + GUESS_WEIGHT)


def probabilities(sizes: Mapping[Key, int], deviations: Mapping[Key, float], n: int) -> dict[Key, float]:
    """Probability of each conversation of a stratum to be drawn, so that the strata together give n.

    Args:
        sizes: conversations by stratum.
        deviations: standard deviation of the truth by stratum, above 0.
        n: how many to draw; more than there are draws all.

    Source: optimal allocation, J. Neyman, JRSS 97 (1934) 558-625; strata that are used up hand on what is left.
    """
    chances: dict[Key, float] = {}
    left = {key: size for key, size in sizes.items() if size > 0}
    while left:
        rest = n - sum(sizes[key] for key in chances)
        total = sum(size * deviations[key] for key, size in left.items())
        wanted = {key: rest * deviations[key] / total for key in left}
        full = [key for key, chance in wanted.items() if chance >= 1]
        if not full:
            return chances | wanted
        for key in full:
            chances[key] = 1.0
            del left[key]
    return chances


def systematic(chances: Sequence[float], source: random.Random) -> list[int]:
    """Draw places in a list, each with its own probability; neighbours are hardly ever drawn together.

    Order the list by what may matter, and the sample is spread evenly over it.

    Args:
        chances: of each place, 0..1.
        source: of the one random number that decides.

    Source: systematic sampling with unequal probabilities, W. G. Madow, Ann. Math. Statist. 20 (1949) 333-354.
    """
    start, reached, drawn = source.random(), 0.0, []
    for place, chance in enumerate(chances):
        before, reached = reached, reached + chance
        if math.floor(reached - start + 1e-9) > math.floor(before - start + 1e-9):
            drawn.append(place)
    return drawn
