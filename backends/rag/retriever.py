"""Finds the passages for a question: BM25 and embeddings, each scaled to 0..1, added with a weight.

Every passage is scored; nothing is approximate. It does not know prompts, models or replies.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backends.contract import Message
from backends.rag.chunks import Chunk
from backends.rag.index import Encoder, Index, Vectors
from backends.rag.lexical import Stemmer
from backends.rag.sentences import split_sentences

Floats = npt.NDArray[np.float32]

DENSE_WEIGHT = 0.75
"""Share of the embeddings in the fused score. Fitted, like the mixes below, on doc2dial's `dmv` questions and on
questions of our own about the demo articles; tested on doc2dial's other domains and on `tests/content`."""
LEXICAL_MIX = np.array([0.4, 0.6], dtype=np.float32)
"""Passage, best passage of the same article."""
DENSE_MIX = np.array([0.55, 0.33, 0.12], dtype=np.float32)
"""Best sentence, mean of the article's passages, title."""
ASKED_WEIGHT = np.float32(0.2)
"""What the nearest utterance linked to the article counts beside the fused score."""
NEAR_WEIGHT = 0.3
"""What a word of the articles near to one of the question counts in BM25, times their cosine."""
EXHAUSTIVE = 3000
"""Up to this many passages every sentence is compared with the question."""
CANDIDATES = 500
"""Beyond it, only the sentences of so many passages, chosen by the exact scores of whole passages."""
TURN_WEIGHTS = {"customer": 0.5, "bot": 0.3, "operator": 0.3}
"""How much a word of the last earlier line counts in BM25, by who wrote it."""
TURN_DECAY = 0.7
"""Factor for each line further back."""
MAX_CONTEXT_CHARS = 600
LONG_QUESTION_TERMS = 9
"""From this many content words on a question is taken to stand by itself, unless it points back."""
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|there|then|one|ones|same|else|instead|either|also|too|other)\b"
    r"|^(?:and|but|or|so|what about|how about|ok)\b",
    re.IGNORECASE,
)


class Hit(NamedTuple):
    """A passage found."""

    chunk: Chunk
    number: int
    """Its place in the index."""
    score: float
    """Fused score; 1 is the best a passage can have for this question. Comparable within one search only."""
    dense: float
    """Cosine of the question and the passage's best sentence; 0 without an encoder."""
    lexical: float
    """BM25 score."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question in the form the search needs."""

    text: str
    terms: frozenset[str]
    """Stems of its own content words."""
    weighted: dict[str, float] = field(default_factory=dict)
    """Stem → weight, those of earlier lines included."""
    near: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Stem of an own word → stems that mean nearly the same, with their cosine."""
    vector: Floats | None = None
    """float32 (dim,), length 1; None without an encoder."""


class Arms(NamedTuple):
    """Scores of all passages, each float32 (passages,); the last three within 0..1."""

    bm25: Floats
    best_sentence: Floats
    """Cosine; 0 where a passage's sentences were not compared."""
    lexical: Floats
    dense: Floats
    fused: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Utterances of customers, each linked to an article it asks for; see `asked`."""

    vectors: Floats
    """float32 (links, dim), rows of length 1."""
    articles: npt.NDArray[np.int32]
    """int32 (links,): number of the article."""
    texts: tuple[str, ...] = ()
    """The utterance of each link; one with several articles occurs several times in a row."""


class Retriever:
    """Searches one index. Stateless but for the stemmer's scratch table; safe to use from several threads."""

    def __init__(
        self,
        index: Index,
        encoder: Encoder | None,
        *,
        dense_weight: float = DENSE_WEIGHT,
        stemmer: Stemmer | None = None,
        asked: Asked | None = None,
    ) -> None:
        """Search `index`; `asked` adds what customers' utterances tell about its articles."""
        self.index = index
        self._asked = asked if asked is not None and len(asked.articles) else None
        self.dense_weight = dense_weight
        self._encoder = encoder if index.vectors is not None else None
        self._stemmer = stemmer or Stemmer()

    def query(self, text: str, history: Sequence[Message] = ()) -> Query:
        """Prepare a question; earlier lines count less, and less again when it stands by itself.

        Raises:
            BackendError: the encoder failed.
        """
        terms = self._stemmer.terms(text)
        weight = _history_weight(text, terms) if history else 0.0
        weighted = self._weigh(terms, history, weight)
        vector = self._embed(text, history, weight)
        return Query(text, terms, weighted, self._near(text), vector)

    def with_vector(self, text: str, vector: Floats) -> Query:
        """Prepare a question whose vector is known, by its own words only."""
        terms = self._stemmer.terms(text)
        return Query(text, terms, dict.fromkeys(terms, 1.0), vector=vector)

    def search(self, query: Query, *, k: int = 10) -> list[Hit]:
        """Find the k best passages, best first; fewer when the index is smaller."""
        if not self.index.chunks:
            return []
        arms = self.score(query)
        return [
            Hit(
                self.index.chunks[number],
                number,
                float(arms.fused[number]),
                float(arms.best_sentence[number]),
                float(arms.bm25[number]),
            )
            for number in top(arms.fused, k)
        ]

    def score(self, query: Query, *, hidden: int | None = None) -> Arms:
        """Score every passage by every arm.

        Args:
            query: from `query`.
            hidden: a passage that counts as absent, for a question taken from it.
        """
        index = self.index
        bm25 = index.lexical.score(query.weighted)
        words = bm25 + index.lexical.score(_related(query)) if query.near else bm25
        if hidden is not None:
            words[hidden] = 0
        by_article = np.zeros(int(index.owners.max()) + 1, dtype=np.float32)
        np.maximum.at(by_article, index.owners, words)
        lexical = LEXICAL_MIX[0] * scale(words) + LEXICAL_MIX[1] * scale(by_article[index.owners])
        if index.vectors is None or query.vector is None:
            return Arms(bm25, np.zeros_like(bm25), lexical, np.zeros_like(bm25), lexical)
        best, dense = self._dense(index.vectors, query.vector, lexical, hidden)
        weight = np.float32(self.dense_weight)
        fused = (1 - weight) * lexical + weight * dense
        return Arms(bm25, best, lexical, dense, fused + self._from_utterances(query.vector))

    def _from_utterances(self, vector: Floats) -> Floats | np.float32:
        """What customers' utterances near to the question say for each passage's article."""
        if self._asked is None:
            return np.float32(0)
        nearest = np.full(int(self.index.owners.max()) + 1, -1.0, dtype=np.float32)
        np.maximum.at(nearest, self._asked.articles, cosines(self._asked.vectors, vector))
        return ASKED_WEIGHT * scale(np.maximum(nearest, 0))[self.index.owners]

    def _near(self, text: str) -> dict[str, Mapping[str, float]]:
        """Find the words of the articles that mean nearly the same as the question's."""
        vocabulary = self.index.vocabulary
        if vocabulary is None or self._encoder is None:
            return {}
        new = vocabulary.missing(text)
        if new:
            stems = [next(iter(self._stemmer.terms(word)), word) for word in new]
            vocabulary.learn(new, stems, self._encoder.encode(new, kind="passage"))
        return vocabulary.near(text)

    def _dense(self, vectors: Vectors, query: Floats, lexical: Floats, hidden: int | None) -> tuple[Floats, Floats]:
        """Cosine of each passage's best sentence, and the dense arm."""
        index = self.index
        passages = cosines(vectors.passages, query)
        articles = cosines(vectors.articles, query)
        if hidden is not None:
            articles[index.owners[hidden]] = _cosine_without(index, vectors, query, hidden)
        titles = cosines(vectors.titles, query)
        rest = DENSE_MIX[1] * scale(articles)[index.owners] + DENSE_MIX[2] * scale(titles)[index.owners]
        starts = index.sentences.starts
        if len(passages) <= EXHAUSTIVE:
            best = np.maximum.reduceat(cosines(vectors.sentences, query), starts[:-1])
            if hidden is not None:
                best[hidden] = best.min()
            return best, DENSE_MIX[0] * scale(best) + rest
        chosen = np.sort(np.argpartition(-(scale(passages) + rest + lexical), CANDIDATES)[:CANDIDATES])
        lengths = starts[chosen + 1] - starts[chosen]
        ends = np.cumsum(lengths)
        rows = np.repeat(starts[chosen] - ends + lengths, lengths) + np.arange(ends[-1])
        of_chosen = np.maximum.reduceat(cosines(vectors.sentences[rows], query), ends - lengths)
        best = np.zeros_like(passages)
        best[chosen] = of_chosen
        scaled = np.zeros_like(passages)
        scaled[chosen] = scale(of_chosen)
        return best, DENSE_MIX[0] * scaled + rest

    def _weigh(self, terms: frozenset[str], history: Sequence[Message], weight: float) -> dict[str, float]:
        weighted = dict.fromkeys(terms, 1.0)
        back = {"customer": 0, "bot": 0, "operator": 0}
        for message in reversed(history if weight else ()):
            share = weight * TURN_WEIGHTS[message.role] * TURN_DECAY ** back[message.role]
            back[message.role] += 1
            for term in self._stemmer.terms(message.text):
                weighted[term] = max(weighted.get(term, 0.0), share)
        return weighted

    def _embed(self, text: str, history: Sequence[Message], weight: float) -> Floats | None:
        """Embed the question, and once more behind what the customer said before; the sum keeps both."""
        if self._encoder is None:
            return None
        sentences = [span.text for span in split_sentences(text)]
        said = " ".join(message.text for message in history if message.role == "customer") if weight else ""
        # Of several sentences each counts by itself too: the question may be one among excuses.
        parts = sentences if len(sentences) > 1 else []
        behind = [f"{said[-MAX_CONTEXT_CHARS:]} {text}"] if said else []
        vectors = self._encoder.encode([text, *parts, *behind], kind="query")
        vector: Floats = vectors[0]
        if parts:
            vector = _unit(vector + vectors[1 : 1 + len(parts)].mean(axis=0))
        return _unit(vector + np.float32(weight) * vectors[-1]) if behind else vector


def cosines(rows: Floats, vector: Floats) -> Floats:
    """Multiply unit rows (n, dim) with a unit vector (dim,), on this thread alone.

    `rows @ vector` would wake BLAS's threads, which costs 15 ms where other work keeps the cores busy.
    """
    products: Floats = np.vecdot(rows, vector)
    return products


def scale(scores: Floats) -> Floats:
    """Map scores linearly to 0..1; all equal becomes all 0."""
    low, high = float(scores.min(initial=np.inf)), float(scores.max(initial=-np.inf))
    if not high > low:
        return np.zeros_like(scores)
    scaled: Floats = (scores - np.float32(low)) / np.float32(high - low)
    return scaled


def top(scores: Floats, k: int) -> list[int]:
    """Give the numbers of the k largest scores, largest first; ties by number."""
    if k < len(scores):
        border = np.partition(scores, -k)[-k]
        chosen = np.flatnonzero(scores >= border)
    else:
        chosen = np.arange(len(scores))
    order = np.lexsort((chosen, -scores[chosen]))
    return [int(number) for number in chosen[order][:k]]


def _cosine_without(index: Index, vectors: Vectors, query: Floats, hidden: int) -> float:
    """Cosine of the question and the mean of an article's passages but one."""
    others = index.owners == index.owners[hidden]
    others[hidden] = False
    mean = vectors.passages[others].sum(axis=0)
    return float(np.vecdot(mean, query)) / max(float(np.linalg.norm(mean)), 1e-9)


def _unit(vector: Floats) -> Floats:
    """Scale to length 1."""
    scaled: Floats = vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))
    return scaled


def _related(query: Query) -> dict[str, float]:
    """Weigh the words near to a question's own, which are not among them."""
    related: dict[str, float] = {}
    for neighbours in query.near.values():
        for term, cosine in neighbours.items():
            if term not in query.weighted:
                related[term] = max(related.get(term, 0.0), NEAR_WEIGHT * cosine)
    return related


def _history_weight(text: str, terms: frozenset[str]) -> float:
    if len(terms) < LONG_QUESTION_TERMS or _POINTS_BACK.search(text):
        return 1.0
    return 0.5
