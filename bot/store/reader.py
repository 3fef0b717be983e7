"""Reads that are no part of a write: a connection for each thread, so that readers never wait for the writer."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import StoreError
from bot.store.rows import StoredEvent, frame_from_json
from bot.store.tables import rows
from bot.store.writer import connect

T = TypeVar("T")


class Reader:
    """Runs read-only functions of a `Database`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._open: list[Database] = []

    async def read(self, query: Callable[[Database], T]) -> T:
        """Run a query in a worker thread.

        Raises:
            StoreError: the store cannot be read.
        """
        return await asyncio.to_thread(self.read_now, query)

    def read_now(self, query: Callable[[Database], T]) -> T:
        """Run a query here; for command lines and for reads of microseconds.

        Raises:
            StoreError: the store cannot be read.
        """
        try:
            return query(self._database())
        except sqlite3.Error as exc:
            raise StoreError(f"the store could not be read: {exc}") from exc

    def close(self) -> None:
        """Close every connection."""
        for db in self._open:
            db.conn.close()
        self._open.clear()

    def _database(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = connect(self._path)
            db.execute("PRAGMA query_only = ON")
            self._local.db = db
            self._open.append(db)
        return db


def data_version(db: Database) -> int:
    """A number that changes when another connection has committed."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def newest_seq(db: Database) -> int:
    """Number of the newest event of all conversations."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])


def events_after(db: Database, conversation_id: str, offset: int) -> list[StoredEvent]:
    """Events of one conversation behind an offset, in order."""
    found = rows(
        db,
        'SELECT seq, frame_json FROM events WHERE conversation_id = ? AND "offset" > ? ORDER BY "offset"',
        conversation_id,
        offset,
    )
    return [StoredEvent(row["seq"], conversation_id, frame_from_json(row["frame_json"])) for row in found]


def fresh_events(db: Database, seq: int, is_new: Callable[[int], bool]) -> tuple[int, list[StoredEvent]]:
    """Events of all conversations behind a number, in order of commit, and the number of the last one looked at.

    Args:
        is_new: tells of a number whether its event is wanted; the others are not even parsed.
    """
    found = db.execute(
        "SELECT seq, conversation_id, frame_json FROM events WHERE seq > ? ORDER BY seq", [seq]
    ).fetchall()
    events = [StoredEvent(row[0], row[1], frame_from_json(row[2])) for row in found if is_new(row[0])]
    return (found[-1][0] if found else seq), events


def has_pending(db: Database, conversation_id: str) -> bool:
    """Whether a conversation has an unanswered message."""
    return bool(db.execute("SELECT 1 FROM inbox WHERE conversation_id = ? LIMIT 1", [conversation_id]).fetchone())


def idle_conversations(db: Database, before: str, most: int = 500, *, left_before: str = "") -> list[str]:
    """Ids of open conversations in which nothing was said since a time, the longest silent first.

    Args:
        before: UTC ISO-8601.
        left_before: the same for messages that live customers left in the queue: they wait longer.
    """
    sql = (
        "SELECT id FROM conversations WHERE updated_at < ? AND owner != 'closed'"
        " AND (left_message = 0 OR source != 'live' OR updated_at < ?) ORDER BY updated_at LIMIT ?"
    )
    return [row[0] for row in db.execute(sql, [before, left_before, most]).fetchall()]
