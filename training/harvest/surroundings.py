"""What a cluster of texts is compared with: the intents there are, and the turns nobody answered. Pure."""

from dataclasses import dataclass

import numpy as np

from backends.encoder import Floats, Ints
from training.dataset import OOS
from training.harvest.closeness import closeness, drawn
from training.harvest.finding import Known

WITHIN = 0.1
"""A cluster closer to an intent than this share of its own texts are lies within it."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a cluster is compared with."""

    names: tuple[str, ...]
    """The intents there are."""
    reference: tuple[Floats, Ints]
    usual: Floats
    """(intents,) how close nearly all texts of an intent are to its others. Where an intent's are a mixed lot, all the
    same, or a single one, the intents as a whole say what is near."""
    rest: Floats
    """float32 (n, dim), the turns that no intent took and nobody answered well."""
    days: float


def look_around(known: Known, rest: Floats, days: float) -> Around:
    """Measure the intents there are.

    Args:
        known: trusted texts; those out of scope are not used.
        rest: see `Around`.
        days: length of the period, above 0.
    """
    known = drawn(known.only(lambda intent: intent != OOS))
    names = sorted(set(known.intents))
    of_known = np.array([names.index(intent) for intent in known.intents], dtype=np.int64)
    reference = (known.vectors, of_known)
    if not names:
        return Around((), reference, np.empty(0, np.float32), rest, days)
    own = closeness(known.vectors, of_known, reference, itself=True).own
    least, most = np.quantile(own[own > -1], (WITHIN, 0.5)) if (own > -1).any() else (2.0, 2.0)
    usual = [np.quantile(own[of_known == place], WITHIN) for place in range(len(names))]
    return Around(tuple(names), reference, np.clip(usual, least, most).astype(np.float32), rest, days)


def nearest(vectors: Floats, around: Around) -> tuple[str | None, float, bool]:
    """The intent the cluster is closest to, how close, and whether that is further off than that intent's own texts."""
    if not around.names:
        return None, 0.0, True
    close = closeness(vectors, np.full(len(vectors), -1), around.reference).all.mean(axis=0)
    best = int(close.argmax())
    return around.names[best], float(close[best]), bool(close[best] < around.usual[best])
