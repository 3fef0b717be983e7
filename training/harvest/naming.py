"""Names for clusters of texts, from the words that set them apart. Pure."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

_WORD = re.compile(r"[^\W\d_]{3,}")
_MASK = re.compile(r"\[[a-z][a-z0-9_]*\]")
_FILLER = frozenset(
    {"hello", "please", "thanks", "thank", "want", "need", "help", "know", "tell", "like", "does", "don"}
)
MOST_WORDS = 3
LEAST_SHARE = 0.2
"""Share of a cluster's texts that a word must be in to name it."""
NOTHING = "new_intent"


def names_for(
    clusters: Sequence[Sequence[str]], *, background: Iterable[str], taken: Collection[str]
) -> tuple[str, ...]:
    """Name each cluster by two or three words that are frequent in it and rare elsewhere, in snake_case.

    Args:
        clusters: the texts of each.
        background: all other texts of the bot.
        taken: names that are in use.

    Returns:
        A name for each cluster; all are different, and none is in use.

    Source: the class-based TF-IDF of M. Grootendorst, "BERTopic", arXiv 2203.05794 (2022).
    """
    elsewhere = Counter(word for text in background for word in set(_words(text)))
    inside = [Counter(word for text in texts for word in set(_words(text))) for texts in clusters]
    frequency = elsewhere + sum(inside, Counter())
    average = max(frequency.total() / max(len(clusters) + 1, 1), 1.0)
    used, names = set(taken), []
    for texts, counts in zip(clusters, inside, strict=True):
        name = _unused(_name(texts, counts, frequency, average), used)
        used.add(name)
        names.append(name)
    return tuple(names)


def _words(text: str) -> list[str]:
    words = _WORD.findall(_MASK.sub(" ", text.casefold()))
    return [word for word in words if word not in ENGLISH_STOP_WORDS and word not in _FILLER]


def _name(texts: Sequence[str], counts: Counter[str], frequency: Counter[str], average: float) -> str:
    def score(word: str) -> float:
        return counts[word] * math.log(1 + average / frequency[word])

    common = [word for word in counts if counts[word] >= max(LEAST_SHARE * len(texts), 2)]
    best = sorted(common, key=lambda word: (-score(word), word))[:MOST_WORDS]
    distinct = [word for place, word in enumerate(best) if not any(_is_form_of(word, other) for other in best[:place])]
    return "_".join(sorted(distinct, key=lambda word: (_place(word, texts), word))) or NOTHING


def _is_form_of(word: str, other: str) -> bool:
    """Singular and plural, or another ending: one of them is enough."""
    return word[:4] == other[:4] and abs(len(word) - len(other)) <= 3


def _place(word: str, texts: Sequence[str]) -> float:
    """Where in a text the word stands on average: names read in the order people speak."""
    places = [words.index(word) for text in texts if word in (words := _words(text))]
    return sum(places) / len(places)


def _unused(name: str, used: Collection[str]) -> str:
    number, found = 1, name
    while found in used:
        number += 1
        found = f"{name}_{number}"
    return found
