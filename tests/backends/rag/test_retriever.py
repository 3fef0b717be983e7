"""Finding passages."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends.rag.retriever as retriever_module
from backends.contract import Message
from backends.rag.articles import Article
from backends.rag.index import Encoder, Index, build_index
from backends.rag.relevance import relevance
from backends.rag.retriever import Asked, Retriever, scale, top


@pytest.fixture
def index(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> Index:
    """The three articles."""
    return build_index(articles, encoder, tmp_path)


@pytest.fixture
def retriever(index: Index, encoder: Encoder) -> Retriever:
    """A search over them."""
    return Retriever(index, encoder)


def first(retriever: Retriever, text: str, *history: Message) -> str:
    """Article and heading found first."""
    chunk = retriever.search(retriever.query(text, history))[0].chunk
    return f"{chunk.article_id}/{chunk.heading}"


def test_the_passage_that_shares_words_comes_first(retriever: Retriever) -> None:
    assert first(retriever, "What does express delivery cost?") == "express/Price and deadline"
    assert first(retriever, "Are opened harnesses and ropes excluded?") == "returns/What is excluded"
    assert first(retriever, "photos of the fault") == "warranty/Claims"


def test_scores_fall_and_lie_between_zero_and_one(retriever: Retriever) -> None:
    hits = retriever.search(retriever.query("express delivery"), k=4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1.0001 for hit in hits)
    assert len(hits) == 4


def test_a_short_follow_up_is_understood_by_what_was_said_before(retriever: Retriever) -> None:
    before = Message("customer", "How much is express delivery?")
    assert first(retriever, "and on Saturdays?", before).startswith("express/")
    assert retriever.query("and on Saturdays?", [before]).weighted["deliveri"] == pytest.approx(0.5)


def test_of_several_sentences_each_counts(retriever: Retriever, encoder: Encoder) -> None:
    vector = retriever.query("I like canoes a lot and paddle daily. What does express cost?").vector
    whole, excuse, question = encoder.encode(
        [
            "I like canoes a lot and paddle daily. What does express cost?",
            "I like canoes a lot and paddle daily.",
            "What does express cost?",
        ]
    )
    assert vector is not None
    assert float(vector @ question) > float(whole @ question)
    assert float(vector @ excuse) > 0


def test_words_of_older_lines_count_less(retriever: Retriever) -> None:
    history = [Message("customer", "warranty"), Message("customer", "returns"), Message("bot", "express")]
    weighted = retriever.query("how long?", history).weighted
    assert weighted["long"] == 1
    assert weighted["return"] == pytest.approx(0.5)
    assert weighted["warranti"] == pytest.approx(0.35)
    assert weighted["express"] == pytest.approx(0.3)


def test_a_long_question_stands_more_by_itself(retriever: Retriever) -> None:
    text = "Please describe which photographs warranty staff require before repairing broken tents, packs or jackets"
    weighted = retriever.query(text, [Message("customer", "express")]).weighted
    assert weighted["express"] == pytest.approx(0.25)


def test_without_vectors_words_alone_rank(articles: Sequence[Article], tmp_path: Path) -> None:
    retriever = Retriever(build_index(articles, None, tmp_path), None)
    assert first(retriever, "express cost") == "express/Price and deadline"
    assert retriever.search(retriever.query("express cost"))[0].dense == 0


def test_an_empty_index_finds_nothing(encoder: Encoder, tmp_path: Path) -> None:
    retriever = Retriever(build_index([], encoder, tmp_path), encoder)
    assert retriever.search(retriever.query("anything")) == []


def test_large_indexes_find_the_same_best_passages(
    index: Index, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = Retriever(index, encoder)
    questions = ["express delivery cost", "return within 60 days", "photos of the fault", "opened food"]
    whole = [first(retriever, question) for question in questions]
    monkeypatch.setattr(retriever_module, "EXHAUSTIVE", 1)
    monkeypatch.setattr(retriever_module, "CANDIDATES", 3)
    assert [first(retriever, question) for question in questions] == whole


def test_a_hidden_passage_lends_nothing_to_its_article(retriever: Retriever, index: Index) -> None:
    query = retriever.query("photos of the fault and the proof of purchase")
    shown, hidden = retriever.score(query), retriever.score(query, hidden=len(index.chunks) - 1)
    assert shown.fused[-1] == shown.fused.max()
    assert hidden.fused[-2] < shown.fused[-2]


def test_utterances_lead_to_their_article(index: Index, encoder: Encoder) -> None:
    asked = Asked(encoder.encode(["my parcel must be here tomorrow"]), np.array([0], dtype=np.int32))
    plain, taught = Retriever(index, encoder), Retriever(index, encoder, asked=asked)
    question = "tomorrow"
    assert plain.score(plain.query(question)).fused[0] < taught.score(taught.query(question)).fused[0]
    assert first(taught, question).startswith("express/")


def test_relevance_is_high_for_what_articles_say_and_low_for_the_rest(retriever: Retriever, index: Index) -> None:
    def of(text: str) -> float:
        query = retriever.query(text)
        return relevance(index, query, retriever.search(query))

    assert of("How much does express delivery cost per order?") > 0.8
    assert of("Who won the chess match in Reykjavik?") < 0.2
    assert of("") == 0


def test_relevance_without_vectors_goes_by_words(articles: Sequence[Article], tmp_path: Path) -> None:
    index = build_index(articles, None, tmp_path)
    retriever = Retriever(index, None)
    good, bad = retriever.query("express delivery cost"), retriever.query("chess match Reykjavik")
    assert relevance(index, good, retriever.search(good)) > 0.8
    assert relevance(index, bad, retriever.search(bad)) < 0.2


@given(st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=40), st.integers(1, 50))
def test_top_equals_a_stable_sort(values: list[float], k: int) -> None:
    scores = np.array(values, dtype=np.float32)
    assert top(scores, k) == np.argsort(-scores, kind="stable")[:k].tolist()


def test_scaling_maps_to_zero_and_one() -> None:
    assert scale(np.array([2, 4, 3], dtype=np.float32)).tolist() == [0, 1, 0.5]
    assert scale(np.array([2, 2], dtype=np.float32)).tolist() == [0, 0]


def test_an_index_is_not_changed_by_a_search(retriever: Retriever, index: Index) -> None:
    before = replace(index)
    retriever.search(retriever.query("express"))
    assert index.chunks == before.chunks
    assert index.vectors is before.vectors
