"""The queue for a person: who is in it, how fast it moved of late, and who has waited too long."""

from datetime import datetime

from sqlite_utils import Database

from bot.queueing import NEWEST_PACES, PACES_HOURS, Patience, Waiting, seconds_between, since
from bot.store.rows import ConversationRow
from bot.store.tables import rows

IN_LINE = "queued_at IS NOT NULL AND left_message = 0"


def read_line(db: Database) -> list[Waiting]:
    """Read the queue, the longest waiting first; messages that were left are in it too."""
    found = db.execute(
        "SELECT id, source, queued_at, left_message FROM conversations WHERE queued_at IS NOT NULL ORDER BY queued_at"
    ).fetchall()
    return [Waiting(row[0], row[1], row[2], bool(row[3])) for row in found]


def count_line(db: Database, source: str) -> int:
    """How many customers of a source wait for a person."""
    sql = f"SELECT count(*) FROM conversations WHERE {IN_LINE} AND source = ?"
    return int(db.execute(sql, [source]).fetchone()[0])


def read_paces(db: Database, source: str, at: datetime) -> list[float]:
    """How fast the queue moved: for customers answered of late, seconds waited divided by their place in line."""
    found = rows(
        db,
        "SELECT queued_at, ended_at, place FROM waits WHERE ended_at > ? AND how = 'operator' AND source = ?"
        " ORDER BY ended_at DESC LIMIT ?",
        since(at, PACES_HOURS * 3600),
        source,
        NEWEST_PACES,
    )
    return [seconds_between(row["queued_at"], row["ended_at"]) / row["place"] for row in found]


def note_moves(db: Database, before: ConversationRow, after: ConversationRow, at: str) -> None:
    """Keep the record of waits: one begins with the queue, and ends with it or when a message is left instead."""
    was, waits = _is_in_line(before), _is_in_line(after)
    if waits and not was:
        db.execute(
            "INSERT OR REPLACE INTO waits (conversation_id, source, queued_at, place) VALUES (?, ?, ?, ?)",
            [after.id, after.source, after.queued_at, count_line(db, after.source)],
        )
    elif was and not waits:
        how = "message" if after.left_message else after.owner
        db.execute(
            "UPDATE waits SET ended_at = ?, how = ? WHERE conversation_id = ? AND ended_at IS NULL",
            [at, how, after.id],
        )


def read_overdue(db: Database, at: datetime, patience: Patience, most: int = 200) -> list[str]:
    """Ids of the conversations whose customers have waited too long, the longest waiting first."""
    found: list[str] = []
    for condition, seconds in (
        (f"{IN_LINE} AND queued_at < ? ORDER BY queued_at", patience.queue_s),
        ("awaiting_since < ? ORDER BY awaiting_since", patience.operator_s),
    ):
        if seconds > 0:
            sql = f"SELECT id FROM conversations WHERE {condition} LIMIT ?"
            found += [row[0] for row in db.execute(sql, [since(at, seconds), most]).fetchall()]
    return found


def _is_in_line(row: ConversationRow) -> bool:
    return row.queued_at is not None and not row.left_message
