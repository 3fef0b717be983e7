"""Picks the sentences of the passages found that answer a question by themselves. Pure but for the vectors it reads.

It is the answer when no language model is there, or when what one wrote is not supported.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backends.rag.index import Index
from backends.rag.injection import addresses_model
from backends.rag.lexical import STOP_WORDS
from backends.rag.retriever import Hit, Query, cosines
from backends.rag.tokens import stem, tokens

Floats = npt.NDArray[np.float32]

PASSAGES = 3
MAX_SENTENCES = 3
MAX_CHARS = 420
NEIGHBOUR_SHARE = 0.75
"""A neighbour is quoted too when it scores this share of the best sentence."""
OVERLAP_WEIGHT = 0.35
"""What the share of the question's words counts beside the cosine of a sentence."""
PASSAGE_WEIGHT = 0.3
"""What the fused score of the passage counts."""
_OPENS_WITH_REFERENCE = frozenset("it its they their this these that those them such both otherwise then".split())  # noqa: SIM905


class Extract(NamedTuple):
    """Sentences of one passage, as they stand there."""

    hit: Hit
    text: str
    score: float


def extract(index: Index, query: Query, hits: Sequence[Hit]) -> Extract | None:
    """Choose one to three neighbouring sentences of one of the first passages; None when none may be quoted."""
    best: Extract | None = None
    for hit in hits[:PASSAGES]:
        found = _from_passage(index, query, hit)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best


def sentence_scores(index: Index, query: Query, hit: Hit) -> Floats:
    """Score each sentence of a passage against the question: float32 (sentences of the passage,)."""
    own = slice(index.sentences.starts[hit.number], index.sentences.starts[hit.number + 1])
    texts = index.sentences.texts[own]
    asked = {stem(word) for word in query.text.lower().replace("?", " ").split() if word not in STOP_WORDS}
    overlap = [len(asked & {token.key for token in tokens(text)}) / max(len(asked), 1) for text in texts]
    scores = OVERLAP_WEIGHT * np.array(overlap, dtype=np.float32) + np.float32(PASSAGE_WEIGHT * hit.score)
    if index.vectors is not None and query.vector is not None:
        scores = scores + cosines(index.vectors.sentences[own], query.vector)
    for number, text in enumerate(texts):
        if addresses_model(text):
            scores[number] = -1.0
    result: Floats = scores.astype(np.float32)
    return result


def _from_passage(index: Index, query: Query, hit: Hit) -> Extract | None:
    scores = sentence_scores(index, query, hit)
    texts = index.sentences.texts[index.sentences.starts[hit.number] : index.sentences.starts[hit.number + 1]]
    centre = int(scores.argmax())
    peak = float(scores[centre])
    if peak <= 0:
        return None
    first = last = centre
    while first > 0 and _refers_back(texts[first]) and scores[first - 1] > 0 and last - first + 1 < MAX_SENTENCES:
        first -= 1
    while last - first + 1 < MAX_SENTENCES:
        before = float(scores[first - 1]) if first > 0 else -1.0
        after = float(scores[last + 1]) if last + 1 < len(texts) else -1.0
        if max(before, after) < NEIGHBOUR_SHARE * peak:
            break
        first, last = (first - 1, last) if before > after else (first, last + 1)
        if sum(map(len, texts[first : last + 1])) > MAX_CHARS:
            break
    return Extract(hit, " ".join(texts[first : last + 1]), peak)


def _refers_back(sentence: str) -> bool:
    return sentence.split(maxsplit=1)[0].lower().strip(",") in _OPENS_WITH_REFERENCE
