"""Texts whose prediction must not change: which ones a training has turned, and which of tonight's rows did it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from backends.encoder import Floats
from training.harvest.finding import Finding, GuardReport, Night

USUAL, FALSE_ALARM = 0.02, 0.01
"""A retraining turns this share of the canaries by itself; the night is refused when more turn than that explains."""
LEAST_TO_ONE = 3
"""Canaries turned to one intent that are refused however many canaries there are."""
NEAR = 0.5
"""Cosine similarity from which a row can have turned a canary."""
MOST_ROWS = 5
"""Rows named for one canary."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A text that must keep its intent."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Flip:
    """A canary that the champion has right and the challenger wrong."""

    canary: Canary
    after: str
    rows: tuple[str, ...] = ()
    """Tonight's turns that may have done it, the closest first."""


def flips(
    canaries: Sequence[Canary],
    vectors: Floats,
    before: Sequence[str],
    after: Sequence[str],
    night: Night,
) -> tuple[Flip, ...]:
    """List the canaries that were right and are wrong now.

    Args:
        canaries: the fixed list.
        vectors: float32 (canaries, dim), rows of length 1.
        before: the champion's top intent for each.
        after: the challenger's.
        night: the rows the challenger learned from and the champion did not.
    """
    found = []
    for canary, vector, was, is_now in zip(canaries, vectors, before, after, strict=True):
        if was == canary.intent and is_now != canary.intent:
            found.append(Flip(canary, is_now, _culprits(vector, is_now, night)))
    return tuple(found)


def _culprits(vector: Floats, intent: str, night: Night) -> tuple[str, ...]:
    """The rows next to a canary that carry the intent it was turned to."""
    if not night.rows:
        return ()
    similar = night.vectors @ vector
    order = np.argsort(-similar, kind="stable")
    near = (int(place) for place in order if similar[place] >= NEAR and night.rows[place].intent == intent)
    return tuple(night.rows[place].turn_id for place, _ in zip(near, range(MOST_ROWS), strict=False))


def canary_report(found: Sequence[Flip], canaries: int) -> GuardReport:
    """Refuse when more canaries flipped than a harmless retraining turns, or several to the same intent.

    Args:
        found: what `flips` gave.
        canaries: length of the fixed list, the ones that held included.
    """
    if not found:
        return GuardReport()
    to = Counter(flip.after for flip in found)
    too_many = float(binom.sf(len(found) - 1, canaries, USUAL)) <= FALSE_ALARM
    usual_to_one = max(LEAST_TO_ONE, int(binom.isf(FALSE_ALARM, canaries, USUAL)) // 2 + 1)
    gathered = {intent for intent, count in to.items() if count >= usual_to_one}
    by_intent: dict[str, list[Flip]] = defaultdict(list)
    for flip in found:
        by_intent[flip.after].append(flip)
    findings = tuple(_finding(intent, turned, canaries) for intent, turned in sorted(by_intent.items()))
    refuse = too_many or bool(gathered)
    rows = {row for flip in found for row in flip.rows} if refuse else set()
    return GuardReport(refuse, findings, frozenset(rows))


def _finding(intent: str, turned: Sequence[Flip], canaries: int) -> Finding:
    shown = ", ".join(f"{flip.canary.text!r} ({flip.canary.intent})" for flip in turned[:3])
    message = f"{len(turned)} of {canaries} canaries turned to {intent}: {shown}"
    return Finding("canary", intent, message, tuple(dict.fromkeys(row for flip in turned for row in flip.rows)))
