"""Messages that a person might label, with what backends and customers made of them. Read-only."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database


class Opinion(NamedTuple):
    """What one backend made of a message."""

    backend: str
    outcome: str
    intent: str | None
    confidence: float | None
    detail: str


class Candidate(NamedTuple):
    """One message that a customer typed."""

    turn_id: str
    conversation_id: str
    asked_at: str
    text: str
    reply: str | None
    backend: str | None
    outcome: str
    kind: str | None
    intent: str | None
    confidence: float | None
    opinions: tuple[Opinion, ...] = ()
    is_disliked: bool = False
    """Thumbs down."""
    is_labelled: bool = False
    """An operator said what it meant."""
    is_flow_answer: bool = False
    """It answers a flow's question: a value, not a request."""


_TURNS = (
    "SELECT id, conversation_id, asked_at, text, reply, backend, outcome, kind, intent, confidence, mode FROM turns"
    " WHERE id >= ? AND source = ? AND payload IS NULL ORDER BY id DESC LIMIT ?"
)


def read_candidates(db: Database, *, since: str, source: str, most: int) -> list[Candidate]:
    """Read the newest typed messages, newest first, those that answer a flow's question or have a label too.

    Args:
        since: the smallest id of a turn that counts, see `bot.ids.first_id`.
        source: `live`, `simulated`, `test` or `cli`.
        most: how many at most.
    """
    turns = db.execute(_TURNS, [since, source, most]).fetchall()
    if not turns:
        return []
    oldest = turns[-1][0]
    opinions: defaultdict[str, list[Opinion]] = defaultdict(list)
    found = db.execute(
        "SELECT turn_id, backend, outcome, intent, confidence, detail FROM attempts WHERE turn_id >= ?"
        " ORDER BY turn_id, position",
        [oldest],
    )
    for turn_id, *rest in found:
        opinions[turn_id].append(Opinion(*rest))
    labelled = _ids(db, "SELECT turn_id FROM labels WHERE provenance = 'operator' AND turn_id >= ?", oldest)
    disliked = _ids(db, "SELECT turn_id FROM signals WHERE kind = 'feedback' AND value = '-1' AND turn_id >= ?", oldest)
    answers = _flow_answers((row[1], row[0], row[10], row[7], row[8]) for row in reversed(turns))
    return [
        Candidate._make(
            (*plain, tuple(opinions[turn_id]), turn_id in disliked, turn_id in labelled, turn_id in answers)
        )
        for *plain, _ in turns
        if (turn_id := plain[0])
    ]


def _ids(db: Database, sql: str, oldest: str) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute(sql, [oldest]) if row[0])


def _flow_answers(rows: Iterable[tuple[str, str, str | None, str | None, str | None]]) -> frozenset[str]:
    """Turns that were taken as an answer to an open question; oldest first come in."""
    opened: dict[str, str | None] = {}
    answers = set()
    for conversation_id, turn_id, mode, kind, intent in rows:
        if mode == "flow" and intent is not None and opened.get(conversation_id) == intent:
            answers.add(turn_id)
        if kind == "question":
            opened[conversation_id] = intent
        elif mode == "flow":
            opened[conversation_id] = None
    return frozenset(answers)
