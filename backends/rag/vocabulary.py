"""Words of the articles that mean nearly the same as a customer's: `voucher` finds `gift`, `lorry` finds `freight`.

BM25 alone misses what is worded otherwise. Each word of the articles is embedded once; a question's words bring their
nearest neighbours along with a small weight. It does not know passages or scores.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from backends.rag.chunks import Chunk
from backends.rag.lexical import STOP_WORDS

Floats = npt.NDArray[np.float32]

MAX_WORDS = 5000
"""The most frequent words of the articles; keeps a search within milliseconds."""
MIN_COSINE = 0.4
NEIGHBOURS = 8
SHARE = 0.3
"""What a neighbour counts beside the word itself, times their cosine. Fitted with the mixes in `retriever`."""
REMEMBERED = 5000
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The articles' words with their vectors; remembers the neighbours of words it was asked for."""

    terms: tuple[str, ...]
    """Stem of each word, in the order of `vectors`."""
    vectors: Floats
    """float32 (words, dim), rows of length 1."""
    _seen: dict[str, Mapping[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def missing(self, text: str) -> list[str]:
        """List the words of a question whose neighbours are not known yet."""
        return [word for word in words_of(text) if word not in self._seen]

    def learn(self, words: Iterable[str], vectors: Floats) -> None:
        """Work out the neighbours of new words from their vectors: float32 (words, dim)."""
        found = {word: self._neighbours(vector) for word, vector in zip(words, vectors, strict=True)}
        with self._lock:
            if len(self._seen) + len(found) > REMEMBERED:
                self._seen.clear()
            self._seen.update(found)

    def related(self, text: str) -> dict[str, float]:
        """Give the terms near to a question's words, with their weight; the words themselves may be among them."""
        related: dict[str, float] = {}
        for word in words_of(text):
            for term, weight in self._seen.get(word, {}).items():
                related[term] = max(related.get(term, 0.0), weight)
        return related

    def _neighbours(self, vector: Floats) -> Mapping[str, float]:
        if not len(self.terms):
            return {}
        cosines = np.vecdot(self.vectors, vector)
        k = min(NEIGHBOURS, len(cosines))
        nearest = np.argpartition(-cosines, k - 1)[:k]
        return {self.terms[n]: SHARE * float(cosines[n]) for n in nearest if cosines[n] > MIN_COSINE}


def words_of(text: str) -> list[str]:
    """Take the words of a text that carry meaning, each once."""
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in STOP_WORDS]


def vocabulary_of(chunks: Iterable[Chunk]) -> list[str]:
    """List the words of passages, the most frequent first, at most MAX_WORDS."""
    counts: Counter[str] = Counter()
    for chunk in chunks:
        counts.update(words_of(f"{chunk.title} {chunk.heading} {chunk.text}"))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]]
