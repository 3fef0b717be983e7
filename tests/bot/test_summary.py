"""What a summary tells, and what it does not."""

from typing import Any

from bot.summary import MOST_CHARS, draft


def event(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "text": text, **more}


def turn(outcome: str, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "text": "", "backend": None, "intent": None, "actions": [], "attempts": [], **more}


def conversation(**more: Any) -> dict[str, Any]:
    return {"events": [], "turns": [], "slots": {}, "resolved": None, **more}


def test_a_summary_tells_what_was_wanted_tried_given_and_said() -> None:
    told = draft(
        conversation(
            events=[
                event("user_uttered", "where is my parcel"),
                event("bot_uttered", "It is on its way."),
                event("user_uttered", "no, it is lost"),
                event("operator_uttered", "I will call the carrier", operator="ada"),
                event("user_uttered", "thank you"),
            ],
            turns=[
                turn("answered", backend="intent", intent="order_status", actions=[{"name": "look_up", "ok": True}]),
                turn("suppressed", text="no, it is lost", attempts=[{"backend": "rag", "outcome": "cancelled"}]),
                turn("fallback", attempts=[{"backend": "rag", "outcome": "abstain:no_articles"}]),
                turn("handoff"),
            ],
            slots={"order_number": "TF-104233", "email": "anna@web.example"},
            resolved=False,
        )
    )
    assert told.splitlines() == [
        "Wanted: “where is my parcel”, last “thank you” (order_status)",
        "Tried: intent answered on order_status, with an action; no answer (rag no articles); passed to a person",
        "Answer cut short: “no, it is lost” (rag cancelled)",
        "Given: email; order number",
        "Said by a person: ada: “I will call the carrier”",
        "Open: “thank you”",
        "The customer says: not solved",
    ]


def test_values_of_slots_are_left_out_and_long_messages_cut() -> None:
    told = draft(
        conversation(events=[event("user_uttered", "word " * 100)], slots={"address": "Main Street 5"}, resolved=True)
    )
    assert "Main Street" not in told
    assert max(map(len, told.splitlines())) <= MOST_CHARS + 20
    assert told.endswith("The customer says: solved")


def test_the_same_conversation_has_the_same_summary() -> None:
    given = conversation(events=[event("user_uttered", "hi")], turns=[turn("error")])
    assert draft(given) == draft(given) == "Wanted: “hi”\nTried: no answer\nOpen: “hi”"
