"""Labels as a model sees them, and what its answers mean."""

import json

import pytest

from training.dataset import OOS
from training.techniques.prompted.labels import Labels

LABELS = Labels(["card_arrival", "Refund_not_showing_up", "reverted_card_payment?", OOS])


@pytest.mark.parametrize(
    ("answer", "intent"),
    [
        ("card arrival", "card_arrival"),
        ("Card Arrival.", "card_arrival"),
        ("card_arrival", "card_arrival"),
        ("Intent: card arrival", "card_arrival"),
        ('"refund not showing up"', "Refund_not_showing_up"),
        ("reverted card payment?", "reverted_card_payment?"),
        ("out of scope", OOS),
        ("oos", OOS),
    ],
)
def test_a_label_alone_is_an_answer(answer: str, intent: str) -> None:
    assert LABELS.parse(answer, is_json=False) == (intent, None)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("card", "unknown_label"),
        ("I would say that this message is about card arrival.", "prose"),
        ("card arrival\nbecause the card has not come", "prose"),
        ("", "prose"),
    ],
)
def test_a_label_inside_a_sentence_is_none(answer: str, failure: str) -> None:
    assert LABELS.parse(answer, is_json=False) == (None, failure)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"intent": "card arrival"}', ("card_arrival", None)),
        ('```json\n{"intent": "card arrival"}\n```', ("card_arrival", None)),
        ('{"reason": "A card {late}.", "intent": "card arrival"}', ("card_arrival", None)),
        ('Thinking: it is late. {"intent": "card arrival"}', ("card_arrival", None)),
        ("card arrival", ("card_arrival", None)),
        ('{"intent": "lost card"}', (None, "unknown_label")),
        ('{"intent": 3}', (None, "unknown_label")),
        ('{"intent": "card arr', (None, "unknown_label")),
    ],
)
def test_an_object_is_read_whatever_stands_around_it(answer: str, expected: tuple[str | None, str | None]) -> None:
    assert LABELS.parse(answer, is_json=True) == expected


def test_labels_that_would_look_alike_keep_their_names() -> None:
    labels = Labels(["card_arrival", "card arrival", "lost"])
    assert labels.listed() == "card arrival; card_arrival; lost"
    for name in labels.intents:
        assert labels.parse(name, is_json=False).intent == name


def test_what_is_out_of_scope_is_listed_last() -> None:
    assert LABELS.listed().endswith("; out of scope")


def test_a_hundred_and_fifty_names_and_long_ones_are_all_understood() -> None:
    names = [f"intent_{number}_{'long_' * 30}name" for number in range(150)]
    labels = Labels(names)
    answers = [labels.answer(name, is_json=True) for name in names]
    assert [labels.parse(answer, is_json=True).intent for answer in answers] == names
    plain = [labels.answer(name, is_json=False) for name in names]
    assert [labels.parse(answer, is_json=False).intent for answer in plain] == names


@pytest.mark.parametrize("name", ["intent_7", "label_printing", "answer_survey", "the_answer"])
def test_a_name_may_begin_with_a_word_that_leads_an_answer(name: str) -> None:
    labels = Labels([name, "other"])
    for answer in (labels.shown(name), f"Intent: {labels.shown(name)}", f"The label is {labels.shown(name)}."):
        assert labels.parse(answer, is_json=False).intent == name


def test_the_schema_allows_the_given_labels_and_puts_the_reason_first() -> None:
    schema = LABELS.schema(["card_arrival"], reason_chars=80)
    assert list(schema["properties"]) == ["reason", "intent"]
    assert schema["properties"]["reason"]["maxLength"] == 80
    assert schema["properties"]["intent"]["enum"] == ["card arrival"]
    assert json.dumps(schema)
