"""Removes a customer from the store, and keeps a certificate of it that names nobody.

Whatever table has a column `conversation_id` or `turn_id` is emptied of the customer, also one that is added later.
What nights keep in files is left to `switchboard data forget`; until it is done, a certificate is pending.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlite_utils import Database

from bot.errors import NotFound
from bot.ids import new_id, now
from bot.store.tables import one, rows

KEPT_TABLES = frozenset({"conversations", "erasures"})
"""Handled by name."""
PENDING, COMPLETE = "pending", "complete"


class Subject(NamedTuple):
    """Who is erased; exactly one is given."""

    customer_id: str | None = None
    visitor_id: str | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Traces:
    """What files are searched for: ids, and hashes of texts that stand in them without an id."""

    turns: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


def text_mark(text: str) -> str:
    """Name of a text that tells nothing of it: SHA-256, hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def conversations_of(db: Database, subject: Subject) -> list[str]:
    """Ids of all conversations of a customer, oldest first.

    A customer's conversations are those under the id, and those of the same browsers that are under nobody's; a
    visitor's are those of the browser, whoever was logged in; a conversation stands for its customer, else for its
    browser.

    Raises:
        NotFound: there is none.
    """
    if subject.conversation_id is not None:
        row = one(db, "SELECT customer_id, unit FROM conversations WHERE id = ?", subject.conversation_id)
        if row is None:
            raise NotFound(f"no conversation {subject.conversation_id!r}")
        if row["customer_id"] is not None:
            return conversations_of(db, Subject(customer_id=row["customer_id"]))
        sql = "SELECT id FROM conversations WHERE (unit = ? AND customer_id IS NULL) OR id = ?"
        found = rows(db, sql, row["unit"], subject.conversation_id)
    elif subject.customer_id is not None:
        own = "SELECT * FROM conversations WHERE customer_id = ? OR unit = ?"
        found = rows(
            db,
            f"WITH own AS ({own}) SELECT id FROM own UNION SELECT id FROM conversations WHERE customer_id IS NULL"
            " AND (unit IN (SELECT unit FROM own) OR visitor_id IN (SELECT visitor_id FROM own))",
            subject.customer_id,
            f"customer:{subject.customer_id}",
        )
    else:
        sql = "SELECT id FROM conversations WHERE visitor_id = ? OR unit = ?"
        found = rows(db, sql, subject.visitor_id, f"visitor:{subject.visitor_id}")
    if not found:
        raise NotFound("no conversation of this customer")
    return sorted(row["id"] for row in found)


def erase(db: Database, conversation_ids: Sequence[str], *, by: str) -> str:
    """Remove conversations with everything about them; returns the id of the certificate.

    Args:
        by: the operator's name.
    """
    conversations = json.dumps(list(conversation_ids))
    units = json.dumps(_column(db, "SELECT DISTINCT unit FROM conversations WHERE id IN %s", conversations))
    turns = json.dumps(_column(db, "SELECT id FROM turns WHERE conversation_id IN %s", conversations))
    traces = {
        "turns": json.loads(turns),
        "conversations": list(conversation_ids),
        "texts": sorted(_texts(db, conversations)),
    }
    removed: dict[str, int] = {}
    ids: set[str] = {*traces["turns"], *conversation_ids, *_ids(db, "proposals", "turn_id", turns)}
    _detach_accepted(db, turns)
    for table, column in _tables(db):
        values = conversations if column == "conversation_id" else turns
        ids |= _ids(db, table, column, values)
        removed[table] = _delete(db, table, column, values)
    removed["conversations"] = _delete(db, "conversations", "id", conversations)
    removed["assignments"] = db.execute(
        "DELETE FROM assignments WHERE unit IN (SELECT value FROM json_each(?))"
        " AND unit NOT IN (SELECT unit FROM conversations WHERE unit IS NOT NULL)",
        [units],
    ).rowcount
    db.execute(
        "UPDATE journal SET details_json = '{}' WHERE target IN (SELECT value FROM json_each(?))",
        [json.dumps(sorted(ids))],
    )
    erasure_id = new_id("e")
    db.execute(
        "INSERT INTO erasures (id, erased_at, by, state, removed_json, pending_json) VALUES (?, ?, ?, ?, ?, ?)",
        [erasure_id, now(), by, PENDING, json.dumps(removed), json.dumps(traces)],
    )
    return erasure_id


def read_certificate(db: Database, erasure_id: str) -> dict[str, Any]:
    """Read one certificate.

    Raises:
        NotFound: there is none.
    """
    row = one(db, "SELECT * FROM erasures WHERE id = ?", erasure_id)
    if row is None:
        raise NotFound(f"no erasure {erasure_id!r}")
    return _certificate(row)


def list_certificates(db: Database, limit: int = 200) -> list[dict[str, Any]]:
    """Read certificates, newest first."""
    return [_certificate(row) for row in rows(db, "SELECT * FROM erasures ORDER BY id DESC LIMIT ?", limit)]


def pending_erasures(db: Database) -> dict[str, Traces]:
    """What files are still to be searched for, by certificate, oldest first."""
    found = rows(db, "SELECT id, pending_json FROM erasures WHERE state = ? ORDER BY id", PENDING)
    return {
        row["id"]: Traces(**{name: frozenset(values) for name, values in json.loads(row["pending_json"]).items()})
        for row in found
    }


def has_learned(db: Database, erasure_id: str) -> bool:
    """Whether it is noted already what had learned from the customer: it cannot be told once files are searched."""
    row = one(db, "SELECT learned_json FROM erasures WHERE id = ?", erasure_id)
    return row is not None and row["learned_json"] is not None


def note_learned(db: Database, erasure_id: str, learned: Mapping[str, Any]) -> None:
    """Note what had learned from the customer, before it is removed."""
    db.execute(
        "UPDATE erasures SET learned_json = ? WHERE id = ? AND learned_json IS NULL",
        [json.dumps(dict(learned)), erasure_id],
    )


def finish_erasure(db: Database, erasure_id: str) -> None:
    """Note that nothing is left; what was searched for is forgotten too."""
    db.execute(
        "UPDATE erasures SET state = ?, pending_json = '{}', finished_at = ? WHERE id = ? AND state = ?",
        [COMPLETE, now(), erasure_id, PENDING],
    )


def _certificate(row: Mapping[str, Any]) -> dict[str, Any]:
    removed, learned = json.loads(row["removed_json"]), json.loads(row["learned_json"] or "{}")
    return {
        "erasure_id": row["id"],
        "erased_at": row["erased_at"],
        "by": row["by"],
        "state": row["state"],
        "finished_at": row["finished_at"],
        "conversations": removed["conversations"],
        "turns": removed["turns"],
        "labels": removed["labels"],
        "removed": removed,
        "training_rows": learned.get("training_rows"),
        "bundles": learned.get("bundles"),
    }


def _tables(db: Database) -> list[tuple[str, str]]:
    """Tables about conversations or turns, with the column that says so."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = []
    for name in names:
        columns = {row[1] for row in db.execute(f'PRAGMA table_info("{name}")').fetchall()}
        column = next((column for column in ("conversation_id", "turn_id") if column in columns), None)
        if column is not None and name not in KEPT_TABLES:
            found.append((name, column))
    return found


def _texts(db: Database, conversations: str) -> set[str]:
    """Marks of what the customer and operators wrote."""
    said = _column(
        db,
        "SELECT json_extract(frame_json, '$.text') FROM events"
        " WHERE type IN ('user_uttered', 'operator_uttered') AND conversation_id IN %s",
        conversations,
    )
    asked = _column(db, "SELECT text FROM turns WHERE conversation_id IN %s", conversations)
    return {text_mark(text) for text in (*said, *asked) if text}


def _detach_accepted(db: Database, turns: str) -> None:
    """Proposals that an admin has accepted are the shop's own texts by now: they stay, and forget where they came from.

    Those that are open or rejected go with the customer.
    """
    db.execute(
        "UPDATE proposals SET turn_id = '' WHERE state = 'accepted' AND turn_id IN (SELECT value FROM json_each(?))",
        [turns],
    )


def _ids(db: Database, table: str, column: str, values: str) -> set[str]:
    columns = {row[1] for row in db.execute(f'PRAGMA table_info("{table}")').fetchall()}
    if "id" not in columns:
        return set()
    return set(_column(db, f'SELECT id FROM "{table}" WHERE {column} IN %s', values))


def _delete(db: Database, table: str, column: str, values: str) -> int:
    sql = f'DELETE FROM "{table}" WHERE {column} IN (SELECT value FROM json_each(?))'
    return int(db.execute(sql, [values]).rowcount)


def _column(db: Database, sql: str, values: str) -> list[Any]:
    found: Iterable[Any] = db.execute(sql.replace("%s", "(SELECT value FROM json_each(?))"), [values]).fetchall()
    return [row[0] for row in found]
