"""What customers and operators say about a turn: thumbs, "did this solve it?", labels. Append-only."""

from sqlite_utils import Database

from bot.errors import NotFound
from bot.ids import new_id, now
from bot.store.tables import one


def write_feedback(db: Database, conversation_id: str, message_id: str, value: int, reason: str | None) -> None:
    """Store a thumb on a bot message.

    Raises:
        NotFound: no such bot message in this conversation.
    """
    turn = one(db, "SELECT id FROM turns WHERE bot_message_id = ? AND conversation_id = ?", message_id, conversation_id)
    if turn is None:
        raise NotFound(f"no bot message {message_id!r} in conversation {conversation_id}")
    _write(db, conversation_id, turn["id"], "feedback", str(value), reason)


def write_resolved(db: Database, conversation_id: str, value: bool) -> None:
    """Store the answer to "did this solve it?", for the newest turn.

    Raises:
        NotFound: no such conversation.
    """
    if one(db, "SELECT 1 FROM conversations WHERE id = ?", conversation_id) is None:
        raise NotFound(f"no conversation {conversation_id!r}")
    turn = one(db, "SELECT id FROM turns WHERE conversation_id = ? ORDER BY id DESC LIMIT 1", conversation_id)
    _write(db, conversation_id, turn["id"] if turn else None, "resolved", str(int(value)), None)
    db.execute("UPDATE conversations SET resolved = ? WHERE id = ?", [int(value), conversation_id])


def write_label(db: Database, turn_id: str, intent: str, *, provenance: str, by: str, note: str | None) -> str:
    """Store what a turn's intent really was; returns the label's id.

    Raises:
        NotFound: no such turn.
    """
    if one(db, "SELECT 1 FROM turns WHERE id = ?", turn_id) is None:
        raise NotFound(f"no turn {turn_id!r}")
    label_id = new_id("l")
    db.execute(
        "INSERT INTO labels (id, turn_id, intent, provenance, by, note, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [label_id, turn_id, intent, provenance, by, note, now()],
    )
    return label_id


def _write(db: Database, conversation_id: str, turn_id: str | None, kind: str, value: str, reason: str | None) -> None:
    db.execute(
        "INSERT INTO signals (id, conversation_id, turn_id, kind, value, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [new_id("s"), conversation_id, turn_id, kind, value, reason, now()],
    )
