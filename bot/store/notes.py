"""What operators write about a conversation: never sent to the customer, and no part of the transcript."""

from typing import Any, Literal

from sqlite_utils import Database

from bot.ids import new_id, now
from bot.store.tables import read_conversation, rows

Kind = Literal["note", "summary"]


def write_note(db: Database, conversation_id: str, kind: Kind, by: str, text: str) -> str:
    """Store a note, masked by the caller; returns its id.

    Raises:
        NotFound: no such conversation.
    """
    read_conversation(db, conversation_id)
    note_id = new_id("n")
    db.execute(
        "INSERT INTO notes (id, conversation_id, kind, by, text, at) VALUES (?, ?, ?, ?, ?, ?)",
        [note_id, conversation_id, kind, by, text, now()],
    )
    return note_id


def read_notes(db: Database, conversation_id: str) -> list[dict[str, Any]]:
    """Read the notes on a conversation, oldest first."""
    sql = "SELECT id AS note_id, kind, by, text, at FROM notes WHERE conversation_id = ? ORDER BY id"
    return rows(db, sql, conversation_id)
