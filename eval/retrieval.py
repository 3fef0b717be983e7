"""Measures retrieval on questions whose right passage is known. It prints nothing and tunes nothing by itself.

A figure here has version 1: nDCG@10 with binary gains, ideal over min(10, gold passages); recall@k is the share of
questions with a gold passage among the first k; mrr@10 is 0 where none is among the first ten. Source: K. Järvelin,
J. Kekäläinen. Cumulated gain-based evaluation of IR techniques. ACM TOIS 20 (2002).
"""

import csv
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from backends.contract import Message
from backends.rag.chunks import Chunk
from backends.rag.retriever import Retriever, top

DEFINITION = "retrieval-1"
DEPTH = 10
ROLES = {"user": "customer", "customer": "customer", "agent": "operator", "bot": "bot", "operator": "operator"}
ARMS = ("bm25", "dense", "fused")

Floats = npt.NDArray[np.float32]


class BadRow(ValueError):
    """A line of a benchmark file that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its right passages."""

    text: str
    gold: frozenset[str]
    """Ids of passages, or of articles."""
    history: tuple[Message, ...] = ()
    group: str = ""
    """Domain, for figures by domain."""


class Ranks(NamedTuple):
    """Figures over some questions; rates are None without any."""

    n: int
    ndcg: float | None
    recall_1: float | None
    recall_3: float | None
    recall_5: float | None
    mrr: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Give the figures under their published names."""
        return {
            "n": self.n,
            "ndcg@10": self.ndcg,
            "recall@1": self.recall_1,
            "recall@3": self.recall_3,
            "recall@5": self.recall_5,
            "mrr@10": self.mrr,
        }


@dataclass(frozen=True, slots=True)
class Run:
    """The first ten of each question by arm, and what a search took."""

    questions: tuple[Question, ...]
    found: dict[str, list[list[str]]]
    """Arm → for each question the ids of its first ten, best first."""
    search_ms: tuple[float, ...]
    """Milliseconds of each search, embedding the question left out."""

    def figures(self, arm: str, keep: Callable[[Question], bool] = lambda _: True) -> Ranks:
        """Summarise one arm over the questions to keep."""
        pairs = zip(self.questions, self.found[arm], strict=True)
        return summarise([(found, question.gold) for question, found in pairs if keep(question)])


def read_passages(path: Path) -> tuple[Chunk, ...]:
    """Read `passages.jsonl` (`passage_id, doc_id, title, section, text, start, end`).

    Raises:
        BadRow: a line is no JSON object or lacks a column.
        OSError: the file cannot be read.
    """
    return tuple(
        Chunk(
            str(row["passage_id"]),
            str(row["doc_id"]),
            str(row.get("title", "")),
            "",
            str(row.get("section") or ""),
            str(row["text"]),
            int(row.get("start", 0)),
            int(row.get("end", 0)),
        )
        for row in _rows(path, ("passage_id", "doc_id", "text"))
    )


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read `questions.jsonl` (`question, history, gold_passage_ids, domain`).

    Raises:
        BadRow: a line is no JSON object or lacks a column.
        OSError: the file cannot be read.
    """
    return tuple(
        Question(
            str(row["question"]),
            frozenset(map(str, row["gold_passage_ids"])),
            tuple(Message(ROLES.get(str(who), "operator"), str(text)) for who, text in row.get("history", [])),  # type: ignore[arg-type]
            str(row.get("domain", "")),
        )
        for row in _rows(path, ("question", "gold_passage_ids"))
    )


def read_article_questions(path: Path) -> tuple[Question, ...]:
    """Read the answerable rows of a CSV `question,article_id,answerable`.

    Raises:
        BadRow: a column is missing.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"question", "article_id"} <= rows[0].keys():
        raise BadRow(f"{path}: expected the columns question,article_id,answerable, got {','.join(rows[0])}")
    return tuple(
        Question(row["question"], frozenset(row["article_id"].split("|")))
        for row in rows
        if (row.get("answerable") or "yes").strip().lower() in {"yes", "true", "1"} and row["article_id"].strip()
    )


def run(retriever: Retriever, questions: Sequence[Question], *, history: bool = True, by_article: bool = False) -> Run:
    """Search every question with every arm.

    Args:
        retriever: over the passages the gold ids name.
        questions: any number.
        history: use the earlier lines too.
        by_article: gold ids are articles; only the best passage of each counts.
    """
    found: dict[str, list[list[str]]] = {arm: [] for arm in ARMS}
    took = []
    ids = [chunk.article_id if by_article else chunk.id for chunk in retriever.index.chunks]
    for question in questions:
        query = retriever.query(question.text, question.history if history else ())
        start = time.perf_counter()
        scores = retriever.score(query)
        top(scores.fused, DEPTH)
        took.append((time.perf_counter() - start) * 1e3)
        for arm, values in zip(ARMS, (scores.bm25, scores.dense, scores.fused), strict=True):
            found[arm].append(_best_ids(values, ids))
    return Run(tuple(questions), found, tuple(took))


def summarise(pairs: Sequence[tuple[Sequence[str], frozenset[str]]]) -> Ranks:
    """Work out the figures from (ids found, best first; gold ids)."""
    if not pairs:
        return Ranks(0, None, None, None, None, None)
    ranks = [[place for place, name in enumerate(found[:DEPTH]) if name in gold] for found, gold in pairs]
    gains = [ndcg(places, len(gold)) for places, (_, gold) in zip(ranks, pairs, strict=True)]

    def recall(k: int) -> float:
        return float(np.mean([any(place < k for place in places) for places in ranks]))

    reciprocal = [1 / (places[0] + 1) if places else 0.0 for places in ranks]
    return Ranks(len(pairs), float(np.mean(gains)), recall(1), recall(3), recall(5), float(np.mean(reciprocal)))


def ndcg(places: Sequence[int], gold: int) -> float:
    """Discounted gain of gold passages at these places (counted from 0), over the best possible."""
    ideal = sum(1 / np.log2(place + 2) for place in range(min(DEPTH, gold)))
    return float(sum(1 / np.log2(place + 2) for place in places if place < DEPTH) / ideal) if ideal else 0.0


def _best_ids(scores: Floats, ids: Sequence[str]) -> list[str]:
    """Name the first ten, each id once."""
    found: dict[str, None] = {}
    for number in top(scores, DEPTH * 8):
        found.setdefault(ids[number])
        if len(found) == DEPTH:
            break
    return list(found)


def _rows(path: Path, needed: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise BadRow(f"{path}:{number}: no JSON: {exc}") from exc
        missing = [key for key in needed if not isinstance(row, dict) or key not in row]
        if missing:
            raise BadRow(f"{path}:{number}: lacks {', '.join(missing)}")
        rows.append(row)
    return rows
