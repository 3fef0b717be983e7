"""One type for each kind of row, as values; and the conversions to and from columns."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from backends.contract import FlowState, Message
from bot.wire import STORED, StoredFrame


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation as stored: what the next turn needs to know."""

    id: str
    source: str
    language: str
    owner: str
    owner_seq: int
    """Rises with every change of owner: a bot turn commits only if it is still the same."""
    last_offset: int
    arm: str | None = None
    propensity: float | None = None
    routing_version: int | None = None
    unit: str | None = None
    visitor_id: str | None = None
    customer_id: str | None = None
    operator: str | None = None
    misses: int = 0
    clarified: bool = False
    flow: FlowState | None = None
    closed_at: str | None = None
    updated_at: str = ""
    left_message: bool = False
    """In the queue: a message was left, nobody is waited for."""
    queued_at: str | None = None
    """Since when it is in the queue; None outside of it."""
    awaiting_since: str | None = None
    """Since when the customer waits for the operator who has it; None when nothing is to be answered."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A customer message that waits for its answer."""

    seq: int
    message_id: str
    text: str
    payload: str | None
    found: tuple[str, ...]
    received_at: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one turn is answered from, read in one transaction."""

    conversation: ConversationRow
    pending: Pending
    slots: Mapping[str, str]
    history: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try of one backend."""

    backend: str
    outcome: str
    """`reply`, `abstain:REASON`, `timeout`, `error:KIND`, `skipped:disabled`, `cancelled`."""
    ms: float = 0.0
    intent: str | None = None
    confidence: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One answered (or not answered) customer message."""

    id: str
    conversation_id: str
    message_id: str
    bot_message_id: str | None
    asked_at: str
    answered_at: str
    text: str
    reply: str | None
    source: str
    language: str
    arm: str | None
    propensity: float | None
    routing_version: int | None
    outcome: str
    """`answered`, `fallback`, `handoff`, `suppressed`, `error`."""
    settings_hash: str
    latency_ms: float
    backend: str | None = None
    kind: str | None = None
    reason: str | None = None
    intent: str | None = None
    confidence: float | None = None
    mode: str | None = None
    payload: str | None = None
    clarified: int = 0
    citations_json: str = "[]"
    actions_json: str = "[]"
    bundle_id: str | None = None
    prompt_hash: str | None = None
    index_hash: str | None = None
    stages_json: str = "{}"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    attempts: tuple[AttemptRow, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was committed."""

    seq: int
    conversation_id: str
    frame: StoredFrame


def flow_to_json(flow: FlowState | None) -> str | None:
    """Write the open question of a flow."""
    return None if flow is None else json.dumps(asdict(flow))


def flow_from_json(text: str | None) -> FlowState | None:
    """Read what `flow_to_json` wrote."""
    return None if text is None else FlowState(**json.loads(text))


def frame_from_json(text: str) -> StoredFrame:
    """Read a stored frame."""
    return STORED.validate_json(text)


def conversation_from(row: Mapping[str, Any]) -> ConversationRow:
    """Build from the columns of `conversations`."""
    return ConversationRow(
        **{name: row[name] for name in _PLAIN},
        flow=flow_from_json(row["flow_json"]),
        clarified=bool(row["clarified"]),
        left_message=bool(row["left_message"]),
    )


_PLAIN = tuple(name for name in ConversationRow.__slots__ if name not in {"flow", "clarified", "left_message"})
CONVERSATION_COLUMNS = ", ".join((*_PLAIN, "flow_json", "clarified", "left_message"))
"""What `conversation_from` reads."""
