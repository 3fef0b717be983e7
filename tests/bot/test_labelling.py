"""Which messages a label would teach the most."""

from typing import Any

import pytest

from bot.labelling import Ranked, rank
from bot.store.candidates import Candidate, Opinion

SURE = Opinion("intent", "reply", "greet", 0.99, "")


def asked(number: int, text: str, *opinions: Opinion, **more: Any) -> Candidate:
    turn = Candidate(f"t_{number:06}", f"c_{number}", "2026-01-01", text, None, None, "answered", "answer", None, None)
    return turn._replace(opinions=opinions or (SURE,), **more)


def queue(*turns: Candidate, limit: int = 50) -> list[Ranked]:
    found, _ = rank(turns, lambda _, __: 0.7, limit=limit)
    return found


def reasons(turn: Candidate) -> tuple[str, ...]:
    return next((one.reasons for one in queue(turn)), ())


def unsure(confidence: float, outcome: str = "reply", detail: str = "") -> Opinion:
    return Opinion("intent", outcome, "greet", confidence, detail)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (asked(1, "hello there"), ()),
        (asked(1, "hello there", is_disliked=True), ("thumbs_down",)),
        (asked(1, "hello there", outcome="fallback"), ("fallback",)),
        (asked(1, "hello there", outcome="handoff"), ("handoff",)),
        (asked(1, "hello there", outcome="handoff", backend="intent"), ()),
        (asked(1, "hello there", kind="clarify"), ("clarified",)),
        (asked(1, "hello there", unsure(0.69, "abstain:low_confidence")), ("uncertain",)),
        (asked(1, "hello there", unsure(0.71)), ("uncertain",)),
        (asked(1, "hello there", unsure(0.2, "abstain:low_confidence")), ()),
        (asked(1, "hello there", unsure(0.45, "abstain:ambiguous")), ("uncertain",)),
        (asked(1, "hello there", unsure(0.45, "abstain:x", "a 0.45, b 0.40, c 0.01; oos 0.10")), ("uncertain",)),
        (asked(1, "hello there", SURE, Opinion("soft_prompt", "reply", "goodbye", 0.99, "")), ("disagree",)),
        (asked(1, "hello there", SURE, Opinion("rag", "abstain:no_articles", None, None, "")), ()),
    ],
)
def test_each_reason_to_look_has_its_word(turn: Candidate, expected: tuple[str, ...]) -> None:
    assert reasons(turn) == expected


@pytest.mark.parametrize(
    "turn",
    [
        asked(1, "hello there", is_disliked=True, is_labelled=True),
        asked(1, "AB-123", is_disliked=True, is_flow_answer=True),
        asked(1, "[email] 12", is_disliked=True),
        asked(1, "word " * 200, is_disliked=True),
    ],
)
def test_what_teaches_nothing_is_not_asked(turn: Candidate) -> None:
    assert queue(turn) == []


def test_more_reasons_come_first() -> None:
    both = asked(1, "one two", unsure(0.7), is_disliked=True)
    alone = asked(2, "three four", is_disliked=True)
    weak = asked(3, "five six", outcome="handoff")
    assert [one.candidate.turn_id for one in queue(weak, alone, both)] == ["t_000001", "t_000002", "t_000003"]


def test_the_same_words_are_asked_once_and_count_as_often_as_they_came() -> None:
    turns = [asked(number, text) for number, text in enumerate(["Where is it?", "where is IT", " where, is it!"] * 4)]
    (one,) = queue(*turns)
    assert (one.reasons, one.n) == (("frequent",), 12)
    labelled = turns[5]._replace(is_labelled=True)
    assert queue(*turns, labelled) == []


def test_a_group_is_shown_by_the_turn_that_went_wrong() -> None:
    (one,) = queue(asked(3, "where is it"), asked(2, "where is it", is_disliked=True), asked(1, "where is it"))
    assert one.candidate.turn_id == "t_000002"
    assert one.reasons == ("thumbs_down", "frequent")


def test_a_flood_of_one_kind_does_not_push_out_the_others() -> None:
    flood = [asked(n, f"parcel number {n} zone{n} late{n}", unsure(0.7), is_disliked=True) for n in range(40)]
    other = asked(99, "can I pay by card", Opinion("intent", "reply", "payment", 0.75, ""), is_disliked=True)
    found = [one.candidate.turn_id for one in queue(*flood, other, limit=10)]
    assert found.index("t_000099") <= 1


def test_near_duplicates_wait_for_each_other() -> None:
    first = asked(1, "where is my parcel please now", is_disliked=True)
    twin = asked(2, "where is my parcel now", is_disliked=True)
    other = asked(3, "can I pay by card", Opinion("intent", "reply", "payment", 0.75, ""), outcome="handoff")
    assert [one.candidate.turn_id for one in queue(first, twin, other)] == ["t_000001", "t_000003", "t_000002"]


def test_guesses_are_what_backends_thought_best_first() -> None:
    detail = "refund 0.52, cancel_order 0.31, greet 0.02; oos 0.10"
    turn = asked(1, "money back", Opinion("intent", "abstain:low_confidence", "refund", 0.52, detail), is_disliked=True)
    assert queue(turn)[0].guesses == (("refund", 0.52), ("cancel_order", 0.31), ("greet", 0.02))


def test_the_list_has_a_length_and_the_rest_is_counted() -> None:
    turns = [asked(n, f"text number{n}", is_disliked=True) for n in range(30)]
    found, left = rank(turns, lambda _, __: None, limit=7)
    assert (len(found), left) == (7, 30)
