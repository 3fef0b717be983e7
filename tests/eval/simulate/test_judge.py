"""The truth comes from two witnesses, and the simulator's own mistakes are found."""

from dataclasses import replace
from typing import Any

import pytest

from bot.scenarios import Book
from eval.simulate.judge import Played, judge, on_record
from eval.simulate.move import Asked, Button, Leave, Press, Say
from tests.eval.simulate.conftest import Someone

MET, ENOUGH = Leave("silent", "met"), Leave("silent", "enough")


def turn(number: int, *, kind: str = "answer", intent: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "message_id": f"c{number}",
        "kind": kind,
        "intent": intent,
        "outcome": "answered",
        "citations": [],
        "actions": [],
        "reply": "A reply.",
        **more,
    }


def detail(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"turns": list(turns), "slots": {}, "events": [], "owner": "bot", **more}


def said(text: str = "when are you open", why: str = "ask", slot: str | None = None) -> Say:
    return Say(text, text, why, slot)


@pytest.fixture
def hours(book: Book, someone: Someone) -> Played:
    """Somebody asked for the hours, read them, and left."""
    customer = someone("hours")
    asked = Asked(customer.first.errand.scenario, {}, since=1, is_met=True)
    return Played(customer.first, (said(), MET), (asked,), ("c1",), "bot", 0, (), believed=False)


@pytest.fixture
def cancel(book: Book, someone: Someone) -> Played:
    """Somebody had an order cancelled."""
    customer = someone("cancel")
    asked = Asked(customer.first.errand.scenario, customer.first.errand.values, since=1, is_met=True)
    moves = (said("drop TF-1"), said("a@b.example", "slot", "mail"), MET)
    return Played(customer.first, moves, (asked,), ("c1", "c2"), "bot", 0, (), believed=False)


ASKED = turn(1, kind="question", intent="cancel", reply="Your mail address?")
DONE = turn(2, intent="cancel", actions=[{"name": "cancel", "ok": True}])


def test_both_witnesses_agree_that_a_question_was_answered(hours: Played) -> None:
    verdict = judge(hours, detail(turn(1, intent="opening_hours")), ())
    assert (verdict.goal_met, verdict.fault, verdict.wishes) == (True, None, ((True, True),))


@pytest.mark.parametrize("more", [{"intent": "greet"}, {"citations": [{"article_id": "hours"}]}])
def test_where_the_record_cannot_tell_the_screen_decides(hours: Played, more: dict[str, Any]) -> None:
    record = detail(turn(1, **more))
    assert judge(hours, record, ()).goal_met is True
    missed = replace(hours, asked=(replace(hours.asked[0], is_met=False),), moves=(said(), ENOUGH), bad=2)
    assert judge(missed, record, ()).goal_met is False


def test_witnesses_who_contradict_each_other_make_no_verdict(hours: Played) -> None:
    for record in (detail(turn(1, intent="prices")), detail(turn(1, kind="clarify", intent="opening_hours"))):
        verdict = judge(hours, record, ())
        assert (verdict.goal_met, verdict.fault) == (None, "judges_disagree")


def test_an_action_counts_only_if_the_shop_did_it_for_the_right_order(cancel: Played) -> None:
    right = detail(ASKED, DONE, slots={"order": "TF-1"})
    assert judge(cancel, right, ()).goal_met is True
    for wrong in (
        detail(ASKED, DONE, slots={"order": "TF-2"}),
        detail(ASKED, turn(2, actions=[{"name": "cancel", "ok": False}]), slots={"order": "TF-1"}),
        detail(ASKED, turn(2, intent="cancel"), slots={"order": "TF-1"}),
    ):
        assert judge(cancel, wrong, ()).fault == "judges_disagree", "the bot claimed what was not done"


def test_a_person_was_reached_if_the_owner_changed(book: Book) -> None:
    asked = Asked(book.scenarios[2], {}, since=1)
    event = {"type": "owner_changed", "owner": "queue"}
    assert on_record(asked, ("c1",), detail(owner="queue")) is True
    assert on_record(asked, ("c1",), detail(events=[event])) is True
    assert on_record(asked, ("c1",), detail(events=[event | {"owner": "bot"}])) is False


def test_what_was_answered_before_the_question_does_not_count(hours: Played) -> None:
    later = Asked(hours.asked[0].wish, {}, since=2)
    record = detail(turn(1, intent="opening_hours"), turn(2, intent="prices"))
    assert on_record(later, ("c1", "c2"), record) is False
    assert on_record(later, ("c1", "c2"), detail(turn(2, intent="opening_hours", outcome="suppressed"))) is False


def test_all_that_was_asked_has_to_be_met(hours: Played) -> None:
    follow_up = Asked(hours.visit.errand.scenario.follow_ups[0], {}, since=2)
    never_asked = Asked(hours.visit.errand.scenario, {})
    both = replace(
        hours, asked=(*hours.asked, follow_up, never_asked), sent=("c1", "c2"), bad=2, moves=(said(), said(), ENOUGH)
    )
    verdict = judge(both, detail(turn(1, intent="opening_hours"), turn(2)), ())
    assert (verdict.goal_met, len(verdict.wishes)) == (False, 2)


def test_somebody_elses_value_is_contrary_unless_it_was_meant_to_be_wrong(cancel: Played) -> None:
    record = detail(ASKED, DONE, slots={"order": "TF-1"})
    universe = {"TF-1", "TF-2"}
    assert judge(cancel, record, universe).fault is None
    for why, fault in (("slot", "contrary"), ("wrong", None)):
        moves = (said("drop TF-1"), said("it is TF-2", why, "mail"), MET)
        assert judge(replace(cancel, moves=moves), record, universe).fault == fault


def test_a_text_beyond_recognition_is_garbled_unless_a_model_worded_it(hours: Played) -> None:
    record = detail(turn(1, intent="opening_hours"))
    garbled = Say("whn r u opn zzzzzzz", "when are you open on a weekday", "ask")
    worded = replace(garbled, is_worded=True)
    assert judge(replace(hours, moves=(garbled, MET)), record, ()).fault == "garbled"
    assert judge(replace(hours, moves=(worded, MET)), record, ()).fault is None


def test_an_answer_taken_for_a_question_is_misread(cancel: Played) -> None:
    slots = {"order": "TF-1"}
    assert judge(cancel, detail(turn(1), DONE, slots=slots), ()).fault == "misread"
    owed = (cancel.moves[0], said("a@b.example", "owed", "mail"), MET)
    assert judge(replace(cancel, moves=owed), detail(turn(1), DONE, slots=slots), ()).fault is None


def test_an_open_question_may_follow_an_answer(cancel: Played) -> None:
    again = turn(2, reply="Something from the help page.\n\nYour mail address?")
    done = turn(3, intent="cancel", actions=[{"name": "cancel", "ok": True}])
    moves = (said(), said("dunno", "wrong", "mail"), said("a@b.example", "slot", "mail"), MET)
    played = replace(cancel, moves=moves, sent=("c1", "c2", "c3"))
    assert judge(played, detail(ASKED, again, done, slots={"order": "TF-1"}), ()).fault is None


def test_a_question_taken_for_a_bad_answer_is_misread(cancel: Played) -> None:
    missed = replace(
        cancel, moves=(said(), ENOUGH), sent=("c1",), asked=(replace(cancel.asked[0], is_met=False),), bad_after=(1,)
    )
    assert judge(replace(missed, bad=2), detail(ASKED), ()).fault == "misread"


@pytest.mark.parametrize(
    ("bad", "owner", "last", "believed", "fault"),
    [
        (1, "bot", ENOUGH, False, "gave_up_early"),
        (2, "bot", ENOUGH, False, None),
        (1, "bot", MET, True, None),
        (1, "queue", Leave("handed_off", "person"), False, None),
        (0, "bot", Leave("silent", "closed"), False, None),
        (2, "bot", Leave("silent", "exhausted"), False, "gave_up_early"),
    ],
)
def test_who_leaves_before_having_enough_gave_up_early(
    hours: Played, bad: int, owner: str, last: Leave, believed: bool, fault: str | None
) -> None:
    missed = replace(
        hours,
        asked=(replace(hours.asked[0], is_met=False),),
        moves=(said(), last),
        bad=bad,
        owner=owner,
        believed=believed,
    )
    verdict = judge(missed, detail(turn(1, intent="prices")), ())
    assert (verdict.fault, verdict.goal_met) == (fault, None if fault else False)


def test_pressing_a_button_for_a_slot_is_no_misreading(cancel: Played) -> None:
    moves = (cancel.moves[0], Press("m1", Button("Yes", "/affirm"), "yes", "confirm"), MET)
    assert judge(replace(cancel, moves=moves), detail(ASKED, DONE, slots={"order": "TF-1"}), ()).fault is None
