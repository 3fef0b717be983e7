"""Corrections of single turns, and the proposals that come of them: what people teach the bot."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, model_validator
from sqlite_utils import Database

from backends.content.accepted import misfit, unfilled
from backends.rag.articles import article_paths
from backends.settings import Section
from bot.accounts import Person
from bot.api.access import Admin, Operator, TheHouse
from bot.api.faults import Unavailable
from bot.errors import Invalid
from bot.house import House
from bot.redact import redact
from bot.store.journal import write_change
from bot.store.proposals import Kind, ProposalRow, State, decide_proposal, list_proposals, read_proposal
from bot.teaching import Correction, correct, publish, refuse_personal
from bot.wire import Text

router = APIRouter(prefix="/api", tags=["teaching"])

Intent = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class CorrectionIn(Section):
    """What was wrong: the intent, the reply, the article, or several of them."""

    intent: Intent | None = None
    """What the customer meant; `oos` for nothing the bot is there for."""
    reply: Text | None = None
    """What the bot should say to everybody who means that."""
    article_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The article the note is on; without one, an article is missing."""
    article_note: Text | None = None
    note: Annotated[str, Field(max_length=500)] | None = None
    """For people, kept with the label."""

    @model_validator(mode="after")
    def _says_something(self) -> "CorrectionIn":
        if self.intent is None and self.reply is None and self.article_note is None:
            raise ValueError("expected an intent, a reply or an article_note")
        return self


class CorrectedOut(Section):
    """What became of a correction."""

    turn_id: str
    label_id: str | None
    proposal_ids: tuple[str, ...]
    has_reply: bool | None
    """Whether the bot can answer the intent; null without one."""


class ProposalOut(Section):
    """A better reply to an intent, or a note on an article."""

    proposal_id: str
    kind: Kind
    turn_id: str
    conversation_id: str | None
    intent: str | None
    article_id: str | None
    text: str
    by: str
    at: str
    state: State
    decided_by: str | None
    decided_at: str | None
    problem: str | None
    """Why it cannot be accepted as it is; null when it can."""


class Proposals(Section):
    """Proposals, newest first."""

    proposals: tuple[ProposalOut, ...]


@router.post("/turns/{turn_id}/correction")
async def correction(turn_id: str, body: CorrectionIn, house: TheHouse, who: Operator) -> CorrectedOut:
    """Correct what the bot made of a message: a label for training at once, and proposals for an admin."""
    if body.article_id is not None and body.article_id not in _article_ids(house):
        raise Invalid(f"no article {body.article_id!r}; leave article_id out where one is missing")
    for text in filter(None, (body.reply, body.article_note)):
        refuse_personal(text, _own_texts(house))
    made = Correction(
        body.intent, body.reply, body.article_id, body.article_note, redact(body.note) if body.note else None
    )
    check = partial(unfilled, house.content.content.responses)
    corrected = await house.writer.write(lambda db: correct(db, turn_id, made, who, check))
    has_reply = None if body.intent is None else house.content.content.can_answer(body.intent)
    return CorrectedOut(
        turn_id=turn_id, label_id=corrected.label_id, proposal_ids=corrected.proposal_ids, has_reply=has_reply
    )


@router.get("/proposals")
async def proposals(
    house: TheHouse,
    _: Operator,
    state: Literal["open", "accepted", "rejected", "all"] = "open",
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Proposals:
    """List proposals, newest first."""
    wanted: State | None = None if state == "all" else state
    found = await house.reader.read(lambda db: list_proposals(db, state=wanted, kind=kind, limit=limit))
    return Proposals(proposals=tuple(_told(house, row) for row in found))


@router.post("/proposals/{proposal_id}/accept")
async def accept(proposal_id: str, house: TheHouse, who: Admin) -> ProposalOut:
    """Accept a proposal, also one that was rejected: the bot says an accepted reply within seconds."""
    row = await house.reader.read(lambda db: read_proposal(db, proposal_id))
    if (problem := _problem(house, row)) is not None:
        raise Invalid(problem)
    return await _decide(house, proposal_id, "accepted", who)


@router.post("/proposals/{proposal_id}/reject")
async def reject(proposal_id: str, house: TheHouse, who: Admin) -> ProposalOut:
    """Reject a proposal; one that was accepted is taken back."""
    return await _decide(house, proposal_id, "rejected", who)


async def _decide(house: House, proposal_id: str, state: State, who: Person) -> ProposalOut:
    verb = "accept" if state == "accepted" else "reject"

    def write(db: Database) -> ProposalRow:
        if decide_proposal(db, proposal_id, state, who.name):
            write_change(db, who.change(f"proposal.{verb}", proposal_id))
        return read_proposal(db, proposal_id)

    row = await house.writer.write(write)
    try:
        await asyncio.to_thread(publish, house.home, house.reader)
    except OSError as exc:
        raise Unavailable(f"it is {state}, but the file for the bot could not be written: {exc}; try again") from exc
    return _told(house, row)


def _told(house: House, row: ProposalRow) -> ProposalOut:
    names = [name for name in ProposalRow.__slots__ if name != "id"]
    values = {name: getattr(row, name) for name in names}
    problem = _problem(house, row) if row.state != "rejected" else None
    return ProposalOut(proposal_id=row.id, problem=problem, **values)


def _problem(house: House, row: ProposalRow) -> str | None:
    content = house.content.content
    return misfit(content.responses, content.file.flows, row.intent, row.text) if row.intent is not None else None


def _article_ids(house: House) -> set[str]:
    return {path.stem for path in article_paths(house.bot / "articles")}


def _own_texts(house: House) -> Iterator[str]:
    """Everything the bot folder tells customers."""
    for variants in house.content.content.responses.variants.values():
        yield from (variant.text for variant in variants)
    for path in article_paths(house.bot / "articles"):
        yield path.read_text(encoding="utf-8", errors="replace")
