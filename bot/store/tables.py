"""Reads and writes of single tables, inside a transaction somebody else opened."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlite_utils import Database

from backends.contract import Message, Role
from bot.conversation import Conversation
from bot.errors import NotFound
from bot.ids import now
from bot.queueing import Clock
from bot.store.rows import (
    CONVERSATION_COLUMNS,
    AttemptRow,
    ConversationRow,
    Pending,
    StoredEvent,
    TurnRow,
    conversation_from,
    flow_to_json,
)
from bot.wire import StoredFrame

LEASE_S = 8.0
"""Seconds a worker keeps the sole right to answer a conversation without renewing it: how long the messages of a
worker that was killed wait. One that only hung for as long finds its turn answered, and its reply is kept back."""


_ROLES: Mapping[str, Role] = {"user_uttered": "customer", "bot_uttered": "bot", "operator_uttered": "operator"}
_TURN_COLUMNS = tuple(name for name in TurnRow.__slots__ if name != "attempts")
_INSERT_TURN = f"INSERT INTO turns ({', '.join(_TURN_COLUMNS)}) VALUES ({', '.join('?' * len(_TURN_COLUMNS))})"


class Claim(NamedTuple):
    """Who wants to answer, and the time."""

    worker: str
    clock: float
    """Seconds since the epoch."""


def save_conversation(
    db: Database, row: ConversationRow, state: Conversation, offset: int, *, clock: Clock, last_text: str | None
) -> ConversationRow:
    """Write the state of a conversation; its owner_seq rises when the owner changed."""
    seq = row.owner_seq + (state.owner.value != row.owner or state.operator != row.operator)
    at = now()
    db.execute(
        "UPDATE conversations SET owner = ?, owner_seq = ?, operator = ?, misses = ?, clarified = ?, flow_json = ?,"
        " left_message = ?, queued_at = ?, awaiting_since = ?,"
        " last_offset = ?, last_text = coalesce(?, last_text), updated_at = ? WHERE id = ?",
        [
            state.owner.value,
            seq,
            state.operator,
            state.misses,
            int(state.clarified),
            flow_to_json(state.flow),
            int(state.left_message),
            *clock,
            offset,
            last_text,
            at,
            row.id,
        ],
    )
    return replace(
        row,
        owner=state.owner.value,
        owner_seq=seq,
        operator=state.operator,
        misses=state.misses,
        clarified=state.clarified,
        flow=state.flow,
        left_message=state.left_message,
        queued_at=clock.queued_at,
        awaiting_since=clock.awaiting_since,
        last_offset=offset,
        updated_at=at,
    )


def append_event(db: Database, conversation_id: str, frame: StoredFrame) -> StoredEvent:
    """Append one event; its offset must be the next one."""
    cursor = db.execute(
        'INSERT INTO events (conversation_id, "offset", type, message_id, at, frame_json) VALUES (?, ?, ?, ?, ?, ?)',
        [
            conversation_id,
            frame.offset,
            frame.type,
            getattr(frame, "message_id", None),
            frame.at,
            frame.model_dump_json(),
        ],
    )
    return StoredEvent(int(cursor.lastrowid or 0), conversation_id, frame)


def insert_turn(db: Database, turn: TurnRow) -> None:
    """Write a turn with its attempts."""
    db.execute(_INSERT_TURN, [getattr(turn, name) for name in _TURN_COLUMNS])
    db.execute(
        "UPDATE conversations SET last_backend = ?, last_intent = ?, last_confidence = ? WHERE id = ?",
        [turn.backend, turn.intent, turn.confidence, turn.conversation_id],
    )
    for position, attempt in enumerate(turn.attempts):
        _insert_attempt(db, turn.id, position, attempt)


def _insert_attempt(db: Database, turn_id: str, position: int, attempt: AttemptRow) -> None:
    db.execute(
        "INSERT INTO attempts (turn_id, position, backend, outcome, ms, intent, confidence, detail)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            turn_id,
            position,
            attempt.backend,
            attempt.outcome,
            attempt.ms,
            attempt.intent,
            attempt.confidence,
            attempt.detail,
        ],
    )


def claim_lease(db: Database, conversation_id: str, claim: Claim) -> bool:
    """Take or renew the sole right to answer a conversation; False when another worker has it."""
    cursor = db.execute(
        "UPDATE conversations SET lease_worker = ?, lease_until = ? WHERE id = ?"
        " AND (lease_worker IS NULL OR lease_worker = ? OR lease_until < ?)",
        [claim.worker, claim.clock + LEASE_S, conversation_id, claim.worker, claim.clock],
    )
    return cursor.rowcount == 1


def renew_leases(db: Database, conversation_ids: Iterable[str], claim: Claim) -> None:
    """Keep the leases this worker holds."""
    for conversation_id in conversation_ids:
        db.execute(
            "UPDATE conversations SET lease_until = ? WHERE id = ? AND lease_worker = ?",
            [claim.clock + LEASE_S, conversation_id, claim.worker],
        )


def has_message(db: Database, conversation_id: str, message_id: str) -> bool:
    """Whether a message of this id was stored in the conversation."""
    sql = "SELECT 1 FROM events WHERE conversation_id = ? AND message_id = ?"
    return one(db, sql, conversation_id, message_id) is not None


def next_pending(db: Database, conversation_id: str) -> Pending | None:
    """Read the oldest message that waits for its answer."""
    row = one(db, "SELECT * FROM inbox WHERE conversation_id = ? ORDER BY seq LIMIT 1", conversation_id)
    if row is None:
        return None
    found = tuple(filter(None, row["found_json"].split(",")))
    return Pending(row["seq"], row["message_id"], row["text"], row["payload"], found, row["received_at"])


def history_before(db: Database, conversation_id: str, pending: Pending, most: int) -> tuple[Message, ...]:
    """Read the messages before a pending one, oldest first, at most `most`."""
    found = rows(
        db,
        "SELECT type, json_extract(frame_json, '$.text') AS text FROM events WHERE conversation_id = ? AND type IN"
        " ('user_uttered', 'bot_uttered', 'operator_uttered') AND \"offset\" <"
        ' (SELECT "offset" FROM events WHERE conversation_id = ? AND message_id = ?)'
        ' ORDER BY "offset" DESC LIMIT ?',
        conversation_id,
        conversation_id,
        pending.message_id,
        most,
    )
    return tuple(Message(_ROLES[row["type"]], row["text"]) for row in reversed(found))


def read_slots(db: Database, conversation_id: str) -> dict[str, str]:
    """Read the slot values of an open conversation."""
    found = rows(db, "SELECT name, value FROM conversation_slots WHERE conversation_id = ?", conversation_id)
    return {slot["name"]: slot["value"] for slot in found}


def write_slots(db: Database, conversation_id: str, slots: Mapping[str, str], at: str) -> None:
    """Write slot values; a newer one replaces an older one."""
    for name, value in slots.items():
        db.execute(
            "INSERT INTO conversation_slots (conversation_id, name, value, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (conversation_id, name) DO UPDATE SET value = excluded.value, at = excluded.at",
            [conversation_id, name, value, at],
        )


def one(db: Database, sql: str, *values: Any) -> dict[str, Any] | None:
    """Read the first row, or None."""
    return next(iter(rows(db, sql, *values)), None)


def rows(db: Database, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Read rows as dictionaries."""
    cursor = db.execute(sql, list(values))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_conversation(db: Database, conversation_id: str) -> ConversationRow:
    """Read one conversation.

    Raises:
        NotFound: there is none.
    """
    row = one(db, f"SELECT {CONVERSATION_COLUMNS} FROM conversations WHERE id = ?", conversation_id)
    if row is None:
        raise NotFound(f"no conversation {conversation_id!r}")
    return conversation_from(row)
