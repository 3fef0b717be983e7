"""Waiting for a person: whose turn it is, how long it may take, when it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Conversation, Owner
from bot.queueing import (
    Clock,
    Happened,
    Patience,
    Place,
    Waiting,
    clock,
    estimate_s,
    is_due,
    minutes,
    places,
    seconds_between,
    since,
)
from bot.store.rows import ConversationRow

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
AT = since(NOW, 0)
BEFORE = since(NOW, 60)
ROW = ConversationRow("c1", "live", "en", "bot", 0, 0)
IN_QUEUE = replace(ROW, owner="queue", queued_at=BEFORE)
WITH_ADA = replace(ROW, owner="operator", operator="ada")


@pytest.mark.parametrize(
    ("row", "state", "happened", "after"),
    [
        (ROW, Conversation(Owner.QUEUE), Happened(), Clock(AT, None)),
        (IN_QUEUE, Conversation(Owner.QUEUE), Happened(asked=True), Clock(BEFORE, None)),
        (IN_QUEUE, Conversation(Owner.BOT), Happened(), Clock(None, None)),
        (IN_QUEUE, Conversation(Owner.OPERATOR, "ada"), Happened(), Clock(None, AT)),
        (replace(IN_QUEUE, left_message=True), Conversation(Owner.OPERATOR, "ada"), Happened(), Clock(None, None)),
        (ROW, Conversation(Owner.OPERATOR, "ada"), Happened(), Clock(None, None)),
        (ROW, Conversation(Owner.OPERATOR, "ada"), Happened(open=True), Clock(None, AT)),
        (IN_QUEUE, Conversation(Owner.OPERATOR, "ada"), Happened(answered=True), Clock(None, None)),
        (WITH_ADA, Conversation(Owner.OPERATOR, "ada"), Happened(asked=True), Clock(None, AT)),
        (
            replace(WITH_ADA, awaiting_since=BEFORE),
            Conversation(Owner.OPERATOR, "bo"),
            Happened(asked=True),
            Clock(None, BEFORE),
        ),
        (
            replace(WITH_ADA, awaiting_since=BEFORE),
            Conversation(Owner.OPERATOR, "ada"),
            Happened(answered=True),
            Clock(None, None),
        ),
    ],
)
def test_the_clock_runs_while_a_customer_waits_for_a_person(
    row: ConversationRow, state: Conversation, happened: Happened, after: Clock
) -> None:
    assert clock(row, state, AT, happened) == after


@pytest.mark.parametrize(
    ("row", "patience", "due"),
    [
        (IN_QUEUE, Patience(queue_s=59), True),
        (IN_QUEUE, Patience(queue_s=61), False),
        (IN_QUEUE, Patience(queue_s=0), False),
        (replace(IN_QUEUE, left_message=True), Patience(queue_s=1), False),
        (replace(WITH_ADA, awaiting_since=BEFORE), Patience(operator_s=59), True),
        (replace(WITH_ADA, awaiting_since=BEFORE), Patience(queue_s=1), False),
        (WITH_ADA, Patience(operator_s=1), False),
        (ROW, Patience(1, 1), False),
    ],
)
def test_the_bot_takes_back_what_nobody_answers_in_time(row: ConversationRow, patience: Patience, due: bool) -> None:
    assert is_due(row, NOW, patience) is due


def test_an_estimate_needs_a_few_customers_who_were_answered() -> None:
    assert estimate_s([60, 90], 1) is None
    assert estimate_s([30, 60, 90], 1) == 60
    assert estimate_s([30, 60, 90], 4) == 240
    assert estimate_s([3000, 3000, 3000], 2) is None
    assert [minutes(1), minutes(60), minutes(61)] == [1, 1, 2]


def test_customers_wait_for_those_before_them_of_their_own_source() -> None:
    line = [
        Waiting("a", "live", "1", left_message=False),
        Waiting("b", "simulated", "2", left_message=False),
        Waiting("c", "live", "3", left_message=True),
        Waiting("d", "live", "4", left_message=False),
    ]
    found = places(line, {"live": [60, 60, 60]})
    assert found == {
        "a": Place(1, 2, 60),
        "b": Place(1, 1, None),
        "c": Place(None, 2, None),
        "d": Place(2, 2, 120),
    }


@given(
    st.lists(st.tuples(st.sampled_from(["live", "simulated"]), st.booleans()), max_size=40),
    st.lists(st.floats(0.1, 500), max_size=25),
)
def test_places_are_one_to_n_without_gaps_and_nobody_before_waits_longer(
    line: list[tuple[str, bool]], paces: list[float]
) -> None:
    waiting = [Waiting(f"c{i}", source, f"{i:03}", left) for i, (source, left) in enumerate(line)]
    found = places(waiting, {"live": paces})
    for source in ("live", "simulated"):
        mine = [found[one.conversation_id] for one in waiting if one.source == source and not one.left_message]
        assert [place.position for place in mine] == list(range(1, len(mine) + 1))
        assert all(place.waiting == len(mine) for place in mine)
        told = [place.estimate_s for place in mine if place.estimate_s is not None]
        assert told == sorted(told)


def test_seconds_between_stored_times_are_never_negative() -> None:
    assert seconds_between(since(NOW, 90), AT) == 90
    assert seconds_between(AT, since(NOW + timedelta(seconds=0), 90)) == 0
