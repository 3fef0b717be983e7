"""`/api/audits`: ended conversations drawn by chance, for people to say whether the bot solved the problem.

What they find corrects the resolution rate; see `docs/resolution.md`.
"""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlite_utils import Database

from backends.settings import Section
from bot.accounts import Person
from bot.api.access import Admin, Operator, TheHouse
from bot.ids import now
from bot.redact import redact
from bot.store.journal import write_change
from bot.store.outcomes import AuditRow, AuditState, audit_state, draw_audits, write_audit

router = APIRouter(prefix="/api", tags=["audits"])

MOST_DRAWN = 1000


class DrawIn(Section):
    """How many more conversations are wanted."""

    n: Annotated[int, Field(ge=1, le=MOST_DRAWN)]
    source: Literal["live", "simulated", "test", "cli"] = "live"


class JudgementIn(Section):
    """What a person found."""

    resolved: bool
    """Whether the bot alone solved the customer's problem."""
    note: Annotated[str, Field(max_length=500)] | None = None


class NextAudit(Section):
    """The conversation to judge next."""

    audit_id: str
    conversation_id: str


class AuditsOut(Section):
    """How far the audits are."""

    open: int
    judged: int
    next: NextAudit | None


class DrawnOut(AuditsOut):
    """What was drawn, and how far the audits are now."""

    drawn: int
    """Less than asked for where there are no more conversations whose outcome is known."""


class JudgedOut(Section):
    """One judgement, as it is kept."""

    audit_id: str
    conversation_id: str
    resolved: bool
    by: str
    note: str | None
    judged_at: str


@router.get("/audits")
async def state(house: TheHouse, _: Operator) -> AuditsOut:
    """Tell how many conversations are left to judge, and which is next."""
    return AuditsOut.model_validate(_told(await house.reader.read(audit_state)))


@router.post("/audits/draw")
async def draw(body: DrawIn, house: TheHouse, who: Admin) -> DrawnOut:
    """Draw conversations by chance, of all whose outcome is known and that were not drawn before."""
    seed = secrets.randbits(32)

    def write(db: Database) -> tuple[int, AuditState]:
        drawn = draw_audits(db, body.n, seed=seed, as_of=now(), source=body.source)
        write_change(db, who.change("audit.draw", None, n=len(drawn), wanted=body.n, source=body.source, seed=seed))
        return len(drawn), audit_state(db)

    drawn, after = await house.writer.write(write)
    return DrawnOut.model_validate({**_told(after), "drawn": drawn})


@router.post("/audits/{audit_id}")
async def judge(audit_id: str, body: JudgementIn, house: TheHouse, who: Operator) -> JudgedOut:
    """Say whether the bot alone solved it; a later judgement replaces an earlier one."""
    audit = await house.writer.write(lambda db: _judge(db, audit_id, body, who))
    return JudgedOut.model_validate(
        {
            "audit_id": audit.id,
            "conversation_id": audit.conversation_id,
            "resolved": audit.resolved,
            "by": audit.by,
            "note": audit.note,
            "judged_at": audit.judged_at,
        }
    )


def _judge(db: Database, audit_id: str, body: JudgementIn, who: Person) -> AuditRow:
    audit = write_audit(db, audit_id, body.resolved, who.name, redact(body.note) if body.note else None)
    write_change(db, who.change("audit.judge", audit_id, conversation_id=audit.conversation_id, resolved=body.resolved))
    return audit


def _told(found: AuditState) -> dict[str, object]:
    first = found.next and {"audit_id": found.next.id, "conversation_id": found.next.conversation_id}
    return {"open": found.open, "judged": found.judged, "next": first}
