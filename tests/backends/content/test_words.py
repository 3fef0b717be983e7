"""Yes, no and never mind, and what is none of them."""

import pytest

from backends.content.words import Words, plain

WORDS = Words()


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes!", "yes please", "YEP", "ok", "Sure, go ahead", "that's right", "Yes, cancel it", "correct.", "Ja"],
)
def test_a_short_plain_yes_is_one(text: str) -> None:
    assert WORDS.is_affirm(text)


@pytest.mark.parametrize(
    "text",
    [
        "yes but change the street first",
        "ok wait",
        "yes?",
        "sure, if it is free",
        "right, and what about my refund and the other one I sent",
        "no",
        "sure not",
        "yes no",
        "",
        "yesterday",
        "okay-ish isn't enough",
        "fine, only not today",
    ],
)
def test_a_hedged_or_long_yes_is_none(text: str) -> None:
    assert not WORDS.is_affirm(text)


@pytest.mark.parametrize("text", ["no", "No!", "nope", "No, don't", "nein", "don't do it", "no longer needed"])
def test_a_short_no_is_one(text: str) -> None:
    assert WORDS.is_deny(text)


@pytest.mark.parametrize("text", ["not sure", "none", "nobody", "?", "know"])
def test_what_only_looks_like_a_no_is_none(text: str) -> None:
    assert not WORDS.is_deny(text)


def test_a_no_with_anything_behind_it_is_not_bare() -> None:
    assert WORDS.is_bare_deny("No.")
    assert not WORDS.is_bare_deny("no idea")


@pytest.mark.parametrize(
    "text", ["never mind", "Never mind!", "no, forget it", "cancel that please", "oh nevermind", "stop", "Stop it."]
)
def test_the_customer_can_drop_the_matter(text: str) -> None:
    assert WORDS.is_cancel(text)


@pytest.mark.parametrize(
    "text", ["cancel my order", "I can't stop sneezing", "the zip is stopped", "please stop the newsletter"]
)
def test_a_wish_is_not_dropping_the_matter(text: str) -> None:
    assert not WORDS.is_cancel(text)


def test_plain_folds_case_apostrophes_and_punctuation() -> None:
    assert plain("  No,  DON’T! ") == "no dont"


def test_an_open_answer_that_starts_like_a_word_of_the_list_is_a_value() -> None:
    assert not WORDS.is_any("right sleeve torn")
    assert not WORDS.is_any("no longer needed")
    assert WORDS.is_any("OK!")
