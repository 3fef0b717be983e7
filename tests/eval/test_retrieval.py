"""Figures of retrieval, worked out by hand."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from backends.contract import Message
from backends.rag.index import assemble
from backends.rag.retriever import Retriever
from eval.retrieval import (
    ARMS,
    BadRow,
    Question,
    ndcg,
    read_article_questions,
    read_passages,
    read_questions,
    run,
    summarise,
)

PASSAGES = [
    {"passage_id": "p1", "doc_id": "d1", "title": "Licence", "section": "Fees", "text": "A licence costs 20 dollars."},
    {"passage_id": "p2", "doc_id": "d1", "title": "Licence", "section": "Photo", "text": "Bring a photograph."},
    {"passage_id": "p3", "doc_id": "d2", "title": "Pension", "section": "Age", "text": "You may retire at 65."},
]


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write JSONL."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_ndcg_equals_the_textbook() -> None:
    assert ndcg([0], 1) == 1
    assert ndcg([1], 1) == pytest.approx(1 / 1.5849625)
    assert ndcg([0, 2], 2) == pytest.approx((1 + 0.5) / (1 + 0.63092975))
    assert ndcg([], 1) == 0
    assert ndcg([10], 1) == 0


def test_figures_over_questions() -> None:
    ranks = summarise([(["a", "b"], frozenset("a")), (["a", "b"], frozenset("b")), (["a"], frozenset("z"))])
    assert ranks.n == 3
    assert ranks.recall_1 == pytest.approx(1 / 3)
    assert ranks.recall_3 == ranks.recall_5 == pytest.approx(2 / 3)
    assert ranks.mrr == pytest.approx(0.5)


def test_without_questions_figures_are_missing_not_zero() -> None:
    assert summarise([]).to_json() == {
        "n": 0,
        "ndcg@10": None,
        "recall@1": None,
        "recall@3": None,
        "recall@5": None,
        "mrr@10": None,
    }


def test_benchmark_files_are_read(tmp_path: Path) -> None:
    asked = {"question": "q", "history": [["user", "a"], ["agent", "b"]], "gold_passage_ids": ["p1"], "domain": "dmv"}
    question = read_questions(write(tmp_path / "q.jsonl", [asked]))[0]
    assert question == Question("q", frozenset({"p1"}), (Message("customer", "a"), Message("operator", "b")), "dmv")
    assert [chunk.id for chunk in read_passages(write(tmp_path / "p.jsonl", PASSAGES))] == ["p1", "p2", "p3"]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "q", "gold_passage_ids": []}\n{"question": 1}\n')
    with pytest.raises(BadRow, match=r"q\.jsonl:2: lacks gold_passage_ids"):
        read_questions(path)
    path.write_text("{\n")
    with pytest.raises(BadRow, match=r"q\.jsonl:1: no JSON"):
        read_questions(path)


def test_a_run_finds_passages_by_each_arm(tmp_path: Path) -> None:
    index = assemble(read_passages(write(tmp_path / "p.jsonl", PASSAGES)), None, tmp_path / "index")
    questions = [Question("How much is a licence?", frozenset({"p1"})), Question("retire", frozenset({"p3"}))]
    result = run(Retriever(index, None), questions)
    assert result.figures("bm25").recall_1 == result.figures("fused").recall_1 == 1
    assert set(result.found) == set(ARMS)
    assert len(result.search_ms) == 2
    by_article = run(Retriever(index, None), [Question("photograph licence", frozenset({"d1"}))], by_article=True)
    assert by_article.found["fused"][0][0] == "d1"
    assert len(by_article.found["fused"][0]) == 2, "an article counts once"


def test_history_can_be_left_out(tmp_path: Path) -> None:
    index = assemble(read_passages(write(tmp_path / "p.jsonl", PASSAGES)), None, tmp_path / "index")
    question = Question("and then?", frozenset({"p3"}), (Message("customer", "I want to retire"),))
    assert run(Retriever(index, None), [question]).figures("bm25").recall_1 == 1
    without = run(Retriever(index, None), [question], history=False)
    assert without.figures("bm25").recall_1 == 0


def test_only_answerable_rows_have_an_article(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,article_id,answerable\nHow?,a|b,yes\nWhy?,,no\n")
    assert read_article_questions(path) == (Question("How?", frozenset({"a", "b"})),)
    path.write_text("text\nx\n")
    with pytest.raises(BadRow, match="expected the columns"):
        read_article_questions(path)
