"""`/api/conversations` and `/api/turns`: what operators read, and what they do to a conversation."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlite_utils import Database

from backends.settings import Section
from bot.accounts import ANONYMOUS, Person
from bot.api.access import Operator, TheHouse
from bot.conversation import ANYBODY, Closed, Event, HandedBack, OperatorSaid, TakenOver
from bot.errors import Conflict, Invalid, Taken
from bot.house import House
from bot.redact import redact
from bot.store.journal import write_change
from bot.store.queries import Filter, list_conversations, read_detail
from bot.store.signals import write_label
from bot.wire import Text

router = APIRouter(prefix="/api")

OWNERS = frozenset({"bot", "queue", "operator", "closed"})
SOURCES = Literal["live", "simulated", "test", "cli"]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class ConversationClosed(Conflict):
    """Nothing can be done to it any more."""

    code = "closed"


class Act(Section):
    """Who does it, with the home folder's token; an account has a name of its own."""

    operator: Name | None = None


class TakeOver(Act):
    """Two operators never write at once: what another one has is refused (409, `taken`) to whoever does not name him.

    A caller who gives no name of his own takes over whatever there is.
    """

    over: Name | None = None
    """Name of the operator who has it now, to take it over knowingly."""


class ReplyIn(TakeOver):
    """What the operator writes."""

    text: Text


class CloseIn(Act):
    """Why it ends."""

    reason: Annotated[str, Field(min_length=1, max_length=200)] = "operator"


class LabelIn(Section):
    """What a customer message really meant."""

    intent: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    note: Annotated[str, Field(max_length=500)] | None = None


@router.get("/conversations")
async def listing(
    house: TheHouse,
    _: Operator,
    owner: str | None = None,
    source: SOURCES | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """List conversations, the ones that changed last first; `owner` may name several, with commas."""
    owners = tuple(filter(None, (owner or "").split(",")))
    if strange := set(owners) - OWNERS:
        raise Invalid(f"owner: expected some of {', '.join(sorted(OWNERS))}, got {', '.join(sorted(strange))}")
    wanted = Filter(owners, source, (q or "").strip() or None, before, limit)
    page = await house.reader.read(lambda db: list_conversations(db, wanted))
    return page._asdict()


@router.get("/conversations/{conversation_id}")
async def detail(conversation_id: str, house: TheHouse, _: Operator) -> dict[str, Any]:
    """Tell everything about one conversation."""
    return await house.reader.read(lambda db: read_detail(db, conversation_id))


@router.post("/conversations/{conversation_id}/take-over")
async def take_over(
    conversation_id: str, house: TheHouse, who: Operator, body: TakeOver | None = None
) -> dict[str, Any]:
    """Answer in person from now on; a turn in flight is cancelled. 409 `taken` if another operator was faster."""
    who = _named(body, who)
    return await _step(house, who, "take_over", conversation_id, TakenOver(who.name, _over(body, who)))


@router.post("/conversations/{conversation_id}/reply")
async def reply(conversation_id: str, body: ReplyIn, house: TheHouse, who: Operator) -> dict[str, Any]:
    """Write to the customer; takes the conversation over if need be."""
    who = _named(body, who)
    return await _step(house, who, "reply", conversation_id, OperatorSaid(who.name, _over(body, who)), body.text)


@router.post("/conversations/{conversation_id}/hand-back")
async def hand_back(conversation_id: str, house: TheHouse, who: Operator, body: Act | None = None) -> dict[str, Any]:
    """Let the bot answer again."""
    return await _step(house, _named(body, who), "hand_back", conversation_id, HandedBack())


@router.post("/conversations/{conversation_id}/close")
async def close(conversation_id: str, house: TheHouse, who: Operator, body: CloseIn | None = None) -> dict[str, Any]:
    """End the conversation; the customer's next message begins a new one."""
    return await _step(house, _named(body, who), "close", conversation_id, Closed((body or CloseIn()).reason))


@router.post("/turns/{turn_id}/label")
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
    house: House, who: Person, verb: str, conversation_id: str, event: Event, text: str = ""
) -> dict[str, Any]:
    try:
        change = who.change(f"conversation.{verb}", conversation_id)
        await house.desk.step(conversation_id, event, text, change=change)
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
