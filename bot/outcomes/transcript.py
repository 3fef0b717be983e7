"""What is stored about one conversation, as values: the only thing an outcome is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

EventType = Literal["user_uttered", "bot_uttered", "operator_uttered", "owner_changed", "conversation_closed"]


class Event(NamedTuple):
    """One stored event, in order."""

    at: datetime
    type: EventType
    text: str = ""
    message_id: str | None = None
    reply_to: str | None = None
    """Of a bot message: the customer's message it answers; None where the host speaks by itself."""
    owner: str = ""
    """Of a change of owner: `bot`, `queue` or `operator`."""
    reason: str = ""
    """Of a closing."""


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """How one customer message was answered, and what people said about that."""

    id: str
    message_id: str
    answered_at: datetime
    outcome: str
    """`answered`, `fallback`, `handoff`, `suppressed`, `unanswered`, `error`."""
    bot_message_id: str | None = None
    kind: str | None = None
    mode: str | None = None
    backend: str | None = None
    intent: str | None = None
    payload: str | None = None
    """Of the button that was pressed."""
    reply: str = ""
    quote: str = ""
    """The passage the answer cites first, with its article."""
    actions: tuple[bool, ...] = ()
    """For each action of the turn whether it did what was asked."""
    label: str | None = None
    """The intent that the newest label of an operator, else a choice of the customer names."""
    latency_ms: float = 0.0
    backend_ms: float = 0.0
    """Of all tries together."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class Signal(NamedTuple):
    """A thumb, or the answer to "did this solve it?"."""

    at: datetime
    kind: str
    """`feedback` or `resolved`."""
    value: int
    """1 or -1 for a thumb; 1 or 0 for the answer."""
    turn_id: str | None = None


class Suggested(NamedTuple):
    """What one answer that was suggested to an operator took."""

    at: datetime
    backend_ms: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation."""

    id: str
    unit: str
    source: str
    started_at: datetime
    events: Sequence[Event] = ()
    turns: Sequence[AskedTurn] = ()
    signals: Sequence[Signal] = ()
    language: str | None = None
    arm: str | None = None
    propensity: float | None = None
    routing_version: int | None = None
    suggested: Sequence[Suggested] = ()

    @property
    def order(self) -> tuple[datetime, str]:
        """What conversations of a customer are sorted by."""
        return self.started_at, self.id
