"""BM25 over SQLite's FTS5: the file tokenises and stems, numpy scores every passage exactly.

FTS5 can neither weight a query's words nor score 10,000 passages within a millisecond or two, so its postings are
read once into arrays. It does not know where the passages come from.
"""

import math
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from backends.rag.chunks import Chunk

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

TOKENIZE = "porter unicode61 remove_diacritics 2"
COLUMNS = ("title", "heading", "text")
WEIGHTS = (2.0, 1.5, 1.0)
"""How much a word counts in the title, the heading and the text."""
K1, B = 1.2, 0.75
_STOP_WORDS = (
    "a about all also am an and any are as at be been but by can could did do does for from had has have he her "
    "here him his how i if in into is it its just may me might must my no not of on or our out shall she should so "
    "some than that the their them then there these they this those to up us was we were what when where which who "
    "whom why will with would yes you your hi hello please thanks thank okay ok s t m re ve ll d"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())


class Stemmer:
    """Tokenises and stems exactly as the index does, by asking FTS5 itself. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute(f"CREATE VIRTUAL TABLE words USING fts5(text, tokenize='{TOKENIZE}')")
        self._db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(words, 'row')")

    def terms(self, text: str) -> frozenset[str]:
        """Stem the words of a text, stop words left out (unless it has no others)."""
        words = dict.fromkeys(self._words(text))
        kept = [word for word in words if word not in STOP_WORDS] or list(words)
        with self._lock:
            self._db.execute("INSERT INTO words(rowid, text) VALUES (1, ?)", (" ".join(kept),))
            found = frozenset(term for (term,) in self._db.execute("SELECT term FROM terms"))
            self._db.execute("DELETE FROM words WHERE rowid = 1")
        return found

    def close(self) -> None:
        """Free the scratch table."""
        with self._lock:
            self._db.close()

    @staticmethod
    def _words(text: str) -> list[str]:
        return "".join(char if char.isalnum() else " " for char in text.lower().replace("'", " ")).split()


@dataclass(frozen=True, slots=True, eq=False)
class Lexical:
    """An inverted index in arrays. Immutable."""

    size: int
    rows: Mapping[str, int]
    """Term → its number."""
    idf: Floats
    """float32 (terms,): log(1 + (N - n + 0.5) / (n + 0.5))."""
    starts: Ints
    """int32 (terms + 1,): where each term's postings begin."""
    passages: Ints
    """int32 (postings,): passage numbers."""
    weights: Floats
    """float32 (postings,): the BM25 score the term gives to the passage."""

    def score(self, query: Mapping[str, float]) -> Floats:
        """Score every passage.

        Args:
            query: stemmed term → how much it counts, 1 for the words of the question.

        Returns:
            float32 (size,), 0 where no term occurs.

        Source: S. Robertson, H. Zaragoza. The Probabilistic Relevance Framework: BM25 and Beyond (2009), with the
        column-weighted term frequency that SQLite's `bm25()` uses and an idf that is never negative.
        """
        scores = np.zeros(self.size, dtype=np.float32)
        for term, weight in query.items():
            row = self.rows.get(term)
            if row is not None:
                span = slice(self.starts[row], self.starts[row + 1])
                scores[self.passages[span]] += np.float32(weight) * self.weights[span]
        return scores

    def rarity(self, term: str) -> float:
        """Give a term's idf; a term that occurs nowhere is as rare as can be."""
        row = self.rows.get(term)
        return float(self.idf[row]) if row is not None else math.log(1 + 2 * self.size + 1)

    def covers(self, term: str, passage: int) -> bool:
        """Tell whether a passage holds a term."""
        row = self.rows.get(term)
        if row is None:
            return False
        found = self.passages[self.starts[row] : self.starts[row + 1]]
        at = int(np.searchsorted(found, passage))
        return at < len(found) and int(found[at]) == passage

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the postings of an index file.

        Raises:
            sqlite3.Error: the file is no index.
        """
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as db:
            size = int(db.execute("SELECT count(*) FROM passages").fetchone()[0])
            db.execute("CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab(main, 'search', 'instance')")
            return cls._count(size, db.execute("SELECT term, doc, col FROM temp.occurrences ORDER BY term, doc"))

    @classmethod
    def _count(cls, size: int, occurrences: Iterable[tuple[str, int, str]]) -> Self:
        """Turn sorted (term, passage, column) occurrences into weighted postings."""
        weight_of = dict(zip(COLUMNS, WEIGHTS, strict=True))
        lengths = np.zeros(size, dtype=np.float64)
        rows: dict[str, int] = {}
        starts: list[int] = []
        passages: list[int] = []
        frequencies: list[float] = []
        for term, passage, column in occurrences:
            lengths[passage] += 1
            if term not in rows:
                rows[term] = len(rows)
                starts.append(len(passages))
            if len(passages) == starts[-1] or passages[-1] != passage:
                passages.append(passage)
                frequencies.append(0.0)
            frequencies[-1] += weight_of[column]
        starts.append(len(passages))
        borders: Ints = np.array(starts, dtype=np.int32)
        counts = borders[1:] - borders[:-1]
        idf = np.log1p((size - counts + 0.5) / (counts + 0.5)).astype(np.float32)
        at = np.array(passages, dtype=np.int32)
        tf = np.array(frequencies, dtype=np.float64)
        norm = 1 - B + B * lengths / max(float(lengths.mean()) if size else 0.0, 1e-9)
        weights = np.repeat(idf, counts) * tf * (K1 + 1) / (tf + K1 * norm[at])
        return cls(size, rows, idf, borders, at, weights.astype(np.float32))


def write_lexical(path: Path, chunks: Iterable[Chunk]) -> None:
    """Write passages and their full-text index to a new SQLite file; the row id is the passage's number.

    Raises:
        sqlite3.Error: the file cannot be written.
    """
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE passages (title TEXT, heading TEXT, text TEXT)")
        db.execute(
            "CREATE VIRTUAL TABLE search USING fts5(title, heading, text, content='passages', "
            f"content_rowid='rowid', tokenize='{TOKENIZE}')"
        )
        rows = [(number, chunk.title, chunk.heading, chunk.text) for number, chunk in enumerate(chunks)]
        db.executemany("INSERT INTO passages(rowid, title, heading, text) VALUES (?, ?, ?, ?)", rows)
        db.execute("INSERT INTO search(search) VALUES ('rebuild')")
