"""How a conversation begins, where its customer was assigned, and which routing holds."""

from dataclasses import dataclass

from sqlite_utils import Database

from bot import routing as routes
from bot.errors import Conflict
from bot.ids import hash_of, now
from bot.routing import Routing
from bot.store.rows import ConversationRow, conversation_from
from bot.store.tables import one


@dataclass(frozen=True, slots=True)
class Opening:
    """A conversation about to begin."""

    conversation_id: str
    session_id: str
    unit: str
    """What the arm is assigned by: customer id, else visitor id."""
    source: str
    language: str
    visitor_id: str | None = None
    customer_id: str | None = None


def open_conversation(db: Database, opening: Opening, routing: Routing, seed: str) -> ConversationRow:
    """Store a new conversation; the customer keeps the arm of the first contact."""
    known = one(db, "SELECT arm, propensity FROM assignments WHERE unit = ?", opening.unit)
    if known is None:
        arm, propensity = routes.assign(opening.unit, routing.arms, seed)
        db.execute(
            "INSERT INTO assignments (unit, arm, propensity, routing_version, at) VALUES (?, ?, ?, ?, ?)",
            [opening.unit, arm, propensity, routing.version, now()],
        )
    else:
        arm, propensity = known["arm"], known["propensity"]
    at = now()
    db.execute(
        "INSERT INTO conversations (id, session_hash, unit, visitor_id, customer_id, source, language, arm,"
        " propensity, routing_version, owner, owner_seq, misses, clarified, last_offset, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'bot', 0, 0, 0, 0, ?, ?)",
        [
            opening.conversation_id,
            hash_of(opening.session_id),
            opening.unit,
            opening.visitor_id,
            opening.customer_id,
            opening.source,
            opening.language,
            arm,
            propensity,
            routing.version,
            at,
            at,
        ],
    )
    row = one(db, "SELECT * FROM conversations WHERE id = ?", opening.conversation_id)
    assert row is not None
    return conversation_from(row)


def identify(db: Database, conversation_id: str, customer_id: str) -> None:
    """Note who the customer is, once the shop has vouched for it."""
    db.execute("UPDATE conversations SET customer_id = ? WHERE id = ?", [customer_id, conversation_id])


def find_session(db: Database, session_id: str) -> ConversationRow | None:
    """Read the conversation a session secret belongs to, or None."""
    row = one(db, "SELECT * FROM conversations WHERE session_hash = ?", hash_of(session_id))
    return None if row is None else conversation_from(row)


def find_unit(db: Database, unit: str) -> ConversationRow | None:
    """Read the newest open conversation of a customer or visitor, or None."""
    sql = "SELECT * FROM conversations WHERE unit = ? AND owner != 'closed' ORDER BY updated_at DESC LIMIT 1"
    row = one(db, sql, unit)
    return None if row is None else conversation_from(row)


def read_routing(db: Database) -> Routing | None:
    """Read the newest routing, or None before the first start."""
    row = one(db, "SELECT version, document_json FROM routing ORDER BY version DESC LIMIT 1")
    return None if row is None else routes.from_json(row["version"], row["document_json"])


def write_routing(
    db: Database, routing: Routing, *, expected: int | None, who: str, why: str, restores: int | None = None
) -> Routing:
    """Store a new version of the routing.

    Args:
        expected: the version it replaces; None writes only when there is none yet.
        restores: the earlier version it is equal to, if it came from an undo.

    Raises:
        Conflict: another version holds by now.
    """
    current = read_routing(db)
    if (current.version if current else None) != expected:
        raise Conflict(f"expected routing version {expected}, the store holds {current.version if current else None}")
    version = (expected or 0) + 1
    db.execute(
        "INSERT INTO routing (version, at, who, why, document_json) VALUES (?, ?, ?, ?, ?)",
        [version, now(), who, why, routes.to_json(routing, restores=restores)],
    )
    return Routing(version, routing.arms, routing.disabled, routing.error_budget)


def release_leases(db: Database) -> None:
    """Give up every lease: at the start of a server whose predecessor may have been killed."""
    db.execute("UPDATE conversations SET lease_worker = NULL, lease_until = NULL WHERE lease_worker IS NOT NULL")


def waiting(db: Database) -> list[str]:
    """Ids of the conversations with unanswered messages, oldest first."""
    return [
        row[0] for row in db.execute("SELECT conversation_id FROM inbox GROUP BY conversation_id ORDER BY min(seq)")
    ]
