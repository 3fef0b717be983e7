"""Validation finds what would spoil a training, and tells what matters from what does not."""

import pytest

from training.dataset import Dataset, Example
from training.validation import Row, essence, validate

CLEAN = [
    Example("hi", "greet", "a.yml"),
    Example("hey", "greet", "a.yml"),
    Example("bye", "goodbye", "b.yml"),
    Example("cu", "goodbye", "b.yml"),
]


def test_clean_data_has_no_problems() -> None:
    assert validate(Dataset.of(CLEAN)) == ()


@pytest.mark.parametrize(
    ("extra", "kind", "words"),
    [
        (Example("HI ", "goodbye", "c.yml"), "contradiction", "greet in a.yml, goodbye in c.yml"),
        (Example("hi", "oos", "oos.yml"), "contradiction", "oos in oos.yml"),
        (Example("Bye", "goodbye", "c.yml"), "duplicate", "2 times as goodbye"),
        (Example("thank you", "thanks", "c.yml"), "small_intent", "thanks has 1 examples"),
    ],
)
def test_each_kind_of_problem_is_named_with_its_rows(extra: Example, kind: str, words: str) -> None:
    (problem,) = validate(Dataset.of([*CLEAN, extra]))
    assert problem.kind == kind
    assert words in problem.message
    assert problem.is_serious == (kind != "duplicate")


def test_a_test_text_that_is_trained_on_is_a_leak() -> None:
    (problem,) = validate(Dataset.of(CLEAN), [Example("BYE", "goodbye", "test.csv"), Example("ciao", "goodbye")])
    assert problem.kind == "leakage"
    assert "test.csv" in problem.message


def test_a_single_intent_is_no_classifier() -> None:
    assert validate(Dataset.of(CLEAN[:2]))[0].kind == "too_few_intents"


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (Example("The bye!", "goodbye", "c.yml:9"), "near_duplicate"),
        (Example("bye, please", "greet", "c.yml:9"), "near_contradiction"),
    ],
)
def test_punctuation_and_politeness_make_no_other_text(extra: Example, kind: str) -> None:
    (problem,) = validate(Dataset.of([*CLEAN, extra]))
    assert (problem.kind, problem.is_serious) == (kind, False)
    assert [(row.text, row.source) for row in problem.rows] == [("bye", "b.yml"), (extra.text, "c.yml:9")]


def test_a_test_text_that_hardly_differs_from_training_is_no_serious_leak() -> None:
    (problem,) = validate(Dataset.of(CLEAN), [Example("Bye!", "goodbye", "test.csv:2")])
    assert (problem.kind, problem.is_serious) == ("near_leakage", False)
    assert [row.is_test for row in problem.rows] == [True, False]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Where's my top-up?", "wheres the my TOP up", True),
        ("hi", "hello", False),
        ("?!", "!?", False),
        ("order 12", "order 1", False),
        ("straße", "STRASSE", True),
        ("", "", True),
    ],
)
def test_essence_keeps_what_is_said(one: str, other: str, same: bool) -> None:
    assert (essence(one) == essence(other)) == same


def test_rows_tell_file_and_line_apart() -> None:
    assert Row("a", "b", "x/y.csv:12").to_json()["line"] == 12
    assert Row("a", "b", "C:data").to_json() | {"text": ""} == Row("", "b", "C:data").to_json()
    assert Row("a", "b", "turn:01H").to_json()["file"] == "turn:01H"
