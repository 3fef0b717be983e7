"""BM25 in arrays, held against SQLite's own."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from backends.rag.chunks import Chunk
from backends.rag.lexical import Lexical, Stemmer, write_lexical


def chunk(number: int, title: str, heading: str, text: str) -> Chunk:
    """A passage."""
    return Chunk(f"a#{number}", "a", title, "/a", heading, text, 0, len(text))


CHUNKS = [
    chunk(0, "Express delivery", "Price", "Express delivery costs 12.90 EUR. It is delivered fast."),
    chunk(1, "Returns", "How long", "You can return goods within 60 days."),
    chunk(2, "Returns", "Price", "The label costs nothing, and delivery is free."),
    chunk(3, "Boots", "", "Wax the boots after five tours."),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An index file of four passages."""
    write_lexical(tmp_path / "search.db", CHUNKS)
    return tmp_path / "search.db"


def test_scores_rank_passages_as_sqlite_does(path: Path) -> None:
    lexical, stemmer = Lexical.load(path), Stemmer()
    scores = lexical.score(dict.fromkeys(stemmer.terms("waxing of boots"), 1.0))
    with sqlite3.connect(path) as db:
        rows = db.execute(
            'SELECT rowid, -bm25(search, 2, 1.5, 1) FROM search WHERE search MATCH \'"wax" OR "boots"\''
        ).fetchall()
    db.close()
    assert [number for number, _ in rows] == np.flatnonzero(scores).tolist()
    # SQLite's idf lacks the 1 under the logarithm; tf and length are the same.
    sqlite_idf, ours = np.log((4 - 1 + 0.5) / 1.5), np.log1p((4 - 1 + 0.5) / 1.5)
    assert float(scores[3]) == pytest.approx(rows[0][1] * ours / sqlite_idf, rel=1e-5)


def test_a_weight_scales_what_a_word_counts(path: Path) -> None:
    lexical = Lexical.load(path)
    assert np.allclose(lexical.score({"deliveri": 0.5}), 0.5 * lexical.score({"deliveri": 1.0}))
    assert np.allclose(
        lexical.score({"deliveri": 1.0, "label": 1.0}),
        lexical.score({"deliveri": 1.0}) + lexical.score({"label": 1.0}),
    )


def test_an_unknown_word_scores_nothing_and_is_rarest(path: Path) -> None:
    lexical = Lexical.load(path)
    assert lexical.score({"zeppelin": 1.0}).tolist() == [0, 0, 0, 0]
    assert lexical.rarity("zeppelin") > lexical.rarity("wax") > lexical.rarity("deliveri")


def test_covers_tells_which_passage_holds_a_word(path: Path) -> None:
    lexical = Lexical.load(path)
    assert [lexical.covers("deliveri", n) for n in range(4)] == [True, False, True, False]
    assert not lexical.covers("zeppelin", 0)


def test_stemming_drops_stop_words_unless_there_are_no_others() -> None:
    stemmer = Stemmer()
    assert stemmer.terms("What are the prices?") == {"price"}
    assert stemmer.terms("who are you") == {"who", "ar", "you"}
    assert stemmer.terms("?!") == frozenset()
    assert stemmer.terms('"quoted" OR NEAR(x') == {"quot", "near", "x"}


def test_an_empty_index_loads(tmp_path: Path) -> None:
    write_lexical(tmp_path / "search.db", [])
    assert Lexical.load(tmp_path / "search.db").score({"a": 1.0}).shape == (0,)
