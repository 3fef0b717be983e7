"""Customers' wording, linked to articles by intent."""

from collections.abc import Sequence
from pathlib import Path

from backends.rag.articles import Article
from backends.rag.asked import Utterance, link, load_asked, read_utterances
from backends.rag.index import Encoder, build_index

NLU = """
version: "3.1"
nlu:
- intent: fast
  examples: |
    - express delivery [tomorrow](date)
    - what does express delivery cost
- intent: chat
  examples: |
    - nice weather
"""


def test_examples_are_read_without_their_entity_marks(tmp_path: Path) -> None:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "a.yml").write_text(NLU)
    (tmp_path / "nlu" / "broken.yml").write_text("nlu: [")
    assert read_utterances(tmp_path) == [
        Utterance("fast", "express delivery tomorrow"),
        Utterance("fast", "what does express delivery cost"),
        Utterance("chat", "nice weather"),
    ]


def test_an_intent_is_linked_to_the_article_its_utterances_find(
    articles: Sequence[Article], encoder: Encoder, tmp_path: Path
) -> None:
    index = build_index(articles, encoder, tmp_path)
    utterances = [
        Utterance("fast", "express delivery cost"),
        Utterance("fast", "express delivery on Saturdays"),
        Utterance("fast", "I am in a great hurry"),
        Utterance("chat", "nice weather"),
    ]
    rows, asked = link(utterances, index, encoder)
    # The third finds nothing by itself and is linked as its intent is; small talk is linked to nothing.
    assert asked.articles.tolist() == [0, 0, 0]
    assert rows == [0, 1, 2]
    assert asked.texts[2] == "I am in a great hurry"


def test_links_are_kept_beside_the_index(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> None:
    index = build_index(articles, encoder, tmp_path / "index")
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "a.yml").write_text(NLU)
    folder = tmp_path / "index" / index.hash
    first = load_asked(tmp_path, folder, index, encoder)
    seen = len(encoder.seen)  # type: ignore[attr-defined]
    second = load_asked(tmp_path, folder, index, encoder)
    assert first is not None
    assert second is not None
    assert second.articles.tolist() == first.articles.tolist()
    assert second.texts == first.texts
    assert len(encoder.seen) == seen  # type: ignore[attr-defined]


def test_a_bot_without_utterances_has_no_links(articles: Sequence[Article], encoder: Encoder, tmp_path: Path) -> None:
    index = build_index(articles, encoder, tmp_path / "index")
    assert load_asked(tmp_path, tmp_path / "index" / index.hash, index, encoder) is None
