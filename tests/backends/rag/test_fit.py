"""Fitting the share of the embeddings to an engineer's articles."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backends.rag.articles import Article
from backends.rag.fit import choose, fit_dense_weight, own_questions
from backends.rag.index import Encoder, build_index
from backends.rag.lexical import Stemmer
from backends.rag.retriever import DENSE_WEIGHT, Arms, Asked


def question(lexical: Sequence[float], dense: Sequence[float], gold: int) -> tuple[Arms, np.ndarray, None]:
    """Scores of three passages and which is right."""
    words, meaning = np.array(lexical, dtype=np.float32), np.array(dense, dtype=np.float32)
    right = np.zeros(3, dtype=np.bool_)
    right[gold] = True
    return Arms(words, meaning, words, meaning, words), right, None


def test_a_weight_that_is_clearly_better_is_taken() -> None:
    rows = [question([1, 0, 0.2], [0.6, 1, 0], gold=0)] * 30
    fit = choose(rows)
    assert fit.dense_weight < DENSE_WEIGHT
    assert fit.fused == 1.0


def test_without_a_clear_lead_the_default_stays() -> None:
    fit = choose([question([1, 0, 0], [1, 0, 0], gold=0)] * 30)
    assert fit.dense_weight == DENSE_WEIGHT


def test_the_result_is_never_below_the_better_single_arm() -> None:
    generator = np.random.default_rng(3)
    for _ in range(20):
        rows = [
            question(generator.random(3).tolist(), generator.random(3).tolist(), int(generator.integers(3)))
            for _ in range(25)
        ]
        fit = choose(rows)
        assert fit.fused is not None
        assert fit.bm25 is not None
        assert fit.dense is not None
        assert fit.fused >= max(fit.bm25, fit.dense)


def test_few_articles_keep_the_default(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> None:
    index = build_index(articles, encoder, tmp_path)
    fit = fit_dense_weight(index, Stemmer())
    assert fit.dense_weight == DENSE_WEIGHT
    assert fit.questions == len(own_questions(index, Stemmer())) == len(index.chunks)


def test_without_vectors_words_alone_count(articles: Sequence[Article], tmp_path: Path) -> None:
    assert fit_dense_weight(build_index(articles, None, tmp_path), Stemmer()).dense_weight == 0


def test_linked_utterances_are_the_better_questions(
    articles: Sequence[Article], encoder: Encoder, tmp_path: Path
) -> None:
    index = build_index(articles, encoder, tmp_path)
    texts = tuple(f"express delivery cost {number}" for number in range(25))
    asked = Asked(encoder.encode(texts), np.zeros(25, dtype=np.int32), texts)
    fit = fit_dense_weight(index, Stemmer(), asked)
    assert fit.questions == 25
    assert fit.fused == 1.0
