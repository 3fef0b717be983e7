"""Waiting for a person, as pure functions: who waits since when, whose turn it is, how long it may take, when it ends.

Times are UTC ISO-8601 texts as stored; it knows no store, and but for `since_now` no clock.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple

from bot.conversation import Conversation, Owner
from bot.store.rows import ConversationRow

LEAST_PACES = 3
"""Customers who were answered of late, from which an estimate is told."""
NEWEST_PACES = 20
PACES_HOURS = 8.0
"""How many of them count, and how far back."""
MOST_ESTIMATE_S = 3600.0
"""A longer estimate is none: it would be wrong anyway."""


class Clock(NamedTuple):
    """Since when a customer waits for a person."""

    queued_at: str | None
    """In the queue; None outside of it."""
    awaiting_since: str | None
    """For the operator who has the conversation; None when nothing is to be answered."""


class Happened(NamedTuple):
    """What an event means to the clock."""

    asked: bool = False
    """The customer wrote."""
    answered: bool = False
    """The operator wrote."""
    open: bool = False
    """A message of the customer was still to be answered."""


class Waiting(NamedTuple):
    """One conversation in the queue."""

    conversation_id: str
    source: str
    queued_at: str
    left_message: bool


class Place(NamedTuple):
    """What a waiting customer may know."""

    position: int | None
    """1 is next; None for a message that was left."""
    waiting: int
    """Customers in line, this one included if it has a position."""
    estimate_s: float | None
    """Until a person answers, seconds; None when that cannot be told."""


class Patience(NamedTuple):
    """How long customers are kept waiting, seconds; 0 is for ever."""

    queue_s: float = 0.0
    operator_s: float = 0.0


def clock(row: ConversationRow, state: Conversation, at: str, happened: Happened = Happened()) -> Clock:  # noqa: B008 - a constant
    """Since when the customer waits, after an event.

    Args:
        row: as it was before.
        state: after the event.
        at: time of the event.
        happened: what the event was.
    """
    queued = (row.queued_at or at) if state.owner is Owner.QUEUE else None
    if state.owner is not Owner.OPERATOR or happened.answered:
        return Clock(queued, None)
    if row.owner == Owner.OPERATOR:
        return Clock(queued, row.awaiting_since or (at if happened.asked else None))
    is_awaited = happened.open or (row.owner == Owner.QUEUE and not row.left_message)
    return Clock(queued, at if is_awaited else None)


def is_due(row: ConversationRow, at: datetime, patience: Patience) -> bool:
    """Whether a customer has waited for so long that the bot takes the conversation back."""
    match row.owner:
        case Owner.QUEUE:
            return not row.left_message and _is_over(row.queued_at, at, patience.queue_s)
        case Owner.OPERATOR:
            return _is_over(row.awaiting_since, at, patience.operator_s)
        case _:
            return False


def since(at: datetime, seconds: float) -> str:
    """A time so many seconds before, as stored."""
    return (at - timedelta(seconds=seconds)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def since_now(seconds: float) -> str:
    """The same, from now."""
    return since(datetime.now(UTC), seconds)


def seconds_between(early: str, late: str) -> float:
    """Seconds from one stored time to another, at least 0."""
    return max(0.0, (datetime.fromisoformat(late) - datetime.fromisoformat(early)).total_seconds())


def estimate_s(paces: Sequence[float], position: int) -> float | None:
    """How long a customer will wait, seconds; None when too little is known or it would be too long to be true.

    Args:
        paces: of customers answered of late, seconds waited divided by their place in line.
        position: 1 is next.
    """
    if len(paces) < LEAST_PACES:
        return None
    told = median(paces) * position
    return told if told <= MOST_ESTIMATE_S else None


def places(line: Sequence[Waiting], paces: Mapping[str, Sequence[float]]) -> dict[str, Place]:
    """The place of everybody in the queue.

    Args:
        line: the queue, the longest waiting first. Customers wait only for others of the same source.
        paces: by source, see `estimate_s`.
    """
    positions: dict[str, int] = {}
    count: dict[str, int] = {}
    for one in line:
        if not one.left_message:
            count[one.source] = positions[one.conversation_id] = count.get(one.source, 0) + 1
    found = {}
    for one in line:
        position = positions.get(one.conversation_id)
        told = None if position is None else estimate_s(paces.get(one.source, ()), position)
        found[one.conversation_id] = Place(position, count.get(one.source, 0), told)
    return found


def minutes(seconds: float) -> int:
    """Whole minutes to tell a person: rounded up, at least one."""
    return max(1, math.ceil(seconds / 60))


def _is_over(begun: str | None, at: datetime, most_s: float) -> bool:
    return most_s > 0 and begun is not None and (at - datetime.fromisoformat(begun)).total_seconds() > most_s
