"""Fits the share of the embeddings to an engineer's own bot, without questions labelled by anybody. Pure.

The questions are the customers' utterances that are linked to articles; where there are too few, the articles' own
sentences: each is asked with its passage hidden, and the article's other passages are what should be found.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backends.rag.index import Index
from backends.rag.lexical import Stemmer
from backends.rag.retriever import DENSE_WEIGHT, Arms, Asked, Query, Retriever

Floats = npt.NDArray[np.float32]

MAX_QUESTIONS = 500
MIN_QUESTIONS = 20
"""With fewer the weight stays as it came."""
GRID = tuple(round(step / 10, 1) for step in range(11))
DEPTH = 10


Scored = tuple[Arms, npt.NDArray[np.bool_], int | None]
"""Scores of a question, which passages are right, and a passage to leave out."""


class Fit(NamedTuple):
    """A fitted weight and what it was chosen on."""

    dense_weight: float
    questions: int
    fused: float | None
    """Mean nDCG@10 over the questions with this weight; None when there were too few."""
    bm25: float | None
    dense: float | None


def fit_dense_weight(index: Index, stemmer: Stemmer, asked: Asked | None = None) -> Fit:
    """Choose the weight for an index.

    The default stays unless another weight is better by more than a standard error; the result is never below the
    better single arm, since both are among the choices.
    """
    if index.vectors is None:
        return Fit(0.0, 0, None, None, None)
    retriever = Retriever(index, None, stemmer=stemmer)
    rows: list[Scored] = [(retriever.score(query), right, None) for query, right in _utterances(retriever, asked)]
    if len(rows) < MIN_QUESTIONS:
        own = own_questions(index, stemmer)
        rows = [(retriever.score(query, hidden=number), _gold(index, number), number) for number, query in own]
    if len(rows) < MIN_QUESTIONS:
        return Fit(DENSE_WEIGHT, len(rows), None, None, None)
    return choose(rows)


def _utterances(retriever: Retriever, asked: Asked | None) -> list[tuple[Query, npt.NDArray[np.bool_]]]:
    """Take linked utterances, spread evenly, each with the passages of its articles."""
    if asked is None:
        return []
    firsts = [row for row, text in enumerate(asked.texts) if row == 0 or asked.texts[row - 1] != text]
    owners = retriever.index.owners
    found = []
    for row in firsts[:: max(1, len(firsts) // MAX_QUESTIONS)][:MAX_QUESTIONS]:
        last = row
        while last < len(asked.texts) and asked.texts[last] == asked.texts[row]:
            last += 1
        right = np.isin(owners, asked.articles[row:last])
        found.append((retriever.with_vector(asked.texts[row], asked.vectors[row]), right))
    return found


def choose(scored: Sequence[Scored]) -> Fit:
    """Pick a weight from (scores, which passages are right, passage to hide) of each question."""
    gains = {weight: np.array([_gain(weight, *row) for row in scored]) for weight in (*GRID, DENSE_WEIGHT)}
    default = gains[DENSE_WEIGHT]
    best = max(gains, key=lambda weight: float(gains[weight].mean()))
    lead = gains[best] - default
    error = float(lead.std()) / max(len(scored), 1) ** 0.5
    single = max(float(gains[0.0].mean()), float(gains[1.0].mean()))
    keeps = float(lead.mean()) <= error and float(default.mean()) >= single
    weight = DENSE_WEIGHT if keeps else best
    return Fit(weight, len(scored), float(gains[weight].mean()), float(gains[0.0].mean()), float(gains[1.0].mean()))


def own_questions(index: Index, stemmer: Stemmer) -> list[tuple[int, Query]]:
    """Take the first sentence of passages of articles that have several, spread evenly: (passage, query)."""
    if index.vectors is None:
        return []
    per_article = np.bincount(index.owners) if len(index.owners) else np.zeros(0, dtype=np.int64)
    usable = [number for number in range(len(index.chunks)) if per_article[index.owners[number]] > 1]
    step = max(1, len(usable) // MAX_QUESTIONS)
    queries = []
    for number in usable[::step][:MAX_QUESTIONS]:
        first = int(index.sentences.starts[number])
        text = index.sentences.texts[first]
        terms = stemmer.terms(text)
        query = Query(text, terms, dict.fromkeys(terms, 1.0), vector=index.vectors.sentences[first])
        queries.append((number, query))
    return queries


def _gold(index: Index, number: int) -> npt.NDArray[np.bool_]:
    right: npt.NDArray[np.bool_] = index.owners == index.owners[number]
    right[number] = False
    return right


def _gain(weight: float, arms: Arms, right: npt.NDArray[np.bool_], hidden: int | None) -> float:
    """nDCG@10 of one question with one weight."""
    share = np.float32(weight)
    scores: Floats = (1 - share) * arms.lexical + share * arms.dense
    if hidden is not None:
        scores[hidden] = -1.0
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    ideal = float(discounts[: min(DEPTH, int(right.sum()))].sum())
    return float((right[order] * discounts[: len(order)]).sum()) / ideal if ideal else 0.0
