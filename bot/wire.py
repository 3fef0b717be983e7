"""The frames of `/ws` and `/ws/operator`: every message as one sealed type, in both directions.

This file is the source of the TypeScript types (`switchboard schema`). It knows no socket and no store.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from backends.contract import Citation, QuickReply

MAX_CHARS = 4000
"""Longest text a customer or an operator may send."""

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
Text = Annotated[str, Field(min_length=1, max_length=MAX_CHARS, pattern=r"\S")]
Owner = Literal["bot", "queue", "operator", "closed"]
Topic = Literal["conversation", "turn", "proposal", "model", "operator", "duty", "audit", "customer", "article"]
TOPICS: Mapping[str, Topic] = {name: name for name in get_args(Topic)}
"""What consoles are told of a change of."""


class Frame(BaseModel):
    """Base of all frames: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class CustomerIdentity(Frame):
    """A customer the shop vouches for."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    hmac: Annotated[str, Field(max_length=128)]
    """Hex HMAC-SHA256 of the id with the shop's identity secret."""


# --- customer → server -------------------------------------------------------------------------------------


class SessionRequest(Frame):
    """Begin or resume a conversation; must be the first frame."""

    type: Literal["session_request"]
    session_id: Annotated[str, Field(max_length=128)] | None = None
    resume_from: Annotated[int, Field(ge=0)] | None = None
    """Highest offset the client has seen; later events are replayed. None replays all."""
    visitor_id: Id | None = None
    customer: CustomerIdentity | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None


class UserUttered(Frame):
    """A message the customer typed."""

    type: Literal["user_uttered"]
    message_id: Id
    text: Text


class QuickReplyPressed(Frame):
    """A button the customer pressed."""

    type: Literal["quick_reply"]
    message_id: Id
    reply_to: Id
    payload: Annotated[str, Field(min_length=1, max_length=500)]
    title: Text


class Feedback(Frame):
    """Thumbs up or down on one bot message."""

    type: Literal["feedback"]
    message_id: Id
    value: Literal[1, -1]
    reason: Annotated[str, Field(max_length=500)] | None = None


class Resolved(Frame):
    """The answer to "did this solve it?"."""

    type: Literal["resolved"]
    value: bool


class HandoffRequest(Frame):
    """The customer asks for a person."""

    type: Literal["handoff_request"]


class Typing(Frame):
    """The customer is typing."""

    type: Literal["typing"]


class Ping(Frame):
    """Keep-alive."""

    type: Literal["ping"]


ClientFrame = Annotated[
    SessionRequest | UserUttered | QuickReplyPressed | Feedback | Resolved | HandoffRequest | Typing | Ping,
    Field(discriminator="type"),
]
CLIENT: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)

# --- server → customer -------------------------------------------------------------------------------------


class CitationOut(Frame):
    """See `backends.contract.Citation`."""

    title: str
    url: str
    article_id: str
    quote: str


class QuickReplyOut(Frame):
    """See `backends.contract.QuickReply`."""

    title: str
    payload: str


class SessionConfirm(Frame):
    """The conversation is open; replayed events follow."""

    type: Literal["session_confirm"] = "session_confirm"
    session_id: str
    conversation_id: str
    offset: int
    """Offset of the newest stored event."""
    owner: Owner


class Stored(Frame):
    """Base of the frames that are stored, numbered and replayed."""

    offset: int
    at: str
    """UTC ISO-8601."""


class UserUtteredOut(Stored):
    """A customer message, in replay and in other tabs."""

    type: Literal["user_uttered"] = "user_uttered"
    message_id: str
    text: str


class BotUttered(Stored):
    """A final bot message; its text replaces what was streamed."""

    type: Literal["bot_uttered"] = "bot_uttered"
    message_id: str
    reply_to: str | None
    text: str
    backend: str
    intent: str | None = None
    confidence: float | None = None
    citations: tuple[CitationOut, ...] = ()
    quick_replies: tuple[QuickReplyOut, ...] = ()


class OperatorUttered(Stored):
    """A message by a person of the shop."""

    type: Literal["operator_uttered"] = "operator_uttered"
    message_id: str
    text: str
    operator: str


class OwnerChanged(Stored):
    """Who answers from now on."""

    type: Literal["owner_changed"] = "owner_changed"
    owner: Literal["bot", "queue", "operator"]


class ConversationClosed(Stored):
    """The conversation is over; the next message begins a new one."""

    type: Literal["conversation_closed"] = "conversation_closed"
    reason: str


class StatusOut(Frame):
    """A message was stored, the other side is typing, or is ready."""

    type: Literal["status"] = "status"
    state: Literal["acknowledged", "typing", "ready"]
    message_id: str | None = None


class BotStarted(Frame):
    """A backend begins to show its reply."""

    type: Literal["bot_started"] = "bot_started"
    message_id: str
    reply_to: str
    backend: str


class BotToken(Frame):
    """A piece of a streaming reply."""

    type: Literal["bot_token"] = "bot_token"
    message_id: str
    text: str


class BotCancelled(Frame):
    """A started message ends without an answer."""

    type: Literal["bot_cancelled"] = "bot_cancelled"
    message_id: str
    reply_to: str
    reason: str


class QueueOut(Frame):
    """Where a customer stands who waits for a person; sent again when it changes."""

    type: Literal["queue"] = "queue"
    position: int | None
    """1 is next; None for a message that was left."""
    waiting: int
    """Customers in line."""
    estimate_s: int | None
    """Seconds until a person answers, in whole minutes; None when that cannot be told."""
    on_duty: bool
    """Whether anybody is there to answer."""


class ErrorOut(Frame):
    """Something the client did, or the server could not do; never a provider's message."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool
    reply_to: str | None = None


class Pong(Frame):
    """Answers a ping."""

    type: Literal["pong"] = "pong"


StoredFrame = UserUtteredOut | BotUttered | OperatorUttered | OwnerChanged | ConversationClosed
ServerFrame = Annotated[
    SessionConfirm | StoredFrame | StatusOut | BotStarted | BotToken | BotCancelled | QueueOut | ErrorOut | Pong,
    Field(discriminator="type"),
]
SERVER: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame)
STORED: TypeAdapter[StoredFrame] = TypeAdapter(Annotated[StoredFrame, Field(discriminator="type")])

# --- operators ---------------------------------------------------------------------------------------------


class OperatorAuth(Frame):
    """The first frame on `/ws/operator`, within five seconds."""

    type: Literal["auth"]
    token: Annotated[str, Field(max_length=200)]
    operator: Annotated[str, Field(max_length=80)] | None = None
    """How the bearer of the home folder's token is called; an account has a name of its own."""


class OperatorReady(Frame):
    """The token was right; live events follow."""

    type: Literal["ready"] = "ready"


class OperatorEvent(Frame):
    """A stored event of any conversation, as it happens."""

    type: Literal["event"] = "event"
    conversation_id: str
    event: StoredFrame


class RoutingChanged(Frame):
    """The routing has a new version."""

    type: Literal["routing_changed"] = "routing_changed"
    version: int


class Changed(Frame):
    """Something else an operator may be looking at has changed: fetch it again."""

    type: Literal["changed"] = "changed"
    topic: Topic
    id: str | None = None
    """Of what has changed; None where there is only one."""


OperatorFrame = Annotated[
    OperatorReady | OperatorEvent | RoutingChanged | Changed | ErrorOut | Pong, Field(discriminator="type")
]
OPERATOR: TypeAdapter[OperatorFrame] = TypeAdapter(OperatorFrame)


def citation_out(citation: Citation) -> CitationOut:
    """Put a backend's citation on the wire."""
    return CitationOut.model_validate(citation)


def quick_reply_out(quick_reply: QuickReply) -> QuickReplyOut:
    """Put a backend's button on the wire."""
    return QuickReplyOut.model_validate(quick_reply)


def schema() -> Mapping[str, Any]:
    """JSON Schema (draft 2020-12) of both directions, under `$defs`, with `ClientFrame` and `ServerFrame`."""
    unions, document = TypeAdapter.json_schemas(
        [
            ("ClientFrame", "validation", CLIENT),
            ("ServerFrame", "serialization", SERVER),
            ("OperatorFrame", "serialization", OPERATOR),
        ],
        ref_template="#/$defs/{model}",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document,
        "$defs": {**document["$defs"], **{name: union for (name, _), union in unions.items()}},
        "oneOf": [{"$ref": "#/$defs/ClientFrame"}, {"$ref": "#/$defs/ServerFrame"}],
    }
