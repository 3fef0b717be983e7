"""Validation finds what would spoil a training, and tells what matters from what does not."""

import pytest

from training.dataset import Dataset, Example
from training.validation import validate

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
