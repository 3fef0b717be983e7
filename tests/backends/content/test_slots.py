"""Slot values are found before anything is stored, and private ones leave the text."""

import time
from pathlib import Path

import pytest

from backends.content.content import Content
from backends.contract import FlowState

ASKED_CODE = FlowState("book", "code", "Which code?")
ASKED_NOTE = FlowState("book", "note", "What shall we note?")
ASKED_PLACE = FlowState("book", "place", "Where to?")
CONFIRMING = FlowState("book", "confirm", "Book?")


@pytest.fixture
def content(bot_dir: Path) -> Content:
    return Content.load(bot_dir)


@pytest.mark.parametrize("text", ["Q-1234", "it is q-1234!", "Q-1234 and more"])
def test_a_pattern_is_recognised_in_any_message_and_written_in_its_form(content: Content, text: str) -> None:
    reading = content.reader.read(text, None)
    assert reading.found == {"code": "Q-1234"}
    assert reading.text == text


def test_a_bare_value_counts_only_when_it_is_asked_for(content: Content) -> None:
    assert content.reader.read("1234", None).found == {}
    assert content.reader.read("1234", ASKED_PLACE).found == {}
    assert content.reader.read("1234", ASKED_CODE).found == {"code": "Q-1234"}


def test_a_private_value_is_replaced_in_the_text(content: Content) -> None:
    reading = content.reader.read("Send it to Main 5, 8010 Graz please", ASKED_PLACE)
    assert reading.found == {"place": "Main 5, 8010 Graz"}
    assert reading.text == "Send it to [place] please"


def test_a_private_value_is_read_only_when_asked_for(content: Content) -> None:
    assert content.reader.read("to Main 5, 8010 Graz", None).found == {}
    assert "place" not in content.reader.read("to Main 5, 8010 Graz", ASKED_CODE).found


def test_a_misspelt_private_value_leaves_the_text_too(content: Content) -> None:
    reading = content.reader.read("Main 5 Graz", ASKED_PLACE)
    assert (reading.text, dict(reading.found)) == ("[place]", {})


def test_a_question_with_a_number_is_no_attempt_at_a_private_value(content: Content) -> None:
    assert content.reader.read("are you open on the 5th?", ASKED_PLACE).text == "are you open on the 5th?"


def test_a_private_value_can_be_corrected_at_the_confirmation(content: Content) -> None:
    reading = content.reader.read("no, to Side 6, 8010 Graz", CONFIRMING)
    assert reading.found == {"place": "Side 6, 8010 Graz"}
    assert reading.text == "no, to [place]"


def test_an_open_question_takes_any_text_but_questions_and_yes_or_no(content: Content) -> None:
    read = content.reader.read
    assert read("near the\n window", ASKED_NOTE).found == {"note": "near the window"}
    assert read("no window", ASKED_NOTE).found == {"note": "no window"}
    for text in ("never mind", "no", "yes", "is it warm?", "   "):
        assert read(text, ASKED_NOTE).found == {}
    assert read("near the window", None).found == {}


def test_a_question_of_a_flow_that_is_gone_finds_nothing(content: Content) -> None:
    assert content.reader.read("1234", FlowState("old", "thing", "?")).found == {}
    assert content.reader.read("1234", FlowState("old", "confirm", "?")).found == {}


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [("Q-1234", True), ("it's Q-1234, thanks", True), ("[place]", True), ("Q-1234 but I want my money back", False)],
)
def test_a_message_of_hardly_more_than_a_value_is_bare(content: Content, text: str, is_bare: bool) -> None:
    assert content.reader.is_bare(text) is is_bare


def test_lines_of_a_value_are_joined_by_commas() -> None:
    demo = Content.load(Path("demo"))
    reading = demo.reader.read(
        "Anna Huber\nAm Steinfeld 12b\n4020 Linz", FlowState("change_address", "new_address", "")
    )
    assert reading.found["new_address"] == "Anna Huber, Am Steinfeld 12b, 4020 Linz"


@pytest.mark.parametrize(
    "piece", ["a@", "to ", "ab 12 ", "x\n", "12 ", "1, ", "flat 3 ", "é12 , ", "TF-", "..", "a.b@c."]
)
def test_a_hostile_text_is_read_in_milliseconds(piece: str) -> None:
    demo = Content.load(Path("demo"))
    text = (piece * 4000)[:4000]
    state = FlowState("change_address", "new_address", "")
    began = time.process_time()
    demo.reader.read(text, state)
    assert time.process_time() - began < 0.25
