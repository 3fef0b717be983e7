"""How close texts are to intents, by their nearest trusted examples. Vectors come from outside."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backends.encoder import Floats, Ints
from training.harvest.finding import Known

NEAREST = 3
"""Trusted texts of an intent whose mean similarity says how close a text is to it."""
MOST_KNOWN = 100
"""Trusted texts of an intent that are compared with; evenly drawn from all, in their order."""
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close texts are to the intents."""

    own: npt.NDArray[np.float32]
    """To the intent they are labelled with, -1 where nothing of it is known."""
    other: npt.NDArray[np.float32]
    """To the closest of the other intents."""
    rival: Ints
    """Which one that is."""
    all: Floats
    """float32 (texts, intents)."""

    @property
    def margin(self) -> npt.NDArray[np.float32]:
        """Above 0 where the text is closer to another intent than to its own."""
        return self.other - self.own


def drawn(known: Known) -> Known:
    """At most so many texts of each intent, evenly over the order they come in."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(known.intents):
        places[name].append(number)
    kept = sorted(
        found[step]
        for found in places.values()
        for step in np.unique(np.linspace(0, len(found) - 1, MOST_KNOWN).astype(int))
    )
    return known.at(kept)


def closeness(vectors: Floats, labels: Ints, reference: tuple[Floats, Ints], *, itself: bool = False) -> Closeness:
    """Mean similarity to the nearest known texts of each intent.

    Args:
        vectors: float32 (n, dim).
        labels: (n,), -1 where the label is of no known intent.
        reference: float32 (m, dim) and the intents (m,) of the known texts.
        itself: the vectors are the reference: a text is not compared with itself.
    """
    known, of_known = reference
    count = int(of_known.max()) + 1
    close = np.full((len(vectors), count), -1.0, dtype=np.float32)
    columns = [np.flatnonzero(of_known == number) for number in range(count)]
    for start in range(0, len(vectors), _BLOCK):
        similar = vectors[start : start + _BLOCK] @ known.T
        if itself:
            rows = np.arange(len(similar))
            similar[rows, start + rows] = -1.0
        for number, own in enumerate(columns):
            nearest = min(NEAREST, max(len(own) - itself, 1))
            part = np.partition(similar[:, own], -nearest, axis=1)[:, -nearest:]
            close[start : start + _BLOCK, number] = part.mean(axis=1)
    rows, has = np.arange(len(vectors)), labels >= 0
    own_close = np.where(has, close[rows, labels], -1.0).astype(np.float32)
    others = close.copy()
    others[rows[has], labels[has]] = -2.0
    rival = others.argmax(axis=1)
    return Closeness(own_close, others[rows, rival], rival, close)
