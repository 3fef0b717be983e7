"""Whether two questions are the same in other words, as far as their letters tell: cheap, and the same every time.

It knows no meaning: "where is my parcel" and "my delivery has not come" are strangers to it.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from backends.content.words import plain
from bot.outcomes.words import lists

_NUMBER = re.compile(r"\d+")


def likeness(one: str, other: str) -> float:
    """Cosine of the letter triples of the words that say something, 0..1.

    Source: cosine of character n-gram profiles as in Cavnar and Trenkle, SDAIR-94; measured on the demo's examples in
    `docs/resolution.md`.
    """
    first, second = _triples(one), _triples(other)
    if len(second) < len(first):
        first, second = second, first
    shared = sum(count * second.get(triple, 0) for triple, count in first.items())
    return shared / (_length(one) * _length(other)) if shared else 0.0


def is_other_number(one: str, other: str) -> bool:
    """Whether both name numbers and none of them twice: another order, so another matter."""
    first, second = _numbers(one), _numbers(other)
    return bool(first and second) and first.isdisjoint(second)


@lru_cache(maxsize=20_000)
def _triples(text: str) -> Mapping[str, int]:
    words, empty = plain(text).split(), lists().empty
    found: Counter[str] = Counter()
    for word in [word for word in words if word not in empty] or words:
        padded = f" {word} "
        found.update(padded[start : start + 3] for start in range(len(padded) - 2))
    return found


@lru_cache(maxsize=20_000)
def _length(text: str) -> float:
    return math.sqrt(sum(count * count for count in _triples(text).values()))


@lru_cache(maxsize=20_000)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(text))
