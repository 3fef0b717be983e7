"""Picks the sentences of the passages found that answer a question by themselves. Pure but for the vectors it reads.

It is the answer when no language model is there, or when what one wrote is not supported. Steps are quoted together,
a list item with the line that introduces it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backends.rag.index import Index
from backends.rag.injection import addresses_model
from backends.rag.lexical import STOP_WORDS
from backends.rag.retriever import Hit, Query, cosines
from backends.rag.sentences import is_item, is_step
from backends.rag.tokens import stem, tokens

Floats = npt.NDArray[np.float32]

PASSAGES = 3
MAX_SENTENCES = 3
MAX_CHARS = 420
MAX_STEPS_CHARS = 800
NEIGHBOUR_SHARE = 0.65
"""A neighbour is quoted too when it scores this share of the best sentence."""
OVERLAP_WEIGHT = 0.5
"""What the share of the question's words counts beside the cosine of a sentence."""
PASSAGE_WEIGHT = 1.5
"""What the fused score of the passage counts where passages compete. Fitted on questions of our own."""
_REFERENCES = "it its they their this these that those them such both otherwise then"
_OPENS_WITH_REFERENCE = frozenset(_REFERENCES.split())
_POINTING = frozenset({"this", "that", "these", "those", "such"})
"""Words that point back wherever a sentence opens with them: "After that period …"."""


class Extract(NamedTuple):
    """Sentences of one passage, as they stand there."""

    hit: Hit
    text: str
    score: float


def extract(index: Index, query: Query, hits: Sequence[Hit]) -> Extract | None:
    """Choose the sentences of one of the first passages that come nearest; None when none may be quoted."""
    best: Extract | None = None
    for hit in hits[:PASSAGES]:
        found = _from_passage(index, query, hit)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best


def sentence_scores(index: Index, query: Query, hit: Hit) -> Floats:
    """Score each sentence of a passage against the question.

    Returns:
        float32 (sentences of the passage,); below 0 for one that may not be quoted.
    """
    own = slice(index.sentences.starts[hit.number], index.sentences.starts[hit.number + 1])
    texts = index.sentences.texts[own]
    asked = {stem(word) for word in query.text.lower().replace("?", " ").split() if word not in STOP_WORDS}
    overlap = [len(asked & {token.key for token in tokens(text)}) / max(len(asked), 1) for text in texts]
    scores = OVERLAP_WEIGHT * np.array(overlap, dtype=np.float32)
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
    first, last = _span(texts, scores, centre)
    chosen = [number for number in (*_lead(texts, first), *range(first, last + 1)) if scores[number] >= 0]
    text = _join([texts[number] for number in chosen])
    if is_item(text) and hit.chunk.heading:
        # What a list says may hang on its heading: "What we do not accept".
        text = f"{hit.chunk.heading}:\n{text}"
    return Extract(hit, text, peak + PASSAGE_WEIGHT * hit.score)


def _join(sentences: Sequence[str]) -> str:
    """Put sentences together, list items on lines of their own."""
    text = ""
    in_list = False
    for sentence in sentences:
        starts_line = is_item(sentence) or (in_list and sentence.endswith(":"))
        in_list = in_list or is_item(sentence)
        text += ("\n" if starts_line else " ") + sentence if text else sentence
    return text


def _span(texts: Sequence[str], scores: Floats, centre: int) -> tuple[int, int]:
    """First and last sentence to quote around the best one."""
    steps = _steps(texts, centre)
    if steps is not None:
        return steps
    if texts[centre].endswith(":"):
        return centre, _list_end(texts, centre)
    peak = float(scores[centre])
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
    return first, last


def _steps(texts: Sequence[str], centre: int) -> tuple[int, int] | None:
    """The numbered list a sentence belongs to, from its first step to its last; None outside of one."""
    first = centre
    while first > 0 and not is_item(texts[first]):
        first -= 1
    if not is_step(texts[first]) or (first != centre and not any(map(is_step, texts[centre:]))):
        return None
    while first > 0 and not texts[first].startswith(("1.", "1)")):
        first -= 1
    last = max(number for number, text in enumerate(texts) if is_step(text))
    if sum(map(len, texts[first : last + 1])) > MAX_STEPS_CHARS:
        return None
    return first, max(last, centre)


def _list_end(texts: Sequence[str], lead: int) -> int:
    """Last sentence of the list below its introducing line, as far as fits."""
    last, size = lead, len(texts[lead])
    for number in range(lead + 1, len(texts)):
        size += len(texts[number])
        if not is_item(texts[number]) or size > MAX_STEPS_CHARS:
            break
        last = number
    return last


def _lead(texts: Sequence[str], first: int) -> list[int]:
    """The line that introduces the list in which a quote begins, if there is one."""
    if not is_item(texts[first]):
        return []
    above = first
    while above > 0 and is_item(texts[above]):
        above -= 1
    return [above] if not is_item(texts[above]) and texts[above].endswith(":") else []


def _refers_back(sentence: str) -> bool:
    words = [word.lower().strip(",") for word in sentence.split(maxsplit=3)[:3]]
    return words[0] in _OPENS_WITH_REFERENCE or not _POINTING.isdisjoint(words)
