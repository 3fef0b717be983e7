"""Who labels a turn, in which order they are believed, and what is not learned from."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.harvest.labels import WEIGHTS, Harvest, LabelledTurn, Provenance, harvest, to_example
from training.harvest.logged import LoggedTurn, StoredLabel
from training.split import normalise

SURE = LoggedTurn(
    "t1", "c1", "u1", "2026-11-20T10:00:00Z", "where is my parcel",
    reply="On its way.", backend="intent", kind="answer", mode="template", intent="order_status", confidence=0.97,
)  # fmt: skip
CLARIFY = replace(SURE, kind="clarify", offered=("/lost_card", "/none_of_these"))
FLOW: dict[str, Any] = {"mode": "flow", "intent": "order_status"}


def operator(intent: str, by: str = "anna", at: str = "2026-11-21") -> StoredLabel:
    return StoredLabel(intent, "operator", by, at)


def one(turn: LoggedTurn, **more: object) -> tuple[str, str] | None:
    """The label of a single turn and who gave it; None when it has none."""
    rows = harvest([replace(turn, **more)], cap=5).labelled  # type: ignore[arg-type]
    return (rows[0].intent, rows[0].provenance) if rows else None


def conversation(*turns: LoggedTurn) -> Harvest:
    """Harvest turns as one conversation of one customer, in order."""
    placed = [
        replace(turn, turn_id=f"t{place}", asked_at=f"2026-11-20T10:0{place}:00Z") for place, turn in enumerate(turns)
    ]
    return harvest(placed, cap=9)


def test_a_bundles_own_sure_prediction_is_no_label() -> None:
    assert one(SURE, confidence=1.0) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"thumbs": (1,)}, ("order_status", "confirmed")),
        ({"resolved": True}, ("order_status", "confirmed")),
        ({"thumbs": (1, -1)}, None),
        ({"thumbs": (-1,), "resolved": True}, None),
        ({"resolved": False}, None),
        ({"thumbs": (1,), "confidence": 0.3}, None),
        ({"thumbs": (1,), "confidence": None}, None),
        ({"thumbs": (1,), "backend": "rag", "mode": "generated"}, None),
        ({"thumbs": (1,), "kind": "clarify"}, None),
        ({"thumbs": (1,), "outcome": "fallback"}, None),
        ({"labels": (operator("refund"),), "thumbs": (1,)}, ("refund", "operator")),
        ({"labels": (operator("refund"), operator("cancel", at="2026-11-22"))}, ("cancel", "operator")),
        ({"labels": (StoredLabel("refund", "self", "bundle", "2026-11-21"),)}, None),
        ({"labels": (StoredLabel("refund", "teacher", "llm", "2026-11-21"),)}, ("refund", "teacher")),
        ({"labels": (StoredLabel("refund", "teacher", "llm", "x"),), "thumbs": (1,)}, ("order_status", "confirmed")),
        ({"labels": (operator("oos"),)}, ("oos", "operator")),
    ],
)
def test_the_most_trusted_witness_is_believed(changes: dict[str, object], expected: tuple[str, str] | None) -> None:
    assert one(SURE, **changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pressed_next": "/lost_card"}, ("lost_card", "customer_choice")),
        ({"pressed_next": "/none_of_these"}, None),
        ({"pressed_next": "/refund"}, None),
        ({"pressed_next": None}, None),
        ({"pressed_next": "/lost_card", "kind": "answer"}, None),
        ({"pressed_next": "/lost_card", "labels": (operator("refund"),)}, ("refund", "operator")),
    ],
)
def test_the_customers_own_choice_labels_the_ambiguous_text(
    changes: dict[str, object], expected: tuple[str, str] | None
) -> None:
    assert one(CLARIFY, **changes) == expected


def test_a_taught_label_counts_least() -> None:
    assert harvest([SURE], cap=5, taught={"t1": "refund"}).labelled[0].provenance == Provenance.TEACHER
    rows = harvest([replace(SURE, thumbs=(1,))], cap=5, taught={"t1": "refund"}).labelled
    assert [(row.intent, row.provenance) for row in rows] == [("order_status", Provenance.CONFIRMED)]


def test_solved_confirms_the_request_that_began_the_flow_and_not_its_answers() -> None:
    asked = replace(SURE, **FLOW, kind="question")
    told = replace(SURE, **FLOW, flow="order_status", text="it is 4711", confidence=None, resolved=True)
    found = conversation(asked, told)
    assert [(row.turn_id, row.text) for row in found.labelled] == [("t0", "where is my parcel")]


@pytest.mark.parametrize(
    "last",
    [
        replace(SURE, outcome="fallback", mode=None, intent=None),
        replace(SURE, backend="rag", mode="generated", intent=None, confidence=None),
        replace(SURE, payload="/order_status", confidence=1.0),
        replace(SURE, **FLOW, flow="order_status", thumbs=(-1,)),
        replace(SURE, operator_reply="Let me look."),
        replace(SURE, outcome="handoff"),
    ],
)
def test_solved_confirms_nothing_when_something_else_may_have_helped(last: LoggedTurn) -> None:
    assert conversation(replace(SURE, text="my first request"), replace(last, resolved=True)).labelled == ()


def test_solved_is_taken_back_by_a_later_no() -> None:
    assert conversation(replace(SURE, resolved=True), replace(SURE, text="and now", resolved=False)).labelled == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": "  "}, "empty"),
        ({"text": "[email]"}, "no_words"),
        ({"text": "[order_number], 4711!"}, "no_words"),
        ({"text": "my parcel " * 80}, "too_long"),
        ({"payload": "/refund", "text": "Refund"}, "pressed"),
        ({**FLOW, "flow": "order_status", "text": "it is number 4711"}, "flow_answer"),
    ],
)
def test_texts_that_teach_nothing_are_left_out_with_a_reason(changes: dict[str, object], reason: str) -> None:
    turn = replace(SURE, labels=(operator("order_status"),), **changes)  # type: ignore[arg-type]
    found = harvest([turn], cap=5)
    assert (found.labelled, [row.reason for row in found.left_out]) == ((), [reason])


def test_a_request_that_a_flow_took_for_a_value_can_be_corrected() -> None:
    turn = {**FLOW, "flow": "order_status", "text": "no, I want my money back"}
    assert one(SURE, labels=(operator("refund"),), **turn) == ("refund", "operator")


def test_what_was_stored_unmasked_is_masked_before_it_is_learned() -> None:
    turn = replace(SURE, text="write to anna@example.com please", thumbs=(1,))
    assert harvest([turn], cap=5).labelled[0].text == "write to [email] please"


def test_operators_who_disagree_are_reported_and_those_who_agree_vouch() -> None:
    split = replace(SURE, labels=(operator("refund", "anna"), operator("cancel", "ben", "2026-11-22")))
    agreed = replace(SURE, turn_id="t2", text="my card", labels=(operator("x", "anna"), operator("x", "ben")))
    found = harvest([split, agreed], cap=5)
    assert [dispute.turn_id for dispute in found.disputes] == ["t1"]
    assert found.vouched == {"t2"}
    assert {row.turn_id: row.intent for row in found.labelled} == {"t1": "cancel", "t2": "x"}


def several(*rows: tuple[str, str, str, str]) -> Harvest:
    """Harvest one turn a row: customer, text, intent, provenance; each a minute later than the one before."""
    turns = [
        LoggedTurn(
            f"t{place}", f"c{place}", customer, f"2026-11-20T10:{place:02d}:00Z", text,
            labels=(StoredLabel(intent, provenance, "anna", "2026-11-21"),),
        )
        for place, (customer, text, intent, provenance) in enumerate(rows)
    ]  # fmt: skip
    return harvest(turns, cap=2)


def test_the_same_text_of_one_customer_counts_once() -> None:
    found = several(("u1", "My parcel", "order", "confirmed"), ("u1", "my  parcel", "order", "operator"))
    assert [(row.turn_id, row.provenance) for row in found.labelled] == [("t1", "operator")]
    assert [(row.turn_id, row.reason) for row in found.left_out] == [("t0", "duplicate")]


def test_of_contradicting_labels_the_more_trusted_holds() -> None:
    found = several(("u1", "my parcel", "order", "confirmed"), ("u2", "my parcel", "refund", "operator"))
    assert [row.intent for row in found.labelled] == ["refund"]
    assert [row.reason for row in found.left_out] == ["outvoted"]


def test_a_tie_is_left_out_as_contradictory() -> None:
    found = several(("u1", "my parcel", "order", "confirmed"), ("u2", "my parcel", "refund", "confirmed"))
    assert found.labelled == ()
    assert [row.reason for row in found.left_out] == ["contradictory"] * 2


def test_a_clear_majority_is_not_undone_by_one_wrong_label() -> None:
    found = several(
        ("u1", "my parcel", "order", "confirmed"),
        ("u2", "my parcel", "order", "confirmed"),
        ("u3", "my parcel", "refund", "confirmed"),
    )
    assert {row.intent for row in found.labelled} == {"order"}


def test_the_cap_keeps_the_most_trusted_and_then_the_newest() -> None:
    found = several(
        ("u1", "my parcel", "x", "operator"), ("u1", "my card", "x", "confirmed"), ("u1", "my money", "x", "confirmed"),
        ("u2", "my refund", "x", "confirmed"),
    )  # fmt: skip
    assert {row.turn_id for row in found.labelled} == {"t0", "t2", "t3"}
    assert [(row.turn_id, row.reason) for row in found.left_out] == [("t1", "capped")]


def test_a_cap_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        harvest([], cap=0)


def test_an_example_traces_back_to_its_turn() -> None:
    row = LabelledTurn("t9", "c1", "u1", "2026-11-20", "my parcel", "order", Provenance.CONFIRMED, 0.6)
    example = to_example(row)
    assert (example.text, example.intent, example.source, example.weight) == ("my parcel", "order", "turn:t9", 0.6)


def test_weights_fall_with_trust() -> None:
    weights = [WEIGHTS[provenance] for provenance in Provenance]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 1.0


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "u3", "u4"]),
        st.sampled_from(["my parcel", "My  Parcel", "card lost", "hello you", "[email]", ""]),
        st.sampled_from(["a", "b", "oos"]),
        st.sampled_from(["operator", "customer_choice", "confirmed", "teacher", "self"]),
    ),
    max_size=24,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_label_is_learned_or_left_out_once_and_no_customer_exceeds_the_cap(
    rows: list[tuple[str, str, str, str]],
) -> None:
    found = several(*rows)
    named = [row.turn_id for row in found.labelled] + [left.turn_id for left in found.left_out]
    assert sorted(named) == sorted(f"t{place}" for place, row in enumerate(rows) if row[3] != "self")
    assert all(sum(row.customer == name for row in found.labelled) <= 2 for name in ("u1", "u2", "u3", "u4"))
    labels: dict[str, set[str]] = {}
    for learned in found.labelled:
        labels.setdefault(normalise(learned.text), set()).add(learned.intent)
    assert all(len(intents) == 1 for intents in labels.values())
