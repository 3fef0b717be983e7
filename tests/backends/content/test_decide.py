"""What follows from one message: flows, digressions, confirmations, and when to give up."""

from pathlib import Path

import pytest

from backends.content.content import Content
from backends.content.decide import Clarify, GiveUp, Go, Handoff, Move, Pass, Retry, Say, Stop, decide, open_flow
from backends.content.heard import Heard
from backends.contract import FlowState, Turn

NOTHING = Heard(None, 0.2, "low_confidence")
AT_CODE = FlowState("book", "code", "Which code?")
AT_NOTE = FlowState("book", "note", "What shall we note?")
AT_PLACE = FlowState("book", "place", "Where to?")
AT_CONFIRM = FlowState("book", "confirm", "Book?")


@pytest.fixture
def content(bot_dir: Path) -> Content:
    return Content.load(bot_dir)


def sure(intent: str) -> Heard:
    return Heard(intent, 0.9, guess=intent)


def certain(intent: str) -> Heard:
    return Heard(intent, 0.999, guess=intent)


def button(intent: str) -> Heard:
    return Heard(intent, 1.0, guess=intent, is_pressed=True)


def turn(text: str, flow: FlowState | None = None, *found: str, clarified: bool = False) -> Turn:
    return Turn("t1", text, flow=flow, found=frozenset(found), clarified=clarified)


CLOSE = Heard(None, 0.4, "ambiguous", "hello", ("hello", "hours"))


@pytest.mark.parametrize(
    ("message", "heard", "move"),
    [
        (turn("hi"), sure("hello"), Say("hello")),
        (turn("a table please"), sure("book"), Go("book")),
        (turn("a person please"), sure("person"), Handoff()),
        (turn("snow?"), sure("weather"), Pass("no_reply")),
        (turn("asdf"), NOTHING, Pass("low_confidence")),
        (turn("hm"), CLOSE, Clarify(("hello", "hours"))),
        (turn("hm", clarified=True), CLOSE, Pass("ambiguous")),
        (turn("Q-1234", None, "code"), NOTHING, Go("book")),
        (turn("Q-1234!", None, "code"), sure("hours_of"), Go("book")),
        (turn("it is Q-1234", None, "code"), NOTHING, Go("book")),
        (turn("open Q-1234?", None, "code"), sure("hours_of"), Go("hours_of")),
        (turn("Q-1234 stinks, I want my money back", None, "code"), NOTHING, Pass("low_confidence")),
        (turn("never mind"), NOTHING, Pass("low_confidence")),
    ],
)
def test_without_an_open_question(content: Content, message: Turn, heard: Heard, move: Move) -> None:
    assert decide(content, message, heard) == move


@pytest.mark.parametrize(
    ("message", "heard", "move"),
    [
        # the answer, whatever the classifier makes of it
        (turn("1234", AT_CODE, "code"), NOTHING, Go("book")),
        (turn("1234", AT_CODE, "code"), sure("hours_of"), Go("book")),
        (turn("near the window", AT_NOTE, "note"), sure("hours"), Go("book")),
        # another flow, together with a value
        (turn("when is the place Q-1234 open to us", AT_CODE, "code"), sure("hours_of"), Go("hours_of")),
        # a misfit
        (turn("12 34", AT_CODE), NOTHING, Retry("book", is_misfit=True)),
        (turn("12", AT_CODE), sure("hello"), Retry("book", is_misfit=True)),
        (turn("[place]", AT_PLACE), sure("hello"), Retry("book", is_misfit=True)),
        (turn("12", FlowState("book", "code", "?", 1)), NOTHING, Retry("book", is_misfit=True)),
        (turn("12", FlowState("book", "code", "?", 2)), NOTHING, GiveUp("book")),
        # the same wish again
        (turn("I want a table", AT_CODE), sure("book"), Retry("book", is_misfit=False)),
        (turn("yes", AT_CODE), sure("affirm"), Retry("book", is_misfit=False)),
        # the end
        (turn("never mind", AT_CODE), sure("hello"), Stop("book")),
        (turn("no", AT_CODE), NOTHING, Stop("book")),
        (turn("I would rather not", AT_CODE), sure("deny"), Stop("book")),
        (turn("let me talk to someone", AT_NOTE, "note"), sure("person"), Handoff()),
        # something else
        (turn("when do you open on the 5th of the month", AT_CODE), sure("hours"), Say("hours")),
        (turn("which are open", AT_CODE), sure("hours_of"), Go("hours_of")),
        (turn("what is the meaning of life", AT_CODE), NOTHING, Pass("low_confidence")),
        (turn("are there 12 of you?", AT_CODE), NOTHING, Pass("low_confidence")),
        (turn("hm", AT_CODE), CLOSE, Pass("ambiguous")),
        (turn("Hours", AT_CODE), button("hours"), Say("hours")),
        (turn("Stop", AT_CODE), button("hours"), Say("hours")),
    ],
)
def test_with_a_slot_asked_for(content: Content, message: Turn, heard: Heard, move: Move) -> None:
    assert decide(content, message, heard) == move


@pytest.mark.parametrize(
    ("text", "heard", "move"),
    [
        ("yes", NOTHING, Go("book", confirmed=True)),
        ("that suits me well", Heard("affirm", 0.97, guess="affirm"), Go("book", confirmed=True)),
        ("that suits me well", sure("affirm"), Retry("book", is_misfit=False)),
        ("hm", Heard("affirm", 0.99, guess="affirm"), Retry("book", is_misfit=False)),
        ("No, keep it", button("affirm"), Go("book", confirmed=True)),
        ("Yes", button("deny"), Stop("book")),
        ("yes but not today", sure("affirm"), Retry("book", is_misfit=False)),
        ("no", sure("affirm"), Stop("book")),
        ("please leave things be", sure("deny"), Stop("book")),
        ("cancel that", sure("book"), Stop("book")),
        ("what now", NOTHING, Retry("book", is_misfit=False)),
        ("book it", sure("book"), Retry("book", is_misfit=False)),
        ("when do you open", sure("hours"), Say("hours")),
        ("which ones are open", sure("hours_of"), Go("hours_of")),
        ("tell me about the history of tables", NOTHING, Pass("low_confidence")),
    ],
)
def test_at_a_confirmation(content: Content, text: str, heard: Heard, move: Move) -> None:
    assert decide(content, turn(text, AT_CONFIRM), heard) == move


def test_a_value_at_a_confirmation_is_a_correction_to_be_confirmed_again(content: Content) -> None:
    assert decide(content, turn("no, Q-1235", AT_CONFIRM, "code"), sure("deny")) == Go("book", confirmed=False)


def test_three_unclear_answers_to_a_confirmation_are_enough(content: Content) -> None:
    state = FlowState("book", "confirm", "Book?", tries=2)
    assert decide(content, turn("hm", state), NOTHING) == GiveUp("book")


@pytest.mark.parametrize("state", [FlowState("gone", "code", "?"), FlowState("book", "gone", "?")])
def test_a_question_the_content_no_longer_knows_is_not_open(content: Content, state: FlowState) -> None:
    assert open_flow(content, state) is None
    assert decide(content, turn("hi", state), sure("hello")) == Say("hello")


def test_only_a_plain_yes_ever_leads_to_an_action(content: Content) -> None:
    """Whatever is heard at whatever question: without a yes to the confirmation nothing is confirmed."""
    texts = ["", "hm", "no", "never mind", "1234", "why?", "yes?", "ok but", "not yes", "do not do it", "12", "[place]"]
    texts += ["yes, if it is cheap", "sure? why", "maybe yes", "I said yes to the other one"]
    states = [None, AT_CODE, AT_NOTE, AT_PLACE, AT_CONFIRM]
    intents = [NOTHING, CLOSE, *map(certain, ["hello", "book", "hours", "hours_of", "deny", "affirm", "person", "odd"])]
    for text in texts:
        for state in states:
            for heard in intents:
                for found in ((), ("code",), ("place",)):
                    move = decide(content, turn(text, state, *found), heard)
                    assert not (isinstance(move, Go) and move.confirmed), (text, state, heard, found)
