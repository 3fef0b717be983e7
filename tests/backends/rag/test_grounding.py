"""What a generated sentence may say. Each row is a way in which a small model goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.rag.grounding import Grounding, Source, clean
from backends.rag.sentences import split_sentences

EXPRESS = Source(
    "Express delivery",
    "Price",
    "Express delivery costs 12.90 EUR per order. Express is never free, not even for large orders. Choose Express at "
    "checkout before 13:00 and the parcel arrives on the next working day. It is available in Austria and Germany "
    "only.",
)
RETURNS = Source(
    "Returns",
    "Rules",
    "Shipping costs 4.90 EUR in Austria and 8.90 EUR in other EU countries. In Switzerland, delivery takes 5 to 9 "
    "working days. Opened food cannot be returned. Returns are free if the items are unused. You may keep the tent. "
    "The minimum order is 60 EUR. We refund within 5 working days after the parcel has arrived in Graz.",
)
CAUSES = Source(
    "Declined",
    "Why",
    "The usual causes are these:\n- The card is blocked for purchases abroad.\n- The limit is reached.\n"
    "Steps to take:\n1. Open the account.\n2. Press the button.",
)


@pytest.fixture
def grounding() -> Grounding:
    """The gate for a question about nothing in particular."""
    return Grounding([EXPRESS, RETURNS, CAUSES], "What do I need to know?")


@pytest.mark.parametrize(
    "sentence",
    [
        "Express delivery costs 12.90 EUR per order.",
        "Express delivery costs €12.90 per order.",
        "Express is never free, not even for large orders.",
        "Express delivery costs 12.90 EUR per order and is never free, not even for large orders.",
        "Express delivery is available in Austria and Germany only.",
        "Opened food can't be returned.",
        "In Switzerland delivery takes 5-9 working days.",
        "Shipping costs 4.90 EUR in Austria.",
        "Returns are free if the items are unused.",
        "The usual causes are these: the limit is reached.",
        "Press the button.",
        "The minimum order is 60 EUR.",
    ],
)
def test_what_a_passage_says_passes(grounding: Grounding, sentence: str) -> None:
    verdict = grounding.check(sentence)
    assert verdict.is_supported, verdict.why
    assert verdict.quote


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Express delivery costs 9.90 EUR per order.", "number"),
        ("Express delivery costs 12.90 USD per order.", "unit"),
        ("Express delivery costs 12.90 per order.", "unit"),
        ("Express is free.", "'not'"),
        ("Express is never free.", "'not'"),
        ("Express delivery costs 12.90 EUR in Norway.", "name"),
        ("It is available in Austria and Germany.", "'only'"),
        ("It is available in Germany and Austria only.", "germani"),
        ("Shipping costs 4.90 EUR in other EU countries.", "austria"),
        ("Shipping costs 8.90 EUR in Austria.", "'8.9'"),
        ("Delivery takes 5 to 9 working days.", "switzerland"),
        ("In Switzerland, delivery takes 5 to 9 days.", "working"),
        ("Food cannot be returned.", "open"),
        ("Opened food can be returned.", "'not'"),
        ("Returns are free.", "'if'"),
        ("Returns are free unless the items are unused.", "'unless'"),
        ("You must keep the tent.", "'must'"),
        ("You keep the tent.", "'may'"),
        ("The maximum order is 60 EUR.", "'most'"),
        ("The order is 60 EUR.", "'least'"),
        ("We refund within 5 working days before the parcel has arrived in Graz.", "'before'"),
        ("We refund within 5 working days.", "'after'"),
        ("All orders cost 12.90 EUR.", "'all'"),
        ("The card is blocked for purchases abroad.", "half"),
        ("We offer a 1.00 EUR refund.", "offer"),
        ("Do you want express delivery?", "asks"),
        ("Yes.", "nothing that could be checked"),
        ("12.90 EUR", "leaves out"),
    ],
)
def test_what_no_passage_says_is_stopped(grounding: Grounding, sentence: str, why: str) -> None:
    verdict = grounding.check(sentence)
    assert not verdict.is_supported
    assert why in verdict.why


def test_a_restriction_the_customer_named_need_not_be_repeated() -> None:
    sentence = "Delivery takes 5 to 9 working days."
    assert Grounding([RETURNS], "How long to Switzerland?").check(sentence).is_supported
    assert not Grounding([RETURNS], "How long does it take?").check(sentence).is_supported


def test_a_place_the_customer_named_does_not_become_true() -> None:
    gate = Grounding([RETURNS], "How long to Norway?")
    assert not gate.check("In Norway, delivery takes 5 to 9 working days.").is_supported


def test_an_item_under_a_heading_that_denies_it_does_not_pass_alone() -> None:
    denied = Source(
        "Price match", "What we do not match", "- Offers on marketplaces.\n- Used goods.\nEach item counts once."
    )
    gate = Grounding([denied], "Do you match marketplaces?")
    assert not gate.check("Offers on marketplaces.").is_supported
    assert gate.check("Each item counts once.").is_supported


def test_without_passages_nothing_passes() -> None:
    assert not Grounding([], "x").check("Express delivery costs 12.90 EUR.").is_supported


@given(st.sampled_from(split_sentences(EXPRESS.text) + split_sentences(RETURNS.text)))
def test_a_passage_supports_its_own_sentences(span: object) -> None:
    text = getattr(span, "text", "")
    assert Grounding([EXPRESS, RETURNS], "").check(clean(text)).is_supported


@given(st.integers(0, 10_000).filter(lambda n: n not in {12, 13}))
def test_no_other_number_passes(number: int) -> None:
    assert not Grounding([EXPRESS], "").check(f"Express delivery costs {number}.90 EUR per order.").is_supported


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Yes, it is free.", "It is free."),
        ("According to passage 2, it is free.", "It is free."),
        ("- It is free [1].", "It is free."),
        ("[3] - It is free.", "It is free."),
        ("**It** is free. [1, 2]", "It is free."),
        ('The answer is: "It is free."', "It is free."),
        ("No stores are open.", "No stores are open."),
        ("Note the number 5.", "Note the number 5."),
    ],
)
def test_what_surrounds_a_statement_is_dropped(raw: str, expected: str) -> None:
    assert clean(raw) == expected
