"""Rasa's HTTP forms: the REST channel and the parser, so that its clients and test tools work unchanged."""

import asyncio
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from backends.contract import HasParse
from backends.settings import Section
from bot.api.access import Address, TheHouse, caller
from bot.api.faults import Unavailable
from bot.asking import PAYLOAD
from bot.errors import TooMany
from bot.house import House
from bot.ids import new_id
from bot.reception import Session, Visitor
from bot.redact import redact
from bot.routing import chain_of
from bot.store.rows import StoredEvent
from bot.tools import Utterance
from bot.wire import BotUttered, Text

router = APIRouter(dependencies=[Depends(caller)], tags=["other clients"])

MARGIN_S = 5.0
"""Seconds beyond the deadlines of a chain until a message counts as unanswered."""


REST = "rest/"
"""Begins the visitor ids of senders. No widget can send such an id, so none can get into a sender's conversation."""


class Loose(BaseModel):
    """A request of somebody else's client: fields we do not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class MessageIn(Loose):
    """A message of Rasa's REST channel."""

    sender: Annotated[str, Field(min_length=1, max_length=200)]
    message: Text


class ParseIn(Loose):
    """A text to classify."""

    text: Text


class Button(Section):
    """A quick reply."""

    title: str
    payload: str


class Said(Section):
    """One message of the bot, in Rasa's form."""

    recipient_id: str
    text: str
    buttons: tuple[Button, ...] = ()
    custom: dict[str, Any]
    """`message_id`, `backend`, `intent`, `confidence`, `citations`."""


class NamedIntent(Section):
    """An intent with its probability."""

    name: str | None
    """Null when the text is out of scope."""
    confidence: float


class Parsed(Section):
    """What a text means, in Rasa's form."""

    text: str
    intent: NamedIntent
    intent_ranking: tuple[NamedIntent, ...]
    entities: tuple[dict[str, Any], ...]
    oos_score: float


class Listener:
    """Collects what the bot says after one message, and notices when it is done."""

    def __init__(self, message_id: str) -> None:
        self._message_id = message_id
        self._begun = False
        self.said: list[BotUttered] = []
        self.done = asyncio.Event()

    def stored(self, event: StoredEvent) -> None:
        """Take a stored event."""
        frame = event.frame
        if getattr(frame, "message_id", None) == self._message_id:
            self._begun = True
        elif not self._begun:
            return
        elif isinstance(frame, BotUttered) and frame.reply_to in {self._message_id, None}:
            self.said.append(frame)
            self.done.set()
        elif frame.type in {"owner_changed", "conversation_closed"}:
            self.done.set()

    def transient(self, frame: BaseModel) -> None:
        """What is not stored says nothing about this message in particular."""


@router.post("/webhooks/rest/webhook", response_model=None, responses={200: {"model": list[Said]}})
async def rest(body: MessageIn, house: TheHouse, address: Address) -> list[dict[str, Any]]:
    """Answer one message of a sender, whose messages are one conversation, and wait for the answer."""
    sender = hashlib.sha256(body.sender.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    visitor = Visitor(house.settings.bot.languages[0], visitor_id=f"{REST}{sender}")
    found = await house.reception.of_unit(visitor)
    if not house.limits.allow_message(found.conversation_id, address):
        raise TooMany("too many messages")
    session = await house.reception.ready(found)
    said = await _converse(house, session, body.message)
    return [_message(body.sender, frame) for frame in said]


@router.post("/model/parse", response_model=Parsed)
async def parse(body: ParseIn, house: TheHouse, address: Address) -> dict[str, Any]:
    """Rank the intents of one text."""
    if not house.limits.allow_http(address):
        raise TooMany("too many requests")
    classifiers = [backend for backend in house.engine.backends.values() if isinstance(backend, HasParse)]
    if not classifiers:
        raise Unavailable("No backend with a classifier is loaded; add [backends.intent] to bot.toml.")
    found = await classifiers[0].parse(redact(house.content.content.reader.read(body.text, None).text))
    ranking = [{"name": name, "confidence": round(share, 6)} for name, share in found.ranking]
    return {
        "text": body.text,
        "intent": {"name": found.intent, "confidence": round(found.confidence, 6)},
        "intent_ranking": ranking,
        "entities": [],
        "oos_score": round(found.oos_score, 6),
    }


async def _converse(house: House, session: Session, text: str) -> list[BotUttered]:
    """Put a message through the desk and collect the bot's messages that follow; none when a person has it."""
    message_id = new_id("r")
    listener = Listener(message_id)
    payload = text if PAYLOAD.fullmatch(text) else None
    house.hub.join(session.conversation_id, listener)
    try:
        received = await house.desk.say(session.conversation_id, Utterance(message_id, text, payload))
        await house.desk.follow_up(session.conversation_id, received, payload)
        if received.pending:
            async with asyncio.timeout(_patience_s(house, session)):
                await listener.done.wait()
            await asyncio.sleep(0)  # what is published together arrives together
    except TimeoutError:
        pass  # it stays in the store, and an operator sees it
    finally:
        house.hub.leave(session.conversation_id, listener)
    return listener.said


def _patience_s(house: House, session: Session) -> float:
    chain = chain_of(house.board.current, session.row.arm if session.row else None)
    return sum(house.settings.engine.deadline_of(name) for name in chain) + MARGIN_S


def _message(recipient: str, frame: BotUttered) -> dict[str, Any]:
    message: dict[str, Any] = {"recipient_id": recipient, "text": frame.text}
    if frame.quick_replies:
        message["buttons"] = [reply.model_dump() for reply in frame.quick_replies]
    message["custom"] = {
        "message_id": frame.message_id,
        "backend": frame.backend,
        "intent": frame.intent,
        "confidence": frame.confidence,
        "citations": [citation.model_dump() for citation in frame.citations],
    }
    return message
