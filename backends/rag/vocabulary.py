"""Words of the articles that mean nearly the same as a customer's: `voucher` finds `gift`, `lorry` finds `freight`.

BM25 alone misses what is worded otherwise. Each word of the articles is embedded once; a question's words bring their
nearest neighbours along. It does not know passages or scores.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from backends.rag.chunks import Chunk
from backends.rag.lexical import STOP_WORDS

Floats = npt.NDArray[np.float32]

MAX_WORDS = 5000
"""Words kept, those found in most passages first; keeps a search within milliseconds."""
MIN_COSINE = 0.4
NEIGHBOURS = 8
REMEMBERED = 5000
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The articles' words with their vectors; remembers the neighbours of words it was asked for."""

    terms: tuple[str, ...]
    """Stem of each word, in the order of `vectors`."""
    vectors: Floats
    """float32 (words, dim), rows of length 1."""
    _seen: dict[str, tuple[str, Mapping[str, float]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def missing(self, text: str) -> list[str]:
        """List the words of a question whose neighbours are not known yet."""
        return [word for word in words_of(text) if word not in self._seen]

    def learn(self, words: Sequence[str], stems: Sequence[str], vectors: Floats) -> None:
        """Work out the neighbours of new words.

        Args:
            words: from `missing`.
            stems: their stems, as the index has them.
            vectors: float32 (words, dim), rows of length 1.
        """
        found = {
            word: (stem, self._neighbours(stem, vector))
            for word, stem, vector in zip(words, stems, vectors, strict=True)
        }
        with self._lock:
            if len(self._seen) + len(found) > REMEMBERED:
                self._seen.clear()
            self._seen.update(found)

    def near(self, text: str) -> dict[str, Mapping[str, float]]:
        """Give each of a question's words, as a stem, with the stems near to it and their cosine."""
        return dict(self._seen[word] for word in words_of(text) if word in self._seen)

    def _neighbours(self, stem: str, vector: Floats) -> Mapping[str, float]:
        if not self.terms:
            return {}
        cosines = np.vecdot(self.vectors, vector)
        k = min(NEIGHBOURS, len(cosines))
        nearest = np.argpartition(-cosines, k - 1)[:k]
        chosen = sorted(nearest, key=lambda number: float(cosines[number]))
        return {self.terms[n]: float(cosines[n]) for n in chosen if cosines[n] > MIN_COSINE and self.terms[n] != stem}


def words_of(text: str) -> list[str]:
    """Take the words of a text that carry meaning, each once."""
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in STOP_WORDS]


def vocabulary_of(chunks: Iterable[Chunk]) -> list[str]:
    """List the words of passages, those found in most passages first, at most MAX_WORDS."""
    counts: Counter[str] = Counter()
    for chunk in chunks:
        counts.update(words_of(f"{chunk.title} {chunk.heading} {chunk.text}"))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]]
