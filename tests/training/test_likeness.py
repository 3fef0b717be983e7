"""What only meaning shows is found in vectors made by hand, with the rows."""

from collections.abc import Sequence

import numpy as np
import pytest

from training.dataset import Dataset, Example
from training.likeness import Findings, find
from training.neighbours import Floats

pytest.importorskip("cleanlab", reason="needs the extra `train`")
pytestmark = pytest.mark.slow


def embed(texts: Sequence[str]) -> Floats:
    """A text is `topic number` or `topic number turn`: near its topic, turned by so many degrees from its number."""
    vectors = np.zeros((len(texts), 64))
    for place, text in enumerate(texts):
        topic, number, *turn = text.split()
        own = np.random.default_rng([ord(topic), int(number)]).normal(size=64)
        vector = np.random.default_rng(ord(topic)).normal(size=64) + 0.6 * own
        across = np.random.default_rng([7, int(number)]).normal(size=64)
        across -= across @ vector / (vector @ vector) * vector
        angle = np.radians(float(turn[0]) if turn else 0.0)
        vectors[place] = np.cos(angle) * vector / np.linalg.norm(vector)
        vectors[place] += np.sin(angle) * across / np.linalg.norm(across)
    return vectors.astype(np.float32)


ROWS = [Example(f"{topic} {number}", topic, f"a.csv:{topic}{number}") for topic in "pqr" for number in range(15)]


def look(*extra: Example, test: Sequence[Example] = (), rows: Sequence[Example] = ROWS) -> Findings:
    return find(Dataset.of([*rows, *extra]), test, embed)


def test_clean_rows_have_no_problems() -> None:
    assert look() == Findings(())


@pytest.mark.parametrize(
    ("extra", "kinds"),
    [
        (Example("p 3 5", "p", "b.csv:1"), ["near_duplicate"]),
        (Example("p 3 14", "p", "b.csv:1"), []),
        (Example("p 3 14", "q", "b.csv:1"), ["near_contradiction", "suspect_label"]),
    ],
)
def test_near_copies_are_found_by_their_label(extra: Example, kinds: list[str]) -> None:
    problems = look(extra).problems
    assert [problem.kind for problem in problems] == kinds
    for problem in problems[:1]:
        assert {row.source for row in problem.rows} == {"a.csv:p3", "b.csv:1"}


def test_a_near_copy_in_the_test_set_is_named_with_the_row_it_is_near() -> None:
    test = [Example("p 3 5", "p", "t.csv:9"), Example("P 3!", "p", "t.csv:10"), Example("p 3 40", "p", "t.csv:11")]
    (problem,) = look(test=test).problems
    assert problem.kind == "near_leakage"
    assert [(row.source, row.is_test) for row in problem.rows] == [("t.csv:9", True), ("a.csv:p3", False)]


def test_a_wrong_label_is_named_with_the_likely_one() -> None:
    (problem,) = look(Example("p 77", "r", "b.csv:8")).problems
    assert problem.kind == "suspect_label"
    (row,) = problem.rows
    assert (row.source, row.intent, row.suggested) == ("b.csv:8", "r", "p")
    assert row.confidence is not None
    assert row.confidence < 0.3


def test_intents_that_share_a_place_are_named_with_their_rows() -> None:
    mixed = [Example(f"s {number}", "st"[number % 2], f"b.csv:{number}") for number in range(40)]
    overlap = next(problem for problem in look(*mixed).problems if problem.kind == "overlap")
    assert overlap.message.startswith("s and t: ")
    assert all(row.source.startswith("b.csv") for row in overlap.rows)


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS[:15], ROWS[10:25]])
def test_too_few_rows_are_not_judged_and_it_says_so(rows: Sequence[Example]) -> None:
    found = look(rows=rows)
    assert found.problems == ()
    assert "are needed, got" in found.left_out[0]


def test_an_intent_with_few_texts_is_left_out_alone() -> None:
    found = look(Example("z 1", "z"), Example("p 77", "r", "b.csv:8"))
    assert [problem.kind for problem in found.problems] == ["suspect_label"]
    assert found.left_out == ("labels of 1 texts whose intents have fewer than 4",)
