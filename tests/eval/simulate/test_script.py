"""What a customer does next, played against a bot that is told what to say."""

from random import Random
from typing import Any

import pytest

from bot.scenarios import Book
from eval.simulate.customer import Customer
from eval.simulate.move import AskPerson, Leave, Move, Press, Say, Seen, Solved, Thumb
from eval.simulate.script import MOST_MESSAGES, Script
from tests.eval.simulate.conftest import Someone, seen

MISS = seen("Sorry?", backend="fallback", buttons={"Talk to a person": "/talk_to_human"})
HELD = seen("We open at nine o'clock.")


def script_of(book: Book, customer: Customer, seed: int = 1) -> Script:
    return Script(book.customers, customer, customer.first, Random(seed))


def why(move: Move) -> str:
    assert isinstance(move, Say | Press | Leave), move
    return move.why


def test_who_is_answered_leaves_content(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours"))
    opening = script.begin()
    assert isinstance(opening, Say)
    assert opening.text.startswith("when are you open")
    assert script.next(HELD) == Leave("silent", "met")
    assert script.asked[0].is_met


@pytest.mark.parametrize(
    ("ending", "move", "left"),
    [
        ("thanks", Say, "thanked"),
        ("button", Solved, "thanked"),
        ("thumbs", Thumb, "thanked"),
        ("grumble", Say, "complained"),
    ],
)
def test_who_was_helped_takes_leave_in_many_ways(
    book: Book, someone: Someone, ending: Any, move: type, left: str
) -> None:
    script = script_of(book, someone("hours", when_met=ending))
    script.begin()
    assert isinstance(script.next(HELD), move)
    assert script.next(MISS) == Leave(left, "met")  # type: ignore[arg-type]


def test_a_bad_answer_is_followed_by_other_words(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", patience=3))
    first, second, third = script.begin(), script.next(MISS), script.next(MISS)
    assert isinstance(first, Say)
    assert isinstance(second, Say)
    assert isinstance(third, Say)
    assert len({first.text, second.text, third.text}) == 3
    assert script.next(MISS) == Leave("silent", "enough")
    assert (script.bad, script.bad_after) == (3, [1, 2, 3])


@pytest.mark.parametrize(
    ("ending", "moves"),
    [
        ("grumble", ["complain"]),
        ("button", [Solved(False)]),
        ("thumbs", [Thumb("m0", -1)]),
        ("silent", []),
    ],
)
def test_who_has_enough_leaves_in_many_ways(book: Book, someone: Someone, ending: Any, moves: list[Any]) -> None:
    script = script_of(book, someone("hours", when_missed=ending, patience=1))
    script.begin()
    done = []
    move = script.next(MISS)
    while not isinstance(move, Leave):
        done.append(move.why if isinstance(move, Say) else move)
        move = script.next(MISS)
    assert done == moves
    assert move == Leave("silent" if ending == "silent" else "complained", "enough")


def test_who_wants_a_person_gets_one(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", when_missed="person", patience=1))
    script.begin()
    pressed = script.next(MISS)
    assert isinstance(pressed, Press)
    assert pressed.button.payload == "/talk_to_human"
    last = script.next(seen("A colleague comes.", backend="handoff", owner="queue"))
    if isinstance(last, Say):
        last = script.next(seen(owner="queue"))
    assert last == Leave("handed_off", "person")


def test_who_asks_for_a_person_in_vain_uses_the_widgets_own_button(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", {"presses": 0.0}, when_missed="person", patience=1))
    script.begin()
    move = script.next(MISS)
    while isinstance(move, Say):
        move = script.next(MISS)
    assert move == AskPerson()


def test_a_flow_is_answered_step_by_step(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("cancel"))
    script.begin()
    number = script.next(seen("What is your order number?"))
    assert isinstance(number, Say)
    assert (number.text, number.slot) == ("it is TF-1", "order")
    assert why(script.next(seen("And your mail address?"))) == "slot"
    yes = script.next(seen("Cancel TF-1?", buttons={"Yes": "/affirm", "No": "/deny"}))
    assert isinstance(yes, Press)
    assert yes.button.payload == "/affirm"
    assert script.next(seen("TF-1 is cancelled.")) == Leave("silent", "met")
    assert script.bad == 0


def test_a_careless_answer_comes_first_and_the_real_one_next(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("cancel", {"mistypes": 1.0}))
    script.begin()
    assert why(script.next(seen("What is your order number?"))) == "wrong"
    owed = script.next(MISS)
    assert isinstance(owed, Say)
    assert (owed.text, owed.why) == ("it is TF-1", "owed")


def test_a_question_for_something_else_is_a_bad_answer(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours"))
    script.begin()
    again = script.next(seen("What is your order number?"))
    assert isinstance(again, Say)
    assert again.text.startswith("beside remark when are you open")


def test_nobody_says_yes_to_what_they_did_not_want(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours"))
    script.begin()
    assert why(script.next(seen("Cancel TF-9?", buttons={"Yes": "/affirm", "No": "/deny"}))) == "again"


def test_a_button_that_fits_is_pressed_once(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours"))
    script.begin()
    options = seen("Did you mean one of these?", buttons={"Hours": "/opening_hours", "Other": "/x"})
    pressed = script.next(options)
    assert isinstance(pressed, Press)
    assert (pressed.button.title, pressed.why, script.bad) == ("Hours", "option", 0)
    assert why(script.next(options)) == "again"


def test_who_ignores_buttons_types_on(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", {"presses": 0.0}))
    script.begin()
    assert isinstance(script.next(seen("One of these?", buttons={"Hours": "/opening_hours"})), Say)


def test_a_follow_up_is_asked_unless_it_was_told_already(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", follow_up=0))
    script.begin()
    more = script.next(HELD)
    assert isinstance(more, Say)
    assert (more.text, more.why) == ("and on sundays?", "follow_up")
    told = script_of(book, someone("hours", follow_up=0))
    told.begin()
    assert told.next(seen("At nine o'clock, closed on Sundays.")) == Leave("silent", "met")


def test_two_questions_in_one_message_are_both_pursued(book: Book, someone: Someone) -> None:
    second = book.scenarios[0].model_copy(update={"id": "other", "met": book.scenarios[0].follow_ups[0].met})
    script = script_of(book, someone("hours", second=second))
    opening = script.begin()
    assert isinstance(opening, Say)
    assert " AND " in opening.text
    assert why(script.next(HELD)) == "again"
    assert script.next(seen("closed on Sundays")) == Leave("silent", "met")


def test_the_credulous_take_an_answer_beside_the_point(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", believes=True, when_met="button"))
    script.begin()
    assert script.next(seen("Shipping is free.")) == Solved(True)
    assert (script.believed, script.asked[0].is_met) == (True, False)


def test_nobody_believes_that_an_errand_was_done_which_was_not(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("cancel", believes=True))
    script.begin()
    assert why(script.next(seen("Shipping is free."))) == "again"


def test_a_wish_for_a_person_is_met_in_the_queue(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("person"))
    script.begin()
    move = script.next(MISS)
    assert isinstance(move, Press)
    last = script.next(seen("Soon.", owner="queue"))
    if isinstance(last, Say):
        last = script.next(Seen((), "queue"))
    assert last == Leave("handed_off", "met")
    assert script.asked[0].is_met


def test_a_greeting_comes_before_the_point(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", greets=True))
    assert why(script.begin()) == "greet"
    assert why(script.next(seen("Hello!"))) == "ask"
    assert script.bad == 0


def test_a_button_of_the_greeting_may_be_all_it_takes(book: Book, someone: Someone) -> None:
    buttons = {"Hours": "/opening_hours", "A person": "/talk_to_human"}
    script = script_of(book, someone("hours", greets=True))
    script.begin()
    assert why(script.next(seen("Hello!", buttons=buttons))) == "option"
    person = script_of(book, someone("person", greets=True))
    person.begin()
    assert why(person.next(seen("Hello!", buttons=buttons))) == "ask", "first they say what it is about"


def test_nobody_talks_for_ever(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours", patience=1000))
    move = script.begin()
    while isinstance(move, Say):
        move = script.next(MISS)
    assert move == Leave("silent", "exhausted")
    assert script.messages == MOST_MESSAGES


def test_a_closed_conversation_ends(book: Book, someone: Someone) -> None:
    script = script_of(book, someone("hours"))
    script.begin()
    assert script.next(Seen((), "bot", is_closed=True)) == Leave("silent", "closed")


def test_the_angry_swear_and_the_brief_type_little(book: Book, someone: Someone) -> None:
    angry = script_of(book, someone("hours", {"angry": 1.0}))
    angry.begin()
    move = angry.next(MISS)
    assert isinstance(move, Say)
    assert move.text.startswith("anger remark ")
    terse = script_of(book, someone("person", brief=True)).begin()
    assert isinstance(terse, Say)
    assert terse.text == terse.text.lower()
