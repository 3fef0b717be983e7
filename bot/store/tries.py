"""What each backend made of each message, as logged: what another routing is tried on. Read-only."""

from collections import defaultdict
from typing import NamedTuple

from sqlite_utils import Database


class Try(NamedTuple):
    """One try of one backend."""

    backend: str
    outcome: str
    """`reply`, `abstain:REASON`, `timeout`, `error`, `skipped:REASON`, `cancelled`."""
    intent: str | None
    confidence: float | None


class TriedTurn(NamedTuple):
    """One message with everything that was tried on it."""

    turn_id: str
    unit: str
    """Who asked: what the arm is drawn by."""
    arm: str | None
    asked_at: str
    text: str
    is_pressed: bool
    """A button said it, so the words do not matter."""
    backend: str | None
    """Who answered."""
    cost_usd: float
    tries: tuple[Try, ...]
    """In the order of the chain."""


def read_tried(db: Database, *, since: str, source: str, most: int) -> list[TriedTurn]:
    """Read the newest turns, those left out whose reply a person forestalled.

    Args:
        since: the smallest id of a turn that counts, see `bot.ids.first_id`.
        source: `live`, `simulated`, `test` or `cli`.
        most: how many at most.
    """
    turns = db.execute(
        "SELECT t.id, c.unit, t.arm, t.asked_at, t.text, t.payload IS NOT NULL, t.backend, t.cost_usd FROM turns t"
        " JOIN conversations c ON c.id = t.conversation_id"
        " WHERE t.id >= ? AND t.source = ? AND t.outcome != 'suppressed' ORDER BY t.id DESC LIMIT ?",
        [since, source, most],
    ).fetchall()
    if not turns:
        return []
    tries: defaultdict[str, list[Try]] = defaultdict(list)
    found = db.execute(
        "SELECT turn_id, backend, outcome, intent, confidence FROM attempts WHERE turn_id >= ?"
        " ORDER BY turn_id, position",
        [turns[-1][0]],
    )
    for turn_id, *rest in found:
        tries[turn_id].append(Try(*rest))
    return [
        TriedTurn(turn_id, unit or turn_id, arm, at, text, bool(pressed), backend, cost, tuple(tries[turn_id]))
        for turn_id, unit, arm, at, text, pressed, backend, cost in turns
    ]
