"""What operators changed, who and when: one row a change, in the transaction of the change itself.

No row is ever removed; erasing a customer empties the details of those about that customer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from bot.ids import now
from bot.store.tables import rows


@dataclass(frozen=True, slots=True)
class Change:
    """One change by one person."""

    who: str
    role: str
    """`operator` or `admin`."""
    action: str
    """`TOPIC.VERB`, such as `turn.label`: the topic is what consoles fetch again."""
    target: str | None = None
    """Id of what was changed."""
    details: Mapping[str, Any] | None = None

    @property
    def topic(self) -> str:
        """What kind of thing was changed."""
        return self.action.partition(".")[0]


def write_change(db: Database, change: Change) -> int:
    """Append a change; returns its number."""
    cursor = db.execute(
        "INSERT INTO journal (at, who, role, action, target, details_json) VALUES (?, ?, ?, ?, ?, ?)",
        [now(), change.who, change.role, change.action, change.target, json.dumps(dict(change.details or {}))],
    )
    return int(cursor.lastrowid or 0)


def changes_after(db: Database, seq: int) -> tuple[int, list[Change]]:
    """Changes behind a number, oldest first, and the number of the newest one."""
    found = rows(db, "SELECT * FROM journal WHERE seq > ? ORDER BY seq", seq)
    return (found[-1]["seq"] if found else seq), [_change(row) for row in found]


def newest_change(db: Database) -> int:
    """Number of the newest change."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])


def list_changes(db: Database, *, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Read changes for people, newest first."""
    found = rows(
        db,
        "SELECT seq, at, who, role, action, target, details_json FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        before if before is not None else 2**62,
        limit,
    )
    return [
        {
            **{key: value for key, value in row.items() if key != "details_json"},
            "details": json.loads(row["details_json"]),
        }
        for row in found
    ]


def _change(row: Mapping[str, Any]) -> Change:
    return Change(row["who"], row["role"], row["action"], row["target"], json.loads(row["details_json"]))
