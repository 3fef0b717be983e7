"""Many near-identical texts in one night, which the nights before did not have."""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from training.harvest.finding import Finding
from training.harvest.labels import LabelledTurn

ALIKE = 0.7
"""Jaccard similarity of their pieces from which two texts are near-identical."""
PIECE = 4
"""Characters of a piece."""
LEAST_ROWS, LEAST_SHARE = 5, 0.02
"""A group that matters."""
LEAST_WORDS = 3
"""Shorter texts ("hi", "thank you") are the same for everybody."""
FALSE_ALARM = 0.001
"""Chance that a group of this size comes from texts that are as frequent as before."""
_BANDS, _ROWS = 16, 4
_PRIME = np.uint64(2**31 - 1)
_RANDOM = np.random.default_rng(0)
_FACTORS = _RANDOM.integers(1, 2**31 - 1, _BANDS * _ROWS, dtype=np.uint64)
_OFFSETS = _RANDOM.integers(0, 2**31 - 1, _BANDS * _ROWS, dtype=np.uint64)
_DIGITS = re.compile(r"\d+")
_OTHER = re.compile(r"[^\w#\[\]]+")


def repeats(tonight: Sequence[LabelledTurn], past: Sequence[LabelledTurn] = ()) -> tuple[Finding, ...]:
    """Find groups of texts that differ by little more than numbers and signs.

    What was as frequent before is a common question, not a repeat.

    Args:
        tonight: tonight's labels.
        past: labels of the nights before.
    """
    shapes: dict[str, list[LabelledTurn]] = defaultdict(list)
    for row in tonight:
        shape = shape_of(row.text)
        if len(shape.split()) >= LEAST_WORDS:
            shapes[shape].append(row)
    before = Counter(shape_of(row.text) for row in past)
    found = []
    for group in alike(sorted(shapes)):
        rows = [row for shape in group for row in shapes[shape]]
        seen = sum(before[shape] for shape in group)
        chance = float(binom.sf(len(rows) - 1, len(tonight), (seen + 1) / (len(past) + 2))) if past else 0.0
        if len(rows) >= max(LEAST_ROWS, LEAST_SHARE * len(tonight)) and chance <= FALSE_ALARM:
            found.append(_finding(rows))
    return tuple(found)


def shape_of(text: str) -> str:
    """A text without what repeats vary: case, numbers, punctuation."""
    return _OTHER.sub(" ", _DIGITS.sub("#", text.casefold())).strip()


def alike(shapes: Sequence[str]) -> list[tuple[str, ...]]:
    """Group distinct texts into chains of near-identical ones; those that are like no other stay alone.

    Only texts that fall into one bucket of a locality-sensitive hash are compared, each with the bucket's first, so
    that time grows with the number of texts. Two that are just alike meet with a probability of 0.99.

    Source: Broder, "On the resemblance and containment of documents" (1997); Indyk, Motwani, STOC 1998.
    """
    pieces = [_pieces(shape) for shape in shapes]
    parent = list(range(len(shapes)))
    first_in: dict[tuple[int, bytes], int] = {}
    for number, own in enumerate(pieces):
        for band, key in enumerate(_bands(own)):
            other = first_in.setdefault((band, key), number)
            first, second = _root(parent, number), _root(parent, other)
            if first != second and _jaccard(own, pieces[other]) >= ALIKE:
                parent[max(first, second)] = min(first, second)
    groups: dict[int, list[str]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        groups[_root(parent, number)].append(shape)
    return [tuple(group) for group in groups.values()]


def _bands(pieces: frozenset[str]) -> list[bytes]:
    """The smallest of the pieces' hashes under many hash functions, some together as one key."""
    hashes = np.array([zlib.crc32(piece.encode()) for piece in pieces], dtype=np.uint64)
    smallest = ((_FACTORS[:, None] * hashes + _OFFSETS[:, None]) % _PRIME).min(axis=1)
    return [band.tobytes() for band in smallest.reshape(_BANDS, _ROWS)]


def _pieces(shape: str) -> frozenset[str]:
    return frozenset(shape[start : start + PIECE] for start in range(max(len(shape) - PIECE + 1, 1)))


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def _root(parent: list[int], number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


def _finding(rows: Sequence[LabelledTurn]) -> Finding:
    intents = Counter(row.intent for row in rows)
    intent = next(iter(intents)) if len(intents) == 1 else None
    customers = len({row.customer for row in rows})
    message = f"{len(rows)} near-identical texts of {customers} customers, like {rows[0].text[:80]!r}"
    return Finding("repeats", intent, message, tuple(row.turn_id for row in rows))
