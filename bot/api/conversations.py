"""`/api/conversations` and `/api/turns`: what operators read, and what they do to a conversation."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlite_utils import Database

from backends.settings import Section
from bot.accounts import ANONYMOUS, Person
from bot.api.access import Operator, TheHouse
from bot.api.notes import note_writer
from bot.api.shapes import ConversationPage, Detail, Labelled, shown
from bot.conversation import ANYBODY, Closed, Event, HandedBack, OperatorSaid, TakenOver
from bot.errors import Conflict, Invalid, Taken
from bot.house import House
from bot.redact import redact
from bot.store.journal import Change, write_change
from bot.store.queries import Filter, list_conversations, read_detail
from bot.store.signals import write_label
from bot.wire import Text

router = APIRouter(prefix="/api", tags=["conversations"])

OWNERS = frozenset({"bot", "queue", "operator", "closed"})
SOURCES = Literal["live", "simulated", "test", "cli"]
Word = Annotated[str | None, Field(max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"[^*]")]
"""Of an operator; asterisks alone are nobody's: within the server they stand for whoever has a conversation."""


class ConversationClosed(Conflict):
    """Nothing can be done to it any more."""

    code = "closed"


class Act(Section):
    """Who does it, with the home folder's token; an account has a name of its own."""

    operator: Name | None = None


class TakeOver(Act):
    """Two operators never act at once: what another one has is refused (409, `taken`) to whoever does not name him.

    A caller who gives no name of his own acts on whatever there is.
    """

    over: Name | None = None
    """Name of the operator who has it now, to take it over knowingly."""


class ReplyIn(TakeOver):
    """What the operator writes."""

    text: Text


class HandBack(TakeOver):
    """What the next person should know."""

    summary: Text | None = None
    """Stored as a note; `GET …/summary` drafts one."""


class CloseIn(TakeOver):
    """Why it ends."""

    reason: Annotated[str, Field(min_length=1, max_length=200)] = "operator"


class LabelIn(Section):
    """What a customer message really meant."""

    intent: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    note: Annotated[str, Field(max_length=500)] | None = None


class ListQuery(BaseModel):
    """Which conversations are wanted."""

    owner: Annotated[str | None, Field(description="Some of bot, queue, operator, closed, with commas")] = None
    source: SOURCES | None = None
    arm: Word = None
    backend: Word = None
    intent: Word = None
    q: Annotated[str | None, Field(max_length=200, description="Words anywhere in its messages, or its id")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[str | None, Field(max_length=100, description="The `next` of the page before")] = None


@router.get("/conversations", response_model=None, responses=shown(ConversationPage))
async def listing(house: TheHouse, _: Operator, query: Annotated[ListQuery, Query()]) -> dict[str, Any]:
    """List conversations, the ones that changed last first; `backend` and `intent` are those of the newest turn."""
    owners = tuple(filter(None, (query.owner or "").split(",")))
    if strange := set(owners) - OWNERS:
        raise Invalid(f"owner: expected some of {', '.join(sorted(OWNERS))}, got {', '.join(sorted(strange))}")
    given = query.model_dump(exclude={"owner", "q"})
    wanted = Filter(owners, q=(query.q or "").strip() or None, **given)
    page = await house.reader.read(lambda db: list_conversations(db, wanted))
    return page._asdict()


@router.get("/conversations/{conversation_id}", response_model=None, responses=shown(Detail))
async def detail(conversation_id: str, house: TheHouse, _: Operator) -> dict[str, Any]:
    """Tell everything about one conversation."""
    return await house.reader.read(lambda db: read_detail(db, conversation_id))


@router.post("/conversations/{conversation_id}/take-over", response_model=None, responses=shown(Detail))
async def take_over(
    conversation_id: str, house: TheHouse, who: Operator, body: TakeOver | None = None
) -> dict[str, Any]:
    """Answer in person from now on; a turn in flight is cancelled. 409 `taken` if another operator was faster."""
    who = _named(body, who)
    return await _step(
        house, who.change("conversation.take_over", conversation_id), TakenOver(who.name, _over(body, who))
    )


@router.post("/conversations/{conversation_id}/reply", response_model=None, responses=shown(Detail))
async def reply(conversation_id: str, body: ReplyIn, house: TheHouse, who: Operator) -> dict[str, Any]:
    """Write to the customer; takes the conversation over if need be."""
    who = _named(body, who)
    return await _step(
        house, who.change("conversation.reply", conversation_id), OperatorSaid(who.name, _over(body, who)), body.text
    )


@router.post("/conversations/{conversation_id}/hand-back", response_model=None, responses=shown(Detail))
async def hand_back(
    conversation_id: str, house: TheHouse, who: Operator, body: HandBack | None = None
) -> dict[str, Any]:
    """Let the bot answer again. 409 `taken` if another operator has the conversation.

    An answer of the operator that arrives later takes the conversation over once more: whoever writes has it.
    """
    who = _named(body, who)
    summary = body.summary if body else None
    also = note_writer(house.tools, conversation_id, "summary", who, summary) if summary else None
    event = HandedBack(who.name, _over(body, who))
    return await _step(house, who.change("conversation.hand_back", conversation_id), event, also=also)


@router.post("/conversations/{conversation_id}/close", response_model=None, responses=shown(Detail))
async def close(conversation_id: str, house: TheHouse, who: Operator, body: CloseIn | None = None) -> dict[str, Any]:
    """End the conversation; the customer's next message begins a new one. 409 `taken` as for `hand-back`."""
    who = _named(body, who)
    event = Closed((body or CloseIn()).reason, who.name, _over(body, who))
    return await _step(house, who.change("conversation.close", conversation_id), event)


@router.post("/turns/{turn_id}/label", response_model=Labelled)
async def label(turn_id: str, body: LabelIn, house: TheHouse, who: Operator) -> dict[str, Any]:
    """Say what a customer message really meant; nightly training learns from it."""
    note = redact(body.note) if body.note else None

    def write(db: Database) -> str:
        label_id = write_label(db, turn_id, body.intent, provenance="operator", by=who.name, note=note)
        write_change(db, who.change("turn.label", turn_id, intent=body.intent))
        return label_id

    label_id = await house.writer.write(write)
    is_known = body.intent == "oos" or house.content.content.can_answer(body.intent)
    return {"label_id": label_id, "turn_id": turn_id, "intent": body.intent, "has_reply": is_known}


async def _step(
    house: House, change: Change, event: Event, text: str = "", *, also: Callable[[Database], object] | None = None
) -> dict[str, Any]:
    conversation_id = change.target or ""
    try:
        await house.desk.step(conversation_id, event, text, change=change, also=also)
    except Taken:
        raise
    except Conflict as exc:
        raise ConversationClosed(str(exc)) from exc
    return await house.reader.read(lambda db: read_detail(db, conversation_id))


def _named(body: Act | None, who: Person) -> Person:
    """The person, by the name in the body where the token has none of its own."""
    return who if who.is_account or body is None or body.operator is None else replace(who, name=body.operator)


def _over(body: TakeOver | None, who: Person) -> str | None:
    if who.name == ANONYMOUS:
        return ANYBODY
    return None if body is None else body.over
