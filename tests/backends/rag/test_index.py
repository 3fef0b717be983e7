"""Building, loading and renewing the article index."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backends.contract import BackendError
from backends.rag.articles import Article
from backends.rag.index import KEPT, MANIFEST, Encoder, build_index, hash_index, load_index


def test_an_index_holds_passages_sentences_and_vectors(
    articles: Sequence[Article], encoder: Encoder, tmp_path: Path
) -> None:
    index = build_index(articles, encoder, tmp_path)
    assert {chunk.article_id for chunk in index.chunks} == {"express", "returns", "warranty"}
    assert index.vectors is not None
    assert index.vectors.passages.shape == (len(index.chunks), encoder.dim)
    assert index.vectors.sentences.shape[0] == len(index.sentences.texts) == index.sentences.starts[-1]
    assert index.vectors.articles.shape == index.vectors.titles.shape == (3, encoder.dim)
    assert np.allclose(np.linalg.norm(index.vectors.articles, axis=1), 1, atol=1e-5)


def test_the_same_articles_are_not_embedded_again(
    articles: Sequence[Article], encoder: Encoder, tmp_path: Path
) -> None:
    first = build_index(articles, encoder, tmp_path)
    seen = len(encoder.seen)  # type: ignore[attr-defined]
    second = build_index(articles, encoder, tmp_path)
    assert second.hash == first.hash
    assert len(encoder.seen) == seen  # type: ignore[attr-defined]


def test_a_changed_article_embeds_only_what_changed(
    articles: Sequence[Article], encoder: Encoder, tmp_path: Path
) -> None:
    before = build_index(articles, encoder, tmp_path)
    encoder.seen.clear()  # type: ignore[attr-defined]
    warmer = replace(articles[2], body=articles[2].body.replace("2 years", "3 years"))
    after = build_index([*articles[:2], warmer], encoder, tmp_path, before=before)
    assert after.hash != before.hash
    assert all("3 years" in text for text in encoder.seen)  # type: ignore[attr-defined]
    assert after.vectors is not None
    assert before.vectors is not None
    assert np.array_equal(after.vectors.passages[0], before.vectors.passages[0])


def test_another_encoder_makes_another_index(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> None:
    name = hash_index(articles, encoder)
    assert hash_index(articles, None) != name
    build_index(articles, encoder, tmp_path)
    encoder.hash = "words-2"  # type: ignore[misc]
    assert hash_index(articles, encoder) != name
    with pytest.raises(BackendError, match="another encoder"):
        load_index(tmp_path / name, encoder)


def test_without_an_encoder_there_are_words_only(articles: Sequence[Article], tmp_path: Path) -> None:
    index = build_index(articles, None, tmp_path)
    assert index.vectors is None
    assert index.vocabulary is None


def test_half_an_index_is_built_anew(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> None:
    index = build_index(articles, encoder, tmp_path)
    (tmp_path / index.hash / MANIFEST).unlink()
    assert build_index(articles, encoder, tmp_path).hash == index.hash
    assert (tmp_path / index.hash / MANIFEST).is_file()


def test_a_damaged_index_says_what_to_do(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> None:
    index = build_index(articles, encoder, tmp_path)
    (tmp_path / index.hash / "chunks.jsonl").write_text("{")
    with pytest.raises(BackendError, match=r"damaged .* remove it, it is built again"):
        load_index(tmp_path / index.hash, encoder)


def test_old_indexes_are_removed(articles: Sequence[Article], tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        changed = replace(articles[0], updated=f"2026-01-{number + 1:02}")
        index = build_index([changed], None, tmp_path)
    finished = {path.parent.name for path in tmp_path.glob(f"*/{MANIFEST}")}
    assert len(finished) == KEPT
    assert index.hash in finished
    assert not list(tmp_path.glob(".building-*"))


def test_no_articles_make_an_empty_index(encoder: Encoder, tmp_path: Path) -> None:
    assert build_index([], encoder, tmp_path).chunks == ()
