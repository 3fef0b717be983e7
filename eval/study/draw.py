"""Draws the examples of a cell: nested in size, the same for every technique. Pure functions of rows and a seed."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from eval.study.point import ALL
from training.dataset import Example


def draw(rows: Sequence[Example], size: str, seed: int) -> tuple[Example, ...]:
    """Draw examples of each intent: those of a smaller size are among those of a larger one.

    Args:
        rows: what there is.
        size: examples an intent, or `all`; an intent with fewer gives all it has.
        seed: of the draw.
    """
    if size == ALL:
        return tuple(rows)
    by_intent: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_intent[row.intent].append(place)
    chosen: list[int] = []
    for intent, places in by_intent.items():
        random.Random(f"{seed}:{intent}").shuffle(places)
        chosen += places[: int(size)]
    return tuple(rows[place] for place in sorted(chosen))


def with_noise(rows: Iterable[Example], share: float, seed: int) -> tuple[Example, ...]:
    """Give a share of the rows another of the intents; what is wrong at a smaller share is wrong at a larger one.

    Args:
        rows: of two intents at least.
        share: expected part of the rows, 0..1.
        seed: decides which rows, and which intent each gets, whatever other rows there are.
    """
    rows = tuple(rows)
    intents = sorted({row.intent for row in rows})
    return tuple(
        replace(row, intent=_other(row, intents, seed)) if _chance(f"{seed}:wrong", row) < share else row
        for row in rows
    )


def newcomers(intents: Sequence[str], share: float) -> frozenset[str]:
    """Choose the intents that come later or stay out of scope: the same for all seeds; one at least, two stay."""
    ranked = sorted(intents, key=lambda intent: hashlib.sha256(f"new:{intent}".encode()).hexdigest())
    return frozenset(ranked[: max(1, min(round(share * len(ranked)), len(ranked) - 2))])


def _other(row: Example, intents: Sequence[str], seed: int) -> str:
    others = [intent for intent in intents if intent != row.intent]
    return others[int(_chance(f"{seed}:which", row) * len(others))]


def _chance(salt: str, row: Example) -> float:
    """A number in 0..1 that depends on the row alone."""
    digest = hashlib.sha256(f"{salt}:{row.intent}:{row.text}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
