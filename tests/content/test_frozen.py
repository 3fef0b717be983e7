"""The test content is frozen, large enough, varied, and unlike any training text.

It deliberately knows no classifier and no retriever: it only guards the texts they are measured with.
"""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

HERE = Path(__file__).parent
DEMO = HERE.parents[1] / "demo"
TEXT_COLUMN = {"oos.csv": "text", "questions.csv": "question", "utterances.csv": "text"}
WORD = re.compile(r"[^\W_]+")
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")

Grams = frozenset[tuple[str, ...]]


class Pair(NamedTuple):
    """How alike two texts are."""

    similarity: float
    """Word-trigram Jaccard, 0 (nothing shared) to 1 (same words in the same order)."""
    first: str
    second: str


@cache
def word_trigrams(text: str) -> Grams:
    """Give the set of word trigrams of a text, lower-cased and without punctuation.

    A text of fewer than three words is one gram as a whole, so that equal short texts are found too;
    one without any word (only signs) stands for itself.
    """
    words = WORD.findall(text.lower().replace("'", "").replace("’", ""))
    if len(words) < 3:
        return frozenset({tuple(words or [text])})
    return frozenset(tuple(words[start : start + 3]) for start in range(len(words) - 2))


def jaccard(first: Grams, second: Grams) -> float:
    """Divide the grams in both sets by the grams in either; the sets must not be empty."""
    return len(first & second) / len(first | second)


def pairs_above(limit: float, pairs: Iterable[tuple[str, str]]) -> list[Pair]:
    """List the pairs whose similarity is above the limit, most alike first."""
    scored = (Pair(jaccard(word_trigrams(a), word_trigrams(b)), a, b) for a, b in pairs)
    return sorted((pair for pair in scored if pair.similarity > limit), reverse=True)


def read_rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def texts_by_intent() -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for row in read_rows("utterances.csv"):
        grouped[row["intent"]].append(row["text"])
    return grouped


def frozen_texts() -> list[str]:
    return [row[column] for name, column in TEXT_COLUMN.items() for row in read_rows(name)]


def training_texts() -> Iterator[str]:
    """Yield every example of the Rasa NLU files without entity marks; skips where there are none."""
    paths = sorted((DEMO / "nlu").glob("*.yml"))
    if not paths:
        pytest.skip(f"no training texts to compare with: {DEMO / 'nlu'} holds no .yml file")
    for path in paths:
        for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu", []):
            if "intent" not in block:
                continue
            for line in block["examples"].splitlines():
                if line.strip().startswith("- "):
                    yield ANNOTATION.sub(r"\1", line.strip().removeprefix("- ")).strip()


def test_the_test_content_is_frozen_since_changing_it_makes_figures_incomparable() -> None:
    lines = (HERE / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    recorded = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    actual = {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in sorted(TEXT_COLUMN)}
    assert actual == recorded, "the test content is frozen: changing it makes figures incomparable"


def test_there_are_enough_texts_of_every_kind() -> None:
    counts = {intent: len(texts) for intent, texts in texts_by_intent().items()}
    assert len(counts) == 44
    assert min(counts.values()) >= 5, counts
    kinds = Counter(row["kind"] for row in read_rows("oos.csv"))
    assert set(kinds) == {"near", "far"}
    assert kinds.total() >= 80
    assert kinds["near"] * 2 >= kinds.total(), kinds
    answerable = Counter(row["answerable"] for row in read_rows("questions.csv"))
    assert set(answerable) == {"yes", "no"}
    assert answerable["yes"] >= 100, answerable
    assert answerable["no"] >= 30, answerable


def test_out_of_scope_rows_have_the_intent_oos_and_utterances_never() -> None:
    assert {row["intent"] for row in read_rows("oos.csv")} == {"oos"}
    assert "oos" not in texts_by_intent()


def test_every_answerable_question_names_articles_that_exist_and_the_others_name_none() -> None:
    articles = {path.stem for path in (DEMO / "articles").glob("*.md")}
    for row in read_rows("questions.csv"):
        if row["answerable"] == "yes":
            assert set(row["article_id"].split("|")) <= articles, row
        else:
            assert row["article_id"] == "", row


def test_every_article_is_asked_for_at_least_twice() -> None:
    asked = Counter(name for row in read_rows("questions.csv") for name in row["article_id"].split("|") if name)
    rarely = {path.stem for path in (DEMO / "articles").glob("*.md") if asked[path.stem] < 2}
    assert not rarely


def test_no_two_utterances_of_one_intent_are_nearly_the_same() -> None:
    for intent, texts in texts_by_intent().items():
        assert not pairs_above(0.6, combinations(texts, 2)), intent


def test_no_test_text_is_nearly_a_training_text() -> None:
    clashes = pairs_above(0.8, product(frozen_texts(), training_texts()))
    assert not clashes, clashes


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Where is my order?", "where is my order", 1.0),
        ("where is my order", "where is my parcel", 1 / 3),
        ("hello there", "Hello there!", 1.0),
        ("hello", "hello there you", 0.0),
        ("%%% ///", "???", 0.0),
        ("Don't stop it", "dont stop it", 1.0),
    ],
)
def test_similarity_ignores_case_and_punctuation_and_handles_short_texts(
    first: str, second: str, expected: float
) -> None:
    assert jaccard(word_trigrams(first), word_trigrams(second)) == pytest.approx(expected)
