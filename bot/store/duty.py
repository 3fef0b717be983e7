"""Who is on duty to answer the queue. Somebody whose console has been gone for a while is so no more."""

from collections.abc import Iterable

from sqlite_utils import Database

from bot.store.journal import Change, write_change

SYSTEM = "system"
"""Who does what nobody did by hand, in the journal."""


def set_duty(db: Database, name: str, on_duty: bool, at: str) -> bool:
    """Put somebody on or off duty; tells whether that changed anything."""
    before = db.execute("SELECT on_duty FROM duty WHERE name = ?", [name]).fetchone()
    db.execute(
        "INSERT INTO duty (name, on_duty, at, seen_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " on_duty = excluded.on_duty, seen_at = excluded.seen_at,"
        " at = CASE WHEN on_duty = excluded.on_duty THEN at ELSE excluded.at END",
        [name, int(on_duty), at, at],
    )
    return bool(before and before[0]) != on_duty


def touch_duty(db: Database, names: Iterable[str], at: str) -> None:
    """Note that the consoles of these people are open."""
    for name in names:
        db.execute("UPDATE duty SET seen_at = ? WHERE name = ? AND on_duty = 1", [at, name])


def on_duty(db: Database, seen_since: str) -> list[str]:
    """Names of those who are on duty, in order.

    Args:
        seen_since: UTC ISO-8601; who was not seen since is not there any more.
    """
    sql = "SELECT name FROM duty WHERE on_duty = 1 AND seen_at >= ? ORDER BY name"
    return [row[0] for row in db.execute(sql, [seen_since]).fetchall()]


def end_duty(db: Database, seen_since: str, at: str) -> list[str]:
    """Put off duty who was not seen since; the journal says so once, whoever of several workers notices."""
    sql = "UPDATE duty SET on_duty = 0, at = ? WHERE on_duty = 1 AND seen_at < ? RETURNING name"
    gone = [row[0] for row in db.execute(sql, [at, seen_since]).fetchall()]
    for name in gone:
        write_change(db, Change(name, SYSTEM, "duty.away", name))
    return gone
