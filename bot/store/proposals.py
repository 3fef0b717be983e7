"""What operators propose for everybody: better replies, and notes on articles. An admin decides."""

from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from bot.errors import NotFound
from bot.ids import new_id, now
from bot.store.tables import one, rows

Kind = Literal["reply", "article"]
State = Literal["open", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One proposal, with the turn it came from."""

    id: str
    kind: str
    turn_id: str
    conversation_id: str | None
    """None when the conversation was erased."""
    intent: str | None
    """The intent a reply is for."""
    article_id: str | None
    """The article a note is on; None for one that is missing."""
    text: str
    by: str
    at: str
    state: str
    decided_by: str | None
    decided_at: str | None


_READ = (
    "SELECT p.id, p.kind, p.turn_id, t.conversation_id, p.intent, p.article_id, p.text, p.by, p.at, p.state,"
    " p.decided_by, p.decided_at FROM proposals p LEFT JOIN turns t ON t.id = p.turn_id"
)


def write_proposal(
    db: Database, turn_id: str, text: str, *, by: str, intent: str | None = None, article_id: str | None = None
) -> str:
    """Store a proposal: a reply to an intent, or else a note on an article; returns its id."""
    proposal_id = new_id("p")
    db.execute(
        "INSERT INTO proposals (id, kind, turn_id, intent, article_id, text, by, at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')",
        [proposal_id, "article" if intent is None else "reply", turn_id, intent, article_id, text, by, now()],
    )
    return proposal_id


def read_proposal(db: Database, proposal_id: str) -> ProposalRow:
    """Read one proposal.

    Raises:
        NotFound: there is none.
    """
    row = one(db, f"{_READ} WHERE p.id = ?", proposal_id)
    if row is None:
        raise NotFound(f"no proposal {proposal_id!r}")
    return ProposalRow(**row)


def list_proposals(
    db: Database, *, state: State | None = None, kind: Kind | None = None, limit: int = 1000
) -> list[ProposalRow]:
    """Read proposals, newest first; None takes every state or kind."""
    found = rows(
        db,
        f"{_READ} WHERE coalesce(?, p.state) = p.state AND coalesce(?, p.kind) = p.kind ORDER BY p.id DESC LIMIT ?",
        state,
        kind,
        limit,
    )
    return [ProposalRow(**row) for row in found]


def decide_proposal(db: Database, proposal_id: str, state: State, by: str) -> bool:
    """Accept or reject a proposal, also one that was decided otherwise before; tells whether that changed anything.

    Raises:
        NotFound: there is none.
    """
    if read_proposal(db, proposal_id).state == state:
        return False
    db.execute(
        "UPDATE proposals SET state = ?, decided_by = ?, decided_at = ? WHERE id = ?", [state, by, now(), proposal_id]
    )
    return True
